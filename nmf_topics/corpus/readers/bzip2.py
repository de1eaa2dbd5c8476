"""Decompress multistream bzip2 files with several threads.

Wikipedia's -multistream dumps, and files written by pbzip2 and lbzip2, are many short bzip2 streams in a row. The start
of a stream is recognizable in the compressed bytes, so streams can be decompressed in parallel. The same bytes may
occur by chance inside a stream; then decompression simply continues there, so the result always equals that of bz2.

Format: https://en.wikipedia.org/wiki/Bzip2#File_format (there is no official specification).
"""

from __future__ import annotations

import re
from bz2 import BZ2Decompressor
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO

CHUNK = 1 << 20
MAX_PART = 1 << 23  # compressed bytes; parts longer than this are not decompressed in parallel
MAX_OUTPUT = 1 << 24  # decompressed bytes that are taken from a stream at once
_STREAM_START = re.compile(rb"BZh[1-9]1AY&SY")
_START_LENGTH = 10  # bytes that _STREAM_START matches
Decompressed = tuple[BZ2Decompressor, bytes]


def decompress_bzip2(file: BinaryIO, threads: int) -> Iterator[bytes]:
    """Yield the decompressed bytes of a bzip2 file.

    Raises
    ------
    EOFError
        If the file ends too early.
    OSError
        If it is damaged.
    """

    waiting: deque[tuple[bytes, Future[Decompressed] | None]] = deque()
    stream: BZ2Decompressor | None = None  # the current one
    parts = _parts(file)
    with ThreadPoolExecutor(threads) as pool:
        while True:
            while len(waiting) < threads + 2 and (part := next(parts, b"")):
                waiting.append((part, pool.submit(_decompress, part) if _STREAM_START.match(part) else None))
            if not waiting:
                break
            packed, in_parallel = waiting.popleft()
            if in_parallel is not None and (stream is None or stream.eof):
                stream, data = in_parallel.result()
                packed = b""
                yield data
            while True:  # the rest of this part
                if stream is not None and stream.eof:
                    packed = stream.unused_data or packed
                    if not packed:
                        break
                    if not packed.startswith(b"BZh"[: len(packed)]):
                        return  # bytes after the last stream are ignored, as bzip2 itself does
                    stream = None
                stream = stream or BZ2Decompressor()
                yield stream.decompress(packed, MAX_OUTPUT)
                packed = b""
                if not stream.eof and stream.needs_input:
                    break
    if stream is None or not stream.eof:
        raise EOFError("Compressed file ended before the end-of-stream marker was reached")


def _decompress(packed: bytes) -> Decompressed:
    stream = BZ2Decompressor()
    return stream, stream.decompress(packed, MAX_OUTPUT)


def _parts(file: BinaryIO) -> Iterator[bytes]:
    """Split a file where streams seem to start; a part without a start is not longer than `MAX_PART`."""
    buffer, searched = b"", 1
    while chunk := file.read(CHUNK):
        buffer += chunk
        begin = 0
        while found := _STREAM_START.search(buffer, max(searched, begin + 1)):
            yield buffer[begin : found.start()]
            begin = found.start()
        buffer = buffer[begin:]
        searched = max(1, len(buffer) - _START_LENGTH)
        if len(buffer) > MAX_PART:
            yield buffer[:-_START_LENGTH]
            buffer, searched = buffer[-_START_LENGTH:], 0
    if buffer:
        yield buffer
