"""A model as an Excel workbook: topics, their words, the pages, and how it all was made.

Texts are cells of text, whatever they begin with, so nothing in them runs; numbers are numbers. What Excel has no room
for is an error that says so: more rows than 1,048,576, more columns than 16,384. A text of more than 32,767 characters
is cut, and that is said.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nmf_topics.errors import MissingExtra, OutputError, Remedy
from nmf_topics.model.model import TopicModel
from nmf_topics.views.tables.tables import PAGE_COLUMNS, number, page_rows, topic_rows

MOST_ROWS, MOST_COLUMNS, LONGEST = 1_048_576, 16_384, 32_767
MOST_DIGITS = 2**53  # whole numbers beyond this are not kept exactly
WORDS = 20
SAID = 5  # cut cells that are named
_WIDTHS = {"title": 40, "label": 32, "words": 90, "id": 18, "term": 18, "option": 24, "value": 60}


@dataclass(frozen=True)
class _Sheet:
    """A table, its header first, and which of its columns hold numbers."""

    rows: Sequence[Sequence[str]]
    numbers: frozenset[int]


def write_workbook(model: TopicModel, path: Path) -> list[str]:
    """Write a model as .xlsx; the same model makes the same bytes.

    Returns
    -------
    which texts were cut, in words, a line a sheet

    Raises
    ------
    MissingExtra
        if XlsxWriter is not installed.
    OutputError
        if Excel cannot hold so many pages.
    """
    try:
        from xlsxwriter import Workbook
    except ImportError as error:
        raise MissingExtra("XlsxWriter", "xlsx", "an Excel workbook") from error
    sheets = {
        "topics": _topics(model),
        "words": _Sheet(list(topic_rows(model)), frozenset(range(9)) - {1, 6}),
        "pages": _pages(model),
        "about": _about(model),
    }
    for name, sheet in sheets.items():
        rows, columns = len(sheet.rows), len(sheet.rows[0])
        if rows > MOST_ROWS or columns > MOST_COLUMNS:
            raise OutputError(
                f"Excel has no room for {name} of {rows:,} rows, {columns:,} columns (it has {MOST_ROWS:,} and "
                f"{MOST_COLUMNS:,})",
                remedy=Remedy("export {to=csv} instead"),
            )
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    remarks = []
    with Workbook(str(path), {**options, "in_memory": True}) as book:
        book.set_properties({"created": datetime(2000, 1, 1), "title": "Topics by nmf-topics"})  # no time of day
        bold = book.add_format({"bold": True})
        for name, sheet in sheets.items():
            cut = _fill(book.add_worksheet(name), sheet, bold)
            if cut:
                more = f" and {len(cut) - SAID} more" if len(cut) > SAID else ""
                remarks.append(
                    f"{path.name}: a cell has room for {LONGEST:,} characters; cut in the sheet {name}: "
                    f"{', '.join(cut[:SAID])}{more}"
                )
    return remarks


def _topics(model: TopicModel) -> _Sheet:
    """One row a topic, with its words in one cell."""
    rows = [["topic", "label", "share", "pages", "stability", "coherence", "words"]]
    for topic in model.topics():
        figures = [number(topic.share), str(topic.pages), number(topic.stability), number(topic.coherence)]
        words = model.terms(topic.number, WORDS) if model.kind.has_names else []
        rows.append([str(topic.number), topic.label, *figures, ", ".join(word for word, _ in words)])
    return _Sheet(rows, frozenset({0, 2, 3, 4, 5}))


def _pages(model: TopicModel) -> _Sheet:
    """pages.csv, where metadata that are numbers in the source are numbers, and others texts."""
    rows = list(page_rows(model))
    own, names = len(PAGE_COLUMNS), model.columns.meta_names()
    numbers = {i for i, name in enumerate(PAGE_COLUMNS) if name in ("topic", "weight", "margin", "error")}
    for i, name in enumerate(names, start=own):
        if all(_is_number(meta[name]) for meta in model.columns.meta if meta.get(name) is not None):
            numbers.add(i)
    return _Sheet(rows, frozenset(numbers | set(range(own + len(names), len(rows[0])))))


def _is_number(value: Any) -> bool:
    """Whether a value is a number that Excel keeps; nan, which is an empty cell, is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < MOST_DIGITS or value != value


def _about(model: TopicModel) -> _Sheet:
    """Every option of the model."""
    recipe = {**model.recipe, "iterations": len(model.trace), "relative_error": model.relative_error}
    rows = [["option", "value"]]
    for name, value in recipe.items():
        rows.append(
            [str(name), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)]
        )
    return _Sheet(rows, frozenset())


def _fill(sheet: Any, table: _Sheet, bold: Any) -> list[str]:
    """Write a table; its header stays in sight and filters. Which cells were cut: column and row, as Excel says it."""
    from xlsxwriter.utility import xl_rowcol_to_cell

    header = table.rows[0]
    cut = []
    for x, name in enumerate(header):
        sheet.write_string(0, x, _fitting(name), bold)
        sheet.set_column(x, x, _WIDTHS.get(name, 12))
    for y, row in enumerate(table.rows[1:], start=1):
        for x, cell in enumerate(row):
            if cell and x in table.numbers:
                sheet.write_number(y, x, float(cell))
            elif cell:
                fitting = _fitting(cell)
                sheet.write_string(y, x, fitting)
                if len(fitting) < len(cell):
                    cut.append(xl_rowcol_to_cell(y, x))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(table.rows) - 1), len(header) - 1)
    return cut


def _fitting(text: str) -> str:
    """As much of a text as a cell has room for; Excel counts letters beyond U+FFFF twice."""
    if 2 * len(text) <= LONGEST:
        return text
    return text.encode("utf-16-le", "surrogatepass")[: 2 * LONGEST].decode("utf-16-le", "ignore")
