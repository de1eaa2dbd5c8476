"""Languages: which one a page is in, words where none are written apart, one spelling for words that have several."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_topics.corpus.open import open_corpus
from nmf_topics.text import segment as cutting
from nmf_topics.text.language import PASSAGE, PASSAGES, UNKNOWN, language_of, passages
from nmf_topics.text.orthography import spelling_folder
from nmf_topics.text.segment import EXTRAS, has_words_apart, is_apart, segment

# ------------------------------------------------------------------------------------------------ detection

SENTENCES = {
    "en": "Tea is made of the leaves of a plant, and people have been drinking it for a long time.",
    "de": "Tee wird aus den Blättern einer Pflanze gemacht, und man trinkt ihn schon seit langer Zeit.",
    "es": "El té se hace con las hojas de una planta, y la gente lo bebe desde hace mucho tiempo.",
    "fr": "Le thé est fait avec les feuilles d'une plante, et les gens en boivent depuis longtemps.",
    "it": "Il tè si fa con le foglie di una pianta, e la gente lo beve da molto tempo.",
    "pt": "O chá é feito com as folhas de uma planta, e as pessoas bebem-no há muito tempo.",
    "nl": "Thee wordt gemaakt van de bladeren van een plant, en mensen drinken het al heel lang.",
    "sv": "Te görs av bladen från en växt, och människor har druckit det under mycket lång tid.",
    "pl": "Herbatę robi się z liści rośliny, a ludzie piją ją już od bardzo dawna.",
    "ru": "Чай делают из листьев растения, и люди пьют его уже очень давно.",
    "uk": "Чай роблять із листя рослини, і люди п'ють його вже дуже давно.",
    "tr": "Çay bir bitkinin yapraklarından yapılır ve insanlar onu çok uzun zamandır içiyor.",
    "el": "Το τσάι φτιάχνεται από τα φύλλα ενός φυτού και οι άνθρωποι το πίνουν εδώ και πολύ καιρό.",
    "ar": "يصنع الشاي من أوراق نبات، ويشربه الناس منذ زمن طويل جدا.",
    "fa": "چای از برگ‌های گیاهی درست می‌شود و مردم از زمان‌های دور آن را می‌نوشند.",
    "he": "תה עשוי מעלים של צמח, ואנשים שותים אותו כבר זמן רב מאוד.",
    "hi": "चाय एक पौधे की पत्तियों से बनाई जाती है, और लोग इसे बहुत समय से पी रहे हैं।",
    "th": "ชาทำจากใบของพืชชนิดหนึ่ง และผู้คนดื่มมันมาเป็นเวลานานมากแล้ว",
    "zh": "茶是用一种植物的叶子制成的，人们喝茶已经有很长时间了。",
    "ja": "お茶は植物の葉から作られ、人々は昔からそれを飲んできました。",
    "ko": "차는 식물의 잎으로 만들며 사람들은 아주 오래전부터 그것을 마셔 왔다.",
    "vi": "Trà được làm từ lá của một loại cây và mọi người đã uống nó từ rất lâu rồi.",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence_is_enough(language: str) -> None:
    """Large languages are told by one sentence."""
    assert language_of(SENTENCES[language]) == language


@pytest.mark.parametrize("text", ["", "  \n", "12 345 6.7", "OK", "Radio", "x = y + z; // 17", "\ud800", "😀 😀"])
def test_what_no_language_can_be_told_from(text: str) -> None:
    """A text that is too short, or none, is left open."""
    assert language_of(text) == UNKNOWN


def test_the_whole_page_counts() -> None:
    """A beginning in another language, as of a quotation or a header, does not decide."""
    text = "Subject: Re: tea and other things of this kind\n" + f"{SENTENCES['de']} " * 30
    assert language_of(text) == "de"


def test_passages_are_few_and_from_all_over() -> None:
    """However long a page is, as much of it is looked at."""
    text = " ".join(f"word{k}" for k in range(100_000))
    sample = passages(text)
    assert len(sample) <= PASSAGES * (PASSAGE + 1)
    words = sample.split()
    assert words[0] == "word0"
    assert words[-1] == "word99999"
    assert any(word.startswith("word50") for word in words)
    assert set(words) <= set(text.split())
    assert passages("a" * 5000) == f"{'a' * PASSAGE} {'a' * PASSAGE} {'a' * PASSAGE}"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=3000))
def test_any_text_has_a_language_or_none(text: str) -> None:
    """A short code comes out, and always the same."""
    found = language_of(text)
    assert 2 <= len(found) <= 3
    assert language_of(text) == found


@pytest.mark.data
def test_languages_of_real_pages(data_folder: Path) -> None:
    """Of 576 pages in 12 languages all are right; of their first ten words none is wrong, though some are left open."""
    pages = list(open_corpus(data_folder / "xquad-12-languages.jsonl.gz"))
    assert Counter(language_of(page.text) == page.meta["lang"] for page in pages) == {True: 576}
    starts = [(language_of(" ".join(page.text.split()[:10])[:80]), page.meta["lang"]) for page in pages]
    assert all(found in (language, UNKNOWN) for found, language in starts)
    assert sum(found == language for found, language in starts) > 0.75 * len(starts)


# ------------------------------------------------------------------------------------------------ words


@pytest.mark.slow
def test_words_of_chinese_japanese_and_thai() -> None:
    """Each as its library cuts it; Japanese in dictionary forms; what needs no cutting stays."""
    assert segment("人们喝茶已经有很长时间了", "zh") == ["人们", "喝茶", "已经", "有", "很", "长时间", "了"]
    assert segment("機械学習を研究していました", "ja")[:5] == ["機械", "学習", "を", "研究", "する"]
    assert segment("ผู้คนดื่มชา", "th") == ["ผู้คน", "ดื่ม", "ชา"]
    assert segment("tea", "zh") == ["tea"]


def test_scripts_within_a_token() -> None:
    """Letters of other scripts come apart from Chinese ones, and kana make a run Japanese wherever it stands."""
    assert segment("iPhone手机5G", "zh") == ["iPhone", "手机", "5G"]
    assert segment("食べました", "zh")[0] == "食べる"
    assert segment("研究", "ja") == ["研究"]
    assert segment("日本", "en") == ["日本"]


@pytest.mark.parametrize(
    ("language", "package", "token", "words"),
    [
        ("zh", "rjieba", "机器学习", ["机器", "器学", "学习"]),
        ("zh", "rjieba", "茶", ["茶"]),
        ("ja", "sudachipy", "機械学習をインターネットで", ["機械学習", "を", "インターネット", "で"]),
        ("th", "pythainlp.tokenize.newmm", "ผู้คนดื่มชา", ["ผู้คนดื่มชา"]),
    ],
)
def test_without_the_library(
    monkeypatch: pytest.MonkeyPatch, language: str, package: str, token: str, words: list[str]
) -> None:
    """Where the extra is not installed the text is cut all the same, more coarsely, and that can be asked."""
    assert has_words_apart(language)
    monkeypatch.setitem(sys.modules, package, None)
    cutting._cutter.cache_clear()
    try:
        assert not has_words_apart(language)
        assert segment(token, language) == words
    finally:
        cutting._cutter.cache_clear()
    assert has_words_apart("en")


def test_extras_are_declared() -> None:
    """Each extra that a message can name is in the package's description."""
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    for extra in EXTRAS.values():
        assert f"\n{extra.extra} = [" in text


