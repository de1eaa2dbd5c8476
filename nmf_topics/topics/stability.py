"""Can a topic be trusted: does it come back when the fit begins somewhere else?

`--runs N` fits from N starts, keeps the factorization of least error, and gives each of its topics the mean similarity
of the topics that match it in the other runs: 1 for a topic that every run finds, low for an accident of the start.
Topics are matched one to one so that the sum of their cosines is largest.

Reference: Greene, O'Callaghan & Cunningham, How many topics? Stability analysis for topic models, ECML PKDD 2014 (there
with samples of pages and overlaps of top words).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nmf_topics.factor.blocks import Array
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.topics.model import TopicModel, fit_topics


def match_topics(W: Array, other: Array) -> tuple[np.ndarray, Array]:
    """Match the topics of two models of the same rows, one to one.

    Parameters
    ----------
    W, other : ndarrays of shape (m, r), non-negative

    Returns
    -------
    partner : ndarray of shape (r,), for each column of W its column of `other`
    similarity : ndarray of shape (r,), their cosines, from 0 to 1; a dead topic's is 0
    """
    from scipy.optimize import linear_sum_assignment  # takes 0.1 s, which a fit from one start need not pay

    cosine = unit_columns(W).T @ unit_columns(other)
    rows, partner = linear_sum_assignment(cosine, maximize=True)
    return partner, np.clip(cosine[rows, partner], 0.0, 1.0)


def unit_columns(W: Array) -> Array:
    """W with its columns at length one; those of zeros stay."""
    norms = np.linalg.norm(W, axis=0)
    return W / np.where(norms > 0, norms, 1.0)


def fit_runs(
    data: DataMatrix,
    rank: int,
    runs: int,
    *,
    start: str = "nndsvda",
    seed: int = 0,
    **options: Any,
) -> TopicModel:
    """The best of several fits, with the stability of its topics.

    Parameters
    ----------
    data, rank : as in `fit_topics`
    runs : at least 2; the first begins at `start`, the others at random, with the seeds that follow `seed`
    options : further options of `fit_topics`

    Returns
    -------
    TopicModel of the least error, its `stabilities` filled; its recipe has `runs` and the first seed
    """
    if runs < 2:
        raise ValueError("stability needs at least two runs")
    models = [
        fit_topics(data, rank, start=start if run == 0 else "random", seed=seed + run, **options) for run in range(runs)
    ]
    best = min(models, key=lambda model: model.relative_error)  # the first one among equals
    others = [model.W for model in models if model is not best]
    return replace(best, stabilities=stability(best.W, others), recipe={**best.recipe, "seed": seed, "runs": runs})


def stability(W: Array, others: Sequence[Array]) -> Array:
    """Mean similarity of each topic to its partner in the other runs; shape (r,)."""
    return np.mean([match_topics(W, other)[1] for other in others], axis=0)
