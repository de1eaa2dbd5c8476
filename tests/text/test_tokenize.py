"""What a token is."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from strategies import TEXT

from nmf_topics.text.tokenize import tokens


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


def test_a_word_of_many_apostrophes() -> None:
    """A million words joined by apostrophes are one token, found without running out of memory."""
    word = "a'" * 1_000_000 + "a"
    assert tokens(word) == [word]
