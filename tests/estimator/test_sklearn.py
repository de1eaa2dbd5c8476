"""The estimator of scikit-learn: its own checks, pipelines, and the same answers as the factorization itself."""

from __future__ import annotations

import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from nmf_topics.factor.factorize import factorize

with warnings.catch_warnings():  # of packages that it imports
    warnings.simplefilter("ignore")
    pytest.importorskip("sklearn")
    from inputs import TINY
    from sklearn.base import clone
    from sklearn.decomposition import NMF as Theirs
    from sklearn.exceptions import ConvergenceWarning, NotFittedError
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.utils.estimator_checks import parametrize_with_checks

    from nmf_topics.sklearn import NMF

NEEDS_ENVIRONMENT = {"check_array_api_input": "needs SCIPY_ARRAY_API to be set before scipy is imported"}


@pytest.fixture
def X(rng: np.random.Generator) -> np.ndarray:
    """40 samples of 25 features, made of four topics and some noise."""
    return rng.random((40, 4)) ** 3 @ rng.random((4, 25)) ** 3 + 0.01 * rng.random((40, 25))


@pytest.mark.slow
@parametrize_with_checks([NMF(n_components=2), NMF(n_components=2, beta_loss="kullback-leibler", init="random")])
def test_checks_of_scikit_learn(estimator: Any, check: Any) -> None:
    """scikit-learn's own list of what an estimator must do."""
    if check.func.__name__ in NEEDS_ENVIRONMENT:
        pytest.skip(NEEDS_ENVIRONMENT[check.func.__name__])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        check(estimator)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix, sp.csc_array])
def test_is_the_factorization_of_the_transpose(form: Any, X: np.ndarray) -> None:
    """Samples are pages: the topics are those that `factorize` finds in X'."""
    model = NMF(n_components=4, random_state=0)
    model.fit(form(X))
    expected = factorize(X.T, 4)
    np.testing.assert_allclose(model.components_, expected.W.T, rtol=1e-6, atol=1e-12)
    assert model.n_iter_ == len(expected.trace)
    assert model.stop_reason_ == expected.stop_reason


@pytest.mark.parametrize("loss", ["frobenius", "kullback-leibler"])
def test_error_is_measured_as_scikit_learn_does(loss: str, X: np.ndarray) -> None:
    """`reconstruction_err_` is that of their estimator on the same factors, and not above theirs after its own fit."""
    ours = NMF(n_components=4, beta_loss=loss)
    T = ours.fit_transform(X)
    WH = ours.inverse_transform(T)
    square = {"frobenius": ((X - WH) ** 2).sum(), "kullback-leibler": 2 * (X * np.log(X / WH) - X + WH).sum()}[loss]
    assert ours.reconstruction_err_ == pytest.approx(np.sqrt(square), rel=1e-9)
    theirs = Theirs(4, solver="mu", beta_loss=loss, init="nndsvda", max_iter=400).fit(X)
    assert ours.reconstruction_err_ <= theirs.reconstruction_err_ * 1.001


@pytest.mark.parametrize("loss", ["frobenius", "kullback-leibler"])
@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
def test_penalties_are_those_of_scikit_learn(loss: str, l1_ratio: float, X: np.ndarray) -> None:
    """From one start, penalties and all, as low as scikit-learn comes; a sample of the fit gets its weights back."""
    if loss != "frobenius" and l1_ratio < 1:
        with pytest.raises(
            ValueError, match=f"l1_ratio must be 1 with penalties and beta_loss='{loss}', not {l1_ratio}"
        ):
            NMF(n_components=4, beta_loss=loss, alpha_W=0.01, l1_ratio=l1_ratio).fit(X)
        return
    penalties = {"alpha_W": 0.002, "alpha_H": 0.004, "l1_ratio": l1_ratio}

    def reached(T: np.ndarray, C: np.ndarray) -> float:
        TC, (n, m) = T @ C, X.shape
        error = np.square(X - TC).sum() / 2 if loss == "frobenius" else (X * np.log(X / TC) - X + TC).sum()
        for factor, alpha in ((T, 0.002 * m), (C, 0.004 * n)):
            error += alpha * (l1_ratio * factor.sum() + (1 - l1_ratio) / 2 * np.square(factor).sum())
        return float(error)

    ours = NMF(n_components=4, beta_loss=loss, tol=1e-9, max_iter=5000, **penalties)
    T = ours.fit_transform(X)
    theirs = Theirs(4, solver="mu", beta_loss=loss, init="nndsvda", tol=1e-7, max_iter=5000, **penalties)
    of_theirs = reached(theirs.fit_transform(X), theirs.components_)
    assert reached(T, ours.components_) == pytest.approx(of_theirs, rel=1e-3)
    np.testing.assert_allclose(ours.transform(X), T, rtol=1e-9, atol=1e-12)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # of theirs
