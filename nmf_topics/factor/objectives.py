"""What is minimised, and the sweep over the blocks that lessens it.

A sweep updates H block by block and sums the statistics that W needs on the way, so V is read once; then W follows.
An objective also solves for new pages alone: W fixed, the H update repeated, and an exact method from there to the
minimum, which for a page is the only one.

    frobenius   F = 1/2 ||V - WH||_F^2               any rule of `rules.RULES`
    kl          D = sum(V log(V / WH) - V + WH)      Lee and Seung's update for it; only entries with V > 0 cost

Reference: Lee & Seung, Algorithms for non-negative matrix factorization, NIPS 13 (2001), theorems 1 and 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.factor.blocks import Array, PageBlocks, column_squares, sum_of_squares, total
from nmf_topics.factor.rules import Rule, finish

# A page of a fixed model is solved when no weight moves by more than this share of the page's largest weight.
PAGE_TOLERANCE = 1e-10
PAGE_MAX_STEPS = {"frobenius": 500, "kl": 30}  # steps of the rule; what they have not settled, an exact method ends
NEWTON_STEPS = 50
CHECK_EVERY = 10

Columns = NDArray[np.integer[Any]]  # positions of pages


@dataclass(frozen=True)
class Objective:
    """One objective.

    Attributes
    ----------
    sweep : `(V, W, H, rule, scale) -> (W, H, error)`, one iteration: H first, then W
    scale : `(V) -> float`, what errors are measured against
    solve_pages : `(block of V, W, rule) -> (H, errors)`, W fixed; a pure function at module level
    exact : the error below which it is rounding, and the factorization exact
    summary : for help texts
    """

    sweep: Callable[[PageBlocks, Array, Array, Rule, float], tuple[Array, Array, float]]
    scale: Callable[[PageBlocks], float]
    solve_pages: Callable[..., tuple[Array, Array]]
    exact: float
    summary: str


# ---------------------------------------------------------------------------------------------- least squares


def _frobenius_page_step(V: Any, H: Array, W: Array, WtW: Array, *, rule: Rule) -> tuple[Array, Array, Array]:
    """Update one block's H; return it with the block's share of V H' and H H'."""
    WtV = np.ascontiguousarray(np.asarray(V.T @ W).T)
    H = rule.update(H, WtV, WtW)
    return H, np.asarray(V @ H.T), H @ H.T


def _frobenius_sweep(V: PageBlocks, W: Array, H: Array, rule: Rule, scale: float) -> tuple[Array, Array, float]:
    """One iteration; the error costs no further look at V: ||V - WH||^2 = ||V||^2 - 2 <V H', W> + <W'W, H H'>."""
    rank = len(H)
    H_new = np.empty_like(H)
    VHt, HHt = np.zeros_like(W), np.zeros((rank, rank), dtype=W.dtype)
    for columns, (Hj, VHtj, HHtj) in V.map(partial(_frobenius_page_step, rule=rule), split=(H,), shared=(W, W.T @ W)):
        H_new[:, columns] = Hj
        VHt += VHtj
        HHt += HHtj
    W = np.ascontiguousarray(rule.update(np.ascontiguousarray(W.T), np.ascontiguousarray(VHt.T), HHt).T)
    square = scale**2 - 2 * np.vdot(VHt, W) + np.vdot(W.T @ W, HHt)
    return W, H_new, math.sqrt(max(float(square), 0.0)) / scale


def _frobenius_scale(V: PageBlocks) -> float:
    return float(np.sqrt(sum_of_squares(V)))


def _frobenius_solve_pages(V: Any, W: Array, *, rule: Rule) -> tuple[Array, Array]:
    """H of a block with W fixed, and ||v - Wh|| / ||v|| of each page (nan for a page of zeros)."""
    V = V.astype(W.dtype, copy=False)
    WtV = np.ascontiguousarray(np.asarray(V.T @ W).T)
    WtW = W.T @ W

    def step(H: Array, active: Columns) -> Array:
        return rule.solve(H, WtV[:, active], WtW)

    # Any positive start of the right size will do; one that depends on the page alone gives it the same answer in
    # every company.
    size = float(WtW.sum()) or 1.0
    start = np.tile(WtV.sum(axis=0) / size, (len(WtV), 1))
    H = _repeat_to_convergence(start, step, PAGE_MAX_STEPS["frobenius"])
    H = finish(H, WtV, WtW)
    squares = column_squares(V)
    residual = squares - 2 * (H * WtV).sum(axis=0) + (H * (WtW @ H)).sum(axis=0)
    known = squares > 0
    errors = np.full(len(squares), np.nan)
    errors[known] = np.sqrt(np.maximum(residual[known], 0.0) / squares[known])
    return H, errors


