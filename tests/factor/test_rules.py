"""One step of each rule: by hand, against a loop over entries, downhill always, and the exact end."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.optimize import nnls

from nmf_topics.factor.nnls import solve_nnls
from nmf_topics.factor.rules import RULES, hals, kkt_residual, mu

Array = NDArray[np.float64]
STEPS = {"mu": mu, "hals": hals, "solve_nnls": solve_nnls}

# Zero often, else within 12 orders of magnitude.
ENTRIES = st.one_of(st.just(0.0), st.floats(1e-6, 1e6))


def square_error(A: Array, X: Array, B: Array) -> float:
    """||B - A X||_F^2, entry by entry."""
    total = 0.0
    for i in range(B.shape[0]):
        for j in range(B.shape[1]):
            total += (B[i, j] - sum(A[i, k] * X[k, j] for k in range(len(X)))) ** 2
    return total


def slow_mu(X: Array, AtB: Array, AtA: Array) -> Array:
    """The multiplicative update as the paper writes it, for denominators above zero."""
    result = np.empty_like(X)
    for k in range(X.shape[0]):
        for j in range(X.shape[1]):
            result[k, j] = X[k, j] * AtB[k, j] / sum(AtA[k, i] * X[i, j] for i in range(len(X)))
    return result


def slow_hals(X: Array, AtB: Array, AtA: Array) -> Array:
    """Each entry in turn to the minimum of its own parabola, cut off at zero."""
    result = X.copy()
    for k in range(X.shape[0]):
        for j in range(X.shape[1]):
            others = sum(AtA[k, i] * result[i, j] for i in range(len(X)) if i != k)
            result[k, j] = max(0.0, (AtB[k, j] - others) / AtA[k, k])
    return result


def test_by_hand() -> None:
    """A = [[1, 0], [1, 1]], b = (2, 3): from (1, 1) one step of mu is (5/3, 3/2), one of hals is the minimum (2, 1)."""
    A, b, X = np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([[2.0], [3.0]]), np.ones((2, 1))
    np.testing.assert_allclose(mu(X, A.T @ b, A.T @ A), [[5 / 3], [3 / 2]], rtol=1e-15)
    np.testing.assert_allclose(hals(X, A.T @ b, A.T @ A), [[2.0], [1.0]], rtol=1e-15)
    np.testing.assert_allclose(solve_nnls(X, A.T @ b, A.T @ A), [[2.0], [1.0]], rtol=1e-9)


@pytest.mark.parametrize(("step", "slow"), [(mu, slow_mu), (hals, slow_hals)])
def test_slow_reference(step, slow, rng: np.random.Generator) -> None:
    """Matrix products do what loops over entries do."""
    for _ in range(50):
        m, r, k = rng.integers(1, 7, 3)
        A, B, X = rng.random((m, r)) + 0.01, rng.random((m, k)), rng.random((r, k)) + 0.01
        np.testing.assert_allclose(step(X, A.T @ B, A.T @ A), slow(X, A.T @ B, A.T @ A), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", STEPS)
@settings(deadline=None, max_examples=150)
@given(A=arrays(float, (5, 3), elements=ENTRIES), X=arrays(float, (3, 4), elements=ENTRIES), data=st.data())
def test_downhill(name: str, A: Array, X: Array, data: st.DataObject) -> None:
    """A step from anywhere ends at a finite X >= 0 that is no worse, and leaves its arguments alone."""
    B = data.draw(arrays(float, (5, 4), elements=ENTRIES))
    AtB, AtA = A.T @ B, A.T @ A
    before = [array.tobytes() for array in (X, AtB, AtA)]
    new = STEPS[name](X, AtB, AtA)
    assert [array.tobytes() for array in (X, AtB, AtA)] == before
    assert np.isfinite(new).all()
    assert (new >= 0).all()
    scale = (B**2).sum() + ((A @ X) ** 2).sum()
    assert square_error(A, new, B) <= square_error(A, X, B) + 1e-12 * scale


@settings(deadline=None, max_examples=150)
@given(A=arrays(float, (5, 3), elements=ENTRIES), X=arrays(float, (3, 4), elements=ENTRIES), data=st.data())
def test_zeros_stay_zeros_under_mu(A: Array, X: Array, data: st.DataObject) -> None:
    """What is zero before the multiplicative rules is zero after them, however many steps."""
    B = data.draw(arrays(float, (5, 4), elements=ENTRIES))
    for rule in (RULES["mu"], RULES["amu"]):
        assert (rule.update(X, A.T @ B, A.T @ A)[X == 0] == 0).all()


def test_hals_frees_zeros() -> None:
    """Zeros are no prison for hals, and RULES says which rules they lock."""
    W, V = np.eye(2), np.array([[3.0], [4.0]])
    np.testing.assert_array_equal(hals(np.zeros((2, 1)), W.T @ V, W.T @ W), V)
    locked = {name for name, rule in RULES.items() if not rule.update(np.zeros((2, 1)), W.T @ V, W.T @ W).any()}
    assert locked == {name for name, rule in RULES.items() if rule.multiplicative}


def test_inner_steps(rng: np.random.Generator) -> None:
    """amu is mu three times over; the others take one step."""
    A, B, X = rng.random((6, 3)), rng.random((6, 5)), rng.random((3, 5))
    AtB, AtA = A.T @ B, A.T @ A
    np.testing.assert_array_equal(RULES["amu"].update(X, AtB, AtA), mu(mu(mu(X, AtB, AtA), AtB, AtA), AtB, AtA))
    np.testing.assert_array_equal(RULES["mu"].update(X, AtB, AtA), mu(X, AtB, AtA))
    np.testing.assert_array_equal(RULES["hals"].update(X, AtB, AtA), hals(X, AtB, AtA))


@pytest.mark.parametrize("name", STEPS)
def test_dead_topic(name: str) -> None:
    """A topic without a single term is left as it is by a step, is zero at the end, and harms no other topic."""
    A, B, X = np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[2.0], [4.0]]), np.array([[1.0], [7.0]])
    expected = [[3.0], [0.0]] if name == "solve_nnls" else [[3.0], [7.0]]
    np.testing.assert_allclose(STEPS[name](X, A.T @ B, A.T @ A), expected, rtol=1e-12)


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nearly_dead_topic(name: str, dtype: type) -> None:
    """A topic at the lower end of the numbers overflows nothing."""
    smallest = float(np.sqrt(np.finfo(dtype).tiny))
    A = np.array([[1.0, smallest], [1.0, smallest]], dtype=dtype)
    B = np.array([[2e5], [4e5]], dtype=dtype)
    for x in (0.0, 1.0, smallest, 1 / smallest):
        X = np.array([[smallest], [x]], dtype=dtype)
        new = STEPS[name](X, A.T @ B, A.T @ A)
        assert np.isfinite(new).all()
        assert (new >= 0).all()


def test_hals_does_not_divide_by_what_rounding_left() -> None:
    """Where A'A has fallen below exact arithmetic, a step would lead far uphill; there is none."""
    a = np.array([1.6e-162] + [1.5e-162] * 20)[:, None]  # the sum of squares keeps one of 21 parts
    X, B = np.zeros((1, 1)), np.ones((21, 1))
    new = hals(X, a.T @ B, a.T @ a)
    assert square_error(a, new, B) <= square_error(a, X, B)


