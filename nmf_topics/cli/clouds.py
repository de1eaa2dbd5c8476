"""nmf-topics clouds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from nmf_topics.cli import options as o
from nmf_topics.topics.store import load_model, resolve_model
from nmf_topics.views.modelfolder import redraw
from nmf_topics.views.pictures import draw_topics
from nmf_topics.writing import folder_of_files


class Size(click.ParamType[tuple[int, int]]):
    """Width and height in pixels: 800x500."""

    name = "WIDTHxHEIGHT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """A pair of numbers of pixels."""
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"(\d+)[x×](\d+)", str(value))
        if not found or not all(50 <= int(side) <= 8000 for side in found.groups()):
            self.fail(f"{value!r} is no size; say, for example, 800x500 (50 to 8000 pixels a side)", param, ctx)
        return int(found[1]), int(found[2])


def _known_colormap(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None:
        import matplotlib

        if value not in matplotlib.colormaps:
            raise click.BadParameter(f"there is no colour map {value!r}; try viridis, magma, cividis, Dark2")
    return value


@click.command()
@o.model_argument
@click.option("--size", type=Size(), default="800x500", show_default=True, help="Of one cloud, in pixels.")
@click.option("--font", type=click.Path(path_type=Path), help="A font file.  [default: one that has the letters]")
@click.option("--colormap", callback=_known_colormap, help="Of matplotlib.  [default: a colour for each topic]")
@click.option("--svg", is_flag=True, help="SVG as well as PNG.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Folder.  [default: clouds in the model]")
@click.option("--force", is_flag=True, help="Write into a folder that holds other files.")
@o.talk_options
def clouds(model: Path, output: Path | None, force: bool, **options: Any) -> None:
    """Draw the word clouds of a model again.

    MODEL is a model folder; left out, the last one that was fitted.

    \b
    Example:
      nmf-topics clouds --size 1200x800 --svg
    """
    talk = o.talk_of(options)
    fitted = load_model(model)
    if output is None:
        folder = resolve_model(model).resolve()
        redraw(fitted, folder, **options)
        output = folder / "clouds"
    else:
        with folder_of_files(output, mark="all.png", force=force) as partial:
            draw_topics(fitted.rows, fitted, partial, **options)
    talk.note(f"pictures in {output}")
