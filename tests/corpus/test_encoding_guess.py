"""Guessing encodings: cp1252 unless another is clearly better, short samples, files judged together."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_topics.corpus.readers.charsets import decode
from nmf_topics.corpus.readers.encoding_guess import EncodingChooser, guess_encoding, misplaced_share, sample_of

POLISH = "Książka leży na stole. Jeżeli pójdziesz wcześnie, będziesz pierwszy; później są już tłumy, więc śpiesz się."
CZECH = "Příliš mnoho lidí čekalo, že vlak přijede včas. Někteří už byli unavení a chtěli jít domů pěšky."
HUNGARIAN = "Az őszi erdőben nagyon csendes volt minden, és csak a szél fújt. Később eső jött, így hűvös és sötét lett."
TURKISH = "Şehirde yağmur yağıyordu ve çocuklar okula gidemedi. Öğretmen için bu güzel bir gün değildi, ama bazı işler."
GERMAN = "Über die Straße führt eine schöne Brücke; dafür mußte man früher große Umwege in Kauf nehmen."
FRENCH = "L’été dernier, à la plage, nous étions déjà très fatigués après la journée; même le café n’a rien changé."
RUSSIAN = "Это короткий текст на русском языке, написанный для проверки."


@pytest.mark.parametrize(
    "text",
    [
        "It cost £5, then £20 and £3.50",  # once read as Shift-JIS
        "Überschrift;Text;£",
        "“Quotes” and ‘single ones’ – with dashes… ",  # once read as mac_roman
        "café",
        "25° in Köln, 20 € each",
        GERMAN,
        FRENCH,
        "Päivää! Säätö äänesi yöllä öljyä",
        "Ça va? Où êtes-vous allés après l’été?",
    ],
)
def test_western_text_is_cp1252(text: str) -> None:
    """Short Western texts are cp1252, whichever non-ASCII character they contain."""
    guess = guess_encoding(text.encode("cp1252"))
    assert guess is not None
    assert guess.encoding == "cp1252"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (POLISH, "cp1250"),
        (CZECH, "cp1250"),
        (HUNGARIAN, "cp1250"),
        (TURKISH, "cp1254"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8_r"),
        ("これは日本語の短い文章です。漢字も含まれています。", "cp932"),
        ("这是一个简短的中文文本,用于测试编码检测。", "gb18030"),
        (GERMAN, "mac_roman"),
        (GERMAN, "cp850"),
    ],
)
def test_what_is_clearly_another_encoding(text: str, encoding: str) -> None:
    """Other languages and scripts are recognized from one or two sentences."""
    guess = guess_encoding(text.encode(encoding))
    assert guess is not None
    assert guess.encoding == encoding
    assert guess.certain


def test_misplaced_characters() -> None:
    """Western text has letters beyond ASCII within words of ASCII letters; other scripts read as cp1252 do not."""
    assert misplaced_share("Käse für £5, “naïve” – ¿qué?") == 0
    assert misplaced_share(RUSSIAN.encode("cp1251").decode("cp1252")) > 0.9
    assert misplaced_share(GERMAN.encode("mac_roman").decode("cp1252", "replace")) > 0.5
    assert misplaced_share("") == misplaced_share("plain") == 0


def test_short_files_are_read_as_all_files_together_suggest() -> None:
    """One Polish word is not enough for a guess, fifty are; a file with a certain guess keeps it."""
    words = [word.encode("cp1250") for word in POLISH.split() if not word.isascii()]
    accepts = lambda encoding: True  # noqa: E731
    assert EncodingChooser().choose(words[0], accepts) == "cp1252"
    asked = []

    def samples() -> list[bytes]:
        asked.append(1)
        return words

    together = EncodingChooser(samples=samples)
    assert {together.choose(word, accepts) for word in words} == {"cp1250"}
    assert together.choose(RUSSIAN.encode("cp1251"), accepts) == "cp1251"
    assert len(asked) == 1


def test_other_scripts_do_not_decide_for_short_western_files() -> None:
    """A short German file among many Russian ones is read as German."""
    together = EncodingChooser(samples=lambda: [RUSSIAN.encode("cp1251")] * 20 + [b"Gr\xfc\xdfe"])
    assert together.choose(b"Gr\xfc\xdfe", lambda encoding: True) == "cp1252"


def test_a_named_encoding_is_used() -> None:
    """A given encoding is used without a guess; an invalid text is an error; a byte order mark takes precedence."""
    named = EncodingChooser("cp1250")
    assert decode("Gr\u00fc\u00dfe \u0142".encode("cp1250"), "x", pytest.fail, named) == "Gr\u00fc\u00dfe \u0142"
    assert decode("\u0142".encode("utf-16"), "x", pytest.fail, named) == "\u0142"
    with pytest.raises(Exception, match="x: not valid cp1250, the encoding that was given"):
        decode(b"one\ntwo \x81", "x", pytest.fail, named)


@pytest.mark.parametrize("data", [b"x" * 3_000_000 + b"\xfc", b"\xfc" * 500_000, (b"word \xe4 " * 200_000)])
def test_samples_are_small(data: bytes) -> None:
    """Only the parts of a long line around non-ASCII bytes are examined."""
    assert 0 < len(sample_of(data)) < 20_000


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    """Any bytes get an encoding that can decode them, or none."""
    guess = guess_encoding(data)
    if guess is not None:
        data.decode(guess.encoding)
