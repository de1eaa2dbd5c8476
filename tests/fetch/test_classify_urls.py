"""Classifying pages straight from a wiki, by the URL of a page or of one of its revisions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from loopback import LOADED, Wiki, save
from program import Run


@pytest.mark.wiki
def test_url_of_a_revision(empty_wiki: Wiki, fitted: Path, tmp_path: Path, ok: Run) -> None:
    """`oldid` of a URL is respected: an old revision is classified by its own text, not by the current one."""
    changing = Wiki(tmp_path / "changing")
    shutil.copytree(empty_wiki.folder, changing.folder)
    for number, text in enumerate(("The cat and the mouse and the dog.", "Planets, moons and stars.")):
        save(tmp_path / str(number), "Page", text, LOADED + 60 * number)
        changing.load(tmp_path / str(number))
    changing.start()
    site = changing.api.removesuffix("/w/api.php")
    try:
        ok("fetch", "Page", "--wiki", changing.api, "--text", "wikitext", "-o", "c")
        newest = json.loads(Path("c/pages.jsonl").read_text(encoding="utf-8"))["revid"]
        urls = [f"{site}/w/index.php?title=Page&oldid={revid}" for revid in (newest - 1, newest)]
        urls += [f"{site}/wiki/Page", f"{site}/wiki/Page?oldid=99999"]
        found = json.loads(ok("classify", *[part for url in urls for part in ("--url", url)], "--json").stdout)["pages"]
    finally:
        changing.stop()
    old, pinned, current, missing = found
    assert old["topic"] != current["topic"]
    assert pinned["weights"] == current["weights"]
    assert missing["status"] == "unreadable"
