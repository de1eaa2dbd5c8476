"""Options of every command, kept apart from those that need numpy to know their choices."""

from __future__ import annotations

import functools
import logging
import math
from collections.abc import Callable
from typing import Any, TypeVar

import click

from nmf_topics.cli.talk import Talk

Command = TypeVar("Command", bound=Callable[..., Any])


def stack(*decorators: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Several options as one decorator, in the order in which help shows them."""

    def decorate(function: Command) -> Command:
        return functools.reduce(lambda f, decorator: decorator(f), reversed(decorators), function)

    return decorate


class Finite(click.FloatRange):
    """A number within a range, which NaN and infinity are not."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a number", param, ctx)
        return number


talk_options = stack(
    click.option("--quiet", "-q", is_flag=True, help="Say nothing but results and errors."),
    click.option("--verbose", "-v", is_flag=True, help="Say more."),
)

json_option = click.option("--json", is_flag=True, help="Print one JSON document.")


def talk_of(options: dict[str, Any]) -> Talk:
    """The voice; its options are taken out of `options`. What the library logs is for stderr too, and quiet as well."""
    talk = Talk(options.pop("quiet"), options.pop("verbose"))
    logging.getLogger("nmf_topics").setLevel(logging.ERROR if talk.quiet else logging.WARNING)
    return talk
