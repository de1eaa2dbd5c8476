"""`diff`: what became of the topics of one model in another."""

from __future__ import annotations

import json
from pathlib import Path

from inputs import WIDE, write_faces, write_jsonl, write_tiny
from outputs import document
from program import Refuse, Run

from nmf_topics.model.files import load_model


def test_a_topic_less(ok: Run, fitted: Path) -> None:
    """Without the pages of a subject its topic is gone, and the two others are the same."""
    rows = [json.loads(line) for line in write_tiny(Path("tiny.jsonl")).read_text().splitlines()]
    write_jsonl(Path("less.jsonl"), [row for row in rows if row["label"] != "music"])
    ok("fit", "less.jsonl", "-r", 2, *WIDE, "-o", "less")
    found = document(ok("diff", fitted, "less", "--json"))
    music = next(t.number for t in load_model(fitted).topics() if "guitar" in dict(load_model(fitted).terms(t.number)))
    kinds = {change["before"][0]["topic"]: change["kind"] for change in found["changes"]}
    assert kinds == {k: "gone" if k == music else "same" for k in (1, 2, 3)}
    assert found["shared_pages"] == 8
    assert found["agreement"] == 1
    assert {"rank", "corpus fingerprint"} <= set(found["options"])
    shown = ok("diff", fitted, "less").stdout
    assert "8 pages are in both; the models agree on them with an NMI of 1.00" in shown
    assert "rank: 3 in the first, 2 in the second" in shown
    assert "the texts of the two are not the same" in shown
    assert [line.split()[0] for line in shown.splitlines()[1:4]].count("gone") == 1


def test_the_same_model(ok: Run, fitted: Path) -> None:
    """A model and itself: one line a topic, all the same, and nothing of options."""
    lines = ok("diff", fitted, "models/latest").stdout.splitlines()
    assert lines[0].split() == ["change", "first", "second", "similar", "pages"]
    assert [line.split()[0] for line in lines[1:4]] == ["same"] * 3
    assert all("1.00" in line for line in lines[1:4])
    assert lines[4:] == ["", "12 pages are in both; the models agree on them with an NMI of 1.00"]


def test_names_are_shown_and_numbers_match(ok: Run, fitted: Path) -> None:
    """Names that were given stand in the table and in the document; shapes are those of the ranks."""
    ok("label", fitted, "2=Two")
    found = document(ok("diff", fitted, fitted, "--json"))
    assert found["changes"][1]["before"] == found["changes"][1]["after"] == [{"topic": 2, "label": "Two"}]
    assert found["partners"] == {"1": 1, "2": 2, "3": 3}
    assert [len(row) for row in found["similarity"]] == [len(row) for row in found["flow"]] == [3, 3, 3]
    assert "2 Two" in ok("diff", fitted, fitted).stdout


def test_what_cannot_be_compared(ok: Run, refuse: Refuse, fitted: Path) -> None:
    """A model that is not there, and images beside words, are errors."""
    assert "there is no model in gone" in refuse("diff", fitted, "gone")
    write_faces(Path("faces"))
    ok("fit", "faces", "-r", 2, "-o", "images")
    assert "a model of terms cannot be compared with a model of pixels" in refuse("diff", fitted, "images")


def test_no_page_in_common(ok: Run, fitted: Path) -> None:
    """Models of other pages are compared by their words alone, and that is said."""
    rows = [json.loads(line) for line in write_tiny(Path("tiny.jsonl")).read_text().splitlines()]
    write_jsonl(Path("other.jsonl"), [{**row, "id": f"x{row['id']}"} for row in rows])
    ok("fit", "other.jsonl", "-r", 3, *WIDE, "-o", "other")
    done = ok("diff", fitted, "other")
    assert "no page in common" in done.stderr
    assert done.stdout.count("same ") == 3
    assert document(ok("diff", fitted, "other", "--json"))["agreement"] is None
