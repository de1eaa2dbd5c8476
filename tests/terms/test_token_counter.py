"""Tokens of whole batches: the fast way of counting them, and of keeping their order, is the slow way."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strategies import TEXT

from nmf_topics.terms import token_counter as module
from nmf_topics.terms.token_counter import BREAK, PAGE_END, BatchCounts, Growing, TokenCounter
from nmf_topics.text.analyzer import WordOptions
from nmf_topics.text.tokenize import _pattern, tokens

# What may stand between two words, and what may not.
SIGNS = st.lists(st.sampled_from([*" \n-_'.,ab", "--", " - ", "\u2014", "\u2019", "\u00ad", "x\u0301", "\u0338"])).map(
    "".join
)


# What may stand between two words, and what may not.
SIGNS = st.lists(st.sampled_from([*" \n-_'.,ab", "--", " - ", "\u2014", "\u2019", "\u00ad", "x\u0301", "\u0338"])).map(
    "".join
)


def counter(*, sequences: bool = False) -> TokenCounter:
    """A counter that has met no text."""
    return TokenCounter(WordOptions(), sequences=sequences)


def slowly(texts: list[str]) -> list[Counter[str]]:
    """The tokens of each text, counted one by one."""
    return [Counter(tokens(text)) for text in texts]


def added_up(found: BatchCounts, n_pages: int) -> list[Counter[str]]:
    """The tokens of each page."""
    names = [token for _, fresh in found.fresh for token in fresh]
    pages: list[Counter[str]] = [Counter() for _ in range(n_pages)]
    for page, token, count in zip(found.page.tolist(), found.token.tolist(), found.count.tolist(), strict=True):
        pages[page][names[token]] += count
    return pages


def in_order(text: str) -> list[str]:
    """The tokens of a text in order, with "|" where what stands between two of them parts phrases."""
    text = unicodedata.normalize("NFC", text.replace("\u00ad", "")).replace("\u2019", "'")
    found = []
    end = 0
    for match in _pattern().finditer(text):
        between = text[end : match.start()]
        if re.search(r"[^ \n\r_'-]|\n\n|--| - ", between):
            found.append("|")
        found.append(match[0])
        end = match.end()
    return found


def sequences_of(found: BatchCounts) -> list[list[str]]:
    """The same from the fast way; breaks at the ends of a page mean nothing."""
    names = [token for _, fresh in found.fresh for token in fresh]
    pages: list[list[str]] = [[]]
    assert found.sequence is not None
    for number in found.sequence.tolist():
        if number == PAGE_END:
            pages.append([])
        else:
            pages[-1].append("|" if number == BREAK else names[number])
    assert pages.pop() == []
    return [" ".join(page).strip("| ").split() for page in pages]


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.one_of(TEXT, SIGNS),
        max_size=5,
    )
)
def test_the_fast_order_is_the_slow_order(texts: list[str]) -> None:
    """Whatever the text: the same tokens in the same order, with breaks in the same places."""
    found = counter(sequences=True).count(texts)
    slow = [" ".join(in_order(text)).strip("| ").split() for text in texts]
    assert sequences_of(found) == slow
    assert added_up(found, len(texts)) == slowly(texts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("New York, New Jersey", "New York | New Jersey"),
        ("well-known state-of-the-art", "well known state of the art"),
        ("one -- two - three \u2014 four", "one | two | three | four"),
        ("the end\nof a line\n\nand a paragraph", "the end of a line | and a paragraph"),
        ("\u201cPrime Minister\u201d said", "Prime Minister | said"),
        ("the \u2018old\u2019 word's", "the | old word's"),
        ("(in) a [b] c/d e@f", "in | a | b | c | d e | f"),
        ("caf\u00e9 olé cafe\u0301 latte", "café olé café latte"),
    ],
)
def test_what_parts_words(text: str, expected: str) -> None:
    """Phrases do not go over punctuation or a blank line, but over a hyphen and the end of a line."""
    assert " ".join(sequences_of(counter(sequences=True).count([text]))[0]) == expected


def test_numbers_are_sent_once() -> None:
    """A token comes with the batch that first has it; later batches only have its number."""
    one = counter()
    first, second = one.count(["a b café", "b"]), one.count(["b c café caf\u0065\u0301"])
    assert first.fresh == [("en", ["a", "b", "café"])]
    assert second.fresh == [("en", ["c"])]
    assert sorted(second.token.tolist()) == [1, 2, 2, 3]
    assert first.origin == second.origin != counter(sequences=True)._generation


def test_a_counter_that_knows_too_much_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its numbers then have another origin, and all tokens are sent again."""
    monkeypatch.setattr(module, "MOST_TOKENS", 2)
    one = counter()
    first, second = one.count(["a b c"]), one.count(["a"])
    assert second.fresh == [("en", ["a"])]
    assert first.origin != second.origin


