"""Least squares: F = 1/2 ||V - WH||_F^2 + penalties, its iteration, and what it still could fall by.

One iteration looks at V once: each block of pages moves its part of H and hands back V H' and H H', which W and the
error need. The error costs no further look: ||V - WH||^2 = ||V||^2 - 2 <V H', W> + <W'W, H H'>. A penalty of l1 is a
number in the rules, and one of l2 stands on the diagonal of their A'A; the trace holds sqrt(2 F) / ||V||.

Rules that extrapolate begin an iteration not at (W, H) but further on the way that the last ones went. The pair that
comes of it is kept only where F has fallen, by more than its rounding; else the pair before it stays, the next
iteration begins there and is a plain one, and extrapolation goes on from it in shorter steps. So F never grows,
whatever the rule.

Reference: Ang & Gillis, Accelerating nonnegative matrix factorization algorithms using extrapolation, Neural
Computation 31 (2019) 417-439.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.factor import kernels
from nmf_topics.factor.blocks import Array, PageBlocks, column_squares, sum_of_squares
from nmf_topics.factor.penalties import Penalties, Penalty
from nmf_topics.factor.rules import FIRST_STEPS, Rule, longer, shorter
from nmf_topics.factor.state import State

NONE = Penalties()
ROUNDING = 4  # machine epsilons of ||V||^2 that F may be wrong by


def scale(V: PageBlocks) -> float:
    """||V||_F."""
    return math.sqrt(sum_of_squares(V))


def sweep(V: PageBlocks, state: State, rule: Rule, *, certify: bool = False, penalties: Penalties = NONE) -> State:
    """One iteration: H, then W; with `certify` a plain one, which also bounds what F can still fall by."""
    memory = {} if certify or not rule.extrapolated else state.memory
    steps = state.memory.get("steps", FIRST_STEPS)
    plain = "W_start" not in memory
    W = state.W if plain else memory["W_start"]
    beta = 0.0 if plain else float(steps[0])
    H, H_last, VHt, HHt, gap, row_squares = _pages(V, state, W, rule, beta, certify, penalties.H)
    of_W, damped = penalties.W, penalties.W.on_diagonal(HHt)
    W_new = rule.update(W.T, VHt.T, damped, l1=of_W.l1).T
    WtW = kernels.gram(W_new.T)
    square = state.scale**2 - 2 * kernels.dot(VHt, W_new) + float(np.vdot(WtW, HHt))
    error = math.sqrt(max(square, 0.0)) / state.scale
    for penalty, X, XtX in ((of_W, W_new, WtW), (penalties.H, H, HHt)):
        if penalty:
            square += 2 * penalty.value(float(X.sum(dtype=np.float64)), float(np.trace(XtX)))
    reached = math.sqrt(max(square, 0.0)) / state.scale
    rounding = ROUNDING * float(np.finfo(W.dtype).eps) * state.scale**2
    if not plain and square > (state.trace[-1] * state.scale) ** 2 - rounding:
        return replace(state, trace=(*state.trace, state.trace[-1]), memory={"steps": shorter(steps)})
    certificate = state.certificate
    if certify:
        gap += _gap(W_new.T, VHt.T, damped, np.sqrt(row_squares), of_W.l1)
        certificate = max(gap, 0.0) / (square / 2) if square > 0 else math.inf
    if rule.extrapolated:
        steps = steps if plain else longer(steps)
        W_start = _further(W_new, state.W, float(steps[0]), rule)
        memory = {"W_start": W_start, "H_last": H_last, "steps": steps}
    trace = (*state.trace, reached)
    return replace(state, W=W_new, H=H, trace=trace, memory=memory, certificate=certificate, error=error)


def _pages(
    V: PageBlocks, state: State, W: Array, rule: Rule, beta: float, certify: bool, penalty: Penalty
) -> tuple[Any, ...]:
    """H, H before its extrapolation, V H', H H', the gap of H and the squares of V's rows, over all blocks."""
    H = np.empty_like(state.H)
    H_last = np.empty_like(H) if beta else H
    VHt, HHt, gap, row_squares = np.zeros_like(W), np.zeros((len(H), len(H))), 0.0, np.zeros(len(W))
    split = (state.H, state.memory["H_last"]) if beta else (state.H, state.H)
    step = partial(_page_step, rule=rule, beta=beta, certify=certify, l1=penalty.l1)
    shared = (W, penalty.on_diagonal(kernels.gram(W.T)))
    for columns, (Hj, newj, VHtj, HHtj, found) in V.map(step, split=split, shared=shared):
        H[:, columns] = Hj
        if newj is not None:
            H_last[:, columns] = newj
        VHt += VHtj
        HHt += HHtj
        if found is not None:
            gap += found[0]
            row_squares += found[1]
    return H, H_last, VHt, HHt, gap, row_squares


def _page_step(
    V: Any, H: Array, H_last: Array, W: Array, WtW: Array, *, rule: Rule, beta: float, certify: bool, l1: float
) -> tuple[Array, Array | None, Array, Array, tuple[float, Array] | None]:
    """Move one block's H; return it, it before extrapolation, its share of V H' and H H', and of the certificate."""
    WtV = kernels.WtV(V, W)
    found = (_gap(H, WtV, WtW, np.sqrt(column_squares(V)), l1), _row_squares(V)) if certify else None
    new = rule.update(H, WtV, WtW, l1=l1)
    if not beta:
        return new, None, kernels.VHt(V, new), kernels.gram(new), found
    H = _further(new, H_last, beta, rule)
    return H, new, kernels.VHt(V, H), kernels.gram(H), found


def _further(X: Array, last: Array, beta: float, rule: Rule) -> Array:
    """X further on the way from `last`; for rules that multiply only where it grows, as they could not leave a zero."""
    way = X - last
    if rule.multiplicative:
        np.maximum(way, 0, out=way)
    way *= X.dtype.type(beta)
    way += X
    return np.maximum(way, 0, out=way)


def _gap(X: Array, AtB: Array, AtA: Array, lengths: Array, l1: float) -> float:
    """What 1/2 ||B - A X||^2 + l1 sum(X) could fall by at most over X >= 0, with A as it is.

    It is convex in X, so it lies above its tangent: its fall is at most <G, X - X*>, G = A'A X - A'B + l1. At the
    minimum <G, X*> = 0, so that x*_k a_k, all entries being non-negative, is no longer than b: 0 <= x*_k <= ||b|| /
    ||a_k||. A penalty of l2, on the diagonal of A'A, is as if A and B had more rows, those of B zeros.

    Parameters
    ----------
    lengths : ndarray of shape (k,), ||b|| of each column of B
    """
    G = AtA.astype(X.dtype) @ X
    G -= AtB - X.dtype.type(l1) if l1 else AtB
    size = np.sqrt(np.diagonal(AtA))
    alive = size > 0
    largest = np.maximum(-G, 0)[alive] @ lengths.astype(X.dtype)  # what each row could gain where it should grow
    return kernels.dot(np.asfortranarray(G), np.asfortranarray(X)) + float((largest / size[alive]).sum())


def _row_squares(V: Any) -> Array:
    """||v||^2 of each row of a matrix, dense or CSC; shape (m,), float64."""
    if sp.issparse(V):
        found: Any = np.bincount(V.indices, weights=np.square(V.data, dtype=np.float64), minlength=V.shape[0])
    else:
        found = np.square(V, dtype=np.float64).sum(axis=1)
    return np.asarray(found, dtype=np.float64)
