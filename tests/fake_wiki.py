"""A small wiki in memory, for tests of fetch that need no MediaWiki.

`FakeWiki` gives the answers of MediaWiki's API for the questions that fetch asks; tests/fetch/test_fake_wiki.py
compares them with those of a real one. `FakeClient` takes the place of a `Client`, and can be told to refuse or to be
interrupted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from nmf_topics.corpus.fetch.client import Client, RequestPolicy
from nmf_topics.corpus.fetch.fetch import Fetch, Result
from nmf_topics.corpus.fetch.restore import open_journal
from nmf_topics.corpus.fetch.settings import Settings
from nmf_topics.errors import FetchError, WikiUnreachable

API = "http://wiki.test/w/api.php"
NAMESPACES = {"": 0, "Talk": 1, "Category": 14}
ENGLISH = {"Good articles": "good", "Featured articles": "featured"}
Answer = dict[str, Any]


@dataclass
class FakePage:
    """A page: its number, and its revisions as (number, wikitext)."""

    pageid: int
    title: str
    revisions: list[tuple[int, str]] = field(default_factory=list)

    @property
    def source(self) -> str:
        """The wikitext of the last revision."""
        return self.revisions[-1][1]

    @property
    def redirect(self) -> str:
        """The title that the page leads to, "" for none."""
        found = re.match(r"#REDIRECT \[\[(.+?)\]\]", self.source)
        return found[1] if found else ""

    @property
    def namespace(self) -> int:
        """The number of the namespace."""
        return NAMESPACES.get(self.title.partition(":")[0] if ":" in self.title else "", 0)

    @property
    def categories(self) -> list[str]:
        """Titles of the categories that the page is in."""
        return [f"Category:{name}" for name in re.findall(r"\[\[Category:(.+?)\]\]", self.source)]


class FakeWiki:
    """Pages by title, and the answers that MediaWiki would give about them.

    Parameters
    ----------
    extracts : the wiki has TextExtracts
    part : members of a category in one answer
    """

    def __init__(self, *, extracts: bool = True, part: int = 500) -> None:
        self.pages: dict[str, FakePage] = {}
        self.views: dict[str, dict[str, int]] = {}  # views by title, for months such as 2018/01
        self.extracts, self.part = extracts, part
        self._last = 0  # page or revision

    def save(self, title: str, source: str) -> int:
        """Save a revision of a page, and return its number."""
        page = self.pages.setdefault(title, FakePage(len(self.pages) + 1, title))
        self._last += 1
        page.revisions.append((1000 + self._last, source))
        return page.revisions[-1][0]

    def rename(self, title: str, to: str) -> None:
        """Move a page, and leave no redirect."""
        self.pages[to] = self.pages.pop(title)
        self.pages[to].title = to

    def delete(self, title: str) -> None:
        """Delete a page; its number is not given to another one."""
        self.pages[f"Deleted:{title}"] = self.pages.pop(title)
        self.pages[f"Deleted:{title}"].title = f"Deleted:{title}"

    def answer(self, asked: Mapping[str, Any]) -> Answer:
        """Answer one question."""
        if asked.get("meta") == "siteinfo":
            return {"batchcomplete": True, "query": self._siteinfo()}
        if asked.get("list") == "categorymembers":
            return self._members(asked)
        query: Answer = {}
        pages: list[Answer] = []
        if "titles" in asked:
            query, found = self._follow(str(asked["titles"]).split("|"), bool(asked.get("redirects")))
            pages = [self._page(page, asked) if isinstance(page, FakePage) else page for page in found]
        elif "pageids" in asked:
            by_id = {str(page.pageid): page for title, page in self.pages.items() if not title.startswith("Deleted:")}
            for number in str(asked["pageids"]).split("|"):
                page = by_id.get(number)
                pages.append(self._page(page, asked) if page else {"pageid": int(number), "missing": True})
        elif "revids" in asked:
            wanted = [int(number) for number in str(asked["revids"]).split("|")]
            known = {revid: page for page in self.pages.values() for revid, _ in page.revisions}
            bad = {str(revid): {"revid": revid, "missing": True} for revid in wanted if revid not in known}
            query = {"badrevids": bad} if bad else {}
            for page in {known[revid].pageid: known[revid] for revid in wanted if revid in known}.values():
                pages.append(self._page(page, asked, [revid for revid in wanted if known.get(revid) is page]))
        pages.sort(key=lambda page: page.get("pageid", 0))
        return {"batchcomplete": True, "query": query | ({"pages": pages} if pages else {})}

    def _siteinfo(self) -> Answer:
        general = {"sitename": "Fake", "lang": "en", "mainpage": "Main Page", "generator": "MediaWiki 1.39.17"}
        general |= {"server": "http://wiki.test", "articlepath": "/wiki/$1"}
        names = {str(number): {"id": number, "name": name, "canonical": name} for name, number in NAMESPACES.items()}
        extensions = [{"name": "TextExtracts"}] if self.extracts else []
        rights = {"url": "", "text": ""}
        return {"general": general, "extensions": extensions, "rightsinfo": rights, "namespaces": names}

    def _follow(self, titles: list[str], redirects: bool) -> tuple[Answer, list[FakePage | Answer]]:
        """Where titles lead: what was normalized and redirected, and the pages at the end."""
        normalized, steps = [], []
        found: dict[str, FakePage | Answer] = {}
        for title in titles:
            at = " ".join(title.replace("_", " ").split())
            at = at[:1].upper() + at[1:]
            if at != title:
                normalized.append({"fromencoded": False, "from": title, "to": at})
            if bad := next((character for character in at if character in "<>[]{}"), ""):
                reason = f'The requested page title contains invalid characters: "{bad}".'
                found[at] = {"title": title, "invalid": True, "invalidreason": reason}
                continue
            seen: list[str] = []
            while redirects and at in self.pages and self.pages[at].redirect and at not in seen:
                seen.append(at)
                step = {"from": at, "to": self.pages[at].redirect}
                steps += [step] if step not in steps else []
                at = step["to"]
            if at not in seen:
                space = NAMESPACES.get(at.partition(":")[0] if ":" in at else "", 0)
                found[at] = self.pages.get(at) or {"ns": space, "title": at, "missing": True}
        query = {"normalized": normalized, "redirects": steps}
        return {name: items for name, items in query.items() if items}, list(found.values())

    def _page(self, page: FakePage, asked: Mapping[str, Any], revids: list[int] | None = None) -> Answer:
        """What an answer says of a page."""
        props = str(asked.get("prop", "")).split("|")
        answer: Answer = {"pageid": page.pageid, "ns": page.namespace, "title": page.title}
        if "info" in props:
            answer |= {"lastrevid": page.revisions[-1][0]} | ({"redirect": True} if page.redirect else {})
        if "pageprops" in props and "__DISAMBIG__" in page.source:
            answer["pageprops"] = {"disambiguation": ""}
        if "categories" in props:
            wanted = str(asked.get("clcategories", "")).split("|")
            found = [{"ns": 14, "title": name} for name in page.categories if name in wanted]
            answer |= {"categories": found} if found else {}
        if "categoryinfo" in props and page.namespace == 14:
            members = [other for other in self.pages.values() if page.title in other.categories]
            below = sum(other.namespace == 14 for other in members)
            answer["categoryinfo"] = {"size": len(members), "pages": len(members) - below, "files": 0, "subcats": below}
        if "extracts" in props and self.extracts:
            text = extract_of(page.source)
            answer["extract"] = text.partition("\n\n\n==")[0] if asked.get("exintro") else text
        if "revisions" in props:
            chosen = [item for item in page.revisions if revids is None or item[0] in revids]
            answer["revisions"] = [_revision(*item, asked) for item in (chosen if revids else chosen[-1:])]
        return answer

    def _members(self, asked: Mapping[str, Any]) -> Answer:
        kinds = str(asked["cmtype"]).split("|")
        members = [
            {"ns": page.namespace, "title": page.title}
            for page in self.pages.values()
            if asked["cmtitle"] in page.categories and ("subcat" if page.namespace == 14 else "page") in kinds
        ]
        members.sort(key=lambda member: str(member["title"]))
        begin = int(asked.get("cmcontinue", 0))
        part: Answer = {"query": {"categorymembers": members[begin : begin + self.part]}}
        if begin + self.part < len(members):
            return {"continue": {"cmcontinue": str(begin + self.part), "continue": "-||"}, **part}
        return {"batchcomplete": True, **part}


def _revision(revid: int, source: str, asked: Mapping[str, Any]) -> Answer:
    wanted = str(asked.get("rvprop", "")).split("|")
    answer: Answer = {"revid": revid, "parentid": 0}
    if "timestamp" in wanted:
        answer["timestamp"] = "2026-01-01T00:00:00Z"
    if "content" in wanted:
        answer["slots"] = {"main": {"contentmodel": "wikitext", "contentformat": "text/x-wiki", "content": source}}
    return answer


def extract_of(source: str) -> str:
    """The text of a page as TextExtracts gives it, for wikitext without templates, tables and files."""
    text = re.sub(r"\[\[Category:.+?\]\]|__DISAMBIG__|'''", "", source)
    text = re.sub(r"\[\[(?:[^]|]*\|)?([^]|]*)\]\]", r"\1", text)
    return re.sub(r"\n*^(==+ .+? ==+)$", r"\n\n\n\1", text, flags=re.MULTILINE).strip()


class FakeClient(Client):
    """A client that asks a `FakeWiki`.

    Parameters
    ----------
    spoil : what happens instead of the answer to a request, by its number from 1 on and its parameters; None: nothing
    """

    def __init__(
        self,
        wiki: FakeWiki,
        spoil: Callable[[int, Mapping[str, Any]], BaseException | None] = lambda number, asked: None,
    ) -> None:
        super().__init__(RequestPolicy(contact="dev@example.org"))
        self.wiki, self.spoil = wiki, spoil
        self.asked: list[dict[str, Any]] = []

    def api(self, url: str, parameters: Mapping[str, str | int]) -> dict[str, Any]:
        """Answer as the wiki does."""
        self._count({"url": url, **parameters})
        return self.wiki.answer(parameters)

    def json(self, url: str) -> dict[str, Any]:
        """Answer as Pageviews does: with a list for each month that there is."""
        self._count({"url": url})
        month = "/".join(url.split("/")[-3:-1])
        if month not in self.wiki.views:
            raise FetchError(f"HTTP 404 for {url}", status=404)
        articles = [{"article": title, "views": views} for title, views in self.wiki.views[month].items()]
        return {"items": [{"articles": articles}]}

    def _count(self, asked: dict[str, Any]) -> None:
        self.requests += 1
        self.asked.append(asked)
        if (fault := self.spoil(self.requests, asked)) is not None:
            raise fault

    def texts(self) -> list[str]:
        """Page or revision numbers of the texts that were asked for."""
        return list(self._texts())

    def _texts(self) -> Iterator[str]:
        for asked in self.asked:
            if "extracts" in str(asked.get("prop")) or "content" in str(asked.get("rvprop")):
                yield from str(asked.get("pageids") or asked.get("revids")).split("|")


def refusing(first: int, last: int | None = None) -> Callable[[int, Mapping[str, Any]], BaseException | None]:
    """A wiki that refuses the requests from one number to another."""

    def spoil(number: int, asked: Mapping[str, Any]) -> BaseException | None:
        refused = number >= first and (last is None or number <= last)
        return WikiUnreachable("wiki.test answers HTTP 403: blocked") if refused else None

    return spoil


def interrupting(at: int) -> Callable[[int, Mapping[str, Any]], BaseException | None]:
    """Ctrl-C while a request is under way."""
    return lambda number, asked: KeyboardInterrupt() if number == at else None


def ask_fake(monkeypatch: pytest.MonkeyPatch, client: FakeClient) -> None:
    """Let the command fetch ask a fake wiki."""
    monkeypatch.setattr("nmf_topics.cli.fetch.polite_client", lambda contact, talk, *, timeout: client)


def fetch_fake(
    folder: Path,
    client: FakeClient,
    *asks: dict[str, Any],
    refresh: bool = False,
    tell: Callable[[str], None] = lambda message: None,
    **settings: Any,
) -> Result:
    """Fetch from a fake wiki with these settings of the corpus."""
    with open_journal(folder, tell=tell) as journal:
        return Fetch(client, journal, Settings(wiki=API, **settings), tell=tell).run(
            folder, list(asks), refresh=refresh
        )
