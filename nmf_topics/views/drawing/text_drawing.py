"""Draw text with several fonts: each run of letters uses the first font that has them.

Many fonts lack some scripts: most Indian and Thai ones have no Latin letters, but texts in all languages contain Latin
names. Pillow draws with one font at a time, so texts are split into runs here. Writing direction and the joining of
Arabic and Indian letters are handled by Pillow's raqm, which needs the system library fribidi. Without it, text in
these scripts is refused, because it would be drawn as separate letters in the wrong direction.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from nmf_topics.errors import FontError
from nmf_topics.views.drawing.fonts import drawable, fonts_for, letters_of

# Scripts whose letters change their place or form next to others, as the first word of the Unicode names of letters.
_SHAPED = frozenset(
    "devanagari bengali gurmukhi gujarati oriya tamil telugu kannada malayalam sinhala tibetan myanmar khmer".split()
)


@lru_cache(maxsize=512)
def opened_font(font: Path, size: int) -> Any:
    """Return a font as a PIL.ImageFont.FreeTypeFont of a size in pixels."""
    from PIL import ImageFont

    return ImageFont.truetype(str(font), size)


def _is_shaped(letter: str) -> bool:
    """Return whether a letter is written from right to left, or changes its form next to others."""
    if letter < "\u0590":
        return False
    names = unicodedata.name(letter, "").lower().split()
    return unicodedata.bidirectional(letter) in ("R", "AL") or bool(names and names[0] in _SHAPED)


def _check_shaping(words: Iterable[str], raqm: bool) -> None:
    shaped = sorted(letter for letter in set().union(*words) if _is_shaped(letter))
    if shaped and not raqm:
        scripts = sorted({unicodedata.name(letter).split()[0].title() for letter in shaped})
        raise FontError(
            f"the library fribidi, which is needed to draw {', '.join(scripts)}, is not installed; "
            f"install it (apt-get install libfribidi0, brew install fribidi, or its DLL beside Python)"
        )


class Box(NamedTuple):
    """A rectangle in pixels, whose y grows downwards."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """The number of columns."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """The number of rows."""
        return self.bottom - self.top


class Lettering:
    """Fonts that together have the letters of some words, and text drawn with them.

    Parameters
    ----------
    words : texts whose letters the fonts must have
    font : a font file that the user chose, which is used first; or None
    language : ISO 639-1 (see `shapes_of`), or None

    Attributes
    ----------
    fonts : paths of the fonts in the order of preference
    language : as given

    Raises
    ------
    FontError
        if no font has some letters (the message names their scripts), or if the library to join them is missing.
    """

    def __init__(self, words: Iterable[str], font: Path | None = None, language: str | None = None) -> None:
        from PIL import features

        words = list(words)
        self.fonts: Sequence[Path] = fonts_for(words, font)
        self.language = language
        self._raqm = bool(features.check("raqm"))
        self._looks = {"language": language if self._raqm else None}
        _check_shaping(words, self._raqm)

    def drawable(self, text: str) -> str:
        """Return a text without characters that these fonts lack and without marks that change the direction."""
        return drawable(text, self.fonts)

    def runs(self, text: str) -> list[tuple[str, Path]]:
        """Split a text into runs of one font each; a single run if one font has all letters."""
        for font in self.fonts:
            if letters_of(font).issuperset(map(ord, text)):
                return [(text, font)]
        runs: list[tuple[str, Path]] = []
        for character in text:
            having = [font for font in self.fonts if ord(character) in letters_of(font)]
            # marks, spaces and digits use the font of the letter before them
            if runs and (runs[-1][1] in having or not having or unicodedata.category(character)[0] == "M"):
                runs[-1] = (runs[-1][0] + character, runs[-1][1])
            else:
                runs.append((character, having[0] if having else self.fonts[0]))
        return runs

    def most_used(self, texts: Iterable[str]) -> Path:
        """Return the font that draws most of some texts; the first one if there are none."""
        used = Counter(font for text in texts for _, font in self.runs(text))
        return max(self.fonts, key=lambda font: used[font])

    def placed(self, text: str, size: int) -> list[tuple[str, Path, float]]:
        """Return the runs, each with its distance from the start of the text in pixels."""
        found, x = [], 0.0
        runs = self.runs(text)
        for run, font in runs:
            found.append((run, font, x))
            if len(found) < len(runs):  # the length of the last run, usually the only one, is not needed
                x += opened_font(font, size).getlength(run, **self._looks)
        return found

    def ink(self, text: str, size: int) -> Box:
        """Return the box of the drawn pixels, relative to the start of the base line."""
        boxes = [
            (box[0] + round(x), box[1], box[2] + round(x), box[3])
            for run, font, x in self.placed(text, size)
            for box in [opened_font(font, size).getbbox(run, anchor="ls", **self._looks)]
        ]
        left, top, right, bottom = zip(*boxes, strict=True) if boxes else ((0,), (0,), (0,), (0,))
        return Box(int(min(left)), int(min(top)), int(max(right)), int(max(bottom)))

    def length(self, text: str, size: int) -> float:
        """Return the width of a text in pixels."""
        return float(sum(opened_font(font, size).getlength(run, **self._looks) for run, font in self.runs(text)))

    def write(
        self, draw: Any, at: tuple[int, int], text: str, size: int, fill: Any, *, turned: str | None = None
    ) -> None:
        """Draw a text from a point on its base line.

        Parameters
        ----------
        draw : PIL.ImageDraw.ImageDraw
        at : x and y of the start of the base line
        text : a text that these fonts can draw
        size : size of the font, in pixels
        fill : colour
        turned : "ltr": left to right whatever the first letter is; None: the text decides
        """
        looks = {**self._looks, "fill": fill, "anchor": "ls", "direction": turned if self._raqm else None}
        for run, font, x in self.placed(text, size):
            draw.text((at[0] + round(x), at[1]), run, font=opened_font(font, size), **looks)
