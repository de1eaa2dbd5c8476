"""Checkpoints: the state of a long factorization, kept in a file, from which the same command goes on if it was ended.

A checkpoint is one .npz without pickle, named by everything that decides on the iterations: V, the rank, the start,
the seed, the rule, the kernels, the program's version. Another command finds none, the same one finds its own and ends
with the same bytes. It is written whole or not at all, when `every` seconds have passed since the last one, and seldom
enough that writing takes at most a tenth of the time; so a short fit writes none.
"""

from __future__ import annotations

import hashlib
import json
import time
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics import __version__
from nmf_topics.errors import MatrixError, OutputError
from nmf_topics.factor import kernels
from nmf_topics.factor.blocks import InMemory, PageBlocks
from nmf_topics.factor.engines.store import CACHE_ENV_VAR
from nmf_topics.factor.state import STATE_FORMAT, State
from nmf_topics.files.atomic import whole_file

PREFIX = "checkpoint-"
SHARE_OF_TIME = 0.1  # that writing may take
KEPT = 14 * 24 * 3600.0  # seconds after which a checkpoint that nobody asked for is removed


@dataclass(frozen=True)
class Checkpointing:
    """Where a command keeps the checkpoints of its factorizations, and how often.

    Attributes
    ----------
    folder : made when the first one is written
    every : seconds between two of them
    note : told when a fit goes on from one, or when one cannot be written
    """

    folder: Path
    every: float = 60.0
    note: Callable[[str], None] = lambda message: None
    _used: list[Path] = field(default_factory=list)

    def of(self, V: PageBlocks, options: Mapping[str, Any]) -> Checkpoint:
        """The checkpoint of one factorization: of V, and all options that decide on its iterations."""
        identity = [__version__, STATE_FORMAT, kernels.backend_name(), _identity_of(V), dict(options)]
        name = hashlib.sha256(json.dumps(identity, sort_keys=True, default=str).encode()).hexdigest()[:32]
        checkpoint = Checkpoint(self, self.folder / f"{PREFIX}{name}.npz")
        self._used.append(checkpoint.path)
        return checkpoint

    def clear(self) -> None:
        """Remove the checkpoints of this command, as its result is safe, and those that nobody came back for."""
        forgotten = [path for path in self.folder.glob(f"{PREFIX}*.npz") if _age(path) > KEPT]
        for path in [*self._used, *forgotten]:
            with suppress(OSError):  # one that stays does no harm
                path.unlink()


class Checkpoint:
    """The checkpoint of one factorization.

    Parameters
    ----------
    settings : Checkpointing
    path : of its file
    """

    def __init__(self, settings: Checkpointing, path: Path) -> None:
        self.path = path
        self._settings = settings
        self._due = time.monotonic() + settings.every
        self._last: State | None = None
        self._written = self._broken = False

    def recall(self) -> State | None:
        """The state that was kept, if there is one that can be used; a damaged one is removed."""
        try:
            with self.path.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as archive:
                state = State.from_arrays({name: archive[name] for name in archive.files})
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, EOFError, KeyError, MatrixError, zipfile.BadZipFile) as error:
            self._settings.note(f"the checkpoint {self.path} cannot be used ({error}); the fit begins anew")
            with suppress(OSError):
                self.path.unlink()
            return None
        self._settings.note(f"going on after iteration {state.iteration}, from a checkpoint of the same fit")
        self._written = True
        return state

    def keep(self, state: State) -> None:
        """Take note of the state, and write it if it is time to."""
        self._last = state
        if time.monotonic() >= self._due:
            self._write(state)

    def done(self) -> None:
        """The iterations are done: of a fit that was long, the last state stays until the whole command is done."""
        if self._written and self._last is not None:
            self._write(self._last)
        self._last = None

    def _write(self, state: State) -> None:
        """Write the state; a disk that is full ends the checkpoints, not the fit."""
        if self._broken:
            return
        began = time.monotonic()
        try:
            with whole_file(self.path, CACHE_ENV_VAR) as partial, partial.open("wb") as file:
                np.savez(file, allow_pickle=False, **state.to_arrays())
        except OutputError as error:
            self._broken = True
            self._settings.note(f"warning: this fit has no checkpoint: {error}")
        self._written = not self._broken
        now = time.monotonic()
        self._due = now + max(self._settings.every, (now - began) / SHARE_OF_TIME)


def _identity_of(V: PageBlocks) -> Any:
    """What tells one V from another: its entries, and how it is cut, since sums depend on that in the last digits."""
    store = getattr(V, "store", V)  # a cluster works on the blocks of a folder
    if manifest := getattr(store, "manifest", None):
        return [manifest.rows, manifest.columns, [(part.columns, part.stored, part.crc32) for part in manifest.parts]]
    digest = hashlib.blake2b(str((V.shape, V.dtype)).encode(), digest_size=16)
    if isinstance(V, InMemory):
        matrix = V.V
        for array in (matrix.data, matrix.indices, matrix.indptr) if sp.issparse(matrix) else (matrix,):
            digest.update(np.ascontiguousarray(array).view(np.uint8).data)
    return digest.hexdigest()


def _age(path: Path) -> float:
    """Seconds since a file was written; 0 where it is gone."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
