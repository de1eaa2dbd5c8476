"""Choose the columns of a table that hold the text, title, id, date and label of pages, and make pages of its rows.

A name that the user gives must match a column apart from case, or be the path of a nested field (`data.body`). Other
columns are guessed from their names. The text may be joined from several columns: `title,selftext`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import chain
from typing import Any

from nmf_topics.corpus.ids import Ids
from nmf_topics.corpus.page import Page
from nmf_topics.corpus.plain import clean_text, one_line, plain_value, title_from_text
from nmf_topics.corpus.readers.cell_markup import CellCleaner
from nmf_topics.corpus.readers.column_names import GUESSES as GUESSES
from nmf_topics.corpus.readers.column_names import guess_column, matching_name, nearest_name
from nmf_topics.corpus.readers.nested_fields import nested_names, nested_value, without_field
from nmf_topics.corpus.readers.options import DEFAULT_OPTIONS, ReadOptions
from nmf_topics.corpus.readers.unix_time import as_date
from nmf_topics.corpus.reading_log import ReadingLog
from nmf_topics.errors import CorpusError, Remedy

REVISION = "revid"  # in a table with this column, `timestamp` is the time of the last edit and not used as a date
PLACEHOLDERS = ("[deleted]", "[removed]")  # Reddit's replacements for a deleted text
ROWS_TO_SEARCH = 20  # rows that are read to find a column that the first row lacks
# the line where a row begins, and its fields; None instead of fields if the row is longer than the limit page-size
Record = tuple[int, Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Columns:
    """The column that a user has named for each part of a page; None where none was named.

    `text` may be several columns, separated by commas.
    """

    text: str | None = None
    title: str | None = None
    id: str | None = None
    date: str | None = None
    label: str | None = None

    def parts(self) -> dict[str, str | None]:
        """Return a dictionary from part of a page to column."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True)
class ChosenColumns:
    """The columns of one table that are used.

    Attributes
    ----------
    text : one or more columns or paths of nested fields
    title, id, date, label : one column each, or None
    guessed : parts whose column was guessed
    """

    text: tuple[str, ...] = ()
    title: str | None = None
    id: str | None = None
    date: str | None = None
    label: str | None = None
    guessed: frozenset[str] = field(default_factory=frozenset)

    def single(self) -> dict[str, str]:
        """Return a dictionary from part of a page, except the text, to column."""
        parts = {"title": self.title, "id": self.id, "date": self.date, "label": self.label}
        return {part: name for part, name in parts.items() if name is not None}


def choose_columns(
    wanted: Columns, names: Sequence[str], nested: Sequence[str], where: str, *, lone_is_text: bool
) -> ChosenColumns:
    """Choose the columns of a table: those that the user has named, and for the other parts those with a usual name.

    Parameters
    ----------
    wanted : columns that the user has named
    names : columns of the table
    nested : paths of nested fields
    where : name of the table, for errors
    lone_is_text : use the only column of a table as the text, whatever its name

    Raises
    ------
    CorpusError
        If a named column does not exist, or no column looks like the text.
    """
    asked: dict[str, tuple[str, ...]] = {}
    for part, name in wanted.parts().items():
        if name is not None:
            parts = [name] if part != "text" or name in names else [one.strip() for one in name.split(",")]
            asked[part] = tuple(_find(one, part, names, nested, where) for one in parts if one)
    if wanted.text is not None and not asked["text"]:
        raise CorpusError(f"{where}: the name of the text column is empty; it has {show_names(names)}")
    taken = {name for part, found in asked.items() for name in found if part != "text" or len(found) == 1}
    heads = {path.partition(".")[0] for path in nested}  # they hold objects
    guessed = _guess([name for name in names if name not in heads], asked, taken)
    if "text" not in {*asked, *guessed}:
        guessed = _guess_nested(nested, asked, taken) or guessed
    if "text" not in {*asked, *guessed} and lone_is_text and len(names) == 1:
        guessed = {"text": names[0]}
    if "text" not in {*asked, *guessed}:
        raise CorpusError(
            f"{where}: no column looks like the text; it has {show_names([*names, *nested])}",
            remedy=Remedy("name it with {text_column}"),
        )
    for part in ("title", "id"):  # later rows may have them even if the first ones do not
        if part not in {*asked, *guessed} and part not in taken | set(guessed.values()):
            guessed[part] = part
    chosen = {part: (name,) for part, name in guessed.items()} | asked
    single = {part: found[0] for part, found in chosen.items() if part != "text"}
    return ChosenColumns(chosen["text"], **single, guessed=frozenset(guessed))


