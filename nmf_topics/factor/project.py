"""Pages on fixed topics: W stays, and each page's weights go to their minimum, which is the only one there is.

Steps of a rule bring every page near it, an exact method from there to the minimum itself: an active set for least
squares, Newton's method for the divergence. Each page's answer depends on that page and W only, so it is the same (to
rounding) whatever pages come with it, and whatever rule made W.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.errors import MatrixError
from nmf_topics.factor import kernels
from nmf_topics.factor.activeset import finish
from nmf_topics.factor.blocks import Array, as_blocks, column_squares, pages_of
from nmf_topics.factor.moves import kl, ratio
from nmf_topics.factor.objectives import problems_of_names, rule_of
from nmf_topics.factor.rules import RULES, Rule

# A page is solved when no weight moves by more than this share of the page's largest weight.
PAGE_TOLERANCE = 1e-10
PAGE_MAX_STEPS = {"frobenius": 500, "kl": 30}  # steps of the rule; what they have not settled, an exact method ends
NEWTON_STEPS = 50
CHECK_EVERY = 10

AT_ONCE = 2_000_000  # entries of the r x r matrices of pages that are solved for together, 16 MB a thread
NONE = np.zeros((2, 1))  # penalties
Columns = NDArray[np.integer[Any]]  # positions of pages


def project(
    V: Any,
    W: Array,
    *,
    objective: str = "frobenius",
    rule: str | None = None,
    l1: float | Array = 0.0,
    l2: float | Array = 0.0,
) -> tuple[Array, Array]:
    """Weights of pages on fixed topics: the H update alone, and on to the minimum, which for a page is the only one.

    Each page's answer depends on that page and W only, so it is the same (to rounding) whatever pages come with it.

    Parameters
    ----------
    V : matrix of shape (m, n), non-negative; a page of zeros is allowed here
    W : ndarray of shape (m, r), non-negative; a column of zeros is a dead topic, without weight on any page
    objective, rule : those of the fit; None for the objective's own rule
    l1, l2 : floats >= 0, or ndarrays of shape (r,) with one for each topic: what a page h pays for its weights,
        l1 . h + l2 . h^2 / 2, beside 1/2 ||v - Wh||^2 or (l1 only) its divergence

    Returns
    -------
    H : ndarray of shape (r, n), float64 whatever V and W are
    errors : ndarray of shape (n,), each page's relative error; nan for a page of zeros, and for one with a term that no
        topic has, whose divergence is infinite

    Raises
    ------
    MatrixError
        for a V or W that cannot be used, a W that does not fit V, or an unknown objective or rule.
    """
    blocks, rule = as_blocks(V), rule_of(objective, rule)
    W = np.ascontiguousarray(W, dtype=np.float64)
    problems = list(problems_of_names(objective, rule))
    parts = [np.asarray(part, dtype=np.float64) for part in (l1, l2)]
    if not all((np.isfinite(part) & (part >= 0)).all() and part.shape in ((), W.shape[1:]) for part in parts):
        problems.append("penalties must be finite and 0 or more, one number or one for each topic")
    if objective == "kl" and parts[1].any():
        problems.append("penalties must be of l1 with the objective 'kl'")
    if W.ndim != 2 or len(W) != blocks.shape[0]:
        problems.append(f"V has {blocks.shape[0]} rows, which a W of shape {W.shape} does not fit")
    if not np.isfinite(W).all() or (W < 0).any():
        problems.append("W holds NaN, infinite or negative entries")
    if problems:
        raise MatrixError("; ".join(problems))
    penalty = np.stack([np.broadcast_to(part, W.shape[1:]) for part in parts])
    H = np.zeros((W.shape[1], blocks.shape[1]))
    errors = np.full(blocks.shape[1], np.nan)
    with kernels.one_blas_thread():
        fn = partial(SOLVERS[objective], rule=RULES[rule], penalty=penalty)
        for columns, (Hj, part) in blocks.map(partial(_solve_pages, solve=fn), shared=(W,)):
            H[:, columns] = Hj
            errors[columns] = part
    return H, errors


def _solve_pages(V: Any, W: Array, *, solve: Callable[..., tuple[Array, Array]]) -> tuple[Array, Array]:
    """H and errors of a block, some pages at a time: always the same ones, on however many threads."""
    at_once = min(max(AT_ONCE // W.shape[1] ** 2, 16), 2048)
    V = V.tocsc() if sp.issparse(V) else V

    def work(first: int, last: int) -> tuple[Array, Array]:
        return solve(pages_of(V, slice(first, last)), W)

    found = kernels.share_out(work, [*range(0, V.shape[1], at_once), V.shape[1]])
    return np.concatenate([H for H, _ in found], axis=1), np.concatenate([errors for _, errors in found])


def _frobenius_solve_pages(V: Any, W: Array, *, rule: Rule, penalty: Array = NONE) -> tuple[Array, Array]:
    """H of a block with W fixed, and ||v - Wh|| / ||v|| of each page (nan for a page of zeros)."""
    V = V.astype(W.dtype, copy=False)
    WtV = kernels.WtV(V, W)
    WtW = W.T @ W
    l1, l2 = np.broadcast_to(penalty, (2, len(WtW)))
    wanted, damped = WtV - l1[:, None], WtW + np.diag(l2)  # with these the problem is one without penalties

    def step(H: Array, active: Columns) -> Array:
        return rule.solve(H, wanted[:, active], damped)

    # Any positive start of the right size will do; one that depends on the page alone gives it the same answer in
    # every company.
    size = float(WtW.sum()) or 1.0
    start = np.tile(WtV.sum(axis=0) / size, (len(WtV), 1))
    H = _repeat_to_convergence(start, step, PAGE_MAX_STEPS["frobenius"])
    H = finish(H, wanted, damped)
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


def _kl_solve_pages(V: Any, W: Array, *, rule: Rule, penalty: Array = NONE) -> tuple[Array, Array]:
    """H of a block with W fixed, and each page's divergence over its sum (nan for a page of zeros, or infinite)."""
    V = V.astype(W.dtype, copy=False)
    totals = np.asarray(V.sum(axis=0), dtype=np.float64).ravel()
    column_sums, l1 = W.sum(axis=0), np.broadcast_to(penalty[0], W.shape[1])

    def step(H: Array, active: Columns) -> Array:
        return kl(V[:, active], W, H, l1=l1)[0]

    size = float(column_sums.sum()) or 1.0
    start = np.tile(totals / size, (len(column_sums), 1))
    H = _repeat_to_convergence(start, step, PAGE_MAX_STEPS["kl"])
    H = _newton(V, W, H, l1)
    H = kl(V, W, H, l1=l1)[0]  # weights too small to matter in a page's divergence follow
    divergences = _page_divergences(V, W, H)
    known = (totals > 0) & np.isfinite(divergences)
    errors = np.full(len(totals), np.nan)
    errors[known] = np.maximum(divergences[known], 0.0) / totals[known]
    return H, errors


