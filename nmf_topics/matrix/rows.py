"""The kinds of rows that V can have, and everything that differs between them.

A kind of rows consists of an entry of `ROW_KINDS`, which has the nouns for its rows, pages and topics and says what is
possible with them, and a class with the decorator `row_axis`, which holds the rows of one matrix. Other modules use the
entry (`model.kind.reads_texts`, `model.kind.page`) and never compare kinds. This module does not import these classes.
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
        """The unique name of each row."""

    @property
    def shown(self) -> Sequence[str]:
        """The name of each row as shown to readers."""

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
    """Properties of all matrices with one kind of rows.

    Attributes
    ----------
    row, page, topic : nouns for a row of V, a column of V and a column of W, in the singular; the plural adds an s
    row_for_readers : noun for a row in captions and reports
    frame_columns : the columns of `RowAxis.columns` that data frames have
    method : sentences for the report about V and the computation
    has_names : whether the names of rows are meaningful, so that topics can be labelled by them, listed with them and
        drawn as word clouds; otherwise topics only have numbers
    reads_texts : whether rows are terms of texts, so that new texts can be classified, words can be hidden, can guide
        the fit and describe topics, coherence can be measured, and the report can show passages
    draws_images : whether a column is an image, so that topics and pages can be drawn, and new images can be classified
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
    "Non-negative matrix factorization finds W and H without negative entries, so that WH approximates V as well as "
    "possible (Lee and Seung, Nature 401, 1999, 788-791; Algorithms for non-negative matrix factorization, NIPS 13, "
    "2001)."
)

ROW_KINDS: dict[str, RowKind] = {
    "terms": RowKind(
        row="term",
        row_for_readers="word",
        page="page",
        topic="topic",
        frame_columns=("word",),
        method=(
            "The words of each page are counted in a column of a matrix V, words by pages, and weighted.",
            FACTORIZATION,
            "A topic is a column of W: the weights of its words, which sum to one. A column of H contains the weights "
            "of the topics on a page, shown here as shares that sum to one.",
            "The words that describe a topic are frequent on its pages and more frequent there than on all pages. "
            "Words by weight in W are ordered by relevance (Sievert and Shirley, LDAvis, 2014).",
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
            "Each image is a column of a matrix V, pixels by images, with values from 0 for black to 1 for white.",
            FACTORIZATION,
            "A part is a column of W, drawn as an image. A column of H contains the weights of the parts in an image.",
            "Because parts are only added, never subtracted, they are pieces of images rather than whole images, as "
            "that paper shows for faces.",
        ),
        draws_images=True,
    ),
}

AXES: dict[str, type[RowAxis]] = {}

Axis = TypeVar("Axis", bound=type[Any])


def row_axis(cls: Axis) -> Axis:
    """Register a class of rows by its `kind`, so that model files with such rows can be loaded (a class decorator)."""
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