@pytest.mark.parametrize("alpha", [0.01, 0.05])
def test_strong_penalties_end_as_low_as_those_of_scikit_learn(alpha: float) -> None:
    """They make several minima: on ten matrices the one found is never more than 1 % above that of their default."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        X = rng.random((40, 4)) ** 3 @ rng.random((4, 25)) ** 3 + 0.01 * rng.random((40, 25))
        penalties: dict[str, Any] = {"alpha_W": alpha, "l1_ratio": 1.0, "random_state": 0}
        found = []
        for estimator in (NMF(4, **penalties), Theirs(4, max_iter=5000, tol=1e-7, **penalties)):
            T = estimator.fit_transform(X)
            C = estimator.components_
            found.append(np.square(X - T @ C).sum() / 2 + alpha * (25 * T.sum() + 40 * C.sum()))
        assert found[0] <= 1.01 * found[1], seed


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # of theirs
def test_float32_ends_where_float64_does(X: np.ndarray) -> None:
    """The error in 32 bits is that in 64 bits to 1e-6, and near scikit-learn's; results are in 32 bits."""
    X = X.astype(np.float32)
    narrow, wide = NMF(4).fit(X), NMF(4).fit(X.astype(np.float64))
    assert narrow.components_.dtype == narrow.transform(X).dtype == np.float32
    assert narrow.reconstruction_err_ == pytest.approx(wide.reconstruction_err_, rel=1e-6)
    theirs = Theirs(4, init="nndsvda", max_iter=2000, tol=1e-7).fit(X)
    assert narrow.reconstruction_err_ <= theirs.reconstruction_err_ * (1 + 1e-4)


def test_no_partial_fit(X: np.ndarray) -> None:
    """It is refused with a reason, and `hasattr` says that there is none."""
    model = NMF(3)
    assert not hasattr(model, "partial_fit")
    with pytest.raises(AttributeError, match="no partial_fit, as every iteration needs all samples"):
        model.partial_fit(X)
    with pytest.raises(AttributeError, match="'NMF' object has no attribute 'fitt'"):
        model.fitt(X)


