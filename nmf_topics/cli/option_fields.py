"""Options as typed values: the fields of a frozen dataclass declare options, and a command gets one such value.

    @dataclass(frozen=True)
    class SearchOptions:
        words: tuple[str, ...] = option("--word", multiple=True)

    @click.command()
    @option_group(SearchOptions, "search")
    def find(search: SearchOptions) -> None: ...

A field can have another name than its option: `--from` is not a name in Python. A test compares the types of fields
and parameters with those that click makes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, MutableMapping
from dataclasses import field, fields
from typing import Any, TypeVar, cast

import click

Command = TypeVar("Command", bound=Callable[..., object])
Group = TypeVar("Group")
OPTION = "option"  # key in the metadata of a field


def option(*names: str, shown_default: Callable[[str], str] | None = None, **settings: Any) -> Any:
    """Declare a field of a dataclass as an option.

    Parameters
    ----------
    names, settings : arguments of `click.option`
    shown_default : name of an option, such as "max_iter" -> its default as help shows it
    """
    if shown_default is not None:
        name = names[0].partition("/")[0].removeprefix("--").replace("-", "_")
        settings["help"] += f"  [default: {shown_default(name)}]"
    return same_option(click.option(*names, **settings))


def same_option(decorator: Callable[[Any], Any]) -> Any:
    """Declare a field as an option that some commands have by its own decorator."""
    return field(metadata={OPTION: decorator})


def option_names(group: type[Any]) -> dict[str, str]:
    """Return the names of the fields of a group, each with that of its option."""
    names = {}
    for part in fields(group):
        command = click.command(part.metadata[OPTION](lambda: None))
        names[part.name] = str(command.params[0].name)
    return names


def gather(group: type[Group], values: MutableMapping[str, Any]) -> Group:
    """Move the values of a group's options from a mapping, by names of options, to an object of the group."""
    return group(**{name: values.pop(given) for name, given in option_names(group).items()})


def option_group(group: type[Any], parameter: str) -> Callable[[Command], Command]:
    """Return a decorator that adds the options of a dataclass to a command, in the order of its fields.

    Parameters
    ----------
    group : frozen dataclass, all fields of which are made by `option` or `same_option`
    parameter : name of the command's parameter that gets a value of `group`
    """

    def decorate(function: Command) -> Command:
        collected = function if hasattr(function, "option_groups") else _with_groups(function)
        collected.option_groups[parameter] = group  # type: ignore[attr-defined]
        for part in reversed(fields(group)):  # help shows first what is declared last
            part.metadata[OPTION](collected)
        return collected

    return decorate


def _with_groups(function: Command) -> Command:
    """Return a function that takes single values, and passes on those of its `option_groups` as one value each."""
    groups: dict[str, type[Any]] = {}

    @functools.wraps(function)
    def collected(*args: object, **values: object) -> object:
        found = {parameter: gather(group, values) for parameter, group in groups.items()}
        return function(*args, **values, **found)

    collected.option_groups = groups  # type: ignore[attr-defined]
    return cast(Command, collected)
