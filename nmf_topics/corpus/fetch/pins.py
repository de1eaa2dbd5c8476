"""Pinned revisions: exact versions of pages, such as those in the ledger of somebody's corpus.

A revision number says nothing by itself, so title, page id and wiki of a pin are verified: the text of another page
must not enter a corpus under its name.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nmf_topics.corpus.fetch.client import Client
from nmf_topics.corpus.fetch.journal import Fact, Journal
from nmf_topics.corpus.fetch.reply import a_number, dicts, expect_line, merged_pages, parts
from nmf_topics.corpus.fetch.select import read_text_file
from nmf_topics.corpus.fetch.site import Site
from nmf_topics.corpus.fetch.titles import batch_size, written
from nmf_topics.errors import CorpusError
from nmf_topics.files.csv_files import unguarded

Tell = Callable[[str], None]


def pins_in(path: Path, tell: Tell) -> dict[str, Any]:
    """Read pinned revisions from a table with a column revid; title, pageid, status and wiki are used if it has them.

    Returns
    -------
    A selection: {"pins": [[title, revision, page id or 0], ...]}, and "wiki" where the table names one.

    Raises
    ------
    CorpusError
        When there is no column revid, a value is not a number, or the table is of several wikis.
    """
    table = csv.DictReader(io.StringIO(read_text_file(path, tell), newline=""))
    if "revid" not in (table.fieldnames or ()):
        raise CorpusError(f"{path} has no column revid; it should be a CSV such as the ledger.csv of a corpus")
    pins: dict[int, list[Any]] = {}
    wikis: set[str] = set()
    try:
        for row in table:
            if row.get("status", "ok") != "ok":  # a ledger: only its pages are wanted
                continue
            revid = _number(row["revid"], path, table.line_num, "revid")
            if not revid:
                raise CorpusError(f"{path}, line {table.line_num}: revid is empty")
            pageid = _number(row.get("pageid"), path, table.line_num, "pageid")
            title = unguarded(row.get("title") or "").strip() or _nameless(revid)
            pins.setdefault(revid, [title, revid, pageid])
            wikis.add((row.get("wiki") or "").strip())
    except csv.Error as error:
        raise CorpusError(f"{path}, line {table.line_num}: {error}") from error
    wikis -= {""}
    if not pins:
        raise CorpusError(f"{path} names no revision")
    if len({_place(wiki) for wiki in wikis}) > 1:
        raise CorpusError(f"{path} has revisions of several wikis: {', '.join(sorted(wikis))}")
    selection: dict[str, Any] = {"pins": list(pins.values())}
    return selection | ({"wiki": min(wikis)} if wikis else {})


def _number(cell: str | None, path: Path, line: int, name: str) -> int:
    """The number in a cell, 0 for an empty one."""
    text = (cell or "").strip()
    if not text:
        return 0
    if not text.isdecimal() or not 0 < int(text) < 2**63:
        raise CorpusError(f"{path}, line {line}: {name} is {text!r}, not a whole number")
    return int(text)


def _nameless(revid: int) -> str:
    """The name of a revision whose title is not known."""
    return f"revision {revid}"


def _place(api: str) -> tuple[str, str]:
    """Host and path of an api.php, to compare wikis by."""
    split = urlsplit(api)
    return split.netloc.lower(), split.path


def foreign_wiki(selections: Iterable[dict[str, Any]], wiki: str) -> str:
    """Return the wiki of pinned revisions that are not of the wiki that will be asked; "" if there are none.

    Examples
    --------
    >>> foreign_wiki([{"pins": [], "wiki": "https://de.wikipedia.org/w/api.php"}], "https://en.wikipedia.org/w/api.php")
    'https://de.wikipedia.org/w/api.php'
    """
    named = [one["wiki"] for one in selections if "pins" in one and one.get("wiki")]
    return next((theirs for theirs in named if _place(theirs) != _place(wiki)), "")


def resolve_pins(pins: Iterable[int], client: Client, site: Site, journal: Journal) -> None:
    """Ask for the pages of those revisions that the journal has no `pin` facts of, and write them down."""
    wanted = [revid for revid in pins if journal.get("pin", str(revid), any_round=False) is None]
    size = batch_size(client, site) if wanted else 1
    for first in range(0, len(wanted), size):
        journal.write(_ask(wanted[first : first + size], client, site))


def _ask(batch: Sequence[int], client: Client, site: Site) -> list[Fact]:
    """One request: which pages are these revisions of?"""
    question: dict[str, str | int] = {"action": "query", "revids": "|".join(map(str, batch))}
    question |= {"prop": "info|revisions", "rvprop": "ids"}
    _, pages = merged_pages(parts(client, site.api, question))
    found: dict[int, dict[str, Any]] = {}
    for page in pages:
        for revision in dicts(page.get("revisions")):
            known = {"pageid": a_number(page.get("pageid")), "title": expect_line(page.get("title")), "via": ""}
            known |= {"status": "page", "note": "", "quality": "", "revid": a_number(page.get("lastrevid"))}
            found[a_number(revision.get("revid"))] = known
    missing = {"status": "missing", "note": "no such revision"}
    return [("pin", str(revid), found.get(revid, missing)) for revid in batch]


def is_called_otherwise(title: str, revid: int, outcome: dict[str, Any] | None) -> bool:
    """Whether the page of a revision has another title than the pin; then it has to be asked where that one leads."""
    named = title != _nameless(revid)
    return bool(named and outcome and outcome["status"] == "page" and written(title) != outcome["title"])


def check_pin(
    title: str, pageid: int, revid: int, outcome: dict[str, Any], journal: Journal, *, any_round: bool = False
) -> dict[str, Any] | None:
    """Compare the page of a revision with the page id and the title of the pin.

    Parameters
    ----------
    pageid : that the pin names, 0 if it names none
    outcome : which page the revision is of, as the wiki says

    Returns
    -------
    The outcome, `invalid` if the revision is of another page; None while it is not known where the title leads.
    """
    if outcome["status"] != "page":
        return outcome
    theirs = f"revision {revid} is of {outcome['title']!r} (page {outcome['pageid']})"
    if pageid and pageid != outcome["pageid"]:
        return {"status": "invalid", "note": f"{theirs}, not of page {pageid}"}
    if not is_called_otherwise(title, revid, outcome):
        return outcome
    named = journal.get("title", written(title), any_round=any_round)
    if named is None:
        return None
    if named.get("pageid") == outcome["pageid"]:
        return {**outcome, "via": named["via"]}
    if pageid:  # the page was renamed, and its former title may belong to another one now
        return {**outcome, "note": f"the page is called {outcome['title']!r} now"}
    return {"status": "invalid", "note": f"{theirs}, to which this title does not lead"}
