"""The Kullback-Leibler divergence D = sum(V log(V / WH) - V + WH): its iteration, and what it still could fall by.

To it may come penalties l1_W sum(W) + l1_H sum(H), which stand in the denominators of the updates.

Only entries with V > 0 cost: the rest of sum(WH) is known from the sums of W and H.

Reference: Lee & Seung, Algorithms for non-negative matrix factorization, NIPS 13 (2001), theorem 2.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from nmf_topics.factor import kernels, moves
from nmf_topics.factor.blocks import Array, PageBlocks, total
from nmf_topics.factor.penalties import Penalties
from nmf_topics.factor.rules import Rule
from nmf_topics.factor.state import State

NONE = Penalties()


def scale(V: PageBlocks) -> float:
    """The sum of V."""
    return total(V)


def sweep(V: PageBlocks, state: State, rule: Rule, *, certify: bool = False, penalties: Penalties = NONE) -> State:
    """One iteration; the divergence is that of the pair before W moved, as a later one would cost a pass over V."""
    W, H = state.W, np.empty_like(state.H)
    numerator, H_sums, divergence = np.zeros_like(W), np.zeros(len(H)), 0.0
    gap, V_sums = 0.0, np.zeros(len(W))
    step = partial(_page_step, certify=certify, l1=penalties.H.l1)
    for columns, (Hj, RHt, sums, part, found) in V.map(step, split=(state.H,), shared=(W,)):
        H[:, columns] = Hj
        numerator += RHt
        H_sums += sums
        divergence += part
        if found is not None:
            gap += found[0]
            V_sums += found[1]
    costs = H_sums + penalties.W.l1
    row_sums = costs.astype(W.dtype)
    W_new = W * np.divide(numerator, row_sums, out=np.ones_like(W), where=row_sums > 0)
    divergence, certificate = max(divergence, 0.0), state.certificate
    reached = divergence + penalties.H.value(float(H_sums.sum()), 0.0)
    if penalties.W:
        reached += penalties.W.value(float(W.sum(dtype=np.float64)), 0.0)
    if certify:
        gap += _gap(W.T, W_new.T, costs, V_sums)
        certificate = max(gap, 0.0) / reached if reached > 0 else math.inf
    trace, error = (*state.trace, reached / state.scale), divergence / state.scale
    return replace(state, W=W_new, H=H, trace=trace, certificate=certificate, error=error)


def _page_step(
    V: Any, H: Array, W: Array, *, certify: bool, l1: float
) -> tuple[Array, Array, Array, float, tuple[float, Array] | None]:
    """Update one block's H; return it with its sums for W, its share of the divergence and of the certificate."""
    new, R, cost = moves.kl(V, W, H, l1=l1)
    sums, W_sums = new.sum(axis=1, dtype=np.float64), W.sum(axis=0, dtype=np.float64)
    found = None
    if certify:
        V_sums, page_sums = (np.asarray(V.sum(axis=axis, dtype=np.float64)).ravel() for axis in (1, 0))
        found = (_gap(H, new, W_sums + l1, page_sums), V_sums)
    return new, kernels.VHt(R, new), sums, cost + float(W_sums @ sums), found


def _gap(X: Array, new: Array, sums: Array, totals: Array) -> float:
    """What D could fall by at most over X >= 0, with the other factor as it is; weights of zero stay what they are.

    D is convex in X, so its fall is at most <G, X - X*>; the step itself tells the gradient, G X = sums (X - new). At
    the minimum <G, X*> = 0, so that no sums_k x*_k is more than the total of the column of V.

    Parameters
    ----------
    X, new : ndarrays of shape (r, k), before a multiplicative update and after it
    sums : ndarray of shape (r,), of the columns of the other factor, and the penalty l1
    totals : ndarray of shape (k,), of the columns of V
    """
    growth = np.divide(new, X, out=np.ones_like(X), where=X > 0)
    rises = np.where(sums > 0, np.maximum(growth - 1, 0) @ totals, 0.0).sum()
    return float(rises + sums @ (X.sum(axis=1, dtype=np.float64) - new.sum(axis=1, dtype=np.float64)))
