"""Which words tell a topic best: weight in the topic against weight over all topics.

    relevance = lambda log w + (1 - lambda) log(w / p),    w a word's weight in the topic, p its weight over all topics

At 1 words stand by their weight, and words of every topic come first; at 0 by their lift, and words of one topic alone
come first, be they rare. Therefore only the heaviest words of a topic are candidates at all.

Reference: Sievert & Shirley, LDAvis: a method for visualizing and interpreting topics, ACL workshop on interactive
language learning, visualization and interfaces, 2014.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from nmf_topics.factor.blocks import Array
from nmf_topics.matrix.rows import largest

WordOrder = Literal["typical", "weight", "relevance", "exclusive", "frequency"]  # the last is an old name of weight
WORD_ORDERS: tuple[WordOrder, ...] = get_args(WordOrder)
RELEVANCE = 0.6  # lambda; what people matched topics to words best with, in that paper
CANDIDATES = 100  # heaviest words of a topic
LAMBDAS: dict[WordOrder, float] = {"weight": 1.0, "frequency": 1.0, "relevance": RELEVANCE, "exclusive": 0.0}


@dataclass(frozen=True)
class Candidate:
    """One of the heaviest words of a topic.

    Attributes
    ----------
    row : of W
    term : as readers see it
    weight : in the topic
    overall : weight over all topics, each counted by its share
    """

    row: int
    term: str
    weight: float
    overall: float


def relevance(w: Array, overall: Array, lam: float = RELEVANCE) -> Array:
    """The relevance of words to a topic.

    Parameters
    ----------
    w : ndarray of shape (k,), weights in the topic
    overall : ndarray of shape (k,), weights over all topics; where it is 0 (a topic without mass) the lift counts as 1
    lam : from 0 to 1

    Returns
    -------
    ndarray of shape (k,); -inf for a word of no weight

    Examples
    --------
    >>> relevance(np.array([0.5, 0.25]), np.array([0.5, 0.05]), lam=0.0).round(3)
    array([0.   , 1.609])
    """
    some = w > 0
    own = np.log(np.where(some, w, 1.0))
    lift = own - np.log(np.where(overall > 0, overall, np.where(some, w, 1.0)))
    return np.where(some, lam * own + (1 - lam) * lift, -np.inf)


def by_relevance(w: Array, overall: Array, lam: float, k: int) -> list[int]:
    """Positions of the k most relevant words, the most relevant first and heavier ones first among equals.

    Parameters
    ----------
    w, overall, lam : as in `relevance`; w falling
    """
    scores = np.round(relevance(w, overall, lam), 9)  # equal but for rounding is equal
    return [int(i) for i in largest(scores, k)]
