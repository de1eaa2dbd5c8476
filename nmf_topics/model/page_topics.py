"""The topics of one page: its dominant topic, the shares of all topics, and a status."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nmf_topics.factor.blocks import Array

Status = Literal["ok", "weak", "no-known-words", "unreadable"]
FEW_WORDS = 3  # a page with fewer known words than this is "weak"


@dataclass(frozen=True)
class PageTopics:
    """The topics of one page.

    Attributes
    ----------
    status : "ok", "weak" (fewer than `FEW_WORDS` known words), "no-known-words" or "unreadable"; the last two have no
        topic
    topic : number of the dominant topic, or None
    weight : share of the dominant topic in the page
    margin : its share minus that of the second topic
    error : ||v - Wh|| / ||v||
    weights : share of every topic; zeros if there is no topic
    """

    status: Status
    topic: int | None
    weight: float
    margin: float
    error: float
    weights: Array


def page_topics(h: Array, error: float, status: Status = "ok", *, known_words: float = math.inf) -> PageTopics:
    """Return the topics of a page from its column of H.

    Parameters
    ----------
    h : ndarray of shape (r,)
    error : relative error of the page
    status : "unreadable" for a page that could not be read
    known_words : number of tokens of the page that are in the vocabulary; fewer than `FEW_WORDS` make it "weak"
    """
    total = h.sum()
    if status != "ok" or not total > 0:
        return PageTopics(
            "no-known-words" if status == "ok" else status,
            None,
            float("nan"),
            float("nan"),
            float("nan"),
            np.zeros(len(h)),
        )
    shares = h / total
    first = int(h.argmax())  # by weights as in `TopicModel.dominant`, because shares can be equal when weights are not
    second = float(np.delete(shares, first).max(initial=0.0))
    found: Status = "weak" if known_words < FEW_WORDS else "ok"
    return PageTopics(found, first + 1, float(shares[first]), float(shares[first]) - second, error, shares)
