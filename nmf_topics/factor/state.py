"""Where a factorization is: all that the next iteration depends on, as one value.

A fit that is to survive its process keeps a State; the loop that goes on from it comes to the same factors, to the last
bit. Every iteration makes a new one and changes none, so a State can be written while the loop goes on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nmf_topics.errors import MatrixError
from nmf_topics.factor.blocks import Array

MEMORY = "memory_"  # before the names of a rule's own arrays


@dataclass(frozen=True, eq=False)
class State:
    """W and H after so many iterations.

    Attributes
    ----------
    W : ndarray of shape (m, r), C order
    H : ndarray of shape (r, n), Fortran order, so that blocks of pages are contiguous
    scale : what errors are measured against: ||V||_F, or sum(V) for a divergence
    trace : the objective after each iteration so far, in the units of a relative error
    error : the relative error now, which with penalties is less than the last of the trace
    certificate : the last bound on what the objective can still fall by, as a part of it; nan before the first
    memory : arrays that the rule keeps from one iteration to the next, by name; those with n in their last dimension
        belong to the pages
    """

    W: Array
    H: Array
    scale: float
    trace: tuple[float, ...] = ()
    memory: Mapping[str, Array] = field(default_factory=dict)
    certificate: float = math.nan
    error: float = math.nan

    @property
    def iteration(self) -> int:
        """Iterations that are done."""
        return len(self.trace)

    def to_arrays(self) -> dict[str, Array]:
        """Everything, as plain arrays by name (for numpy's npz files)."""
        own = {"W": self.W, "H": self.H, "scale": np.array(self.scale), "trace": np.array(self.trace, dtype=np.float64)}
        own |= {"certificate": np.array(self.certificate), "error": np.array(self.error)}
        return own | {MEMORY + name: np.asarray(array) for name, array in self.memory.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> State:
        """The State that `to_arrays` made.

        Raises
        ------
        MatrixError
            if arrays are missing, do not fit each other, or hold what factors cannot.
        """
        try:
            W, H = np.ascontiguousarray(arrays["W"]), np.asfortranarray(arrays["H"])
            scale, trace = float(arrays["scale"]), tuple(float(error) for error in arrays["trace"])
            certificate, error = float(arrays["certificate"]), float(arrays["error"])
        except (KeyError, TypeError, ValueError) as wrong:
            raise MatrixError(f"this is no state of a factorization: {wrong}") from wrong
        if W.ndim != 2 or H.ndim != 2 or W.shape[1] != H.shape[0] or W.dtype != H.dtype:
            raise MatrixError(f"this is no state of a factorization: W {W.shape} and H {H.shape} do not fit")
        for name, factor in (("W", W), ("H", H)):
            if factor.dtype not in (np.float32, np.float64) or not np.isfinite(factor).all() or (factor < 0).any():
                raise MatrixError(f"this is no state of a factorization: {name} holds what no factor can")
        known = {"W", "H", "scale", "trace", "certificate", "error"}
        memory = {name.removeprefix(MEMORY): np.asarray(arrays[name]) for name in arrays if name not in known}
        return cls(W, H, scale, trace, memory, certificate, error)
