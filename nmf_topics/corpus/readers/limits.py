"""Limits of reading, so that a damaged or hostile file cannot use up memory or run for hours.

A file or a row beyond a limit is set aside with the reason, and the rest of the source is read. Limits are raised by
name with the parameter `read_limits`, for example {"page-size": 200 * MB}. With the defaults no reader uses more than
about 1 GB of memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

MB = 10**6


@dataclass(frozen=True)
class ReadLimits:
    """The limits of reading.

    Attributes
    ----------
    page_size : most characters in the text of one page, and most bytes in a row of a table or in a plain text file
    file_size : most bytes, after decompression, of a document, web page or archive member that is read as a whole
    markup : most elements of one document, such as paragraphs, bold words and cells
    columns : most columns of a table
    pdf_pages : most pages of a PDF file
    archive_files : most files of an archive
    """

    page_size: int = 32 * MB
    file_size: int = 256 * MB
    markup: int = 5_000_000
    columns: int = 10_000
    pdf_pages: int = 20_000
    archive_files: int = 1_000_000

    def exceeded(self, name: str, found: str) -> str:
        """Describe why something is not read, with the limit and its value.

        Examples
        --------
        >>> ReadLimits().exceeded("pdf_pages", "1000000 pages")
        '1000000 pages, more than the limit pdf-pages=20000'
        >>> ReadLimits().exceeded("page_size", "more text")
        'more text than the limit page-size=32000000'
        """
        compared = "" if found.startswith("more ") else ", more"
        return f"{found}{compared} than the limit {name.replace('_', '-')}={getattr(self, name)}"

    @classmethod
    def of(cls, values: Mapping[str, int]) -> ReadLimits:
        """Return the default limits with some changed; names are those of the command line ("page-size").

        Raises
        ------
        ValueError
            If a name is not the name of a limit.
        """
        known = {field.name.replace("_", "-"): field.name for field in fields(cls)}
        if unknown := [name for name in values if name not in known]:
            raise ValueError(f"unknown limit {unknown[0]!r}; the limits are {', '.join(known)}")
        return replace(cls(), **{known[name]: value for name, value in values.items()})


DEFAULT_LIMITS = ReadLimits()
READ_LIMITS = {field.name.replace("_", "-"): getattr(DEFAULT_LIMITS, field.name) for field in fields(ReadLimits)}
