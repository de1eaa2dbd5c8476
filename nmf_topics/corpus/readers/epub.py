"""Extract the text of EPUB books: the chapters in reading order, as the package document lists them.

Format: EPUB 3.3, section 5.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from nmf_topics.corpus.plain import one_line
from nmf_topics.corpus.readers.inputs import Document, Input
from nmf_topics.corpus.readers.streams import Unreadable
from nmf_topics.corpus.readers.webpages import decode_html, html_text
from nmf_topics.corpus.readers.zip_members import member, open_zip, xml_tree

_NS = {
    "container": "urn:oasis:names:tc:opendocument:xmlns:container",
    "opf": "http://www.idpf.org/2007/opf",
    "dc": "http://purl.org/dc/elements/1.1/",
    "enc": "http://www.w3.org/2001/04/xmlenc#",
}


def read_epub(file: Input) -> Iterator[Document]:
    """Yield the text of an EPUB book, with its title.

    Raises
    ------
    Unreadable
        If the file is damaged, protected, too large or without text.
    """
    length = 0
    with open_zip(file) as archive:
        path, package = _package_of(archive, file.where)
        title = one_line(package.findtext(".//dc:title", namespaces=_NS))
        locked = _locked_files(archive)
        chapters = []
        for name in _chapters(package, path):
            if name in locked:
                raise Unreadable(file.where, "copy-protected (DRM)")
            source = decode_html(member(archive, name, file.limits.page_size), file.where, file.note, file.encodings)
            chapters.append(html_text(source, file.where, file.limits))
            length += len(chapters[-1])
            file.check_length(length)
    yield Document(file.checked("\n\n".join(filter(None, chapters))), title)


def _package_of(archive: zipfile.ZipFile, where: str) -> tuple[str, Any]:
    """Return the path and the tree of the package document, which META-INF/container.xml names."""
    container = xml_tree(member(archive, "META-INF/container.xml"))
    root = None if container is None else container.find(".//container:rootfile", _NS)
    path = "" if root is None else str(root.get("full-path", ""))
    package = xml_tree(member(archive, path))
    if package is None:
        raise Unreadable(where, "damaged or not an EPUB file (no package document)")
    return path, package


def _chapters(package: Any, path: str) -> Iterator[str]:
    """Yield the paths of the chapters in reading order, each once."""
    items = {
        item.get("id"): item
        for item in package.iterfind(".//opf:manifest/opf:item", _NS)
        if "html" in (item.get("media-type") or "") and "nav" not in (item.get("properties") or "").split()
    }
    seen = set()
    for entry in package.iterfind(".//opf:spine/opf:itemref", _NS):
        item = items.get(entry.get("idref"))
        if item is not None and entry.get("linear") != "no":
            name = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(item.get("href") or "")))
            if name not in seen:
                seen.add(name)
                yield name


def _locked_files(archive: zipfile.ZipFile) -> set[str]:
    """Return the encrypted files of a book; in a book without copy protection these are fonts at most."""
    tree = xml_tree(member(archive, "META-INF/encryption.xml"))
    found = () if tree is None else tree.iterfind(".//enc:CipherReference", _NS)
    return {unquote(reference.get("URI") or "") for reference in found}
