"""The journal of a corpus that came without it, or with a damaged one: its facts from the visible files.

    manifest.json   the settings, and the selections of pages with the titles that they came to
    ledger.csv      which page each title leads to
    pages.jsonl     the texts

What these files do not tell is asked of the wiki again: why a title is no page, and what the wiki itself is.
"""

from __future__ import annotations

import ast
import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nmf_topics.corpus.fetch.as_of import dated_key
from nmf_topics.corpus.fetch.corpus_folder import LEDGER, is_fetched, read_manifest
from nmf_topics.corpus.fetch.journal import ELSEWHERE, JOURNAL, TEXT_KINDS, Fact, Journal
from nmf_topics.corpus.fetch.ledger import REDIRECT, Row
from nmf_topics.corpus.fetch.settings import Settings
from nmf_topics.corpus.fetch.titles import written
from nmf_topics.corpus.open import MANIFEST, PAGES
from nmf_topics.errors import CorpusError, OutputError
from nmf_topics.files.csv_files import unguarded

Tell = Callable[[str], None]
Rows = list[dict[str, str]]


def open_journal(folder: Path, *, force: bool = False, tell: Tell = lambda message: None) -> Journal:
    """Open the journal of a corpus folder for writing; what it lacks is restored from the files of the corpus.

    Parameters
    ----------
    force : use a folder that holds files of others; a pages.jsonl that `fetch` did not write is refused nevertheless
    tell : told what was restored

    Raises
    ------
    OutputError
        When the folder belongs to something else, or another fetch is writing into it.
    CorpusError
        When the files of the corpus cannot be used.
    """
    fetched, has_pages = is_fetched(folder), (folder / PAGES).exists()
    if has_pages and not fetched and not _wiki_of(_read_rows(folder)):
        raise OutputError(f"{folder} holds a {PAGES} that does not come from a wiki", remedy=ELSEWHERE)
    copied = fetched and not (folder / JOURNAL).is_file()
    journal = Journal(folder, mark=MANIFEST if copied else JOURNAL, force=force)
    try:
        if (journal.is_empty and (has_pages or fetched)) or journal.get("restoring", ""):
            journal.write([("restoring", "", True)])
            count = 0
            for facts in _facts_of_files(folder, tell):
                journal.take_over(facts)
                count += any(kind in TEXT_KINDS for kind, _, _ in facts)
            journal.write([("restoring", "", False)])
            pages = f"{count} page was" if count == 1 else f"{count} pages were"
            tell(f"{folder} has no usable journal; {pages} taken from {PAGES}")
    except BaseException:
        journal.close()
        raise
    return journal


def read_journal(folder: Path) -> Journal:
    """Read what is known of a corpus folder, from its journal and its visible files, and change nothing.

    What a journal lacks that is empty or damaged is taken from the files, as `open_journal` will do it.

    Raises
    ------
    CorpusError
        When the files of the corpus cannot be used.
    """
    journal = Journal(folder, read_only=True)
    is_whole = not (journal.is_empty or journal.damaged or journal.get("restoring", ""))
    if is_whole or not (is_fetched(folder) or (folder / PAGES).exists()):
        return journal
    for facts in _facts_of_files(folder, lambda message: None):
        for kind, _, value in facts:
            if kind in TEXT_KINDS:
                del value["text"]
        journal.take_over(facts)
    return journal


def recorded_settings(journal: Journal) -> Settings | None:
    """Return the settings that a journal holds; None where nothing was asked for yet.

    Raises
    ------
    CorpusError
        When a value cannot be that of its setting.
    """
    site, found = journal.get("site", ""), journal.get("settings", "")
    if not journal.all("ask") or not (site or found):
        return None
    if found is None:  # as earlier versions recorded them
        filters = journal.get("filters", "") or {}
        found = {**filters, "text": filters.get("way"), "wiki": site["api"]}
    return _settings(found, "the journal")


def _settings(recorded: Mapping[str, Any], where: str) -> Settings:
    try:
        return Settings.from_json(recorded)
    except ValueError as error:
        raise CorpusError(f"the settings of this corpus cannot be used: in {where}, {error}") from error


def _settings_in(manifest: Mapping[str, Any]) -> Settings | None:
    """The settings in a manifest; None when it is not that of a corpus from a wiki."""
    if "wiki" not in manifest:
        return None
    if isinstance(recorded := manifest.get("settings"), dict):
        return _settings(recorded, MANIFEST)
    filters = manifest.get("filters")  # of earlier versions
    found = {**(filters if isinstance(filters, dict) else {}), "wiki": manifest["wiki"]}
    return _settings({**found, "text": manifest.get("text_from")}, MANIFEST)


