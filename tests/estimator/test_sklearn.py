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
    from sklearn.exceptions import NotFittedError
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


@parametrize_with_checks([NMF(n_components=3), NMF(n_components=2, beta_loss="kullback-leibler", init="random")])
def test_checks_of_scikit_learn(estimator: Any, check: Any) -> None:
    """scikit-learn's own list of what an estimator must do."""
    if check.func.__name__ in NEEDS_ENVIRONMENT:
        pytest.skip(NEEDS_ENVIRONMENT[check.func.__name__])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        check(estimator)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix, sp.csc_array])
def test_is_the_factorization_of_the_transpose(form: Any, X: np.ndarray) -> None:
    """Samples are pages: the topics are those that `factorize` finds in X'."""
    model = NMF(n_components=4, random_state=0)
    model.fit(form(X))
    expected = factorize(X.T, 4)
    np.testing.assert_allclose(model.components_, expected.W.T, rtol=1e-6, atol=1e-12)
    assert model.n_iter_ == len(expected.trace)
    assert model.stopped_ == expected.stop_reason


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
        with pytest.raises(ValueError, match="l2 penalties are for least squares"):
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


def test_transform_gives_the_samples_of_the_fit_their_weights_back(X: np.ndarray) -> None:
    """And each sample's answer is its own, whatever comes with it."""
    model = NMF(n_components=4)
    T = model.fit_transform(X)
    np.testing.assert_allclose(model.transform(X), T, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(model.transform(X[7:8]), T[7:8], rtol=1e-9, atol=1e-12)
    assert (T >= 0).all()


def test_random_state_is_the_seed(X: np.ndarray) -> None:
    """The same state gives the same topics, another gives others."""
    fits = [NMF(n_components=3, init="random", max_iter=5, random_state=s).fit(X).components_ for s in (1, 1, 2)]
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
        ({"n_components": 0}, "rank must be at least 1"),
        ({"solver": "cd"}, "no rule 'cd'"),
        ({"init": "custom"}, "no start 'custom'"),
        ({"beta_loss": "itakura-saito"}, "no beta_loss 'itakura-saito'"),
        ({"tol": -1.0}, "tolerance must be 0 or more"),
        ({"max_iter": 0}, "max_iter must be at least 1"),
        ({"alpha_W": 0.1, "alpha_H": 0.0, "l1_ratio": 1.0}, "a penalty on pages alone has no effect"),
        ({"alpha_W": -0.1}, "must be 0 or more"),
        ({"l1_ratio": 2.0}, "l1_ratio must be from 0 to 1"),
        ({"beta_loss": "kullback-leibler", "solver": "hals"}, "'hals' is for least squares"),
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
