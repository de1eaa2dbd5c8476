"""Pages that a file lists, that are in a category, or that are the most viewed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from nmf_topics.corpus.fetch.client import Client
from nmf_topics.corpus.fetch.journal import Journal
from nmf_topics.corpus.fetch.listings import listed
from nmf_topics.corpus.fetch.page_reference import read_list
from nmf_topics.corpus.fetch.reply import a_dict, a_number, dicts, expect_line
from nmf_topics.corpus.fetch.site import Site
from nmf_topics.corpus.fetch.titles import written
from nmf_topics.corpus.readers.charsets import decode
from nmf_topics.errors import CorpusError, FetchError, NothingFound, Remedy

Tell = Callable[[str], None]


def titles_in(path: Path, tell: Tell) -> list[str]:
    """Read a file of titles, wikilinks or URLs: one on each line; a line that begins with # is a comment.

    Raises
    ------
    CorpusError
        When the file cannot be read, or names no page.
    """
    titles = read_list(read_text_file(path, tell))
    if not titles:
        raise CorpusError(f"{path} holds no title; it should have one on each line")
    return titles


def read_text_file(path: Path, tell: Tell) -> str:
    """Return the text of a file in whatever encoding; "-" is standard input.

    Raises
    ------
    CorpusError
        When it cannot be read.
    """
    import sys

    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path} cannot be read ({error.strerror or error})") from error
    return decode(data, str(path), tell)


def category_title(name: str, site: Site) -> str:
    """Return Category:Name for the name of a category with or without its namespace."""
    prefix, colon, rest = written(name).partition(":")
    named = colon and prefix.lower() in site.local_category
    return f"Category:{rest.strip() if named else written(name)}"


def titles_of_category(name: str, depth: int, client: Client, site: Site, journal: Journal) -> list[str]:
    """Return the titles of the pages in a category and, down to a depth, in those below it; no category twice.

    Raises
    ------
    NothingFound
        When there is nothing in it.
    """
    top = category_title(name, site)
    seen, level, titles = {top}, [top], dict[str, None]()
    for floor in range(depth + 1):
        below: list[str] = []
        for category in level:
            question: dict[str, str | int] = {"action": "query", "list": "categorymembers", "cmtitle": category}
            question |= {"cmlimit": "max", "cmprop": "title", "cmtype": "page|subcat" if floor < depth else "page"}
            for space, title in listed(question, client, site.api, journal):
                if space == 0:
                    titles[title] = None
                elif space == 14 and (name := category_title(title, site)) not in seen:
                    seen.add(name)
                    below.append(name)
        level = below
    if not titles:
        raise empty_category(site.name, category_size(top, client, site.api), top, depth)
    return list(titles)


def category_size(title: str, client: Client, api: str) -> dict[str, int]:
    """Return how many pages and subcats a category has; empty if the wiki does not know it."""
    question: dict[str, str | int] = {"action": "query", "prop": "categoryinfo", "titles": title}
    query = a_dict(client.api(api, question).get("query", {}))
    found = [a_dict(page["categoryinfo"]) for page in dicts(query.get("pages")) if "categoryinfo" in page]
    return {name: a_number(found[0].get(name)) for name in ("pages", "subcats")} if found else {}


def empty_category(wiki: str, size: Mapping[str, int], title: str, depth: int) -> NothingFound:
    """Return the error of a category without an article."""
    if not size:
        return NothingFound(f"{wiki} has no {title}; is that how it is spelled there?")
    if size["subcats"]:
        return NothingFound(
            f"{wiki} has no pages in {title} down to that depth, but categories below it",
            remedy=Remedy("try {depth}", depth=depth + 1),
        )
    return NothingFound(f"{wiki} has no pages in {title}")


def pageviews_address(base: str) -> str:
    """Return the URL of the lists of most viewed pages, for a host, its REST API, or the service itself.

    Examples
    --------
    >>> pageviews_address("https://wikimedia.org/api/rest_v1/")
    'https://wikimedia.org/api/rest_v1/metrics/pageviews/top'
    """
    base = base.rstrip("/").removesuffix("/top")
    if not urlsplit(base).path:
        base += "/api/rest_v1"
    return f"{base.removesuffix('/metrics/pageviews')}/metrics/pageviews/top"


def project_of(site: Site, language: str) -> str:
    """Return the name of a wiki in Pageviews (en.wikipedia): by its host if it is Wikimedia's, else by language."""
    host = (urlsplit(site.api).hostname or "").removeprefix("www.")
    return host.removesuffix(".org") if host.endswith(".org") else f"{language}.wikipedia"


def most_viewed(
    year: int, month: int | None, base: str, project: str, client: Client, site: Site, journal: Journal, tell: Tell
) -> list[str]:
    """Return the titles of articles, the most viewed of a month or a year first.

    A month that is not published yet is not written down, so that the next fetch asks for it again.

    Raises
    ------
    NothingFound
        When there are no figures.
    """
    views: Counter[str] = Counter()
    for number in [month] if month else range(1, 13):
        address = f"{pageviews_address(base)}/{project}/all-access/{year}/{number:02d}/all-days"
        known = journal.get("listing", address, any_round=False)
        if not known:
            known = _month(address, client)
            if known:
                journal.write([("listing", address, known)])
            else:
                tell(f"Pageviews has no figures for {year}-{number:02d} yet; the next fetch asks for them again")
        for title, count in known:
            views[title] += count
    if not views:
        raise NothingFound(f"Pageviews has no figures of {project} for {year}{f'-{month:02d}' if month else ''}")
    aside = {written(site.main_page), "-", ""}
    found = sorted(((-count, written(title)) for title, count in views.items()))
    return [title for _, title in found if title not in aside and site.namespace(title) == 0]


def _month(address: str, client: Client) -> list[tuple[str, int]]:
    """The list of one month; empty where there is none."""
    try:
        answer = client.json(address)
    except FetchError as error:
        if error.status == 404:
            return []
        raise
    return [
        (expect_line(article.get("article")), a_number(article.get("views")))
        for item in dicts(answer.get("items"))
        for article in dicts(item.get("articles"))
    ]
