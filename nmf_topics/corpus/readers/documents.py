"""Text out of PDF, DOCX and EPUB files, with the extra [documents].

    .pdf    by PDFium; words that were cut at line ends are put together, running heads are left out
    .docx   by python-docx; paragraphs in the order of the file, those of tables and text boxes too
    .epub   the chapters in the order of reading, as the package document lists them (EPUB 3.3, section 5)

A file that is protected, damaged or without any text is unreadable, and says why. Archives that would unpack to more
than `LARGEST` bytes are refused: no book is that long.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import unquote

from nmf_topics.corpus.plain import one_line
from nmf_topics.corpus.readers.streams import Unreadable
from nmf_topics.corpus.readers.webpages import decode_html, html_text
from nmf_topics.errors import MissingExtra

EXTRA = "documents"
LARGEST = 1 << 30  # bytes that an archive may unpack to
_NS = {
    "container": "urn:oasis:names:tc:opendocument:xmlns:container",
    "opf": "http://www.idpf.org/2007/opf",
    "dc": "http://purl.org/dc/elements/1.1/",
    "enc": "http://www.w3.org/2001/04/xmlenc#",
}
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
# signs that PDFium puts in place of a hyphen and a line end, and hyphens at line ends that it did not know for one
_CUT_WORD = re.compile(r"[\x02\ufffe\u00ad](?:\r?\n)?|(?<=[^\W\d_])-\r?\n(?=[a-zà-öø-ÿ])")


def read_pdf(data: bytes, where: str, note: Callable[[str], None]) -> tuple[str, str]:
    """No title (what PDF files call theirs seldom is one) and the text of a PDF file.

    Raises
    ------
    Unreadable
        When the file is damaged, protected or without text.
    MissingExtra
        When pypdfium2 is not installed.
    """
    try:
        import pypdfium2
    except ImportError as error:
        raise MissingExtra("pypdfium2", EXTRA, "reading .pdf") from error
    try:
        with pypdfium2.PdfDocument(data) as document:
            leaves = [_text_of_leaf(document, number) for number in range(len(document))]
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise Unreadable(where, "protected by a password; save it without one") from error
        raise Unreadable(where, "damaged, or no PDF file") from error
    text = "\n\n".join(without_running_heads(leaves))
    return "", _with_letters(text, where, "a scan? recognise its text first (OCR)")


def _text_of_leaf(document: Any, number: int) -> str:
    """The text of one leaf of a PDF; a leaf that PDFium cannot load holds none."""
    import pypdfium2

    try:
        text = document[number].get_textpage().get_text_bounded()
    except pypdfium2.PdfiumError:
        return ""
    return _CUT_WORD.sub("", text.replace("\x00", "")).replace("\r\n", "\n")


def without_running_heads(leaves: Sequence[str]) -> list[str]:
    """The leaves of a book without first and last lines that stand on a third of them or more, digits aside.

    Examples
    --------
    >>> without_running_heads(["1 Tea\\nGreen.\\nFine.", "2 Tea\\nBlack.\\nStrong.", "3 Tea\\nWhite.\\nRare."])
    ['Green.\\nFine.', 'Black.\\nStrong.', 'White.\\nRare.']
    """
    lines = [[line for line in leaf.split("\n") if line.strip()] for leaf in leaves]
    for end in (0, -1):
        seen = Counter(_shape(leaf[end]) for leaf in lines if leaf)
        repeated = {line for line, count in seen.items() if count >= max(3, len(lines) / 3)}
        for leaf in lines:
            if len(leaf) > 2 and _shape(leaf[end]) in repeated:  # of two lines one is no head
                del leaf[end]
    return ["\n".join(leaf) for leaf in lines]


def _shape(line: str) -> str:
    return re.sub(r"\d+", "#", line).strip()


def read_docx(data: bytes, where: str, note: Callable[[str], None]) -> tuple[str, str]:
    """No title (the file's name says more than what word processors fill in) and the text of a DOCX file.

    Raises
    ------
    Unreadable
        When the file is damaged, protected or without text.
    MissingExtra
        When python-docx is not installed.
    """
    try:
        import docx
        from docx.oxml.ns import qn
    except ImportError as error:
        raise MissingExtra("python-docx", EXTRA, "reading .docx") from error
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(where, "an older .doc file, or protected by a password; save it as plain .docx")
    with _archive(data, where):
        pass
    try:
        body = docx.Document(io.BytesIO(data)).element.body
        paragraphs = [
            str(paragraph.text)
            for paragraph in body.iter(qn("w:p"))
            if next(paragraph.iterancestors(_FALLBACK), None) is None  # text boxes stand there a second time
        ]
    except Exception as error:  # a part of the archive that is not what its name says can fail in any way
        raise Unreadable(where, "damaged, or no .docx file") from error
    return "", _with_letters("\n".join(paragraphs), where, "is it made of pictures?")


def read_epub(data: bytes, where: str, note: Callable[[str], None]) -> tuple[str, str]:
    """Title and text of an EPUB book.

    Raises
    ------
    Unreadable
        When the file is damaged, protected or without text.
    """
    with _archive(data, where) as archive:
        path, package = _package_of(archive, where)
        title = one_line(package.findtext(".//dc:title", namespaces=_NS))
        locked = _locked_files(archive)
        chapters = []
        for name in _chapters(package, path):
            if name in locked:
                raise Unreadable(where, "protected against copying (DRM)")
            chapters.append(html_text(decode_html(_member(archive, name), where, note)))
    return title, _with_letters("\n\n".join(filter(None, chapters)), where, "is it made of pictures?")


def _package_of(archive: zipfile.ZipFile, where: str) -> tuple[str, Any]:
    """Path and tree of the package document, which META-INF/container.xml names."""
    container = _xml(_member(archive, "META-INF/container.xml"))
    root = None if container is None else container.find(".//container:rootfile", _NS)
    path = "" if root is None else str(root.get("full-path", ""))
    package = _xml(_member(archive, path))
    if package is None:
        raise Unreadable(where, "damaged, or no EPUB file (it has no package document)")
    return path, package


def _chapters(package: Any, path: str) -> Iterator[str]:
    """Paths of the chapters in the order of reading, each once."""
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
    """Files of a book that are encrypted; of open books these are at most fonts."""
    tree = _xml(_member(archive, "META-INF/encryption.xml"))
    found = () if tree is None else tree.iterfind(".//enc:CipherReference", _NS)
    return {unquote(reference.get("URI") or "") for reference in found}


def _xml(data: bytes) -> Any:
    """The tree of an XML file; None where there is none."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        return etree.fromstring(data, parser) if data else None
    except (etree.LxmlError, ValueError):
        return None


def _archive(data: bytes, where: str) -> zipfile.ZipFile:
    """A zip archive that does not unpack to more than it should."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError, LookupError) as error:
        raise Unreadable(where, "damaged, or not what its ending says (no zip archive)") from error
    if size > LARGEST:
        raise Unreadable(where, f"would unpack to {size / 2**30:.1f} GiB; such a file is not read")
    return archive


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """One file of an archive; nothing where it is not there or damaged."""
    try:
        return archive.read(name)
    except (KeyError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, ValueError, EOFError, OSError):
        return b""


def _with_letters(text: str, where: str, remedy: str) -> str:
    """The text, if there is any letter in it."""
    if not any(character.isalpha() for character in text):
        raise Unreadable(where, f"holds no text; {remedy}")
    return text
