"""Counts of words by page: the same in memory and on disk, including words that are not in V."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from inputs import write_texts

from nmf_topics.factor.engines.choice import EngineOptions
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.matrix.page_counts import FOLDER, PageCounts
from nmf_topics.matrix.streaming import cut_counts_anew
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.terms.pruning import Bounds

N = 40
DISK = EngineOptions("disk")


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """Forty pages: `common` on all, `city` on 30, `music` on 10 (twice each), `unique` on one."""
    texts = [
        " ".join(["common", *["city"] * (i < 30), *["music music"] * (i % 4 == 0), *["unique"] * (i == 3)])
        for i in range(N)
    ]
    return Source(str(write_texts(tmp_path / "texts", texts)))


def table(data: DataMatrix) -> dict[str, tuple[int, list[int]]]:
    """Word -> its row of V and its counts on all pages."""
    counts = data.counts
    assert counts is not None
    dense = sp.hstack([block for _, block in counts.blocks.map(_itself)]).toarray()
    return {term: (int(counts.row[i]), dense[i].tolist()) for i, term in enumerate(counts.terms)}


def _itself(block: Any) -> Any:
    return sp.csc_matrix(block, copy=True)


def test_words_too_common_for_V_are_counted(source: Source) -> None:
    """Rows of V know their place in it; words that V dropped for being common have none, rare ones are not there."""
    data = prepare(source, Recipe())
    rows: Any = data.rows
    found = table(data)
    assert {"common", "city"} & set(rows.terms) == set()
    assert found["city"] == (-1, [1] * 30 + [0] * 10)
    assert found["common"][0] == -1
    assert found["music"] == (rows.index["music"], [2 if i % 4 == 0 else 0 for i in range(N)])
    assert set(found) == {"common", "city", "music"}
    assert sorted(row for row, _ in found.values() if row >= 0) == list(range(len(rows)))


def test_a_limit_that_the_user_chose_holds(source: Source) -> None:
    """Words beyond an explicit max_pages are unwanted, so they are not counted either."""
    data = prepare(source, Recipe(bounds=Bounds(max_pages=0.3)))
    assert set(table(data)) == {"music"}


def test_engines_keep_the_same_counts(source: Source, tmp_path: Path) -> None:
    """In memory, in new blocks, and in the same blocks recalled."""
    expected = table(prepare(source, Recipe()))
    notes: list[str] = []
    for _ in range(2):
        data = prepare(source, Recipe(), cache=tmp_path / "cache", engine=DISK, note=notes.append)
        assert table(data) == expected
    assert any("made before" in note for note in notes)


def test_counts_in_blocks_of_another_size(source: Source, tmp_path: Path) -> None:
    """Counts are cut with V."""
    data = prepare(source, Recipe(), cache=tmp_path / "cache", engine=DISK)
    assert data.counts is not None
    cut_counts_anew(data.counts, tmp_path / "cut", columns=7)
    again = replace(data, counts=PageCounts.on_disk(tmp_path / "cut"))
    assert again.counts is not None
    assert len(list(again.counts.blocks.map(_itself))) == 6
    assert table(again) == table(data)


@pytest.mark.parametrize("damage", ["missing", "mark", "part"])
def test_blocks_without_their_counts_are_made_anew(source: Source, tmp_path: Path, damage: str) -> None:
    """Cached counts of an earlier version, or damaged ones, are ignored."""
    cache = tmp_path / "cache"
    expected = table(data := prepare(source, Recipe(), cache=cache, engine=DISK))
    folder = data.V.folder / FOLDER
    if damage == "missing":
        shutil.rmtree(folder)
    elif damage == "mark":
        (folder / "blocks.json").write_text('{"schema": 1}', encoding="utf-8")
    else:
        (folder / "part-00000.bin").unlink()
    notes: list[str] = []
    assert table(prepare(source, Recipe(), cache=cache, engine=DISK, note=notes.append)) == expected
    assert not any("made before" in note for note in notes)


def test_names_must_fit() -> None:
    """Names and rows must have the length of the counts."""
    with pytest.raises(ValueError, match="counts of 2 words"):
        PageCounts.in_memory(sp.csc_matrix((2, 3), dtype=np.int32), ["a"], ["a"], np.zeros(2, np.int64))
