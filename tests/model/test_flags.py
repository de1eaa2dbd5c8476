"""Flags of topics that may be about no subject, and none for those that are."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from outputs import document
from program import Run

from nmf_topics import fit_topics, load_model, save_model
from nmf_topics.model.flags import topic_flags
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import RECIPES
from nmf_topics.views.report.payload import report_data

DRINKS = "tea coffee milk sugar cup leaves water lemon honey mint ginger roast bean brew kettle".split()
SPORT = "goal team match player league season coach final score cup pitch striker defence win crowd".split()
LINKS = "http www href html com org aspx jpg quickinfo ticker fullquote target investor".split()
MIXED = [*DRINKS, *SPORT]
DATES = "January March Monday Tuesday October November Friday week holiday issue minutes agenda".split()
CODES = "BOS CHI TOR VAN QUE STL CAL MTL X11R5 N3JXP DET EDM".split()


def texts(words: Sequence[str], n: int, seed: int) -> list[str]:
    """Pages of some words each, as they come by chance."""
    chance = random.Random(seed)
    return [" ".join(chance.choices(words, k=9)) for _ in range(n)]


def fitted(*subjects: Sequence[str], n: int = 60, metadata: object = None) -> TopicModel:
    """A model with a topic for each list of words."""
    pages = [text for seed, words in enumerate(subjects) for text in texts(words, n, seed)]
    return fit_topics(pages, len(subjects), metadata=metadata, min_pages=1, max_pages=1.0)


def kinds(model: TopicModel) -> list[str]:
    """The kinds of flags of a model."""
    return [flag.kind for flag in topic_flags(model)]


def test_subjects_have_no_flag() -> None:
    """Words that come together by chance."""
    assert kinds(fitted(DRINKS, SPORT)) == []


@pytest.mark.parametrize(("words", "kind"), [(LINKS, "markup"), (DATES, "calendar"), (CODES, "codes")])
def test_words_without_a_subject(words: list[str], kind: str) -> None:
    """The topic of these words is flagged, the other one is not."""
    model = fitted(DRINKS, words)
    [flag] = topic_flags(model)
    assert flag.kind == kind
    assert {word for word, _ in model.terms(flag.topic)} <= set(words)
    assert str(flag.message).startswith(f"topic {flag.topic} (")
    assert flag.reason in str(flag.message)


def signed(n: int) -> TopicModel:
    """Pages of two subjects, a third of which ends with the same words of a signature."""
    signature = "skepticism chastity intellect shameful surrender cadre banks gordon pittsburgh skeptics"
    pages = texts(DRINKS, n, 1) + texts(SPORT, n, 2) + [f"{signature} {text}" for text in texts(MIXED, n, 3)]
    return fit_topics(pages, 3, min_pages=1, max_pages=1.0)


def test_words_of_a_signature() -> None:
    """They are on the same pages, other than those of a subject; in a small corpus that says nothing."""
    model = signed(80)
    [flag] = topic_flags(model)
    assert flag.kind == "fixed text"
    assert "skepticism" in {word for word, _ in model.terms(flag.topic)}
    assert kinds(signed(15)) == []


def test_pages_that_repeat_each_other() -> None:
    """Forms that differ in their numbers alone."""
    form = "net profit revenue share quarter ended average outstanding record date dividend payable cents loss"
    pages = texts(DRINKS, 40, 1) + [f"{form} {number}" for number in range(40)]
    model = fit_topics(pages, 2, min_pages=1, max_pages=1.0)
    [flag] = topic_flags(model)
    assert (flag.kind, flag.reason) == ("repeated", "100% of its pages have the same words as another page")
    assert "drop_duplicates=True" in str(flag.message)


def test_pages_of_one_source() -> None:
    """Nearly all pages of a topic by one author who wrote few others; labels and other fields mean nothing."""
    one = [{"author": "Ann" if k < 58 else "Bob", "label": "a"} for k in range(60)]
    others = [{"author": f"Author {k}", "label": "b"} for k in range(60)]
    [flag] = topic_flags(fitted(DRINKS, SPORT, metadata=one + others))
    assert (flag.kind, flag.reason) == ("one source", "58 of its 60 pages have author 'Ann'")
    assert kinds(fitted(DRINKS, SPORT, metadata=[{"author": "Ann"}] * 120)) == []
    assert kinds(fitted(DRINKS, SPORT, metadata=[{"author": None}] * 120)) == []
    assert kinds(fitted(DRINKS, SPORT, metadata=[{"theme": row["author"]} for row in one + others])) == []


def test_models_of_earlier_versions_and_saved_ones(tmp_path: Path) -> None:
    """Flags come from what a model holds; without a description there are none."""
    model = fitted(DRINKS, LINKS)
    save_model(model, tmp_path / "m")
    assert topic_flags(load_model(tmp_path / "m")) == topic_flags(model) != []
    assert topic_flags(replace(model, description=None)) == []
    assert len(topic_flags(replace(model, known_words=None))) == 1


def test_flags_are_shown_everywhere(ok: Run) -> None:
    """As a note after the fit and with the topics, in JSON, in run.json and in the report."""
    pages = texts(DRINKS, 40, 1) + texts(LINKS, 40, 2)
    rows = [json.dumps({"id": f"{k:02}", "text": text}) + "\n" for k, text in enumerate(pages)]
    Path("pages.jsonl").write_text("".join(rows), encoding="utf-8")
    fit = ok("fit", "pages.jsonl", "-r", 2, "--min-pages", 1, "--max-pages", 1.0)
    [note] = [line for line in fit.stderr.splitlines() if "may be no subject" in line]
    assert "--markup remove takes them out of tables, --boilerplate out of any text" in note
    run = json.loads(Path("models/pages-r2/run.json").read_text(encoding="utf-8"))
    assert [flag["kind"] for flag in run["flags"]] == ["markup"]
    number = run["flags"][0]["topic"]
    shown = ok("topics")
    assert note in shown.stderr
    assert note not in ok("topics", "--topic", 3 - number).stderr
    topics = document(ok("topics", "--json"))["topics"]
    assert [len(topic["flags"]) for topic in topics] == [int(topic["topic"] == number) for topic in topics]
    assert document(ok("topics", "--topic", number, "--json"))["flags"] == topics[number - 1]["flags"]
    told = report_data(load_model("models/pages-r2"), {})["topics"]
    assert [topic["flags"] for topic in told] == [[flag["reason"] for flag in topic["flags"]] for topic in topics]


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "rank", "expected"),
    [
        ("bbc-news", 5, []),
        ("m10-titles", 10, []),
        ("ag-news-short", 10, []),
        ("sotu", 12, []),
        ("wikipedia-popular", 12, []),
        ("20newsgroups-train", 20, ["fixed text"]),  # the signature of one author
    ],
)
def test_no_false_alarms(data_folder: Path, name: str, rank: int, expected: list[str]) -> None:
    """Topics of real collections: only the one that a reader would flag as well."""
    data = prepare(Source(str(data_folder / f"{name}.jsonl.gz")), RECIPES["default"])
    from nmf_topics.model.fit import fit_topics as fit

    assert kinds(fit(data, rank, **RECIPES["default"].factors())) == expected
