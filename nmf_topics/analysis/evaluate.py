"""How good a model's topics are: do their words belong together, do the topics differ, do they agree with labels?

No measure stands for a person's judgement, and a model that is best by one need not be by another: coherence alone is
easily had by common words, exclusivity alone by rare ones.

References: Bischof & Airoldi, Summarizing topical content with word frequency and exclusivity, ICML 2012 (exclusivity);
Hoyle et al., Is automated topic model evaluation broken?, NeurIPS 2021; those of `measures` and `cooccurrence`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nmf_topics.analysis.coherence import (
    CV_WINDOW,
    NPMI_WINDOW,
    Cooccurrence,
    c_v,
    count_cooccurrence,
    umass,
    window_npmi,
)
from nmf_topics.errors import ModelError
from nmf_topics.factor.blocks import Array
from nmf_topics.model.measures import diversity_of, nmi, purity, sparseness, top_rows
from nmf_topics.model.model import TopicModel
from nmf_topics.model.shown import TopicWord
from nmf_topics.terms.count import PageLike
from nmf_topics.terms.phrases import Phrases
from nmf_topics.terms.sequences import number_terms
from nmf_topics.text.analyzer import word_options

NAN = float("nan")


@dataclass(frozen=True)
class TopicScores:
    """Measures of one topic; nan for what cannot be known.

    Attributes
    ----------
    topic, label, pages : as in `Topic`
    coherence : NPMI of its ten first words by page, in the corpus of the fit
    coverage : share of its own pages that have one of its first words, mean over these words
    lift : log2 of that share over the share of all pages, mean over these words
    c_npmi, c_v, umass : of its first words in the reference texts
    exclusivity : mean over its first words of w_ik over the sum of w_i, from 1/r to 1; of those that are rows of W
    sparseness : Hoyer's, of its column of W
    stability : over the runs of the fit
    commonest : the label that most of its pages have; "" where they have none, or all pages have the same
    purity : the share of its labelled pages that have it; nan where there is none
    """

    topic: int
    label: str
    pages: int
    coherence: float
    coverage: float
    lift: float
    c_npmi: float
    c_v: float
    umass: float
    exclusivity: float
    sparseness: float
    stability: float
    commonest: str
    purity: float


@dataclass(frozen=True)
class Evaluation:
    """Measures of a model.

    Attributes
    ----------
    top : words of a topic that were measured
    topics : one a topic
    overall : measure -> value; the mean over topics where topics have it, and `diversity`, `nmi`, `purity`
    labelled : pages with a topic and a label, on which `nmi` and `purity` are computed if there are several labels
    """

    top: int
    topics: Sequence[TopicScores]
    overall: Mapping[str, float]
    labelled: int


def evaluate_topics(
    model: TopicModel,
    reference: Iterable[PageLike] | None = None,
    *,
    top: int = 10,
    on_page: Callable[[PageLike], None] = lambda page: None,
) -> Evaluation:
    """Measure the topics of a model by the words that describe them.

    Parameters
    ----------
    model : TopicModel
    reference : pages whose texts say which words occur together: those of the fit, or better others; without them
        there is no C_NPMI, C_V and UMass
    top : words of a topic that are measured
    on_page : called with each page of the reference

    Raises
    ------
    ModelError
        if there are texts for a model whose rows are no words, or none of them has two of the words.
    """
    named = model.kind.has_names
    tops = [model.words(k + 1, top) if named else [] for k in range(model.rank)]
    rows = [[w.row for w in words if w.row >= 0] for words in tops] if named else [top_rows(w, top) for w in model.W.T]
    scores: list[tuple[float, float, float]] = [(NAN, NAN, NAN)] * model.rank
    if reference is not None:
        counted = _count(model, tops, reference, on_page)
        numbers = [[counted.number[word.term] for word in words] for words in tops]
        scores = [
            (window_npmi(counted.near, some), c_v(counted.wide, some), umass(counted.pages, some)) for some in numbers
        ]
    labels, dominant = model.columns.labels(), model.dominant()
    labelled = [j for j, label in enumerate(labels) if label is not None and dominant[j] >= 0]
    known = labelled if len({labels[j] for j in labelled}) > 1 else []  # one label for all pages says nothing
    topics = []
    for topic, words, own, (npmi_, cv_, umass_) in zip(model.topics(), tops, rows, scores, strict=True):
        k = topic.number - 1
        mine = Counter(sorted(str(labels[j]) for j in known if dominant[j] == k)).most_common(1)
        total = sum(1 for j in known if dominant[j] == k)
        topics.append(
            TopicScores(
                topic.number,
                topic.label,
                topic.pages,
                topic.coherence,
                _mean([word.coverage for word in words]),
                _mean([word.lift for word in words]),
                npmi_,
                cv_,
                umass_,
                exclusivity(model.W, k, own),
                sparseness(model.W[:, [k]]),
                topic.stability,
                mine[0][0] if mine else "",
                mine[0][1] / total if mine else NAN,
            )
        )
    overall = {name: _mean([getattr(scored, name) for scored in topics]) for name in MEANS}
    described = (
        [[word.term for word in model.words(k + 1, DIVERSITY_WORDS)] for k in range(model.rank)] if named else []
    )
    overall["diversity"] = diversity_of(described)
    a, b = [int(dominant[j]) for j in known], [labels[j] for j in known]
    overall |= {"nmi": nmi(a, b) if known else NAN, "purity": purity(a, b) if known else NAN}
    return Evaluation(top, topics, overall, len(labelled))


DIVERSITY_WORDS = 25
MEANS = ("coherence", "coverage", "lift", "c_npmi", "c_v", "umass", "exclusivity", "sparseness", "stability")


def _mean(values: Sequence[float]) -> float:
    """The mean of those that are known."""
    known = [value for value in values if value == value]
    return float(np.mean(known)) if known else NAN


def exclusivity(W: Array, k: int, rows: Sequence[int]) -> float:
    """Mean over some rows of w_ik / sum_j w_ij: 1 for words that no other topic has; nan without rows."""
    return float((W[rows, k] / W[rows].sum(axis=1)).mean()) if len(rows) else NAN


class _Cooccurrences(NamedTuple):
    """Co-occurrence of words in narrow windows, in wide ones and on pages; and the number of each term in these."""

    near: Cooccurrence
    wide: Cooccurrence
    pages: Cooccurrence
    number: dict[str, int]


def _count(
    model: TopicModel,
    tops: Sequence[Sequence[TopicWord]],
    reference: Iterable[PageLike],
    on_page: Callable[[PageLike], None],
) -> _Cooccurrences:
    """Count how often the first words of topics occur together in reference texts."""
    if not model.kind.reads_texts:
        raise ModelError(
            f"the model's rows are {model.kind.rows}, not words: no text can tell how they belong together"
        )
    number = {term: i for i, term in enumerate(sorted({word.term for words in tops for word in words}))}

    def texts() -> Iterator[str]:
        for page in reference:
            on_page(page)
            yield page.text

    phrases = Phrases.from_meta(model.recipe.get("phrases", ()))
    pages = number_terms(texts(), number, word_options(model.recipe), phrases)
    near, wide, whole = count_cooccurrence(pages, len(number), (NPMI_WINDOW, CV_WINDOW, None))
    if not whole.together[np.triu_indices(len(number), 1)].any():
        raise ModelError("no page of the reference texts has two of the topics' words: are they of the same language?")
    return _Cooccurrences(near, wide, whole, number)
