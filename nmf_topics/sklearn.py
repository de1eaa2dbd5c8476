"""The factorization as a scikit-learn estimator, for pipelines and searches: `nmf_topics.sklearn.NMF`.

scikit-learn has pages in rows, X (n_samples x n_features) = V', so X ~ T C with T = H' and C = W': `components_` holds
the topics, and `transform` gives the weights of topics in each sample. Needs the extra [sklearn].
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.errors import MatrixError, MissingExtra
from nmf_topics.factor.factorize import Factorization, factorize
from nmf_topics.factor.init import INITIALIZATIONS
from nmf_topics.factor.objectives import Objective, beta_objective
from nmf_topics.factor.penalties import Penalties, Penalty
from nmf_topics.factor.project import project
from nmf_topics.factor.rules import RULES

try:
    from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.utils import check_array, check_random_state
    from sklearn.utils.validation import check_is_fitted, check_non_negative, validate_data
except ImportError as error:
    raise MissingExtra("scikit-learn", "sklearn", "nmf_topics.sklearn") from error

Array = NDArray[np.floating[Any]]

BETA_LOSSES = {"frobenius": 2.0, "kullback-leibler": 1.0, "itakura-saito": 0.0}
CUSTOM = "custom"
# Entries of X up to which float32 is factored in 64 bits: 32 bits cannot tell small decreases of the error from
# rounding, so a fit in them ends early where the error is small.
MAX_ENTRIES_IN_64_BITS = 20_000_000


class NMF(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Non-negative matrix factorization X ~ T C by the methods of nmf-topics, with the interface of scikit-learn.

    Parameters have the names that they have in `sklearn.decomposition.NMF` where they mean the same.

    Parameters
    ----------
    n_components : int from 1 to min(n_samples, n_features), the number of topics; None or "auto": the number of rows of
        H where that is given, otherwise min(n_samples, n_features)
    init : initialization, a name in `nmf_topics.factor.init.INITIALIZATIONS`, or "custom" for W and H given to `fit`.
        None: "nndsvda"; with an l1 penalty and a solver that is not multiplicative, the better of the fits from
        "nndsvda" and "nndsvd", as penalties make several local minima
    solver : a name in `nmf_topics.factor.rules.RULES`; None for the best one for the loss
    beta_loss : "frobenius", "kullback-leibler" or "itakura-saito", or a float from 0 to 2 as the beta of a beta
        divergence: 2, 1 and 0 are the three names
    tol : float >= 0, the mean relative decrease of the error per iteration below which the fit stops; 0 never stops
    max_iter : int >= 1, iterations at most
    random_state : int, RandomState or None, for initializations that are random
    alpha_W : float >= 0, penalty on the weights of samples, as in scikit-learn: to the loss, 1/2 ||X - T C||_F^2 or a
        divergence, is added alpha_W n_features (l1_ratio sum(T) + (1 - l1_ratio) / 2 ||T||_F^2)
    alpha_H : float >= 0 or "same" (as alpha_W), penalty on the topics, likewise alpha_H n_samples times that of C. A
        penalty on one of the two alone is refused, as the scale of the other makes up for it
    l1_ratio : float from 0 to 1; penalties on a divergence must have 1, and itakura-saito has none

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features), non-negative, the topics
    n_components_ : int
    n_features_in_ : int
    feature_names_in_ : ndarray of str, where X has names
    reconstruction_err_ : float, ||X - T C||_F, or the square root of twice the divergence, as in scikit-learn
    n_iter_ : int, iterations
    stop_reason_ : "converged", "certified", "exact" or "max_iter", as in `nmf_topics.Factorization`
    penalties_ : tuple of float, l1 and l2 on the weights of one sample

    Warns
    -----
    ConvergenceWarning
        if max_iter ends the fit and tol is above 0.

    Notes
    -----
    `transform` solves for the weights of each sample exactly, so a sample's answer does not depend on the others, and
    `fit_transform(X)` equals `fit(X).transform(X)`. There is no `partial_fit`: every iteration needs all samples.

    References
    ----------
    Those of `nmf_topics.factorize`.

    Examples
    --------
    >>> X = np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0], [2.0, 0.0, 4.0]])
    >>> model = NMF(n_components=2).fit(X)
    >>> np.allclose(model.inverse_transform(model.transform(X)), X, atol=1e-6)
    True
    """

    def __init__(
        self,
        n_components: int | str | None = 10,
        *,
        init: str | None = None,
        solver: str | None = None,
        beta_loss: str | float = "frobenius",
        tol: float = 1e-6,
        max_iter: int = 2000,
        random_state: Any = None,
        alpha_W: float = 0.0,
        alpha_H: float | str = "same",
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

    def fit(self, X: Any, y: None = None, W: Any = None, H: Any = None) -> NMF:
        """Find the topics of X; parameters and errors are those of `fit_transform`.

        Returns
        -------
        the estimator itself
        """
        self.fit_transform(X, W=W, H=H)
        return self

    def fit_transform(self, X: Any, y: None = None, W: Any = None, H: Any = None) -> Array:
        """Find the topics of X and their weights in each sample; equals `fit(X).transform(X)`, at the cost of `fit`.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features), non-negative
        y : ignored
        W : array of shape (n_samples, n_components), where to begin with init="custom"
        H : array of shape (n_components, n_features), likewise

        Returns
        -------
        ndarray of shape (n_samples, n_components)

        Raises
        ------
        ValueError
            if X or a parameter cannot be used; the message names the parameter.
        """
        X = self._validated(X, reset=True)
        self._check_parameters()
        goal = self._objective()
        rank = self._rank(X, H)
        entries = X.nnz if sp.issparse(X) else X.size
        wide = X.astype(np.float64, copy=False) if entries <= MAX_ENTRIES_IN_64_BITS else X
        result = self._best_fit(wide, rank, goal, self._starts(X, rank, goal, W, H))
        self.components_ = np.array(result.W.T, order="C", dtype=X.dtype)
        self.n_components_ = len(self.components_)
        self.n_iter_ = len(result.trace)
        self.stop_reason_ = result.stop_reason
        self.penalties_ = result.penalties.H.l1, result.penalties.H.l2
        if result.stop_reason == "max_iter" and self.tol > 0:
            warnings.warn(
                f"the fit did not converge within max_iter={self.max_iter} iterations; raise max_iter or tol",
                ConvergenceWarning,
                stacklevel=2,
            )
        T, errors = self._weights(X)
        self.reconstruction_err_ = self._distance(X, errors)
        return T

    def transform(self, X: Any) -> Array:
        """The weights of the topics in new samples.

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

    def inverse_transform(self, X: Any) -> Array:
        """The samples that weights stand for, X C.

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

    def __getattr__(self, name: str) -> Any:
        if name == "partial_fit":
            raise AttributeError(
                "this NMF has no partial_fit, as every iteration needs all samples; use fit, or nmf_topics.factorize "
                "with blocks of V on disk where X does not fit into memory"
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def _n_features_out(self) -> int:
        return int(self.n_components_)

    def _check_parameters(self) -> None:
        """Raise a ValueError that names every parameter with a wrong type or value."""
        if problems := list(self._problems()):
            raise ValueError("; ".join(problems))

    def _problems(self) -> Iterator[str]:
        """What is wrong with the parameters, whatever X is."""
        if not (_is_int(self.n_components) or self.n_components is None or self.n_components == "auto"):
            yield f"n_components must be a whole number, 'auto' or None, not {self.n_components!r}"
        elif _is_int(self.n_components) and self.n_components < 1:  # type: ignore[operator]
            yield f"n_components must be at least 1, not {self.n_components}"
        if not _is_int(self.max_iter) or self.max_iter < 1:
            yield f"max_iter must be a whole number of 1 or more, not {self.max_iter!r}"
        for name in ("tol", "alpha_W", "alpha_H", "l1_ratio"):
            value = getattr(self, name)
            if name == "alpha_H" and isinstance(value, str) and value == "same":
                continue
            or_same = " or 'same'" if name == "alpha_H" else ""
            if not _is_number(value) or not 0 <= value < math.inf:
                yield f"{name} must be a number of 0 or more{or_same}, not {value!r}"
            elif name == "l1_ratio" and value > 1:
                yield f"l1_ratio must be from 0 to 1, not {value}"
        yield from self._problems_of_names()

    def _problems_of_names(self) -> Iterator[str]:
        """What is wrong with the loss, the solver and the initialization."""
        starts = [*INITIALIZATIONS, CUSTOM]
        if not (self.init is None or (isinstance(self.init, str) and self.init in starts)):
            yield f"init must be None or one of {', '.join(starts)}, not {self.init!r}"
        known = self.solver is None or (isinstance(self.solver, str) and self.solver in RULES)
        if not known:
            yield f"solver must be None or one of {', '.join(RULES)}, not {self.solver!r}"
        if isinstance(self.beta_loss, str) and self.beta_loss not in BETA_LOSSES:
            yield f"beta_loss must be one of {', '.join(BETA_LOSSES)} or a number, not {self.beta_loss!r}"
            return
        if not isinstance(self.beta_loss, str) and not (_is_number(self.beta_loss) and 0 <= self.beta_loss <= 2):
            yield f"beta_loss must be a number from 0 to 2 or a name, not {self.beta_loss!r}"
            return
        try:
            goal = self._objective()
        except MatrixError as wrong:
            yield f"beta_loss={self.beta_loss!r}: {wrong}"
            return
        if known and self.solver is not None and self.solver not in goal.rules:
            yield (
                f"solver={self.solver!r} cannot minimise beta_loss={self.beta_loss!r}; choose from "
                f"{', '.join(goal.rules)}"
            )
        elif known and self.init == "nndsvd" and RULES[self.solver or goal.rule].multiplicative:
            yield (
                f"solver={self.solver or goal.rule!r} cannot leave the zeros of init='nndsvd'; use 'nndsvda' or "
                f"'nndsvdar'"
            )

    def _objective(self) -> Objective:
        """The loss that `beta_loss` names."""
        beta = self.beta_loss
        return beta_objective(float(BETA_LOSSES[beta] if isinstance(beta, str) else beta))

    def _rank(self, X: Any, H: Any) -> int:
        """The number of topics of X."""
        most = min(X.shape)
        if self.n_components is None or self.n_components == "auto":
            given = np.shape(H)[:1] if self.init == CUSTOM and H is not None else ()
            return int(given[0]) if given else most
        rank = int(self.n_components)
        if rank > most:
            raise ValueError(
                f"n_components={rank} is larger than min(n_samples, n_features) of X with n_samples={X.shape[0]} and "
                f"n_features={X.shape[1]}; choose at most {most}"
            )
        return rank

    def _starts(self, X: Any, rank: int, goal: Objective, W: Any, H: Any) -> list[str | tuple[Array, Array]]:
        """The initializations to fit from, as `factorize` takes them."""
        if self.init == CUSTOM:
            return [(_custom("H", H, (rank, X.shape[1]), X).T, _custom("W", W, (X.shape[0], rank), X).T)]
        if W is not None or H is not None:
            warnings.warn("W and H are not used, as init is not 'custom'", RuntimeWarning, stacklevel=4)
        if self.init is not None:
            return [self.init]
        several = self.alpha_W > 0 and self.l1_ratio > 0 and not RULES[self.solver or goal.rule].multiplicative
        return [goal.init, "nndsvd"] if several else [goal.init]

    def _penalties(self, X: Any, goal: Objective) -> Penalties:
        """The penalties on V ~ W H, that is X' ~ C' T', as absolute weights."""
        alpha_W = float(self.alpha_W)
        alpha_H = alpha_W if isinstance(self.alpha_H, str) else float(self.alpha_H)
        units = goal.penalty_units(1.0, 1)
        if (alpha_W > 0) != (alpha_H > 0):
            one, other = ("alpha_W", "alpha_H") if alpha_W > 0 else ("alpha_H", "alpha_W")
            raise ValueError(f"{one} without {other} has no effect, as the scale of the other factor makes up for it")
        if alpha_W > 0 and units.l1 is None:
            raise ValueError(f"alpha_W and alpha_H must be 0 with beta_loss={self.beta_loss!r}")
        if alpha_W > 0 and units.l2 is None and self.l1_ratio < 1:
            raise ValueError(f"l1_ratio must be 1 with penalties and beta_loss={self.beta_loss!r}, not {self.l1_ratio}")
        n_samples, n_features = X.shape
        l1, l2 = float(self.l1_ratio), 1 - float(self.l1_ratio)
        return Penalties(
            W=Penalty(n_samples * alpha_H * l1, n_samples * alpha_H * l2),
            H=Penalty(n_features * alpha_W * l1, n_features * alpha_W * l2),
        )

    # ------------------------------------------------------------------------------------------- the fit

    def _validated(self, X: Any, *, reset: bool) -> Any:
        X = validate_data(self, X, reset=reset, accept_sparse=("csr", "csc"), dtype=[np.float64, np.float32], order="C")
        check_non_negative(X, "NMF")
        return X

    def _best_fit(self, X: Any, rank: int, goal: Objective, starts: list[str | tuple[Array, Array]]) -> Factorization:
        """The fit from one of these initializations that minimises the loss and its penalties best."""
        penalties = self._penalties(X, goal)
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        results = []
        for start in starts:
            try:
                results.append(
                    factorize(
                        X.T,
                        rank,
                        objective=goal,
                        rule=self.solver,
                        start=start,
                        seed=seed,
                        tolerance=self.tol,
                        max_iter=self.max_iter,
                        penalties=penalties,
                    )
                )
            except MatrixError as wrong:
                raise ValueError(str(wrong)) from wrong
        return min(results, key=lambda result: result.trace[-1])

    def _weights(self, X: Any) -> tuple[Array, Array]:
        """T and each sample's relative error, in the type of X."""
        l1, l2 = self.penalties_
        try:
            H, errors = project(X.T, self.components_.T, objective=self._objective(), rule=self.solver, l1=l1, l2=l2)
        except MatrixError as wrong:
            raise ValueError(str(wrong)) from wrong
        return np.ascontiguousarray(H.T, dtype=X.dtype), errors

    def _distance(self, X: Any, errors: Array) -> float:
        """scikit-learn's measure of the error of all samples, from the relative error of each."""
        goal = self._objective()
        loss = float(np.nansum(goal.losses(goal.page_sizes(X.T.tocsc() if sp.issparse(X) else X.T), errors)))
        return math.sqrt(loss if goal.squared else 2 * loss)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.positive_only = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _is_int(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _custom(name: str, factor: Any, shape: tuple[int, int], X: Any) -> Array:
    """A factor that was given for init="custom", checked."""
    if factor is None:
        raise ValueError(f"init='custom' needs {name} of shape {shape}")
    factor = check_array(factor, dtype=[np.float64, np.float32], input_name=name)
    check_non_negative(factor, f"NMF (input {name})")
    if factor.shape != shape:
        raise ValueError(f"{name} must have the shape {shape}, not {factor.shape}")
    if not factor.any():
        raise ValueError(f"{name} must not be all zeros")
    if factor.dtype != X.dtype:
        raise ValueError(f"{name} must have the type of X, {X.dtype}, not {factor.dtype}")
    return np.asarray(factor)
