"""What is minimised, and the sweep over the blocks that lessens it.

A sweep updates H block by block and sums the statistics that W needs on the way, so V is read once; then W follows.

    frobenius   F = 1/2 ||V - WH||_F^2               any rule of `rules.RULES`
    kl          D = sum(V log(V / WH) - V + WH)      Lee and Seung's update for it; only entries with V > 0 cost

Reference: Lee & Seung, Algorithms for non-negative matrix factorization, NIPS 13 (2001), theorems 1 and 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from nmf_topics.factor import kernels
from nmf_topics.factor.blocks import Array, PageBlocks, sum_of_squares, total
from nmf_topics.factor.rules import RULES, Rule
from nmf_topics.factor.state import State


@dataclass(frozen=True)
class Objective:
    """One objective.

    Attributes
    ----------
    sweep : `(V, state, rule) -> state`, one iteration: H first, then W
    scale : `(V) -> float`, what errors are measured against
    exact : the error below which it is rounding, and the factorization exact
    summary : for help texts
    """

    sweep: Callable[[PageBlocks, State, Rule], State]
    scale: Callable[[PageBlocks], float]
    exact: float
    summary: str


# ---------------------------------------------------------------------------------------------- least squares


def _frobenius_page_step(V: Any, H: Array, W: Array, WtW: Array, *, rule: Rule) -> tuple[Array, Array, Array]:
    """Update one block's H; return it with the block's share of V H' and H H'."""
    H = rule.update(H, kernels.WtV(V, W), WtW)
    return H, kernels.VHt(V, H), kernels.gram(H)


def _frobenius_sweep(V: PageBlocks, state: State, rule: Rule) -> State:
    """One iteration; the error costs no further look at V: ||V - WH||^2 = ||V||^2 - 2 <V H', W> + <W'W, H H'>."""
    W, H = state.W, np.empty_like(state.H)
    VHt, HHt = np.zeros_like(W), np.zeros((len(H), len(H)))
    step = partial(_frobenius_page_step, rule=rule)
    for columns, (Hj, VHtj, HHtj) in V.map(step, split=(state.H,), shared=(W, kernels.gram(W.T))):
        H[:, columns] = Hj
        VHt += VHtj
        HHt += HHtj
    W = rule.update(W.T, VHt.T, HHt).T
    square = state.scale**2 - 2 * kernels.dot(VHt, W) + float(np.vdot(kernels.gram(W.T), HHt))
    error = math.sqrt(max(square, 0.0)) / state.scale
    return replace(state, W=W, H=H, trace=(*state.trace, error))


def _frobenius_scale(V: PageBlocks) -> float:
    return math.sqrt(sum_of_squares(V))


# ---------------------------------------------------------------------------------------------- Kullback-Leibler


def _kl_page_step(V: Any, H: Array, W: Array) -> tuple[Array, Array, Array, float]:
    """Update one block's H; return it with its sums for W and its share of the divergence."""
    H, R, cost = kernels.kl(V, W, H)
    sums = H.sum(axis=1, dtype=np.float64)
    return H, kernels.VHt(R, H), sums, cost + float(W.sum(axis=0, dtype=np.float64) @ sums)


def _kl_sweep(V: PageBlocks, state: State, rule: Rule) -> State:
    """One iteration; the divergence is that of the pair before W moved, as a later one would cost a pass over V."""
    W, H = state.W, np.empty_like(state.H)
    numerator, row_sums, divergence = np.zeros_like(W), np.zeros(len(H)), 0.0
    for columns, (Hj, RHt, sums, part) in V.map(_kl_page_step, split=(state.H,), shared=(W,)):
        H[:, columns] = Hj
        numerator += RHt
        row_sums += sums
        divergence += part
    row_sums = row_sums.astype(W.dtype)
    W = W * np.divide(numerator, row_sums, out=np.ones_like(W), where=row_sums > 0)
    return replace(state, W=W, H=H, trace=(*state.trace, max(divergence, 0.0) / state.scale))


OBJECTIVES: dict[str, Objective] = {
    "frobenius": Objective(_frobenius_sweep, _frobenius_scale, 1e-7, "least squares"),
    "kl": Objective(_kl_sweep, total, 1e-14, "Kullback-Leibler divergence"),
}


def problems_of_names(objective: str, rule: str) -> Iterator[str]:
    """What is wrong with the names of an objective and a rule."""
    if objective not in OBJECTIVES:
        yield f"no objective {objective!r}; there are {', '.join(OBJECTIVES)}"
    if rule not in RULES:
        yield f"no rule {rule!r}; there are {', '.join(RULES)}"
    if objective == "kl" and rule == "hals":
        yield "the rule 'hals' is for least squares; with the objective 'kl' use 'mu'"
