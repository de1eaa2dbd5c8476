"""The rows of V that are terms."""

from __future__ import annotations

import json

import numpy as np
import pytest

from nmf_topics.matrix.rows import AXES, RowAxis, top_weights
from nmf_topics.terms.vocabulary import Vocabulary


@pytest.fixture
def vocabulary() -> Vocabulary:
    """Four terms with their surface forms."""
    return Vocabulary(["café", "mouse", "run", "us"], ["Café", "mice", "running", "US"])


def test_length_and_index(vocabulary: Vocabulary) -> None:
    """As many rows as terms, each found under its term."""
    assert len(vocabulary) == 4
    assert vocabulary.index == {"café": 0, "mouse": 1, "run": 2, "us": 3}


def test_top_names_surfaces_largest_first(vocabulary: Vocabulary) -> None:
    """Readers see surface forms, never terms."""
    assert top_weights(vocabulary, np.array([0.5, 3.0, 1.0, 2.0]), 3) == [("mice", 3.0), ("US", 2.0), ("running", 1.0)]


def test_top_is_clipped_to_the_vocabulary(vocabulary: Vocabulary) -> None:
    """Asking for more words than there are gives those there are."""
    assert len(top_weights(vocabulary, np.ones(4), 100)) == 4
    assert top_weights(vocabulary, np.ones(4), 0) == []
    assert top_weights(vocabulary, np.ones(4), -1) == []


def test_top_leaves_out_words_of_no_weight(vocabulary: Vocabulary) -> None:
    """A word of weight zero is no word of the topic, however many are asked for."""
    assert top_weights(vocabulary, np.array([0.0, 0.0, 1.0, 0.0]), 4) == [("running", 1.0)]
    assert top_weights(vocabulary, np.zeros(4), 4) == []


def test_equal_weights_keep_the_order_of_the_rows(vocabulary: Vocabulary) -> None:
    """A draw goes to the earlier term, so that tables do not change from run to run."""
    assert [word for word, _ in top_weights(vocabulary, np.array([1.0, 2.0, 1.0, 2.0]), 4)] == [
        "mice",
        "US",
        "Café",
        "running",
    ]


def test_top_gives_plain_numbers(vocabulary: Vocabulary) -> None:
    """Weights can be written as JSON whatever the type of the array."""
    assert json.dumps(top_weights(vocabulary, np.array([1, 0, 0, 0], dtype=np.float32), 1)) == '[["Caf\\u00e9", 1.0]]'


def test_take(vocabulary: Vocabulary) -> None:
    """Some rows, in the order asked for, with their surfaces."""
    assert vocabulary.take(np.array([3, 1])) == Vocabulary(["us", "mouse"], ["US", "mice"])
    assert len(vocabulary.take(np.array([], dtype=int))) == 0
    assert vocabulary.take(np.array([1])).index == {"mouse": 0}


def test_round_trip_as_json(vocabulary: Vocabulary) -> None:
    """What a model file says of a vocabulary makes it again."""
    assert Vocabulary.from_meta(json.loads(json.dumps(vocabulary.to_meta()))) == vocabulary


def test_a_vocabulary_is_a_known_axis(vocabulary: Vocabulary) -> None:
    """A saved model finds the class under the kind of its rows."""
    axis: RowAxis = vocabulary
    assert AXES[axis.kind] is Vocabulary
    assert axis.kind == "terms"
