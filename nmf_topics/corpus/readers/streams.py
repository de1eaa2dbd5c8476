"""Read files, compressed files and standard input as chunks of bytes.

    other files         read unchanged
    .gz .bz2 .xz .zst   decompressed while they are read, at most `CHUNK` bytes at once
    standard input      copied to a temporary file while it is read, so that it can be read again

Every error names the file.
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
COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
XZ_MEMORY = 1 << 28  # largest dictionary of an .xz file, in bytes: xz -9 uses 64 MiB


class Unreadable(CorpusError):
    """A file cannot be used; `reason` is the message without the name of the file."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.reason = reason


def split_endings(name: str) -> tuple[str, str, str]:
    """Split a file name into its stem, the ending of its format and that of its compression, the endings in lower case.

    Examples
    --------
    >>> split_endings("news.2004.JSONL.gz")
    ('news.2004', '.jsonl', '.gz')
    >>> split_endings("notes.txt")
    ('notes', '.txt', '')
    """
    stem, compression = _split(name)
    if compression not in COMPRESSED:
        return stem, compression, ""
    stem, ending = _split(stem)
    return stem, ending, compression


def _split(name: str) -> tuple[str, str]:
    path = Path(name)
    return name.removesuffix(path.suffix) if path.suffix else name, path.suffix.lower()


class Meter:
    """Progress of reading: `done` of `total`, counted in bytes on disk, in files or in rows."""

    def __init__(self, total: int = 0) -> None:
        self.done, self.total = 0, total

    def share(self) -> float | None:
        """Return the progress from 0 to 1, or None if the total is unknown."""
        return min(self.done / self.total, 1.0) if self.total > 0 else None


def meter_of(path: Path) -> Meter:
    """Return a meter for the bytes of a file."""
    try:
        return Meter(path.stat().st_size)
    except OSError:  # the error is raised when the file is read
        return Meter()


def byte_chunks(path: Path, meter: Meter | None = None) -> Iterator[bytes]:
    """Yield the bytes of a file, decompressed according to its ending.

    Parameters
    ----------
    path : the file
    meter : updated with the number of bytes that have been read

    Raises
    ------
    Unreadable
        If the file cannot be opened or read, or is damaged.
    MissingExtra
        If the file is a .zst and no zstd package is installed.
    """
    where, compression = str(path), split_endings(path.name)[2]
    try:
        with open(path, "rb") as file:
            yield from metered(decompress(file, compression, where), file, meter)
    except OSError as error:
        raise Unreadable(where, f"cannot be read ({error.strerror or error})") from error


def read_whole(chunks: Iterator[bytes], where: str, largest: int, name: str) -> bytes:
    """Return all bytes of a file that has a size limit.

    Parameters
    ----------
    chunks : bytes of the file
    where : name of the file, for errors
    largest : most bytes
    name : name of the limit, for errors

    Raises
    ------
    Unreadable
        If there are more than `largest` bytes; the rest is not read.
    """
    parts, size = [], 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size > largest:
            raise Unreadable(where, f"larger than the limit {name}={largest} bytes")
    return b"".join(parts)


def metered(chunks: Iterator[bytes], file: BinaryIO, meter: Meter | None) -> Iterator[bytes]:
    """Yield chunks that were read from a file, and update the meter when each chunk has been processed."""
    meter = meter or Meter()
    meter.done = 0
    for chunk in chunks:
        position = file.tell()
        yield chunk
        meter.done = position


def _read(stream: Any) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


def decompress(file: BinaryIO, compression: str, where: str) -> Iterator[bytes]:
    """Yield the bytes of an open file, decompressed.

    Parameters
    ----------
    file : the file
    compression : one of `COMPRESSED`, or "" for none
    where : name of the file, for errors

    Raises
    ------
    Unreadable
        If the file is damaged.
    MissingExtra
        If it is a .zst and no zstd package is installed.
    OSError
        If the file cannot be read.
    """
    if not compression:
        yield from _read(file)
        return
    readers = {".gz": _read_gzip, ".bz2": _read_bzip2, ".xz": _read_xz, ".zst": _read_zstd}
    try:
        yield from readers[compression](file)
    except (EOFError, zlib.error, lzma.LZMAError, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        reason = f"damaged or not a {compression} file ({error}); download or compress it again"
        raise Unreadable(where, reason) from error


def _read_gzip(file: BinaryIO) -> Iterator[bytes]:
    with gzip.open(file) as decompressed:
        yield from _read(decompressed)


def _read_bzip2(file: BinaryIO) -> Iterator[bytes]:
    with bz2.open(file) as decompressed:
        yield from _read(decompressed)


def _read_xz(file: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of an .xz file; `lzma.open` is not used because it cannot limit the dictionary."""
    stream: lzma.LZMADecompressor | None = None
    compressed = data = b""
    while True:
        if stream is None or stream.eof:
            compressed = (stream.unused_data if stream else compressed) or file.read(CHUNK)
            if not compressed:
                break
            if stream is not None and not compressed.lstrip(b"\0").startswith(b"\xfd7zXZ\0"[: len(compressed)]):
                break  # bytes after the last stream are ignored, as for the other formats
            compressed = compressed.lstrip(b"\0") if stream is not None else compressed
            stream = lzma.LZMADecompressor(memlimit=XZ_MEMORY)
        elif stream.needs_input:
            compressed = file.read(CHUNK)
            if not compressed:
                raise EOFError("Compressed file ended before the end-of-stream marker was reached")
        else:
            compressed = b""
        data += stream.decompress(compressed, CHUNK)
        if len(data) >= CHUNK:
            yield data
            data = b""
    yield data


def _read_zstd(file: BinaryIO) -> Iterator[bytes]:
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]  # in Python since 3.14
    except ImportError:
        with needs_extra("zstd", "reading .zst", "backports.zstd"):
            from backports import zstd
    try:
        with zstd.open(file) as decompressed:
            yield from _read(decompressed)
    except zstd.ZstdError as error:
        raise ValueError(str(error)) from error


class Spool:
    """Makes a stream that can be read only once readable again.

    What has been read is kept in a temporary file, which is deleted with this object or when the process ends. Chunks
    are returned as soon as they arrive; reading does not wait for the end of the stream.
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
                chunk = self._read_kept(at) if at < self._size else self._read_stream()
                at += len(chunk)
                if chunk:
                    yield chunk
        except OSError as error:
            raise Unreadable(self._where, f"cannot be read ({error.strerror or error})") from error

    def _read_kept(self, at: int) -> bytes:
        self._kept.seek(at)
        return self._kept.read(min(CHUNK, self._size - at))

    def _read_stream(self) -> bytes:
        chunk = self._stream.read1(CHUNK)
        self._ended = not chunk
        self._kept.seek(self._size)
        self._kept.write(chunk)
        self._size += len(chunk)
        return chunk
