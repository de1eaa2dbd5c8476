"""The public names: sorted, there, and described."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys

import pytest

import nmf_topics


def test_names_are_sorted_and_few() -> None:
    """`__all__` is sorted, without repetition, and at most 25 names."""
    assert sorted(set(nmf_topics.__all__)) == nmf_topics.__all__
    assert len(nmf_topics.__all__) <= 25


@pytest.mark.parametrize("name", nmf_topics.__all__)
def test_each_name_is_there_and_described(name: str) -> None:
    """Each public name can be imported and has a docstring; functions describe each of their parameters."""
    value = getattr(nmf_topics, name)
    if isinstance(value, dict):
        return
    text = inspect.getdoc(value) or ""
    assert text
    if inspect.isfunction(value):
        for parameter in inspect.signature(value).parameters:
            assert re.search(rf"\b{re.escape(parameter)}\b", text), f"{name} does not describe {parameter}"


def test_type_checkers_see_the_same_names() -> None:
    """What is imported for type checkers is what `__getattr__` finds."""
    source = inspect.getsource(nmf_topics)
    declared = re.findall(r"^    from nmf_topics\.([\w.]+) import (\w+) as \w+$", source, flags=re.MULTILINE)
    assert {name: home for home, name in declared} == nmf_topics._HOMES


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A name that is not there is said so."""
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        nmf_topics.nothing  # noqa: B018


def test_importing_the_package_is_free() -> None:
    """`import nmf_topics` loads no other package."""
    program = "import sys, nmf_topics; print([n for n in ('numpy', 'scipy', 'click') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
