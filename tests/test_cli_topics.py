"""`topics` and `pages`: tables of a model for people and programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from outputs import document, read_table, table
from program import Run


def test_json_of_pages_and_classify(ok: Run, fitted: Path) -> None:
    """The keys of the contract for pages of the model and new ones."""
    pages = document(ok("pages", "--json"))["pages"]
    assert len(pages) == 12
    keys = {"id", "title", "status", "topic", "label", "weight", "margin", "error", "weights", "meta"}
    assert set(pages[0]) == keys
    assert pages[0]["meta"] == {"label": "animals"}
    Path("new.txt").write_text("The rocket and the moon, and a zyzzyva.")
    found = document(ok("classify", "new.txt", "--json"))
    assert list(found) == ["schema", "model", "pages"]
    (page,) = found["pages"]
    keys = {"name", "status", "topic", "label", "margin", "known_words", "unknown_words", "error", "weights"}
    assert keys <= set(page)
    assert (page["name"], page["status"], page["unknown_words"]) == ("new.txt", "ok", ["zyzzyva"])
    assert page["known_words"] == pytest.approx(2 / 3)
    assert page["weights"][page["topic"] - 1] == max(page["weights"])


def test_csv_and_jsonl(ok: Run, fitted: Path, tiny_corpus: Path) -> None:
    """CSV is that of the file and parses, JSONL is one object a line."""
    assert ok("pages", "--csv").stdout == (fitted / "pages.csv").read_text(encoding="utf-8")
    head = "id title topic label weight margin error status page_label topic_1 topic_2 topic_3".split()
    assert list(table(ok("pages", "--csv").stdout)[0]) == head
    rows = table(ok("classify", tiny_corpus, "--csv").stdout)
    assert [row["name"] for row in rows] == [row["id"] for row in read_table(fitted / "pages.csv")]
    lines = ok("classify", tiny_corpus, "--jsonl").stdout.splitlines()
    assert [json.loads(line)["name"] for line in lines] == [row["name"] for row in rows]


def test_pages_of_a_topic(ok: Run, fitted: Path) -> None:
    """--topic and --top choose pages, heaviest first."""
    rows = table(ok("pages", "--csv", "--topic", 2).stdout)
    assert [row["topic"] for row in rows] == ["2"] * 4
    weights = [float(row["weight"]) for row in rows]
    assert weights == sorted(weights, reverse=True)
    rows = table(ok("pages", "--csv", "--top", 1).stdout)
    assert [row["topic"] for row in rows] == ["1", "2", "3"]


def test_topics_for_people(ok: Run, fitted: Path) -> None:
    """The table shows words as they are written, never stems, and one topic with its pages."""
    shown = ok("topics").stdout
    assert "planet, rocket, moon, stars" in shown
    (number,) = [
        row["topic"]
        for row in read_table(fitted / "topics.csv")
        if row["term"] == "rocket" and row["rank_in_topic"] in "123"
    ]
    one = ok("topics", "--topic", number).stdout
    assert "rocket" in one
    assert "Space 1" in one
    assert "Music" not in one
