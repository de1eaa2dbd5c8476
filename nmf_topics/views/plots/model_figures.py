"""Draw all figures of a model that its data allow, and return their captions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nmf_topics.analysis.ranks import RankRow, suggest
from nmf_topics.analysis.trends import Unit, trend_by, trends_of
from nmf_topics.model.model import TopicModel
from nmf_topics.views.plots.figures import draw_ranks
from nmf_topics.views.plots.paper_figures import draw_map, draw_pages, draw_trend, draw_words


def draw_figures(
    model: TopicModel,
    folder: Path,
    formats: Sequence[str],
    *,
    top: int = 10,
    by: str | None = None,
    period: Unit | None = None,
    font: Path | None = None,
    ranks: tuple[Sequence[RankRow], Sequence[float]] | None = None,
) -> dict[str, str]:
    """Draw words, pages, the map of topics, trends, and the curves of ranks.

    Parameters
    ----------
    model : TopicModel
    folder : an existing folder
    formats : some of `plot_style.FORMATS`
    top : number of words of a topic
    by : metadata field of the trend; None: dates, and labels or else the first field that gives groups
    period : unit of trends over time; None: choose one
    font : a font file that the user chose, or None
    ranks : results of `ranks` on this corpus: rows, and singular values

    Returns
    -------
    the caption of each figure by its name

    Raises
    ------
    FontError
        if no font has the letters of the words.
    ModelError
        if there are neither dates nor groups in the metadata asked for.
    """
    trends = trends_of(model, groups=1, unit=period) if by is None else [trend_by(model, by, period)]
    drawn = {
        "words": draw_words(model, folder, formats, top=top, font=font),
        "pages": draw_pages(model, folder, formats, font=font),
    }
    if model.rank > 1:
        drawn["map"] = draw_map(model, folder, formats, font=font)
    for trend in trends:
        name = "trend" if trend.unit != "group" else "groups"
        drawn[name] = draw_trend(model, trend, folder, name, formats, font=font)
    if ranks is not None:
        rows, singular = ranks
        low, high, reasons = suggest(rows, singular)
        for ending in formats:
            draw_ranks(rows, np.array(singular), (low, high), folder / f"ranks.{ending}")
        drawn["ranks"] = f"Singular values, errors and measures by rank. Shaded: {'; '.join(reasons)}."
    return drawn
