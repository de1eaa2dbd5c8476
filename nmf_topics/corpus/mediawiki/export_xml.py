"""Read MediaWiki's export XML, of any schema version, as a stream of raw pages.

    <mediawiki xml:lang> <siteinfo> base, sitename, namespaces
        <page> title, ns, id, redirect <revision> id, timestamp, model, text

Only the current page is in memory. Of a page with several revisions the newest is read. A file with a document type is
refused, so it cannot declare entities.

Format: https://www.mediawiki.org/wiki/Help:Export, schemas 0.1 to 0.11 at https://www.mediawiki.org/xml/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from nmf_topics.corpus.plain import one_line
from nmf_topics.corpus.readers.streams import Unreadable

MAX_TEXT = 1 << 26  # most characters of a page; MediaWiki allows 2 MB
MAX_PENDING = 1 << 25  # most bytes without the end of a tag
MAX_DEPTH = 20
_REDIRECT = re.compile(r"\s*#[^\s\[\]#:]+\s*:?\s*\[\[")


@dataclass(slots=True)
class Site:
    """The wiki of a dump; fields that the dump does not contain are empty."""

    name: str = ""
    base: str = ""
    language: str = ""
    namespaces: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class RawPage:
    """A page of a dump; `text` is wikitext, or None if it is not in the dump or longer than `MAX_TEXT`."""

    title: str = ""
    namespace: int | None = None
    page_id: int | None = None
    redirect: bool = False
    revision_id: int | None = None
    timestamp: str = ""
    model: str = ""
    text: str | None = None


# path of an element below <mediawiki> -> the field that its text belongs to
_FIELDS = {
    ("siteinfo", "sitename"): "name",
    ("siteinfo", "base"): "base",
    ("siteinfo", "namespaces", "namespace"): "namespace name",
    ("page", "title"): "title",
    ("page", "ns"): "namespace",
    ("page", "id"): "page_id",
    ("page", "revision", "id"): "revision_id",
    ("page", "revision", "timestamp"): "timestamp",
    ("page", "revision", "model"): "model",
    ("page", "revision", "text"): "text",
}
# errors of expat at the end of a truncated file
_ENDS = [expat.errors.codes[message] for message in ("no element found", "unclosed token", "partial character")]
_NUMBERS = ("namespace", "page_id", "revision_id")


class ExportReader:
    """Reads export XML; `site` is filled in before the first page is returned.

    Parameters
    ----------
    where : name of the file, for errors
    """

    def __init__(self, where: str) -> None:
        self.site = Site()
        self.last = ""  # title of the last page
        self.count = 0  # number of pages so far, of all kinds
        self._where = where
        self._path: list[str] = []
        self._field: str | None = None
        self._words: list[str] = []
        self._length = 0
        self._key = 0
        self._page = RawPage()
        self._revision = RawPage()
        self._done: list[RawPage] = []
        parser = expat.ParserCreate(
            "utf-8"
        )  # regardless of the declaration, because the input has been converted to UTF-8
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._character
        self._parser = parser

    def pages(self, chunks: Iterator[bytes]) -> Iterator[RawPage]:
        """Yield the pages of a dump.

        Parameters
        ----------
        chunks : bytes of the dump, in UTF-8

        Raises
        ------
        Unreadable
            If the file is not an export, is damaged or ends too early. The message contains the number of pages read.
        """
        fed = 0
        try:
            for chunk in self._reading(chunks):
                fed += len(chunk)
                self._parser.Parse(chunk, False)
                yield from self._drain()
                if fed - self._parser.CurrentByteIndex > MAX_PENDING:
                    raise self.broken("a tag that does not end")
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            yield from self._drain()
            reason = expat.errors.messages.get(error.code, "not well-formed")
            if not self._path and not self.count:
                raise Unreadable(self._where, f"not XML ({reason}, line {error.lineno})") from error
            if error.code in _ENDS:
                raise self.broken("the file ends too early") from error
            raise self.broken(f"damaged XML ({reason}, line {error.lineno})") from error

    def _reading(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield from chunks
        except Unreadable as error:
            if not self.count:
                raise
            raise self.broken(error.reason.partition(";")[0]) from error

    def broken(self, reason: str) -> Unreadable:
        """Return an error that names the last page read."""
        position = f"after {self.count} pages, the last {self.last!r}" if self.count else "before the first page"
        return Unreadable(self._where, f"{reason}, {position}; download it again, or verify its checksum")

    def _drain(self) -> Iterator[RawPage]:
        done, self._done = self._done, []
        yield from done

    def _refuse(self, *declared: object) -> None:
        raise Unreadable(self._where, "not a MediaWiki dump (it declares a document type, as HTML does)")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        path = self._path
        if len(path) >= MAX_DEPTH:
            raise self.broken("elements nested too deeply")
        if not path:
            if tag != "mediawiki":
                raise Unreadable(self._where, f"not a MediaWiki dump (the root element is <{one_line(tag)[:40]}>)")
            self.site.language = one_line(attributes.get("xml:lang"))
            path.append("")
            return
        path.append(tag)
        below = tuple(path[1:])
        self._field = _FIELDS.get(below)
        if self._field is not None:
            self._words, self._length = [], 0
            if self._field == "namespace name":
                self._key = _number(attributes.get("key", "")) or 0
        elif below == ("page",):
            self._page = RawPage()
        elif below == ("page", "redirect"):
            self._page.redirect = True
        elif below == ("page", "revision"):
            self._revision = RawPage()

    def _character(self, words: str) -> None:
        if self._field is not None:
            self._length += len(words)
            if self._length <= MAX_TEXT:
                self._words.append(words)

    def _end(self, tag: str) -> None:
        below = tuple(self._path[1:])
        self._path.pop()
        if self._field is not None:
            self._store(self._field, "".join(self._words))
            self._field, self._words = None, []
        elif below == ("page", "revision"):
            self._keep_newest()
        elif below == ("page",):
            self._finish()

    def _store(self, name: str, words: str) -> None:
        """Store the text of an element in its field."""
        if name in ("name", "base"):
            setattr(self.site, name, one_line(words))
        elif name == "namespace name":
            self.site.namespaces[one_line(words).casefold()] = self._key
        else:
            value = _number(words) if name in _NUMBERS else words if name == "text" else one_line(words)
            if name == "text" and self._length > MAX_TEXT:
                value = None
            of_revision = name in ("revision_id", "timestamp", "model", "text")
            setattr(self._revision if of_revision else self._page, name, value)

    def _keep_newest(self) -> None:
        page, revision = self._page, self._revision
        if revision.timestamp >= page.timestamp:
            page.revision_id, page.timestamp = revision.revision_id, revision.timestamp
            page.model, page.text = revision.model, revision.text

    def _finish(self) -> None:
        page = self._page
        if page.namespace is None:  # schemas up to 0.5 have no element <ns>
            prefix, colon, _ = page.title.partition(":")
            page.namespace = self.site.namespaces.get(prefix.strip().casefold(), 0) if colon else 0
        if page.text is not None and _REDIRECT.match(page.text[:200]):
            page.redirect = True  # schemas before 0.4 have no element <redirect>
        self.count += 1
        self.last = page.title
        self._done.append(page)


def _number(words: str) -> int | None:
    words = words.strip()
    return int(words) if re.fullmatch(r"-?[0-9]{1,18}", words) else None
