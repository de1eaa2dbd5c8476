"""The group of commands, and the one place where what went wrong becomes an exit status.

    0    done
    1    the data, a file or the model is at fault (one message, never a traceback)
    2    usage
    3    stopped short under --require-convergence
    130  interrupted

Commands are imported when they are called, so that `nmf-topics --help` answers at once.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from nmf_topics import __version__
from nmf_topics.errors import NmfTopicsError

SETTINGS = "nmf-topics.toml"

# command -> its line in the list; a test holds these to the docstrings of the commands
COMMANDS = {
    "fit": "Fit topics to a corpus.",
    "classify": "Assign new pages to the topics of a model.",
    "topics": "Show the topics of a model.",
    "pages": "Show which page belongs to which topic.",
    "label": "Give topics names that stay, or hide words.",
    "ranks": "Try several numbers of topics.",
    "compare": "Compare NMF, vector quantization and PCA.",
    "clouds": "Draw the word clouds of a model again.",
    "demo": "Fit the sample corpus and say where to look.",
}


class Commands(click.Group):
    """A group that imports a command when it is needed and turns errors into exit statuses."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of a first use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of that name."""
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"nmf_topics.cli.{name}"), name)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """A command, or an error that names the nearest one."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            if not near:
                raise
            raise click.UsageError(f"No such command {args[0]!r}. Did you mean {near[0]!r}?", ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what goes wrong becomes a message and a status."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except NmfTopicsError as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:  # the reader, say `head`, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        except KeyboardInterrupt:
            click.echo("interrupted; files are whole, and nothing half-written stays behind", err=True)
            ctx.exit(130)
        except MemoryError as error:
            raise click.ClickException(
                "not enough memory; try fewer words (--max-terms, a higher --min-pages) or a smaller --rank"
            ) from error


def _settings(ctx: click.Context) -> dict[str, Any]:
    """Options of `nmf-topics.toml` in the working folder, by command."""
    path = Path(SETTINGS)
    if not path.is_file():
        return {}
    import tomllib

    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise click.UsageError(f"{SETTINGS} cannot be read: {error}") from error
    checked: dict[str, Any] = {}
    for name, table in settings.items():
        if name not in COMMANDS or not isinstance(table, dict):
            raise click.UsageError(f"{SETTINGS}: [{name}] is not a command; there are {', '.join(COMMANDS)}")
        checked[name] = {key.replace("-", "_"): value for key, value in table.items()}
    called = ctx.protected_args if hasattr(ctx, "protected_args") else []
    for name in set(called) & set(checked):
        command = cli.get_command(ctx, name)
        known = {p.name for p in command.params} if command else set()
        if unknown := set(checked[name]) - known:
            raise click.UsageError(f"{SETTINGS}: [{name}] has no option {', '.join(sorted(unknown))}")
    return checked


@click.group(
    cls=Commands,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "NMF_TOPICS",
        "max_content_width": 100,
    },
)
@click.version_option(__version__, prog_name="nmf-topics")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """From a pile of text to topics a person can read, by non-negative matrix factorization.

    Options can also stand in nmf-topics.toml in the working folder ([fit] rank = 12) or in variables such as
    NMF_TOPICS_FIT_RANK; the command line wins over the variable, the variable over the file.

    \b
    Example:
      nmf-topics demo
      nmf-topics fit my-texts/ --rank 12
      nmf-topics classify new_page.txt
    """
    ctx.default_map = _settings(ctx)


def main() -> None:
    """The program."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a title that the terminal's encoding lacks must not end the program
            stream.reconfigure(errors="replace")
    cli(prog_name="nmf-topics")


if __name__ == "__main__":
    main()
