"""What the fields of a JSON document must be, written as a table of field -> check.

    >>> PERSON = record({"name": TEXT, "age": optional(whole(0, 150))}, may={"tags": list_of(TEXT)})
    >>> PERSON({"name": "Ada", "age": 36, "tags": ["first"]})
    >>> PERSON({"name": "Ada", "age": True})
    Traceback (most recent call last):
        ...
    nmf_topics.files.schema.SchemaError: age must be a whole number from 0 to 150 or null, not true

A document can come from anyone: true is not a number, NaN is not one either, and text must be text that can be written
again (a lone surrogate cannot).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MAX_DEPTH = 30  # of lists and objects within each other where anything is allowed
_LARGEST = 2**63 - 1


class SchemaError(ValueError):
    """A document that is not as its schema says; the message names the field."""


@dataclass(frozen=True)
class Check:
    """What a value must be.

    Attributes
    ----------
    expected : in words, after "must be"
    accepts : whether the value itself is of the right kind
    inside : checks what the value contains, given its place in the document
    """

    expected: str
    accepts: Callable[[Any], bool]
    inside: Callable[[Any, str], None] | None = None

    def __call__(self, value: Any, place: str = "") -> None:
        """Raise SchemaError if a value is not as expected."""
        if not self.accepts(value):
            raise SchemaError(f"{place or 'the document'} must be {self.expected}, not {_shown(value)}")
        if self.inside is not None:
            self.inside(value, place)


def _shown(value: Any) -> str:
    """A value for a message: short, and printable anywhere."""
    if isinstance(value, list | dict):
        return f"{'a list' if isinstance(value, list) else 'an object'} of {len(value)}"
    if isinstance(value, int) and abs(value) > _LARGEST:
        return "a number of too many digits"
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and (value.isascii() or _can_be_written(value))


def _can_be_written(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


TEXT = Check("text", _is_text)
NAME = Check("text without NUL characters", lambda value: _is_text(value) and "\0" not in value)
FLAG = Check("true or false", lambda value: isinstance(value, bool))


def whole(low: int = -_LARGEST, high: int = _LARGEST) -> Check:
    """A whole number."""
    limits = f" from {low} to {high}" if high < _LARGEST else f" of at least {low}" if low > -_LARGEST else ""
    return Check(f"a whole number{limits}", lambda value: type(value) is int and low <= value <= high)


def number(low: float = -math.inf, high: float = math.inf) -> Check:
    """A finite number."""
    limits = f" from {low} to {high}" if high < math.inf else f" of at least {low}" if low > -math.inf else ""

    def accepts(value: Any) -> bool:
        finite = (type(value) is int and abs(value) <= _LARGEST) or (type(value) is float and math.isfinite(value))
        return finite and low <= value <= high

    return Check(f"a number{limits}", accepts)


def choice(allowed: Collection[str]) -> Check:
    """One of some texts."""
    return Check(f"one of {', '.join(map(repr, allowed))}", lambda value: isinstance(value, str) and value in allowed)


def optional(check: Check) -> Check:
    """As another check, or null."""
    return either(check, Check("null", lambda value: value is None))


def either(*checks: Check) -> Check:
    """As the first check that accepts the value."""

    def inside(value: Any, place: str) -> None:
        next(check for check in checks if check.accepts(value))(value, place)

    return Check(
        " or ".join(check.expected for check in checks),
        lambda value: any(check.accepts(value) for check in checks),
        inside,
    )


def list_of(check: Check) -> Check:
    """A list whose items are all as a check says."""

    def inside(value: list[Any], place: str) -> None:
        _check_items(check, ((f"[{i}]", item) for i, item in enumerate(value)), value, place)

    return Check("a list", lambda value: isinstance(value, list), inside)


def row_of(*checks: Check) -> Check:
    """A list of fixed length, with a check for each place."""

    def inside(value: list[Any], place: str) -> None:
        for i, (check, item) in enumerate(zip(checks, value, strict=True)):
            if not check.accepts(item) or check.inside is not None:
                check(item, f"{place}[{i}]")

    n = len(checks)
    return Check(f"a list of {n}", lambda value: isinstance(value, list) and len(value) == n, inside)


def mapping_of(check: Check, keys: Check = TEXT) -> Check:
    """An object whose keys and values are all as two checks say."""

    def inside(value: dict[str, Any], place: str) -> None:
        for key in value:
            keys(key, f"a key of {place}")
        _check_items(check, ((f".{key}", item) for key, item in value.items()), value.values(), place)

    return Check("an object", lambda value: isinstance(value, dict), inside)


def record(must: Mapping[str, Check], *, may: Mapping[str, Check] | None = None, more: Check | None = None) -> Check:
    """An object with named fields.

    Parameters
    ----------
    must : fields that it must have
    may : fields that it can have
    more : what fields of other names must be; None if there must be none
    """
    known = {**must, **(may or {})}

    def inside(value: dict[str, Any], place: str) -> None:
        before = f"{place}." if place else ""
        for name in must:
            if name not in value:
                raise SchemaError(f"{before}{name} is missing")
        for name, item in value.items():
            check = known.get(name, more)
            if check is None:
                raise SchemaError(f"{before}{name} is unknown"[:200])
            TEXT(name, f"a key of {place or 'the document'}")
            check(item, f"{before}{name}")

    return Check("an object", lambda value: isinstance(value, dict), inside)


def _check_items(check: Check, named: Iterable[tuple[str, Any]], items: Iterable[Any], place: str) -> None:
    """Check many items; their places are worked out only where they are needed."""
    if check.inside is None and all(map(check.accepts, items)):
        return
    for name, item in named:
        if check.inside is not None or not check.accepts(item):
            check(item, f"{place}{name}")


def _anything(value: Any, place: str, depth: int = MAX_DEPTH) -> None:
    if depth == 0:
        raise SchemaError(f"{place} is nested too deeply")
    if isinstance(value, str):
        TEXT(value, place)
    elif isinstance(value, dict):
        for key, item in value.items():
            TEXT(key, f"a key of {place}")
            _anything(item, f"{place}.{key}", depth - 1)
    elif isinstance(value, list):
        for item in value:
            _anything(item, place, depth - 1)


ANYTHING = Check("anything", lambda value: True, _anything)
