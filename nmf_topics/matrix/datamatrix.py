"""DataMatrix: V with its rows, its columns (the pages), and the options that made it.

Texts and images differ in their rows only (see `matrix.rows`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from nmf_topics.matrix.page_counts import PageCounts
from nmf_topics.matrix.rows import RowAxis, RowKind, kind_of


@dataclass(frozen=True)
class PageIndex:
    """The index of a table in memory from which pages were read, so that results can be joined with it.

    Attributes
    ----------
    labels : one label per page: str, int, float, or a tuple of these for an index of several levels
    names : names of the levels; None for a level without a name
    dtype : pandas data type of the labels if it cannot be inferred from them ("datetime64[ns]"), else ""
    """

    labels: Sequence[Any]
    names: Sequence[str | None] = (None,)
    dtype: str = ""

    def to_meta(self) -> dict[str, Any]:
        """Return the index as JSON; a range is stored as its length."""
        labels = len(self.labels) if self.labels == range(len(self.labels)) else list(self.labels)
        return {"labels": labels, "names": list(self.names), "dtype": self.dtype}

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> PageIndex:
        """Restore an index from the result of `to_meta`."""
        found, names = meta["labels"], tuple(meta["names"])
        if isinstance(found, int):
            return cls(range(found), names, meta["dtype"])
        return cls([tuple(label) if isinstance(label, list) else label for label in found], names, meta["dtype"])


@dataclass(frozen=True)
class SourceOrder:
    """The order of the pages in their source, such as a table or a mailbox.

    Attributes
    ----------
    places : one unique int per page, increasing in the order in which the source was read; the row numbers if all pages
        come from one file in order
    rows : number of each page's row in its file, from 1; None for a page that is a whole file
    """

    places: Sequence[int]
    rows: Sequence[int | None]

    @classmethod
    def of(cls, rows: Sequence[int | None]) -> SourceOrder | None:
        """Return the order of pages as they were read; None if no page has a row number."""
        if all(row is None for row in rows):
            return None
        known = [row for row in rows if row is not None]
        in_order = len(known) == len(rows) and all(one < other for one, other in pairwise(known))
        return cls(known if in_order else list(range(len(rows))), list(rows))

    def take(self, pages: Sequence[int]) -> SourceOrder:
        """Return the order of some of the pages."""
        return SourceOrder([self.places[j] for j in pages], [self.rows[j] for j in pages])

    def to_meta(self) -> dict[str, Any]:
        """Return the order as JSON."""
        places, rows = list(self.places), list(self.rows)
        return {"rows": rows} if places == rows else {"places": places, "rows": rows}

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> SourceOrder:
        """Restore an order from the result of `to_meta`.

        Raises
        ------
        ValueError
            if it is invalid.
        """
        rows = meta["rows"]
        places = meta.get("places", rows)
        if not all(type(place) is int for place in places) or not all(row is None or type(row) is int for row in rows):
            raise ValueError("the order of its pages contains values that are not numbers")
        if len(places) != len(rows) or len(set(places)) != len(places):
            raise ValueError("the order of its pages is incomplete")
        return cls(places, rows)


@dataclass(frozen=True)
class PageColumns:
    """The columns of V: pages, in the order of their ids or of the rows of a table in memory.

    Attributes
    ----------
    ids, titles : one str per page
    meta : one mapping per page, its metadata from the source
    index : index of a table in memory; None for pages from files
    order : order of the pages in their source; None if it has none, as a folder of texts
    """

    ids: Sequence[str]
    titles: Sequence[str]
    meta: Sequence[Mapping[str, Any]]
    index: PageIndex | None = None
    order: SourceOrder | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, pages: Sequence[int]) -> PageColumns:
        """Return some of the pages, without the index, which belongs to the whole table."""
        ids, titles = [self.ids[j] for j in pages], [self.titles[j] for j in pages]
        return PageColumns(ids, titles, [self.meta[j] for j in pages], order=self.order and self.order.take(pages))

    def rows(self) -> Sequence[int | None]:
        """Return the number of each page's row in its file, or None."""
        return [None] * len(self) if self.order is None else self.order.rows

    def in_source_order(self) -> Sequence[int]:
        """Return the columns in the order of the source, or in their own order if the source has none."""
        if self.order is None:
            return range(len(self))
        return sorted(range(len(self)), key=self.order.places.__getitem__)

    def to_meta(self) -> dict[str, Any]:
        """Return the columns as JSON."""
        return {
            "ids": list(self.ids),
            "titles": list(self.titles),
            "meta": [dict(meta) for meta in self.meta],
            **({} if self.index is None else {"index": self.index.to_meta()}),
            **({} if self.order is None else {"order": self.order.to_meta()}),
        }

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> PageColumns:
        """Restore columns from the result of `to_meta`."""
        index = PageIndex.from_meta(meta["index"]) if "index" in meta else None
        order = SourceOrder.from_meta(meta["order"]) if "order" in meta else None
        return cls(**{**meta, "index": index, "order": order})

    def meta_names(self) -> list[str]:
        """Return the names of all metadata fields that some page has, sorted."""
        return sorted({name for meta in self.meta for name in meta})

    def headers(self, taken: Collection[str]) -> dict[str, str]:
        """Return metadata field -> column header; `page_` is added, repeatedly if needed, to names in `taken`."""
        names = self.meta_names()
        headers = {name: name for name in names if name not in taken}
        for name in names:
            if name in taken:
                header = f"page_{name}"
                while header in {*taken, *headers.values()}:
                    header = f"page_{header}"
                headers[name] = header
        return {name: headers[name] for name in names}

    def labels(self) -> list[str | None]:
        """Return the metadata field `label` of each page as text, or None."""
        return [None if meta.get("label") in (None, "") else str(meta["label"]) for meta in self.meta]


