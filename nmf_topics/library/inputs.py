"""Read pages from Python values: lists, series, data frames and dictionaries.

The order of the input is kept: column j of V and H is its j-th page, whatever the ids are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from nmf_topics.corpus.page import Corpus, Page
from nmf_topics.corpus.plain import clean_text, one_line, plain_value, title_from_text
from nmf_topics.corpus.readers.cell_markup import AUTO
from nmf_topics.corpus.readers.column_names import guess_column, matching_name
from nmf_topics.corpus.readers.columns import Columns, read_records
from nmf_topics.corpus.readers.options import ReadOptions
from nmf_topics.corpus.readers.unix_time import as_date
from nmf_topics.corpus.reading_log import ReadingLog
from nmf_topics.errors import CorpusError, InputTypeError, OptionError
from nmf_topics.library.tables import Table, is_missing, labels_of, one_dimensional, plain, table_of
from nmf_topics.matrix.datamatrix import PageIndex


@dataclass(frozen=True)
class PagesInMemory:
    """Pages that were read from a Python value.

    Attributes
    ----------
    pages : in the order of the source
    index : labels of the rows of the source
    what : description of the source: "a list of 3 texts"
    markup : what was removed from the columns of a table, as in `ReadingLog`
    """

    pages: Sequence[Page]
    index: PageIndex
    what: str
    markup: Mapping[str, dict[str, Any]] = field(default_factory=dict)

    def index_of(self, ids: Sequence[str]) -> PageIndex:
        """Return the labels of the pages with the given ids."""
        if len(ids) == len(self.pages):
            return self.index
        place = {page.id: i for i, page in enumerate(self.pages)}
        return replace(self.index, labels=[self.index.labels[place[page_id]] for page_id in ids])

    def corpus(self) -> Corpus:
        """Return the pages as a corpus.

        Raises
        ------
        CorpusError
            if there is no text at all.
        """
        if not self.pages:
            raise CorpusError(f"there is no text in {self.what}")
        if not any(page.text.strip() for page in self.pages):
            raise CorpusError(f"all texts of {self.what} are missing or empty")

        def read(log: ReadingLog) -> Iterator[Page]:
            log.markup = dict(self.markup)
            return iter(self.pages)

        return Corpus("texts", self.what, read, keeps_order=True)


class PageNames(NamedTuple):
    """What is known of pages apart from their contents: one of each for every page; no titles: None."""

    ids: list[str]
    titles: list[str] | None
    metadata: list[dict[str, Any]]
    labels: PageIndex


@dataclass(frozen=True)
class PageDetails:
    """Ids, titles and metadata that are passed in addition to the pages.

    Attributes
    ----------
    ids, titles : one a page, or None
    metadata : a mapping for each page, or a table of as many rows, or None
    """

    ids: Any = None
    titles: Any = None
    metadata: Any = None

    def given(self) -> list[str]:
        """Return the names of the parameters that were passed."""
        named = {"ids": self.ids, "titles": self.titles, "metadata": self.metadata}
        return [name for name, value in named.items() if value is not None]

    def of(self, n: int, index: PageIndex) -> PageNames:
        """Return ids, titles, metadata and labels of n pages.

        Parameters
        ----------
        n : number of pages
        index : labels of the rows where no ids are given
        """
        titles = (
            None if self.titles is None else [one_line(plain(title)) for title in _values("titles", self.titles, n)]
        )
        ids = unique_labels(index)
        if self.ids is not None:
            given = _values("ids", self.ids, n)
            ids = [one_line(plain(label)) for label in given]
            _check_ids(ids)
            index = PageIndex([plain(label) for label in given], ("id",))
        return PageNames(ids, titles, _metadata(self.metadata, n), index)


def is_matrix(data: Any) -> bool:
    """Return whether a value is a sparse matrix or a dense matrix of numbers."""
    if sp.issparse(data):
        return True
    return isinstance(data, np.ndarray) and data.ndim == 2 and data.dtype.kind in "biuf"


def existing_path(data: Any) -> Path | None:
    """Return the value as a path; None for a string that names no file or folder, as it may be a text."""
    if isinstance(data, str):
        try:
            return Path(data) if os.path.exists(data) else None
        except ValueError:  # a NUL in it
            return None
    return Path(data) if isinstance(data, os.PathLike) else None


def pages_in_memory(
    data: Any,
    columns: Columns,
    details: PageDetails,
    markup: str = AUTO,
    *,
    warn: Callable[[str], None],
    note: Callable[[str], None],
) -> PagesInMemory:
    """Read the pages of a Python value.

    Parameters
    ----------
    data : a list, series or array of texts; a data frame, a list of dictionaries, a dictionary of columns; a
        dictionary from ids to texts; pages
    columns : names of the columns of a table; guessed if None
    details : ids, titles and metadata passed in addition
    markup : what becomes of markup in the columns of a table, as in `open_corpus`
    warn : called with messages about missing texts
    note : called with messages about guessed columns

    Raises
    ------
    InputTypeError
        if the value, or one of its elements, has a type that cannot be read as text.
    CorpusError
        if a table has no column that looks like the text.
    OptionError
        if details do not match the pages, or ids are not unique.
    """
    _refuse_one_value(data)
    if (table := table_of(data)) is not None:
        return _from_table(table, columns, details, markup, warn, note)
    if isinstance(data, Mapping):
        ids = [plain(label) for label in data]
        details = replace(details, ids=ids if details.ids is None else details.ids)
        return _from_texts(list(data.values()), PageIndex(ids, ("id",)), columns, details, warn)
    if getattr(data, "ndim", 1) != 1:
        shape = getattr(data, "shape", ())
        raise InputTypeError(
            f"texts must be a list or an array of one dimension, not one of shape {shape}; try .ravel()"
        )
    values = one_dimensional(data)
    if values is None:
        raise InputTypeError(f"data is of type {type(data).__name__}, in which there is no order of texts; pass a list")
    if values and all(isinstance(value, Page) for value in values):
        return _from_pages(values, columns, details)
    if values and all(isinstance(value, Mapping) for value in values):
        return _from_table(_table_of_records(values), columns, details, markup, warn, note)
    return _from_texts(values, labels_of(data, len(values)), columns, details, warn)


def _refuse_one_value(data: Any) -> None:
    """Raise an error for a single text and for values that do not contain texts."""
    if isinstance(data, str):
        raise InputTypeError(
            f"data is one string, {data[:40]!r}, and no such file or folder exists; pass a list of texts: [text, ...]"
        )
    if isinstance(data, bytes | bytearray):
        raise InputTypeError("data is bytes, not text; decode it, and pass a list of texts: [data.decode(), ...]")
    if data is None or (not isinstance(data, Iterable) and not hasattr(data, "to_pylist") and table_of(data) is None):
        raise InputTypeError(f"data is of type {type(data).__name__}; pass texts, a data frame, a matrix or a path")


def _from_pages(pages: Sequence[Page], columns: Columns, details: PageDetails) -> PagesInMemory:
    _refuse_columns(columns, "pages")
    if given := details.given():
        raise OptionError(f"{', '.join(given)}: pages have these themselves; leave the parameter out")
    ids = [page.id for page in pages]
    _check_ids(ids)
    return PagesInMemory(pages, PageIndex(ids, ("id",)), f"a list of {_count(len(pages), 'page')}")


def _from_texts(
    values: Sequence[Any], index: PageIndex, columns: Columns, details: PageDetails, warn: Callable[[str], None]
) -> PagesInMemory:
    """Read pages from a list of texts."""
    _refuse_columns(columns, "texts")
    texts, missing = [], 0
    for place, value in enumerate(values):
        texts.append(_text(value, place))
        missing += not texts[-1].strip()
    ids, titles, metadata, index = details.of(len(texts), index)
    what = f"a list of {_count(len(texts), 'text')}"
    _tell_missing(missing, len(texts), warn)
    pages = [
        Page(ids[i], (titles[i] if titles else "") or title_from_text(text), text, metadata[i], row=i + 1)
        for i, text in enumerate(texts)
    ]
    return PagesInMemory(pages, index, what)


def _text(value: Any, place: int) -> str:
    """Return a text; an empty one if it is missing."""
    if isinstance(value, str):
        return clean_text(str(value))
    if is_missing(value):
        return ""
    if isinstance(value, bytes):
        raise InputTypeError(f"text {place} is bytes, not a string; decode it: text.decode('utf-8')")
    hint = "; tokens must be joined to a text: ' '.join(tokens)" if isinstance(value, list | tuple) else ""
    raise InputTypeError(f"text {place} is of type {type(value).__name__}, not a string{hint}")


def _table_of_records(records: Sequence[Mapping[str, Any]]) -> Table:
    """Convert a list of dictionaries to a table; keys that a dictionary lacks are missing values."""
    names = list(dict.fromkeys(str(name) for record in records for name in record))
    rows = [{str(name): value for name, value in record.items()} for record in records]
    columns = {name: [_cell(row.get(name)) for row in rows] for name in names}
    return Table("the list of dictionaries", columns, PageIndex(range(len(records))))


def _cell(value: Any) -> Any:
    return value if isinstance(value, bytes) else plain(value)


def _from_table(
    table: Table,
    columns: Columns,
    details: PageDetails,
    markup: str,
    warn: Callable[[str], None],
    note: Callable[[str], None],
) -> PagesInMemory:
    """Read pages from the rows of a table."""
    n = len(table)
    if not n:
        return PagesInMemory([], table.index, f"{table.what} without rows")
    if columns.id is not None and details.ids is not None:
        raise OptionError("ids and id_column exclude each other; leave one of them out")
    if columns.text is None and guess_column("text", list(table.columns)) is None:
        columns = replace(columns, text=_lone_text_column(table, columns, note))
    ids, titles, metadata, index = details.of(n, table.index)
    if details.ids is None and (column := _id_column(table, columns.id)):
        columns, ids = replace(columns, id=column), [one_line(value) for value in table.columns[column]]
    rows: Iterator[tuple[int, Mapping[str, Any]]] = iter(enumerate(table.records()))
    log, options = ReadingLog(), ReadOptions(markup=markup)
    how: dict[str, Any] = {"lone_is_text": True, "unit": "row", "log": log, "options": options, "row_ids": ids}
    pages = list(read_records(rows, table.what, columns, note, **how))
    _tell_missing(sum(not page.text for page in pages), n, warn)
    if titles is not None or details.metadata is not None:
        titles = titles or [page.title for page in pages]
        pages = [
            replace(page, title=title or page.title, meta={**page.meta, **meta})
            for page, title, meta in zip(pages, titles, metadata, strict=True)
        ]
    return PagesInMemory(pages, index, f"{table.what} of {_count(n, 'row')}", log.markup)


def _lone_text_column(table: Table, columns: Columns, note: Callable[[str], None]) -> str | None:
    """Return the only column of strings, if no column is named like the text."""
    taken = {columns.title, columns.id, columns.date, columns.label}
    found = [
        name
        for name, values in table.columns.items()
        if name not in taken and any(isinstance(value, str) for value in values)
    ]
    if len(found) != 1 or len(table.columns) == 1:
        return None
    note(f"{table.what}: text from column {found[0]!r}, the only one of strings")
    return found[0]


def _id_column(table: Table, wanted: str | None) -> str | None:
    """Return the column of ids: the one asked for, else one with such a name whose values are complete and unique.

    Raises
    ------
    OptionError
        if the column asked for has missing or repeated ids.
    """
    name = guess_column("id", list(table.columns)) if wanted is None else matching_name(wanted, list(table.columns))
    if name is None:
        return None  # `read_records` reports an unknown name
    ids = [one_line(value) for value in table.columns[name]]
    if wanted is not None:
        _check_ids(ids, f"id_column {name!r}", "row")
    return name if all(ids) and len(set(ids)) == len(ids) else None


def unique_labels(index: PageIndex) -> list[str]:
    """Return the labels of rows as ids; positions if labels repeat or are missing."""
    labels = [" ".join(map(str, label)) if isinstance(label, tuple) else one_line(label) for label in index.labels]
    if all(labels) and len(set(labels)) == len(labels):
        return labels
    return [str(place) for place in range(len(labels))]


def _check_ids(ids: Sequence[str], what: str = "ids", unit: str = "page") -> None:
    places: dict[str, int] = {}
    for place, label in enumerate(ids):
        if not label:
            raise OptionError(f"{what}: the id of {unit} {place} is missing")
        if label in places:
            raise OptionError(f"{what}: {unit}s {places[label]} and {place} have the same id, {label!r}")
        places[label] = place


def _values(name: str, given: Any, n: int) -> list[Any]:
    """Return a list of one value for each page."""
    values = one_dimensional(given)
    if values is None:
        raise InputTypeError(f"{name} must be a list of one value for each page, not {given!r:.60}")
    if len(values) != n:
        raise OptionError(f"{name} must have one value for each page: it has {len(values)}, and there are {n} pages")
    return values


def _metadata(given: Any, n: int) -> list[dict[str, Any]]:
    """Return the metadata of each page."""
    if given is None:
        return [{} for _ in range(n)]
    table = table_of(given)
    if table is None:
        rows = _values("metadata", given, n)
        if not all(isinstance(row, Mapping) for row in rows):
            raise InputTypeError("metadata must be a list of dictionaries, or a data frame of as many rows as pages")
        table = _table_of_records(rows)
    if len(table) != n:
        raise OptionError(f"metadata must have a row for each page: it has {len(table)}, and there are {n} pages")
    return [
        {
            clean_text(name): as_date(plain_value(value)) if name == "date" else plain_value(value)
            for name, value in row.items()
        }
        for row in table.records()
    ]


def _refuse_columns(columns: Columns, what: str) -> None:
    """Raise an error if columns are named, which only tables have."""
    if given := [f"{part}_column" for part, name in columns.parts().items() if name is not None]:
        raise OptionError(f"{', '.join(given)}: {what} have no columns; pass a data frame, or leave the parameter out")


def _tell_missing(missing: int, n: int, warn: Callable[[str], None]) -> None:
    if missing:
        warn(f"{missing} of {n} texts are missing or empty; their pages have no topic")


def _count(n: int, what: str) -> str:
    return f"1 {what}" if n == 1 else f"{n:,} {what}s"