def _find(name: str, part: str, names: Sequence[str], nested: Sequence[str], where: str) -> str:
    """Return the column with a given name or path."""
    found = matching_name(name, names) or matching_name(name, nested)
    if found is None:
        near = nearest_name(name, [*names, *nested])
        hint = f"; did you mean {near!r}? It" if near else "; it"
        raise CorpusError(f"{where} has no {part} column {name!r}{hint} has {show_names([*names, *nested])}")
    return found


def _guess(names: Sequence[str], asked: Mapping[str, Any], taken: set[str]) -> dict[str, str]:
    """Guess columns from their names: part of a page -> column."""
    guessed: dict[str, str] = {}
    for part in GUESSES:
        if part in asked:
            continue
        left = [name for name in names if name not in taken and name not in guessed.values()]
        if part == "date" and any(name.strip().casefold() == REVISION for name in names):
            left = [name for name in left if name.strip().casefold() != "timestamp"]
        if (found := guess_column(part, left)) is not None:
            guessed[part] = found
    return guessed


def _guess_nested(nested: Sequence[str], asked: Mapping[str, Any], taken: set[str]) -> dict[str, str]:
    """Guess nested fields from their names, all from the object that holds the text: part of a page -> path."""
    leaves = {name.rpartition(".")[2]: name for name in reversed(nested)}
    text = guess_column("text", list(leaves))
    if text is None:
        return {}
    parent = leaves[text].rpartition(".")[0]
    siblings = [name.rpartition(".")[2] for name in nested if name.rpartition(".")[0] == parent]
    return {part: f"{parent}.{name}" for part, name in _guess(siblings, asked, taken).items()}


def show_names(names: Sequence[str]) -> str:
    """Join names of columns for a message, at most 20."""
    shown = ", ".join(repr(name if len(name) <= 60 else f"{name[:60]}...") for name in names[:20])
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown or "no columns"


def describe_guesses(columns: ChosenColumns) -> str:
    """Describe guessed columns whose names differ from the part of the page; return "" if there are none."""
    guessed = {"text": columns.text[0], **columns.single()}
    return ", ".join(
        f"{part}s from column {name!r}" if part != "text" else f"text from column {name!r}"
        for part, name in guessed.items()
        if part in columns.guessed and name.casefold() != part
    )


def read_records(
    records: Iterator[Record],
    where: str,
    wanted: Columns,
    tell: Callable[[str], None],
    *,
    lone_is_text: bool,
    unit: str = "line",
    log: ReadingLog | None = None,
    options: ReadOptions = DEFAULT_OPTIONS,
    row_ids: Sequence[str] | None = None,
) -> Iterator[Page]:
    """Yield the rows of a table as pages; the columns are chosen from the first rows.

    A row longer than the limit page-size is set aside.

    Parameters
    ----------
    records : rows with their line numbers
    where : name of the table, for messages
    wanted : columns that the user has named
    tell : called with messages about guesses and about what was set aside
    lone_is_text : use the only column of a table as the text, whatever its name
    unit : what the line numbers count, for messages
    log : receives rows that are set aside
    options : ReadOptions
    row_ids : unique ids of the pages; an id column is then kept as metadata unless the user named it

    Raises
    ------
    CorpusError
        If a column is missing, a text is not a string, two pages have the same id, or there is no row.
    """
    log = log or ReadingLog()
    too_long = f"longer than the limit page-size={options.limits.page_size}"
    first: list[Record] = []
    columns = None
    for record in records:
        first.append(record)
        if record[1] is None:
            continue
        try:
            columns = _columns_of(first, wanted, where, lone_is_text)
            break
        except CorpusError:  # the next rows may have the missing column
            if len(first) >= ROWS_TO_SEARCH:
                raise
    if columns is None:
        if all(row is None for _, row in first):
            why = f" ({first[0][0]}: {too_long})" if first else ""
            raise CorpusError(f"{where} contains no pages{why}")
        columns = _columns_of(first, wanted, where, lone_is_text)
    if row_ids is not None and "id" in columns.guessed:
        columns = replace(columns, id=None, guessed=columns.guessed - {"id"})
    if guesses := describe_guesses(columns):
        tell(f"{where}: {guesses}")
    has_titles = any(row is not None and columns.title in row for _, row in first)
    log.titles_apart = has_titles and columns.title not in columns.text and not options.titles_as_text
    cleaner = CellCleaner(options.markup, [*columns.text, *([columns.title] if columns.title else [])])
    records = cleaner.judge(chain(first, records), _value_of)
    to_page = _PageMaker(columns, where, unit, options.titles_as_text, row_ids, cleaner)
    for number, (line, row) in enumerate(records, 1):
        page = None if row is None else to_page(row, line, number)
        if page is None or len(page.text) > options.limits.page_size:
            log.put_aside(f"{where}, {unit} {line}", too_long, f"a {unit}")
            continue
        yield page
    log.markup = cleaner.removed()
    for said in log.messages():
        tell(f"{where}: {said}")


