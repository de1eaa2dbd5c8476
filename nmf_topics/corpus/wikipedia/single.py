"""Single pages straight from a wiki, with no folder: for questions about a page that is in no corpus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nmf_topics.corpus.page import Page
from nmf_topics.corpus.plain import clean_text
from nmf_topics.corpus.wikipedia.client import Client
from nmf_topics.corpus.wikipedia.journal import Journal
from nmf_topics.corpus.wikipedia.site import read_site
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
        if "pageid" not in outcome or outcome["status"] == "filtered":
            note = f" ({outcome['note']})" if outcome["note"] else ""
            yield title, None, f"{site.name} has no such article: {outcome['status']}{note}"
            continue
        key = ("page", str(outcome["pageid"]))
        failed = read_texts([key], way, client, site, journal) if journal.get(*key) is None else {}
        found = journal.get(*key)
        if found is None or "gone" in found:
            yield title, None, failed.get(key, "deleted meanwhile")
            continue
        yield title, Page(key[1], found["title"] or title, found["text"], {"url": site.address(found["title"])}), ""
