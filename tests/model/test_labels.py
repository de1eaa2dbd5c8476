"""Labels of topics: a few words each, and no word in two labels."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nmf_topics.model.labels import LABEL_WORDS, choose_labels


def scored(*lists: str) -> list[list[tuple[str, float]]]:
    """Descriptions whose scores fall from word to word."""
    return [[(word, 1.0 / (place + 1)) for place, word in enumerate(words.split())] for words in lists]


def test_a_word_goes_to_the_topic_where_it_comes_first() -> None:
    """A word is in one label only, in any case; other topics use their next words."""
    found = choose_labels(scored("jobs America families taxes", "america budget spending", "Iraq war America"))
    assert found == [["jobs", "families", "taxes"], ["america", "budget", "spending"], ["Iraq", "war"]]


def test_equally_early_words_go_to_the_higher_score() -> None:
    """With equal scores, the word is assigned to the earlier topic."""
    assert choose_labels([[("city", 1.0), ("area", 0.5)], [("city", 2.0), ("park", 0.5)]]) == [
        ["area"],
        ["city", "park"],
    ]
    assert choose_labels([[("city", 1.0), ("area", 0.5)], [("city", 1.0), ("park", 0.5)]]) == [
        ["city", "area"],
        ["park"],
    ]


def test_forms_of_one_word_are_named_once() -> None:
    """The later one is passed over; words that merely begin alike are not forms of one another."""
    assert choose_labels(scored("agriculture agricultural relief farm", "railway railroad carriage")) == [
        ["agriculture", "relief", "farm"],
        ["railway", "railroad", "carriage"],
    ]


def test_abbreviations_do_not_help() -> None:
    """mi and sq are passed over where there are other words; US and words of two Chinese letters are not."""
    assert choose_labels(scored("mi sq population US 音乐")) == [["population", "US", "音乐"]]
    assert choose_labels(scored("mi sq")) == [["mi", "sq"]]


def test_topics_that_cannot_have_a_word_of_their_own() -> None:
    """Of two equal topics the second repeats the words of the first; a topic without words has no label."""
    assert choose_labels(scored("cat dog", "cat dog", "")) == [["cat", "dog"], ["cat", "dog"], []]


@given(st.lists(st.lists(st.sampled_from("one two three four five six seven eight nine".split()), unique=True)))
def test_no_word_is_in_two_labels(lists: list[list[str]]) -> None:
    """No word is in two labels, except for topics without own words."""
    descriptions = scored(*(" ".join(words) for words in lists))
    labels = choose_labels(descriptions)
    for words, label in zip(lists, labels, strict=True):
        assert len(label) <= LABEL_WORDS
        assert set(label) <= set(words)
        assert bool(label) == bool(words)
    seen: dict[str, list[int]] = {}
    for topic, label in enumerate(labels):
        for word in label:
            seen.setdefault(word, []).append(topic)
    for word, topics in seen.items():
        first = min(topics, key=lambda topic: (lists[topic].index(word), topic))
        for topic in set(topics) - {first}:  # every word of it comes earlier in another topic
            assert all(
                any(w in o[: lists[topic].index(w) + 1] for o in lists if o is not lists[topic]) for w in lists[topic]
            )
