"""Replies of an API, which are not trusted: a wiki may send anything, and only values of the right type are used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from nmf_topics.corpus.fetch.client import Client
from nmf_topics.corpus.plain import clean_text, one_line
from nmf_topics.errors import FetchError

MOST_PARTS = 100_000  # of one continued question
LONGEST_TITLE = 1000  # characters; MediaWiki's titles have at most 255 bytes
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def a_dict(value: Any) -> dict[str, Any]:
    """An object, or FetchError."""
    if isinstance(value, dict):
        return value
    raise FetchError("the wiki's answer has not the shape of MediaWiki's; is the address that of an api.php?")


def dicts(value: Any) -> list[dict[str, Any]]:
    """A list of objects (none where there is no list at all), or FetchError."""
    if value is None:
        return []
    if isinstance(value, list):
        return [a_dict(item) for item in value]
    raise FetchError("the wiki's answer has a list of another shape than MediaWiki's")


def expect_line(value: Any) -> str:
    """A title or the like: one line of bearable length; "" for what is no text."""
    return one_line(value[:LONGEST_TITLE]) if isinstance(value, str) else ""


def a_text(value: Any) -> str:
    """A text that can be written; "" for what is no text."""
    return clean_text(value.replace("\0", "")) if isinstance(value, str) else ""


def a_number(value: Any) -> int:
    """An id or a count; 0 for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63 else 0


def a_time(value: Any) -> str:
    """A timestamp of MediaWiki's; "" for what is none."""
    return value if isinstance(value, str) and TIMESTAMP.fullmatch(value) else ""


def parts(client: Client, api: str, parameters: Mapping[str, str | int]) -> Iterator[dict[str, Any]]:
    """Send a request, and further ones until the wiki says that this was all.

    Yields
    ------
    The replies as they come, one a request.
    """
    further: dict[str, str | int] = {}
    for _ in range(MOST_PARTS):
        answer = client.api(api, {**parameters, **further})
        yield answer
        if "continue" not in answer:
            return
        pairs = a_dict(answer["continue"])
        before = further
        further = {str(key): value for key, value in pairs.items() if isinstance(value, str | int)}
        if not further or further == before:
            break
    raise FetchError("the wiki goes on and on with the same answer; is the address that of an api.php?")


def merged_pages(answers: Iterator[dict[str, Any]]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Merge the parts of a continued reply.

    Returns
    -------
    query, pages : the first part's `query` (where titles went), and each page with what all parts say of it
    """
    query: dict[str, Any] = {}
    pages: dict[tuple[Any, str], dict[str, Any]] = {}
    for answer in answers:
        part = a_dict(answer.get("query", {}))
        query = query or part
        for page in dicts(part.get("pages")):
            known = pages.setdefault((a_number(page.get("pageid")), expect_line(page.get("title"))), {})
            for key, value in page.items():
                if isinstance(value, list) and isinstance(known.get(key), list):
                    known[key] = known[key] + value
                elif isinstance(value, dict) and isinstance(known.get(key), dict):
                    known[key] = known[key] | value
                else:
                    known[key] = value
    return query, list(pages.values())
