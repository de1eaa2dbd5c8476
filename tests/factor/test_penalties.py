"""Penalties on W and H: by hand, downhill, certified, without a unit, and the same for new pages as for old ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from inputs import WIDE
from losses import LOSSES, gradients, loss_of
from losses import PAIRS as EVERY_PAIR
from numpy.typing import NDArray
from program import Refuse

from nmf_topics.errors import MatrixError
from nmf_topics.factor import kernels
from nmf_topics.factor.blocks import as_blocks
from nmf_topics.factor.engines.disk import to_disk
from nmf_topics.factor.factorize import factorize
from nmf_topics.factor.init import initialize
from nmf_topics.factor.objectives import OBJECTIVES
from nmf_topics.factor.penalties import Penalties, Penalty, PenaltyOptions
from nmf_topics.factor.project import project
from nmf_topics.factor.rules import RULES
from nmf_topics.factor.state import State

Array = NDArray[Any]
PAIRS = [(o, r) for o, r in EVERY_PAIR if OBJECTIVES[o].penalty_units(1.0, 1).l1 is not None]
PENALISED = dict(PAIRS)
BOTH = {
    "frobenius": Penalties(Penalty(0.3, 0.2), Penalty(0.1, 0.5)),
    "kl": Penalties(Penalty(0.3), Penalty(0.1)),
    "beta-1.5": Penalties(Penalty(0.3), Penalty(0.1)),
}


def penalised(V: Array, W: Array, H: Array, objective: str, penalties: Penalties) -> float:
    """What is minimised, as it is written, in 64 bits."""
    W, H = W.astype(float), H.astype(float)
    costs = sum(p.l1 * X.sum() + p.l2 / 2 * np.square(X).sum() for p, X in ((penalties.W, W), (penalties.H, H)))
    return float(loss_of(V, W, H, objective) + costs)


def told(state: State, objective: str) -> float:
    """The same, as the trace has it."""
    loss = LOSSES[objective]
    return float((state.trace[-1] * state.scale) ** loss.power / loss.power)


def small_V(rng: np.random.Generator, dtype: type = np.float64) -> Array:
    """15 terms on 20 pages, four entries of ten zero."""
    return (rng.random((15, 20)) * (rng.random((15, 20)) < 0.6)).astype(dtype)


def test_by_hand() -> None:
    """V = [[3]] from W = H = 1, r = 1: h = (3 - 1) / (1 + 1) = 1, then w = (3 - 0.5) / (1 + 0.25) = 2."""
    V, penalties = as_blocks(np.array([[3.0]])), Penalties(Penalty(0.5, 0.25), Penalty(1.0, 1.0))
    state = State(np.ones((1, 1)), np.ones((1, 1)), 3.0)
    state = OBJECTIVES["frobenius"].sweep(V, state, RULES["hals"], penalties=penalties)
    assert (state.W.item(), state.H.item()) == (2.0, 1.0)
    assert told(state, "frobenius") == pytest.approx(0.5 + 0.5 * 2 + 0.125 * 4 + 1 + 0.5)
    assert state.error == pytest.approx(1 / 3)
    state = State(np.ones((1, 1)), np.ones((1, 1)), 3.0)
    state = OBJECTIVES["kl"].sweep(V, state, RULES["mu"], penalties=Penalties(Penalty(0.5), Penalty(1.0)))
    assert (state.W.item(), state.H.item()) == (pytest.approx(3 / 2), pytest.approx(3 / 2))
    assert state.error == pytest.approx((3 * np.log(2) - 3 + 1.5) / 3)
    assert told(state, "kl") == pytest.approx(3 * np.log(2) - 3 + 1.5 + 1.5 * 1.0 + 0.5 * 1.0)


@pytest.mark.parametrize("which", ["compiled", "reference"])
@pytest.mark.parametrize("engine", ["dense", "sparse", "disk"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("objective", "rule"), PAIRS)
def test_what_is_minimised_never_grows(
    objective: str, rule: str, dtype: type, engine: str, which: str, rng: np.random.Generator, tmp_path: Path
) -> None:
    """With penalties it is the error and they together that fall, and the trace tells just that."""
    tolerance = 1e-12 if dtype is np.float64 else 16 * np.finfo(np.float32).eps
    goal, penalties = OBJECTIVES[objective], BOTH[objective]
    V = small_V(rng, dtype)
    blocks = as_blocks(V if engine == "dense" else sp.csc_matrix(V))
    if engine == "disk":
        blocks = to_disk(sp.csc_matrix(V), tmp_path / "V", columns=9)
    W, H = initialize(blocks, 4, "random", 2)
    state = State(W, H, goal.scale(blocks))
    before, told_before = np.inf, np.inf
    with kernels.using(which):
        for _ in range(40):
            W_before = state.W
            state = goal.sweep(blocks, state, RULES[rule], penalties=penalties)
            # the divergence told is that before W moved, unless that very pair is handed on
            W_told = W_before if LOSSES[objective].power == 1 and not RULES[rule].extrapolated else state.W
            at_hand = penalised(V, W_told, state.H, objective, penalties)
            if state.trace[-1] != told_before:  # not taken back
                assert told(state, objective) == pytest.approx(at_hand, rel=1e-5 if dtype is np.float32 else 1e-10)
            after = penalised(V, state.W, state.H, objective, penalties)
            assert after <= before * (1 + 1e-6 if dtype is np.float32 else 1 + 1e-12)
            assert state.trace[-1] <= told_before + tolerance
            assert min(state.W.min(), state.H.min()) >= 0
            before, told_before = after, state.trace[-1]
    assert state.trace[-1] < 0.99 * state.trace[0]
    assert state.error < state.trace[-1]


@pytest.mark.parametrize("form", [np.asarray, sp.csc_matrix])
@pytest.mark.parametrize(("objective", "rule"), PAIRS)
def test_the_certificate_bounds_what_one_factor_can_do(
    objective: str, rule: str, form: Callable[[Array], Any], rng: np.random.Generator
) -> None:
    """No W and no H alone, at its best place, lessens error and penalties by more than was certified."""
    V, penalties, goal = small_V(rng), BOTH[objective], OBJECTIVES[objective]
    blocks = as_blocks(form(V))
    W, H = initialize(blocks, 3, "random", 1)
    state = State(W, H, goal.scale(blocks))
    for iteration in range(1, 61):
        before = state
        state = goal.sweep(blocks, state, RULES[rule], certify=iteration % 10 == 0, penalties=penalties)
        if iteration % 10:
            continue
        of_H, of_W = penalties.H, penalties.W
        W = before.W if before.extrapolation.W_last is None else before.extrapolation.W_last  # where it began
        best_H, _ = project(V, W, objective=objective, l1=of_H.l1, l2=of_H.l2)
        best_W = project(V.T, state.H.T, objective=objective, l1=of_W.l1, l2=of_W.l2)[0].T
        pairs = [(W, before.H), (W, best_H), (state.W, state.H), (best_W, state.H)]
        values = [penalised(V, *pair, objective, penalties) for pair in pairs]
        falls = [values[0] - values[1], values[2] - values[3]]
        assert min(falls) >= -1e-12
        assert sum(falls) <= state.certificate * told(state, objective) * (1 + 1e-9)
    assert state.certificate < 0.5


def test_a_fit_may_end_by_its_certificate(rng: np.random.Generator) -> None:
    """At a minimum nothing is left to gain, penalties and all."""
    V = rng.random((30, 40))
    options: dict[str, float] = {"l1_words": 0.001, "l1_pages": 0.01, "l2_words": 0.01, "l2_pages": 0.05}
    result = factorize(V, 3, rule="hals", start="random", tolerance=1e-13, max_iter=20_000, **options)
    assert result.certificate < 1e-5
    assert np.linalg.norm(result.W, axis=0).min() > 0


@pytest.mark.parametrize("objective", PENALISED)
def test_each_does_what_it_is_for(objective: str, rng: np.random.Generator) -> None:
    """More of l1 leaves fewer weights, in the factor it is on, and a larger error."""
    V = rng.random((40, 5)) ** 4 @ rng.random((5, 60)) ** 4 + 0.02 * rng.random((40, 60))
    found = []
    for l1 in (0.0, 0.02, 0.1):
        result = factorize(V, 5, objective=objective, max_iter=400, l1_words=l1 / 10, l1_pages=l1)
        H, _ = project(V, result.W, objective=objective, l1=result.penalties.H.l1)
        found.append((np.count_nonzero(H > 1e-9), -result.error))
    assert found == sorted(found, reverse=True)
    assert found[2][0] < found[0][0]


@pytest.mark.parametrize(("objective", "rule"), PAIRS)
def test_without_a_unit(objective: str, rule: str, rng: np.random.Generator) -> None:
    """V in another unit, or every page three times: the topics and the relative error are the same."""
    V = small_V(rng) + 0.01
    strengths = {"l1_words": 0.01, "l1_pages": 0.05}
    strengths |= {"l2_words": 0.02, "l2_pages": 0.1} if objective == "frobenius" else {}
    options: dict[str, Any] = {"objective": objective, "rule": rule, "max_iter": 30, "tolerance": 0, **strengths}
    whole = factorize(V, 3, **options)
    other = factorize(64.0 * V, 3, **options)
    np.testing.assert_allclose(other.trace, whole.trace, rtol=1e-9)
    np.testing.assert_allclose(other.W, 8.0 * whole.W, rtol=1e-7, atol=1e-12)
    weights, more = (
        PenaltyOptions(**strengths).absolute(OBJECTIVES[objective].penalty_units(whole_size(A, objective), n), n)
        for A, n in ((V, 20), (np.tile(V, 3), 60))
    )
    assert more.H.l1 == pytest.approx(weights.H.l1)  # of each page
    assert more.W.l1 == pytest.approx(3 * weights.W.l1)  # as the errors of three times the pages


def whole_size(V: Array, objective: str) -> float:
    """||V||_F, or sum(V)."""
    return float(OBJECTIVES[objective].scale(as_blocks(V)))


def test_pages_of_length_one() -> None:
    """Then the penalties of H are the numbers that were given, and those of W n times theirs."""
    found = PenaltyOptions(0.1, 0.2, 0.3, 0.4).absolute(OBJECTIVES["frobenius"].penalty_units(np.sqrt(50), 50), 50)
    assert (found.H.l1, found.H.l2) == (pytest.approx(0.2), pytest.approx(0.4))
    assert (found.W.l1, found.W.l2) == (pytest.approx(5.0), pytest.approx(15.0))


@pytest.mark.parametrize("form", [np.asarray, sp.csc_matrix])
@pytest.mark.parametrize("objective", PENALISED)
def test_projection_is_the_minimum(objective: str, form: Callable[[Array], Any], rng: np.random.Generator) -> None:
    """Kuhn-Tucker: no weight's slope is below zero, that of a positive one zero; each topic has its own penalty."""
    V, W = small_V(rng) + 0.01, rng.random((15, 4))
    l1, l2 = np.array([0.0, 0.2, 0.5, 2.0]), np.array([0.3, 0.0, 0.1, 0.0]) * (objective == "frobenius")
    H, _ = project(form(V), W, objective=objective, l1=l1, l2=l2)
    slope = gradients(V, W, H, objective)[1] + l1[:, None] + l2[:, None] * H
    assert np.abs(np.minimum(H, slope)).max() < 1e-9
    free, _ = project(form(V), W, objective=objective)
    assert np.count_nonzero(H[3] > 1e-9) < np.count_nonzero(free[3] > 1e-9)


