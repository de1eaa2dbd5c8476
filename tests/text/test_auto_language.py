"""Pages in several languages: each is read in its own, in a corpus as in new pages, whatever way counts take."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from inputs import write_jsonl
from program import Refused, Run

from nmf_topics.corpus.page import Page
from nmf_topics.errors import MissingExtra
from nmf_topics.model.classify import classify_pages
from nmf_topics.model.files import load_model
from nmf_topics.terms import parallel
from nmf_topics.terms.count import count_terms
from nmf_topics.terms.counts_builder import TermCounts
from nmf_topics.text import language as detection
from nmf_topics.text import segment as cutting
from nmf_topics.text.analyzer import Readers, WordOptions
from nmf_topics.text.language import AUTO
from nmf_topics.text.language_notes import problem_of_language, remarks
from nmf_topics.text.normalize import Normalization, available

ENGLISH = [
    "The people of the village were drinking the tea that they had made from the leaves of a plant.",
    "In the garden of the house there are plants with leaves, and the children have been playing with them.",
    "A cup of tea with milk is what the children in the village had been drinking from the first day on.",
]
GERMAN = [
    "Die Leute im Dorf tranken den Tee, den sie aus den Blättern einer Pflanze gemacht hatten, und sie waren froh.",
    "Im Garten des Hauses stehen Pflanzen mit Blättern, und die Kinder haben dort den ganzen Tag gespielt.",
    "Eine Tasse Tee mit Milch ist das, was die Kinder im Dorf vom ersten Tag an getrunken haben.",
]
CHINESE = [
    "茶是用一种植物的叶子制成的，村里的人们喝茶已经有很长时间了，孩子们也喜欢喝茶。",
    "房子的花园里有很多植物，孩子们每天都在花园里玩，他们喜欢植物的叶子。",
    "村里的孩子们喜欢喝加牛奶的茶，他们从第一天起就一直在喝这种茶。",
]


def pages(*texts: str) -> list[Page]:
    """Pages of some texts."""
    return [Page(f"{i:02d}", f"Page {i}", text) for i, text in enumerate(texts)]


def count(*texts: str, processes: int = 1, **options: object) -> TermCounts:
    """Counts of some texts in languages that are to be found out."""
    return count_terms(pages(*texts), WordOptions(**{"language": AUTO, **options}), processes=processes)  # type: ignore[arg-type]


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A corpus in three languages."""
    texts = [*ENGLISH, *GERMAN, *CHINESE]
    rows = [{"id": f"{i:02d}", "title": f"Page {i}", "text": text} for i, text in enumerate(texts)]
    return write_jsonl(tmp_path / "mixed.jsonl", rows)


@pytest.mark.slow
def test_each_page_is_read_in_its_own_language() -> None:
    """Stop words, forms and words are those of the page's language."""
    found = count(*ENGLISH, *GERMAN, *CHINESE)
    assert found.options.languages == ("de", "en", "zh")
    assert found.languages == {"de": 3, "en": 3, "zh": 3}
    terms = set(found.vocabulary.terms)
    assert {"drink", "child", "trinken", "kind", "孩子", "植物"} <= terms
    assert not {"the", "of", "children", "die", "und", "kinder", "的", "他们"} & terms


def test_a_page_in_no_language_of_the_corpus_is_read_in_the_first() -> None:
    """A page on its own is too few for a language, and one that nothing can be told of has none."""
    found = count(*GERMAN, ENGLISH[0], "Teeblätter", "")
    assert found.options.languages == ("de",)
    assert found.languages == {"de": 6}
    assert "were" in found.vocabulary.terms


def test_nothing_can_be_told() -> None:
    """A corpus in which no page has a language is read as English."""
    assert count("xyzzy", "", "12").options.languages == ("en",)
    assert count().options.languages == ("en",)


