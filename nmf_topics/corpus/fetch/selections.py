"""Selections of pages, and the titles that they come to.

{"titles": [...]}                            pages by title
{"pins": [[title, revid, pageid]], "wiki":}  exact revisions
{"category":, "depth":}                      the pages of a category, and of those below it
{"intersect": [...], "depth":}               the pages that are in each of several categories
{"search":, "hits":}                         the best results of a search
{"links":}                                   the pages that a page links to
{"top":, "year":, "month":}                  the most viewed pages
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nmf_topics.corpus.fetch.client import Client
from nmf_topics.corpus.fetch.journal import Journal
from nmf_topics.corpus.fetch.listings import titles_of_links, titles_of_search
from nmf_topics.corpus.fetch.select import category_title, most_viewed, project_of, titles_of_category
from nmf_topics.corpus.fetch.settings import Settings
from nmf_topics.corpus.fetch.site import Site
from nmf_topics.errors import NothingFound

Ask = dict[str, Any]
Tell = Callable[[str], None]


def select_titles(
    ask: Ask, client: Client, site: Site, settings: Settings, journal: Journal, tell: Tell = lambda message: None
) -> list[str]:
    """Return the titles that a selection comes to, in its order; what the journal does not know is asked of the wiki.

    Raises
    ------
    NothingFound
        When there are none.
    """
    if "category" in ask:
        return titles_of_category(ask["category"], ask["depth"], client, site, journal)
    if "intersect" in ask:
        return _titles_in_all(ask["intersect"], ask["depth"], client, site, journal)
    if "search" in ask:
        return titles_of_search(ask["search"], ask["hits"], client, site, journal)
    if "links" in ask:
        return titles_of_links(ask["links"], client, site, journal)
    if "top" in ask:
        project, base = project_of(site, settings.language), settings.pageviews
        return most_viewed(ask["year"], ask["month"], base, project, client, site, journal, tell)
    return list(ask["titles"])


def _titles_in_all(names: list[str], depth: int, client: Client, site: Site, journal: Journal) -> list[str]:
    """The titles of the pages that are in each of several category trees."""
    found = {name: titles_of_category(name, depth, client, site, journal) for name in names}
    common = set.intersection(*map(set, found.values()))
    titles = [title for title in found[names[0]] if title in common]
    if not titles:
        sizes = ", ".join(f"{category_title(name, site)} ({len(members)})" for name, members in found.items())
        raise NothingFound(f"no page of {site.name} is in all of {sizes}")
    return titles


def is_listed(ask: Ask) -> bool:
    """Whether a wiki says what a selection comes to, which may change."""
    return "titles" not in ask and "pins" not in ask


def describe(ask: Ask) -> str:
    """Describe a selection in a few words.

    Examples
    --------
    >>> describe({"search": "green tea", "hits": 20}), describe({"intersect": ["A", "B"], "depth": 0})
    ("search 'green tea'", 'categories A and B')
    """
    if "intersect" in ask:
        return f"categories {' and '.join(ask['intersect'])}"
    if "search" in ask:
        return f"search {ask['search']!r}"
    if "top" in ask:
        return "most viewed pages"
    if "titles" in ask or "pins" in ask:
        return "titles" if "titles" in ask else "pinned revisions"
    return f"category {ask['category']}" if "category" in ask else f"links of {ask['links']}"
