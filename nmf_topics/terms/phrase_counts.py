"""Phrases in counts that are made already: an occurrence of a phrase is one of the phrase and none of its words.

The order of the words is all that this needs of a text, so the text is not read again: the numbers of the tokens, a
fraction of its size, are kept in memory or in a temporary file.
"""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.terms.phrases import Joiner
from nmf_topics.terms.token_counter import PAGE_END

IN_MEMORY = 2**26  # bytes of sequences that are kept in memory


class Sequences:
    """Arrays of int32, kept in order to be walked as often as wanted; in a temporary file once they grow."""

    def __init__(self) -> None:
        self._file: Any = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (it lives as long as this)
        self._lengths: list[int] = []

    def add(self, sequence: NDArray[np.integer]) -> None:
        """Put one at the end."""
        self._file.write(sequence.astype(np.int32).tobytes())
        self._lengths.append(len(sequence))

    def __iter__(self) -> Iterator[NDArray[np.int32]]:
        self._file.seek(0)
        for length in self._lengths:
            yield np.frombuffer(self._file.read(4 * length), np.int32)

    def close(self) -> None:
        """Give memory and file back."""
        self._file.close()


class PhraseUnits:
    """What phrases are made of: terms; and stop words that open a name, as in New York.

    A stop word is a unit only where it is written with a capital and so is the term after it.

    Parameters
    ----------
    tokens : tokens as they are written
    read : of each token its term, "kept"; or None and the reason why it has none

    Attributes
    ----------
    names : of the units, terms first, in an order that is that of no text; a stop word is named with a capital
    n_terms : how many are terms
    """

    def __init__(self, tokens: Sequence[str], read: Sequence[tuple[str | None, str]]) -> None:
        opens = [
            token.capitalize() if reason == "stop" and token[0].isupper() else None
            for token, (_, reason) in zip(tokens, read, strict=True)
        ]
        terms = sorted({term for term, _ in read if term is not None})
        self.names = [*terms, *sorted({name for name in opens if name is not None})]
        self.n_terms = len(terms)
        unit = {name: number for number, name in enumerate(self.names)}
        self._term = np.array([-1 if term is None else unit[term] for term, _ in read], np.int64)
        self._opener = np.array([-1 if name is None else unit[name] for name in opens], np.int64)
        self._capital = np.array([token[0].isupper() for token in tokens], bool)

    def of(self, sequence: NDArray[np.int32]) -> NDArray[np.int64]:
        """A sequence of tokens as one of units: below 0 what is none, with the ends of pages as they were."""
        if not len(self._term):
            return sequence.astype(np.int64)
        token = np.maximum(sequence, 0)
        units = np.where(sequence >= 0, self._term[token], sequence)
        opener = np.where(sequence >= 0, self._opener[token], -1)[:-1]
        named = (opener >= 0) & (units[1:] >= 0) & self._capital[token[1:]]
        units[:-1] = np.where(named, opener, units[:-1])
        return units


class PhraseSubstitution:
    """Moves counts from words to the phrases that they are part of, batch by batch.

    Parameters
    ----------
    joiner : finds phrases in sequences of units
    rows : ndarray, unit -> row of the counts, for words and then for the phrases of the joiner
    n_rows : rows of the counts, those of the phrases included

    Attributes
    ----------
    tokens, pages : ndarrays of shape (n_rows,), what each row has gained or lost, and the pages that have it then
    spellings : row of a phrase -> how often it was written with which tokens
    """

    def __init__(self, joiner: Joiner, rows: NDArray[np.int64], n_rows: int) -> None:
        self._joiner = joiner
        self._rows = rows
        self.tokens = np.zeros(n_rows, np.int64)
        self.pages = np.zeros(n_rows, np.int64)
        self.spellings: dict[int, Counter[tuple[int, ...]]] = defaultdict(Counter)

    def apply(self, counts: Any, sequence: NDArray[np.int32], units: NDArray[np.int64]) -> Any:
        """The counts of a batch with its phrases.

        Parameters
        ----------
        counts : CSC of shape (rows so far, k)
        sequence : the numbers of all its tokens, with breaks and ends of pages
        units : the same with units for tokens
        """
        which, start, end = self._joiner.spans(units)
        page = np.cumsum(sequence == PAGE_END)
        lengths = end - start
        inside = np.arange(lengths.sum()) + np.repeat(start - np.cumsum(lengths) + lengths, lengths)
        of_phrases = self._rows[self._joiner.n_units + which]
        rows = np.concatenate([of_phrases, self._rows[units[inside]]])
        change = np.concatenate([np.ones(len(which), np.int32), np.full(len(inside), -1, np.int32)])
        np.add.at(self.tokens, rows, change)
        for row, a, b in zip(of_phrases.tolist(), start.tolist(), end.tolist(), strict=True):
            self.spellings[row][tuple(sequence[a:b].tolist())] += 1
        shape = (len(self.tokens), counts.shape[1])
        change_of = sp.csc_matrix((change, (rows, np.concatenate([page[start], page[inside]]))), shape=shape)
        old = sp.csc_matrix((counts.data, counts.indices, counts.indptr), shape=shape)
        after = sp.csc_matrix(old + change_of)
        after.eliminate_zeros()
        np.add.at(self.pages, after.indices, 1)
        return after
