"""Layout of word clouds: words are placed in descending order of weight, with sizes that depend on their weights.

The search for free places is that of the package wordcloud (a summed-area table of the pixels in use). Its class
WordCloud is not used, because it draws all words with one font. The layout is computed on a small canvas and drawn
larger, which is several times faster and as sharp.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from random import Random
from typing import Any, NamedTuple

import numpy as np

from nmf_topics.errors import OutputError
from nmf_topics.views.drawing.text_drawing import Lettering

SCALE = 2
SMALLEST = 3  # smallest size of letters on the canvas, in pixels
GAP = 0.4  # horizontal space between words, relative to the size of letters
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
    canvas = _Canvas(width, height, lettering, colour, Random(seed))
    if len(weights) < 2:
        return Cloud(width, height, canvas.place(weights, height), lettering)
    sizes = [placed.size for placed in canvas.place(weights[:2], height)]
    largest = 2 * sizes[0] * sizes[1] // (sizes[0] + sizes[1]) if len(sizes) == 2 else sum(sizes)
    return Cloud(width, height, canvas.place(weights, largest) if largest else [], lettering)


@cache
def _search() -> Callable[..., tuple[int, int] | None]:
    """Load the search for free places from its own file, because the package imports matplotlib (0.13 s)."""
    package = find_spec("wordcloud")
    spec = PathFinder.find_spec("query_integral_image", package.submodule_search_locations if package else None)
    if spec is None or spec.loader is None:
        raise OutputError("the package wordcloud, which draws clouds, is damaged; install wordcloud again")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[..., tuple[int, int] | None] = module.query_integral_image
    return found


@dataclass(frozen=True)
class _Canvas:
    width: int
    height: int
    lettering: Lettering
    colour: Callable[[str, Random], str]
    chance: Random

    def place(self, weights: Sequence[tuple[str, float]], largest: int) -> list[Placed]:
        """Place words until one has no room; the first one is at most `largest` pixels high."""
        from PIL import Image, ImageDraw

        find_place = _search()
        margin = max(2, min(self.width, self.height) // 40)
        taken = np.zeros((self.height + 1, self.width + 1), dtype=np.uint32)  # [y, x]: the pixels above and left
        grey = Image.new("L", (self.width, self.height))
        draw = ImageDraw.Draw(grey)
        placed: list[Placed] = []
        size, before = largest, weights[0][1] if weights else 1.0
        for word, weight in weights:
            size = round((CONTRAST * weight / before + 1 - CONTRAST) * size)
            free = None
            while size >= SMALLEST:
                box = self.lettering.ink(word, size)
                beside = max(margin, round(GAP * size))
                free = find_place(taken[1:, 1:], box.height + margin, box.width + beside, self.chance)
                if free is not None:
                    break
                size -= 1
            if free is None:
                break
            y, x = int(free[0]) + margin // 2, int(free[1]) + beside // 2
            self.lettering.write(draw, (x - box.left, y - box.top), word, size, "white")
            placed.append(Placed(word, size, x, y, self.colour(word, self.chance)))
            ink = np.cumsum(np.asarray(grey)[y:, x:], axis=1, dtype=np.uint32)
            np.cumsum(ink, axis=0, out=ink)
            ink += taken[y, x + 1 :]
            ink += taken[y + 1 :, x, None] - taken[y, x]
            taken[y + 1 :, x + 1 :] = ink
            before = weight
        return placed
