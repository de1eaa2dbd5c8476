"""Displays of a model: three lines of text, and a table for notebooks.

The HTML contains its styles and no script, so it works in every notebook viewer. It uses the colours of the page, so it
fits dark themes. In a cloud the size of a word grows with its weight.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from typing import Any

from nmf_topics.factor.objectives import OBJECTIVES
from nmf_topics.model.reading import ReadableModel, ReadableTopic

TOPICS_IN_A_LINE = 4
WORDS_IN_TABLE = 10
WORDS_IN_CLOUD = 20
SMALLEST, LARGEST = 0.7, 1.5  # font sizes in a cloud, relative to the text around it
ENDED = {
    "converged": "converged",
    "certified": "at a minimum, by certificate",
    "exact": "exact",
    "max_iter": "not converged",
}
CELL = "text-align:left;vertical-align:top;padding:0.3em 0.8em 0.3em 0"


def model_text(model: ReadableModel) -> str:
    """Return three lines: what was fitted, how well, and the largest topics."""
    return "\n".join((_head(model), f"  {_fit(model)}", f"  {_topics_line(model.topics())}"))


def _head(model: ReadableModel) -> str:
    topics, pages, rows = model.rank, len(model.columns), len(model.rows)
    kind = model.kind
    return f"TopicModel: {_count(topics, 'topic')} of {_count(pages, kind.page)} and {_count(rows, kind.row)}"


def _fit(model: ReadableModel) -> str:
    objective = OBJECTIVES[model.recipe["objective"]]
    ended = f"{ENDED.get(model.stopped, model.stopped)} after {_count(len(model.trace), 'iteration')}"
    return f"{objective.summary} ({model.recipe['solver']}), {model.error_name} {model.relative_error:.4f}, {ended}"


def _topics_line(topics: Sequence[ReadableTopic]) -> str:
    shown = " · ".join(f"{t.number} {_cut(t.label, 30)} {t.share:.0%}" for t in topics[:TOPICS_IN_A_LINE])
    rest = len(topics) - TOPICS_IN_A_LINE
    return f"{shown} · {rest} more" if rest > 0 else shown


def model_html(model: ReadableModel) -> str:
    """Return a table of the topics: number, label, share, pages, words and a word cloud, or a picture for images."""
    topics = model.topics()
    largest = max((topic.share for topic in topics), default=1.0)
    kind = model.kind
    words = (f"{kind.row_for_readers}s", "cloud") if kind.has_names else ()
    names = ("", "topic", "share", kind.pages, *words, *(("picture",) if kind.draws_images else ()))
    head = "".join(f'<th style="{CELL}">{name}</th>' for name in names)
    body = "\n".join(f"<tr>{_row(model, topic, largest)}</tr>" for topic in topics)
    said = f'<p style="margin:0 0 0.4em 0">{escape(_head(model))}<br>{escape(_fit(model))}</p>'
    return f"<div>{said}\n{table_html(head, body)}</div>"


def table_html(head: str, body: str) -> str:
    """Return a table of rows that are HTML already."""
    lines = f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>"
    return f'<table style="border-collapse:collapse;color:inherit;font-size:inherit">{lines}</table>'


def _row(model: ReadableModel, topic: ReadableTopic, largest: float) -> str:
    cells = [
        f"<b>{topic.number}</b>",
        f'<span dir="auto">{escape(topic.label)}</span>',
        f"{bar(topic.share / largest if largest > 0 else 0.0)} {topic.share:.1%}",
        f"{topic.pages:,}",
    ]
    if model.kind.has_names:
        words = model.terms(topic.number, WORDS_IN_CLOUD)
        listed = ", ".join(word for word, _ in words[:WORDS_IN_TABLE])
        cells += [f'<span dir="auto">{escape(listed)}</span>', cloud(words)]
    if model.kind.draws_images:
        grid: Any = model.rows
        data = base64.b64encode(grid.png(model.W[:, topic.number - 1])).decode("ascii")
        cells.append(f'<img alt="topic {topic.number}" src="data:image/png;base64,{data}">')
    wide = {0: "", 2: ";white-space:nowrap", 4: ";max-width:22em", 5: ";max-width:30em"}
    return "".join(f'<td style="{CELL}{wide.get(i, "")}">{cell}</td>' for i, cell in enumerate(cells))


def bar(part: float) -> str:
    """Return a bar of up to 6 em."""
    style = f"display:inline-block;width:{6 * part:.2f}em;height:0.7em;background:currentColor;opacity:0.45"
    return f'<span style="{style}"></span>'


def cloud(words: Sequence[tuple[str, float]]) -> str:
    """Return a word cloud in HTML, in alphabetical order.

    Examples
    --------
    >>> cloud([("tea", 0.5)]).partition(" style=")[2]
    '"line-height:1.15"><span dir="auto" style="font-size:1.50em;opacity:1.00" title="0.5000">tea</span></div>'
    """
    if not words:
        return ""
    lightest, heaviest = (bound(weight for _, weight in words) for bound in (min, max))
    spans = []
    for word, weight in sorted(words, key=lambda pair: (pair[0].casefold(), pair[0])):
        strength = (weight - lightest) / (heaviest - lightest) if heaviest > lightest else 1.0
        size = SMALLEST + (LARGEST - SMALLEST) * strength
        style = f"font-size:{size:.2f}em;opacity:{0.55 + 0.45 * strength:.2f}"
        spans.append(f'<span dir="auto" style="{style}" title="{weight:.4f}">{escape(word)}</span>')
    return f'<div style="line-height:1.15">{" ".join(spans)}</div>'


def _count(n: int, what: str) -> str:
    return f"1 {what}" if n == 1 else f"{n:,} {what}s"


def _cut(text: str, length: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"
