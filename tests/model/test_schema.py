"""The schema of model.json and run.json: it knows every option, and no value of another type passes or crashes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from program import Run

from nmf_topics.files.json_files import CHECKSUM, json_with_checksum, read_json
from nmf_topics.files.schema import FLAG, NAME, TEXT, SchemaError, list_of, mapping_of, number, optional, record, whole
from nmf_topics.model.files import MARK
from nmf_topics.model.schema import BOUNDS, READING, RECIPE, WORDS
from nmf_topics.pipeline.prepare import Source
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.terms.pruning import Bounds
from nmf_topics.text.analyzer import WordOptions

PERSON = record(
    {"name": TEXT, "age": optional(whole(0, 150))}, may={"tags": list_of(TEXT), "shares": mapping_of(number(0))}
)
ODD: list[Any] = [None, True, 0, -1, 7.5, 1e308, float("nan"), float("inf"), 10**400, "", "x", "a\0b", "\ud800", "3"]
ODD += [[], {}, [1], ["x"], [[["a", "b", "c"]]], {"x": 1}, {"\ud800": 1}, {"a": {"b": [None]}}]


@pytest.mark.parametrize(
    ("table", "options"), [(WORDS, WordOptions), (BOUNDS, Bounds), (RECIPE, Recipe), (READING, Source)]
)
def test_every_option_has_a_check(table: dict[str, Any], options: Any) -> None:
    """A new option cannot be forgotten in the schema."""
    assert set(table) == {field.name for field in fields(options)}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "the document must be an object, not a list of 0"),
        ({"age": 1}, "name is missing"),
        ({"name": "Ada", "age": True}, "age must be a whole number from 0 to 150 or null, not true"),
        ({"name": "Ada", "age": 1.0}, "age must be"),
        ({"name": "Ada", "age": 151}, "age must be"),
        ({"name": "Ada", "age": 1, "born": 1815}, "born is unknown"),
        ({"name": "\ud800", "age": 1}, r'name must be text, not "\\ud800"'),
        ({"name": "Ada", "age": 1, "tags": ["a", 2]}, r"tags\[1\] must be text, not 2"),
        ({"name": "Ada", "age": 1, "shares": {"x": float("nan")}}, "shares.x must be a number of at least 0, not NaN"),
        ({"name": "Ada", "age": 1, "shares": {"x": 10**400}}, "shares.x must be .* a number of too many digits"),
    ],
)
def test_messages_name_the_field(document: Any, message: str) -> None:
    """Where it is, what it must be, and what it is."""
    with pytest.raises(SchemaError, match=message):
        PERSON(document)


def test_what_passes() -> None:
    """Fields that may be missing, null where it is allowed, text of any script."""
    PERSON({"name": "Añá 語", "age": None})
    PERSON({"name": "", "age": 150, "tags": [], "shares": {"": 0, "x": 1e300}})
    for check, value in ((FLAG, False), (NAME, "a\nb"), (number(), -1.5)):
        check(value)


@pytest.mark.parametrize("indent", [None, 1])
def test_checksum(tmp_path: Path, indent: int | None) -> None:
    """A file is intact as it was written, not with a digit changed; without a checksum that is not known."""
    path = tmp_path / "a.json"
    text = json_with_checksum({"schema": 1, "é": [1.25, {"a": None}]}, indent=indent)
    path.write_text(text, encoding="utf-8")
    assert read_json(path).document == {"schema": 1, "é": [1.25, {"a": None}]}
    assert read_json(path).intact is True
    path.write_text(text.replace("1.25", "1.26"), encoding="utf-8")
    assert read_json(path).intact is False
    document = json.loads(text)
    del document[CHECKSUM]
    path.write_text(json.dumps(document), encoding="utf-8")
    assert read_json(path).intact is None


def places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Every value of a document, as its container and its place in that; of long lists the first two."""
    items: Any = document.items() if isinstance(document, dict) else enumerate(document[:2])
    for place, value in list(items):
        yield document, place
        if isinstance(value, dict | list):
            yield from places(value)


def changed(path: Path, chance: random.Random) -> Callable[[], None]:
    """Put an odd value at a place of a JSON file; the function that undoes it."""
    whole = path.read_bytes()
    document = json.loads(whole)
    del document[CHECKSUM]
    container, place = chance.choice(list(places(document)))
    container[place] = chance.choice(ODD)
    path.write_text(json.dumps(document), encoding="utf-8")
    return lambda: path.write_bytes(whole) and None


@pytest.mark.parametrize(
    ("name", "commands"),
    [
        (MARK, [("topics",), ("pages", "--json"), ("classify", "page.txt"), ("evaluate",), ("report",), ("export",)]),
        (MARK, [("label", "1=A", "--hide", "cat"), ("diff", "models/tiny-r3", "models/tiny-r3"), ("topics", "--json")]),
        ("run.json", [("repeat", "--force"), ("evaluate",), ("report",), ("label", "1=A")]),
        ("run.json", [("fit", "tiny.jsonl", "--like", "models/tiny-r3", "-o", "again", "--force", "--max-iter", 9)]),
    ],
)
def test_values_of_other_types(run: Run, fitted: Path, tiny_corpus: Path, name: str, commands: list[Any]) -> None:
    """Whatever a value is replaced by, a command works or refuses with one message that names the file."""
    Path("page.txt").write_text("The cat and a rocket")
    chance = random.Random(len(commands))
    for turn in range(3 * len(commands)):
        undo = changed(fitted / name, chance)
        command = commands[turn % len(commands)]
        result = run(*command)
        assert result.exception is None or isinstance(result.exception, SystemExit), (command, result.exception)
        assert result.exit_code in (0, 1, 2), (command, result.stderr)
        if result.exit_code == 1 and "results are different" not in result.stderr:
            assert result.stderr.count("Error: ") == 1
            assert name in result.stderr or "model" in result.stderr
        undo()
