"""Layout of word clouds: words are placed in descending order of weight, with sizes that depend on their weights.

The places are those of the class WordCloud of the package wordcloud. It measures all words with one font, whereas words
are drawn here with the fonts that have their letters: a word that would not fit into its place is drawn smaller. The
layout is computed on a small canvas and drawn larger, which is several times faster and as sharp.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from nmf_topics.views.drawing.fonts import letters_of
from nmf_topics.views.drawing.text_drawing import Lettering, opened_font

SCALE = 2
SMALLEST = 3  # smallest size of letters on the canvas, in pixels
# Room on both sides of a word, in addition to the margin, so that neighbours are not read as one word: a thin space, or
# a normal one if the font has no thin one.
GAPS = ("\u2009", " ")
CONTRAST = 0.6  # 1: sizes are proportional to weights; 0: sizes depend only on the order of weights


class Placed(NamedTuple):
    """A word of a cloud.

    Attributes
    ----------
    word : the text to draw
    size : size of its letters, in pixels of the canvas
    x, y : left and top of its drawn pixels, in pixels of the canvas
    colour : CSS colour
    """

    word: str
    size: int
    x: int
    y: int
    colour: str


@dataclass(frozen=True)
class Cloud:
    """The layout of a cloud.

    Attributes
    ----------
    width, height : size of the canvas, in pixels
    words : the words in descending order of weight; empty if there was no room
    lettering : fonts of the words
    scale : pixels of the picture per pixel of the canvas
    """

    width: int
    height: int
    words: Sequence[Placed]
    lettering: Lettering
    scale: int = SCALE

    def to_image(self) -> Any:
        """Draw the cloud as a PIL.Image.Image on white."""
        from PIL import Image, ImageDraw

        picture = Image.new("RGB", (self.width * self.scale, self.height * self.scale), "white")
        draw = ImageDraw.Draw(picture)
        for placed in self.words:
            self.lettering.write(draw, self.baseline(placed), placed.word, placed.size * self.scale, placed.colour)
        return picture

    def baseline(self, placed: Placed) -> tuple[int, int]:
        """Return the start of a word's base line, in pixels of the picture."""
        ink = self.lettering.ink(placed.word, placed.size * self.scale)
        return placed.x * self.scale - ink.left, placed.y * self.scale - ink.top


def lay_out(
    weights: Sequence[tuple[str, float]],
    width: int,
    height: int,
    lettering: Lettering,
    colour: Callable[[str, Random], str],
    seed: int,
) -> Cloud:
    """Place as many words as there is room for.

    Parameters
    ----------
    weights : (word, weight) in descending order of positive weights
    width, height : size of the canvas, in pixels
    lettering : fonts that have the letters of the words
    colour : returns the colour of a word; it may use the random generator
    seed : random seed
    """
    from wordcloud import WordCloud

    font = lettering.most_used(word for word, _ in weights)
    gap = next((space for space in GAPS if ord(space) in letters_of(font)), "")
    layout = WordCloud(
        font_path=str(font),
        width=width,
        height=height,
        margin=max(2, min(width, height) // 40),
        min_font_size=SMALLEST,
        max_words=len(weights),
        prefer_horizontal=1.0,
        relative_scaling=CONTRAST,
        random_state=seed,
        color_func=lambda word, random_state, **_: colour(word[len(gap) : len(word) - len(gap)], random_state),
    )
    try:
        layout.generate_from_frequencies({f"{gap}{word}{gap}": weight for word, weight in weights})
    except ValueError:  # no words, or no room for the first one
        return Cloud(width, height, [], lettering)
    placed = []
    for (word, _), (_, size, (y, x), _, colour_of_word) in zip(weights, layout.layout_, strict=False):
        left = int(x) + round(opened_font(font, size).getlength(gap))
        placed.append(Placed(word, _fitting(word, size, font, lettering), left, int(y), colour_of_word))
    return Cloud(width, height, placed, lettering)


def _fitting(word: str, size: int, font: Path, lettering: Lettering) -> int:
    """Return the largest size at which a word takes no more room than it was given for a size of one font."""
    left, top, right, bottom = opened_font(font, size).getbbox(word)
    while size > 1:
        ink = lettering.ink(word, size)
        if ink.width <= right - left and ink.height <= bottom - top:
            break
        size -= 1
    return size
