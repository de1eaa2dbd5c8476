"""nmf-topics figures."""

from __future__ import annotations

from pathlib import Path

import click

from nmf_topics.analysis.ranks_file import ranks_of
from nmf_topics.analysis.trends import UNITS, Unit
from nmf_topics.cli import options as o
from nmf_topics.cli.common import PrintingOptions, Text
from nmf_topics.files.atomic import files_listed_in, folder_of_files
from nmf_topics.files.json_files import json_text
from nmf_topics.model.files import load_model, resolve_model
from nmf_topics.views.plots.model_figures import draw_figures
from nmf_topics.views.plots.plot_style import FORMATS
from nmf_topics.views.tables.terminal import print_table

MARK = "figures.json"


@click.command()
@o.model_argument
@click.option(
    "--format",
    multiple=True,
    type=click.Choice(FORMATS),
    default=FORMATS,
    show_default=True,
    help="File format; can be given more than once.",
)
@o.top_words_option
@click.option("--by", type=Text(), help="Metadata field of trends.  [default: dates, and labels]")
@click.option("--period", type=click.Choice(UNITS), help="Unit of a trend over time.  [default: chosen from the dates]")
@click.option("--font", type=click.Path(path_type=Path), help="Font file.  [default: ones that have the letters]")
@o.output_option("Folder.  [default: figures in the model]")
@o.force_option
@o.printing_options
def figures(
    model: Path,
    format: tuple[str, ...],
    top: int,
    by: str | None,
    period: Unit | None,
    font: Path | None,
    output: Path | None,
    force: bool,
    printing: PrintingOptions,
) -> None:
    """Draw figures of a model for papers.

    Draws words, shares of the topics on all pages, a map of the topics, shares over time if pages have dates, shares by
    group if they have labels, and the curves of `ranks` if it was run, as SVG, PDF and PNG with captions. MODEL is a
    model folder; if omitted, the last one that was fitted.

    \b
    Example:
      nmf-topics figures --format pdf
    """
    talk = printing.console()
    fitted = load_model(model)
    home = resolve_model(model)
    folder = output or home / "figures"
    formats = [ending for ending in FORMATS if ending in format]
    with folder_of_files(folder, mark=MARK, stale=files_listed_in(MARK), force=force) as partial:
        captions = draw_figures(
            fitted,
            partial,
            formats,
            top=top,
            by=by,
            period=period,
            font=font,
            ranks=ranks_of(fitted, home.resolve()),
        )
        files = sorted(path.name for path in partial.iterdir())
        document = {"schema": 1, "model": str(model), "files": files, "captions": captions}
        (partial / MARK).write_text(json_text(document) + "\n", encoding="utf-8")
    talk.note(f"figures in {folder}")
    if printing.as_json:
        click.echo(json_text({**document, "files": [str(folder / name) for name in files]}))
        return
    print_table(["figure", "caption"], list(captions.items()))
