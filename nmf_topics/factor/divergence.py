"""The Kullback-Leibler divergence D = sum(V log(V / WH) - V + WH): its iteration, and what it still could fall by.

To it may come penalties l1_W sum(W) + l1_H sum(H), which stand in the denominators of the updates. Only entries with
V > 0 cost: the rest of sum(WH) is known from the sums of W and H.

One iteration looks at V once and moves H, then W. The divergence that it tells is that of the pair in between, with the
new H and the W before it moved, as a later one would cost another pass. Rules that extrapolate begin further on the way
that the last steps went, X + beta max(X - X_last, 0), so that no weight becomes zero by it. The state that they hand on
is that very pair in between, and only if its divergence has fallen, by more than its rounding; else H stays and W makes
its step, which leads downhill, and the next iteration is a plain one. So D never grows, whatever the rule.

References: Lee & Seung, Algorithms for non-negative matrix factorization, NIPS 13 (2001), theorem 2; Hien, Leplat &
Gillis, Block majorization minimization with extrapolation and application to beta-NMF, arXiv:2401.06646 (2024), for
the way to extrapolate; when to take it back is as in `leastsquares`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from nmf_topics.factor import kernels, moves
from nmf_topics.factor.blocks import Array, PageBlocks, total
from nmf_topics.factor.penalties import Penalties
from nmf_topics.factor.rules import FIRST_STEPS, Rule, longer, shorter
from nmf_topics.factor.state import State

NONE = Penalties()
ROUNDING = 4  # machine epsilons of sum(V) that D may be wrong by


def scale(V: PageBlocks) -> float:
    """The sum of V."""
    return total(V)


def sweep(V: PageBlocks, state: State, rule: Rule, *, certify: bool = False, penalties: Penalties = NONE) -> State:
    """One iteration; with `certify` a plain one, which also bounds what D can still fall by."""
    memory = state.memory
    plain = certify or "W_start" not in memory
    steps = memory.get("steps", FIRST_STEPS)
    W_last = memory.get("W_last", state.W)  # what W was before it was extrapolated
    W, H_start = (W_last, state.H) if plain else (memory["W_start"], memory["H_start"])
    steps = steps if plain else longer(steps)
    beta = float(steps[0]) if rule.extrapolated else 0.0
    found = _pages(V, W, H_start, state.H, beta, certify, penalties)
    rounding = ROUNDING * float(np.finfo(W.dtype).eps) * state.scale
    if not plain and found.reached > state.trace[-1] * state.scale - rounding:
        trace = (*state.trace, state.trace[-1])
        return replace(state, W=W_last, trace=trace, memory={"steps": shorter(memory["steps"])})
    row_sums = found.costs.astype(W.dtype)
    W_new = W * np.divide(found.numerator, row_sums, out=np.ones_like(W), where=row_sums > 0)
    certificate = state.certificate
    if certify:
        gap = found.gap + _gap(W.T, W_new.T, found.costs, found.V_sums)
        certificate = max(gap, 0.0) / found.reached if found.reached > 0 else math.inf
    told: dict[str, Any] = {
        "trace": (*state.trace, found.reached / state.scale),
        "error": found.divergence / state.scale,
        "certificate": certificate,
    }
    if not rule.extrapolated:
        return replace(state, W=W_new, H=found.H, **told)
    W_start = extrapolated(W_new, W_last, beta)
    memory = {"W_start": W_start, "W_last": W_new, "H_start": found.H_start, "steps": steps}
    return replace(state, W=W, H=found.H, memory=memory, **told)


def extrapolated(X: Array, last: Array, beta: float) -> Array:
    """Further on where X grows; where it shrinks no further, as a weight of zero would stay zero for ever."""
    return X + X.dtype.type(beta) * np.maximum(X - last, 0)


@dataclass(frozen=True)
class _Pages:
    """What a pass over the blocks has found: the new H and where the next iteration may begin, and sums over pages."""

    H: Array
    H_start: Array
    numerator: Array
    costs: Array
    divergence: float
    reached: float
    gap: float
    V_sums: Array


def _pages(
    V: PageBlocks, W: Array, H_start: Array, H_last: Array, beta: float, certify: bool, penalties: Penalties
) -> _Pages:
    """One pass: H moves from H_start, and goes on by beta from H_last."""
    H, numerator, H_sums = np.empty_like(H_start), np.zeros_like(W), np.zeros(len(H_start))
    H_next = np.empty_like(H) if beta else H
    divergence, gap, V_sums = 0.0, 0.0, np.zeros(len(W))
    step = partial(_page_step, beta=beta, certify=certify, l1=penalties.H.l1)
    for columns, (Hj, nextj, RHt, sums, part, found) in V.map(step, split=(H_start, H_last), shared=(W,)):
        H[:, columns] = Hj
        if nextj is not None:
            H_next[:, columns] = nextj
        numerator += RHt
        H_sums += sums
        divergence += part
        if found is not None:
            gap += found[0]
            V_sums += found[1]
    divergence = max(divergence, 0.0)
    reached = divergence + penalties.H.value(float(H_sums.sum()), 0.0)
    if penalties.W:
        reached += penalties.W.value(float(W.sum(dtype=np.float64)), 0.0)
    return _Pages(H, H_next, numerator, H_sums + penalties.W.l1, divergence, reached, gap, V_sums)


def _page_step(
    V: Any, H: Array, H_last: Array, W: Array, *, beta: float, certify: bool, l1: float
) -> tuple[Array, Array | None, Array, Array, float, tuple[float, Array] | None]:
    """Update one block's H; return it, it further on, its sums for W, its share of D and of the certificate."""
    new, R, cost = moves.kl(V, W, H, l1=l1)
    sums, W_sums = new.sum(axis=1, dtype=np.float64), W.sum(axis=0, dtype=np.float64)
    found = None
    if certify:
        V_sums, page_sums = (np.asarray(V.sum(axis=axis, dtype=np.float64)).ravel() for axis in (1, 0))
        found = (_gap(H, new, W_sums + l1, page_sums), V_sums)
    further = extrapolated(new, H_last, beta) if beta else None
    return new, further, kernels.VHt(R, new), sums, cost + float(W_sums @ sums), found


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
    rises = np.where(sums > 0, np.maximum(growth - 1, 0) @ totals.astype(X.dtype), 0.0).sum()
    return float(rises + sums @ (X.sum(axis=1, dtype=np.float64) - new.sum(axis=1, dtype=np.float64)))
