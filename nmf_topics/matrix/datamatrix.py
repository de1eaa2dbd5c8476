"""DataMatrix: V, what its rows are, which pages its columns are, and where it came from.

Text and images differ in their rows only; `matrix.rows` says how.
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
    """How the table that pages came from labels its rows, so that results can be joined with it.

    Attributes
    ----------
    labels : one a page: str, int, float, or a tuple of these for an index of several levels
    names : of the levels, None for one without a name
    dtype : of a label in pandas, where the label itself does not tell it ("datetime64[ns]"); "" where it does
    """

    labels: Sequence[Any]
    names: Sequence[str | None] = (None,)
    dtype: str = ""

    def to_meta(self) -> dict[str, Any]:
        """As JSON; a range as its length."""
        labels = len(self.labels) if self.labels == range(len(self.labels)) else list(self.labels)
        return {"labels": labels, "names": list(self.names), "dtype": self.dtype}

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> PageIndex:
        """The index that `to_meta` described."""
        found, names = meta["labels"], tuple(meta["names"])
        if isinstance(found, int):
            return cls(range(found), names, meta["dtype"])
        return cls([tuple(label) if isinstance(label, list) else label for label in found], names, meta["dtype"])


@dataclass(frozen=True)
class SourceOrder:
    """Where the pages are in their source, such as a table or a mailbox.

    Attributes
    ----------
    places : one int a page, rising in the order in which the source was read; no two the same. The rows, where pages of
        one file are in order
    rows : the number of each page's row in its file, from 1; None for a page that is a file of its own
    """

    places: Sequence[int]
    rows: Sequence[int | None]

    @classmethod
    def of(cls, rows: Sequence[int | None]) -> SourceOrder | None:
        """The order of pages as they were read; None where no page has a row number."""
        if all(row is None for row in rows):
            return None
        known = [row for row in rows if row is not None]
        in_order = len(known) == len(rows) and all(one < other for one, other in pairwise(known))
        return cls(known if in_order else list(range(len(rows))), list(rows))

    def take(self, pages: Sequence[int]) -> SourceOrder:
        """The same for some of the pages."""
        return SourceOrder([self.places[j] for j in pages], [self.rows[j] for j in pages])

    def to_meta(self) -> dict[str, Any]:
        """As JSON."""
        places, rows = list(self.places), list(self.rows)
        return {"rows": rows} if places == rows else {"places": places, "rows": rows}

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> SourceOrder:
        """The order that `to_meta` described.

        Raises
        ------
        ValueError
            if it describes none.
        """
        rows = meta["rows"]
        places = meta.get("places", rows)
        if not all(type(place) is int for place in places) or not all(row is None or type(row) is int for row in rows):
            raise ValueError("the order of its pages is not made of numbers")
        if len(places) != len(rows) or len(set(places)) != len(places):
            raise ValueError("the order of its pages is incomplete")
        return cls(places, rows)


@dataclass(frozen=True)
class PageColumns:
    """Which pages the columns of V are: in the order of their ids, or of the rows of a table in memory.

    Attributes
    ----------
    ids, titles : one str a page
    meta : one mapping a page, whatever the source said of it
    index : labels of the rows of a table in memory; None for pages from files
    order : where the pages are in their source; None where the source has no order, as a folder of texts
    """

    ids: Sequence[str]
    titles: Sequence[str]
    meta: Sequence[Mapping[str, Any]]
    index: PageIndex | None = None
    order: SourceOrder | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, pages: Sequence[int]) -> PageColumns:
        """Some of the pages; of an index, which belongs to all of them, nothing is kept."""
        ids, titles = [self.ids[j] for j in pages], [self.titles[j] for j in pages]
        return PageColumns(ids, titles, [self.meta[j] for j in pages], order=self.order and self.order.take(pages))

    def rows(self) -> Sequence[int | None]:
        """The number of each page's row in its file, None where it has none."""
        return [None] * len(self) if self.order is None else self.order.rows

    def in_source_order(self) -> Sequence[int]:
        """The columns in the order of the source; as they are where the source has no order."""
        if self.order is None:
            return range(len(self))
        return sorted(range(len(self)), key=self.order.places.__getitem__)

    def to_meta(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "ids": list(self.ids),
            "titles": list(self.titles),
            "meta": [dict(meta) for meta in self.meta],
            **({} if self.index is None else {"index": self.index.to_meta()}),
            **({} if self.order is None else {"order": self.order.to_meta()}),
        }

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> PageColumns:
        """The columns that `to_meta` described."""
        index = PageIndex.from_meta(meta["index"]) if "index" in meta else None
        order = SourceOrder.from_meta(meta["order"]) if "order" in meta else None
        return cls(**{**meta, "index": index, "order": order})

    def meta_names(self) -> list[str]:
        """Names of all metadata, sorted, whichever pages have them."""
        return sorted({name for meta in self.meta for name in meta})

    def headers(self, taken: Collection[str]) -> dict[str, str]:
        """Metadata -> header of its column in a table: its name, with `page_` before it as often as that is taken."""
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
        """What the source calls the subject of each page, where it does."""
        return [None if meta.get("label") in (None, "") else str(meta["label"]) for meta in self.meta]


@dataclass(frozen=True, repr=False)
class DataMatrix:
    """V with its names.

    Attributes
    ----------
    V : matrix of shape (m, n), CSC or dense, non-negative, float; columns are pages
    rows : RowAxis of length m
    columns : PageColumns of length n
    weighting : the fitted weighting that made V from counts, or None (pixels)
    recipe : every option that shaped V, and the fingerprint of what it was made from
    ledger : counts of what went in, was kept and was dropped, and why
    words : lines of a table, what became of each word of the corpus (see `terms.words_table`); none of images
    counts : how often words are on pages, for describing topics; None where V was not made from counts

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
        """What is known of all matrices with such rows."""
        return kind_of(self.rows)

    def __repr__(self) -> str:
        m, n = self.V.shape
        return f"DataMatrix of {m:,} {self.kind.rows} x {n:,} {self.kind.pages}, {self.V.dtype}"
