"""Decode text: UTF-8, UTF-16 or UTF-32 with a byte order mark, or an encoding that is given or guessed.

Bytes are read and returned in chunks, so a file may be larger than memory; the chunks returned are valid UTF-8. Text
that cannot be decoded is an error. At the first byte that is not valid UTF-8, the encoding of the rest is guessed and
reported through `note`. That is safe because everything before it is ASCII, which is the same in all encodings of
`encoding_guess`.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator
from itertools import chain

from nmf_topics.corpus.readers.encoding_guess import EncodingChooser, count_non_ascii, is_damaged_utf8, is_utf8
from nmf_topics.corpus.readers.streams import Unreadable

NOT_TEXT = "not text (binary)"
SAMPLE = 1 << 18  # bytes that are examined to guess an encoding
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, because it begins with the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_NO_CONTROLS = bytes(b for b in range(256) if b >= 0x20 or b in b"\b\t\n\v\f\r\x1b")


def marked_encoding(start: bytes) -> str | None:
    """Return the encoding that a byte order mark announces; None for UTF-8 and without a mark."""
    return next((name for mark, name in _MARKS if start.startswith(mark)), None)


def looks_binary(sample: bytes) -> bool:
    """Return whether bytes without a byte order mark contain more control characters than text does."""
    controls = len(sample.translate(None, _NO_CONTROLS))
    if controls <= len(sample) / 100:
        return False
    return controls > len(sample) / 10 or not is_utf8(sample)


def decode(data: bytes, where: str, note: Callable[[str], None], encodings: EncodingChooser | None = None) -> str:
    """Decode a whole file. Parameters, errors and notes are those of `utf8_chunks`, but any NUL byte means binary."""
    encodings = encodings or EncodingChooser()
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
            raise Unreadable(where, f"damaged {encoding} text; save it as UTF-8") from error
    encoding, errors = _choose_encoding(unmarked, True, SAMPLE if unmarked != data else 0, 1, where, encodings)
    note(_describe_choice(encoding, errors))
    return unmarked.decode(encoding, errors)


def _decode_as_given(data: bytes, encoding: str, where: str) -> str:
    """Decode text in the encoding that the user has given."""
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(where, _invalid_in(encoding, line, given=True)) from error


def utf8_chunks(
    chunks: Iterator[bytes], where: str, note: Callable[[str], None], encodings: EncodingChooser | None = None
) -> Iterator[bytes]:
    """Yield the bytes of a text, converted to UTF-8 from whatever encoding it has.

    Parameters
    ----------
    chunks : the bytes of the text
    where : name of the text, for errors
    note : called once with a description of the encoding if it was guessed
    encodings : the encoding that the user has given, or the object that guesses it; a byte order mark takes precedence

    Raises
    ------
    Unreadable
        If the text is binary, has no known encoding, or is not valid in the encoding that its beginning announces.
    """
    encodings = encodings or EncodingChooser()
    start = _read_at_least(b"", chunks, 4)
    encoding, given = marked_encoding(start), False
    if encoding is None and encodings.given is not None:
        encoding, given = encodings.given, True
    elif encoding is None and looks_binary(start):
        raise Unreadable(where, NOT_TEXT)
    unmarked = start.removeprefix(codecs.BOM_UTF8)
    decoder = codecs.getincrementaldecoder(encoding or "utf-8")()
    line = 1
    broken = 0
    characters = SAMPLE if unmarked != start else 0  # valid non-ASCII ones; a byte order mark counts as many
    for chunk in chain([unmarked], chunks, [b""]):
        try:
            text = decoder.decode(chunk, not chunk)
        except UnicodeDecodeError as error:
            if encoding is not None:
                raise Unreadable(where, _invalid_in(encoding, line, given)) from error
            rest = _read_at_least(error.object, chunks, SAMPLE)
            encoding, errors = _choose_encoding(rest, not chunk, characters, line, where, encodings)
            note(_describe_choice(encoding, errors))
            decoder = codecs.getincrementaldecoder(encoding)(errors)
            text = decoder.decode(rest, not chunk)
        data = text.encode()
        if encoding in (None, "utf-8") and not text.isascii():
            broken += text.count("\ufffd") if encoding else 0
            characters += count_non_ascii(data)
            if 3 * broken > characters:
                raise Unreadable(where, _invalid_from(line))
        line += data.count(b"\n")
        yield data


def _read_at_least(data: bytes, chunks: Iterator[bytes], size: int) -> bytes:
    parts, length = [data], len(data)
    while length < size and (chunk := next(chunks, b"")):
        parts.append(chunk)
        length += len(chunk)
    return b"".join(parts)


def _choose_encoding(
    rest: bytes, final: bool, characters: int, line: int, where: str, encodings: EncodingChooser
) -> tuple[str, str]:
    """Return (encoding, errors) for `rest`, which is not valid UTF-8 and follows `characters` valid non-ASCII ones."""
    if is_damaged_utf8(rest, characters):
        return "utf-8", "replace"
    if characters:
        raise Unreadable(where, _invalid_from(line))

    def accepts(encoding: str) -> bool:
        try:
            codecs.getincrementaldecoder(encoding)().decode(rest, final)
        except UnicodeDecodeError:
            return False
        return True

    if (encoding := encodings.choose(rest, accepts)) is None:
        raise Unreadable(where, "neither UTF-8 nor any other known encoding; save it as UTF-8, or name its encoding")
    return encoding, "strict"


def _invalid_in(encoding: str, line: int, given: bool) -> str:
    source = "the encoding that was given" if given else "the encoding that its byte order mark announces"
    return f"not valid {encoding}, {source} (near line {line}); save it as UTF-8"


def _invalid_from(line: int) -> str:
    return f"UTF-8 up to about line {line}, but not after it; save it as UTF-8"


def _describe_choice(encoding: str, errors: str) -> str:
    if errors == "replace":
        return "damaged UTF-8; invalid characters were replaced by U+FFFD"
    return f"not UTF-8, read as {encoding}"


def open_text(
    chunks: Iterator[bytes],
    where: str,
    note: Callable[[str], None],
    newline: str,
    encodings: EncodingChooser | None = None,
) -> io.TextIOWrapper:
    """Open bytes in any encoding as a text file; `newline` is that of `open`."""
    raw = _ChunkReader(utf8_chunks(chunks, where, note, encodings))
    return io.TextIOWrapper(io.BufferedReader(raw), encoding="utf-8", newline=newline)


class _ChunkReader(io.RawIOBase):
    """A binary file made of chunks of bytes."""

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
