"""Word clouds: a topic's words, the larger the heavier. Seeded, so that the same topic is the same picture."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nmf_topics.errors import OutputError
from nmf_topics.views.fonts import drawable

WORDS = 50
LONGEST = 28  # letters of a word that are drawn; a longer one would press all others into the smallest print
LIGHTEST = 0.01  # of the heaviest word's weight; lighter ones could not be told from it by their size
SCALE = 2  # clouds are laid out on a small canvas and drawn larger: as sharp, and several times faster

# Dark, and told apart by the colour-blind (after Okabe & Ito, Color universal design, 2008).
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
    """The colour of a topic, the same in every picture."""
    return COLOURS[(number - 1) % len(COLOURS)]


@dataclass(frozen=True)
class CloudStyle:
    """How clouds look.

    Attributes
    ----------
    width, height : of a picture, in pixels
    font : path of a font file
    colormap : name of a colour map of matplotlib, or None for the topic's own colour
    seed : of the layout
    """

    width: int
    height: int
    font: Path
    colormap: str | None = None
    seed: int = 0


def make_cloud(terms: Sequence[tuple[str, float]], number: int, style: CloudStyle) -> Any:
    """The word cloud of a topic.

    Parameters
    ----------
    terms : (word, weight), at least one
    number : of the topic, for its colour and its layout

    Returns
    -------
    wordcloud.WordCloud, laid out

    Raises
    ------
    OutputError
        if the picture is too small for a single word.
    """
    from wordcloud import WordCloud

    red, green, blue = colour_of(number)
    drawn: dict[str, float] = {}
    for term, weight in terms:
        word = drawable(term, style.font)
        drawn.setdefault(word if len(word) <= LONGEST else word[: LONGEST - 1] + "…", weight)
    drawn.pop("", None)
    heaviest = max(drawn.values(), default=1.0)
    drawn = {word: weight for word, weight in drawn.items() if weight >= LIGHTEST * heaviest}
    strength = {word: (weight / heaviest) ** 0.5 for word, weight in drawn.items()}

    def shade(word: str, **_: Any) -> str:
        """The topic's colour for heavy words, and lighter by up to a third for light ones."""
        light = (1 - strength.get(word, 0.0)) / 3
        return "rgb({}, {}, {})".format(*(round(c + (255 - c) * light) for c in (red, green, blue)))

    width, height = -(-style.width // SCALE), -(-style.height // SCALE)
    cloud = WordCloud(
        width=width,
        height=height,
        scale=SCALE,
        font_path=str(style.font),
        background_color="white",
        prefer_horizontal=1.0,
        max_words=WORDS,
        relative_scaling=0.6,
        margin=max(2, min(width, height) // 40),  # so much that two words are not read as one
        min_font_size=3,
        random_state=style.seed + number,
        colormap=style.colormap,
        color_func=None if style.colormap else shade,
    )
    try:
        cloud.generate_from_frequencies(drawn)
    except ValueError:  # wordcloud's way to say that there is no room, or no word
        cloud.layout_ = []
    if not cloud.layout_:
        raise OutputError(f"{style.width} x {style.height} pixels have no room for the words of topic {number}")
    return cloud


# What an SVG needs of a font; the rest (hints, signatures, dates of editors) is left behind.
_TABLES = {"cmap", "head", "hhea", "hmtx", "maxp", "name", "post", "OS/2"}
_TABLES |= {"glyf", "loca", "CFF ", "CFF2", "GDEF", "GSUB", "GPOS"}


def cloud_svg(cloud: Any, font: Path) -> str:
    """A cloud as SVG, the letters that it needs of its font inside; the same cloud is the same text.

    wordcloud's own way to put the font inside writes the time of day into it.
    """
    from fontTools import subset
    from PIL import ImageFont

    options = subset.Options(flavor="woff", hinting=False, font_number=0)
    with subset.load_font(str(font), options) as file:
        options.drop_tables = [table for table in file.keys() if table not in _TABLES]  # noqa: SIM118, no dict
        letters = subset.Subsetter(options)
        letters.populate(text="".join(word for (word, _), *_ in cloud.layout_))
        letters.subset(file)
        woff = io.BytesIO()
        subset.save_font(file, woff, options)
    family = ImageFont.truetype(str(font)).getname()[0]
    data = base64.b64encode(woff.getvalue()).decode("ascii")
    face = f"font-family:{family!r};src:url(data:font/woff;base64,{data}) format('woff')"
    head, body = cloud.to_svg().split("\n", 1)
    return f"{head}\n<style>@font-face{{{face}}}</style>\n{body}"


def sheet(pictures: Sequence[Any], captions: Sequence[str], font: Path, *, width: int = 1600) -> Any:
    """One sheet of all pictures, in rows, each under its caption.

    Parameters
    ----------
    pictures : images of Pillow, at least one, of one size
    captions : one a picture; cut where they are too long

    Returns
    -------
    PIL.Image.Image
    """
    from PIL import Image, ImageDraw, ImageFont

    across = 2 if len(pictures) <= 4 else 3 if len(pictures) <= 12 else 4
    across = min(across, len(pictures))
    gap = 16
    cell = (width - gap * (across + 1)) // across
    height = round(cell * pictures[0].height / pictures[0].width)
    strip = 34
    down = -(-len(pictures) // across)
    page = Image.new("RGB", (width, gap + down * (height + strip + gap)), "white")
    draw = ImageDraw.Draw(page)
    letters = ImageFont.truetype(str(font), 20)
    for place, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        x = gap + (place % across) * (cell + gap)
        y = gap + (place // across) * (height + strip + gap)
        draw.text((x, y + 4), _cut(drawable(caption, font), letters, cell), fill=(30, 30, 30), font=letters)
        page.paste(picture.resize((cell, height), Image.Resampling.LANCZOS), (x, y + strip))
        draw.rectangle((x - 1, y + strip - 1, x + cell, y + strip + height), outline=(210, 210, 210))
    return page


def _cut(text: str, font: Any, width: int) -> str:
    """As much of a text as fits."""
    while font.getlength(text) > width and len(text) > 1:
        text = text[:-2].rstrip(" ,") + "…"
    return text
