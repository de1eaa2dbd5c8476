"""What a token is, and that the fast way of counting tokens is the slow way."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nmf_topics.words import tokens as module
from nmf_topics.words.tokens import ChunkCounts, count_chunks, tokens, tokens_of_chunk

# Pieces that meet at the joints of the two ways: ASCII and not, marks, apostrophes, what composes with ASCII signs.
PIECES = [
    *"aZ9 \n\t.,-_'<=>`\"",
    "\u2019", "\u0301", "\u0338", "\u0327", "\u00ad", "\u200c", "\u200d", "\ufe0f", "\u20e3", "\u00a0", "\u3000",
    "é", "e\u0301", "ß", "İ", "ﬁ", "Å", "\u212b", "\u037e", "\u1fef", "Ω", "क", "ि", "्", "ع", "َ", "字", "한", "\u1112",
    "\u1161", "👍", "👍🏽", "❤\ufe0f", "½", "²", "Ⅷ", "٣", "\x00", "\x85", "\ud800", "\udc80", "\ufffd", "\U0010ffff",
]  # fmt: skip
TEXT = st.one_of(st.text(st.characters(exclude_categories=())), st.lists(st.sampled_from(PIECES)).map("".join))


def slowly(texts: list[str]) -> list[Counter[str]]:
    """The tokens of each text, counted one by one."""
    return [Counter(tokens(text)) for text in texts]


def added_up(found: ChunkCounts, n_pages: int) -> list[Counter[str]]:
    """The tokens of each page, from the counts of chunks."""
    pages: list[Counter[str]] = [Counter() for _ in range(n_pages)]
    for page, chunk, count in zip(found.page.tolist(), found.chunk.tolist(), found.count.tolist(), strict=True):
        for token in tokens_of_chunk(found.chunks[chunk]):
            pages[page][token] += count
    return pages


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  \n\t ", []),
        ("don't", ["don't"]),
        ("don\u2019t", ["don't"]),
        ("O'Brien's", ["O'Brien's"]),
        ("rock'n'roll", ["rock'n'roll"]),
        ("'quoted' \u2018words\u2019 players' ''", ["quoted", "words", "players"]),
        ("a''b a'\u2019b", ["a", "b", "a", "b"]),
        ("café", ["café"]),
        ("cafe\u0301", ["café"]),
        ("nai\u0308vete\u0301", ["naïveté"]),
        ("e\u0327\u0301 e\u0301\u0327", ["ȩ\u0301", "ȩ\u0301"]),
        ("x\u0301y", ["x\u0301y"]),
        ("well-known well\u2010known well\u2011known well\u2014known", ["well", "known"] * 4),
        ("snake_case _x_ __init__", ["snake", "case", "x", "init"]),
        ("R&B AT&T C++ 3.14 1,000", ["R", "B", "AT", "T", "C", "3", "14", "1", "000"]),
        ("covid19 3D 2nd B52", ["covid19", "3D", "2nd", "B52"]),
        ("user@example.org http://x.y/z?q=1#f", ["user", "example", "org", "http", "x", "y", "z", "q", "1", "f"]),
        ("हिन्दी में लिखना", ["हिन्दी", "में", "लिखना"]),
        ("क्\u200dष", ["क्\u200dष"]),
        ("مَرْحَبًا بِالعَالَمِ", ["مَرْحَبًا", "بِالعَالَمِ"]),
        ("می\u200cخواهم \u200cب\u200c", ["می\u200cخواهم", "ب"]),
        ("ภาษาไทย", ["ภาษาไทย"]),
        ("日本語です。はい", ["日本語です", "はい"]),
        ("한국어 \u1112\u1161\u11ab", ["한국어", "한"]),
        ("co\u00adoperate", ["cooperate"]),
        ("👍 👍🏽 ❤\ufe0f 👩\u200d🔬", []),
        ("love❤\ufe0fyou", ["love", "you"]),
        ("1\ufe0f\u20e3", ["1\ufe0f\u20e3"]),
        ("\u0301 a \u0301b", ["a", "b"]),
        ("a=\u0338b", ["a", "b"]),
        ("½ x² Ⅷ ٣", ["½", "x²", "Ⅷ", "٣"]),
        ("a\ud800b\x00c\ufffdd", ["a", "b", "c", "d"]),
        ("STRASSE Straße ﬁn", ["STRASSE", "Straße", "ﬁn"]),
        ("\ufeffword a\u00a0b c\u3000d e\u200bf", ["word", "a", "b", "c", "d", "e", "f"]),
    ],
)
def test_what_a_token_is(text: str, expected: list[str]) -> None:
    """Letters, marks and digits stay together, apostrophes inside too; everything else parts words."""
    assert tokens(text) == expected


@settings(deadline=None, max_examples=300)
@given(TEXT)
def test_a_token_is_plain(text: str) -> None:
    """Every token is in the composed form, begins with a letter or digit, ends with no apostrophe, and is one token."""
    for token in tokens(text):
        assert token == unicodedata.normalize("NFC", token)
        assert unicodedata.category(token[0])[0] not in "MPSZ"
        assert token[-1] != "'"
        assert not set(token) & set("\u2019\u00ad -_.")
        assert tokens(token) == [token]


@settings(deadline=None, max_examples=200)
@given(TEXT)
def test_composed_and_decomposed_text_are_the_same_text(text: str) -> None:
    """NFC, NFD and the text as it was have the same tokens."""
    assert tokens(unicodedata.normalize("NFD", text)) == tokens(unicodedata.normalize("NFC", text)) == tokens(text)


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
        found = count_chunks(iter(texts))
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
    assert added_up(count_chunks(texts), len(texts)) == expected


def test_a_cut_page_has_pieces_no_longer_than_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is handled at once stays within two batches, so memory does not grow with the page."""
    monkeypatch.setattr(module, "BATCH", 100)
    sizes = [sum(map(len, batch)) for batch, _ in module._batches(["tiny", "word " * 1000, "x" * 99, "y"])]
    assert max(sizes) <= 200
    assert sum(sizes) == 4 + 5000 + 99 + 1


def test_no_pages_have_no_chunks() -> None:
    """An empty corpus gives empty arrays, not an error."""
    found = count_chunks([])
    assert len(found.page) == len(found.chunk) == len(found.count) == 0


def test_pages_without_words_keep_their_place() -> None:
    """Empty pages count as pages: the words after them belong to the right one."""
    assert added_up(count_chunks(["", "...", "a a", "", "b"]), 5) == slowly(["", "...", "a a", "", "b"])


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
from nmf_topics.words.counts import WordOptions, count_terms

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


def test_a_word_of_many_apostrophes() -> None:
    """A million words joined by apostrophes are one token, found without running out of memory."""
    word = "a'" * 1_000_000 + "a"
    assert tokens(word) == [word]
