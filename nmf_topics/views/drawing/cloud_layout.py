"""Where the words of a cloud stand: the heaviest first, each as large as its weight asks for and as there is room.

The search for free places is wordcloud's (a summed area table of the ink so far), of which WordCloud itself draws all
words with one font. A cloud is laid out on a small canvas and drawn larger: as sharp, and several times faster.
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
SMALLEST = 3  # size of letters on the canvas
GAP = 0.4  # of the size of letters, between two words side by side, so that they are not read as one
CONTRAST = 0.6  # how far sizes follow weights: 1 as the weights do, 0 as their order does


class Placed(NamedTuple):
    """A word of a cloud.

    Attributes
    ----------
    word : as it is drawn
    size : of its letters, in pixels of the canvas
    x, y : left and top of its ink, in pixels of the canvas
    colour : as in CSS
    """

    word: str
    size: int
    x: int
    y: int
    colour: str


@dataclass(frozen=True)
class Cloud:
    """A cloud, laid out.

    Attributes
    ----------
    width, height : of the canvas, in pixels
    words : the heaviest first; none if there was no room
    lettering : what they are written with
    scale : pixels of the picture for one of the canvas
    """

    width: int
    height: int
    words: Sequence[Placed]
    lettering: Lettering
    scale: int = SCALE

    def to_image(self) -> Any:
        """The picture, a PIL.Image.Image on white."""
        from PIL import Image, ImageDraw

        picture = Image.new("RGB", (self.width * self.scale, self.height * self.scale), "white")
        draw = ImageDraw.Draw(picture)
        for placed in self.words:
            self.lettering.write(draw, self.baseline(placed), placed.word, placed.size * self.scale, placed.colour)
        return picture

    def baseline(self, placed: Placed) -> tuple[int, int]:
        """Where a word's base line begins, in pixels of the picture."""
        left, top, _, _ = self.lettering.ink(placed.word, placed.size * self.scale)
        return placed.x * self.scale - left, placed.y * self.scale - top


def lay_out(
    weights: Sequence[tuple[str, float]],
    width: int,
    height: int,
    lettering: Lettering,
    colour: Callable[[str, Random], str],
    seed: int,
) -> Cloud:
    """Find a place for as many words as there is room for.

    Parameters
    ----------
    weights : (word, weight), the heaviest first, weights positive
    width, height : of the canvas, in pixels
    lettering : has the letters of the words
    colour : of a word; may ask the source of chance
    seed : of the source of chance
    """
    canvas = _Canvas(width, height, lettering, colour, Random(seed))
    if len(weights) < 2:
        return Cloud(width, height, canvas.place(weights, height), lettering)
    sizes = [placed.size for placed in canvas.place(weights[:2], height)]
    largest = 2 * sizes[0] * sizes[1] // (sizes[0] + sizes[1]) if len(sizes) == 2 else sum(sizes)
    return Cloud(width, height, canvas.place(weights, largest) if largest else [], lettering)


@cache
def _search() -> Callable[..., tuple[int, int] | None]:
    """The search for a free place, taken from its own file: the package around it loads matplotlib, for 0.13 s."""
    package = find_spec("wordcloud")
    spec = PathFinder.find_spec("query_integral_image", package.submodule_search_locations if package else None)
    if spec is None or spec.loader is None:
        raise OutputError("the package wordcloud, which clouds need, is not whole; install wordcloud again")
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
        """Words in their places, the first no larger than so many pixels, until one has no room at all."""
        from PIL import Image, ImageDraw

        find_place = _search()
        margin = max(2, min(self.width, self.height) // 40)
        taken = np.zeros((self.height + 1, self.width + 1), dtype=np.uint32)  # [y, x]: all ink above and left of it
        grey = Image.new("L", (self.width, self.height))
        draw = ImageDraw.Draw(grey)
        placed: list[Placed] = []
        size, before = largest, weights[0][1] if weights else 1.0
        for word, weight in weights:
            size = round((CONTRAST * weight / before + 1 - CONTRAST) * size)
            free = None
            while size >= SMALLEST:
                left, top, right, bottom = self.lettering.ink(word, size)
                beside = max(margin, round(GAP * size))
                free = find_place(taken[1:, 1:], bottom - top + margin, right - left + beside, self.chance)
                if free is not None:
                    break
                size -= 1
            if free is None:
                break
            y, x = int(free[0]) + margin // 2, int(free[1]) + beside // 2
            self.lettering.write(draw, (x - left, y - top), word, size, "white")
            placed.append(Placed(word, size, x, y, self.colour(word, self.chance)))
            ink = np.cumsum(np.asarray(grey)[y:, x:], axis=1, dtype=np.uint32)
            np.cumsum(ink, axis=0, out=ink)
            ink += taken[y, x + 1 :]
            ink += taken[y + 1 :, x, None] - taken[y, x]
            taken[y + 1 :, x + 1 :] = ink
            before = weight
        return placed
