"""ranks.json: what `ranks` has found out so far, for a run that goes on, and for figures and reports of a model.

schema, key, recipe (of V), singular_values, rows (one a rank, null for nan)
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
    """Write down what is known.

    Parameters
    ----------
    path : of ranks.json
    key : what the rows depend on
    recipe : of V
    singular : singular values of V, falling
    rows : by rank
    """
    plain = [plain_row(rows[rank]) for rank in sorted(rows)]
    document = {"schema": 1, "key": key, "recipe": recipe, "singular_values": list(singular), "rows": plain}
    with whole_file(path) as partial:
        partial.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def plain_row(row: RankRow) -> dict[str, Any]:
    """A row for JSON, null for nan."""
    return {name: None if value != value else value for name, value in asdict(row).items()}


def read_ranks(path: Path, key: str) -> dict[int, RankRow]:
    """Rows of an earlier run on the same data with the same options, by rank; none where there was none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return _rows(document) if document["key"] == key else {}
    except _DAMAGE:
        return {}


def ranks_of(model: TopicModel, folder: Path) -> tuple[list[RankRow], list[float]] | None:
    """What `ranks` found on the corpus of a model with its options.

    Parameters
    ----------
    model : TopicModel
    folder : of the model; results of `ranks` lie beside it

    Returns
    -------
    rows by increasing rank, and singular values of V; None where nobody asked, or of something else
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
