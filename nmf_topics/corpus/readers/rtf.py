"""Extract the text of .rtf files with striprtf (extra [documents])."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nmf_topics.corpus.readers.inputs import Document, Input
from nmf_topics.corpus.readers.streams import Unreadable
from nmf_topics.files.optional import needs_extra

# pictures and fonts in hexadecimal digits, removed because striprtf would process each digit
_HEXADECIMAL = re.compile(r"(?:[0-9A-Fa-f]{2}){40}[0-9A-Fa-f\r\n]*+")


def read_rtf(file: Input) -> Iterator[Document]:
    """Yield the text of an RTF file.

    Raises
    ------
    Unreadable
        If it is not an RTF file, too large or without text.
    MissingExtra
        If striprtf is not installed.
    """
    with needs_extra("documents", "reading .rtf"):
        from striprtf.striprtf import rtf_to_text
    data = file.data()
    if not data.lstrip().startswith(b"{\\rt"):
        raise Unreadable(file.where, "damaged or not an RTF file")
    source = _HEXADECIMAL.sub("", data.decode("cp1252", "replace"))
    file.check_length(len(source))
    try:
        text = str(rtf_to_text(source, errors="replace"))  # type: ignore[no-untyped-call]
    except Exception as error:  # striprtf does not check the numbers and names in a file
        raise Unreadable(file.where, "damaged or not an RTF file") from error
    yield Document(file.checked(text))
