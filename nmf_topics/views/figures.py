"""Figures: the curves of `ranks`, and the three factorizations of `compare` side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nmf_topics.factor.blocks import Array
from nmf_topics.images.pixels import PixelGrid
from nmf_topics.matrix.datamatrix import DataMatrix, largest
from nmf_topics.topics.compare import Factors
from nmf_topics.topics.ranks import RankRow
from nmf_topics.views.basis import basis_grid, reconstruction

_METADATA = {"Software": ""}  # a version of matplotlib in the file would change its bytes


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def draw_ranks(rows: Sequence[RankRow], singular: Array, suggested: tuple[int, int], path: Path) -> None:
    """Singular values, error and coherence against the rank, on one sheet.

    Parameters
    ----------
    rows : one a rank
    singular : all singular values that were computed, falling
    suggested : the range that is shaded
    path : of a PNG
    """
    pyplot = _pyplot()
    figure, axes = pyplot.subplots(1, 3, figsize=(14, 4.2), constrained_layout=True)
    ranks = [row.rank for row in rows]
    left, middle, right = axes
    left.plot(range(1, len(singular) + 1), singular, "o-", color="#005b96", markersize=4)
    left.set(title="Singular values of V", xlabel="index", ylabel="singular value", yscale="log")
    middle.plot(ranks, [row.error for row in rows], "o-", color="#b04a00", markersize=4, label="NMF")
    middle.plot(ranks, [row.svd_error for row in rows], "--", color="#545454", label="best without signs (SVD)")
    middle.set(title="Relative error", xlabel="rank", ylabel="‖V − WH‖ / ‖V‖")
    middle.legend(frameon=False)
    if np.isfinite([row.coherence for row in rows]).any():
        right.plot(
            ranks,
            [row.coherence for row in rows],
            "o-",
            color="#007a58",
            markersize=4,
            label="coherence (NPMI)",
        )
        right.plot(ranks, [row.diversity for row in rows], "s-", color="#963c73", markersize=4, label="diversity")
        right.set(title="Topics", xlabel="rank")
    else:
        right.set(title="Images", xlabel="rank")
    right.plot(
        ranks,
        [row.smallest for row in rows],
        "^-",
        color="#785e00",
        markersize=4,
        label="smallest topic, share",
    )
    right.legend(frameon=False)
    for axis in (middle, right):
        axis.axvspan(*suggested, color="#005b96", alpha=0.08)
    for axis in axes:
        axis.grid(alpha=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120, metadata=_METADATA)
    pyplot.close(figure)


def draw_comparison(data: DataMatrix, results: Sequence[Factors], column: int, folder: Path) -> None:
    """The article's comparison: each method's basis, and one page or image put together from it.

    Parameters
    ----------
    data : DataMatrix
    results : one a method
    column : the page or image that is put together
    folder : existing; gets a PNG a method, and for images one of each method's basis
    """
    if isinstance(data.rows, PixelGrid):
        v = np.asarray(data.V[:, column])
        for result in results:
            name = result.method.lower()
            basis_grid(result.W, data.rows).save(folder / f"basis-{name}.png")
            picture = reconstruction(v, result.W, result.H[:, column], data.rows)
            picture.save(folder / f"reconstruction-{name}.png")
        return
    _draw_words(data, results, column, folder / "compare.png")


def _draw_words(data: DataMatrix, results: Sequence[Factors], column: int, path: Path) -> None:
    """Heaviest words of the first basis columns of each method, and the weights of one page."""
    pyplot = _pyplot()
    shown = min(5, results[0].W.shape[1])
    figure, axes = pyplot.subplots(
        len(results),
        shown + 1,
        figsize=(3.1 * (shown + 1), 3.0 * len(results)),
        constrained_layout=True,
        squeeze=False,
    )
    rows: Any = data.rows
    for line, result in zip(axes, results, strict=True):
        order = largest(np.linalg.norm(result.W, axis=0) * np.linalg.norm(result.H, axis=1), shown)
        for axis, k in zip(line, order, strict=False):
            w = result.W[:, k]
            top = largest(np.abs(w), 8)[::-1]
            axis.barh(
                [rows.surfaces[i] for i in top],
                w[top],
                color=["#005b96" if w[i] >= 0 else "#b02020" for i in top],
            )
            axis.set_title(f"{result.method}: column {k + 1}", fontsize=10)
            axis.tick_params(labelsize=8)
        h = result.H[:, column] * np.linalg.norm(result.W, axis=0)
        line[-1].bar(range(1, len(h) + 1), h, color=["#005b96" if x >= 0 else "#b02020" for x in h])
        line[-1].axhline(0, color="#545454", linewidth=0.6)
        line[-1].set_title(f"{result.method}: weights of “{data.columns.titles[column][:24]}”", fontsize=9)
        for axis in line:
            axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110, metadata=_METADATA)
    pyplot.close(figure)
