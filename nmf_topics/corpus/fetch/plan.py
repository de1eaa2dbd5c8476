"""What a fetch will cost, before it begins: requests and time, with nothing fetched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nmf_topics.corpus.fetch.client import Client, is_loopback
from nmf_topics.corpus.fetch.journal import Journal
from nmf_topics.corpus.fetch.quality import hub_of
from nmf_topics.corpus.fetch.select import category_size, category_title, empty_category
from nmf_topics.corpus.fetch.site import read_site
from nmf_topics.corpus.fetch.texts import Way, request_size
from nmf_topics.corpus.fetch.titles import BATCH, written

PART = 500  # members of a category in an answer
LISTED = 1000  # pages in a month's list of most-viewed ones
SECONDS = 0.3  # that an answer takes, at least, where nothing limits the requests


@dataclass(frozen=True, slots=True)
class Plan:
    """The requests of a fetch, at most, and what they are for.

    Attributes
    ----------
    steps : (what for, requests)
    seconds : that they take at the pace of the client
    remarks : what cannot be foretold
    """

    steps: list[tuple[str, int]]
    seconds: float
    remarks: list[str]

    @property
    def requests(self) -> int:
        """All of them."""
        return sum(number for _, number in self.steps)


def plan_of(
    asks: Sequence[dict[str, Any]], api: str, way: Way | None, limit: int | None, client: Client, journal: Journal
) -> Plan:
    """Count the requests that a fetch would send. Only the size of a category is asked for.

    Raises
    ------
    FetchError
        When the wiki cannot be asked for that, or has no such category.
    """
    listing, titles, pages = 0, 0, 0
    remarks: list[str] = []
    for ask in asks:
        if "category" in ask:
            category = category_title(ask["category"], read_site(client, api, Journal(None)))
            found = category_size(category, client, api)
            if not found or not (found["pages"] or ask["depth"]):
                raise empty_category("the wiki", found, category, ask["depth"])
            members = found["pages"]
            listing += max(1, math.ceil(members / PART))
            titles, pages = titles + members, pages + members
            if ask["depth"]:
                remarks.append(f"the categories below {ask['category']} come on top")
        elif "top" in ask:
            months = 1 if ask["month"] else 12
            listing += months
            titles, pages = titles + months * LISTED, pages + ask["top"]
            remarks.append("titles are asked about only as far down the list as is needed")
        elif "pins" in ask:
            titles, pages = titles + len(ask["pins"]), pages + len(ask["pins"])
        else:
            sent = dict.fromkeys(map(written, ask["titles"]))
            known = {title: journal.get("title", title) for title in sent}
            titles += sum(1 for outcome in known.values() if outcome is None)
            pages += sum(1 for outcome in known.values() if outcome is None or _lacks_text(outcome, journal))
    pages = pages if limit is None else min(pages, limit)
    site = 0 if journal.get("site", "") else 2 if hub_of(api)[0] else 1
    steps = [
        ("to know the wiki", site),
        ("for lists", listing),
        ("for titles, 50 at a time", math.ceil(titles / BATCH)),
    ]
    size = request_size(way or "extracts")
    steps.append(("for texts" + (f", {size} at a time" if size > 1 else ""), math.ceil(pages / size)))
    pace = SECONDS if is_loopback(api) else max(SECONDS, 60 / client.manners.per_minute)
    return Plan(steps, sum(number for _, number in steps) * pace, remarks)


def _lacks_text(outcome: dict[str, Any], journal: Journal) -> bool:
    return outcome.get("status") == "page" and journal.get("page", str(outcome["pageid"])) is None
