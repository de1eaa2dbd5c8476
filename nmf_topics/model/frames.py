"""Convert models and classified pages to pandas data frames; only these functions need pandas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nmf_topics.errors import OptionError
from nmf_topics.factor.blocks import Array
from nmf_topics.files.optional import needs_extra
from nmf_topics.matrix.datamatrix import PageColumns, PageIndex
from nmf_topics.model.page_topics import PageTopics
from nmf_topics.model.reading import ReadableModel

if TYPE_CHECKING:
    import pandas

Weights = Literal["share", "H"]
WHOLE_NUMBERS = ("topic", "row")  # columns in which values may be missing


def data_frame(columns: Mapping[str, Any], index: PageIndex) -> pandas.DataFrame:
    """Make a data frame from columns; numbers of topics are integers that may be missing.

    Raises
    ------
    MissingExtra
        if pandas is not installed.
    """
    with needs_extra("pandas", "a data frame"):
        import pandas as pd
    frame = pd.DataFrame(dict(columns), index=_index(pd, index))
    return frame.astype({name: "Int64" for name in WHOLE_NUMBERS if name in columns})


def _index(pd: Any, index: PageIndex) -> Any:
    if isinstance(index.labels, range):
        return pd.RangeIndex(len(index.labels), name=index.names[0])
    if len(index.names) > 1:
        return pd.MultiIndex.from_tuples(list(index.labels), names=index.names)
    found = pd.Index(list(index.labels), name=index.names[0])
    if index.dtype:
        try:
            return found.astype(index.dtype)
        except (TypeError, ValueError):  # the dtype does not exist in this version of pandas
            return found
    return found


def topics_frame(model: ReadableModel, words: int) -> pandas.DataFrame:
    """Make a data frame with one row per topic; see `TopicModel.topics_frame`."""
    topics = model.topics()
    columns = {
        "label": [topic.label for topic in topics],
        "share": [topic.share for topic in topics],
        "pages": [topic.pages for topic in topics],
        "coherence": [topic.coherence for topic in topics],
        "stability": [topic.stability for topic in topics],
        "words": [", ".join(word for word, _ in model.terms(topic.number, words)) for topic in topics],
    }
    return data_frame(columns, PageIndex([topic.number for topic in topics], ("topic",)))


def pages_frame(model: ReadableModel, weights: Weights) -> pandas.DataFrame:
    """Make a data frame with one row per page; see `TopicModel.pages_frame`."""
    if weights not in ("share", "H"):
        raise OptionError(f"weights must be 'share' or 'H', not {weights!r}")
    pages = model.pages()
    matrix = model.H.T if weights == "H" else np.array([page.weights for page in pages])
    frame = data_frame(
        {
            **page_columns(model.columns, pages, [model.label(page.topic) if page.topic else "" for page in pages]),
            **metadata_columns(model.columns, model.rank),
            **weight_columns(matrix.reshape(-1, model.rank)),
            "row": list(model.columns.rows()),
        },
        model.columns.index or PageIndex(model.columns.ids, ("id",)),
    )
    order = list(model.columns.in_source_order())
    return frame if order == sorted(order) else frame.iloc[order]


def words_frame(model: ReadableModel) -> pandas.DataFrame:
    """Make a data frame with one row per row of W; see `TopicModel.words_frame`."""
    columns = model.rows.columns()
    return data_frame(
        {**{name: list(columns[name]) for name in model.kind.frame_columns}, **weight_columns(model.W)},
        PageIndex(model.rows.names, (model.kind.row,)),
    )


def page_columns(columns: PageColumns, pages: Sequence[PageTopics], labels: Sequence[str]) -> dict[str, list[Any]]:
    """Return the columns that describe pages and their main topics."""
    return {
        **({"id": list(columns.ids)} if columns.index is not None else {}),
        "title": list(columns.titles),
        "topic": [page.topic for page in pages],
        "label": list(labels),
        "weight": [page.weight for page in pages],
        "margin": [page.margin for page in pages],
        "error": [page.error for page in pages],
        "status": [page.status for page in pages],
    }


def metadata_columns(columns: PageColumns, rank: int) -> dict[str, list[Any]]:
    """Return the columns of metadata; names of other columns get the prefix `page_`."""
    taken = {"id", "title", "topic", "label", "weight", "margin", "error", "status", "row", *weight_names(rank)}
    headers = columns.headers(taken)
    return {header: [meta.get(name) for meta in columns.meta] for name, header in headers.items()}


def weight_columns(weights: Array) -> dict[str, Array]:
    """Return columns topic_1, topic_2, ... from an array of shape (n, rank)."""
    return dict(zip(weight_names(weights.shape[1]), weights.T, strict=True))


def weight_names(rank: int) -> list[str]:
    """Return the names of the columns of weights."""
    return [f"topic_{k + 1}" for k in range(rank)]
