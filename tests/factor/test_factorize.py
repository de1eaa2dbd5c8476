"""The loop and the projection: right answers, every way to stop, the same bytes, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from losses import LOSSES, PAIRS, relative_loss, suited
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment, nnls
from sklearn.decomposition import non_negative_factorization
from threadpoolctl import threadpool_info, threadpool_limits

from nmf_topics.errors import MatrixError
from nmf_topics.factor.blocks import as_blocks
from nmf_topics.factor.factorize import WINDOW, Factorization, Iteration, _reason_to_stop, factorize
from nmf_topics.factor.init import INITIALIZATIONS, initialize
from nmf_topics.factor.kernels import one_blas_thread
from nmf_topics.factor.objectives import OBJECTIVES
from nmf_topics.factor.project import project
from nmf_topics.factor.rules import RULES
from nmf_topics.factor.state import State

Array = NDArray[Any]
WAYS = [
    (objective, rule, start)
    for objective, rule in PAIRS
    for start in INITIALIZATIONS
    if start != "nndsvd" or not RULES[rule].multiplicative
]


def plant(rng: np.random.Generator, m: int = 60, n: int = 80, r: int = 4) -> tuple[Array, Array, Array]:
    """W*, H* and V = W* H*: each topic has words of its own and pages of its own, so that no other W H makes V."""
    W, H = rng.random((m, r)) * (rng.random((m, r)) < 0.5), rng.random((r, n)) * (rng.random((r, n)) < 0.5)
    for k in range(r):
        W[3 * k : 3 * k + 3] = H[:, 3 * k : 3 * k + 3] = 0.0
        W[3 * k : 3 * k + 3, k] = H[k, 3 * k : 3 * k + 3] = 1.0
    return W, H, W @ H


def cosines(A: Array, B: Array) -> Array:
    """Cosines of the columns of A with those of B, in the best matching."""
    C = (A / np.linalg.norm(A, axis=0)).T @ (B / np.linalg.norm(B, axis=0))
    return C[linear_sum_assignment(-C)]


# ------------------------------------------------------------------------------------------------- right answers


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("start", [start for start in INITIALIZATIONS if start != "nndsvd"])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_mu_is_scikit_learns(objective: str, start: str, sparse: bool, rng: np.random.Generator) -> None:
    """From the same start, W and H are those of scikit-learn's solver "mu" to 1e-7 after 30 iterations.

    Its X is our V transposed, so that its W, which it updates first, is our H.
    """
    V = suited(rng.random((30, 40)) * (rng.random((30, 40)) < 0.6), objective)
    ours = factorize(
        sp.csc_matrix(V) if sparse else V,
        4,
        objective=objective,
        rule="mu",
        start=start,
        seed=5,
        tolerance=0,
        max_iter=30,
    )
    W, H = initialize(as_blocks(V), 4, start, 5)
    their_W, their_H, iterations = non_negative_factorization(
        sp.csr_matrix(V.T) if sparse else np.ascontiguousarray(V.T),
        W=np.ascontiguousarray(H.T),
        H=np.ascontiguousarray(W.T),
        n_components=4,
        init="custom",
        solver="mu",
        beta_loss=LOSSES[objective].beta,
        tol=0,
        max_iter=30,
    )
    assert iterations == len(ours.trace) == 30
    np.testing.assert_allclose(ours.H, their_W.T, atol=1e-7)
    np.testing.assert_allclose(ours.W, their_H.T, atol=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "start"), [(r, s) for o, r, s in WAYS if o == "frobenius" and r != "mu"])
def test_planted_topics_are_found(rule: str, start: str, rng: np.random.Generator) -> None:
    """V = W* H*: each topic, as words and as weights of pages, has a cosine over 0.9999 with one planted."""
    W, H, V = plant(rng)
    result = factorize(V, 4, rule=rule, start=start, tolerance=0, max_iter=5_000)
    assert result.error < 1e-4
    assert cosines(result.W, W).min() > 0.9999
    assert cosines(result.H.T, H.T).min() > 0.9999


def test_planted_topics_are_found_by_kl(rng: np.random.Generator) -> None:
    """The divergence finds the same topics."""
    W, H, V = plant(rng)
    result = factorize(V, 4, objective="kl", rule="mu", tolerance=0, max_iter=3_000)
    assert cosines(result.W, W).min() > 0.9999
    assert cosines(result.H.T, H.T).min() > 0.9999


@pytest.mark.slow
def test_rules_agree(rng: np.random.Generator) -> None:
    """hals and amu end at the same error on planted V: none without noise, the same to 1e-4 of it with noise."""
    _, _, V = plant(rng)
    for noise in (0.0, 0.1):
        noisy = V + noise * rng.random(V.shape)
        hals, amu = (factorize(noisy, 4, rule=rule, tolerance=0, max_iter=3_000).error for rule in ("hals", "amu"))
        assert hals == pytest.approx(amu, rel=1e-4, abs=1e-4 if noise == 0 else 0)
        assert (hals > 0.01) == (noise > 0)


@pytest.mark.parametrize(("objective", "rule"), PAIRS)
def test_the_error_told_is_the_error(objective: str, rule: str, rng: np.random.Generator) -> None:
    """For least squares it is that of the very W and H that are handed back; the divergence is one W behind."""
    V = rng.random((9, 11))
    result = factorize(V, 3, objective=objective, rule=rule, tolerance=0, max_iter=25)
    own = relative_loss(V, result.W, result.H, objective)
    if LOSSES[objective].power == 2:
        assert result.error**2 == pytest.approx(own, rel=1e-9)
    else:
        assert 0 <= result.error - own < result.trace[-2] - result.trace[-1] + 1e-5


def test_rank_one_by_hand() -> None:
    """The best rank-one factors of [[1, 2], [2, 4], [0, 0]] are exact: W in 1 : 2 : 0, H in 1 : 2."""
    result = factorize(np.array([[1.0, 2.0], [2.0, 4.0], [0.0, 0.0]]), 1, rule="hals")
    assert result.stop_reason == "exact"
    np.testing.assert_allclose(result.W[:, 0] / result.W[0, 0], [1, 2, 0], atol=1e-12)
    np.testing.assert_allclose(result.H[0] / result.H[0, 0], [1, 2], atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(("objective", "rule", "start"), WAYS)
def test_edges(objective: str, rule: str, start: str, rng: np.random.Generator) -> None:
    """One page, one term, one entry, blank pages and terms, the highest rank, and duplicates give finite factors."""
    blank = np.pad(rng.random((4, 5)), 1)
    for V in (rng.random((5, 1)), rng.random((1, 5)), np.ones((1, 1)), blank, np.ones((4, 6))):
        if OBJECTIVES[objective].positive and not V.all():
            continue
        for rank in sorted({1, min(3, *V.shape), min(V.shape)}):
            check_edge(V, rank, objective=objective, rule=rule, start=start)


def check_edge(V: Array, rank: int, **options: Any) -> None:
    """Factors are finite, and blank pages and terms stay blank."""
    result = factorize(V, rank, max_iter=50, **options)
    assert np.isfinite(result.W).all()
    assert np.isfinite(result.H).all()
    assert min(result.W.min(), result.H.min()) >= 0
    assert not (result.W @ result.H)[V.sum(axis=1) == 0].any()
    assert not (result.W @ result.H)[:, V.sum(axis=0) == 0].any()


# ----------------------------------------------------------------------------------------------------- invariance


@pytest.mark.parametrize(("objective", "rule"), PAIRS)
def test_order_of_pages(objective: str, rule: str, rng: np.random.Generator) -> None:
    """Permuting pages permutes H and leaves W."""
    V, order = rng.random((25, 31)), rng.permutation(31)
    plain, permuted = (factorize(A, 3, objective=objective, rule=rule, max_iter=40) for A in (V, V[:, order]))
    np.testing.assert_allclose(permuted.H, plain.H[:, order], atol=1e-8)
    np.testing.assert_allclose(permuted.W, plain.W, atol=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize(("objective", "rule", "start"), WAYS)
@pytest.mark.parametrize("factor", [1e-9, 255.0, 1e9])
def test_unit_of_measurement(objective: str, rule: str, start: str, factor: float, rng: np.random.Generator) -> None:
    """c V has the same topics and errors as V; its factors are sqrt(c) times those of V."""
    V = suited(rng.random((25, 31)) * (rng.random((25, 31)) < 0.7), objective)
    settings = {"objective": objective, "rule": rule, "start": start, "tolerance": 0}
    settings["max_iter"] = 25 if RULES[rule].extrapolated else 60  # later, rounding decides what is taken back
    plain, scaled = factorize(V, 3, **settings), factorize(factor * V, 3, **settings)
    np.testing.assert_allclose(scaled.trace, plain.trace, rtol=1e-6)
    np.testing.assert_allclose(scaled.W / np.sqrt(factor), plain.W, atol=1e-6)
    np.testing.assert_allclose(scaled.H / np.sqrt(factor), plain.H, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(("objective", "rule", "start"), WAYS)
def test_same_seed_same_bytes(objective: str, rule: str, start: str, rng: np.random.Generator) -> None:
    """The same call gives the same bytes, whether the BLAS may use one thread or two."""
    V = rng.random((400, 500))
    runs = []
    for threads in (1, 2):
        with threadpool_limits(threads, user_api="blas"):
            result = factorize(V, 12, objective=objective, rule=rule, start=start, seed=3, tolerance=0, max_iter=4)
            H, errors = project(V[:, :40], result.W, objective=objective, rule=rule)
        runs.append([a.tobytes() for a in (result.W, result.H, result.trace, H, errors)])
    assert runs[0] == runs[1]


def test_seeds_differ(rng: np.random.Generator) -> None:
    """Another seed is another random start."""
    V = rng.random((10, 12))
    one, two = (factorize(V, 3, start="random", seed=seed, max_iter=5) for seed in (1, 2))
    assert (one.W != two.W).all()
    assert (one.seed, two.seed) == (1, 2)


def test_blas_threads() -> None:
    """The BLAS has one thread inside and its own number again outside, after an error as well."""

    def threads() -> list[int]:
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    with threadpool_limits(2, user_api="blas"):
        seen: list[list[int]] = []
        factorize(np.eye(3), 2, max_iter=1, on_iteration=lambda iteration: seen.append(threads()))
        assert seen == [[1] * len(threads())]
        assert set(threads()) == {2}
        with pytest.raises(ZeroDivisionError), one_blas_thread():
            raise ZeroDivisionError
        assert set(threads()) == {2}


# ------------------------------------------------------------------------------------------------------- stopping


@pytest.mark.slow
@pytest.mark.parametrize(("objective", "rule"), PAIRS)
@pytest.mark.parametrize("tolerance", [10.0, 1e-2, 1e-3, 1e-4])
def test_converged(objective: str, rule: str, tolerance: float, rng: np.random.Generator) -> None:
    """The loop stops at the first iteration whose ten lessened the error by less than `tolerance` of it each.

    Or at a tenth one whose certificate is no larger, if that comes first.
    """
    V, states = rng.random((20, 30)), []
    options: dict[str, Any] = {"objective": objective, "rule": rule, "start": "random", "tolerance": tolerance}
    result = factorize(V, 3, max_iter=5_000, on_state=states.append, **options)
    trace = result.trace
    done = [(trace[i - WINDOW] - trace[i]) / WINDOW <= tolerance * trace[i] for i in range(WINDOW, len(trace))]
    certified = [state.iteration % WINDOW == 0 and state.certificate <= tolerance for state in states]
    assert True not in done[:-1]
    assert True not in certified[:-1]
    assert result.stop_reason == ("converged" if done and done[-1] else "certified")
    assert (done and done[-1]) or certified[-1]


@pytest.mark.slow
@pytest.mark.parametrize(("objective", "rule"), PAIRS)
def test_tolerance_zero_never_stops_early(objective: str, rule: str, rng: np.random.Generator) -> None:
    """Even where nothing moves any more, as with one topic, all iterations are done."""
    result = factorize(rng.random((6, 7)), 1, objective=objective, rule=rule, tolerance=0, max_iter=300)
    assert (result.stop_reason, len(result.trace)) == ("max_iter", 300)
    assert result.trace[-1] == pytest.approx(result.trace[-50], rel=1e-12)


@pytest.mark.parametrize("max_iter", [1, 2, 11])
def test_max_iter(max_iter: int, rng: np.random.Generator) -> None:
    """No iteration more than allowed is done."""
    result = factorize(rng.random((20, 30)), 3, start="random", tolerance=1e-12, max_iter=max_iter)
    assert (result.stop_reason, len(result.trace)) == ("max_iter", max_iter)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_exact(objective: str) -> None:
    """A V that can be factored exactly is, the loop says so, and and WH is V, under every objective."""
    W, H = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]]), np.array([[1.0, 2.0, 0.0, 1.0], [0.0, 1.0, 3.0, 1.0]])
    slow = LOSSES[objective].beta not in (1, 2)  # to come near the zeros of V
    if slow:
        W, H = W + 0.2, H + 0.1
    V, rule = W @ H, "hals" if objective == "frobenius" else "emu"
    result = factorize(V, 2, objective=objective, rule=rule, tolerance=0, max_iter=10_000)
    assert result.stop_reason == "exact"
    assert result.error < 1e-7
    assert result.trace[-1] < OBJECTIVES[objective].exact <= result.trace[-2]
    np.testing.assert_allclose(result.W @ result.H, V, atol=1e-5 if slow else 1e-6)


def test_on_iteration(rng: np.random.Generator) -> None:
    """It is called after each iteration, in order, with what the trace will hold and a clock that never goes back."""
    told: list[Iteration] = []
    result = factorize(rng.random((20, 30)), 3, max_iter=200, on_iteration=told.append)
    assert [iteration.number for iteration in told] == list(range(1, len(result.trace) + 1))
    assert [iteration.error for iteration in told] == result.trace.tolist()
    seconds = [iteration.seconds for iteration in told]
    assert seconds[0] > 0
    assert seconds == sorted(seconds)


def test_on_iteration_can_end_it(rng: np.random.Generator) -> None:
    """An exception, such as Ctrl-C, comes through."""

    def interrupt(iteration: Iteration) -> None:
        if iteration.number == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        factorize(rng.random((20, 30)), 3, on_iteration=interrupt)


# ---------------------------------------------------------------------------------------- results and refusals


def test_factorization(rng: np.random.Generator) -> None:
    """A result knows how it came about, and cannot be changed."""
    result = factorize(rng.random((5, 7)), 2, objective="kl", rule="mu", start="random", seed=9, max_iter=3)
    assert isinstance(result, Factorization)
    assert (result.objective, result.rule, result.start, result.seed) == ("kl", "mu", "random", 9)
    assert (result.rank, result.W.shape, result.H.shape) == (2, (5, 2), (2, 7))
    assert result.error == result.trace[-1]
    for array in (result.W, result.H, result.trace):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


def test_all_problems_of_arguments_in_one_message() -> None:
    """Everything that is wrong is named at once, with what there is to choose from."""
    with pytest.raises(MatrixError) as caught:
        factorize(np.eye(3), 0, objective="l1", rule="newton", start="svd", tolerance=-1.0, max_iter=0)
    message = str(caught.value)
    for part in (
        "rank must be at least 1, not 0",
        "no objective 'l1'; choose from frobenius, kl",
        "no rule 'newton'; choose from mu, amu, hals, emu, ehals",
        "no start 'svd'; choose from random, nndsvd, nndsvda, nndsvdar",
        "tolerance must be 0 or more, not -1.0",
        "max_iter must be at least 1, not 0",
    ):
        assert part in message
    assert message.count(";") == 5 + 3


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"objective": "kl", "rule": "hals"},
            "the rule 'hals' cannot minimise the objective 'kl'; choose from emu, mu, amu",
        ),
        ({"tolerance": float("nan")}, "tolerance must be 0 or more, not nan"),
        ({"rank": -2}, "rank must be at least 1, not -2"),
        ({"rank": 4}, r"rank 4 is larger than min\(m, n\) of the 3 x 3 matrix V; choose a rank from 1 to 3"),
        ({"rank": 2.0}, "rank must be a whole number, not 2.0"),
        ({"rank": "2"}, "rank must be a whole number, not '2'"),
        ({"max_iter": None}, "max_iter must be a whole number, not None"),
        ({"tolerance": "small"}, "tolerance must be 0 or more, not 'small'"),
        ({"start": 3}, "a start is one of random, .*, or a pair of W and H, not int"),
        ({"objective": "itakura-saito"}, "needs a V without zeros, and this one has 6 of them"),
    ],
)
def test_refused_arguments(settings: dict[str, Any], message: str) -> None:
    """What makes no sense is refused before any work."""
    with pytest.raises(MatrixError, match=message):
        factorize(np.eye(3), **{"rank": 2, **settings})


@pytest.mark.parametrize("form", [np.asarray, sp.csc_matrix])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_nothing_but_zeros(form: Any, objective: str) -> None:
    """A V of zeros is refused for what it is."""
    with pytest.raises(MatrixError, match="only zeros"):
        factorize(form(np.zeros((3, 4))), 2, objective=objective)


# ----------------------------------------------------------------------------------------------------- projection


@pytest.mark.slow
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("r", [1, 3, 10])
def test_project_is_nnls(rule: str, r: int, sparse: bool, rng: np.random.Generator) -> None:
    """Whatever the rule, a page's weights are the non-negative least squares that scipy finds, and so is its error."""
    V = rng.random((40, 25)) * (rng.random((40, 25)) < 0.5)
    for W in (rng.random((40, r)), rng.random((40, 1)) + 0.03 * rng.random((40, r))):  # topics apart, and much alike
        H, errors = project(sp.csr_matrix(V) if sparse else V, W, rule=rule)
        for j in range(25):
            weights, distance = nnls(W, V[:, j])
            np.testing.assert_allclose(H[:, j], weights, atol=1e-8 * weights.max())
            assert errors[j] == pytest.approx(distance / np.linalg.norm(V[:, j]), abs=1e-8)


