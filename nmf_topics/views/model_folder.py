"""The model folder: everything that a fit leaves behind, written whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nmf_topics.errors import FontError, ModelError, Notice, OutputError, Remedy
from nmf_topics.files.atomic import files_listed_in, folder_of_files
from nmf_topics.files.csv_files import write_csv
from nmf_topics.model.files import EXTRACTS, MARK, write_model
from nmf_topics.model.model import TopicModel
from nmf_topics.model.run_record import RUN, read_run, write_run
from nmf_topics.text.analyzer import word_options
from nmf_topics.views.tables.tables import page_rows, topic_rows, word_rows

if TYPE_CHECKING:
    from nmf_topics.views.drawing.topic_pictures import PictureStyle

WORDS = "words.csv"
REPORT, CLOUDS = "report.html", "clouds"
DERIVED = {"export": "export.json", "figures": "figures.json"}  # folders made from a model, and the list of their files
_OWN_NAMES = re.compile(
    r"(model\.npz|(topics|pages|words)\.csv|report\.html|reconstruction\.png|extracts\.json\.gz"
    r"|clouds/(all|topic-\d+)\.(png|svg))"
)
RANK_COLUMNS = ("rank", "error", "svd_error", "coherence", "diversity", "smallest", "iterations")


def files_of(folder: Path) -> list[str]:
    """The files that an earlier run wrote into a folder, as its record says."""
    return [name for name in read_run(folder).get("files", []) if ".." not in name.split("/")]


def _files_to_replace(folder: Path) -> list[str]:
    """The files of the model in a folder; where no record lists them, those with the names that this tool gives."""
    if listed := files_of(folder):
        return listed
    if not (folder / MARK).is_file():
        return []
    found = [path.relative_to(folder).as_posix() for path in folder.glob("*/*")] + os.listdir(folder)
    return [name for name in found if _OWN_NAMES.fullmatch(name)]


def derived_files(folder: Path) -> list[str]:
    """Files that `export` and `figures` made of the model in a folder, as their lists say; relative to the folder."""
    found = []
    for name, mark in DERIVED.items():
        if os.path.isfile(folder / name / mark):
            files = [*files_listed_in(mark)(folder / name), mark]
            found += [f"{name}/{file}" for file in files if (folder / name / file).is_file()]
    return found


def write_model_folder(
    model: TopicModel,
    folder: Path,
    run: Callable[[], Mapping[str, Any]],
    *,
    force: bool = False,
    example: tuple[Any, int] | None = None,
    extracts: bytes | None = None,
    words: Sequence[Sequence[Any]] = (),
    versions: Mapping[str, str] | None = None,
    source: Mapping[str, Any] | None = None,
    keep: Sequence[str] = (),
    keep_derived: bool = False,
    clouds: bool = True,
    report: bool = True,
    parameter: str | None = "output",
    on_picture: Callable[[], None] = lambda: None,
    warn: Callable[[str], None] = lambda message: None,
) -> None:
    """Write model, tables, pictures and the record of the run.

    Parameters
    ----------
    model : TopicModel
    folder : new, empty, or of an earlier model
    run : gives the record once everything else is written, so that it can tell how long that took
    force : write among files that are not ours
    example : for images, a page of V, shape (m,), and its column, drawn as a reconstruction
    extracts : of its pages, for the report (see `views.report.extracts`)
    words : what became of each word of the corpus (see `terms.words_table`)
    versions : of the programs that made the model, for the report
    source : where the corpus was, as the record has it, for the report
    keep : files of the earlier model that stay as they are; with run.json among them no record is written
    keep_derived : whether what `export` and `figures` made of the earlier model stays
    clouds, report : whether pictures of topics are drawn, and the report is made
    parameter : as in `folder_of_files`
    on_picture : called after each picture of a topic
    warn : told when there are no clouds because no font has the letters, or no report; all else is written

    Raises
    ------
    OutputError
        if the folder belongs to somebody else or cannot be written; what was there before is untouched.
    """

    def stale(old: Path) -> list[str]:
        derived = [] if keep_derived else derived_files(old)
        return [*(name for name in _files_to_replace(old) if name not in keep), *derived]

    with folder_of_files(folder, mark=MARK, stale=stale, force=force, parameter=parameter) as partial:
        write_model(model, partial)
        write_csv(topic_rows(model), partial / "topics.csv")
        write_csv(page_rows(model), partial / "pages.csv")
        if words:
            counted = "pieces" if word_options(model.recipe).chunk else "pages"
            write_csv(word_rows(words, counted), partial / WORDS)
        if clouds:
            _draw_clouds(model, partial, f"draw them: nmf-topics clouds {folder}", on_picture, warn)
        if example is not None:
            from nmf_topics.views.drawing.basis import reconstruction

            v, j = example
            rows: Any = model.rows
            reconstruction(v, model.W, model.H[:, j], rows).save(partial / "reconstruction.png")
        if extracts is not None:
            (partial / EXTRACTS).write_bytes(extracts)
        if report:
            parts = {
                "extracts": extracts,
                "versions": versions,
                "source": source,
                "ranks": ranks_beside(model, folder),
            }
            _make_report(model, partial, parts, warn)
        names = {p.relative_to(partial).as_posix() for p in partial.rglob("*") if p.is_file()}
        if RUN not in keep:
            write_run(partial, run(), {*names, *keep})


def _draw_clouds(
    model: TopicModel, folder: Path, step: str, on_picture: Callable[[], None], warn: Callable[[str], None]
) -> None:
    """The pictures of the topics. A model can be without them: `step` draws them once there is a font."""
    from nmf_topics.views.drawing.topic_pictures import draw_topics

    (folder / CLOUDS).mkdir()
    try:
        draw_topics(model, folder / CLOUDS, on_picture=on_picture)
    except FontError as error:  # found before anything is drawn
        warn(Notice(f"no clouds: {error.message}", (error.remedy or Remedy("")).then(step)))


def _make_report(model: TopicModel, folder: Path, parts: Mapping[str, Any], warn: Callable[[str], None]) -> None:
    """The report; it is not worth the model, so a model may be without it."""
    from nmf_topics.views.report.build import write_report

    try:
        write_report(model, folder / REPORT, clouds=folder / CLOUDS, **parts)
    except OutputError as error:
        warn(error.notice("no report"))


def ranks_beside(model: TopicModel, folder: Path) -> dict[str, Any] | None:
    """What `nmf-topics ranks` found out on the corpus of a model with its options, if it was asked; for the report."""
    from nmf_topics.analysis.ranks import suggest
    from nmf_topics.analysis.ranks_file import plain_row, ranks_of

    if (found := ranks_of(model, folder)) is None:
        return None
    low, high, reasons = suggest(*found)
    rows = [plain_row(row) for row in found[0]]
    return {
        "rows": [{key: row[key] for key in RANK_COLUMNS} for row in rows],
        "suggested": [low, high],
        "reasons": reasons,
    }


def read_extracts(folder: Path, warn: Callable[[str], None]) -> bytes | None:
    """The extracts of a model's pages as they were packed; None, and a word of it, where they cannot be read."""
    from nmf_topics.views.report.extracts import unpack

    try:
        if not os.path.isfile(folder / EXTRACTS):  # nothing is read from a pipe or a device
            return None
        data = (folder / EXTRACTS).read_bytes()
        unpack(data)
    except (OSError, ModelError) as error:
        warn(f"the report has no texts: {error}")
        return None
    return data


