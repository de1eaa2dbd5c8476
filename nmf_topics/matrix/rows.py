"""The kinds of rows that V can have, and everything that differs between them.

A kind of rows is an entry of `ROW_KINDS`, which says what its rows, pages and topics are called and what is possible
with them, and a class with the decorator `row_axis`, which holds the rows of one matrix. All other modules ask the
entry (`model.kind.reads_texts`, `model.kind.page`) and never compare kinds. This module imports no such class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np

from nmf_topics.factor.blocks import Array
from nmf_topics.files.schema import Check


class RowAxis(Protocol):
    """The rows of one V: the terms of a vocabulary, the pixels of a grid.

    Attributes
    ----------
    kind : key of the entry in `ROW_KINDS`; it is stored in model files
    fields : what the fields of the JSON form must be; model files are checked before they are used
    """

    kind: ClassVar[str]
    fields: ClassVar[Mapping[str, Check]]

    @property
    def names(self) -> Sequence[str]:
        """The name of each row; no two rows have the same."""

    @property
    def shown(self) -> Sequence[str]:
        """The name of each row as readers see it."""

    def __len__(self) -> int: ...

    def columns(self) -> dict[str, Sequence[str]]:
        """Return the columns that identify rows in exported tables: header -> one text per row."""

    def to_meta(self) -> dict[str, Any]:
        """Return the JSON form."""

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> RowAxis:
        """Return the axis from its JSON form."""


@dataclass(frozen=True)
class RowKind:
    """What is known of all matrices with one kind of rows.

    Attributes
    ----------
    row, page, topic : names of a row and a column of V, and of a column of W, in the singular; an s makes the plural
    row_for_readers : name of a row in captions and reports, where that is another one
    frame_columns : which of the columns of `RowAxis.columns` such a data frame has
    method : sentences for the report: what V is, and what is computed from it
    has_names : whether the names of rows mean something to readers: topics are labelled by them, listed by them and
        drawn as word clouds. Without it topics have numbers only
    reads_texts : whether rows are terms of texts: new texts can be classified; words can be hidden, guide the fit and
        describe topics; coherence is measured; the report shows passages
    draws_images : whether a column is an image: topics and pages are drawn, and new images can be classified
    """

    row: str
    row_for_readers: str
    page: str
    topic: str
    frame_columns: Sequence[str]
    method: Sequence[str]
    has_names: bool = False
    reads_texts: bool = False
    draws_images: bool = False

    @property
    def rows(self) -> str:
        """Plural of `row`."""
        return f"{self.row}s"

    @property
    def pages(self) -> str:
        """Plural of `page`."""
        return f"{self.page}s"

    @property
    def topics(self) -> str:
        """Plural of `topic`."""
        return f"{self.topic}s"


FACTORIZATION = (
    "Non-negative matrix factorization finds W and H, both without negative entries, so that V is as near to WH as so "
    "few columns allow (Lee and Seung, Nature 401, 1999, 788-791; Algorithms for non-negative matrix factorization, "
    "NIPS 13, 2001)."
)

ROW_KINDS: dict[str, RowKind] = {
    "terms": RowKind(
        row="term",
        row_for_readers="word",
        page="page",
        topic="topic",
        frame_columns=("word",),
        method=(
            "Each page is counted into a column of a matrix V, words by pages, and the counts are weighted.",
            FACTORIZATION,
            "A topic is a column of W, the weights of its words, which sum to one; a column of H tells how much of "
            "each topic a page is made of, given here as shares that sum to one.",
            "The words that describe a topic are frequent on its pages and more frequent there than on all pages, by "
            "the plain counts; words by weight in W are ordered by relevance (Sievert and Shirley, LDAvis, 2014).",
            "The map shows Jensen-Shannon distances between columns of W by classical scaling (Torgerson, "
            "Psychometrika 17, 1952).",
        ),
        has_names=True,
        reads_texts=True,
    ),
    "pixels": RowKind(
        row="pixel",
        row_for_readers="pixel",
        page="image",
        topic="part",
        frame_columns=(),
        method=(
            "Each image is a column of a matrix V, pixels by images, from 0 for black to 1 for white.",
            FACTORIZATION,
            "A part is a column of W, drawn as an image; a column of H tells how much of each part an image is made "
            "of.",
            "Because nothing is ever subtracted, the parts are pieces of images rather than whole ones, as that paper "
            "shows on faces.",
        ),
        draws_images=True,
    ),
}

AXES: dict[str, type[RowAxis]] = {}

Axis = TypeVar("Axis", bound=type[Any])


def row_axis(cls: Axis) -> Axis:
    """Class decorator: make a class of rows known by its `kind`, so that model files with such rows can be loaded."""
    AXES[cls.kind] = cls
    return cls


def kind_of(rows: RowAxis) -> RowKind:
    """Return the entry of `ROW_KINDS` for some rows."""
    return ROW_KINDS[rows.kind]


def largest(weights: Array, k: int) -> np.ndarray:
    """Return the positions of the k largest weights, largest first; of equal ones the earlier row comes first."""
    order: np.ndarray = np.argsort(-np.asarray(weights), kind="stable")[: max(k, 0)]
    return order


def top_weights(rows: RowAxis, weights: Array, k: int) -> list[tuple[str, float]]:
    """Return the k rows with the largest positive weights as (name for readers, weight), largest first."""
    return [(rows.shown[i], float(weights[i])) for i in largest(weights, k) if weights[i] > 0]
