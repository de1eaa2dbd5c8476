"""Sweeps: by hand, against loops over entries, downhill on thousands of problems, and to a certified minimum."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from losses import LOSSES, PAIRS, as_loss, gradients, loss_of, relative_loss, size_of, suited
from numpy.typing import NDArray

from nmf_topics.factor.blocks import as_blocks
from nmf_topics.factor.factorize import factorize
from nmf_topics.factor.init import INITIALIZATIONS, initialize
from nmf_topics.factor.objectives import OBJECTIVES
from nmf_topics.factor.penalties import Penalties, Penalty
from nmf_topics.factor.project import project
from nmf_topics.factor.rules import RULES
from nmf_topics.factor.state import State

Array = NDArray[Any]


def sweep(V: Any, W: Array, H: Array, objective: str, rule: str) -> tuple[Array, Array, float]:
    """One iteration through the front door."""
    goal, blocks = OBJECTIVES[objective], as_blocks(V)
    state = goal.sweep(blocks, State(W, H, goal.scale(blocks)), RULES[rule])
    return state.W, state.H, state.trace[-1]


def slow_kl_update(V: Array, W: Array, H: Array) -> Array:
    """H_kj sum_i(W_ik V_ij / (WH)_ij) / sum_i(W_ik), Lee and Seung (2001), equation (5)."""
    result = np.empty_like(H)
    for k in range(H.shape[0]):
        for j in range(H.shape[1]):
            numerator = 0.0
            for i in np.flatnonzero(V[:, j]):
                numerator += W[i, k] * V[i, j] / sum(W[i, q] * H[q, j] for q in range(len(H)))
            result[k, j] = H[k, j] * numerator / sum(W[i, k] for i in range(V.shape[0]))
    return result


def test_frobenius_by_hand() -> None:
    """V = [[1, 2], [3, 4]] from ones, r = 1: H = (2, 3), W = (8, 18) / 13, ||V - WH||^2 = 2 / 13 of ||V||^2 = 30."""
    V = np.array([[1.0, 2.0], [3.0, 4.0]])
    for rule in ("mu", "hals"):
        W, H, error = sweep(V, np.ones((2, 1)), np.ones((1, 2)), "frobenius", rule)
        np.testing.assert_allclose(H, [[2.0, 3.0]], rtol=1e-14)
        np.testing.assert_allclose(W, [[8 / 13], [18 / 13]], rtol=1e-14)
        assert error == pytest.approx(np.sqrt(2 / 13 / 30), rel=1e-12)


def test_kl_by_hand() -> None:
    """The same V: H = (4, 6) / 2, then W = (3, 7) / 5; the divergence is that between the two, of sum(V) = 10."""
    V = np.array([[1.0, 2.0], [3.0, 4.0]])
    W, H, error = sweep(V, np.ones((2, 1)), np.ones((1, 2)), "kl", "mu")
    np.testing.assert_allclose(H, [[2.0, 3.0]], rtol=1e-14)
    np.testing.assert_allclose(W, [[3 / 5], [7 / 5]], rtol=1e-14)
    between = np.log(1 / 2) + 2 * np.log(2 / 3) + 3 * np.log(3 / 2) + 4 * np.log(4 / 3)
    assert error == pytest.approx(between / 10, rel=1e-12)


@pytest.mark.parametrize("form", [np.asarray, sp.csc_matrix])
def test_slow_reference(form: Callable[[Array], Any], rng: np.random.Generator) -> None:
    """The errors of both objectives and the KL updates of both factors are those of loops over entries."""
    for _ in range(20):
        m, n, r = rng.integers(2, 7, 3)
        V = rng.random((m, n)) * (rng.random((m, n)) < 0.6) + np.eye(m, n)
        W, H = rng.random((m, r)), rng.random((r, n))
        new_W, new_H, error = sweep(form(V), W, H, "kl", "mu")
        np.testing.assert_allclose(new_H, slow_kl_update(V, W, H), rtol=1e-10)
        np.testing.assert_allclose(new_W, slow_kl_update(V.T, new_H.T, W.T).T, rtol=1e-10)
        assert error * V.sum() == pytest.approx(loss_of(V, W, new_H, "kl"), rel=1e-9)
        for rule in ("mu", "amu", "hals"):
            new_W, new_H, error = sweep(form(V), W, H, "frobenius", rule)
            assert error**2 * size_of(V, "frobenius") == pytest.approx(loss_of(V, new_W, new_H, "frobenius"), abs=1e-12)


@pytest.mark.parametrize("form", [np.asarray, sp.csc_matrix])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_errors_of_pages(form: Callable[[Array], Any], objective: str, rng: np.random.Generator) -> None:
    """What is said of each page is its own error, relative to itself, and nan for a page of zeros."""
    V, W = suited(rng.random((6, 5)) * (rng.random((6, 5)) < 0.7), objective), rng.random((6, 2))
    V[:, 3] = 0.0
    H, errors = OBJECTIVES[objective].solve_pages(form(V), W, rule=RULES["mu"])
    for j in (0, 1, 2, 4):
        found = as_loss(errors[j], objective)
        assert found == pytest.approx(relative_loss(V[:, [j]], W, H[:, [j]], objective), rel=1e-9)
    assert np.isnan(errors[3])
    assert not H[:, 3].any()


def test_kl_of_much_text_goes_in_parts(rng: np.random.Generator) -> None:
    """More stored entries than are gathered at once (4e6 / r) give what a dense V gives."""
    V = rng.random((1_001, 1_000)) + 0.1
    W, H = rng.random((1_001, 4)), rng.random((4, 1_000))
    for dense, sparse in zip(sweep(V, W, H, "kl", "mu"), sweep(sp.csc_matrix(V), W, H, "kl", "mu"), strict=True):
        np.testing.assert_allclose(sparse, dense, rtol=1e-10)


# ------------------------------------------------------------------------------- descent on thousands of problems

KINDS = (
    "even",  # entries from 0 to 1
    "gaps",  # mostly zeros, a page and a term of zeros among them
    "counts",  # small whole numbers
    "repeats",  # pages and terms several times over
    "planted",  # a product of thin sparse factors: can be factored exactly
    "wide",  # entries over 20 orders of magnitude
    "terms",  # terms of very different size
    "pages",  # pages of very different size
    "small",  # near the lower end of what as_blocks lets in
    "large",  # near the upper end
    "constant",
    "identity",
    "single",  # one entry that is not zero
)
PROBLEMS = 10_920 if "NMF_TOPICS_SOAK" in os.environ else 3_640  # make soak tries more of them
SWEEPS = 12


def make_problem(kind: str, dtype: type, rng: np.random.Generator) -> Array:
    """A matrix of that kind with up to 12 terms and 12 pages; never all zeros."""
    m, n = rng.integers(1, 13, 2)
    V = rng.random((m, n))
    match kind:
        case "gaps":
            V *= rng.random((m, n)) < 0.3
            V[rng.integers(m)] = V[:, rng.integers(n)] = 0.0
        case "counts":
            V = rng.poisson(0.7, (m, n)).astype(float)
        case "repeats":
            V = V[rng.integers(0, m, m)][:, rng.integers(0, n, n)]
        case "planted":
            r = int(rng.integers(1, 4))
            V = (rng.random((m, r)) * (rng.random((m, r)) < 0.6)) @ (rng.random((r, n)) * (rng.random((r, n)) < 0.6))
        case "wide":
            V = 10.0 ** rng.uniform(-10, 10, (m, n)) * (rng.random((m, n)) < 0.7)
        case "terms":
            V *= 10.0 ** rng.uniform(-10, 10, (m, 1))
        case "pages":
            V *= 10.0 ** rng.uniform(-10, 10, (1, n))
        case "small":
            V *= 1e-9 if dtype is np.float32 else 1e-130
        case "large":
            V *= 1e9 if dtype is np.float32 else 1e130
        case "constant":
            V[:] = 1.0
        case "identity":
            V = np.eye(m, n)
        case "single":
            V[:] = 0.0
    if not V.any():
        V[rng.integers(m), rng.integers(n)] = 1.0
    return V.astype(dtype)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_descent(dtype: type) -> None:
    """On thousands of random problems, over all rules, objectives, starts and forms of V, no sweep leads uphill.

    The objective, computed from V, W and H as it is written, never grows by more than 1e-12 of ||V||^2 (or sum(V)),
    for factors of 32 bits too. The trace, which a sweep computes from its sums in the arithmetic of V, never grows by
    more than 1e-12 in 64 bits, nor by more than its rounding, 16 machine epsilons (1.9e-6), in 32. W and H are finite,
    non-negative and of V's type all the way.
    """
    trace_tolerance = 1e-12 if dtype is np.float64 else 16 * np.finfo(np.float32).eps
    solved: Counter[tuple[str, ...]] = Counter()
    ranks: Counter[str] = Counter()
    half = PROBLEMS // 2
    for number in range(half):
        rng = np.random.default_rng([number, np.dtype(dtype).itemsize])
        kind = KINDS[number % len(KINDS)]
        objective, rule = PAIRS[number // len(KINDS) % len(PAIRS)]
        form = ("dense", "sparse")[int(rng.integers(2))]
        starts = [name for name in INITIALIZATIONS if name != "nndsvd" or not RULES[rule].multiplicative]
        start = starts[int(rng.integers(len(starts)))]
        V = suited(make_problem(kind, dtype, rng), objective).astype(dtype)
        rank = int(rng.integers(1, min(V.shape) + 4))
        what = f"problem {number}: {kind} {V.shape}, {objective}, {rule}, {form}, {start}, r = {rank}"

        blocks, goal = as_blocks(sp.csc_matrix(V) if form == "sparse" else V), OBJECTIVES[objective]
        W, H = initialize(blocks, rank, start, number)
        state = State(W, H, goal.scale(blocks))
        before, told_before = relative_loss(V, W, H, objective), np.inf
        for _ in range(SWEEPS):
            state = goal.sweep(blocks, state, RULES[rule])
            W, H, error = state.W, state.H, state.trace[-1]
            after, told = relative_loss(V, W, H, objective), as_loss(error, objective)
            assert W.dtype == H.dtype == dtype, what
            assert np.isfinite(W).all(), what
            assert np.isfinite(H).all(), what
            assert W.min() >= 0, what
            assert H.min() >= 0, what
            assert after <= before + 1e-12, what
            assert 0 <= told <= told_before + trace_tolerance, what
            if error < goal.exact:  # where the loop would stop
                break
            before, told_before = after, told
        solved[kind, objective, rule] += 1
        solved[form, objective, rule] += 1
        solved[start, objective, rule] += 1
        ranks["one" if rank == 1 else "too many" if rank > min(V.shape) else "some"] += 1
    assert sum(ranks.values()) * 2 == PROBLEMS
    locked = sum(RULES[rule].multiplicative for _, rule in PAIRS)  # which do not begin at nndsvd
    assert len(solved) == (len(KINDS) + 2 + len(INITIALIZATIONS)) * len(PAIRS) - locked
    assert min(solved.values()) >= PROBLEMS // 364
    assert min(ranks[name] for name in ("one", "some", "too many")) >= 100


@pytest.mark.parametrize(("objective", "rule"), [pair for pair in PAIRS if RULES[pair[1]].multiplicative])
def test_zeros_stay_zeros(objective: str, rule: str, rng: np.random.Generator) -> None:
    """A zero of a start is a zero of every later W and H under the multiplicative updates of both objectives."""
    for form in (np.asarray, sp.csc_matrix):
        V = suited(rng.random((8, 9)) * (rng.random((8, 9)) < 0.6), objective)
        W, H = (rng.random(shape) * (rng.random(shape) < 0.6) for shape in ((8, 3), (3, 9)))
        no_W, no_H = W == 0, H == 0
        for _ in range(20):
            W, H, _ = sweep(form(V), W, H, objective, rule)
            assert not W[no_W].any()
            assert not H[no_H].any()


def residuals(V: Array, W: Array, H: Array, objective: str) -> float:
    """The larger Kuhn-Tucker residual of the two factors: max |min(X, gradient)|."""
    return max(
        float(np.abs(np.minimum(*pair)).max()) for pair in zip((W, H), gradients(V, W, H, objective), strict=True)
    )


def test_certificate(rng: np.random.Generator) -> None:
    """30 x 40, r = 3: after 3,000 sweeps of hals both factors satisfy the Kuhn-Tucker conditions to 1e-6."""
    V = rng.random((30, 40))
    W, H = initialize(as_blocks(V), 3, "random", 0)
    assert residuals(V, W, H, "frobenius") > 1.0
    for _ in range(3_000):
        W, H, _ = sweep(V, W, H, "frobenius", "hals")
    assert residuals(V, W, H, "frobenius") < 1e-6
    assert (W.min(), H.min()) == (0.0, 0.0)  # a minimum on the border, not the easy case


@pytest.mark.slow
@pytest.mark.parametrize(("objective", "rule"), [pair for pair in PAIRS if RULES[pair[1]].multiplicative])
def test_multiplicative_rules_near_the_same_conditions(objective: str, rule: str, rng: np.random.Generator) -> None:
    """They end more slowly, zeros being neared and never reached: the residual falls to 2 % in 3,000 sweeps."""
    V = rng.random((30, 3)) @ rng.random((3, 40)) + 0.1 * rng.random((30, 40))
    W, H = initialize(as_blocks(V), 3, "random", 0)
    goal, blocks = OBJECTIVES[objective], as_blocks(V)
    begun, state = residuals(V, W, H, objective), State(W, H, goal.scale(blocks))
    for _ in range(3_000):
        state = goal.sweep(blocks, state, RULES[rule])
    assert residuals(V, state.W, state.H, objective) < 0.02 * begun


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_dead_topics_harm_no_other(objective: str, rng: np.random.Generator) -> None:
    """Topics of zeros stay what they are for mu, and the rest go on as if they were not there."""
    V, W, H = rng.random((6, 7)), rng.random((6, 2)), rng.random((2, 7))
    dead_W, dead_H = np.c_[W, np.zeros(6)], np.r_[H, np.zeros((1, 7))]
    for _ in range(5):
        W, H, error = sweep(V, W, H, objective, "mu")
        dead_W, dead_H, dead_error = sweep(V, dead_W, dead_H, objective, "mu")
        assert dead_error == pytest.approx(error, rel=1e-12)
    np.testing.assert_allclose(dead_W, np.c_[W, np.zeros(6)], rtol=1e-10)
    np.testing.assert_allclose(dead_H, np.r_[H, np.zeros((1, 7))], rtol=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("form", [np.asarray, sp.csc_matrix])
@pytest.mark.parametrize(("objective", "rule"), [pair for pair in PAIRS if LOSSES[pair[0]].beta >= 1])
def test_the_certificate_bounds_what_one_factor_can_do(
    objective: str, rule: str, form: Callable[[Array], Any], rng: np.random.Generator
) -> None:
    """No W and no H alone, at its best place, lessens the objective by more than was certified."""
    V = suited(rng.random((15, 20)) * (rng.random((15, 20)) < 0.6), objective)
    goal, blocks = OBJECTIVES[objective], as_blocks(form(V))
    W, H = initialize(blocks, 3, "random", 1)
    state = State(W, H, goal.scale(blocks))
    for iteration in range(1, 61):
        before = state
        state = goal.sweep(blocks, state, RULES[rule], certify=iteration % 10 == 0)
        if iteration % 10:
            continue
        W = before.W if before.extrapolation.W_last is None else before.extrapolation.W_last  # where it began
        best_H, _ = project(V, W, objective=objective)
        best_W = project(V.T, state.H.T, objective=objective)[0].T
        falls = [
            relative_loss(V, W, before.H, objective) - relative_loss(V, W, best_H, objective),
            relative_loss(V, state.W, state.H, objective) - relative_loss(V, best_W, state.H, objective),
        ]
        assert 0 <= sum(falls) <= state.certificate * as_loss(state.trace[-1], objective) * (1 + 1e-9)
    assert state.certificate < 0.5


def test_the_certificate_nears_zero(rng: np.random.Generator) -> None:
    """At a minimum nothing is left to gain."""
    V = rng.random((30, 40))
    result = factorize(V, 3, rule="hals", start="random", tolerance=1e-13, max_iter=20_000)
    assert result.certificate < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize(("plain", "fast"), [("hals", "ehals"), ("amu", "emu")])
def test_extrapolation_is_faster(plain: str, fast: str, rng: np.random.Generator) -> None:
    """After 50 iterations it is lower, from each of five starts, and by half of what was left on the whole."""
    V = rng.random((60, 5)) ** 3 @ rng.random((5, 80)) ** 3 + 0.1 * rng.random((60, 80))
    left: dict[str, list[float]] = {plain: [], fast: []}
    for seed in range(5):
        options: dict[str, Any] = {"start": "random", "seed": seed, "tolerance": 0}
        end = factorize(V, 5, rule="hals", max_iter=3_000, **options).error
        for rule, errors in left.items():
            errors.append(factorize(V, 5, rule=rule, max_iter=50, **options).error - end)
    assert all(less < more for less, more in zip(left[fast], left[plain], strict=True))
    assert sum(left[fast]) < 0.5 * sum(left[plain])


def test_extrapolation_is_faster_for_the_divergence() -> None:
    """On ten matrices emu is after 50 iterations below where mu is after 75, on the whole and on most of them."""
    found = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        V = rng.random((60, 5)) ** 3 @ rng.random((5, 80)) ** 3 + 0.1 * rng.random((60, 80))
        options: dict[str, Any] = {"objective": "kl", "start": "random", "seed": seed, "tolerance": 0}
        fast = factorize(V, 5, rule="emu", max_iter=50, **options).trace[-1]
        found.append((fast, factorize(V, 5, rule="mu", max_iter=75, **options).trace[-1]))
    assert sum(fast for fast, _ in found) < sum(plain for _, plain in found)
    assert sum(fast < plain for fast, plain in found) >= 8


@pytest.mark.parametrize("l1", [0.0, 0.6])
@pytest.mark.parametrize("form", [np.asarray, sp.csc_matrix])
@pytest.mark.parametrize(
    ("objective", "rule"), [("frobenius", "mu"), ("frobenius", "hals"), ("kl", "mu"), ("beta-1.5", "mu")]
)
def test_the_certificate_is_its_formula(
    objective: str, rule: str, l1: float, form: Callable[[Array], Any], rng: np.random.Generator
) -> None:
    """It is sum(G X) + sum(max(-G, 0) |v| / |a|) of H and of W, over the loss, with the norm that belongs to the loss.

    G has the penalty l1, and the loss as well. For least squares W is the new one, for divergences the one before its
    update. For Kullback-Leibler the penalty is a part of |a| too.
    """
    V, W, H = rng.random((7, 9)) + 0.1, rng.random((7, 3)) + 0.1, rng.random((3, 9)) + 0.1
    loss, goal, blocks = LOSSES[objective], OBJECTIVES[objective], as_blocks(form(V))
    penalties = Penalties(W=Penalty(l1 / 3), H=Penalty(l1))
    state = State(W, np.asfortranarray(H), goal.scale(blocks))
    found = goal.sweep(blocks, state, RULES[rule], certify=True, penalties=penalties)
    b = float(loss.beta)

    def norms(X: Array) -> Array:
        return np.asarray((X**b).sum(axis=0) ** (1 / b))

    def gap(X: Array, G: Array, A: Array, V: Array, l1: float) -> float:
        G, lengths = G + l1, norms(A) + (l1 if b == 1 else 0.0)
        return float((G * X).sum() + (np.maximum(-G, 0) * norms(V) / lengths[:, None]).sum())

    last_W = found.W if loss.power == 2 else W
    gaps = gap(H, gradients(V, W, H, objective)[1], W, V, l1)
    gaps += gap(last_W.T, gradients(V, last_W, found.H, objective)[0].T, found.H.T, V.T, l1 / 3)
    reached = loss_of(V, last_W, found.H, objective) + l1 * found.H.sum() + l1 / 3 * last_W.sum()
    assert found.certificate == pytest.approx(gaps / reached, rel=1e-9)
