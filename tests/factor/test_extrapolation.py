"""Extrapolation: its schedule by hand, what is undone and what is kept, and how it is saved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from losses import LOSSES, PAIRS, relative_loss
from numpy.typing import NDArray

from nmf_topics.factor.blocks import as_blocks
from nmf_topics.factor.extrapolation import Extrapolation, extrapolate, has_decreased
from nmf_topics.factor.init import initialize
from nmf_topics.factor.objectives import OBJECTIVES
from nmf_topics.factor.rules import RULES
from nmf_topics.factor.state import State

Array = NDArray[Any]
EXTRAPOLATED = [pair for pair in PAIRS if RULES[pair[1]].extrapolated]


def schedule(found: Extrapolation) -> tuple[float, float, float]:
    """The three numbers."""
    return found.beta, found.bound, found.accepted_beta


def test_schedule_by_hand() -> None:
    """Ang and Gillis (2019): beta grows by 1.05 up to a bound that grows by 1.01 up to 1; undone, beta falls by 1.5."""
    first = Extrapolation()
    assert schedule(first) == (0.5, 1.0, 0.5)
    grown = first.grow_beta()
    assert schedule(grown) == pytest.approx((0.525, 1.0, 0.5))
    assert schedule(grown.grow_beta()) == pytest.approx((0.55125, 1.0, 0.525))
    shrunk = grown.grow_beta().shrink_beta()
    assert schedule(shrunk) == pytest.approx((0.55125 / 1.5, 0.525, 0.525))  # the bound: the last beta that was kept
    assert schedule(Extrapolation(0.52, 0.525, 0.5).grow_beta()) == pytest.approx((0.525, 0.53025, 0.52))
    assert schedule(Extrapolation(0.99, 0.995, 0.9).grow_beta())[1] == 1.0


def test_neither_keeps_starting_points() -> None:
    """After an iteration the next one has starting points of its own, or none."""
    ahead = Extrapolation(W_start=np.ones((2, 1)), W_last=np.ones((2, 1)), H_start=np.ones((1, 2)))
    for found in (ahead.grow_beta(), ahead.shrink_beta()):
        assert found[3:] == (None, None, None, None)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extrapolate(dtype: type) -> None:
    """Beyond X from `last`, never below zero; with `keep_positive` only where X grows. The arguments stay."""
    X, last = np.array([2.0, 1.0, 0.0], dtype=dtype), np.array([1.0, 3.0, 0.0], dtype=dtype)
    found = extrapolate(X, last, 0.25, keep_positive=False)
    np.testing.assert_array_equal(found, [2.25, 0.5, 0.0])
    np.testing.assert_array_equal(extrapolate(X, last, 0.75, keep_positive=False), [2.75, 0.0, 0.0])
    np.testing.assert_array_equal(extrapolate(X, last, 0.75, keep_positive=True), [2.75, 1.0, 0.0])
    assert found.dtype == dtype
    assert X.tolist() == [2.0, 1.0, 0.0]


def test_decrease_beyond_rounding() -> None:
    """Four machine epsilons of the size of V are rounding; so is a NaN no decrease."""
    eps = float(np.finfo(np.float64).eps)
    dtype = np.dtype(np.float64)
    assert has_decreased(1.0, 1.0 + 16 * 5 * eps, 16.0, dtype)
    assert not has_decreased(1.0, 1.0 + 16 * 3 * eps, 16.0, dtype)
    assert not has_decreased(1.0, 1.0, 16.0, dtype)
    assert not has_decreased(1.0 + 1e-3, 1.0, 16.0, dtype)
    assert has_decreased(1.0, 1.0 + 1e-5, 1.0, np.dtype(np.float32))
    assert not has_decreased(1.0, 1.0 + 1e-5, 1.0, np.dtype(np.float32), rounding=1000)
    assert not has_decreased(np.nan, 1.0, 16.0, dtype)


def after(iterations: int, objective: str, rule: str) -> tuple[Any, State]:
    """V, in blocks, and the state after some iterations."""
    rng = np.random.default_rng(7)
    V = rng.random((12, 4)) @ rng.random((4, 15)) + 0.05
    blocks, goal = as_blocks(V), OBJECTIVES[objective]
    W, H = initialize(blocks, 3, "random", 0)
    state = State(W, np.asfortranarray(H), goal.scale(blocks))
    for _ in range(iterations):
        state = goal.sweep(blocks, state, RULES[rule])
    return blocks, state


@pytest.mark.parametrize(("objective", "rule"), EXTRAPOLATED)
def test_an_iteration_that_leads_uphill_is_undone(objective: str, rule: str) -> None:
    """From a bad starting point: the factors are no worse, the trace repeats, beta shrinks, the next one is plain."""
    blocks, state = after(6, objective, rule)
    good = state.extrapolation
    assert good.W_start is not None
    bad = good._replace(W_start=good.W_start[::-1] ** 4)
    changed = State(state.W, state.H, state.scale, state.trace, bad, error=state.error)
    undone = OBJECTIVES[objective].sweep(blocks, changed, RULES[rule])
    assert undone.trace == (*state.trace, state.trace[-1])
    assert schedule(undone.extrapolation) == schedule(good.shrink_beta())
    assert undone.extrapolation.W_start is undone.extrapolation.H_start is None
    np.testing.assert_array_equal(undone.H, state.H)
    W_kept = state.W if LOSSES[objective].power == 2 else good.W_last
    np.testing.assert_array_equal(undone.W, W_kept)
    before, now = (relative_loss(blocks.V, pair.W, pair.H, objective) for pair in (state, undone))
    assert now <= before + 1e-12
    plain = OBJECTIVES[objective].sweep(blocks, undone, RULES[rule])
    assert plain.trace[-1] < undone.trace[-1]
    assert plain.extrapolation.beta == undone.extrapolation.beta  # a plain iteration says nothing of how far to go


@pytest.mark.parametrize(("objective", "rule"), EXTRAPOLATED)
def test_beta_grows_only_after_extrapolated_iterations(objective: str, rule: str) -> None:
    """The first iteration is plain and leaves beta; the second lets it grow; a certified one is plain again."""
    _, first = after(1, objective, rule)
    blocks, second = after(2, objective, rule)
    assert schedule(first.extrapolation) == (0.5, 1.0, 0.5)
    assert schedule(second.extrapolation) == pytest.approx((0.525, 1.0, 0.5))
    certified = OBJECTIVES[objective].sweep(blocks, second, RULES[rule], certify=True)
    if np.isfinite(certified.certificate):
        assert schedule(certified.extrapolation) == schedule(second.extrapolation)


@pytest.mark.parametrize(("objective", "rule"), EXTRAPOLATED)
def test_the_next_iteration_begins_ahead(objective: str, rule: str) -> None:
    """W_start is beyond W by beta times its last step; for multiplicative rules no entry is less than that of W."""
    _, state = after(3, objective, rule)
    _, before = after(2, objective, rule)
    ahead, keep = state.extrapolation, RULES[rule].multiplicative
    assert ahead.W_start is not None
    if LOSSES[objective].power == 2:
        expected = extrapolate(state.W, before.W, ahead.beta, keep_positive=keep)
    else:
        assert ahead.W_last is not None
        assert before.extrapolation.W_last is not None
        expected = extrapolate(ahead.W_last, before.extrapolation.W_last, ahead.beta, keep_positive=True)
    np.testing.assert_allclose(ahead.W_start, expected, rtol=1e-12)


def test_saved_and_loaded() -> None:
    """Through arrays by name; those that are not set are left out, and an H comes back page by page."""
    ahead = Extrapolation(0.6, 0.9, 0.5, W_start=np.ones((3, 2)), H_start=np.arange(8.0).reshape(2, 4))
    arrays = ahead.to_arrays()
    assert sorted(arrays) == ["extrapolation_H_start", "extrapolation_W_start", "extrapolation_schedule"]
    found = Extrapolation.from_arrays(arrays)
    assert schedule(found) == schedule(ahead)
    assert found.H_start is not None
    assert found.H_start.flags.f_contiguous
    np.testing.assert_array_equal(found.H_start, ahead.H_start)
    assert found.W_last is found.H_last is None