def test_each_language_has_chunks_of_its_own() -> None:
    """The same letters in two languages are two tokens, each read by its own reader; pages keep their order."""
    one = counter(sequences=True)
    one._readers.language_of = lambda text: "de" if "ist" in text else "en"
    found = one.count(["die rock", "das ist die", "rock"])
    assert found.languages == ["en", "de", "en"]
    assert found.fresh == [("en", ["die", "rock"]), ("de", ["das", "die", "ist"])] or found.fresh[0][0] == "en"
    assert sequences_of(found) == [["die", "rock"], ["das", "ist", "die"], ["rock"]]
    assert added_up(found, 3) == slowly(["die rock", "das ist die", "rock"])


def test_growing_arrays() -> None:
    """Values stay what they were however often it has grown."""
    growing = Growing()
    for i in range(3000):
        growing.extend([i])
    growing.extend(np.arange(5000))
    assert growing.array.tolist() == [*range(3000), *range(5000)]


@pytest.mark.slow
@settings(deadline=None, max_examples=500)
@given(st.lists(TEXT, max_size=6), st.sampled_from([1, 2, 5, 17, 1_000_000]))
@example(["a=\u0338b"], 1_000_000)
@example(["<\u0338x", ">\u0327\u0338y"], 1)
@example(["❤\ufe0f x"], 1_000_000)
@example(["", "", "a", ""], 1)
@example(["word " * 10, "word\n" * 10], 7)
@example(["endless" * 30, "x"], 5)
@example(["a\ufffdb \ufffd \udcff"], 3)
def test_the_fast_way_is_the_slow_way(texts: list[str], batch: int) -> None:
    """Whatever the text and wherever pages are cut, chunks give just the counts of tokens."""
    before, module.BATCH = module.BATCH, batch
    try:
        found = counter().count(texts)
    finally:
        module.BATCH = before
    assert added_up(found, len(texts)) == slowly(texts)


@pytest.mark.parametrize("batch", [1, 3, 10, 64, 1000])
def test_long_pages_are_cut_between_words(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    """Pages much longer than a batch, in spaces, lines, tabs and one endless word, lose and gain no word."""
    texts = [
        "the quick brown fox jumps over the lazy dog " * 40,
        "line\n" * 100,
        "tab\tand\ttab\t" * 50,
        "Endlos" * 200,
        "",
        "é" * 50 + " " + "naïve café's " * 60,
        "short",
    ]
    expected = slowly(texts)
    monkeypatch.setattr(module, "BATCH", batch)
    assert added_up(counter().count(texts), len(texts)) == expected


def test_a_cut_page_has_pieces_no_longer_than_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is handled at once stays within two batches, so memory does not grow with the page."""
    monkeypatch.setattr(module, "BATCH", 100)
    sizes = [sum(map(len, batch)) for batch, _ in module._batches(["tiny", "word " * 1000, "x" * 99, "y"])]
    assert max(sizes) <= 200
    assert sum(sizes) == 4 + 5000 + 99 + 1


def test_no_pages_have_no_chunks() -> None:
    """An empty corpus gives empty arrays, not an error."""
    found = counter().count([])
    assert len(found.page) == len(found.token) == len(found.count) == 0


def test_pages_without_words_keep_their_place() -> None:
    """Empty pages count as pages: the words after them belong to the right one."""
    assert added_up(counter().count(["", "...", "a a", "", "b"]), 5) == slowly(["", "...", "a a", "", "b"])


def test_texts_are_read_once_and_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch is counted before the next text is asked for: a stream never piles up."""
    monkeypatch.setattr(module, "BATCH", 10)
    asked: list[int] = []

    def stream() -> object:
        for i in range(5):
            asked.append(i)
            yield "ten letters" * 2

    batches = module._batches(stream())  # type: ignore[arg-type]
    next(batches)
    assert asked == [0]
    list(batches)
    assert asked == [0, 1, 2, 3, 4]


BIG = """
import resource, sys, time
from types import SimpleNamespace
from nmf_topics.terms.count import count_terms
from nmf_topics.text.analyzer import WordOptions

def count(text):
    return count_terms([SimpleNamespace(id="1", title="", text=text, meta={})], WordOptions()).ledger

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

count("warm up, don't, café")
text = sys.argv[1] * (50_000_000 // len(sys.argv[1]))
before, start = peak(), time.process_time()
ledger = count(text)
print(ledger["tokens"], peak() - before, time.process_time() - start)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kilobytes on Linux only")
@pytest.mark.parametrize(
    ("piece", "n_tokens", "megabytes"),
    [
        ("The quick brown fox jumps over the lazy dogs now ", 10 * (50_000_000 // 49), 60),  # by batches
        ("endless", 1, 600),  # may not be cut: the bytes, the chunk and the term, each more than once
    ],
)
def test_a_page_of_50_megabytes(piece: str, n_tokens: int, megabytes: int) -> None:
    """A page of 50 million characters, even one endless word, takes bounded memory beyond its own and bounded time."""
    done = subprocess.run([sys.executable, "-c", BIG, piece], capture_output=True, text=True, check=True)
    found, grown, seconds = done.stdout.split()
    assert int(found) == n_tokens
    assert float(grown) < megabytes
    assert float(seconds) < 30
