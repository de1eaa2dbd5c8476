"""`classify`: find the topics of new pages."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import scipy.sparse as sp

from nmf_topics.corpus.open import open_corpus
from nmf_topics.corpus.page import Corpus, Page
from nmf_topics.corpus.readers.columns import Columns
from nmf_topics.errors import InputTypeError, ModelError, OptionError
from nmf_topics.factor.blocks import Array
from nmf_topics.images.pixels import image_files
from nmf_topics.library.inputs import PageDetails, existing_path, is_matrix, pages_in_memory
from nmf_topics.library.matrices import PagesIn, columns_of_model, is_numeric_frame
from nmf_topics.matrix.datamatrix import PageColumns, PageIndex, SourceOrder
from nmf_topics.model.classify import Assignment, Classifier, markup_of
from nmf_topics.model.display import CELL, bar, table_html
from nmf_topics.model.frames import data_frame, metadata_columns, page_columns, weight_columns
from nmf_topics.model.model import TopicModel
from nmf_topics.model.page_topics import page_topics
from nmf_topics.pipeline.prepare import is_image_folder

if TYPE_CHECKING:
    import pandas

logger = logging.getLogger("nmf_topics")

SHOWN = 10  # number of pages in displays
BATCH = 1000  # number of pages classified together


@dataclass(frozen=True, eq=False)
class Classified(Sequence[Assignment]):
    """Topics of new pages: a sequence of `Assignment`, one per page, in the order of the input.

    Attributes
    ----------
    model : TopicModel
    assignments : one per page
    columns : ids, titles, metadata and labels of the pages
    """

    model: TopicModel
    assignments: Sequence[Assignment]
    columns: PageColumns

    def __len__(self) -> int:
        return len(self.assignments)

    @overload
    def __getitem__(self, place: int) -> Assignment: ...
    @overload
    def __getitem__(self, place: slice) -> Classified: ...
    def __getitem__(self, place: int | slice) -> Assignment | Classified:
        if not isinstance(place, slice):
            return self.assignments[place]
        index = self.columns.index
        some = None if index is None else PageIndex(index.labels[place], index.names, index.dtype)
        cut = self.columns.take(range(len(self))[place])
        return Classified(self.model, self.assignments[place], replace(cut, index=some))

    def __iter__(self) -> Iterator[Assignment]:
        return iter(self.assignments)

    @property
    def weights(self) -> Array:
        """Shares of the topics in each page, ndarray of shape (pages, r); zeros for pages without a topic."""
        return np.array([a.topics.weights for a in self.assignments]).reshape(-1, self.model.rank)

    @property
    def topics(self) -> list[int | None]:
        """Number of the topic of each page; None for pages without a topic."""
        return [a.topics.topic for a in self.assignments]

    def to_frame(self) -> pandas.DataFrame:
        """Return a pandas data frame with the index of the input.

        Returns
        -------
        DataFrame with one row per page: title, topic (missing if it has none), label, weight and margin of the topic,
        error, status, known_words (share of its words that are in the model), metadata, topic_1 ... topic_r, row
        (number of the page's row in its file, missing if it has none)

        Raises
        ------
        MissingExtra
            an ImportError, if pandas is not installed.
        """
        return data_frame(
            {
                **page_columns(self.columns, [a.topics for a in self.assignments], self._labels()),
                "known_words": [a.known_words for a in self.assignments],
                **metadata_columns(self.columns, self.model.rank),
                **weight_columns(self.weights),
                "row": [a.row for a in self.assignments],
            },
            self.columns.index or PageIndex(self.columns.ids, ("id",)),
        )

    def _labels(self) -> list[str]:
        return [self.model.label(topic) if topic else "" for topic in self.topics]

    def _rows(self) -> list[tuple[str, ...]]:
        """Return the first pages: id, number and label of the topic, weight, margin, share of known words, status."""
        return [
            (
                str(a.name)[:30],
                str(a.topics.topic or ""),
                label[:40],
                _share(a.topics.weight),
                _share(a.topics.margin),
                _share(a.known_words),
                a.topics.status,
            )
            for a, label in zip(self.assignments[:SHOWN], self._labels()[:SHOWN], strict=True)
        ]

    def _rest(self) -> str:
        more = len(self) - SHOWN
        return f"... and {more:,} more" if more > 0 else ""

    def __repr__(self) -> str:
        head = ("page", "topic", "label", "weight", "margin", "known", "status")
        rows = [head, *self._rows()]
        widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([f"{len(self):,} page{'s' if len(self) != 1 else ''}", *lines, *filter(None, [self._rest()])])

    def _repr_html_(self) -> str:
        """Return the HTML that notebooks display."""
        names = ("page", "title", "topic", "label", "weight", "margin", "known words", "status")
        head = "".join(f'<th style="{CELL}">{name}</th>' for name in names)
        body = []
        for row, title, a in zip(self._rows(), self.columns.titles, self.assignments, strict=False):
            weight = f"{bar(a.topics.weight)} {row[3]}" if a.topics.topic else ""
            cells = [
                escape(row[0]),
                f'<span dir="auto">{escape(title)}</span>',
                f"<b>{row[1]}</b>",
                f'<span dir="auto">{escape(row[2])}</span>',
                f'<span style="white-space:nowrap">{weight}</span>',
                *map(escape, row[4:]),
            ]
            body.append("<tr>" + "".join(f'<td style="{CELL}">{cell}</td>' for cell in cells) + "</tr>")
        rest = f"<p>{self._rest()}</p>" if self._rest() else ""
        return f"<div>{table_html(head, chr(10).join(body))}{rest}</div>"


def _share(value: float) -> str:
    return "" if value != value else f"{value:.0%}"


def classify(
    model: TopicModel,
    data: Any,
    *,
    text_column: str | None = None,
    title_column: str | None = None,
    id_column: str | None = None,
    date_column: str | None = None,
    label_column: str | None = None,
    ids: Iterable[Any] | None = None,
    titles: Iterable[Any] | None = None,
    metadata: Any = None,
    terms: Iterable[str] | Mapping[str, int] | None = None,
    pages_in: PagesIn | None = None,
    explain: bool = False,
) -> Classified:
    """Compute the topics of new pages; the topics of the model do not change.

    A page of the fit gets the weights that it has in the model. The result for a page does not depend on other pages.

    Parameters
    ----------
    model : TopicModel
    data : texts, a table, a matrix or a path, as in `fit_topics`; a matrix has the terms of the model in their
        order, or `terms` names them
    text_column, title_column, id_column, date_column, label_column : names of columns of a table, as in `fit_topics`
    ids, titles, metadata : one per page, as in `fit_topics`
    terms : names of the terms of a matrix; terms that the model does not have are ignored
    pages_in : "rows" if a matrix is pages x terms, "columns" (the default) if terms x pages
    explain : fill `explanation` of each assignment: the words that contributed most to each topic

    Returns
    -------
    Classified, a sequence of `Assignment` that is displayed as a table; `to_frame()` converts it to a data frame

    Raises
    ------
    TypeError
        if data, or one of its elements, has a type that cannot be used.
    ValueError
        if the model cannot read such data, or was fitted with the user's own functions and loaded without them.

    References
    ----------
    The weights solve min ||v - W h|| (or the divergence that was fitted) over h >= 0 for each page v, W fixed.

    Examples
    --------
    >>> from nmf_topics import classify, fit_topics
    >>> model = fit_topics(["green tea", "black tea", "a goal", "the final goal"] * 3, 2, min_pages=1)
    >>> model = model.renamed({1: "Drinks", 2: "Sport"})
    >>> classify(model, ["black tea, green tea, milk", "the final goal, a goal", "stamps"])
    3 pages
    page  topic  label   weight  margin  known  status
    0     1      Drinks  100%    100%    80%    ok
    1     2      Sport   100%    100%    100%   ok
    2                                    0%     no-known-words
    """
    if not isinstance(model, TopicModel):
        raise InputTypeError(f"model must be a TopicModel, not of type {type(model).__name__}; load_model reads one")
    columns = Columns(text_column, title_column, id_column, date_column, label_column)
    details = PageDetails(ids, titles, metadata)
    if is_matrix(data) or (is_numeric_frame(data) and (pages_in is not None or terms is not None)):
        return _of_matrix(model, data, terms, pages_in, details)
    if terms is not None or pages_in is not None:
        raise OptionError("terms and pages_in belong to a matrix; leave them out")
    path = existing_path(data)
    if path is not None and (model.kind.draws_images or is_image_folder(str(path))):
        found, _ = Classifier(model).images(image_files(path) if path.is_dir() else [path])
        names = [a.name for a in found]
        return Classified(model, found, PageColumns(names, [a.title for a in found], [{} for _ in found]))
    index: PageIndex | None = None
    pages: Sequence[Page]
    if path is not None:
        named: dict[str, Any] = {f"{part}_column": name for part, name in columns.parts().items()}
        pages = list(open_corpus(path, **named, markup=markup_of(model), warn=logger.info))
    elif isinstance(data, Corpus):
        pages = list(data)
    else:
        read = pages_in_memory(data, columns, details, markup_of(model), warn=logger.info, note=logger.info)
        pages, index = read.pages, read.index
    classifier, assignments = Classifier(model), []
    for first in range(0, len(pages), BATCH):
        batch = [(page.id, page.title, page.text) for page in pages[first : first + BATCH]]
        assignments += classifier.texts(batch, explain=explain)
    assignments = [replace(a, meta=page.meta, row=page.row) for a, page in zip(assignments, pages, strict=True)]
    rows = SourceOrder.of([page.row for page in pages])
    about = PageColumns([p.id for p in pages], [p.title for p in pages], [p.meta for p in pages], index, rows)
    return Classified(model, assignments, about)


def _of_matrix(model: TopicModel, data: Any, terms: Any, pages_in: PagesIn | None, details: PageDetails) -> Classified:
    """Classify the columns of the caller's own matrix."""
    if not model.kind.has_names:
        raise ModelError(f"the rows of the model are {model.kind.rows}, which have no names that a matrix could use")
    V, labels = columns_of_model(data, model.rows, terms, pages_in)
    n = V.shape[1]
    ids, titles, metadata, index = details.of(n, labels or PageIndex(range(n)))
    if model.weighting is not None:
        V = model.weighting.apply(sp.csc_matrix(V))
    H, errors = model.project(V)
    assignments = []
    for j in range(n):
        topics = page_topics(H[:, j], float(errors[j]))
        note = "" if topics.topic else "none of its terms has a weight in any topic"
        assignments.append(Assignment(ids[j], (titles or ids)[j], topics, h=H[:, j], note=note))
    return Classified(model, assignments, PageColumns(ids, titles or ids, metadata, index))
