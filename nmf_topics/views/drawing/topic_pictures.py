"""Pictures of the topics of a model: word clouds if its rows have names, basis images if they are pixels."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nmf_topics.errors import FontError
from nmf_topics.model.model import TopicModel
from nmf_topics.views.drawing.basis import basis_grid, basis_image
from nmf_topics.views.drawing.clouds import WORDS, CloudStyle, cloud_svg, make_cloud, sheet
from nmf_topics.views.drawing.fonts import shapes_of
from nmf_topics.views.drawing.text_drawing import Lettering

PNG_LEVEL = 4  # zlib level: slightly larger files than with the default 6, in two thirds of the time
WHITE = 252  # palette colours from this grey value on become white, so that the background is white
COLOURS = 256  # palette size; words have few colours and their shades to white, so the difference is invisible


@dataclass(frozen=True)
class PictureStyle:
    """The appearance of word clouds.

    Attributes
    ----------
    size : width and height of a cloud in pixels
    font : a font file that the user chose
    colormap : name of a colour map of matplotlib; None: one colour for each topic
    svg : whether to write topic-01.svg ... as well
    """

    size: tuple[int, int] = (800, 500)
    font: Path | None = None
    colormap: str | None = None
    svg: bool = False


def draw_topics(
    model: TopicModel,
    folder: Path,
    *,
    style: PictureStyle | None = None,
    on_picture: Callable[[], None] = lambda: None,
) -> None:
    """Write topic-01.png ... and all.png into an existing folder.

    Parameters
    ----------
    model : TopicModel
    folder : an existing folder
    style : appearance of word clouds; None: the default
    on_picture : called after each picture of a topic

    Raises
    ------
    FontError
        if no font has the letters of the words.
    """
    if model.kind.has_names:
        _draw_clouds(model, folder, style or PictureStyle(), on_picture)
    if model.kind.draws_images:
        _draw_images(model, folder, on_picture)


def _for_captions(captions: list[str], font: Path | None, language: str | None) -> Lettering:
    """Return fonts for captions; letters that no font has are omitted, and the sheet is still drawn."""
    known = []
    for caption in captions:
        with suppress(FontError):
            Lettering([caption], font)
            known.append(caption)
    return Lettering(known, font, language)


def _draw_clouds(model: TopicModel, folder: Path, style: PictureStyle, on_picture: Callable[[], None]) -> None:
    terms = {t.number: model.terms(t.number, WORDS) for t in model.topics()}
    words = [word for top in terms.values() for word, _ in top]
    captions = [f"{t.number}  {t.share:.0%}  {t.label}" for t in model.topics()]
    letters = Lettering(words, style.font, shapes_of(model.recipe))
    cloud_style = CloudStyle(*style.size, letters, colormap=style.colormap, seed=model.recipe["seed"])
    pictures, shown = [], []
    for (number, top), caption in zip(terms.items(), captions, strict=True):
        if not top:  # an empty topic, or one whose words are all hidden
            continue
        cloud = make_cloud(top, number, cloud_style)
        picture = cloud.to_image().crop((0, 0, *style.size))
        _save(picture, folder / f"topic-{number:02d}.png")
        if style.svg:
            (folder / f"topic-{number:02d}.svg").write_text(cloud_svg(cloud), encoding="utf-8")
        pictures.append(picture)
        shown.append(caption)
        on_picture()
    if pictures:
        _save(sheet(pictures, shown, _for_captions(shown, style.font, letters.language)), folder / "all.png")


def _save(picture: Any, path: Path) -> None:
    """Write a picture with a palette, which takes half the time and a third of the size of RGB."""
    from PIL import Image

    flat = picture.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette = np.reshape(flat.getpalette(), (-1, 3))
    palette[(palette >= WHITE).all(axis=1)] = 255
    flat.putpalette(palette.ravel().tolist())
    flat.save(path, compress_level=PNG_LEVEL)


def _draw_images(model: TopicModel, folder: Path, on_picture: Callable[[], None]) -> None:
    rows: Any = model.rows
    for k in range(model.rank):
        basis_image(model.W[:, k], rows).save(folder / f"topic-{k + 1:02d}.png")
        on_picture()
    basis_grid(model.W, rows).save(folder / "all.png")
