"""nmf-topics label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from nmf_topics.cli import options as o
from nmf_topics.cli.common import PrintingOptions, Text
from nmf_topics.cli.option_fields import option, option_group
from nmf_topics.files.json_files import json_text
from nmf_topics.model.files import MARK, load_model, resolve_model
from nmf_topics.model.run_record import RUN, read_run
from nmf_topics.views.model_folder import (
    CLOUDS,
    REPORT,
    WORDS,
    derived_files,
    files_of,
    read_extracts,
    write_model_folder,
)
from nmf_topics.views.tables.tables import model_json
from nmf_topics.views.tables.terminal import print_topics


def _names_of(path: Path) -> dict[int, str]:
    """Names of a file: one NUMBER=NAME a line, as the report saves them; # begins a comment."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"{path} cannot be read as UTF-8 text: {error}", param_hint="--from") from error
    names = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pair = _named(line)
        if pair is None:
            raise click.BadParameter(f"line {number} of {path} is not NUMBER=NAME: {line[:60]!r}", param_hint="--from")
        names[pair[0]] = pair[1]
    return names


def _named(argument: str) -> tuple[int, str] | None:
    """3=Music as (3, "Music"); None for what is no such pair."""
    number, sign, name = argument.partition("=")
    if not sign or not number.strip().isdecimal():
        return None
    return int(number), " ".join(Text().convert(name, None, None).split())


@dataclass(frozen=True)
class LabelOptions:
    """What is changed besides the names among the arguments."""

    names_file: Path | None = option(
        "--from", type=click.Path(path_type=Path), help="A file of names, one NUMBER=NAME a line."
    )
    hide: tuple[str, ...] = option(
        "--hide", type=Text(), multiple=True, metavar="WORD", help="Hide a word: it is not shown any more."
    )
    unhide: tuple[str, ...] = option(
        "--unhide", type=Text(), multiple=True, metavar="WORD", help="Show a hidden word again."
    )


@click.command()
@click.argument("arguments", nargs=-1, metavar="[MODEL] [NUMBER=NAME ...]")
@option_group(LabelOptions, "chosen")
@o.printing_options
def label(arguments: tuple[str, ...], chosen: LabelOptions, printing: PrintingOptions) -> None:
    """Name topics and hide words.

    Names are stored in the model and used in its tables, pictures and report. --from reads names that were edited and
    saved in the report. An empty name (3=) removes a name.

    \b
    Example:
      nmf-topics label 3=Music 5="Marvel universe"
      nmf-topics label --from topic-names.txt
    """
    talk = printing.console()
    pairs = [_named(argument) for argument in arguments]
    models = [argument for argument, pair in zip(arguments, pairs, strict=True) if pair is None]
    if len(models) > 1:
        raise click.UsageError(f"{models[1]!r} is not NUMBER=NAME")
    names = _names_of(chosen.names_file) if chosen.names_file is not None else {}
    names |= dict(pair for pair in pairs if pair is not None)
    if not names and not chosen.hide and not chosen.unhide:
        raise click.UsageError('nothing to name or hide; say, for example, 3=Music 5="Marvel universe"')
    folder = resolve_model(Path(models[0]) if models else o.LATEST).resolve()
    if models and not (folder / MARK).is_file() and not folder.exists():
        raise click.UsageError(f"{models[0]!r} is neither a model folder nor NUMBER=NAME")
    model = load_model(folder).renamed(names, chosen.hide, chosen.unhide)
    run = read_run(folder, talk.warn)
    made = files_of(folder)
    write_model_folder(
        model,
        folder,
        lambda: run,
        keep=_kept_files(folder, run),
        keep_derived=True,
        extracts=read_extracts(folder, talk.warn),
        versions=run.get("versions"),
        source=run.get("source"),
        clouds=not made or any(name.startswith(f"{CLOUDS}/") for name in made),
        report=not made or REPORT in made,
        parameter=None,
        warn=talk.warn,
    )
    talk.note(f"written to {folder}")
    if made_before := sorted({name.partition("/")[0] for name in derived_files(folder)}):
        talk.note(
            f"made before and not changed: {', '.join(made_before)} in the model folder; run these commands again"
        )
    if printing.as_json:
        click.echo(json_text(model_json(model, folder)))
    else:
        print_topics(model)


def _kept_files(folder: Path, run: Mapping[str, object]) -> list[str]:
    """Files that do not show names and cannot be made again without the corpus; a record that could not be read."""
    files = files_of(folder)
    kept = [name for name in ("reconstruction.png", WORDS) if name in files and (folder / name).is_file()]
    return [*kept, RUN] if (folder / RUN).exists() and not run else kept
