"""DataMatrix: V, what its rows are, which pages its columns are, and where it came from.

Text and images differ in their rows only; `matrix.rows` says how.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
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
class PageColumns:
    """Which pages the columns of V are: in the order of their ids, or of the rows of a table in memory.

    Attributes
    ----------
    ids, titles : one str a page
    meta : one mapping a page, whatever the source said of it
    index : labels of the rows of a table in memory; None for pages from files
    """

    ids: Sequence[str]
    titles: Sequence[str]
    meta: Sequence[Mapping[str, Any]]
    index: PageIndex | None = None

    def __len__(self) -> int:
        return len(self.ids)

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
