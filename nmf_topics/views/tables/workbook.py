"""Write a model as an Excel workbook with sheets for topics, words, pages and options.

Texts are always text cells, so that none is evaluated as a formula, and numbers are number cells. Excel's limits of
1,048,576 rows and 16,384 columns raise an error. Texts of more than 32,767 characters are shortened with a message.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nmf_topics.errors import OutputError, Remedy
from nmf_topics.files.optional import needs_extra
from nmf_topics.model.model import TopicModel
from nmf_topics.views.tables.tables import PAGE_COLUMNS, number, page_rows, topic_rows

MAX_ROWS, MAX_COLUMNS, MAX_CHARACTERS = 1_048_576, 16_384, 32_767
MAX_INTEGER = 2**53  # larger integers are not exact in Excel
WORDS = 20
MAX_NAMED_CELLS = 5  # most shortened cells that a message names
_WIDTHS = {"title": 40, "label": 32, "words": 90, "id": 18, "term": 18, "option": 24, "value": 60}


@dataclass(frozen=True)
class _Sheet:
    """A table with its header first, and the indices of its columns of numbers."""

    rows: Sequence[Sequence[str]]
    numbers: frozenset[int]


def write_workbook(model: TopicModel, path: Path) -> list[str]:
    """Write a model as .xlsx; the same model gives the same bytes.

    Returns
    -------
    messages about shortened texts, one per sheet

    Raises
    ------
    MissingExtra
        if XlsxWriter is not installed.
    OutputError
        if there are more pages than Excel can hold.
    """
    with needs_extra("xlsx", "an Excel workbook", "XlsxWriter"):
        from xlsxwriter import Workbook
    sheets = {
        "topics": _topics(model),
        "words": _Sheet(list(topic_rows(model)), frozenset(range(9)) - {1, 6}),
        "pages": _pages(model),
        "about": _about(model),
    }
    for name, sheet in sheets.items():
        rows, columns = len(sheet.rows), len(sheet.rows[0])
        if rows > MAX_ROWS or columns > MAX_COLUMNS:
            raise OutputError(
                f"sheet {name} would have {rows:,} rows, {columns:,} columns; Excel's limits are {MAX_ROWS:,} and "
                f"{MAX_COLUMNS:,}",
                remedy=Remedy("export {to=csv} instead"),
            )
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    remarks = []
    with Workbook(str(path), {**options, "in_memory": True}) as book:
        book.set_properties(
            {"created": datetime(2000, 1, 1), "title": "Topics by nmf-topics"}
        )  # a fixed date, so that the bytes do not change
        bold = book.add_format({"bold": True})
        for name, sheet in sheets.items():
            cut = _fill(book.add_worksheet(name), sheet, bold)
            if cut:
                more = f" and {len(cut) - MAX_NAMED_CELLS} more" if len(cut) > MAX_NAMED_CELLS else ""
                remarks.append(
                    f"{path.name}: Excel cells hold {MAX_CHARACTERS:,} characters; shortened in sheet {name}: "
                    f"{', '.join(cut[:MAX_NAMED_CELLS])}{more}"
                )
    return remarks


def _topics(model: TopicModel) -> _Sheet:
    """Return the sheet of topics: one row per topic, with its words in one cell."""
    rows = [["topic", "label", "share", "pages", "stability", "coherence", "words"]]
    for topic in model.topics():
        figures = [number(topic.share), str(topic.pages), number(topic.stability), number(topic.coherence)]
        words = model.terms(topic.number, WORDS) if model.kind.has_names else []
        rows.append([str(topic.number), topic.label, *figures, ", ".join(word for word, _ in words)])
    return _Sheet(rows, frozenset({0, 2, 3, 4, 5}))


def _pages(model: TopicModel) -> _Sheet:
    """Return the sheet of pages: pages.csv, with numbers in metadata fields that only have numbers."""
    rows = list(page_rows(model))
    own, names = len(PAGE_COLUMNS), model.columns.meta_names()
    numbers = {i for i, name in enumerate(PAGE_COLUMNS) if name in ("topic", "weight", "margin", "error")}
    for i, name in enumerate(names, start=own):
        if all(_is_number(meta[name]) for meta in model.columns.meta if meta.get(name) is not None):
            numbers.add(i)
    return _Sheet(rows, frozenset(numbers | set(range(own + len(names), len(rows[0])))))


def _is_number(value: Any) -> bool:
    """Return whether a value is a number that Excel can hold exactly, or NaN, which becomes an empty cell."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < MAX_INTEGER or value != value


def _about(model: TopicModel) -> _Sheet:
    """Return the sheet of the model's options."""
    recipe = {**model.recipe, "iterations": len(model.trace), "relative_error": model.relative_error}
    rows = [["option", "value"]]
    for name, value in recipe.items():
        rows.append(
            [str(name), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)]
        )
    return _Sheet(rows, frozenset())


def _fill(sheet: Any, table: _Sheet, bold: Any) -> list[str]:
    """Write a table with a fixed header and filters; return the names of cells whose text was shortened, such as B7."""
    from xlsxwriter.utility import xl_rowcol_to_cell

    header = table.rows[0]
    cut = []
    for x, name in enumerate(header):
        sheet.write_string(0, x, _short(name), bold)
        sheet.set_column(x, x, _WIDTHS.get(name, 12))
    for y, row in enumerate(table.rows[1:], start=1):
        for x, cell in enumerate(row):
            if cell and x in table.numbers:
                sheet.write_number(y, x, float(cell))
            elif cell:
                short = _short(cell)
                sheet.write_string(y, x, short)
                if len(short) < len(cell):
                    cut.append(xl_rowcol_to_cell(y, x))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(table.rows) - 1), len(header) - 1)
    return cut


def _short(text: str) -> str:
    """Shorten a text to the limit of a cell, in which Excel counts characters beyond U+FFFF twice."""
    if 2 * len(text) <= MAX_CHARACTERS:
        return text
    return text.encode("utf-16-le", "surrogatepass")[: 2 * MAX_CHARACTERS].decode("utf-16-le", "ignore")
