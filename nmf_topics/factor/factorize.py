"""The loop: V ~ W H from a start, rule and objective; and new pages against a fixed W.

    start -> sweep (H, then W) -> sweep -> ... -> stop

The loop stops by progress: when the error has fallen by less than `tolerance` of itself per iteration, averaged over
the last ten (an error that falls from 0.9000 to 0.8999 in ten iterations falls by 1.1e-5 per iteration).

References: Lee & Seung, Nature 401 (1999) 788-791, and NIPS 13 (2001).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Literal

import numpy as np
from threadpoolctl import ThreadpoolController

from nmf_topics.errors import MatrixError
from nmf_topics.factor.blocks import Array, as_blocks
from nmf_topics.factor.objectives import OBJECTIVES
from nmf_topics.factor.rules import RULES
from nmf_topics.factor.starts import STARTS, make_start

Stopped = Literal["converged", "exact", "max_iter"]

WINDOW = 10  # iterations over which progress is averaged


@dataclass(frozen=True)
class Iteration:
    """What `on_iteration` is told: number (from 1), error relative to V, seconds since the start."""

    number: int
    error: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Factorization:
    """V ~ W H.

    Attributes
    ----------
    W : ndarray of shape (m, r), non-negative, read-only
    H : ndarray of shape (r, n), non-negative, read-only
    trace : ndarray, the relative error after each iteration; never grows (but for rounding)
    stopped : "converged", "exact" (the error is zero but for rounding) or "max_iter"
    objective, rule, start : names, as in OBJECTIVES, RULES, STARTS
    seed : int
    """

    W: Array
    H: Array
    trace: Array
    stopped: Stopped
    objective: str
    rule: str
    start: str
    seed: int

    def __post_init__(self) -> None:
        for array in (self.W, self.H, self.trace):
            array.setflags(write=False)

    @property
    def rank(self) -> int:
        """r, the number of topics."""
        return int(self.W.shape[1])

    @property
    def error(self) -> float:
        """The last relative error: ||V - WH||_F / ||V||_F, or the divergence over sum(V)."""
        return float(self.trace[-1])


@cache
def _threadpools() -> ThreadpoolController:
    return ThreadpoolController()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold the BLAS to one thread: its sums keep their order on every machine, and small products are faster."""
    with _threadpools().limit(limits=1, user_api="blas"):
        yield


def factorize(
    V: Any,
    rank: int,
    *,
    objective: str = "frobenius",
    rule: str = "amu",
    start: str = "nndsvda",
    seed: int = 0,
    tolerance: float = 1e-6,
    max_iter: int = 1000,
    on_iteration: Callable[[Iteration], None] | None = None,
) -> Factorization:
    """Factor V ~ W H with non-negative factors.

    Parameters
    ----------
    V : ndarray, scipy sparse matrix or PageBlocks of shape (m, n), non-negative; columns are pages
    rank : int >= 1, the number of topics r
    objective : a name in OBJECTIVES; "kl" goes with the multiplicative rules only
    rule : a name in RULES
    start : a name in STARTS
    seed : int, for starts that are random
    tolerance : float >= 0, the mean relative fall of the error per iteration below which the loop stops; 0 never stops
    max_iter : int >= 1
    on_iteration : called after each iteration

    Returns
    -------
    Factorization, as the updates leave it: no scaling, no order of topics.

    Raises
    ------
    MatrixError
        for a V that cannot be factored, or a rank, objective, rule or start that makes no sense for it.

    Examples
    --------
    >>> V = np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]])
    >>> result = factorize(V, 2)
    >>> np.allclose(result.W @ result.H, V, atol=1e-6)
    True
    """
    blocks = as_blocks(V)
    problems = list(_problems(rank, objective, rule, start, tolerance, max_iter))
    if problems:
        raise MatrixError("; ".join(problems))
    goal, update = OBJECTIVES[objective], RULES[rule]
    began = time.perf_counter()
    with one_blas_thread():
        scale = goal.scale(blocks)
        if scale == 0:
            raise MatrixError("V holds only zeros: there is nothing to factor")
        W, H = make_start(blocks, rank, start, seed)
        trace: list[float] = []
        stopped: Stopped = "max_iter"
        for number in range(1, max_iter + 1):
            W, H, error = goal.sweep(blocks, W, H, update, scale)
            trace.append(error)
            if on_iteration:
                on_iteration(Iteration(number, error, time.perf_counter() - began))
            if error < goal.exact:
                stopped = "exact"
                break
            if number > WINDOW and trace[-1 - WINDOW] - error <= WINDOW * tolerance * error and tolerance > 0:
                stopped = "converged"
                break
    return Factorization(W, H, np.array(trace), stopped, objective, rule, start, seed)


def _problems(rank: int, objective: str, rule: str, start: str, tolerance: float, max_iter: int) -> Iterator[str]:
    """Everything that is wrong with the arguments, at once."""
    if rank < 1:
        yield f"rank must be at least 1, not {rank}"
    yield from _name_problems(objective, rule)
    if start not in STARTS:
        yield f"no start {start!r}; there are {', '.join(STARTS)}"
    if not tolerance >= 0:
        yield f"tolerance must be 0 or more, not {tolerance}"
    if max_iter < 1:
        yield f"max_iter must be at least 1, not {max_iter}"


def _name_problems(objective: str, rule: str) -> Iterator[str]:
    """What is wrong with the names of an objective and a rule."""
    if objective not in OBJECTIVES:
        yield f"no objective {objective!r}; there are {', '.join(OBJECTIVES)}"
    if rule not in RULES:
        yield f"no rule {rule!r}; there are {', '.join(RULES)}"
    if objective == "kl" and rule == "hals":
        yield "the rule 'hals' is for least squares; with the objective 'kl' use 'mu'"


def project(V: Any, W: Array, *, objective: str = "frobenius", rule: str = "amu") -> tuple[Array, Array]:
    """Weights of pages on fixed topics: the H update alone, and on to the minimum, which for a page is the only one.

    Each page's answer depends on that page and W only, so it is the same (to rounding) whatever pages come with it.

    Parameters
    ----------
    V : matrix of shape (m, n), non-negative; a page of zeros is allowed here
    W : ndarray of shape (m, r), non-negative; a column of zeros is a dead topic, without weight on any page
    objective, rule : those of the fit

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
    blocks = as_blocks(V)
    W = np.ascontiguousarray(W, dtype=np.float64)
    problems = list(_name_problems(objective, rule))
    if W.ndim != 2 or len(W) != blocks.shape[0]:
        problems.append(f"V has {blocks.shape[0]} rows, which a W of shape {W.shape} does not fit")
    if not np.isfinite(W).all() or (W < 0).any():
        problems.append("W holds NaN, infinite or negative entries")
    if problems:
        raise MatrixError("; ".join(problems))
    H = np.zeros((W.shape[1], blocks.shape[1]))
    errors = np.full(blocks.shape[1], np.nan)
    with one_blas_thread():
        fn = partial(OBJECTIVES[objective].solve_pages, rule=RULES[rule])
        for columns, (Hj, part) in blocks.map(fn, shared=(W,)):
            H[:, columns] = Hj
            errors[columns] = part
    return H, errors
