"""nmf-topics classify."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import click

from nmf_topics.cli import options as o
from nmf_topics.cli.talk import Talk
from nmf_topics.corpus.charsets import decode
from nmf_topics.corpus.open import open_corpus
from nmf_topics.corpus.page import Page
from nmf_topics.errors import CorpusError, ModelError
from nmf_topics.images.pixels import ENDINGS, image_files
from nmf_topics.topics.classify import Assignment, Classifier, unreadable
from nmf_topics.topics.model import TopicModel
from nmf_topics.topics.prepare import Source
from nmf_topics.topics.store import load_model, resolve_model
from nmf_topics.views.basis import reconstruction
from nmf_topics.views.tables import (
    assignment_json,
    assignment_rows,
    print_assignments,
    print_explanation,
    write_csv,
)
from nmf_topics.writing import whole_file

BATCH = 16  # pages held at once: a stream of results starts soon and stays small


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE ...")
@click.option(
    "--model",
    "-m",
    type=click.Path(path_type=Path),
    default=o.LATEST,
    show_default=True,
    help="Model folder.",
)
@click.option("--explain", is_flag=True, help="Show the words that carried each topic.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option("--jsonl", "as_jsonl", is_flag=True, help="Print one JSON object a page, as soon as it is known.")
@click.option(
    "--draw",
    type=click.Path(path_type=Path),
    help="Folder for reconstructions of images.  [default: in the model]",
)
@o.corpus_options
@o.json_option
@o.talk_options
def classify(files: tuple[str, ...], **options: Any) -> None:
    """Assign new pages to the topics of a model.

    FILE is a text file, a folder of them, a table, an image (for a model of images), or - for standard input: JSONL,
    or the text of one page. The topics stay as they are; only the weights of the page are solved for.

    \b
    Example:
      nmf-topics classify new_page.txt --explain
    """
    talk = o.talk_of(options)
    options.pop("cache")
    columns = o.source_of(None, options)
    formats = [name for name in ("as_csv", "as_json", "as_jsonl") if options[name]]
    if len(formats) > 1:
        raise click.UsageError("--csv, --json and --jsonl exclude each other")
    model = load_model(options["model"])
    classifier = Classifier(model)
    if model.rows.kind == "pixels":
        found = _images(classifier, files, options["draw"] or resolve_model(options["model"]) / "reconstructions", talk)
    else:
        found = _texts(classifier, files, columns, options["explain"], talk)
    readable = False

    def watched() -> Iterator[Assignment]:
        nonlocal readable
        for assignment in found:
            readable |= assignment.topics.status != "unreadable"
            yield assignment

    if options["as_jsonl"]:
        for assignment in watched():
            click.echo(json.dumps(assignment_json(model, assignment), ensure_ascii=False))
    elif options["as_csv"]:
        write_csv(assignment_rows(model, watched()), sys.stdout)
    else:
        _print(model, options["model"], list(watched()), options["as_json"], options["explain"])
    if not readable:
        click.get_current_context().exit(1)


def _print(model: TopicModel, path: Path, assignments: list[Assignment], as_json: bool, explain: bool) -> None:
    if as_json:
        pages = [assignment_json(model, assignment) for assignment in assignments]
        click.echo(json.dumps({"schema": 1, "model": str(path), "pages": pages}, ensure_ascii=False, indent=1))
        return
    print_assignments(model, assignments)
    if explain:
        for assignment in assignments:
            print_explanation(model, assignment)


def _texts(
    classifier: Classifier, files: Iterable[str], columns: Source, explain: bool, talk: Talk
) -> Iterator[Assignment]:
    """Assignments of the pages of all files, a batch at a time."""
    for file in files:
        pages = iter(_pages(file, columns, talk))
        while True:
            try:
                batch = list(islice(pages, BATCH))
            except CorpusError as error:
                yield unreadable(file, str(error), classifier.model.rank)
                talk.warn(str(error))
                break
            if not batch:
                break
            single = len(batch) == 1 and Path(file).is_file() and batch[0].id == Path(file).stem
            named = [(file if single else page.id, page.title, page.text) for page in batch]
            yield from classifier.texts(named, explain=explain)


def _pages(file: str, columns: Source, talk: Talk) -> Iterable[Page]:
    """The pages of one argument; a file that is not there is an error of the call, not of the file."""
    if file == "-":
        stream: Any = sys.stdin.buffer
        if stream.peek(1).lstrip()[:1] == b"{":
            return open_corpus(file, **columns.columns(), warn=talk.warn)
        return [Page("stdin", "standard input", decode(stream.read(), "standard input", talk.warn))]
    if not Path(file).exists():
        raise ModelError(f"no such file or folder: {file}")
    return open_corpus(file, **columns.columns(), warn=talk.warn)


def _images(classifier: Classifier, files: Iterable[str], folder: Path, talk: Talk) -> Iterator[Assignment]:
    """Assignments of images, and their reconstructions as pictures."""
    paths: list[Path] = []
    for file in files:
        path = Path(file)
        if not path.exists():
            raise ModelError(f"no such file or folder: {file}")
        paths += image_files(path) if path.is_dir() else [path]
    if not paths:
        raise ModelError(f"there is no image in {', '.join(files)}; known are {', '.join(sorted(ENDINGS))}")
    grid: Any = classifier.model.rows
    drawn = 0
    for first in range(0, len(paths), BATCH):
        assignments, V = classifier.images(paths[first : first + BATCH])
        for j, assignment in enumerate(assignments):
            if assignment.h is not None and assignment.topics.status == "ok":
                picture = reconstruction(V[:, j], classifier.model.W, assignment.h, grid)
                with whole_file(folder / f"{Path(assignment.name).stem}.png") as partial:
                    picture.save(partial)
                drawn += 1
            yield assignment
    if drawn:
        talk.note(f"{drawn} reconstructions in {folder}")
