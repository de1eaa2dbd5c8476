"""Phrases: which are found, that their counts are those of a slow reading, and that new pages are read alike."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_topics.corpus.open import open_corpus
from nmf_topics.corpus.page import Page
from nmf_topics.errors import MatrixError
from nmf_topics.terms import phrase_counts, phrases, token_counter
from nmf_topics.terms.count import count_new_pages, count_terms, gather_counts
from nmf_topics.terms.phrase_counts import PhraseUnits, Sequences
from nmf_topics.terms.phrases import Joiner, Pairs, Phrases
from nmf_topics.terms.pruning import Bounds, bound_terms, terms_within
from nmf_topics.terms.term_counts import TermCounts
from nmf_topics.text.analyzer import Readers, WordOptions

OPTIONS = WordOptions(phrases=True)
TALK = [
    f"The prime minister {x}walks in New York {x}runs. A minister of prime {x}matters, new to York"
    for x in "abcdefghijkl"
]
WORDS = [
    "New",
    "York",
    "new",
    "Prime",
    "minister",
    "ministers",
    "of",
    "City",
    "city",
    "the",
    "machine",
    ",",
    "\n\n",
    "42",
]
TEXT = st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)


def pages_of(texts: Sequence[str]) -> list[Page]:
    """Pages with these texts."""
    return [Page(f"{i:04}", f"Page {i}", text) for i, text in enumerate(texts)]


@pytest.fixture
def _few() -> Iterator[None]:
    """Two occurrences make a phrase."""
    before, phrases.LEAST = phrases.LEAST, 2
    yield
    phrases.LEAST = before


def counts_of(found: TermCounts) -> dict[str, int]:
    """How often each term occurs."""
    sums = np.asarray(found.counts.sum(axis=1)).ravel().tolist()
    return dict(zip(found.vocabulary.terms, sums, strict=True))


def test_words_that_go_together_are_one_term() -> None:
    """Twelve pages: both phrases are found, their words apart are counted apart, and nothing is lost."""
    found = count_terms(pages_of(TALK), OPTIONS)
    counts = counts_of(found)
    assert counts["prime minister"] == counts["new york"] == 12
    assert (counts["prime"], counts["minister"], counts["york"]) == (12, 12, 12)
    assert found.ledger["kept"] == sum(count * (1 + term.count(" ")) for term, count in counts.items())
    plain = count_terms(pages_of(TALK), WordOptions())
    assert found.ledger["tokens"] == plain.ledger["tokens"]
    assert found.ledger["dropped"]["stop"] == plain.ledger["dropped"]["stop"] - 12  # the New of New York


def test_what_is_shown_is_a_spelling_of_the_corpus() -> None:
    """The commonest one, in its case, with a space for a hyphen or the end of a line."""
    texts = [
        "He saw the Prime-Minister. New\nYork",
        "prime ministers: a new York",
        "The Prime Minister of NEW YORK",
    ] * 6
    found = count_terms(pages_of(texts), OPTIONS).vocabulary
    shown = dict(zip(found.terms, found.surfaces, strict=True))
    assert shown["prime minister"] == "Prime Minister"
    assert shown["new york"] in ("New York", "NEW YORK")


@pytest.mark.parametrize(
    ("text", "none"),
    [
        ("house of lords", "house lord"),  # a stop word between
        ("prime, minister", "prime minister"),  # not in one breath
        ("prime\n\nminister", "prime minister"),
        ("a new york", "new york"),  # a stop word without a capital
        ("pizza pizza pizza", "pizza pizza"),
    ],
)
def test_what_is_no_phrase(text: str, none: str) -> None:
    """However often it occurs."""
    assert none not in count_terms(pages_of([text] * 50), OPTIONS).vocabulary.terms


def test_common_words_are_no_phrase() -> None:
    """Words that meet as often as chance has it stay apart."""
    rng = random.Random(3)
    words = [f"word{letter}" for letter in "abcdefghij"]
    found = count_terms(pages_of([" ".join(rng.choices(words, k=200)) for _ in range(20)]), OPTIONS)
    assert not found.phrases


def test_a_phrase_has_up_to_four_words() -> None:
    """Pairs of pairs are found in a second round; "New York City" is no "York City"."""
    texts = [
        "New York City",
        "in New York they",
        "united states census bureau",
        "a city",
        "a bureau",
        "the states",
    ] * 12
    found = count_terms(pages_of(texts), OPTIONS)
    counts = counts_of(found)
    assert (counts["new york city"], counts["new york"], counts["unite state census bureau"]) == (12, 12, 12)
    assert (counts["city"], counts["york"], counts["bureau"]) == (12, 0, 12)


def slowly(units: list[int], pairs: Pairs) -> list[int]:
    """A sequence with pairs joined one after the other: the best rank anywhere first, the leftmost among equals."""
    rank = {pair: i for i, pair in enumerate(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))}
    taken: set[int] = set()
    places = [(rank[pair], i) for i, pair in enumerate(pairwise(units)) if pair in rank]
    joined = dict[int, int]()
    for which, place in sorted(places):
        if not {place, place + 1} & taken:
            taken |= {place, place + 1}
            joined[place] = pairs.first + which
    return [joined.get(i, unit) for i, unit in enumerate(units) if i - 1 not in joined]


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.integers(-2, 4), max_size=60),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)).filter(lambda p: p[0] != p[1]), unique=True, max_size=8),
)
def test_the_fast_joining_is_the_slow_joining(units: list[int], pairs: list[tuple[int, int]]) -> None:
    """Overlapping pairs are settled by rank; and a second round sees the units of the first."""
    left, right = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    first = Pairs(left, right, 5)
    joined, _ = first.join(np.array(units, np.int64))
    assert joined.tolist() == slowly(units, first)
    second = Pairs(np.array([5, 0]), np.array([0, 5]), 5 + len(pairs))
    joiner = Joiner([first, second], [""] * (len(pairs) + 2), 5)
    twice = slowly(slowly(units, first), second)
    assert joiner.join(np.array(units, np.int64)).tolist() == twice
    which, start, end = joiner.spans(np.array(units, np.int64))
    assert which.tolist() == [unit - 5 for unit in twice if unit >= 5]
    assert all(min(units[a:b]) >= 0 and b - a >= 2 for a, b in zip(start.tolist(), end.tolist(), strict=True))


def test_a_long_run_of_one_pair_is_quick() -> None:
    """Two words in turn, half a million times: the pairs that begin even are taken."""
    units = np.tile(np.array([0, 1]), 500_000)
    joined, places = Pairs(np.array([0, 1]), np.array([1, 0]), 2).join(units)
    assert len(joined) == len(places) == 500_000


@pytest.mark.slow
@pytest.mark.usefixtures("_few")
@settings(deadline=None, max_examples=100)
@given(st.lists(TEXT, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_whatever_the_text(texts: list[str], shuffle: random.Random) -> None:
    """The order of pages does not matter, new pages are read alike, the ledger adds up, and no count is below 1."""
    pages = pages_of(texts)
    found = count_terms(pages, OPTIONS)
    shuffled = list(pages)
    shuffle.shuffle(shuffled)
    again = count_terms(shuffled, OPTIONS)
    assert (found.counts != again.counts).nnz == 0
    assert (found.vocabulary, found.ledger, found.phrases) == (again.vocabulary, again.ledger, again.phrases)
    assert found.counts.data.min(initial=1) >= 1
    ledger = found.ledger
    assert ledger["tokens"] == ledger["kept"] + sum(ledger["dropped"].values())
    assert ledger["kept"] == sum(count * (1 + term.count(" ")) for term, count in counts_of(found).items())
    counts, unknown = count_new_pages(texts, found.vocabulary, Readers(OPTIONS), found.phrases)
    assert (counts != found.counts).nnz == 0
    assert not any(unknown)


@pytest.mark.slow
@pytest.mark.usefixtures("_few")
@settings(deadline=None, max_examples=100)
@given(st.lists(TEXT, min_size=1, max_size=6), st.integers(0, 3), st.sampled_from([0.5, 1.0]), st.integers(1, 9))
def test_phrases_out_of_bounds_are_their_words_again(texts: list[str], low: int, high: float, most: int) -> None:
    """After bounds tokens add up, and new pages are read as the pages of the corpus are."""
    found = count_terms(pages_of(texts), OPTIONS)
    try:
        bounded = bound_terms(found, Bounds(low, high, most))
    except MatrixError:
        return
    ledger = bounded.ledger
    assert ledger["tokens"] == ledger["kept"] + sum(ledger["dropped"].values())
    assert min(ledger["dropped"].values()) >= 0
    counts, _ = count_new_pages(texts, bounded.vocabulary, Readers(OPTIONS), bounded.phrases)
    assert counts.toarray().tolist() == bounded.counts.toarray().tolist()


def test_a_rare_phrase_gives_its_words_back() -> None:
    """Asked for words on all pages, a phrase that is on fewer is no term, and its words are."""
    texts = ["prime minister here", "prime minister there", "prime time", "minister alone"] * 5
    found = bound_terms(count_terms(pages_of(texts), OPTIONS), Bounds(min_pages=15, max_pages=1.0))
    assert counts_of(found) == {"minister": 15, "prime": 15}


@pytest.mark.parametrize("bounds", [Bounds(15, 1.0), Bounds(2, 1.0, 3), Bounds(2, 0.3), Bounds(1, 1.0)])
def test_batches_are_bounded_as_the_whole_is(bounds: Bounds, monkeypatch: pytest.MonkeyPatch) -> None:
    """What bounds make of counts in many batches, of which V on disk is made, is what they make of one matrix."""
    texts = ["prime minister here", "prime minister there", "prime time", "minister alone"] * 5
    whole = bound_terms(count_terms(pages_of(texts), OPTIONS), bounds)
    monkeypatch.setattr(token_counter, "BATCH", 60)
    within = terms_within(gather_counts(pages_of(texts), OPTIONS), bounds)
    batches = list(within.counts.batches())
    assert len(batches) > 3
    counts = np.zeros(whole.counts.shape, int)
    for batch in batches:
        counts[:, batch.columns] = batch.counts.toarray()[within.rows]
    assert [within.counts.vocabulary.terms[row] for row in within.rows] == list(whole.vocabulary.terms)
    assert counts.tolist() == whole.counts.toarray().tolist()
    assert within.ledger == whole.ledger
    assert within.stored == whole.counts.nnz
    assert within.ledger["tokens"] == within.ledger["kept"] + sum(within.ledger["dropped"].values())


def test_words_of_a_phrase_that_is_known_are_not_unknown() -> None:
    """A page that has the phrase knows its words, even if they are no terms alone."""
    found = count_terms(pages_of(TALK), OPTIONS)
    known = found.vocabulary.take(np.array([found.vocabulary.index["prime minister"]]))
    page = "The prime minister met a minister"
    counts, unknown = count_new_pages([page], known, Readers(OPTIONS), found.phrases)
    assert counts.toarray().tolist() == [[1]]
    assert unknown == [Counter(met=1, minister=1)]


def test_phrases_as_json() -> None:
    """As a model keeps them."""
    some = Phrases(((("New", "york"), ("a", "b")), (("new york", "city"),)))
    assert Phrases.from_meta(some.to_meta()) == some
    assert some.words["new york city"] == ["New", "york", "city"]
    assert not Phrases()


def test_sequences_go_to_a_file_when_they_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """And come back as they were, as often as wanted."""
    monkeypatch.setattr(phrase_counts, "IN_MEMORY", 100)
    kept = Sequences()
    given = [np.arange(i, dtype=np.int32) for i in (3, 0, 1000, 7)]
    for sequence in given:
        kept.add(sequence)
    for _ in range(2):
        assert [sequence.tolist() for sequence in kept] == [sequence.tolist() for sequence in given]
    kept.close()


def test_units_of_no_text() -> None:
    """Pages without a word have no unit."""
    assert PhraseUnits([], []).of(np.array([-1, -2], np.int32)).tolist() == [-1, -2]


@pytest.mark.data
def test_phrases_of_the_news(data_folder: Path) -> None:
    """Real pages: phrases that a reader would name, and the same counts as without them once they are their words."""
    pages = list(open_corpus(str(data_folder / "bbc-news.jsonl.gz")))
    found = count_terms(pages, OPTIONS)
    wanted = "prime minister;new york;stock market;interest rate;world cup;human right;chief executive;new zealand"
    assert set(wanted.split(";")) <= set(found.vocabulary.terms)
    assert {"say mr", "tell bbc"} & set(found.vocabulary.terms) <= {"tell bbc"}
    back = bound_terms(found, Bounds(min_pages=1, max_pages=1.0))
    assert back.ledger["kept"] == found.ledger["kept"]


@pytest.mark.parametrize(("times", "found"), [(phrases.LEAST - 1, False), (phrases.LEAST, True)])
def test_a_pair_that_occurs_just_often_enough(times: int, found: bool) -> None:
    """Ten occurrences make a phrase, and nine do not."""
    texts = [f"green dragon {letter}walk" for letter in "abcdefghijkl"[:times]]
    assert ("green dragon" in count_terms(pages_of(texts), OPTIONS).vocabulary.terms) is found


def pairs_among(together: int, left: int, right: int, others: int, *, opener: bool) -> list[tuple[int, int]]:
    """The pairs found in a text where unit 0 stands before unit 1, and both also stand alone."""
    units = [0, 1, -1] * together + [0, -1] * (left - together) + [1, -1] * (right - together) + [-1] * others
    openers = np.array([opener, False])
    found = phrases.find_pairs([np.array(units, np.int64)], np.array([left, right]), np.ones(2, bool), openers)
    return list(zip(found.left.tolist(), found.right.tolist(), strict=True))


def test_a_stop_word_needs_a_stronger_tie() -> None:
    """An npmi of 0.54 makes a phrase of two terms, but not one that begins with a stop word; one of 0.67 makes both."""
    for together, of_opener in ((20, []), (30, [(0, 1)])):
        length = 3 * together + 2 * (60 - together) + 2 * (40 - together)
        assert pairs_among(together, 60, 40, 1000 - length, opener=False) == [(0, 1)]
        assert pairs_among(together, 60, 40, 1000 - length, opener=True) == of_opener


def test_a_repeated_word_is_no_phrase() -> None:
    """However much more often it follows itself than by chance."""
    units = [0, 0, -1] * 20 + [-1] * 900
    found = phrases.find_pairs([np.array(units, np.int64)], np.array([40]), np.ones(1, bool), np.zeros(1, bool))
    assert len(found.left) == 0


def test_of_overlapping_phrases_the_stronger_one_is_joined() -> None:
    """In a sequence a b c, where b c is the stronger pair, the phrase is b c."""
    text = [0, 1, -1] * 10 + [0, 1, 2, -1] * 10 + [1, 2, -1] * 10 + [0, -1] * 20 + [1, -1] * 10 + [-1] * 240
    totals, new = np.array([40, 40, 20]), np.ones(3, bool)
    pairs = phrases.find_pairs([np.array(text, np.int64)], totals, new, ~new)
    assert list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)) == [(1, 2), (0, 1)]
    joined, places = pairs.join(np.array([0, 1, 2], np.int64))
    assert (joined.tolist(), places.tolist()) == ([0, 3], [1])