def _read_rows(folder: Path) -> Rows:
    """The lines of ledger.csv; none where there is no ledger."""
    try:
        with open(folder / LEDGER, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        return []
    except (OSError, ValueError, csv.Error) as error:
        raise CorpusError(f"{folder / LEDGER} cannot be read ({error})") from error
    return [{name: cell or "" for name, cell in row.items() if name} for row in rows]


def ledger_of(folder: Path) -> list[Row]:
    """Return the lines of the ledger of a corpus.

    Raises
    ------
    CorpusError
        When it cannot be read.
    """
    return [
        Row(
            unguarded(row.get("title", "")),
            row.get("status", ""),
            pageid=_number(row, "pageid"),
            revid=_number(row, "revid"),
            words=_number(row, "words"),
        )
        for row in _read_rows(folder)
    ]


def _number(row: Mapping[str, str], name: str) -> int:
    return int(row[name]) if row.get(name, "").isdecimal() else 0


def _wiki_of(rows: Rows) -> str:
    """The wiki that a ledger names."""
    return next((row["wiki"] for row in rows if row.get("wiki")), "")


def _pages_in(folder: Path, tell: Tell) -> Iterator[dict[str, Any]]:
    """The pages of a corpus; a line that is damaged is left out."""
    try:
        with open(folder / PAGES, "rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    page = json.loads(line)
                    yield {
                        "pageid": int(page["id"]),
                        "title": str(page["title"]),
                        "revid": int(page["revid"]),
                        "timestamp": str(page["timestamp"]),
                        "way": "wikitext" if page["text_from"] == "wikitext" else "extracts",
                        "part": str(page.get("excerpt", "")),
                        "words": len(page["text"].split()),
                        "text": str(page["text"]),
                        "quality": str(page.get("quality", "")),
                    }
                except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                    tell(f"{folder / PAGES}, line {number}: damaged; this page will be fetched again")
    except FileNotFoundError:
        return


def _facts_of_files(folder: Path, tell: Tell) -> Iterator[list[Fact]]:
    """The facts of a journal, those of a page at a time."""
    try:
        yield from _facts(folder, tell)
    except CorpusError:
        raise
    except (ValueError, TypeError, KeyError) as error:
        raise CorpusError(f"{folder / MANIFEST} cannot be used: {error}") from error


def _facts(folder: Path, tell: Tell) -> Iterator[list[Fact]]:
    manifest, rows = read_manifest(folder), _read_rows(folder)
    settings = _settings_in(manifest) or Settings(wiki=_wiki_of(rows))
    yield [("settings", "", settings.to_json())]
    selections = _selections_in(manifest, rows)
    pinned = {int(revid) for one in selections for _, revid, *_ in one.get("pins", ())}
    named = {title for one in selections for title in one.get("found", one.get("titles", ()))}
    named |= {title for one in selections for title, *_ in one.get("pins", ())}
    titles = _titles_by_page(rows)
    others: list[str] = []  # titles of pages that no finished selection names
    for page in _pages_in(folder, tell):
        own = titles.get(page["pageid"]) or {page["title"]: ""}
        others += sorted(set(own) - named)
        yield _facts_of_page(page, own, is_pinned=page["revid"] in pinned, settings=settings)
    yield [*_selection_facts(selections), *([("ask", str(len(selections)), {"titles": others})] if others else [])]


def _facts_of_page(page: dict[str, Any], own: Mapping[str, str], *, is_pinned: bool, settings: Settings) -> list[Fact]:
    """The facts of a page: its text, and where its titles lead (each with the redirects on the way)."""
    outcome = {"pageid": page["pageid"], "revid": page["revid"], "title": page["title"], "status": "page", "note": ""}
    outcome["quality"] = page.pop("quality")
    facts: list[Fact] = [("title", written(title), {**outcome, "via": via}) for title, via in own.items()]
    if not is_pinned and settings.as_of:
        dated = (*dated_key(page["pageid"], settings.as_of), {"revid": page["revid"]})
        return [dated, ("revision", str(page["revid"]), page), *facts]
    if not is_pinned:
        return [("page", str(page["pageid"]), page), *facts]
    number, pin = str(page["revid"]), {**outcome, "via": "", "quality": ""}
    if settings.text == "extracts" == page["way"]:  # it was the page's last revision
        return [("pin", number, pin), ("page", str(page["pageid"]), page), *facts]
    return [("pin", number, {**pin, "revid": 0}), ("revision", number, page), *facts]


def _selections_in(manifest: Mapping[str, Any], rows: Rows) -> list[dict[str, Any]]:
    """What the corpus was asked for; earlier versions recorded only the number of titles, which are in the ledger."""
    recorded = manifest.get("selections", manifest.get("asked"))
    found = [one for one in recorded if isinstance(one, dict)] if isinstance(recorded, list) else []
    if "selections" in manifest:
        return found
    titles = [unguarded(row.get("title", "")) for row in rows] if any("titles" in one for one in found) else []
    lists = [one for one in found if not {"titles", "pins"} & set(one)]
    return [*lists, {"titles": titles}] if titles else lists


def _selection_facts(selections: Iterable[dict[str, Any]]) -> Iterator[Fact]:
    for number, one in enumerate(selections):
        yield "ask", str(number), {name: value for name, value in one.items() if name != "found"}
        if "found" in one:
            yield "restored", str(number), [str(title) for title in one["found"]]


def _titles_by_page(rows: Rows) -> dict[int, dict[str, str]]:
    """The titles that lead to each page of the corpus, with the redirects on the way."""
    titles: dict[int, dict[str, str]] = {}
    for row in rows:
        if row.get("status") in ("ok", "redirect-merged") and (pageid := _number(row, "pageid")):
            titles.setdefault(pageid, {})[unguarded(row.get("title", ""))] = _via(row.get("note", ""))
    return titles


def _via(note: str) -> str:
    """What a note says of redirects.

    Examples
    --------
    >>> _via("redirect to 'Chai -> Tea'")
    'Chai -> Tea'
    """
    try:
        return str(ast.literal_eval(note.removeprefix(REDIRECT))) if note.startswith(REDIRECT) else ""
    except (ValueError, SyntaxError):
        return ""
