"""The seam: what `as_blocks` takes and refuses, and that no answer depends on how V is cut into blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from nmf_topics.errors import MatrixError
from nmf_topics.factor.blocks import InMemory, PageBlocks, as_blocks, as_linear_operator, sum_of_squares
from nmf_topics.factor.factorize import factorize
from nmf_topics.factor.init import INITIALIZATIONS, initialize, mean_entry, truncated_svd
from nmf_topics.factor.project import project


class Cut:
    """A second engine: V as several blocks of columns, each a matrix of its own."""

    def __init__(self, V: Any, *cuts: int) -> None:
        self.V = V
        edges = [0, *cuts, V.shape[1]]
        self.columns = [slice(a, b) for a, b in pairwise(edges)]
        self.blocks = [V[:, part].copy() for part in self.columns]
        self.shape = (int(V.shape[0]), int(V.shape[1]))
        self.dtype = np.dtype(V.dtype)

    def map(
        self, fn: Callable[..., Any], *, split: Sequence[Any] = (), shared: Sequence[Any] = ()
    ) -> Iterator[tuple[slice, Any]]:
        """Apply `fn` to each block, as another process would: with copies."""
        for columns, block in zip(self.columns, self.blocks, strict=True):
            parts = [np.ascontiguousarray(A[..., columns]) for A in split]
            yield columns, fn(block, *parts, *[A.copy() for A in shared])


ENGINES: dict[str, Callable[[np.ndarray], PageBlocks]] = {
    "memory, dense": as_blocks,
    "memory, sparse": lambda V: as_blocks(sp.csr_matrix(V)),
    "cut, dense": lambda V: Cut(V, 1, 7, 20),
    "cut, sparse": lambda V: Cut(sp.csc_matrix(V), 13, 14, 37),
}


@pytest.fixture
def V(rng: np.random.Generator) -> np.ndarray:
    """30 x 40, half of it zeros, with a page and a term of zeros."""
    V = rng.random((30, 40)) * (rng.random((30, 40)) < 0.5)
    V[:, 12] = V[3] = 0.0
    return V


@pytest.mark.parametrize("engine", ENGINES)
class TestEngine:
    """What every engine owes: the same answers as V in memory, dense."""

    def test_is_let_in(self, engine: str, V: np.ndarray) -> None:
        """The door lets an engine through as it is, with the shape and type of V."""
        blocks = ENGINES[engine](V)
        assert isinstance(blocks, PageBlocks)
        assert as_blocks(blocks) is blocks
        assert (blocks.shape, blocks.dtype) == ((30, 40), np.float64)

    def test_map(self, engine: str, V: np.ndarray) -> None:
        """Blocks come in order and cover V once; split arrays come cut like V, shared ones whole."""
        H, W = np.arange(80.0).reshape(2, 40), np.arange(60.0).reshape(30, 2)
        seen = np.zeros_like(V)
        ends = [0]

        def look(block: Any, Hj: np.ndarray, whole: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            return block.toarray() if sp.issparse(block) else block, Hj, whole

        for columns, (block, Hj, whole) in ENGINES[engine](V).map(look, split=(H,), shared=(W,)):
            assert columns.start == ends[-1]
            ends.append(columns.stop)
            seen[:, columns] = block
            np.testing.assert_array_equal(Hj, H[:, columns])
            np.testing.assert_array_equal(whole, W)
        assert ends[-1] == 40
        np.testing.assert_array_equal(seen, V)

    def test_sums(self, engine: str, V: np.ndarray) -> None:
        """||V||^2 and the mean of V are those of numpy."""
        assert sum_of_squares(ENGINES[engine](V)) == pytest.approx(np.square(V).sum(), rel=1e-14)
        assert mean_entry(ENGINES[engine](V)) == pytest.approx(V.mean(), rel=1e-14)

    def test_sum_of_squares_in_32_bits(self, engine: str, V: np.ndarray) -> None:
        """||V||^2 of float32 entries has the digits of float64."""
        narrow = V.astype(np.float32)
        exact = np.square(narrow.astype(np.float64)).sum()
        assert sum_of_squares(ENGINES[engine](narrow)) == pytest.approx(exact, rel=1e-14)

    def test_linear_operator(self, engine: str, V: np.ndarray, rng: np.random.Generator) -> None:
        """Products with V and V', of vectors and of matrices, are those of numpy."""
        operator, X, Y = as_linear_operator(ENGINES[engine](V)), rng.random((40, 3)), rng.random((30, 3))
        np.testing.assert_allclose(operator @ X, V @ X, rtol=1e-12)
        np.testing.assert_allclose(operator @ X[:, 0], V @ X[:, 0], rtol=1e-12)
        np.testing.assert_allclose(operator.T @ Y, V.T @ Y, rtol=1e-12)
        np.testing.assert_allclose(operator.T @ Y[:, 0], V.T @ Y[:, 0], rtol=1e-12)

    def test_svd(self, engine: str, V: np.ndarray) -> None:
        """Singular triplets agree to 1e-8."""
        for found, expected in zip(truncated_svd(ENGINES[engine](V), 4), truncated_svd(as_blocks(V), 4), strict=True):
            np.testing.assert_allclose(found, expected, atol=1e-8)

    @pytest.mark.parametrize("start", INITIALIZATIONS)
    def test_start(self, engine: str, start: str, V: np.ndarray) -> None:
        """The same start begins at the same place, to 1e-8."""
        for found, expected in zip(
            initialize(ENGINES[engine](V), 4, start, 3), initialize(as_blocks(V), 4, start, 3), strict=True
        ):
            np.testing.assert_allclose(found, expected, atol=1e-8)

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("objective", "rule"), [("frobenius", "mu"), ("frobenius", "amu"), ("frobenius", "hals"), ("kl", "mu")]
    )
    def test_factorize(self, engine: str, objective: str, rule: str, V: np.ndarray) -> None:
        """W, H and the trace agree to 1e-8 after 50 iterations, and so do weights of pages on W."""
        result, reference = (
            factorize(blocks, 4, objective=objective, rule=rule, start="random", tolerance=0, max_iter=50)
            for blocks in (ENGINES[engine](V), V)
        )
        np.testing.assert_allclose(result.W, reference.W, atol=1e-8)
        np.testing.assert_allclose(result.H, reference.H, atol=1e-8)
        np.testing.assert_allclose(result.trace, reference.trace, atol=1e-8)
        H, errors = project(ENGINES[engine](V), reference.W, objective=objective, rule=rule)
        expected_H, expected_errors = project(V, reference.W, objective=objective, rule=rule)
        np.testing.assert_allclose(H, expected_H, atol=1e-8)
        np.testing.assert_allclose(errors, expected_errors, atol=1e-8)  # nan where the page is zero, in both


