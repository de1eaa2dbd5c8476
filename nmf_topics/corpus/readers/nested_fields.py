"""Access nested fields of a row by their path: `data.body`, `author.name`, `paragraphs.text`.

If a path leads through a list, it means the field of every element; strings found that way are joined by empty lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

MAX_DEPTH = 4  # deeper fields are neither guessed nor listed in messages
MAX_NAMES = 200


def nested_names(record: Mapping[str, Any]) -> list[str]:
    """Return the paths of the nested fields of a row that hold a value, in its order.

    Examples
    --------
    >>> nested_names({"id": 1, "data": {"body": "x", "author": {"name": "y"}}, "parts": [{"text": "z"}]})
    ['data.body', 'data.author.name', 'parts.text']
    """
    return list(islice(_walk(record, "", MAX_DEPTH), MAX_NAMES))


def _walk(value: Any, path: str, depth: int) -> Iterator[str]:
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        value = value[0]
    if isinstance(value, Mapping) and depth:
        for name, inner in value.items():
            yield from _walk(inner, f"{path}.{name}" if path else str(name), depth - 1)
    elif "." in path:
        yield path


def nested_value(value: Any, path: str) -> Any:
    """Return the value at a path, or None.

    Examples
    --------
    >>> nested_value({"data": {"body": "x"}}, "data.body"), nested_value({"data": 1}, "data.body")
    ('x', None)
    >>> nested_value({"parts": [{"text": "a"}, {"text": "b"}]}, "parts.text")
    'a\\n\\nb'
    """
    head, _, rest = path.partition(".")
    if isinstance(value, Sequence) and not isinstance(value, str):
        found = [inner for inner in (nested_value(element, path) for element in value) if inner is not None]
        if found and all(isinstance(inner, str) for inner in found):
            return "\n\n".join(found)
        return found or None
    if not isinstance(value, Mapping):
        return None
    if path in value:
        return value[path]
    return nested_value(value.get(head), rest) if rest else None


def without_field(value: Any, path: str) -> Any:
    """Return a copy of a row without the field at a path, and without objects that become empty."""
    head, _, rest = path.partition(".")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [without_field(element, path) for element in value]
    if not isinstance(value, Mapping) or (head not in value and path not in value):
        return value
    if not rest or path in value:
        return {name: inner for name, inner in value.items() if name != path}
    changed = without_field(value[head], rest)
    return {name: changed if name == head else inner for name, inner in value.items() if name != head or changed}
