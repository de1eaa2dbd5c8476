"""Which column of a table is the text, the title, the id, the date and the label; from a row to a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from nmf_topics.corpus.ids import Ids
from nmf_topics.corpus.page import Page
from nmf_topics.corpus.plain import clean_text, one_line, plain_value, title_from_text
from nmf_topics.errors import CorpusError, Remedy

GUESSES = {
    "text": ("text", "body", "content", "abstract", "extract", "article", "document"),
    "title": ("title", "name", "headline", "subject"),
    "id": ("id", "pageid", "page_id", "key", "doi", "url"),
    "date": ("date", "timestamp", "published", "year"),
    "label": ("label", "category", "class", "topic", "section", "subject"),
}
REVISION = "revid"  # beside it a `timestamp` is the time of the page's last edit, which dates nothing
Record = tuple[int, Mapping[str, Any]]  # the line where it begins, and its fields


@dataclass(frozen=True, slots=True)
class Columns:
    """The column for each part of a page; None where nobody named one, or there is none."""

    text: str | None = None
    title: str | None = None
    id: str | None = None
    date: str | None = None
    label: str | None = None

    def parts(self) -> dict[str, str | None]:
        """Part of a page -> column."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def choose_columns(wanted: Columns, names: Sequence[str], where: str, *, lone_is_text: bool) -> Columns:
    """Choose the columns of a table: those asked for, else the ones that are named like their part.

    Parameters
    ----------
    wanted : columns asked for by name
    names : the columns of the table
    where : name of the table, for errors
    lone_is_text : whether the only column of a table is the text, whatever its name

    Raises
    ------
    CorpusError
        When a column that is asked for does not exist, or none looks like the text.
    """
    asked = {part: name for part, name in wanted.parts().items() if name is not None}
    for part, name in asked.items():
        if name not in names:
            raise CorpusError(f"{where} has no {part} column {name!r}; it has {show_names(names)}")
    chosen = dict(asked)
    for part, guesses in GUESSES.items():
        left = {name.strip().casefold(): name for name in reversed(names) if name not in chosen.values()}
        if REVISION in left:
            left.pop("timestamp", None)
        guess = next((left[name] for name in guesses if name in left), None)
        if part not in chosen and guess is not None:
            chosen[part] = guess
    if "text" not in chosen and lone_is_text and len(names) == 1:
        chosen = asked | {"text": names[0]}
    if "text" not in chosen:
        raise CorpusError(
            f"{where}: no column looks like the text; it has {show_names(names)}",
            remedy=Remedy("name it with {text_column}"),
        )
    for part in ("title", "id"):  # a first row that lacks them does not speak for the rest
        if part not in chosen and part not in chosen.values():
            chosen[part] = part
    return Columns(**chosen)


def show_names(names: Sequence[str]) -> str:
    """Names of columns for a message, not too many."""
    shown = ", ".join(repr(name) for name in names[:20])
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown or "no columns"


def say_guesses(columns: Columns, wanted: Columns) -> str:
    """What was guessed where the name alone does not say it; "" where it does."""
    asked = wanted.parts()
    guessed = [
        f"{part}s from column {name!r}" if part != "text" else f"text from column {name!r}"
        for part, name in columns.parts().items()
        if part in ("text", "title", "id") and name is not None and asked[part] is None
        if name.casefold() != part
    ]
    return ", ".join(guessed)


def read_records(
    records: Iterator[Record],
    where: str,
    wanted: Columns,
    tell: Callable[[str], None],
    *,
    lone_is_text: bool,
    unit: str = "line",
) -> Iterator[Page]:
    """Yield the rows of a table as pages; the first row decides on the columns. Messages count in `unit`.

    Raises
    ------
    CorpusError
        When the columns are not there, a text is no string, two pages have the same id, or there is no row.
    """
    columns, ids, renamed = Columns(), Ids(where, None), {}
    empty = True
    for line, record in records:
        if empty:
            empty = False
            columns = choose_columns(wanted, list(record), where, lone_is_text=lone_is_text)
            if said := say_guesses(columns, wanted):
                tell(f"{where}: {said}")
            ids, renamed = Ids(where, _id_remedy(columns)), rename_fields(columns)
        yield _make_page(record, columns, renamed, ids, f"{where}, {unit} {line}", line)
    if empty:
        raise CorpusError(f"{where} holds no page")


def _id_remedy(columns: Columns) -> Remedy:
    return Remedy(f"ids come from column {columns.id!r}: make them differ, or name another column with {{id_column}}")


def rename_fields(columns: Columns) -> dict[str, str | None]:
    """Field of a row -> name in the metadata, for those that do not keep theirs; None for those left out.

    Notes
    -----
    A date or label column gets the plain name, so a field that has this name already must give way, as must
    one that would look like the id, title or text of the page.
    """
    parts = columns.parts()
    renamed: dict[str, str | None] = {
        part: f"{part} (column)" for part, name in parts.items() if name is not None and name != part
    }
    renamed |= {name: part for part, name in parts.items() if name is not None and part in ("date", "label")}
    return renamed | {name: None for part, name in parts.items() if name and part in ("text", "title", "id")}


def _make_page(
    record: Mapping[str, Any],
    columns: Columns,
    renamed: Mapping[str, str | None],
    ids: Ids,
    place: str,
    line: int,
) -> Page:
    text = record.get(columns.text or "")
    if text is None:
        text = ""
    if not isinstance(text, str):
        kind = {dict: "an object", list: "a list", bool: "true or false"}.get(type(text), "a number")
        raise CorpusError(f"{place}: the text (column {columns.text!r}) is {kind}, not a string")
    text = clean_text(text)
    try:
        title = one_line(record.get(columns.title)) if columns.title is not None else ""
        wish = one_line(record.get(columns.id)) if columns.id is not None else ""
        keys = ((renamed.get(name, name), value) for name, value in record.items())
        meta = {clean_text(key): plain_value(value) for key, value in keys if key is not None}
    except RecursionError as error:
        raise CorpusError(f"{place}: nested too deeply") from error
    return Page(ids.give(wish, title, text, line), title or title_from_text(text), text, meta)
