"""What is in a cache folder: finding entries, and taking them out of it."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nmf_topics.files.cache.kinds import Kind, kind_of

REMOVED = ".removed-"  # how names of entries begin that are being deleted


@dataclass(frozen=True)
class Entry:
    """One entry of the cache.

    Attributes
    ----------
    kind : Kind
    path : Path
    size : int, bytes
    used : float, time of the last use, in seconds since 1970
    in_use : bool, whether a running command uses it now
    """

    kind: Kind
    path: Path
    size: int
    used: float
    in_use: bool = False


def scan(folder: Path) -> Iterator[Entry]:
    """Yield all entries, without whether they are in use; what disappears meanwhile is left out."""
    with os.scandir(folder) as found:
        for item in found:
            kind = kind_of(item.name)
            if kind is None:
                continue
            with suppress(OSError):
                own = item.stat(follow_symlinks=False)
                size, used = own.st_size, own.st_mtime
                if item.is_dir(follow_symlinks=False):
                    files = list(_files_of(Path(item.path)))
                    size = sum(file.st_size for file in files)
                    used = max([used, *(file.st_mtime for file in files)])
                yield Entry(kind, Path(item.path), size, used)


def _files_of(folder: Path) -> Iterator[os.stat_result]:
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                yield os.stat(os.path.join(place, name), follow_symlinks=False)


def size_of(folder: Path) -> int:
    """Return the bytes that the files of a folder have."""
    return sum(found.st_size for found in _files_of(folder))


def set_aside(path: Path) -> Path | None:
    """Rename an entry so that it is gone at once and can be deleted at leisure; None if that is impossible."""
    aside = path.with_name(f"{REMOVED}{secrets.token_hex(6)}")
    try:
        os.rename(path, aside)
    except OSError:  # it is not there, or open on Windows
        return None
    return aside


def delete(trash: Collection[Path | None]) -> None:
    """Delete files, folders and links that were set aside."""
    for path in trash:
        if path is None:
            continue
        with suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def shown(path: Path) -> str:
    """Return a path for messages, shortened if it has hundreds of characters."""
    text = str(path)
    return text if len(text) <= 250 else f"{text[:120]} ... {text[-60:]}"
