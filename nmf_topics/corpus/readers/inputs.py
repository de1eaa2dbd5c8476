"""The input and output of the readers: a file, and the documents in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from nmf_topics.corpus.readers.charsets import NOT_TEXT, decode, looks_binary, marked_encoding
from nmf_topics.corpus.readers.encoding_guess import EncodingChooser
from nmf_topics.corpus.readers.limits import ReadLimits
from nmf_topics.corpus.readers.options import DEFAULT_OPTIONS, ReadOptions
from nmf_topics.corpus.readers.streams import Unreadable, read_whole


def _ignore(*what: str) -> None:
    """Ignore a message."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file.

    Attributes
    ----------
    text : its text
    title : its title; "" if it has none
    meta : metadata that the file contains
    name : its name within a file of several documents; "" if the file is one document
    """

    text: str
    title: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True)
class Input:
    """One file to read.

    Attributes
    ----------
    where : name of the file, for errors
    chunks : returns its bytes from the start, decompressed
    options : options of reading
    encodings : chooses the encoding of text that is not UTF-8
    note : called with a description of a guessed encoding
    put_aside : called with the place and the reason if a part of the file cannot be read
    """

    where: str
    chunks: Callable[[], Iterator[bytes]]
    options: ReadOptions = DEFAULT_OPTIONS
    encodings: EncodingChooser = field(default_factory=EncodingChooser)
    note: Callable[[str], None] = _ignore
    put_aside: Callable[[str, str], None] = _ignore

    @property
    def limits(self) -> ReadLimits:
        """The limits of reading."""
        return self.options.limits

    def data(self) -> bytes:
        """Return all bytes of a document.

        Raises
        ------
        Unreadable
            If they are more than the limit file-size.
        """
        return read_whole(self.chunks(), self.where, self.limits.file_size, "file-size")

    def source(self) -> bytes:
        """Return all bytes of a text or of markup.

        Raises
        ------
        Unreadable
            If they are more than the limit page-size, or binary; binary data are recognized from the first chunk.
        """
        chunks = self.chunks()
        first = next(chunks, b"")
        if self.encodings.given is None and marked_encoding(first) is None and (b"\0" in first or looks_binary(first)):
            raise Unreadable(self.where, NOT_TEXT)
        return read_whole(chain([first], chunks), self.where, self.limits.page_size, "page-size")

    def text(self) -> str:
        """Return the text of a plain text file."""
        return decode(self.source(), self.where, self.note, self.encodings)

    def check_length(self, length: int) -> None:
        """Raise Unreadable if a text has more characters than the limit page-size."""
        if length > self.limits.page_size:
            raise Unreadable(self.where, self.limits.exceeded("page_size", "more text"))

    def checked(self, text: str, remedy: str = "does it consist of pictures?") -> str:
        """Return a text extracted from a document after checking that it contains a letter and is not too long.

        Raises
        ------
        Unreadable
            If it does not; `remedy` is what to try if there is no text.
        """
        self.check_length(len(text))
        if not any(character.isalpha() for character in text):
            raise Unreadable(self.where, f"contains no text; {remedy}")
        return text


def input_of(data: bytes, where: str, **rest: Any) -> Input:
    """Return bytes in memory as an Input."""
    return Input(where, lambda: iter([data]), **rest)