@pytest.mark.slow
def test_nothing_is_written_into_the_home_folder(tmp_path: Path) -> None:
    """The Thai library would make a folder there when it is imported."""
    program = "from nmf_topics.text.segment import segment; print(segment('ผู้คนดื่มชา', 'th'))"
    home = {"HOME": str(tmp_path), "PYTHONIOENCODING": "utf-8"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHAINLP")}
    done = subprocess.run([sys.executable, "-c", program], env=kept | home, capture_output=True, check=True)
    assert done.stdout
    assert list(tmp_path.iterdir()) == []


LETTERS = st.text(st.sampled_from("aé5茶葉学習をイ々ーชาผู้̈𠀀"), max_size=60)


@settings(max_examples=80, deadline=None)
@given(LETTERS, st.sampled_from(["zh", "ja", "th", "en"]))
def test_nothing_is_lost(token: str, language: str) -> None:
    """The words put together are the token, but for Japanese dictionary forms; and they are never empty."""
    words = segment(token, language)
    assert all(words)
    if language != "ja" and not any(letter in token for letter in "をイ"):
        assert "".join(words) == token
    assert is_apart(token) == (not set(token) - set("aé5̈"))


@pytest.mark.parametrize("letter", "茶あアก")
def test_long_runs(letter: str) -> None:
    """A run longer than a library takes at once is given to it in parts."""
    assert "".join(segment(letter * 30_000, "ja" if letter in "あア" else "zh")).count(letter) > 10_000


# ------------------------------------------------------------------------------------------------ spelling


@pytest.mark.parametrize(
    ("language", "spellings", "word"),
    [
        ("ar", ["الإِسْلَام", "الاســــلام", "الإسلام", "ٱلاسلام"], "الاسلام"),
        ("ar", ["قرآن", "قُرْآن", "قران"], "قران"),
        ("ar", ["کتابی", "كتابي"], "كتابي"),
        ("fa", ["كتاب", "کتاب", "کِتاب"], "کتاب"),
        ("fa", ["می\u200cخواهي", "می\u200cخواهی"], "می\u200cخواهی"),
        ("he", ["שָׁלוֹם", "שלום"], "שלום"),
        ("tr", ["IŞIK", "Işık", "ışık"], "ışık"),
        ("tr", ["İSTANBUL", "İstanbul", "istanbul"], "istanbul"),
        ("de", ["TEE", "Tee"], "tee"),
        ("el", ["ΛΟΓΟΣ", "ΛΌΓΟΣ", "λόγος", "Λόγος"], "λογος"),
        ("el", ["προϊόν", "ΠΡΟΪΟΝ"], "προϊον"),
    ],
)
def test_spellings_of_one_word(language: str, spellings: list[str], word: str) -> None:
    """What is one word to readers is one word here."""
    assert {spelling_folder(language)(spelling) for spelling in spellings} == {word}


def test_other_words_stay_apart() -> None:
    """Letters that make another word are not touched."""
    assert spelling_folder("ar")("علي") != spelling_folder("ar")("على")
    assert spelling_folder("ar")("مدرسة") != spelling_folder("ar")("مدرسه")
    assert spelling_folder("tr")("ilk") != spelling_folder("tr")("ılık")
    assert spelling_folder("en")("ISPARTA") == "isparta"
