"""Extract the text of PDF files with PDFium: hyphenated words are joined, running heads are left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from nmf_topics.corpus.readers.inputs import Document, Input
from nmf_topics.corpus.readers.streams import Unreadable
from nmf_topics.files.optional import needs_extra

# the characters that PDFium returns for a hyphen at a line end, and hyphens at line ends that it did not recognize
_CUT_WORD = re.compile(r"[\x02\ufffe\u00ad](?:\r?\n)?|(?<=[^\W\d_])-\r?\n(?=[a-zà-öø-ÿ])")


def read_pdf(file: Input) -> Iterator[Document]:
    """Yield the text of a PDF file. The title is left out because the metadata of PDF files rarely contain a real one.

    Raises
    ------
    Unreadable
        If the file is damaged, protected, too large or without text.
    MissingExtra
        If pypdfium2 is not installed.
    """
    with needs_extra("documents", "reading .pdf"):
        import pypdfium2
    try:
        with pypdfium2.PdfDocument(file.data()) as document:
            if (count := len(document)) > file.limits.pdf_pages:
                raise Unreadable(file.where, file.limits.exceeded("pdf_pages", f"{count} pages"))
            sheets = list(_sheets(document, count, file))
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise Unreadable(file.where, "protected by a password; save it without one") from error
        raise Unreadable(file.where, "damaged or not a PDF file") from error
    text = "\n\n".join(without_running_heads(sheets))
    yield Document(file.checked(text, "if it is a scan, recognize its text first (OCR)"))


def _sheets(document: Any, count: int, file: Input) -> Iterator[str]:
    """Yield the texts of the sheets (pages of the PDF); raise Unreadable if they are too long together."""
    length = 0
    for number in range(count):
        text = _sheet_text(document, number)
        length += len(text)
        file.check_length(length)
        yield text


def _sheet_text(document: Any, number: int) -> str:
    """Return the text of one sheet of a PDF; "" if PDFium cannot load it."""
    import pypdfium2

    try:
        text = document[number].get_textpage().get_text_bounded()
    except pypdfium2.PdfiumError:
        return ""
    return _CUT_WORD.sub("", text.replace("\x00", "")).replace("\r\n", "\n")


def without_running_heads(sheets: Sequence[str]) -> list[str]:
    """Remove first and last lines that are on at least a third of the sheets, apart from digits.

    Examples
    --------
    >>> without_running_heads(["1 Tea\\nGreen.\\nFine.", "2 Tea\\nBlack.\\nStrong.", "3 Tea\\nWhite.\\nRare."])
    ['Green.\\nFine.', 'Black.\\nStrong.', 'White.\\nRare.']
    """
    lines = [[line for line in sheet.split("\n") if line.strip()] for sheet in sheets]
    for end in (0, -1):
        seen = Counter(_without_digits(sheet[end]) for sheet in lines if sheet)
        repeated = {line for line, count in seen.items() if count >= max(3, len(lines) / 3)}
        for sheet in lines:
            if len(sheet) > 2 and _without_digits(sheet[end]) in repeated:  # keep at least two lines
                del sheet[end]
    return ["\n".join(sheet) for sheet in lines]


def _without_digits(line: str) -> str:
    return re.sub(r"\d+", "#", line).strip()