def test_project_kl_is_a_minimum(rng: np.random.Generator) -> None:
    """The divergence of a page has no other minimum than where its gradient is zero, or pushes a zero weight down."""
    for r, sparse in ((1, False), (4, True), (12, False), (12, True)):
        V, W = rng.poisson(0.5, (40, 25)).astype(float), rng.random((40, r)) ** 3
        H, _ = project(sp.csr_matrix(V) if sparse else V, W, objective="kl", rule="mu")
        assert (H.min(axis=1) == 0).any() or r == 1
        gradient = W.sum(axis=0)[:, None] - W.T @ (V / (W @ H))
        assert np.abs(np.minimum(H, gradient)).max() < 1e-7


@pytest.mark.parametrize(
    ("page", "W", "weights"),
    [
        # Newton's whole step would take away the one topic that has the first word
        ([1e-5, 1e5], [[0.0, 10.0], [0.01, 1e4]], [9.999999e6, 1e-6]),
        # what the third topic is for is lost in the rounding of the rest of the page
        ([1e-4, 1e5, 1e-2], [[0.0, 0.0, 0.01], [10.0, 1e4, 0.0], [0.0, 1e4, 1e3]], [1e4, 0.0, 1.00999e-5]),
    ],
)
def test_project_kl_across_orders_of_magnitude(page: list[float], W: list[list[float]], weights: list[float]) -> None:
    """A word that is next to nothing on its page still has its topic."""
    H, errors = project(np.array(page)[:, None], np.array(W), objective="kl", rule="mu")
    np.testing.assert_allclose(H[:, 0], weights, rtol=1e-6, atol=1e-12)
    assert np.isfinite(errors).all()


