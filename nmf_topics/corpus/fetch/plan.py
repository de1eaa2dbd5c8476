"""What a fetch will cost: requests and time, before any page is fetched.

What the journal knows is counted exactly. Of the rest only the sizes of lists are asked for, so the numbers are upper
bounds: filters, redirects and pages that have not changed make a fetch cheaper.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any

from nmf_topics.corpus.fetch.as_of import KIND as DATED
from nmf_topics.corpus.fetch.client import Client, RequestPolicy, is_loopback
from nmf_topics.corpus.fetch.journal import Journal
from nmf_topics.corpus.fetch.ledger import Asked, is_removed, known_text, text_key
from nmf_topics.corpus.fetch.listings import PART, listed, question_of_links, search_size
from nmf_topics.corpus.fetch.other_languages import KIND as LANGLINK
from nmf_topics.corpus.fetch.quality import hub_of
from nmf_topics.corpus.fetch.select import category_size, category_title, empty_category
from nmf_topics.corpus.fetch.selections import Ask, select_titles
from nmf_topics.corpus.fetch.settings import Settings
from nmf_topics.corpus.fetch.site import Site, read_site
from nmf_topics.corpus.fetch.texts import Key, Way, request_size
from nmf_topics.corpus.fetch.titles import BATCH, written
from nmf_topics.errors import FetchError, NothingFound, Notice, Remedy

LISTED = 1000  # pages in a month's list of most viewed ones
SECONDS = 0.3  # that a reply takes, at least, where nothing limits the requests
NOTABLE = 20  # requests that another way of reading texts must save to be mentioned


@dataclass(frozen=True, slots=True)
class Plan:
    """The requests of a fetch, at most, and what they are for.

    Attributes
    ----------
    steps : (what for, requests)
    seconds : that they take at the pace of the client
    remarks : what cannot be foretold, and what would be cheaper
    """

    steps: list[tuple[str, int]]
    seconds: float
    remarks: list[str]

    @property
    def requests(self) -> int:
        """All of them."""
        return sum(number for _, number in self.steps)


class _NotKnown(FetchError):
    """The journal does not hold an answer."""


class _Offline(Client):
    """Sends nothing: what needs a request is not known yet."""

    def __init__(self) -> None:
        super().__init__(RequestPolicy())

    def api(self, url: str, parameters: Mapping[str, str | int]) -> dict[str, Any]:
        """Refuse."""
        raise _NotKnown("not known yet")

    def json(self, url: str) -> dict[str, Any]:
        """Refuse."""
        raise _NotKnown("not known yet")


@dataclass
class _Counts:
    """Requests for lists, and what is to be asked for, selection by selection, as each is asked for by itself."""

    lists: int = 0
    titles: list[int] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)
    revisions: list[int] = field(default_factory=list)  # pages whose revision of a given time is not known
    there: int = 0  # pages of the corpus
    seen: set[Key] = field(default_factory=set)  # titles and pages that are counted
    known: set[int] = field(default_factory=set)  # ids of the pages whose texts are there
    remarks: list[str] = field(default_factory=list)


def _requests(numbers: Sequence[int], size: int) -> int:
    """Return the number of requests for the titles or pages of each selection."""
    return sum(math.ceil(number / size) for number in numbers)


def _within(numbers: Sequence[int], room: int) -> list[int]:
    """The numbers, cut where their sum exceeds the room."""
    return [
        max(0, min(number, room - before))
        for number, before in zip(numbers, accumulate(numbers, initial=0), strict=False)
    ]


def plan_of(
    asks: Sequence[Ask], settings: Settings, client: Client, journal: Journal, *, refresh: bool = False
) -> Plan:
    """Count the requests that a fetch would send; only the sizes of lists are asked for.

    Parameters
    ----------
    asks : selections that come on top of those in the journal
    refresh : whether everything is asked for again

    Raises
    ------
    FetchError
        When the wiki cannot be asked for that, or has no such category, search result or page.
    """
    counts = _Counts()
    way: Way = "wikitext" if settings.as_of else settings.text or "extracts"
    settings = replace(settings, text=way)
    known = {int(number): ask for number, ask in journal.all("ask").items()}
    refresh = refresh or journal.is_refreshing
    for number, ask in [*known.items(), *((-1, ask) for ask in asks if ask not in known.values())]:
        titles = None if refresh else _known_titles(number, ask, settings, journal)
        if titles is None:
            _count_sizes(ask, settings, client, counts)
        else:
            _count_known(ask, titles, settings, journal, counts)
    if settings.as_of:
        counts.remarks.append(_judged_today([*known.values(), *asks], settings))
    return _plan(counts, way, settings, client, journal, refresh=refresh)


def _judged_today(asks: Sequence[Ask], settings: Settings) -> str:
    """Say what is as it is today in a corpus with the texts of an earlier time."""
    kinds = {
        "category": "which pages a category holds",
        "intersect": "which pages a category holds",
        "search": "which pages a search finds",
        "links": "which pages a page links to",
    }
    today = dict.fromkeys(said for ask in asks for kind, said in kinds.items() if kind in ask)
    if settings.quality != "any":
        today["which articles are good or featured"] = None
    listed = ", ".join([*today, "where titles and redirects lead"])
    return f"only the texts are those of {settings.as_of}; these are as of today: {listed}"


def _known_titles(number: int, ask: Ask, settings: Settings, journal: Journal) -> list[Asked] | None:
    """The titles of a selection, as far as it is in the journal; None where the wiki would have to be asked."""
    if "pins" in ask:
        return [Asked(title, ("pin", str(revid)), *pageid) for title, revid, *pageid in ask["pins"]]
    titles = journal.get("restored", str(number), any_round=False)
    if titles is None and "titles" not in ask:
        offline = _Offline()
        try:
            site = read_site(offline, settings.wiki, journal)
            titles = select_titles(ask, offline, site, settings, journal)
        except (_NotKnown, NothingFound):
            return None
    return [Asked(title, ("title", written(title))) for title in (ask["titles"] if titles is None else titles)]


def _count_known(ask: Ask, asked: Sequence[Asked], settings: Settings, journal: Journal, counts: _Counts) -> None:
    """Count what is not known yet of the titles of a selection, each page once."""
    titles = pages = revisions = there = 0
    for one in asked:
        outcome = journal.get(*one.key, any_round=False)
        if outcome is None:
            new = one.key not in counts.seen
            titles, pages, revisions = titles + new, pages + new, revisions + (new and bool(settings.as_of))
            counts.seen.add(one.key)
        elif outcome["status"] == "page" and _is_wanted(one, outcome, settings):
            key = text_key(one, outcome, settings, journal)
            text, new = known_text(key, outcome, settings, journal), key not in counts.seen
            there += new and text is not None and text.get("words", -1) >= settings.min_words
            pages += new and text is None
            revisions += new and text is None and key[0] == DATED
            counts.seen.add(key)
            counts.known |= {outcome["pageid"]} if text is not None and "words" in text else set()
    if "top" in ask:
        pages = max(0, min(pages, ask["top"] - there))
        titles = titles if pages else 0
    counts.titles.append(titles)
    counts.pages.append(pages)
    counts.revisions.append(revisions)
    counts.there += there


def _is_wanted(asked: Asked, outcome: Mapping[str, Any], settings: Settings) -> bool:
    """Whether the text of a page would be read."""
    fits = asked.key[0] == "pin" or settings.accepts(outcome["quality"])
    return fits and not is_removed(asked, outcome, settings)


def _count_sizes(ask: Ask, settings: Settings, client: Client, counts: _Counts) -> None:
    """Ask how long the list of a selection is, and count what it needs."""
    api = settings.wiki
    lists, titles, pages = 1, 0, None
    if "titles" in ask or "pins" in ask:
        lists, titles = 0, len(ask["titles" if "titles" in ask else "pins"])
    elif "top" in ask:
        lists = 1 if ask["month"] else 12
        titles, pages = lists * LISTED, ask["top"]
        counts.remarks.append("titles are asked about only as far down the list as is needed")
    elif "search" in ask:
        found = search_size(ask["search"], client, api)
        if found == 0:
            raise NothingFound(f"the search of the wiki finds no article for {ask['search']!r}")
        titles = ask["hits"] if found is None else min(ask["hits"], found)
        lists = math.ceil(titles / PART)
    elif "links" in ask:
        titles = len(set(listed(question_of_links(ask["links"]), client, api, Journal(None))))
        if not titles:
            raise NothingFound(f"the wiki has no page {ask['links']!r} with links to articles")
        lists = math.ceil(titles / PART)
    else:
        lists, titles = _category_sizes(ask, read_site(client, api, Journal(None)), client, counts)
    pages = titles if pages is None else pages
    counts.lists += lists
    counts.titles.append(titles)
    counts.pages.append(pages)
    counts.revisions.append(pages if settings.as_of and "pins" not in ask else 0)


def _category_sizes(ask: Ask, site: Site, client: Client, counts: _Counts) -> tuple[int, int]:
    """Requests for the lists of categories, and how many pages they have, or have in common at most."""
    sizes = []
    for name in ask.get("intersect") or [ask["category"]]:
        title = category_title(name, site)
        size = category_size(title, client, site.api)
        if not size or not (size["pages"] or ask["depth"]):
            raise empty_category("the wiki", size, title, ask["depth"])
        sizes.append(size["pages"])
        if ask["depth"]:
            counts.remarks.append(f"the categories below {name} come on top")
    return sum(max(1, math.ceil(size / PART)) for size in sizes), min(sizes)


def _plan(counts: _Counts, way: Way, settings: Settings, client: Client, journal: Journal, *, refresh: bool) -> Plan:
    pages, revisions = counts.pages, counts.revisions
    titles = counts.titles
    if settings.limit is not None:
        room = max(0, settings.limit - counts.there)
        pages, revisions = _within(pages, room), _within(revisions, room)
        titles = titles if room else []
    work = counts.lists + sum(titles) + sum(pages)
    site = 0 if not refresh and (journal.get("site", "") or not work) else 2 if hub_of(settings.wiki)[0] else 1
    steps = [
        ("to know the wiki", site),
        ("for lists", counts.lists),
        (f"for titles, {BATCH} at a time", _requests(titles, BATCH)),
    ]
    if sum(revisions):
        steps.append((f"to find the revisions of {settings.as_of}", _requests(revisions, BATCH) + sum(revisions)))
        counts.remarks.append("pages that have not changed since then need no request of their own")
    size = request_size(way, settings.excerpt)
    at_a_time = f", {size} at a time" if size > 1 else ""
    steps.append((f"for texts{' of changed pages' if refresh else ''}{at_a_time}", _requests(pages, size)))
    for language in settings.also_language:
        unknown = [pageid for pageid in counts.known if journal.get(LANGLINK, f"{pageid}|{language}") is None]
        number = sum(pages) + (len(counts.known) if refresh else len(unknown))
        lists = 2 * _requests([number], BATCH) + 1 if number else 0  # links, titles, and what the other wiki is
        steps.append((f"for the pages in {language}", lists + _requests([number], size)))
    if client.credentials and sum(number for _, number in steps):
        steps.insert(0, ("to log in", 1 if client.credentials.token else 3))
        counts.remarks.append(f"an account with high limits asks for {10 * BATCH} titles at a time")
    total = sum(number for _, number in steps)
    cheaper = total - _requests(pages, size) + _requests(pages, request_size("wikitext"))
    if total - cheaper >= NOTABLE:
        said = f"texts as wikitext, cleaned here, take {cheaper:,} requests instead of {total:,}"
        counts.remarks.append(Notice(said, Remedy("{text=wikitext} reads them so")))
    pace = SECONDS if is_loopback(settings.wiki) else max(SECONDS, 60 / client.manners.per_minute)
    return Plan(steps, total * pace, list(dict.fromkeys(counts.remarks)))
