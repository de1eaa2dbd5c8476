"""Write the files of a corpus, pages.jsonl, ledger.csv and manifest.json: all of them or none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nmf_topics import __version__
from nmf_topics.corpus.fetch.journal import ELSEWHERE, HEADER, JOURNAL
from nmf_topics.corpus.fetch.ledger import Row, write_ledger
from nmf_topics.corpus.open import MANIFEST, PAGES
from nmf_topics.corpus.page import Page
from nmf_topics.errors import OutputError
from nmf_topics.files.atomic import folder_of_files

LEDGER = "ledger.csv"
LAST = ("selections",)  # of the manifest: long lists


def write_corpus(
    folder: Path,
    pages: Iterable[Mapping[str, Any]],
    facts: Mapping[str, Any],
    *,
    mark: str,
    rows: Iterable[Row] | None = None,
    changed: bool = True,
    force: bool = False,
) -> dict[str, Any]:
    """Write a corpus into its folder.

    Parameters
    ----------
    pages : objects with id, title, text and more; each becomes a line
    facts : for the manifest, besides counts and time; a function is called when all pages are read
    mark : the file by which the folder is known to be one of this tool
    rows : of the ledger, if there is one; they come from the wiki in `facts`
    changed : a wiki was asked since the folder was written; otherwise the time in the manifest stays

    Returns
    -------
    The contents of manifest.json.
    """
    before = read_manifest(folder).get("fetched")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with folder_of_files(folder, mark=mark, force=force) as partial:
        digest, count, words = hashlib.sha256(), 0, 0
        with open(partial / PAGES, "wb") as file:
            for page in pages:
                line = json.dumps(page, ensure_ascii=False).encode() + b"\n"
                digest.update(line)
                file.write(line)
                count += 1
                words += len(page["text"].split())
        if rows is not None:
            write_ledger(rows, partial / LEDGER, wiki=facts["wiki"])
        values = {key: value() if callable(value) else value for key, value in facts.items()}
        last = {key: values.pop(key) for key in LAST if key in values}
        manifest = {"schema": 1, "name": folder.name, **values, "pages": count, "words": words}
        manifest |= {"fetched": now if changed else before or now, "program": f"nmf-topics {__version__}"}
        manifest |= {"sha256": digest.hexdigest(), **last}
        text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
        (partial / MANIFEST).write_text(text, encoding="utf-8")
    return manifest


def read_manifest(folder: Path) -> Mapping[str, Any]:
    """Return the contents of manifest.json; nothing where there is none that can be read."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def is_fetched(folder: Path) -> bool:
    """Whether a folder holds a corpus from a wiki, or the beginning of one."""
    try:
        return (folder / JOURNAL).stat().st_size > len(HEADER) or "wiki" in read_manifest(folder)
    except OSError:
        return "wiki" in read_manifest(folder)


def corpus_of_dump(
    pages: Iterable[Page],
    folder: Path,
    *,
    dump: str,
    left_out: Mapping[str, int],
    min_words: int = 1,
    limit: int | None = None,
    force: bool = False,
) -> dict[str, Any]:
    """Write the pages of a dump into a folder, in the order of the dump.

    Parameters
    ----------
    pages : as they come; no more than one is held
    dump : its name
    left_out : reason -> pages that were no articles, complete when the pages are at their end

    Raises
    ------
    OutputError
        When the folder holds something else.
    """
    if is_fetched(folder):
        raise OutputError(f"{folder} holds a corpus from a wiki", remedy=ELSEWHERE)
    counts = {"ok": 0, "too-short": 0}

    def wanted() -> Iterable[dict[str, Any]]:
        for page in pages:
            if len(page.text.split()) < min_words:
                counts["too-short"] += 1
                continue
            counts["ok"] += 1
            yield {"id": page.id, "title": page.title, "text": page.text, **page.meta}
            if counts["ok"] == limit:
                return

    facts: dict[str, Any] = {"dump": dump, "filters": {"min_words": min_words, "limit": limit}, "text_from": "wikitext"}
    facts |= {"complete": True, "counts": counts, "left_out": lambda: dict(sorted(left_out.items()))}
    return write_corpus(folder, wanted(), facts, mark=MANIFEST, force=force)