@pytest.mark.slow
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize(("objective", "rule"), PAIRS)
def test_company_of_a_page(objective: str, rule: str, sparse: bool, rng: np.random.Generator) -> None:
    """A page has the same weights and error to 1e-9 alone, among all, in another order, and beside far larger ones."""
    V = rng.random((40, 30)) * (rng.random((40, 30)) < 0.5)
    W = rng.random((40, 4)) * (rng.random((40, 4)) < 0.7) + 1e-3
    form = sp.csc_matrix if sparse else np.asarray
    H, errors = project(form(V), W, objective=objective, rule=rule)
    order = rng.permutation(30)
    for company in (order, order[:7], order[:1]):
        others, their_errors = project(form(V[:, company]), W, objective=objective, rule=rule)
        np.testing.assert_allclose(others, H[:, company], atol=1e-9)
        np.testing.assert_allclose(their_errors, errors[company], atol=1e-9)
    large, _ = project(form(np.c_[V[:, 0], 1e6 * V[:, 1:]]), W, objective=objective, rule=rule)
    np.testing.assert_allclose(large[:, 0], H[:, 0], atol=1e-9)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_pages_of_the_fit(objective: str, rng: np.random.Generator) -> None:
    """Pages of an exact factorization get their own weights back, and no error."""
    W, H, V = plant(rng)
    if OBJECTIVES[objective].positive:
        W = W + 0.1
        V = W @ H
    found, errors = project(V, W, objective=objective, rule="mu")
    np.testing.assert_allclose(found, H, atol=1e-9 if objective == "frobenius" else 1e-5)
    assert np.nanmax(errors) < 1e-6


