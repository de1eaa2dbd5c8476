"""Read tables in Excel workbooks (.xlsx) row by row with openpyxl (extra [xlsx]).

The first sheet with rows is read; its first row that is not empty is the header. Values become the strings that a CSV
file would contain: digits for numbers, ISO 8601 for dates.
"""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from nmf_topics.corpus.readers.limits import ReadLimits
from nmf_topics.corpus.readers.streams import CHUNK, Unreadable
from nmf_topics.corpus.readers.zip_members import ZIP_ERRORS
from nmf_topics.files.optional import needs_extra

XLSX = (".xlsx", ".xlsm")
MAX_ROW_XML = 4 << 20  # most bytes of one row: 16384 cells, the most that Excel allows, take less
MAX_PART = 32 << 20  # most bytes of styles and other parts that openpyxl keeps in memory
_ROW = re.compile(rb"<(?:\w+:)?row[\s>/]")


def read_workbook(
    file: BinaryIO, where: str, limits: ReadLimits, tell: Callable[[str], None]
) -> Iterator[tuple[int, list[str | None]]]:
    """Yield (row number, cells) of the first sheet that has rows, the header first.

    Raises
    ------
    Unreadable
        If the file is damaged, protected or too large.
    MissingExtra
        If openpyxl is not installed.
    """
    with needs_extra("xlsx", "reading .xlsx"):
        import openpyxl
    if file.read(4) == b"\xd0\xcf\x11\xe0":
        raise Unreadable(where, "an old .xls file, or protected by a password; save it as .xlsx without a password")
    _check_sizes(file, where, limits)
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
        for sheet in sheets:
            rows = _rows(sheet, where, limits)
            first = next(rows, None)
            if first is not None:
                if len(sheets) > 1:
                    others = ", ".join(repr(other.title) for other in sheets if other is not sheet)
                    tell(f"{where}: sheet {sheet.title!r} is read, not {others}")
                yield first
                yield from rows
                return
    except Unreadable:
        raise
    except Exception as error:  # openpyxl raises many kinds of errors for damaged workbooks
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise Unreadable(where, f"damaged or not an Excel workbook ({reason})") from error


def _rows(sheet: Any, where: str, limits: ReadLimits) -> Iterator[tuple[int, list[str | None]]]:
    """Yield the rows that are not empty, as wide as the first one."""
    width = 0
    for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        if not width:
            width = max((column for column, cell in enumerate(cells, 1) if cell is not None), default=0)
            if width > limits.columns:
                raise Unreadable(where, limits.exceeded("columns", f"{width} columns"))
        if width and any(cell is not None for cell in cells[:width]):
            yield number, [_plain(cell) for cell in cells[:width]] + [None] * (width - len(cells))


def _plain(value: Any) -> str | None:
    """Return a cell as the string that CSV would contain."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def _check_sizes(file: BinaryIO, where: str, limits: ReadLimits) -> None:
    """Raise Unreadable if openpyxl would need too much memory for a workbook."""
    try:
        with zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                if entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml"):
                    _check_rows(archive, entry, where)
                    continue
                largest = limits.file_size // 2 if entry.filename.endswith("sharedStrings.xml") else MAX_PART
                if entry.filename.endswith((".xml", ".rels")) and entry.file_size > largest:
                    raise Unreadable(
                        where,
                        f"its part {entry.filename} would decompress to {entry.file_size} bytes, too many to read",
                    )
    except Unreadable:
        raise
    except ZIP_ERRORS as error:
        raise Unreadable(where, "damaged or not an Excel workbook (not a zip archive)") from error


def _check_rows(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, where: str) -> None:
    """Raise Unreadable if a row is larger than Excel can write, because openpyxl keeps the cells of a row in memory."""
    since = 0  # bytes since the start of the last row
    with archive.open(entry) as sheet:
        while chunk := sheet.read(CHUNK):
            last = 0
            for match in _ROW.finditer(chunk):
                since += match.start() - last
                last = match.start()
                if since > MAX_ROW_XML:
                    break
                since = 0
            since += len(chunk) - last
            if since > MAX_ROW_XML:
                raise Unreadable(where, f"a row of its sheet has more than {MAX_ROW_XML} bytes, too many to read")


def as_records(
    rows: Iterator[tuple[int, list[str | None]]], name_columns: Callable[[list[str]], list[str]]
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield (row number, column -> cell) of the rows below the header."""
    header = next(rows, None)
    if header is None:
        return
    names = name_columns([name or "" for name in header[1]])
    for number, cells in rows:
        yield number, dict(zip(names, cells, strict=True))
