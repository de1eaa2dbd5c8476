"""Text drawn with several fonts: each run of letters with the first font that has them.

A font has letters of some scripts only: most of India's and Thailand's have none of Latin, and texts of every language
quote names in Latin. Pillow draws with one font at a time, so texts are cut into runs here. Which way letters are
written, and how Arabic and Indian ones are joined, is left to Pillow's raqm, which needs the system's library fribidi;
without it no text of such scripts is drawn, as it would come out letter by letter and from the wrong end.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from nmf_topics.errors import FontError
from nmf_topics.views.drawing.fonts import drawable, fonts_for, letters_of

# Scripts of India and their neighbours, whose letters change places or forms beside others; first words of the names
# that Unicode gives to letters.
_SHAPED = frozenset(
    "devanagari bengali gurmukhi gujarati oriya tamil telugu kannada malayalam sinhala tibetan myanmar khmer".split()
)


@lru_cache(maxsize=512)
def _opened(font: Path, size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(str(font), size)


def _is_shaped(letter: str) -> bool:
    """Whether a letter is written from the right, or looks different beside others."""
    if letter < "\u0590":
        return False
    names = unicodedata.name(letter, "").lower().split()
    return unicodedata.bidirectional(letter) in ("R", "AL") or bool(names and names[0] in _SHAPED)


def _check_shaping(words: Iterable[str], raqm: bool) -> None:
    shaped = sorted(letter for letter in set().union(*words) if _is_shaped(letter))
    if shaped and not raqm:
        scripts = sorted({unicodedata.name(letter).split()[0].title() for letter in shaped})
        raise FontError(
            f"the library fribidi, which joins and turns letters of {', '.join(scripts)}, is not on this machine; "
            f"install it (apt-get install libfribidi0, brew install fribidi, or its DLL beside Python)"
        )


class Lettering:
    """Fonts that have the letters of some words together, and what is written with them.

    Parameters
    ----------
    words : texts whose every letter must be there
    font : the user's own choice, which is asked first, or None
    language : ISO 639-1, as `shapes_of` says it, or None

    Attributes
    ----------
    fonts : paths, the one that is asked first at the front
    language : as given

    Raises
    ------
    FontError
        if letters are in no font, naming their scripts; if they cannot be joined and turned here.
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
        """A text without what no font here has a picture of, and without marks that turn the direction."""
        return drawable(text, self.fonts)

    def runs(self, text: str) -> list[tuple[str, Path]]:
        """A text in runs of one font each: one run if a font has all of it."""
        for font in self.fonts:
            if letters_of(font).issuperset(map(ord, text)):
                return [(text, font)]
        runs: list[tuple[str, Path]] = []
        for character in text:
            having = [font for font in self.fonts if ord(character) in letters_of(font)]
            # a mark belongs to its letter, and a space or digit to what goes before it
            if runs and (runs[-1][1] in having or not having or unicodedata.category(character)[0] == "M"):
                runs[-1] = (runs[-1][0] + character, runs[-1][1])
            else:
                runs.append((character, having[0] if having else self.fonts[0]))
        return runs

    def placed(self, text: str, size: int) -> list[tuple[str, Path, float]]:
        """Runs, each with the distance of its beginning from that of the text, in pixels."""
        found, x = [], 0.0
        runs = self.runs(text)
        for run, font in runs:
            found.append((run, font, x))
            if len(found) < len(runs):  # nothing follows the last one, which is nearly always the only one
                x += _opened(font, size).getlength(run, **self._looks)
        return found

    def ink(self, text: str, size: int) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of what is drawn, from the beginning of the base line, in pixels."""
        boxes = [
            (box[0] + round(x), box[1], box[2] + round(x), box[3])
            for run, font, x in self.placed(text, size)
            for box in [_opened(font, size).getbbox(run, anchor="ls", **self._looks)]
        ]
        left, top, right, bottom = zip(*boxes, strict=True) if boxes else ((0,), (0,), (0,), (0,))
        return int(min(left)), int(min(top)), int(max(right)), int(max(bottom))

    def length(self, text: str, size: int) -> float:
        """Width of a text as it is set, in pixels."""
        return float(sum(_opened(font, size).getlength(run, **self._looks) for run, font in self.runs(text)))

    def write(
        self, draw: Any, at: tuple[int, int], text: str, size: int, fill: Any, *, turned: str | None = None
    ) -> None:
        """Draw a text from a point on its base line.

        Parameters
        ----------
        draw : PIL.ImageDraw.ImageDraw
        at : x and y of the beginning of the base line
        text : drawable here
        size : of the font, in pixels
        fill : colour
        turned : "ltr" for a line that runs from the left whatever its first letter; None for one that decides itself
        """
        looks = {**self._looks, "fill": fill, "anchor": "ls", "direction": turned if self._raqm else None}
        for run, font, x in self.placed(text, size):
            draw.text((at[0] + round(x), at[1]), run, font=_opened(font, size), **looks)
