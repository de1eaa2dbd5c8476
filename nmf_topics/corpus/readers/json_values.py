"""Read the records of a .json file: an array of objects, a sequence of objects, or an object that contains an array.

An array is read element by element, so it may be larger than memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from nmf_topics.corpus.readers.limits import ReadLimits
from nmf_topics.errors import CorpusError

READ_CHARACTERS = 1 << 16  # characters that are read at once
END_MARGIN = 32  # an error within this many characters of the end of the buffer may mean that more must be read
MAX_DEPTH = 4  # most objects that may enclose an array of records
_SPACE = re.compile(r"[ \t\r\n]*")


def parse_int(digits: str) -> int | str:
    """Return an integer, or its digits if there are more than Python converts."""
    try:
        return int(digits)
    except ValueError:
        return digits


class _Values:
    """Reads a sequence of JSON values from a text in pieces."""

    def __init__(self, file: TextIO, where: str, limits: ReadLimits) -> None:
        self._file, self._where, self._limits = file, where, limits
        self._decoder = json.JSONDecoder(parse_int=parse_int)
        self._buffer, self._at, self._ended = "", 0, False
        self.count = 0

    def peek(self) -> str:
        """Return the next character that is not white space, without moving past it; "" at the end."""
        while True:
            if space := _SPACE.match(self._buffer, self._at):
                self._at = space.end()
            if self._at < len(self._buffer) or self._ended:
                return self._buffer[self._at : self._at + 1]
            self._more()

    def skip(self) -> None:
        """Move past one character."""
        self._at += 1

    def value(self) -> Any:
        """Read the next value."""
        self.peek()
        self.count += 1
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
                if end < len(self._buffer) or self._ended:
                    self._at = end
                    return value
            except json.JSONDecodeError as error:
                goes_on = error.msg.startswith("Unterminated") or error.pos > len(self._buffer) - END_MARGIN
                if self._ended or not goes_on:
                    raise self.broken(f"not JSON ({error.msg})") from error
            except RecursionError as error:
                raise self.broken("nested too deeply") from error
            self._more()

    def broken(self, reason: str) -> CorpusError:
        """Return an error that names the current value."""
        return CorpusError(f"{self._where}, item {self.count}: {reason}")

    def _more(self) -> None:
        """Read as much text as is in the buffer, so that a long value takes linear time."""
        self._buffer = self._buffer[self._at :]
        self._at = 0
        if len(self._buffer) > self._limits.page_size:
            raise self.broken(f"larger than the limit page-size={self._limits.page_size} characters")
        found = self._file.read(max(READ_CHARACTERS, len(self._buffer)))
        self._ended = not found
        self._buffer += found


def read_json(file: TextIO, where: str, limits: ReadLimits) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield (number, record) of the records of a JSON file. A string in an array is the text of a record.

    Raises
    ------
    CorpusError
        If the file is not JSON, contains other values than records, or a record is too large.
    """
    values = _Values(file, where, limits)
    if values.peek() == "[":
        values.skip()
        while (sign := values.peek()) != "]":
            if sign == "" or (sign == "," and not values.count):
                raise values.broken("the array does not end; is the file complete?")
            if values.count:
                if sign != ",":
                    raise values.broken("not JSON (a comma is missing after it)")
                values.skip()
            yield _record(values.value(), values)
        return
    if not values.peek():
        return
    first = values.value()
    if not values.peek():
        found = _records_within(first, MAX_DEPTH)
        for number, record in enumerate([first] if found is None else found, 1):
            values.count = number
            yield _record(record, values)
        return
    yield _record(first, values)
    while values.peek():
        yield _record(values.value(), values)


def _record(value: Any, values: _Values) -> tuple[int, Mapping[str, Any]]:
    if isinstance(value, str):
        value = {"text": value}
    if not isinstance(value, dict):
        raise values.broken('not an object like {"id": "1", "title": "Tea", "text": "..."}')
    return values.count, value


def _records_within(value: Any, depth: int) -> list[Any] | None:
    """Return the longest list of objects in an object, or None."""
    if isinstance(value, list):
        return value if value and all(isinstance(element, dict) for element in value) else None
    if not isinstance(value, dict) or not depth:
        return None
    lists = [found for inner in value.values() if (found := _records_within(inner, depth - 1)) is not None]
    return max(lists, key=len, default=None)
