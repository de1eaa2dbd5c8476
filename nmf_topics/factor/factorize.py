"""The loop: V ~ W H from a start, rule and objective.

    start -> sweep (H, then W) -> sweep -> ... -> stop

The loop stops by progress: when the error has fallen by less than `tolerance` of itself per iteration, averaged over
the last ten (an error that falls from 0.9000 to 0.8999 in ten iterations falls by 1.1e-5 per iteration). And it stops
by certificate: every tenth iteration bounds what the objective could fall by if H alone, or W alone, went to its best
place, and when that is no more than `tolerance` of it, no iteration can do better.

References: Lee & Seung, Nature 401 (1999) 788-791, and NIPS 13 (2001).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from nmf_topics.errors import MatrixError
from nmf_topics.factor import kernels
from nmf_topics.factor.blocks import Array, PageBlocks, as_blocks
from nmf_topics.factor.objectives import OBJECTIVES, Objective, problems_of_names, rule_of
from nmf_topics.factor.penalties import Penalties, Strengths
from nmf_topics.factor.rules import RULES
from nmf_topics.factor.starts import STARTS, make_start
from nmf_topics.factor.state import State

Stopped = Literal["converged", "certified", "exact", "max_iter"]

GIVEN = "given"  # the name of a start that is none of STARTS
WINDOW = 10  # iterations over which progress is averaged, and from one certificate to the next


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
    trace : ndarray, what is minimised, in the units of a relative error, after each iteration: sqrt(2 F) / ||V||_F, or
        D / sum(V), penalties included; without them it is the relative error. Never grows (but for rounding)
    error : the last relative error: ||V - WH||_F / ||V||_F, or the divergence over sum(V), without penalties
    stopped : "converged" (by progress), "certified", "exact" (the error is zero but for rounding) or "max_iter"
    certificate : the last bound, as a part of the objective and its penalties, on what they could fall by if H alone,
        and then W alone, went to its best place; nan where no iteration was certified
    penalties : of W and H as they are, in absolute numbers
    objective, rule, start : names, as in OBJECTIVES, RULES, STARTS, or "given" for a W and H of the caller's
    seed : int
    """

    W: Array
    H: Array
    trace: Array
    error: float
    stopped: Stopped
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
    objective: str = "frobenius",
    rule: str | None = None,
    start: str | tuple[Array, Array] = "nndsvda",
    seed: int = 0,
    tolerance: float = 1e-6,
    max_iter: int = 2000,
    l1_words: float = 0.0,
    l1_pages: float = 0.0,
    l2_words: float = 0.0,
    l2_pages: float = 0.0,
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
    objective : a name in OBJECTIVES; "kl" goes with the multiplicative rules only
    rule : a name in RULES; None for the objective's own
    start : a name in STARTS; "nndsvd" has zeros, which rules that multiply could not leave. Or W of shape (m, r) and H
        of shape (r, n), non-negative, such as an earlier factorization ended with
    seed : int, for starts that are random
    tolerance : float >= 0, the mean relative fall of the error per iteration below which the loop stops; 0 never stops
    max_iter : int >= 1
    l1_words, l2_words : floats >= 0, penalties on the sum and the squares of W, without a unit, as `penalties` has
        them; l2 is for least squares only
    l1_pages, l2_pages : the same on H; both factors have a penalty, or neither
    certify : whether every tenth iteration is certified; not of use where some of H must stay zero
    on_iteration : called after each iteration
    on_state : called after each iteration with the State, which is never changed and may be kept
    resume : a State that `on_state` was given by a factorization of the same V with the same options; the loop goes on
        from it, to the same bytes, instead of beginning at `start`

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
    blocks, rule = as_blocks(V), rule_of(objective, rule)
    strengths = Strengths(l1_words, l1_pages, l2_words, l2_pages)
    check_options(rank, objective, rule, start, tolerance, max_iter, strengths)
    if rank > min(blocks.shape):
        m, n = blocks.shape
        raise MatrixError(f"rank {rank} is larger than min(m, n) = {min(m, n)} of a V of {m} x {n}; lower the rank")
    goal, update = OBJECTIVES[objective], RULES[rule]
    if resume is not None and (resume.W.shape, resume.H.shape) != ((blocks.shape[0], rank), (rank, blocks.shape[1])):
        raise MatrixError(f"a state with W {resume.W.shape} and H {resume.H.shape} is not of this V and rank {rank}")
    began = time.perf_counter()
    kernels.say_if_missing()
    with kernels.one_blas_thread():
        state = resume if resume is not None else _first(blocks, rank, goal, start, seed)
        penalties = strengths.absolute(objective, state.scale, blocks.shape[1])
        stopped = _reason_to_stop(state, goal, tolerance, max_iter) if state.iteration else None
        while stopped is None:
            tenth = (state.iteration + 1) % WINDOW == 0
            state = goal.sweep(blocks, state, update, certify=certify and tenth, penalties=penalties)
            if on_iteration:
                on_iteration(Iteration(state.iteration, state.error, time.perf_counter() - began))
            if on_state:
                on_state(state)
            stopped = _reason_to_stop(state, goal, tolerance, max_iter)
    how = (
        state.error,
        stopped,
        state.certificate,
        penalties,
        objective,
        rule,
        start if isinstance(start, str) else GIVEN,
        seed,
    )
    return Factorization(state.W, state.H, np.array(state.trace), *how)


