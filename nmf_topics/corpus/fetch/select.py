"""Which pages: named, in a category, the most viewed, or exact revisions of somebody's corpus."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from nmf_topics.corpus.fetch.client import Client
from nmf_topics.corpus.fetch.journal import Fact, Journal
from nmf_topics.corpus.fetch.page_reference import read_list
from nmf_topics.corpus.fetch.reply import a_dict, a_number, dicts, expect_line, merged_pages, parts
from nmf_topics.corpus.fetch.site import Site
from nmf_topics.corpus.fetch.titles import BATCH, batch_size, written
from nmf_topics.corpus.readers.charsets import decode
from nmf_topics.errors import CorpusError, FetchError, Remedy
from nmf_topics.files.csv_files import unguarded

Tell = Callable[[str], None]


def titles_in(path: Path, tell: Tell) -> list[str]:
    """Read a file of titles, wikilinks or URLs: one on each line; a line that begins with # is a comment.

    Raises
    ------
    CorpusError
        When the file cannot be read, or names no page.
    """
    titles = read_list(_text_of(path, tell))
    if not titles:
        raise CorpusError(f"{path} holds no title; it should have one on each line")
    return titles


def pins_in(path: Path, tell: Tell) -> list[tuple[str, int]]:
    """The revisions in a table with a column `revid` (and `title`, if it has one); a ledger.csv is such a table.

    Raises
    ------
    CorpusError
        When there is no such column, or a value is no revision.
    """
    table = csv.DictReader(io.StringIO(_text_of(path, tell), newline=""))
    if "revid" not in (table.fieldnames or ()):
        raise CorpusError(f"{path} has no column revid; it should be a CSV such as the ledger.csv of a corpus")
    pins: dict[int, str] = {}
    try:
        for row in table:
            if row.get("status", "ok") != "ok":  # a ledger: what was no page of the corpus then is none now
                continue
            number = (row["revid"] or "").strip()
            if not number.isdecimal() or not 0 < int(number) < 2**63:
                raise CorpusError(f"{path}, line {table.line_num}: {number!r} is no revision; revid is a whole number")
            pins.setdefault(int(number), unguarded(row.get("title") or "").strip() or f"revision {int(number)}")
    except csv.Error as error:
        raise CorpusError(f"{path}, line {table.line_num}: {error}") from error
    if not pins:
        raise CorpusError(f"{path} names no revision")
    return [(title, revid) for revid, title in pins.items()]


def _text_of(path: Path, tell: Tell) -> str:
    import sys

    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path} cannot be read ({error.strerror or error})") from error
    return decode(data, str(path), tell)


def _listed(question: dict[str, str | int], client: Client, api: str, journal: Journal) -> list[dict[str, Any]]:
    """Members of a category, as far as the journal knows them from there, the rest from the wiki."""
    found: list[dict[str, Any]] = []
    further: dict[str, str | int] = {}
    while True:
        key = urlencode({**question, **further})
        known = journal.get("listing", key, any_round=False)
        if known is None:
            answer = next(iter(parts(client, api, {**question, **further})))
            listed = dicts(a_dict(answer.get("query", {})).get("categorymembers"))
            known = {
                "members": [
                    [item.get("ns"), expect_line(item.get("title"))]
                    for item in listed
                    if expect_line(item.get("title"))
                ],
                "continue": a_dict(answer.get("continue", {})),
            }
            journal.write([("listing", key, known)])
        found += [{"ns": space, "title": title} for space, title in known["members"]]
        if not known["continue"]:
            return found
        if known["continue"] == further:
            raise FetchError("the wiki goes on and on with the same part of a category")
        further = known["continue"]


def category_title(name: str, site: Site) -> str:
    """Category:Name, whatever of it was given."""
    prefix, colon, rest = written(name).partition(":")
    return (
        f"Category:{rest.strip()}" if colon and prefix.lower() in site.local_category else f"Category:{written(name)}"
    )


def titles_of_category(name: str, depth: int, client: Client, site: Site, journal: Journal) -> list[str]:
    """Titles of the pages in a category and, to a depth, in those below it; no category twice.

    Raises
    ------
    FetchError
        When there is nothing in it.
    """
    top = category_title(name, site)
    seen, level, titles = {top}, [top], dict[str, None]()
    for floor in range(depth + 1):
        below: list[str] = []
        for category in level:
            question: dict[str, str | int] = {"action": "query", "list": "categorymembers", "cmtitle": category}
            question |= {"cmlimit": "max", "cmprop": "title", "cmtype": "page|subcat" if floor < depth else "page"}
            for member in _listed(question, client, site.api, journal):
                if member["ns"] == 0:
                    titles[member["title"]] = None
                elif member["ns"] == 14 and category_title(member["title"], site) not in seen:
                    seen.add(category_title(member["title"], site))
                    below.append(category_title(member["title"], site))
        level = below
    if not titles:
        raise empty_category(site.name, category_size(top, client, site.api), top, depth)
    return list(titles)


def category_size(title: str, client: Client, api: str) -> dict[str, int]:
    """How many pages and subcats a category has; empty for one that the wiki does not know."""
    question: dict[str, str | int] = {"action": "query", "prop": "categoryinfo", "titles": title}
    query = a_dict(client.api(api, question).get("query", {}))
    found = [a_dict(page["categoryinfo"]) for page in dicts(query.get("pages")) if "categoryinfo" in page]
    return {name: a_number(found[0].get(name)) for name in ("pages", "subcats")} if found else {}


def empty_category(wiki: str, size: Mapping[str, int], title: str, depth: int) -> FetchError:
    """What to say of a category without an article."""
    if not size:
        return FetchError(f"{wiki} has no {title}; is that how it is spelled there?")
    if size["subcats"]:
        return FetchError(
            f"{wiki} has no pages in {title} down to that depth, but categories below it",
            remedy=Remedy("try {depth}", depth=depth + 1),
        )
    return FetchError(f"{wiki} has no pages in {title}")


def pageviews_address(base: str) -> str:
    """Where the lists of most-viewed pages are, for a host, its REST API, or the service itself.

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
    """What Pageviews calls a wiki: en.wikipedia, for one of Wikimedia's by its address, else by language."""
    host = (urlsplit(site.api).hostname or "").removeprefix("www.")
    return host.removesuffix(".org") if host.endswith(".org") else f"{language}.wikipedia"


