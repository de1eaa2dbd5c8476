"""Files that appear whole or not at all.

Everything is written into a hidden folder beside its place and moved there by `os.replace` when all of it is done, so
an interruption, a full disk or an error leaves what was there before, and nothing half-written. A folder is written
into only if it is new, empty, or holds the mark of this tool.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nmf_topics.errors import OutputError


def _explain(error: OSError, target: Path) -> OutputError:
    if error.errno == errno.ENOSPC:
        return OutputError(f"no space left on the disk for {target}; what was there before is untouched")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return OutputError(f"no permission to write {target}; choose another place with -o")
    return OutputError(f"cannot write {target}: {error.strerror or error}")


@contextmanager
def output_errors(target: Path) -> Iterator[None]:
    """Say what the system's refusal to write means."""
    try:
        yield
    except OSError as error:
        raise _explain(error, target) from error


@contextmanager
def folder_of_files(
    folder: Path, *, mark: str, stale: Callable[[Path], list[str]] | None = None, force: bool = False
) -> Iterator[Path]:
    """A temporary folder whose files are moved into `folder` when the block ends well.

    Parameters
    ----------
    folder : made if it does not exist
    mark : name of the file by which a folder of this tool is known; it is moved last
    stale : names of files of an earlier run, relative to the folder; those not written anew are removed
    force : write into a folder without the mark, too

    Raises
    ------
    OutputError
        if the folder belongs to somebody else, or cannot be written.
    """
    folder = folder.absolute()
    with output_errors(folder):
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{folder} is a file; choose another place with -o")
        if not force and folder.is_dir() and any(folder.iterdir()) and not (folder / mark).is_file():
            raise OutputError(
                f"{folder} holds files that nmf-topics did not make; choose another place with -o, or --force"
            )
        existed = folder.is_dir()
        folder.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder))
    try:
        with output_errors(folder):
            yield partial
            names = sorted(path.relative_to(partial).as_posix() for path in partial.rglob("*") if path.is_file())
            old = stale(folder) if stale and existed else []
            for name in sorted(names, key=lambda name: name == mark):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(partial / name, folder / name)
            for name in set(old) - set(names):
                _remove_inside(folder, name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if not existed:
            with_nothing_in_it(folder)


def _remove_inside(folder: Path, name: str) -> None:
    """Remove a file of ours, if its recorded name really lies inside the folder."""
    path = folder / name
    if folder in path.resolve().parents and path.is_file():
        path.unlink()


def with_nothing_in_it(folder: Path) -> None:
    """Remove a folder if it is empty."""
    try:
        folder.rmdir()
    except OSError:
        return  # something is in it: it stays


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well."""
    path = path.absolute()
    with output_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem[:40]}-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        partial = Path(name)
        try:
            yield partial
            os.chmod(partial, 0o666 & ~_umask())  # mkstemp makes files for the owner alone
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
