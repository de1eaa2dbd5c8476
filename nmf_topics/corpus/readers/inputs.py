"""What a reader of files is given, and what it gives: one file, and the documents in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from nmf_topics.corpus.readers.charsets import NOT_TEXT, decode, looks_binary, marked_encoding
from nmf_topics.corpus.readers.encoding_guess import Encodings
from nmf_topics.corpus.readers.limits import ReadLimits
from nmf_topics.corpus.readers.options import DEFAULT_OPTIONS, ReadOptions
from nmf_topics.corpus.readers.streams import Unreadable, read_whole


def _pass_over(*what: str) -> None:
    """Ignore a note."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file.

    Attributes
    ----------
    text : what it says
    title : "" where it has none of its own
    meta : what else the file says of it
    name : within a file of several documents, its own name; "" where the file is the document
    """

    text: str
    title: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True)
class Input:
    """One file that is to be read.

    Attributes
    ----------
    where : name of the file, for errors
    chunks : gives its bytes from the start, decompressed
    options : how it is read
    encodings : decides on the encoding of text that is not UTF-8
    note : called with how the text was decoded when that was guessed
    put_aside : called with place and reason of a part of the file that could not be read
    """

    where: str
    chunks: Callable[[], Iterator[bytes]]
    options: ReadOptions = DEFAULT_OPTIONS
    encodings: Encodings = field(default_factory=Encodings)
    note: Callable[[str], None] = _pass_over
    put_aside: Callable[[str, str], None] = _pass_over

    @property
    def limits(self) -> ReadLimits:
        """The limits of reading."""
        return self.options.limits

    def data(self) -> bytes:
        """All bytes of a document.

        Raises
        ------
        Unreadable
            When there are more than the limit file-size.
        """
        return read_whole(self.chunks(), self.where, self.limits.file_size, "file-size")

    def source(self) -> bytes:
        """All bytes of a text or of markup.

        Raises
        ------
        Unreadable
            When there are more than the limit page-size, or when they are no text; that shows at once.
        """
        chunks = self.chunks()
        first = next(chunks, b"")
        if self.encodings.given is None and marked_encoding(first) is None and (b"\0" in first or looks_binary(first)):
            raise Unreadable(self.where, NOT_TEXT)
        return read_whole(chain([first], chunks), self.where, self.limits.page_size, "page-size")

    def text(self) -> str:
        """The text of a plain text file."""
        return decode(self.source(), self.where, self.note, self.encodings)

    def check_length(self, length: int) -> None:
        """Refuse a text of more characters than the limit page-size."""
        if length > self.limits.page_size:
            raise Unreadable(self.where, self.limits.exceeded("page_size", "more text"))

    def checked(self, text: str, remedy: str) -> str:
        """A text that was taken out of a document, if it holds a letter and is not too long.

        Raises
        ------
        Unreadable
            Otherwise; `remedy` says what may help where there is no text.
        """
        self.check_length(len(text))
        if not any(character.isalpha() for character in text):
            raise Unreadable(self.where, f"holds no text; {remedy}")
        return text


def input_of(data: bytes, where: str, **rest: Any) -> Input:
    """Bytes in memory as a file."""
    return Input(where, lambda: iter([data]), **rest)
