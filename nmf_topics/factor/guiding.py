"""Guided factorization: some topics have seed terms that they are to be about.

For each of them a column is added to V, a guide page: the words of the pages that have the seed terms, each page
weighted by how much of them it has. The error of V and of the guide pages is minimised together,

    ||V - WH||^2 + sum_k ||c_k s_k - b_k w_k||^2        s_k: the guide page of topic k, scaled to length one

(and likewise for divergences). Each guide page is explained by its own topic alone, so that no other topic can take its
place. Apart from that it is an ordinary factorization: it works with every rule and engine, and the error never grows.
The initialization puts each guided topic at its guide page, in place of the most similar topic of another
initialization.

Source: Vendrow, Haddock, Rebrova & Needell, On a guided nonnegative matrix factorization, ICASSP 2021. They add the
terms themselves as columns and let all topics explain them; on labelled pages that was measured to pull topics towards
their terms and away from the pages.
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

PULL = 0.25  # the size of a guide page, as a share of the part of V that lies in its direction
SMALLEST = 1e-3  # relative to the heaviest word of a guide page: lighter ones are left out
FILL = 1e-3  # relative to the mean of a topic, in place of zeros, which multiplicative rules could not leave
GUIDE_RULE = RULES["amu"]  # for the guide pages, whatever the rule for the others: zeros must stay zeros

Terms = Sequence[int]  # rows of V


class GuidedBlocks:
    """V followed by guide pages, as `PageBlocks`.

    Parameters
    ----------
    V : PageBlocks of shape (m, n)
    guide : for each guided topic the rows of V of its seed terms, at least one that is on a page
    objective : a name in `OBJECTIVES`, or an Objective; it defines the size of a page
    pull : float > 0, see PULL

    Attributes
    ----------
    V : PageBlocks, as given
    pages : CSC matrix of shape (m, topics of the guide)

    Raises
    ------
    MatrixError
        if the guide has no rows of V, or only rows without entries, or the objective does not allow zeros in V.

    Examples
    --------
    >>> from nmf_topics.factor.blocks import as_blocks
    >>> GuidedBlocks(as_blocks(np.eye(3, 4)), [[0], [2]], "frobenius").shape
    (3, 6)
    """

    def __init__(
        self, V: PageBlocks, guide: Sequence[Terms], objective: str | Objective, *, pull: float = PULL
    ) -> None:
        m, n = V.shape
        rows = [np.unique(np.asarray(terms, dtype=np.int64)) for terms in guide]
        if not rows or any(not len(terms) or terms[0] < 0 or terms[-1] >= m for terms in rows):
            raise MatrixError(f"a guide needs rows of V, from 0 to {m - 1}, at least one for each topic")
        self.V = V
        self._words, self._on_pages = _guide_pages(V, rows)
        if not self._words.any(axis=0).all():
            raise MatrixError("a topic of the guide has only terms that are on no page")
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
        """Apply `fn` to every block of V, then to the guide pages, which always use GUIDE_RULE."""
        n = self.V.shape[1]
        yield from self.V.map(fn, split=tuple(array[:, :n] for array in split), shared=shared)
        if isinstance(fn, partial) and "rule" in fn.keywords:
            fn = partial(fn.func, *fn.args, **{**fn.keywords, "rule": GUIDE_RULE})
        yield slice(n, self.shape[1]), fn(self.pages, *(array[:, n:] for array in split), *shared)

    def start(self, W: Array, H: Array) -> tuple[Array, Array, list[int]]:
        """Turn an initialization of V into one of V with its guide pages.

        Parameters
        ----------
        W : ndarray of shape (m, r)
        H : ndarray of shape (r, n)

        Returns
        -------
        W : ndarray of shape (m, r), positive in the guided topics
        H : ndarray of shape (r, n + topics of the guide), positive in the guided topics on the pages of V
        topics : list of int, the column of W of each guided topic

        Raises
        ------
        MatrixError
            if the guide has more topics than W.
        """
        from scipy.optimize import linear_sum_assignment  # takes 0.1 s to import

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
            # a guide page has its own topic; the zeros of all others stay zeros
            H[topic, n + k] = float((self.pages[:, [k]].T @ W[:, topic])[0] / np.square(W[:, topic]).sum())
        return W, np.asfortranarray(H), [int(topic) for topic in topics]


def _guide_pages(V: PageBlocks, guide: Sequence[np.ndarray]) -> tuple[Array, Array]:
    """The guide page of each topic, as columns of length one, and how much of it is on each page of V."""
    m, n = V.shape
    seeds = np.zeros((m, len(guide)), dtype=V.dtype)
    for k, terms in enumerate(guide):
        seeds[terms, k] = 1.0
    words = np.zeros_like(seeds)
    for _, part in V.map(_words_near, shared=(seeds,)):
        words += part
    words[words < SMALLEST * words.max(axis=0)] = 0.0
    words = unit_columns(words)
    on_pages = np.empty((len(guide), n), dtype=V.dtype, order="F")
    for columns, part in V.map(kernels.WtV, shared=(words,)):
        on_pages[:, columns] = part
    return words, on_pages


def _words_near(V: Any, seeds: Array) -> Array:
    """The words of the pages of a block, each page weighted by how much it has of the terms of a topic."""
    return kernels.VHt(V, kernels.WtV(V, seeds))


def _filled(x: Array) -> Array:
    """x with its zeros, and smaller entries, raised to FILL of its mean."""
    return np.maximum(x, FILL * x.mean()) if x.any() else x + x.dtype.type(FILL)
