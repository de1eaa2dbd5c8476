"""nmf-topics classify."""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import cast

import click

from nmf_topics.cli import options as o
from nmf_topics.cli.common import PrintingOptions
from nmf_topics.cli.console import Console
from nmf_topics.cli.option_groups import GroupedCommand
from nmf_topics.cli.wiki import AskedPage, contact_option, pages_asked_for, wiki_option
from nmf_topics.cli.wording import worded
from nmf_topics.corpus.open import open_corpus
from nmf_topics.corpus.page import Page
from nmf_topics.corpus.readers.charsets import decode
from nmf_topics.errors import CorpusError, ModelError, OutputError
from nmf_topics.files.atomic import folder_of_files, whole_file
from nmf_topics.files.csv_files import write_csv
from nmf_topics.files.json_files import json_text
from nmf_topics.images.pixels import ENDINGS, PixelGrid, image_files
from nmf_topics.model.classify import Assignment, Classifier, markup_of, unreadable
from nmf_topics.model.files import load_model, resolve_model
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source
from nmf_topics.views.drawing.basis import reconstruction
from nmf_topics.views.tables.tables import assignment_json, assignment_rows
from nmf_topics.views.tables.terminal import print_assignments, print_explanation

MARK = "reconstructions.json"
BATCH = 16  # pages held at once: a stream of results starts soon and stays small


@click.command(cls=GroupedCommand)
@click.argument("files", nargs=-1, metavar="FILE ...")
@click.option("--title", multiple=True, help="A page of Wikipedia, by its title.")
@click.option("--url", multiple=True, metavar="URL", help="A page of a wiki, by its address.")
@wiki_option
@contact_option
@click.option(
    "--model",
    "-m",
    type=click.Path(path_type=Path),
    default=o.LATEST,
    show_default=True,
    help="Model folder.",
)
@click.option("--explain", is_flag=True, help="Show the words that carried each topic.")
@click.option("--csv", is_flag=True, help="Print CSV.")
@click.option("--jsonl", is_flag=True, help="Print one JSON object a page, as soon as it is known.")
@click.option(
    "--draw",
    type=click.Path(path_type=Path),
    help="Folder for reconstructions of images.  [default: in the model]",
)
@click.option("--force", is_flag=True, help="Draw into a folder that holds other files.")
@o.corpus_options
@o.printing_options
def classify(
    files: tuple[str, ...],
    title: tuple[str, ...],
    url: tuple[str, ...],
    wiki: str | None,
    contact: str | None,
    model: Path,
    explain: bool,
    csv: bool,
    jsonl: bool,
    draw: Path | None,
    force: bool,
    corpus: o.CorpusOptions,
    printing: PrintingOptions,
) -> None:
    """Assign new pages to the topics of a model.

    FILE is a text, web page or document, a folder of them, a table, an image (for a model of images), or - for standard
    input: JSONL, or the text of one page. The topics do not change; only the weights of the new pages are computed.

    \b
    Example:
      nmf-topics classify new_page.txt --explain
    """
    talk = printing.console()
    if not (files or title or url):
        raise click.UsageError("Missing argument 'FILE ...' (or --title, or --url).")
    if csv + printing.as_json + jsonl > 1:
        raise click.UsageError("--csv, --json and --jsonl exclude each other")
    fitted = load_model(model)
    classifier = Classifier(fitted)
    if fitted.kind.draws_images:
        if title or url:
            raise click.UsageError("--title and --url are for models of text")
        found = _images(classifier, _image_paths(files), _gallery(draw, model, force, talk), talk)
    else:
        reading = corpus.source(None)
        reading = replace(reading, markup=reading.markup or markup_of(fitted))
        found = _texts(classifier, files, reading, explain, talk)
        if title or url:
            asked = pages_asked_for(title, url, wiki, contact, talk)
            found = chain(found, _wiki_pages(classifier, asked, explain, talk))
    readable = False

    def watched() -> Iterator[Assignment]:
        nonlocal readable
        for assignment in found:
            readable |= assignment.topics.status != "unreadable"
            yield assignment

    if jsonl:
        for assignment in watched():
            click.echo(json.dumps(assignment_json(fitted, assignment), ensure_ascii=False))
    elif csv:
        write_csv(assignment_rows(fitted, watched()), sys.stdout)
    else:
        _print(fitted, model, list(watched()), printing.as_json, explain)
    if not readable:
        click.get_current_context().exit(1)


