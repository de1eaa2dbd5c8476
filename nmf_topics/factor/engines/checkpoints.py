"""Checkpoints: the state of a long factorization, kept in a file, from which the same command goes on if it was ended.

A checkpoint is one .npz without pickle, named by what it belongs to: everything that decides on the next iteration (V,
the rank, the start, the seed, the rule, the program's version). Another command finds no checkpoint, the same one finds
its own and ends with the same bytes. It is written whole or not at all, when `every` seconds have passed since the last
one, and seldom enough that writing takes at most a tenth of the time; so a short fit writes none.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nmf_topics.errors import MatrixError, OutputError
from nmf_topics.factor.state import State
from nmf_topics.writing import whole_file

PREFIX = "checkpoint-"
SHARE_OF_TIME = 0.1  # that writing may take
KEPT = 14 * 24 * 3600.0  # seconds after which a checkpoint that nobody asked for is removed


@dataclass(frozen=True)
class Checkpointing:
    """Where checkpoints are kept, and how often.

    Attributes
    ----------
    folder : made when the first one is written
    every : seconds between two of them
    note : told when a fit goes on from one, or when one cannot be written
    """

    folder: Path
    every: float = 60.0
    note: Callable[[str], None] = lambda message: None

    def of(self, identity: Mapping[str, Any]) -> Checkpoint:
        """The checkpoint of one factorization."""
        return Checkpoint(self, identity)


class Checkpoint:
    """The checkpoint of one factorization.

    Parameters
    ----------
    settings : Checkpointing
    identity : everything that decides on the iterations, as JSON
    """

    def __init__(self, settings: Checkpointing, identity: Mapping[str, Any]) -> None:
        text = json.dumps(identity, sort_keys=True, default=str)
        self.path = settings.folder / f"{PREFIX}{hashlib.sha256(text.encode()).hexdigest()[:32]}.npz"
        self._settings = settings
        self._due = time.monotonic() + settings.every
        self._broken = False

    def recall(self) -> State | None:
        """The state that was kept, if there is one that can be used; a damaged one is removed."""
        try:
            with self.path.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as archive:
                state = State.from_arrays({name: archive[name] for name in archive.files})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, EOFError, KeyError, MatrixError, zipfile.BadZipFile) as error:
            self._settings.note(f"the checkpoint {self.path} cannot be used ({error}); the fit begins anew")
            self.remove()
            return None
        self._settings.note(f"going on after iteration {state.iteration}, from a checkpoint of this fit")
        return state

    def keep(self, state: State) -> None:
        """Write the state, if it is time to; a disk that is full ends the checkpoints, not the fit."""
        if time.monotonic() >= self._due:
            self.write(state)

    def write(self, state: State) -> None:
        """Write the state now."""
        if self._broken:
            return
        began = time.monotonic()
        try:
            with whole_file(self.path, "NMF_TOPICS_CACHE") as partial, partial.open("wb") as file:
                np.savez(file, allow_pickle=False, **state.to_arrays())
        except OutputError as error:
            self._broken = True
            self._settings.note(f"warning: this fit has no checkpoint: {error}")
        now = time.monotonic()
        self._due = now + max(self._settings.every, (now - began) / SHARE_OF_TIME)

    def remove(self) -> None:
        """Take it away, as the fit is done; and those that nobody came back for."""
        for path in [self.path, *_forgotten(self._settings.folder)]:
            try:
                path.unlink(missing_ok=True)
            except OSError:  # a checkpoint that stays does no harm
                continue


def _forgotten(folder: Path) -> list[Path]:
    """Checkpoints of long ago."""
    found = []
    for path in folder.glob(f"{PREFIX}*.npz"):
        try:
            if time.time() - os.stat(path).st_mtime > KEPT:
                found.append(path)
        except OSError:
            continue
    return found
