"""The interface between the mathematics and the storage of V.

Columns of V are pages, and V ~ W H separates over them: given W, each block of columns can update its part of H
alone, and W needs only two sums over blocks, V H' (m x r) and H H' (r x r). So an engine only has to apply a pure
function to blocks of columns (`PageBlocks.map`); everything else follows from that. V is read once per iteration,
wherever it is stored.

`as_blocks` turns whatever a caller has into `PageBlocks` and checks it; nothing else asks what V is. It handles
matrices in memory; engines with other storage bring objects that are `PageBlocks` already.

Source: the idea of scipy.sparse.linalg.LinearOperator, a matrix with the narrowest useful interface.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import singledispatch
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nmf_topics.errors import MatrixError
from nmf_topics.factor import kernels

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

Array = NDArray[np.floating[Any]]

AT_ONCE = 2**18  # pages of a matrix in memory that go through a step together, to bound the memory of their products


@runtime_checkable
class PageBlocks(Protocol):
    """V (m terms x n pages) in blocks of columns.

    `map(fn, split=, shared=)` yields `(columns, fn(V[:, columns], *split parts, *shared))` in the order of the
    blocks. Arrays in `split` have n as their last dimension, and `fn` gets the part of its block; arrays in `shared`
    it gets whole. `fn` must be pure and at module level, so that it can be sent to another process. A block is an
    ndarray or a CSC matrix with sorted entries, which for the compiled kernels must have the type `dtype` and 32-bit
    indices. Factors of pages are in Fortran order, so that the part of a block is contiguous.
    """

    @property
    def shape(self) -> tuple[int, int]:
        """(m, n)."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the entries of V, float32 or float64."""

    def map(
        self, fn: Callable[..., Any], *, split: Sequence[Array] = (), shared: Sequence[Array] = ()
    ) -> Iterator[tuple[slice, Any]]:
        """Apply `fn` to every block."""


