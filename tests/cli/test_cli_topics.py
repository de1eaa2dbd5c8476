"""`topics` and `pages`: tables of a model for people and programs."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from outputs import document, read_table, table
from program import Run

from nmf_topics.model.files import load_model, save_model
from nmf_topics.model.model import TopicModel
from nmf_topics.views.report.payload import report_data
from nmf_topics.views.report.provenance import provenance


def test_json_of_pages_and_classify(ok: Run, fitted: Path) -> None:
    """The keys of the contract for pages of the model and new ones."""
    pages = document(ok("pages", "--json"))["pages"]
    assert len(pages) == 12
    keys = {"id", "title", "status", "topic", "label", "weight", "margin", "error", "weights", "meta", "row"}
    assert set(pages[0]) == keys
    assert pages[0]["meta"] == {"label": "animals"}
    Path("new.txt").write_text("The rocket and the moon, and a zyzzyva.")
    found = document(ok("classify", "new.txt", "--json"))
    assert list(found) == ["schema", "model", "pages"]
    (page,) = found["pages"]
    keys = {"name", "status", "topic", "label", "margin", "known_words", "unknown_words", "error", "weights"}
    assert keys <= set(page)
    assert (page["name"], page["status"], page["unknown_words"]) == ("new.txt", "weak", ["zyzzyva"])
    assert page["known_words"] == pytest.approx(2 / 3)
    assert page["weights"][page["topic"] - 1] == max(page["weights"])


def test_csv_and_jsonl(ok: Run, fitted: Path, tiny_corpus: Path) -> None:
    """CSV is that of the file and parses, JSONL is one object a line."""
    assert ok("pages", "--csv").stdout == (fitted / "pages.csv").read_text(encoding="utf-8")
    head = "id title topic label weight margin error status page_label topic_1 topic_2 topic_3 row".split()
    assert list(table(ok("pages", "--csv").stdout)[0]) == head
    rows = table(ok("classify", tiny_corpus, "--csv").stdout)
    assert [row["id"] for row in rows] == [row["id"] for row in read_table(fitted / "pages.csv")]
    lines = ok("classify", tiny_corpus, "--jsonl").stdout.splitlines()
    assert [json.loads(line)["name"] for line in lines] == [row["id"] for row in rows]


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
    assert "planet, moon, stars, rocket" in ok("topics").stdout
    assert "planet, rocket, moon, stars" in ok("topics", "--words", "weight").stdout
    (number,) = [
        row["topic"]
        for row in read_table(fitted / "topics.csv")
        if row["term"] == "rocket" and row["rank_in_topic"] in "1234"
    ]
    one = ok("topics", "--topic", number).stdout
    assert "rocket" in one
    assert "Space 1" in one
    assert "Music" not in one


def test_shares_of_a_topic_in_the_order_of_the_report(ok: Run, fitted: Path) -> None:
    """--topic shows each page's share of that topic, largest first, in every output of `pages` and `topics`."""
    pages = document(ok("pages", "--topic", 2, "--json"))["pages"]
    shares = [page["share"] for page in pages]
    assert shares == sorted(shares, reverse=True) == [page["weights"][1] for page in pages]
    listed = ok("pages", "--topic", 2).stdout
    assert listed.splitlines()[0].split() == ["share", "margin", "error", "title"]
    assert [line.split("  ")[-1] for line in listed.splitlines()[1:]] == [page["title"] for page in pages]
    assert listed in ok("topics", "--topic", 2).stdout
    assert [page["id"] for page in pages] == [
        page["id"] for page in document(ok("topics", "--topic", 2, "--json"))["top_pages"]
    ]
    found = ok("pages", "--topic", 2).stderr + ok("topics", "--topic", 2).stderr
    assert "main one" not in found


def test_a_topic_that_is_never_the_main_one_has_pages(ok: Run, model: TopicModel) -> None:
    """A topic that is the main one of no page lists the pages with the largest shares of it, with their main topics."""
    H = np.array([[6.0, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 0], [0.0] * 12, [1.0, 4, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]])
    H[1, 11] = 6
    Path("never").mkdir()
    save_model(replace(model, H=H, errors=np.full(12, 0.5)), Path("never"))
    result = ok("pages", "never", "--topic", 3)
    assert "no page has topic 3 as its main one; listed are the pages with the largest shares of it" in result.stderr
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0] == ["main", "label", "share", "margin", "error", "title"]
    assert [line[0] for line in lines[1:]] == ["1", "1", "1"]
    titles = [model.columns.titles[j] for j in (1, 2, 0)]
    assert [page["title"] for page in document(ok("pages", "never", "--topic", 3, "--json"))["pages"]] == titles
    assert [row["topic_3"] for row in table(ok("pages", "never", "--topic", 3, "--csv").stdout)] == [
        "0.4",
        "0.25",
        "0.142857143",
    ]
    shown = ok("topics", "never", "--topic", 3)
    assert all(title in shown.stdout for title in titles)
    assert "no page has topic 3" in shown.stderr


def test_a_divergence_is_called_one(ok: Run, tiny_corpus: Path) -> None:
    """What `--objective kl` minimises is not a relative error, in messages, tables and the report; JSON keys stay."""
    result = ok("fit", tiny_corpus, "-r", 3, "--max-pages", 0.5, "--objective", "kl", "-o", "kl", "--json")
    assert re.search(r"iterations, divergence \d", result.stderr)
    assert "relative error" not in result.stderr
    assert "relative_error" in document(result)
    assert "divergence" in ok("pages", "kl").stdout.splitlines()[0]
    assert "error" not in ok("pages", "kl").stdout.splitlines()[0]
    Path("new.txt").write_text("A rocket and the moon.")
    assert "divergence" in ok("classify", "--model", "kl", "new.txt").stdout.splitlines()[0]
    assert report_data(load_model(Path("kl")), {})["error_name"] == "divergence"
    assert provenance(load_model(Path("kl")), {})["fit"]["error_label"].startswith("divergence (Kullback-Leibler")
