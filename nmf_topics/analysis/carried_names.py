"""Names and hidden words of an earlier model, carried over to the topics of a new one that match.

A topic of the new model takes the name of its partner in the earlier model (see `difference.match_topics`) if the two
are the same topic by the threshold that `nmf-topics diff` uses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nmf_topics.analysis.model_diff import SAME, match_topics
from nmf_topics.errors import ModelError
from nmf_topics.model.model import TopicModel


@dataclass(frozen=True)
class LostName:
    """A name that no topic of the new model takes.

    Attributes
    ----------
    name : str
    nearest : number of the new topic that is most similar to the one with this name; None where none is similar at all
    similarity : cosine of the two
    """

    name: str
    nearest: int | None
    similarity: float


@dataclass(frozen=True)
class CarriedNames:
    """What became of the names and hidden words of an earlier model.

    Attributes
    ----------
    names : number of a topic of the new model -> the name it takes
    lost : names that no topic takes
    hidden : hidden words that the new model has, too
    lost_hidden : hidden words that it does not have
    """

    names: Mapping[int, str]
    lost: Sequence[LostName]
    hidden: Sequence[str]
    lost_hidden: Sequence[str]


def carry_names(earlier: TopicModel, model: TopicModel) -> tuple[TopicModel, CarriedNames]:
    """A new model with the names and hidden words of an earlier one, as far as they fit.

    Names that the earlier model had from a guide are not carried over: the guide of the new model decides. A name that
    was given to a topic of the same guide replaces the name in the guide.
    """
    guide, new_guide = earlier.recipe.get("guide", {}), model.recipe.get("guide", {})
    given = {number: name for number, name in earlier.names.items() if name not in guide}
    try:
        similarity, partner = match_topics(earlier, model) if given else (None, {})
    except ModelError:  # nothing in common
        similarity, partner = None, {}
    names: dict[int, str] = {}
    lost: list[LostName] = []
    for number, name in given.items():
        mate = partner.get(number)
        near = 0.0 if similarity is None else float(similarity[number - 1].max())
        nearest = None if similarity is None or near == 0 else int(similarity[number - 1].argmax()) + 1
        guided = mate is not None and mate in model.names and guide != new_guide
        if similarity is None or mate is None or similarity[number - 1, mate - 1] < SAME or guided:
            lost.append(LostName(name, nearest, near))
        else:
            names[mate] = name
    hidden = [word for word in earlier.hidden if model.has_word(word)]
    lost_hidden = [word for word in earlier.hidden if word not in hidden]
    return model.renamed(names, hidden), CarriedNames(dict(sorted(names.items())), lost, hidden, lost_hidden)
