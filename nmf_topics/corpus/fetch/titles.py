"""Titles: how they are normalized, and which page each leads to.

The wiki normalizes titles (spaces, first letter) and follows redirects, 50 titles a request. The result for each title,
a page or the reason why there is none, is a `title` fact of the journal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import unquote

from nmf_topics.corpus.fetch.client import Client
from nmf_topics.corpus.fetch.journal import Fact, Journal
from nmf_topics.corpus.fetch.reply import a_dict, a_number, dicts, expect_line, merged_pages, parts
from nmf_topics.corpus.fetch.site import Site
from nmf_topics.corpus.plain import clean_text, one_line

BATCH = 50  # titles or page ids a request: the 51st is an error
HIGH_BATCH = 500  # the same for an account with high limits
NEVER = re.compile(r"[\x00-\x1f\x7f|\ufffd]")  # in no title, and harmful in a list of them


def written(title: str) -> str:
    """Return a title as it is sent: in NFC, with single spaces and no underscores.

    Examples
    --------
    >>> written("  Iron_Man__3 ")
    'Iron Man 3'
    """
    return re.sub(" +", " ", unicodedata.normalize("NFC", clean_text(title)).replace("_", " ")).strip()


def batch_size(client: Client, site: Site) -> int:
    """Return how many titles or page ids one request may name."""
    account = client.account(site.api)
    return HIGH_BATCH if account and account.high_limits else BATCH


def resolve(
    titles: Iterable[str],
    client: Client,
    site: Site,
    journal: Journal,
    on_title: Callable[[str], None] = lambda title: None,
    *,
    again: bool = False,
) -> dict[tuple[str, str], str]:
    """Ask for those titles (as `written`) of which the journal does not say where they lead, and write it down.

    Returns
    -------
    Titles to which the wiki gave no answer, as keys of facts, and why; they are not written down, so that the next run
    asks for them again.
    """
    wanted = list(dict.fromkeys(titles))
    if not again:
        wanted = [title for title in wanted if journal.get("title", title, any_round=False) is None]
    wrong: list[Fact] = [("title", title, refused) for title in wanted if (refused := _refuse(title))]
    if wrong:
        journal.write(wrong)
    wanted = [title for title in wanted if not _refuse(title)]
    failed: dict[tuple[str, str], str] = {}
    size = batch_size(client, site) if wanted else BATCH
    for first in range(0, len(wanted), size):
        batch = wanted[first : first + size]
        facts = _ask(batch, client, site)
        failed |= {(kind, title): outcome["note"] for kind, title, outcome in facts if outcome["status"] == "failed"}
        journal.write(fact for fact in facts if fact[:2] not in failed)
        for title in batch:
            on_title(title)
    return failed


def _refuse(title: str) -> dict[str, Any] | None:
    """Return the outcome of a title that cannot be one; None if the wiki has to be asked."""
    if not title:
        return {"status": "invalid", "note": "empty title"}
    if title.startswith(("http://", "https://")):
        return {"status": "invalid", "note": "the URL of another wiki, or not a page URL"}
    if NEVER.search(title):
        return {"status": "invalid", "note": "a character that no title has"}
    return None


def _ask(batch: Sequence[str], client: Client, site: Site) -> list[Fact]:
    """Ask where titles lead, in one request."""
    question: dict[str, str | int] = {
        "action": "query",
        "titles": "|".join(batch),
        "redirects": 1,
        "prop": "info|pageprops",
        "ppprop": "disambiguation",
    }
    if marks := site.quality_marks:
        question |= {"prop": f"{question['prop']}|categories", "clcategories": "|".join(marks), "cllimit": "max"}
    if site.assesses:
        question |= {"prop": f"{question['prop']}|pageassessments", "palimit": "max"}
    query, pages = merged_pages(parts(client, site.api, question))
    ways: dict[str, str] = {}
    for step in ("normalized", "converted"):
        for item in dicts(query.get(step)):
            start = item.get("from")
            if isinstance(start, str):
                ways[unquote(start) if item.get("fromencoded") is True else start] = expect_line(item.get("to"))
    redirects = {expect_line(item.get("from")): item for item in dicts(query.get("redirects"))}
    elsewhere = {expect_line(item.get("title")): expect_line(item.get("iw")) for item in dicts(query.get("interwiki"))}
    by_title = {expect_line(page.get("title")): page for page in pages}
    return [("title", title, _follow(title, ways, redirects, elsewhere, by_title, site)) for title in batch]


def _follow(
    title: str,
    ways: dict[str, str],
    redirects: dict[str, dict[str, Any]],
    elsewhere: dict[str, str],
    pages: dict[str, dict[str, Any]],
    site: Site,
) -> dict[str, Any]:
    """Follow one title to its page."""
    at = title
    for _ in range(2):  # normalized, then converted to another script
        at = ways.get(at, at)
    if at in elsewhere:
        return {"status": "invalid", "note": f"on another wiki ({elsewhere[at]})"}
    chain: list[str] = []
    while at in redirects and at not in chain and at not in pages:
        chain.append(at)
        step = redirects[at]
        if "tointerwiki" in step:
            return {"status": "invalid", "note": f"redirect to another wiki ({expect_line(step['tointerwiki'])})"}
        at = expect_line(step.get("to"))
    via = " -> ".join([*chain[1:], at]) if chain else ""
    if at not in pages:
        note = "redirect in a circle" if chain else "the wiki does not answer to it"
        return {"status": "missing" if chain else "failed", "note": note}
    return _outcome(pages[at], via, site)


def _outcome(page: dict[str, Any], via: str, site: Site) -> dict[str, Any]:
    """Return the outcome of the page that a title leads to."""
    if page.get("special"):
        return {"status": "invalid", "note": "a special page"}
    if "invalid" in page:
        return {"status": "invalid", "note": one_line(str(page.get("invalidreason", "")))[:200]}
    if page.get("missing"):
        return {"status": "missing", "note": f"redirect to {via}, which does not exist" if via else ""}
    space, pageid = page.get("ns"), a_number(page.get("pageid"))
    if not pageid:
        return {"status": "failed", "note": "the wiki gives it no page id"}
    known: dict[str, Any] = {
        "pageid": pageid,
        "revid": a_number(page.get("lastrevid")),
        "title": expect_line(page["title"]),
    }
    known["via"] = via
    if space != 0:
        name = expect_line(page["title"]).partition(":")[0]
        return {**known, "status": "filtered", "note": f"no article (namespace {name})"}
    if "disambiguation" in a_dict(page.get("pageprops", {})):
        return {**known, "status": "disambiguation", "note": ""}
    return {**known, "status": "page", "note": "", "quality": _quality(page, site)}


def _quality(page: dict[str, Any], site: Site) -> str:
    """Return featured, good or "", by categories or by the assessments of the wiki's projects."""
    marks = {name.partition(":")[2]: quality for name, quality in site.quality_marks.items()}
    found = {marks.get(expect_line(item.get("title")).partition(":")[2], "") for item in dicts(page.get("categories"))}
    for project in a_dict(page.get("pageassessments") or {}).values():
        found.add({"FA": "featured", "GA": "good"}.get(str(a_dict(project).get("class")), ""))
    return "featured" if "featured" in found else "good" if "good" in found else ""
