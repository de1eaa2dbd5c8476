"""words.csv: a line for each word, whose counts add up to the ledger, however the words were counted and kept."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from outputs import read_table
from program import Run

from nmf_topics.corpus.page import Page
from nmf_topics.errors import MatrixError
from nmf_topics.factor.engines.choice import EngineOptions
from nmf_topics.files.cache.cache import Cache
from nmf_topics.files.cache.kinds import COUNTS, entry_key
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.terms import counts_builder, words_table
from nmf_topics.terms import phrases as phrases_module
from nmf_topics.terms.count import count_terms, gather_counts
from nmf_topics.terms.counts_cache import recall_counts, store_counts
from nmf_topics.terms.pruning import Bounds, SelectedTerms, terms_within
from nmf_topics.terms.surface_forms import format_forms, surface_of
from nmf_topics.terms.term_counts import SingleBatch
from nmf_topics.terms.words_table import IN_PHRASES, KEPT, REST, word_table
from nmf_topics.text.analyzer import WordOptions

OPTIONS = WordOptions()
WORDS = st.sampled_from("New York new city City CITY cities runs ran run the The of a x 7 1984 café don't".split())
PAGE = st.lists(st.one_of(WORDS, st.sampled_from(["-", ".", "\n\n", "http://a.b/city", "<b>"]), st.text(max_size=3)))
TEXTS = st.lists(PAGE.map(" ".join), min_size=1, max_size=6)


def pages_of(texts: list[str]) -> list[Page]:
    """Pages of texts."""
    return [Page(f"{i:03}", f"Page {i}", text) for i, text in enumerate(texts)]


def sums(within: SelectedTerms) -> Counter[str]:
    """Words of the ledger by what became of them, as the lines have it."""
    phrases = within.counts.phrases.words
    surface = dict(zip(within.counts.vocabulary.surfaces, within.counts.vocabulary.terms, strict=True))
    total: Counter[str] = Counter()
    for line in word_table(within):
        width = len(phrases.get(surface.get(line[0], ""), " ")) if " " in line[0] else 1
        total[line[4]] += line[3] * width
    return total


def check_sums(within: SelectedTerms) -> None:
    """Counts add up to the ledger, reason by reason."""
    ledger = within.ledger
    assert +sums(within) == +Counter({KEPT: ledger["kept"], **ledger["dropped"]})
    assert ledger["tokens"] == ledger["kept"] + sum(ledger["dropped"].values())


def judged(texts: list[str], options: WordOptions = OPTIONS, bounds: Bounds = Bounds(1, 1.0)) -> SelectedTerms:  # noqa: B008
    """The terms of some texts."""
    return terms_within(SingleBatch(count_terms(pages_of(texts), options)), bounds)


def test_by_hand() -> None:
    """Three pages, on paper: forms as they stand, whatever became of them, the most frequent word first."""
    texts = ["The runner runs, ran, Ran 7 times.", "A run in the city.", "CITY city The the"]
    lines = word_table(judged(texts, bounds=Bounds(2, 1.0)))
    assert [line[:5] for line in lines] == [
        ("ran", "Ran 1, ran 1, run 1, runs 1", 2, 4, KEPT),
        ("the", "The 2, the 2", 3, 4, "stop"),
        ("city", "city 2, CITY 1", 2, 3, KEPT),
        ("runner", "runner 1", 1, 1, "rare"),
        ("times", "times 1", 1, 1, "rare"),
        ("7", "7 1", 1, 1, "number"),
        ("A", "A 1", 1, 1, "short"),
        ("in", "in 1", 1, 1, "stop"),
    ]


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(
    TEXTS,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.integers(1, 3),
    st.sampled_from([0.5, 1.0]),
    st.integers(1, 6),
)
def test_counts_add_up_to_the_ledger(
    texts: list[str], phrases: bool, boilerplate: bool, kept: bool, low: int, high: float, most: int
) -> None:
    """Reason by reason, for any text, with phrases that bounds dissolve, in one matrix or in batches."""
    options = replace(OPTIONS, phrases=phrases, boilerplate=boilerplate, keep=("the", "7") if kept else ())
    before, phrases_module.LEAST = phrases_module.LEAST, 2
    try:
        counts, gathered = (count(pages_of(texts), options) for count in (count_terms, gather_counts))
    finally:
        phrases_module.LEAST = before
    bounds = Bounds(low, high, most)
    try:
        within = terms_within(SingleBatch(counts), bounds)
    except MatrixError:
        return
    check_sums(within)
    assert word_table(within) == word_table(terms_within(gathered, bounds))


def test_phrases_have_lines() -> None:
    """A phrase has its spellings; a word that occurs in phrases only says so, and of a name's opener what is left."""
    texts = ["New York is big. So is new york. A new city is new."] * 5 + ["New York, NEW YORK"] * 5
    within = judged(texts, replace(OPTIONS, phrases=True))
    lines = {line[0]: line for line in word_table(within)}
    assert lines["New York"][1:5] == ("New York 10, NEW YORK 5", 10, 15, KEPT)
    assert lines["York"][1:5] == ("York 10, YORK 5, york 5", 5, 5, KEPT)
    assert lines["new"][1:5] == ("new 15, New 10, NEW 5", 5, 15, "stop")
    check_sums(within)
    gone = judged(texts, replace(OPTIONS, phrases=True), Bounds(1, 0.5))
    assert "New York" not in {line[0] for line in word_table(gone)}
    assert dict(sums(gone))["stop"] == gone.ledger["dropped"]["stop"]
    check_sums(gone)