def test_processes_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in other processes, pages have the same languages and terms."""
    texts = [text for _ in range(40) for text in (*ENGLISH, *CHINESE, *GERMAN)]
    alone = count(*texts)
    monkeypatch.setattr(parallel, "ALONE", 100)
    beside = count(*texts, processes=2)
    assert beside.languages == alone.languages
    assert list(beside.vocabulary.terms) == list(alone.vocabulary.terms)
    assert (beside.counts != alone.counts).nnz == 0


@pytest.mark.parametrize("engine", ["memory", "disk"])
def test_new_pages_are_read_in_the_same_way(ok: Run, mixed: Path, engine: str) -> None:
    """What a model knows of its languages stays with it: a page of the fit gets its own weights back."""
    fit = ("fit", mixed, "-r", 3, "--language", "auto", "--min-pages", 1, "--max-pages", 1.0, "--engine", engine)
    for _ in range(2):  # read, then recalled
        ok(*fit, "--force")
        model = load_model(Path("models/mixed-r3"))
        assert list(model.recipe["words"]["languages"]) == ["de", "en", "zh"]
        texts = [*ENGLISH, *GERMAN, *CHINESE]
        found = classify_pages(model, [(str(i), str(i), text) for i, text in enumerate(texts)])
        np.testing.assert_allclose(np.array([page.h for page in found]).T, model.H, rtol=1e-6, atol=1e-9)
        assert len({page.topics.topic for page in found}) == 3  # one a language
    report = Path("models/mixed-r3/report.html").read_text(encoding="utf-8")
    assert "--language auto" in report
    assert "--languages" not in report


def test_all_that_reads_text_again(ok: Run, mixed: Path) -> None:
    """Measures of coherence, phrases, pieces and cleaning take pages in several languages as well."""
    fit = ("fit", mixed, "-r", 2, "--language", "auto", "--min-pages", 1, "--max-pages", 1.0, "-o", "models/m")
    ok(*fit, "--phrases", "--chunk", 10, "--boilerplate")
    document = json.loads(ok("evaluate", "models/m", "--json").stdout)
    assert document["overall"]["c_npmi"] > -1
    assert json.loads(Path("models/m/run.json").read_text())["options"]["words"]["language"] == "auto"


def test_what_is_said_of_languages(ok: Run, mixed: Path) -> None:
    """Which languages there are is said, and what one of them lacks."""
    said = ok("fit", mixed, "-r", 3, "--language", "auto", "--min-pages", 1, "--max-pages", 1.0).stderr
    assert "pages by language: German (de) 3, English (en) 3, Chinese (zh) 3" in said
    assert "topics will separate languages first" in said
    assert "Chinese (zh) has no dictionary forms here: words as they stand are terms" in said
    quiet = ok("fit", mixed, "-r", 3, "--language", "de", "--min-pages", 1, "--max-pages", 1.0, "--force").stderr
    assert "pages by language" not in quiet


def test_pages_that_hardly_are_english(ok: Run, refused: Refused, tmp_path: Path) -> None:
    """Text of another language, read as English because nobody said otherwise, is noticed."""
    rows = [{"id": str(i), "title": str(i), "text": f"{text} {text}"} for i, text in enumerate(GERMAN * 3)]
    corpus = write_jsonl(tmp_path / "german.jsonl", rows)
    wide = ("--min-pages", 1, "--max-pages", 1.0, "-r", 2)
    assert "common English ones" in ok("fit", corpus, *wide).stderr
    assert "common English ones" not in ok("fit", corpus, *wide, "--language", "de", "--force").stderr
    assert "common English ones" not in ok("fit", corpus, *wide, "--no-default-stops", "--force").stderr


def test_the_language_of_a_fetched_wiki(ok: Run, tmp_path: Path) -> None:
    """A corpus folder that says in which language it is, is read so, unless told otherwise."""
    folder = tmp_path / "corpora" / "dorf"
    folder.mkdir(parents=True)
    write_jsonl(folder / "pages.jsonl", [{"id": str(i), "title": str(i), "text": t} for i, t in enumerate(GERMAN)])
    (folder / "manifest.json").write_text(json.dumps({"language": "de"}), encoding="utf-8")
    wide = ("-r", 2, "--min-pages", 1, "--max-pages", 1.0)

    def language() -> str:
        return load_model(Path("models/dorf-r2")).recipe["words"]["language"]

    ok("fit", *wide)
    assert language() == "de"
    ok("fit", folder, *wide, "--language", "fr", "--force")
    assert language() == "fr"
    for manifest in ("", "[]", '{"language": 3}', '{"language": "../x"}', "[" * 100_000):
        (folder / "manifest.json").write_text(manifest, encoding="utf-8")
        ok("fit", folder, *wide, "--force")
        assert language() == "en"


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("spanish", "did you mean es?"),
        ("Germn", "did you mean de?"),
        ("klingon", "no language that is known"),
        ("", ""),
    ],
)
def test_languages_that_are_none(refused: Refused, ok: Run, tiny_corpus: Path, code: str, hint: str) -> None:
    """What is no language is a matter of usage, and what may have been meant is said."""
    if not code:
        assert ok("fit", tiny_corpus, "-r", 2, "--language", code, "--max-pages", 1.0)
        return
    assert hint in refused(2, "fit", tiny_corpus, "--language", code)


@pytest.mark.parametrize(("given", "kept"), [("pt-BR", "pt"), ("ZH_Hans", "zh"), ("de", "de"), ("nb-NO", "no")])
def test_regions_and_scripts(ok: Run, tiny_corpus: Path, given: str, kept: str) -> None:
    """A language with a region is that language."""
    ok("fit", tiny_corpus, "-r", 2, "--language", given, "--min-pages", 1, "--max-pages", 1.0)
    assert load_model(Path("models/tiny-r2")).recipe["words"]["language"] == kept


def test_a_language_without_a_stop_list(ok: Run, refused: Refused, tiny_corpus: Path) -> None:
    """It can be taken without one, and is read as it stands."""
    assert "no stop list for Icelandic (is)" in refused(2, "fit", tiny_corpus, "--language", "is")
    wide = ("-r", 2, "--min-pages", 1, "--max-pages", 1.0)
    ok("fit", tiny_corpus, *wide, "--language", "is", "--no-default-stops")
    assert problem_of_language("tlh", stops=False) == ""


def test_detection_is_an_extra(monkeypatch: pytest.MonkeyPatch, refused: Refused, tiny_corpus: Path) -> None:
    """Without the library the remedy is named, and no text has been lost."""
    monkeypatch.setitem(sys.modules, "py3langid.langid", None)
    detection._identifier.cache_clear()
    try:
        assert "nmf-topics[languages]" in refused(1, "fit", tiny_corpus, "--language", "auto")
        with pytest.raises(MissingExtra):
            count("Tee")
    finally:
        detection._identifier.cache_clear()


def test_words_cut_roughly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a language's library is missing, that is said with the remedy."""
    options = WordOptions(language="zh")
    assert not any("roughly" in line for line in remarks(options, {"zh": 1}, {}))
    monkeypatch.setitem(sys.modules, "rjieba", None)
    cutting._cutter.cache_clear()
    try:
        assert any("nmf-topics[chinese]" in line for line in remarks(options, {"zh": 1}, {}))
    finally:
        cutting._cutter.cache_clear()


