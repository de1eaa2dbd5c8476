"""Solver state: everything the next iteration needs, as one value.

A fit that has to survive its process saves a State; a loop that resumes from it reaches the same factors, bit for bit.
Every iteration makes a new State and changes none, so one can be written to disk while the loop goes on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nmf_topics.errors import MatrixError
from nmf_topics.factor.blocks import Array
from nmf_topics.factor.extrapolation import NO_EXTRAPOLATION, STARTS, Extrapolation

STATE_FORMAT = 2  # of `State.to_arrays`; raised whenever its names or their meaning change


@dataclass(frozen=True, eq=False)
class State:
    """W and H after some iterations.

    Attributes
    ----------
    W : ndarray of shape (m, r), C order
    H : ndarray of shape (r, n), Fortran order, so that the part of a block of pages is contiguous
    scale : float, what errors are relative to: `Objective.scale` of V
    trace : the objective with its penalties after each iteration so far, in the unit of a relative error
    extrapolation : where an extrapolated iteration begins, and how far it goes
    certificate : the last bound on the remaining decrease, relative to the objective; nan before the first
    error : the relative error now, without penalties

    Examples
    --------
    >>> state = State(np.ones((3, 2)), np.ones((2, 4)), scale=1.0, trace=(0.5, 0.25))
    >>> state.iteration
    2
    >>> State.from_arrays(state.to_arrays()).trace
    (0.5, 0.25)
    """

    W: Array
    H: Array
    scale: float
    trace: tuple[float, ...] = ()
    extrapolation: Extrapolation = NO_EXTRAPOLATION
    certificate: float = math.nan
    error: float = math.nan

    @property
    def iteration(self) -> int:
        """Number of iterations that are done."""
        return len(self.trace)

    def to_arrays(self) -> dict[str, Array]:
        """Everything, as plain arrays by name (for numpy's npz files)."""
        arrays = {"W": self.W, "H": self.H, "scale": np.array(self.scale), "trace": np.array(self.trace, dtype=float)}
        arrays |= {"certificate": np.array(self.certificate), "error": np.array(self.error)}
        return arrays | self.extrapolation.to_arrays()

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> State:
        """The inverse of `to_arrays`.

        Raises
        ------
        MatrixError
            if arrays are missing, do not fit each other, or have entries that no factor can have.
        """
        try:
            W, H = np.ascontiguousarray(arrays["W"]), np.asfortranarray(arrays["H"])
            scale, trace = float(arrays["scale"]), tuple(float(error) for error in arrays["trace"])
            certificate, error = float(arrays["certificate"]), float(arrays["error"])
            extrapolation = Extrapolation.from_arrays(arrays)
        except (KeyError, TypeError, ValueError) as wrong:
            raise MatrixError(f"not a solver state: {wrong}") from wrong
        if W.ndim != 2 or H.ndim != 2 or W.shape[1] != H.shape[0] or W.dtype != H.dtype:
            raise MatrixError(f"not a solver state: W {W.shape} and H {H.shape} do not fit")
        factors = {"W": W, "H": H}
        starts = {name: X for name in STARTS if (X := getattr(extrapolation, name)) is not None}
        for name, X in (factors | starts).items():
            like = factors[name[0]]
            if X.shape != like.shape or X.dtype != like.dtype or X.dtype not in (np.float32, np.float64):
                raise MatrixError(f"not a solver state: {name} has the shape {X.shape} and the type {X.dtype}")
            if not np.isfinite(X).all() or (X < 0).any():
                raise MatrixError(f"not a solver state: {name} has negative, infinite or NaN entries")
        if not (math.isfinite(scale) and scale > 0):
            raise MatrixError(f"not a solver state: its scale is {scale}")
        return cls(W, H, scale, trace, extrapolation, certificate, error)
