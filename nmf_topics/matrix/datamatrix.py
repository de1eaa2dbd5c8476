"""DataMatrix: V, what its rows are, which pages its columns are, and where it came from.

Text and images differ in their row axis only. An axis is a class that satisfies `RowAxis` and enters `AXES` through
the decorator `row_axis`, by which a saved model finds it again; this module imports no axis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np

from nmf_topics.factor.blocks import Array
from nmf_topics.matrix.page_counts import PageCounts


class RowAxis(Protocol):
    """What the rows of V are: the terms of a vocabulary, the pixels of a grid."""

    kind: ClassVar[str]

    def __len__(self) -> int: ...

    def top(self, weights: Array, k: int) -> list[tuple[str, float]]:
        """The k rows of largest weight with their names for readers, largest first; fewer where there are fewer."""

    def to_meta(self) -> dict[str, Any]:
        """Everything needed to make the axis again, as JSON."""

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> RowAxis:
        """The axis that `to_meta` described."""


AXES: dict[str, type[RowAxis]] = {}

Axis = TypeVar("Axis", bound=type[Any])


def row_axis(cls: Axis) -> Axis:
    """Class decorator: make an axis known by its `kind` to those who load models."""
    AXES[cls.kind] = cls
    return cls


def largest(weights: Array, k: int) -> np.ndarray:
    """Positions of the k largest weights, largest first, the earlier row first among equals."""
    order: np.ndarray = np.argsort(-np.asarray(weights), kind="stable")[: max(k, 0)]
    return order


@dataclass(frozen=True)
class PageColumns:
    """Which pages the columns of V are, in the order of their ids.

    Attributes
    ----------
    ids, titles : one str a page
    meta : one mapping a page, whatever the source said of it
    """

    ids: Sequence[str]
    titles: Sequence[str]
    meta: Sequence[Mapping[str, Any]]

    def __len__(self) -> int:
        return len(self.ids)

    def meta_names(self) -> list[str]:
        """Names of all metadata, sorted, whichever pages have them."""
        return sorted({name for meta in self.meta for name in meta})

    def labels(self) -> list[str | None]:
        """What the source calls the subject of each page, where it does."""
        return [None if meta.get("label") in (None, "") else str(meta["label"]) for meta in self.meta]


@dataclass(frozen=True)
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
