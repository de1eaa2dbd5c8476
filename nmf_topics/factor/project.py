"""Pages on fixed topics: W stays, and each page's weights go to their minimum.

Update steps bring every page near its minimum, and an exact method takes it from there: an active-set method for least
squares, Newton's method for divergences. Each page's answer depends on that page and W only, so it is the same (to
rounding) whatever pages come with it, and whatever rule made W.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.errors import MatrixError
from nmf_topics.factor import kernels
from nmf_topics.factor.blocks import Array, as_blocks, pages_of
from nmf_topics.factor.objectives import Objective, objective_of, problems_of_names, rule_of
from nmf_topics.factor.rules import RULES

GRAM_ENTRIES = 2_000_000  # entries of the r x r matrices of pages that are solved for together, 16 MB a thread
MAX_PAGES = 2048  # that are solved for together


def project(
    V: Any,
    W: Array,
    *,
    objective: str | Objective = "frobenius",
    rule: str | None = None,
    l1: float | Array = 0.0,
    l2: float | Array = 0.0,
) -> tuple[Array, Array]:
    """Find the weights of pages on fixed topics: the H that minimises the objective for this W.

    Parameters
    ----------
    V : ndarray, scipy sparse matrix or PageBlocks of shape (m, n), non-negative; a page of zeros is allowed here
    W : ndarray of shape (m, r), non-negative; a column of zeros is a dead topic, without weight on any page
    objective, rule : those of the fit (see `factorize`); None for the objective's own rule
    l1, l2 : floats >= 0, or ndarrays of shape (r,) with one for each topic: the penalty l1 . h + l2 . h^2 / 2 on the
        weights h of a page, added to 1/2 ||v - Wh||^2 or (l1 only) to its divergence

    Returns
    -------
    H : ndarray of shape (r, n), float64 whatever V and W are
    errors : ndarray of shape (n,), each page's relative error; nan for a page of zeros, and where the divergence is
        infinite, as for Kullback-Leibler and a page with a term that no topic has

    Raises
    ------
    MatrixError
        for a V or W that cannot be used, a W that does not fit V, or an unknown objective or rule.

    Examples
    --------
    >>> W = np.array([[1.0, 0.0], [1.0, 2.0]])
    >>> H, errors = project(np.array([[3.0], [5.0]]), W)
    >>> H.round(6)
    array([[3.],
           [1.]])
    >>> errors.round(6)
    array([0.])
    """
    blocks, rule = as_blocks(V), rule_of(objective, rule)
    try:
        W = np.ascontiguousarray(W, dtype=np.float64)
    except (TypeError, ValueError) as wrong:
        raise MatrixError(f"W must be an array of numbers: {wrong}") from wrong
    problems = list(problems_of_names(objective, rule))
    if W.ndim != 2 or len(W) != blocks.shape[0] or not W.size:
        problems.append(f"V has {blocks.shape[0]} rows, which a W of shape {W.shape} does not fit")
    if not np.isfinite(W).all() or (W < 0).any():
        problems.append("W has negative, infinite or NaN entries")
    parts = [np.asarray(part, dtype=np.float64) for part in (l1, l2)]
    if not all((np.isfinite(part) & (part >= 0)).all() and part.shape in ((), W.shape[1:]) for part in parts):
        problems.append("penalties must be finite and 0 or more, one number or one for each topic")
    if problems:
        raise MatrixError("; ".join(problems))
    goal = objective_of(objective)
    for name, part, unit in zip(("l1", "l2"), parts, goal.penalty_units(1.0, 1), strict=True):
        if unit is None and part.any():
            raise MatrixError(f"penalties must be zero: the objective {goal.name!r} has no {name}")
    penalty = np.stack([np.broadcast_to(part, W.shape[1:]) for part in parts])
    H = np.zeros((W.shape[1], blocks.shape[1]))
    errors = np.full(blocks.shape[1], np.nan)
    at_once = min(max(GRAM_ENTRIES // W.shape[1] ** 2, 16), MAX_PAGES, goal.pages_at_once(len(W)))
    with kernels.one_blas_thread():
        solve = partial(goal.solve_pages, rule=RULES[rule], penalty=penalty)
        for columns, found in blocks.map(partial(_solve_block, solve=solve, at_once=at_once), shared=(W,)):
            H[:, columns], errors[columns] = found
    return H, errors


def _solve_block(V: Any, W: Array, *, solve: Callable[..., tuple[Array, Array]], at_once: int) -> tuple[Array, Array]:
    """H and errors of a block, some pages at a time: always the same ones, whatever the number of threads."""
    V = V.tocsc() if sp.issparse(V) else V

    def work(first: int, last: int) -> tuple[Array, Array]:
        return solve(pages_of(V, slice(first, last)), W)

    found = kernels.parallel_map_dynamic(work, [*range(0, V.shape[1], at_once), V.shape[1]])
    return np.concatenate([H for H, _ in found], axis=1), np.concatenate([errors for _, errors in found])
