"""Names and hidden words of the model that a fit replaces: carried over where they fit, and reported on stderr."""

from __future__ import annotations

import shlex
from pathlib import Path

from nmf_topics.analysis.carried_names import CarriedNames, carry_names
from nmf_topics.cli.console import Console
from nmf_topics.errors import ModelError
from nmf_topics.files.json_files import read_json
from nmf_topics.model.files import MARK, load_model
from nmf_topics.model.model import TopicModel


def with_earlier_names(model: TopicModel, folder: Path, talk: Console) -> tuple[TopicModel, list[str]]:
    """A new model with the names and hidden words of the one that is in its folder now.

    Returns
    -------
    model : TopicModel
    lost : names that no topic of it takes
    """
    if not _has_names(folder):
        return model, []
    try:
        model, carried = carry_names(load_model(folder), model)
    except ModelError as error:
        talk.warn(f"the names of the earlier model are not carried over: {error}")
        return model, []
    _report(carried, folder, talk)
    return model, [lost.name for lost in carried.lost]


def _has_names(folder: Path) -> bool:
    """Whether there is a model with names or hidden words in a folder; W and H are not read for that."""
    try:
        document = read_json(folder / MARK).document
    except (OSError, ValueError):
        return False
    return isinstance(document, dict) and bool(document.get("names") or document.get("hidden"))


def _report(carried: CarriedNames, folder: Path, talk: Console) -> None:
    if carried.names:
        listed = ", ".join(f"{number} {name}" for number, name in carried.names.items())
        talk.note(f"names carried over from the earlier model: {listed}")
    if carried.hidden:
        talk.note(f"still hidden: {', '.join(carried.hidden)}")
    for lost in carried.lost:
        near = "no topic is similar"
        if lost.nearest is not None:
            command = shlex.join(["nmf-topics", "label", str(folder), f"{lost.nearest}={lost.name}"])
            near = f"the nearest topic is {lost.nearest} (similarity {lost.similarity:.2f}); to name it: {command}"
        talk.warn(f"no topic matches the earlier topic {lost.name!r}, so the name is not carried over; {near}")
    if carried.lost_hidden:
        talk.warn(f"hidden words that the new model does not have: {', '.join(carried.lost_hidden)}")