def _columns_of(rows: Sequence[Record], wanted: Columns, where: str, lone_is_text: bool) -> ChosenColumns:
    """Choose the columns of a table from its first rows."""
    full = [row for _, row in rows if row is not None]
    names = list(dict.fromkeys(name for row in full for name in row))
    nested = list(dict.fromkeys(name for row in full for name in nested_names(row)))
    return choose_columns(wanted, names, nested, where, lone_is_text=lone_is_text)


def rename_fields(columns: ChosenColumns) -> dict[str, str | None]:
    """Return which fields of a row get another name in the metadata: field -> new name, or None to leave it out.

    Notes
    -----
    A date or label column is renamed to "date" or "label". Another field that already has this name, or is called "id",
    "title" or "text", gets the suffix " (column)".
    """
    single = columns.single()
    used = {"text": columns.text[0], **single}
    renamed: dict[str, str | None] = {part: f"{part} (column)" for part, name in used.items() if name != part}
    renamed |= {name: part for part, name in single.items() if part in ("date", "label")}
    left_out = [*columns.text, *(name for part, name in single.items() if part in ("title", "id"))]
    return renamed | dict.fromkeys(left_out)


def _value_of(record: Mapping[str, Any], name: str) -> Any:
    """The value of a column, or of a nested field."""
    return record[name] if name in record else nested_value(record, name)


class _PageMaker:
    """Makes a page of each row."""

    def __init__(
        self,
        columns: ChosenColumns,
        where: str,
        unit: str,
        titles_as_text: bool,
        row_ids: Sequence[str] | None,
        cleaner: CellCleaner,
    ) -> None:
        self._columns, self._where, self._unit, self._row_ids = columns, where, unit, row_ids
        self._clean = cleaner.clean
        self._titles_as_text = titles_as_text and columns.title not in columns.text
        remedy = f"ids come from column {columns.id!r}: make them differ, or name another column with {{id_column}}"
        self._ids = Ids(where, Remedy(remedy))
        self._renamed = rename_fields(columns)
        self._nested = [name for name in (*columns.text, *columns.single().values()) if "." in name]

    def __call__(self, record: Mapping[str, Any], line: int, number: int) -> Page:
        """Return the page of a row; `line` is used in messages, `number` is the number of the row."""
        columns, place = self._columns, f"{self._where}, {self._unit} {line}"
        try:
            fields, meta = self._split(record)
            text = self._text(fields, place)
            title, given_id = one_line(fields.get(columns.title)), one_line(fields.get(columns.id))
        except RecursionError as error:
            raise CorpusError(f"{place}: nested too deeply") from error
        page_id = self._ids.give(given_id, title, text, line) if self._row_ids is None else self._row_ids[number - 1]
        full = f"{title}\n\n{text}" if self._titles_as_text and title else text
        return Page(page_id, title or title_from_text(text), full, meta, number)

    def _split(self, record: Mapping[str, Any]) -> tuple[dict[str | None, Any], dict[str, Any]]:
        """Split a row into the columns that are parts of the page, and the metadata."""
        fields: dict[str | None, Any] = {}
        for name in (*self._columns.text, *self._columns.single().values()):
            fields[name] = self._clean(name, _value_of(record, name))
        rest = record
        for name in self._nested:
            rest = rest if name in record else without_field(rest, name)
        keys = ((self._renamed.get(name, name), value) for name, value in rest.items())
        meta = {clean_text(key): plain_value(value) for key, value in keys if key is not None}
        for part, name in self._columns.single().items():
            if part in ("date", "label") and (name in record or fields[name] is not None):
                value = plain_value(fields[name])
                meta[part] = as_date(value) if part == "date" else value
        return fields, meta

    def _text(self, fields: Mapping[str | None, Any], place: str) -> str:
        """Return the text of a page."""
        found = []
        for name in self._columns.text:
            text = fields[name]
            if text is None:
                continue
            if not isinstance(text, str):
                kind = {dict: "an object", list: "a list", bool: "true or false"}.get(type(text), "a number")
                inner = next(iter(nested_names({name: text})), "")
                hint = f"; a field of it can be named, such as {inner!r}" if inner else ""
                raise CorpusError(f"{place}: the text (column {name!r}) is {kind}, not a string{hint}")
            found.append(clean_text(text))
        if len(self._columns.text) == 1:
            return found[0] if found else ""
        return "\n\n".join(text for text in found if text.strip() and text.strip() not in PLACEHOLDERS)
