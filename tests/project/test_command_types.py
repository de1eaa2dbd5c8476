"""Options of commands are typed: no `**options`, no `Any`, and the types are those of the values that click makes."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import click
import pytest

import nmf_topics.cli
from nmf_topics.cli import main
from nmf_topics.cli.cache import Age
from nmf_topics.cli.common import Bytes, Encoding, Markup, ReadLimit, Text
from nmf_topics.cli.option_fields import gather, option, option_group, option_names

FOLDER = Path(nmf_topics.cli.__file__).parent
HOME = "option_fields.py"  # declares fields as options; click has Any there
OWN_TYPES = {Text: str, Encoding: str, Markup: str, Bytes: int, Age: float, ReadLimit: tuple[str, int]}


def commands() -> list[tuple[str, click.Command]]:
    """All commands with their names."""
    found = [(name, main.cli.get_command(click.Context(main.cli), name)) for name in main.COMMANDS]
    return [(name, command) for name, command in found if command is not None]


def made_by(kind: click.ParamType[Any]) -> Any:
    """The type of the values that a click type makes, without those that are not given."""
    if type(kind) in OWN_TYPES:
        return OWN_TYPES[type(kind)]
    if isinstance(kind, click.types.FuncParamType):
        return get_type_hints(kind.func)["return"]
    if isinstance(kind, click.Choice):
        return Literal[tuple(kind.choices)]
    if isinstance(kind, click.Path):
        return kind.type
    for known, value in ((click.IntRange, int), (click.FloatRange, float), (click.types.StringParamType, str)):
        if isinstance(kind, known):
            return value
    if isinstance(kind, type(click.BOOL)):
        return bool
    if isinstance(kind, type(click.INT)):
        return int
    raise AssertionError(f"a new type of values: {kind!r}")


def fits(hint: Any, parameter: click.Parameter) -> bool:
    """Whether an annotation allows all values of a parameter, and no others but str for the names of a choice."""
    made = made_by(parameter.type)
    several = parameter.multiple if isinstance(parameter, click.Option) else parameter.nargs == -1
    if several:
        return get_origin(hint) is tuple and get_args(hint)[1:] == (...,) and same(get_args(hint)[0], made)
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    default = parameter.get_default(click.Context(click.Command("x")))
    flag = isinstance(parameter, click.Option) and parameter.is_flag and default is not None
    can_be_none = not flag and not parameter.required and str(default) in ("None", "Sentinel.UNSET")
    rest = [part for part in parts if part is not NoneType]
    return (NoneType in parts) == can_be_none and len(rest) == 1 and same(rest[0], made)


def same(hint: Any, made: Any) -> bool:
    """Whether a type is that of the values; a choice can be str as well."""
    if get_origin(made) is Literal:
        return hint is str or set(get_args(hint)) == set(get_args(made))
    return bool(hint == made)


def problems(command: click.Command) -> Iterator[str]:
    """Yield what is wrong with the parameters of a command."""
    callback = command.callback
    assert callback is not None
    groups: dict[str, type] = getattr(callback, "option_groups", {})
    function = inspect.unwrap(callback)
    hints = get_type_hints(function)
    left = {str(parameter.name): parameter for parameter in command.params}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD:
            yield f"{name} is not a plain parameter"
        elif name in groups:
            if hints[name] is not groups[name] or not is_dataclass(groups[name]):
                yield f"{name} is not annotated as {groups[name].__name__}"
            own = get_type_hints(groups[name])
            for part, given in option_names(groups[name]).items():
                if not fits(own[part], left.pop(given)):
                    yield f"{groups[name].__name__}.{part}: {own[part]}"
        elif name not in left:
            yield f"{name} is no option"
        elif not fits(hints[name], left.pop(name)):
            yield f"{name}: {hints[name]}"
    yield from (f"{name} has no parameter" for name in left)


@pytest.mark.parametrize(("name", "command"), commands(), ids=[name for name, _ in commands()])
def test_commands_have_typed_parameters(name: str, command: click.Command) -> None:
    """Each option is a parameter of the command, or a field of a group, with the type of its values."""
    assert list(problems(command)) == []


def test_no_any_in_the_command_line() -> None:
    """Only the module that turns fields into options knows Any; no command takes `**options`."""
    for path in FOLDER.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if path.name != HOME:
            assert "Any" not in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}, path.name
            loose = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.args.kwarg]
            assert set(loose) <= {"make_context"}, path.name  # as click has it


def test_options_are_declared_once() -> None:
    """An option with the same name and the same help in several commands is one declaration."""
    declared: dict[tuple[str, str], list[str]] = {}
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                help_ = next((word.value for word in node.keywords if word.arg == "help"), None)
                first = str(node.args[0].value)
                if first.startswith("--") and isinstance(help_, ast.Constant):
                    declared.setdefault((first, str(help_.value)), []).append(f"{path.name}:{node.lineno}")
    assert {name: places for name, places in declared.items() if len(places) > 1} == {}
    assert len(declared) > 50


@dataclass(frozen=True)
class Sizes:
    """A group whose fields have other names than their options."""

    smallest: int = option("--from", type=click.IntRange(min=1), default=2, show_default=True, help="Smallest size.")
    names: tuple[str, ...] = option("--name", multiple=True, help="Names.")
    wrong: str = option("--wrong", type=click.IntRange(), help="A number.")


def test_groups_of_options() -> None:
    """A command gets one value per group, in the order of the fields; what does not fit is found."""
    got: list[Sizes] = []

    @click.command()
    @click.argument("path")
    @option_group(Sizes, "sizes")
    @click.option("--last", is_flag=True)
    def measure(path: str, sizes: Sizes, last: bool) -> None:
        got.append(sizes)

    measure.main(["x", "--from", "3", "--name", "a", "--name", "b"], standalone_mode=False)
    assert [(sizes.smallest, sizes.names, sizes.wrong) for sizes in got] == [(3, ("a", "b"), None)]
    assert [parameter.name for parameter in measure.params] == ["path", "from", "name", "wrong", "last"]
    assert list(problems(measure)) == ["Sizes.wrong: <class 'str'>"]
    values: dict[str, Any] = {"from": 1, "name": (), "wrong": "", "other": 5}
    assert gather(Sizes, values) == Sizes(1, (), "")
    assert values == {"other": 5}
    assert [part.name for part in fields(Sizes)] == list(option_names(Sizes))
