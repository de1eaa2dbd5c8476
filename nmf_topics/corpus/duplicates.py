"""Find duplicate pages: the same text apart from case and spaces, or nearly the same words.

Two pages are near duplicates if their sets of words have a Jaccard similarity of about 0.9 or more, estimated by
MinHash. The page with the smallest id represents each group, so the order of the pages does not matter.

Reference: A. Broder, On the resemblance and containment of documents, 1997.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nmf_topics.corpus.page import Corpus, Page
from nmf_topics.corpus.plain import title_from_text
from nmf_topics.corpus.reading_log import ReadingLog

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HASHES, BAND = 32, 4  # hash functions, and the length of a band that two pages must share to be compared
MIN_EQUAL_MINIMA = 29 / 32  # least share of equal minima of near duplicates
MIN_WORDS = 20  # distinct words; shorter pages cannot be near duplicates
MAX_SKETCHED = 100_000  # pages; near duplicates are not searched for in larger corpora


@dataclass(frozen=True)
class Duplicates:
    """The duplicates among some pages.

    Attributes
    ----------
    same : id of a page -> ids of the other pages with the same text
    near : id of a page -> ids of its near duplicates
    sample : beginning of the text that is repeated most often
    """

    same: dict[str, list[str]] = field(default_factory=dict)
    near: dict[str, list[str]] = field(default_factory=dict)
    sample: str = ""

    @property
    def others(self) -> set[str]:
        """The ids of the pages that are represented by another page."""
        return {page for groups in (self.same, self.near) for group in groups.values() for page in group}

    def summary(self) -> dict[str, Any]:
        """Return the numbers of duplicates, for messages and run.json."""
        same, near = (sum(map(len, groups.values())) for groups in (self.same, self.near))
        return {"same_text": same, "nearly_the_same": near, "sample": self.sample}


def describe_duplicates(found: Mapping[str, Any]) -> str:
    """Describe the duplicates that a `Duplicates.summary` counts; return "" if there are none.

    Examples
    --------
    >>> describe_duplicates({"same_text": 29, "nearly_the_same": 1, "sample": "[deleted]"})
    '29 pages have the same text as another (most often "[deleted]"), 1 page is nearly the same as another'
    """
    same, near = found["same_text"], found["nearly_the_same"]
    said = []
    if same:
        said.append(f'{_pages(same, "has", "have")} the same text as another (most often "{found["sample"]}")')
    if near:
        said.append(f"{_pages(near, 'is', 'are')} nearly the same as another")
    return ", ".join(said)


def _pages(count: int, one: str, many: str) -> str:
    return f"1 page {one}" if count == 1 else f"{count} pages {many}"


class DuplicateFinder:
    """Finds the duplicates among pages that are added one by one."""

    def __init__(self) -> None:
        self._first: dict[int, str] = {}  # digest of a text -> smallest id of the pages with this text
        self._others: defaultdict[int, list[str]] = defaultdict(list)
        self._samples: dict[int, str] = {}  # of texts that occur more than once
        self._sketches: dict[str, NDArray[np.uint32]] = {}

    def add(self, page: Page) -> None:
        """Add a page. Empty pages are ignored."""
        words = page.text.casefold().split()
        if not words:
            return
        hashed = hashlib.blake2b(" ".join(words).encode("utf-8", "replace"), digest_size=8)
        digest = int.from_bytes(hashed.digest(), "big")
        if (known := self._first.get(digest)) is None:
            self._first[digest] = page.id
            distinct = set(words if len(self._first) <= MAX_SKETCHED else ())
            if len(distinct) >= MIN_WORDS:
                self._sketches[page.id] = _sketch(distinct)
            return
        first, other = sorted((known, page.id))
        self._first[digest] = first
        self._others[digest].append(other)
        self._samples.setdefault(digest, title_from_text(page.text))
        if first in self._sketches or other not in self._sketches:
            return
        self._sketches[first] = self._sketches.pop(other)

    def find(self) -> Duplicates:
        """Return the duplicates among all pages so far."""
        same = {self._first[digest]: sorted(others) for digest, others in self._others.items()}
        most = max(self._others, key=lambda digest: (len(self._others[digest]), self._first[digest]), default=None)
        sample = "" if most is None else self._samples[most]
        near = _near(self._sketches) if len(self._first) <= MAX_SKETCHED else {}
        return Duplicates(dict(sorted(same.items())), near, sample)


def _sketch(words: set[str]) -> NDArray[np.uint32]:
    """Return the smallest hash of a set of words for each hash function."""
    import numpy as np

    multipliers, shifts = _hash_functions()
    hashes = np.fromiter((zlib.crc32(word.encode("utf-8", "replace")) for word in words), np.uint32, len(words))
    minima: NDArray[np.uint32] = (hashes[:, None] * multipliers + shifts).min(axis=0)
    return minima


def _hash_functions() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    import numpy as np

    numbers = np.random.Generator(np.random.PCG64(0)).integers(0, 2**32, (2, HASHES), np.uint32)
    return numbers[0] | np.uint32(1), numbers[1]


def _near(sketches: dict[str, NDArray[np.uint32]]) -> dict[str, list[str]]:
    """Return groups of near duplicates: smallest id -> the other ids."""
    first_with: dict[tuple[int, bytes], str] = {}
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for page in sorted(sketches):
        sketch = sketches[page]
        bands = [(begin, sketch[begin : begin + BAND].tobytes()) for begin in range(0, HASHES, BAND)]
        candidates = sorted({first_with[band] for band in bands if band in first_with})
        match = next((other for other in candidates if (sketches[other] == sketch).mean() >= MIN_EQUAL_MINIMA), None)
        if match is not None:
            groups[match].append(page)
            continue
        for band in bands:
            first_with.setdefault(band, page)
    return dict(groups)


def without_duplicates(corpus: Corpus) -> Corpus:
    """Return the corpus without duplicates. It is read once more to find them."""
    known: list[Duplicates] = []

    def read(log: ReadingLog) -> Iterator[Page]:
        if not known:
            finder = DuplicateFinder()
            for page in corpus.read(ReadingLog()):
                finder.add(page)
            known.append(finder.find())
        log.duplicates = {**known[0].summary(), "dropped": True}
        others = known[0].others
        return (page for page in corpus.read(log) if page.id not in others)

    return replace(corpus, read=read, log=ReadingLog())
