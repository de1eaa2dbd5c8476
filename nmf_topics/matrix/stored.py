"""A DataMatrix in a folder of blocks: what stands beside the blocks of V, so that a later fit begins with them at once.

    names.npz   without pickle: the rows, columns, recipe and ledger as JSON in arrays of bytes; the weighting
    counts/     for text: how often words are on pages (see `matrix.page_counts`)

A folder that cannot be read is as good as none: the blocks are made anew.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nmf_topics.errors import EngineError
from nmf_topics.factor.engines.disk import OnDisk
from nmf_topics.factor.engines.store import MARK
from nmf_topics.files.atomic import remove_if_empty
from nmf_topics.matrix.datamatrix import DataMatrix, PageColumns
from nmf_topics.matrix.page_counts import FOLDER, PageCounts
from nmf_topics.matrix.rows import AXES, RowAxis
from nmf_topics.matrix.weighting import FittedWeighting

NAMES = "names.npz"
PREFIX = "blocks-"  # only folders of this name are ours to forget
IN_USE = 3600.0  # seconds after its last use for which a folder is left to whoever may be at work on it
MAX_BYTES = 20 * 10**9  # of all folders but the newest


def store_names(
    folder: Path,
    rows: RowAxis,
    columns: PageColumns,
    weighting: FittedWeighting | None,
    recipe: Mapping[str, Any],
    ledger: Mapping[str, Any],
    words: Sequence[Sequence[Any]],
) -> None:
    """Write what a DataMatrix has besides V into the folder of its blocks."""
    arrays = weighting.to_arrays() if weighting else {}
    with (folder / NAMES).open("wb") as file:
        np.savez(
            file,
            allow_pickle=False,
            rows=json_to_array({"kind": rows.kind, **rows.to_meta()}),
            columns=json_to_array(columns.to_meta()),
            weighting=json_to_array([weighting.name, weighting.unit] if weighting else None),
            recipe=json_to_array(recipe),
            ledger=json_to_array(ledger),
            words=json_to_array(words),
            **arrays,
        )


def load_cached_matrix(folder: Path) -> DataMatrix | None:
    """The DataMatrix of a folder, its V on disk; None where there is none that can be read."""
    if not (folder / MARK).exists():
        return None
    try:
        V = OnDisk(folder)
        with (folder / NAMES).open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as names:
            rows = json_from_array(names["rows"])
            fitted = json_from_array(names["weighting"])
            data = DataMatrix(
                V=V,
                rows=AXES[rows["kind"]].from_meta(rows),
                columns=PageColumns.from_meta(json_from_array(names["columns"])),
                weighting=FittedWeighting.from_arrays(fitted[0], fitted[1], names) if fitted else None,
                recipe=json_from_array(names["recipe"]),
                ledger=json_from_array(names["ledger"]),
                words=json_from_array(names["words"]),
                counts=PageCounts.on_disk(folder / FOLDER) if fitted else None,
            )
    except EngineError:
        return None
    except Exception:  # a damaged archive can fail in any way, and none of them matters: the blocks are made anew
        return None
    V.touch()
    return data


def evict_blocks(cache: Path, keep: Path) -> None:
    """Remove the folders of blocks that have not been used for the longest time, beyond MAX_BYTES of them."""
    found = []
    for mark in cache.glob(f"{PREFIX}*/{MARK}"):
        with contextlib.suppress(OSError):
            size = sum(path.stat().st_size for path in mark.parent.rglob("*") if path.is_file())
            found.append((mark.stat().st_mtime, size, mark.parent))
    total = 0
    for used, size, folder in sorted(found, reverse=True):
        if folder == keep:
            continue
        total += size
        if total > MAX_BYTES and time.time() - used > IN_USE:
            remove_store(folder)


def remove_store(folder: Path) -> None:
    """Remove a folder of blocks, the mark first: what is left of it, should this be interrupted, is none."""
    with contextlib.suppress(OSError):
        (folder / MARK).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    remove_if_empty(folder)


def json_to_array(value: Any) -> np.ndarray:
    """A value as JSON in an array of bytes, for archives of numpy without pickle; half a surrogate pair survives it."""
    return np.frombuffer(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"), dtype=np.uint8)


def json_from_array(array: np.ndarray) -> Any:
    """The value that `json_to_array` made an array of."""
    return json.loads(array.tobytes().decode("utf-8", "surrogatepass"))