def test_mu_where_its_quotient_would_overflow() -> None:
    """A'B / (A'A X) has no room in float32 when X is tiny, X (A'B) / (A'A X) has."""
    X = np.full((1, 1), 1e-30, dtype=np.float32)
    AtB, AtA = np.full((1, 1), 1e10, dtype=np.float32), np.ones((1, 1), dtype=np.float32)
    np.testing.assert_allclose(mu(X, AtB, AtA), [[1e10]], rtol=1e-6)


def test_mu_leaves_no_subnormal_numbers() -> None:
    """What tends to zero becomes zero before arithmetic turns slow."""
    X, AtB, AtA = np.ones((2, 1)), np.array([[1.0], [1e-3]]), np.ones((2, 2))
    for _ in range(200):
        X = mu(X, AtB, AtA)
        assert X[X > 0].min() >= np.finfo(float).tiny
    np.testing.assert_array_equal(X, [[1.0], [0.0]])


@pytest.mark.parametrize("r", [1, 2, 5, 20])
def test_solve_nnls_is_nnls(r: int, rng: np.random.Generator) -> None:
    """From any X the end is the minimum that Lawson and Hanson's own program finds."""
    for spread in (1.0, 0.05):  # topics apart, and so alike that a step gains little
        A = spread * rng.random((30, r)) + (1 - spread) * rng.random((30, 1))
        B = rng.random((30, 12))
        for X in (rng.random((r, 12)), np.zeros((r, 12)), 1e3 * rng.random((r, 12))):
            new = solve_nnls(X, A.T @ B, A.T @ A)
            expected = np.stack([nnls(A, b)[0] for b in B.T], axis=1)
            np.testing.assert_allclose(new, expected, atol=1e-8 * expected.max())
            assert kkt_residual(new, A.T @ B, A.T @ A) < 1e-9


