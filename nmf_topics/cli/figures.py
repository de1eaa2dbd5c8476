"""nmf-topics figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from nmf_topics.analysis.ranks_file import ranks_of
from nmf_topics.analysis.trends import UNITS
from nmf_topics.cli import options as o
from nmf_topics.cli.common import Text
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
@click.option("--top", "-n", type=click.IntRange(min=1), default=10, show_default=True, help="Words per topic.")
@click.option("--by", type=Text(), help="Metadata field of trends.  [default: dates, and labels]")
@click.option("--period", type=click.Choice(UNITS), help="Unit of a trend over time.  [default: chosen from the dates]")
@click.option("--font", type=click.Path(path_type=Path), help="Font file.  [default: ones that have the letters]")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Folder.  [default: figures in the model]")
@click.option("--force", is_flag=True, help="Write into a folder that has other files.")
@o.json_option
@o.talk_options
def figures(model: Path, format: tuple[str, ...], output: Path | None, force: bool, **options: Any) -> None:
    """Draw figures of a model for papers.

    Draws words, shares of the topics on all pages, a map of the topics, shares over time if pages have dates, shares by
    group if they have labels, and the curves of `ranks` if it was run, as SVG, PDF and PNG with captions. MODEL is a
    model folder; if omitted, the last one that was fitted.

    \b
    Example:
      nmf-topics figures --format pdf
    """
    talk = o.talk_of(options)
    fitted = load_model(model)
    home = resolve_model(model)
    folder = output or home / "figures"
    formats = [ending for ending in FORMATS if ending in format]
    with folder_of_files(folder, mark=MARK, stale=files_listed_in(MARK), force=force) as partial:
        captions = draw_figures(
            fitted,
            partial,
            formats,
            top=options["top"],
            by=options["by"],
            period=options["period"],
            font=options["font"],
            ranks=ranks_of(fitted, home.resolve()),
        )
        files = sorted(path.name for path in partial.iterdir())
        document = {"schema": 1, "model": str(model), "files": files, "captions": captions}
        (partial / MARK).write_text(json_text(document) + "\n", encoding="utf-8")
    talk.note(f"figures in {folder}")
    if options["json"]:
        click.echo(json_text({**document, "files": [str(folder / name) for name in files]}))
        return
    print_table(["figure", "caption"], list(captions.items()))
