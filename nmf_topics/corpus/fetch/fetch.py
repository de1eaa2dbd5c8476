"""A corpus from a wiki: what is asked for, page by page, with nothing lost on the way.

    asks -> titles -> pages -> texts        each answer goes into the journal (journal.py) before the next question
    journal -> pages.jsonl, ledger.csv, manifest.json        at the end, and whenever the fetch is stopped

A folder remembers what it was asked for; what is asked for later comes on top.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from nmf_topics.corpus.fetch.client import Client
from nmf_topics.corpus.fetch.corpus_folder import write_corpus
from nmf_topics.corpus.fetch.journal import JOURNAL, Journal
from nmf_topics.corpus.fetch.ledger import (
    Asked,
    Row,
    counts_of,
    known_text,
    outcome_of,
    pages_of,
    rows_of,
    text_key,
)
from nmf_topics.corpus.fetch.quality import known_marks, linked_marks
from nmf_topics.corpus.fetch.select import most_viewed, project_of, resolve_pins, titles_of_category
from nmf_topics.corpus.fetch.settings import Settings
from nmf_topics.corpus.fetch.site import Site, read_site
from nmf_topics.corpus.fetch.texts import Key, Way, choose_way, read_texts
from nmf_topics.corpus.fetch.titles import BATCH, resolve, written
from nmf_topics.corpus.plain import clean_text
from nmf_topics.errors import FetchError, Remedy

# {"titles": [...]}, {"category":, "depth":}, {"top":, "year":, "month":} or {"pins": [[title, revid]]}
Ask = dict[str, Any]


class Counter(Protocol):
    """What shows how far a phase is."""

    def step(self, detail: Any = "") -> None:
        """One more."""


def _silent(what: str, total: int | None) -> AbstractContextManager[Counter | None]:
    return nullcontext()


@dataclass
class Result:
    """What a fetch came to.

    Attributes
    ----------
    rows : of the ledger
    manifest : what stands in manifest.json
    complete : nothing is left to be asked for
    """

    rows: list[Row]
    manifest: dict[str, Any]
    complete: bool


@dataclass
class Fetch:
    """One run over a folder.

    Attributes
    ----------
    client, journal : who asks, and where the answers are kept
    settings : of the corpus; once the wiki has answered, `text` is how texts are read
    workers : requests on their way at once, at most 3
    tell, progress : notes, and the counter of a phase
    site : known once the wiki has answered
    pages : in the corpus, as it was put together last
    """

    client: Client
    journal: Journal
    settings: Settings
    workers: int = 1
    tell: Callable[[str], None] = lambda message: None
    progress: Callable[[str, int | None], AbstractContextManager[Counter | None]] = _silent
    site: Site | None = field(default=None, init=False)
    pages: int = field(default=0, init=False)
    _asked: dict[str, Asked] = field(default_factory=dict, init=False)  # by title
    _considered: dict[int, None] = field(default_factory=dict, init=False)  # ids of pages within --limit
    _failures: dict[Key, str] = field(default_factory=dict, init=False)  # texts that could not be had, and why
    _good: int = field(default=0, init=False)  # pages with enough words so far

    def run(self, folder: Path, asks: Sequence[Ask], *, refresh: bool = False) -> Result:
        """Fetch what is asked for, on top of what the folder was asked for before.

        Raises
        ------
        FetchError
            When the wiki cannot be asked; what had come before is in the folder, and the next run goes on from there.
        """
        self.journal.begin_round(refresh)
        known = list(self.journal.all("ask").values())
        asks = known + [ask for ask in map(_writable, asks) if ask not in known]
        ended = False
        try:
            self._prepare()
            self._take_all(asks, len(known))
            ended = True
        finally:
            if self.site is not None:
                result = self._fold(folder, asks, ended=ended)
        if result.complete:
            self.journal.finish_round()
        return result

    def _prepare(self) -> None:
        """Get to know the wiki, and whether it can give what is wanted."""
        site = read_site(self.client, self.settings.wiki, self.journal)
        self.site = replace(site, quality_marks=known_marks(site.language))
        self.settings = replace(self.settings, text=choose_way(self.settings.text, self.site))
        self.journal.write([("settings", "", self.settings.to_json())])
        try:
            linked = linked_marks(site, self.client, self.journal)
            self.site = replace(self.site, quality_marks={**self.site.quality_marks, **linked})
        except FetchError as error:  # the table may know enough, and the wiki itself does answer
            self.tell(f"what {site.name} calls its good articles could not be asked ({error})")
        if self.settings.quality != "any" and not self.site.quality_marks and not self.site.assesses:
            raise FetchError(
                f"how {self.site.name} ({self.site.language}) marks its good articles is not known here",
                remedy=Remedy("name the category that holds them with {category}"),
            )

    def _take_all(self, asks: Sequence[Ask], known: int) -> None:
        """Everything that is asked for, one after the other; the first `known` are in the journal."""
        for ask in asks:  # what is named stands in the ledger, however far this run comes
            if "titles" in ask or "pins" in ask:
                self._note(self._candidates(ask))
        for number, ask in enumerate(asks):
            candidates = self._candidates(ask)
            if number >= known:  # not before it is known that there is such a category
                self.journal.write([("ask", str(number), ask)])
            if "category" in ask:
                self._note(candidates)
            self._take(candidates, ask.get("top"))

    def _note(self, candidates: Sequence[Asked]) -> None:
        for one in candidates:
            self._asked.setdefault(one.title, one)

    def _candidates(self, ask: Ask) -> list[Asked]:
        """What an ask means, in its order."""
        assert self.site is not None
        if "pins" in ask:
            return [Asked(title, ("pin", str(revid))) for title, revid in ask["pins"]]
        if "category" in ask:
            titles = titles_of_category(ask["category"], ask["depth"], self.client, self.site, self.journal)
        elif "top" in ask:
            project = project_of(self.site, self.settings.language)
            year, month = ask["year"], ask["month"]
            titles = most_viewed(
                year, month, self.settings.pageviews, project, self.client, self.site, self.journal, self.tell
            )
        else:
            titles = ask["titles"]
        return [Asked(title, ("title", written(title))) for title in titles]

    def _take(self, candidates: Sequence[Asked], most: int | None) -> None:
        """Texts of the candidates that are wanted, `most` of them and no more than the limit in all."""
        wanted = self._wanted(candidates, lazily=most is not None or self.settings.limit is not None)
        taken = 0
        while (room := self._room(most, taken)) != 0:
            wave = list(islice(wanted, room))
            if not wave:
                return
            taken += self._read(wave)

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
                    self._considered[outcome["pageid"]] = None
                    yield one, outcome

    def _resolve(self, batch: Sequence[Asked], on_title: Callable[[str], None]) -> None:
        assert self.site is not None
        resolve_pins([int(one.key[1]) for one in batch if one.key[0] == "pin"], self.client, self.site, self.journal)
        resolve([one.key[1] for one in batch if one.key[0] == "title"], self.client, self.site, self.journal, on_title)

    def _text_source(self) -> Way:
        """How texts are read, which is known once the wiki has answered."""
        assert self.settings.text is not None
        return self.settings.text

    def _read(self, wave: Sequence[tuple[Asked, dict[str, Any]]]) -> int:
        """See to it that the texts are there; how many of them are long enough."""
        assert self.site is not None
        way = self._text_source()
        keys = {text_key(one, outcome, way): outcome for one, outcome in wave}
        todo = [key for key, outcome in keys.items() if known_text(key, outcome, way, self.journal) is None]
        with self.progress("pages", len(todo)) as counter:
            for kind in ("page", "revision"):
                some = [key for key in todo if key[0] == kind]
                found = read_texts(
                    some,
                    way if kind == "page" else "wikitext",
                    self.client,
                    self.site,
                    self.journal,
                    workers=self.workers,
                    on_page=counter.step if counter else lambda title: None,
                )
                self._failures |= found
        texts = [known_text(key, outcome, way, self.journal) for key, outcome in keys.items()]
        good = sum(1 for text in texts if text and text.get("words", -1) >= self.settings.min_words)
        self._good += good
        return good

    def _fold(self, folder: Path, asks: Sequence[Ask], *, ended: bool) -> Result:
        """Put what there is together: pages.jsonl, ledger.csv and manifest.json."""
        assert self.site is not None
        rows = rows_of(
            self._asked.values(),
            self.journal,
            self.settings,
            considered=self._considered if ended else None,
            failures=self._failures,
        )
        complete = ended and not self._failures
        self.pages = sum(1 for row in rows if row.status == "ok")
        facts = {
            "wiki": self.settings.wiki,
            "site": self.site.name,
            "language": self.site.language,
            "license": self.site.license,
            "asked": [_brief(ask) for ask in asks],
            "settings": self.settings.to_json(),
            "text_from": self.settings.text,
            "complete": complete,
            "counts": counts_of(rows),
        }
        pages = pages_of(rows, self.journal, self.site)
        manifest = write_corpus(folder, pages, facts, mark=JOURNAL, rows=rows, news=self.client.requests > 0)
        return Result(rows, manifest, complete)


def recorded_settings(journal: Journal) -> Settings | None:
    """Return the settings that a journal holds; None where nothing was asked for yet.

    Raises
    ------
    FetchError
        When a value cannot be that of its setting.
    """
    site, found = journal.get("site", ""), journal.get("settings", "")
    if not site or not journal.all("ask"):
        return None
    if found is None and (former := journal.get("filters", "")):  # as earlier versions recorded them
        found = {**former, "text": former.get("way")}
    try:
        return Settings.from_json({**(found or {}), "wiki": site["api"]})
    except ValueError as error:
        raise FetchError(f"the recorded settings of this corpus cannot be used: {error}") from error


def _writable(ask: Ask) -> Ask:
    """An ask without characters that no file can hold."""
    found: Ask = json.loads(clean_text(json.dumps(ask, ensure_ascii=False)))
    return found


def _brief(ask: Ask) -> Ask:
    """An ask without its lists, which stand in the ledger."""
    return {key: len(value) if isinstance(value, list) else value for key, value in ask.items()}
