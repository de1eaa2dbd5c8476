"""Choose the words of topics that are shown: words that describe a topic or are heaviest, without hidden words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nmf_topics.factor.blocks import Array
from nmf_topics.matrix.rows import RowAxis, kind_of, largest, top_weights
from nmf_topics.model.description import DescribingWord, Description
from nmf_topics.model.hidden import WordRows
from nmf_topics.model.labels import choose_labels
from nmf_topics.model.measures import NEGLIGIBLE
from nmf_topics.model.relevance import CANDIDATES, LAMBDAS, Candidate, WordOrder, by_relevance
from nmf_topics.text.analyzer import WordOptions


@dataclass(frozen=True)
class TopicWord:
    """A word of a topic.

    Attributes
    ----------
    word : the word as shown to readers
    term : its normal form
    row : row of W; -1 for a word that is on too many pages to be a row of V
    weight : weight in W; 0 for a word without a row
    score, coverage, lift : as in `DescribingWord`; NaN if the word is not in the description of the topic
    """

    word: str
    term: str
    row: int
    weight: float
    score: float = math.nan
    coverage: float = math.nan
    lift: float = math.nan


@dataclass(frozen=True, eq=False)
class ShownWords:
    """The words of topics that a model shows; topics are numbered from 0 here.

    Attributes
    ----------
    rows : the row axis of the model
    W : ndarray of shape (m, r)
    shares : ndarray of shape (r,), share of each topic
    description : the words that describe topics, or None
    hidden : words that are not shown
    options : options with which text was converted to terms
    """

    rows: RowAxis
    W: Array
    shares: Array
    description: Description | None
    hidden: Sequence[str]
    options: WordOptions

    def labels(self) -> list[str]:
        """Return a label for each topic, of the words that describe it best or are most relevant to it."""
        typical = self.description is not None and self.description.chosen == "typical"
        order: WordOrder = "typical" if typical else "relevance"
        described = [self.terms(k, CANDIDATES, order) for k in range(self.W.shape[1])]
        return [", ".join(label) or "(no words)" for label in choose_labels(described)]

    def terms(self, k: int, most: int, order: WordOrder) -> list[tuple[str, float]]:
        """Return the first words of topic k, as in `TopicModel.terms`."""
        scored = order == "typical" and self.description is not None
        return [(word.word, word.score if scored else word.weight) for word in self.words(k, most, order)]

    def words(self, k: int, most: int, order: WordOrder) -> list[TopicWord]:
        """Return the first words of topic k, as in `TopicModel.words`."""
        described = self.description.topics[k] if self.description is not None else ()
        if order == "typical" and self.description is not None:
            shown = [word for word in described if word.term not in self._hidden_terms]
            return [self._word(k, word) for word in shown[:most]]
        known = {word.row: self._word(k, word) for word in described}
        return [
            known.get(row, TopicWord(self.rows.shown[row], self.rows.names[row], row, float(self.W[row, k])))
            for row in self._ranked(k, most, order)
        ]

    def _word(self, k: int, word: DescribingWord) -> TopicWord:
        weight = float(self.W[word.row, k]) if word.row >= 0 else 0.0
        return TopicWord(word.word, word.term, word.row, weight, word.score, word.coverage, word.lift)

    def _ranked(self, k: int, most: int, order: WordOrder) -> list[int]:
        """Return the first rows of W for topic k, in an order that depends on W only."""
        if order in ("typical", "weight", "frequency"):
            weights = self._weights(k)
            return [int(i) for i in largest(weights, most) if weights[i] > 0]
        found = self.candidates(k)
        w, overall = np.array([c.weight for c in found]), np.array([c.overall for c in found])
        return [found[i].row for i in by_relevance(w, overall, LAMBDAS[order], most)]

    def candidates(self, k: int) -> list[Candidate]:
        """Return the heaviest words of topic k, heaviest first."""
        w = self._weights(k)
        top = top_weights(self.rows, w, CANDIDATES)
        rows = [int(i) for i in largest(w, len(top))]
        overall = self.W[rows] @ self.shares
        return [Candidate(i, term, weight, float(p)) for i, (term, weight), p in zip(rows, top, overall, strict=True)]

    def _weights(self, k: int) -> Array:
        """Return a column of W with negligible weights and hidden words set to zero."""
        w = self.W[:, k].copy()
        w[w <= NEGLIGIBLE * w.max()] = 0.0
        w[self.hidden_rows] = 0.0
        return w

    @cached_property
    def _all_words(self) -> list[tuple[str, str]]:
        """Term and shown word of the rows of W, followed by those of the words that only describe topics."""
        topics = self.description.topics if self.description is not None else ()
        further = {word.term: word.word for words in topics for word in words if word.row < 0}
        return [*zip(self.rows.names, self.rows.shown, strict=True), *sorted(further.items())]

    @cached_property
    def spellings(self) -> WordRows:
        """The finder of words by any spelling; words without a row in W come after its rows."""
        terms, surfaces = zip(*self._all_words, strict=True)
        return WordRows(terms, surfaces, self.options)

    @cached_property
    def _hidden_places(self) -> list[int]:
        """The indices of the hidden words in `_all_words`."""
        if not self.hidden or not kind_of(self.rows).reads_texts:
            return []
        return sorted(set().union(*(self.spellings.rows_of(word) for word in self.hidden)))

    @cached_property
    def _hidden_terms(self) -> frozenset[str]:
        return frozenset(self._all_words[i][0] for i in self._hidden_places)

    @cached_property
    def hidden_rows(self) -> list[int]:
        """The rows of W of the hidden words."""
        return [i for i in self._hidden_places if i < len(self.rows)]
