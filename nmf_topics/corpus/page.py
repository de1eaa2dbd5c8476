"""Pages and corpora: the output of every reader and the input of every later stage.

A corpus is an iterable of pages that can be read more than once. It does not keep the texts, so it may be larger than
memory. The order of its pages does not affect any result: later stages sort pages by their ids.
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
    title : str, shown to users; one line, never empty
    text : str; may be empty
    meta : metadata from the source (label, date, url, ...), which appear in the results; the readers only use values of
        the types str, int, float, bool and None
    row : number of its row in the source, from 1; None if the source has no order. It is ignored when pages are
        compared

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
    name : str, a short name that can be used for a folder
    source : str, what was opened, for messages and records
    read : function that yields the pages from the start and records what it cannot use in a ReadingLog
    log : the log of the last complete reading
    share : returns the share of the source that has been read, from 0 to 1, or None if it is unknown
    keeps_order : whether the columns of V keep the order of the source instead of being sorted by id

    Raises
    ------
    CorpusError
        While reading, if the source is damaged or contains no pages.

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
        """The files and rows that the last complete reading could not use."""
        return self.log.set_aside


class Fingerprint:
    """The SHA-256 of the pages of a corpus, which does not depend on their order.

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
        """Add a page: its id, title, text and metadata (in any order of keys)."""
        digest = hashlib.sha256()
        # JSON, so that 1, "1" and True give different fingerprints
        for part in (page.id, page.title, page.text, json.dumps(dict(page.meta), sort_keys=True)):
            data = part.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "little"))
            digest.update(data)
        self._digests.append(digest.digest())

    def hexdigest(self) -> str:
        """Return the fingerprint of all pages added so far."""
        return hashlib.sha256(b"".join(sorted(self._digests))).hexdigest()
