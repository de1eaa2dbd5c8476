"""The compiled kernels: loading them, and choosing which of them a thread uses.

The build compiles kernels.c into a shared library in this folder, which is loaded when this module is imported. Where
it is missing, `reference` does the same with numpy and scipy.
"""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

INTERFACE = 5  # version of the library's functions, as in kernels.c
LIBRARY = Path(__file__).with_name("_kernels.so")
TYPES = {np.dtype(np.float32): ("f32", ctypes.c_float), np.dtype(np.float64): ("f64", ctypes.c_double)}


class Kernels:
    """The library, if it can be loaded.

    Attributes
    ----------
    library : the library; None where it cannot be used
    reason : str, why it cannot
    wide : bool, whether it has functions for AVX2 that run on this processor
    """

    def __init__(self) -> None:
        self.library: ctypes.CDLL | None = None
        self.reason = ""
        self.wide = False
        try:
            library = ctypes.CDLL(str(LIBRARY))
            interface = int(library.nmf_interface())
        except (OSError, AttributeError):
            self.reason = "there was no C compiler when nmf-topics was installed"
        else:
            if interface == INTERFACE:
                self.library = library
                self.wide = bool(library.nmf_wide())
                for width in ("avx2", "plain") if self.wide else ("plain",):
                    self._declare(library, width)
            else:
                self.reason = "they belong to another version of nmf-topics; install it again"

    @staticmethod
    def _declare(library: ctypes.CDLL, width: str) -> None:
        p, i = ctypes.c_void_p, ctypes.c_int64
        for name, real in TYPES.values():
            step = [i, i, p, p, p, real, i, real, p]
            for function, arguments, result in (
                ("gather", [i, i, p, p, p, p, i, p], None),
                ("scatter", [i, i, i, i, p, p, p, p, i, p], None),
                ("hals", step, ctypes.c_int),
                ("mu", step, ctypes.c_int),
                ("dot", [i, p, p], ctypes.c_double),
                ("kl", [i, i, p, p, p, p, i, p, p, p, p], None),
                ("ratio", [i, i, p, p, p, p, i, p, p], None),
                ("cost", [i, p, p], ctypes.c_double),
            ):
                entry = getattr(library, f"{function}_{name}_{width}")
                entry.argtypes, entry.restype = arguments, result


_kernels = Kernels()


@dataclass(frozen=True)
class Use:
    """What a thread uses: kernels ("compiled", "plain" or "reference") and a number of threads (None: all)."""

    which: str = "compiled"
    threads: int | None = None


_use: ContextVar[Use] = ContextVar("kernels", default=Use())  # noqa: B039, it is frozen


def current_use() -> Use:
    """What this thread uses."""
    return _use.get()


@contextmanager
def using(which: str | None = None, *, threads: int | None = None) -> Iterator[None]:
    """Choose kernels and a number of threads for this thread, for the duration of a `with` block.

    Fits that run in several threads at once take one thread each: every one of them asks for `threads=1`.

    Parameters
    ----------
    which : "compiled"; "plain", without AVX2; or "reference", in numpy and scipy. None: as before
    threads : int >= 1; None: one per processor

    Examples
    --------
    >>> with using("reference"):
    ...     backend_name()
    'numpy and scipy'
    """
    before = _use.set(Use(which or _use.get().which, threads))
    try:
        yield
    finally:
        _use.reset(before)


def backend_name() -> str:
    """Which kernels this thread uses, for records: "compiled, AVX2", "compiled" or "numpy and scipy"."""
    if not compiled():
        return "numpy and scipy"
    return "compiled, AVX2" if _wide() else "compiled"


def compiled() -> bool:
    """Whether this thread uses compiled kernels."""
    return _kernels.library is not None and _use.get().which != "reference"


def _wide() -> bool:
    return _kernels.wide and _use.get().which != "plain"


def kernel_of(function: str, dtype: np.dtype[Any]) -> Any:
    """The compiled function of that name for numbers of that type; only where `compiled` is true."""
    return getattr(_kernels.library, f"{function}_{TYPES[dtype][0]}_{'avx2' if _wide() else 'plain'}")


@cache
def warn_if_missing() -> None:
    """Log one warning, once in a process, where there are no compiled kernels."""
    if _kernels.library is None:
        message = "no compiled kernels, so fits take several times longer: %s"
        logging.getLogger("nmf_topics.factor.kernels").warning(message, _kernels.reason)


def supported(V: Any, *factors: Array) -> bool:
    """Whether there are compiled kernels for V and the factors: V in CSC with 32-bit indices, all of one type."""
    return (
        compiled()
        and sp.issparse(V)
        and V.format == "csc"
        and V.dtype in TYPES
        and V.indices.dtype == np.int32
        and all(factor.dtype == V.dtype for factor in factors)
    )
