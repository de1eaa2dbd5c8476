"""Text out of bytes: UTF-8, UTF-16 and UTF-32 with a byte order mark, else the best guess, always said.

The bytes come in chunks and leave as chunks of valid UTF-8, so a file may be larger than memory. What was
decided is handed to `note`; what cannot be decided is an error. A file that is not UTF-8 is guessed from the
place where that shows: everything before it is ASCII, which reads the same in every encoding of `LIKELY`.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator
from itertools import chain

from nmf_topics.corpus.streams import Unreadable

NOT_TEXT = "not text (binary)"
SAMPLE = 1 << 18  # bytes to look at before an encoding is guessed
GUESSED_FROM = 1 << 13  # bytes of them that charset-normalizer is given

# Encodings in which files that people have are written. Left to itself charset-normalizer also finds exotic
# ones (shift_jis_2004 for short Russian texts, cp1006 for "café"), and takes much longer.
LIKELY = [f"cp{number}" for number in (*range(1250, 1259), 874, 932, 949)]
LIKELY += ["koi8_r", "euc_jp", "gb18030", "big5"]
# of DOS and old Macintoshes: any bytes look well-formed in them, so they come in only where nothing else fits
OLD = ["cp437", "cp850", "cp866", "mac_roman"]
FITS = 0.05  # chaos (share of odd neighbours among the characters) that a right guess stays below

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_NO_CONTROLS = bytes(b for b in range(256) if b >= 0x20 or b in b"\b\t\n\v\f\r\x1b")
_BELOW_LEADS = bytes(range(0xC0))


def marked_encoding(start: bytes) -> str | None:
    """The encoding that a byte order mark names, if there is one and it is not that of UTF-8."""
    return next((name for mark, name in _MARKS if start.startswith(mark)), None)


def looks_binary(sample: bytes) -> bool:
    """Whether bytes without a byte order mark hold more control characters than text does."""
    controls = len(sample.translate(None, _NO_CONTROLS))
    if controls <= len(sample) / 100:
        return False
    return controls > len(sample) / 10 or not _starts_as_utf8(sample)


def _starts_as_utf8(sample: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def guess_encodings(data: bytes) -> list[str]:
    """Encodings that `data`, which is not UTF-8, may be in, the likeliest first.

    Notes
    -----
    charset-normalizer puts what it cannot tell apart (chaos within 0.01, coherence within 0.02) in the order
    of the alphabet, cp1250 before cp1252. Western Europe has more such files: cp1252 wins a tie at the top.
    """
    from charset_normalizer import from_bytes

    # from shortly before the first character beyond ASCII: only parts of the sample are looked at, but always
    # the first
    beyond = re.search(rb"[\x80-\xff]", data)
    first = beyond.start() if beyond else 0
    start = data.rfind(b"\n", max(0, first - 500), first) + 1 or max(0, first - 500)
    sample = data[start : start + GUESSED_FROM]
    if start + GUESSED_FROM < len(data):  # do not cut a character of several bytes
        sample = sample[: max(sample.rfind(b" "), sample.rfind(b"\n"), first - start + 1) + 1]
    matches = list(from_bytes(sample, cp_isolation=LIKELY))
    if not matches or matches[0].chaos > FITS:
        matches = list(from_bytes(sample, cp_isolation=LIKELY + OLD))
    names = [match.encoding for match in matches]
    for match in matches:
        tie = match.chaos - matches[0].chaos < 0.01 and matches[0].coherence - match.coherence <= 0.02
        if tie and "cp1252" in match.could_be_from_charset:
            return ["cp1252", *names]
    return names


def decode(data: bytes, where: str, note: Callable[[str], None]) -> str:
    """Decode a whole file; errors and notes as in `utf8_chunks`, but one NUL byte makes it binary."""
    encoding = marked_encoding(data)
    if encoding is None and (b"\0" in data or looks_binary(data[:SAMPLE])):
        raise Unreadable(where, NOT_TEXT)
    unmarked = data.removeprefix(codecs.BOM_UTF8)
    try:
        return unmarked.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding is not None:
            raise Unreadable(where, f"damaged {encoding}; save it as UTF-8") from error
    encoding, errors = _decide(unmarked, True, SAMPLE if unmarked != data else 0, 1, where)
    note(_decision(encoding, errors))
    return unmarked.decode(encoding, errors)


def utf8_chunks(chunks: Iterator[bytes], where: str, note: Callable[[str], None]) -> Iterator[bytes]:
    """Turn the bytes of a text, whatever its encoding, into UTF-8.

    Parameters
    ----------
    chunks : the bytes of the text
    where : the name of the text, for errors
    note : told how the text was read, once and only when it was not plain UTF-8 and had no byte order mark

    Raises
    ------
    Unreadable
        When the text is binary, in no likely encoding, or not throughout in the one that its beginning says.
    """
    start = _gather(b"", chunks, 4)
    encoding = marked_encoding(start)
    if encoding is None and looks_binary(start):
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
                reason = f"not {encoding} throughout, as its beginning says (near line {line})"
                reason += "; save it as UTF-8"
                raise Unreadable(where, reason) from error
            rest = _gather(error.object, chunks, SAMPLE)
            encoding, errors = _decide(rest, not chunk, characters, line, where)
            note(_decision(encoding, errors))
            decoder = codecs.getincrementaldecoder(encoding)(errors)
            text = decoder.decode(rest, not chunk)
        data = text.encode()
        if encoding in (None, "utf-8") and not text.isascii():
            broken += text.count("\ufffd") if encoding else 0
            characters += _leads(data)
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


def _leads(data: bytes) -> int:
    """The number of characters beyond ASCII in valid UTF-8."""
    return len(data.translate(None, _BELOW_LEADS))


def _decide(rest: bytes, final: bool, characters: int, line: int, where: str) -> tuple[str, str]:
    """How to go on, as (encoding, errors), when `rest` is not UTF-8 after that many characters that are."""
    text = rest.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    # a character of several bytes in UTF-8 seldom comes about by chance (most often in Greek and Chinese, at
    # fewer than one for each that fails): with many of them it is UTF-8 with a few broken bytes, and another
    # encoding would garble all of the rest
    if _leads(text.encode()) - bad + characters >= 2 * bad:
        return "utf-8", "replace"
    if characters:
        raise Unreadable(where, _changes(line))
    for encoding in guess_encodings(rest):
        try:
            codecs.getincrementaldecoder(encoding)().decode(rest, final)
        except UnicodeDecodeError:
            continue
        return encoding, "strict"
    raise Unreadable(where, "neither UTF-8 nor in any likely encoding; save it as UTF-8")


def _changes(line: int) -> str:
    return f"UTF-8 up to line {line} or so and not from there on; save it as UTF-8"


def _decision(encoding: str, errors: str) -> str:
    if errors == "replace":
        return "damaged UTF-8, broken characters read as U+FFFD"
    return f"not UTF-8, read as {encoding}"


def open_text(chunks: Iterator[bytes], where: str, note: Callable[[str], None], newline: str) -> io.TextIOWrapper:
    """A text file over the bytes of a text in any encoding; `newline` as in `open`."""
    raw = _ChunkReader(utf8_chunks(chunks, where, note))
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