SPARSE: dict[str, Callable[[np.ndarray], Any]] = {
    **{name: getattr(sp, f"{name}_matrix") for name in ("csc", "csr", "coo", "bsr", "lil", "dok", "dia")},
    **{name: getattr(sp, name) for name in ("csc_array", "csr_array", "coo_array")},
}


@pytest.mark.parametrize("form", [np.asarray, np.asfortranarray, *SPARSE.values()])
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float16, np.float32, np.float64, np.longdouble])
def test_takes_numbers_in_every_form(form: Callable[[np.ndarray], Any], dtype: type, rng: np.random.Generator) -> None:
    """Dense or sparse, whole or real: V is what it was, in float32 if it came so, else in float64."""
    values = (3 * rng.random((4, 6)) * (rng.random((4, 6)) < 0.5)).astype(dtype)
    if dtype in (np.float16, np.longdouble) and form in SPARSE.values():
        values = values.astype(np.float64)  # scipy has no sparse half or long numbers
    blocks = as_blocks(form(values))
    assert isinstance(blocks, InMemory)
    assert blocks.dtype == (np.float32 if dtype is np.float32 else np.float64)
    stored = blocks.V.toarray() if sp.issparse(blocks.V) else blocks.V
    assert type(stored) is np.ndarray
    np.testing.assert_array_equal(stored, values.astype(stored.dtype))


def with_duplicates(dtype: type = np.float64) -> list[Any]:
    """[[5, 0], [0, 200]] as CSC, CSR and COO with duplicate, unsorted and stored zero entries."""
    data, rows, columns = np.array([2, 100, 0, 3, 100], dtype=dtype), [0, 1, 1, 0, 1], [0, 1, 0, 0, 1]
    csc = sp.csc_matrix((data[[3, 2, 0, 1, 4]], [0, 1, 0, 1, 1], [0, 3, 5]), shape=(2, 2))
    csr = sp.csr_matrix((data[[0, 3, 1, 4, 2]], [0, 0, 1, 1, 0], [0, 2, 5]), shape=(2, 2))
    return [csc, csr, sp.coo_matrix((data, (rows, columns)), shape=(2, 2))]


@pytest.mark.parametrize("form", [0, 1, 2], ids=["csc", "csr", "coo"])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_duplicate_entries_are_summed(form: int, dtype: type) -> None:
    """Entries stored twice count together, even where their own type has no room for the sum."""
    V = with_duplicates(dtype)[form]
    if dtype is np.uint8:
        V.data[V.data == 100] = 200  # 400 does not fit
        assert as_blocks(V).V.toarray().tolist() == [[5, 0], [0, 400]]
    else:
        assert as_blocks(V).V.toarray().tolist() == [[5, 0], [0, 200]]
    assert as_blocks(V).V.has_canonical_format


def contents(V: Any) -> list[bytes]:
    """Every byte that a matrix is made of."""
    if isinstance(V, np.ndarray):
        return [V.tobytes()]
    return [np.asarray(part).tobytes() for part in (V.data, V.row, V.col)] if V.format == "coo" else [
        part.tobytes() for part in (V.data, V.indices, V.indptr)
    ]  # fmt: skip


