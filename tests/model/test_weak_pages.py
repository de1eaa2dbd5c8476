"""Pages with few known words: fitted and new pages are weak by the same rule."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from inputs import tiny_texts, write_jsonl
from outputs import document, read_table
from program import Run

from nmf_topics import classify, fit_topics, load_model, save_model
from nmf_topics.factor.engines.choice import EngineOptions
from nmf_topics.model.fit import fit_topics as fit_matrix
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.terms.pruning import Bounds
from nmf_topics.text.analyzer import WordOptions

SHORT = {  # known words of it -> status
    "a cat": "weak",
    "cat dog": "weak",
    "cat cat": "weak",
    "cat dog mouse": "ok",
    "cat cat cat": "ok",
    "the zyzzyva of 1984": "no-known-words",
    "": "no-known-words",
}
ROWS = [{"id": f"{i:02}", "text": text} for i, text in enumerate([*tiny_texts(), *SHORT])]


def statuses(model: TopicModel) -> list[str]:
    """The statuses of the short pages."""
    return [page.status for page in model.pages()[12:]]


@pytest.mark.parametrize("words", [WordOptions(), WordOptions(chunk=6), WordOptions(phrases=True)], ids=str)
@pytest.mark.parametrize("engine", ["memory", "disk"])
def test_as_new_pages_are(tmp_path: Path, words: WordOptions, engine: str) -> None:
    """Whole pages and pages in pieces, V in memory or on disk: what `classify` says of a page, the fit said, too."""
    if words.chunk and engine == "disk":
        pytest.skip("pieces of pages need V in memory")
    recipe = Recipe(words=words, bounds=Bounds(min_pages=2, max_pages=0.5))
    source = Source(str(write_jsonl(tmp_path / "t.jsonl", ROWS)))
    model = fit_matrix(prepare(source, recipe, engine=EngineOptions(engine)), 3)
    assert statuses(model) == list(SHORT.values())
    assert {page.status for page in model.pages()[:12]} == {"ok"}
    new = classify(model, [row["text"] for row in ROWS])
    assert [a.topics.status for a in new] == [page.status for page in model.pages()]
    assert model.weak_pages().tolist() == [j for j, page in enumerate(model.pages()) if page.status == "weak"]
    weak = model.pages()[12]
    assert weak.topic == new[12].topics.topic is not None


def test_on_disk(tmp_path: Path) -> None:
    """A saved model keeps the numbers; one of an earlier version has none, and calls no page weak."""
    model = fit_topics([row["text"] for row in ROWS], 3, min_pages=2, max_pages=0.5)
    assert statuses(model) == list(SHORT.values())
    save_model(model, tmp_path / "m")
    assert statuses(load_model(tmp_path / "m")) == list(SHORT.values())
    save_model(replace(model, known_words=None), tmp_path / "m")  # what an earlier version wrote
    old = load_model(tmp_path / "m")
    assert old.known_words is None
    assert set(statuses(old)) == {"ok", "no-known-words"}


def test_of_a_matrix_nothing_is_known() -> None:
    """A matrix of weights does not say how many words a page has."""
    model = fit_topics(np.abs(np.sin(np.arange(60.0).reshape(6, 10))), 2, terms=list("abcdef"))
    assert model.known_words is None
    assert {page.status for page in model.pages()} == {"ok"}


def test_on_the_command_line(ok: Run, tmp_path: Path) -> None:
    """The fit says how many pages are weak; pages.csv and `pages` show which."""
    source = write_jsonl(tmp_path / "t.jsonl", ROWS)
    done = ok("fit", source, "-o", "m", "-r", 3, "--max-pages", 0.5, "--min-pages", 2, "--no-clouds", "--no-report")
    assert "3 pages have fewer than 3 words of the vocabulary" in " ".join(done.stderr.split())
    assert [row["status"] for row in read_table(Path("m/pages.csv"))][12:] == list(SHORT.values())
    assert [page["status"] for page in document(ok("pages", "m", "--json"))["pages"]][12:] == list(SHORT.values())
    shown = ok("pages", "m").stdout.splitlines()
    assert "status" in shown[0]
    assert sum(" weak " in line for line in shown) == 3
    assert "status" not in ok("pages", "m", "--topic", 2, "--top", 1).stdout.splitlines()[0]