def rewrite_report(model: TopicModel, folder: Path, *, warn: Callable[[str], None] = lambda message: None) -> Path:
    """Make the report of a model folder again from what is in it; all else stays.

    Returns
    -------
    path of the report

    Raises
    ------
    OutputError
        if it cannot be made or written; the old one is untouched.
    """
    with folder_of_files(folder, mark=MARK, parameter=None) as partial:
        run = _write_report(model, folder, partial, folder / CLOUDS, warn)
        if run:
            write_run(partial, run, {*files_of(folder), REPORT})
    return folder / REPORT


def _write_report(
    model: TopicModel, folder: Path, partial: Path, clouds: Path, warn: Callable[[str], None]
) -> dict[str, Any]:
    """Write the report of a model folder into `partial`; return the record of the run, empty if there is none."""
    from nmf_topics.views.report.build import write_report

    run = read_run(folder, warn)
    write_report(
        model,
        partial / REPORT,
        clouds=clouds,
        extracts=read_extracts(folder, warn),
        versions=run.get("versions"),
        source=run.get("source"),
        ranks=ranks_beside(model, folder),
    )
    return run


def redraw(
    model: TopicModel, folder: Path, style: PictureStyle, *, warn: Callable[[str], None] = lambda message: None
) -> None:
    """Draw the pictures of a model folder again, in another style, and make its report with them; all else stays.

    Raises
    ------
    OutputError
        if the pictures cannot be drawn or written; the old ones are untouched.
    """
    from nmf_topics.views.drawing.topic_pictures import draw_topics

    old = [name for name in _files_to_replace(folder) if name.startswith(f"{CLOUDS}/")]
    with folder_of_files(folder, mark=MARK, stale=lambda _: old) as partial:
        (partial / CLOUDS).mkdir()
        draw_topics(model, partial / CLOUDS, style=style)
        run = _write_report(model, folder, partial, partial / CLOUDS, warn)
        drawn = {path.relative_to(partial).as_posix() for path in partial.rglob("*") if path.is_file()}
        if run:
            write_run(partial, run, {*files_of(folder), *drawn} - (set(old) - drawn))