def test_a_word_of_phrases_only() -> None:
    """It is no row of V, and the line says where it went."""
    texts = [f"Prime Minister of land{i}" for i in range(12)]
    lines = {line[0]: line for line in word_table(judged(texts, replace(OPTIONS, phrases=True)))}
    assert lines["Prime Minister"][1:5] == ("Prime Minister 12", 12, 12, KEPT)
    assert lines["Minister"][1:5] == ("Minister 12", 0, 0, IN_PHRASES)


def test_what_cleaning_took_out_stands_in_one_line() -> None:
    """Its words were counted, not told apart."""
    within = judged(["See http://host.example/a/b and the city", "city"], replace(OPTIONS, boilerplate=True))
    rest = [line for line in word_table(within) if line[0] == REST]
    assert [(line[2], line[3], line[4]) for line in rest] == [(None, 5, "address")]
    check_sums(within)


def test_many_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many the most frequent have lines, rows of V always; the rest is added up by reason."""
    monkeypatch.setattr(words_table, "LINES", 3)
    monkeypatch.setattr(counts_builder, "MAX_DROPPED_WORDS", 2)
    texts = ["alpha alpha beta gamma the the of one two delta", "alpha beta gamma epsilon zeta zeta zeta"]
    within = judged(texts, bounds=Bounds(2, 1.0))
    lines = word_table(within)
    assert [line[0] for line in lines] == ["alpha", "zeta", "beta", "gamma", "the", "delta", REST, REST]
    assert [(line[3], line[4]) for line in lines[-2:]] == [(1, "rare"), (3, "stop")]
    check_sums(within)


def test_forms_are_bounded() -> None:
    """So many are named, the others counted."""
    found = format_forms([(f"form{i:02}", 20 - i) for i in range(13)])
    assert found.startswith("form00 20, form01 19, ")
    assert found.endswith("form09 11, 3 more")


def test_stop_words_of_the_corpus_are_told(ok: Run) -> None:
    """What is on many pages as by chance: in words.csv by its figure, with --verbose by name, and gone if asked for."""
    pages = [f"{'cat moon song boat'.split()[i % 4]} " * 4 + ["regards", "thanks"][i % 2] for i in range(24)]
    Path("letters.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in pages))
    fit = ["fit", "letters.jsonl", "-r", "2", "-o", "model", "--max-pages", "0.6", "--no-clouds", "--no-report", "-v"]
    told = ok(*fit).stderr
    assert "2 words are on many pages as by chance (--corpus-stops leaves them out): regards, thanks\n" in told
    lines = {row["term"]: row for row in read_table(Path("model/words.csv"))}
    assert float(lines["regards"]["residual_idf"]) < 0.3 < float(lines["cat"]["residual_idf"])
    assert "(left out): regards, thanks\n" in ok(*fit, "--corpus-stops").stderr
    lines = {row["term"]: row for row in read_table(Path("model/words.csv"))}
    assert {term: line["kept"] for term, line in lines.items()} == dict.fromkeys(
        ("regards", "thanks"), "corpus stop"
    ) | dict.fromkeys(("boat", "cat", "moon", "song"), KEPT)


def test_the_cache_keeps_forms(tmp_path: Path) -> None:
    """What is recalled makes the same table."""
    counts = count_terms(pages_of(["The city, Cities and 7 CITIES", "a city"]), OPTIONS)
    store_counts(entry_key(COUNTS), counts, {}, Cache(tmp_path))
    kept = recall_counts(entry_key(COUNTS), Cache(tmp_path))
    assert kept is not None
    assert kept[0].forms == counts.forms
    assert word_table(terms_within(SingleBatch(kept[0]), Bounds(1, 1.0))) == word_table(
        terms_within(SingleBatch(counts), Bounds(1, 1.0))
    )


@pytest.mark.parametrize("phrases", [False, True])
def test_every_way_to_v_has_the_same_words(tiny_corpus: Path, tmp_path: Path, phrases: bool) -> None:
    """In memory or on disk, read or recalled, with or without a cache."""
    recipe = replace(Recipe(), words=replace(OPTIONS, phrases=phrases), bounds=Bounds(1, 1.0))

    def words(cache: Path | None, engine: str) -> list[list[Any]]:
        data = prepare(
            Source(str(tiny_corpus)), recipe, cache=cache and Cache(cache), engine=EngineOptions(engine), rank=2
        )
        return [list(line) for line in data.words]

    plain = words(None, "memory")
    assert {line[4] for line in plain} == {KEPT, "short", "stop"}
    for cache in (None, tmp_path / "a", tmp_path / "a"):
        assert words(cache, "memory") == plain
    for cache in (None, tmp_path / "b", tmp_path / "b"):
        assert words(cache, "disk") == plain


def test_the_file_of_a_model(ok: Run) -> None:
    """fit writes it, label leaves it, a fit of another kind takes it away; no cell of it can run."""
    texts = Path("texts")
    texts.mkdir()
    for page in range(6):
        (texts / f"{page}.txt").write_text(f"city -7 =1+1 @home {'sun moon' if page % 2 else 'cat dog'}\n" * 3)
    fit = ["fit", str(texts), "--rank", "2", "-o", "model", "--min-pages", "1", "--max-pages", "1.0", "-q"]
    ok(*fit)
    before = read_table(Path("model/words.csv"))
    assert list(before[0]) == ["term", "forms", "pages", "count", "kept", "residual_idf"]
    assert {row["term"]: row["count"] for row in before if row["kept"] == "number"} == {"1": "36", "7": "18"}
    content = Path("model/words.csv").read_bytes()
    ok("label", "model", "1=Name")
    assert Path("model/words.csv").read_bytes() == content
    ok(*fit, "--chunk", "5")
    assert list(read_table(Path("model/words.csv"))[0]) == ["term", "forms", "pieces", "count", "kept", "residual_idf"]


def test_forms_of_several_languages_are_added_up() -> None:
    """The same form can be counted once for each language."""
    assert format_forms([("Tee", 2), ("tees", 4), ("Tee", 3)]) == "Tee 5, tees 4"
    assert surface_of([("Tee", 2), ("tees", 4), ("Tee", 3)]) == "Tee"
