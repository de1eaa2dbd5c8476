"""Word clouds of topics: larger words have larger weights. A seed makes the pictures reproducible."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from xml.sax.saxutils import escape

from nmf_topics.errors import OutputError
from nmf_topics.views.drawing.cloud_layout import SCALE, Cloud, lay_out
from nmf_topics.views.drawing.text_drawing import Lettering

WORDS = 50
LONGEST = 28  # letters of a word to draw; longer words would make all others tiny
LIGHTEST = 0.01  # least weight relative to the largest one; sizes cannot show smaller ratios
CAPTION = 20  # size of the letters of captions, in pixels
BASE = 23  # position of the base line in the strip of a caption, in pixels

# Dark colours that colour-blind readers can distinguish (after Okabe & Ito, Color universal design, 2008).
COLOURS = (
    (0, 91, 150),
    (176, 74, 0),
    (0, 122, 88),
    (150, 60, 115),
    (120, 94, 0),
    (40, 124, 170),
    (150, 32, 32),
    (84, 84, 84),
    (70, 70, 160),
    (60, 110, 30),
)


def colour_of(number: int) -> tuple[int, int, int]:
    """Return the colour of a topic, which is the same in all pictures."""
    return COLOURS[(number - 1) % len(COLOURS)]


@dataclass(frozen=True)
class CloudStyle:
    """The appearance of clouds.

    Attributes
    ----------
    width, height : size of a picture, in pixels
    lettering : fonts that have the letters of the words
    colormap : name of a colour map of matplotlib; None: the topic's own colour
    seed : random seed of the layout
    """

    width: int
    height: int
    lettering: Lettering
    colormap: str | None = None
    seed: int = 0


def make_cloud(terms: Sequence[tuple[str, float]], number: int, style: CloudStyle) -> Cloud:
    """Create the word cloud of a topic.

    Parameters
    ----------
    terms : (word, weight), at least one
    number : number of the topic, which determines its colour and layout

    Raises
    ------
    OutputError
        if the picture is too small for a single word.
    """
    drawn: dict[str, float] = {}
    for term, weight in terms:
        word = style.lettering.drawable(term)
        drawn.setdefault(word if len(word) <= LONGEST else word[: LONGEST - 1] + "…", weight)
    drawn.pop("", None)
    heaviest = max(drawn.values(), default=1.0)
    strength = {word: weight / heaviest for word, weight in drawn.items() if weight >= LIGHTEST * heaviest}
    weights = sorted(strength.items(), key=lambda item: -item[1])[:WORDS]
    colour = _colours_of(style.colormap) if style.colormap else _shades(number, strength)
    width, height = -(-style.width // SCALE), -(-style.height // SCALE)
    cloud = lay_out(weights, width, height, style.lettering, colour, style.seed + number)
    if not cloud.words:
        raise OutputError(
            f"a picture of {style.width} x {style.height} pixels is too small for the words of topic {number}"
        )
    return cloud


def _shades(number: int, strength: Mapping[str, float]) -> Callable[[str, Random], str]:
    """Return the colours of words: the topic's colour, up to a third lighter for small weights."""

    def shade(word: str, chance: Random) -> str:
        light = (1 - strength[word] ** 0.5) / 3
        return "rgb({}, {}, {})".format(*(round(c + (255 - c) * light) for c in colour_of(number)))

    return shade


def _colours_of(colormap: str) -> Callable[[str, Random], str]:
    """Return random colours of a colour map of matplotlib."""
    import matplotlib

    colours = matplotlib.colormaps[colormap]
    return lambda word, chance: "rgb({:.0f}, {:.0f}, {:.0f})".format(*(255 * c for c in colours(chance.random())[:3]))


# The tables of a font that an SVG needs; others (hints, signatures, dates) are removed.
_TABLES = {"cmap", "head", "hhea", "hmtx", "maxp", "name", "post", "OS/2"}
_TABLES |= {"glyf", "loca", "CFF ", "CFF2", "GDEF", "GSUB", "GPOS"}


