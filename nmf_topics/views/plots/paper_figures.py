"""Figures of a model for papers: top words, pages, map and trends, in any format of matplotlib.

Each function writes one figure in some formats and returns its caption.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nmf_topics.analysis.topic_map import page_map, topic_map
from nmf_topics.analysis.trends import Trend
from nmf_topics.factor.blocks import Array
from nmf_topics.model.model import Topic, TopicModel
from nmf_topics.model.shown import TopicWord
from nmf_topics.views.drawing.basis import signed_rgb
from nmf_topics.views.drawing.clouds import colour_of
from nmf_topics.views.drawing.fonts import shapes_of
from nmf_topics.views.plots.plot_style import WIDTH, FigureFonts, new_figure, save_all, tint

MOST_COLUMNS = 2000  # most columns of a heat map; more pages are averaged, because print cannot show them
MOST_DOTS = 5000  # most dots of a map as vector graphics; more are drawn as one bitmap
NAMED_PAGES = 60  # most pages that are labelled with their titles
GREY = "#545454"
DARK = "#202020"


def draw_words(model: TopicModel, folder: Path, formats: Sequence[str], *, top: int, font: Path | None = None) -> str:
    """Draw `words`: a panel for each topic with the words that describe it, or its basis image.

    Parameters
    ----------
    model : TopicModel
    folder : an existing folder; gets words.svg ...
    formats : some of FORMATS
    top : number of words of a topic
    font : a font file that the user chose, or None

    Raises
    ------
    FontError
        if no font has the letters of the words and labels.
    """
    named = model.kind.has_names
    words = [model.words(k + 1, top) if named else [] for k in range(model.rank)]
    covered = any(not math.isnan(word.coverage) for some in words for word in some)
    pen = FigureFonts([*_labels(model), *(word.word for some in words for word in some)], font, shapes_of(model.recipe))
    across = min(model.rank, 3 if named else 7)
    down = -(-model.rank // across)
    with pen.settings():
        figure = new_figure(WIDTH, down * (0.5 + 0.125 * top if named else WIDTH / across + 0.2))
        axes = figure.subplots(down, across, squeeze=False).ravel()
        for axis, topic, some in zip(axes, model.topics(), words, strict=False):
            if named:
                _word_panel(axis, some, pen, colour_of(topic.number), covered=covered)
                axis.set_title(pen.text(_label(model, topic), 28), fontsize=7.5)
            else:
                rows: Any = model.rows
                axis.imshow(signed_rgb(model.W[:, topic.number - 1].reshape(rows.height, rows.width)))
                axis.set_title(str(topic.number))
                axis.set_axis_off()
        for axis in axes[model.rank :]:
            axis.set_visible(False)
        save_all(figure, folder, "words", formats)
    if not named:
        return "The basis images (columns of W). Darker pixels have larger weights."
    if not covered:
        return f"The top {top} words of each topic and their share of its weight (entries of W; columns sum to one)."
    return (
        f"The first {top} words that describe each topic. Bars are the share of the topic's own pages that have the "
        "word, grey lines that of all pages."
    )


def _label(model: TopicModel, topic: Topic) -> str:
    """Return number and label; a label that is a number itself, "part 3", stands alone."""
    return topic.label if topic.label == f"{model.kind.topic} {topic.number}" else f"{topic.number}  {topic.label}"


def _labels(model: TopicModel) -> list[str]:
    return [_label(model, topic) for topic in model.topics()]


def _word_panel(
    axis: Any, words: Sequence[TopicWord], pen: FigureFonts, colour: tuple[int, int, int], *, covered: bool
) -> None:
    """Draw a bar for each word, the first at the top: its share of pages, or its weight in W if that is unknown."""
    from matplotlib.ticker import MaxNLocator

    places = np.arange(len(words), 0, -1)
    values = np.nan_to_num([word.coverage if covered else word.weight for word in words])
    axis.barh(places, values, color=tint(colour, 0.25), height=0.75)
    if covered:
        overall = np.nan_to_num([word.coverage / 2**word.lift for word in words])
        axis.vlines(overall, places - 0.375, places + 0.375, color=GREY, linewidth=1.2)
        axis.set_xlim(0, 1)
    axis.set_yticks(places, [pen.text(word.word, 20) for word in words])
    axis.tick_params(axis="y", length=0)
    axis.xaxis.set_major_locator(MaxNLocator(3))
    axis.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g}%")
    axis.spines["left"].set_visible(False)


def draw_pages(model: TopicModel, folder: Path, formats: Sequence[str], *, font: Path | None = None) -> str:
    """Draw `pages`: the shares of all topics on all pages as a heat map, with pages ordered by topic."""
    columns = np.flatnonzero(model.H.any(axis=0))
    shares = model.H[:, columns] / model.H[:, columns].sum(axis=0)
    dominant = shares.argmax(axis=0)
    order = np.lexsort((-shares.max(axis=0), dominant))
    n, together = len(order), -(-len(order) // MOST_COLUMNS)
    kind = model.kind
    named = n <= NAMED_PAGES
    pen = FigureFonts(_labels(model), font, shapes_of(model.recipe))
    with pen.settings():
        figure = new_figure(WIDTH, 0.9 + 0.24 * model.rank + (1.6 if named else 0))
        axis = figure.subplots()
        looks: dict[str, Any] = {"aspect": "auto", "interpolation": "nearest", "cmap": "Blues", "vmin": 0, "vmax": 1}
        drawn = axis.imshow(_means(shares[:, order], together), extent=(0, n, model.rank, 0), **looks)
        axis.set_yticks(np.arange(model.rank) + 0.5, [pen.text(label, 42) for label in _labels(model)])
        ends = np.cumsum(np.bincount(dominant, minlength=model.rank))
        axis.vlines(ends[:-1], 0, model.rank, color=GREY, linewidth=0.3)
        if named:
            titles = [pen.text(model.columns.titles[j], 28) for j in columns[order]]
            axis.set_xticks(np.arange(n) + 0.5, titles, rotation=90, fontsize=5.5)
        else:
            axis.set_xlabel(f"{n} {kind.pages}, by main {kind.topic}")
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
        figure.colorbar(
            drawn, ax=axis, fraction=0.03, pad=0.015, label=f"share of the {kind.page}"
        ).outline.set_visible(False)
        save_all(figure, folder, "pages", formats)
    merged = f" Each column is the mean of {together} {kind.pages}." if together > 1 else ""
    return (
        f"Shares of the {kind.topics} on {n} {kind.pages}, ordered by main {kind.topic} and its share."
        f"{merged}{_without(model, n)}"
    )


def _without(model: TopicModel, shown: int) -> str:
    left_out = model.H.shape[1] - shown
    kind = model.kind
    return f" {kind.pages.capitalize()} without a {kind.topic} are left out ({left_out})." if left_out else ""


def _means(A: Array, together: int) -> Array:
    """Return the means of groups of consecutive columns; the last group may be smaller."""
    if together <= 1:
        return A
    starts = np.arange(0, A.shape[1], together)
    return np.add.reduceat(A, starts, axis=1) / np.diff(np.append(starts, A.shape[1]))


def draw_map(model: TopicModel, folder: Path, formats: Sequence[str], *, font: Path | None = None) -> str:
    """Draw `map`: topics in the plane, with areas by their share of the corpus, and pages among them."""
    found = topic_map(model)
    pages, dominant = page_map(found, model.H), model.dominant()
    pen = FigureFonts(_labels(model), font, shapes_of(model.recipe))
    with pen.settings():
        figure = new_figure(WIDTH, 4.6)
        axis, key = figure.subplots(1, 2, width_ratios=(2.2, 1))
        dots: dict[str, Any] = {"s": 4, "linewidths": 0, "alpha": 0.5, "rasterized": len(pages) > MOST_DOTS}
        for topic in model.topics():
            own = pages[dominant == topic.number - 1]
            axis.scatter(*own.T, color=tint(colour_of(topic.number), 0.3), **dots)
        middle: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 7}
        for topic in sorted(model.topics(), key=lambda topic: -topic.share):  # small topics over large ones
            x, y = found.positions[topic.number - 1]
            if np.isfinite(x):
                looks: dict[str, Any] = {"alpha": 0.85, "edgecolors": "white", "linewidths": 0.8}
                axis.scatter([x], [y], s=2200 * topic.share, color=tint(colour_of(topic.number)), **looks)
                axis.annotate(str(topic.number), (x, y), color="white", **middle)
        axis.set_aspect("equal", adjustable="datalim")
        axis.margins(0.12)
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
        _key(key, model, pen)
        save_all(figure, folder, "map", formats)
    shown = f" The plane shows {found.shown:.0%} of their squared distances." if np.isfinite(found.shown) else ""
    kind = model.kind
    return (
        f"{kind.topics.capitalize()} by the similarity of their {kind.row_for_readers}s (Jensen-Shannon distances "
        "of the columns of W, classical scaling). Areas are shares of the corpus, dots are "
        f"{kind.pages} at the mean of their {kind.topics}.{shown}"
    )


def _key(axis: Any, model: TopicModel, pen: FigureFonts) -> None:
    """Draw the legend: numbers, colours and names of the topics."""
    axis.set_axis_off()
    axis.set(xlim=(0, 1), ylim=(max(model.rank, 12), -0.5))
    size = min(7.5, 150 / model.rank)
    for place, topic in enumerate(model.topics()):
        axis.scatter([0.03], [place], s=3 * size, color=tint(colour_of(topic.number)), clip_on=False)
        axis.annotate(pen.text(_label(model, topic), 44), (0.08, place), va="center", fontsize=size)


def draw_trend(
    model: TopicModel, trend: Trend, folder: Path, name: str, formats: Sequence[str], *, font: Path | None = None
) -> str:
    """Draw a trend over time with a panel for each topic, or shares by group as a heat map.

    Parameters
    ----------
    model, trend : a model and one of its trends
    folder, name : the files are folder/name.svg ...
    formats : some of FORMATS
    font : a font file that the user chose, or None
    """
    pen = FigureFonts(_labels(model), font, shapes_of(model.recipe))
    with pen.settings():
        figure = _groups(model, trend, pen) if trend.unit == "group" else _periods(model, trend, pen)
        save_all(figure, folder, name, formats)
    kind = model.kind
    left_out = (
        f" {kind.pages.capitalize()} without it, or without a {kind.topic}, are left out ({trend.left_out})."
        if trend.left_out
        else ""
    )
    return f"Mean share of each {kind.topic} over the {kind.pages} of a {trend.unit}, by {trend.by}.{left_out}"


def _periods(model: TopicModel, trend: Trend, pen: FigureFonts) -> Any:
    """Draw a panel for each topic, all with the same scale, and one with the number of pages of each period."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    panels = model.rank + 1
    across = min(panels, 3)
    down = -(-panels // across)
    figure = new_figure(WIDTH, 1.15 * down + 0.3)
    axes = figure.subplots(down, across, squeeze=False, sharex=True).ravel()
    x = np.arange(len(trend.names))
    highest = float(np.nanmax(trend.shares))
    for axis, topic in zip(axes, model.topics(), strict=False):
        share, colour = trend.shares[topic.number - 1], colour_of(topic.number)
        axis.fill_between(x, np.nan_to_num(share), where=~np.isnan(share), color=tint(colour, 0.75), linewidth=0)
        axis.plot(x, share, color=tint(colour), linewidth=1.2, marker="o", markersize=2 if len(x) <= 30 else 1)
        axis.set(title=pen.text(_label(model, topic), 40), ylim=(0, 1.08 * highest))
        axis.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0 if highest > 0.05 else 1))
    axes[model.rank].bar(x, trend.pages, color="#b8b8b8", width=0.8)
    axes[model.rank].set_title(f"{model.kind.pages}")
    axes[model.rank].yaxis.set_major_locator(MaxNLocator(3, integer=True))
    ticks = x[:: -(-len(x) // 5)]
    for place, axis in enumerate(axes):
        axis.set_xticks(ticks, [trend.names[i] for i in ticks])
        axis.tick_params(labelbottom=place + across >= panels)  # only in the lowest panel of each column
        axis.set_visible(place < panels)
    return figure


def _groups(model: TopicModel, trend: Trend, pen: FigureFonts) -> Any:
    """Draw groups as rows, topics as columns, and the share in each cell."""
    groups = len(trend.names)
    figure = new_figure(WIDTH, 1.7 + 0.22 * groups)
    axis = figure.subplots()
    highest = float(np.nanmax(trend.shares))
    axis.imshow(trend.shares.T, aspect="auto", cmap="Blues", vmin=0, vmax=highest)
    size = min(7.0, 110 / model.rank)
    for g in range(groups):
        for k, share in enumerate(trend.shares[:, g]):
            ink = "white" if share > 0.6 * highest else DARK
            axis.text(k, g, f"{share:.0%}", color=ink, fontsize=size, ha="center", va="center")
    names = [f"{pen.text(name, 32)} ({n})" for name, n in zip(trend.names, trend.pages, strict=True)]
    axis.set_yticks(range(groups), names)
    slanted: dict[str, Any] = {"rotation": 40, "ha": "left", "rotation_mode": "anchor"}
    axis.set_xticks(range(model.rank), [pen.text(label, 30) for label in _labels(model)], **slanted)
    axis.xaxis.tick_top()
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    return figure
