"""Fonts that have the letters of some words.

DejaVu Sans, which comes with matplotlib, has Latin, Greek, Cyrillic, Arabic, Hebrew and more. Where letters are missing
there, the fonts of the system are searched. No picture is drawn with empty boxes in place of letters; signs that are no
letters (emoji, arrows) are left out where the font lacks them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nmf_topics.errors import FontError, Remedy

_STYLES = ("bold", "black", "light", "thin", "italic", "oblique", "medium", "heavy", "serif")
_SHARED = ("zh", "ja", "ko")
_JOINERS = "\u200c\u200d"  # they shape letters of Persian and of India


@cache
def default_font() -> Path:
    """DejaVu Sans as matplotlib ships it, which is found without the 0.2 s that an import takes."""
    fonts = Path("mpl-data", "fonts", "ttf", "DejaVuSans.ttf")
    package = find_spec("matplotlib")
    if package and package.origin and (font := Path(package.origin).parent / fonts).is_file():
        return font
    import matplotlib  # some systems keep its data elsewhere

    return Path(matplotlib.get_data_path()) / fonts.relative_to("mpl-data")


def letters_of(font: Path) -> frozenset[int]:
    """Code points that a font file has glyphs for; none if it cannot be read."""
    return _letters_in(font.absolute())


@cache
def _letters_in(font: Path) -> frozenset[int]:
    from fontTools.ttLib import TTFont, TTLibError
    from PIL import ImageFont

    try:
        ImageFont.truetype(str(font), 20)  # what cannot be drawn with has no letters, either
        with font.open("rb") as file, TTFont(file, fontNumber=0, lazy=True) as opened:
            return frozenset(opened.getBestCmap() or ())
    except (OSError, TTLibError, AssertionError, LookupError, ValueError):
        return frozenset()


def _is_letter(character: str) -> bool:
    """Whether words are made of it: letters, the marks on them, and digits."""
    return unicodedata.category(character)[0] in "LMN" and not 0xFE00 <= ord(character) <= 0xFE0F  # looks of emoji


def _script(letter: str) -> str:
    """The script of a letter as Unicode names it, for example "Devanagari"."""
    if unicodedata.category(letter)[0] == "N":
        return "digits"
    return unicodedata.name(letter, "unnamed").split()[0].replace("CJK", "Chinese").title()


def _no_font(missing: Iterable[int]) -> FontError:
    return FontError(
        f"no font on this machine has the letters of these scripts: {_scripts(missing)}",
        remedy=Remedy("install one (for example a Noto font) or name its file with {font}"),
    )


def _system_fonts() -> list[Path]:
    """Fonts of this machine, upright ones of common weight before others."""
    from matplotlib.font_manager import findSystemFonts

    found = map(Path, findSystemFonts())
    return sorted(found, key=lambda path: (any(style in path.stem.lower() for style in _STYLES), str(path)))


def fonts_for(words: Iterable[str], font: Path | None = None) -> list[Path]:
    """Fonts that have all letters of the words together, for those who can draw with several.

    Parameters
    ----------
    words : what is to be drawn
    font : the user's own choice, which then stands first, or None

    Returns
    -------
    paths of font files, the one that is to be asked first at the front; DejaVu Sans is always among them

    Raises
    ------
    FontError
        if letters are in no font, naming their scripts.
    """
    chosen = [default_font()]
    if font is not None:
        if not font.is_file():
            raise FontError(f"there is no font file {font}")
        if not letters_of(font):
            raise FontError(f"{font} is not a font that can be read; name a .ttf or .otf file")
        chosen.insert(0, font)
    missing = {ord(c) for c in set().union(*words) if _is_letter(c)}
    if max(missing, default=0) < 0x250:  # all of Latin is known to be in DejaVu Sans
        return chosen
    missing = missing.difference(*map(letters_of, chosen))
    while missing:
        best = min(_system_fonts(), key=lambda path: len(missing - letters_of(path)), default=chosen[0])
        if not missing & letters_of(best):
            raise _no_font(missing)
        chosen.append(best)
        missing -= letters_of(best)
    return chosen


def shapes_of(recipe: Mapping[str, Any]) -> str | None:
    """The language by whose habit Chinese characters are drawn, of which Chinese, Japanese and Korean share many.

    Parameters
    ----------
    recipe : of a model; with several of these languages the commonest decides
    """
    words = recipe.get("words", {})
    return next((code for code in (words.get("language"), *words.get("languages", ())) if code in _SHARED), None)


def drawable(text: str, fonts: Sequence[Path]) -> str:
    """A text without what the fonts have no picture of, and without marks that turn the direction of what follows."""
    known = frozenset().union(*map(letters_of, fonts))
    kept = (c for c in text if c.isspace() or (ord(c) in known and (unicodedata.category(c) != "Cf" or c in _JOINERS)))
    return "".join(kept)


def _scripts(code_points: Iterable[int]) -> str:
    return ", ".join(sorted({_script(chr(c)) for c in code_points}))
