"""Docstrings do not lie: their examples run, and those of the public names say what a caller needs."""

from __future__ import annotations

import ast
import doctest
import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import nmf_topics

ROOT = Path(nmf_topics.__file__).parent
WITH_EXAMPLES = sorted(
    "nmf_topics." + ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in ROOT.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)
NUMBERS_IN_EXAMPLES = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@pytest.mark.slow
@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_run(name: str) -> None:
    """Each example of a module prints what it says."""
    failed, tried = doctest.testmod(import_module(name), optionflags=NUMBERS_IN_EXAMPLES)
    assert tried
    assert not failed


@pytest.mark.parametrize("name", [name for name in nmf_topics.__all__ if callable(getattr(nmf_topics, name))])
def test_public_names_have_an_example(name: str) -> None:
    """Each public function and class shows how it is used; an error shows it by being one."""
    value = getattr(nmf_topics, name)
    text = inspect.getdoc(value) or ""
    assert ">>> " in text, f"{name} has no example"
    if inspect.isfunction(value):
        returns = inspect.signature(value).return_annotation != "None"
        for section in ("Parameters", *(["Returns"] if returns else []), "Raises"):
            assert f"{section}\n---" in text, f"{name} does not say: {section}"


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_sections_list_names(path: Path) -> None:
    """In the sections of parameters and attributes each line names one, or is indented below it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    for text in (ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, documented)):
        assert not re.search(r"\S -{3,} ", text), "a heading within a line"
        for section in re.findall(r"^(?:Parameters|Attributes)\n-+\n(.*?)(?=\n\n|\Z)", text, re.DOTALL | re.MULTILINE):
            for line in section.splitlines():
                assert line.startswith(" ") or " : " in line, line
