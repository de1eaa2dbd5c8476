"""Batches of counts in memory and on disk: both make the same matrix, and are walked as often as wanted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_topics.files.cache.cache import Cache
from nmf_topics.files.cache.scratch import Scratch
from nmf_topics.terms.batches import CountBatches

# Provisional rows 0 to 4; row 2 is no term. Pages in the order of reading are columns 2, 0, 3, 1.
ROWS = np.array([3, 0, -1, 2, 1])
COLUMNS = np.array([2, 0, 3, 1])
FIRST = sp.csc_matrix(np.array([[1, 0], [2, 5], [7, 7], [0, 0], [0, 3]], dtype=np.int32))
SECOND = sp.csc_matrix(np.array([[0, 4], [0, 0], [1, 1], [6, 0], [0, 0]], dtype=np.int32))
EXPECTED = [[5, 0, 2, 0], [3, 0, 0, 0], [0, 0, 0, 6], [0, 4, 1, 0]]


def filled(memory: int | None = None, folder: Path | None = None) -> CountBatches:
    """The two batches above."""
    batches = CountBatches(memory, Scratch(Cache(folder)) if folder else None)
    for counts in (FIRST, SECOND):
        batches.add(counts)
    return batches


@pytest.mark.parametrize("memory", [None, 0, 60, 10_000])
def test_one_matrix(tmp_path: Path, memory: int | None) -> None:
    """In memory, on disk, or one of each: rows and columns are put in their places, in canonical form."""
    found = filled(memory, tmp_path).matrix(ROWS, COLUMNS, 4)
    assert found.toarray().tolist() == EXPECTED
    assert found.dtype == np.int32
    assert found.has_canonical_format
    assert len(list(tmp_path.rglob("counts-*.npy"))) == {None: 0, 0: 2, 60: 1, 10_000: 0}[memory]


@pytest.mark.parametrize("memory", [None, 0])
def test_a_walk_gives_batches_with_their_places(tmp_path: Path, memory: int | None) -> None:
    """Each batch has its pages in growing order; walking again gives the same."""
    batches = filled(memory, tmp_path)
    for _ in range(2):
        found = list(batches.walk(ROWS, COLUMNS, 4))
        assert [batch.columns.tolist() for batch in found] == [[0, 2], [1, 3]]
        whole = np.zeros((4, 4), int)
        for batch in found:
            assert batch.counts.dtype == np.int32
            whole[:, batch.columns] = batch.counts.toarray()
        assert whole.tolist() == EXPECTED


def test_bounded_memory_needs_a_folder() -> None:
    """Where counts may not stay in memory there must be somewhere to go."""
    with pytest.raises(ValueError, match="folder"):
        CountBatches(1000)


def test_a_changed_batch_frees_its_memory(tmp_path: Path) -> None:
    """Counts that take the place of others do not fill the memory; what does not fit any more goes to the folder."""
    batches = filled(160, tmp_path)
    for _ in range(5):
        batches.change(0, FIRST)
        batches.change(1, SECOND)
    assert not list(tmp_path.rglob("*.npy"))
    batches.add(FIRST)
    assert len(list(tmp_path.rglob("*.npy"))) == 1


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 5), max_size=6), st.integers(0, 2**31))
def test_any_batches_make_the_matrix_of_all(sizes: list[int], seed: int) -> None:
    """Whatever the batches, empty ones too: the matrix is that of all pages, put in order."""
    rng = np.random.default_rng(seed)
    parts = [rng.poisson(0.5, (7, k)).astype(np.int32) for k in sizes]
    whole = np.hstack([np.zeros((7, 0), np.int32), *parts])
    rows = np.where(rng.random(7) < 0.3, -1, rng.permutation(7))
    final = {row: i for i, row in enumerate(sorted(rows[rows >= 0]))}
    rows = np.array([final.get(row, -1) for row in rows])
    columns = rng.permutation(whole.shape[1])
    expected = np.zeros((len(final), whole.shape[1]), int)
    for row, target in enumerate(rows):
        if target >= 0:
            expected[target, columns] = whole[row]
    batches = CountBatches()
    for part in parts:
        batches.add(sp.csc_matrix(part))
    assert batches.matrix(rows, columns, len(final)).toarray().tolist() == expected.tolist()
