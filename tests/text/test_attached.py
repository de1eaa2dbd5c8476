"""Words that others are attached to: elided articles, endings after an apostrophe, prefixes, particles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmf_topics.corpus.page import Page
from nmf_topics.terms.count import count_terms
from nmf_topics.text.analyzer import Readers, WordOptions
from nmf_topics.text.apostrophes import is_attached, split_at_apostrophes, splits_at_apostrophes
from nmf_topics.text.attached import without_particles, without_prefixes
from nmf_topics.views.report.page_texts import page_texts

SENTENCES = {
    "fr": (
        "L’art de l'oiseau et d’oiseaux : il s’agit d'aller jusqu'au bout. Aujourd’hui, lorsqu'elle chante à "
        "N’Djamena pour l'ONU, c'est-à-dire d’abord qu'aujourd'hui quelqu’un l'écoute.",
        "art bout chante N'Djamena oiseau oiseaux ONU écoute",
    ),
    "it": (
        "L'arte dell’Italia è un'altra: quest'anno D'Annunzio c'era, all'inizio, d’accordo, l'8 settembre, nell’arte.",
        "arte Italia D'Annunzio inizio settembre",
    ),
    "ca": (
        "L'art de l’aigua: s'ha de veure'l i anar-se’n; la col·lecció i la COL·LECCIÓ de l'Hospitalet, d'acord.",
        "art aigua col·lecció COL·LECCIÓ Hospitalet",
    ),
    "tr": (
        "Türkiye'nin başkenti Ankara’dır; İstanbul'da ve ABD'deki Kur'an Atatürk'ün 1990'larda.",
        "Türkiye başkenti Ankara İstanbul ABD Kur'an Atatürk",
    ),
    "de": ("Der 19-jährige Schüler, ein jähriger Vertrag (Müller et al. 2004).", "Schüler Vertrag Müller"),
    "zh": (
        "為了這些問題，他們於一九九五年開發電腦；经济与經濟學家，發展的頭髮。",
        "問題 開發 電腦 经济 經濟學家 發展 頭髮",
    ),
    "ja": (
        "京都へ行ったって聞いたけど、まだ帰ってきてないらしい。先生に教えていただいた。お茶を食べちゃった。研究者たちって新しい機械だ。",
        "京都 聞く 帰る 先生 教える 茶 食べる 研究 機械",
    ),
    "ar": (
        "والمدينة في المدينة وكان للمدينة فقال لهذا وهم فهو؛ باب ولحم وفي البنك بالجامعات والكتاب",
        "والمدينة المدينة للمدينة باب ولحم البنك بالجامعات والكتاب",
    ),
    "he": (
        'ובמדינה הספר שהוא ולא בירושלים, צה"ל בארה״ב והבית',
        "ובמדינה הספר בירושלים צה״ל בארה״ב והבית",
    ),
    "ko": (
        "학교는 학교에서는 정부와 그는 것은 바로 대통령이 수도 서울에서",
        "학교는 학교에서는 정부와 대통령이 수도 서울에서",
    ),
}


def kept(language: str, text: str) -> list[str]:
    """The words of a text that become terms, as readers see them."""
    readers = Readers(WordOptions(language=language))
    reader = readers.reader(language)
    return [word for word in readers.tokens_of(text, language) if reader.read(word)[0] is not None]


@pytest.mark.slow
@pytest.mark.parametrize("language", SENTENCES)
def test_what_is_left_of_a_sentence(language: str) -> None:
    """Content words stay, without articles and endings; function words are dropped, however they are written."""
    text, words = SENTENCES[language]
    assert set(kept(language, text)) == set(words.split())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", "art l'art l’art d'art l'arts"),
        ("it", "arte l'arte dell’arte all'arte"),
        ("tr", "Türkiye Türkiye'nin TÜRKİYE'DE"),
        ("zh", "经济 經濟"),
        ("zh", "头发 頭髮"),
        ("ca", "col·lecció COL·LECCIÓ co\u0140lecció col·leccions"),
        ("ar", "مدينة المدينة والمدينة بالمدينة للمدينة مدن"),
        ("he", "מדינה המדינה ובמדינה"),
        ("he", 'צה"ל צה״ל'),
        ("ko", "학교 학교는 학교를 학교에서 학교에서는"),
        ("ko", "서울 서울은 서울이 서울로"),
    ],
)
def test_forms_of_one_word_are_one_term(language: str, words: str) -> None:
    """Each form is counted for the same term."""
    pages = [Page(str(number), word, word) for number, word in enumerate(words.split())]
    found = count_terms(pages, WordOptions(language=language))
    assert len(found.vocabulary) == 1, list(found.vocabulary.terms)
    assert int(found.counts.sum()) == len(pages)


def test_readers_see_the_word_without_its_article() -> None:
    """Also where all pages have the article; in traditional characters where the pages have them."""
    french = count_terms([Page("1", "a", "l'art, l'art, l’art")], WordOptions(language="fr"))
    assert french.vocabulary.surfaces == ["art"]
    assert french.ledger == {"tokens": 6, "kept": 3, "dropped": {"stop": 3}}
    chinese = count_terms([Page("1", "a", "經濟、經濟、经济")], WordOptions(language="zh"))
    assert (chinese.vocabulary.terms, chinese.vocabulary.surfaces) == (["经济"], ["經濟"])


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", "aujourd'hui N'Djamena O'Brien rock'n'roll presqu'île"),
        ("it", "D'Annunzio D'Alema po"),
        ("tr", "Kur'an san'at"),
        ("en", "l'art don't Türkiye'nin O'Brien"),
        ("ko", "사이 고도 나라"),
    ],
)
def test_words_that_stay_whole(language: str, words: str) -> None:
    """Letters that only look like an article, an ending or a particle."""
    for word in words.split():
        assert Readers(WordOptions(language=language)).tokens_of(word, language) == [word]
        assert language != "ko" or without_particles(word) == word


@pytest.mark.parametrize(
    ("language", "words"), [("ar", "باب لحم فحم لبن"), ("he", "שלום ברק"), ("ko", "수도 제도 나라")]
)
def test_content_words_that_begin_like_a_stop_word(language: str, words: str) -> None:
    """A letter of the word itself is no prefix: without it, the rest would be a stop word."""
    assert kept(language, words) == words.split()


def test_words_of_the_user_are_split_as_well() -> None:
    """A stop word, or a word to keep, can be given with its article."""
    stopped = Readers(WordOptions(language="fr", stop=("l’art",))).reader("fr")
    assert stopped.read("art") == (None, "stop")
    kept_words = Readers(WordOptions(language="fr", keep=("d'abord", "l'est"))).reader("fr")
    assert kept_words.read("est")[1] == kept_words.read("d'abord")[1] == "kept"
    assert kept_words.read("l'") == (None, "stop")


def test_without_stop_words_articles_are_still_dropped() -> None:
    """An article is no word of its own when it has lost its vowel."""
    reader = Readers(WordOptions(language="fr", default_stops=False)).reader("fr")
    assert reader.read("l'") == (None, "stop")
    assert reader.read("le")[1] == "kept"


def test_numbers_in_other_forms() -> None:
    """Roman numerals (where centuries have them) and Chinese ones are numbers; words of the same letters are not."""
    assert kept("fr", "XIXe siècle, Louis XIV, XX, la vie, Xi, VI") == ["siècle", "Louis", "vie", "Xi", "VI"]
    assert kept("it", "secolo XVIII, vivi") == ["secolo", "vivi"]
    assert kept("zh", "一九九五年三月, 三国, 十八") == ["三国"]
    assert "II" in kept("en", "World War II")
    assert Readers(WordOptions(language="fr", numbers=True)).reader("fr").read("XIX")[1] == "kept"


def test_the_report_finds_words_with_their_article() -> None:
    """The token of the page's text leads to the term, as it is one word to the report."""
    pages = [Page("1", "a", "L’art et d'oiseaux, aujourd'hui")]
    found = page_texts(["1"], pages, WordOptions(language="fr"), length=1000, total=10_000)
    assert dict(found.terms) == {"art": "art", "oiseaux": "oiseau", "L'art": "art", "d'oiseaux": "oiseau"}


