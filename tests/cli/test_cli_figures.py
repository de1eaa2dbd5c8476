"""`figures`: where they go, what is said of them, and the curves of `ranks` beside the model."""

from __future__ import annotations

import json
from pathlib import Path

from inputs import WIDE, write_tiny
from outputs import document, files_below
from program import Refuse, Run


def test_figures_of_a_model(ok: Run, fitted: Path) -> None:
    """Into the model folder, in the formats asked for; those of other formats go; captions on stdout."""
    found = document(ok("figures", "--json", "--top", 3))
    assert set(found["captions"]) == {"words", "pages", "map", "groups"}
    assert len(found["files"]) == 12
    assert all(Path(path).is_file() for path in found["files"])
    shown = ok("figures", "--format", "png", "-q").stdout
    assert shown.splitlines()[0].split() == ["figure", "caption"]
    assert "3 heaviest" not in shown
    left = {"figures.json"} | {f"{name}.png" for name in found["captions"]}
    assert set(files_below(fitted / "figures")) == left


def test_ranks_are_drawn_where_they_are_known(ok: Run, fitted: Path) -> None:
    """Curves of `ranks` on the same words of the same corpus, and of no other."""
    write_tiny(Path("tiny.jsonl"))
    ok("ranks", "tiny.jsonl", *WIDE, "--to", 4)
    found = document(ok("figures", "--json", "--format", "svg"))
    assert "Shaded: " in found["captions"]["ranks"]
    first = (fitted / "figures" / "ranks.svg").read_bytes()
    ok("figures", "--format", "svg", "-o", "again")
    assert Path("again/ranks.svg").read_bytes() == first
    path = Path("models/tiny-ranks/ranks.json")
    kept = json.loads(path.read_text())
    for change in ({"recipe": {**kept["recipe"], "weighting": "tfidf"}}, {"rows": []}, {"rows": [{"rank": 1}]}):
        path.write_text(json.dumps({**kept, **change}))
        assert "ranks" not in document(ok("figures", "--json", "--format", "svg", "-o", "again"))["captions"]


def test_what_is_refused(refuse: Refuse, fitted: Path) -> None:
    """Metadata that are not there, a font that is none, a folder of others: nothing is written."""
    assert "no page has the metadata field 'age'" in refuse("figures", "--by", "age")
    assert "no font file" in refuse("figures", "--font", "gone.ttf")
    Path("mine").mkdir()
    Path("mine/x").write_text("x")
    assert "did not make" in refuse("figures", "-o", "mine")
    assert "there is no model" in refuse("figures", "gone")