@pytest.mark.parametrize(("objective", "rule"), PAIRS)
def test_blank_page(objective: str, rule: str, rng: np.random.Generator) -> None:
    """A page of zeros has no weights and no error, and is no trouble to the others."""
    V, W = rng.random((8, 3)), rng.random((8, 2))
    V[:, 1] = 0.0
    H, errors = project(V, W, objective=objective, rule=rule)
    assert not H[:, 1].any()
    assert np.isnan(errors).tolist() == [False, True, False]
    assert (H[:, [0, 2]].max(axis=0) > 0).all()
    alone, error = project(np.zeros((8, 1)), W, objective=objective, rule=rule)
    assert not alone.any()
    assert np.isnan(error).all()


@pytest.mark.parametrize(("objective", "rule"), PAIRS)
def test_page_of_foreign_words(objective: str, rule: str) -> None:
    """Words that no topic has get no weight; they are all error where beta > 1, and beyond any error otherwise."""
    V, W = np.array([[0.0, 1.0], [2.0, 1.0]]), np.array([[1.0], [0.0]])
    H, errors = project(V, W, objective=objective, rule=rule)
    np.testing.assert_allclose(H, [[0.0, 1.0]], atol=1e-9)
    expected = {"frobenius": [1.0, np.sqrt(0.5)], "beta-1.5": [4 / 3, 2 / 3]}.get(objective, [np.nan, np.nan])
    np.testing.assert_allclose(errors, expected, rtol=1e-9)


