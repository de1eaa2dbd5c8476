"""Least squares: F = 1/2 ||V - WH||_F^2 + penalties; its iteration, its certificate, and pages on fixed topics.

One iteration reads V once: each block of pages updates its part of H and returns V H' and H H', which W and the error
need. The error costs no further pass: ||V - WH||^2 = ||V||^2 - 2 <V H', W> + <W'W, H H'>. A penalty of l1 is a number
in the update rules, one of l2 is added to the diagonal of their A'A. The trace holds sqrt(2 F) / ||V||.

Rules that extrapolate (see `extrapolation`) begin at an extrapolated W and extrapolate each block's H as well, before
W is updated; F is that of the extrapolated H.

Reference: Ang & Gillis, Accelerating nonnegative matrix factorization algorithms using extrapolation, Neural
Computation 31 (2019) 417-439.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from nmf_topics.factor import kernels
from nmf_topics.factor.blocks import Array, PageBlocks, column_squares
from nmf_topics.factor.extrapolation import extrapolate, has_decreased
from nmf_topics.factor.nnls import solve_nnls
from nmf_topics.factor.page_solver import NO_PENALTY, Columns, repeat_to_convergence
from nmf_topics.factor.penalties import NO_PENALTIES, Penalties, Penalty, PenaltyUnits
from nmf_topics.factor.rules import Rule
from nmf_topics.factor.state import State

PAGE_MAX_STEPS = 500  # steps of the rule for pages on fixed topics, before `solve_nnls` takes over


def scale_columns(columns: Array, sizes: Array) -> Array:
    """Factors that give columns of length one these squared lengths; both of shape (k,)."""
    return np.sqrt(sizes)


def penalty_units(scale: float, n_pages: int) -> PenaltyUnits:
    """The units of penalties for a V of that Frobenius norm; see `penalties`."""
    length = scale / math.sqrt(n_pages)
    return PenaltyUnits(length**1.5, length)


def sweep(
    V: PageBlocks, state: State, rule: Rule, *, certify: bool = False, penalties: Penalties = NO_PENALTIES
) -> State:
    """One iteration: H, then W.

    Parameters
    ----------
    V : PageBlocks of shape (m, n)
    state : State, not modified
    rule : Rule
    certify : whether to bound the remaining decrease of F as well; such an iteration is never extrapolated
    penalties : Penalties, absolute

    Returns
    -------
    State with one more entry in its trace; W and H are the old ones where an extrapolated iteration was undone
    """
    ahead = state.extrapolation
    W, beta, plain = state.W, 0.0, True
    if rule.extrapolated and not certify and ahead.W_start is not None:
        W, beta, plain = ahead.W_start, ahead.beta, False
    found = _update_pages(V, state, W, rule, beta, certify, penalties.H)
    damped = penalties.W.on_diagonal(found.HHt)
    W_new = rule.update(W.T, found.VHt.T, damped, l1=penalties.W.l1).T
    WtW = kernels.gram(W_new.T)
    square = state.scale**2 - 2 * kernels.dot(found.VHt, W_new) + float(np.vdot(WtW, found.HHt))
    error = math.sqrt(max(square, 0.0)) / state.scale
    for penalty, X, XtX in ((penalties.W, W_new, WtW), (penalties.H, found.H, found.HHt)):
        if penalty:
            square += 2 * penalty.value(float(X.sum(dtype=np.float64)), float(np.trace(XtX)))
    if not plain and not has_decreased(square, (state.trace[-1] * state.scale) ** 2, state.scale**2, W.dtype):
        return replace(state, trace=(*state.trace, state.trace[-1]), extrapolation=ahead.shrink_beta())
    trace = (*state.trace, math.sqrt(max(square, 0.0)) / state.scale)
    certificate = state.certificate
    if certify:
        gap = found.gap + _gap(W_new.T, found.VHt.T, damped, np.sqrt(found.row_squares), penalties.W.l1)
        certificate = max(gap, 0.0) / (square / 2) if square > 0 else math.inf
    if rule.extrapolated:
        ahead = ahead if plain else ahead.grow_beta()
        W_start = extrapolate(W_new, state.W, ahead.beta, keep_positive=rule.multiplicative)
        ahead = ahead._replace(W_start=W_start, H_last=found.H_last)
    return replace(state, W=W_new, H=found.H, trace=trace, extrapolation=ahead, certificate=certificate, error=error)


class _Pass(NamedTuple):
    """What one pass over the blocks of V has found.

    H (r, n) and H_last (r, n), H before it was extrapolated; VHt (m, r) and HHt (r, r) of the new H; for a certificate,
    the gap of H (see `_gap`) and the squares of the rows of V (m,).
    """

    H: Array
    H_last: Array
    VHt: Array
    HHt: Array
    gap: float
    row_squares: Array


class _BlockPass(NamedTuple):
    """The same for one block; None for what was not asked for."""

    H: Array
    H_last: Array | None
    VHt: Array
    HHt: Array
    gap: float | None
    row_squares: Array | None


def _update_pages(
    V: PageBlocks, state: State, W: Array, rule: Rule, beta: float, certify: bool, penalty: Penalty
) -> _Pass:
    """Update H, block by block, and sum up what W needs."""
    H = np.empty_like(state.H)
    H_last = np.empty_like(H) if beta else H
    VHt, HHt, gap, row_squares = np.zeros_like(W), np.zeros((len(H), len(H))), 0.0, np.zeros(len(W))
    before = state.extrapolation.H_last if beta else None
    split = (state.H, state.H if before is None else before)
    step = partial(_update_block, rule=rule, beta=beta, certify=certify, l1=penalty.l1)
    shared = (W, penalty.on_diagonal(kernels.gram(W.T)))
    for columns, found in V.map(step, split=split, shared=shared):
        H[:, columns] = found.H
        if found.H_last is not None:
            H_last[:, columns] = found.H_last
        VHt += found.VHt
        HHt += found.HHt
        if certify:
            gap += found.gap
            row_squares += found.row_squares
    return _Pass(H, H_last, VHt, HHt, gap, row_squares)


def _update_block(
    V: Any, H: Array, H_last: Array, W: Array, WtW: Array, *, rule: Rule, beta: float, certify: bool, l1: float
) -> _BlockPass:
    """Update H of one block; `H_last` is H before it was extrapolated, in the iteration before."""
    WtV = kernels.WtV(V, W)
    gap = _gap(H, WtV, WtW, np.sqrt(column_squares(V)), l1) if certify else None
    row_squares = _row_squares(V) if certify else None
    new = rule.update(H, WtV, WtW, l1=l1)
    if not beta:
        return _BlockPass(new, None, kernels.VHt(V, new), kernels.gram(new), gap, row_squares)
    H = extrapolate(new, H_last, beta, keep_positive=rule.multiplicative)
    return _BlockPass(H, new, kernels.VHt(V, H), kernels.gram(H), gap, row_squares)


def _gap(X: Array, AtB: Array, AtA: Array, lengths: Array, l1: float) -> float:
    """Bound the remaining decrease of 1/2 ||B - A X||^2 + l1 sum(X) over X >= 0, for a fixed A.

    The function is convex in X, so its decrease is at most <G, X - X*> with the gradient G = A'A X - A'B + l1. At the
    minimum <G, X*> = 0, and as all entries are non-negative, x*_k a_k is no longer than b: 0 <= x*_k <= ||b|| /
    ||a_k||. A penalty of l2, on the diagonal of A'A, is the same as more rows of A, with zeros in B.

    Parameters
    ----------
    X : ndarray of shape (r, k)
    AtB : ndarray of shape (r, k)
    AtA : ndarray of shape (r, r)
    lengths : ndarray of shape (k,), ||b|| of each column of B
    l1 : float >= 0
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


