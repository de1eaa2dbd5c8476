"""Extrapolation: begin an iteration beyond the last result, in the direction of the last step.

An update that moved X_last to X usually goes on in much the same direction. An extrapolated iteration therefore begins
at X + beta (X - X_last). Its result is kept only where the objective has decreased by more than its rounding error;
otherwise the iteration is undone, the next one is plain, and beta becomes smaller. So the objective never grows,
whatever the update rule.

References
----------
Ang & Gillis, Accelerating nonnegative matrix factorization algorithms using extrapolation, Neural Computation 31 (2019)
417-439, section 3 (least squares; the schedule of beta and its values); Hien, Leplat & Gillis, Block majorization
minimization with extrapolation and application to beta-NMF, arXiv:2401.06646 (2024) (divergences).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from nmf_topics.factor.blocks import Array

INITIAL_BETA, INITIAL_BOUND = 0.5, 1.0
SHRINK, GROW, GROW_BOUND = 1.5, 1.05, 1.01
ROUNDING = 4  # machine epsilons, relative to the size of V, by which a computed objective may be wrong

PREFIX = "extrapolation_"  # of the names in a checkpoint
SCHEDULE = "schedule"
STARTS = ("W_start", "H_start", "W_last", "H_last")


class Extrapolation(NamedTuple):
    """What an extrapolated iteration has to know of the iterations before it.

    Attributes
    ----------
    beta : float, how far to extrapolate
    bound : float, the largest beta that is tried; it grows slowly
    accepted_beta : float, beta before the last accepted iteration
    W_start : ndarray of shape (m, r), W from which the next iteration begins; None: it begins at the state's own W
    H_start : ndarray of shape (r, n), the same for H
    W_last : ndarray of shape (m, r), W before it was extrapolated
    H_last : ndarray of shape (r, n), H before it was extrapolated
    """

    beta: float = INITIAL_BETA
    bound: float = INITIAL_BOUND
    accepted_beta: float = INITIAL_BETA
    W_start: Array | None = None
    H_start: Array | None = None
    W_last: Array | None = None
    H_last: Array | None = None

    def grow_beta(self) -> Extrapolation:
        """The schedule after an accepted iteration, without starting points."""
        return Extrapolation(min(self.bound, GROW * self.beta), min(1.0, GROW_BOUND * self.bound), self.beta)

    def shrink_beta(self) -> Extrapolation:
        """The schedule after an iteration that was undone, without starting points."""
        return Extrapolation(self.beta / SHRINK, self.accepted_beta, self.accepted_beta)

    def to_arrays(self) -> dict[str, Array]:
        """All fields that are set, as arrays by name."""
        arrays = {SCHEDULE: np.array([self.beta, self.bound, self.accepted_beta])}
        arrays |= {name: array for name in STARTS if (array := getattr(self, name)) is not None}
        return {PREFIX + name: array for name, array in arrays.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> Extrapolation:
        """The inverse of `to_arrays`.

        Raises
        ------
        KeyError, ValueError
            if the schedule is missing or does not have three numbers.
        """
        beta, bound, accepted = (float(number) for number in arrays[PREFIX + SCHEDULE])
        found = {name: np.asarray(arrays[PREFIX + name]) for name in STARTS if PREFIX + name in arrays}
        if "H_start" in found:
            found["H_start"] = np.asfortranarray(found["H_start"])
        return cls(beta, bound, accepted, **found)


NO_EXTRAPOLATION = Extrapolation()  # at the first iteration


def extrapolate(X: Array, last: Array, beta: float, *, keep_positive: bool) -> Array:
    """Go beyond X in the direction from `last` to X.

    Parameters
    ----------
    X, last : ndarrays of one shape, non-negative, not modified
    beta : float >= 0
    keep_positive : whether only growing entries are extrapolated. Multiplicative updates need that, as they could not
        leave a zero to which a shrinking entry was extrapolated

    Returns
    -------
    ndarray, max(0, X + beta (X - last))

    Examples
    --------
    >>> extrapolate(np.array([2.0, 1.0]), np.array([1.0, 3.0]), 0.75, keep_positive=False)
    array([2.75, 0.  ])
    >>> extrapolate(np.array([2.0, 1.0]), np.array([1.0, 3.0]), 0.75, keep_positive=True)
    array([2.75, 1.  ])
    """
    step = X - last
    if keep_positive:
        np.maximum(step, 0, out=step)
    step *= X.dtype.type(beta)
    step += X
    return np.maximum(step, 0, out=step)


def has_decreased(now: float, before: float, scale: float, dtype: np.dtype[Any], *, rounding: float = ROUNDING) -> bool:
    """Whether an objective has decreased by more than rounding errors explain.

    Parameters
    ----------
    now, before : floats, the objective in its own unit
    scale : float, the size of V in that unit
    dtype : of the factors
    rounding : float, machine epsilons of `scale` by which either value may be wrong
    """
    return now <= before - rounding * float(np.finfo(dtype).eps) * scale
