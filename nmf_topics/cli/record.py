"""The record of a run: what it was made with, how long each stage took and how much memory."""

from __future__ import annotations

import math
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypedDict

from nmf_topics import __version__
from nmf_topics.corpus.open import default_source, sample_corpus_path
from nmf_topics.corpus.plain import show_path
from nmf_topics.factor import kernels
from nmf_topics.files.system import peak
from nmf_topics.model.flags import topic_flags
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source, versions_of
from nmf_topics.pipeline.recipes import FOUND
from nmf_topics.views.report.provenance import command

PACKAGES = ("numpy", "scipy", "simplemma", "PyStemmer", "nltk", "regex", "wordcloud", "pillow", "matplotlib")


def versions() -> dict[str, str]:
    """Of this program, Python, and what decides on results."""
    own = {"nmf-topics": __version__, "python": platform.python_version()}
    return own | versions_of(PACKAGES, "not installed") | {"kernels": kernels.backend_name()}


def source_path(source: Source) -> str:
    """Where the pages came from, for those who read them again."""
    return show_path(str(default_source()) if source.path is None else source.path)


class Stage(TypedDict):
    """How long a stage of a run took, and the most memory up to its end, None if that is unknown."""

    stage: str
    seconds: float
    peak_memory_mb: float | None


class Record:
    """Stages of a run as they pass."""

    def __init__(self, command: str, source: Source) -> None:
        self.command = command
        self.source = source
        self.started = datetime.now(UTC).isoformat(timespec="seconds")
        self.stages: list[Stage] = []
        self.engine: dict[str, object] = {}
        self.lost_names: list[str] = []  # of the model that was replaced
        self._open: tuple[str, float] | None = None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage."""
        self._open = (name, time.perf_counter())
        yield
        self._close()

    def _close(self) -> None:
        """Note the stage that is open, if one is."""
        if self._open is not None:
            name, began = self._open
            seconds = round(time.perf_counter() - began, 3)
            self.stages.append({"stage": name, "seconds": seconds, "peak_memory_mb": round(peak() / 2**20, 1) or None})
            self._open = None

    def source_document(self) -> dict[str, object]:
        """Where the corpus was: its path, whether the user gave it, and the options of how it was read."""
        return {
            "path": source_path(self.source),
            "given": self.source.path not in (None, str(sample_corpus_path())),
            **self.source.reading(),
        }

    def _repeat(self, model: TopicModel) -> str | None:
        """The command that makes the model again from anywhere on this machine; None where none can be written down."""
        source = self.source_document()
        path = os.path.abspath(source_path(self.source))
        if self.source.path == "-" or not os.path.exists(path):  # standard input, or a name that is not UTF-8
            return None
        return command(model, {**source, "path": path, "given": True})

    def document(self, model: TopicModel) -> dict[str, object]:
        """run.json, which is written at the end of the last stage and closes it."""
        self._close()
        recipe = dict(model.recipe)
        return {
            "schema": 1,
            "command": self.command,
            "arguments": [show_path(argument) for argument in sys.argv[1:]],
            "folder": show_path(os.getcwd()),
            "source": self.source_document(),
            "repeat": self._repeat(model),
            "started": self.started,
            "options": {name: value for name, value in recipe.items() if name not in FOUND},
            "seed": recipe["seed"],
            "corpus": recipe["corpus"],
            "counts": model.ledger,
            "iterations": len(model.trace),
            "stopped": model.stopped,
            "refinement": recipe.get("refinement"),
            "certificate": model.certificate if math.isfinite(model.certificate) else None,
            "relative_error": model.relative_error,
            "dead_topics": model.dead_topics,
            "flags": [{"topic": flag.topic, **flag.to_meta()} for flag in topic_flags(model)],
            "names_not_carried_over": self.lost_names,
            "trace": model.trace.tolist(),
            "stages": self.stages,
            "engine": self.engine,
            "versions": versions(),
        }
