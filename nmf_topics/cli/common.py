"""Options of all commands, and types of their values; options that need numpy to know their choices are elsewhere."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import click

from nmf_topics.cli.console import Console
from nmf_topics.cli.option_fields import Command, option, option_group
from nmf_topics.corpus.readers.cell_markup import kinds_of
from nmf_topics.corpus.readers.limits import READ_LIMITS
from nmf_topics.corpus.readers.options import is_text_encoding
from nmf_topics.files.sizes import parse_size

if TYPE_CHECKING:
    from click.parser import _OptionParser


class RankOption(click.Option):
    """An option with further names, which work but are not listed in help texts and messages."""

    aliases: ClassVar = ["-k", "--topics", "--num-topics"]

    def add_to_parser(self, parser: _OptionParser, ctx: click.Context) -> None:
        """Let the parser know all names."""
        super().add_to_parser(parser, ctx)
        parser.add_option(obj=self, opts=self.aliases, dest=self.name, action="store", nargs=self.nargs)


class Finite(click.FloatRange):
    """A number within a range, which NaN and infinity are not."""

    def convert(self, value: float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a number", param, ctx)
        return number


class Text(click.ParamType[str]):
    """Text that can be written down: bytes of the command line that are no UTF-8 come as lone surrogates."""

    name = "text"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
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

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, if Python can decode text by it."""
        if not is_text_encoding(str(value)):
            self.fail(f"{value!r} is not an encoding of text such as cp1252, utf-8 or latin-1", param, ctx)
        return str(value)


class Markup(click.ParamType[str]):
    """What becomes of markup in tables: auto, remove, keep, or kinds of it."""

    name = "markup"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The value, if it is one of these."""
        try:
            kinds_of(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return str(value)


class ReadLimit(click.ParamType[tuple[str, int]]):
    """A limit of reading and its value: page-size=100MB, columns=50000."""

    name = "limit"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
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

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of bytes."""
        if isinstance(value, int):
            return value
        number = parse_size(str(value))
        if not number:
            self.fail(f"{value!r} is not a size such as 2GB, 500MB or 1GiB", param, ctx)
        return number


@dataclass(frozen=True)
class PrintingOptions:
    """What a command prints: its results on stdout, its messages on stderr."""

    as_json: bool = option("--json", is_flag=True, help="Print one JSON document.")
    quiet: bool = option("--quiet", "-q", is_flag=True, help="Print only results and errors.")
    verbose: bool = option("--verbose", "-v", is_flag=True, help="Print more details.")

    def console(self) -> Console:
        """Return the console for messages; warnings that the library logs go to stderr unless --quiet is given."""
        logging.getLogger("nmf_topics").setLevel(logging.ERROR if self.quiet else logging.WARNING)
        return Console(self.quiet, self.verbose)


printing_options = option_group(PrintingOptions, "printing")

force_option = click.option("--force", is_flag=True, help="Write into a folder that has other files.")


def output_option(help: str) -> Callable[[Command], Command]:
    """Return the option for the folder or file that is written."""
    return click.option("--output", "-o", type=click.Path(path_type=Path), help=help)
