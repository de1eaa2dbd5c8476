"""Read the files of .zip and .tar archives; a .tar may be compressed (.tar.gz, .tgz, .tar.bz2, .tar.xz, .tar.zst).

Members are read in memory and never written to disk, so a path in an archive cannot do harm. A tar archive is read
as a stream, in the order of its members.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from nmf_topics.corpus.readers.limits import ReadLimits
from nmf_topics.corpus.readers.streams import CHUNK, Meter, Unreadable, byte_chunks, decompress, split_endings
from nmf_topics.corpus.readers.zip_members import ZIP_ERRORS

TAR = ".tar"
_SHORT = {".tgz": ".gz", ".tbz2": ".bz2", ".tbz": ".bz2", ".txz": ".xz", ".tzst": ".zst"}
ZIP = ".zip"
MAX_HEADER = 1 << 20  # bytes of a member's name or attributes in a tar archive
_HIDDEN_FOLDER = "__MACOSX"  # file attributes that macOS adds to archives


def is_archive(name: str) -> bool:
    """Return whether a file name is that of an archive.

    Examples
    --------
    >>> [is_archive(name) for name in ("a.ZIP", "a.tar.gz", "a.tgz", "a.tar", "a.gz", "a.txt.gz")]
    [True, True, True, True, False, False]
    """
    ending = split_endings(name)[1]
    return ending in (TAR, *_SHORT) or (ending == ZIP and not split_endings(name)[2])


@dataclass(frozen=True)
class Member:
    """A file in an archive.

    Attributes
    ----------
    name : path in the archive
    chunks : returns the bytes, decompressed if the name ends in .gz, .bz2, .xz or .zst; for a tar archive it can be
        called once, before the next member is read
    """

    name: str
    chunks: Callable[[], Iterator[bytes]]

    @property
    def hidden(self) -> bool:
        """Whether the file or a folder that contains it is hidden."""
        return any(part.startswith(".") or part == _HIDDEN_FOLDER for part in self.name.split("/"))


def read_members(path: Path, limits: ReadLimits, meter: Meter | None = None) -> Iterator[Member]:
    """Yield the files of an archive.

    Raises
    ------
    Unreadable
        If the archive is damaged or has more files than the limit archive-files.
    """
    members = _zip_members(path) if split_endings(path.name)[1] == ZIP else _tar_members(path, meter)
    for count, member in enumerate(members, 1):
        if count > limits.archive_files:
            raise Unreadable(str(path), limits.exceeded("archive_files", "more files"))
        yield member


def archived_chunks(path: Path, name: str, limits: ReadLimits) -> Iterator[bytes]:
    """Yield the bytes of one file of an archive, decompressed.

    Raises
    ------
    Unreadable
        If it is missing or damaged.
    """
    for member in read_members(path, limits):
        if member.name == name:
            yield from member.chunks()
            return
    raise Unreadable(f"{path}/{name}", "no longer in the archive")


def _zip_members(path: Path) -> Iterator[Member]:
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if not entry.is_dir():
                    yield Member(_clean_path(entry.filename), _zip_reader(archive, entry, path))
    except Unreadable:
        raise
    except ZIP_ERRORS as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise Unreadable(str(path), f"cannot be read ({error.strerror})") from error
        raise Unreadable(str(path), f"damaged or not a .zip archive ({error})") from error


def _zip_reader(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> Callable[[], Iterator[bytes]]:
    def chunks() -> Iterator[bytes]:
        where = f"{path}/{entry.filename}"
        if entry.flag_bits & 1:
            raise Unreadable(where, "protected by a password; unpack the archive first")
        try:
            with archive.open(entry) as file:
                yield from decompress(cast(BinaryIO, file), split_endings(entry.filename)[2], where)
        except Unreadable:
            raise
        except (*ZIP_ERRORS, RuntimeError) as error:
            raise Unreadable(where, f"damaged in the archive ({error})") from error

    return chunks


class _BoundedTarInfo(tarfile.TarInfo):
    """A member of a tar archive whose name and attributes have a size limit, because tarfile reads them into memory."""

    @classmethod
    def frombuf(cls, buf: Any, encoding: str, errors: str) -> _BoundedTarInfo:
        """Read a header; raise ReadError if it announces a name or attributes that are too long."""
        found = super().frombuf(buf, encoding, errors)
        special = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)
        if found.type in (*special, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK) and found.size > MAX_HEADER:
            raise tarfile.ReadError("a name of more than a megabyte")
        return found


def _tar_members(path: Path, meter: Meter | None) -> Iterator[Member]:
    with closing(_tar_chunks(path, meter)) as chunks:  # type: ignore[type-var]  # a generator
        try:
            with tarfile.open(fileobj=_Stream(chunks), mode="r|", tarinfo=_BoundedTarInfo) as archive:
                for entry in archive:
                    archive.members = []  # type: ignore[attr-defined]  # tarfile keeps every member in memory otherwise
                    if entry.isfile():
                        yield Member(_clean_path(entry.name), _tar_reader(archive, entry, path))
        except Unreadable:
            raise
        except (tarfile.TarError, EOFError, ValueError, IndexError) as error:
            raise Unreadable(str(path), f"damaged or not a .tar archive ({error})") from error


def _tar_chunks(path: Path, meter: Meter | None) -> Iterator[bytes]:
    """Yield the bytes of a tar archive, decompressed."""
    compression = _SHORT.get(split_endings(path.name)[1])
    if compression is None:
        yield from byte_chunks(path, meter)
        return
    try:
        with open(path, "rb") as file:
            yield from decompress(file, compression, str(path))
    except OSError as error:
        raise Unreadable(str(path), f"cannot be read ({error.strerror or error})") from error


def _tar_reader(archive: tarfile.TarFile, entry: tarfile.TarInfo, path: Path) -> Callable[[], Iterator[bytes]]:
    def chunks() -> Iterator[bytes]:
        where = f"{path}/{entry.name}"
        file = archive.extractfile(entry)
        if file is None:
            raise Unreadable(where, "not a regular file")
        try:
            yield from decompress(cast(BinaryIO, file), split_endings(entry.name)[2], where)
        except tarfile.TarError as error:
            raise Unreadable(where, f"damaged in the archive ({error})") from error

    return chunks


def _clean_path(name: str) -> str:
    return "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", ".", ".."))


class _Stream(io.RawIOBase):
    """A file that can be read once, made of chunks of bytes."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._left = b""

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return `size` bytes, or fewer at the end."""
        size = CHUNK if size < 0 else size
        parts = []
        while size and (self._left or (chunk := next(self._chunks, b""))):
            self._left = self._left or chunk
            parts.append(self._left[:size])
            self._left = self._left[size:]
            size -= len(parts[-1])
        return b"".join(parts)