def _newton(V: Any, W: Array, H: Array, l1: Array) -> Array:
    """From near each page's least divergence (and penalty) to the least itself.

    Each step goes to the minimum over h >= 0 of the second-order model, or as far that way as the divergence falls.
    """
    H = H.copy()
    column_sums = (W.sum(axis=0) + l1)[:, None]
    active = np.flatnonzero(H.any(axis=0))
    for _ in range(NEWTON_STEPS):
        if not active.size:
            break
        pages, h = V[:, active], H[:, active]
        R = ratio(pages, W, h)
        slopes = column_sums - kernels.WtV(R, W)
        hessians = _grams(ratio(R, W, h), W)  # of V / (WH)^2
        way = finish(h, (hessians @ h.T[:, :, None])[:, :, 0].T - slopes, hessians) - h
        wanted = 1e-4 * (slopes * way).sum(axis=0)
        before = _page_divergences(pages, W, h) + l1 @ h
        rounding = 1e-14 * np.asarray(pages.sum(axis=0), dtype=np.float64).ravel()
        share = np.ones(len(active))
        for _ in range(NEWTON_STEPS):
            tried = h + share * way
            short = _page_divergences(pages, W, tried) + l1 @ tried > before + share * wanted + rounding
            if not short.any():
                break
            share[short] /= 2
        H[:, active] = h + share * way
        active = active[np.abs(share * way).max(axis=0) > PAGE_TOLERANCE * h.max(axis=0)]
    return H


def _grams(C: Any, W: Array) -> Array:
    """W' diag(c) W for each column c of C; shape (n, r, r)."""
    result = np.empty((C.shape[1], W.shape[1], W.shape[1]))
    for j in range(C.shape[1]):
        if sp.issparse(C):
            entries = slice(C.indptr[j], C.indptr[j + 1])
            rows, c = W[C.indices[entries]], C.data[entries]
        else:
            rows, c = W, C[:, j]
        result[j] = (rows * c[:, None]).T @ rows
    return result


def _page_divergences(V: Any, W: Array, H: Array) -> Array:
    """The divergence of each page; infinite where it has a term that WH lacks."""
    R = ratio(V, W, H)
    v, r = (V.data, R.data) if sp.issparse(V) else (V, R)
    costs = np.where(r > 0, v * np.log(np.where(r > 0, r, 1.0)), np.where(v > 0, np.inf, 0.0))
    if sp.issparse(V):
        column_of = np.repeat(np.arange(V.shape[1]), np.diff(V.indptr))
        sums = np.bincount(column_of, weights=costs, minlength=V.shape[1])
    else:
        sums = costs.sum(axis=0)
    return np.asarray(sums - np.asarray(V.sum(axis=0), dtype=np.float64).ravel() + W.sum(axis=0) @ H)


SOLVERS: dict[str, Callable[..., tuple[Array, Array]]] = {
    "frobenius": _frobenius_solve_pages,
    "kl": _kl_solve_pages,
}
