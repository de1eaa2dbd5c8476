"""The end of every title: one line in ledger.csv, and for each page one in pages.jsonl.

Several titles may lead to one page. It has one line in pages.jsonl, and one title answers for it in the ledger: the
page's own, if it was asked for, else the first by the alphabet; the others are `redirect-merged`. Both files are in an
order that depends on nothing but what is in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nmf_topics.corpus.fetch.journal import Journal
from nmf_topics.corpus.fetch.settings import Settings
from nmf_topics.corpus.fetch.site import Site
from nmf_topics.corpus.fetch.texts import Key, Way
from nmf_topics.corpus.plain import one_line
from nmf_topics.files.csv_files import write_csv

COLUMNS = ("title", "status", "pageid", "revid", "words", "note")
STATUSES = ("ok", "redirect-merged", "missing", "invalid", "disambiguation", "too-short", "filtered", "failed")


@dataclass(frozen=True, slots=True)
class Asked:
    """A title as it was asked for, and the fact that says what came of it.

    Attributes
    ----------
    title : as it was given
    key : ("title", the title as sent) or ("pin", the revision)
    """

    title: str
    key: Key


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the ledger, and where the text is if it is a page's."""

    title: str
    status: str
    pageid: int = 0
    revid: int = 0
    words: int = 0
    note: str = ""
    text: Key | None = None

    def cells(self) -> tuple[str, ...]:
        """The line; what is not known is empty."""
        known = bool(self.text)
        numbers = (str(self.pageid or ""), str(self.revid or ""), str(self.words) if known else "")
        return (self.title, self.status, *numbers, self.note)


def outcome_of(asked: Asked, journal: Journal) -> dict[str, Any] | None:
    """What came of a title, None while nothing has."""
    found: dict[str, Any] | None = journal.get(*asked.key, any_round=False)
    return found


def text_key(asked: Asked, outcome: Mapping[str, Any], way: Way) -> Key:
    """Where the text of a page is kept: a revision that is no longer the page's last has a place of its own."""
    if asked.key[0] == "pin" and (way == "wikitext" or asked.key[1] != str(outcome["revid"])):
        return "revision", asked.key[1]
    return "page", str(outcome["pageid"])


def known_text(key: Key, outcome: Mapping[str, Any], way: Way, journal: Journal) -> dict[str, Any] | None:
    """The fact of a text, if it is there and up to date."""
    found: dict[str, Any] | None = journal.get(*key)
    if found is None or (key[0] == "page" and found.get("way", way) != way):
        return None
    fresh = key[0] == "revision" or journal.get(*key, any_round=False) or found.get("revid") == outcome["revid"]
    return found if fresh else None


def rows_of(
    asked: Iterable[Asked],
    journal: Journal,
    settings: Settings,
    *,
    considered: Collection[int] | None,
    failures: Mapping[Key, str],
) -> list[Row]:
    """The lines of the ledger, by title.

    Parameters
    ----------
    considered : ids of the pages that were within the limit; None when the fetch has not come to its end
    failures : texts that could not be had, and why
    """
    ends: list[Row] = []
    pages: dict[int, list[tuple[Asked, dict[str, Any]]]] = {}
    for one in {item.title: item for item in asked}.values():
        outcome = outcome_of(one, journal)
        if outcome is None:
            status, note = ("failed", "not asked yet") if considered is None else ("filtered", "beyond the limit")
            ends.append(Row(one.title, status, note=note))
        elif outcome.get("pageid"):
            pages.setdefault(outcome["pageid"], []).append((one, outcome))
        else:
            ends.append(Row(one.title, outcome["status"], note=outcome["note"]))
    for together in pages.values():
        together.sort(key=lambda pair: (pair[0].key[0] != "pin", pair[0].title != pair[1]["title"], pair[0].title))
        first = _row(*together[0], journal, settings, considered, failures)
        ends.append(first)
        for other, _ in together[1:]:
            note = f"the same page as {first.title!r}"
            ends.append(Row(other.title, "redirect-merged", first.pageid, first.revid, first.words, note, first.text))
    return sorted(ends, key=lambda row: row.title)


def _row(
    asked: Asked,
    outcome: Mapping[str, Any],
    journal: Journal,
    settings: Settings,
    considered: Collection[int] | None,
    failures: Mapping[Key, str],
) -> Row:
    """The line of the title that answers for a page."""
    pageid, revid = outcome["pageid"], outcome["revid"]
    via = f"redirect to {outcome['via']!r}" if outcome["via"] else ""
    if outcome["status"] != "page":
        return Row(asked.title, outcome["status"], pageid, revid, note=outcome["note"] or via)
    if asked.key[0] == "title" and not settings.accepts(outcome["quality"]):
        note = "not a featured article" if settings.quality == "featured" else "neither a good nor a featured article"
        return Row(asked.title, "filtered", pageid, revid, note=note)
    if considered is not None and pageid not in considered:
        return Row(asked.title, "filtered", pageid, revid, note="beyond the limit")
    assert settings.text is not None
    key = text_key(asked, outcome, settings.text)
    text = known_text(key, outcome, settings.text, journal)
    if text is None:
        return Row(asked.title, "failed", pageid, revid, note=one_line(failures.get(key, "not asked yet")))
    if "status" in text:
        return Row(asked.title, text["status"], pageid, revid, note=text["note"] or via)
    status = "ok" if text["words"] >= settings.min_words else "too-short"
    if key[0] == "revision" and settings.text == "extracts":
        via = "from wikitext: the revision is no longer the page's last"
    return Row(asked.title, status, pageid, text["revid"], text["words"], via, key)


def write_ledger(rows: Iterable[Row], path: Path) -> None:
    """Write ledger.csv."""
    write_csv([COLUMNS, *(row.cells() for row in rows)], path)


def pages_of(rows: Iterable[Row], journal: Journal, site: Site) -> Iterator[dict[str, Any]]:
    """The pages of the corpus, in the order of their ids."""
    qualities = {
        found["pageid"]: found["quality"]
        for found in journal.all("title").values()
        if found.get("pageid") and found.get("quality")
    }
    for row in sorted((row for row in rows if row.status == "ok"), key=lambda row: row.pageid):
        assert row.text is not None
        fact = journal.get(*row.text)
        title, address = fact["title"] or row.title, site.address(fact["title"])
        page: dict[str, Any] = {
            "id": str(row.pageid),
            "title": title,
            "text": journal.text(*row.text),
            "url": address,
            "revid": fact["revid"],
            "timestamp": fact["timestamp"],
            "lang": site.language,
            "license": site.license or "not stated by the wiki",
            "license_url": site.license_url,
            "attribution": f"{title}, by the contributors of {site.name}, {address}, revision {fact['revid']}",
            "text_from": fact["way"],
        }
        if quality := qualities.get(row.pageid):
            page["quality"] = quality
        yield page


def counts_of(rows: Iterable[Row]) -> dict[str, int]:
    """How many titles ended how."""
    counts = Counter(row.status for row in rows)
    return {status: counts[status] for status in STATUSES if counts[status]}
