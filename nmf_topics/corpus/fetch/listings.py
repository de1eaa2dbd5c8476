"""Lists of pages that a wiki makes: members of a category, links of a page, results of a search.

Each part of a list is saved as it comes, so a list that is interrupted is continued where it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from nmf_topics.corpus.fetch.client import Client
from nmf_topics.corpus.fetch.journal import Journal
from nmf_topics.corpus.fetch.reply import a_dict, a_number, dicts, expect_line, parts
from nmf_topics.corpus.fetch.site import Site
from nmf_topics.corpus.fetch.titles import written
from nmf_topics.errors import FetchError, NothingFound

PART = 500  # titles of a list in one reply
MOST_RESULTS = 10_000  # of a search; MediaWiki's search engines give no more

Question = dict[str, str | int]


def listed(question: Question, client: Client, api: str, journal: Journal) -> Iterator[tuple[int, str]]:
    """Yield namespace and title of the pages in a list: the parts that the journal knows, the rest from the wiki.

    Parameters
    ----------
    question : with `list`, or with `prop` for a list that belongs to one page
    """
    name = str(question.get("list") or question["prop"])
    further: Question = {}
    while True:
        key = urlencode({**question, **further})
        known = journal.get("listing", key, any_round=False)
        if known is None:
            answer = next(iter(parts(client, api, {**question, **further})))
            query = a_dict(answer.get("query", {}))
            holders = [query] if "list" in question else dicts(query.get("pages"))
            items = [item for holder in holders for item in dicts(holder.get(name))]
            members = [[item.get("ns"), title] for item in items if (title := expect_line(item.get("title")))]
            known = {"members": members, "continue": a_dict(answer.get("continue", {}))}
            journal.write([("listing", key, known)])
        for space, title in known["members"]:
            yield space, title
        if not known["continue"]:
            return
        if known["continue"] == further:
            raise FetchError("the wiki repeats the same part of a list without end")
        further = known["continue"]


def titles_of_links(title: str, client: Client, site: Site, journal: Journal) -> list[str]:
    """Return the titles of the articles that a page links to; a redirect is followed to its page.

    Raises
    ------
    NothingFound
        When there are none.
    """
    question = question_of_links(title)
    titles = list(dict.fromkeys(found for space, found in listed(question, client, site.api, journal) if space == 0))
    if not titles:
        raise NothingFound(f"{site.name} has no page {written(title)!r} with links to articles")
    return titles


def question_of_links(title: str) -> Question:
    """The question for the articles that a page links to."""
    question: Question = {"action": "query", "prop": "links", "titles": written(title), "redirects": 1}
    return question | {"plnamespace": 0, "pllimit": "max"}


def titles_of_search(query: str, most: int, client: Client, site: Site, journal: Journal) -> list[str]:
    """Return the titles of the articles that a search finds, best first.

    Parameters
    ----------
    query : in the syntax of the wiki's search engine
    most : how many of the results are read

    Raises
    ------
    NothingFound
        When there are none.
    """
    question: Question = {"action": "query", "list": "search", "srsearch": query, "srnamespace": 0, "srwhat": "text"}
    question |= {"srprop": "", "srinfo": "totalhits", "srlimit": min(most, PART)}
    found = listed(question, client, site.api, journal)
    titles = list(dict.fromkeys(islice((title for space, title in found if space == 0), min(most, MOST_RESULTS))))
    if not titles:
        raise NothingFound(f"the search of {site.name} finds no article for {query!r}")
    return titles


def search_size(query: str, client: Client, api: str) -> int | None:
    """Return how many articles a search finds; None where the wiki does not say."""
    question: Question = {"action": "query", "list": "search", "srsearch": query, "srnamespace": 0, "srwhat": "text"}
    question |= {"srprop": "", "srinfo": "totalhits", "srlimit": 1}
    about: Mapping[str, Any] = a_dict(client.api(api, question).get("query", {}))
    info = a_dict(about.get("searchinfo") or {})
    if "totalhits" in info:
        return a_number(info["totalhits"])
    return None if dicts(about.get("search")) else 0
