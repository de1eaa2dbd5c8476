"""The common style of all figures of matplotlib: settings for papers, fonts, and reproducible files.

SVG files have letters as outlines, so they look the same without the font. PDF files have embedded fonts of a type that
publishers accept (Type 42). No file contains a date, a version or a random name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nmf_topics.views.drawing.fonts import drawable, fonts_for

FORMATS = ("svg", "pdf", "png")
DPI = 300
WIDTH = 7.2  # inches, two columns of a journal
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
        """Shorten a text to the length of a label and remove characters that the fonts lack."""
        shown = drawable(text, self.fonts)
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
    """Write a figure in the format of the path's suffix."""
    figure.savefig(path, dpi=dpi, metadata=_METADATA[path.suffix])


def save_all(figure: Any, folder: Path, name: str, formats: Sequence[str]) -> None:
    """Write a figure in several formats; its layout is computed once."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for ending in formats:
        save_figure(figure, folder / f"{name}.{ending}")


def tint(colour: tuple[int, int, int], light: float = 0.0) -> str:
    """Return a colour for matplotlib; `light` is the share by which it is moved towards white."""
    return "#{:02x}{:02x}{:02x}".format(*(round(c + (255 - c) * light) for c in colour))