def test_solve_nnls_leaves_equal_topics_at_their_minimum() -> None:
    """Where two topics are the same, any split is a minimum, and the one given stays."""
    A = np.array([[1.0, 1.0], [2.0, 2.0]])
    B = np.array([[3.0], [6.0]])
    np.testing.assert_allclose(solve_nnls(np.array([[2.0], [1.0]]), A.T @ B, A.T @ A), [[2.0], [1.0]], rtol=1e-12)


def test_solve_nnls_with_an_A_for_each_column(rng: np.random.Generator) -> None:
    """Columns may have problems of their own, a singular one and one without a live topic among them."""
    A, B = rng.random((7, 5, 3)), rng.random((5, 7))
    A[2, :, 1] = A[2, :, 0]
    A[3, :, 1] = 0.0
    A[4] = 0.0
    AtA, AtB = A.transpose(0, 2, 1) @ A, np.einsum("kir,ik->rk", A, B)
    X = solve_nnls(np.full((3, 7), 0.2), AtB, AtA)
    for k in range(7):
        weights, distance = nnls(A[k], B[:, k])
        assert np.linalg.norm(B[:, k] - A[k] @ X[:, k]) == pytest.approx(distance, abs=1e-12)
        if k != 2:
            np.testing.assert_allclose(X[:, k], weights, atol=1e-9)


def test_solve_nnls_in_parts(rng: np.random.Generator) -> None:
    """Columns beyond what is solved at once are solved as well."""
    A, truth = rng.random((60, 45)), rng.random((45, 2_100)) + 0.1  # 4e6 / 45^2 = 1975 columns at once
    X = solve_nnls(truth + 0.01, A.T @ A @ truth, A.T @ A)
    np.testing.assert_allclose(X, truth, rtol=1e-9)


def test_kkt_residual_by_hand() -> None:
    """Zero at a minimum, inside and on the border; elsewhere the largest of min(X, gradient)."""
    AtA = np.eye(2)
    assert kkt_residual(np.array([[3.0], [0.0]]), np.array([[3.0], [-1.0]]), AtA) == 0.0
    assert kkt_residual(np.array([[3.5], [0.0]]), np.array([[3.0], [-1.0]]), AtA) == 0.5
    assert kkt_residual(np.array([[3.0], [0.0]]), np.array([[3.0], [2.0]]), AtA) == 2.0
    assert kkt_residual(np.array([[3.0], [0.25]]), np.array([[3.0], [-1.0]]), AtA) == 0.25