@pytest.mark.parametrize(("objective", "rule"), PAIRS)
def test_dead_topic_has_no_weight(objective: str, rule: str, rng: np.random.Generator) -> None:
    """A topic without words is on no page, and the others have the weights that they have without it."""
    V, W = rng.random((8, 5)), rng.random((8, 2))
    H, errors = project(V, np.c_[W, np.zeros(8)], objective=objective, rule=rule)
    expected, expected_errors = project(V, W, objective=objective, rule=rule)
    assert not H[2].any()
    np.testing.assert_allclose(H[:2], expected, atol=1e-9)
    np.testing.assert_allclose(errors, expected_errors, atol=1e-9)


@pytest.mark.parametrize(("objective", "rule"), PAIRS)
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_types_of_projection(objective: str, rule: str, sparse: bool, rng: np.random.Generator) -> None:
    """float32 pages, topics of whole numbers: the answer is one in float64."""
    V, W = rng.random((8, 5)).astype(np.float32), rng.integers(0, 4, (8, 2)) + np.eye(8, 2, dtype=int)
    V[W.sum(axis=1) == 0] = 0.0
    H, errors = project(sp.csc_matrix(V) if sparse else V, W, objective=objective, rule=rule)
    expected, expected_errors = project(V.astype(float), W.astype(float), objective=objective, rule=rule)
    assert H.dtype == errors.dtype == np.float64
    np.testing.assert_allclose(H, expected, atol=1e-8)
    np.testing.assert_allclose(errors, expected_errors, atol=1e-8)


