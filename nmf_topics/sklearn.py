"""The factorization as an estimator of scikit-learn, for pipelines and searches: `nmf_topics.sklearn.NMF`.

scikit-learn has pages in rows, X (n_samples x n_features) = V', so X ~ T C with T = H' and C = W': `components_` holds
the topics, `transform` gives each sample's weights of them. Needs the extra [sklearn].
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.errors import MatrixError, MissingExtra
from nmf_topics.factor.factorize import factorize
from nmf_topics.factor.project import project

try:
    from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
    from sklearn.utils import check_array, check_random_state
    from sklearn.utils.validation import check_is_fitted, check_non_negative, validate_data
except ImportError as error:
    raise MissingExtra("scikit-learn", "sklearn", "nmf_topics.sklearn") from error

_OBJECTIVES = {"frobenius": "frobenius", "kullback-leibler": "kl"}


class NMF(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Non-negative matrix factorization X ~ T C by the methods of nmf-topics, with the interface of scikit-learn.

    Parameters have the names that they have in `sklearn.decomposition.NMF` where they mean the same.

    Parameters
    ----------
    n_components : int >= 1, the number of topics
    init : a name in `nmf_topics.factor.starts.STARTS`
    solver : a name in `nmf_topics.factor.rules.RULES`; None for the rule that is best for the loss
    beta_loss : "frobenius" or "kullback-leibler"
    tol : float >= 0, the mean relative fall of the error per iteration below which the fit stops; 0 never stops
    max_iter : int >= 1
    random_state : int, RandomState or None, for starts that are random
    alpha_W : float >= 0, penalty on the weights of samples, as in scikit-learn: beside 1/2 ||X - T C||_F^2 stands
        alpha_W n_features (l1_ratio sum(T) + (1 - l1_ratio) / 2 ||T||_F^2)
    alpha_H : float >= 0 or "same" (as alpha_W), penalty on the topics, in the same way with alpha_H n_samples and C. A
        penalty on one of the two alone is refused: the scale of the other makes up for it
    l1_ratio : float from 0 to 1; with beta_loss "kullback-leibler" a penalty must be of 1

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features), non-negative
    n_components_ : int
    n_features_in_ : int
    feature_names_in_ : ndarray of str, where X has names
    reconstruction_err_ : float, ||X - T C||_F, or the square root of twice the divergence, as scikit-learn gives it
    n_iter_ : int
    stopped_ : str, why the fit ended
    penalties_ : tuple of float, what a sample pays for the sum and for half the squares of its weights

    Notes
    -----
    `transform` solves for each sample's weights exactly, so a sample's answer does not depend on the others, and
    `fit_transform(X)` is `fit(X).transform(X)`.

    Examples
    --------
    >>> X = np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0], [2.0, 0.0, 4.0]])
    >>> model = NMF(n_components=2).fit(X)
    >>> np.allclose(model.inverse_transform(model.transform(X)), X, atol=1e-6)
    True
    """

    def __init__(
        self,
        n_components: int = 10,
        *,
        init: str = "nndsvda",
        solver: str | None = None,
        beta_loss: str = "frobenius",
        tol: float = 1e-6,
        max_iter: int = 2000,
        random_state: Any = None,
        alpha_W: float = 0.0,
        alpha_H: Any = "same",
        l1_ratio: float = 0.0,
    ) -> None:
        self.n_components = n_components
        self.init = init
        self.solver = solver
        self.beta_loss = beta_loss
        self.tol = tol
        self.max_iter = max_iter
        self.random_state = random_state
        self.alpha_W = alpha_W
        self.alpha_H = alpha_H
        self.l1_ratio = l1_ratio

    def fit(self, X: Any, y: None = None) -> NMF:
        """Find the topics of X.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features), non-negative
        y : ignored

        Returns
        -------
        the estimator itself

        Raises
        ------
        ValueError
            if X or a parameter cannot be used.
        """
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Any, y: None = None) -> NDArray[np.floating[Any]]:
        """Find the topics of X and give each sample's weights of them; as `fit(X).transform(X)`, at the cost of one.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features), non-negative
        y : ignored

        Returns
        -------
        ndarray of shape (n_samples, n_components)

        Raises
        ------
        ValueError
            if X or a parameter cannot be used.
        """
        X = self._validated(X, reset=True)
        if self.beta_loss not in _OBJECTIVES:
            raise ValueError(f"no beta_loss {self.beta_loss!r}; there are {', '.join(_OBJECTIVES)}")
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        try:
            result = factorize(
                X.T,
                self.n_components,
                objective=_OBJECTIVES[self.beta_loss],
                rule=self.solver,
                start=self.init,
                seed=seed,
                tolerance=self.tol,
                max_iter=self.max_iter,
                **self._strengths(X),
            )
        except MatrixError as error:
            raise ValueError(str(error)) from error
        self.components_ = np.array(result.W.T, order="C")
        self.n_components_ = len(self.components_)
        self.n_iter_ = len(result.trace)
        self.stopped_ = result.stop_reason
        self.penalties_ = result.penalties.H.l1, result.penalties.H.l2
        T, errors = self._weights(X)
        self.reconstruction_err_ = self._distance(X, errors)
        return T

    def transform(self, X: Any) -> NDArray[np.floating[Any]]:
        """Weights of the topics in new samples.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features), non-negative

        Returns
        -------
        ndarray of shape (n_samples, n_components)

        Raises
        ------
        ValueError
            if X cannot be used, or has other features than that of the fit.
        """
        check_is_fitted(self)
        return self._weights(self._validated(X, reset=False))[0]

    def inverse_transform(self, X: Any) -> NDArray[np.floating[Any]]:
        """Samples from their weights, X C.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_components), the weights

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        X = check_array(X, accept_sparse=True, dtype=[np.float64, np.float32])
        return np.asarray(X @ self.components_)

    @property
    def _n_features_out(self) -> int:
        return int(self.n_components_)

    def _validated(self, X: Any, *, reset: bool) -> Any:
        X = validate_data(self, X, reset=reset, accept_sparse=("csr", "csc"), dtype=[np.float64, np.float32], order="C")
        check_non_negative(X, "NMF")
        return X

    def _strengths(self, X: Any) -> dict[str, Any]:
        """Penalties as `factorize` takes them, without a unit, from scikit-learn's."""
        if not 0 <= self.l1_ratio <= 1:
            raise ValueError(f"l1_ratio must be from 0 to 1, not {self.l1_ratio}")
        alpha_H = self.alpha_W if self.alpha_H == "same" else self.alpha_H
        n, m = X.shape
        if self.beta_loss == "frobenius":
            size = float(np.sqrt(np.square(X.data if sp.issparse(X) else X, dtype=np.float64).sum() / n)) or 1.0
            of_l1, of_l2 = size**1.5, size
        else:
            of_l1 = of_l2 = math.sqrt(float(X.sum(dtype=np.float64)) / n) or 1.0
        l1, l2 = self.l1_ratio / of_l1, (1 - self.l1_ratio) / of_l2
        return {
            "l1_words": alpha_H * l1,
            "l2_words": alpha_H * l2,
            "l1_pages": self.alpha_W * m * l1,
            "l2_pages": self.alpha_W * m * l2,
        }

    def _weights(self, X: Any) -> tuple[Any, Any]:
        """T and each sample's relative error, in the type of X."""
        how: dict[str, Any] = {"objective": _OBJECTIVES[self.beta_loss], "rule": self.solver}
        l1, l2 = self.penalties_
        try:
            H, errors = project(X.T, self.components_.T, **how, l1=l1, l2=l2)
        except MatrixError as error:
            raise ValueError(str(error)) from error
        return np.ascontiguousarray(H.T, dtype=X.dtype), errors

    def _distance(self, X: Any, errors: Any) -> float:
        """From the relative error of each sample to scikit-learn's measure of all."""
        if self.beta_loss == "frobenius":
            squares = X.multiply(X) if sp.issparse(X) else np.square(X)
            sizes = np.asarray(squares.sum(axis=1), dtype=np.float64).ravel()
            return math.sqrt(np.nansum(sizes * errors**2))
        sizes = np.asarray(X.sum(axis=1), dtype=np.float64).ravel()
        return math.sqrt(2 * np.nansum(sizes * errors))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.positive_only = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
