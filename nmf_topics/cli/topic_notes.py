"""Notes about topics that may be about no subject."""

from __future__ import annotations

from nmf_topics.cli.console import Console
from nmf_topics.model.flags import topic_flags
from nmf_topics.model.model import TopicModel


def tell_of_flags(model: TopicModel, talk: Console, topic: int | None = None) -> None:
    """Print the flags of all topics, or of one, to stderr."""
    for flag in topic_flags(model):
        if topic in (None, flag.topic):
            talk.note(flag.message)
