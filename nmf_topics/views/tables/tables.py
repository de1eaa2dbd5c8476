"""Tables for programs: topics.csv, pages.csv and the results of `classify`, as CSV and as JSON.

Numbers have nine significant digits. A missing value (NaN) is an empty cell in CSV and null in JSON.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.model.flags import topic_flags
from nmf_topics.model.model import Topic, TopicModel
from nmf_topics.model.page_topics import PageTopics
from nmf_topics.model.relevance import WordOrder

if TYPE_CHECKING:
    from nmf_topics.model.classify import Assignment

TERMS_IN_FILE = 50
PAGE_COLUMNS = ("id", "title", "topic", "label", "weight", "margin", "error", "status")
ROW = "row"  # last column of pages.csv


def number(value: float) -> str:
    """Format a number for CSV; "" for NaN."""
    return "" if math.isnan(value) else f"{value:.9g}"


def json_number(value: float) -> float | None:
    """Round a number for JSON as in CSV; None for NaN."""
    return None if math.isnan(value) else float(f"{value:.9g}")


def topic_rows(model: TopicModel) -> Iterable[list[str]]:
    """Yield the rows of topics.csv: the words that describe each topic, best first.

    `weight` is the weight of the word in W, which is not the order of the rows. It is 0 for a word that is on too many
    pages to be a row of V.
    """
    yield ["topic", "label", "share", "pages", "stability", "coherence", "term", "weight", "rank_in_topic"]
    for topic in model.topics():
        head = [
            str(topic.number),
            topic.label,
            number(topic.share),
            str(topic.pages),
            number(topic.stability),
            number(topic.coherence),
        ]
        for rank, (term, weight) in enumerate(_weights(model, topic.number, TERMS_IN_FILE), start=1):
            yield [*head, term, number(weight), str(rank)]


def _weights(model: TopicModel, topic: int, k: int, order: WordOrder = "typical") -> list[tuple[str, float]]:
    """Return the first words of a topic (of images: pixels) with their weights in W."""
    return [(word.word, word.weight) for word in model.words(topic, k, order=order)]


def page_rows(model: TopicModel, columns: Sequence[int] | None = None) -> Iterable[list[str]]:
    """Yield the rows of pages.csv, one per page, in the order of the source unless `columns` gives another one.

    `page_` is added to metadata names that equal another column.
    """
    meta_names = model.columns.meta_names()
    weights = [f"topic_{k + 1}" for k in range(model.rank)]
    headers = model.columns.headers({*PAGE_COLUMNS, *weights, ROW})
    yield [*PAGE_COLUMNS, *(headers[name] for name in meta_names), *weights, ROW]
    pages, rows = model.pages(), model.columns.rows()
    for j in model.columns.in_source_order() if columns is None else columns:
        meta = model.columns.meta[j]
        yield [
            model.columns.ids[j],
            model.columns.titles[j],
            *_page_cells(model, pages[j]),
            *(_meta_cell(meta.get(name)) for name in meta_names),
            *(number(float(w)) for w in pages[j].weights),
            str(rows[j] or ""),
        ]


def word_rows(words: Iterable[Sequence[Any]], counted: str = "pages") -> Iterable[list[str]]:
    """Yield the rows of words.csv (see `terms.words_table`); `counted` names the columns of V: "pages" or "pieces"."""
    yield ["term", "forms", counted, "count", "kept", "residual_idf"]
    for line in words:
        yield ["" if cell is None else str(cell) for cell in line]


def _meta_cell(value: Any) -> str:
    """Return a metadata value as text; "" for a missing value."""
    return "" if value is None or value != value else str(value)


def _page_cells(model: TopicModel, page: PageTopics) -> list[str]:
    """Return the cells topic, label, weight, margin, error and status."""
    label = model.label(page.topic) if page.topic else ""
    return [
        str(page.topic or ""),
        label,
        number(page.weight),
        number(page.margin),
        number(page.error),
        page.status,
    ]


def assignment_rows(model: TopicModel, assignments: Iterable[Assignment]) -> Iterable[list[str]]:
    """Yield the CSV rows of `classify`: as pages.csv, with the share of known words and a note before the metadata.

    The names of the metadata are known only after the last page, so the rows are kept in a temporary file until then.
    """
    names: set[str] = set()
    weights = [f"topic_{k + 1}" for k in range(model.rank)]
    fixed = [*PAGE_COLUMNS, "known_words", "note"]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as waiting:
        for a in assignments:
            names.update(a.meta)
            cells = [a.name, a.title, *_page_cells(model, a.topics), number(a.known_words), a.note]
            meta = {name: _meta_cell(value) for name, value in a.meta.items()}
            shares = [number(float(w)) for w in a.topics.weights]
            waiting.write(json.dumps([cells, meta, [*shares, str(a.row or "")]]) + "\n")
        waiting.seek(0)
        order = sorted(names)
        headers = PageColumns([], [], [dict.fromkeys(order)]).headers({*fixed, *weights, ROW})
        yield [*fixed, *(headers[name] for name in order), *weights, ROW]
        for line in waiting:
            cells, meta, last = json.loads(line)
            yield [*cells, *(meta.get(name, "") for name in order), *last]


def topic_json(
    model: TopicModel, number_: int, *, terms: int = 10, pages: int = 5, order: WordOrder = "typical"
) -> dict[str, Any]:
    """Return one topic as JSON."""
    flags = [flag.to_meta() for flag in topic_flags(model) if flag.topic == number_]
    return _topic_json(model, model.topics()[number_ - 1], terms, pages, order) | {"flags": flags}


def _topic_json(model: TopicModel, topic: Topic, terms: int, pages: int, order: WordOrder) -> dict[str, Any]:
    return {
        "topic": topic.number,
        "label": topic.label,
        "share": json_number(topic.share),
        "pages": topic.pages,
        "coherence": json_number(topic.coherence),
        "stability": json_number(topic.stability),
        "terms": [{"term": t, "weight": json_number(w)} for t, w in _weights(model, topic.number, terms, order)],
        "description": [
            {"term": w.word, **{name: json_number(getattr(w, name)) for name in ("score", "coverage", "lift")}}
            for w in (model.words(topic.number, terms, order=order) if model.kind.reads_texts else ())
        ],
        "top_pages": [
            {"id": model.columns.ids[j], "title": model.columns.titles[j], "weight": json_number(w)}
            for j, w in model.top_pages(topic.number, pages)
        ],
    }


def model_json(model: TopicModel, path: Path, *, terms: int = 10, order: WordOrder = "typical") -> dict[str, Any]:
    """Return a fitted model as JSON."""
    flags = topic_flags(model)
    return {
        "schema": 1,
        "model": str(path),
        "rank": model.rank,
        "n_pages": len(model.columns),
        "n_terms": len(model.rows),
        "objective": model.recipe["objective"],
        "relative_error": json_number(model.relative_error),
        "iterations": len(model.trace),
        "converged": model.stopped != "max_iter",
        "stopped": model.stopped,
        "certificate": json_number(model.certificate),
        "topics": [
            _topic_json(model, topic, terms, 5, order)
            | {"flags": [flag.to_meta() for flag in flags if flag.topic == topic.number]}
            for topic in model.topics()
        ],
    }


def pages_json(model: TopicModel, columns: Sequence[int] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the pages of a model as JSON, in the order of the source unless `columns` gives another one."""
    pages, rows = model.pages(), model.columns.rows()
    for j in model.columns.in_source_order() if columns is None else columns:
        yield {
            "id": model.columns.ids[j],
            "title": model.columns.titles[j],
            **_page_topics_json(model, pages[j]),
            "meta": {name: None if value != value else value for name, value in model.columns.meta[j].items()},
            "row": rows[j],
        }


def assignment_json(model: TopicModel, a: Assignment) -> dict[str, Any]:
    """Return one classified page as JSON."""
    document: dict[str, Any] = {
        "name": a.name,
        "title": a.title,
        **_page_topics_json(model, a.topics),
        "known_words": json_number(a.known_words),
        "unknown_words": list(a.unknown_words),
        "note": a.note,
        "row": a.row,
    }
    if a.explanation is not None:
        document["explanation"] = [
            {
                "topic": k,
                "label": model.label(k),
                "words": [{"term": t, "part": json_number(part)} for t, part in words],
            }
            for k, words in a.explanation.items()
        ]
    return document


def _page_topics_json(model: TopicModel, page: PageTopics) -> dict[str, Any]:
    return {
        "status": page.status,
        "topic": page.topic,
        "label": model.label(page.topic) if page.topic else None,
        "weight": json_number(page.weight),
        "margin": json_number(page.margin),
        "error": json_number(page.error),
        "weights": [json_number(float(w)) for w in page.weights],
    }
