"""Dumps of MediaWiki (pages-articles, .xml, also packed) as pages of prose.

Kept are the pages of the main namespace that are no redirects and no disambiguation pages. Their wikitext is cleaned as
the fetcher cleans it, so a page has the same text, id and metadata whichever way it came. Pages are read as a stream:
the file may be much larger than memory. Cleaning takes most of the time and is done by several processes, unpacking of
multistream bzip2 by several threads; the order of the pages is that of the dump.
"""

from __future__ import annotations

import os
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from nmf_topics.corpus.ids import Ids
from nmf_topics.corpus.mediawiki.disambiguation import is_disambiguation
from nmf_topics.corpus.mediawiki.export_xml import ExportReader, RawPage, Site
from nmf_topics.corpus.mediawiki.wikitext import clean_wikitext
from nmf_topics.corpus.page import Page
from nmf_topics.corpus.plain import clean_text, title_from_text
from nmf_topics.corpus.readers.bzip2 import decompress_bzip2
from nmf_topics.corpus.readers.charsets import utf8_chunks
from nmf_topics.corpus.readers.streams import Meter, Unreadable, byte_chunks, metered, split_endings
from nmf_topics.errors import CorpusError, Remedy
from nmf_topics.files.system import processors

if TYPE_CHECKING:
    from concurrent.futures import Future

SMALL = 1 << 23  # bytes of a file for which no processes are started
BATCH = 1 << 20  # characters of wikitext that go to a process at once
REDIRECTS, OTHERS, FOREIGN, MISSING = "redirects", "of other namespaces", "not of wikitext", "without their text"
DISAMBIGUATION = "disambiguation pages"
WIKIMEDIA = re.compile(
    r"(.+\.)?(wikipedia|wiktionary|wikibooks|wikiquote|wikisource|wikiversity|wikivoyage|wikimedia)\.org"
)
LICENSE = ("Creative Commons Attribution-Share Alike 4.0", "https://creativecommons.org/licenses/by-sa/4.0/deed.en")


def is_dump(name: str) -> bool:
    """Whether a file is a dump by its name; parts end in .xml-p1p41242.bz2.

    Examples
    --------
    >>> is_dump("enwiki-20260101-pages-articles.xml.bz2"), is_dump("pages.jsonl")
    (True, False)
    """
    return re.fullmatch(r"\.xml(-p\d+p\d+)?", split_endings(name)[1]) is not None


def read_dump(path: Path, warn: Callable[[str], None]) -> Iterator[Page]:
    """Yield the pages of a dump, all work done in this process; see `dump_pages`."""
    return dump_pages(path, 1, warn)


def dump_pages(
    path: Path,
    processes: int | None = None,
    warn: Callable[[str], None] = lambda message: None,
    left_out: Counter[str] | None = None,
    meter: Meter | None = None,
) -> Iterator[Page]:
    """Yield the pages of a dump, in its order.

    Parameters
    ----------
    path : MediaWiki export XML of any version, plain or packed
    processes : that clean; None for as many as there are processors, or one where the file is small. With more than
        one, a script needs the guard `if __name__ == "__main__"` that multiprocessing asks for
    warn : told, at the end, how many pages were left out and why
    left_out : counts them: reason -> pages
    meter : told how far the reading is

    Raises
    ------
    CorpusError
        When the file cannot be read, is broken or no dump, or two pages have the same id. It names the file and says
        how far the reading got.
    """
    where = str(path)
    out: Counter[str] = Counter() if left_out is None else left_out
    workers = _count(path) if processes is None else processes
    reader = ExportReader(where)
    ids = _PageIds(where)
    kept = 0
    raw = _raw_pages(path, reader, workers, warn, meter)
    for page, text in _clean(_sift(raw, reader, out), reader, workers):
        kept += 1
        page_id = ids.give(page, text)
        yield Page(page_id, page.title or title_from_text(text), text, describe(page, reader.site))
    said = ", ".join(f"{count} {reason}" for reason, count in sorted(out.items()))
    if not kept:
        hint = "; is it a dump of stubs? pages-articles has the texts" if out[MISSING] else ""
        raise CorpusError(f"{where} holds no article{f' (left out: {said})' if said else ''}{hint}")
    if said:
        warn(f"{where}: {sum(out.values())} pages left out: {said}")


def describe(page: RawPage, site: Site) -> dict[str, Any]:
    """The metadata of a page; fields as the fetcher writes them."""
    address = page_address(site.base, page.title)
    license_name, license_url = LICENSE if is_wikimedia(site.base) else ("not stated by the wiki", "")
    who = f"by the contributors of {site.name}" if site.name else "by its contributors"
    revision = "" if page.revision_id is None else f"revision {page.revision_id}"
    return {
        "url": address,
        "revid": page.revision_id,
        "timestamp": page.timestamp,
        "lang": site.language,
        "license": license_name,
        "license_url": license_url,
        "attribution": ", ".join(part for part in (page.title, who, address, revision) if part),
        "text_from": "wikitext",
    }


def is_wikimedia(address: str) -> bool:
    """Whether an address is one of Wikimedia's wikis, all of which have one licence."""
    try:
        return WIKIMEDIA.fullmatch(urlsplit(address).hostname or "") is not None
    except ValueError:
        return False


