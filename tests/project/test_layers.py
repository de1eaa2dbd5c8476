"""The laws of the house that reading the source can check: imports point down, and costly ones wait."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import nmf_topics

ROOT = Path(nmf_topics.__file__).parent
# Floor of each room; a module may import from floors below its own, and from its own room.
FLOORS = {
    "errors": 0,
    "machine": 1,
    "writing": 1,
    "csvfiles": 1,
    "factor": 2,
    "matrix": 3,
    "sklearn": 3,
    "corpus": 4,
    "words": 4,
    "images": 4,
    "topics": 5,
    "views": 6,
    "cli": 7,
}
WAITING = {"nltk", "Stemmer", "simplemma", "wordcloud", "matplotlib", "PIL", "fontTools", "charset_normalizer", "rich"}
WAITING |= {"stopwordsiso", "backports", "requests", "urllib3", "dask", "distributed", "xlsxwriter", "jinja2", "mpld3"}
WAITING |= {"trafilatura", "lxml", "pypdfium2", "docx", "pyarrow", "py3langid", "rjieba", "sudachipy", "pythainlp"}
MODULES = sorted(ROOT.rglob("*.py"))


def room_of(path: Path) -> str:
    """The folder of a module, or its name where it lies at the top."""
    inside = path.relative_to(ROOT)
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem


def imports(path: Path, *, top_only: bool = False) -> Iterator[str]:
    """Full names of the modules that a module imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.iter_child_nodes(tree) if top_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            assert node.module is not None
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_point_down(path: Path) -> None:
    """A module knows its own room and the floors below, and no sibling room on its floor."""
    room = room_of(path)
    if room in ("__init__", "__main__"):  # the public names, and the door to cli
        return
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "nmf_topics" or len(parts) == 1:
            continue
        other = parts[1]
        assert other == room or FLOORS[other] < FLOORS[room], f"{room} must not import {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_costly_packages_wait(path: Path) -> None:
    """Packages that are slow to import are imported in the function that needs them; click belongs to cli."""
    room = room_of(path)
    for name in imports(path, top_only=True):
        assert name.split(".")[0] not in WAITING, f"{path.name} imports {name} at once"
        if name.split(".")[0] == "click":
            assert room == "cli", f"{room} must not know click"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_modules_fit_in_one_reading(path: Path) -> None:
    """A module has a docstring and at most 400 lines."""
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), f"{path} says nothing of its duty"
    assert text.count("\n") <= 400
