"""Sort the words of a topic by relevance: weight in the topic compared with weight over all topics.

    relevance = lambda log w + (1 - lambda) log(w / p),    w a word's weight in the topic, p its weight over all topics

With lambda = 1 words are sorted by weight, so words that are common to all topics come first. With 0 they are sorted by
lift, so words of a single topic come first, even rare ones. Therefore only the heaviest words of a topic are
candidates.

Reference: Sievert & Shirley, LDAvis: a method for visualizing and interpreting topics, ACL workshop on interactive
language learning, visualization and interfaces, 2014.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from nmf_topics.factor.blocks import Array
from nmf_topics.matrix.rows import largest

WordOrder = Literal[
    "typical", "weight", "relevance", "exclusive", "frequency"
]  # "frequency" is an old name of "weight"
WORD_ORDERS: tuple[WordOrder, ...] = get_args(WordOrder)
RELEVANCE = 0.6  # lambda with which people recognized topics best, in that paper
CANDIDATES = 100  # number of heaviest words of a topic that are candidates
LAMBDAS: dict[WordOrder, float] = {"weight": 1.0, "frequency": 1.0, "relevance": RELEVANCE, "exclusive": 0.0}


@dataclass(frozen=True)
class Candidate:
    """One of the heaviest words of a topic.

    Attributes
    ----------
    row : row of W
    term : the word as shown to readers
    weight : weight in the topic
    overall : weight over all topics, weighted by their shares
    """

    row: int
    term: str
    weight: float
    overall: float


def relevance(w: Array, overall: Array, lam: float = RELEVANCE) -> Array:
    """Return the relevance of words to a topic.

    Parameters
    ----------
    w : ndarray of shape (k,), weights in the topic
    overall : ndarray of shape (k,), weights over all topics; if it is 0 (a topic without mass) the lift is 1
    lam : lambda, from 0 to 1

    Returns
    -------
    ndarray of shape (k,); -inf for a word without weight

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
    """Return the positions of the k most relevant words, most relevant first, and among equals the heaviest first.

    Parameters
    ----------
    w, overall, lam : as in `relevance`; w in decreasing order
    """
    scores = np.round(relevance(w, overall, lam), 9)  # ignore rounding errors
    return [int(i) for i in largest(scores, k)]
