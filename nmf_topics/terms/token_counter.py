"""Count the tokens of batches of pages, an order of magnitude faster than token by token.

ASCII bytes that always end a token (spaces, punctuation) split the text into chunks. Chunks are counted as bytes, and
`tokens` is applied once to each distinct chunk. The counts equal those of `tokens` for each page; a test checks this.
A counter does not know about terms, so it can run in another process and send numbers for tokens, together with the
tokens that it has not sent before.

Where word order matters (phrases), the same chunks give sequences: the tokens of a page in order, with a break at
punctuation other than a hyphen, an apostrophe or a single line end.
"""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmf_topics.terms.own_tokens import OwnTokens
from nmf_topics.text.analyzer import Readers, WordOptions
from nmf_topics.text.cleaning import Cleaner
from nmf_topics.text.functions import function_of
from nmf_topics.text.tokenize import tokens, with_inner_marks, words_of_token

BATCH = 1_000_000  # characters in a batch; the memory for counting is proportional to it
MOST_TOKENS = 2_000_000  # a counter with more distinct tokens starts afresh, so that its memory is bounded

BREAK, PAGE_END = -1, -2  # marks in sequences, among the numbers of tokens

# The bytes of a chunk: ASCII letters and digits, the apostrophe, and all bytes of non-ASCII characters.
_KEPT = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'") | frozenset(range(128, 256))
_JOINING = frozenset(b" \n\r-_") | _KEPT  # bytes that are allowed between the words of a phrase
_END_BYTE, _BREAK_BYTE = b"\xff", b"\xfe"  # bytes that do not occur in UTF-8
_TABLE = bytes(byte if byte in _KEPT else 32 for byte in range(256))
_BREAK_TABLE = bytes(byte if byte in _KEPT else 32 if byte in _JOINING else _BREAK_BYTE[0] for byte in range(256))
_END_CHUNK, _BREAK_CHUNK = 0, 1  # the numbers of these two as chunks
_MANY = -3  # a chunk with no token, several tokens, or a break

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class BatchCounts:
    """The counts of a batch of pages, with tokens as numbers.

    Attributes
    ----------
    origin : the counter that assigned the numbers; it sends each token once
    fresh : (language, tokens) that are new in this batch, in the order of their numbers
    page, token, count : ndarrays, the count of a token on a page of the batch (from 0); equal pairs are to be added
    languages : the language of each page
    sequence : the tokens of all pages in order, with BREAK and PAGE_END; None if the order is not needed
    removed : number of tokens removed before counting, by reason
    """

    origin: tuple[int, int]
    fresh: list[tuple[str, list[str]]]
    page: Ints
    token: Ints
    count: Ints
    languages: list[str]
    sequence: Ints | None = None
    removed: Counter[str] = field(default_factory=Counter)


class Growing:
    """An array that can be extended in amortized constant time."""

    def __init__(self, dtype: type = np.int64) -> None:
        self._all: NDArray[Any] = np.zeros(1024, dtype)
        self._used = 0

    def extend(self, values: Sequence[int] | NDArray[np.integer]) -> None:
        """Append values."""
        need = self._used + len(values)
        if need > len(self._all):
            grown = np.zeros(max(need, 2 * len(self._all)), self._all.dtype)
            grown[: self._used] = self._all[: self._used]
            self._all = grown
        self._all[self._used : need] = values
        self._used = need

    @property
    def array(self) -> NDArray[Any]:
        """The values; this view is valid until the next `extend`."""
        return self._all[: self._used]


class _Ids(dict[bytes, int]):
    """Numbers chunks in the order of their first occurrence."""

    def __missing__(self, chunk: bytes) -> int:
        number = self[chunk] = len(self)
        return number