class InMemory:
    """V in memory: dense, or CSC (the same arrays are its transpose, pages x terms, in CSR).

    Parameters
    ----------
    V : ndarray or CSC matrix of shape (m, n), checked already; use `as_blocks` for one that is not
    """

    def __init__(self, V: Any) -> None:
        self.V = V

    @property
    def shape(self) -> tuple[int, int]:
        """(m, n)."""
        m, n = self.V.shape
        return int(m), int(n)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the entries of V."""
        return np.dtype(self.V.dtype)

    def map(
        self, fn: Callable[..., Any], *, split: Sequence[Array] = (), shared: Sequence[Array] = ()
    ) -> Iterator[tuple[slice, Any]]:
        """Apply `fn` to V as one block, or to `AT_ONCE` pages after another where a sparse V has more."""
        n = self.shape[1]
        if n <= AT_ONCE or not sp.issparse(self.V):
            yield slice(0, n), fn(self.V, *split, *shared)
            return
        for first in range(0, n, AT_ONCE):
            columns = slice(first, min(first + AT_ONCE, n))
            yield columns, fn(pages_of(self.V, columns), *(array[:, columns] for array in split), *shared)


def pages_of(V: Any, columns: slice) -> Any:
    """Some columns of a CSC matrix or an ndarray, without copying entries.

    Parameters
    ----------
    V : ndarray or CSC matrix of shape (m, n)
    columns : slice with a start and a stop, from 0 to n
    """
    if not sp.issparse(V):
        return V[:, columns]
    first, last = int(V.indptr[columns.start]), int(V.indptr[columns.stop])
    pointers = V.indptr[columns.start : columns.stop + 1] - V.indptr[columns.start]
    shape = (V.shape[0], columns.stop - columns.start)
    part = sp.csc_matrix((V.data[first:last], V.indices[first:last], pointers), shape=shape, copy=False)
    part.has_sorted_indices = V.has_sorted_indices
    return part


@singledispatch
def as_blocks(V: Any) -> PageBlocks:
    """Check V and return it as `PageBlocks`.

    Parameters
    ----------
    V : ndarray or scipy sparse matrix of shape (m, n), or PageBlocks. float32 stays float32, all else becomes float64

    Returns
    -------
    PageBlocks; it shares the arrays of V where they have the right form

    Raises
    ------
    MatrixError
        if V is not two-dimensional, has no rows or columns, has NaN, infinite, negative or masked entries, or entries
        whose squares are out of the range of its type.

    Examples
    --------
    >>> as_blocks(np.eye(3, 2)).shape
    (3, 2)
    """
    if isinstance(V, PageBlocks):
        return V
    if sp.issparse(V):
        return _from_sparse(V)
    raise MatrixError(f"a {type(V).__name__} is not a matrix; use a numpy array or a scipy sparse matrix")


@as_blocks.register
def _from_array(V: np.ndarray) -> PageBlocks:
    if V.ndim != 2:
        raise MatrixError(f"V must have two dimensions (terms x pages), not {V.ndim}")
    if np.ma.is_masked(V):
        raise MatrixError("V has masked entries; fill them first, as an unknown entry is not a zero")
    V = np.ascontiguousarray(V, dtype=_float_of(V.dtype))
    _check(V.shape, V)
    return InMemory(V)


def _from_sparse(V: Any) -> PageBlocks:
    if V.ndim != 2:
        raise MatrixError(f"V must have two dimensions (terms x pages), not {V.ndim}")
    # to floats first: small integers would overflow where duplicate entries are summed
    V = sp.csc_matrix(V.astype(_float_of(V.dtype), copy=False))
    if not V.has_canonical_format:
        V = V.copy()  # the caller's matrix stays as it is
        V.sum_duplicates()
    _check(V.shape, V.data)
    return InMemory(V)


def _float_of(dtype: np.dtype[Any]) -> type[np.floating[Any]]:
    """float32 stays what it is; everything else becomes float64."""
    if dtype.kind not in "biuf":
        raise MatrixError(f"V has entries of type {dtype}; they must be real numbers")
    return np.float32 if dtype == np.float32 else np.float64


def _check(shape: tuple[int, ...], values: Array) -> None:
    """Raise a MatrixError unless V can be factored; `values` are its entries, or only the stored ones."""
    if 0 in shape:
        raise MatrixError(f"V is {shape[0]} x {shape[1]}: there is nothing to factor")
    if values.size and not np.isfinite(values).all():
        raise MatrixError("V has NaN or infinite entries; remove them first")
    if values.size and values.min() < 0:
        raise MatrixError("V has negative entries; counts, weights or pixels must be 0 or more")
    largest, limits = values.max(initial=0.0), np.finfo(values.dtype)
    low, high = np.sqrt(limits.tiny) / limits.eps, np.sqrt(limits.max) * limits.eps
    if largest and not low < largest < high:  # squares of entries, and their sums, must keep full precision
        raise MatrixError(
            f"the largest entry of V is {largest:.1e}, outside the range of {values.dtype} arithmetic "
            f"({low:.0e} to {high:.0e}); divide V by it"
        )


def _sum_of_squares(V: Any) -> float:
    values = V.data if sp.issparse(V) else V
    return float(np.square(values, dtype=np.float64).sum())


def _sum(V: Any) -> float:
    return float(V.sum(dtype=np.float64))


def column_squares(V: Any) -> Array:
    """||v||^2 of each column of a matrix, dense or sparse; shape (n,), float64."""
    squares = V.multiply(V) if sp.issparse(V) else np.square(V)
    return np.asarray(squares.sum(axis=0), dtype=np.float64).ravel()


def column_sums(V: Any) -> Array:
    """Sum of each column of a matrix, dense or sparse; shape (n,), float64."""
    return np.asarray(V.sum(axis=0, dtype=np.float64)).ravel()


def sum_of_squares(V: PageBlocks) -> float:
    """||V||_F^2, in one pass."""
    return sum(part for _, part in V.map(_sum_of_squares))


def total(V: PageBlocks) -> float:
    """The sum of all entries of V, in one pass."""
    return sum(part for _, part in V.map(_sum))


def _count_positive(V: Any) -> int:
    return int(np.count_nonzero(V.data > 0 if sp.issparse(V) else V > 0))


def count_positive(V: PageBlocks) -> int:
    """The number of positive entries of V, in one pass."""
    return sum(part for _, part in V.map(_count_positive))


def as_linear_operator(V: PageBlocks) -> LinearOperator:
    """V for the solvers of scipy (svds, lsmr, ...): products with V and V', each in one pass over the blocks."""
    from scipy.sparse.linalg import LinearOperator  # takes 0.06 s to import

    m, n = V.shape

    def matmat(X: Array) -> Array:
        result = np.zeros((m, X.shape[1]), dtype=V.dtype)
        for _, part in V.map(kernels.VHt, split=(np.ascontiguousarray(X, dtype=V.dtype).T,)):
            result += part
        return result

    def rmatmat(Y: Array) -> Array:
        result = np.empty((n, Y.shape[1]), dtype=V.dtype)
        for columns, part in V.map(kernels.WtV, shared=(np.ascontiguousarray(Y, dtype=V.dtype),)):
            result[columns] = part.T
        return result

    return LinearOperator(
        (m, n),
        matvec=lambda x: matmat(x.reshape(-1, 1)).ravel(),
        rmatvec=lambda y: rmatmat(y.reshape(-1, 1)).ravel(),
        matmat=matmat,
        rmatmat=rmatmat,
        dtype=V.dtype,
    )


def unit_columns(X: Array) -> Array:
    """X with its columns scaled to length one; columns of zeros stay.

    Examples
    --------
    >>> unit_columns(np.array([[3.0, 0.0], [4.0, 0.0]]))
    array([[0.6, 0. ],
           [0.8, 0. ]])
    """
    lengths = np.linalg.norm(X, axis=0)
    return np.asarray(X / np.where(lengths > 0, lengths, 1.0), dtype=X.dtype)
