"""Several new files of a folder appear together, whatever happens meanwhile.

New files are written into a hidden folder inside the target folder. When all of them are complete, that folder is
renamed to `READY`. This single step decides: from now on the new files count. They are then moved to their places one
by one, and files of an earlier run that no longer apply are removed. If the program is killed between two moves,
`READY` is still there, and whoever opens the folder next finishes the moves (`finish_moves`), as often as it takes. So
every reader sees either all the old files or all the new ones.

A lock on the folder keeps a reader from looking at files that another process is moving. Where the system has no such
locks (Windows, some network disks), only a reader that comes in these milliseconds can see both.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from nmf_topics.errors import OutputError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

UNFINISHED = ".unfinished-"  # begins the names of what a later run continues from
READY = f"{UNFINISHED}moves"  # the folder of new files that are complete and are being moved to their places
REMOVED = ".removed.json"  # in READY: names of the files that no longer apply, relative to the target folder
PATIENCE = 10.0  # seconds to wait for a lock; a process that was stopped may keep it for ever


def publish(folder: Path, written: Path, removed: Sequence[str], *, durable: bool) -> list[str]:
    """Replace files of a folder by new ones, all of them or none.

    Parameters
    ----------
    folder : the target folder
    written : a folder inside it with the new files, complete
    removed : names of files that no longer apply, relative to `folder`
    durable : survive a power cut

    Returns
    -------
    names of the new files, relative to `folder`

    Raises
    ------
    OutputError
        if something is in the way of a new file; the old files are untouched.
    """
    names = _names_in(written)
    _refuse_obstacles(folder, names)
    if removed:
        (written / REMOVED).write_text(json.dumps(sorted(removed)), encoding="utf-8")
    for name in _names_in(written, with_list=True) if durable else ():
        sync_file(written / name)
    with _lock(folder, exclusive=True):
        _finish(folder)
        os.rename(written, folder / READY)
        if durable:
            sync_folder(folder)
        _finish(folder)
    return names


def finish_moves(folder: Path) -> None:
    """Finish the moves of a run that was killed during them, if there was one.

    Raises
    ------
    OutputError
        if they cannot be finished, for example because the folder is read-only.
    """
    if not os.path.isdir(folder / READY):  # a Path raises for a name that is too long
        return
    with _lock(folder, exclusive=True):
        _finish(folder)


@contextmanager
def settled(folder: Path) -> Iterator[None]:
    """Finish the moves in a folder, then keep other processes from moving files while the block reads them."""
    finish_moves(folder)
    with _lock(folder, exclusive=False):
        yield


def _finish(folder: Path) -> None:
    """Move what is in READY to its place and remove what no longer applies; may be repeated after a kill."""
    ready = folder / READY
    if not ready.is_dir() or ready.is_symlink():
        return
    try:
        names = _names_in(ready)
        _refuse_obstacles(folder, names)
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(ready / name, folder / name)
        for name in _removed(ready):
            _remove_inside(folder, name)
        shutil.rmtree(ready)
    except OSError as error:
        raise OutputError(
            f"new files of an interrupted run could not be moved from {ready} to {folder}: {error.strerror or error}"
        ) from error


def _names_in(folder: Path, *, with_list: bool = False) -> list[str]:
    """Names of the files below a folder, those that mark or list others (.json) last; links are not followed."""

    def fail(error: OSError) -> NoReturn:
        raise error

    found = (Path(base, name) for base, _, names in os.walk(folder, onerror=fail) for name in names)
    listed = (path.relative_to(folder).as_posix() for path in found)
    return sorted((name for name in listed if with_list or name != REMOVED), key=lambda n: (n.endswith(".json"), n))


def _removed(ready: Path) -> list[str]:
    """The names that REMOVED lists; none where there is no list, or one that was not written here."""
    try:
        listed = json.loads((ready / REMOVED).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    return [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []


def _refuse_obstacles(folder: Path, names: Sequence[str]) -> None:
    """Refuse to replace a folder by a file, and to write through a link to a folder elsewhere."""
    for name in names:
        target = folder / name
        if target.is_dir() and not target.is_symlink():
            raise OutputError(f"{target} is a folder, but a file of that name is to be written; move it away first")
        for parent in Path(name).parents:
            above = folder / parent
            if above == folder:
                break
            if above.is_symlink():
                raise OutputError(f"{above} is a link to another folder; remove the link first")
            if above.exists() and not above.is_dir():
                raise OutputError(f"{above} is a file, but a folder of that name is needed; move it away first")
            if above.exists() and not os.access(above, os.W_OK):
                raise OutputError(f"no permission to write {above}")


def _remove_inside(folder: Path, name: str) -> None:
    """Remove a file whose recorded name lies inside the folder, and subfolders that are empty then."""
    try:
        path = folder / name
        if folder.resolve() not in path.resolve().parents or not path.is_file():
            return
    except (OSError, ValueError):  # a recorded name that no file can have
        return
    path.unlink()
    for parent in path.parents:
        if parent == folder:
            break
        remove_if_empty(parent)


def remove_if_empty(folder: Path) -> None:
    """Remove a folder if it is empty."""
    try:
        folder.rmdir()
    except OSError:
        return  # something is in it, or it is not there


@contextmanager
def _lock(folder: Path, *, exclusive: bool) -> Iterator[None]:
    """Hold a lock on a folder during the block, where the system has locks; the end of a process releases its locks."""
    try:
        handle = os.open(folder, os.O_RDONLY) if fcntl else -1
    except (OSError, ValueError):
        handle = -1
    try:
        if handle >= 0:
            _wait_for_lock(handle, exclusive)
        yield
    finally:
        if handle >= 0:
            os.close(handle)


def _wait_for_lock(handle: int, exclusive: bool) -> None:
    """Take the lock of an open folder, or give up after PATIENCE."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(handle, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
            return
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES) or time.monotonic() > end:
                return  # a file system without locks, or a process that does not let go
        time.sleep(0.02)


def sync_file(path: Path) -> None:
    """Wait until the bytes of a file are on the disk."""
    with open(path, "r+b") as file:  # Windows syncs only what is open for writing
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system can do that."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows opens no folders
        return
    try:
        os.fsync(handle)
    except OSError:  # some file systems know no such thing; the files themselves are there
        pass
    finally:
        os.close(handle)