@pytest.mark.parametrize(
    ("W", "settings", "messages"),
    [
        (np.ones((4, 2)), {}, ["V has 3 rows", "(4, 2)"]),
        (np.ones(3), {}, ["V has 3 rows", "(3,)"]),
        (np.full((3, 2), np.nan), {}, ["W has negative"]),
        (-np.ones((3, 2)), {}, ["W has negative, infinite or NaN"]),
        (
            np.ones((3, 2)),
            {"objective": "kl", "rule": "hals"},
            ["the rule 'hals' cannot minimise the objective 'kl'; choose from emu, mu, amu"],
        ),
        (
            -np.ones((4, 2)),
            {"objective": "l1", "rule": "x"},
            ["no objective 'l1'", "no rule 'x'", "V has 3", "W has negative"],
        ),
    ],
)
def test_refused_projections(W: Array, settings: dict[str, str], messages: list[str]) -> None:
    """A W that does not fit, and unknown names, are all named in one message."""
    with pytest.raises(MatrixError) as caught:
        project(np.eye(3), W, **settings)
    for message in messages:
        assert message in str(caught.value)


def test_importing_it_needs_numpy_and_scipy_only() -> None:
    """`factorize` and `project` can be imported where no other package can."""
    program = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        own = name.split(".")[0]
        if own not in sys.stdlib_module_names | {"nmf_topics", "numpy", "scipy"} and not own.startswith("_"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Refuse())
