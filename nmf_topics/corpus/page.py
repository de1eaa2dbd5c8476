"""Pages and corpora: what every reader yields and every later stage consumes.

A corpus is an iterable of pages that can be read more than once and may be larger than memory: nothing here
holds the texts. Its order never matters to a result; later stages put pages in the order of their ids.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nmf_topics.corpus.reading_log import ReadingLog
from nmf_topics.corpus.reading_log import SetAside as SetAside


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a corpus.

    Attributes
    ----------
    id : str, unique in the corpus; one line, never empty
    title : str, for people; one line, never empty
    text : str, as it was read; may be empty
    meta : whatever else the source says of the page (label, date, url, ...), carried to the results;
        the readers give values of the types str, int, float, bool and None only
    row : the number of its row in the source, from 1, where the source has an order; no part of what the page says

    Examples
    --------
    >>> page = Page("1", "Tea", "Green tea and black tea.", {"date": "2004-05-01", "label": "drinks"})
    >>> page.title, page.meta["label"]
    ('Tea', 'drinks')
    """

    id: str
    title: str
    text: str
    meta: Mapping[str, Any] = field(default_factory=dict)
    row: int | None = field(default=None, compare=False)


@dataclass
class Corpus:
    """A named stream of pages.

    Attributes
    ----------
    name : str, short, fit for a folder's name
    source : str, what was opened, for messages and records
    read : function that yields the pages, each time from the start, and writes what it cannot use into a ReadingLog
    log : of the last complete reading
    share : how much of the source has been read, from 0 to 1; None where that cannot be known
    keeps_order : whether the columns of V have the pages in the order of the source, not sorted by their ids

    Raises
    ------
    CorpusError
        While it is read, when the source is broken, or contains no pages.

    Examples
    --------
    >>> pages = [Page("1", "Tea", "green tea"), Page("2", "Coffee", "black coffee")]
    >>> corpus = Corpus("drinks", "two pages", lambda set_aside: iter(pages))
    >>> [page.title for page in corpus]
    ['Tea', 'Coffee']
    """

    name: str
    source: str
    read: Callable[[ReadingLog], Iterator[Page]]
    log: ReadingLog = field(default_factory=ReadingLog)
    share: Callable[[], float | None] = lambda: None
    keeps_order: bool = False

    def __iter__(self) -> Iterator[Page]:
        log = ReadingLog()
        yield from self.read(log)
        self.log = log

    @property
    def set_aside(self) -> list[SetAside]:
        """What the last complete reading could not use."""
        return self.log.set_aside


class Fingerprint:
    """sha256 over the pages of a corpus, the same for every order of the pages.

    Examples
    --------
    >>> one, two = Page("1", "Tea", "green"), Page("2", "Coffee", "black")
    >>> forth, back = Fingerprint(), Fingerprint()
    >>> for page in (one, two): forth.add(page)
    >>> for page in (two, one): back.add(page)
    >>> forth.hexdigest() == back.hexdigest()
    True
    """

    def __init__(self) -> None:
        self._digests: list[bytes] = []

    def add(self, page: Page) -> None:
        """Take one page into account: its id, title, text and metadata (whatever the order of its keys)."""
        digest = hashlib.sha256()
        # JSON keeps 1, "1", True and None apart, and a key apart from its value
        for part in (page.id, page.title, page.text, json.dumps(dict(page.meta), sort_keys=True)):
            data = part.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "little"))
            digest.update(data)
        self._digests.append(digest.digest())

    def hexdigest(self) -> str:
        """The fingerprint of all pages added so far."""
        return hashlib.sha256(b"".join(sorted(self._digests))).hexdigest()
