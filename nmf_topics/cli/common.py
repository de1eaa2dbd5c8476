"""Options of every command, kept apart from those that need numpy to know their choices."""

from __future__ import annotations

import functools
import logging
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from nmf_topics.cli.console import Console
from nmf_topics.corpus.readers.cell_markup import kinds_of
from nmf_topics.corpus.readers.limits import READ_LIMITS
from nmf_topics.corpus.readers.options import is_text_encoding
from nmf_topics.files.sizes import parse_size

Command = TypeVar("Command", bound=Callable[..., Any])


def stack(*decorators: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Several options as one decorator, in the order in which help shows them."""

    def decorate(function: Command) -> Command:
        return functools.reduce(lambda f, decorator: decorator(f), reversed(decorators), function)

    return decorate


class AliasedOption(click.Option):
    """An option with further names, which work but are not listed in help texts and messages.

    Parameters
    ----------
    aliases : further names, with their hyphens
    """

    def __init__(self, *args: Any, aliases: Sequence[str], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.aliases = list(aliases)

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Let the parser know all names."""
        super().add_to_parser(parser, ctx)
        parser.add_option(obj=self, opts=self.aliases, dest=self.name, action="store", nargs=self.nargs)


class Finite(click.FloatRange):
    """A number within a range, which NaN and infinity are not."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a number", param, ctx)
        return number


class Text(click.ParamType[str]):
    """Text that can be written down: bytes of the command line that are no UTF-8 come as lone surrogates."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text."""
        text = str(value)
        try:
            text.encode()
        except UnicodeEncodeError:
            self.fail(f"{text!r} is not UTF-8 text", param, ctx)
        return text


class Encoding(click.ParamType[str]):
    """The name of an encoding of text."""

    name = "encoding"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, if Python can decode text by it."""
        if not is_text_encoding(str(value)):
            self.fail(f"{value!r} is not an encoding of text such as cp1252, utf-8 or latin-1", param, ctx)
        return str(value)


class Markup(click.ParamType[str]):
    """What becomes of markup in tables: auto, remove, keep, or kinds of it."""

    name = "markup"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The value, if it is one of these."""
        try:
            kinds_of(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return str(value)


class ReadLimit(click.ParamType[tuple[str, int]]):
    """A limit of reading and its value: page-size=100MB, columns=50000."""

    name = "limit"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """Name and value."""
        if isinstance(value, tuple):
            return value
        name, _, amount = str(value).partition("=")
        if name.strip() not in READ_LIMITS:
            self.fail(f"{value!r} is not a limit; use NAME=VALUE with {', '.join(READ_LIMITS)}", param, ctx)
        return name.strip(), Bytes().convert(amount, param, ctx)


class Bytes(click.ParamType[int]):
    """A size: 2GB (10^9 bytes each), 500MB, 1GiB (2^30), or a number of bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of bytes."""
        if isinstance(value, int):
            return value
        number = parse_size(value)
        if not number:
            self.fail(f"{value!r} is not a size such as 2GB, 500MB or 1GiB", param, ctx)
        return number


talk_options = stack(
    click.option("--quiet", "-q", is_flag=True, help="Print only results and errors."),
    click.option("--verbose", "-v", is_flag=True, help="Print more details."),
)

json_option = click.option("--json", is_flag=True, help="Print one JSON document.")


def talk_of(options: dict[str, Any]) -> Console:
    """The voice; its options are taken out of `options`. What the library logs is for stderr too, and quiet as well."""
    talk = Console(options.pop("quiet"), options.pop("verbose"))
    logging.getLogger("nmf_topics").setLevel(logging.ERROR if talk.quiet else logging.WARNING)
    return talk
