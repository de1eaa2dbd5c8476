"""Zip archives that documents are made of (DOCX, ODT, EPUB), opened within the limits of reading."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from nmf_topics.corpus.readers.inputs import Input
from nmf_topics.corpus.readers.streams import CHUNK, Unreadable, read_whole
from nmf_topics.files.optional import needs_extra

MAX_TREE = 10_000_000  # bytes of a file whose tree is built: lists of chapters, keys
# what opening a damaged archive or a member of it can raise
ZIP_ERRORS = (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError, LookupError, zlib.error)


def open_zip(file: Input) -> zipfile.ZipFile:
    """The archive of a document that does not unpack to more than the limit file-size.

    Raises
    ------
    Unreadable
        When it would, or is damaged.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(file.data()))
        size = sum(entry.file_size for entry in archive.infolist())
    except Unreadable:
        raise
    except ZIP_ERRORS as error:
        raise Unreadable(file.where, "damaged, or not what its ending says (no zip archive)") from error
    if size > file.limits.file_size:
        raise Unreadable(file.where, file.limits.exceeded("file_size", f"would unpack to {size} bytes"))
    return archive


def member_chunks(archive: zipfile.ZipFile, name: str, where: str) -> Iterator[bytes]:
    """The bytes of one file of an archive.

    Raises
    ------
    Unreadable
        When it is not there, damaged or encrypted.
    """
    try:
        with archive.open(name) as member:
            while chunk := member.read(CHUNK):
                yield chunk
    except (*ZIP_ERRORS, RuntimeError) as error:
        raise Unreadable(where, f"damaged, or not what its ending says ({name} cannot be read)") from error


def member(archive: zipfile.ZipFile, name: str, largest: int = MAX_TREE) -> bytes:
    """One file of an archive; nothing where it is not there, damaged or larger than `largest` bytes."""
    try:
        return read_whole(member_chunks(archive, name, ""), "", largest, "")
    except Unreadable:
        return b""


def xml_tree(data: bytes) -> Any:
    """Parse a small XML file; None if it cannot be parsed.

    Raises
    ------
    MissingExtra
        When lxml is not installed.
    """
    with needs_extra("documents", "reading .docx, .odt and .epub"):
        from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        return etree.fromstring(data, parser) if data else None
    except (etree.LxmlError, ValueError):
        return None
