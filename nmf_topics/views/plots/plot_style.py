"""What all figures of matplotlib share: settings of a paper, fonts for the letters that are drawn, equal bytes.

SVG has its letters as outlines, so that they look the same where the font is not; PDF has the fonts inside, as outlines
that publishers take (Type 42). No file holds a date, a version, or a name that chance gave.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nmf_topics.views.drawing.fonts import drawable, fonts_for

FORMATS = ("svg", "pdf", "png")
DPI = 300
WIDTH = 7.2  # inches: two columns of a journal
_METADATA: dict[str, dict[str, None]] = {
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    ".png": {"Software": None},
}
DETERMINED: dict[Any, Any] = {"svg.hashsalt": "nmf-topics", "svg.fonttype": "path", "pdf.fonttype": 42}
SETTINGS: dict[Any, Any] = {
    **DETERMINED,
    "text.parse_math": False,  # between two dollar signs of a title matplotlib would read formulas
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
    """Figures with fonts that have the letters of some texts.

    Parameters
    ----------
    needed : texts whose every letter must be there
    font : the user's own choice, or None
    language : ISO 639-1, as `shapes_of` says it, or None

    Raises
    ------
    FontError
        if no font has them.
    """

    def __init__(self, needed: Iterable[str], font: Path | None = None, language: str | None = None) -> None:
        self.fonts = fonts_for(needed, font)
        self.language = language

    def text(self, text: str, length: int = 40) -> str:
        """As much of a text as a label has room for, without what the fonts have no picture of."""
        shown = drawable(text, self.fonts)
        return shown if len(shown) <= length else shown[: length - 1].rstrip(" ,") + "…"

    def families(self) -> list[str]:
        """Names that matplotlib knows the fonts by, in their order."""
        from matplotlib import font_manager

        for font in self.fonts:
            font_manager.fontManager.addfont(str(font))
        return [font_manager.FontProperties(fname=str(font)).get_name() for font in self.fonts]

    @contextmanager
    def settings(self) -> Iterator[None]:
        """The block draws and saves with the settings of a paper and these fonts."""
        import matplotlib

        with matplotlib.rc_context({**SETTINGS, "font.family": self.families(), "text.language": self.language}):
            yield


def new_figure(width: float, height: float) -> Any:
    """An empty figure of so many inches, which belongs to nobody else."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure: Any, path: Path, dpi: int = DPI) -> None:
    """Write a figure in the format of the path's ending."""
    figure.savefig(path, dpi=dpi, metadata=_METADATA[path.suffix])


def save_all(figure: Any, folder: Path, name: str, formats: Sequence[str]) -> None:
    """Write a figure in several formats, arranged once."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for ending in formats:
        save_figure(figure, folder / f"{name}.{ending}")


def tint(colour: tuple[int, int, int], light: float = 0.0) -> str:
    """A colour for matplotlib, lighter by a part of what it lacks to white."""
    return "#{:02x}{:02x}{:02x}".format(*(round(c + (255 - c) * light) for c in colour))
