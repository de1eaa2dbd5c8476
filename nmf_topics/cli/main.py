"""The command line: the list of commands, and the exit status of every error.

    0    success
    1    the data, a file, the network or the model is at fault (one message, never a traceback)
    2    wrong usage
    3    did not converge (with --require-convergence)
    130  interrupted (143: by SIGTERM, 129: by SIGHUP)

A command is imported when it is called, so that `nmf-topics --help` is fast.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from nmf_topics import __version__
from nmf_topics.cli.wording import worded
from nmf_topics.errors import NmfTopicsError

SETTINGS = "nmf-topics.toml"

# The commands by purpose, each with its line in the list; a test compares these with the docstrings of the commands.
COMMAND_GROUPS = {
    "Get pages": {"fetch": "Fetch pages from Wikipedia or another MediaWiki."},
    "Fit": {
        "fit": "Fit topics to a corpus.",
        "ranks": "Try several numbers of topics.",
        "repeat": "Repeat a recorded run and compare the results.",
        "demo": "Fit the sample corpus.",
        "cache": "Show or clear the cache.",
    },
    "Look": {
        "topics": "Show the topics of a model.",
        "pages": "Show the topics of pages.",
        "report": "Write the HTML report of a model again.",
        "clouds": "Draw the word clouds of a model again.",
        "figures": "Draw figures of a model for papers.",
    },
    "Shape": {"label": "Name topics and hide words."},
    "Check": {
        "evaluate": "Measure the quality of topics.",
        "diff": "Compare the topics of two models.",
        "compare": "Compare NMF with vector quantization and PCA.",
    },
    "Share": {
        "classify": "Assign new pages to the topics of a model.",
        "export": "Write a model for other programs.",
    },
}
COMMANDS = {name: line for group in COMMAND_GROUPS.values() for name, line in group.items()}


class Terminated(KeyboardInterrupt):
    """Ended by SIGTERM or SIGHUP; like Ctrl-C, with another exit status."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.status = 128 + number


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise Terminated(number)


@contextmanager
def _statuses() -> Iterator[None]:
    """Convert errors inside the block to a message and an exit status."""
    try:
        yield
    except NmfTopicsError as error:
        raise click.ClickException(worded(error)) from error
    except click.NoSuchOption as error:
        from nmf_topics.cli.misspelt import likely_options

        if error.ctx is None:
            raise
        likely = [repr(option) for option in likely_options(error.option_name, error.ctx.command)]
        hint = f" Did you mean {' or '.join(likely)}?" if likely else ""
        raise click.UsageError(f"No such option {error.option_name!r}.{hint}", ctx=error.ctx) from error
    except click.BadParameter as error:
        if origin := _origin(error):
            raise click.BadParameter(f"{error.message} ({origin})", error.ctx, error.param) from error
        raise
    except KeyboardInterrupt as error:
        ended = "terminated" if isinstance(error, Terminated) else "interrupted"
        click.echo(f"{ended}; files are whole, and nothing half-written stays behind", err=True)
        raise click.exceptions.Exit(error.status if isinstance(error, Terminated) else 130) from None
    except BrokenPipeError:  # the reader, such as `head`, has closed the pipe
        _give_up_stdout()
        raise click.exceptions.Exit(0) from None
    except OSError as error:
        if _give_up_stdout() or error.filename is None:
            raise click.ClickException(f"cannot write to standard output: {error.strerror or error}") from error
        raise click.ClickException(f"{error.filename}: {error.strerror or error}") from error
    except MemoryError as error:
        raise click.ClickException(
            "not enough memory; try fewer words (--max-terms, a higher --min-pages) or a smaller --rank"
        ) from error


def _origin(error: click.BadParameter) -> str:
    """Return the source of a bad value that was not given on the command line."""
    name = error.param.name if error.param else None
    if error.ctx is None or name is None:
        return ""
    source = error.ctx.get_parameter_source(name)
    if source is click.core.ParameterSource.DEFAULT_MAP:
        return f"from {SETTINGS}"
    if source is click.core.ParameterSource.ENVIRONMENT:
        return f"from the variable {error.ctx.auto_envvar_prefix}_{name.upper()}"
    return ""


def _give_up_stdout() -> bool:
    """If stdout cannot be written, discard its buffer, so that Python does not report another error at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False


class Commands(click.Group):
    """A group that imports commands when they are needed and converts errors to exit statuses."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all commands in the order of their groups."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import and return a command."""
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"nmf_topics.cli.{name}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return a command, or raise an error that suggests a similar name."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            if not near:
                raise
            raise click.UsageError(f"No such command {args[0]!r}. Did you mean {near[0]!r}?", ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands by purpose, without importing them."""
        for heading, commands in COMMAND_GROUPS.items():
            with formatter.section(heading):
                formatter.write_dl(list(commands.items()))

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: object
    ) -> click.Context:
        """Parse the options before the command; --help prints, so it can fail like a command."""
        with _statuses():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        with _statuses():
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result


def _settings(ctx: click.Context) -> dict[str, dict[str, str | list[str]]]:
    """Read the options of the called command from nmf-topics.toml in the working folder."""
    path = Path(SETTINGS)
    if not path.is_file():
        return {}
    import tomllib

    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise click.UsageError(f"{SETTINGS} cannot be read: {error}") from error
    for name, table in settings.items():
        if name not in COMMANDS or not isinstance(table, dict):
            raise click.UsageError(f"{SETTINGS}: [{name}] is not a command; the commands are {', '.join(COMMANDS)}")
    called = ctx.invoked_subcommand
    command = cli.get_command(ctx, called) if called in settings else None
    if called is None or command is None:
        return {}
    return {called: _values(called, command, settings[called])}


def _values(called: str, command: click.Command, table: Mapping[str, object]) -> dict[str, str | list[str]]:
    """Return the values of a table as strings, as on the command line, so that they are checked in the same way."""
    options = {option.name: option for option in command.params if option.expose_value}
    values: dict[str, str | list[str]] = {}
    for key, value in table.items():
        option = options.get(key.replace("-", "_"))
        if option is None:
            raise click.UsageError(f"{SETTINGS}: [{called}] has no option {key}; see nmf-topics {called} --help")
        several = value if isinstance(value, list) else [value]
        many = option.nargs != 1 or (isinstance(option, click.Option) and option.multiple)
        if not all(isinstance(item, str | int | float) for item in several) or (isinstance(value, list) and not many):
            raise click.UsageError(f"{SETTINGS}: [{called}] {key} = {value!r} is not a valid value")
        values[str(option.name)] = [str(item) for item in several] if many else str(value)
    return values


@click.group(
    cls=Commands,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "NMF_TOPICS",
        "max_content_width": 100,
    },
)
@click.version_option(__version__, prog_name="nmf-topics", allow_from_autoenv=False)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Find the topics of a collection of texts by non-negative matrix factorization.

    Options can also be set in nmf-topics.toml in the working folder ([fit] rank = 12) or in environment variables
    (NMF_TOPICS_FIT_RANK). The command line has priority over variables, variables over the file.

    \b
    Example:
      nmf-topics demo
      nmf-topics fit my-texts/ --rank 12
      nmf-topics classify new_page.txt
    """
    ctx.default_map = _settings(ctx)


def main() -> None:
    """Run the program."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:  # nohup ignores SIGHUP, and so do we then
            signal.signal(number, _terminate)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # the caller has closed it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a title may have characters that the terminal cannot show
            stream.reconfigure(errors="replace")
    cli(prog_name="nmf-topics")


if __name__ == "__main__":
    main()
