"""Duplicate pages: found in any order of the pages, reported, and left out on request."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from inputs import WIDE, tiny_texts
from outputs import document, read_table
from program import Run

from nmf_topics.corpus.duplicates import DuplicateFinder, Duplicates
from nmf_topics.corpus.open import open_corpus
from nmf_topics.corpus.page import Page


def text_of(seed: int, count: int = 200) -> str:
    """A text of words that no other seed has."""
    return " ".join(f"w{seed}x{number}" for number in np.random.default_rng(seed).integers(0, 10**6, count))


def changed(text: str, count: int) -> str:
    """A text with some of its words replaced."""
    words = text.split()
    return " ".join([*(f"new{number}" for number in range(count)), *words[count:]])


def find(pages: list[Page]) -> Duplicates:
    """The duplicates among pages."""
    finder = DuplicateFinder()
    for page in pages:
        finder.add(page)
    return finder.find()


PAGES = [
    *(Page(f"d{number}", "x", "[deleted]") for number in range(5)),
    Page("a", "x", text_of(1)),
    Page("b", "x", text_of(1).upper().replace(" ", "\n")),
    Page("c", "x", changed(text_of(1), 2)),
    Page("e", "x", changed(text_of(1), 100)),
    Page("f", "x", text_of(2)),
    Page("g", "x", ""),
    Page("h", "x", ""),
]


def test_duplicates_are_found_in_any_order() -> None:
    """Case and spaces are ignored; a page with a few other words is a near duplicate; empty pages never are."""
    found = find(PAGES)
    assert found.same == {"a": ["b"], "d0": ["d1", "d2", "d3", "d4"]}
    assert found.near == {"a": ["c"]}
    assert found.sample == "[deleted]"
    for seed in range(5):
        assert find(random.Random(seed).sample(PAGES, len(PAGES))) == found


@pytest.mark.parametrize("kept", [0.97, 0.7])
def test_near_duplicates_by_similarity(kept: float) -> None:
    """Nearly all of 50 pairs that share nearly all words are found, and none that share fewer."""
    pairs = [
        (Page(f"{n}", "", text_of(n)), Page(f"{n}x", "", changed(text_of(n), round(200 * (1 - kept)))))
        for n in range(50)
    ]
    found = sum(map(len, find([page for pair in pairs for page in pair]).near.values()))
    assert found >= 40 if kept > 0.9 else found <= 2


def test_duplicates_are_left_out(tmp_path: Path) -> None:
    """The same pages stay, whatever the order of the rows."""
    rows = [{"id": page.id, "text": page.text} for page in PAGES]
    kept = []
    for name, order in (("a", rows), ("b", rows[::-1])):
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in order))
        corpus = open_corpus(path, drop_duplicates=True, warn=lambda message: None)
        kept.append(sorted(page.id for page in corpus))
        assert sorted(page.id for page in corpus) == kept[-1]
    assert kept[0] == kept[1] == ["a", "d0", "e", "f", "g", "h"]


def test_duplicates_are_pointed_out(ok: Run) -> None:
    """With the text that is repeated most, also when the counts are recalled; --drop-duplicates leaves them out."""
    texts = [*tiny_texts(), *["[deleted]"] * 6]
    Path("posts.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    said = 'posts.jsonl: 5 pages have the same text as another (most often "[deleted]"); --drop-duplicates'
    for _ in range(2):
        assert said in " ".join(ok("fit", "posts.jsonl", "-r", 2, *WIDE).stderr.split())
    run = json.loads(Path("models/posts-r2/run.json").read_text())
    assert run["counts"]["duplicates"] == {"same_text": 5, "nearly_the_same": 0, "sample": "[deleted]"}
    result = ok("fit", "posts.jsonl", "-r", 2, *WIDE, "--drop-duplicates")
    assert '5 pages have the same text as another (most often "[deleted]"), and left out' in result.stderr
    assert len(read_table(Path("models/posts-r2/pages.csv"))) == 13
    assert "--drop-duplicates" in json.loads(Path("models/posts-r2/run.json").read_text())["repeat"]


def test_classify_keeps_metadata_and_calls_the_id_id(ok: Run, fitted: Path) -> None:
    """The CSV of classify has the columns of the table; a page of two known words is weak."""
    Path("new.jsonl").write_text(
        json.dumps({"id": "n1", "text": "the rocket and the moon orbit a planet", "weight": 5, "lang": "en"})
        + "\n"
        + json.dumps({"id": "n2", "text": "a cat, zebras and lions", "source": "zoo"})
        + "\n"
    )
    rows = {row["id"]: row for row in _table(ok("classify", "new.jsonl", "--csv").stdout)}
    assert [rows[page]["status"] for page in ("n1", "n2")] == ["ok", "weak"]
    assert (rows["n1"]["page_weight"], rows["n1"]["lang"], rows["n2"]["source"]) == ("5", "en", "zoo")
    assert rows["n2"]["note"] == "only 1 of its 3 words is known"
    assert rows["n2"]["topic"]
    pages = document(ok("classify", "new.jsonl", "--json"))["pages"]
    assert [page["status"] for page in pages] == ["ok", "weak"]


def _table(text: str) -> list[dict[str, str]]:
    import csv

    return list(csv.DictReader(text.splitlines()))


def test_titles_are_said_to_be_no_text(ok: Run, tiny_corpus: Path) -> None:
    """Where a table has titles, the fit says whether they count; the option changes it."""
    said = "titles are shown, but not counted as text; --titles-as-text counts them"
    assert said in ok("fit", tiny_corpus, "-r", 2, *WIDE).stderr
    assert said not in ok("fit", tiny_corpus, "-r", 2, *WIDE, "--titles-as-text").stderr
