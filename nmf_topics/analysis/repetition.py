"""A run made again, compared with the first: the same texts, the same numbers, or at least the same topics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from nmf_topics.analysis.model_diff import SAME, match_topics
from nmf_topics.errors import ModelError
from nmf_topics.factor.blocks import Array
from nmf_topics.model.model import TopicModel

ROUNDING = 1e-6  # relative to the largest entry; other processors and libraries round in another way
Verdict = Literal["identical", "equal", "same topics", "different"]


@dataclass(frozen=True)
class Repetition:
    """How a second run of a fit compares with the first.

    Attributes
    ----------
    verdict : "identical" (W and H are the same to the byte, or the traces where there is no first model), "equal" (up
        to rounding), "same topics" (each topic has a partner by the threshold of `diff`), "different"
    same_corpus : whether the texts are the same; None where that was not recorded
    difference : largest difference of entries of W and H, relative to the largest entry; nan where they cannot be
        compared entry by entry
    similarities : cosine of each topic with its partner, in the order of the first model; empty without a first model
    """

    verdict: Verdict
    same_corpus: bool | None
    difference: float
    similarities: Sequence[float]


def compare_repetition(first: TopicModel, second: TopicModel) -> Repetition:
    """How the model of a second run compares with that of the first."""
    same_corpus = _same_corpus(first.recipe.get("corpus", {}), second)
    try:
        similarity, partner = match_topics(first, second)
    except ModelError:
        return Repetition("different", same_corpus, float("nan"), [0.0] * first.rank)
    similarities = [float(similarity[a - 1, partner[a] - 1]) if a in partner else 0.0 for a in range(1, first.rank + 1)]
    difference = float("nan")
    if first.rows == second.rows and list(first.columns.ids) == list(second.columns.ids) and first.rank == second.rank:
        difference = max(_difference(first.W, second.W), _difference(first.H, second.H))
    verdict: Verdict = "different"
    if difference == 0:
        verdict = "identical"
    elif difference <= ROUNDING:
        verdict = "equal"
    elif first.rank == second.rank and min(similarities) >= SAME:
        verdict = "same topics"
    return Repetition(verdict, same_corpus, difference, similarities)


def compare_with_record(record: Mapping[str, Any], second: TopicModel) -> Repetition:
    """How the model of a second run compares with the record of the first, where its model is not there any more."""
    same_corpus = _same_corpus(record.get("corpus"), second)
    trace, error = record.get("trace"), record.get("relative_error")
    verdict: Verdict = "different"
    if trace == second.trace.tolist():
        verdict = "identical"
    elif isinstance(error, float) and abs(error - second.relative_error) <= ROUNDING * error:
        verdict = "equal"
    return Repetition(verdict, same_corpus, float("nan"), [])


def _same_corpus(recorded: Any, model: TopicModel) -> bool | None:
    fingerprint = recorded.get("fingerprint") if isinstance(recorded, Mapping) else None
    return None if fingerprint is None else fingerprint == model.recipe["corpus"].get("fingerprint")


def _difference(A: Array, B: Array) -> float:
    """The largest difference of entries, relative to the largest entry of the first."""
    return float(np.abs(A - B).max() / np.abs(A).max()) if A.any() else float(np.abs(B).max())
