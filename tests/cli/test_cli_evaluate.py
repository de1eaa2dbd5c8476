"""`evaluate`: measures of a model, with the corpus of the fit, other texts, or none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from inputs import WIDE, write_faces, write_texts, write_tiny
from outputs import document, read_table
from program import Refuse, Run


@pytest.fixture
def corpus(fitted: Path) -> Path:
    """The corpus of the fitted model, where its fit found it."""
    return write_tiny(Path("tiny.jsonl"))


def test_with_the_corpus_of_the_fit(ok: Run, corpus: Path, fitted: Path) -> None:
    """The corpus is read again without being named; the document has every measure, and equals topics.csv."""
    done = ok("evaluate", "--json")
    found = document(done)
    assert "reading tiny.jsonl" in done.stderr
    assert "warning" not in done.stderr
    assert found["source"] == "tiny.jsonl"
    assert set(found["overall"]) == {
        *("coherence", "coverage", "lift", "c_npmi", "c_v", "umass", "diversity", "exclusivity", "sparseness"),
        *("stability", "nmi", "purity"),
    }
    topics = document(ok("topics", "--json"))["topics"]
    for measure in ("coverage", "lift"):
        means = [sum(word[measure] for word in topic["description"]) / len(topic["terms"]) for topic in topics]
        assert [topic[measure] for topic in found["topics"]] == pytest.approx(means)
        assert found["overall"][measure] == pytest.approx(sum(means) / 3)
    assert found["overall"]["nmi"] == 1
    assert found["overall"]["stability"] is None
    assert found["labelled_pages"] == 12
    written = {row["topic"]: row["coherence"] for row in read_table(fitted / "topics.csv")}
    assert {str(t["topic"]): f"{t['coherence']:.9g}" for t in found["topics"]} == written


def test_table(ok: Run, corpus: Path) -> None:
    """People see a row a topic with the label that most of its pages have, then the measures of all."""
    lines = ok("evaluate", "--top", 4, "--quiet").stdout.splitlines()
    assert (
        lines[0].split()
        == "topic label pages NPMI coverage lift C_NPMI C_V UMass exclusive sparse purity most have".split()
    )
    assert {line.split()[-1] for line in lines[1:4]} == {"animals", "music", "space"}
    assert any(line.startswith("agreement with labels: NMI") and line.endswith("1.000") for line in lines)
    assert not any("stability" in line for line in lines)


def test_corpus_that_has_gone_or_changed(ok: Run, corpus: Path, fitted: Path) -> None:
    """A corpus that is gone costs what needs it; one that has changed is said to have."""
    corpus.write_text(corpus.read_text().replace("rocket", "balloon"))
    assert "tiny.jsonl has changed since the fit" in ok("evaluate").stderr
    corpus.write_text("not json")
    done = ok("evaluate", "--json")
    assert "cannot be read any more" in done.stderr
    assert document(done)["overall"]["c_v"] is None
    corpus.unlink()
    assert "reading /" in ok("evaluate").stderr  # where it was read when the model was fitted
    run = json.loads((fitted / "run.json").read_text())
    (fitted / "run.json").write_text(json.dumps({**run, "folder": "/nowhere"}))
    done = ok("evaluate", "--json")
    assert "the corpus of the fit is not here" in done.stderr
    assert document(done)["source"] is None
    for odd in ({}, {"source": 3}, {"source": {"path": "-"}}, {"source": {"path": 1}}):
        run = {key: value for key, value in json.loads((fitted / "run.json").read_text()).items() if key != "source"}
        (fitted / "run.json").write_text(json.dumps(run | odd))
        assert "not here" in ok("evaluate").stderr


def test_texts_of_ones_own(ok: Run, refuse: Refuse, fitted: Path, tiny_corpus: Path) -> None:
    """--source gives other texts; those that are not there, or of something else, are an error."""
    write_texts(Path("texts"), ["The cat and the mouse and the dog.", "A guitar, a song, a band.", "The moon, a star."])
    assert document(ok("evaluate", "--source", "texts", "--json"))["source"] == "texts"
    assert "no such file or folder: 'gone'" in refuse("evaluate", "--source", "gone")
    write_texts(Path("other"), ["Ganz andere Wörter", "stehen hier"])
    assert "two of the topics' words" in refuse("evaluate", "--source", "other")
    assert "no text column 'x'" in refuse("evaluate", "--source", tiny_corpus, "--text-column", "x")
    assert "there is no model in gone" in refuse("evaluate", "gone")


def test_columns_of_the_fit_are_recalled(ok: Run) -> None:
    """A table whose text column had to be named is read again with the same column."""
    rows = [json.loads(line) for line in write_tiny(Path("tiny.jsonl")).read_text().splitlines()]
    Path("odd.jsonl").write_text("".join(json.dumps({"t": row["text"], "n": 1}) + "\n" for row in rows))
    ok("fit", "odd.jsonl", "--text-column", "t", "-r", 3, *WIDE, "-o", "m")
    done = ok("evaluate", "m", "--json")
    assert "changed" not in done.stderr
    assert document(done)["overall"]["c_v"] > 0


def test_images(ok: Run, refuse: Refuse) -> None:
    """Parts of images have sparseness and exclusivity; texts say nothing of them."""
    write_faces(Path("faces"))
    ok("fit", "faces", "-r", 4, "-o", "m")
    found = document(ok("evaluate", "m", "--json"))
    known = {name for name, value in found["overall"].items() if value is not None}
    assert known == {"exclusivity", "sparseness"}
    assert ok("evaluate", "m", "-q").stdout.splitlines()[0].split() == ["topic", "pages", "exclusive", "sparse"]
    write_tiny(Path("tiny.jsonl"))
    assert "not words" in refuse("evaluate", "m", "--source", "tiny.jsonl")
