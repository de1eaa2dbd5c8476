"""Open documents that are zip archives (DOCX, ODT, EPUB) within the limits of reading."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from nmf_topics.corpus.readers.inputs import Input
from nmf_topics.corpus.readers.streams import CHUNK, Unreadable, read_whole
from nmf_topics.files.optional import needs_extra

MAX_TREE = 10_000_000  # most bytes of a member that is parsed into a tree, such as a list of chapters
# errors that a damaged archive or member can raise
ZIP_ERRORS = (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError, LookupError, zlib.error)


def open_zip(file: Input) -> zipfile.ZipFile:
    """Open a document that is a zip archive.

    Raises
    ------
    Unreadable
        If it is damaged, or would decompress to more than the limit file-size.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(file.data()))
        size = sum(entry.file_size for entry in archive.infolist())
    except Unreadable:
        raise
    except ZIP_ERRORS as error:
        raise Unreadable(file.where, "damaged, or the file ending is wrong (not a zip archive)") from error
    if size > file.limits.file_size:
        raise Unreadable(file.where, file.limits.exceeded("file_size", f"would decompress to {size} bytes"))
    return archive


def member_chunks(archive: zipfile.ZipFile, name: str, where: str) -> Iterator[bytes]:
    """Yield the bytes of one member of an archive.

    Raises
    ------
    Unreadable
        If it is missing, damaged or encrypted.
    """
    try:
        with archive.open(name) as member:
            while chunk := member.read(CHUNK):
                yield chunk
    except (*ZIP_ERRORS, RuntimeError) as error:
        raise Unreadable(where, f"damaged, or the file ending is wrong ({name} cannot be read)") from error


def member(archive: zipfile.ZipFile, name: str, largest: int = MAX_TREE) -> bytes:
    """Return one member of an archive; b"" if it is missing, damaged or larger than `largest` bytes."""
    try:
        return read_whole(member_chunks(archive, name, ""), "", largest, "")
    except Unreadable:
        return b""


def xml_tree(data: bytes) -> Any:
    """Parse a small XML file; return None if that fails.

    Raises
    ------
    MissingExtra
        If lxml is not installed.
    """
    with needs_extra("documents", "reading .docx, .odt and .epub"):
        from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        return etree.fromstring(data, parser) if data else None
    except (etree.LxmlError, ValueError):
        return None
