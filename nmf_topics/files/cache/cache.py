"""The class that owns a cache folder: reading, publishing, limiting and clearing entries of all kinds."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from nmf_topics.errors import Notice, OutputError, Remedy
from nmf_topics.files.arrays import read_sealed_arrays, write_sealed_arrays
from nmf_topics.files.atomic import ABANDONED, PARTIAL, whole_file
from nmf_topics.files.cache.contents import REMOVED, Entry, delete, scan, set_aside, shown, size_of
from nmf_topics.files.cache.kinds import KINDS, TEMPORARY, Kind
from nmf_topics.files.cache.locks import LOCKS, NO_LEASES, Lease, Leases, exclusive
from nmf_topics.files.sizes import format_size

FOLDER_VARIABLE = "NMF_TOPICS_CACHE"  # chooses the folder, and so the disk
LIMIT_VARIABLE = "NMF_TOPICS_CACHE_LIMIT"
DEFAULT_LIMIT = 20 * 10**9  # bytes

T = TypeVar("T")


class Cleared(NamedTuple):
    """What was removed from the cache, and what was not because a running command uses it."""

    removed: list[Entry]
    kept: list[Entry]


class InUse(NamedTuple, Generic[T]):
    """An entry that was opened: its contents, and the lease that keeps it."""

    contents: T
    lease: Lease


class Cache:
    """A folder of entries that commands can compute again; see `nmf_topics.files.cache` for its rules.

    No method raises an error because of the state of the folder, apart from `entries` and `clear`: without the folder,
    nothing is found and nothing is kept; this is reported to `warn` once.

    Parameters
    ----------
    folder : Path, created when the first entry is written
    limit : int, bytes that the entries between two commands may take
    warn : called with a message if the folder cannot be used, or an entry is damaged
    """

    def __init__(
        self, folder: Path, *, limit: int = DEFAULT_LIMIT, warn: Callable[[str], None] = lambda message: None
    ) -> None:
        self.folder = Path(os.path.abspath(folder))
        self.limit = limit
        self._warn = warn
        self._unusable = False
        self._over = False
        self._too_large: set[str] = set()

    def path(self, kind: Kind, key: str) -> Path:
        """Return the path of an entry, whether it exists or not."""
        return self.folder / kind.entry_name(key)

    # ------------------------------------------------------------------------------------------ entries that are files

    def load(
        self, kind: Kind, key: str, parse: Callable[[dict[str, Any]], T], *, largest: int | None = None
    ) -> T | None:
        """Read an entry of arrays and return what `parse` makes of them.

        Parameters
        ----------
        kind, key : of the entry
        parse : converts the arrays; if it raises an exception, the entry is damaged
        largest : bytes above which the entry is left alone

        Returns
        -------
        None if there is no such entry, or it is damaged, in which case it is removed
        """
        path = self.path(kind, key)
        try:
            if largest is not None and path.stat().st_size > largest:
                return None
            contents = parse(read_sealed_arrays(path))
        except (FileNotFoundError, NotADirectoryError, MemoryError):
            return None
        except OSError as error:
            self.give_up(error)
            return None
        except Exception as error:  # a damaged file can fail in any way
            self.discard(kind, key, error)
            return None
        with suppress(OSError):
            os.utime(path)
        return contents

    def save(self, kind: Kind, key: str, arrays: Mapping[str, Any]) -> bool:
        """Write an entry of arrays, in place of an older one with the same key; return whether it was written."""
        size = sum(np.asarray(array).nbytes for array in arrays.values())
        if self._unusable or not self._has_room(kind, size):
            return False
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with whole_file(self.path(kind, key), FOLDER_VARIABLE, durable=kind.durable) as partial:
                write_sealed_arrays(partial, arrays)
        except (OSError, OutputError) as error:
            self.give_up(error)
            return False
        self._tidy()
        return True

    # ---------------------------------------------------------------------------------------- entries that are folders

    def open_folder(self, kind: Kind, key: str, parse: Callable[[Path], T]) -> InUse[T] | None:
        """Open an entry that is a folder, and keep it from being removed until the lease is released.

        Parameters
        ----------
        kind, key : of the entry
        parse : reads and checks the folder; if it raises an exception, the entry is damaged

        Returns
        -------
        None if there is no such entry, it cannot be kept, or it is damaged, in which case it is removed
        """
        path = self.path(kind, key)
        if not self._exists(path) or (lease := self.hold(kind, key)) is None:
            return None
        try:
            if self._exists(path):
                contents = parse(path)
                with suppress(OSError):
                    os.utime(path)
                return InUse(contents, lease)
        except MemoryError:
            pass
        except Exception as error:  # a damaged file can fail in any way
            lease.release()
            self.discard(kind, key, error)
            return None
        lease.release()
        return None

    def publish(self, kind: Kind, key: str, folder: Path) -> bool:
        """Move a complete folder, which lies inside the cache, to the place of an entry; return whether it is there.

        An entry with the same key is replaced, unless a command uses it.
        """
        if self._unusable or not self._has_room(kind, size_of(folder)):
            return False
        path, trash = self.path(kind, key), None
        try:
            with exclusive(self.folder):
                if not path.exists() or not Leases(self.folder).in_use(path.name):
                    trash = set_aside(path)
                    os.rename(folder, path)
        except OSError as error:
            self.give_up(error)
            return False
        delete([trash])
        self._tidy(keep=path.name)
        return True

    def keys(self, kind: Kind, key: str) -> list[str]:
        """Return the keys of the entries that are variants of one key: KEY-1, KEY-2 ..."""
        try:
            names = sorted(os.listdir(self.folder))
        except OSError:
            return []
        begin = f"{kind.prefix}-"
        found = (name.removeprefix(begin).removesuffix(kind.ending) for name in names if kind.has_name(name))
        return [variant for variant in found if variant.startswith(f"{key}-")]

    # ------------------------------------------------------------------------------------------------------- all kinds

    def hold(self, kind: Kind, key: str) -> Lease | None:
        """Keep an entry, which need not exist yet, from being removed; None if that is impossible."""
        return self._lease(self.path(kind, key))

    def temporary_folder(self) -> Lease | None:
        """Create a folder for temporary files; it can be removed by anybody after the lease is released or lost."""
        lease = self._lease(self.folder / f"{TEMPORARY.prefix}-{secrets.token_hex(6)}")
        if lease is not None:
            try:
                lease.path.mkdir()
            except OSError as error:
                lease.release()
                self.give_up(error)
                return None
        return lease

    def remove(self, kind: Kind, key: str) -> None:
        """Remove an entry that is no longer needed, unless a command uses it."""
        path = self.path(kind, key)
        if not self._exists(path):
            return
        try:
            with exclusive(self.folder):
                trash = None if Leases(self.folder).in_use(path.name) else set_aside(path)
        except OSError:
            return  # it goes when the cache is tidied
        delete([trash])

    def discard(self, kind: Kind, key: str, error: Exception) -> None:
        """Remove a damaged entry, with a notice."""
        reason, path = str(error) or type(error).__name__, self.path(kind, key)
        self._warn(f"the {kind.noun} in {shown(path)} cannot be used ({reason}); {kind.loss}")
        if kind.ending:  # nobody reads a damaged file
            delete([set_aside(path)])
        else:
            self.remove(kind, key)

    def entries(self) -> list[Entry]:
        """Return all entries, those first that were not used for the longest time.

        Raises
        ------
        OSError
            if the folder cannot be read.
        """
        if not self.folder.exists():
            return []
        if not (self.folder / LOCKS).is_dir():
            return self._entries(NO_LEASES)
        try:
            with exclusive(self.folder):
                return self._entries(Leases(self.folder))
        except OSError:  # the cache of somebody else, or a disk that may only be read
            return self._entries(NO_LEASES)

    def _entries(self, leases: Leases) -> list[Entry]:
        """All entries, with whether they are in use by these leases."""
        found = [replace(entry, in_use=_in_use(entry, leases)) for entry in scan(self.folder)]
        return sorted(found, key=_by_use)

    def clear(self, kinds: Collection[Kind] = KINDS, *, unused_for: float = 0.0) -> Cleared:
        """Remove entries of some kinds that were not used for some seconds; those in use stay.

        Raises
        ------
        OSError
            if the folder cannot be changed.
        """
        if not self.folder.exists():
            return Cleared([], [])
        removed: list[Entry] = []
        kept: list[Entry] = []
        trash: list[Path | None] = []
        with exclusive(self.folder):
            trash += self.folder.glob(f"{REMOVED}*")
            for entry in self._entries(Leases(self.folder)):
                if entry.kind not in kinds or (unused_for and time.time() - entry.used < unused_for):
                    continue
                if entry.in_use:
                    kept.append(entry)
                elif (aside := set_aside(entry.path)) is not None:
                    trash.append(aside)
                    removed.append(entry)
        delete(trash)
        return Cleared(removed, kept)

    # ------------------------------------------------------------------------------------------------------- internals

    def _exists(self, path: Path) -> bool:
        try:
            return path.exists()
        except OSError as error:
            self.give_up(error)
            return False

    def _lease(self, path: Path) -> Lease | None:
        if self._unusable:
            return None
        try:
            with exclusive(self.folder):
                return Lease(path, self._released)
        except OSError as error:
            self.give_up(error)
            return None

    def _released(self) -> None:
        """What was in use may now be removed, should the cache be over its limit."""
        if self._over:
            self._tidy()

    def _has_room(self, kind: Kind, size: int) -> bool:
        """Whether an entry of that size may be kept; the first time that it may not, say so."""
        if size <= self.limit:
            return True
        if self.limit and kind.name not in self._too_large:
            self._too_large.add(kind.name)
            self._warn(
                Notice(
                    f"the {kind.noun} take {format_size(size)}, more than the whole cache may have, and are not kept "
                    f"for the next time",
                    Remedy(f"raise {{{LIMIT_VARIABLE}}}"),
                )
            )
        return False

    def give_up(self, error: OSError | OutputError) -> None:
        """Use the folder no more, and say so."""
        if self._unusable:
            return
        self._unusable = True
        cause = error.__cause__ if isinstance(error, OutputError) and error.__cause__ is not None else error
        reason = getattr(cause, "strerror", None) or str(cause)
        if isinstance(cause, FileExistsError | NotADirectoryError):
            reason = "a file is in its place"
        self._warn(
            Notice(
                f"the cache in {shown(self.folder)} cannot be used ({reason}), so nothing is kept for the next time",
                Remedy(f"choose another folder with {{{FOLDER_VARIABLE}}}"),
            )
        )

    def _tidy(self, keep: str = "") -> None:
        """Keep to the limit, and remove what killed commands left; `keep` is the name of an entry that stays."""
        trash: list[Path | None] = []
        try:
            with exclusive(self.folder):
                self._collect(trash, keep)
        except OSError:
            return  # another command will do it
        finally:
            delete(trash)

    def _collect(self, trash: list[Path | None], keep: str = "") -> None:
        """Set aside what is to be deleted. The folder must be locked."""
        trash += self.folder.glob(f"{REMOVED}*")
        leases = Leases(self.folder)
        for name in leases.names():
            leases.in_use(name)  # removes the files of ended processes
        entries = sorted(scan(self.folder), key=_by_use)
        total = sum(entry.size for entry in entries if entry.kind is not TEMPORARY)
        for entry in entries:
            name, lifetime = entry.path.name, entry.kind.lifetime
            outlived = lifetime is not None and time.time() - entry.used > lifetime
            if entry.kind is TEMPORARY:
                unwanted = leases.abandoned(name) or (outlived and not leases.in_use(name))
            else:
                unwanted = (total > self.limit or outlived) and name != keep and not leases.in_use(name)
            if unwanted and (aside := set_aside(entry.path)) is not None:
                trash.append(aside)
                total -= 0 if entry.kind is TEMPORARY else entry.size
        self._over = total > self.limit


def _by_use(entry: Entry) -> tuple[float, str]:
    """The order of removal: the entry first that was not used for the longest time."""
    return entry.used, entry.path.name


def _in_use(entry: Entry, leases: Leases) -> bool:
    """Whether a running command uses an entry; a file that is being written has no lease."""
    fresh = time.time() - entry.used < ABANDONED
    return leases.in_use(entry.path.name) or (entry.path.name.startswith(PARTIAL) and fresh)
