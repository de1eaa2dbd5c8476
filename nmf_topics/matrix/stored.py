"""Store a DataMatrix in the folder of the blocks of V, so that a later fit can use them at once.

names.npz   rows, columns, recipe and ledger as JSON, and the weighting; without pickle, with a digest
counts/     for text: the counts of words by page (see `matrix.page_counts`)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nmf_topics.factor.engines.disk import OnDisk
from nmf_topics.files.arrays import json_from_array, json_to_array, read_sealed_arrays, write_sealed_arrays
from nmf_topics.matrix.datamatrix import DataMatrix, PageColumns
from nmf_topics.matrix.page_counts import FOLDER, PageCounts
from nmf_topics.matrix.rows import AXES, RowAxis
from nmf_topics.matrix.weighting import FittedWeighting

NAMES = "names.npz"


def store_names(
    folder: Path,
    rows: RowAxis,
    columns: PageColumns,
    weighting: FittedWeighting | None,
    recipe: Mapping[str, Any],
    ledger: Mapping[str, Any],
    words: Sequence[Sequence[Any]],
) -> None:
    """Write everything that a DataMatrix has besides V into the folder of its blocks."""
    arrays = weighting.to_arrays() if weighting else {}
    described = dict(
        rows=json_to_array({"kind": rows.kind, **rows.to_meta()}),
        columns=json_to_array(columns.to_meta()),
        weighting=json_to_array([weighting.name, weighting.unit] if weighting else None),
        recipe=json_to_array(recipe),
        ledger=json_to_array(ledger),
        words=json_to_array(words),
    )
    write_sealed_arrays(folder / NAMES, {**described, **arrays})


def load_matrix(folder: Path) -> DataMatrix:
    """Read the DataMatrix of a folder; V stays on disk. All files are checked against their digests and checksums.

    Raises
    ------
    Exception
        of any kind, if a file is missing or damaged.
    """
    V = OnDisk(folder)
    names = read_sealed_arrays(folder / NAMES)
    rows = json_from_array(names["rows"])
    fitted = json_from_array(names["weighting"])
    counts = PageCounts.on_disk(folder / FOLDER) if fitted else None
    for blocks in (V, counts.blocks if counts else None):
        if isinstance(blocks, OnDisk):
            blocks.verify()
    return DataMatrix(
        V=V,
        rows=AXES[rows["kind"]].from_meta(rows),
        columns=PageColumns.from_meta(json_from_array(names["columns"])),
        weighting=FittedWeighting.from_arrays(fitted[0], fitted[1], names) if fitted else None,
        recipe=json_from_array(names["recipe"]),
        ledger=json_from_array(names["ledger"]),
        words=json_from_array(names["words"]),
        counts=counts,
    )
