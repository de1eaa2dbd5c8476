"""Stability: does a topic appear again when the fit starts from another initialization?

`fit_runs` fits from several initializations and keeps the factorization with the least error. The stability of a topic
is its mean similarity to the matching topics of the other runs: 1 for a topic that every run finds, low for a topic
that depends on the initialization. Topics are matched one to one so that the sum of their cosines is largest.

Reference: Greene, O'Callaghan & Cunningham, How many topics? Stability analysis for topic models, ECML PKDD 2014 (there
with samples of pages and overlaps of top words).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextvars import copy_context
from dataclasses import replace
from typing import Any

import numpy as np

from nmf_topics.factor import kernels
from nmf_topics.factor.blocks import Array, InMemory, as_blocks, unit_columns
from nmf_topics.factor.factorize import Iteration
from nmf_topics.factor.mixture import Pass
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.model import TopicModel


def match_topics(W: Array, other: Array) -> tuple[np.ndarray, Array]:
    """Match the topics of two models of the same rows, one to one.

    Parameters
    ----------
    W, other : ndarrays of shape (m, r), non-negative

    Returns
    -------
    partner : ndarray of shape (r,), the matching column of `other` for each column of W
    similarity : ndarray of shape (r,), their cosines, from 0 to 1; 0 for an empty topic
    """
    from scipy.optimize import linear_sum_assignment  # takes 0.1 s, which a single fit does not need

    cosine = unit_columns(W).T @ unit_columns(other)
    rows, partner = linear_sum_assignment(cosine, maximize=True)
    return partner, np.clip(cosine[rows, partner], 0.0, 1.0)


def fit_runs(
    data: DataMatrix,
    rank: int,
    runs: int,
    *,
    start: str = "nndsvda",
    seed: int = 0,
    on_iteration: Callable[[Iteration], None] | None = None,
    on_pass: Callable[[Pass], None] | None = None,
    **options: Any,
) -> TopicModel:
    """Fit several times and return the best model, with the stability of its topics.

    If V is in memory, the fits run in parallel, one on each processor. Otherwise they run one after another on all
    processors, because they would compete for the disk. Both ways give identical bytes.

    Parameters
    ----------
    data, rank : as in `fit_topics`
    runs : number of fits, at least 2; the first uses the initialization `start`, the others random ones with the seeds
        after `seed`
    on_iteration, on_pass : called after each iteration of any fit, never by two fits at once
    options : further options of `fit_topics`

    Returns
    -------
    the TopicModel whose factorization has the least error, with its `stabilities`; its recipe has `runs` and the first
    seed
    """
    if runs < 2:
        raise ValueError("stability needs at least two runs")
    told, ended = threading.Lock(), threading.Event()

    def watched(call: Callable[[Any], None] | None) -> Callable[[Any], None]:
        def watch(iteration: Iteration | Pass) -> None:
            if ended.is_set():
                raise _EndedError
            if call:
                with told:
                    call(iteration)

        return watch

    def fit(run: int) -> TopicModel:
        first = start if run == 0 else "random"
        calls: dict[str, Any] = {"on_iteration": watched(on_iteration), "on_pass": watched(on_pass)}
        return fit_topics(data, rank, start=first, seed=seed + run, **calls, **options)

    def fit_beside(run: int) -> TopicModel:
        with kernels.using(threads=1):
            return fit(run)

    beside = min(runs, kernels.thread_count()) if isinstance(as_blocks(data.V), InMemory) else 1
    if beside == 1:
        return _best(enumerate(map(fit, range(runs))), seed, runs)
    with ThreadPoolExecutor(beside, thread_name_prefix="nmf-topics-run") as pool:
        waiting = {pool.submit(copy_context().run, fit_beside, run): run for run in range(runs)}
        try:
            return _best(((waiting.pop(job), job.result()) for job in as_completed(waiting)), seed, runs)
        finally:  # after an error or Ctrl-C, waiting fits do not start and running ones stop after this iteration
            ended.set()
            pool.shutdown(wait=False, cancel_futures=True)


class _EndedError(Exception):
    """Another fit failed or was interrupted."""


def _best(models: Iterable[tuple[int, TopicModel]], seed: int, runs: int) -> TopicModel:
    """Return the model with the least error and penalties, with stabilities; the first run wins ties."""
    best: tuple[float, int, TopicModel] | None = None
    found: dict[int, Array] = {}
    for run, model in models:
        found[run] = model.W
        before = "refinement" in model.recipe or model.penalties.any()  # of what was minimised
        reached = float(model.trace[-1]) if before else model.relative_error
        if best is None or (reached, run) < best[:2]:
            best = reached, run, model
    assert best is not None
    _, first, model = best
    others = [found[run] for run in sorted(found) if run != first]
    return replace(model, stabilities=stability(model.W, others), recipe={**model.recipe, "seed": seed, "runs": runs})


def stability(W: Array, others: Sequence[Array]) -> Array:
    """Return the mean similarity of each topic to its match in the other runs; shape (r,)."""
    return np.mean([match_topics(W, other)[1] for other in others], axis=0)
