"""ranks.json: the results of `ranks` so far, used to resume it and in the figures and report of a model.

Keys: schema, key, recipe (of V), singular_values, rows (one for each rank, with null for NaN).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nmf_topics.analysis.ranks import RankRow
from nmf_topics.files.atomic import whole_file
from nmf_topics.model.model import TopicModel

RANKS = "ranks.json"
_DAMAGE = (OSError, ValueError, KeyError, TypeError, AttributeError)


def keep_ranks(
    path: Path, key: str, recipe: Mapping[str, Any], singular: Sequence[float], rows: Mapping[int, RankRow]
) -> None:
    """Write the results so far.

    Parameters
    ----------
    path : path of ranks.json
    key : digest of everything that the rows depend on
    recipe : recipe of V
    singular : singular values of V, descending
    rows : rows by rank
    """
    plain = [plain_row(rows[rank]) for rank in sorted(rows)]
    document = {"schema": 1, "key": key, "recipe": recipe, "singular_values": list(singular), "rows": plain}
    with whole_file(path) as partial:
        partial.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def plain_row(row: RankRow) -> dict[str, Any]:
    """Return a row for JSON, with None for NaN."""
    return {name: None if value != value else value for name, value in asdict(row).items()}


def read_ranks(path: Path, key: str) -> dict[int, RankRow]:
    """Return the rows of an earlier run on the same data with the same options, by rank; empty if there was none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return _rows(document) if document["key"] == key else {}
    except _DAMAGE:
        return {}


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
    try:
        document = json.loads((folder.parent / f"{name}-ranks" / RANKS).read_text(encoding="utf-8"))
        asked = {key: model.recipe.get(key) for key in document["recipe"]}
        if document["recipe"] != json.loads(json.dumps(asked)):
            return None
        found = _rows(document)
        rows, singular = [found[rank] for rank in sorted(found)], [float(s) for s in document["singular_values"]]
        return (rows, singular) if rows and singular else None
    except _DAMAGE:
        return None


def _rows(document: Mapping[str, Any]) -> dict[int, RankRow]:
    found: dict[int, RankRow] = {}
    for row in document["rows"]:
        values: dict[str, Any] = {name: float("nan") if value is None else value for name, value in row.items()}
        found[row["rank"]] = RankRow(**values)
    return found
