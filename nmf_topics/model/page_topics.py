"""What a model says of one page: its topic, the shares of all topics, how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nmf_topics.factor.blocks import Array

Status = Literal["ok", "weak", "no-known-words", "unreadable"]
FEW_WORDS = 3  # known words of a page, fewer of which tell little


@dataclass(frozen=True)
class PageTopics:
    """What a model says of one page.

    Attributes
    ----------
    status : "ok", "weak" (fewer than `FEW_WORDS` of its words are known), "no-known-words" or "unreadable"; the last
        two have no topic
    topic : number of the dominant topic, or None
    weight : its share of the page
    margin : its share less that of the second topic
    error : ||v - Wh|| / ||v||
    weights : share of every topic, zeros where there is no topic
    """

    status: Status
    topic: int | None
    weight: float
    margin: float
    error: float
    weights: Array


def page_topics(h: Array, error: float, status: Status = "ok", *, known_words: float = math.inf) -> PageTopics:
    """What a column of H says.

    Parameters
    ----------
    h : ndarray of shape (r,)
    error : relative error of the page
    status : "unreadable" for a page that could not be read
    known_words : how many words of the page are in the vocabulary, each occurrence counted; fewer than `FEW_WORDS` make
        it "weak"
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
    first = int(h.argmax())  # as `TopicModel.dominant` has it: two shares can be equal where the weights are not
    second = float(np.delete(shares, first).max(initial=0.0))
    found: Status = "weak" if known_words < FEW_WORDS else "ok"
    return PageTopics(found, first + 1, float(shares[first]), float(shares[first]) - second, error, shares)