class _Chunks:
    """The chunks of one language, and the tokens of each chunk."""

    def __init__(self, language: str, new_token: Callable[[str, str], int]) -> None:
        self.ids = _Ids({_END_BYTE: _END_CHUNK, _BREAK_BYTE: _BREAK_CHUNK})
        self._language = language
        self._new_token = new_token
        self._numbers: dict[str, int] = {}  # token -> number
        self._only = Growing(np.int32)  # chunk -> its only token, or _MANY
        self._only.extend([PAGE_END, BREAK])
        self._parts: dict[int, Ints] = {}  # chunk of _MANY -> its tokens and breaks

    def read_new(self) -> None:
        """Tokenize the chunks that are new since the last call."""
        known = len(self._only.array)
        only = []
        new = list(islice(reversed(self.ids), len(self.ids) - known))
        for number, raw in enumerate(reversed(new), known):
            chunk = raw.decode("utf-8", "replace")
            if chunk.isascii() and chunk.isalnum():
                only.append(self._number_of(chunk))
            else:
                only.append(_MANY)
                found = parts_of_chunk(chunk, self._language)
                parts = [BREAK if part is None else self._number_of(part) for part in found]
                self._parts[number] = np.array(parts, np.int32)
        self._only.extend(only)

    def _number_of(self, token: str) -> int:
        number = self._numbers.get(token)
        if number is None:
            number = self._numbers[token] = self._new_token(self._language, token)
        return number

    def expand(self, chunks: NDArray[np.integer]) -> tuple[Ints, Ints]:
        """Return the tokens, breaks and ends of some chunks in order, and the position in `chunks` of each."""
        values = self._only.array[chunks]
        source = np.arange(len(chunks), dtype=np.int32)
        many = np.flatnonzero(values == _MANY)
        if not len(many):
            return values, source
        parts = [self._parts[number] for number in chunks[many].tolist()]
        lengths = np.ones(len(chunks), np.int64)
        lengths[many] = [len(part) for part in parts]
        from_many = np.repeat(values == _MANY, lengths)
        expanded = np.repeat(values, lengths)
        expanded[from_many] = np.concatenate(parts)
        return expanded, np.repeat(source, lengths)


def parts_of_chunk(chunk: str, language: str) -> Iterator[str | None]:
    """Yield the words of a chunk in order, and None where a character between them separates phrases."""
    text = unicodedata.normalize("NFC", chunk.replace("\u00ad", "")).replace("\u2019", "'")
    at = 0
    for token in tokens(chunk):
        found = text.find(token, at)
        if text[at : max(found, at)].strip("'"):
            yield None
        at = max(found, at) + len(token)
        yield from words_of_token(token, language)
    if text[at:].strip("'"):
        yield None


def n_tokens(text: str, language: str) -> int:
    """Return the number of tokens of a text."""
    text = with_inner_marks(text, language)
    chunks = [raw.decode("utf-8", "replace") for raw in text.encode("utf-8", "surrogatepass").translate(_TABLE).split()]
    plain = sum(chunk.isascii() and chunk.isalnum() for chunk in chunks)
    others = (chunk for chunk in chunks if not (chunk.isascii() and chunk.isalnum()))
    return plain + sum(len(words_of_token(token, language)) for chunk in others for token in tokens(chunk))


