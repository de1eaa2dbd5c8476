"""How many topics: singular values of V, and fits of several ranks.

No criterion gives the true number of topics. The curves show where more topics no longer reduce the error much; the
table shows what they cost in coherence and in topics with few pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nmf_topics.factor.blocks import Array, as_blocks, sum_of_squares
from nmf_topics.factor.init import truncated_svd
from nmf_topics.factor.kernels import one_blas_thread
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.model.fit import check_rank, fit_topics
from nmf_topics.model.measures import diversity
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.recipes import Recipe


@dataclass(frozen=True)
class RankRow:
    """The results of one rank.

    Attributes
    ----------
    rank : r
    singular_value : the r-th singular value of V
    svd_error : ||V - V_r|| / ||V|| for the best approximation of this rank; a lower bound of the error
    error : ||V - WH|| / ||V|| of the factorization, before the topics are refined
    fit : 1 - error^2, the explained part of V
    coherence : mean page-level NPMI over the topics that have one; NaN for images
    diversity : share of distinct words among the top 25 words of all topics
    smallest : share of pages of the smallest topic
    iterations : number of iterations of the fit
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
    """Return the k largest singular values of V in descending order; at most min(m, n)."""
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
    """Fit each rank and yield its row.

    Parameters
    ----------
    data : DataMatrix
    ranks : ascending
    recipe : source of the solver, the initialization and the limits of iterations; the loss is always least squares
    singular : singular values of V, at least as many as the largest rank; None: compute them
    on_model : called with each model

    Raises
    ------
    MatrixError
        if the largest rank is too large for the data; checked first.
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
            diversity(model.W) if data.kind.has_names else float("nan"),
            float(pages.min() / pages.sum()),
            len(model.trace),
        )


def suggest(rows: Sequence[RankRow], singular: Sequence[float] = ()) -> tuple[int, int, list[str]]:
    """Suggest a range of ranks, with reasons.

    Up to three ranks determine the range: the end of the steep part of the singular values, the bend of the error curve
    (the rank farthest below the straight line from the first rank to the last), and the best coherence.

    Parameters
    ----------
    rows : one row for each rank, ascending
    singular : singular values of V, descending; ignored if there are too few

    Returns
    -------
    low, high : the range, within the ranks of `rows`
    reasons : one sentence for each criterion
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
        reasons.append(f"coherence (NPMI) is highest at rank {best}")
    if not candidates:
        candidates = [rows[0].rank, rows[-1].rank]
        reasons.append("no curve singles out a rank")
    return min(candidates), max(candidates), reasons


AFTER = 5  # number of following singular values that a decrease is compared with


def _end_of_steep_part(singular: Array, lowest: int) -> int | None:
    """Return the rank after which the singular values decrease most, compared with the following decreases.

    Decreases of logarithms are used, because they are relative. A tenth of the mean decrease is added to the
    denominator, so that the flat end does not decide. Values before `lowest` belong to what all pages share.
    """
    if len(singular) < lowest + AFTER + 1 or singular[0] <= 0:
        return None
    falls = -np.diff(np.log(np.maximum(singular, 1e-12 * singular[0])))[lowest - 1 :]
    if not falls.any():
        return None
    floor = 0.1 * falls.mean()
    scores = [falls[i] / (falls[i + 1 : i + 1 + AFTER].mean() + floor) for i in range(len(falls) - AFTER)]
    return lowest + int(np.argmax(scores))
