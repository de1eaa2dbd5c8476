"""The common style of all figures of matplotlib: settings for papers, fonts, and reproducible files.

SVG files have letters as outlines, so they look the same without the font. PDF files have embedded fonts of a type that
publishers accept (Type 42). No file contains a date, a version or a random name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nmf_topics.errors import OutputError
from nmf_topics.views.drawing.fonts import drawable, fonts_for

FORMATS = ("svg", "pdf", "png")
DPI = 300
WIDTH = 7.2  # inches, two columns of a journal
_TITLE_GAP = 0.1  # inches between a title and the next panel
_METADATA: dict[str, dict[str, None]] = {
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    ".png": {"Software": None},
}
DETERMINED: dict[Any, Any] = {"svg.hashsalt": "nmf-topics", "svg.fonttype": "path", "pdf.fonttype": 42}
SETTINGS: dict[Any, Any] = {
    **DETERMINED,
    "text.parse_math": False,  # text between two dollar signs is not a formula
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.titlelocation": "left",
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "axes.edgecolor": "#545454",
}


# More than three accents on a letter would be painted over the lines above and below. Marks of other scripts stay.
_ACCENTS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_STACKED_MARKS = re.compile(f"([{_ACCENTS}]{{3}})[{_ACCENTS}]+")


class FigureFonts:
    """Fonts for figures that have the letters of some texts.

    Parameters
    ----------
    needed : texts whose letters the fonts must have
    font : a font file that the user chose, or None
    language : ISO 639-1 (see `shapes_of`), or None

    Raises
    ------
    FontError
        if no font has some letters.
    """

    def __init__(self, needed: Iterable[str], font: Path | None = None, language: str | None = None) -> None:
        self.fonts = fonts_for(needed, font)
        self.language = language

    def text(self, text: str, length: int = 40) -> str:
        """Shorten a text to the length of a label and remove stacked accents and characters that the fonts lack."""
        shown = drawable(_STACKED_MARKS.sub(r"\1", text), self.fonts)
        return shown if len(shown) <= length else shown[: length - 1].rstrip(" ,") + "…"

    def families(self) -> list[str]:
        """Return matplotlib's names of the fonts, in the order of preference."""
        from matplotlib import font_manager

        for font in self.fonts:
            font_manager.fontManager.addfont(str(font))
        return [font_manager.FontProperties(fname=str(font)).get_name() for font in self.fonts]

    @contextmanager
    def settings(self) -> Iterator[None]:
        """Use the settings for papers and these fonts inside the block."""
        import matplotlib

        with matplotlib.rc_context({**SETTINGS, "font.family": self.families(), "text.language": self.language}):
            yield


def new_figure(width: float, height: float) -> Any:
    """Create an empty figure of the given size in inches, independent of pyplot's state."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure: Any, path: Path, dpi: int = DPI) -> None:
    """Write a figure in the format of the path's suffix.

    Raises
    ------
    OutputError
        if SOURCE_DATE_EPOCH, which matplotlib reads although figures have no date, is not a time.
    """
    _check_date()
    figure.savefig(path, dpi=dpi, metadata=_METADATA[path.suffix])


def _check_date() -> None:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        datetime.fromtimestamp(int(epoch or 0), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise OutputError(
            f"the environment variable SOURCE_DATE_EPOCH is {epoch!r:.40}, which is not a time in seconds; unset it"
        ) from error


def save_all(figure: Any, folder: Path, name: str, formats: Sequence[str]) -> None:
    """Write a figure in several formats; its layout is computed once, and too long titles of panels are shortened."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    _shorten_titles(figure)
    for ending in formats:
        save_figure(figure, folder / f"{name}.{ending}")


def _shorten_titles(figure: Any) -> None:
    """Cut titles at the left of panels that would reach into the next panel, or beyond the edge of the figure."""
    from matplotlib.text import Text

    axes = [axis for axis in figure.axes if axis.get_visible() and axis.get_title(loc="left")]
    starts = {axis: axis.get_position().x0 * figure.bbox.width for axis in axes}
    for axis, start in starts.items():
        text = axis.get_title(loc="left")
        title = next(child for child in axis.get_children() if isinstance(child, Text) and child.get_text() == text)
        ends = [other - _TITLE_GAP * figure.dpi for other in starts.values() if other > start + 1]
        end = min([*ends, figure.bbox.width])
        shown = text
        while shown and title.get_window_extent().x1 > end:
            shown = shown.rstrip("…")[:-1].rstrip(" ,")
            title.set_text(f"{shown}…")


def tint(colour: tuple[int, int, int], light: float = 0.0) -> str:
    """Return a colour for matplotlib; `light` is the share by which it is moved towards white."""
    return "#{:02x}{:02x}{:02x}".format(*(round(c + (255 - c) * light) for c in colour))
