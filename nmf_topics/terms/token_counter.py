"""Tokens of whole batches of pages, counted an order of magnitude faster than one by one.

Bytes that end a token in ASCII text (space, punctuation) cut the text into chunks; a chunk is counted as it stands, and
`tokens` looks at each distinct chunk once. The counts are those of `tokens`, page by page; a test holds them to it.
Nothing here knows terms: a counter can work in a process of its own and send numbers for tokens, with the tokens that
it has not sent before.

Where word order matters (phrases) the same cut gives sequences: the tokens of a page in order, with a break wherever
two neighbours are not in one breath: punctuation other than a hyphen, an apostrophe or a single line end.
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
from nmf_topics.text.tokenize import tokens, words_of_token

BATCH = 1_000_000  # characters handled at once: what the memory of counting is proportional to
MOST_TOKENS = 2_000_000  # a counter that knows more distinct tokens begins anew, so that it does not grow for ever

BREAK, PAGE_END = -1, -2  # in sequences, among the numbers of tokens

# What stays in a chunk: ASCII letters and digits, the apostrophe, and every byte of a letter beyond ASCII.
_KEPT = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'") | frozenset(range(128, 256))
_JOINING = frozenset(b" \n\r-_") | _KEPT  # what may stand between the words of a phrase
_END_BYTE, _BREAK_BYTE = b"\xff", b"\xfe"  # bytes that no UTF-8 text holds
_TABLE = bytes(byte if byte in _KEPT else 32 for byte in range(256))
_BREAK_TABLE = bytes(byte if byte in _KEPT else 32 if byte in _JOINING else _BREAK_BYTE[0] for byte in range(256))
_END_CHUNK, _BREAK_CHUNK = 0, 1  # their numbers among the chunks
_MANY = -3  # a chunk of no token, of several, or of one with breaks beside it

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class BatchCounts:
    """The tokens of a batch of pages, by number.

    Attributes
    ----------
    origin : whose numbers these are; a counter sends each token with its number once
    fresh : (language, tokens) of those that follow the ones sent before, in order of their numbers
    page, token, count : how often a token occurs on a page of the batch (from 0); pairs may repeat, to be added up
    languages : of each page
    sequence : the tokens of all pages in order, with BREAK and PAGE_END among them; None where order does not matter
    removed : tokens of what was taken out of the texts before they were counted, by reason
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
    """An array that grows at its end, in amortised constant time."""

    def __init__(self, dtype: type = np.int64) -> None:
        self._all: NDArray[Any] = np.zeros(1024, dtype)
        self._used = 0

    def extend(self, values: Sequence[int] | NDArray[np.integer]) -> None:
        """Put values at the end."""
        need = self._used + len(values)
        if need > len(self._all):
            grown = np.zeros(max(need, 2 * len(self._all)), self._all.dtype)
            grown[: self._used] = self._all[: self._used]
            self._all = grown
        self._all[self._used : need] = values
        self._used = need

    @property
    def array(self) -> NDArray[Any]:
        """What it holds; a view that is good until the next `extend`."""
        return self._all[: self._used]


class _Ids(dict[bytes, int]):
    """Numbers chunks in the order of their first appearance."""

    def __missing__(self, chunk: bytes) -> int:
        number = self[chunk] = len(self)
        return number


class _Chunks:
    """The chunks of one language, and the tokens that each stands for."""

    def __init__(self, language: str, new_token: Callable[[str, str], int]) -> None:
        self.ids = _Ids({_END_BYTE: _END_CHUNK, _BREAK_BYTE: _BREAK_CHUNK})
        self._language = language
        self._new_token = new_token
        self._numbers: dict[str, int] = {}  # of the tokens
        self._only = Growing(np.int32)  # chunk -> its only token, or _MANY
        self._only.extend([PAGE_END, BREAK])
        self._parts: dict[int, Ints] = {}  # chunk of _MANY -> its tokens and breaks

    def read_new(self) -> None:
        """Find the tokens of the chunks that came since the last call."""
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
        """The tokens, breaks and ends of some chunks, in order, and of each which of `chunks` it comes from."""
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
    """The words of a chunk in order, with None where something stands between them that parts phrases."""
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
    """How many tokens a text has."""
    chunks = [raw.decode("utf-8", "replace") for raw in text.encode("utf-8", "surrogatepass").translate(_TABLE).split()]
    plain = sum(chunk.isascii() and chunk.isalnum() for chunk in chunks)
    others = (chunk for chunk in chunks if not (chunk.isascii() and chunk.isalnum()))
    return plain + sum(len(words_of_token(token, language)) for chunk in others for token in tokens(chunk))


class TokenCounter:
    """Counts the tokens of batches of pages; knows each distinct chunk that it has met.

    Parameters
    ----------
    options : WordOptions
    sequences : whether the order of the tokens is wanted, too
    lines : lines that many pages share, which are taken out with other boilerplate, if the options say so
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
        self._tokens = 0  # sent so far
        self._fresh: list[tuple[str, list[str]]] = []

    def _new_token(self, language: str, token: str) -> int:
        """The number of a token that has none yet, to be sent with the batch."""
        if not self._fresh or self._fresh[-1][0] != language:
            self._fresh.append((language, []))
        self._fresh[-1][1].append(token)
        self._tokens += 1
        return self._tokens - 1

    def count(self, texts: Sequence[str], languages: Sequence[str] | None = None) -> BatchCounts:
        """Count the tokens of whole pages.

        Parameters
        ----------
        texts : of the pages; page 0 is the first one
        languages : of the pages, if they are known
        """
        if self._tokens > MOST_TOKENS:
            self._begin()
        languages = languages or [self._readers.language_of(text) for text in texts]
        pieces_out: list[list[tuple[str, str]]] = []
        if self._cleaner is not None:
            cleaned = [self._cleaner.split(text) for text in texts]
            texts, pieces_out = [kept for kept, _ in cleaned], [out for _, out in cleaned]
        removed: Counter[str] = Counter()
        for language, out in zip(languages, pieces_out, strict=False):  # none where nothing is cleaned
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
        """(page, token, count) and the sequence of pages of one language, the first of them page `first`."""
        if self._tokenizer is not None:
            if language not in self._own:
                new_token = partial(self._new_token, language)
                self._own[language] = OwnTokens(self._tokenizer, new_token, PAGE_END)
            yield self._own[language].count(texts, first)
            return
        if language not in self._chunks:
            self._chunks[language] = _Chunks(language, self._new_token)
        for pieces, last_ends in _batches(texts):
            counted, sequence = self._count(self._chunks[language], pieces, first)
            if not last_ends:
                sequence[-1:] = BREAK  # the page goes on; of a page this long a phrase at the seam may be lost
            yield counted, sequence
            first += len(pieces) - (0 if last_ends else 1)

    def _count(self, chunks: _Chunks, texts: Sequence[str], first_page: int) -> tuple[tuple[Ints, Ints, Ints], Ints]:
        """(page, token, count) of pieces of text, the first of page `first_page`; and their sequence if wanted."""
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


def page_batches(pages: Iterable[tuple[str, str]]) -> Iterator[tuple[list[str], list[str]]]:
    """Languages and texts of whole pages, about BATCH characters of text at a time."""
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