@pytest.mark.parametrize(
    ("asked", "language", "found"),
    [
        ("lemma", "en", "lemma"),
        ("both", "de", "both"),
        ("lemma", "eu", "stem"),
        ("both", "pl", "lemma"),
        ("stem", "pl", "lemma"),
        ("lemma", "zh", "none"),
        ("stem", "th", "none"),
        ("none", "en", "none"),
        ("lemma", "hr", "lemma"),
    ],
)
def test_the_next_best_form(asked: Normalization, language: str, found: str) -> None:
    """A language that lacks a normal form has the next best."""
    assert available(asked, language) == found


@pytest.mark.parametrize(
    ("language", "text", "term", "number"),
    [
        ("ar", "كِتَاب كتاب كتـــاب", "كتاب", 3),
        ("el", "Λόγος ΛΟΓΟΣ λόγος", "λογος", 3),
        ("tr", "IŞIK Işık ışık", "ışık", 3),
        ("he", "שָׁלוֹם שלום", "שלום", 2),
        ("hi", "डिज़ाइन डिजाइन डिज\u093cाइन", "डिजाइन", 3),
        ("hi", "चाँद चांद", "चांद", 2),
    ],
)
def test_one_term_for_all_spellings(language: str, text: str, term: str, number: int) -> None:
    """Vowel signs, capitals and accents that a language leaves out make no term of their own."""
    found = count_terms(pages(text), WordOptions(language=language, normalize="none"))
    assert list(found.vocabulary.terms) == [term]
    assert found.counts.sum() == number


def test_a_mark_alone_is_no_word() -> None:
    """The Arabic line that only stretches words is left out, as single letters are."""
    found = count_terms(pages("ـــ كتاب"), WordOptions(language="ar"))
    assert found.ledger == {"tokens": 2, "kept": 1, "dropped": {"short": 1}}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "dropped", "kept"),
    [
        ("ru", "й х é", "π"),
        ("el", "β π", "茶"),
        ("ar", "ك Â", "π 茶"),
        ("hi", "क ॐ", "茶"),
        ("ko", "é", "차 茶"),
        ("zh", "é", "茶 β"),
        ("en", "x", "π é й 茶"),
    ],
)
def test_single_letters_that_are_words(language: str, dropped: str, kept: str) -> None:
    """Endings of ordinal numbers and initials go; Chinese characters, syllables of Korean and Greek signs stay."""
    found = count_terms(pages(f"{dropped} {kept}"), WordOptions(language=language, default_stops=False))
    assert sorted(found.vocabulary.terms) == sorted(kept.split())
    assert found.ledger["dropped"] == {"short": len(dropped.split())}


def test_languages_of_syllables_are_told_of_phrases() -> None:
    """Vietnamese syllables are terms, and whoever reads them hears of phrases, which makes words of them."""
    assert any("phrases=True" in line for line in remarks(WordOptions(language="vi"), {"vi": 1}, {}))
    assert not any("phrases=True" in line for line in remarks(WordOptions(language="vi", phrases=True), {"vi": 1}, {}))
    assert not any("phrases=True" in line for line in remarks(WordOptions(language="de"), {"de": 1}, {}))


def test_chinese_names_on_english_pages_stay_whole() -> None:
    """English terms do not depend on whether a Chinese dictionary is installed."""
    assert "机器学习" in count_terms(pages("The name 机器学习 of it"), WordOptions()).vocabulary.terms


@pytest.mark.slow
def test_lists_of_the_user_reach_every_language() -> None:
    """Words to stop and to keep are those of all languages."""
    found = count(*ENGLISH, *GERMAN, stop=("milk", "milch"), keep=("und", "the"))
    assert {"the", "und"} <= set(found.vocabulary.terms)
    assert not {"milk", "milch"} & set(found.vocabulary.terms)


def test_porter_is_for_english_pages() -> None:
    """The stemmer of the article's recipe reads the English pages of a mixed corpus, Snowball's the others."""
    options = WordOptions(language=AUTO, languages=("de", "en"), normalize="stem", stemmer="porter")
    readers = Readers(options)
    assert readers.reader("en").read("generously") == ("gener", "kept")
    assert readers.reader("de").read("Pflanzen") == ("pflanz", "kept")
