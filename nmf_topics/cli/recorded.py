"""What `run.json` records of a run, read back: its source and its options."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nmf_topics.errors import ModelError
from nmf_topics.model.files import resolve_model
from nmf_topics.model.run_record import RUN, read_record
from nmf_topics.pipeline.prepare import Source
from nmf_topics.pipeline.recipes import Recipe


@dataclass(frozen=True)
class RecordedRun:
    """A run of `fit`, as its `run.json` describes it.

    Attributes
    ----------
    path : the file
    document : all of it
    recipe, rank, seed, runs : options of the fit
    changed : whether the file was changed after it was written
    """

    path: Path
    document: Mapping[str, object]
    recipe: Recipe
    rank: int
    seed: int
    runs: int
    changed: bool = False


def read_recorded_run(path: Path) -> RecordedRun:
    """The run that a `run.json`, or a model folder with one, describes.

    Raises
    ------
    ModelError
        if there is none, or it does not describe a fit that this version can make.
    """
    path = resolve_model(path)
    path = path / RUN if os.path.isdir(path) else path
    record = read_record(path)
    document = record.document
    if document.get("command") not in ("fit", None):
        raise ModelError(f"{path} is the record of {document['command']!r}, not of a fit")
    if missing := {"command", "options"} - set(document) or {"rank", "seed"} - set(document["options"]):
        raise ModelError(f"{path} is not the record of a fit, or is damaged: {min(missing)} is missing")
    options = document["options"]
    try:
        recipe = Recipe.recorded(options)
    except ModelError as error:
        raise ModelError(f"{path} cannot be repeated: {error}") from error
    return RecordedRun(
        path, document, recipe, options["rank"], options["seed"], options.get("runs", 1), record.intact is False
    )


def recorded_source(run: Mapping[str, object]) -> Source | None:
    """Where the corpus of a run is; None where it was standard input, or is not there any more.

    A relative path is looked up in the working folder, then in the folder in which the run was made.
    """
    recorded = run.get("source")
    if not isinstance(recorded, dict) or not isinstance(recorded.get("path"), str) or recorded["path"] == "-":
        return None
    folder = run.get("folder")
    places = [os.path.join(folder, recorded["path"])] if isinstance(folder, str) else []
    for place in (recorded["path"], *places):
        if os.path.exists(place):
            return Source.recorded({**recorded, "path": place})
    return None
