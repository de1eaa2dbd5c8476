"""Text out of PDF files, by PDFium: words that were cut at line ends are put together, running heads are left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from nmf_topics.corpus.readers.inputs import Document, Input
from nmf_topics.corpus.readers.streams import Unreadable
from nmf_topics.files.optional import needs_extra

# signs that PDFium puts in place of a hyphen and a line end, and hyphens at line ends that it did not know for one
_CUT_WORD = re.compile(r"[\x02\ufffe\u00ad](?:\r?\n)?|(?<=[^\W\d_])-\r?\n(?=[a-zà-öø-ÿ])")


def read_pdf(file: Input) -> Iterator[Document]:
    """Yield the text of a PDF file, without a title: what PDF files call theirs seldom is one.

    Raises
    ------
    Unreadable
        When the file is damaged, protected, too large or without text.
    MissingExtra
        When pypdfium2 is not installed.
    """
    with needs_extra("documents", "reading .pdf"):
        import pypdfium2
    try:
        with pypdfium2.PdfDocument(file.data()) as document:
            if (count := len(document)) > file.limits.pdf_pages:
                raise Unreadable(file.where, file.limits.exceeded("pdf_pages", f"{count} pages"))
            leaves = list(_leaves(document, count, file))
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise Unreadable(file.where, "protected by a password; save it without one") from error
        raise Unreadable(file.where, "damaged, or no PDF file") from error
    text = "\n\n".join(without_running_heads(leaves))
    yield Document(file.checked(text, "a scan? recognise its text first (OCR)"))


def _leaves(document: Any, count: int, file: Input) -> Iterator[str]:
    """The texts of the leaves, until there is more than a page may have."""
    length = 0
    for number in range(count):
        text = _text_of_leaf(document, number)
        length += len(text)
        file.check_length(length)
        yield text


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
