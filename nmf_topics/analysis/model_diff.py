"""Compare two models topic by topic: which topics are the same, changed, split, merged, gone or new.

The similarity of two topics is the cosine of their columns of W over the words of both models; a word that one model
lacks has weight 0 there. Topics are matched one to one so that the sum of the cosines is largest; the match of a topic
is its partner. In addition, each topic is related to the most similar topic of the other model if their cosine is at
least `RELATED`. From the first model to the second, a topic is

    split       if two or more topics are related to it (merged: the same in the other direction)
    same        if the similarity to its partner is at least `SAME`
    changed     if the similarity to its partner is at least `RELATED`
    gone, new   otherwise

Words are compared by their terms if both models processed their texts in the same way, else by their surface forms,
because stems and lemmas differ.

Reference: Greene, O'Callaghan & Cunningham, How many topics?, ECML PKDD 2014 (matching of topics).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from nmf_topics.errors import ModelError
from nmf_topics.factor.blocks import Array, unit_columns
from nmf_topics.model.measures import nmi
from nmf_topics.model.model import TopicModel

SAME = 0.7  # topics of two recipes on the same corpus are more similar than this, different subjects are less so
RELATED = 0.35  # least similarity of a topic and a part of it after a split
Kind = Literal["same", "changed", "split", "merged", "gone", "new"]


@dataclass(frozen=True)
class Change:
    """How some topics changed.

    Attributes
    ----------
    kind : "same", "changed", "split", "merged", "gone" or "new"
    before : numbers of the topics of the first model; empty for a new topic
    after : numbers of the topics of the second model, most similar first; empty for a topic that is gone
    similarities : cosine of each pair, in the order of the side with several topics
    """

    kind: Kind
    before: tuple[int, ...]
    after: tuple[int, ...]
    similarities: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Difference:
    """The comparison of two models.

    Attributes
    ----------
    changes : changes in the order of the topics of the first model, then new topics
    similarity : ndarray of shape (r, s), cosines of the topics of the first model with those of the second
    partner : number of a topic of the first model -> number of the matching topic of the second
    shared_terms : number of words that both models have
    pages : number of pages that have a topic in both models
    flow : ndarray of shape (r, s), number of these pages by topic in the first and in the second model
    agreement : NMI of the two models on these pages; NaN if there are none
    options : the options that differ, with their values in both models
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
    """Compare the topics of two models.

    Parameters
    ----------
    first, second : TopicModels of text, or of images of one size

    Raises
    ------
    ModelError
        if the rows of the models cannot be compared.
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
    """Return the cosines of the topics, shape (r, s), and the partner of each topic of the first model, as numbers.

    Raises
    ------
    ModelError
        if the two models have no row in common.
    """
    return _matched(first, second, _shared_rows(first, second))


def _matched(first: TopicModel, second: TopicModel, rows: Sequence[tuple[int, int]]) -> tuple[Array, dict[int, int]]:
    from scipy.optimize import linear_sum_assignment  # takes 0.1 s, which most commands do not need

    similarity = _cosines(first.W, second.W, rows)
    matched = linear_sum_assignment(similarity, maximize=True)
    return similarity, {int(a) + 1: int(b) + 1 for a, b in zip(*matched, strict=True) if similarity[a, b] > 0}


def changes_between(similarity: Array, partner: Mapping[int, int]) -> list[Change]:
    """Return the changes that follow from cosines and a matching: topics of the first model in order, then new ones.

    Parameters
    ----------
    similarity : ndarray of shape (r, s)
    partner : numbers of matched topics
    """
    parts = _belonging(similarity.T)  # topic of the first -> related topics of the second
    sources = _belonging(similarity)  # topic of the second -> related topics of the first
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
    """Return, for each column, the rows whose most similar column it is and that are related to it; by similarity.

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
    """Return the pairs of rows that are the same word, or the same pixel."""
    if first.kind is not second.kind:
        raise ModelError(f"a model of {first.kind.rows} cannot be compared with a model of {second.kind.rows}")
    if not first.kind.has_names:
        if first.rows != second.rows:
            raise ModelError(f"the {first.kind.pages} of the two models have different sizes")
        return [(i, i) for i in range(len(first.rows))]
    names = []
    alike = all(
        first.recipe.get("words", {}).get(key) == second.recipe.get("words", {}).get(key)
        for key in ("language", "normalize", "stemmer")
    )
    for model in (first, second):
        words = model.rows.names if alike else [word.lower() for word in model.rows.shown]
        index: dict[str, int] = {}
        for i, word in enumerate(words):
            index.setdefault(word, i)
        names.append(index)
    pairs = [(i, names[1][word]) for word, i in names[0].items() if word in names[1]]
    if not pairs:
        raise ModelError(
            f"the two models have no {first.kind.row_for_readers} in common; are they in the same language?"
        )
    return pairs


def _cosines(W: Array, other: Array, rows: Sequence[tuple[int, int]]) -> Array:
    """Return the cosines of columns over all rows of both models; shape (r, s)."""
    own, theirs = np.array(rows, dtype=np.int64).T
    return np.clip(unit_columns(W)[own].T @ unit_columns(other)[theirs], 0.0, 1.0)


def _flow(first: TopicModel, second: TopicModel) -> tuple[np.ndarray, float]:
    """Return the number of pages by topic in both models, and the NMI of the two models on them."""
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
    """Return the options in which two recipes differ; word options and limits by their own names."""
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
