"""The reader for each file ending, and the reasons why other formats are not read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nmf_topics.corpus.plain import one_line
from nmf_topics.corpus.readers.charsets import open_text
from nmf_topics.corpus.readers.epub import read_epub
from nmf_topics.corpus.readers.inputs import Document, Input
from nmf_topics.corpus.readers.mail import read_mail, read_mailbox
from nmf_topics.corpus.readers.office import read_docx, read_odt
from nmf_topics.corpus.readers.parquet import PARQUET
from nmf_topics.corpus.readers.pdf import read_pdf
from nmf_topics.corpus.readers.rtf import read_rtf
from nmf_topics.corpus.readers.streams import CHUNK
from nmf_topics.corpus.readers.subtitles import read_subtitles
from nmf_topics.corpus.readers.tables import TABLES
from nmf_topics.corpus.readers.tei import read_xml
from nmf_topics.corpus.readers.webpages import read_web_page

Reader = Callable[[Input], Iterator[Document]]


def _read_plain(file: Input) -> Iterator[Document]:
    """Yield a text file as one document or, with the option `lines`, each of its lines."""
    if not file.options.lines:
        yield Document(file.text())
        return
    longest = file.limits.page_size
    lines = open_text(file.chunks(), file.where, file.note, "\n", file.encodings)
    number = 0
    while line := lines.readline(longest + 1):
        number += 1
        if len(line) > longest and not line.endswith("\n"):
            while (rest := lines.readline(CHUNK)) and not rest.endswith("\n"):
                pass
            file.put_aside(f"{file.where}, line {number}", f"longer than the limit page-size={longest}")
        elif line.strip():
            yield Document(line.strip(), name=str(number))


def _read_html(file: Input) -> Iterator[Document]:
    title, text = read_web_page(file.source(), file.where, file.note, file.encodings, file.limits)
    yield Document(text, title)


READERS: dict[str, Reader] = {
    ".txt": _read_plain,
    ".md": _read_plain,
    ".html": _read_html,
    ".htm": _read_html,
    ".xhtml": _read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".odt": read_odt,
    ".rtf": read_rtf,
    ".epub": read_epub,
    ".srt": read_subtitles,
    ".vtt": read_subtitles,
    ".eml": read_mail,
    ".mbox": read_mailbox,
    ".xml": read_xml,
    ".tei": read_xml,
}
TEXTS = tuple(READERS)
PLAIN = (".txt", ".md", ".srt", ".vtt")  # their encoding may be guessed from all files of a folder together
IMAGES = {".png", ".pgm", ".ppm", ".pbm", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"}
_OTHERS = {
    ".doc": "an old format; save it as .docx",
    ".xls": "an old format; save it as .xlsx",
    ".ods": "save it as .xlsx or .csv",
    ".ppt": "an old format; save it as .pdf",
    ".pptx": "save it as .pdf",
    ".pages": "save it as .docx",
    ".djvu": "save it as .pdf",
    ".mobi": "save it as .epub",
    ".azw3": "save it as .epub",
    ".rar": "unpack it, or convert it to .zip",
    ".7z": "unpack it, or convert it to .zip",
    ".msg": "save it as .eml",
    ".tex": "this format is not read; save it as .txt",
}


def why_not_read(ending: str) -> str:
    """Return the reason why a file with this ending in a folder is not read."""
    if ending in (*TABLES, PARQUET):
        return "a table is only read if you name the file itself"
    if ending in IMAGES:
        return "images contain no text"
    return _OTHERS.get(ending, "this format is not read")


def read_documents(file: Input, ending: str) -> Iterator[Document]:
    """Yield the documents of a file, each within the limits of a page.

    Parameters
    ----------
    file : Input
    ending : one of `TEXTS`

    Raises
    ------
    Unreadable
        If the file cannot be read as the format that its ending means.
    MissingExtra
        If reading it needs a package that is not installed.
    """
    for document in READERS[ending](file):
        file.check_length(len(document.text))
        title = one_line(document.title)
        text = document.text
        if title and file.options.titles_as_text:
            text = f"{title}\n\n{text}"
        yield Document(text, title, document.meta, document.name)
