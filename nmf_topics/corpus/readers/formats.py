"""How a file that is one page is read, by its ending."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nmf_topics.corpus.readers.charsets import decode
from nmf_topics.corpus.readers.documents import read_docx, read_epub, read_pdf
from nmf_topics.corpus.readers.streams import byte_chunks, split_endings
from nmf_topics.corpus.readers.webpages import read_web_page

Note = Callable[[str], None]
Reader = Callable[[bytes, str, Note], tuple[str, str]]


def _read_plain(data: bytes, where: str, note: Note) -> tuple[str, str]:
    return "", decode(data, where, note)


READERS: dict[str, Reader] = {
    ".txt": _read_plain,
    ".md": _read_plain,
    ".html": read_web_page,
    ".htm": read_web_page,
    ".xhtml": read_web_page,
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".epub": read_epub,
}
TEXTS = tuple(READERS)


def read_file(path: Path, note: Note) -> tuple[str, str]:
    """Title (where the file has one of its own, else "") and text of a file.

    Parameters
    ----------
    path : a file with one of the endings of `TEXTS`, packed or not
    note : told how the text was decoded when that was guessed

    Raises
    ------
    Unreadable
        When the file cannot be read as what its ending says.
    MissingExtra
        When reading it needs a package that is not installed.
    """
    return READERS[split_endings(path.name)[1]](b"".join(byte_chunks(path)), str(path), note)
