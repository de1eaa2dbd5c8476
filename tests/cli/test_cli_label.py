"""`label`: names and hidden words, which show everywhere."""

from __future__ import annotations

import json
from pathlib import Path

from inputs import write_faces
from outputs import document, everything, read_table
from program import Refused, Run

MARVEL = "Marvel universe"


def test_labels_stay_and_show_everywhere(ok: Run, fitted: Path) -> None:
    """A name shows in the tables, in the files and for new pages; an empty one is taken away; others stay."""
    before = (fitted / "clouds" / "all.png").read_bytes()
    pictures = (fitted / "model.npz").read_bytes()
    result = ok("label", "1=Music", f"2={MARVEL}", "--json", "--quiet")
    assert result.stderr == ""
    assert [topic["label"] for topic in document(result)["topics"]][:2] == ["Music", MARVEL]
    assert (fitted / "model.npz").read_bytes() == pictures
    assert (fitted / "clouds" / "all.png").read_bytes() != before
    for rows in (read_table(fitted / "topics.csv"), read_table(fitted / "pages.csv")):
        labels = {row["topic"]: row["label"] for row in rows}
        assert (labels["1"], labels["2"]) == ("Music", MARVEL)
    assert [topic["label"] for topic in document(ok("topics", "--json"))["topics"]][:2] == ["Music", MARVEL]
    for page in document(ok("pages", "--json"))["pages"]:
        assert page["topic"] != 1 or page["label"] == "Music"
    Path("new.txt").write_text("The band played a song on the guitar.")
    assert document(ok("classify", "new.txt", "--json"))["pages"][0]["label"] == "Music"
    assert "Music" in ok("classify", "new.txt").stdout
    assert MARVEL in ok("topics").stdout
    ok("label", fitted, "1=")
    labels = {row["topic"]: row["label"] for row in read_table(fitted / "topics.csv")}
    assert labels["1"] != "Music"
    assert labels["2"] == MARVEL
    assert json.loads((fitted / "run.json").read_text())["files"]


def test_hidden_words_do_not_show(ok: Run, fitted: Path) -> None:
    """--hide drops a word, however it is written, from tables and labels; the numbers stay."""
    assert "rocket" in ok("topics").stdout
    before = (fitted / "model.npz").read_bytes()
    ok("label", "--hide", "Rocket", "--hide", "moon")
    for text in (
        ok("topics").stdout,
        ok("topics", "--json").stdout,
        ok("pages").stdout,
        (fitted / "topics.csv").read_text(),
        (fitted / "pages.csv").read_text(),
    ):
        assert "rocket" not in text
        assert "moon" not in text
    assert (fitted / "model.npz").read_bytes() == before
    ok("label", "1=A")
    assert "rocket" not in ok("topics").stdout


def test_labels_of_images(ok: Run) -> None:
    """Topics of images can be named too, and the reconstruction stays."""
    write_faces(Path("faces"))
    ok("fit", "faces", "-r", 3)
    before = Path("models/faces-r3/reconstruction.png").read_bytes()
    ok("label", "2=left eye")
    assert Path("models/faces-r3/reconstruction.png").read_bytes() == before
    assert [topic["label"] for topic in document(ok("topics", "--json"))["topics"]] == ["part 1", "left eye", "part 3"]


def test_unknown_words_are_refused(ok: Run, refused: Refused, fitted: Path) -> None:
    """Hiding a word that the model does not have changes nothing and suggests one that it has."""
    before = everything(fitted)
    assert "no word 'rokcet'" in (message := refused(1, "label", "--hide", "rokcet"))
    assert "did you mean 'rocket'?" in message
    assert "the word 'rocket' is not hidden; no word is hidden" in refused(1, "label", "--unhide", "rocket")
    assert everything(fitted) == before
    ok("label", "--hide", "moon")
    assert "the word 'rocket' is not hidden; hidden are moon" in refused(1, "label", "1=A", "--unhide", "rocket")


def test_hidden_words_can_be_shown_again(ok: Run, fitted: Path) -> None:
    """--unhide takes any spelling of a hidden word; other words stay hidden."""
    shown = ok("topics").stdout
    ok("label", "--hide", "Rocket", "--hide", "moon")
    ok("label", "--unhide", "rockets")
    assert "rocket" in ok("topics").stdout
    assert "moon" not in ok("topics").stdout
    ok("label", "--unhide", "MOON", "1=A", "1=")
    assert ok("topics").stdout == shown