def _repeat_to_convergence(H: Array, step: Callable[[Array, Columns], Array], max_steps: int) -> Array:
    """Repeat `step(H[:, active], active)` for each page until its own weights stand still."""
    active = np.flatnonzero(H.any(axis=0))
    H[:, ~H.any(axis=0)] = 0.0
    for _ in range(max_steps // CHECK_EVERY):
        if not active.size:
            break
        old = current = H[:, active]
        for _ in range(CHECK_EVERY):
            old, current = current, step(current, active)
        H[:, active] = current
        moved = np.abs(current - old).max(axis=0) > PAGE_TOLERANCE * current.max(axis=0)
        active = active[moved]
    return H


# ---------------------------------------------------------------------------------------------- Kullback-Leibler


def _ratio(V: Any, W: Array, H: Array) -> Any:
    """V / WH, computed where V > 0 only; sparse where V is."""
    if not sp.issparse(V):
        WH = W @ H
        return np.divide(V, WH, out=np.zeros_like(WH), where=(V > 0) & (WH > 0))
    V = V.tocsc()
    data = np.empty(V.nnz, dtype=H.dtype)
    Ht = np.ascontiguousarray(H.T)
    at_once = max(1, 4_000_000 // len(H))  # entries, so that what is gathered stays within some 64 MB
    column_of = np.repeat(np.arange(V.shape[1]), np.diff(V.indptr))
    for first in range(0, V.nnz, at_once):
        part = slice(first, first + at_once)
        WH = np.einsum("ij,ij->i", W[V.indices[part]], Ht[column_of[part]])
        data[part] = np.divide(V.data[part], WH, out=np.zeros_like(WH), where=WH > 0)
    return sp.csc_matrix((data, V.indices, V.indptr), shape=V.shape)


def _entropy_terms(V: Any, R: Any) -> tuple[float, float]:
    """sum(V log R) over V > 0 and sum(V); R = V / WH."""
    v, r = (V.data, R.data) if sp.issparse(V) else (V.ravel(), R.ravel())
    seen = (v > 0) & (r > 0)
    return float(np.dot(v[seen], np.log(r[seen]))), float(v.sum(dtype=np.float64))


def _kl_step(V: Any, W: Array, H: Array, column_sums: Array) -> Array:
    """H * (W' (V / WH)) / (W' 1)."""
    numerator = np.asarray(_ratio(V, W, H).T @ W).T
    return H * np.divide(numerator, column_sums[:, None], out=np.ones_like(H), where=column_sums[:, None] > 0)


def _kl_page_step(V: Any, H: Array, W: Array) -> tuple[Array, Array, Array, float]:
    """Update one block's H; return it with its sums for W and its share of the divergence."""
    column_sums = W.sum(axis=0)
    H = _kl_step(V, W, H, column_sums)
    R = _ratio(V, W, H)
    log_part, total = _entropy_terms(V, R)
    divergence = log_part - total + float(column_sums @ H.sum(axis=1))
    return H, np.asarray(R @ H.T), H.sum(axis=1), divergence


def _kl_sweep(V: PageBlocks, W: Array, H: Array, rule: Rule, scale: float) -> tuple[Array, Array, float]:
    """One iteration; the divergence is that of the pair before W moved, as a later one would cost a pass over V."""
    H_new, numerator, row_sums, divergence = (
        np.empty_like(H),
        np.zeros_like(W),
        np.zeros(len(H), H.dtype),
        0.0,
    )
    for columns, (Hj, RHt, sums, part) in V.map(_kl_page_step, split=(H,), shared=(W,)):
        H_new[:, columns] = Hj
        numerator += RHt
        row_sums += sums
        divergence += part
    W = W * np.divide(numerator, row_sums, out=np.ones_like(W), where=row_sums > 0)
    return W, H_new, max(divergence, 0.0) / scale


def _page_divergences(V: Any, W: Array, H: Array) -> Array:
    """The divergence of each page; infinite where it has a term that WH lacks."""
    R = _ratio(V, W, H)
    v, r = (V.data, R.data) if sp.issparse(V) else (V, R)
    costs = np.where(r > 0, v * np.log(np.where(r > 0, r, 1.0)), np.where(v > 0, np.inf, 0.0))
    if sp.issparse(V):
        column_of = np.repeat(np.arange(V.shape[1]), np.diff(V.indptr))
        sums = np.bincount(column_of, weights=costs, minlength=V.shape[1])
    else:
        sums = costs.sum(axis=0)
    return np.asarray(sums - np.asarray(V.sum(axis=0), dtype=np.float64).ravel() + W.sum(axis=0) @ H)


def _kl_solve_pages(V: Any, W: Array, *, rule: Rule) -> tuple[Array, Array]:
    """H of a block with W fixed, and each page's divergence over its sum (nan for a page of zeros, or infinite)."""
    V = V.astype(W.dtype, copy=False)
    if sp.issparse(V):
        V = V.tocsc()
    totals = np.asarray(V.sum(axis=0), dtype=np.float64).ravel()
    column_sums = W.sum(axis=0)

    def step(H: Array, active: Columns) -> Array:
        return _kl_step(V[:, active], W, H, column_sums)

    size = float(column_sums.sum()) or 1.0
    start = np.tile(totals / size, (len(column_sums), 1))
    H = _repeat_to_convergence(start, step, PAGE_MAX_STEPS["kl"])
    at_once = max(1, 4_000_000 // len(H) ** 2)  # pages, so that their r x r matrices stay within some 64 MB
    for first in range(0, len(totals), at_once):
        part = slice(first, first + at_once)
        H[:, part] = _newton(V[:, part], W, H[:, part])
    H = _kl_step(V, W, H, column_sums)  # weights too small to matter in a page's divergence follow
    divergences = _page_divergences(V, W, H)
    known = (totals > 0) & np.isfinite(divergences)
    errors = np.full(len(totals), np.nan)
    errors[known] = np.maximum(divergences[known], 0.0) / totals[known]
    return H, errors


def _newton(V: Any, W: Array, H: Array) -> Array:
    """From near each page's least divergence to the least itself.

    Each step goes to the minimum over h >= 0 of the second-order model, or as far that way as the divergence falls.
    """
    H = H.copy()
    column_sums = W.sum(axis=0)[:, None]
    active = np.flatnonzero(H.any(axis=0))
    for _ in range(NEWTON_STEPS):
        if not active.size:
            break
        pages, h = V[:, active], H[:, active]
        R = _ratio(pages, W, h)
        slopes = column_sums - np.asarray(R.T @ W).T
        curvature = _ratio(R, W, h)  # V / (WH)^2
        hessians = np.stack([np.asarray(curvature.T @ (W * W[:, [k]])) for k in range(len(h))], axis=1)
        way = finish(h, (hessians @ h.T[:, :, None])[:, :, 0].T - slopes, hessians) - h
        wanted = 1e-4 * (slopes * way).sum(axis=0)
        before = _page_divergences(pages, W, h)
        rounding = 1e-14 * np.asarray(pages.sum(axis=0), dtype=np.float64).ravel()
        share = np.ones(len(active))
        for _ in range(NEWTON_STEPS):
            short = _page_divergences(pages, W, h + share * way) > before + share * wanted + rounding
            if not short.any():
                break
            share[short] /= 2
        H[:, active] = h + share * way
        active = active[np.abs(share * way).max(axis=0) > PAGE_TOLERANCE * h.max(axis=0)]
    return H


OBJECTIVES: dict[str, Objective] = {
    "frobenius": Objective(_frobenius_sweep, _frobenius_scale, _frobenius_solve_pages, 1e-7, "least squares"),
    "kl": Objective(_kl_sweep, total, _kl_solve_pages, 1e-14, "Kullback-Leibler divergence"),
}
