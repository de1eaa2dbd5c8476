"""Extract the text of TEI XML: the element <text>, with title and date from the header. A teiCorpus has many texts.

If an editor gives two readings, the corrected, regularized or expanded one is read. Running heads and page numbers are
left out, and words that are split by a line break (<lb break="no"/>) are joined.

Format: TEI P5, also P4 (<TEI.2>).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from itertools import chain
from pathlib import Path
from typing import Any

from nmf_topics.corpus.plain import one_line
from nmf_topics.corpus.readers.inputs import Document, Input
from nmf_topics.corpus.readers.markup import PARSE_CHUNK
from nmf_topics.corpus.readers.streams import Unreadable, byte_chunks
from nmf_topics.errors import MissingExtra
from nmf_topics.files.optional import needs_extra

ROOTS = ("TEI", "TEI.2", "teiCorpus", "teiCorpus.2")
ROOT_WITHIN = 1 << 16  # bytes of an .xml file that are searched for the root element
_DOCUMENTS = frozenset(["TEI", "TEI.2"])
_BLOCKS = frozenset(
    """ab addrLine argument bibl byline castItem cell closer dateline desc div docAuthor docDate docTitle epigraph entry
    figDesc group head imprimatur item l label lg list listBibl note opener p postscript q quote row salute signed sp
    speaker stage table titlePage titlePart trailer u""".split()
)
_SKIPPED = frozenset("fw del teiHeader facsimile sourceDoc standOff formula".split())
HYPHENS = "-\u00ad\u2010¬⸗"
_REPLACED = frozenset(["orig", "sic", "abbr"])  # the alternatives to <reg>, <corr> and <expan> in a <choice>


def root_of(data: bytes) -> str:
    """Return the name of the root element of an XML file without its prefix; "" if there is none."""
    from xml.parsers import expat

    names: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: names.append(name.rpartition(":")[2])
    with suppress(expat.ExpatError, ValueError):  # damaged, or in an unknown encoding
        for begin in range(0, len(data), 256):
            parser.Parse(data[begin : begin + 256])
            if names:
                break
    return names[0] if names else ""


def is_tei(path: Path) -> bool:
    """Return whether the root element of a file is that of TEI; False if the file cannot be read."""
    try:
        with closing(byte_chunks(path)) as chunks:  # type: ignore[type-var]  # a generator
            return root_of(next(chunks, b"")[:ROOT_WITHIN]) in ROOTS
    except (Unreadable, MissingExtra):
        return False


class _TeiTarget:
    """The target of an lxml parser that collects the documents of a TEI file."""

    def __init__(self, file: Input) -> None:
        self.count = 0
        self._done: list[Document] = []
        self._file = file
        self._path: list[str] = []
        self._skipping = 0  # depth of the element that is being skipped, or 0
        self._reset()

    def _reset(self) -> None:
        self.elements = 0
        self._text, self._length = io.StringIO(), 0
        self._title: list[str] = []
        self._title_depth = 0  # depth of the title element while it is read; -1 after it
        self._meta: dict[str, Any] = {}
        self._in_text = False
        self._space = ""  # white space after the text so far, with a preceding hyphen if there is one
        self._word_goes_on = False

    def take(self) -> list[Document]:
        """Return the documents that have ended since the last call."""
        done, self._done = self._done, []
        return done

    def check(self) -> None:
        """Raise Unreadable if a text is too long or has too many elements."""
        self._file.check_length(self._length)
        limits = self._file.limits
        if self.elements > limits.markup:
            raise Unreadable(self._file.where, limits.exceeded("markup", "more elements"))

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Handle the start of an element."""
        self.elements += 1
        name = tag.rpartition("}")[2]
        self._path.append(name)
        if name in _DOCUMENTS:
            self._reset()
        elif name == "text" and not self._in_text and self._path[-2:-1] and self._path[-2] in _DOCUMENTS:
            self._in_text = True
        elif name == "title" and self._path[-3:-1] == ["fileDesc", "titleStmt"] and not self._title_depth:
            self._title_depth = len(self._path)
        elif name == "date" and "sourceDesc" in self._path and "date" not in self._meta:
            when = attributes.get("when") or attributes.get("notBefore") or attributes.get("from")
            if when:
                self._meta["date"] = one_line(when)
        if self._in_text and not self._skipping:
            if name in _SKIPPED or (name in _REPLACED and self._path[-2] == "choice"):
                self._skipping = len(self._path)
            elif name in ("lb", "pb", "cb"):
                self._word_goes_on = attributes.get("break") == "no"
                self._space = "" if self._word_goes_on else "\n"
            elif name in _BLOCKS:
                self._write("\n")

    def end(self, tag: str) -> None:
        """Handle the end of an element."""
        name = self._path[-1]
        if self._in_text and not self._skipping and name in _BLOCKS:
            self._write("\n")
        if self._skipping == len(self._path):
            self._skipping = 0
        if self._title_depth == len(self._path):
            self._title_depth = -1
        self._path.pop()
        if name == "text" and self._path and self._path[-1] in _DOCUMENTS:
            self._in_text = False
        elif name in _DOCUMENTS:
            lines = (" ".join(line.split()) for line in self._text.getvalue().splitlines())
            title = one_line("".join(self._title))
            self.count += 1
            name = str(self.count) if self._path else ""  # in a corpus; otherwise the file is the document
            self._done.append(Document("\n".join(filter(None, lines)), title, self._meta, name))
            self._reset()

    def data(self, text: str) -> None:
        """Handle the text between two tags."""
        if self._in_text and not self._skipping:
            if self._word_goes_on:
                text = text.lstrip()
                self._word_goes_on = not text
            self._write(text)
        elif self._title_depth > 0:
            self._title.append(text)

    def comment(self, text: str) -> None:
        """Ignore a comment."""

    def pi(self, target: str, data: str | None = None) -> None:
        """Ignore a processing instruction."""

    def close(self) -> None:
        """Do nothing at the end of the file."""

    def _write(self, text: str) -> None:
        self._length += len(text)
        kept = text.rstrip()
        if kept:
            self._text.write(self._space)
            self._space = ""
            kept = kept[:-1] if kept[-1] in HYPHENS else kept
            self._text.write(kept)
        self._space = (self._space + text[len(kept) :])[-1000:]


def read_xml(file: Input) -> Iterator[Document]:
    """Yield the documents of a TEI file.

    Raises
    ------
    Unreadable
        If the XML is damaged or not TEI, or a document is too long.
    MissingExtra
        If lxml is not installed.
    """
    chunks = file.chunks()
    first = next(chunks, b"")
    root = root_of(first[:ROOT_WITHIN])
    if root == "mediawiki":
        raise Unreadable(file.where, "a MediaWiki dump is only read if you name the file itself")
    if root not in ROOTS:
        raise Unreadable(file.where, f"this XML format is not read (<{one_line(root)[:40]}>)" if root else "not XML")
    with needs_extra("documents", "reading TEI"):
        from lxml import etree
    target = _TeiTarget(file)
    parser = etree.XMLParser(target=target, resolve_entities=False, no_network=True)
    try:
        for chunk in chain([first], chunks):
            for begin in range(0, len(chunk), PARSE_CHUNK):
                parser.feed(chunk[begin : begin + PARSE_CHUNK])
                target.check()
            yield from target.take()
        parser.close()
    except Unreadable:
        raise
    except (etree.LxmlError, ValueError) as error:
        raise Unreadable(file.where, f"damaged XML ({error})") from error
    yield from target.take()
    if not target.count:
        raise Unreadable(file.where, "contains no TEI text")
