"""Single pages straight from a wiki, with no folder: for questions about a page that is in no corpus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nmf_topics.corpus.page import Page
from nmf_topics.corpus.plain import clean_text
from nmf_topics.corpus.wikipedia.client import Client
from nmf_topics.corpus.wikipedia.journal import Journal
from nmf_topics.corpus.wikipedia.site import Site, read_site
from nmf_topics.corpus.wikipedia.texts import choose_way, read_texts
from nmf_topics.corpus.wikipedia.titles import resolve, written


def read_titles(titles: Sequence[str], api: str, client: Client) -> Iterator[tuple[str, Page | None, str]]:
    """Read pages by title, with the text that `fetch` would give them.

    Yields
    ------
    Each title, its page, and why there is none if there is none.

    Raises
    ------
    FetchError
        When the wiki cannot be asked.
    """
    journal = Journal(None)
    site = read_site(client, api, journal)
    way = choose_way(None, site)
    titles = [clean_text(title) for title in titles]
    resolve(map(written, titles), client, site, journal)
    for title in titles:
        outcome = journal.get("title", written(title))
        if outcome["status"] != "page":
            yield title, None, _why(outcome, site)
            continue
        key = ("page", str(outcome["pageid"]))
        failed = read_texts([key], way, client, site, journal) if journal.get(*key) is None else {}
        found = journal.get(*key)
        if found is None or "status" in found:
            yield title, None, failed[key] if found is None else _why(found, site)
            continue
        yield title, Page(key[1], found["title"] or title, found["text"], {"url": site.address(found["title"])}), ""


def _why(outcome: Mapping[str, Any], site: Site) -> str:
    """Why a title has no page."""
    if outcome["status"] == "disambiguation":
        return f"on {site.name} this is a disambiguation page; name the article that is meant"
    note = f" ({outcome['note']})" if outcome["note"] else ""
    return f"{site.name} has no such article: {outcome['status']}{note}"