@dataclass(frozen=True, repr=False)
class DataMatrix:
    """V with the names of its rows and columns.

    Attributes
    ----------
    V : matrix of shape (m, n), CSC or dense, non-negative, float; columns are pages
    rows : RowAxis of length m
    columns : PageColumns of length n
    weighting : the fitted weighting that made V from counts; None for images
    recipe : every option that V depends on, and the fingerprint of its source
    ledger : numbers of tokens and pages that were read, kept and dropped, with the reasons
    words : rows of words.csv (see `terms.words_table`); empty for images
    counts : counts of words by page, for describing topics; None if V was not made from counts

    Examples
    --------
    >>> import numpy as np
    >>> from nmf_topics.terms.vocabulary import Vocabulary
    >>> pages = PageColumns(["a", "b"], ["Page A", "Page B"], [{}, {"label": "x"}])
    >>> DataMatrix(np.array([[1.0, 0.0], [2.0, 1.0], [0.0, 3.0]]), Vocabulary(list("uvw"), list("uvw")), pages)
    DataMatrix of 3 terms x 2 pages, float64
    """

    V: Any
    rows: RowAxis
    columns: PageColumns
    weighting: Any = None
    recipe: Mapping[str, Any] = field(default_factory=dict)
    ledger: Mapping[str, Any] = field(default_factory=dict)
    words: Sequence[Sequence[Any]] = ()
    counts: PageCounts | None = None

    def __post_init__(self) -> None:
        m, n = self.V.shape
        if (m, n) != (len(self.rows), len(self.columns)):
            raise ValueError(f"V is {m} x {n}, but there are {len(self.rows)} rows and {len(self.columns)} columns")
        if self.counts is not None and self.counts.n_pages != n:
            raise ValueError(f"V has {n} columns, but there are counts of {self.counts.n_pages}")

    @property
    def kind(self) -> RowKind:
        """The kind of the rows."""
        return kind_of(self.rows)

    def __repr__(self) -> str:
        m, n = self.V.shape
        return f"DataMatrix of {m:,} {self.kind.rows} x {n:,} {self.kind.pages}, {self.V.dtype}"