def page_address(base: str, title: str) -> str:
    """The address of a page, from that of the main page.

    Examples
    --------
    >>> page_address("https://en.wikipedia.org/wiki/Main_Page", "Iron Man 3")
    'https://en.wikipedia.org/wiki/Iron_Man_3'
    """
    if not base.startswith(("http://", "https://")):
        return ""
    start = re.match(r".*(?:[?&]title=|/)", base)
    return (start[0] if start else "") + quote(clean_text(title).replace(" ", "_"), safe=";@$!*(),/~:")


def _count(path: Path) -> int:
    """How many processes are worth it."""
    from multiprocessing import current_process

    try:
        small = path.stat().st_size < SMALL
    except OSError:
        small = True  # the reading will say what is wrong
    if small or current_process().daemon:
        return 1
    return processors()


def _raw_pages(
    path: Path, reader: ExportReader, workers: int, warn: Callable[[str], None], meter: Meter | None
) -> Iterator[RawPage]:
    where = str(path)
    chunks = _bzip2_chunks(path, workers, meter) if path.suffix.lower() == ".bz2" else byte_chunks(path, meter)
    return reader.pages(utf8_chunks(chunks, where, lambda note: warn(f"{where}: {note}")))


def _bzip2_chunks(path: Path, threads: int, meter: Meter | None) -> Iterator[bytes]:
    try:
        with open(path, "rb") as file:
            try:
                yield from metered(decompress_bzip2(file, threads), file, meter)
            except (EOFError, OSError, ValueError) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise
                raise Unreadable(str(path), f"damaged, or no .bz2 file ({error}); fetch or pack it again") from error
    except OSError as error:
        raise Unreadable(str(path), f"cannot be read ({error.strerror or error})") from error


def _sift(pages: Iterator[RawPage], reader: ExportReader, out: Counter[str]) -> Iterator[RawPage]:
    """The articles; the others are counted."""
    for page in pages:
        if page.namespace != 0:
            out[OTHERS] += 1
        elif page.redirect:
            out[REDIRECTS] += 1
        elif page.model not in ("", "wikitext"):
            out[FOREIGN] += 1
        elif page.text is None:
            out[MISSING] += 1
        elif is_disambiguation(page.text, reader.site.language):
            out[DISAMBIGUATION] += 1
        else:
            yield page


def _batches(pages: Iterator[RawPage]) -> Iterator[list[RawPage]]:
    batch: list[RawPage] = []
    size = 0
    for page in pages:
        batch.append(page)
        size += len(page.text or "")
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _clean(pages: Iterator[RawPage], reader: ExportReader, workers: int) -> Iterator[tuple[RawPage, str]]:
    """Each page with its prose, in order."""
    if workers <= 1:
        for page in pages:
            yield page, clean_texts([page.text or ""], reader.site.language)[0]
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    waiting: deque[tuple[list[RawPage], Future[list[str]]]] = deque()
    with ExitStack() as stack:
        # fork would copy the threads that unpack, and with them locks that nobody opens any more
        pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_settle_in)
        stack.callback(pool.shutdown, wait=True, cancel_futures=True)
        batches = _batches(pages)
        try:
            while True:
                while len(waiting) < 2 * workers + 1 and (batch := next(batches, None)):
                    texts = [page.text or "" for page in batch]
                    waiting.append((batch, pool.submit(clean_texts, texts, reader.site.language)))
                if not waiting:
                    return
                batch, future = waiting.popleft()
                yield from zip(batch, future.result(), strict=True)
        except BrokenProcessPool as error:
            raise CorpusError(
                "a process that cleans pages was ended from outside (out of memory?) or could not be started; a script "
                'of your own must do its work below `if __name__ == "__main__":`'
            ) from error


def clean_texts(texts: Sequence[str], language: str) -> list[str]:
    """The prose of some pages: the work of one process."""
    return [clean_text(clean_wikitext(text, language=language)) for text in texts]


def _settle_in() -> None:
    """A process that cleans leaves Ctrl-C to its parent, and ends with it however that ends."""
    import signal
    import threading
    from multiprocessing import parent_process

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


class _PageIds:
    """Ids given so far: one bit for each possible page id, as there may be many millions."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._bits = bytearray()
        self._others = Ids(where, Remedy("give the pages ids of their own"))

    def give(self, page: RawPage, text: str) -> str:
        """The id of a page as text.

        Raises
        ------
        CorpusError
            When another page has it.
        """
        number = page.page_id
        if number is None or not 0 < number < 1 << 29:  # no wiki's; exports written by hand have none
            return self._others.give("" if number is None else str(number), page.title, text, page.title)
        byte, bit = divmod(number, 8)
        if byte >= len(self._bits):
            self._bits.extend(bytes(byte + 1 - len(self._bits) + len(self._bits) // 8))
        if self._bits[byte] >> bit & 1:
            raise CorpusError(
                f"{self._where}: two pages have the id {number}, the second is {page.title!r}; fetch it again"
            )
        self._bits[byte] |= 1 << bit
        return str(number)