def _first(V: PageBlocks, rank: int, goal: Objective, start: str | tuple[Array, Array], seed: int) -> State:
    """The state before the first iteration."""
    scale = goal.scale(V)
    if scale == 0:
        raise MatrixError("V holds only zeros: there is nothing to factor")
    W, H = make_start(V, rank, start, seed) if isinstance(start, str) else _given(V, rank, *start)
    return State(np.ascontiguousarray(W), np.asfortranarray(H), scale)


def _given(V: PageBlocks, rank: int, W: Array, H: Array) -> tuple[Array, Array]:
    """W and H of the caller, checked and in the type of V."""
    W, H = np.array(W, dtype=V.dtype), np.array(H, dtype=V.dtype)
    if (W.shape, H.shape) != ((V.shape[0], rank), (rank, V.shape[1])):
        raise MatrixError(
            f"a start with W {W.shape} and H {H.shape} does not fit a V of {V.shape[0]} x {V.shape[1]} and rank {rank}"
        )
    if not all(np.isfinite(X).all() and (X >= 0).all() for X in (W, H)):
        raise MatrixError("a start must be finite and hold nothing below zero")
    return W, H


def _reason_to_stop(state: State, goal: Objective, tolerance: float, max_iter: int) -> Stopped | None:
    """Why there should be no further iteration, if there is a reason."""
    error = state.trace[-1]
    if error < goal.exact:
        return "exact"
    if state.iteration > WINDOW and tolerance > 0:
        fallen = state.trace[-1 - WINDOW] - error
        if fallen <= WINDOW * tolerance * error:
            return "converged"
    if state.certificate <= tolerance and tolerance > 0 and state.iteration % WINDOW == 0:
        return "certified"
    return "max_iter" if state.iteration >= max_iter else None


def check_options(
    rank: int, objective: str, rule: str, start: Any, tolerance: float, max_iter: int, strengths: Strengths
) -> None:
    """Refuse options of `factorize` that make no sense, all at once."""
    problems = [*_problems(rank, objective, rule, start, tolerance, max_iter), *strengths.problems(objective)]
    if problems:
        raise MatrixError("; ".join(problems))


def _problems(rank: int, objective: str, rule: str, start: Any, tolerance: float, max_iter: int) -> Iterator[str]:
    """Everything that is wrong with the arguments, at once."""
    if rank < 1:
        yield f"rank must be at least 1, not {rank}"
    yield from problems_of_names(objective, rule)
    if not isinstance(start, str):
        if not (isinstance(start, tuple) and len(start) == 2):
            yield f"a start is one of {', '.join(STARTS)}, or W and H, not {type(start).__name__}"
    elif start not in STARTS:
        yield f"no start {start!r}; there are {', '.join(STARTS)}"
    elif start == "nndsvd" and rule in RULES and RULES[rule].multiplicative:
        yield f"the rule {rule!r} cannot leave the zeros of the start 'nndsvd'; use 'nndsvda' or 'nndsvdar'"
    if not tolerance >= 0:
        yield f"tolerance must be 0 or more, not {tolerance}"
    if max_iter < 1:
        yield f"max_iter must be at least 1, not {max_iter}"
