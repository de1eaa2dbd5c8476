"""Counts of the terms of a corpus: what is known about them (`CountsInfo`), and the shapes in which they are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.terms.batches import Batch
from nmf_topics.terms.phrases import Phrases
from nmf_topics.terms.surface_forms import Forms
from nmf_topics.terms.vocabulary import Vocabulary
from nmf_topics.text.analyzer import WordOptions


@dataclass(frozen=True)
class CountsInfo:
    """What is known about the counts of a corpus, whatever their shape.

    Attributes
    ----------
    vocabulary : Vocabulary of length m, sorted
    columns : PageColumns of length n, in the order of ids
    options : WordOptions of the text processing
    ledger : token accounting: "tokens", "kept" and, by reason, "dropped"; tokens = kept + the sum of dropped
    languages : number of pages by language
    phrases : the phrases that are terms; an occurrence of a phrase is not counted for its words
    shared_lines : lines that were removed because many pages share them, with the number of pages
    forms : the word forms of terms and of dropped words
    keep : ndarray of bool, shape (m,), the terms that the user never wants to drop; None if there are none
    """

    vocabulary: Vocabulary
    columns: PageColumns
    options: WordOptions
    ledger: Mapping[str, Any] = field(default_factory=dict)
    languages: Mapping[str, int] = field(default_factory=dict)
    phrases: Phrases = field(default_factory=Phrases)
    shared_lines: Mapping[str, int] = field(default_factory=dict)
    forms: Forms = field(default_factory=Forms)
    keep: NDArray[np.bool_] | None = None


class HasCountsInfo:
    """Gives access to the fields of `info` by their names."""

    info: CountsInfo

    @property
    def vocabulary(self) -> Vocabulary:
        """The terms; length m."""
        return self.info.vocabulary

    @property
    def columns(self) -> PageColumns:
        """The pages; length n."""
        return self.info.columns

    @property
    def options(self) -> WordOptions:
        """The options of the text processing."""
        return self.info.options

    @property
    def ledger(self) -> Mapping[str, Any]:
        """The token accounting."""
        return self.info.ledger

    @property
    def languages(self) -> Mapping[str, int]:
        """The number of pages by language."""
        return self.info.languages

    @property
    def phrases(self) -> Phrases:
        """The phrases that are terms."""
        return self.info.phrases

    @property
    def shared_lines(self) -> Mapping[str, int]:
        """The lines that were removed because many pages share them."""
        return self.info.shared_lines

    @property
    def forms(self) -> Forms:
        """The word forms of terms and of dropped words."""
        return self.info.forms


@dataclass(frozen=True)
class TermCounts(HasCountsInfo):
    """The counts of a corpus as one matrix.

    Attributes
    ----------
    counts : CSC of int32, shape (m, n), terms x pages
    info : CountsInfo
    """

    counts: Any
    info: CountsInfo


class BatchedCounts(HasCountsInfo):
    """The counts of a corpus in batches of pages.

    Attributes
    ----------
    pages : ndarray of int64, shape (m,), the number of pages that have a term
    tokens : ndarray of int64, shape (m,), the number of occurrences of a term
    """

    pages: NDArray[np.int64]
    tokens: NDArray[np.int64]

    def batches(self) -> Iterator[Batch]:
        """Yield the batches; can be called repeatedly."""
        raise NotImplementedError


class SingleBatch(BatchedCounts):
    """Counts in memory as a single batch.

    Parameters
    ----------
    counts : TermCounts
    """

    def __init__(self, counts: TermCounts) -> None:
        self.info = counts.info
        self._counts = counts.counts
        self.pages, self.tokens = sums_of_rows(self._counts)

    def batches(self) -> Iterator[Batch]:
        """Yield the one batch."""
        yield Batch(np.arange(self._counts.shape[1]), self._counts)


def sums_of_rows(counts: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the number of stored entries and the sum of each row of a CSC matrix; both of shape (m,)."""
    m = counts.shape[0]
    tokens = np.bincount(counts.indices, weights=counts.data, minlength=m).astype(np.int64)
    return np.bincount(counts.indices, minlength=m), tokens
