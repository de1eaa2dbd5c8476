"""What becomes of every title: one line in ledger.csv, and for each page one line in pages.jsonl.

Several titles may lead to one page. It has one line in pages.jsonl, and one title stands for it in the ledger: a pinned
one, else the page's own, else the first by the alphabet; the others are `redirect-merged`. The order of both files
depends on nothing but their contents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nmf_topics.corpus.fetch.as_of import dated_key
from nmf_topics.corpus.fetch.journal import Journal
from nmf_topics.corpus.fetch.pins import check_pin
from nmf_topics.corpus.fetch.settings import Settings
from nmf_topics.corpus.fetch.site import Site
from nmf_topics.corpus.fetch.texts import Key
from nmf_topics.corpus.plain import one_line
from nmf_topics.files.csv_files import write_csv

COLUMNS = ("title", "status", "pageid", "revid", "words", "note", "wiki")
STATUSES = ("ok", "redirect-merged", "missing", "invalid", "disambiguation", "too-short", "filtered", "failed")
NOT_ASKED = "not asked yet"
BEYOND_LIMIT = "beyond the limit"
REDIRECT = "redirect to "
REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Asked:
    """A title that was asked for, and the fact that says what became of it.

    Attributes
    ----------
    title : as it was given
    key : ("title", the title as sent) or ("pin", the revision)
    pageid : the page that a pinned revision has to be of; 0 where that is not known
    """

    title: str
    key: Key
    pageid: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the ledger.

    Attributes
    ----------
    text : the fact that holds the text of the page; None where there is none
    outdated : the page keeps an older version, as the present one could not be read
    """

    title: str
    status: str
    pageid: int = 0
    revid: int = 0
    words: int = 0
    note: str = ""
    text: Key | None = None
    outdated: bool = False

    def cells(self, wiki: str = "") -> tuple[str, ...]:
        """Return the cells; what is not known is empty."""
        known = bool(self.text)
        numbers = (str(self.pageid or ""), str(self.revid or ""), str(self.words) if known else "")
        return (self.title, self.status, *numbers, self.note, wiki)


def outcome_of(asked: Asked, journal: Journal, *, any_round: bool = False) -> dict[str, Any] | None:
    """Return what became of a title; None while that is not known, or not in this round."""
    found: dict[str, Any] | None = journal.get(*asked.key, any_round=any_round)
    if found is None or asked.key[0] == "title":
        return found
    return check_pin(asked.title, asked.pageid, int(asked.key[1]), found, journal, any_round=any_round)


def is_removed(asked: Asked, outcome: Mapping[str, Any], settings: Settings) -> bool:
    """Whether a page was removed from the corpus, under the title that was asked for or under its own."""
    removed = {*settings.removed, *settings.removed_with_owner}
    return asked.title in removed or outcome.get("title") in removed


def text_key(asked: Asked, outcome: Mapping[str, Any], settings: Settings, journal: Journal) -> Key:
    """Return where the text of a page is kept: a revision that is not the page's last has a place of its own.

    With `as_of` it is the fact that says which revision the page had, while that is not known, and if it had none.
    """
    if asked.key[0] == "pin" and (settings.text == "wikitext" or asked.key[1] != str(outcome["revid"])):
        return "revision", asked.key[1]
    if settings.as_of and asked.key[0] == "title":
        place = dated_key(outcome["pageid"], settings.as_of)
        found = journal.get(*place) or {}
        return ("revision", str(found["revid"])) if "revid" in found else place
    return "page", str(outcome["pageid"])


def known_text(key: Key, outcome: Mapping[str, Any], settings: Settings, journal: Journal) -> dict[str, Any] | None:
    """Return the fact of a text, if it is there, of the wanted kind, and up to date."""
    found: dict[str, Any] | None = journal.get(*key)
    if found is None or (key[0] == "page" and found.get("way", settings.text) != settings.text):
        return None
    if "words" in found and found.get("part", "") != settings.excerpt.name:
        return None
    fresh = key[0] != "page" or journal.get(*key, any_round=False) or found.get("revid") == outcome["revid"]
    return found if fresh else None


def older_text(
    asked: Asked, key: Key, outcome: Mapping[str, Any], journal: Journal
) -> tuple[Key, dict[str, Any]] | None:
    """Return the text that a page had before, with its key; of a pin, the same revision as the wiki's extract."""
    for place in (key, ("page", str(outcome["pageid"]))):
        found: dict[str, Any] | None = journal.get(*place)
        if found is not None and "words" in found and (asked.key[0] == "title" or str(found["revid"]) == asked.key[1]):
            return place, found
    return None


