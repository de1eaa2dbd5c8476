"""Figures of `ranks` (curves) and of `compare` (three factorizations side by side)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nmf_topics.analysis.method_comparison import Factors
from nmf_topics.analysis.ranks import RankRow
from nmf_topics.factor.blocks import Array
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.matrix.rows import largest
from nmf_topics.views.drawing.basis import basis_grid, reconstruction
from nmf_topics.views.drawing.fonts import shapes_of
from nmf_topics.views.plots.plot_style import DETERMINED, DPI, FigureFonts, save_figure


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def draw_ranks(rows: Sequence[RankRow], singular: Array, suggested: tuple[int, int], path: Path) -> None:
    """Plot singular values, error and coherence against the rank in one figure.

    Parameters
    ----------
    rows : one row for each rank
    singular : all computed singular values, descending
    suggested : the suggested range, which is shaded
    path : path of a PNG, SVG or PDF file
    """
    from matplotlib import rc_context
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

    pyplot = _pyplot()
    figure, axes = pyplot.subplots(1, 3, figsize=(14, 4.6), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.15, h_pad=0.08)
    left, middle, right = axes
    ranks = [row.rank for row in rows]
    seen = singular[singular > 1e-6 * singular[0]]  # smaller ones are zero apart from rounding
    left.plot(range(1, len(seen) + 1), seen, "o-", color="#005b96", markersize=4)
    left.set(title="Singular values of V", xlabel="index", ylabel="singular value", yscale="log")
    span = seen[0] / seen[-1]
    ticks = (1, 1.5, 2, 3, 5, 7) if span < 10 else (1, 2, 5) if span < 1000 else (1,)
    left.yaxis.set_major_locator(LogLocator(subs=ticks))
    left.yaxis.set_major_formatter("{x:g}")  # 2 and 3, not 2 × 10⁰ and 3 × 10⁰
    left.yaxis.set_minor_locator(NullLocator())
    middle.plot(ranks, [row.error for row in rows], "o-", color="#b04a00", markersize=4, label="NMF")
    middle.plot(ranks, [row.svd_error for row in rows], "--", color="#545454", label="SVD, best possible")
    middle.set(title="Relative error", xlabel="rank")
    middle.set_ylabel("‖V − WH‖ / ‖V‖", labelpad=8)
    shown = {
        "coherence (NPMI)": ("o-", "#007a58", [row.coherence for row in rows]),
        "diversity": ("s-", "#963c73", [row.diversity for row in rows]),
        "smallest topic, share of pages": ("^-", "#785e00", [row.smallest for row in rows]),
    }
    for label, (mark, colour, values) in shown.items():
        if np.isfinite(values).any():  # images have no coherence and no diversity
            right.plot(ranks, values, mark, color=colour, markersize=4, label=label)
    right.set(title="Topics", xlabel="rank")
    low, high = suggested
    for axis in (middle, right):
        axis.axvspan(low - 0.25, high + 0.25, color="#005b96", alpha=0.08)
        axis.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3, fontsize=8.5)
    for axis in axes:
        axis.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axis.grid(alpha=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    with rc_context(DETERMINED):
        save_figure(figure, path, dpi=120 if path.suffix == ".png" else DPI)
    pyplot.close(figure)


def draw_comparison(data: DataMatrix, results: Sequence[Factors], column: int, folder: Path) -> None:
    """Draw the article's comparison: the basis of each method, and one page or image rebuilt from it.

    Parameters
    ----------
    data : DataMatrix
    results : one for each method
    column : the page or image to rebuild
    folder : an existing folder; gets a PNG for each method, and for images one of each basis

    Raises
    ------
    OutputError
        if no font has the letters of the words.
    """
    if data.kind.draws_images:
        grid: Any = data.rows
        v = np.asarray(data.V[:, column])
        for result in results:
            name = result.method.lower()
            basis_grid(result.W, grid).save(folder / f"basis-{name}.png")
            picture = reconstruction(v, result.W, result.H[:, column], grid)
            picture.save(folder / f"reconstruction-{name}.png")
        return
    _draw_words(data, results, column, folder / "compare.png")


def _draw_words(data: DataMatrix, results: Sequence[Factors], column: int, path: Path) -> None:
    """Draw the top words of the first columns of W of each method, and the weights of one page."""
    from matplotlib.ticker import MaxNLocator

    rows = data.rows
    shown = min(5, results[0].W.shape[1])
    orders = [largest(np.linalg.norm(result.W, axis=0) * np.linalg.norm(result.H, axis=1), shown) for result in results]
    tops = [
        [largest(np.abs(result.W[:, k]), 8)[::-1] for k in order] for result, order in zip(results, orders, strict=True)
    ]
    drawn = (rows.shown[i] for top in tops for words in top for i in words)
    pen = FigureFonts(drawn, language=shapes_of(data.recipe))
    title = pen.text(data.columns.titles[column], 24)
    names = pen.families()

    pyplot = _pyplot()
    figure, axes = pyplot.subplots(
        len(results),
        shown + 1,
        figsize=(3.1 * (shown + 1), 3.0 * len(results)),
        layout="constrained",
        squeeze=False,
    )
    # matplotlib would read text between two dollar signs as a formula
    small, large = ({"family": names, "language": pen.language, "size": size, "parse_math": False} for size in (8, 9.5))
    for line, result, order, top in zip(axes, results, orders, tops, strict=True):
        for axis, k, words in zip(line, order, top, strict=False):
            w = result.W[:, k]
            axis.barh(range(len(words)), w[words], color=_signs(w[words]))
            axis.set_yticks(range(len(words)), [pen.text(rows.shown[i], 24) for i in words], **small)
            axis.set_title(f"{result.method}: column {k + 1}", **large)
            axis.xaxis.set_major_locator(MaxNLocator(4))
        h = result.H[:, column] * np.linalg.norm(result.W, axis=0)
        line[-1].bar(range(1, len(h) + 1), h, color=_signs(h))
        line[-1].axhline(0, color="#545454", linewidth=0.6)
        line[-1].xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        line[-1].set_title(f"{result.method}: weights of “{title}”", **large)
        for axis in line:
            axis.tick_params(labelsize=8)
            axis.spines[["top", "right"]].set_visible(False)
    save_figure(figure, path, dpi=110)
    pyplot.close(figure)


def _signs(values: Array) -> list[str]:
    """Return blue for positive values, red for negative ones."""
    return ["#005b96" if value >= 0 else "#b02020" for value in values]