class TokenCounter:
    """Counts the tokens of batches of pages; it remembers every distinct chunk.

    Parameters
    ----------
    options : WordOptions
    sequences : whether to return the order of the tokens as well
    lines : lines that many pages share; removed with other boilerplate if the options say so
    """

    def __init__(self, options: WordOptions, *, sequences: bool = False, lines: Collection[str] = ()) -> None:
        self._readers = Readers(options)
        self._cleaner = Cleaner(lines) if options.boilerplate else None
        self._sequences = sequences
        self._tokenizer = function_of(options.tokenizer, "tokenizer")
        self._generation = -1
        self._begin()

    def _begin(self) -> None:
        self._generation += 1
        self._chunks: dict[str, _Chunks] = {}
        self._own: dict[str, OwnTokens] = {}
        self._tokens = 0  # number of tokens sent
        self._fresh: list[tuple[str, list[str]]] = []

    def _new_token(self, language: str, token: str) -> int:
        """Assign a number to a new token, which is sent with the batch."""
        if not self._fresh or self._fresh[-1][0] != language:
            self._fresh.append((language, []))
        self._fresh[-1][1].append(token)
        self._tokens += 1
        return self._tokens - 1

    def count(self, texts: Sequence[str], languages: Sequence[str] | None = None) -> BatchCounts:
        """Count the tokens of whole pages.

        Parameters
        ----------
        texts : the texts of the pages; the first one is page 0
        languages : the languages of the pages; None: detect them
        """
        if self._tokens > MOST_TOKENS:
            self._begin()
        languages = languages or [self._readers.language_of(text) for text in texts]
        pieces_out: list[list[tuple[str, str]]] = []
        if self._cleaner is not None:
            cleaned = [self._cleaner.split(text) for text in texts]
            texts, pieces_out = [kept for kept, _ in cleaned], [out for _, out in cleaned]
        removed: Counter[str] = Counter()
        for language, out in zip(languages, pieces_out, strict=False):  # empty if texts are not cleaned
            for reason, piece in out:
                removed[reason] += n_tokens(piece, language)
        nothing = np.empty(0, np.int32)
        found = [(nothing, nothing, nothing)]
        sequences = [nothing]
        first = 0
        for language, run in groupby(range(len(texts)), key=languages.__getitem__):
            pages = [texts[i] for i in run]
            for counted, sequence in self._count_language(language, pages, first):
                found.append(counted)
                sequences.append(sequence)
            first += len(pages)
        fresh, self._fresh = self._fresh, []
        page, token, count = (np.concatenate(part) for part in zip(*found, strict=True))
        whole = np.concatenate(sequences) if self._sequences else None
        origin = (os.getpid(), self._generation)
        return BatchCounts(origin, fresh, page, token, count, list(languages), whole, removed)

    def _count_language(
        self, language: str, texts: Sequence[str], first: int
    ) -> Iterator[tuple[tuple[Ints, Ints, Ints], Ints]]:
        """Yield (page, token, count) and the sequence of pages of one language; the first one is page `first`."""
        if self._tokenizer is not None:
            if language not in self._own:
                new_token = partial(self._new_token, language)
                self._own[language] = OwnTokens(self._tokenizer, new_token, PAGE_END)
            yield self._own[language].count(texts, first)
            return
        if language not in self._chunks:
            self._chunks[language] = _Chunks(language, self._new_token)
        for pieces, last_ends in _batches(with_inner_marks(text, language) for text in texts):
            counted, sequence = self._count(self._chunks[language], pieces, first)
            if not last_ends:
                sequence[-1:] = BREAK  # the page continues; a phrase at this place is lost
            yield counted, sequence
            first += len(pieces) - (0 if last_ends else 1)

    def _count(self, chunks: _Chunks, texts: Sequence[str], first_page: int) -> tuple[tuple[Ints, Ints, Ints], Ints]:
        """Return (page, token, count) of pieces of text, the first on page `first_page`, and their sequence."""
        raw = (b" " + _END_BYTE + b" ").join([text.encode("utf-8", "surrogatepass") for text in texts])
        if self._sequences:
            for dash in (b"\n\n", b"--", b" - "):
                raw = raw.replace(dash, b" " + _BREAK_BYTE + b" ")
            raw = raw.translate(_BREAK_TABLE).replace(_BREAK_BYTE, b" " + _BREAK_BYTE + b" ")
        parts = (raw if self._sequences else raw.translate(_TABLE)).split()
        ids = np.fromiter(map(chunks.ids.__getitem__, parts), np.int64, len(parts))
        chunks.read_new()
        ends = ids == _END_CHUNK
        keys = (first_page + np.cumsum(ends)) << 32 | ids
        keys, count = np.unique(keys[ids > _BREAK_CHUNK], return_counts=True)
        token, source = chunks.expand(keys & 0xFFFFFFFF)
        real = token >= 0
        source = source[real]
        counted = ((keys >> 32)[source].astype(np.int32), token[real], count[source].astype(np.int32))
        if not self._sequences:
            return counted, np.empty(0, np.int32)
        sequence, _ = chunks.expand(np.append(ids, _END_CHUNK))
        return counted, sequence[np.append(True, (sequence[1:] != BREAK) | (sequence[:-1] != BREAK))]


def _batches(texts: Iterable[str]) -> Iterator[tuple[list[str], bool]]:
    """Yield lists of pieces with about BATCH characters in all, and whether the last piece ends its page."""
    batch: list[str] = []
    size = 0
    for text in texts:
        start = 0
        while len(text) - start > BATCH:  # a long page continues in the next batch
            cut = max(text.rfind(" ", start, start + BATCH), text.rfind("\n", start, start + BATCH)) + 1
            if cut <= start:  # a word longer than a batch is not split
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


def page_batches(pages: Iterable[tuple[str, str]]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield languages and texts of whole pages, with about BATCH characters of text at a time."""
    languages: list[str] = []
    texts: list[str] = []
    size = 0
    for language, text in pages:
        languages.append(language)
        texts.append(text)
        size += len(text)
        if size >= BATCH:
            yield languages, texts
            languages, texts, size = [], [], 0
    if texts:
        yield languages, texts
