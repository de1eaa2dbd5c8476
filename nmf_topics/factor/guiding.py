"""Guided factorization: some topics are told beforehand which terms are theirs.

Each of them gets a column of V besides those of the pages: a page of the guide, of the words on the pages that have the
terms, each page as often as it has them. What is minimised is the error of V and of these pages together,

    ||V - WH||^2 + sum_k ||c_k s_k - b_k w_k||^2        s_k: the page of topic k, at length one

(and alike for the divergence). Each page of the guide is explained by its own topic alone, so that no other topic can
take its place. All else is a factorization like any other: every rule and every engine serves it, and this error never
grows. The start puts each guided topic at its page, in place of that topic of another start which is most like it.

Source: Vendrow, Haddock, Rebrova & Needell, On a guided nonnegative matrix factorization, ICASSP 2021, who add the
terms themselves as columns and let all topics explain them. Measured on labelled pages, that draws topics to their
terms and away from the pages before it draws them to the pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.errors import MatrixError, Remedy
from nmf_topics.factor import kernels
from nmf_topics.factor.blocks import Array, PageBlocks, sum_of_squares, unit_columns
from nmf_topics.factor.objectives import Objective, objective_of
from nmf_topics.factor.rules import RULES

PULL = 0.25  # what the page of a guided topic weighs, as a share of the part of V that lies in its direction
SMALLEST = 1e-3  # of the heaviest word of a page of the guide: words below are left out
FILL = 1e-3  # of the mean of a topic, in place of zeros, which rules that multiply could not leave
MULTIPLYING = RULES["amu"]  # for the pages of the guide, whatever moves the others: it leaves zeros zeros

Terms = Sequence[int]  # rows of V


class GuidedBlocks:
    """V with the pages of a guide after its own.

    Parameters
    ----------
    V : PageBlocks of shape (m, n)
    guide : for each guided topic its rows of V, at least one, on some page
    objective : a name in OBJECTIVES; what a page weighs is told in its terms
    pull : as PULL

    Raises
    ------
    MatrixError
        if the guide names no rows of V, or such as are on no page.
    """

    def __init__(
        self, V: PageBlocks, guide: Sequence[Terms], objective: str | Objective, *, pull: float = PULL
    ) -> None:
        m, n = V.shape
        rows = [np.unique(np.asarray(terms, dtype=np.int64)) for terms in guide]
        if not rows or any(not len(terms) or terms[0] < 0 or terms[-1] >= m for terms in rows):
            raise MatrixError(f"a guide names rows of V, from 0 to {m - 1}, at least one for each topic")
        self.V = V
        self._words, self._on_pages = _look(V, rows)
        if not self._words.any(axis=0).all():
            raise MatrixError("a topic of the guide has terms that are on no page")
        square = sum_of_squares(V)
        pages = pull * n * np.square(self._on_pages, dtype=np.float64).sum(axis=1) / square
        goal = objective_of(objective)
        if goal.positive:
            raise MatrixError(f"the objective {goal.name!r} cannot be guided; choose another objective")
        weights = goal.scale_columns(self._words, pages * goal.size(V) / n)
        self.pages = sp.csc_matrix((self._words * weights).astype(V.dtype))

    @property
    def shape(self) -> tuple[int, int]:
        """(m, n + topics of the guide)."""
        return self.V.shape[0], self.V.shape[1] + self.pages.shape[1]

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
        if isinstance(fn, partial) and "rule" in fn.keywords:
            fn = partial(fn.func, *fn.args, **{**fn.keywords, "rule": MULTIPLYING})
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
        H : ndarray of shape (r, n + topics of the guide), positive in the guided topics on the pages of V
        topics : the place in W of each topic of the guide
        """
        from scipy.optimize import linear_sum_assignment  # 0.1 s, for those who need it

        n, guided = self.V.shape[1], self.pages.shape[1]
        if guided > W.shape[1]:
            raise MatrixError(
                f"the guide has {guided} topics, more than the rank, {W.shape[1]}", remedy=Remedy("try a larger {rank}")
            )
        _, topics = linear_sum_assignment(self._words.T @ unit_columns(W), maximize=True)
        W, H = W.copy(), np.hstack([H, np.zeros((len(H), guided), dtype=self.dtype)])
        for k, topic in enumerate(topics):
            W[:, topic] = _filled(self._words[:, k] * np.linalg.norm(W[:, topic]))
            H[topic, :n] = _filled(unit_columns(self._on_pages[[k]].T)[:, 0] * np.linalg.norm(H[topic, :n]))
            # the page of the guide on its own topic, and zeros, which stay, on all others
            H[topic, n + k] = float((self.pages[:, [k]].T @ W[:, topic])[0] / np.square(W[:, topic]).sum())
        return W, np.asfortranarray(H), [int(topic) for topic in topics]


def _look(V: PageBlocks, guide: Sequence[np.ndarray]) -> tuple[Array, Array]:
    """The words beside the terms of each topic, as columns of length one, and how much of them each page has."""
    m, n = V.shape
    seeds = np.zeros((m, len(guide)), dtype=V.dtype)
    for k, terms in enumerate(guide):
        seeds[terms, k] = 1.0
    words = np.zeros_like(seeds)
    for _, part in V.map(_words_beside, shared=(seeds,)):
        words += part
    words[words < SMALLEST * words.max(axis=0)] = 0.0
    words = unit_columns(words)
    on_pages = np.empty((len(guide), n), dtype=V.dtype, order="F")
    for columns, part in V.map(kernels.WtV, shared=(words,)):
        on_pages[:, columns] = part
    return words, on_pages


def _words_beside(V: Any, seeds: Array) -> Array:
    """The words of the pages of a block, each page as often as it has the terms of a topic."""
    return kernels.VHt(V, kernels.WtV(V, seeds))


def _filled(x: Array) -> Array:
    """A vector with a little in place of nothing."""
    return np.maximum(x, FILL * x.mean()) if x.any() else x + x.dtype.type(FILL)
