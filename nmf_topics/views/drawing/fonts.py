"""Find fonts that have the letters of some words.

DejaVu Sans, which is part of matplotlib, has Latin, Greek, Cyrillic, Arabic, Hebrew and more. For other letters, the
fonts of the system are searched. Letters are never drawn as empty boxes; symbols (emoji, arrows) that the fonts lack
are omitted.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from nmf_topics.errors import FontError, Remedy

_STYLES = ("bold", "black", "light", "thin", "italic", "oblique", "medium", "heavy", "serif")
_SHARED = ("zh", "ja", "ko")
_JOINERS = "\u200c\u200d"  # invisible characters of Persian and Indian scripts


@cache
def default_font() -> Path:
    """Return the path of DejaVu Sans, which matplotlib has among its data."""
    import matplotlib

    return Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")


def letters_of(font: Path) -> frozenset[int]:
    """Return the code points that a font file has glyphs for; empty if it cannot be read."""
    return _letters_in(font.absolute())


@cache
def _letters_in(font: Path) -> frozenset[int]:
    from fontTools.ttLib import TTFont, TTLibError
    from PIL import ImageFont

    try:
        ImageFont.truetype(str(font), 20)  # a font that Pillow cannot use has no letters
        with font.open("rb") as file, TTFont(file, fontNumber=0, lazy=True) as opened:
            return frozenset(opened.getBestCmap() or ())
    except (OSError, TTLibError, AssertionError, LookupError, ValueError):
        return frozenset()


def _is_letter(character: str) -> bool:
    """Return whether a character can be part of a word: a letter, mark or digit."""
    return unicodedata.category(character)[0] in "LMN" and not 0xFE00 <= ord(character) <= 0xFE0F  # variation selectors


def _script(letter: str) -> str:
    """Return the script of a letter by its Unicode name, such as "Devanagari"."""
    if unicodedata.category(letter)[0] == "N":
        return "digits"
    return unicodedata.name(letter, "unnamed").split()[0].replace("CJK", "Chinese").title()


def _no_font(missing: Iterable[int]) -> FontError:
    return FontError(
        f"no font on this machine has the letters of these scripts: {_scripts(missing)}",
        remedy=Remedy("install one (such as a Noto font), or give its file with {font}"),
    )


def _system_fonts() -> list[Path]:
    """Return the fonts of this machine; regular upright ones come first."""
    from matplotlib.font_manager import findSystemFonts

    found = map(Path, findSystemFonts())
    return sorted(found, key=lambda path: (any(style in path.stem.lower() for style in _STYLES), str(path)))


def fonts_for(words: Iterable[str], font: Path | None = None) -> list[Path]:
    """Find fonts that together have all letters of the words.

    Parameters
    ----------
    words : the texts to draw
    font : a font file that the user chose, which comes first; or None

    Returns
    -------
    paths of font files in the order of preference, including DejaVu Sans

    Raises
    ------
    FontError
        if no font has some letters; the message names their scripts.
    """
    chosen = [default_font()]
    if font is not None:
        if not font.is_file():
            raise FontError(f"there is no font file {font}")
        if not letters_of(font):
            raise FontError(f"{font} is not a readable font; use a .ttf or .otf file")
        chosen.insert(0, font)
    missing = {ord(c) for c in set().union(*words) if _is_letter(c)}
    if max(missing, default=0) < 0x250:  # DejaVu Sans has all Latin letters
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
    """Return the language whose shapes of Chinese characters to use: Chinese, Japanese or Korean; None if none applies.

    Parameters
    ----------
    recipe : recipe of a model; of several such languages, the most frequent one decides
    """
    words = recipe.get("words", {})
    return next((code for code in (words.get("language"), *words.get("languages", ())) if code in _SHARED), None)


def drawable(text: str, fonts: Sequence[Path]) -> str:
    """Return a text without characters that the fonts lack and without marks that change the writing direction."""
    known = frozenset().union(*map(letters_of, fonts))
    kept = (c for c in text if c.isspace() or (ord(c) in known and (unicodedata.category(c) != "Cf" or c in _JOINERS)))
    return "".join(kept)


def _scripts(code_points: Iterable[int]) -> str:
    return ", ".join(sorted({_script(chr(c)) for c in code_points}))
