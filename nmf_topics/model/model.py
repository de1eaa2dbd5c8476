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
from typing import Any

import numpy as np

from nmf_topics.errors import ModelError
from nmf_topics.factor.blocks import Array
from nmf_topics.factor.objectives import OBJECTIVES
from nmf_topics.factor.project import project
from nmf_topics.matrix.datamatrix import PageColumns, RowAxis, largest
from nmf_topics.model.hidden import WordRows, hide_words, unhide_words
from nmf_topics.model.measures import NEGLIGIBLE
from nmf_topics.model.page_topics import PageTopics, page_topics
from nmf_topics.model.relevance import CANDIDATES, LAMBDAS, Candidate, WordOrder, by_relevance
from nmf_topics.text.analyzer import word_options

LABEL_WORDS = 3


@dataclass(frozen=True)
class Topic:
    """One topic, for readers.

    Attributes
    ----------
    number : from 1, in the order of mass
    label : a given name, or the most distinctive words
    share : of sum(H)
    pages : pages whose dominant topic this is
    coherence : page-level NPMI of its ten top words; nan for images
    stability : mean similarity of this topic over the runs of a fit; nan where there was one run
    """

    number: int
    label: str
    share: float
    pages: int
    coherence: float
    stability: float


@dataclass(frozen=True, eq=False)
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
    penalties : ndarray of shape (2, r), what a page pays for its weight of each topic, `l1` and `l2` of `project`;
        zeros where the fit had none
    certificate : bound on what the objective could still fall by where the fit ended, as a part of it (see
        `factor.factorize`); nan where there is none
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

    def __post_init__(self) -> None:
        for array in (self.W, self.H, self.errors, self.trace, self.coherences, self.stabilities, self.penalties):
            array.setflags(write=False)

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
        return [page_topics(self.H[:, j], float(self.errors[j])) for j in range(len(self.columns))]

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
        """The given name of a topic, else its most distinctive words (for images: its number)."""
        self._check(number)
        return self._labels[number - 1]

    @cached_property
    def _labels(self) -> list[str]:
        """Labels of all topics: made once, asked for every page."""
        made = []
        for number in range(1, self.rank + 1):
            if number in self.names:
                made.append(self.names[number])
            elif self.rows.kind != "terms":
                made.append(f"part {number}")
            else:
                words = [word for word, _ in self.terms(number, LABEL_WORDS, order="relevance")]
                made.append(", ".join(words) or "(no words)")
        return made

    def terms(self, number: int, k: int = 10, *, order: WordOrder = "frequency") -> list[tuple[str, float]]:
        """The k top words of a topic, as (word, weight in W); words of no weight are left out.

        Parameters
        ----------
        number : from 1
        order : "frequency", by weight; "relevance", by 0.6 log w + 0.4 log(w / p), p the word's weight over all topics
            (Sievert & Shirley 2014); "exclusive", by the topic's part of the word's weight; both among its `candidates`
        """
        if order == "frequency":
            self._check(number)
            return self.rows.top(self._shown_weights(number), k)
        found = self.candidates(number)
        w, overall = np.array([c.weight for c in found]), np.array([c.overall for c in found])
        return [(found[i].term, found[i].weight) for i in by_relevance(w, overall, LAMBDAS[order], k)]

    def candidates(self, number: int) -> list[Candidate]:
        """The up to 100 heaviest words of a topic, heaviest first: those that `relevance` puts in order."""
        self._check(number)
        w = self._shown_weights(number)
        top = self.rows.top(w, CANDIDATES)
        rows = [int(i) for i in largest(w, len(top))]
        overall = self.W[rows] @ self.shares
        return [Candidate(i, term, weight, float(p)) for i, (term, weight), p in zip(rows, top, overall, strict=True)]

    def _shown_weights(self, number: int) -> Array:
        """A column of W without what is all but zero, and without hidden words."""
        w = self.W[:, number - 1].copy()
        w[w <= NEGLIGIBLE * w.max()] = 0.0
        w[self.hidden_rows] = 0.0
        return w

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
            if self.rows.kind != "terms":
                raise ModelError(f"only words can be hidden, and the rows of this model are {self.rows.kind}")
            hidden = hide_words(self._word_rows, unhide_words(self._word_rows, hidden, unhide), hide)
        return replace(
            self, names={number: merged[number] for number in sorted(merged) if merged[number]}, hidden=hidden
        )

    def _check(self, number: int) -> None:
        if not 1 <= number <= self.rank:
            raise ModelError(f"there is no topic {number}; topics are numbered from 1 to {self.rank}")

    def has_word(self, word: str) -> bool:
        """Whether a word, in any of its spellings, is a row of W."""
        return self.rows.kind == "terms" and bool(self._word_rows.rows_of(word))

    @cached_property
    def _word_rows(self) -> WordRows:
        return WordRows(self.rows, word_options(self.recipe))

    @cached_property
    def hidden_rows(self) -> list[int]:
        """Rows of the hidden words, in whichever of the spellings of a term they were named."""
        if not self.hidden or self.rows.kind != "terms":
            return []
        return sorted(set().union(*(self._word_rows.rows_of(word) for word in self.hidden)))
