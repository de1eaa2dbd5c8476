"""V with the names of its rows and columns."""

from __future__ import annotations

import ast
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from nmf_topics.images.pixels import PixelGrid
from nmf_topics.matrix import datamatrix, rows
from nmf_topics.matrix.datamatrix import DataMatrix, PageColumns
from nmf_topics.matrix.rows import AXES, largest, row_axis
from nmf_topics.terms.vocabulary import Vocabulary

ROWS = Vocabulary(["a", "b", "c"], ["A", "b", "c"])
COLUMNS = PageColumns(["1", "2"], ["One", "Two"], [{}, {}])


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), max_size=12), st.integers(-2, 15))
def test_largest_is_a_stable_sort(weights: list[float], k: int) -> None:
    """The k largest, largest first, the earlier row first among equals, no more than there are."""
    expected = sorted(range(len(weights)), key=lambda i: (-weights[i], i))[: max(k, 0)]
    assert largest(np.array(weights), k).tolist() == expected


def test_largest_leaves_the_weights_alone() -> None:
    """Looking at a topic does not sort it."""
    weights = np.array([1.0, 3.0, 2.0])
    weights.setflags(write=False)
    assert largest(weights, 2).tolist() == [1, 2]


@pytest.mark.parametrize("V", [np.ones((3, 2)), sp.csc_matrix(np.ones((3, 2)))], ids=["dense", "sparse"])
def test_names_that_fit(V: object) -> None:
    """Three rows and two columns with as many names make a DataMatrix, dense or sparse."""
    data = DataMatrix(V, ROWS, COLUMNS)
    assert (data.weighting, dict(data.recipe), dict(data.ledger)) == (None, {}, {})


@pytest.mark.parametrize("shape", [(2, 3), (3, 3), (2, 2), (0, 0)])
def test_names_that_do_not_fit_are_refused(shape: tuple[int, int]) -> None:
    """A transposed V is refused, because pages would get the topics of others."""
    with pytest.raises(ValueError, match=rf"V is {shape[0]} x {shape[1]}, but there are 3 rows and 2 columns"):
        DataMatrix(np.zeros(shape), ROWS, COLUMNS)


def test_a_data_matrix_is_frozen() -> None:
    """V cannot be replaced."""
    with pytest.raises(AttributeError):
        DataMatrix(np.zeros((3, 2)), ROWS, COLUMNS).V = np.ones((3, 2))  # type: ignore[misc]


def test_labels() -> None:
    """A label is a text where the source gives one, and None where it gives none or an empty one."""
    meta = [{"label": "x"}, {"label": ""}, {"label": None}, {}, {"label": 3}, {"label": 0}]
    columns = PageColumns([str(i) for i in range(6)], [""] * 6, meta)
    assert columns.labels() == ["x", None, None, None, "3", "0"]
    assert len(columns) == 6


def test_meta_names() -> None:
    """All names that any page has, sorted."""
    assert PageColumns(["1", "2"], ["", ""], [{"b": 1, "a": 2}, {"c": 3}]).meta_names() == ["a", "b", "c"]


def test_axes_find_their_class_by_kind() -> None:
    """Terms and pixels enter by the same decorator as a stranger's axis does, and are what it gave."""
    assert AXES["terms"] is Vocabulary
    assert AXES["pixels"] is PixelGrid
    try:

        @row_axis
        class Baskets:
            kind = "baskets"

        assert AXES["baskets"] is Baskets  # type: ignore[comparison-overlap]
    finally:
        AXES.pop("baskets", None)


@pytest.mark.parametrize(
    ("module", "expected"),
    [(datamatrix, {"matrix.page_counts", "matrix.rows"}), (rows, {"factor.blocks", "files.schema"})],
)
def test_the_plain_values_import_no_axis(module: ModuleType, expected: set[str]) -> None:
    """`datamatrix` and `rows` know the classes of neither words nor images."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    ours = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    found = {name.removeprefix("nmf_topics.") for name in ours if name.startswith("nmf_topics")}
    assert found == expected
