"""From pages to counts of terms: nothing lost, nothing twice, whatever the order."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_topics.corpus.open import open_corpus
from nmf_topics.corpus.page import Page
from nmf_topics.errors import MatrixError
from nmf_topics.terms import token_counter as chunks_module
from nmf_topics.terms.count import count_new_pages, count_terms
from nmf_topics.terms.pruning import Bounds, TermStatus, bound_terms, select_terms
from nmf_topics.terms.residual_idf import is_corpus_stop_word
from nmf_topics.terms.term_counts import TermCounts
from nmf_topics.terms.vocabulary import Vocabulary
from nmf_topics.text.analyzer import Readers, TermAnalyzer, WordOptions
from nmf_topics.text.tokenize import tokens, words_of_token

PLAIN = WordOptions(normalize="none", default_stops=False)

# Words that make terms, are dropped for each reason, or change their spelling on the way.
WORDS = """run Running RAN runs the don't café cafe\u0301 CAFÉ 3 42nd a I x mice Mouse mouse's well-known O'Brien
    naïve हिन्दी 한국 字 Straße STRASSE co\u00adop a=\u0338b ❤\ufe0f ½ News new""".split()
TEXT = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join),
    st.text(st.characters(exclude_categories=()), max_size=40),
)
OPTIONS = st.sampled_from([WordOptions(), PLAIN, WordOptions(normalize="both", stemmer="porter", stop=("mouse",))])


def pages_of(texts: Sequence[str]) -> list[Page]:
    """Pages with these texts, in the order of their ids."""
    return [Page(f"{i:04}", f"Page {i}", text, {"number": i}) for i, text in enumerate(texts)]


def count(*texts: str, options: WordOptions = PLAIN) -> TermCounts:
    """Counts of these texts."""
    return count_terms(pages_of(texts), options)


def slowly(texts: Sequence[str], options: WordOptions) -> tuple[list[Counter[str]], Counter[str]]:
    """Terms of each page and reasons of all tokens, one token after the other."""
    reader = TermAnalyzer(options)
    pages: list[Counter[str]] = []
    reasons: Counter[str] = Counter()
    for text in texts:
        terms: Counter[str] = Counter()
        for word in (word for token in tokens(text) for word in words_of_token(token, options.language)):
            term, reason = reader.read(word)
            reasons[reason] += 1
            if term is not None:
                terms[term] += 1
        pages.append(terms)
    return pages, reasons


def by_page(counts: Any, vocabulary: Vocabulary) -> list[Counter[str]]:
    """A matrix of counts as one Counter a page."""
    return [
        Counter({term: int(c) for term, c in zip(vocabulary.terms, column, strict=True) if c})
        for column in counts.toarray().T
    ]


def same(one: TermCounts, other: TermCounts) -> bool:
    """Whether two counts are the same to the last byte of their arrays."""
    return (
        one.counts.shape == other.counts.shape
        and all((getattr(one.counts, a) == getattr(other.counts, a)).all() for a in ("data", "indices", "indptr"))
        and one.vocabulary == other.vocabulary
        and one.columns == other.columns
        and one.options == other.options
        and one.ledger == other.ledger
    )


def tokens_add_up(counts: TermCounts) -> bool:
    """The law of the ledger, and that what is kept is what is in the matrix."""
    ledger = counts.ledger
    return (
        ledger["tokens"] == ledger["kept"] + sum(ledger["dropped"].values())
        and ledger["kept"] == counts.counts.sum()
        and min(ledger["dropped"].values(), default=0) >= 0
    )


def test_by_hand() -> None:
    """Three small pages, counted on paper."""
    found = count("The cat saw 2 Cats.", "A cat ran; cats run, run!", "", options=WordOptions())
    assert list(found.vocabulary.terms) == ["cat", "run", "see"]
    assert found.counts.toarray().tolist() == [[2, 2, 0], [0, 3, 0], [1, 0, 0]]
    assert found.ledger == {"tokens": 11, "kept": 8, "dropped": {"number": 1, "short": 1, "stop": 1}}
    assert found.columns.ids == ["0000", "0001", "0002"]
    assert found.columns.titles == ["Page 0", "Page 1", "Page 2"]
    assert found.columns.meta == [{"number": 0}, {"number": 1}, {"number": 2}]


def test_the_counts_of_the_tiny_corpus(tiny_corpus: Path) -> None:
    """The subjects of the corpus are its words, mice and mouse as one."""
    found = count_terms(open_corpus(str(tiny_corpus)), WordOptions())
    rows = found.vocabulary.index
    assert found.counts[rows["mouse"]].sum() == 7
    assert found.counts[rows["star"]].sum() == 4
    assert not {"the", "and", "a", "mice", "sung"} & set(rows)


@pytest.mark.slow
@settings(deadline=None, max_examples=250)
@given(st.lists(TEXT, max_size=6), OPTIONS, st.sampled_from([1, 8, 1_000_000]))
def test_counts_are_those_of_one_token_after_the_other(texts: list[str], options: WordOptions, batch: int) -> None:
    """Whatever the text and however it is cut: matrix, ledger and vocabulary are those of the slow way."""
    before, chunks_module.BATCH = chunks_module.BATCH, batch
    try:
        found = count_terms(pages_of(texts), options)
    finally:
        chunks_module.BATCH = before
    pages, reasons = slowly(texts, options)
    assert by_page(found.counts, found.vocabulary) == pages
    assert list(found.vocabulary.terms) == sorted(set().union(*pages)) if pages else not found.vocabulary.terms
    assert {"kept": found.ledger["kept"], **found.ledger["dropped"]} == {"kept": 0, **reasons}
    assert tokens_add_up(found)


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(
    st.lists(TEXT, min_size=1, max_size=8),
    OPTIONS,
    st.integers(1, 3),
    st.sampled_from([0.4, 0.5, 1.0, 2]),
    st.one_of(st.none(), st.integers(1, 5)),
)
def test_bounded_counts_add_up(texts: list[str], options: WordOptions, low: int, high: float, most: int | None) -> None:
    """Each token in is kept or dropped for one reason, after bounds, and after bounds once more."""
    found = count_terms(pages_of(texts), options)
    for bounds in (Bounds(low, high, most), Bounds(low, high, 1)):
        try:
            bounded = bound_terms(found, bounds)
        except MatrixError:
            return
        assert tokens_add_up(bounded)
        assert bounded.ledger["tokens"] == found.ledger["tokens"]
        found = bounded


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(st.lists(TEXT, max_size=8), OPTIONS, st.randoms(use_true_random=False))
def test_the_order_of_pages_does_not_matter(texts: list[str], options: WordOptions, shuffle: random.Random) -> None:
    """Counts, vocabulary, surface forms and ledger are the same to the byte."""
    pages = pages_of(texts)
    shuffled = list(pages)
    shuffle.shuffle(shuffled)
    assert same(count_terms(pages, options), count_terms(shuffled, options))


HASHED = """
import hashlib
from nmf_topics.corpus.page import Page
from nmf_topics.terms.count import count_terms
from nmf_topics.text.analyzer import WordOptions
words = "Cat cat CAT cats dog Dogs ran run Running naïve Naïve Θ ϴ θ Ǆ ǅ the a 3".split()
pages = [Page(str(i), str(i), " ".join(words[i:] + words[:i]), {}) for i in range(8)]
found = count_terms(pages, WordOptions(stop=("dog", "bird", "fish")))
parts = [found.counts.data.tobytes(), found.counts.indices.tobytes(), found.counts.indptr.tobytes()]
parts += [repr(part).encode() for part in (found.vocabulary, found.columns, found.options, found.ledger)]
print(hashlib.sha256(b"|".join(parts)).hexdigest())
"""


@pytest.mark.slow
def test_the_hash_seed_does_not_matter() -> None:
    """Three processes with other PYTHONHASHSEEDs count the same bytes."""
    prints = {
        subprocess.run(
            [sys.executable, "-c", HASHED],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "12345")
    }
    assert len(prints) == 1


def test_pages_are_read_once_and_reported_as_they_pass() -> None:
    """A stream that cannot be read twice is enough, and `on_page` sees each page in the order of the stream."""
    seen: list[str] = []
    stream: Iterator[Page] = iter([Page("b", "B", "two"), Page("a", "A", "one")])
    found = count_terms(stream, PLAIN, on_page=lambda page: seen.append(page.id))
    assert seen == ["b", "a"]
    assert found.columns.ids == ["a", "b"]
    assert found.counts.toarray().tolist() == [[1, 0], [0, 1]]


def test_no_pages() -> None:
    """An empty corpus has an empty matrix and an empty ledger."""
    found = count()
    assert found.counts.shape == (0, 0)
    assert found.ledger == {"tokens": 0, "kept": 0, "dropped": {}}


def test_counts_are_a_canonical_matrix_of_integers() -> None:
    """What follows may rely on sorted rows, no entry twice and no entry of zero."""
    found = count("b a b é-é", "a c é", "")
    assert found.counts.dtype == np.int32
    assert found.counts.format == "csc"
    assert found.counts.has_canonical_format
    assert found.counts.data.min() > 0


def test_pages_of_one_id_keep_their_columns() -> None:
    """Two pages that call themselves the same are still two pages."""
    found = count_terms([Page("x", "first", "one"), Page("x", "second", "two")], PLAIN)
    assert found.columns.titles == ["first", "second"]
    assert found.counts.toarray().tolist() == [[1, 0], [0, 1]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "text", "terms"),
    [
        ("de", "Das Haus, die Häuser, DAS HAUS. Ein Land und Länder.", ["haus", "land"]),
        ("de", "Die Arbeit: er arbeitet, sie arbeitete.", ["arbeit", "arbeiten"]),
        ("fr", "L’école, les écoles; l'eau et les eaux.", ["eau", "école"]),
        ("es", "La ciudad y las ciudades.", ["ciudad"]),
        ("ru", "Музыка, музыки и музыкой.", ["музыка"]),
    ],
)
def test_other_languages(language: str, text: str, terms: list[str]) -> None:
    """By default words and their forms are one term in other languages as well, German nouns by their capital."""
    assert list(count(text, options=WordOptions(language=language)).vocabulary.terms) == terms


@pytest.mark.parametrize(
    ("token", "answer"),
    [
        ("3", (None, "number")),
        ("3D", (None, "number")),
        ("2nd", (None, "number")),
        ("½", (None, "number")),
        ("٣", (None, "number")),
        ("Ⅷ", (None, "number")),
        ("B52", ("b52", "kept")),
        ("一带", ("一带", "kept")),
        ("x", (None, "short")),
        ("A", (None, "short")),
        ("é", ("é", "kept")),
        ("字", ("字", "kept")),
        ("the", (None, "stop")),
        ("The", (None, "stop")),
        ("Ran", ("run", "kept")),
    ],
)
def test_what_becomes_of_a_token(token: str, answer: tuple[str | None, str]) -> None:
    """Numbers, single letters and stop words are dropped, each under its own name."""
    assert TermAnalyzer(WordOptions()).read(token) == answer


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("cat Cat Cat", "Cat"),
        ("Cat cat cat", "cat"),
        ("Cat cat", "cat"),
        ("CAT Cat", "Cat"),
        ("NASA NASA Nasa", "NASA"),
        ("cats cats cat", "cats"),
        ("Cats cats CATS cat cat", "cats"),
        ("ran ran run", "ran"),
        ("run ran", "ran"),
        ("O\u2019Brien O'Brien", "O'Brien"),
        ("iPhone iPhone IPHONE", "iPhone"),
        ("cafe\u0301 café Café", "café"),
    ],
)
def test_the_surface_of_a_term(text: str, surface: str) -> None:
    """It is the commonest word of those that share the term, as it is mostly written; lower case wins a draw."""
    assert count(text, options=WordOptions()).vocabulary.surfaces == [surface]


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(st.lists(TEXT, min_size=1, max_size=5), OPTIONS)
def test_surfaces_are_words_of_the_corpus(texts: list[str], options: WordOptions) -> None:
    """What readers see was written on some page, and leads back to its term."""
    found = count_terms(pages_of(texts), options)
    written = {token for text in texts for token in tokens(text)}
    reader = TermAnalyzer(options)
    for term, surface in zip(found.vocabulary.terms, found.vocabulary.surfaces, strict=True):
        assert surface in written
        assert reader.read(surface) == (term, "kept")


@pytest.mark.parametrize(
    ("bounds", "n_pages", "limits"),
    [
        (Bounds(), 1, (2, 2)),
        (Bounds(), 3, (2, 3)),
        (Bounds(), 9, (2, 9)),
        (Bounds(), 16, (2, 12)),
        (Bounds(), 36, (2, 18)),
        (Bounds(), 100, (2, 30)),
        (Bounds(), 124, (2, 37.2)),
        (Bounds(), 125, (2, 37.5)),
        (Bounds(), 126, (3, 37.8)),
        (Bounds(), 200, (4, 60)),
        (Bounds(), 250, (5, 75)),
        (Bounds(), 1_000_000, (5, 300_000)),
        (Bounds(max_pages=0.3), 5, (2, 2)),
        (Bounds(max_pages=0.3), 10, (2, 3)),
        (Bounds(min_pages=2, max_pages=0.3), 5, (2, 1.5)),
        (Bounds(min_pages=1), 10, (1, 9.486833)),
        (Bounds(min_pages=0.1, max_pages=0.5), 30, (3, 15)),
        (Bounds(min_pages=0.07, max_pages=0.5), 100, (7, 50)),
        (Bounds(max_pages=0.29), 100, (2, 29)),
        (Bounds(max_pages=1.0), 10, (2, 10)),
        (Bounds(max_pages=3), 10, (2, 3)),
        (Bounds(min_pages=0, max_pages=0.5), 10, (0, 5)),
    ],
)
def test_limits(bounds: Bounds, n_pages: int, limits: tuple[float, float]) -> None:
    """Shares and numbers of pages, exactly: 0.07 of 100 pages are 7 of them."""
    assert bounds.limits(n_pages, np.array([2, 3])) == limits


@pytest.mark.parametrize(
    ("bounds", "terms", "low"),
    [
        (Bounds(), {2: 1500, 3: 1500}, 2),  # 75 terms a page are no crowd
        (Bounds(), {2: 1501, 3: 1500}, 3),
        (Bounds(), {2: 1501, 3: 1000, 4: 2001}, 4),
        (Bounds(), {2: 9000, 12: 9000}, 12),
        (Bounds(), {2: 9000, 13: 9000}, 12),  # 30 % of 40 pages are the most that is asked for
        (Bounds(), {2: 1000, 30: 9000}, 2),  # words beyond max_pages make no crowd
        (Bounds(max_pages=0.5), {2: 1501, 3: 1500}, 3),
        (Bounds(min_pages=2), {2: 9000}, 2),
    ],
)
def test_a_crowd_of_terms_on_few_pages_is_thinned_out(bounds: Bounds, terms: dict[int, int], low: int) -> None:
    """Where 40 pages have more than 75 terms each, a term must be on more pages, unless the user says on how many."""
    pages = np.concatenate([np.full(count, number) for number, count in terms.items()])
    assert bounds.limits(40, pages)[0] == low


def test_terms_at_the_limits_stay() -> None:
    """On just min_pages or just max_pages of them a term is a row; one page less or more, and it is not."""
    texts = ["one two three four five", "two three four five", "three four five", "four five", "five"]
    bounded = bound_terms(count(*texts), Bounds(min_pages=2, max_pages=4))
    assert list(bounded.vocabulary.terms) == ["four", "three", "two"]
    assert bounded.ledger == {
        "tokens": 15,
        "kept": 9,
        "dropped": {"stop": 0, "rare": 1, "common": 5, "corpus stop": 0, "beyond max_terms": 0},
    }
    shares = bound_terms(count(*texts), Bounds(min_pages=0.4, max_pages=0.8))
    assert shares.vocabulary == bounded.vocabulary


def test_pages_and_not_tokens_are_what_bounds_count() -> None:
    """A word that one page repeats is on one page."""
    bounded = bound_terms(count("echo echo echo word", "word word", "other"), Bounds(min_pages=2, max_pages=1.0))
    assert list(bounded.vocabulary.terms) == ["word"]


@pytest.mark.parametrize("n_pages", [2, 3, 5, 6])
def test_the_defaults_leave_words_in_a_handful_of_pages(n_pages: int) -> None:
    """A first try with a few files has the words that two of them share, whatever the share of pages allowed."""
    texts = [f"own{i}" for i in range(n_pages - 2)] + ["shared first", "shared second"]
    for bounds in (Bounds(), Bounds(max_pages=0.3)):
        assert list(bound_terms(count(*texts), bounds).vocabulary.terms) == ["shared"]


@pytest.mark.parametrize("n_pages", [2, 3, 4, 5, 6])
def test_words_of_all_pages_are_words_of_a_handful(n_pages: int) -> None:
    """Where all pages share all their words, the defaults keep them: better weak topics than none."""
    assert list(bound_terms(count(*["alpha beta"] * n_pages), Bounds()).vocabulary.terms) == ["alpha", "beta"]


def test_the_most_frequent_terms_are_kept_and_draws_go_by_the_alphabet() -> None:
    """Frequency is in tokens; rows stay sorted."""
    found = count("zebra zebra zebra ant bee cow", "cow bee ant dog dog")
    bounded = bound_terms(found, Bounds(min_pages=1, max_pages=1.0, max_terms=3))
    assert list(bounded.vocabulary.terms) == ["ant", "bee", "zebra"]
    assert bounded.counts.toarray().tolist() == [[1, 1], [1, 1], [3, 0]]
    assert bounded.ledger["dropped"]["beyond max_terms"] == 4


def test_max_terms_beyond_all_changes_nothing() -> None:
    """Asking for more terms than there are keeps them all."""
    found = count("a1 b1", "a1 b1")
    assert same(bound_terms(found, Bounds(1, 1.0, 3)), bound_terms(found, Bounds(1, 1.0, None)))


def test_bounds_leave_what_they_were_given() -> None:
    """The counts that went in can be bounded otherwise afterwards."""
    found = count("one two", "two three", "three one")
    before = (found.counts.copy(), dict(found.ledger), found.vocabulary)
    bound_terms(found, Bounds(max_terms=1, max_pages=1.0))
    assert (found.counts != before[0]).nnz == 0
    assert (dict(found.ledger), found.vocabulary) == before[1:]


def test_when_no_word_is_left_the_message_says_why() -> None:
    """How many words fell to which bound, at which limit, and what to try."""
    with pytest.raises(MatrixError) as caught:
        bound_terms(count("rare1 all", "rare2 all", "rare3 all", "all", "all"), Bounds(max_pages=0.5))
    assert str(caught.value) == (
        "no words are left of 4 distinct ones on 5 pages: 3 are on fewer than 2 pages, 1 on more than 2; "
        "try a lower min_pages or a higher max_pages"
    )


def test_pages_without_a_single_word_leave_no_word() -> None:
    """Blank pages give the same clear error, not an empty matrix."""
    with pytest.raises(MatrixError, match="no words are left of 0 distinct ones on 2 pages"):
        bound_terms(count("", "..."), Bounds())


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(st.lists(TEXT, min_size=1, max_size=6), OPTIONS)
def test_new_pages_are_counted_as_the_corpus_was(texts: list[str], options: WordOptions) -> None:
    """The same pages and the whole vocabulary: the same matrix, and no unknown word."""
    found = count_terms(pages_of(texts), options)
    counts, unknown = count_new_pages(texts, found.vocabulary, Readers(options))
    assert (counts != found.counts).nnz == 0
    assert counts.shape == found.counts.shape
    assert counts.dtype == np.int32
    assert counts.has_canonical_format
    assert not any(unknown)


def test_unknown_words_are_told_in_lower_case() -> None:
    """Words that make a term, but none of the vocabulary, are counted a page; stop words and numbers are not."""
    known = count("cat cat", "dog", options=WordOptions()).vocabulary
    counts, unknown = count_new_pages(
        ["The Cats ran, RAN and 3 ran", "", "Zebra's zebra"], known, Readers(WordOptions())
    )
    assert counts.toarray().tolist() == [[1, 0, 0], [0, 0, 0]]
    assert unknown == [Counter(ran=3), Counter(), Counter({"zebra's": 1, "zebra": 1})]


def test_no_new_pages_and_no_known_words() -> None:
    """Nothing to classify is no error, nor is a page of unknown words only."""
    known = count("cat").vocabulary
    assert count_new_pages([], known, Readers(PLAIN))[0].shape == (1, 0)
    counts, unknown = count_new_pages(["dog"], known, Readers(PLAIN))
    assert counts.toarray().tolist() == [[0]]
    assert unknown == [Counter(dog=1)]


def test_long_new_pages_are_cut_without_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page over several batches has one column with all its words, known and unknown."""
    monkeypatch.setattr(chunks_module, "BATCH", 16)
    counts, unknown = count_new_pages(["cat dog " * 50, "cat"], count("cat").vocabulary, Readers(PLAIN))
    assert counts.toarray().tolist() == [[50, 1]]
    assert unknown == [Counter(dog=50), Counter()]


