"""Errors: what Python users catch, what they carry as data, and how the command line words it."""

from __future__ import annotations

import ast
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import pytest

import nmf_topics
from nmf_topics import errors
from nmf_topics.cli.main import COMMANDS, cli
from nmf_topics.cli.wording import flag, worded
from nmf_topics.errors import (
    FetchError,
    MatrixError,
    MissingExtra,
    NmfTopicsError,
    Notice,
    Option,
    OptionError,
    Remedy,
)
from nmf_topics.matrix.datamatrix import DataMatrix, PageColumns
from nmf_topics.model.fit import fit_topics
from nmf_topics.terms.vocabulary import Vocabulary

PACKAGE = Path(nmf_topics.__file__).parent
# the report shows the command that makes a model again: that is its content, not a message
SHOWS_A_COMMAND = {"views/report/provenance.py"}


def below_the_command_line() -> Iterator[tuple[str, ast.AST]]:
    """Names and trees of the modules that know nothing of the command line."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith("cli/") and name not in SHOWS_A_COMMAND:
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def test_no_text_below_the_command_line_names_a_flag() -> None:
    """Messages, docstrings and help of the library name parameters; options are the command line's own words."""
    found = [
        f"{name}:{node.lineno}: {node.value[:60]!r}"
        for name, tree in below_the_command_line()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.search(r"(?<![\w-])--[a-z]", node.value)
    ]
    assert found == []


@pytest.mark.slow
def test_every_parameter_of_a_remedy_is_an_option_of_a_command() -> None:
    """What the library advises can be done on the command line: the option exists, and takes the proposed value."""
    options: dict[str, list[click.Option]] = {}
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        for parameter in command.params:
            for spelled in (*parameter.opts, *parameter.secondary_opts):
                if isinstance(parameter, click.Option):
                    options.setdefault(spelled, []).append(parameter)
    seen = 0
    for name, tree in below_the_command_line():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Remedy"):
                continue
            texts = [part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)]
            for option in Remedy("".join(map(str, texts))).options:
                seen += 1
                if option.name.isupper():
                    continue
                spelled, _, value = flag(option).partition(" ")
                assert spelled in options, f"{name}: there is no option {spelled}"
                if value:
                    some = [o for o in options[spelled] if spelled in o.opts]
                    assert any(_takes(o, value) for o in some), f"{name}: {spelled} does not take {value}"
    assert seen > 30


def _takes(option: click.Option, value: str) -> bool:
    try:
        option.type.convert(value, option, None)
    except click.BadParameter:
        return False
    return True


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("OptionError", ValueError),
        ("InputTypeError", TypeError),
        ("CorpusError", ValueError),
        ("ImageError", ValueError),
        ("MatrixError", ValueError),
        ("GuideError", ValueError),
        ("ModelError", ValueError),
        ("MissingExtra", ImportError),
    ],
)
def test_errors_are_what_python_users_catch(name: str, kind: type[Exception]) -> None:
    """A wrong value is a ValueError, a wrong type a TypeError, a missing package an ImportError; all are ours, too."""
    error = getattr(errors, name)
    assert issubclass(error, kind)
    assert issubclass(error, NmfTopicsError)


def test_a_remedy_is_data_and_each_side_words_it() -> None:
    """The library says rank=2, the command line --rank 2; the message itself is the same."""
    pages = PageColumns(list("abcdef"), list("ABCDEF"), [{}] * 6)
    data = DataMatrix(np.ones((9, 6)), Vocabulary(list("abcdefghi"), list("abcdefghi")), pages)
    with pytest.raises(ValueError, match=r"rank 7 is larger than .*; try rank=2$") as caught:
        fit_topics(data, 7)
    error = caught.value
    assert isinstance(error, MatrixError)
    assert error.remedy is not None
    assert error.remedy.options == (Option("rank", 2),)
    assert worded(error) == f"{error.message}; try --rank 2"


def test_flags() -> None:
    """Switches, values, options of other names, and environment variables, which stay what they are."""
    remedy = Remedy("{output} {stop_words} {force=True} {phrases=False} {engine=disk} {NMF_TOPICS_CACHE}")
    assert remedy.worded(flag) == "-o --stop --force --no-phrases --engine disk NMF_TOPICS_CACHE"
    assert str(remedy) == "output stop_words force=True phrases=False engine='disk' NMF_TOPICS_CACHE"


@pytest.mark.parametrize(
    "error",
    [
        MatrixError("a", remedy=Remedy("try {rank} or {engine=disk}", rank=3)),
        OptionError("a"),
        FetchError("a", status=404, remedy=Remedy("name it with {wiki}")),
        MissingExtra("pandas", "pandas", "a data frame"),
    ],
)
def test_errors_come_from_other_processes_as_they_were(error: NmfTopicsError) -> None:
    """An error that a worker sends has its message, its remedy and what else it carries."""
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert worded(again) == worded(error)
    assert getattr(again, "status", 0) == getattr(error, "status", 0)


def test_notices_are_text_with_a_remedy() -> None:
    """A notice is a str for whoever prints it, and the command line words it with its options."""
    notice = Notice("there is no stop list", Remedy("name words with {stop_words}"))
    assert notice == "there is no stop list; name words with stop_words"
    assert worded(notice) == "there is no stop list; name words with --stop"
    assert worded(pickle.loads(pickle.dumps(notice))) == worded(notice)
    assert worded("plain") == "plain"
