"""Fetch a corpus from a wiki, page by page, so that nothing is lost when it is stopped.

    selections -> titles -> pages -> texts              every answer goes into the journal before the next request
    journal -> pages.jsonl, ledger.csv, manifest.json   at the end of a run

A folder remembers its selections and its settings; later ones are added to them. The visible files never lose a page to
a run that is stopped: the first fetch, and one that adds pages, writes what it has; a refresh, or a run that changes
settings, leaves the files as they were until all of its answers are there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from nmf_topics.corpus.fetch.as_of import find_revisions
from nmf_topics.corpus.fetch.client import Client
from nmf_topics.corpus.fetch.corpus_folder import write_corpus
from nmf_topics.corpus.fetch.journal import JOURNAL, Journal
from nmf_topics.corpus.fetch.ledger import (
    Asked,
    LedgerBuilder,
    Row,
    counts_of,
    is_removed,
    known_text,
    outcome_of,
    pages_of,
    text_key,
)
from nmf_topics.corpus.fetch.other_languages import with_owners
from nmf_topics.corpus.fetch.pins import foreign_wiki, is_called_otherwise, resolve_pins
from nmf_topics.corpus.fetch.quality import known_marks, linked_marks
from nmf_topics.corpus.fetch.restore import ledger_of, recorded_settings
from nmf_topics.corpus.fetch.selections import Ask, is_listed, select_titles
from nmf_topics.corpus.fetch.settings import Settings
from nmf_topics.corpus.fetch.site import Site, read_site
from nmf_topics.corpus.fetch.texts import BECAME_REDIRECT, Key, choose_way, read_texts
from nmf_topics.corpus.fetch.titles import BATCH, resolve, written
from nmf_topics.corpus.plain import clean_text
from nmf_topics.errors import FetchError, NothingFound, Remedy


class ProgressCounter(Protocol):
    """Shows how far a phase is."""

    def step(self, detail: Any = "") -> None:
        """Count one more."""


def _silent(what: str, total: int | None) -> AbstractContextManager[ProgressCounter | None]:
    return nullcontext()


@dataclass
class Result:
    """The corpus at the end of a fetch.

    Attributes
    ----------
    rows : of the ledger
    manifest : the contents of manifest.json
    complete : nothing is left to be asked for
    """

    rows: list[Row]
    manifest: dict[str, Any]
    complete: bool

    @property
    def outdated(self) -> int:
        """How many pages keep an older version, as the present one could not be fetched."""
        return sum(row.outdated and row.status == "ok" for row in self.rows)


@dataclass
class Fetch:
    """One run over a folder.

    Attributes
    ----------
    client, journal : who asks, and where the answers are kept
    settings : of the corpus; once the wiki has answered, `text` is how texts are read
    workers : requests under way at once, at most 3
    tell, progress : notes, and the counter of a phase
    site : known once the wiki has answered
    pages : in the corpus, as it was written last; None before that
    """

    client: Client
    journal: Journal
    settings: Settings
    workers: int = 1
    tell: Callable[[str], None] = lambda message: None
    progress: Callable[[str, int | None], AbstractContextManager[ProgressCounter | None]] = _silent
    site: Site | None = field(default=None, init=False)
    pages: int | None = field(default=None, init=False)
    _asked: dict[str, Asked] = field(default_factory=dict, init=False)  # by title
    _found: dict[int, list[str]] = field(default_factory=dict, init=False)  # titles, by number of the selection
    _considered: dict[int, None] = field(default_factory=dict, init=False)  # ids of pages within the limit
    _failures: dict[Key, str] = field(default_factory=dict, init=False)  # titles and texts not given, and why
    _followed: set[str] = field(default_factory=set, init=False)  # titles that were resolved twice
    _good: int = field(default=0, init=False)  # pages with enough words so far

    def run(self, folder: Path, asks: Sequence[Ask], *, refresh: bool = False) -> Result:
        """Fetch what is asked for, in addition to what the folder was asked for before.

        Parameters
        ----------
        refresh : ask again what the selections mean and which pages have changed

        Raises
        ------
        FetchError
            When the wiki cannot be asked. What it had answered is in the journal, and the next run continues there.
        """
        recorded = recorded_settings(self.journal)
        if recorded and recorded.wiki != self.settings.wiki:
            raise FetchError(
                f"this corpus is from {recorded.wiki}, not {self.settings.wiki}",
                remedy=Remedy("choose another place with {output}"),
            )
        if theirs := foreign_wiki(asks, self.settings.wiki):
            raise FetchError(
                f"the pinned revisions are from {theirs}, not {self.settings.wiki}",
                remedy=Remedy("name their wiki with {wiki}"),
            )
        known = {int(number): ask for number, ask in self.journal.all("ask").items()}
        fresh = [ask for ask in map(_writable, asks) if ask not in known.values()]
        first = max(known, default=-1) + 1
        selections = dict(sorted(known.items())) | dict(enumerate(fresh, first))
        self._prepare(recorded, refresh=refresh)
        replacing = self.journal.is_refreshing or bool(recorded and self.settings.changes_from(recorded))
        ended = False
        try:
            self._take_all(selections, first)
            ended = True
        finally:
            if ended or not replacing:
                result = self._write(folder, selections, ended=ended)
        assert result is not None  # it is None only for a run that was stopped
        if result.complete:
            self.journal.finish_round()
        return result

    def _prepare(self, recorded: Settings | None, *, refresh: bool) -> None:
        """Get to know the wiki, and whether it can give what is wanted; if not, no refresh has begun."""
        site = self.journal.get("site", "")
        if recorded is None:  # nothing is known but perhaps another wiki, which had no such pages
            anew = site is not None and site["api"] != self.settings.wiki
        else:
            anew = self.settings.text not in (None, recorded.text)
        begun = self.journal.begin_round(refresh or anew)
        try:
            self._know_site()
        except BaseException:
            if begun:
                self.journal.abandon_round()
            raise
        if recorded is None:
            self.journal.write([("settings", "", self.settings.to_json())])

    def _know_site(self) -> None:
        site = read_site(self.client, self.settings.wiki, self.journal)
        way = "wikitext" if self.settings.as_of else self.settings.text  # there are extracts of the last revision only
        self.settings = replace(self.settings, text=choose_way(way, site))
        marks = known_marks(site.language)
        try:
            marks |= linked_marks(site, self.client, self.journal)
        except FetchError as error:  # the table may know enough, and the wiki itself does answer
            self.tell(f"which categories of {site.name} hold its good articles could not be asked ({error})")
        if self.settings.quality != "any" and not marks and not site.assesses:
            raise FetchError(
                f"how {site.name} ({site.language}) marks its good articles is not known here",
                remedy=Remedy("name the category that holds them with {category}"),
            )
        self.site = replace(site, quality_marks=marks)

    def _take_all(self, selections: dict[int, Ask], first: int) -> None:
        """Everything that is asked for, one selection after the other; those before `first` are in the journal."""
        for number, ask in selections.items():  # what is named gets its line in the ledger, however far this run comes
            if not is_listed(ask):
                self._note(self._candidates(number, ask))
        for number, ask in selections.items():
            candidates = self._candidates(number, ask)
            if number >= first:  # not before it is known that there is such a category
                self.journal.write([("ask", str(number), ask)])
            if "top" not in ask:
                self._note(candidates)
            self._take(candidates, ask.get("top"))
            if is_listed(ask):
                self._found[number] = [one.title for one in candidates if one.title in self._asked]
                self._record("selected", str(number), self._found[number])

    def _record(self, kind: str, key: str, value: Any) -> None:
        """Write a fact into the journal if it is news."""
        if self.journal.get(kind, key) != value:
            self.journal.write([(kind, key, value)])

    def _note(self, candidates: Sequence[Asked]) -> None:
        for one in candidates:
            self._asked.setdefault(one.title, one)

    def _candidates(self, number: int, ask: Ask) -> list[Asked]:
        """The titles of a selection, in its order."""
        if "pins" in ask:
            return [Asked(title, ("pin", str(revid)), *pageid) for title, revid, *pageid in ask["pins"]]
        titles = self.journal.get("restored", str(number), any_round=False)
        if titles is None:
            try:
                titles = select_titles(ask, self.client, self._site(), self.settings, self.journal, self.tell)
            except NothingFound as error:
                titles = self.journal.get("selected", str(number)) or self.journal.get("restored", str(number))
                if titles is None:
                    raise
                self.tell(f"{error}; the titles that it had before stay in the corpus")
        return [Asked(title, ("title", written(title))) for title in titles]

    def _take(self, candidates: Sequence[Asked], most: int | None) -> None:
        """Read the texts of the candidates that are wanted, `most` of them and no more than the limit in all."""
        wanted = self._wanted(candidates, lazily=most is not None or self.settings.limit is not None)
        taken = 0
        while (room := self._room(most, taken)) != 0:
            wave = list(islice(wanted, room))
            if not wave:
                break
            taken += self._read(wave)
        if most is not None and taken < most and self._room(None, 0) != 0:
            self.tell(
                f"only {taken:,} of the {most:,} most viewed pages that were asked for: "
                f"of {len(candidates):,} listed titles, no others fit"
            )

    def _room(self, most: int | None, taken: int) -> int | None:
        """How many more pages may come; None for any number."""
        rooms = [] if most is None else [most - taken]
        if self.settings.limit is not None:
            rooms.append(self.settings.limit - self._good)
        return max(0, min(rooms)) if rooms else None

    def _wanted(self, candidates: Sequence[Asked], lazily: bool) -> Iterator[tuple[Asked, dict[str, Any]]]:
        """The candidates that lead to pages of the wanted quality, each page once."""
        size = BATCH if lazily else max(1, len(candidates))
        new = len({one.key for one in candidates if outcome_of(one, self.journal) is None})
        with self.progress("titles", None if lazily else new) as counter:
            for first in range(0, len(candidates), size):
                batch = candidates[first : first + size]
                self._resolve(batch, counter.step if counter else lambda title: None)
                for one in batch:
                    self._asked.setdefault(one.title, one)
                    outcome = outcome_of(one, self.journal)
                    if outcome is None or outcome["status"] != "page" or outcome["pageid"] in self._considered:
                        continue
                    if one.key[0] == "title" and not self.settings.accepts(outcome["quality"]):
                        continue
                    if is_removed(one, outcome, self.settings):
                        continue
                    self._considered[outcome["pageid"]] = None
                    yield one, outcome

    def _resolve(self, batch: Sequence[Asked], on_title: Callable[[str], None]) -> None:
        """See to it that the journal says what the titles and pins lead to."""
        assert self.site is not None
        pins = [(one, int(one.key[1])) for one in batch if one.key[0] == "pin"]
        resolve_pins([revid for _, revid in pins], self.client, self.site, self.journal)
        keys = {one.key: one.key for one in batch if one.key[0] == "title"}
        for one, revid in pins:
            if is_called_otherwise(one.title, revid, self.journal.get(*one.key)):
                keys[one.key] = ("title", written(one.title))
        failed = resolve([title for _, title in keys.values()], self.client, self.site, self.journal, on_title)
        self._failures |= {asked: failed[key] for asked, key in keys.items() if key in failed}

    def _site(self) -> Site:
        """The wiki, which is known once it has answered."""
        assert self.site is not None
        return self.site

    def _read(self, wave: Sequence[tuple[Asked, dict[str, Any]]]) -> int:
        """Read the texts that are not known yet; return how many of all are long enough."""
        site, settings, journal = self._site(), self.settings, self.journal
        assert settings.text is not None
        if settings.as_of:
            named = [outcome["pageid"] for one, outcome in wave if one.key[0] == "title"]
            with self.progress("revisions", len(named)) as counter:
                on_page = counter.step if counter else lambda title: None
                self._failures |= find_revisions(named, settings.as_of, self.client, site, journal, on_page)
        keys = {text_key(one, outcome, settings, journal): (one, outcome) for one, outcome in wave}
        todo = [key for key, (_, outcome) in keys.items() if known_text(key, outcome, settings, journal) is None]
        with self.progress("pages", len(todo)) as counter:
            for kind in ("page", "revision"):
                self._failures |= read_texts(
                    [key for key in todo if key[0] == kind],
                    settings.text if kind == "page" else "wikitext",
                    self.client,
                    site,
                    journal,
                    excerpt=settings.excerpt,
                    workers=self.workers,
                    on_page=counter.step if counter else lambda title: None,
                )
        texts = [known_text(key, outcome, settings, journal) for key, (_, outcome) in keys.items()]
        good = sum(1 for text in texts if text and text.get("words", -1) >= settings.min_words)
        self._good += good
        moved = {key: one for key, (one, _) in keys.items() if self._failures.get(key) == BECAME_REDIRECT}
        return good + (self._read(again) if (again := self._follow(moved)) else 0)

    def _follow(self, moved: dict[Key, Asked]) -> list[tuple[Asked, dict[str, Any]]]:
        """Resolve titles again whose pages became redirects, once; return those that lead to further pages."""
        moved = {key: one for key, one in moved.items() if one.title not in self._followed}
        if not moved:
            return []
        self._followed |= {one.title for one in moved.values()}
        names = [one.key[1] for one in moved.values()]
        self._failures |= resolve(names, self.client, self._site(), self.journal, again=True)
        found = []
        for key, one in moved.items():
            del self._failures[key]
            outcome = outcome_of(one, self.journal)
            if outcome and outcome["status"] == "page" and outcome["pageid"] not in self._considered:
                self._considered[outcome["pageid"]] = None
                found.append((one, outcome))
        return found

    def _write(self, folder: Path, selections: dict[int, Ask], *, ended: bool) -> Result | None:
        """Write the corpus; None where that would lose pages to a run that was stopped."""
        assert self.site is not None
        kept = set() if ended else {row.pageid for row in ledger_of(folder) if row.status == "ok"}
        considered = None
        if ended or self.settings.limit is not None:
            considered = self._considered.keys()
        rows = LedgerBuilder(self.journal, self.settings, considered, ended, self._failures).rows(self._asked.values())
        pages = {row.pageid for row in rows if row.status == "ok"}
        if not ended and (kept - pages or any(row.outdated for row in rows) or not rows):
            return None
        if ended:
            self._record("settings", "", self.settings.to_json())
        complete = ended and not self._failures
        facts = {
            "wiki": self.settings.wiki,
            "site": self.site.name,
            "language": self.site.language,
            "license": self.site.license,
            "asked": [_brief(ask) for ask in selections.values()],
            "settings": self.settings.to_json(),
            "text_from": self.settings.text,
            "complete": complete,
            "counts": counts_of(rows),
            "selections": [self._recorded(number, ask) for number, ask in selections.items()],
        }
        contents = with_owners(pages_of(rows, self.journal, self.site), selections.values(), self.journal)
        changed = self.client.requests > 0
        manifest = write_corpus(folder, contents, facts, mark=JOURNAL, rows=rows, changed=changed)
        self.pages = len(pages)
        return Result(rows, manifest, complete)

    def _recorded(self, number: int, ask: Ask) -> Ask:
        """A selection with the titles that it came to, if it has been gone through."""
        return {**ask, "found": self._found[number]} if number in self._found else ask


def _writable(ask: Ask) -> Ask:
    """A selection without characters that no file can hold."""
    found: Ask = json.loads(clean_text(json.dumps(ask, ensure_ascii=False)))
    return found


def _brief(ask: Ask) -> Ask:
    """A selection with the number of its titles instead of the titles."""
    return {key: len(value) if isinstance(value, list) else value for key, value in ask.items()}