def _print(model: TopicModel, path: Path, assignments: list[Assignment], as_json: bool, explain: bool) -> None:
    if as_json:
        pages = [assignment_json(model, assignment) for assignment in assignments]
        click.echo(json_text({"schema": 1, "model": str(path), "pages": pages}))
        return
    print_assignments(model, assignments)
    if explain:
        for assignment in assignments:
            print_explanation(model, assignment)


def _texts(
    classifier: Classifier, files: Iterable[str], columns: Source, explain: bool, talk: Console
) -> Iterator[Assignment]:
    """Assignments of the pages of all files, a batch at a time; of a file that breaks off, the pages before that."""
    for file in files:
        pages = _pages(file, columns, talk)
        broken = ""
        while not broken:
            batch = []
            try:
                for page in islice(pages, BATCH):
                    batch.append(page)  # what came before an error is not lost
            except CorpusError as error:
                broken = worded(error)
            if not batch:
                break
            single = len(batch) == 1 and os.path.isfile(file) and batch[0].id == Path(file).stem
            named = [(file if single else page.id, page.title, page.text) for page in batch]
            for page, assignment in zip(batch, classifier.texts(named, explain=explain), strict=True):
                yield replace(assignment, meta=page.meta, row=page.row)
        if broken:
            yield unreadable(file, broken, classifier.model.rank)
            talk.warn(broken)


def _wiki_pages(
    classifier: Classifier, pages: Iterable[AskedPage], explain: bool, talk: Console
) -> Iterator[Assignment]:
    """Assignments of pages of a wiki, as they come."""
    for name, page, why in pages:
        if page is None:
            talk.warn(f"{name}: {why}")
            yield unreadable(name, why, classifier.model.rank)
        else:
            for assignment in classifier.texts([(name, page.title, page.text)], explain=explain):
                yield replace(assignment, meta=page.meta)


def _pages(file: str, columns: Source, talk: Console) -> Iterator[Page]:
    """The pages of one argument; a file that is not there is an error of the call, not of the file."""
    if file == "-" and not _json_waits():
        yield Page("stdin", "standard input", decode(sys.stdin.buffer.read(), "standard input", talk.warn))
        return
    if file != "-" and not os.path.exists(file):
        raise ModelError(f"no such file or folder: {file}")
    yield from open_corpus(file, **columns.reading(), warn=talk.warn)


def _json_waits() -> bool:
    """Whether what comes on standard input begins like JSONL."""
    if sys.stdin is None:
        raise CorpusError("there is no standard input to read pages from")
    stream = cast(io.BufferedReader, sys.stdin.buffer)
    return stream.peek(1).removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"{"


def _gallery(draw: Path | None, model: Path, force: bool, talk: Console) -> Path | None:
    """Return the folder of reconstructions; None if nobody asked for one and the model folder cannot have one."""
    folder = draw or resolve_model(model) / "reconstructions"
    try:
        with folder_of_files(folder, mark=MARK, force=force, parameter="draw") as partial:
            document = {"schema": 1, "model": str(model)}
            (partial / MARK).write_text(json_text(document) + "\n", encoding="utf-8")
    except OutputError as error:
        if draw:
            raise
        talk.warn(f"no reconstructions: {worded(error)}")
        return None
    return folder


def _image_paths(files: Sequence[str]) -> list[Path]:
    """The images that the arguments mean: themselves, and those in folders."""
    paths: list[Path] = []
    for file in files:
        if not os.path.exists(file):
            raise ModelError(f"no such file or folder: {file}")
        paths += image_files(Path(file)) if os.path.isdir(file) else [Path(file)]
    if not paths:
        raise ModelError(f"there is no image in {', '.join(files)}; known are {', '.join(sorted(ENDINGS))}")
    return paths


def _images(classifier: Classifier, paths: Sequence[Path], folder: Path | None, talk: Console) -> Iterator[Assignment]:
    """Assignments of images, and their reconstructions as pictures."""
    grid = cast(PixelGrid, classifier.model.rows)
    drawn: Counter[str] = Counter()
    for first in range(0, len(paths), BATCH):
        assignments, V = classifier.images(paths[first : first + BATCH])
        for j, assignment in enumerate(assignments):
            if folder and assignment.h is not None and assignment.topics.status == "ok":
                picture = reconstruction(V[:, j], classifier.model.W, assignment.h, grid)
                stem = Path(assignment.name).stem
                drawn[stem] += 1
                name = stem if drawn[stem] == 1 else f"{stem} ({drawn[stem]})"  # of another folder
                with whole_file(folder / f"{name}.png", "draw") as partial:
                    picture.save(partial)
            yield assignment
    if drawn:
        talk.note(f"{drawn.total()} reconstructions in {folder}")