def test_scaled_topics_pay_the_same(rng: np.random.Generator) -> None:
    """With W's columns brought to one, and penalties with them, pages get the same weights in the new scale."""
    V, W = small_V(rng), rng.random((15, 4)) * [1.0, 3.0, 0.2, 0.0]
    sums = W.sum(axis=0)
    H, errors = project(V, W, l1=0.1, l2=0.3)
    l1, l2 = Penalty(0.1, 0.3).of_scaled(sums)
    scaled, same_errors = project(V, W / np.where(sums > 0, sums, 1.0), l1=l1, l2=l2)
    np.testing.assert_allclose(scaled, H * np.where(sums > 0, sums, 1.0)[:, None], atol=1e-10)
    np.testing.assert_allclose(same_errors, errors, rtol=1e-9)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"l1_pages": 0.1}, "a penalty on pages alone has no effect.*set l1_words or l2_words as well"),
        ({"l2_words": 0.1}, "a penalty on words alone has no effect.*set l1_pages or l2_pages as well"),
        ({"l1_words": 0.1, "objective": "kl"}, r"set l1_pages as well$"),
        ({"l1_words": -1.0, "l1_pages": 1.0}, r"l1_words must be 0 or more, not -1\.0"),
        ({"l1_words": 1.0, "l2_pages": float("nan")}, "l2_pages must be 0 or more, not nan"),
        ({"l1_words": 1.0, "l1_pages": 1.0, "objective": "itakura-saito"}, "'itakura-saito' has no penalties$"),
        (
            {"l1_words": 1.0, "l2_pages": 1.0, "objective": "kl"},
            "the objective 'kl' has no l2 penalties; use l1_words and l1_pages",
        ),
    ],
)
def test_refused(settings: dict[str, Any], message: str) -> None:
    """What has no effect, or no meaning, is said before anything is done."""
    with pytest.raises(MatrixError, match=message):
        factorize(np.eye(4), 2, **settings)


@pytest.mark.parametrize("settings", [{"l1": -1.0}, {"l2": np.nan}, {"l1": np.ones(3)}, {"l2": 1.0, "objective": "kl"}])
def test_refused_projections(settings: dict[str, Any]) -> None:
    """The same for pages on fixed topics."""
    with pytest.raises(MatrixError, match="penalties must be"):
        project(np.eye(4), np.ones((4, 2)), **settings)


def test_all_may_vanish(rng: np.random.Generator) -> None:
    """Penalties too large for V end with topics of zeros, not with an error of arithmetic."""
    V = small_V(rng)
    for objective, rule in PAIRS:
        result = factorize(V, 3, objective=objective, rule=rule, l1_words=50.0, l1_pages=50.0, max_iter=200)
        assert np.isfinite(result.trace).all()
        assert np.isfinite(result.W).all()
        assert result.error > 0.5


def test_penalties_that_leave_nothing(refuse: Refuse, tiny_corpus: Path) -> None:
    """Penalties under which no page has any weight are refused once that is known; nothing is written."""
    said = refuse("fit", tiny_corpus, "-r", 2, *WIDE, "--l1-words", 0.1, "--l1-pages", 0.9, "--no-cache")
    assert "lower --l1-words and --l1-pages" in said
