"""Lines that many pages share: signatures, notices, menus, quotations that everybody quotes.

Two lines are the same if they differ only in case, digits, and the white space or marks of quotation around them. A
line is shared if it has words enough to be no chance and stands on MOST pages, or of a small corpus on half the pages.
To find shared lines in a corpus of any size in two walks, the first one counts hashes, eight bytes a line.
"""

from __future__ import annotations

import tempfile
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_SPACES = 2  # a line has three words
LEAST_LETTERS = 10
FEW, MOST = 3, 8  # pages that must have a line: half of them, but no fewer and no more than these
COMPACT = 2**22  # lines that are gathered before equal ones are put together
IN_MEMORY = 2**26  # bytes of texts that are kept in memory

_DIGITS = str.maketrans("123456789", "000000000")
_AROUND = " \t\r\v\f>|:"


class Texts:
    """Texts in order, to be walked as often as wanted; in a temporary file once they grow.

    Parameters
    ----------
    folder : where that file is; None: where the system has such files
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file: Any = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=None if folder is None else str(folder))  # noqa: SIM115 (closed below)
        self._lengths = array("q")

    def add(self, text: str) -> None:
        """Put one at the end."""
        raw = text.encode("utf-8", "surrogatepass")
        self._file.write(raw)
        self._lengths.append(len(raw))

    def __iter__(self) -> Iterator[str]:
        self._file.seek(0)
        for length in self._lengths:
            yield self._file.read(length).decode("utf-8", "surrogatepass")

    def __len__(self) -> int:
        return len(self._lengths)

    def close(self) -> None:
        """Give memory and file back."""
        self._file.close()


def line_keys(text: str) -> Iterator[tuple[int, int, str]]:
    """The lines of a text that have words enough: begin, end (with the line's end), and what they are compared by."""
    start = 0
    for line, plain in zip(text.split("\n"), text.translate(_DIGITS).lower().split("\n"), strict=True):
        end = start + len(line) + 1
        if len(plain) >= LEAST_LETTERS:
            key = plain.strip(_AROUND)
            if len(key) >= LEAST_LETTERS and key.count(" ") >= LEAST_SPACES and _has_words(key):
                yield start, min(end, len(text)), key
        start = end


def _has_words(key: str) -> bool:
    """Whether a line is of letters, not of a ruler's signs or a table's numbers."""
    return sum(map(str.isalpha, key)) * 2 >= len(key)


def shared_lines(texts: Texts, page_of: Sequence[str] = ()) -> dict[str, int]:
    """The lines that many pages share, as `line_keys` has them, with the number of pages; sorted.

    Parameters
    ----------
    texts : of pages, or of pieces of pages, those of a page together
    page_of : what page each text is a piece of; empty where each is a page of its own
    """
    n_pages = len(set(page_of)) or len(texts)
    least = min(MOST, max(FEW, (n_pages + 1) // 2))
    often = _often((hash(key) for keys in _keys_of_pages(texts, page_of) for key in keys), least)
    if not often:
        return {}
    pages: Counter[str] = Counter()
    for keys in _keys_of_pages(texts, page_of):
        pages.update(key for key in keys if hash(key) in often)
    return dict(sorted((key, count) for key, count in pages.items() if count >= least))


def _keys_of_pages(texts: Texts, page_of: Sequence[str]) -> Iterator[set[str]]:
    """The different keys of lines of each page."""
    for _, pieces in groupby(zip(page_of or range(len(texts)), texts, strict=True), key=itemgetter(0)):
        yield {key for _, text in pieces for _, _, key in line_keys(text)}


def _often(hashes: Iterable[int], least: int) -> set[int]:
    """The numbers that occur so often at least."""
    known, counts = np.empty(0, np.int64), np.empty(0, np.int64)
    waiting = array("q")
    for value in hashes:
        waiting.append(value)
        if len(waiting) >= COMPACT:
            known, counts = _together(known, counts, waiting)
            waiting = array("q")
    known, counts = _together(known, counts, waiting)
    return set(known[counts >= least].tolist())


def _together(
    known: NDArray[np.int64], counts: NDArray[np.int64], waiting: array[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    fresh = np.array(waiting, np.int64)
    values, inverse = np.unique(np.concatenate([known, fresh]), return_inverse=True)
    weights = np.concatenate([counts, np.ones(len(fresh), np.int64)])
    return values, np.bincount(inverse, weights=weights, minlength=len(values)).astype(np.int64)
