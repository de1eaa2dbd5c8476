"""Markup in tables, from the command line: what is said and recorded, and new pages read like those of the fit."""

from __future__ import annotations

import json
from pathlib import Path

from outputs import document
from program import Refused, Run

SUBJECTS = {"tea": "green tea leaves water cup", "goal": "goal team match player league"}


def rows() -> list[dict[str, str]]:
    """Pages of two subjects in HTML."""
    return [
        {"id": f"{name}{k}", "text": f'<p class="intro">{words} &amp; <a href="http://x.org/fullquote">{k}</a></p>'}
        for name, words in SUBJECTS.items()
        for k in range(8)
    ]


def write(name: str, lines: list[dict[str, str]]) -> None:
    Path(name).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def test_markup_is_said_recorded_and_left_out_of_new_pages(ok: Run) -> None:
    """One line on stderr, the columns in run.json; a single new page is read as those of the fit were."""
    write("news.jsonl", rows())
    found = ok("fit", "news.jsonl", "-r", 2, "--min-pages", 1, "--max-pages", 1.0)
    said = [line for line in found.stderr.splitlines() if "--markup keep leaves them in" in line]
    assert said == [
        "news.jsonl: removed tags, entities from column 'text' (16 of 16 cells); --markup keep leaves them in"
    ]
    run = json.loads(Path("models/news-r2/run.json").read_text(encoding="utf-8"))
    assert run["corpus"]["markup"] == {"text": {"removed": ["tags", "entities"], "cells": 16, "of": 16}}
    words = json.loads(Path("models/news-r2/model.json").read_text(encoding="utf-8"))
    assert "fullquote" not in json.dumps(words)
    again = ok("fit", "news.jsonl", "-r", 2, "--min-pages", 1, "--max-pages", 1.0)
    assert said[0] in again.stderr  # from the cache of counts
    write("one.jsonl", rows()[:1])
    [page] = document(ok("classify", "one.jsonl", "--json"))["pages"]
    assert (page["known_words"], page["unknown_words"]) == (1.0, [])


def test_markup_that_is_kept(ok: Run, refused: Refused) -> None:
    """It is text then, in the fit and in new pages, also when the fit is repeated from its record."""
    write("news.jsonl", rows())
    found = ok("fit", "news.jsonl", "-r", 2, "--min-pages", 1, "--max-pages", 1.0, "--markup", "keep")
    assert "removed" not in found.stderr
    run = json.loads(Path("models/news-r2/run.json").read_text(encoding="utf-8"))
    assert "markup" not in run["corpus"]
    assert "--markup keep" in run["repeat"]
    [page, *_] = document(ok("classify", "news.jsonl", "--json"))["pages"]
    assert page["known_words"] == 1.0
    assert "'tag' is none of auto, remove, keep" in refused(2, "fit", "news.jsonl", "--markup", "tag")
