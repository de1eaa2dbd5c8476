"""Decode text: UTF-8, UTF-16 and UTF-32 with a byte order mark, else a named or guessed encoding.

The bytes come in chunks and leave as chunks of valid UTF-8, so a file may be larger than memory. What was decided is
handed to `note`; what cannot be decoded is an error. A file that turns out not to be UTF-8 is guessed from that place
on: everything before it is ASCII, which reads the same in every encoding that `encoding_guess` knows.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator
from itertools import chain

from nmf_topics.corpus.readers.encoding_guess import Encodings, is_damaged_utf8, is_utf8, leads_of
from nmf_topics.corpus.readers.streams import Unreadable

NOT_TEXT = "not text (binary)"
SAMPLE = 1 << 18  # bytes to look at before an encoding is guessed
ENCODING_GIVEN = "as asked for"
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_NO_CONTROLS = bytes(b for b in range(256) if b >= 0x20 or b in b"\b\t\n\v\f\r\x1b")


def marked_encoding(start: bytes) -> str | None:
    """The encoding that a byte order mark names, if there is one and it is not that of UTF-8."""
    return next((name for mark, name in _MARKS if start.startswith(mark)), None)


def looks_binary(sample: bytes) -> bool:
    """Whether bytes without a byte order mark hold more control characters than text does."""
    controls = len(sample.translate(None, _NO_CONTROLS))
    if controls <= len(sample) / 100:
        return False
    return controls > len(sample) / 10 or not is_utf8(sample)


def decode(data: bytes, where: str, note: Callable[[str], None], encodings: Encodings | None = None) -> str:
    """Decode a whole file; parameters, errors and notes as in `utf8_chunks`, but one NUL byte makes it binary."""
    encodings = encodings or Encodings()
    encoding = marked_encoding(data)
    if encoding is None and encodings.given is not None:
        return _decode_as_given(data, encodings.given, where)
    if encoding is None and (b"\0" in data or looks_binary(data[:SAMPLE])):
        raise Unreadable(where, NOT_TEXT)
    unmarked = data.removeprefix(codecs.BOM_UTF8)
    try:
        return unmarked.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding is not None:
            raise Unreadable(where, f"damaged {encoding}; save it as UTF-8") from error
    encoding, errors = _decide(unmarked, True, SAMPLE if unmarked != data else 0, 1, where, encodings)
    note(_decision(encoding, errors))
    return unmarked.decode(encoding, errors)


def _decode_as_given(data: bytes, encoding: str, where: str) -> str:
    """Text in the encoding that the user named."""
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(where, _not_throughout(encoding, line, ENCODING_GIVEN)) from error


def utf8_chunks(
    chunks: Iterator[bytes], where: str, note: Callable[[str], None], encodings: Encodings | None = None
) -> Iterator[bytes]:
    """Turn the bytes of a text, whatever its encoding, into UTF-8.

    Parameters
    ----------
    chunks : the bytes of the text
    where : the name of the text, for errors
    note : called with how the text was read, once and only if that was guessed
    encodings : the encoding that the user named, or what guesses it; a byte order mark outweighs both

    Raises
    ------
    Unreadable
        When the text is binary, in no likely encoding, or not throughout in the one that its beginning says.
    """
    encodings = encodings or Encodings()
    start = _gather(b"", chunks, 4)
    encoding, said_by = marked_encoding(start), "as its beginning says"
    if encoding is None and encodings.given is not None:
        encoding, said_by = encodings.given, ENCODING_GIVEN
    elif encoding is None and looks_binary(start):
        raise Unreadable(where, NOT_TEXT)
    unmarked = start.removeprefix(codecs.BOM_UTF8)
    decoder = codecs.getincrementaldecoder(encoding or "utf-8")()
    line = 1
    broken = 0
    characters = SAMPLE if unmarked != start else 0  # beyond ASCII, so far; a mark counts as many
    for chunk in chain([unmarked], chunks, [b""]):
        try:
            text = decoder.decode(chunk, not chunk)
        except UnicodeDecodeError as error:
            if encoding is not None:
                raise Unreadable(where, _not_throughout(encoding, line, said_by)) from error
            rest = _gather(error.object, chunks, SAMPLE)
            encoding, errors = _decide(rest, not chunk, characters, line, where, encodings)
            note(_decision(encoding, errors))
            decoder = codecs.getincrementaldecoder(encoding)(errors)
            text = decoder.decode(rest, not chunk)
        data = text.encode()
        if encoding in (None, "utf-8") and not text.isascii():
            broken += text.count("\ufffd") if encoding else 0
            characters += leads_of(data)
            if 3 * broken > characters:
                raise Unreadable(where, _changes(line))
        line += data.count(b"\n")
        yield data


def _gather(data: bytes, chunks: Iterator[bytes], size: int) -> bytes:
    parts, length = [data], len(data)
    while length < size and (chunk := next(chunks, b"")):
        parts.append(chunk)
        length += len(chunk)
    return b"".join(parts)


def _decide(rest: bytes, final: bool, characters: int, line: int, where: str, encodings: Encodings) -> tuple[str, str]:
    """How to go on, as (encoding, errors), when `rest` is not UTF-8 after that many characters that are."""
    if is_damaged_utf8(rest, characters):
        return "utf-8", "replace"
    if characters:
        raise Unreadable(where, _changes(line))

    def accepts(encoding: str) -> bool:
        try:
            codecs.getincrementaldecoder(encoding)().decode(rest, final)
        except UnicodeDecodeError:
            return False
        return True

    if (encoding := encodings.choose(rest, accepts)) is None:
        raise Unreadable(where, "neither UTF-8 nor in any likely encoding; save it as UTF-8, or name its encoding")
    return encoding, "strict"


def _not_throughout(encoding: str, line: int, said_by: str) -> str:
    return f"not {encoding} throughout, {said_by} (near line {line}); save it as UTF-8"


def _changes(line: int) -> str:
    return f"UTF-8 up to line {line} or so and not from there on; save it as UTF-8"


def _decision(encoding: str, errors: str) -> str:
    if errors == "replace":
        return "damaged UTF-8, broken characters read as U+FFFD"
    return f"not UTF-8, read as {encoding}"


def open_text(
    chunks: Iterator[bytes], where: str, note: Callable[[str], None], newline: str, encodings: Encodings | None = None
) -> io.TextIOWrapper:
    """A text file over the bytes of a text in any encoding; `newline` as in `open`."""
    raw = _ChunkReader(utf8_chunks(chunks, where, note, encodings))
    return io.TextIOWrapper(io.BufferedReader(raw), encoding="utf-8", newline=newline)


class _ChunkReader(io.RawIOBase):
    """Chunks of bytes as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left = memoryview(chunk)
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size
