"""Checkpoints: the solver state of a long factorization in a file, from which the same command resumes.

A checkpoint is one .npz without pickle. Its name is a digest of everything that determines the iterations: V, the rank,
the initialization, the seed, the rule, the kernels and the version of the program. So another command finds none, and
the same command finds its own and reaches the same bytes. Files are written whole or not at all, every `every` seconds,
and less often where writing would take more than a tenth of the time; a short fit writes none.
"""

from __future__ import annotations

import hashlib
import json
import time
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
from nmf_topics.files.arrays import DIGEST, digest_of, read_arrays
from nmf_topics.files.atomic import whole_file

PREFIX = "checkpoint-"
SHARE_OF_TIME = 0.1  # that writing checkpoints may take
KEPT = 14 * 24 * 3600.0  # seconds after which an unused checkpoint is removed


@dataclass(frozen=True)
class Checkpointing:
    """Where a command keeps the checkpoints of its factorizations, and how often.

    Attributes
    ----------
    folder : Path, created when the first one is written
    every : float, seconds between two of them
    note : called with a message when a fit resumes, or when a checkpoint cannot be read or written
    """

    folder: Path
    every: float = 60.0
    note: Callable[[str], None] = lambda message: None
    _used: list[Path] = field(default_factory=list)

    def of(self, V: PageBlocks, options: Mapping[str, Any]) -> Checkpoint:
        """The checkpoint of one factorization, given V and all options that determine its iterations."""
        identity = [__version__, STATE_FORMAT, kernels.backend_name(), _identity_of(V), dict(options)]
        name = hashlib.sha256(json.dumps(identity, sort_keys=True, default=str).encode()).hexdigest()[:32]
        checkpoint = Checkpoint(self, self.folder / f"{PREFIX}{name}.npz")
        self._used.append(checkpoint.path)
        return checkpoint

    def clear(self) -> None:
        """Remove the checkpoints of this command, whose result is saved, and old unused ones."""
        forgotten = [path for path in self.folder.glob(f"{PREFIX}*.npz") if _age(path) > KEPT]
        for path in [*self._used, *forgotten]:
            with suppress(OSError):  # a checkpoint that stays does no harm
                path.unlink()


class Checkpoint:
    """The checkpoint of one factorization.

    Parameters
    ----------
    settings : Checkpointing
    path : Path of its file
    """

    def __init__(self, settings: Checkpointing, path: Path) -> None:
        self.path = path
        self._settings = settings
        self._due = time.monotonic() + settings.every
        self._last: State | None = None
        self._written = self._broken = False

    def recall(self) -> State | None:
        """Read the saved state; None if there is none. A damaged file is removed, with a note."""
        try:
            arrays = read_arrays(self.path)
            digest = bytes(arrays.pop(DIGEST, np.array([], dtype=np.uint8))).hex()
            if digest != digest_of(arrays):
                raise ValueError("its digest is not that of its contents")
            state = State.from_arrays(arrays)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, KeyError, TypeError, MatrixError, MemoryError) as error:
            self._settings.note(
                f"the checkpoint {self.path} cannot be used ({error}); the fit starts from the beginning"
            )
            with suppress(OSError):
                self.path.unlink()
            return None
        self._settings.note(f"resuming from iteration {state.iteration}, saved in a checkpoint of the same fit")
        self._written = True
        return state

    def keep(self, state: State) -> None:
        """Remember the state, and write it if a checkpoint is due."""
        self._last = state
        if time.monotonic() >= self._due:
            self._write(state)

    def done(self) -> None:
        """Save the last state of a long fit once more: the rest of the command may still fail."""
        if self._written and self._last is not None:
            self._write(self._last)
        self._last = None

    def _write(self, state: State) -> None:
        """Write the state; if that fails, as on a full disk, the fit goes on without checkpoints."""
        if self._broken:
            return
        began = time.monotonic()
        try:
            with whole_file(self.path, CACHE_ENV_VAR) as partial, partial.open("wb") as file:
                arrays = state.to_arrays()
                digest = np.frombuffer(bytes.fromhex(digest_of(arrays)), dtype=np.uint8)
                np.savez(file, allow_pickle=False, **arrays, **{DIGEST: digest})
        except OutputError as error:
            self._broken = True
            self._settings.note(f"warning: this fit has no checkpoint: {error}")
        self._written = not self._broken
        now = time.monotonic()
        self._due = now + max(self._settings.every, (now - began) / SHARE_OF_TIME)


def _identity_of(V: PageBlocks) -> Any:
    """What identifies V: its entries, and its blocks, as the last digits of sums depend on them."""
    store = getattr(V, "store", V)  # a cluster works on a folder of blocks
    if manifest := getattr(store, "manifest", None):
        return [manifest.rows, manifest.columns, [(part.columns, part.stored, part.crc32) for part in manifest.parts]]
    digest = hashlib.blake2b(str((V.shape, V.dtype)).encode(), digest_size=16)
    if isinstance(V, InMemory):
        matrix = V.V
        for array in (matrix.data, matrix.indices, matrix.indptr) if sp.issparse(matrix) else (matrix,):
            digest.update(np.ascontiguousarray(array).view(np.uint8).data)
    return digest.hexdigest()


def _age(path: Path) -> float:
    """Seconds since a file was written; 0 if it no longer exists."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