@dataclass(frozen=True)
class LedgerBuilder:
    """What is known at the end of a run, or when it was stopped.

    Attributes
    ----------
    journal, settings : of the corpus
    considered : ids of the pages within the limit; None for all
    ended : the run has come to its end; otherwise titles may be left that nothing is known of
    failures : titles and texts that the wiki did not give, and why
    """

    journal: Journal
    settings: Settings
    considered: Collection[int] | None
    ended: bool
    failures: Mapping[Key, str]

    def rows(self, asked: Iterable[Asked]) -> list[Row]:
        """Return the lines of the ledger, by title."""
        rows: list[Row] = []
        pages: dict[int, list[tuple[Asked, dict[str, Any], str]]] = {}
        for one in {item.title: item for item in asked}.values():
            outcome, failure = outcome_of(one, self.journal), self.failures.get(one.key, "")
            if one.title in self.settings.removed and not (outcome or {}).get("pageid"):
                rows.append(Row(one.title, "filtered", note=REMOVED))
                continue
            if outcome is None and failure:  # what it was before
                outcome = outcome_of(one, self.journal, any_round=True)
            if outcome is None:
                beyond = self.ended and not failure
                rows.append(Row(one.title, "filtered" if beyond else "failed", note=self._why_unknown(one)))
            elif outcome.get("pageid") and outcome["status"] != "invalid":
                pages.setdefault(outcome["pageid"], []).append((one, outcome, failure))
            else:
                rows.append(Row(one.title, outcome["status"], note=outcome["note"], revid=_pinned(one)))
        for together in pages.values():
            together.sort(key=lambda item: (item[0].key[0] != "pin", item[0].title != item[1]["title"], item[0].title))
            rows += self._rows_of_page(together)
        return sorted(rows, key=lambda row: row.title)

    def _rows_of_page(self, together: Sequence[tuple[Asked, dict[str, Any], str]]) -> Iterator[Row]:
        """The lines of the titles of one page; one whose text could not be fetched does not stand for the others."""
        rows = [self._row(*one) for one in together]
        first = next((row for row in rows if row.status != "failed"), rows[0])
        for row in rows:
            if row is first or (row.status == "failed" and first.status != "failed"):
                yield row
            else:
                note = f"the same page as {first.title!r}"
                yield replace(first, title=row.title, status="redirect-merged", note=note)

    def _why_unknown(self, asked: Asked) -> str:
        return one_line(self.failures.get(asked.key, "")) or (BEYOND_LIMIT if self.ended else NOT_ASKED)

    def _row(self, asked: Asked, outcome: Mapping[str, Any], failure: str) -> Row:
        """The line of the title that stands for a page; `failure` says why the outcome is of an earlier round."""
        settings = self.settings
        assert settings.text is not None
        row = Row(asked.title, outcome["status"], outcome["pageid"], outcome["revid"])
        via = f"{REDIRECT}{outcome['via']!r}" if outcome["via"] else ""
        if outcome["status"] != "page":
            return replace(row, note=outcome["note"] or via)
        if is_removed(asked, outcome, settings):
            return replace(row, status="filtered", note=REMOVED)
        if asked.key[0] == "title" and not settings.accepts(outcome["quality"]):
            featured = settings.quality == "featured"
            note = "not a featured article" if featured else "neither a good nor a featured article"
            return replace(row, status="filtered", note=note)
        if not failure and self.considered is not None and row.pageid not in self.considered:
            status, note = ("filtered", BEYOND_LIMIT) if self.ended else ("failed", NOT_ASKED)
            return replace(row, status=status, note=note)
        key = text_key(asked, outcome, settings, self.journal)
        text = known_text(key, outcome, settings, self.journal)
        if text is None:
            failure = self.failures.get(key) or failure or NOT_ASKED
            if (older := older_text(asked, key, outcome, self.journal)) is None:
                return replace(row, status="failed", note=one_line(failure))
            key, text = older
        if "status" in text:
            return replace(row, status=text["status"], note=text["note"] or via)
        row = replace(row, revid=text["revid"], words=text["words"], text=key, outdated=bool(failure))
        if text["words"] < settings.min_words:
            return replace(row, status="too-short", note=via)
        if failure:
            via = one_line(f"an older version, as the present one could not be fetched: {failure}")
        elif outcome["note"]:
            via = outcome["note"]
        elif key[0] == "revision" and settings.text == "extracts":
            via = "from wikitext: the revision is no longer the page's last"
        return replace(row, status="ok", note=via)


def _pinned(asked: Asked) -> int:
    """The revision that was pinned, 0 where none was."""
    return int(asked.key[1]) if asked.key[0] == "pin" else 0


def write_ledger(rows: Iterable[Row], path: Path, *, wiki: str) -> None:
    """Write ledger.csv."""
    write_csv([COLUMNS, *(row.cells(wiki) for row in rows)], path)


def pages_of(rows: Iterable[Row], journal: Journal, site: Site) -> Iterator[dict[str, Any]]:
    """Yield the pages of the corpus, in the order of their ids."""
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
            **({"excerpt": fact["part"]} if fact.get("part") else {}),
        }
        if quality := qualities.get(row.pageid):
            page["quality"] = quality
        yield page


def counts_of(rows: Iterable[Row]) -> dict[str, int]:
    """Count the titles of each status."""
    counts = Counter(row.status for row in rows)
    return {status: counts[status] for status in STATUSES if counts[status]}
