"""Extract the text of word processor files (.docx and .odt), paragraph by paragraph.

Both are zip archives of XML, which is parsed as a stream: a file of millions of paragraphs takes no more memory than
its text. Table cells, text boxes and footnotes within the text are read; deleted text, comments and running heads are
not.

Formats: ECMA-376 part 1, chapter 17 (WordprocessingML); OpenDocument 1.3 part 3.
"""

from __future__ import annotations

from collections.abc import Iterator

from nmf_topics.corpus.readers.inputs import Document, Input
from nmf_topics.corpus.readers.markup import MarkupRules, parse_markup
from nmf_topics.corpus.readers.streams import Unreadable
from nmf_topics.corpus.readers.zip_members import member, member_chunks, open_zip, xml_tree

OLD_OFFICE = b"\xd0\xcf\x11\xe0"  # first bytes of OLE files: .doc, and .docx with a password
DOCX_RULES = MarkupRules(
    blocks=frozenset(["p"]),
    skipped=frozenset(["Fallback", "instrText", "delText"]),  # Fallback is a copy of a text box for old programs
    inserted={"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "softHyphen": ""},
    text_in=frozenset(["t"]),
)
ODT_RULES = MarkupRules(
    blocks=frozenset(["p", "h"]),
    skipped=frozenset(["tracked-changes", "annotation", "sequence-decls", "forms", "automatic-styles", "styles"]),
    inserted={"tab": " ", "s": " ", "line-break": "\n"},
)
_DOCUMENT_TYPE = "/officeDocument"  # end of the type of the relationship that names the main part of a .docx


def read_docx(file: Input) -> Iterator[Document]:
    """Yield the text of a DOCX file. The title is left out: the file name is more informative than automatic titles.

    Raises
    ------
    Unreadable
        If the file is damaged, protected, too large or without text.
    """
    data = file.data()
    if data.startswith(OLD_OFFICE):
        raise Unreadable(
            file.where, "an old .doc file, or protected by a password; save it as .docx without a password"
        )
    with open_zip(file) as archive:
        chunks = member_chunks(archive, _main_part(member(archive, "_rels/.rels")), file.where)
        found = parse_markup(chunks, DOCX_RULES, file.where, file.limits)
    yield Document(file.checked(found.text))


def _main_part(relationships: bytes) -> str:
    """Return the path of the main part of a .docx."""
    tree = xml_tree(relationships)
    for relationship in () if tree is None else tree:
        if str(relationship.get("Type", "")).endswith(_DOCUMENT_TYPE):
            return str(relationship.get("Target", "")).lstrip("/")
    return "word/document.xml"


def read_odt(file: Input) -> Iterator[Document]:
    """Yield the text of an ODT file, without a title as for DOCX.

    Raises
    ------
    Unreadable
        If the file is damaged, protected, too large or without text.
    """
    with open_zip(file) as archive:
        if b"encryption-data" in member(archive, "META-INF/manifest.xml"):
            raise Unreadable(file.where, "protected by a password; save it without one")
        chunks = member_chunks(archive, "content.xml", file.where)
        found = parse_markup(chunks, ODT_RULES, file.where, file.limits)
    yield Document(file.checked(found.text))
