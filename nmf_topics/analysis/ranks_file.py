"""ranks.json: the results of `ranks`, used in the figures and the report of a model and by the next run of `ranks`.

Keys: schema, key, recipe (of V), singular_values, rows (one for each rank, with null for NaN), file_sha256. While a run
is at work its results so far are in `UNFINISHED_RANKS`, in the same form; the results of the run before stay until it
is complete. A file that is damaged is treated as absent.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nmf_topics.analysis.ranks import RankRow
from nmf_topics.errors import OutputError
from nmf_topics.files.json_files import json_with_checksum, read_json
from nmf_topics.files.publish import UNFINISHED, finish_moves
from nmf_topics.files.schema import ANYTHING, NAME, list_of, mapping_of, number, optional, record, whole
from nmf_topics.model.model import TopicModel

RANKS = "ranks.json"
UNFINISHED_RANKS = f"{UNFINISHED}{RANKS}"

_NUMBERS = {field.name: optional(number()) for field in dataclasses.fields(RankRow)}
_DOCUMENT = record(
    {
        "schema": whole(1, 1),
        "key": NAME,
        "recipe": mapping_of(ANYTHING),
        "singular_values": list_of(number(0)),
        "rows": list_of(record({**_NUMBERS, "rank": whole(1), "iterations": whole(0)})),
    }
)


def ranks_document(key: str, recipe: Mapping[str, Any], singular: Sequence[float], rows: Mapping[int, RankRow]) -> str:
    """The text of a ranks.json.

    Parameters
    ----------
    key : digest of everything that the rows depend on
    recipe : recipe of V
    singular : singular values of V, descending
    rows : rows by rank
    """
    plain = [plain_row(rows[rank]) for rank in sorted(rows)]
    document = {"schema": 1, "key": key, "recipe": recipe, "singular_values": list(singular), "rows": plain}
    return json_with_checksum(document, indent=1)


def plain_row(row: RankRow) -> dict[str, Any]:
    """Return a row for JSON, with None for NaN."""
    return {name: None if value != value else value for name, value in asdict(row).items()}


def read_ranks(folder: Path, key: str) -> dict[int, RankRow]:
    """Return the rows of earlier runs on the same data with the same options, by rank, also of an interrupted one."""
    found: dict[int, RankRow] = {}
    for name in (RANKS, UNFINISHED_RANKS):
        document = _read(folder / name)
        if document is not None and document["key"] == key:
            found |= _rows(document)
    return found


def _read(path: Path) -> dict[str, Any] | None:
    """The contents of a ranks.json; None if there is none, or it is damaged."""
    try:
        finish_moves(path.parent)
        found = read_json(path)
        _DOCUMENT(found.document)
    except (OSError, ValueError, OutputError):
        return None
    document: dict[str, Any] = found.document
    return None if found.intact is False else document


def ranks_of(model: TopicModel, folder: Path) -> tuple[list[RankRow], list[float]] | None:
    """Return the results of `ranks` on the corpus of a model with the same options.

    Parameters
    ----------
    model : TopicModel
    folder : model folder; the results of `ranks` are in the same parent folder

    Returns
    -------
    rows by ascending rank, and singular values of V; None if there are no results for this corpus and these options
    """
    name = model.recipe.get("corpus", {}).get("name")
    document = _read(folder.parent / f"{name}-ranks" / RANKS)
    if document is None:
        return None
    asked = {key: model.recipe.get(key) for key in document["recipe"]}
    if document["recipe"] != json.loads(json.dumps(asked)):
        return None
    found, singular = _rows(document), [float(s) for s in document["singular_values"]]
    rows = [found[rank] for rank in sorted(found)]
    return (rows, singular) if rows and singular else None


def _rows(document: Mapping[str, Any]) -> dict[int, RankRow]:
    found: dict[int, RankRow] = {}
    for row in document["rows"]:
        values: dict[str, Any] = {name: math.nan if value is None else value for name, value in row.items()}
        found[row["rank"]] = RankRow(**values)
    return found
