"""What `run.json` records of a run, read back: its source and its options."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nmf_topics.errors import ModelError
from nmf_topics.model.files import resolve_model
from nmf_topics.pipeline.prepare import Source
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.views.model_folder import RUN


@dataclass(frozen=True)
class RecordedRun:
    """A run of `fit`, as its `run.json` describes it.

    Attributes
    ----------
    path : the file
    document : all of it
    recipe, rank, seed, runs : options of the fit
    """

    path: Path
    document: Mapping[str, object]
    recipe: Recipe
    rank: int
    seed: int
    runs: int


def read_recorded_run(path: Path) -> RecordedRun:
    """The run that a `run.json`, or a model folder with one, describes.

    Raises
    ------
    ModelError
        if there is none, or it does not describe a fit that this version can make.
    """
    path = resolve_model(path)
    path = path / RUN if os.path.isdir(path) else path
    if not os.path.isfile(path):
        raise ModelError(f"there is no record of a run in {path}; name a run.json or a model folder")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["command"] != "fit":
            raise ModelError(f"{path} is the record of {document['command']!r}, not of a fit")
        options = document["options"]
        rank, seed, runs = (int(number) for number in (options["rank"], options["seed"], options.get("runs", 1)))
        recipe = Recipe.recorded(options)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f"{path} is not the record of a fit, or is damaged: {error}") from error
    except ModelError as error:
        raise ModelError(f"{path} cannot be repeated: {error}") from error
    return RecordedRun(path, document, recipe, rank, seed, runs)


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