def test_transform_gives_the_samples_of_the_fit_their_weights_back(X: np.ndarray) -> None:
    """And each sample's answer is its own, whatever comes with it."""
    model = NMF(n_components=4)
    T = model.fit_transform(X)
    np.testing.assert_allclose(model.transform(X), T, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(model.transform(X[7:8]), T[7:8], rtol=1e-9, atol=1e-12)
    assert (T >= 0).all()


def test_random_state_is_the_seed(X: np.ndarray) -> None:
    """The same state gives the same topics, another gives others."""
    fits = [NMF(n_components=3, init="random", max_iter=5, tol=0, random_state=s).fit(X).components_ for s in (1, 1, 2)]
    np.testing.assert_array_equal(fits[0], fits[1])
    assert not np.allclose(fits[0], fits[2])


def test_stands_in_a_pipeline_and_in_a_search() -> None:
    """Text to weights to a classifier, its rank chosen by cross-validation."""
    texts = [text for subject in TINY.values() for text in subject]
    labels = [label for label, subject in TINY.items() for _ in subject]
    pipeline = make_pipeline(TfidfVectorizer(stop_words="english"), NMF(), LogisticRegression(C=100.0))
    search = GridSearchCV(pipeline, {"nmf__n_components": [1, 3]}, cv=2).fit(texts, labels)
    assert search.best_params_ == {"nmf__n_components": 3}
    assert search.predict(["the rocket flew around the moon"]) == ["space"]
    names = search.best_estimator_[:-1].get_feature_names_out()
    assert names.tolist() == ["nmf0", "nmf1", "nmf2"]
    assert clone(search.best_estimator_).get_params()["nmf__n_components"] == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_components": 0}, "n_components must be at least 1, not 0"),
        ({"n_components": 2.5}, "n_components must be a whole number, 'auto' or None, not 2.5"),
        ({"n_components": True}, "n_components must be a whole number, 'auto' or None, not True"),
        ({"n_components": 26}, "n_components=26 is larger than .* n_samples=40 and n_features=25; choose at most 25"),
        ({"solver": "cd"}, "solver must be None or one of mu, amu, hals, emu, ehals, not 'cd'"),
        ({"solver": ["mu"]}, r"solver must be None or one of .*, not \['mu'\]"),
        ({"init": "svd"}, "init must be None or one of random, nndsvd, nndsvda, nndsvdar, custom, not 'svd'"),
        ({"init": 1}, "init must be None or one of .*, not 1"),
        ({"init": "nndsvd", "solver": "mu"}, "solver='mu' cannot leave the zeros of init='nndsvd'"),
        ({"beta_loss": "is"}, "beta_loss must be one of frobenius, .* or a number, not 'is'"),
        ({"beta_loss": 3}, "beta_loss must be a number from 0 to 2 or a name, not 3"),
        ({"beta_loss": None}, "beta_loss must be a number from 0 to 2 or a name, not None"),
        ({"beta_loss": 1.001}, "beta_loss=1.001: the power of a beta divergence must be"),
        ({"tol": -1.0}, "tol must be a number of 0 or more, not -1.0"),
        ({"tol": "small"}, "tol must be a number of 0 or more, not 'small'"),
        ({"max_iter": 0}, "max_iter must be a whole number of 1 or more, not 0"),
        ({"max_iter": 5.0}, "max_iter must be a whole number of 1 or more, not 5.0"),
        ({"alpha_W": 0.1, "alpha_H": 0.0}, "alpha_W without alpha_H has no effect"),
        ({"alpha_W": 0.0, "alpha_H": 0.1}, "alpha_H without alpha_W has no effect"),
        ({"alpha_W": -0.1}, "alpha_W must be a number of 0 or more, not -0.1"),
        ({"alpha_W": float("nan")}, "alpha_W must be a number of 0 or more, not nan"),
        ({"alpha_W": "same"}, "alpha_W must be a number of 0 or more, not 'same'"),
        ({"alpha_H": "other"}, "alpha_H must be a number of 0 or more or 'same', not 'other'"),
        ({"l1_ratio": 2.0}, "l1_ratio must be from 0 to 1, not 2.0"),
        ({"beta_loss": 0, "alpha_W": 0.1}, "alpha_W and alpha_H must be 0 with beta_loss=0"),
        ({"beta_loss": "kullback-leibler", "solver": "hals"}, "solver='hals' cannot minimise beta_loss='kullback"),
        ({"tol": -1, "max_iter": 0, "solver": "x"}, "max_iter must .*; tol must .*; solver must "),
    ],
)
def test_parameters_that_make_no_sense(options: dict[str, Any], message: str, X: np.ndarray) -> None:
    """They are a ValueError, as scikit-learn's users expect."""
    with pytest.raises(ValueError, match=message):
        NMF(**options).fit(X)


def test_data_that_make_no_sense(X: np.ndarray) -> None:
    """Negative entries and other features are a ValueError, use before the fit is scikit-learn's own error."""
    with pytest.raises(ValueError, match="Negative"):
        NMF(n_components=2).fit(X - 1)
    with pytest.raises(ValueError, match="holds only zeros"):
        NMF(n_components=2).fit(np.zeros((4, 3)))
    with pytest.raises(NotFittedError):
        NMF().transform(X)
    with pytest.raises(ValueError, match="features"):
        NMF(n_components=2).fit(X).transform(X[:, :5])


def test_without_scikit_learn_it_says_what_to_install() -> None:
    """The message names the extra."""
    program = "import sys; sys.modules['sklearn'] = None; sys.modules['sklearn.base'] = None; import nmf_topics.sklearn"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install 'nmf-topics[sklearn]'" in done.stderr
