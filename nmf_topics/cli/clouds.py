"""nmf-topics clouds."""

from __future__ import annotations

import re
from pathlib import Path

import click

from nmf_topics.cli import options as o
from nmf_topics.cli.common import PrintingOptions
from nmf_topics.files.atomic import files_listed_in, folder_of_files
from nmf_topics.files.json_files import json_text
from nmf_topics.model.files import load_model, resolve_model
from nmf_topics.views.drawing.topic_pictures import PictureStyle, draw_topics
from nmf_topics.views.model_folder import redraw

MARK = "clouds.json"


def _size(value: str) -> tuple[int, int]:
    """Width and height in pixels: 800x500."""
    found = re.fullmatch(r"(\d{1,5})[x×](\d{1,5})", value)
    if not found or not all(50 <= int(side) <= 8000 for side in found.groups()):
        raise click.BadParameter(f"{value!r} is no size; say, for example, 800x500 (50 to 8000 pixels a side)")
    return int(found[1]), int(found[2])


def _known_colormap(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None:
        import matplotlib

        if value not in matplotlib.colormaps:
            raise click.BadParameter(f"there is no colour map {value!r}; try viridis, magma, cividis, Dark2")
    return value


@click.command()
@o.model_argument
@click.option(
    "--size", type=_size, metavar="WIDTHxHEIGHT", default="800x500", show_default=True, help="Of one cloud, in pixels."
)
@click.option("--font", type=click.Path(path_type=Path), help="Font file.  [default: one that has the letters]")
@click.option("--colormap", callback=_known_colormap, help="Matplotlib colour map.  [default: a colour for each topic]")
@click.option("--svg", is_flag=True, help="Write SVG as well as PNG.")
@o.output_option("Folder.  [default: clouds in the model]")
@o.force_option
@o.printing_options
def clouds(
    model: Path,
    size: tuple[int, int],
    font: Path | None,
    colormap: str | None,
    svg: bool,
    output: Path | None,
    force: bool,
    printing: PrintingOptions,
) -> None:
    """Draw the word clouds of a model again.

    MODEL is a model folder; if omitted, the last one that was fitted. Its report shows the new clouds.

    \b
    Example:
      nmf-topics clouds --size 1200x800 --svg
    """
    talk = printing.console()
    style, fitted = PictureStyle(size, font, colormap, svg), load_model(model)
    if output is None:
        folder = resolve_model(model).resolve()
        redraw(fitted, folder, style, warn=talk.warn)
        output = folder / "clouds"
    else:
        with folder_of_files(output, mark=MARK, stale=files_listed_in(MARK), force=force) as partial:
            draw_topics(fitted, partial, style=style)
            document = {"schema": 1, "model": str(model), "files": sorted(p.name for p in partial.iterdir())}
            (partial / MARK).write_text(json_text(document) + "\n", encoding="utf-8")
    talk.note(f"pictures in {output}")
    if printing.as_json:
        pictures = sorted(
            str(path) for path in output.iterdir() if re.fullmatch(r"(topic-\d+|all)\.(png|svg)", path.name)
        )
        click.echo(json_text({"schema": 1, "model": str(model), "pictures": pictures}))