def cloud_svg(cloud: Cloud) -> str:
    """Return a cloud as SVG with the needed letters of its fonts embedded; equal clouds give equal text."""
    letters: dict[Path, set[str]] = {}
    texts = []
    for placed in cloud.words:
        size, (x, y) = placed.size * cloud.scale, cloud.baseline(placed)
        for run, font, offset in cloud.lettering.placed(placed.word, size):
            letters.setdefault(font, set()).update(run)
            family = f"f{list(letters).index(font) + 1}"
            where = f'x="{x + round(offset)}" y="{y}" font-size="{size}" font-family="{family}" fill="{placed.colour}"'
            texts.append(f"<text {where}>{escape(run)}</text>")
    faces = [
        f"@font-face{{font-family:f{i};src:url(data:font/woff;base64,{_woff(font, some)}) format('woff')}}"
        for i, (font, some) in enumerate(letters.items(), start=1)
    ]
    size_of_all = f'width="{cloud.width * cloud.scale}" height="{cloud.height * cloud.scale}"'
    language = f' xml:lang="{cloud.lettering.language}"' if cloud.lettering.language else ""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size_of_all}{language}>'
    white = '<rect width="100%" height="100%" fill="white"/>'
    return "\n".join([head, f"<style>{''.join(faces)}</style>", white, *texts, "</svg>\n"])


def _woff(font: Path, letters: Iterable[str]) -> str:
    """Return a font reduced to some letters, in base 64."""
    from fontTools import subset

    options = subset.Options(flavor="woff", hinting=False, font_number=0)
    with subset.load_font(str(font), options) as file:
        options.drop_tables = [table for table in file.keys() if table not in _TABLES]  # noqa: SIM118, no dict
        chosen = subset.Subsetter(options)
        chosen.populate(text="".join(sorted(letters)))
        chosen.subset(file)
        woff = io.BytesIO()
        subset.save_font(file, woff, options)
    return base64.b64encode(woff.getvalue()).decode("ascii")


def sheet(pictures: Sequence[Any], captions: Sequence[str], lettering: Lettering, *, width: int = 1600) -> Any:
    """Arrange all pictures on one sheet in rows, each below its caption.

    Parameters
    ----------
    pictures : images of Pillow, at least one, of one size
    captions : one for each picture; shortened if they are too long
    lettering : fonts of the captions

    Returns
    -------
    PIL.Image.Image
    """
    from PIL import Image, ImageDraw

    across = 2 if len(pictures) <= 4 else 3 if len(pictures) <= 12 else 4
    across = min(across, len(pictures))
    gap = 16
    cell = (width - gap * (across + 1)) // across
    height = round(cell * pictures[0].height / pictures[0].width)
    strip = 34
    down = -(-len(pictures) // across)
    page = Image.new("RGB", (width, gap + down * (height + strip + gap)), "white")
    draw = ImageDraw.Draw(page)
    for place, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        x = gap + (place % across) * (cell + gap)
        y = gap + (place // across) * (height + strip + gap)
        shown = _cut(lettering.drawable(caption), lettering, cell)
        lettering.write(draw, (x, y + BASE), shown, CAPTION, (30, 30, 30), turned="ltr")
        page.paste(picture.resize((cell, height), Image.Resampling.HAMMING), (x, y + strip))  # half the time of LANCZOS
        draw.rectangle((x - 1, y + strip - 1, x + cell, y + strip + height), outline=(210, 210, 210))
    return page


def _cut(text: str, lettering: Lettering, width: int) -> str:
    """Return the part of a text that fits."""
    if lettering.length(text, CAPTION) <= width:
        return text
    fitting, too_long = 0, len(text)  # numbers of letters; bisection, because names can be very long
    while too_long - fitting > 1:
        middle = (fitting + too_long) // 2
        if lettering.length(text[:middle] + "…", CAPTION) <= width:
            fitting = middle
        else:
            too_long = middle
    return text[:fitting].rstrip(" ,") + "…"