TOKENS = st.text(st.sampled_from("aelLdDqu'nstéF1"), min_size=1, max_size=20).filter(
    lambda token: "''" not in token and not is_attached(token)
)


@given(TOKENS, st.sampled_from(["fr", "it", "ca", "tr", "az"]))
def test_nothing_is_lost_at_apostrophes(token: str, language: str) -> None:
    """The parts joined are the token, and one part at least is a word."""
    parts = split_at_apostrophes(token, language)
    assert "".join(parts) == token
    assert sum(not is_attached(part) for part in parts) == 1
    assert splits_at_apostrophes(language)


@given(st.text(st.sampled_from("وفبلكامدين"), max_size=12))
def test_prefixes_leave_a_word(word: str) -> None:
    """What is left is never shorter than two letters."""
    assert all(len(rest) >= 2 for rest in without_prefixes(word, "ar"))


@given(st.text(st.sampled_from("학교는은이가를에서로으도a"), max_size=10))
def test_particles_are_removed_once_and_for_all(word: str) -> None:
    """A word without particles has none to remove."""
    assert without_particles(without_particles(word)) == without_particles(word)


def test_long_runs_of_particles() -> None:
    """A token of thousands of syllables is read as well."""
    assert without_particles("학교" + 5000 * "도") == "학교"
