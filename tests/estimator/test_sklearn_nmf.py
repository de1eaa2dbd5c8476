"""What scikit-learn's own tests of `sklearn.decomposition.NMF` (test_nmf.py) ask of it, asked of ours.

The cases are written anew. Not applicable, and why:

* `MiniBatchNMF` and its `partial_fit`: there is no such estimator here.
* `non_negative_factorization` as a function: `nmf_topics.factorize` takes its place, and its tests are in tests/factor.
* `_beta_divergence`, `_special_sparse_dot` and `_initialize_nmf`, which are private: tests/factor states the losses
  entry by entry, compares sparse with dense, and tests the initializations.
* `beta_loss` below 0 and above 2: refused here.
* a penalty on one factor alone (alpha_W without alpha_H): refused here, as it has no minimum.
* n_components above min(n_samples, n_features): refused here, as no factorization needs more topics.
* fits that hold H fixed (update_H=False): that is `transform`.
* the option `verbose`: there is none.
* the default of n_components, "auto" there and 10 here; and where "auto" is n_features there, it is at most n_samples.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from losses import LOSSES, loss_of

from nmf_topics.factor.init import INITIALIZATIONS, initialize

with warnings.catch_warnings():  # of packages that it imports
    warnings.simplefilter("ignore")
    pytest.importorskip("sklearn")
    from sklearn.exceptions import ConvergenceWarning

    from nmf_topics.factor.blocks import as_blocks
    from nmf_topics.sklearn import NMF

SOLVERS = ["mu", "amu", "hals", "emu", "ehals"]
MULTIPLICATIVE = {"mu", "amu", "emu"}
STARTS = [None, *INITIALIZATIONS]
LOSS_OF_BETA = {loss.beta: name for name, loss in LOSSES.items()}


def usable(init: str | None, solver: str) -> bool:
    """Whether the solver can leave the zeros of the initialization."""
    return not (init == "nndsvd" and solver in MULTIPLICATIVE)


@pytest.fixture
def X(rng: np.random.Generator) -> np.ndarray:
    """12 samples of 10 features."""
    return np.abs(rng.standard_normal((12, 10)))


# ------------------------------------------------------------------------------------------------- warnings


@pytest.mark.parametrize("solver", SOLVERS)
def test_warns_where_max_iter_ends_the_fit(solver: str, X: np.ndarray) -> None:
    """Both methods warn after one iteration, which is not enough; there is no warning after more, or with tol=0."""
    for method in ("fit", "fit_transform"):
        with pytest.warns(ConvergenceWarning, match="did not converge within max_iter=1 iterations; raise max_iter"):
            getattr(NMF(3, solver=solver, max_iter=1), method)(X)
    assert NMF(3, solver=solver, max_iter=1, tol=0).fit(X).stop_reason_ == "max_iter"
    assert NMF(3, solver=solver, tol=1e-4).fit(X).stop_reason_ == "converged"


def test_factors_that_are_not_used_are_pointed_out(X: np.ndarray) -> None:
    """W and H without init="custom" change nothing, and a warning says so."""
    W, H = np.ones((12, 3)), np.ones((3, 10))
    expected = NMF(3).fit(X).components_
    for given in ({"W": W}, {"H": H}, {"W": W, "H": H}):
        with pytest.warns(RuntimeWarning, match="W and H are not used, as init is not 'custom'"):
            np.testing.assert_array_equal(NMF(3).fit(X, **given).components_, expected)


# ------------------------------------------------------------------------------------------------- right answers


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # multiplicative rules near zeros slowly
@pytest.mark.parametrize("alpha", [0.0, 1.0])
@pytest.mark.parametrize("init", STARTS)
@pytest.mark.parametrize("solver", SOLVERS)
def test_nothing_is_negative(solver: str, init: str | None, alpha: float) -> None:
    """Whatever the solver, the initialization and the penalties, on a matrix of rank two."""
    if not usable(init, solver):
        return
    X = np.c_[5.0 - np.arange(1, 6), 5.0 + np.arange(1, 6)]
    model = NMF(2, solver=solver, init=init, alpha_W=alpha, random_state=0, max_iter=60)
    assert model.fit_transform(X).min() >= 0
    assert model.components_.min() >= 0


@pytest.mark.slow
@pytest.mark.parametrize("solver", SOLVERS)
def test_as_many_topics_as_features_explain_nearly_all(solver: str) -> None:
    """A 6 x 5 matrix with five topics: the error is below 0.1."""
    X = np.abs(np.random.RandomState(42).randn(6, 5))
    model = NMF(5, solver=solver, init="nndsvdar", random_state=0, max_iter=5000).fit(X)
    assert model.reconstruction_err_ < 0.1


@pytest.mark.parametrize("beta", [0, 0.5, 1, 1.5, 2])
def test_what_can_be_factored_is(beta: float, rng: np.random.Generator) -> None:
    """A product of two factors is found again to 1 % of its entries; each topic has features of its own."""
    T, C = rng.random((15, 3)) + 0.05, np.kron(np.eye(3), np.ones(3)) + 0.02
    model = NMF(3, solver="emu", beta_loss=beta, tol=1e-9, max_iter=5000)
    np.testing.assert_allclose(model.fit_transform(T @ C) @ model.components_, T @ C, rtol=0.01)


@pytest.mark.parametrize("solver", SOLVERS)
def test_transform_repeats_the_fit(solver: str, X: np.ndarray) -> None:
    """Samples of the fit get the weights that fit_transform gave them, and inverse_transform makes X C of them."""
    model = NMF(4, solver=solver, random_state=0, tol=1e-4)
    T = model.fit_transform(X)
    np.testing.assert_allclose(model.transform(X), T, atol=1e-9)
    np.testing.assert_allclose(model.inverse_transform(T), T @ model.components_)
    np.testing.assert_allclose(model.inverse_transform(sp.csr_matrix(T)), T @ model.components_)


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [0.0, 0.01])
@pytest.mark.parametrize("form", [sp.csr_matrix, sp.csc_matrix, sp.csr_array, sp.csc_array])
@pytest.mark.parametrize("solver", SOLVERS)
def test_sparse_is_dense(solver: str, form: Any, alpha: float, X: np.ndarray) -> None:
    """The same topics and weights from X in any form, for the samples of the fit and for others."""
    X = np.where(X > 0.4, X, 0.0)
    options: dict[str, Any] = {"solver": solver, "init": "random", "random_state": 0, "alpha_W": alpha, "tol": 1e-3}
    dense, sparse = NMF(4, **options), NMF(4, **options)
    np.testing.assert_allclose(sparse.fit_transform(form(X)), dense.fit_transform(X), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(sparse.components_, dense.components_, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(sparse.transform(form(X[:5])), dense.transform(X[:5]), rtol=1e-7, atol=1e-9)
    assert sparse.reconstruction_err_ == pytest.approx(dense.reconstruction_err_, rel=1e-9)


@pytest.mark.parametrize("beta", [0.5, 1.0, 1.5])
def test_sparse_is_dense_for_divergences(beta: float, X: np.ndarray) -> None:
    """The same for losses that treat the entries that are zero apart."""
    X = np.where(X > 0.4, X, 0.0)
    options: dict[str, Any] = {"beta_loss": beta, "init": "random", "random_state": 0, "tol": 0, "max_iter": 50}
    dense, sparse = NMF(3, **options).fit(X), NMF(3, **options).fit(sp.csr_matrix(X))
    np.testing.assert_allclose(sparse.components_, dense.components_, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(sparse.transform(sp.csr_matrix(X)), dense.transform(X), rtol=1e-6, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("beta", [0.0, 0.2, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("solver", SOLVERS)
def test_the_loss_decreases_with_every_iteration(solver: str, beta: float, X: np.ndarray) -> None:
    """A few iterations more, from where the last ones ended, never raise the loss and its penalties."""
    if beta != 2 and solver not in MULTIPLICATIVE:
        return
    alpha = {0.0: 0.0}.get(beta, 0.05)
    H, W = (factor.T for factor in initialize(as_blocks(X.T.copy()), 4, "random", 3))
    losses = []
    for _ in range(15):
        model = NMF(4, solver=solver, beta_loss=beta, init="custom", max_iter=3, tol=0, alpha_W=alpha, l1_ratio=1.0)
        W = model.fit_transform(X, W=W, H=H)
        H = model.components_
        if beta == 0.2:
            Y = W @ H
            loss = ((X**beta + (beta - 1) * Y**beta - beta * X * Y ** (beta - 1)) / (beta * (beta - 1))).sum()
        else:
            loss = loss_of(X, W, H, LOSS_OF_BETA[beta])
        losses.append(loss + alpha * (10 * W.sum() + 12 * H.sum()))
    assert (np.diff(losses) <= 1e-9 * losses[0]).all()
    assert losses[-1] < 0.99 * losses[0]


@pytest.mark.parametrize("beta", [0, 0.5, 1, 1.5, 2])
def test_zeros_make_no_nan(beta: float, X: np.ndarray) -> None:
    """Itakura-Saito refuses zeros of X and takes next to nothing; the others take zeros, dense or sparse."""
    X = np.where(X > 0.4, X, 0.0)
    options: dict[str, Any] = {"beta_loss": beta, "init": "random", "random_state": 0, "tol": 0, "max_iter": 100}
    if beta == 0:
        with pytest.raises(ValueError, match="needs a V without zeros"):
            NMF(3, **options).fit(X)
        forms = [X + 1e-9]
    else:
        forms = [X, sp.csr_matrix(X)]
    for form in forms:
        model = NMF(3, **options)
        assert np.isfinite(model.fit_transform(form)).all()
        assert np.isfinite(model.components_).all()


def test_small_numbers_do_not_underflow(X: np.ndarray) -> None:
    """A matrix of tiny entries in 32 bits has the topics of the same matrix in another unit."""
    tiny, usual = (NMF(3, beta_loss=1, tol=0, max_iter=40).fit(X * unit) for unit in (1e-10, 1.0))
    np.testing.assert_allclose(tiny.components_ * 1e5, usual.components_, rtol=1e-6, atol=1e-12)
    assert np.isfinite(tiny.reconstruction_err_)


@pytest.mark.parametrize("solver", SOLVERS)
def test_what_penalties_do(solver: str, X: np.ndarray) -> None:
    """l1 makes weights zero, in both factors; l2 makes the squares of both smaller together."""
    options: dict[str, Any] = {"solver": solver, "random_state": 42, "tol": 1e-5}

    def fitted(**penalties: float) -> tuple[np.ndarray, np.ndarray]:
        model = NMF(3, **options, **penalties)
        return model.fit_transform(X), model.components_

    plain, sparse, even = fitted(), fitted(alpha_W=0.05, l1_ratio=1.0), fitted(alpha_W=0.5, l1_ratio=0.0)
    for before, after in zip(plain, sparse, strict=True):
        assert np.count_nonzero(after > 1e-9) < np.count_nonzero(before > 1e-9)
    assert sum(np.square(factor).sum() for factor in even) < sum(np.square(factor).sum() for factor in plain)


# ------------------------------------------------------------------------------------------------- init="custom"


@pytest.mark.parametrize("solver", SOLVERS)
def test_custom_initialization(solver: str, X: np.ndarray) -> None:
    """A fit from W and H begins there: from the end of another fit it changes next to nothing, and never gets worse."""
    first = NMF(3, solver=solver, init="random", random_state=1, max_iter=30, tol=0)
    T = first.fit_transform(X)
    went_on = NMF(3, solver=solver, init="custom", max_iter=1, tol=0).fit(X, W=T, H=first.components_)
    assert went_on.reconstruction_err_ <= first.reconstruction_err_ * (1 + 1e-12)
    assert went_on.reconstruction_err_ == pytest.approx(first.reconstruction_err_, rel=0.02)
    fresh = NMF(3, solver=solver, init="random", random_state=1, max_iter=1, tol=0).fit(X)
    assert went_on.reconstruction_err_ < fresh.reconstruction_err_
    assert not np.shares_memory(T, went_on.components_)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, r"init='custom' needs H of shape \(3, 10\)"),
        ({"H": np.ones((3, 10))}, r"init='custom' needs W of shape \(12, 3\)"),
        ({"W": np.ones((12, 2)), "H": np.ones((3, 10))}, r"W must have the shape \(12, 3\), not \(12, 2\)"),
        ({"W": np.ones((12, 3)), "H": np.ones((4, 10))}, r"H must have the shape \(3, 10\), not \(4, 10\)"),
        ({"W": np.ones((12, 3)), "H": -np.ones((3, 10))}, r"Negative values .* NMF \(input H\)"),
        ({"W": np.zeros((12, 3)), "H": np.ones((3, 10))}, "W must not be all zeros"),
        ({"W": np.ones((12, 3)), "H": np.full((3, 10), np.nan)}, "H contains NaN"),
        ({"W": np.ones((12, 3), dtype=np.float32), "H": np.ones((3, 10))}, "W must have the type of X, float64"),
        ({"W": np.ones((12, 3)), "H": np.ones((3, 10), dtype=np.float32)}, "H must have the type of X, float64"),
    ],
)
def test_custom_factors_that_do_not_fit(given: dict[str, Any], message: str, X: np.ndarray) -> None:
    """Missing ones, other shapes, signs and types are named by their argument."""
    with pytest.raises(ValueError, match=message):
        NMF(3, init="custom").fit(X, **given)


@pytest.mark.parametrize("automatic", ["auto", None])
def test_number_of_topics_left_open(automatic: str | None, X: np.ndarray) -> None:
    """It is that of H where one is given, otherwise the largest that X has."""
    assert NMF(automatic, tol=1e-2).fit(X).n_components_ == 10
    assert NMF(automatic, tol=1e-2).fit(X[:4]).n_components_ == 4
    model = NMF(automatic, init="custom", tol=1e-2).fit(X, W=np.ones((12, 3)), H=np.ones((3, 10)))
    assert model.n_components_ == 3
    assert model.get_feature_names_out().tolist() == ["nmf0", "nmf1", "nmf2"]


# ------------------------------------------------------------------------------------------------- types, smoke


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    ("given", "expected"),
    [(np.float32, np.float32), (np.float64, np.float64), (np.int32, np.float64), (np.int64, np.float64)],
)
def test_types(solver: str, given: type, expected: type, X: np.ndarray) -> None:
    """float32 stays what it is, all else becomes float64, in every result."""
    X = (10 * X).astype(given)
    model = NMF(3, solver=solver, tol=1e-2)
    results = [model.fit_transform(X), model.transform(X), model.components_, model.inverse_transform(X[:, :3])]
    assert {result.dtype for result in results} == {np.dtype(expected)}


@pytest.mark.parametrize("solver", SOLVERS)
def test_float32_and_float64_agree(solver: str, X: np.ndarray) -> None:
    """The same weights to 1e-5."""
    options: dict[str, Any] = {"solver": solver, "tol": 0, "max_iter": 30}
    narrow, wide = (NMF(3, **options).fit_transform(X.astype(dtype)) for dtype in (np.float32, np.float64))
    np.testing.assert_allclose(narrow, wide, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("init", STARTS)
@pytest.mark.parametrize("shape", [(30, 10), (10, 30)], ids=["tall", "wide"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_every_combination_runs(
    solver: str, shape: tuple[int, int], init: str | None, rng: np.random.Generator
) -> None:
    """More samples than features, and the other way round, with every solver and initialization."""
    if not usable(init, solver):
        return
    X = rng.random(shape)
    model = NMF(5, init=init, solver=solver, random_state=0, tol=1e-3)
    assert model.fit_transform(X).shape == (shape[0], 5)
    assert model.reconstruction_err_ < np.linalg.norm(X)
