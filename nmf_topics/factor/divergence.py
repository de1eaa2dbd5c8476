"""The iteration that all divergences share: multiplicative updates of H, then W, with extrapolation.

    H <- H (numerator / (denominator + l1)) ^ exponent        and the same for W

A loss brings its own numerators and denominators as a `Divergence`: see `kullback_leibler` and `beta_divergence`.

One iteration reads V once and updates H, then W. The divergence that it reports is that of the pair in between, the new
H with the W before its update, as a later one would cost another pass. Rules that extrapolate (see `extrapolation`)
extrapolate growing entries only. The state that they return is the very pair whose divergence is known, and only if it
has decreased; otherwise H stays, W takes its own update, which decreases the divergence, and the next iteration is
plain. So the divergence never grows, whatever the rule.

Reference: Hien, Leplat & Gillis, Block majorization minimization with extrapolation and application to beta-NMF,
arXiv:2401.06646 (2024).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from nmf_topics.factor.blocks import Array, PageBlocks
from nmf_topics.factor.extrapolation import extrapolate, has_decreased
from nmf_topics.factor.penalties import NO_PENALTIES, Penalties
from nmf_topics.factor.rules import Rule
from nmf_topics.factor.state import State


class BoundTerms(NamedTuple):
    """What a bound on the remaining decrease needs of V and H.

    Attributes
    ----------
    gap : float, the bound for H
    row_sizes : ndarray of shape (m,), the size of each row of V, as the divergence measures it
    H_sizes : ndarray of shape (r,), the size of each row of H, in the same way
    """

    gap: float
    row_sizes: Array
    H_sizes: Array

    def plus(self, other: BoundTerms) -> BoundTerms:
        """The terms of two blocks together."""
        return BoundTerms(self.gap + other.gap, self.row_sizes + other.row_sizes, self.H_sizes + other.H_sizes)


class BlockPass(NamedTuple):
    """What the update of one block of n pages returns.

    Attributes
    ----------
    H : ndarray of shape (r, n), updated
    H_next : ndarray of shape (r, n), H extrapolated, where the next iteration may begin; None without extrapolation
    numerator : ndarray of shape (m, r), of the update of W, with the new H
    denominator : ndarray of shape (r,) or (m, r), of the update of W, without its penalty
    H_sums : ndarray of shape (r,), the sums of the new H
    divergence : float, of the block with the new H
    bound : BoundTerms; None where no certificate was asked for
    """

    H: Array
    H_next: Array | None
    numerator: Array
    denominator: Array
    H_sums: Array
    divergence: float
    bound: BoundTerms | None


class Pass(NamedTuple):
    """The same for all blocks, with penalties.

    Attributes
    ----------
    H, H_next : ndarrays of shape (r, n)
    numerator : ndarray of shape (m, r)
    denominator : ndarray of shape (r,) or (m, r), with the penalty of W
    divergence : float, without penalties
    objective : float, with penalties
    bound : BoundTerms or None
    """

    H: Array
    H_next: Array
    numerator: Array
    denominator: Array
    divergence: float
    objective: float
    bound: BoundTerms | None


@dataclass(frozen=True)
class Divergence:
    """What tells one divergence from another.

    Attributes
    ----------
    update_block : `(V, H, H_last, W, *, beta, certify, l1) -> BlockPass`, where H_last is the H to extrapolate
        from, by beta; at module level, so that it can be sent to another process
    W_gap : `(W, W_new, found) -> float`, the bound on what a new W alone can gain; None: the divergence is not convex
        in W, so there is none
    exponent : float, of the multiplicative update; 1 where that decreases the divergence
    rounding : float, machine epsilons of the size of V by which a divergence may be wrong
    """

    update_block: Callable[..., BlockPass]
    W_gap: Callable[[Array, Array, Pass], float] | None
    exponent: float
    rounding: float


def sweep(
    V: PageBlocks,
    state: State,
    rule: Rule,
    *,
    divergence: Divergence,
    certify: bool = False,
    penalties: Penalties = NO_PENALTIES,
) -> State:
    """One iteration: H, then W.

    Parameters
    ----------
    V : PageBlocks of shape (m, n)
    state : State, not modified
    rule : Rule, multiplicative; it says whether to extrapolate
    divergence : Divergence
    certify : whether to bound the remaining decrease as well; such an iteration is never extrapolated
    penalties : Penalties, absolute, without l2

    Returns
    -------
    State with one more entry in its trace
    """
    certify = certify and divergence.W_gap is not None
    ahead = state.extrapolation
    W_last = state.W if ahead.W_last is None else ahead.W_last
    W, H_start, plain = W_last, state.H, True
    if not certify and ahead.W_start is not None and ahead.H_start is not None:
        W, H_start, plain = ahead.W_start, ahead.H_start, False
    schedule = ahead if plain else ahead.grow_beta()
    beta = schedule.beta if rule.extrapolated else 0.0
    found = _update_pages(V, W, H_start, state.H, divergence, beta, certify, penalties)
    if not plain and not has_decreased(
        found.objective, state.trace[-1] * state.scale, state.scale, W.dtype, rounding=divergence.rounding
    ):
        trace = (*state.trace, state.trace[-1])
        return replace(state, W=W_last, trace=trace, extrapolation=ahead.shrink_beta())
    W_new = multiplied(W, found.numerator, found.denominator.astype(W.dtype), divergence.exponent)
    certificate = state.certificate
    if certify and divergence.W_gap is not None and found.bound is not None:
        gap = found.bound.gap + divergence.W_gap(W, W_new, found)
        certificate = max(gap, 0.0) / found.objective if found.objective > 0 else math.inf
    state = replace(
        state,
        H=found.H,
        trace=(*state.trace, found.objective / state.scale),
        error=found.divergence / state.scale,
        certificate=certificate,
    )
    if not rule.extrapolated:
        return replace(state, W=W_new)
    W_start = extrapolate(W_new, W_last, beta, keep_positive=True)
    ahead = schedule._replace(W_start=W_start, W_last=W_new, H_start=found.H_next)
    return replace(state, W=W, extrapolation=ahead)


def multiplied(X: Array, numerator: Array, denominator: Array, exponent: float) -> Array:
    """X (numerator / denominator)^exponent; X where the denominator is zero, as for a dead topic.

    Parameters
    ----------
    X, numerator : ndarrays of one shape, non-negative
    denominator : ndarray of that shape, or one that broadcasts to it
    exponent : float > 0
    """
    ratio = np.divide(numerator, denominator, out=np.ones_like(X), where=denominator > 0)
    return X * (ratio if exponent == 1 else ratio ** X.dtype.type(exponent))


def _update_pages(
    V: PageBlocks,
    W: Array,
    H_start: Array,
    H_last: Array,
    divergence: Divergence,
    beta: float,
    certify: bool,
    penalties: Penalties,
) -> Pass:
    """One pass over the blocks: update H from H_start, extrapolate it from H_last, and sum up what W needs."""
    H = np.empty_like(H_start)
    H_next = np.empty_like(H) if beta else H
    numerator, H_sums, total, bound = np.zeros_like(W), np.zeros(len(H)), 0.0, None
    denominator: Array | None = None
    step = partial(divergence.update_block, beta=beta, certify=certify, l1=penalties.H.l1)
    for columns, found in V.map(step, split=(H_start, H_last), shared=(W,)):
        H[:, columns] = found.H
        if found.H_next is not None:
            H_next[:, columns] = found.H_next
        numerator += found.numerator
        denominator = found.denominator if denominator is None else denominator + found.denominator
        H_sums += found.H_sums
        total += found.divergence
        if found.bound is not None:
            bound = found.bound if bound is None else bound.plus(found.bound)
    assert denominator is not None, "V has no blocks"
    total = max(total, 0.0)
    objective = total + penalties.H.value(float(H_sums.sum()), 0.0)
    if penalties.W:
        objective += penalties.W.value(float(W.sum(dtype=np.float64)), 0.0)
    return Pass(H, H_next, numerator, denominator + penalties.W.l1, total, objective, bound)
