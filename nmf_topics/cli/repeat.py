"""nmf-topics repeat."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import click

from nmf_topics.analysis.repetition import Repetition, compare_repetition, compare_with_record
from nmf_topics.cli import options as o
from nmf_topics.cli.common import PrintingOptions
from nmf_topics.cli.console import Console
from nmf_topics.cli.fit import run_fit
from nmf_topics.cli.record import versions
from nmf_topics.cli.recorded import RecordedRun, read_recorded_run, recorded_source
from nmf_topics.errors import ModelError
from nmf_topics.files.json_files import json_text
from nmf_topics.files.system import processors
from nmf_topics.model.files import load_model
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source
from nmf_topics.views.tables.tables import json_number
from nmf_topics.views.tables.terminal import print_table

MEANING = {
    "identical": "the results are identical",
    "equal": "the results are equal but for rounding",
    "same topics": "the topics are the same, their weights differ",
    "different": "the results are different",
}


@click.command()
@click.argument("run", type=click.Path(path_type=Path), default=o.LATEST)
@click.option("--source", help="Source of the texts.  [default: the recorded one]")
@o.output_option("Model folder.  [default: the first one's name with -repeat]")
@o.engine_options
@o.cache_option
@o.force_option
@o.printing_options
def repeat(
    run: Path,
    source: str | None,
    output: Path | None,
    place: o.PlaceOptions,
    cache: bool,
    force: bool,
    printing: PrintingOptions,
) -> None:
    """Repeat a recorded run and compare the results.

    RUN is a run.json or a model folder; if omitted, the last model that was fitted. The texts are read from their
    recorded place, and the new model is written to a folder of its own, without pictures and report. The exit status is
    1 if the topics differ.

    \b
    Example:
      nmf-topics repeat models/mine/run.json
    """
    talk = printing.console()
    recorded = read_recorded_run(run)
    if recorded.changed:
        talk.warn(f"{recorded.path} was changed after it was written; its options are taken as they are now")
    where = recorded_source(recorded.document)
    if source is not None:
        where = replace(where, path=source) if where else Source(source)
    if where is None:
        raise ModelError(f"the texts of {recorded.path} are not where they were; say where they are with --source")
    first = _first_model(recorded, talk)
    second, folder = run_fit(
        where,
        recorded.recipe,
        recorded.rank,
        seed=recorded.seed,
        runs=recorded.runs,
        output=output or recorded.path.resolve().parent.with_name(f"{recorded.path.resolve().parent.name}-repeat"),
        cache=o.cache_of(cache, talk.warn),
        processes=processors(),
        engine=place.engine_options(),
        force=force,
        clouds=False,
        report=False,
        names=False,
        latest=False,
        talk=talk,
    )
    found = compare_repetition(first, second) if first else compare_with_record(recorded.document, second)
    changed = _changed_versions(recorded)
    if printing.as_json:
        document = {
            "schema": 1,
            "run": str(recorded.path),
            "model": str(folder),
            **asdict(found),
            "difference": json_number(found.difference),
            "similarities": [json_number(near) for near in found.similarities],
            "versions": changed,
        }
        click.echo(json_text(document))
    else:
        _print(found, changed, recorded, second)
    if found.verdict == "different":
        raise ModelError(f"{MEANING['different']}{_why(found, changed)}")


def _first_model(recorded: RecordedRun, talk: Console) -> TopicModel | None:
    """The model of the recorded run; None where only its record is there."""
    try:
        return load_model(recorded.path.parent)
    except ModelError as error:
        talk.warn(f"compared with the record only: {error}")
        return None


def _changed_versions(recorded: RecordedRun) -> dict[str, list[str | None]]:
    """Program -> its version in the recorded run and now, where they differ."""
    before, now = recorded.document.get("versions"), versions()
    if not isinstance(before, dict):
        return {}
    return {
        name: [before.get(name), now.get(name)] for name in sorted({*before, *now}) if before.get(name) != now.get(name)
    }


def _print(found: Repetition, changed: dict[str, list[str | None]], recorded: RecordedRun, second: TopicModel) -> None:
    texts = {True: "the same", False: "different", None: "not recorded"}[found.same_corpus]
    error = recorded.document.get("relative_error")
    rows = [
        ["texts", "", texts],
        [second.error_name, f"{error:.6f}" if isinstance(error, float) else "", f"{second.relative_error:.6f}"],
        *([name, str(before or "none"), str(now or "none")] for name, (before, now) in changed.items()),
    ]
    print_table(["what", "recorded", "now"], rows)
    if found.verdict != "different":
        click.echo(f"\n{MEANING[found.verdict]}")
    if found.similarities and found.verdict not in ("identical", "equal"):
        click.echo(f"least similar topic: cosine {min(found.similarities):.2f}")


def _why(found: Repetition, changed: dict[str, list[str | None]]) -> str:
    """What may be the reason of a difference."""
    if found.same_corpus is False:
        return ": the texts have changed since the recorded run"
    return f": other versions of {', '.join(changed)}" if changed else ""
