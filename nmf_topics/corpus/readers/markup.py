"""Extract the text of HTML and XML while parsing. No document tree is built, so memory grows with the text only."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nmf_topics.corpus.readers.limits import ReadLimits
from nmf_topics.corpus.readers.streams import Unreadable
from nmf_topics.files.optional import needs_extra

PARSE_CHUNK = 1 << 16  # bytes that are parsed between two checks of the limits


@dataclass(frozen=True)
class MarkupRules:
    """The meaning of a format's elements for its text. Elements are named without their namespace.

    Attributes
    ----------
    blocks : elements that begin and end a line
    skipped : elements that are ignored with everything in them
    inserted : element -> text to insert for it
    text_in : if not empty, only text directly within these elements is read
    titles : the first of these elements contains the title
    """

    blocks: frozenset[str] = frozenset()
    skipped: frozenset[str] = frozenset()
    inserted: Mapping[str, str] = field(default_factory=dict)
    text_in: frozenset[str] = frozenset()
    titles: frozenset[str] = frozenset()


class TextCollector:
    """The target of an lxml parser that collects the text of a document.

    Parameters
    ----------
    rules : the meaning of elements

    Attributes
    ----------
    length : number of characters of text so far
    elements : number of elements so far
    """

    def __init__(self, rules: MarkupRules) -> None:
        self._rules = rules
        self._out = io.StringIO()
        self.length = self.elements = 0
        self._skipping = ""  # name of the element that is being skipped
        self._depth = 0  # number of open elements of this name
        self._title: list[str] | None = None
        self._in_title = False
        self._path: list[str] = []
        self._local: dict[str, str] = {}

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Handle the start of an element."""
        self.elements += 1
        name = self._name(tag)
        rules = self._rules
        if rules.text_in:
            self._path.append(name)
        if name in rules.titles and self._title is None:
            self._title, self._in_title = [], True
        if self._skipping:
            self._depth += name == self._skipping
        elif name in rules.skipped:
            self._skipping, self._depth = name, 1
        else:
            if name in rules.blocks:
                self._write("\n")
            if name in rules.inserted:
                self._write(rules.inserted[name])

    def end(self, tag: str) -> None:
        """Handle the end of an element."""
        name = self._name(tag)
        if self._path:
            self._path.pop()
        if name in self._rules.titles:
            self._in_title = False
        if self._skipping:
            self._depth -= name == self._skipping
            if not self._depth:
                self._skipping = ""
        elif name in self._rules.blocks:
            self._write("\n")

    def data(self, text: str) -> None:
        """Handle the text between two tags."""
        if self._in_title and self._title is not None:
            self._title.append(text)
        if not self._skipping and (not self._rules.text_in or self._path[-1] in self._rules.text_in):
            self._write(text)

    def comment(self, text: str) -> None:
        """Ignore a comment."""

    def pi(self, target: str, data: str | None = None) -> None:
        """Ignore a processing instruction."""

    def close(self) -> TextCollector:
        """End the document."""
        return self

    @property
    def title(self) -> str:
        """The title, unchanged; "" if there is none."""
        return "".join(self._title or ())

    @property
    def text(self) -> str:
        """The text with single spaces and without empty lines."""
        lines = (" ".join(line.split()) for line in self._out.getvalue().splitlines())
        return "\n".join(line for line in lines if line)

    def _name(self, tag: str) -> str:
        name = self._local.get(tag)
        if name is None:
            name = self._local[tag] = tag.rpartition("}")[2]
        return name

    def _write(self, text: str) -> None:
        self.length += len(text)
        self._out.write(text)


def parse_markup(
    chunks: Iterable[bytes], rules: MarkupRules, where: str, limits: ReadLimits, *, html: bool = False
) -> TextCollector:
    """Parse a document and collect its text.

    Parameters
    ----------
    chunks : the document; HTML as UTF-8
    rules : the meaning of elements
    where : name of the file, for errors
    limits : limits of the length of the text and the number of elements
    html : parse as HTML, where syntax errors are ignored

    Raises
    ------
    Unreadable
        If the document is too long, or the XML is damaged.
    MissingExtra
        If lxml is not installed.
    """
    with needs_extra("html", "reading HTML") if html else needs_extra("documents", "reading .docx and .odt"):
        from lxml import etree

    target = TextCollector(rules)
    parser: Any
    if html:
        parser = etree.HTMLParser(target=target, encoding="utf-8", no_network=True, huge_tree=True)
    else:
        parser = etree.XMLParser(target=target, resolve_entities=False, no_network=True)
    try:
        for chunk in chunks:
            for begin in range(0, len(chunk), PARSE_CHUNK):
                parser.feed(chunk[begin : begin + PARSE_CHUNK])
                if target.length > limits.page_size:
                    raise Unreadable(where, limits.exceeded("page_size", "more text"))
                if target.elements > limits.markup:
                    raise Unreadable(where, limits.exceeded("markup", "more elements"))
        parser.close()
    except Unreadable:
        raise
    except (etree.LxmlError, ValueError) as error:
        if html:
            return target
        raise Unreadable(where, f"damaged XML ({error})") from error
    return target
