"""Weightings: compute the entries of V from counts of terms.

    c   count of the term on the page            d   pages that have the term
    l   tokens of the page within the vocabulary  n   pages
    L   mean of l over the pages                 p   the term's share of all tokens

    frequency   c / l                            the article's: columns sum to one
    tfidf       c idf^q                          idf = log((1 + n) / (1 + d)) + 1
    log-tfidf   (1 + log c) idf^q                the same idf
    bm25        c (k + 1) / (c + k (1 - b + b l / L)) idf^q, with k = 1.2, b = 0.75 and
                                                 idf = log(1 + (n - d + 1/2) / (d + 1/2))
    chi2        (c / l) / sqrt(p)                frequency over the square root of the word's share
    spmi        max(0, log(c / (l p)))           positive pointwise mutual information

q, the parameter `idf_power`, is 1 in textbooks; a larger value gives rare words more weight. The statistics of the
corpus (d, L, p) are saved with the model, so that new pages are weighted in the same way. The option `unit` scales
columns to Euclidean length one, so that every page has the same weight in ||V - WH||.

References: Salton & Buckley, Information Processing & Management 24 (1988) 513-523 (tf-idf); Robertson & Zaragoza,
The probabilistic relevance framework: BM25 and beyond, Foundations and Trends in IR 3 (2009) 333-389;
Levy & Goldberg, Neural word embedding as implicit matrix factorization, NIPS 27 (2014) (shifted PMI).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.errors import MatrixError
from nmf_topics.factor.blocks import Array


@dataclass(frozen=True)
class Statistics:
    """Statistics of a corpus that weightings use.

    Attributes
    ----------
    n_pages : number of pages with at least one term
    mean_length : mean number of tokens of these pages
    pages : ndarray of shape (m,), number of pages that have each term
    share : ndarray of shape (m,), share of each term in all tokens
    """

    n_pages: int
    mean_length: float
    pages: Array
    share: Array

    @classmethod
    def of(cls, counts: Any) -> Statistics:
        """Compute the statistics of counts, CSC of shape (m, n)."""
        lengths = np.asarray(counts.sum(axis=0), dtype=np.float64).ravel()
        tokens = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
        pages = np.bincount(counts.indices, minlength=counts.shape[0]).astype(np.float64)
        return cls.of_sums(pages, tokens, lengths)

    @classmethod
    def of_sums(cls, pages: Any, tokens: Any, lengths: Array) -> Statistics:
        """Compute statistics from pages and tokens of each term, shape (m,), and tokens of each page, shape (n,)."""
        n_pages = int((lengths > 0).sum())
        if n_pages == 0:
            raise MatrixError("no page contains a word of the vocabulary")
        return cls(n_pages, float(lengths.sum() / n_pages), pages.astype(np.float64), tokens / tokens.sum())


# (count c, length l of the page, row of the term, statistics, idf power q) -> weight, for the stored entries of V
Formula = Callable[[Array, Array, Any, Statistics, float], Array]


def _idf(s: Statistics, q: float) -> Array:
    return np.asarray((np.log((1 + s.n_pages) / (1 + s.pages)) + 1) ** q)


def _frequency(c: Array, length: Array, rows: Any, s: Statistics, q: float) -> Array:
    return c / length


def _tfidf(c: Array, length: Array, rows: Any, s: Statistics, q: float) -> Array:
    return c * _idf(s, q)[rows]


def _log_tfidf(c: Array, length: Array, rows: Any, s: Statistics, q: float) -> Array:
    return (1 + np.log(c)) * _idf(s, q)[rows]


def _bm25(c: Array, length: Array, rows: Any, s: Statistics, q: float) -> Array:
    k, b = 1.2, 0.75
    idf = np.log(1 + (s.n_pages - s.pages + 0.5) / (s.pages + 0.5)) ** q
    return c * (k + 1) / (c + k * (1 - b + b * length / s.mean_length)) * idf[rows]


def _chi2(c: Array, length: Array, rows: Any, s: Statistics, q: float) -> Array:
    return c / length / np.sqrt(s.share[rows])


def _spmi(c: Array, length: Array, rows: Any, s: Statistics, q: float) -> Array:
    return np.maximum(np.log(c / (length * s.share[rows])), 0.0)


WEIGHTINGS: dict[str, Formula] = {
    "frequency": _frequency,
    "tfidf": _tfidf,
    "log-tfidf": _log_tfidf,
    "bm25": _bm25,
    "chi2": _chi2,
    "spmi": _spmi,
}


CHUNK_ENTRIES = 500_000  # entries of V that are computed at once
MANY_ENTRIES = 200_000  # a V of text with more entries is factored in 32 bits


@dataclass(frozen=True)
class FittedWeighting:
    """A weighting with the statistics of the corpus it was fitted to.

    Attributes
    ----------
    name : a key of `WEIGHTINGS`
    unit : scale columns to length one
    idf_power : q, for the weightings with an idf
    statistics : statistics of the corpus
    """

    name: str
    unit: bool
    idf_power: float
    statistics: Statistics

    def apply(self, counts: Any, dtype: Any = np.float64) -> Any:
        """Compute V from counts; the column of a page without terms is zero.

        Parameters
        ----------
        counts : CSC of shape (m, n)
        dtype : data type of the entries, which are computed in float64

        Returns
        -------
        CSC of shape (m, n)
        """
        counts = sp.csc_matrix(counts)
        data = np.empty(counts.nnz, dtype)
        first = 0
        while first < counts.shape[1]:  # in chunks, because intermediate results take several times the memory of V
            last = int(np.searchsorted(counts.indptr, counts.indptr[first] + CHUNK_ENTRIES, side="right")) - 1
            last = min(max(last, first + 1), counts.shape[1])
            stored = slice(counts.indptr[first], counts.indptr[last])
            data[stored] = self._weights(
                counts.data[stored], counts.indices[stored], np.diff(counts.indptr[first : last + 1])
            )
            first = last
        return sp.csc_matrix((data, counts.indices.copy(), counts.indptr.copy()), shape=counts.shape, copy=False)

    def _weights(self, counts: Any, rows: Any, stored: Any) -> Array:
        """Return the weights of the entries of some columns; `stored` is the number of entries of each."""
        page: Any = np.repeat(np.arange(len(stored)), stored)
        c = counts.astype(np.float64)
        lengths = np.bincount(page, weights=c, minlength=len(stored))
        weights = WEIGHTINGS[self.name](c, lengths[page], rows, self.statistics, self.idf_power)
        if self.unit:
            norms = np.sqrt(np.bincount(page, weights=np.square(weights), minlength=len(stored)))
            weights = weights / np.where(norms > 0, norms, 1.0)[page]
        return weights

    def to_arrays(self) -> dict[str, Any]:
        """Return the weighting as plain arrays, for model files."""
        s = self.statistics
        return {
            "weighting_pages": s.pages,
            "weighting_share": s.share,
            "weighting_scalars": np.array([s.n_pages, s.mean_length, self.idf_power]),
        }

    @classmethod
    def from_arrays(cls, name: str, unit: bool, arrays: Mapping[str, Any]) -> FittedWeighting:
        """Restore a weighting from the result of `to_arrays`."""
        n_pages, mean_length, idf_power = arrays["weighting_scalars"]
        statistics = Statistics(int(n_pages), float(mean_length), arrays["weighting_pages"], arrays["weighting_share"])
        return cls(name, unit, float(idf_power), statistics)


def fit_weighting(counts: Any, name: str, *, unit: bool = True, idf_power: float = 1.0) -> FittedWeighting:
    """Fit a weighting to counts.

    Parameters
    ----------
    counts : CSC of shape (m, n), non-negative integers, or their Statistics
    name : a key of `WEIGHTINGS`
    unit : scale columns to length one
    idf_power : q, for the weightings with an idf

    Raises
    ------
    MatrixError
        for an unknown name, or counts without a single entry.
    """
    if name not in WEIGHTINGS:
        raise MatrixError(f"unknown weighting {name!r}; the weightings are {', '.join(WEIGHTINGS)}")
    statistics = counts if isinstance(counts, Statistics) else Statistics.of(sp.csc_matrix(counts))
    return FittedWeighting(name, unit, idf_power, statistics)