def most_viewed(
    year: int, month: int | None, base: str, project: str, client: Client, site: Site, journal: Journal, tell: Tell
) -> list[str]:
    """Titles of articles in the order of their views in a month or a year, the most viewed first.

    Raises
    ------
    FetchError
        When there are no figures.
    """
    views: Counter[str] = Counter()
    for number in [month] if month else range(1, 13):
        address = f"{pageviews_address(base)}/{project}/all-access/{year}/{number:02d}/all-days"
        known = journal.get("listing", address, any_round=False)
        if known is None:
            known = _month(address, client)
            journal.write([("listing", address, known)])
        if not known:
            tell(f"no figures for {year}-{number:02d} (not there yet?)")
        for title, count in known:
            views[title] += count
    if not views:
        raise FetchError(f"Pageviews has no figures of {project} for {year}{f'-{month:02d}' if month else ''}")
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


def resolve_pins(pins: Iterable[int], client: Client, site: Site, journal: Journal) -> None:
    """See to it that the journal says of each revision which page it is of, as `pin` facts."""
    wanted = [revid for revid in pins if journal.get("pin", str(revid), any_round=False) is None]
    size = batch_size(client, site) if wanted else BATCH
    for first in range(0, len(wanted), size):
        batch = wanted[first : first + size]
        journal.write(_pins(batch, client, site))


def _pins(batch: Sequence[int], client: Client, site: Site) -> list[Fact]:
    question: dict[str, str | int] = {"action": "query", "revids": "|".join(map(str, batch))}
    question |= {"prop": "info|revisions", "rvprop": "ids"}
    _, pages = merged_pages(parts(client, site.api, question))
    found: dict[int, dict[str, Any]] = {}
    for page in pages:
        for revision in dicts(page.get("revisions")):
            known = {"pageid": a_number(page.get("pageid")), "title": expect_line(page.get("title")), "via": ""}
            known |= {"status": "page", "note": "", "quality": "", "revid": a_number(page.get("lastrevid"))}
            found[a_number(revision.get("revid"))] = known
    missing = {"status": "missing", "note": "no such revision"}
    return [("pin", str(revid), found.get(revid, missing)) for revid in batch]
