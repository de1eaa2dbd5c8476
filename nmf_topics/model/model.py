"""TopicModel: the factors W and H with the names of their rows and columns, and methods to query them.

Columns of W sum to one, so that weights in H can be compared between topics. Topics are sorted by mass and numbered
from 1; every table, picture and file uses this number. The weights of a page are shown as shares: its column of H
divided by the sum of that column.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nmf_topics.errors import ModelError
from nmf_topics.factor.blocks import Array
from nmf_topics.factor.objectives import OBJECTIVES
from nmf_topics.factor.project import project
from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.matrix.rows import RowAxis, RowKind, kind_of, largest
from nmf_topics.model.description import Description
from nmf_topics.model.display import model_html, model_text
from nmf_topics.model.hidden import hide_words, unhide_words
from nmf_topics.model.page_topics import FEW_WORDS, PageTopics, page_topics
from nmf_topics.model.relevance import Candidate, WordOrder
from nmf_topics.model.shown import ShownWords, TopicWord
from nmf_topics.text.analyzer import word_options

if TYPE_CHECKING:
    import pandas

    from nmf_topics.model.frames import Weights


@dataclass(frozen=True)
class Topic:
    """One topic, for readers.

    Attributes
    ----------
    number : number from 1, in the order of mass
    label : a name given by the user, or two or three words that are in no other label
    share : share of sum(H)
    pages : number of pages whose dominant topic this is
    coherence : page-level NPMI of the ten words that describe it; NaN for images
    stability : mean similarity of this topic over the runs of a fit; NaN for a single run
    """

    number: int
    label: str
    share: float
    pages: int
    coherence: float
    stability: float


@dataclass(frozen=True, eq=False, repr=False)
class TopicModel:
    """A fitted model.

    Attributes
    ----------
    W : ndarray of shape (m, r), read-only; columns sum to one (that of a dead topic is zero)
    H : ndarray of shape (r, n), read-only
    errors : ndarray of shape (n,), relative error of each page
    trace : ndarray, relative error after each iteration of the fit
    stopped : why the fit ended: "converged", "certified", "exact", "max_iter"
    relative_error : relative error of the model
    coherences, stabilities : ndarrays of shape (r,)
    rows, columns : the rows and columns of V
    weighting : the fitted weighting, or None
    recipe : every option that the result depends on
    ledger : numbers of tokens and pages that were read, kept and dropped
    names : names given by the user, by topic number
    hidden : words that are not shown
    description : the words that describe the topics; None for images, and for models of earlier versions
    penalties : ndarray of shape (2, r), the penalties `l1` and `l2` of `project` on the weights of each topic; zeros if
        the fit had none
    certificate : bound on the remaining decrease of the objective when the fit ended, relative to its value (see
        `factor.factorize`); NaN if there is none
    known_words : ndarray of shape (n,), number of tokens of each page that are in the vocabulary; None for images,
        matrices, and models of earlier versions

    Examples
    --------
    >>> from nmf_topics import fit_topics
    >>> model = fit_topics(["green tea", "black tea", "a goal", "the final goal"] * 3, 2, min_pages=1)
    >>> model.W.shape, model.H.shape, model.dominant().tolist()[:4]
    ((5, 2), (2, 12), [0, 0, 1, 1])
    >>> sorted(word for word, weight in model.terms(1, 3))
    ['black', 'green', 'tea']
    """

    W: Array
    H: Array
    errors: Array
    trace: Array
    stopped: str
    relative_error: float
    coherences: Array
    stabilities: Array
    rows: RowAxis
    columns: PageColumns
    weighting: Any
    recipe: Mapping[str, Any]
    ledger: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    hidden: Sequence[str] = ()
    certificate: float = math.nan
    penalties: Array = field(default_factory=lambda: np.zeros((2, 1)))
    description: Description | None = None
    known_words: Array | None = None

    def __post_init__(self) -> None:
        for array in (self.W, self.H, self.errors, self.trace, self.coherences, self.stabilities, self.penalties):
            array.setflags(write=False)
        if self.known_words is not None:
            self.known_words.setflags(write=False)

    @property
    def kind(self) -> RowKind:
        """The kind of the rows: nouns for rows, pages and topics, and what is possible with the model."""
        return kind_of(self.rows)

    @property
    def rank(self) -> int:
        """Number of topics, r."""
        return int(self.W.shape[1])

    @property
    def error_name(self) -> str:
        """The name of `relative_error`: an error, or the divergence that was minimized."""
        return OBJECTIVES[self.recipe["objective"]].error_name

    def project(self, V: Any) -> tuple[Array, Array]:
        """Return the weights and errors of the columns of V for these topics, computed as for pages of the fit."""
        if V.shape[1] == 0:
            return np.zeros((self.rank, 0)), np.zeros(0)
        l1, l2 = np.broadcast_to(self.penalties, (2, self.rank))
        return project(V, self.W, objective=self.recipe["objective"], rule=self.recipe["solver"], l1=l1, l2=l2)

    @property
    def shares(self) -> Array:
        """Share of each topic in sum(H), shape (r,)."""
        mass = self.H.sum(axis=1)
        return np.asarray(mass / mass.sum())

    @property
    def dead_topics(self) -> list[int]:
        """Numbers of the topics that are the dominant topic of no page: the rank is larger than the data support.

        If pages were split into pieces, a topic may be dominant in pieces only; then topics without any weight are
        returned.
        """
        if word_options(self.recipe).chunk:
            return [int(k) + 1 for k in np.flatnonzero(~self.H.any(axis=1))]
        return [topic.number for topic in self.topics() if topic.pages == 0]

    def pages(self) -> list[PageTopics]:
        """Return the topics of each page, in the order of the columns."""
        known = np.full(len(self.columns), np.inf) if self.known_words is None else self.known_words
        return [
            page_topics(self.H[:, j], float(self.errors[j]), known_words=float(known[j]))
            for j in range(len(self.columns))
        ]

    def weak_pages(self) -> np.ndarray:
        """The columns of the pages with a topic but few known words, those whose status is "weak"."""
        if self.known_words is None:
            return np.zeros(0, np.intp)
        return np.flatnonzero(self.H.any(axis=0) & (self.known_words < FEW_WORDS))

    def repeated_pages(self) -> np.ndarray:
        """Return whether each page has the same weights, error and number of known words as another; shape (n,).

        Such pages have the same words.
        """
        return self._repeated_pages.copy()

    @cached_property
    def _repeated_pages(self) -> np.ndarray:
        """The same, cached: several outputs of a fit need it, and half a million pages take seconds."""
        n = self.H.shape[1]
        if self.known_words is None or not n:
            return np.zeros(n, bool)
        described = np.vstack([self.H, self.errors, self.known_words])
        scale = np.abs(described).max(axis=1, keepdims=True)
        rounded = np.round(described / np.where(scale > 0, scale, 1.0), 6).T
        _, place, count = np.unique(np.nan_to_num(rounded), axis=0, return_inverse=True, return_counts=True)
        return np.asarray(count[place.ravel()] > 1)

    def dominant(self) -> np.ndarray:
        """Return the index (from 0) of each page's dominant topic, or -1; shape (n,)."""
        return np.where(self.H.any(axis=0), self.H.argmax(axis=0), -1)

    def topics(self) -> list[Topic]:
        """Return all topics, in order."""
        pages = np.bincount(self.dominant() + 1, minlength=self.rank + 1)[1:]
        return [
            Topic(k + 1, self.label(k + 1), float(share), int(n), float(c), float(s))
            for k, (share, n, c, s) in enumerate(
                zip(self.shares, pages, self.coherences, self.stabilities, strict=True)
            )
        ]

    def label(self, number: int) -> str:
        """Return the name that the user gave a topic, else words that describe it (for images: its number)."""
        self._check(number)
        return self._labels[number - 1]

    @cached_property
    def _labels(self) -> list[str]:
        """Labels of all topics, cached because they are used for every page."""
        numbered = (f"{self.kind.topic} {k + 1}" for k in range(self.rank))
        made = self._shown.labels() if self.kind.has_names else numbered
        return [self.names.get(number, label) for number, label in enumerate(made, start=1)]

    def terms(self, number: int, k: int = 10, *, order: WordOrder = "typical") -> list[tuple[str, float]]:
        """Return the first k words of a topic as (word, score or weight in W), without hidden words.

        Parameters
        ----------
        number : number of the topic, from 1
        k : number of words
        order : "typical": the words that describe it, with their scores (see `model.description`; by weight if the
            model has no description); "weight": by weight in W; "relevance": by 0.6 log w + 0.4 log(w / p), where p is
            the word's weight over all topics (Sievert & Shirley 2014); "exclusive": by the topic's share of the word's
            weight. The last two choose among the `candidates`
        """
        self._check(number)
        return self._shown.terms(number - 1, k, order)

    def words(self, number: int, k: int = 10, *, order: WordOrder = "typical") -> list[TopicWord]:
        """Return the words of `terms` of a model of text, with all measures of each word."""
        self._check(number)
        return self._shown.words(number - 1, k, order)

    def candidates(self, number: int) -> list[Candidate]:
        """Return up to 100 heaviest words of a topic, heaviest first, which `relevance` sorts."""
        self._check(number)
        return self._shown.candidates(number - 1)

    @property
    def hidden_rows(self) -> list[int]:
        """The rows of W of the hidden words."""
        return self._shown.hidden_rows

    @cached_property
    def _shown(self) -> ShownWords:
        described = self.description
        if described is not None and (len(described.topics) != self.rank or not self.kind.reads_texts):
            described = None  # of another W, before it was replaced
        options = word_options(self.recipe)
        return ShownWords(self.rows, self.W, self.shares, described, tuple(self.hidden), options)

    def top_pages(self, number: int, k: int = 5) -> list[tuple[int, float]]:
        """Return the pages with the largest shares of a topic as (column, share), largest first.

        Only pages whose main topic it is are used, or all pages if there are none.
        """
        self._check(number)
        weights = self.H[number - 1]
        shares = np.divide(weights, self._page_totals, out=np.zeros_like(weights), where=self._page_totals > 0)
        main = self.dominant() == number - 1
        ranked = np.where(main, shares, 0.0) if main.any() else shares
        order = largest(ranked.astype(np.float32), k)  # in 32 bits as in the report, so that ties are the same
        return [(int(j), float(shares[j])) for j in order if shares[j] > 0 and (main[j] or not main.any())]

    @cached_property
    def _page_totals(self) -> Array:
        """The sum of each page's weights, shape (n,)."""
        return np.ascontiguousarray(self.H.T).sum(axis=1)  # in the order in which `page_topics` sums a column

    def topics_frame(self, words: int = 10) -> pandas.DataFrame:
        """Return the topics as a pandas data frame.

        Parameters
        ----------
        words : number of words in the column "words"

        Returns
        -------
        DataFrame of r rows, indexed by the number of the topic: label, share (of sum(H)), pages, coherence (NPMI),
        stability, words

        Raises
        ------
        MissingExtra
            an ImportError, if pandas is not installed.
        """
        from nmf_topics.model.frames import topics_frame

        return topics_frame(self, words)

    def pages_frame(self, weights: Weights = "share") -> pandas.DataFrame:
        """Return the pages as a pandas data frame, in the order of the source where it has one.

        The index is that of the data frame or Series that was fitted, so that both can be joined; otherwise the ids.
        A source without an order is a folder of texts; its pages are in the order of the columns of H.

        Parameters
        ----------
        weights : "share" for the shares of the topics in the page, which sum to one; "H" for the entries of H

        Returns
        -------
        DataFrame of n rows: title, topic (missing if a page has none), label, weight and margin of the topic, error,
        status, all metadata, topic_1 ... topic_r, row (number of the page's row in its file, missing if it has none)

        Raises
        ------
        MissingExtra
            an ImportError, if pandas is not installed.
        """
        from nmf_topics.model.frames import pages_frame

        return pages_frame(self, weights)

    def words_frame(self) -> pandas.DataFrame:
        """Return W as a pandas data frame.

        Returns
        -------
        DataFrame of m rows, indexed by term: word (the displayed form), topic_1 ... topic_r (columns of W, which sum to
        one); for images it is indexed by pixel

        Raises
        ------
        MissingExtra
            an ImportError, if pandas is not installed.
        """
        from nmf_topics.model.frames import words_frame

        return words_frame(self)

    def __repr__(self) -> str:
        return model_text(self)

    def _repr_html_(self) -> str:
        """Return the HTML that notebooks display."""
        return model_html(self)

    def renamed(self, names: Mapping[int, str], hide: Sequence[str] = (), unhide: Sequence[str] = ()) -> TopicModel:
        """Return the model with topics renamed (an empty name removes a name), and words hidden or shown again.

        Raises
        ------
        ModelError
            for a topic or a word that the model does not have, and for a word in `unhide` that is not hidden.
        """
        for number in names:
            self._check(number)
        merged = {**self.names, **names}
        hidden = tuple(self.hidden)
        if hide or unhide:
            if not self.kind.reads_texts:
                raise ModelError(f"only words can be hidden, and the rows of this model are {self.kind.rows}")
            hidden = hide_words(self._shown.spellings, unhide_words(self._shown.spellings, hidden, unhide), hide)
        return replace(
            self, names={number: merged[number] for number in sorted(merged) if merged[number]}, hidden=hidden
        )

    def _check(self, number: int) -> None:
        if not 1 <= number <= self.rank:
            raise ModelError(f"there is no topic {number}; topics are numbered from 1 to {self.rank}")

    def has_word(self, word: str) -> bool:
        """Return whether the model has a word, in any spelling."""
        return self.kind.reads_texts and bool(self._shown.spellings.rows_of(word))
