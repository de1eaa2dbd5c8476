"""Files that appear whole or not at all.

Everything is written under a hidden name in the target's folder and moved into place when all of it is complete, so an
interruption, a full disk or an error leaves the old files, and nothing half-written; several files are moved together
(see `files.publish`). Files are on the disk (fsync) before they are moved, so a power cut cannot replace an old file by
an empty one. A folder is written into only if it is new, empty, or contains the mark of this tool. Partial files of a
run that was killed are ignored, and removed when the folder is written into again.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nmf_topics.errors import OutputError, Remedy
from nmf_topics.files.publish import READY, UNFINISHED, finish_moves, publish, remove_if_empty, sync_file, sync_folder

PARTIAL = ".partial-"  # how names of unfinished files and folders begin
ABANDONED = 3600.0  # seconds without a change after which an unfinished file belongs to no run


def _elsewhere(parameter: str | None) -> Remedy | None:
    """The advice to choose another place, where a parameter does that."""
    return Remedy(f"choose another place with {{{parameter}}}") if parameter else None


def _explain(error: OSError, target: Path, parameter: str | None) -> OutputError:
    elsewhere = _elsewhere(parameter)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError(f"no space left on the disk for {target}; what was there before is untouched")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return OutputError(f"no permission to write {target}", remedy=elsewhere)
    return OutputError(f"cannot write {target}: {error.strerror or error}", remedy=elsewhere)


@contextmanager
def output_errors(target: Path, parameter: str | None = "output") -> Iterator[None]:
    """Say what the system's refusal to write means, and which parameter or variable (if any) chooses another place."""
    try:
        yield
    except OSError as error:
        raise _explain(error, target, parameter) from error


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C and SIGTERM back until the block, which must be short, is done."""
    if threading.current_thread() is not threading.main_thread():  # signals come to the main thread only
        yield
        return
    held: list[int] = []
    handlers = {
        number: signal.signal(number, lambda number, frame: held.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if held:
            signal.raise_signal(held[0])


@contextmanager
def folder_of_files(
    folder: Path,
    *,
    mark: str,
    stale: Callable[[Path], list[str]] | None = None,
    force: bool = False,
    parameter: str | None = "output",
    durable: bool = True,
) -> Iterator[Path]:
    """A temporary folder whose files are moved into `folder` when the block ends well.

    Parameters
    ----------
    folder : made if it does not exist
    mark : name of the JSON file, `schema` first, by which a folder of this tool is known
    stale : names of files of an earlier run, relative to the folder; those not written anew are removed
    force : write into a folder without the mark, too
    parameter : the parameter (or environment variable) that errors name for choosing another place; None if the caller
        has none
    durable : survive a power cut; not needed for what can be computed again

    Raises
    ------
    OutputError
        if the folder belongs to somebody else, or cannot be written.
    """
    folder = folder.absolute()
    made: list[Path] = []
    partial: Path | None = None
    try:
        with output_errors(folder, parameter):
            if not force:
                _refuse_foreign(folder, mark, parameter)
            finish_moves(folder)
            made = [path for path in (folder, *folder.parents) if not path.exists()]
            folder.mkdir(parents=True, exist_ok=True)
            _sweep(folder)
            partial = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=folder))
            yield partial
            names = {path.relative_to(partial).as_posix() for path in partial.rglob("*") if path.is_file()}
            if not names:
                return
            removed = set(stale(folder)) - names if stale and not made else set()
            with uninterrupted():
                publish(folder, partial, sorted(removed), durable=durable)
                if durable:
                    within = {(folder / name).parent for name in names}
                    for path in {folder, *within, *(path.parent for path in made)}:
                        sync_folder(path)
    finally:
        with uninterrupted():
            if partial is not None:
                shutil.rmtree(partial, ignore_errors=True)
            for path in made:  # the innermost first
                remove_if_empty(path)


def files_listed_in(mark: str) -> Callable[[Path], list[str]]:
    """A function that gives the names of the files in a folder which its JSON file `mark` lists under `files`."""

    def files(folder: Path) -> list[str]:
        try:
            listed = json.loads((folder / mark).read_text(encoding="utf-8"))["files"]
            return [name for name in listed if isinstance(name, str) and Path(name).name == name]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return []

    return files


def _refuse_foreign(folder: Path, mark: str, parameter: str | None) -> None:
    """Leave alone what is no folder, and a folder of somebody else's files."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file", remedy=_elsewhere(parameter))
    if not folder.is_dir() or _is_marked(folder / mark):
        return
    if os.path.isdir(folder / READY):  # a first run that was killed while it moved files
        return
    if any(not path.name.startswith((PARTIAL, UNFINISHED)) for path in folder.iterdir()):
        raise OutputError(
            f"{folder} holds files that nmf-topics did not make",
            remedy=Remedy(f"choose another place with {{{parameter}}}, or use {{force=True}}") if parameter else None,
        )


def _is_marked(path: Path) -> bool:
    """Whether the mark is there and ours: other tools have a model.json, too, but none that begins with a schema."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return re.match(rb'\s*\{\s*"schema"', file.read(100)) is not None


def _sweep(folder: Path) -> None:
    """Remove what runs that were killed outright left behind."""
    for path in folder.glob(f"{PARTIAL}*"):
        try:
            if time.time() - path.stat().st_mtime < ABANDONED:
                continue  # perhaps of a run that is at work
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
        except OSError:
            continue  # not ours to remove


@contextmanager
def whole_file(path: Path, parameter: str | None = "output", *, durable: bool = True) -> Iterator[Path]:
    """A temporary path beside `path`, with its ending, that takes its place when the block ends well.

    `parameter` is the parameter (or environment variable) that errors name for choosing another place; `durable` is as
    in `folder_of_files`.
    """
    path = path.absolute()
    with output_errors(path, parameter):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=PARTIAL, suffix=path.suffix, dir=path.parent)
        os.close(handle)
        partial = Path(name)
        try:
            yield partial
            os.chmod(partial, 0o666 & ~_umask())  # mkstemp makes files for the owner alone
            if durable:
                sync_file(partial)
            os.replace(partial, path)
            if durable:
                sync_folder(path.parent)
        finally:
            with uninterrupted():
                partial.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