@pytest.mark.parametrize("form", range(5), ids=["dense", "csc", "csc twice", "csr twice", "coo twice"])
def test_callers_matrix_stays_as_it_is(form: int, rng: np.random.Generator) -> None:
    """Neither the door nor a whole factorization changes a byte of V, duplicates and disorder included."""
    dense = rng.random((2, 2))
    V = [dense, sp.csc_matrix(dense), *with_duplicates()][form]
    before = contents(V)
    as_blocks(V)
    for objective in ("frobenius", "kl"):
        result = factorize(V, 2, objective=objective, max_iter=5)
        project(V, result.W, objective=objective)
    assert contents(V) == before


def test_read_only_input(rng: np.random.Generator) -> None:
    """V may be locked against writing."""
    V = rng.random((5, 6))
    V.setflags(write=False)
    sparse = sp.csc_matrix(V)
    for part in (sparse.data, sparse.indices, sparse.indptr):
        part.setflags(write=False)
    np.testing.assert_allclose(factorize(sparse, 2).W, factorize(V, 2).W, atol=1e-8)


def test_no_copy_of_what_fits(rng: np.random.Generator) -> None:
    """V in the form in which it is used is not copied: it may be most of the memory there is."""
    dense = rng.random((5, 6))
    assert as_blocks(dense).V is dense
    sparse = sp.csc_matrix(dense)
    assert np.shares_memory(as_blocks(sparse).V.data, sparse.data)


def spoilt(value: float) -> np.ndarray:
    """A matrix with one entry of that value."""
    V = np.ones((3, 4))
    V[1, 2] = value
    return V


@pytest.mark.parametrize("form", [np.asarray, sp.csc_matrix, sp.coo_array])
@pytest.mark.parametrize(
    ("V", "message"),
    [
        (spoilt(np.nan), "NaN or infinite"),
        (spoilt(np.inf), "NaN or infinite"),
        (spoilt(-np.inf), "NaN or infinite"),
        (spoilt(-1e-12), "negative"),
        (spoilt(np.nan).astype(np.float32), "NaN or infinite"),
        (-np.ones((2, 2), dtype=np.int8), "negative"),
        (np.ones((2, 2)) * 1j, "entries of type complex128"),
        (np.ones((0, 4)), "0 x 4: there is nothing to factor"),
        (np.ones((4, 0)), "4 x 0: there is nothing to factor"),
        (np.ones((3, 3)) * 1e200, "largest entry of V is 1.0e\\+200.*divide V by it"),
        (np.ones((3, 3)) * 1e-200, "largest entry of V is 1.0e-200.*divide V by it"),
        (np.ones((3, 3), dtype=np.float32) * np.float32(1e20), "outside the range of float32"),
    ],
)
def test_refuses_what_cannot_be_factored(form: Callable[[np.ndarray], Any], V: np.ndarray, message: str) -> None:
    """Dense or sparse, what is wrong is named."""
    with pytest.raises(MatrixError, match=message):
        as_blocks(form(V))


@pytest.mark.parametrize(
    ("V", "message"),
    [
        (np.ones(3), "two dimensions .* not 1"),
        (np.ones((2, 2, 2)), "two dimensions .* not 3"),
        (np.array(1.0), "two dimensions .* not 0"),
        (sp.coo_array(np.ones(3)), "two dimensions .* not 1"),
        (np.array([["a", "b"]]), "entries of type <U1"),
        (np.array([[1, None]], dtype=object), "entries of type object"),
        (np.array([["2024-01-01"]], dtype="datetime64[D]"), "entries of type datetime64"),
        (np.ma.masked_array(np.ones((2, 2)), [[True, False], [False, False]]), "masked"),
        ([[1.0, 2.0]], "a list is not a matrix"),
        ("abc", "a str is not a matrix"),
        (None, "a NoneType is not a matrix"),
        (3.0, "a float is not a matrix"),
    ],
)
def test_refuses_what_is_no_matrix(V: Any, message: str) -> None:
    """Other shapes, other entries and other things are named for what they are."""
    with pytest.raises(MatrixError, match=message):
        as_blocks(V)


def test_a_table_is_not_an_engine() -> None:
    """A data frame has `shape` and `map` too; that does not make it an engine."""

    class DataFrame:
        shape = (2, 2)

        def map(self, fn: Callable[..., Any]) -> None:
            raise AssertionError("never called")

    with pytest.raises(MatrixError, match="a DataFrame is not a matrix"):
        as_blocks(DataFrame())


def test_negative_duplicates_that_cancel() -> None:
    """It is the sum of duplicate entries that must not be negative."""
    V = sp.coo_matrix(([3.0, -1.0], ([0, 0], [0, 0])), shape=(1, 1))
    assert as_blocks(V).V.toarray().tolist() == [[2.0]]
