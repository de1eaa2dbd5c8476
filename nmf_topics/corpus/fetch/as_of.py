"""The revision that each page had at a given time.

MediaWiki finds the revision of a time for one page a request. A page that has not changed since needs no such request:
its last revision is the one of that time, and 50 pages a request say when that was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from nmf_topics.corpus.fetch.client import Client
from nmf_topics.corpus.fetch.journal import Journal
from nmf_topics.corpus.fetch.reply import a_dict, a_number, a_time, dicts, merged_pages, parts
from nmf_topics.corpus.fetch.site import Site
from nmf_topics.corpus.fetch.titles import batch_size
from nmf_topics.errors import FetchError, OptionError, WikiUnreachable

KIND = "dated"  # of facts: page id@time -> {"revid": ...}, or {"status": "missing", "note": ...}
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
FORMAT = "%Y-%m-%dT%H:%M:%SZ"
GIVE_UP = 3  # requests in a row that fail: then it is not the pages


def read_moment(text: str, now: datetime | None = None) -> str:
    """Read a day, whose end is meant, or a time in UTC; return it as MediaWiki writes times.

    Raises
    ------
    OptionError
        When it is neither, or lies in the future.

    Examples
    --------
    >>> read_moment("2020-02-29")
    '2020-02-29T23:59:59Z'
    """
    text = text.strip().upper()
    try:
        if _DAY.fullmatch(text):
            moment = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=1, seconds=-1)
        else:
            moment = datetime.strptime(text, FORMAT).replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise OptionError(f"{text!r} is neither a day (2020-02-29) nor a time in UTC (2020-02-29T12:00:00Z)") from error
    if moment > (now or datetime.now(UTC)):
        raise OptionError(f"{text} is not over yet")
    return moment.strftime(FORMAT)


def dated_key(pageid: int, moment: str) -> tuple[str, str]:
    """Return kind and key of the fact that says which revision a page had."""
    return KIND, f"{pageid}@{moment}"


def find_revisions(
    pageids: Iterable[int],
    moment: str,
    client: Client,
    site: Site,
    journal: Journal,
    on_page: Callable[[str], None] = lambda page: None,
) -> dict[tuple[str, str], str]:
    """See to it that the journal says which revision each page had at a time.

    Returns
    -------
    The facts that could not be had, and why.

    Raises
    ------
    WikiUnreachable
        When further requests are useless.
    """
    wanted = [pageid for pageid in dict.fromkeys(pageids) if journal.get(*dated_key(pageid, moment)) is None]
    size = batch_size(client, site) if wanted else 1
    changed: list[int] = []
    for first in range(0, len(wanted), size):
        changed += _unchanged_aside(wanted[first : first + size], moment, client, site, journal)
    failed: dict[tuple[str, str], str] = {}
    in_a_row = 0
    for pageid in changed:
        try:
            journal.write([(*dated_key(pageid, moment), _revision_at(pageid, moment, client, site))])
            in_a_row = 0
        except WikiUnreachable:
            raise
        except FetchError as error:
            failed[dated_key(pageid, moment)] = error.message
            in_a_row += 1
            if in_a_row == GIVE_UP:
                raise WikiUnreachable(f"{GIVE_UP} requests in a row failed; the last: {error.message}") from error
        on_page(str(pageid))
    return failed


def _unchanged_aside(pageids: Sequence[int], moment: str, client: Client, site: Site, journal: Journal) -> list[int]:
    """Save the facts of the pages that have not changed since; return the others."""
    question: dict[str, str | int] = {"action": "query", "pageids": "|".join(map(str, pageids))}
    _, pages = merged_pages(parts(client, site.api, question | {"prop": "revisions", "rvprop": "ids|timestamp"}))
    unchanged = {
        a_number(page.get("pageid")): a_number(revision.get("revid"))
        for page in pages
        for revision in dicts(page.get("revisions"))
        if "" < a_time(revision.get("timestamp")) <= moment
    }
    journal.write(
        [(*dated_key(pageid, moment), {"revid": unchanged[pageid]}) for pageid in pageids if pageid in unchanged]
    )
    return [pageid for pageid in pageids if pageid not in unchanged]


def _revision_at(pageid: int, moment: str, client: Client, site: Site) -> dict[str, Any]:
    """Ask which revision a page had."""
    question: dict[str, str | int] = {"action": "query", "pageids": pageid, "prop": "revisions", "rvlimit": 1}
    question |= {"rvdir": "older", "rvstart": moment, "rvprop": "ids|timestamp"}
    query = a_dict(client.api(site.api, question).get("query", {}))
    revids = [
        a_number(revision.get("revid"))
        for page in dicts(query.get("pages"))
        for revision in dicts(page.get("revisions"))
    ]
    return {"revid": revids[0]} if revids else {"status": "missing", "note": f"did not exist at {moment}"}
