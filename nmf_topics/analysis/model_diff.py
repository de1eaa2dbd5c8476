"""Two models, topic by topic: which are the same, which split, merged, came or went, and where the pages went.

Topics are compared by the cosine of their columns of W over the words of both models; a word that only one of them has
counts as weightless in the other. Topics are matched one to one so that the sum of the cosines is largest, which gives
each topic its partner. Beyond that a topic belongs to the nearest one of the other model, if the cosine is at least
`RELATED`. Seen from the first model to the second, a topic

    split       two or more topics belong to it                      the same for two that merged, seen the other way
    same        its partner is at `SAME` or nearer
    changed     its partner is at `RELATED` or nearer
    gone, new   nothing is near it

Words of models whose texts became terms in one way are the same where their terms are; of other models, where the words
that readers see are, since a stem is no lemma.

Reference: Greene, O'Callaghan & Cunningham, How many topics?, ECML PKDD 2014 (matching of topics).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.optimize import linear_sum_assignment

from nmf_topics.errors import ModelError
from nmf_topics.factor.blocks import Array, unit_columns
from nmf_topics.model.measures import nmi
from nmf_topics.model.model import TopicModel

SAME = 0.7  # what two recipes make of one corpus is as near as that, what two subjects are is not
RELATED = 0.35  # a part of a topic that split is as near to it as that
Kind = Literal["same", "changed", "split", "merged", "gone", "new"]


@dataclass(frozen=True)
class Change:
    """What became of some topics.

    Attributes
    ----------
    kind : "same", "changed", "split", "merged", "gone" or "new"
    before : numbers of topics of the first model; none where the topic is new
    after : numbers of topics of the second model, nearest first; none where the topic is gone
    similarities : cosine of each pair, in the order of the side that has several
    """

    kind: Kind
    before: tuple[int, ...]
    after: tuple[int, ...]
    similarities: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Difference:
    """Two models compared.

    Attributes
    ----------
    changes : in the order of the topics of the first model, then what is new
    similarity : ndarray of shape (r, s), cosines of the topics of the first model with those of the second
    partner : topic of the first model -> topic of the second that it is matched with; numbers
    shared_terms : words that both models have
    pages : pages that both have, and both give a topic
    flow : ndarray of shape (r, s), how many of these went from which topic to which
    agreement : NMI of the two models on these pages; nan without any
    options : option -> its values in both models, where they differ
    """

    changes: Sequence[Change]
    similarity: Array
    partner: Mapping[int, int]
    shared_terms: int
    pages: int
    flow: np.ndarray
    agreement: float
    options: Mapping[str, tuple[Any, Any]]


def compare_models(first: TopicModel, second: TopicModel) -> Difference:
    """What became of the topics of one model in another.

    Parameters
    ----------
    first, second : TopicModels of text, or of images of one size

    Raises
    ------
    ModelError
        if the rows of one are nothing that the other could have.
    """
    rows = _shared_rows(first, second)
    similarity, partner = _matched(first, second, rows)
    flow, agreement = _flow(first, second)
    return Difference(
        changes_between(similarity, partner),
        similarity,
        partner,
        len(rows),
        int(flow.sum()),
        flow,
        agreement,
        _options(first.recipe, second.recipe),
    )


def match_topics(first: TopicModel, second: TopicModel) -> tuple[Array, dict[int, int]]:
    """Cosines of the topics of two models, shape (r, s), and topic of the first -> its partner in the second; numbers.

    Raises
    ------
    ModelError
        if the two models have no row in common.
    """
    return _matched(first, second, _shared_rows(first, second))


def _matched(first: TopicModel, second: TopicModel, rows: Sequence[tuple[int, int]]) -> tuple[Array, dict[int, int]]:
    similarity = _cosines(first.W, second.W, rows)
    matched = linear_sum_assignment(similarity, maximize=True)
    return similarity, {int(a) + 1: int(b) + 1 for a, b in zip(*matched, strict=True) if similarity[a, b] > 0}


def changes_between(similarity: Array, partner: Mapping[int, int]) -> list[Change]:
    """Changes that cosines and a matching tell, in the order of the topics of the first model, then new ones.

    Parameters
    ----------
    similarity : ndarray of shape (r, s)
    partner : numbers of matched topics
    """
    parts = _belonging(similarity.T)  # topic of the first -> topics of the second that belong to it
    sources = _belonging(similarity)  # topic of the second -> topics of the first
    found: dict[tuple[int, int], Change] = {}
    told_before: set[int] = set()
    told_after: set[int] = set()

    def tell(kind: Kind, before: Sequence[int], after: Sequence[int]) -> None:
        pairs = [(a, b) for a in before for b in after]
        near = tuple(float(similarity[a - 1, b - 1]) for a, b in pairs)
        found[(0, before[0]) if before else (1, after[0])] = Change(kind, tuple(before), tuple(after), near)
        told_before.update(before)
        told_after.update(after)

    for a, ends in parts.items():
        if len(ends) > 1 and not any(len(sources.get(b, ())) > 1 for b in ends):
            tell("split", [a], ends)
    for b, begins in sources.items():
        if len(begins) > 1 and not told_before & set(begins):
            tell("merged", begins, [b])
    for a, b in partner.items():
        if a not in told_before and b not in told_after and similarity[a - 1, b - 1] >= RELATED:
            tell("same" if similarity[a - 1, b - 1] >= SAME else "changed", [a], [b])
    for a in range(1, similarity.shape[0] + 1):
        if a not in told_before:
            tell("gone", [a], [])
    for b in range(1, similarity.shape[1] + 1):
        if b not in told_after:
            tell("new", [], [b])
    return [found[key] for key in sorted(found)]


def _belonging(similarity: Array) -> dict[int, list[int]]:
    """Number of a column -> numbers of the rows that are nearest to it and related, nearest first.

    Parameters
    ----------
    similarity : ndarray of shape (r, s)
    """
    found: dict[int, list[int]] = {}
    for a in np.argsort(-similarity.max(axis=1, initial=0.0), kind="stable"):
        b = int(similarity[a].argmax())
        if similarity[a, b] >= RELATED:
            found.setdefault(b + 1, []).append(int(a) + 1)
    return found


def _shared_rows(first: TopicModel, second: TopicModel) -> list[tuple[int, int]]:
    """Pairs of rows that are the same word, or the same pixel."""
    if first.rows.kind != second.rows.kind:
        raise ModelError(f"{first.rows.kind} cannot be compared with {second.rows.kind}")
    if first.rows.kind != "terms":
        if first.rows != second.rows:
            raise ModelError("the images of the two models are of different size")
        return [(i, i) for i in range(len(first.rows))]
    names = []
    alike = all(
        first.recipe.get("words", {}).get(key) == second.recipe.get("words", {}).get(key)
        for key in ("language", "normalize", "stemmer")
    )
    for model in (first, second):
        rows: Any = model.rows
        words = rows.terms if alike else [surface.lower() for surface in rows.surfaces]
        index: dict[str, int] = {}
        for i, word in enumerate(words):
            index.setdefault(word, i)
        names.append(index)
    pairs = [(i, names[1][word]) for word, i in names[0].items() if word in names[1]]
    if not pairs:
        raise ModelError("the two models have no word in common: are they of the same language?")
    return pairs


def _cosines(W: Array, other: Array, rows: Sequence[tuple[int, int]]) -> Array:
    """Cosines of columns over all rows of both; shape (r, s)."""
    own, theirs = np.array(rows, dtype=np.int64).T
    return np.clip(unit_columns(W)[own].T @ unit_columns(other)[theirs], 0.0, 1.0)


def _flow(first: TopicModel, second: TopicModel) -> tuple[np.ndarray, float]:
    """How many pages went from which topic to which, and how well the two agree on them."""
    topic = dict(zip(second.columns.ids, second.dominant().tolist(), strict=True))
    pairs = [
        (a, topic[name])
        for name, a in zip(first.columns.ids, first.dominant().tolist(), strict=True)
        if a >= 0 and topic.get(name, -1) >= 0
    ]
    flow = np.zeros((first.rank, second.rank), dtype=np.int64)
    for a, b in pairs:
        flow[a, b] += 1
    return flow, nmi([a for a, _ in pairs], [b for _, b in pairs])


def _options(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Options in which two recipes differ; those of words and bounds by their own names."""
    one, two = _flat(first), _flat(second)
    names = sorted(one.keys() | two.keys())
    return {name: (one.get(name), two.get(name)) for name in names if one.get(name) != two.get(name)}


def _flat(recipe: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in recipe.items():
        if name == "corpus":
            flat |= {f"corpus {key}": value[key] for key in ("name", "fingerprint") if key in value}
        elif isinstance(value, Mapping):
            flat |= value
        else:
            flat[name] = list(value) if isinstance(value, tuple) else value
    return flat
