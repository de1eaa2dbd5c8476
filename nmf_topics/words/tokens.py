"""Text to tokens.

A token is a run of letters, combining marks and digits that begins with a letter or digit, with apostrophes allowed
inside: "don't", "O'Brien" and "café" stay whole, "well-known" is two tokens. The invisible joiners that Persian and
Indian scripts write inside words are allowed there, too. Text is brought to Unicode's composed form (NFC), the
typographic apostrophe to the plain one, and soft hyphens are taken out. Case is kept here, for the eyes of readers;
terms are told apart without it, later.

`tokens` says what a token is. `count_chunks` counts them an order of magnitude faster for whole corpora: bytes that
end a token in ASCII text (space, punctuation) cut the text into chunks, a chunk is counted as it stands, and `tokens`
looks at each distinct chunk once. Both give the same counts; a test holds them to it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import regex
from numpy.typing import NDArray

BATCH = 1_000_000  # characters handled at once: what the memory of counting is proportional to

# What stays in a chunk: ASCII letters and digits, the apostrophe, and every byte of a letter beyond ASCII.
_KEPT = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'") | frozenset(range(128, 256))
_TABLE = bytes(byte if byte in _KEPT else 32 for byte in range(256))
_PAGE_END = b" \xff "  # a byte that no UTF-8 text holds
_PAGE_END_ID = 0


@cache
def _pattern() -> regex.Pattern[str]:
    # A mark needs a letter to stand on: emoji carry marks of their own, and "=" with a stroke is a sign, not a word.
    # Possessive repeats (*+) keep no way back, which would fill memory in a word of a million apostrophes.
    run = r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*+"
    return regex.compile(rf"{run}(?:['\u2019\u200c\u200d]{run})*+")


def tokens(text: str) -> list[str]:
    """The tokens of a text, in order, as they are written there.

    Examples
    --------
    >>> tokens("Don’t forget O'Brien's café: 3 well-known R&B songs.")
    ["Don't", 'forget', "O'Brien's", 'café', '3', 'well', 'known', 'R', 'B', 'songs']
    """
    found: list[str] = _pattern().findall(unicodedata.normalize("NFC", text.replace("\u00ad", "")))
    return [token.replace("\u2019", "'") for token in found]


@dataclass(frozen=True)
class ChunkCounts:
    """How often each distinct chunk occurs on each page: one entry of the three arrays a (page, chunk) pair.

    `chunks[k]` is the text of chunk k; chunk 0 is the end of a page and occurs nowhere. A page of more than BATCH
    characters may have several entries for a chunk, to be added up.
    """

    chunks: list[str]
    page: NDArray[np.int32]
    chunk: NDArray[np.int32]
    count: NDArray[np.int64]


class _Ids(dict[bytes, int]):
    """Numbers chunks in the order of their first appearance."""

    def __missing__(self, chunk: bytes) -> int:
        number = self[chunk] = len(self)
        return number


def _batches(texts: Iterable[str]) -> Iterator[tuple[list[str], bool]]:
    """Pieces of text of about BATCH characters in all, each with whether the last one ends its page."""
    batch: list[str] = []
    size = 0
    for text in texts:
        start = 0
        while len(text) - start > BATCH:  # a long page goes on in the next batch
            cut = max(text.rfind(" ", start, start + BATCH), text.rfind("\n", start, start + BATCH)) + 1
            if cut <= start:  # one endless word: it may not be cut, so it is taken whole
                ends = [end for end in (text.find(" ", start + BATCH), text.find("\n", start + BATCH)) if end >= 0]
                cut = min(ends, default=len(text))
            batch.append(text[start:cut])
            yield batch, False
            batch, size, start = [], 0, cut
        batch.append(text[start:])
        size += len(text) - start
        if size >= BATCH:
            yield batch, True
            batch, size = [], 0
    if batch:
        yield batch, True


def count_chunks(texts: Iterable[str]) -> ChunkCounts:
    """Count the chunks of pages, page 0 first. The texts are read once, as they come; none is kept."""
    ids = _Ids()
    ids[_PAGE_END.strip()] = _PAGE_END_ID
    number_of = ids.__getitem__
    pages, chunks, counts = [], [], []
    first_page = 0
    for batch, last_ends in _batches(texts):
        parts = _PAGE_END.join([text.encode("utf-8", "surrogatepass") for text in batch]).translate(_TABLE).split()
        chunk_ids = np.fromiter(map(number_of, parts), np.int64, len(parts))
        ends = chunk_ids == _PAGE_END_ID
        keys = (first_page + np.cumsum(ends)) << 32 | chunk_ids
        keys, count = np.unique(keys[~ends], return_counts=True)
        pages.append((keys >> 32).astype(np.int32))
        chunks.append((keys & 0xFFFFFFFF).astype(np.int32))
        counts.append(count.astype(np.int64))
        first_page += len(batch) - (0 if last_ends else 1)
    return ChunkCounts(
        [chunk.decode("utf-8", "replace") for chunk in ids],
        np.concatenate(pages) if pages else np.empty(0, np.int32),
        np.concatenate(chunks) if chunks else np.empty(0, np.int32),
        np.concatenate(counts) if counts else np.empty(0, np.int64),
    )


def tokens_of_chunk(chunk: str) -> list[str]:
    """The tokens of one chunk; most are one token as they stand."""
    return [chunk] if chunk.isascii() and chunk.isalnum() else tokens(chunk)
