"""Checkpoints: the solver state of a long factorization in the cache, from which the same command resumes.

The key of a checkpoint is a digest of everything that determines the iterations: V, the rank, the initialization, the
seed, the rule, the kernels and the version of the program. So another command finds none, and the same command finds
its own and reaches the same bytes. Checkpoints are written every `every` seconds, and less often where writing would
take more than a tenth of the time; a short fit writes none.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.factor import kernels
from nmf_topics.factor.blocks import InMemory, PageBlocks
from nmf_topics.factor.state import STATE_FORMAT, State
from nmf_topics.files.cache.cache import Cache
from nmf_topics.files.cache.kinds import CHECKPOINTS, entry_key
from nmf_topics.files.cache.locks import Lease

SHARE_OF_TIME = 0.1  # that writing checkpoints may take


@dataclass(frozen=True)
class Checkpointing:
    """Where a command keeps the checkpoints of its factorizations, and how often.

    Attributes
    ----------
    cache : Cache, which also reports checkpoints that cannot be read or written
    every : float, seconds between two of them
    note : called with a message when a fit resumes
    """

    cache: Cache
    every: float = 60.0
    note: Callable[[str], None] = lambda message: None
    _used: list[Checkpoint] = field(default_factory=list)

    def of(self, V: PageBlocks, options: Mapping[str, Any]) -> Checkpoint:
        """The checkpoint of one factorization, given V and all options that determine its iterations."""
        key = entry_key(CHECKPOINTS, STATE_FORMAT, kernels.backend_name(), _identity_of(V), dict(options))
        checkpoint = Checkpoint(self, key)
        self._used.append(checkpoint)
        return checkpoint

    def clear(self) -> None:
        """Remove the checkpoints of this command, whose result is saved."""
        for checkpoint in self._used:
            checkpoint.remove()
        self._used.clear()


class Checkpoint:
    """The checkpoint of one factorization.

    Parameters
    ----------
    settings : Checkpointing
    key : str, of its entry in the cache
    """

    def __init__(self, settings: Checkpointing, key: str) -> None:
        self.key = key
        self._settings = settings
        self._due = time.monotonic() + settings.every
        self._last: State | None = None
        self._lease: Lease | None = None  # while this process writes or resumes from the checkpoint
        self._written = self._broken = False

    def recall(self) -> State | None:
        """Read the saved state; None if there is none."""
        state = self._settings.cache.load(CHECKPOINTS, self.key, State.from_arrays)
        if state is None:
            return None
        self._settings.note(f"resuming from iteration {state.iteration}, saved in a checkpoint of the same fit")
        self._hold()
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

    def remove(self) -> None:
        """Remove the checkpoint, unless another process uses it as well."""
        if self._lease is not None:
            self._lease.release()
            self._lease = None
        if self._written:
            self._settings.cache.remove(CHECKPOINTS, self.key)

    def _hold(self) -> None:
        """Keep other processes from removing the checkpoint."""
        if self._lease is None:
            self._lease = self._settings.cache.hold(CHECKPOINTS, self.key)

    def _write(self, state: State) -> None:
        """Write the state; if that fails, as on a full disk, the fit goes on without checkpoints."""
        if self._broken:
            return
        began = time.monotonic()
        self._hold()
        saved = self._settings.cache.save(CHECKPOINTS, self.key, state.to_arrays())
        self._written, self._broken = self._written or saved, not saved
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
