"""Single pages straight from a wiki, without a corpus folder, as `classify` takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nmf_topics.corpus.fetch.client import Client
from nmf_topics.corpus.fetch.journal import Journal
from nmf_topics.corpus.fetch.ledger import Asked, text_key
from nmf_topics.corpus.fetch.page_reference import PageReference
from nmf_topics.corpus.fetch.pins import resolve_pins
from nmf_topics.corpus.fetch.settings import Settings
from nmf_topics.corpus.fetch.site import Site, read_site
from nmf_topics.corpus.fetch.texts import Key, choose_way, read_texts
from nmf_topics.corpus.fetch.titles import resolve, written
from nmf_topics.corpus.page import Page
from nmf_topics.corpus.plain import clean_text


def read_pages(
    references: Sequence[PageReference], api: str, client: Client
) -> Iterator[tuple[PageReference, Page | None, str]]:
    """Read pages with the text that `fetch` would give them; a named revision is read from its wikitext.

    Yields
    ------
    Each reference, its page, and if there is none the reason.

    Raises
    ------
    FetchError
        When the wiki cannot be asked.
    """
    journal = Journal(None)
    site = read_site(client, api, journal)
    way = choose_way(None, site)
    settings = Settings(wiki=api, text=way)
    titles = [written(clean_text(reference.title)) for reference in references]
    named = [title for title, reference in zip(titles, references, strict=True) if not reference.revid]
    unknown = resolve(named, client, site, journal)
    resolve_pins([reference.revid for reference in references if reference.revid], client, site, journal)
    for title, reference in zip(titles, references, strict=True):
        kind, key = ("pin", str(reference.revid)) if reference.revid else ("title", title)
        outcome = journal.get(kind, key) or {"status": "failed", "note": unknown[kind, key]}
        if outcome["status"] != "page":
            yield reference, None, _why(outcome, site)
            continue
        text = text_key(Asked(title, (kind, key)), outcome, settings, journal)
        failed: Mapping[Key, str] = {}
        if journal.get(*text) is None:
            failed = read_texts([text], way if text[0] == "page" else "wikitext", client, site, journal)
        found = journal.get(*text)
        if found is None or "status" in found:
            yield reference, None, failed[text] if found is None else _why(found, site)
            continue
        title = found["title"] or title
        yield reference, Page(str(outcome["pageid"]), title, found["text"], {"url": site.address(title)}), ""


def _why(outcome: Mapping[str, Any], site: Site) -> str:
    """Say why a title has no page."""
    if outcome["status"] == "disambiguation":
        return f"on {site.name} this is a disambiguation page; name the article that is meant"
    note = f" ({outcome['note']})" if outcome["note"] else ""
    return f"{site.name} has no such article: {outcome['status']}{note}"
