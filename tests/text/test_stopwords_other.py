"""Stop lists of other languages: function words are in, words of content out."""

from __future__ import annotations

import pytest
import stopwordsiso

from nmf_topics.errors import NmfTopicsError
from nmf_topics.text.stopwords import stop_words
from nmf_topics.text.stopwords_other import EXTRA_STOPWORDS, NOT_STOPWORDS, other_stop_words

OTHERS = sorted(set(stopwordsiso.langs()) - {"en"})


@pytest.mark.parametrize("language", OTHERS)
def test_every_list_is_of_words(language: str) -> None:
    """Each language of the package has a list, in lower case, of single words."""
    words = stop_words(language)
    assert len(words) > 20
    assert all(word == word.lower() and word.split() == [word] for word in words)


@pytest.mark.parametrize(
    ("language", "light", "content"),
    [
        (
            "ru",
            "и в не что является также который поэтому несмотря",
            "человек женщина война город москва советский жизнь дом россия",
        ),
        ("es", "el la que de años también sido cuyo especialmente the", "estado trabajo país verdad valor"),
        ("de", "der die und nicht werden obwohl jahre befindet the", "mensch gott mann recht ordnung"),
        ("fr", "le la est dans année", "valeur parole pièce"),
        ("it", "il che della viene", "città uomo vita mondo paese"),
        ("pt", "o que não cerca", "povo obra sistema trabalho noite"),
        ("ro", "și într însă este erau aceeași numeroase", "noroc frumos general lege"),
        ("el", "και δεν είναι έχει γίνεται περιλαμβάνει", "πόλη νόμος"),
        ("tr", "ve bir aynı arasında hakkında hemen", "kaynak şehir alan"),
        ("ar", "من في والتي يتم بينما غالبا", "قوة زيارة القانون"),
        ("hi", "है के और रूप गए चाहिए अनुसार", "घर कानून"),
        ("zh", "的 是 包括 没有 用于 第一个", "国家 政府 经济"),
        ("ja", "の は する れる ある", "国 研究"),
        ("th", "และ ที่ ผู้ ได้รับ ใดๆ โดยที่", "ประเทศ เมือง"),
        ("vi", "và của những từ", "nhà quốc"),
    ],
)
def test_what_is_in_and_what_is_out(language: str, light: str, content: str) -> None:
    """Words that stand on every page of a language, and words that pages are about."""
    words = stop_words(language)
    assert set(light.split()) <= words
    assert not set(content.split()) & words


def test_corrections_correct_something() -> None:
    """A word is taken out only where it is in, and put in only where it is not: no correction outlives its reason."""
    for language, content in NOT_STOPWORDS.items():
        assert set(content.split()) <= set(stopwordsiso.stopwords(language)), language
    for language, light in EXTRA_STOPWORDS.items():
        assert not set(light.split()) & set(stopwordsiso.stopwords(language)), language


def test_a_language_without_a_list() -> None:
    """The error says what there is."""
    with pytest.raises(NmfTopicsError, match=r"no stop list for the language 'tlh'.*, zh, zu"):
        other_stop_words("tlh")
