"""Put phrases into existing counts: an occurrence of a phrase is counted for the phrase and not for its words.

This needs only the order of the tokens. Their numbers, a fraction of the size of the text, are kept in memory or in a
temporary file, so the text is not read again.
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

IN_MEMORY = 2**26  # bytes of sequences kept in memory; more goes to a temporary file


class Sequences:
    """Arrays of int32 in order that can be iterated repeatedly; kept in a temporary file if they are large."""

    def __init__(self) -> None:
        self._file: Any = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (closed by close)
        self._lengths: list[int] = []

    def add(self, sequence: NDArray[np.integer]) -> None:
        """Append a sequence."""
        self._file.write(sequence.astype(np.int32).tobytes())
        self._lengths.append(len(sequence))

    def __iter__(self) -> Iterator[NDArray[np.int32]]:
        self._file.seek(0)
        for length in self._lengths:
            yield np.frombuffer(self._file.read(4 * length), np.int32)

    def close(self) -> None:
        """Release the memory and delete the file."""
        self._file.close()


class PhraseUnits:
    """The units that phrases consist of: terms, and stop words at the start of a name (New York).

    A stop word is a unit only where both it and the following term are capitalized.

    Parameters
    ----------
    tokens : tokens as they are written
    read : for each token (term, "kept") or (None, reason)

    Attributes
    ----------
    names : the names of the units: terms first, then capitalized stop words, each in alphabetical order
    n_terms : number of units that are terms
    """

    def __init__(self, tokens: Sequence[str], read: Sequence[tuple[str | None, str]]) -> None:
        opens = [
            token.capitalize()
            if reason == "stop" and token[0].isupper() and not token.endswith("'")
            else None  # not L'
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
        """Convert a sequence of tokens to one of units; numbers below 0 are no units, page ends stay."""
        if not len(self._term):
            return sequence.astype(np.int64)
        token = np.maximum(sequence, 0)
        units = np.where(sequence >= 0, self._term[token], sequence)
        opener = np.where(sequence >= 0, self._opener[token], -1)[:-1]
        named = (opener >= 0) & (units[1:] >= 0) & self._capital[token[1:]]
        units[:-1] = np.where(named, opener, units[:-1])
        return units


class PhraseSubstitution:
    """Moves counts from words to the phrases that contain them, batch by batch.

    Parameters
    ----------
    joiner : finds phrases in sequences of units
    rows : ndarray, unit -> row of the counts: first the words, then the phrases of the joiner
    n_rows : number of rows of the counts, including those of the phrases

    Attributes
    ----------
    tokens : ndarray of shape (n_rows,), the change of each row's count
    pages : ndarray of shape (n_rows,), the number of pages that have each row after the change
    spellings : row of a phrase -> number of occurrences by its tokens
    """

    def __init__(self, joiner: Joiner, rows: NDArray[np.int64], n_rows: int) -> None:
        self._joiner = joiner
        self._rows = rows
        self.tokens = np.zeros(n_rows, np.int64)
        self.pages = np.zeros(n_rows, np.int64)
        self.spellings: dict[int, Counter[tuple[int, ...]]] = defaultdict(Counter)

    def apply(self, counts: Any, sequence: NDArray[np.int32], units: NDArray[np.int64]) -> Any:
        """Return the counts of a batch with its phrases.

        Parameters
        ----------
        counts : CSC of shape (rows so far, k)
        sequence : the numbers of all tokens of the batch, with breaks and page ends
        units : the same sequence as units
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
