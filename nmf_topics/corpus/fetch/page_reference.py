"""Pages as people name them: a title, a wikilink, the URL of a page, or a line of a list.

A list of titles rarely holds bare titles only. It is pasted from a browser, a wiki page or a spreadsheet, so each line
may be a URL, a [[wikilink]], a quoted title, or one of these after a list bullet. A title that itself begins and ends
with quotation marks can be given as a wikilink: [["Heroes"]].
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from nmf_topics.corpus.plain import one_line
from nmf_topics.errors import FetchError

_BULLET = re.compile(r"[*•‣◦·-]+(?:\s+|(?=\[\[|https?://))")
_NUMBER = re.compile(r"(\d{1,6})[.)]\s+")
_WIKILINK = re.compile(r"\[\[\s*:?([^\[\]|]+)(?:\|[^\[\]]*)?\]\]")
_BETWEEN_LINKS = re.compile(r"[\s,;/|·•–-]*")
_PERMALINK = re.compile(r"[^:/]+:Perma(?:nent)?link/(\d{1,18})", re.IGNORECASE)
_QUOTATION_MARKS = ('""', "''", "“”", "„“", "„”", "«»", "‘’", "``")
_SCRIPT = re.compile(r"^(?:/[^/]+)*/index\.php/")


@dataclass(frozen=True, slots=True)
class PageReference:
    """A page as a user named it.

    Attributes
    ----------
    title : the title; "" where a URL names a revision and no title
    api : api.php of the wiki that a URL points to; "" where no URL was given
    revid : revision that a URL with `oldid` names; 0 for the page as it is
    url : the URL, if one was given
    """

    title: str
    api: str = ""
    revid: int = 0
    url: str = ""


def read_reference(text: str) -> PageReference:
    """Read a title, a wikilink or a URL.

    Raises
    ------
    FetchError
        When the text is a URL, but not one of a page.

    Examples
    --------
    >>> read_reference("[[Iron Man 3|the film]]").title
    'Iron Man 3'
    >>> read_reference("https://en.wikipedia.org/wiki/Iron_Man_3").title
    'Iron Man 3'
    """
    text = text.strip()
    if text.lower().startswith(("http://", "https://")):
        return reference_of_url(text)
    link = _WIKILINK.fullmatch(text)
    return PageReference(link[1].strip() if link else text)


def reference_of_url(url: str) -> PageReference:
    """Read the URL of a page.

    Raises
    ------
    FetchError
        When the URL is not one of a page.

    Examples
    --------
    >>> reference_of_url("https://en.m.wikipedia.org/wiki/Iron_Man_3#Plot").title
    'Iron Man 3'
    >>> reference_of_url("https://en.wikipedia.org/w/index.php?title=Tea&oldid=7").revid
    7
    """
    try:
        split = urlsplit(url)
        query = parse_qs(split.query)
    except ValueError as error:
        raise FetchError(f"{one_line(url)} is not a page URL ({error})") from error
    path = _SCRIPT.sub("/wiki/", split.path)
    title = unquote(path.removeprefix("/wiki/")) if path.startswith("/wiki/") else ""
    title = (title or query.get("title", [""])[0]).replace("_", " ").strip()
    oldid = query.get("oldid", [""])[0]
    if permalink := _PERMALINK.fullmatch(title):
        title, oldid = "", permalink[1]
    revid = int(oldid) if re.fullmatch(r"[0-9]{1,18}", oldid) else 0
    if split.scheme not in ("http", "https") or not split.netloc or not (title or revid):
        raise FetchError(
            f"{one_line(url)} is not a page URL; an example of one is https://en.wikipedia.org/wiki/Iron_Man_3"
        )
    return PageReference(title, f"{split.scheme}://{split.netloc.replace('.m.', '.', 1)}/w/api.php", revid, url)


def read_list(text: str) -> list[str]:
    """Read a list of pages: one on each line, without bullets, numbers and quotation marks; # begins a comment line.

    A line of wikilinks names all of them; a line with a wikilink and other words names the first one. Numbers are
    removed only where all lines are numbered from 1 on, because titles such as "1. FC Köln" exist.

    Examples
    --------
    >>> read_list('* "Iron Man"\\n- [[Thor]], a film\\n# a comment\\nC++')
    ['Iron Man', '[[Thor]]', 'C++']
    >>> read_list("1. Tea\\n2. Coffee")
    ['Tea', 'Coffee']
    """
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    lines = _without_numbers([_BULLET.sub("", line, count=1) if _BULLET.match(line) else line for line in lines])
    return [title for line in lines for title in _links_in(line) or [_without_quotation_marks(line)] if title]


def _links_in(line: str) -> list[str]:
    """The wikilinks that a line names; none where it holds no wikilink."""
    links = [found[0] for found in _WIKILINK.finditer(line)]
    only_links = _BETWEEN_LINKS.fullmatch(_WIKILINK.sub("", line))
    return links if only_links else links[:1]


def _without_numbers(lines: Sequence[str]) -> list[str]:
    found = [_NUMBER.match(line) for line in lines]
    numbers = [int(match[1]) for match in found if match]
    if len(lines) < 2 or numbers != list(range(1, len(lines) + 1)):
        return list(lines)
    return [_NUMBER.sub("", line, count=1) for line in lines]


def _without_quotation_marks(line: str) -> str:
    """The line without quotation marks around all of it, and without the comma that a list in code leaves behind."""
    for candidate in (line, line.removesuffix(",").rstrip()):
        inside = candidate[1:-1].strip()
        if len(candidate) > 2 and candidate[0] + candidate[-1] in _QUOTATION_MARKS and candidate[0] not in inside:
            return inside
    return line
