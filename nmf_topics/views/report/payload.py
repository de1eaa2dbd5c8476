"""Collect the data of the report: the numbers of the model as JSON.

Long columns of numbers are typed arrays in base64 (little-endian), which a browser can use directly. Numbers are those
of topics.csv and pages.csv.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nmf_topics.analysis.topic_map import page_map, topic_map
from nmf_topics.analysis.trends import Trend, groupings, trends_of
from nmf_topics.factor.blocks import Array
from nmf_topics.model.flags import topic_flags
from nmf_topics.model.model import TopicModel
from nmf_topics.model.page_topics import FEW_WORDS
from nmf_topics.views.drawing.clouds import colour_of
from nmf_topics.views.report.extracts import bytes_of, representative_pages, shrink, shrink_factor
from nmf_topics.views.tables.tables import json_number

MAX_PAGES = 20_000  # most pages in the report
MAX_SHARES = 2_000_000  # most entries of H in the report; with many topics there are fewer pages
MAX_ROW_WEIGHTS = 1_200_000  # most entries of W for colouring words
META_LENGTH = 300  # most characters of a metadata value
META_BYTES = 6_000_000  # a column of metadata larger than this is left out
DESCRIBING_WORDS = 30  # words that describe a topic
GROUPINGS = 4  # most metadata fields for groups and filters
FILTER_VALUES = 200  # most values of a filter


def report_data(model: TopicModel, pictures: Mapping[int, str]) -> dict[str, Any]:
    """Return all data of the report except the texts and the provenance.

    Parameters
    ----------
    model : TopicModel
    pictures : data URLs of the clouds, by topic number

    Returns
    -------
    a dict that can be written as JSON
    """
    columns = np.sort(representative_pages(model, max(1, min(MAX_PAGES, MAX_SHARES // model.rank))))
    places = topic_map(model)
    pages = _pages(model, columns, page_map(places, model.H))
    kind = model.kind
    data = {
        "schema": 1,
        "corpus": str(model.recipe.get("corpus", {}).get("name", "")),
        "nouns": {"row": kind.row_for_readers, "page": kind.page, "topic": kind.topic},
        "reads_texts": kind.reads_texts,
        "language": str(model.recipe.get("words", {}).get("language", "")),
        "rank": model.rank,
        "terms": len(model.rows),
        "relative_error": json_number(model.relative_error),
        "error_name": model.error_name,
        "few_words": FEW_WORDS,
        "map_shown": json_number(places.shown),
        "topics": _topics(model, places, pictures),
        "pages": pages,
        "filters": [name for name in groupings(model, FILTER_VALUES) if name in pages["meta"]][:GROUPINGS],
        "trends": [_trend(trend) for trend in trends_of(model, groups=GROUPINGS)],
    }
    return data | (_words(model) if kind.has_names else {}) | (_parts(model) if kind.draws_images else {})


def _topics(model: TopicModel, places: Any, pictures: Mapping[int, str]) -> list[dict[str, Any]]:
    found, flags = [], topic_flags(model)
    for topic in model.topics():
        k = topic.number - 1
        words = model.candidates(topic.number) if model.kind.has_names else []
        distances = places.distances[k]
        near = [int(i) for i in np.argsort(distances, kind="stable") if i != k and not math.isnan(distances[i])][:3]
        found.append(
            {
                "number": topic.number,
                "label": topic.label,
                "named": topic.number in model.names,
                "share": json_number(topic.share),
                "pages": topic.pages,
                "coherence": json_number(topic.coherence),
                "stability": json_number(topic.stability),
                "flags": [flag.reason for flag in flags if flag.topic == topic.number],
                "place": [json_number(round(float(x), 6)) for x in places.positions[k]],
                "near": [[i + 1, json_number(round(float(distances[i]), 6))] for i in near],
                "described": _described(model, topic.number),
                "words": [
                    [w.row, w.term, w.weight, w.overall] for w in words
                ],  # all digits, because the order of the words depends on them
                "colour": "#{:02x}{:02x}{:02x}".format(*colour_of(topic.number)),
                "picture": pictures.get(topic.number),
            }
        )
    return found


def _described(model: TopicModel, number: int) -> list[list[Any]]:
    """Return [word, score, share of the topic's pages that have it, share of all pages] of the words of a topic."""
    if model.description is None:
        return []
    words = model.words(number, DESCRIBING_WORDS)
    return [
        [
            w.word,
            json_number(w.score),
            json_number(round(w.coverage, 4)),
            json_number(round(w.coverage / 2**w.lift, 4)),
        ]
        for w in words
    ]


def _pages(model: TopicModel, columns: np.ndarray, places: Array) -> dict[str, Any]:
    """Return the columns of the table of pages, for the pages in the report."""
    pages = model.pages()
    held = [pages[j] for j in columns]
    meta, constant, dropped = _meta([model.columns.meta[j] for j in columns], model.columns.meta_names())
    return {
        "total": len(pages),
        "held": len(held),
        "column": [int(j) for j in columns],
        "id": [_short(model.columns.ids[j]) for j in columns],
        "title": [_short(model.columns.titles[j]) for j in columns],
        "topic": [page.topic or 0 for page in held],
        "status": [page.status for page in held],
        "weight": floats([page.weight for page in held]),
        "margin": floats([page.margin for page in held]),
        "error": floats([page.error for page in held]),
        "shares": floats([page.weights for page in held]),
        "place": floats(places[columns]),
        "meta": meta,
        "constant": constant,
        "meta_left_out": dropped,
    }


def _short(text: str) -> str:
    return text if len(text) <= META_LENGTH else text[: META_LENGTH - 1] + "…"


def _meta(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> tuple[dict[str, list[str]], dict[str, str], list[str]]:
    """Return metadata by column as text, the fields that are equal on all pages, and the names of fields left out."""
    columns: dict[str, list[str]] = {}
    constant: dict[str, str] = {}
    dropped = []
    for name in names:
        values = [_short(meta_text(row.get(name))) for row in rows]
        if len(set(values)) == 1:
            if values[0] and len(rows) > 1:
                constant[name] = values[0]
            elif values[0]:
                columns[name] = values
        elif sum(map(len, values)) > META_BYTES:
            dropped.append(name)
        else:
            columns[name] = values
    return columns, constant, dropped


def meta_text(value: Any) -> str:
    """Return a metadata value as text; "" for a missing value."""
    return "" if value is None or value != value else str(value)


def _trend(trend: Trend) -> dict[str, Any]:
    return {
        "by": trend.by,
        "unit": trend.unit,
        "names": [_short(name) for name in trend.names],
        "pages": trend.pages.tolist(),
        "shares": [[json_number(float(x)) for x in row] for row in trend.shares],
        "left_out": trend.left_out,
    }


def _words(model: TopicModel) -> dict[str, Any]:
    """Return the rows of W of the heaviest words for colouring, scaled by the largest entry of each column."""
    rows = model.rows
    most = max(1, MAX_ROW_WEIGHTS // model.rank)
    top = model.W.max(axis=0)
    kept = np.arange(len(rows))
    if len(rows) > most:
        heaviest = (model.W / np.where(top > 0, top, 1.0)).max(axis=1)
        kept = np.sort(np.argsort(-heaviest, kind="stable")[:most])
    scaled = np.round(model.W[kept] / np.where(top > 0, top, 1.0) * 65535).astype("<u2")
    scaled[np.isin(kept, model.hidden_rows)] = 0
    return {
        "rows": {
            "row": None if len(kept) == len(rows) else kept.tolist(),
            "word": [rows.shown[i] for i in kept.tolist()],
            "weight": base64.b64encode(scaled.tobytes()).decode("ascii"),
            "largest": [json_number(float(x)) for x in top],
            "hidden": sorted(model.hidden_rows),
        }
    }


def _parts(model: TopicModel) -> dict[str, Any]:
    """Return the basis images as bytes, and the total weight of each image."""
    grid: Any = model.rows
    factor = shrink_factor(grid.height, grid.width)
    parts = [shrink(w, grid, factor) for w in model.W.T]
    tops = [float(part.max()) for part in parts]
    return {
        "parts": {
            "height": grid.height // factor,
            "width": grid.width // factor,
            "pixels": [bytes_of(p / t * 255 if t > 0 else p) for p, t in zip(parts, tops, strict=True)],
            "largest": [json_number(t) for t in tops],
            "mass": floats(model.H.sum(axis=0)),
        }
    }


def floats(values: Any) -> str:
    """Encode numbers as base64 of little-endian float32."""
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode("ascii")
