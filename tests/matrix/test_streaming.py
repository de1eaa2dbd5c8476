"""Writing V to disk from batches of counts: equal to V in memory for any order of reading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmf_topics.errors import MatrixError, OutputError
from nmf_topics.factor.engines.store import read_block, read_manifest
from nmf_topics.matrix import streaming
from nmf_topics.matrix.streaming import cut_anew, page_lengths, write_weighted
from nmf_topics.matrix.weighting import WEIGHTINGS, FittedWeighting, Statistics, fit_weighting


@dataclass
class Some:
    """A batch of counts."""

    columns: Any
    counts: Any


def batches_of(counts: Any, order: Any, cuts: list[int]) -> Any:
    """Pages in the order in which they were read, cut into batches, each sorted by itself."""

    def walk() -> Iterator[Some]:
        for columns in np.split(order, cuts):
            columns = np.sort(columns)
            yield Some(columns, counts[:, columns])

    return walk


def whole(folder: Path) -> Any:
    """V computed in memory."""
    manifest = read_manifest(folder)
    return sp.hstack([read_block(folder, manifest, part) for part in manifest.parts], format="csc")


@pytest.fixture
def counts(rng: np.random.Generator) -> Any:
    """40 terms x 57 pages; a page without any."""
    dense = rng.poisson(0.4, (40, 57))
    dense[:, 21] = 0
    return sp.csc_matrix(dense.astype(np.int32))


ROWS = np.array([0, 1, 5, 6, 7, 20, 33, 39])


def fitted_by_sums(counts: Any, batches: Any, name: str) -> FittedWeighting:
    """A weighting whose statistics come from sums alone, as a stream gives them."""
    pages, tokens = np.diff(counts.tocsr().indptr)[ROWS], np.asarray(counts.sum(axis=1)).ravel()[ROWS]
    lengths = page_lengths(batches, ROWS, 40, 57)
    return FittedWeighting(name, True, 1.2, Statistics.of_sums(pages, tokens, lengths))


@pytest.mark.parametrize("name", WEIGHTINGS)
def test_is_the_matrix_of_counts_in_memory(name: str, counts: Any, rng: np.random.Generator, tmp_path: Path) -> None:
    """V equals that computed in memory, bit by bit, for every weighting and any order of batches."""
    batches = batches_of(counts, rng.permutation(57), [10, 30, 31])
    disk = write_weighted(
        tmp_path / "x", batches, ROWS, fitted_by_sums(counts, batches, name), 57, columns=13, made_from={"a": 1}
    )
    bounded = sp.csc_matrix(counts.tocsr()[ROWS])
    expected = fit_weighting(bounded, name, idf_power=1.2).apply(bounded)
    found = whole(tmp_path / "x")
    assert disk.shape == (8, 57)
    assert found.indices.dtype == np.int32
    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert disk.manifest.made_from == {"a": 1}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_order_of_reading_and_cuts_do_not_matter(data: st.DataObject, counts: Any, tmp_path_factory: Any) -> None:
    """Whatever the batches, the same files."""
    order = np.array(data.draw(st.permutations(range(57))))
    cuts = sorted(data.draw(st.lists(st.integers(0, 57), max_size=5)))
    folder = tmp_path_factory.mktemp("s")
    weighting = fit_weighting(sp.csc_matrix(counts.tocsr()[ROWS]), "tfidf")
    for name, batches in (("a", batches_of(counts, order, cuts)), ("b", batches_of(counts, np.arange(57), []))):
        write_weighted(folder / name, batches, ROWS, weighting, 57, columns=20)
    for path in (folder / "a").iterdir():
        assert path.read_bytes() == (folder / "b" / path.name).read_bytes()


def test_large_batches_are_weighted_in_pieces(counts: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never are more counts than allowed turned into weights at the same time, but for a page that has more itself."""
    sizes = []
    apply = FittedWeighting.apply

    def watched(self: FittedWeighting, part: Any, *how: Any) -> Any:
        sizes.append((part.nnz, part.shape[1]))
        return apply(self, part, *how)

    monkeypatch.setattr(FittedWeighting, "apply", watched)
    monkeypatch.setattr(streaming, "CHUNK_ENTRIES", 10)
    weighting = fit_weighting(sp.csc_matrix(counts.tocsr()[ROWS]), "bm25")
    write_weighted(tmp_path / "x", batches_of(counts, np.arange(57), []), ROWS, weighting, 57, columns=57)
    assert len(sizes) > 5
    assert all(stored <= 10 * 40 / 8 or columns == 1 for stored, columns in sizes)


def test_float32(counts: Any, tmp_path: Path) -> None:
    """Weights are worked out in float64 and rounded once."""
    weighting = fit_weighting(sp.csc_matrix(counts.tocsr()[ROWS]), "bm25")
    batches = batches_of(counts, np.arange(57), [])
    for dtype in (np.float32, np.float64):
        write_weighted(tmp_path / dtype.__name__, batches, ROWS, weighting, 57, columns=9, dtype=dtype)
    narrow, wide = whole(tmp_path / "float32"), whole(tmp_path / "float64")
    np.testing.assert_array_equal(narrow.data, wide.data.astype(np.float32))


def test_an_error_in_the_batches_leaves_nothing(counts: Any, tmp_path: Path) -> None:
    """After a failure no blocks and no temporary files are left."""
    weighting = fit_weighting(counts, "bm25")

    def breaks() -> Iterator[Some]:
        yield Some(np.arange(20), counts[:, :20])
        raise MatrixError("the corpus is gone")

    with pytest.raises(MatrixError, match="gone"):
        write_weighted(tmp_path / "x", breaks, np.arange(40), weighting, 57, columns=9)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written(counts: Any, tmp_path: Path) -> None:
    """A folder that cannot be written is reported with the variable that chooses another."""
    (tmp_path / "file").write_text("")
    weighting = fit_weighting(counts, "bm25")
    with pytest.raises(OutputError, match="NMF_TOPICS_CACHE"):
        write_weighted(
            tmp_path / "file" / "x",
            batches_of(counts, np.arange(57), []),
            np.arange(40),
            weighting,
            57,
            columns=9,
        )


@pytest.mark.parametrize("columns", [1, 8, 30, 57])
def test_the_same_in_other_blocks(columns: int, counts: Any, tmp_path: Path) -> None:
    """V cut anew is what it would have been, cut so at once; what stands beside it comes along."""
    weighting = fit_weighting(counts, "bm25")
    batches = batches_of(counts, np.arange(57), [])
    first = write_weighted(tmp_path / "a", batches, np.arange(40), weighting, 57, columns=8)
    cut_anew(first, tmp_path / "b", columns=columns, beside=lambda folder: (folder / "note").touch())
    write_weighted(tmp_path / "c", batches, np.arange(40), weighting, 57, columns=columns)
    for path in (tmp_path / "c").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    assert (tmp_path / "b" / "note").exists()