def solve_pages(V: Any, W: Array, *, rule: Rule, penalty: Array = NO_PENALTY) -> tuple[Array, Array]:
    """H of a block of pages for a fixed W, and ||v - Wh|| / ||v|| of each page.

    Parameters
    ----------
    V : ndarray or CSC matrix of shape (m, n)
    W : ndarray of shape (m, r), float64
    rule : Rule; its `solve` brings the pages near their minimum
    penalty : ndarray of shape (2, r) or (2, 1), l1 and l2 of each topic

    Returns
    -------
    H : ndarray of shape (r, n), float64
    errors : ndarray of shape (n,); nan for a page of zeros
    """
    V = V.astype(W.dtype, copy=False)
    WtV = kernels.WtV(V, W)
    WtW = W.T @ W
    l1, l2 = np.broadcast_to(penalty, (2, len(WtW)))
    AtB, AtA = WtV - l1[:, None], WtW + np.diag(l2)  # with these the problem is one without penalties

    def step(H: Array, active: Columns) -> Array:
        return rule.solve(H, AtB[:, active], AtA)

    # Any positive start of the right size will do; one that depends on the page alone gives the page the same answer
    # whatever pages come with it.
    size = float(WtW.sum()) or 1.0
    start = np.tile(WtV.sum(axis=0) / size, (len(WtV), 1))
    H = solve_nnls(repeat_to_convergence(start, step, PAGE_MAX_STEPS), AtB, AtA)
    squares = column_squares(V)
    residual = squares - 2 * (H * WtV).sum(axis=0) + (H * (WtW @ H)).sum(axis=0)
    known = squares > 0
    errors = np.full(len(squares), np.nan)
    errors[known] = np.sqrt(np.maximum(residual[known], 0.0) / squares[known])
    return H, errors
