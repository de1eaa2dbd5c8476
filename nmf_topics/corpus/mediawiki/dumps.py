"""Read the articles of a MediaWiki dump (pages-articles, .xml, also compressed) as plain text.

Pages of the main namespace are kept, except redirects and disambiguation pages. Their wikitext is cleaned with the same
functions as that of fetched pages, so a page has the same text, id and metadata either way. Pages are read as a stream,
so the file may be much larger than memory. Cleaning takes most of the time and runs in several processes;
multistream bzip2 is decompressed by several threads. The pages keep the order of the dump.
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
from nmf_topics.files.system import interrupts_held_back, processors

if TYPE_CHECKING:
    from concurrent.futures import Future

SMALL = 1 << 23  # bytes; no processes are started for a smaller file
BATCH = 1 << 20  # characters of wikitext that are sent to a process at once
REDIRECTS, OTHERS, FOREIGN, MISSING = "redirects", "in other namespaces", "not in wikitext", "without text in the dump"
DISAMBIGUATION = "disambiguation pages"
WIKIMEDIA = re.compile(
    r"(.+\.)?(wikipedia|wiktionary|wikibooks|wikiquote|wikisource|wikiversity|wikivoyage|wikimedia)\.org"
)
LICENSE = ("Creative Commons Attribution-Share Alike 4.0", "https://creativecommons.org/licenses/by-sa/4.0/deed.en")


def is_dump(name: str) -> bool:
    """Return whether a file name is that of a dump; names of partial dumps end in .xml-p1p41242.bz2.

    Examples
    --------
    >>> is_dump("enwiki-20260101-pages-articles.xml.bz2"), is_dump("pages.jsonl")
    (True, False)
    """
    return re.fullmatch(r"\.xml(-p\d+p\d+)?", split_endings(name)[1]) is not None


def read_dump(path: Path, warn: Callable[[str], None]) -> Iterator[Page]:
    """Yield the pages of a dump without starting other processes; see `dump_pages`."""
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
    path : MediaWiki export XML of any version, compressed or not
    processes : number of processes that clean pages; None: the number of processors, or one if the file is small. With
        more than one, a script needs the guard `if __name__ == "__main__"`, as multiprocessing requires
    warn : called at the end with a message about how many pages were left out and why
    left_out : receives these numbers: reason -> number of pages
    meter : updated with the progress of reading

    Raises
    ------
    CorpusError
        If the file cannot be read, is damaged or not a dump, or two pages have the same id. The message names the file
        and the last page that was read.
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
        yield Page(page_id, page.title or title_from_text(text), text, describe(page, reader.site), kept)
    said = ", ".join(f"{count} {reason}" for reason, count in sorted(out.items()))
    if not kept:
        hint = "; is it a dump of stubs? pages-articles has the texts" if out[MISSING] else ""
        raise CorpusError(f"{where} contains no articles{f' (left out: {said})' if said else ''}{hint}")
    if said:
        warn(f"{where}: {sum(out.values())} pages left out: {said}")


def describe(page: RawPage, site: Site) -> dict[str, Any]:
    """Return the metadata of a page, with the fields of a fetched page."""
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
    """Return whether a URL belongs to a wiki of Wikimedia; these all have the same licence."""
    try:
        return WIKIMEDIA.fullmatch(urlsplit(address).hostname or "") is not None
    except ValueError:
        return False


def page_address(base: str, title: str) -> str:
    """Return the URL of a page, given that of the main page.

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
    """Return how many processes to use for a file."""
    from multiprocessing import current_process

    try:
        small = path.stat().st_size < SMALL
    except OSError:
        small = True  # the error is raised when the file is read
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
                raise Unreadable(str(path), f"damaged or not a .bz2 file ({error}); download it again") from error
    except OSError as error:
        raise Unreadable(str(path), f"cannot be read ({error.strerror or error})") from error


def _sift(pages: Iterator[RawPage], reader: ExportReader, out: Counter[str]) -> Iterator[RawPage]:
    """Yield the articles, and count the pages that are left out."""
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
    """Yield each page with its plain text, in order."""
    if workers <= 1:
        for page in pages:
            yield page, clean_texts([page.text or ""], reader.site.language)[0]
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    waiting: deque[tuple[list[RawPage], Future[list[str]]]] = deque()
    with ExitStack() as stack:
        # not fork: the child would inherit locks held by the decompression threads, which it does not have
        pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start_worker)
        stack.callback(pool.shutdown, wait=True, cancel_futures=True)
        batches = _batches(pages)
        try:
            while True:
                while len(waiting) < 2 * workers + 1 and (batch := next(batches, None)):
                    texts = [page.text or "" for page in batch]
                    with interrupts_held_back():  # this may start a process
                        waiting.append((batch, pool.submit(clean_texts, texts, reader.site.language)))
                if not waiting:
                    return
                batch, future = waiting.popleft()
                yield from zip(batch, future.result(), strict=True)
        except BrokenProcessPool as error:
            raise CorpusError(
                "a process that cleans pages was killed (out of memory?) or could not be started; in a script of your "
                'own, put the call below `if __name__ == "__main__":`'
            ) from error


def clean_texts(texts: Sequence[str], language: str) -> list[str]:
    """Return the plain text of some pages; this runs in the worker processes."""
    return [clean_text(clean_wikitext(text, language=language)) for text in texts]


def _start_worker() -> None:
    """Make a worker process ignore Ctrl-C, which its parent handles, and exit when its parent exits."""
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
    """The ids that are in use, stored as one bit per possible page id because there may be many millions."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._bits = bytearray()
        self._others = Ids(where, Remedy("give every page a unique id"))

    def give(self, page: RawPage, text: str) -> str:
        """Return the id of a page as a string.

        Raises
        ------
        CorpusError
            If another page has this id.
        """
        number = page.page_id
        if number is None or not 0 < number < 1 << 29:  # exports written by hand may have no ids, or impossible ones
            return self._others.give("" if number is None else str(number), page.title, text, page.title)
        byte, bit = divmod(number, 8)
        if byte >= len(self._bits):
            self._bits.extend(bytes(byte + 1 - len(self._bits) + len(self._bits) // 8))
        if self._bits[byte] >> bit & 1:
            raise CorpusError(
                f"{self._where}: two pages have the id {number}, the second is {page.title!r}; download it again"
            )
        self._bits[byte] |= 1 << bit
        return str(number)
