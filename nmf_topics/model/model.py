"""TopicModel: V ~ W H with names, and what a person asks of it.

Columns of W sum to one, so that weights in H can be compared between topics; topics are in the order of their mass and
numbered from 1, and that number is the topic's name in every table, picture and file. A page's weights are given as
shares: its column of H over the sum of that column.
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
from nmf_topics.model.page_topics import PageTopics, page_topics
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
    number : from 1, in the order of mass
    label : a given name, or two or three words that no other topic's label has
    share : of sum(H)
    pages : pages whose dominant topic this is
    coherence : page-level NPMI of the ten words that describe it; nan for images
    stability : mean similarity of this topic over the runs of a fit; nan where there was one run
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
    W : ndarray of shape (m, r), read-only; columns sum to one (a dead topic's is zero)
    H : ndarray of shape (r, n), read-only
    errors : ndarray of shape (n,), each page's relative error
    trace : ndarray, relative error after each iteration of the fit
    stopped : why the fit ended: "converged", "certified", "exact", "max_iter"
    relative_error : of the model as it stands
    coherences, stabilities : ndarrays of shape (r,)
    rows, columns : what rows and columns are
    weighting : how counts become entries of V, or None
    recipe : every option that shaped the result
    ledger : counts of what went in, was kept and dropped
    names : given names by topic number
    hidden : words that are not shown
    description : the words that describe the topics; None for images, and for models of earlier versions
    penalties : ndarray of shape (2, r), what a page pays for its weight of each topic, `l1` and `l2` of `project`;
        zeros where the fit had none
    certificate : bound on what the objective could still fall by where the fit ended, as a part of it (see
        `factor.factorize`); nan where there is none
    known_words : ndarray of shape (n,), how many words of each page are in the vocabulary, each occurrence counted;
        None for images, matrices, and models of earlier versions

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
        """What is known of all models with such rows: names of rows, pages and topics, and what can be done."""
        return kind_of(self.rows)

    @property
    def rank(self) -> int:
        """r."""
        return int(self.W.shape[1])

    @property
    def error_name(self) -> str:
        """What `relative_error` is called: a divergence, where that was minimised."""
        return OBJECTIVES[self.recipe["objective"]].error_name

    def project(self, V: Any) -> tuple[Array, Array]:
        """Weights and errors of the columns of V, pages on these topics, as a page of the fit got its own."""
        if V.shape[1] == 0:
            return np.zeros((self.rank, 0)), np.zeros(0)
        l1, l2 = np.broadcast_to(self.penalties, (2, self.rank))
        return project(V, self.W, objective=self.recipe["objective"], rule=self.recipe["solver"], l1=l1, l2=l2)

    @property
    def shares(self) -> Array:
        """Share of each topic of sum(H), shape (r,)."""
        mass = self.H.sum(axis=1)
        return np.asarray(mass / mass.sum())

    @property
    def dead_topics(self) -> list[int]:
        """Numbers of topics that are no page's dominant one: the pages do not fill so many topics.

        Where pages were cut into pieces a topic can be that of pieces only, so those count that are on no page at all.
        """
        if word_options(self.recipe).chunk:
            return [int(k) + 1 for k in np.flatnonzero(~self.H.any(axis=1))]
        return [topic.number for topic in self.topics() if topic.pages == 0]

    def pages(self) -> list[PageTopics]:
        """One a page, in the order of the columns."""
        known = np.full(len(self.columns), np.inf) if self.known_words is None else self.known_words
        return [
            page_topics(self.H[:, j], float(self.errors[j]), known_words=float(known[j]))
            for j in range(len(self.columns))
        ]

    def dominant(self) -> np.ndarray:
        """Index (from 0) of each page's dominant topic, -1 for a page without one; shape (n,)."""
        return np.where(self.H.any(axis=0), self.H.argmax(axis=0), -1)

    def topics(self) -> list[Topic]:
        """All topics, in order."""
        pages = np.bincount(self.dominant() + 1, minlength=self.rank + 1)[1:]
        return [
            Topic(k + 1, self.label(k + 1), float(share), int(n), float(c), float(s))
            for k, (share, n, c, s) in enumerate(
                zip(self.shares, pages, self.coherences, self.stabilities, strict=True)
            )
        ]

    def label(self, number: int) -> str:
        """The given name of a topic, else words that describe it (for images: its number)."""
        self._check(number)
        return self._labels[number - 1]

    @cached_property
    def _labels(self) -> list[str]:
        """Labels of all topics: made once, asked for every page."""
        numbered = (f"{self.kind.topic} {k + 1}" for k in range(self.rank))
        made = self._shown.labels() if self.kind.has_names else numbered
        return [self.names.get(number, label) for number, label in enumerate(made, start=1)]

    def terms(self, number: int, k: int = 10, *, order: WordOrder = "typical") -> list[tuple[str, float]]:
        """The k first words of a topic, as (word, score or weight in W), without hidden ones.

        Parameters
        ----------
        number : from 1
        order : "typical", the words that describe it, with their scores (see `model.description`; by weight where the
            model has no description); "weight", by weight in W; "relevance", by 0.6 log w + 0.4 log(w / p), p the
            word's weight over all topics (Sievert & Shirley 2014); "exclusive", by the topic's part of the word's
            weight; the last two among its `candidates`
        """
        self._check(number)
        return self._shown.terms(number - 1, k, order)

    def words(self, number: int, k: int = 10, *, order: WordOrder = "typical") -> list[TopicWord]:
        """The words of `terms`, of a model of text, with all that is known of each."""
        self._check(number)
        return self._shown.words(number - 1, k, order)

    def candidates(self, number: int) -> list[Candidate]:
        """The up to 100 heaviest words of a topic, heaviest first: those that `relevance` puts in order."""
        self._check(number)
        return self._shown.candidates(number - 1)

    @property
    def hidden_rows(self) -> list[int]:
        """Rows of W of the hidden words."""
        return self._shown.hidden_rows

    @cached_property
    def _shown(self) -> ShownWords:
        described = self.description
        if described is not None and (len(described.topics) != self.rank or not self.kind.reads_texts):
            described = None  # of another W, before it was replaced
        options = word_options(self.recipe)
        return ShownWords(self.rows, self.W, self.shares, described, tuple(self.hidden), options)

    def top_pages(self, number: int, k: int = 5) -> list[tuple[int, float]]:
        """The pages with the largest shares of a topic, as (column, share of the page), largest first.

        They are taken from the pages whose main topic it is; if there are none, from all pages.
        """
        self._check(number)
        weights = self.H[number - 1]
        shares = np.divide(weights, self._page_totals, out=np.zeros_like(weights), where=self._page_totals > 0)
        main = self.dominant() == number - 1
        ranked = np.where(main, shares, 0.0) if main.any() else shares
        order = largest(ranked.astype(np.float32), k)  # the report has 32 bits: equal shares there are equal here
        return [(int(j), float(shares[j])) for j in order if shares[j] > 0 and (main[j] or not main.any())]

    @cached_property
    def _page_totals(self) -> Array:
        """Sum of each page's weights, shape (n,)."""
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
        """The same model with some topics named (an empty name takes a name away) and some words hidden or shown again.

        Raises
        ------
        ModelError
            for a topic or a word that the model does not have, and a word to be shown again that is not hidden.
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
        """Whether the model has a word, in any of its spellings."""
        return self.kind.reads_texts and bool(self._shown.spellings.rows_of(word))
