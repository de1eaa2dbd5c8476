"""The engine `dask`: a folder of blocks, worked on by the processes of a Dask cluster.

Each worker maps its blocks from the folder, which it must see under the same path, so V is never sent over the network.
Slices of H, W (once to each worker) and the resulting sums are. A task contains everything it needs: if a worker dies,
only its current blocks are recomputed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
import time
import warnings
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from nmf_topics.errors import EngineError, NmfTopicsError, Remedy
from nmf_topics.factor import kernels
from nmf_topics.factor.blocks import Array
from nmf_topics.factor.engines.disk import OnDisk
from nmf_topics.factor.engines.store import Manifest, column_ranges, read_block, read_manifest
from nmf_topics.files.optional import needs_extra
from nmf_topics.files.system import interrupts_held_back, processors

TASKS_A_THREAD = 2  # tasks sent ahead for each thread of the cluster, so that no thread waits for the next one
PATIENCE = 60.0  # seconds without any worker after which the run gives up
LOOK_EVERY = 5.0  # seconds between checks whether there still are workers


class DaskBlocks:
    """V in a folder of blocks, worked on by a cluster.

    Parameters
    ----------
    store : OnDisk, in a folder that all workers see under the same path
    scheduler : address of a running scheduler (tcp://host:8786); None: a cluster of processes on this machine, which
        `close` ends
    workers : int, workers of such a cluster; None: one per processor
    timeout : float, seconds to wait for the scheduler

    Raises
    ------
    MissingExtra
        if Dask is not installed.
    EngineError
        if the scheduler does not answer, has no workers, or they cannot see the folder or run this version.
    """

    def __init__(
        self, store: OnDisk, scheduler: str | None = None, *, workers: int | None = None, timeout: float = 10.0
    ) -> None:
        self.store = store
        self._stack = ExitStack()
        try:
            self._client = self._stack.enter_context(_connect(scheduler, workers, timeout, self._stack))
            self._threads = _ready(self._client, scheduler or "the local cluster", store, timeout)
        except BaseException:
            self.close()
            raise

    @property
    def shape(self) -> tuple[int, int]:
        """(m, n)."""
        return self.store.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the entries of V."""
        return self.store.dtype

    def beside(self, store: Any) -> DaskBlocks:
        """Other blocks in the folder of these, such as the counts that V was made from, on the same cluster.

        Parameters
        ----------
        store : OnDisk; its blocks can be used until `self` is closed
        """
        other = DaskBlocks.__new__(DaskBlocks)
        other.store, other._client, other._threads, other._stack = store, self._client, self._threads, ExitStack()
        return other

    @property
    def workers(self) -> int:
        """How many there are now."""
        return len(self._client.nthreads())

    def close(self) -> None:
        """Leave the cluster; end it, if it was started here."""
        self._stack.close()

    def map(
        self, fn: Callable[..., Any], *, split: Sequence[Array] = (), shared: Sequence[Array] = ()
    ) -> Iterator[tuple[slice, Any]]:
        """Apply `fn` to every block, several at a time; results are in the order of the blocks."""
        folder, stamp = os.path.abspath(self.store.folder), _stamp(self.store.manifest)
        ranges = [columns for _, columns in column_ranges(self.store.manifest)]
        common = [self._submit(_as_it_is, A) for A in shared]
        waiting: deque[Any] = deque()
        sent = 0
        for columns in ranges:
            while sent < len(ranges) and len(waiting) < TASKS_A_THREAD * self._threads:
                pieces = [A[..., ranges[sent]] for A in split]
                waiting.append(self._submit(_apply, folder, stamp, sent, fn, pieces, *common))
                sent += 1
            yield columns, self._result(waiting.popleft())

    def _submit(self, fn: Callable[..., Any], *arguments: Any) -> Any:
        """Submit a task with its arguments; the scheduler keeps them, so it can be repeated if its worker dies."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "(?s)Sending large graph", UserWarning)  # it is W, or a slice of H
            return self._client.submit(fn, *arguments, pure=False)

    def _result(self, future: Any) -> Any:
        """Wait for a task, as long as there are workers."""
        from distributed import CancelledError, KilledWorker, TimeoutError

        alone_since: float | None = None
        while True:
            try:
                return future.result(timeout=LOOK_EVERY)
            except TimeoutError:
                alone_since = None if self._has_workers() else alone_since or time.monotonic()
                if alone_since and time.monotonic() - alone_since > PATIENCE:
                    raise EngineError(f"the cluster has been without workers for {PATIENCE:.0f} s; {_AGAIN}") from None
            except KilledWorker as error:
                raise EngineError(
                    "the same block of V has ended several workers, perhaps because they ran out of memory",
                    remedy=Remedy("give workers more memory, or lower {memory} so that blocks are smaller"),
                ) from error
            except (CancelledError, OSError) as error:
                raise EngineError(f"the scheduler no longer answers; {_AGAIN}") from error

    def _has_workers(self) -> bool:
        try:
            return bool(self._client.nthreads())
        except OSError as error:
            raise EngineError(f"the scheduler no longer answers; {_AGAIN}") from error


_AGAIN = "start it again and repeat the command: it resumes from its last checkpoint"


# ------------------------------------------------------------------------------------------------ on the workers


def _as_it_is(A: Any) -> Any:
    """An argument that all tasks share, as the result of a task of its own: it is made again if its worker dies."""
    return A


def _apply(
    folder: str, stamp: int, number: int, fn: Callable[..., Any], pieces: Sequence[Array], *shared: Array
) -> Any:
    """One task: map a block and apply the function, on one thread, as other tasks run on the other processors."""
    manifest = _manifest(folder, stamp)
    with kernels.one_blas_thread(), kernels.using(threads=1):
        return fn(read_block(Path(folder), manifest, manifest.parts[number]), *pieces, *shared)


@cache
def _manifest(folder: str, stamp: int) -> Manifest:
    """The manifest of a folder, read once by each worker."""
    manifest = read_manifest(Path(folder))
    if _stamp(manifest) != stamp:
        raise EngineError(f"{folder} is another folder there, or was rewritten meanwhile; repeat the command")
    return manifest


def _stamp(manifest: Manifest) -> int:
    """A checksum of a manifest, the same in every process."""
    return zlib.crc32(repr(manifest.parts).encode())


def _probe(folder: str, stamp: int) -> str:
    """What is wrong on a worker; empty if nothing is."""
    try:
        _manifest(folder, stamp)
    except NmfTopicsError as error:
        return str(error)
    return ""


# ------------------------------------------------------------------------------------------------ the connection


def _connect(scheduler: str | None, workers: int | None, timeout: float, stack: ExitStack) -> Any:
    """A client of the scheduler, or of a cluster of processes on this machine."""
    with needs_extra("dask", "the engine 'dask'"):
        from distributed import Client, LocalCluster
    # lost workers and closed connections are reported here, where they matter; each logger has a level of its own
    for name in [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "distributed"]:
        logger = logging.getLogger(name)
        stack.callback(logger.setLevel, logger.level)
        logger.setLevel(logging.CRITICAL)
    try:
        if scheduler is not None:
            asyncio.run(_ask_for_a_scheduler(scheduler, timeout))  # a client that fails to connect logs errors later
            return Client(scheduler, timeout=timeout, set_as_default=False)
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="nmf-topics-", ignore_cleanup_errors=True))
        with interrupts_held_back():
            cluster = LocalCluster(  # memory is bounded by the size of blocks, and mapped files are not to be counted
                n_workers=workers or processors(),
                threads_per_worker=1,
                processes=True,
                memory_limit=0,
                dashboard_address="127.0.0.1:0",  # any free port: 8787, which is usual, may be taken
                local_directory=scratch,
                silence_logs=logging.CRITICAL,
            )
            stack.enter_context(cluster)
        return Client(cluster, timeout=timeout, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        where = f"the scheduler at {scheduler}" if scheduler else "a local cluster"
        remedy = "is it running, and is the address right (tcp://HOST:8786)?" if scheduler else "is the machine full?"
        why = str(error) or "no answer"
        raise EngineError(f"{where} cannot be reached within {timeout:g} s: {why}; {remedy}") from error


async def _ask_for_a_scheduler(address: str, timeout: float) -> None:
    """Raise an OSError or ValueError unless there is a scheduler at the address."""
    from distributed import rpc

    async with rpc(address, timeout=timeout) as there:
        identity = await asyncio.wait_for(there.identity(), timeout)
    if identity.get("type") != "Scheduler":
        raise ValueError(f"it is a {str(identity.get('type')).lower()}")


def _ready(client: Any, where: str, store: OnDisk, timeout: float) -> int:
    """Check that each worker sees V and can run this program; return how many threads the cluster has."""
    try:
        client.wait_for_workers(1, timeout=timeout)
    except TimeoutError as error:
        raise EngineError(f"{where} has no workers; start some (dask worker ADDRESS)") from error
    try:
        answers = client.run(_probe, os.path.abspath(store.folder), _stamp(store.manifest))
    except Exception as error:  # an error on a worker is raised here as it was there
        raise EngineError(
            f"the workers of {where} cannot run nmf-topics ({type(error).__name__}: {error}); install the same version "
            f"there"
        ) from error
    for worker, trouble in answers.items():
        if trouble:
            raise EngineError(
                f"the worker {worker} does not see V: {trouble}; let NMF_TOPICS_CACHE be a folder that all workers "
                f"share under the same path"
            )
    return sum(client.nthreads().values())
