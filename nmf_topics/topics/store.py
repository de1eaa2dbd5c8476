"""Models on disk: `model.npz` for numbers, `model.json` for names. Plain arrays and JSON, never pickle.

    model.npz    W (m, r), H (r, n), errors (n,), trace, coherences (r,), stabilities (r,), weighting_*
    model.json   schema, rows (kind and names), columns (ids, titles, meta), weighting, recipe, ledger, names, hidden

Reading checks everything before it believes it: the schema, the shapes against the names, finite and non-negative
factors. Unknown arrays and unknown keys are refused.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nmf_topics.errors import ModelError
from nmf_topics.matrix.datamatrix import AXES, PageColumns
from nmf_topics.matrix.weighting import WEIGHTINGS, FittedWeighting
from nmf_topics.topics.model import TopicModel

SCHEMA = 1
MARK = "model.json"
_ARRAYS = ("W", "H", "errors", "trace", "coherences", "stabilities")
_KEYS = frozenset(
    ("schema", "rows", "columns", "weighting", "recipe", "ledger", "names", "hidden", "stopped", "relative_error")
)


def save_model(model: TopicModel, folder: Path) -> None:
    """Write model.npz and model.json into an existing folder; the same model makes the same bytes."""
    arrays = {name: getattr(model, name) for name in _ARRAYS}
    weighting = None
    if model.weighting is not None:
        arrays |= model.weighting.to_arrays()
        weighting = {"name": model.weighting.name, "unit": model.weighting.unit}
    np.savez(folder / "model.npz", allow_pickle=False, **arrays)
    document = {
        "schema": SCHEMA,
        "rows": {"kind": model.rows.kind, **model.rows.to_meta()},
        "columns": {
            "ids": list(model.columns.ids),
            "titles": list(model.columns.titles),
            "meta": [dict(meta) for meta in model.columns.meta],
        },
        "weighting": weighting,
        "recipe": model.recipe,
        "ledger": model.ledger,
        "names": {str(number): name for number, name in model.names.items()},
        "hidden": list(model.hidden),
        "stopped": model.stopped,
        "relative_error": model.relative_error,
    }
    (folder / MARK).write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def resolve_model(path: Path) -> Path:
    """The folder that a path means: itself, or what a `latest` file that holds a name points to."""
    if path.is_file() and path.name == "latest":
        return path.parent / path.read_text(encoding="utf-8").strip()
    return path


def point_latest(folder: Path, latest: Path) -> None:
    """Let `latest` name a model folder: by a symbolic link, or where there is none by a file with its name in it."""
    latest.parent.mkdir(parents=True, exist_ok=True)
    target = os.path.relpath(folder.resolve(), latest.parent.resolve())
    if latest.is_dir() and not latest.is_symlink():
        return  # somebody's own folder of that name: it stays
    fresh = latest.with_name(f".latest-{os.getpid()}")
    try:
        fresh.symlink_to(target, target_is_directory=True)
    except (OSError, NotImplementedError):
        fresh.write_text(target + "\n", encoding="utf-8")
    os.replace(fresh, latest)


def load_model(path: Path | str) -> TopicModel:
    """Read a model folder.

    Raises
    ------
    ModelError
        if there is no model, or it is damaged, foreign, or of a later version.
    """
    folder = resolve_model(Path(path))
    if not (folder / MARK).is_file():
        hint = "fit one first (nmf-topics fit), or name its folder"
        raise ModelError(f"there is no model in {folder}; {hint}")
    try:
        document = json.loads((folder / MARK).read_text(encoding="utf-8"))
        with np.load(folder / "model.npz", allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except FileNotFoundError as error:
        raise ModelError(f"the model in {folder} is incomplete: {Path(str(error.filename)).name} is missing") from error
    except (OSError, ValueError, EOFError, KeyError, RecursionError, zipfile.BadZipFile) as error:
        raise ModelError(f"the model in {folder} is damaged: {error}; fit it again") from error
    try:
        return _build(document, arrays)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"the model in {folder} is damaged: {error}; fit it again") from error
    except ModelError as error:
        raise ModelError(f"the model in {folder} cannot be used: {error}") from error


def _build(document: Mapping[str, Any], arrays: Mapping[str, Any]) -> TopicModel:
    """A model from what the files say, after checking it."""
    if not isinstance(document, dict) or not isinstance(document.get("schema"), int):
        raise ModelError("model.json does not say which version it is")
    if document["schema"] > SCHEMA:
        raise ModelError(f"it was made by a later version (schema {document['schema']}); update nmf-topics")
    if unknown := set(document) - _KEYS:
        raise ModelError(f"model.json has unknown entries: {', '.join(sorted(unknown))}")
    expected = set(_ARRAYS) | {name for name in arrays if name.startswith("weighting_")}
    if set(arrays) != expected:
        raise ModelError(f"model.npz has other arrays than a model: {', '.join(sorted(set(arrays) ^ expected))}")

    rows = AXES[document["rows"]["kind"]].from_meta(document["rows"])
    columns = PageColumns(**document["columns"])
    W, H = arrays["W"], arrays["H"]
    if W.ndim != 2 or H.ndim != 2:
        raise ModelError("W and H must have two dimensions")
    (m, r), (n, meta) = W.shape, (len(columns), len(columns.meta))
    if not (m == len(rows) and H.shape == (r, n) and len(columns.titles) == meta == n and r >= 1):
        raise ModelError(f"W {W.shape} and H {H.shape} do not fit {len(rows)} rows and {n} columns")
    for name, length in (("errors", n), ("coherences", r), ("stabilities", r)):
        if arrays[name].shape != (length,):
            raise ModelError(f"{name} has the wrong length")
    for name, factor in (("W", W), ("H", H)):
        if factor.dtype.kind != "f" or not np.isfinite(factor).all() or factor.min(initial=0.0) < 0:
            raise ModelError(f"{name} is not a finite, non-negative matrix")
    weighting = document["weighting"]
    if weighting is not None:
        if weighting["name"] not in WEIGHTINGS:
            raise ModelError(f"it uses the unknown weighting {weighting['name']!r}")
        weighting = FittedWeighting.from_arrays(weighting["name"], bool(weighting["unit"]), arrays)
    return TopicModel(
        **{name: arrays[name] for name in _ARRAYS},
        stopped=document["stopped"],
        relative_error=document["relative_error"],
        rows=rows,
        columns=columns,
        weighting=weighting,
        recipe=document["recipe"],
        ledger=document["ledger"],
        names={int(number): str(name) for number, name in document["names"].items()},
        hidden=tuple(document["hidden"]),
    )
