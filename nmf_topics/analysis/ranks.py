"""How many topics: singular values of V, and what several ranks make of it.

No criterion knows the number of topics; the curves show where more topics stop paying, and the table what they cost in
coherence and in topics of few pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nmf_topics.factor.blocks import Array, as_blocks, sum_of_squares
from nmf_topics.factor.kernels import one_blas_thread
from nmf_topics.factor.starts import truncated_svd
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.model.fit import check_rank, fit_topics
from nmf_topics.model.measures import diversity
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.recipes import Recipe


@dataclass(frozen=True)
class RankRow:
    """What one rank makes of V.

    Attributes
    ----------
    rank : r
    singular_value : the r-th of V
    svd_error : ||V - V_r|| / ||V|| of the best approximation of this rank, which no factorization can beat
    error : ||V - WH|| / ||V|| of the factorization, before topics are refined
    fit : 1 - error^2, the part of V explained
    coherence : mean page-level NPMI of the topics that have one; nan for images
    diversity : share of distinct words among the top 25 of all topics
    smallest : share of pages of the smallest topic
    iterations : of the fit
    """

    rank: int
    singular_value: float
    svd_error: float
    error: float
    fit: float
    coherence: float
    diversity: float
    smallest: float
    iterations: int


def singular_values(data: DataMatrix, k: int) -> Array:
    """The k largest singular values of V, falling; at most min(m, n) of them."""
    with one_blas_thread():
        return truncated_svd(as_blocks(data.V), min(k, *data.V.shape))[1]


def try_ranks(
    data: DataMatrix,
    ranks: Sequence[int],
    recipe: Recipe,
    *,
    seed: int = 0,
    singular: Array | None = None,
    on_model: Callable[[TopicModel], None] = lambda model: None,
) -> Iterator[RankRow]:
    """A row for each rank, as soon as it is fitted.

    Parameters
    ----------
    data : DataMatrix
    ranks : increasing
    recipe : its solver, start and bounds of iterations are used; least squares always
    singular : singular values of V, at least as many as the largest rank; computed where None
    on_model : called with each model

    Raises
    ------
    MatrixError
        if the largest rank does not fit the data; before any work.
    """
    check_rank(data, max(ranks))
    values = singular_values(data, max(ranks)) if singular is None else singular
    factors = replace(recipe, objective="frobenius").factors()
    square = sum_of_squares(as_blocks(data.V))
    for rank in ranks:
        model = fit_topics(data, rank, seed=seed, **factors)
        on_model(model)
        error = float(model.trace[-1]) if "refinement" in model.recipe else model.relative_error
        pages = np.bincount(model.dominant()[model.dominant() >= 0], minlength=rank)
        yield RankRow(
            rank,
            float(values[rank - 1]),
            float(np.sqrt(max(square - np.square(values[:rank]).sum(), 0.0) / square)),
            error,
            1 - error**2,
            float(np.mean(known)) if (known := model.coherences[~np.isnan(model.coherences)]).size else float("nan"),
            diversity(model.W) if data.rows.kind == "terms" else float("nan"),
            float(pages.min() / pages.sum()),
            len(model.trace),
        )


def suggest(rows: Sequence[RankRow], singular: Sequence[float] = ()) -> tuple[int, int, list[str]]:
    """A range of ranks worth looking at, and why.

    Up to three ranks span the range: the end of the steep part of the singular values, the bend of the error curve (the
    rank farthest below the straight line from the first rank to the last), and the best coherence.

    Parameters
    ----------
    rows : one a rank, increasing
    singular : singular values of V, falling; too few of them say nothing

    Returns
    -------
    low, high : ranks from the first to the last of the rows
    reasons : one sentence each
    """
    ranks = np.array([row.rank for row in rows], dtype=float)
    errors = np.array([row.error for row in rows])
    reasons = []
    candidates = []
    if steep := _end_of_steep_part(np.asarray(singular, dtype=float), max(2, rows[0].rank)):
        candidates.append(steep)
        reasons.append(f"the singular values flatten after number {steep}")
    if len(rows) > 2 and errors[0] > errors[-1]:
        x = (ranks - ranks[0]) / (ranks[-1] - ranks[0])
        y = (errors - errors[-1]) / (errors[0] - errors[-1])
        bend = rows[int(np.argmax(1 - x - y))].rank
        candidates.append(bend)
        reasons.append(f"the error curve bends most at rank {bend}")
    coherences = np.array([row.coherence for row in rows])
    if np.isfinite(coherences).any():
        best = rows[int(np.nanargmax(coherences))].rank
        candidates.append(best)
        reasons.append(f"the top words of topics stand together most (NPMI) at rank {best}")
    if not candidates:
        candidates = [rows[0].rank, rows[-1].rank]
        reasons.append("no curve singles out a rank")
    return min(candidates), max(candidates), reasons


AFTER = 5  # singular values that a fall is compared with


def _end_of_steep_part(singular: Array, lowest: int) -> int | None:
    """The rank from `lowest` on after which the fall to the next singular value is largest against those that follow.

    Falls are of logarithms, so that they are relative; a tenth of the mean fall keeps flat ends from deciding. The
    values before `lowest` are of what all pages share.
    """
    if len(singular) < lowest + AFTER + 1 or singular[0] <= 0:
        return None
    falls = -np.diff(np.log(np.maximum(singular, 1e-12 * singular[0])))[lowest - 1 :]
    if not falls.any():
        return None
    floor = 0.1 * falls.mean()
    scores = [falls[i] / (falls[i + 1 : i + 1 + AFTER].mean() + floor) for i in range(len(falls) - AFTER)]
    return lowest + int(np.argmax(scores))
