"""Locks on files of the cache, which the system releases when a process ends in whatever way."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

LOCKS = ".locks"  # the folder of lock files inside the cache
PATIENCE = 5.0  # seconds to wait for a process that changes the cache, which takes it a moment


class LockBusy(OSError):
    """Another process holds a lock."""


def acquire(path: Path, patience: float = 0.0) -> Any:
    """Lock a file, which is created if it does not exist, and return the lock.

    Raises
    ------
    LockBusy
        if another holder did not release the lock within `patience` seconds.
    OSError
        if the file cannot be locked: no permission, or a file system without locks.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=patience, poll_interval=0.02)
    except Timeout as error:
        raise LockBusy(f"another process keeps {path} locked") from error
    except (NotImplementedError, RuntimeError) as error:
        raise OSError(f"files in it cannot be locked ({error})") from error
    return lock


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold the lock of a cache folder; the folder is created if it does not exist.

    Raises
    ------
    OSError
        if it cannot be locked.
    """
    (folder / LOCKS).mkdir(parents=True, exist_ok=True)
    lock = acquire(folder / LOCKS / "cache.lock", PATIENCE)
    try:
        yield
    finally:
        lock.release()


class Lease:
    """The use of an entry by this process, during which no process removes it.

    Parameters
    ----------
    path : Path of the entry
    on_release : called after the end of the use

    Raises
    ------
    OSError
        if the use cannot be marked. Call this while the folder is locked.
    """

    def __init__(self, path: Path, on_release: Callable[[], None] = lambda: None) -> None:
        self.path = path
        self._on_release = on_release
        self._file = path.parent / LOCKS / f"{path.name}.{secrets.token_hex(6)}"
        self._lock = acquire(self._file)

    def release(self) -> None:
        """End the use; further calls do nothing."""
        if self._lock is None:
            return
        lock, self._lock = self._lock, None
        with suppress(OSError, RuntimeError):
            os.utime(self.path)
        with suppress(OSError):  # Windows removes no open files
            self._file.unlink()
        with suppress(OSError, RuntimeError):
            lock.release()
        with suppress(OSError):
            self._file.unlink(missing_ok=True)
        self._on_release()


class Leases:
    """The leases of all processes on the entries of a folder, at one moment.

    Parameters
    ----------
    folder : Path of the cache; None: there are no leases
    """

    def __init__(self, folder: Path | None) -> None:
        self._files: dict[str, list[Path]] = {}
        for path in (folder / LOCKS).iterdir() if folder is not None else ():
            self._files.setdefault(path.name.rpartition(".")[0], []).append(path)

    def in_use(self, name: str) -> bool:
        """Return whether a process uses an entry; files of ended processes are removed."""
        used = False
        for path in self._files.get(name, ()):
            try:
                lock = acquire(path)
            except OSError:  # held, or it cannot be known
                used = True
                continue
            with suppress(OSError):
                path.unlink()
            with suppress(OSError, RuntimeError):
                lock.release()
            with suppress(OSError):
                path.unlink(missing_ok=True)
        return used

    def abandoned(self, name: str) -> bool:
        """Return whether an entry has been used by processes that have all ended without saying so."""
        return name in self._files and not self.in_use(name)

    def names(self) -> list[str]:
        """Return the names of entries that have leases."""
        return [name for name in self._files if name != "cache"]


NO_LEASES = Leases(None)