from nmf_topics import factorize, project
try:
    import threadpoolctl
except ModuleNotFoundError:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "refused\n"


def test_project_frees_weights_that_begin_tiny() -> None:
    """With the beta divergence, too, a weight near zero that has to grow does: Kuhn-Tucker holds to 1e-9."""
    rng = np.random.default_rng(3)
    W, H = rng.random((150, 6)) ** 8 * (rng.random((150, 6)) < 0.3), rng.random((6, 80)) ** 4
    V = rng.poisson(20 * W @ (H * (rng.random((6, 80)) < 0.5))).astype(float)
    V = V[V.sum(axis=1) > 0][:, V.sum(axis=0) > 0]
    W = factorize(sp.csc_matrix(V), 6, objective="beta-1.5", max_iter=60, tolerance=0).W
    H, _ = project(V, W, objective="beta-1.5")
    Y = W @ H
    known = np.where(Y > 0, Y, 1.0)
    gradient = W.T @ np.where(Y > 0, LOSSES["beta-1.5"].slope(V, known), 0.0)
    assert np.abs(np.minimum(H / H.max(), gradient / np.abs(gradient).max())).max() < 1e-9


@pytest.mark.parametrize("shape", [(3, 5), (5, 3)])
def test_rank_is_at_most_the_smaller_side(shape: tuple[int, int], rng: np.random.Generator) -> None:
    """Three topics are enough for three terms or three pages, and four are refused."""
    V = rng.random(shape)
    assert factorize(V, 3, max_iter=2).rank == 3
    with pytest.raises(MatrixError, match=rf"rank 4 is larger than .* {shape[0]} x {shape[1]} .* from 1 to 3"):
        factorize(V, 4)


def test_certified_at_the_tolerance_itself() -> None:
    """A tenth iteration stops where its certificate is at most `tolerance`; others and larger ones do not."""

    def reason(certificate: float, iterations: int) -> str | None:
        trace = tuple(np.linspace(1.0, 0.5, iterations))
        state = State(np.ones((2, 1)), np.ones((1, 2)), 1.0, trace, certificate=certificate)
        return _reason_to_stop(state, OBJECTIVES["frobenius"], 1e-3, 1000)

    assert reason(1e-3, 20) == "certified"
    assert reason(1.01e-3, 20) is None
    assert reason(1e-3, 21) is None
    assert reason(float("nan"), 20) is None