@pytest.mark.data
@pytest.mark.parametrize("language", ["ar", "de", "el", "en", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh"])
def test_real_text_in_twelve_languages(data_folder: Path, language: str) -> None:
    """Real pages are counted as one token after the other would be, and each token is accounted for."""
    with gzip.open(data_folder / "xquad-12-languages.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = [page["text"] for page in map(json.loads, file) if page["lang"] == language]
    options = WordOptions(language=language, normalize="none", default_stops=False)
    found = count_terms(pages_of(texts), options)
    pages, reasons = slowly(texts, options)
    assert len(texts) == 48
    assert by_page(found.counts, found.vocabulary) == pages
    assert {"kept": found.ledger["kept"], **found.ledger["dropped"]} == reasons
    assert tokens_add_up(found)


def test_stop_words_of_a_corpus() -> None:
    """Words on many pages as by chance go, where that is asked for: not what repeats on few, not what is to stay."""
    subjects = ["cat cat cat cat", "moon moon moon moon", "song song song song", "boat boat boat boat"]
    greetings = ["regards", "thanks", "cheers"]
    texts = [f"{subjects[i % 4]} {greetings[i % 3]} rare{'x' * i}" for i in range(48)]
    bounds = Bounds(min_pages=2, max_pages=0.5)
    terms = {"boat", "cat", "moon", "song"}
    assert set(bound_terms(count(*texts), bounds).vocabulary.terms) == terms | {"cheers", "regards", "thanks"}
    found = bound_terms(count(*texts), replace(bounds, corpus_stops=True))
    assert set(found.vocabulary.terms) == terms
    assert found.ledger["dropped"]["corpus stop"] == 48
    assert tokens_add_up(found)
    kept = count(*texts, options=WordOptions(keep=("thanks",)))
    assert set(bound_terms(kept, replace(bounds, corpus_stops=True)).vocabulary.terms) == terms | {"thanks"}


def test_words_to_keep_may_be_more_than_max_terms() -> None:
    """They come before more frequent terms, and all of them stay."""
    pages, tokens, keep = np.array([3, 3, 3]), np.array([5, 4, 9]), np.array([True, True, False])
    for most, last in ((1, TermStatus.BEYOND_MAX_TERMS), (2, TermStatus.BEYOND_MAX_TERMS), (3, TermStatus.KEPT)):
        bounds = Bounds(min_pages=1, max_pages=1.0, max_terms=most)
        status = select_terms(pages, tokens, 3, bounds, keep)
        assert status.tolist() == [TermStatus.KEPT, TermStatus.KEPT, last]


def test_corpus_stop_words_at_the_limits() -> None:
    """A word on just 5 % of the pages, spread as by chance, is one; on fewer pages, or often repeated, it is none."""
    pages, tokens = np.array([5, 4, 5]), np.array([5, 4, 9])
    assert is_corpus_stop_word(pages, tokens, 100).tolist() == [True, False, False]
