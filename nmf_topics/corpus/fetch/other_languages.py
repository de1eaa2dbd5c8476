"""The same pages in other languages, each language in a corpus of its own beside the first one.

A topic model of pages in several languages finds the languages, so they are not mixed. Each page of the other corpora
says which page it belongs to: `belongs_to` and `belongs_to_title` in pages.jsonl.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from nmf_topics.corpus.fetch.client import Client, is_loopback
from nmf_topics.corpus.fetch.journal import Fact, Journal
from nmf_topics.corpus.fetch.page_reference import reference_of_url
from nmf_topics.corpus.fetch.reply import a_number, dicts, expect_line, merged_pages, parts
from nmf_topics.corpus.fetch.selections import Ask
from nmf_topics.corpus.fetch.settings import Settings
from nmf_topics.corpus.fetch.site import Site
from nmf_topics.corpus.fetch.titles import batch_size, written
from nmf_topics.errors import FetchError

KIND = "langlink"  # of facts: page id|language -> [title, URL of api.php], or [] where the page has none


def find_titles(
    pageids: Iterable[int], language: str, client: Client, site: Site, journal: Journal
) -> dict[int, tuple[str, str]]:
    """Return title and wiki of the pages in another language, by the ids of the pages that they belong to.

    Raises
    ------
    FetchError
        When the wiki cannot be asked.
    """
    pageids = list(dict.fromkeys(pageids))
    unknown = [pageid for pageid in pageids if journal.get(KIND, f"{pageid}|{language}", any_round=False) is None]
    size = batch_size(client, site) if unknown else 1
    for first in range(0, len(unknown), size):
        journal.write(_ask(unknown[first : first + size], language, client, site))
    found = {pageid: journal.get(KIND, f"{pageid}|{language}") for pageid in pageids}
    return {pageid: (link[0], link[1]) for pageid, link in found.items() if link}


def _ask(pageids: list[int], language: str, client: Client, site: Site) -> list[Fact]:
    question: dict[str, str | int] = {"action": "query", "pageids": "|".join(map(str, pageids)), "prop": "langlinks"}
    _, pages = merged_pages(parts(client, site.api, question | {"lllang": language, "llprop": "url", "lllimit": "max"}))
    links: dict[int, list[str]] = {}
    for page in pages:
        for link in dicts(page.get("langlinks")):
            api = _api_of(expect_line(link.get("url")), site.api)
            if api and (title := expect_line(link.get("title"))):
                links.setdefault(a_number(page.get("pageid")), [title, api])
    return [(KIND, f"{pageid}|{language}", links.get(pageid, [])) for pageid in pageids]


def _api_of(url: str, api: str) -> str:
    """The api.php of a wiki that a link leads to, if it belongs to the same family; a wiki names no other hosts."""
    try:
        found = reference_of_url(url).api
    except FetchError:
        return ""
    here, there = (str(urlsplit(address).hostname).partition(".")[2] for address in (api, found))
    family = here == there and "." in here and urlsplit(found).scheme == urlsplit(api).scheme
    return found if family or (is_loopback(api) and is_loopback(found)) else ""


def settings_for(language: str, apis: Iterable[str], settings: Settings, recorded: Settings | None) -> Settings:
    """Return the settings of the corpus of another language: those of the first corpus, without its selection."""
    before = recorded or Settings(wiki=Counter(apis).most_common(1)[0][0], language=language)
    text = settings.text if settings.text == "wikitext" else before.text
    before = replace(before, text=text, intro=settings.intro, as_of=settings.as_of)
    return replace(before, min_words=settings.min_words)


def selection_of(
    found: Mapping[int, tuple[str, str]], titles: Mapping[int, str], api: str, known: Iterable[Ask]
) -> list[Ask]:
    """Return the selection of the pages in another language that no earlier selection holds.

    Parameters
    ----------
    found : title and wiki by page id
    titles : of the pages that they belong to, by page id
    api : the wiki of the corpus
    known : earlier selections
    """
    before = {(title, owner) for ask in known for title, (owner, _) in zip(*_owners(ask), strict=True)}
    new = [
        (title, str(pageid), titles[pageid])
        for pageid, (title, wiki) in sorted(found.items())
        if wiki == api and (title, str(pageid)) not in before
    ]
    if not new:
        return []
    return [{"titles": [title for title, _, _ in new], "belongs_to": [[owner, name] for _, owner, name in new]}]


def titles_without_owner(removed: Collection[str], asks: Iterable[Ask], journal: Journal) -> tuple[str, ...]:
    """Return the titles of the pages that belong to removed pages only, and that nobody asked for by themselves.

    Parameters
    ----------
    removed : ids of the removed pages, in the first corpus
    asks, journal : of the corpus of another language
    """
    leaving: set[str] = set()
    staying: set[str] = set()
    for ask in asks:
        titles, owners = _owners(ask)
        belongs_to = dict(zip(titles, (owner for owner, _ in owners), strict=True))
        for title in ask.get("titles", ()):
            page = (journal.get("title", written(title)) or {}).get("title") or title
            (leaving if belongs_to.get(title) in removed else staying).add(page)
    return tuple(sorted(leaving - staying))


def _owners(ask: Ask) -> tuple[list[str], list[list[str]]]:
    """The titles of a selection, and id and title of the page that each belongs to; none for other selections."""
    owners = ask.get("belongs_to", [])
    return (ask["titles"], owners) if owners and len(owners) == len(ask["titles"]) else ([], [])


def with_owners(pages: Iterable[dict[str, Any]], asks: Iterable[Ask], journal: Journal) -> Iterator[dict[str, Any]]:
    """Yield pages with the page that they belong to, where a selection says it."""
    owners: dict[str, list[str]] = {}
    for ask in asks:
        for title, owner in zip(*_owners(ask), strict=True):
            if pageid := (journal.get("title", written(title)) or {}).get("pageid"):
                owners.setdefault(str(pageid), owner)
    for page in pages:
        if page["id"] in owners:
            page |= dict(zip(("belongs_to", "belongs_to_title"), owners[page["id"]], strict=True))
        yield page
