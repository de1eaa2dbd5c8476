"""Multistream bzip2, unpacked by several threads.

Dumps called -multistream, and files of pbzip2 and lbzip2, are many short bzip2 streams one after another. Where the
next one begins shows in the packed bytes, so each can be unpacked by itself. That is a guess: if a stream goes on where
one seemed to begin, it is unpacked further from there, so the result is the same as bz2's for every file.

Format: https://en.wikipedia.org/wiki/Bzip2#File_format (no specification of the author's exists).
"""

from __future__ import annotations

import re
from bz2 import BZ2Decompressor
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO

CHUNK = 1 << 20
LONGEST = 1 << 23  # packed bytes without a beginning of a stream, after which there is nothing to be gained
MOST = 1 << 24  # unpacked bytes that come out of a stream at once
_BEGINS = re.compile(rb"BZh[1-9]1AY&SY")
_MARK = 10  # its length
Unpacked = tuple[BZ2Decompressor, bytes]


def unpack_bzip2(file: BinaryIO, threads: int) -> Iterator[bytes]:
    """Yield the unpacked bytes of a bzip2 file.

    Raises
    ------
    EOFError
        When the file ends too early.
    OSError
        When it is damaged.
    """

    waiting: deque[tuple[bytes, Future[Unpacked] | None]] = deque()
    going: BZ2Decompressor | None = None  # the stream at hand
    parts = _parts(file)
    with ThreadPoolExecutor(threads) as pool:
        while True:
            while len(waiting) < threads + 2 and (part := next(parts, b"")):
                waiting.append((part, pool.submit(_unpack, part) if _BEGINS.match(part) else None))
            if not waiting:
                break
            packed, guess = waiting.popleft()
            if guess is not None and (going is None or going.eof):
                going, data = guess.result()
                packed = b""
                yield data
            while True:  # the rest of this part
                if going is not None and going.eof:
                    packed = going.unused_data or packed
                    if not packed:
                        break
                    if not packed.startswith(b"BZh"[: len(packed)]):
                        return  # what follows the last stream is no bzip2, and is ignored as by bzip2 itself
                    going = None
                going = going or BZ2Decompressor()
                yield going.decompress(packed, MOST)
                packed = b""
                if not going.eof and going.needs_input:
                    break
    if going is None or not going.eof:
        raise EOFError("Compressed file ended before the end-of-stream marker was reached")


def _unpack(packed: bytes) -> Unpacked:
    stream = BZ2Decompressor()
    return stream, stream.decompress(packed, MOST)


def _parts(file: BinaryIO) -> Iterator[bytes]:
    """Cut a file where streams seem to begin; a part without a beginning is no longer than `LONGEST`."""
    held, looked = b"", 1
    while chunk := file.read(CHUNK):
        held += chunk
        begin = 0
        while found := _BEGINS.search(held, max(looked, begin + 1)):
            yield held[begin : found.start()]
            begin = found.start()
        held = held[begin:]
        looked = max(1, len(held) - _MARK)
        if len(held) > LONGEST:
            yield held[:-_MARK]
            held, looked = held[-_MARK:], 0
    if held:
        yield held
