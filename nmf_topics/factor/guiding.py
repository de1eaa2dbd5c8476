"""Guided factorization: some topics are told beforehand which terms are theirs.

Each of them gets a column of V besides those of the pages: a page of the guide, with the terms of the topic and nothing
else. What is minimised is the error of V and of these pages together,

    ||V - WH||^2 + sum_k ||c s_k - W b_k||^2        s_k: the terms of topic k, at length one

(and alike for the divergence), which is a factorization like any other: every rule and every engine serves it, and the
error never grows. c says how many pages of V a page of the guide weighs as much as. The start puts each guided topic
where the pages with its terms are, in place of that topic of another start which is most like it.

Reference: Vendrow, Haddock, Rebrova & Needell, On a guided nonnegative matrix factorization, ICASSP 2021 (there with
random starts).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.errors import MatrixError
from nmf_topics.factor import kernels
from nmf_topics.factor.blocks import Array, PageBlocks, sum_of_squares, total

PULL = 0.1  # what the page of a guided topic weighs as much as, as a share of the pages of a topic of mean size
FILL = 1e-3  # of the mean of a topic, in place of zeros, which rules that multiply could not leave

Terms = Sequence[int]  # rows of V


class GuidedBlocks:
    """V with the pages of a guide after its own.

    Parameters
    ----------
    V : PageBlocks of shape (m, n)
    guide : for each guided topic its rows of V, at least one
    rank : of the factorization
    objective : a name in OBJECTIVES; what a page weighs is told in its terms
    pull : as PULL
    """

    def __init__(self, V: PageBlocks, guide: Sequence[Terms], rank: int, objective: str, *, pull: float = PULL) -> None:
        m, n = V.shape
        if len(guide) > rank:
            raise MatrixError(f"the guide has {len(guide)} topics, more than the rank, {rank}; try a larger --rank")
        self.V, self.guide = V, [np.unique(np.asarray(terms, dtype=np.int32)) for terms in guide]
        if any(not len(terms) or terms[0] < 0 or terms[-1] >= m for terms in self.guide):
            raise MatrixError(f"a guide names rows of V, from 0 to {m - 1}, at least one for each topic")
        pages = pull * n / rank
        sizes = np.array([len(terms) for terms in self.guide])
        weights = pages * total(V) / n / sizes if objective == "kl" else np.sqrt(pages * sum_of_squares(V) / n / sizes)
        indptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
        values = np.repeat(weights, sizes).astype(V.dtype)
        self.pages = sp.csc_matrix((values, np.concatenate(self.guide), indptr), shape=(m, len(guide)))

    @property
    def shape(self) -> tuple[int, int]:
        """(m, n + topics of the guide)."""
        return self.V.shape[0], self.V.shape[1] + len(self.guide)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the entries of V."""
        return self.V.dtype

    def map(
        self, fn: Callable[..., Any], *, split: Sequence[Array] = (), shared: Sequence[Array] = ()
    ) -> Iterator[tuple[slice, Any]]:
        """Apply `fn` to every block of V, then to the pages of the guide."""
        n = self.V.shape[1]
        yield from self.V.map(fn, split=tuple(array[:, :n] for array in split), shared=shared)
        yield slice(n, self.shape[1]), fn(self.pages, *(array[:, n:] for array in split), *shared)

    def start(self, W: Array, H: Array) -> tuple[Array, Array, list[int]]:
        """A start of V made one of this.

        Parameters
        ----------
        W : ndarray of shape (m, r)
        H : ndarray of shape (r, n)

        Returns
        -------
        W : ndarray of shape (m, r), positive in the guided topics
        H : ndarray of shape (r, n + topics of the guide), positive in the guided topics
        topics : the place in W of each topic of the guide
        """
        from scipy.optimize import linear_sum_assignment  # 0.1 s, for those who need it

        n = self.V.shape[1]
        seeds = np.zeros((len(W), len(self.guide)), dtype=self.dtype)
        for k, terms in enumerate(self.guide):
            seeds[terms, k] = 1.0
        on_pages = np.empty((len(self.guide), n), dtype=self.dtype, order="F")
        beside = np.zeros_like(seeds)
        for columns, (found, words) in self.V.map(_pages_and_words, shared=(seeds,)):
            on_pages[:, columns] = found
            beside += words
        likeness = _unit(beside).T @ _unit(W)
        _, topics = linear_sum_assignment(likeness, maximize=True)
        W, H = W.copy(), np.hstack([H, np.zeros((len(H), len(self.guide)), dtype=self.dtype)])
        for k, topic in enumerate(topics):
            W[:, topic] = _filled(_unit(beside[:, [k]])[:, 0] * np.linalg.norm(W[:, topic]))
            H[topic, :n] = _filled(_unit(on_pages[[k]].T)[:, 0] * np.linalg.norm(H[topic, :n]))
        own = self.pages.T @ W  # (topics of the guide, r)
        weights = np.maximum(own / np.maximum((W**2).sum(axis=0), np.finfo(W.dtype).tiny), 0)
        H[:, n:] = np.maximum(weights.T, FILL * weights.max())
        return W, np.asfortranarray(H), [int(topic) for topic in topics]


def _pages_and_words(V: Any, seeds: Array) -> tuple[Array, Array]:
    """How much of the terms of each topic is on each page of a block, and which words are beside them."""
    found = kernels.WtV(V, seeds)
    return found, kernels.VHt(V, found)


def _unit(X: Array) -> Array:
    """X with its columns at length one; those of zeros stay."""
    lengths = np.linalg.norm(X, axis=0)
    return np.asarray(X / np.where(lengths > 0, lengths, 1.0), dtype=X.dtype)


def _filled(x: Array) -> Array:
    """A vector with a little in place of nothing."""
    return np.maximum(x, FILL * x.mean()) if x.any() else x + x.dtype.type(FILL)
