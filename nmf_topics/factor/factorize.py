"""Factorization: V ~ W H from an initialization, an update rule and an objective.

    initialize -> sweep (H, then W) -> sweep -> ... -> stop

The loop stops by progress: when the error has decreased by less than `tolerance` of itself per iteration, averaged over
the last ten (an error that falls from 0.9000 to 0.8999 in ten iterations falls by 1.1e-5 per iteration). It also stops
by certificate: every tenth iteration bounds how much the objective could still decrease if H alone, or W alone, took
its best value, and when that is no more than `tolerance` of the objective, no iteration can do better.

References
----------
Lee & Seung, Learning the parts of objects by non-negative matrix factorization, Nature 401 (1999) 788-791; Algorithms
for non-negative matrix factorization, NIPS 13 (2001).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np

from nmf_topics.errors import MatrixError
from nmf_topics.factor import kernels
from nmf_topics.factor.blocks import Array, PageBlocks, as_blocks, count_positive
from nmf_topics.factor.init import INITIALIZATIONS, initialize
from nmf_topics.factor.objectives import Objective, objective_of, problems_of_names, rule_of
from nmf_topics.factor.penalties import Penalties, PenaltyOptions
from nmf_topics.factor.rules import RULES
from nmf_topics.factor.state import State

StopReason = Literal["converged", "certified", "exact", "max_iter"]

GIVEN = "given"  # the name of an initialization by the caller's own W and H
WINDOW = 10  # iterations over which progress is averaged, and between two certificates


@dataclass(frozen=True)
class Iteration:
    """What `on_iteration` receives: number (from 1), error relative to V, seconds since the beginning."""

    number: int
    error: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Factorization:
    """The result of `factorize`: V ~ W H.

    Attributes
    ----------
    W : ndarray of shape (m, r), non-negative, read-only
    H : ndarray of shape (r, n), non-negative, read-only
    trace : ndarray, the objective after each iteration in the unit of a relative error, penalties included: for least
        squares sqrt(2 F) / ||V||_F, for divergences D over the size of V. It never grows (except for rounding)
    error : float, the last relative error without penalties: ||V - WH||_F / ||V||_F, or the divergence over sum(V)
    stop_reason : "converged" (by progress), "certified", "exact" (the error is zero but for rounding) or "max_iter"
    certificate : float, the last bound on the remaining decrease, relative to the objective: how much it could decrease
        if H alone, and then W alone, took its best value; nan if no iteration was certified
    penalties : Penalties on W and H, absolute
    objective, rule, start : str, names as in `OBJECTIVES`, `RULES` and `INITIALIZATIONS`; start is "given" where the
        caller gave W and H
    seed : int

    Examples
    --------
    >>> result = factorize(np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]]), 2)
    >>> result.W.shape, result.H.shape, result.error < 1e-6
    ((2, 2), (2, 3), True)
    """

    W: Array
    H: Array
    trace: Array
    error: float
    stop_reason: StopReason
    certificate: float
    penalties: Penalties
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


def factorize(
    V: Any,
    rank: int,
    *,
    objective: str | Objective = "frobenius",
    rule: str | None = None,
    start: str | tuple[Array, Array] | None = None,
    seed: int = 0,
    tolerance: float = 1e-6,
    max_iter: int = 2000,
    l1_words: float = 0.0,
    l1_pages: float = 0.0,
    l2_words: float = 0.0,
    l2_pages: float = 0.0,
    penalties: Penalties | None = None,
    certify: bool = True,
    on_iteration: Callable[[Iteration], None] | None = None,
    on_state: Callable[[State], None] | None = None,
    resume: State | None = None,
) -> Factorization:
    """Factor V ~ W H with non-negative factors.

    Parameters
    ----------
    V : ndarray, scipy sparse matrix or PageBlocks of shape (m, n), non-negative; columns are pages
    rank : int from 1 to min(m, n), the number of topics r
    objective : a name in `OBJECTIVES`, or an Objective such as `beta_objective(0.5)`
    rule : a name in `RULES`; None for the objective's own
    start : the initialization: a name in `INITIALIZATIONS`, None for the objective's own ("nndsvda"), or W of shape
        (m, r) and H of shape (r, n), non-negative, such as the factors of an earlier factorization. Multiplicative
        rules cannot leave the zeros of "nndsvd"
    seed : int >= 0, random seed for the initialization
    tolerance : float >= 0, the mean relative decrease of the error per iteration below which the loop stops; 0 never
        stops
    max_iter : int >= 1, iterations at most
    l1_words, l2_words : floats >= 0, penalties on the sum and the squares of W, without a unit (see `penalties`); l2 is
        for least squares only
    l1_pages, l2_pages : the same on H; both factors have a penalty, or neither
    penalties : Penalties, absolute, in place of the four numbers
    certify : whether to certify every tenth iteration; not useful where some entries of H must stay zero
    on_iteration : called after each iteration
    on_state : called after each iteration with the State, which never changes and may be kept
    resume : a State that `on_state` received from a factorization of the same V with the same options; the loop resumes
        from it, to the same bytes, instead of beginning at `start`

    Returns
    -------
    Factorization, as the updates leave it: columns are not scaled, topics are in no particular order

    Raises
    ------
    MatrixError
        for a V that cannot be factored, or options that make no sense for it; the message names all of them.

    References
    ----------
    See the modules of the objectives, `rules` and `init`.

    Examples
    --------
    >>> V = np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]])
    >>> result = factorize(V, 2)
    >>> np.allclose(result.W @ result.H, V, atol=1e-6)
    True
    """
    blocks, rule = as_blocks(V), rule_of(objective, rule)
    options = PenaltyOptions(l1_words, l1_pages, l2_words, l2_pages)
    check_options(rank, objective, rule, start, tolerance, max_iter, options, shape=blocks.shape)
    goal, update = objective_of(objective), RULES[rule]
    start = goal.init if start is None else start
    if resume is not None and (resume.W.shape, resume.H.shape) != ((blocks.shape[0], rank), (rank, blocks.shape[1])):
        raise MatrixError(
            f"cannot resume from a state with W {resume.W.shape} and H {resume.H.shape}: V is {blocks.shape[0]} x "
            f"{blocks.shape[1]} and the rank {rank}"
        )
    began = time.perf_counter()
    kernels.warn_if_missing()
    with kernels.one_blas_thread():
        state = resume if resume is not None else _initial_state(blocks, rank, goal, start, seed)
        if penalties is None:
            penalties = options.absolute(goal.penalty_units(state.scale, blocks.shape[1]), blocks.shape[1])
        stop_reason = _reason_to_stop(state, goal, tolerance, max_iter) if state.iteration else None
        while stop_reason is None:
            tenth = (state.iteration + 1) % WINDOW == 0
            state = goal.sweep(blocks, state, update, certify=certify and tenth, penalties=penalties)
            if on_iteration:
                on_iteration(Iteration(state.iteration, state.error, time.perf_counter() - began))
            if on_state:
                on_state(state)
            stop_reason = _reason_to_stop(state, goal, tolerance, max_iter)
    return Factorization(
        W=state.W,
        H=state.H,
        trace=np.array(state.trace),
        error=state.error,
        stop_reason=stop_reason,
        certificate=state.certificate,
        penalties=penalties,
        objective=goal.name,
        rule=rule,
        start=start if isinstance(start, str) else GIVEN,
        seed=seed,
    )


def _initial_state(V: PageBlocks, rank: int, goal: Objective, start: str | tuple[Array, Array], seed: int) -> State:
    """The state before the first iteration."""
    scale = goal.scale(V)
    if scale == 0:
        raise MatrixError("V holds only zeros: there is nothing to factor")
    if goal.positive and (zeros := V.shape[0] * V.shape[1] - count_positive(V)):
        raise MatrixError(
            f"the objective {goal.name!r} needs a V without zeros, and this one has {zeros:,} of them; choose another "
            f"objective, or add a small number to V"
        )
    W, H = initialize(V, rank, start, seed) if isinstance(start, str) else _given(V, rank, *start)
    return State(np.ascontiguousarray(W), np.asfortranarray(H), scale)


def _given(V: PageBlocks, rank: int, W: Array, H: Array) -> tuple[Array, Array]:
    """W and H of the caller, checked and in the type of V."""
    W, H = np.array(W, dtype=V.dtype), np.array(H, dtype=V.dtype)
    if (W.shape, H.shape) != ((V.shape[0], rank), (rank, V.shape[1])):
        raise MatrixError(
            f"a start with W {W.shape} and H {H.shape} does not fit a V of {V.shape[0]} x {V.shape[1]} and rank {rank}"
        )
    if not all(np.isfinite(X).all() and (X >= 0).all() for X in (W, H)):
        raise MatrixError("a start must not have negative, infinite or NaN entries")
    return W, H


def _reason_to_stop(state: State, goal: Objective, tolerance: float, max_iter: int) -> StopReason | None:
    """Why there should be no further iteration; None if there should be one."""
    error = state.trace[-1]
    if error < goal.exact:
        return "exact"
    if state.iteration > WINDOW and tolerance > 0:
        decrease = state.trace[-1 - WINDOW] - error
        if decrease <= WINDOW * tolerance * error:
            return "converged"
    if state.certificate <= tolerance and tolerance > 0 and state.iteration % WINDOW == 0:
        return "certified"
    return "max_iter" if state.iteration >= max_iter else None


def check_options(
    rank: int,
    objective: str | Objective,
    rule: str,
    start: Any,
    tolerance: float,
    max_iter: int,
    penalties: PenaltyOptions,
    *,
    shape: tuple[int, int] | None = None,
) -> None:
    """Raise a MatrixError that names everything that is wrong with the options of `factorize`.

    Parameters
    ----------
    rank, objective, rule, start, tolerance, max_iter : as for `factorize`; rule is a name
    penalties : PenaltyOptions
    shape : (m, n) of V, if it is known
    """
    problems = list(_problems(rank, objective, rule, start, tolerance, max_iter))
    if not problems or not any("objective" in problem for problem in problems):
        goal = objective_of(objective)
        problems += penalties.problems(goal.name, goal.penalty_units(1.0, 1))
    if shape is not None and isinstance(rank, Integral) and rank > min(shape):
        problems.append(
            f"rank {rank} is larger than min(m, n) of the {shape[0]} x {shape[1]} matrix V; choose a rank from 1 to "
            f"{min(shape)}"
        )
    if problems:
        raise MatrixError("; ".join(problems))


def _problems(
    rank: int, objective: str | Objective, rule: str, start: Any, tolerance: float, max_iter: int
) -> Iterator[str]:
    """Everything that is wrong with the options, whatever V is."""
    for name, value in (("rank", rank), ("max_iter", max_iter)):
        if not isinstance(value, Integral) or isinstance(value, bool):
            yield f"{name} must be a whole number, not {value!r}"
        elif value < 1:
            yield f"{name} must be at least 1, not {value}"
    yield from problems_of_names(objective, rule)
    if not isinstance(start, str | None):
        if not (isinstance(start, tuple) and len(start) == 2):
            yield f"a start is one of {', '.join(INITIALIZATIONS)}, or a pair of W and H, not {type(start).__name__}"
    elif start is not None and start not in INITIALIZATIONS:
        yield f"no start {start!r}; choose from {', '.join(INITIALIZATIONS)}"
    elif start == "nndsvd" and rule in RULES and RULES[rule].multiplicative:
        yield f"the rule {rule!r} cannot leave the zeros of the start 'nndsvd'; use 'nndsvda' or 'nndsvdar'"
    if not isinstance(tolerance, Real) or math.isnan(tolerance) or tolerance < 0:
        yield f"tolerance must be 0 or more, not {tolerance!r}"
