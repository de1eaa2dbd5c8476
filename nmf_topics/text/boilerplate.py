"""Boilerplate: lines that many pages share, such as signatures, notices, menus and repeated quotations.

Two lines are equal if they differ only in case, digits, and surrounding white space or quotation marks. A line is
shared if it has at least three words and is on at least `MOST` pages (in a small corpus: on half of the pages). Two
passes over the corpus find the shared lines: the first one counts hashes, at eight bytes a line, so any corpus size is
possible.
"""

from __future__ import annotations

import io
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

from nmf_topics.files.cache.scratch import Scratch

LEAST_SPACES = 2  # a line has at least three words
LEAST_LETTERS = 10
FEW, MOST = 3, 8  # a shared line is on half of the pages, or on this many where half is below or above
COMPACT = 2**22  # hashes collected before equal ones are merged
IN_MEMORY = 2**26  # bytes of text kept in memory; more goes to a temporary file

_DIGITS = str.maketrans("123456789", "000000000")
_AROUND = " \t\r\v\f>|:"


class Texts:
    """Texts in order that can be iterated repeatedly; they are kept in a temporary file if they are large.

    Parameters
    ----------
    scratch : Scratch, where this file is; None: the system's folder for temporary files
    """

    def __init__(self, scratch: Scratch | None = None) -> None:
        self._scratch = scratch
        self._file: Any = io.BytesIO()
        self._size = 0
        self._lengths = array("q")

    def add(self, text: str) -> None:
        """Append a text."""
        raw = text.encode("utf-8", "surrogatepass")
        if self._size <= IN_MEMORY < self._size + len(raw):
            self._move(None if self._scratch is None else self._scratch.folder)
        try:
            _write(self._file, raw)
        except OSError as error:
            if self._scratch is None:
                raise
            self._move(self._scratch.move_on(error))
            _write(self._file, raw)
        self._size += len(raw)
        self._lengths.append(len(raw))

    def _move(self, folder: Path | None) -> None:
        """Copy what there is into a new file in a folder."""
        old, self._file = self._file, tempfile.TemporaryFile(buffering=0, dir=folder)  # noqa: SIM115 (closed below)
        old.seek(0)
        left = self._size
        while left:
            piece = old.read(min(left, IN_MEMORY))
            _write(self._file, piece)
            left -= len(piece)
        old.close()

    def __iter__(self) -> Iterator[str]:
        self._file.seek(0)
        reader = self._file if isinstance(self._file, io.BytesIO) else io.BufferedReader(self._file)
        try:
            for length in self._lengths:
                yield reader.read(length).decode("utf-8", "surrogatepass")
        finally:
            if reader is not self._file:
                reader.detach()  # or the file would be closed with it

    def __len__(self) -> int:
        return len(self._lengths)

    def close(self) -> None:
        """Release the memory and delete the file."""
        self._file.close()


def _write(file: Any, raw: bytes) -> None:
    """Write all bytes to a file without a buffer, or raise an OSError."""
    rest = memoryview(raw)
    while rest:
        rest = rest[file.write(rest) :]


def line_keys(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the lines of a text that have enough words: begin, end (with the newline) and the key to compare by."""
    start = 0
    for line, plain in zip(text.split("\n"), text.translate(_DIGITS).lower().split("\n"), strict=True):
        end = start + len(line) + 1
        if len(plain) >= LEAST_LETTERS:
            key = plain.strip(_AROUND)
            if len(key) >= LEAST_LETTERS and key.count(" ") >= LEAST_SPACES and _has_words(key):
                yield start, min(end, len(text)), key
        start = end


def _has_words(key: str) -> bool:
    """Return whether at least half of a line are letters, unlike a ruler or a row of numbers."""
    return sum(map(str.isalpha, key)) * 2 >= len(key)


def shared_lines(texts: Texts, page_of: Sequence[str] = ()) -> dict[str, int]:
    """Find the lines that many pages share.

    Parameters
    ----------
    texts : texts of pages, or of pieces of pages in page order
    page_of : the page of each text; empty if each text is a page

    Returns
    -------
    the number of pages by line key (see `line_keys`), sorted by key
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
    """Yield the set of line keys of each page."""
    for _, pieces in groupby(zip(page_of or range(len(texts)), texts, strict=True), key=itemgetter(0)):
        yield {key for _, text in pieces for _, _, key in line_keys(text)}


def _often(hashes: Iterable[int], least: int) -> set[int]:
    """Return the numbers that occur at least `least` times."""
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
