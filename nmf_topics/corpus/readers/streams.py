"""Files, compressed files and standard input as chunks of bytes, with errors that name the file.

    name.txt            read as it is
    .gz .bz2 .xz .zst   decompressed while it is read, never more than `CHUNK` bytes at once
    standard input      kept in a temporary file as it comes, so that it can be read again

Nothing here knows of text, encodings or pages.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from nmf_topics.errors import CorpusError
from nmf_topics.files.optional import needs_extra

CHUNK = 1 << 20
PACKED = (".gz", ".bz2", ".xz", ".zst")
XZ_MEMORY = 1 << 28  # bytes of the dictionary of an .xz file: xz -9 takes 64 MiB


class Unreadable(CorpusError):
    """One file cannot be used; `reason` says why without naming the file again."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.reason = reason


def split_endings(name: str) -> tuple[str, str, str]:
    """Cut a file name into its stem, the ending of its format and that of its packing, in lower case.

    Examples
    --------
    >>> split_endings("news.2004.JSONL.gz")
    ('news.2004', '.jsonl', '.gz')
    >>> split_endings("notes.txt")
    ('notes', '.txt', '')
    """
    stem, packing = _split(name)
    if packing not in PACKED:
        return stem, packing, ""
    stem, ending = _split(stem)
    return stem, ending, packing


def _split(name: str) -> tuple[str, str]:
    path = Path(name)
    return name.removesuffix(path.suffix) if path.suffix else name, path.suffix.lower()


class Meter:
    """How far a source has been read: `done` of `total`, in bytes of its files as they lie there, in files or rows."""

    def __init__(self, total: int = 0) -> None:
        self.done, self.total = 0, total

    def share(self) -> float | None:
        """From 0 to 1; None where that cannot be known."""
        return min(self.done / self.total, 1.0) if self.total > 0 else None


def meter_of(path: Path) -> Meter:
    """A meter for the bytes of a file."""
    try:
        return Meter(path.stat().st_size)
    except OSError:  # what is wrong with the file shows when it is read
        return Meter()


def byte_chunks(path: Path, meter: Meter | None = None) -> Iterator[bytes]:
    """Yield the bytes of a file, unpacked when its ending says that it is packed.

    Parameters
    ----------
    path : the file
    meter : told how far the reading is

    Raises
    ------
    Unreadable
        When the file cannot be opened or read, or is damaged.
    MissingExtra
        When the file is a .zst and Python has no zstd.
    """
    where, packing = str(path), split_endings(path.name)[2]
    try:
        with open(path, "rb") as file:
            yield from metered(unpack(file, packing, where), file, meter)
    except OSError as error:
        raise Unreadable(where, f"cannot be read ({error.strerror or error})") from error


def read_whole(chunks: Iterator[bytes], where: str, largest: int, name: str) -> bytes:
    """All bytes of a file that is not larger than a limit.

    Raises
    ------
    Unreadable
        When there are more than `largest` bytes, of which no more are read. `name` is that of the limit.
    """
    parts, size = [], 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size > largest:
            raise Unreadable(where, f"larger than the limit {name}={largest} bytes")
    return b"".join(parts)


def metered(chunks: Iterator[bytes], file: BinaryIO, meter: Meter | None) -> Iterator[bytes]:
    """Chunks that were made from a file, with a meter of how much of it has been made use of."""
    meter = meter or Meter()
    meter.done = 0
    for chunk in chunks:
        place = file.tell()
        yield chunk
        meter.done = place


def _read(stream: Any) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


def unpack(file: BinaryIO, packing: str, where: str) -> Iterator[bytes]:
    """Yield the bytes of an open file, decompressed where `packing` is one of `PACKED`.

    Raises
    ------
    Unreadable
        When the file is damaged.
    MissingExtra
        When it is a .zst and Python has no zstd.
    OSError
        When the file cannot be read.
    """
    if not packing:
        yield from _read(file)
        return
    readers = {".gz": _unpack_gzip, ".bz2": _unpack_bzip2, ".xz": _unpack_xz, ".zst": _unpack_zstd}
    try:
        yield from readers[packing](file)
    except (EOFError, zlib.error, lzma.LZMAError, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        reason = f"damaged, or no {packing} file ({error}); fetch or pack it again"
        raise Unreadable(where, reason) from error


def _unpack_gzip(file: BinaryIO) -> Iterator[bytes]:
    with gzip.open(file) as unpacked:
        yield from _read(unpacked)


def _unpack_bzip2(file: BinaryIO) -> Iterator[bytes]:
    with bz2.open(file) as unpacked:
        yield from _read(unpacked)


def _unpack_xz(file: BinaryIO) -> Iterator[bytes]:
    """The streams of an .xz file; not by `lzma.open`, which has no bound for the dictionary."""
    stream: lzma.LZMADecompressor | None = None
    packed = data = b""
    while True:
        if stream is None or stream.eof:
            packed = (stream.unused_data if stream else packed) or file.read(CHUNK)
            if not packed:
                break
            if stream is not None and not packed.lstrip(b"\0").startswith(b"\xfd7zXZ\0"[: len(packed)]):
                break  # what follows the last stream is ignored, as with the other formats
            packed = packed.lstrip(b"\0") if stream is not None else packed
            stream = lzma.LZMADecompressor(memlimit=XZ_MEMORY)
        elif stream.needs_input:
            packed = file.read(CHUNK)
            if not packed:
                raise EOFError("Compressed file ended before the end-of-stream marker was reached")
        else:
            packed = b""
        data += stream.decompress(packed, CHUNK)
        if len(data) >= CHUNK:
            yield data
            data = b""
    yield data


def _unpack_zstd(file: BinaryIO) -> Iterator[bytes]:
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]  # part of Python from 3.14 on
    except ImportError:
        with needs_extra("zstd", "reading .zst", "backports.zstd"):
            from backports import zstd
    try:
        with zstd.open(file) as unpacked:
            yield from _read(unpacked)
    except zstd.ZstdError as error:
        raise ValueError(str(error)) from error


class Spool:
    """A stream that can be read once, made one that can be read again.

    What has been read stands in a temporary file, which is gone when this object or the process is. Pages
    come out as soon as they came in: reading does not wait for the end of the stream.
    """

    def __init__(self, stream: BinaryIO, where: str) -> None:
        import tempfile
        import weakref

        self._stream = cast(io.BufferedReader, stream)
        self._where = where
        self._kept = tempfile.TemporaryFile()  # noqa: SIM115  # closed by the line below
        weakref.finalize(self, self._kept.close)
        self._size = 0
        self._ended = False

    def chunks(self) -> Iterator[bytes]:
        """Yield all bytes of the stream, from its start."""
        at = 0
        try:
            while at < self._size or not self._ended:
                chunk = self._again(at) if at < self._size else self._further()
                at += len(chunk)
                if chunk:
                    yield chunk
        except OSError as error:
            raise Unreadable(self._where, f"cannot be read ({error.strerror or error})") from error

    def _again(self, at: int) -> bytes:
        self._kept.seek(at)
        return self._kept.read(min(CHUNK, self._size - at))

    def _further(self) -> bytes:
        chunk = self._stream.read1(CHUNK)
        self._ended = not chunk
        self._kept.seek(self._size)
        self._kept.write(chunk)
        self._size += len(chunk)
        return chunk
