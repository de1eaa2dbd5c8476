"""What topics, pages and rows are called: of images they are parts, images and pixels."""

from __future__ import annotations

from dataclasses import dataclass

from nmf_topics.model.model import TopicModel


@dataclass(frozen=True)
class Nouns:
    """Names of the things of a model in the singular; an s makes the plural.

    Attributes
    ----------
    topic, page, row : a column of W, a column of V, and a row of both
    """

    topic: str
    page: str
    row: str


TEXT = Nouns("topic", "page", "word")
IMAGES = Nouns("part", "image", "pixel")


def nouns_of(model: TopicModel) -> Nouns:
    """The nouns that fit the rows of a model."""
    return TEXT if model.rows.kind == "terms" else IMAGES
