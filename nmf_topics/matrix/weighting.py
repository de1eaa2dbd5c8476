"""Weightings: counts of terms on pages to the entries of V.

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

q, `idf_power`, is 1 in the textbooks; a little more sets rarer words apart more. What is learnt from a corpus (d, L, p)
is kept with the model, so that a new page is weighted just as the corpus was. `unit` then scales columns to Euclidean
length one, so that each page counts alike in ||V - WH||.

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
    """What a weighting may know of the corpus it was fitted to.

    Attributes
    ----------
    n_pages : pages that have a term at all
    mean_length : their mean number of tokens
    pages : ndarray of shape (m,), pages that have the term
    share : ndarray of shape (m,), the term's share of all tokens
    """

    n_pages: int
    mean_length: float
    pages: Array
    share: Array

    @classmethod
    def of(cls, counts: Any) -> Statistics:
        """From counts, CSC of shape (m, n)."""
        lengths = np.asarray(counts.sum(axis=0), dtype=np.float64).ravel()
        tokens = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
        pages = np.bincount(counts.indices, minlength=counts.shape[0]).astype(np.float64)
        return cls.of_sums(pages, tokens, lengths)

    @classmethod
    def of_sums(cls, pages: Any, tokens: Any, lengths: Array) -> Statistics:
        """From pages and tokens of each term (m,), and tokens of each page (n,)."""
        n_pages = int((lengths > 0).sum())
        if n_pages == 0:
            raise MatrixError("no page has a single word of the vocabulary")
        return cls(n_pages, float(lengths.sum() / n_pages), pages.astype(np.float64), tokens / tokens.sum())


# (count c, length l of its page, row of its term, statistics, idf power q) -> weight, for the stored entries of V
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


AT_ONCE = 500_000  # entries of V that are worked out together
MANY_ENTRIES = 200_000  # of V, from which on text is factored in 32 bits


@dataclass(frozen=True)
class FittedWeighting:
    """A weighting with the statistics of the corpus it was fitted to.

    Attributes
    ----------
    name : a key of WEIGHTINGS
    unit : whether columns are scaled to length one
    idf_power : q, for the weightings with an idf
    statistics : of the corpus
    """

    name: str
    unit: bool
    idf_power: float
    statistics: Statistics

    def apply(self, counts: Any, dtype: Any = np.float64) -> Any:
        """V of counts; a page without terms stays a column of zeros.

        Parameters
        ----------
        counts : CSC of shape (m, n)
        dtype : of the entries; they are worked out in float64

        Returns
        -------
        CSC of shape (m, n)
        """
        counts = sp.csc_matrix(counts)
        data = np.empty(counts.nnz, dtype)
        first = 0
        while first < counts.shape[1]:  # in pieces, as what is worked out on the way takes many times their memory
            last = int(np.searchsorted(counts.indptr, counts.indptr[first] + AT_ONCE, side="right")) - 1
            last = min(max(last, first + 1), counts.shape[1])
            stored = slice(counts.indptr[first], counts.indptr[last])
            data[stored] = self._weights(
                counts.data[stored], counts.indices[stored], np.diff(counts.indptr[first : last + 1])
            )
            first = last
        return sp.csc_matrix((data, counts.indices.copy(), counts.indptr.copy()), shape=counts.shape, copy=False)

    def _weights(self, counts: Any, rows: Any, stored: Any) -> Array:
        """Weights of the entries of some columns, `stored` of them in each."""
        page: Any = np.repeat(np.arange(len(stored)), stored)
        c = counts.astype(np.float64)
        lengths = np.bincount(page, weights=c, minlength=len(stored))
        weights = WEIGHTINGS[self.name](c, lengths[page], rows, self.statistics, self.idf_power)
        if self.unit:
            norms = np.sqrt(np.bincount(page, weights=np.square(weights), minlength=len(stored)))
            weights = weights / np.where(norms > 0, norms, 1.0)[page]
        return weights

    def to_arrays(self) -> dict[str, Any]:
        """For a model file: plain arrays only."""
        s = self.statistics
        return {
            "weighting_pages": s.pages,
            "weighting_share": s.share,
            "weighting_scalars": np.array([s.n_pages, s.mean_length, self.idf_power]),
        }

    @classmethod
    def from_arrays(cls, name: str, unit: bool, arrays: Mapping[str, Any]) -> FittedWeighting:
        """The weighting that `to_arrays` described."""
        n_pages, mean_length, idf_power = arrays["weighting_scalars"]
        statistics = Statistics(int(n_pages), float(mean_length), arrays["weighting_pages"], arrays["weighting_share"])
        return cls(name, unit, float(idf_power), statistics)


def fit_weighting(counts: Any, name: str, *, unit: bool = True, idf_power: float = 1.0) -> FittedWeighting:
    """Learn what a weighting needs from counts.

    Parameters
    ----------
    counts : CSC of shape (m, n), non-negative integers, or the Statistics of them
    name : a key of WEIGHTINGS
    unit : scale columns to length one
    idf_power : q, for the weightings with an idf

    Raises
    ------
    MatrixError
        for an unknown name, or counts without a single entry.
    """
    if name not in WEIGHTINGS:
        raise MatrixError(f"no weighting {name!r}; there are {', '.join(WEIGHTINGS)}")
    statistics = counts if isinstance(counts, Statistics) else Statistics.of(sp.csc_matrix(counts))
    return FittedWeighting(name, unit, idf_power, statistics)
