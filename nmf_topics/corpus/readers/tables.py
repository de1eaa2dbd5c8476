"""Read tables row by row: JSONL (one object per line), JSON, CSV, TSV and Excel workbooks.

An invalid line is an error that names it, because leaving it out would change the corpus silently. A row larger than
the limit page-size is set aside, and the rest is read.

Formats: https://jsonlines.org; RFC 4180 for CSV, with the delimiters and line ends that spreadsheets write.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TextIO

from nmf_topics.corpus.page import Page
from nmf_topics.corpus.readers.charsets import open_text
from nmf_topics.corpus.readers.column_names import is_known, plain_name
from nmf_topics.corpus.readers.columns import Columns, Record, read_records
from nmf_topics.corpus.readers.encoding_guess import EncodingChooser
from nmf_topics.corpus.readers.json_values import parse_int, read_json
from nmf_topics.corpus.readers.limits import DEFAULT_LIMITS, ReadLimits
from nmf_topics.corpus.readers.options import DEFAULT_OPTIONS, ReadOptions
from nmf_topics.corpus.readers.streams import CHUNK, read_whole
from nmf_topics.corpus.readers.workbook import XLSX, as_records, read_workbook
from nmf_topics.corpus.reading_log import ReadingLog
from nmf_topics.errors import CorpusError
from nmf_topics.files.csv_files import unguarded

JSONL = (".jsonl", ".ndjson")
JSON = ".json"
TABLES = (*JSONL, JSON, ".csv", ".tsv", *XLSX)
FIELD_LIMIT = min(sys.maxsize, 2**31 - 1)  # largest C long on Windows, where it has 32 bits
MAX_LINES_OF_ROW = 1_000_000  # lines of an overlong row after which a quote is considered never closed
HEADER_SAMPLE = 1 << 16  # characters of a header that are used to find the delimiter
NO_DELIMITER = "\x1f"  # the "delimiter" of a table of one column, in which commas belong to the text
_EXCEL_HINT = re.compile(r"\"?sep=(.)\"?[,;\t]*\r?\n?", re.IGNORECASE)  # a first line that names the delimiter


def read_table(
    open_chunks: Callable[[], Iterator[bytes]],
    where: str,
    ending: str,
    wanted: Columns,
    tell: Callable[[str], None],
    *,
    log: ReadingLog | None = None,
    options: ReadOptions = DEFAULT_OPTIONS,
) -> Iterator[Page]:
    """Yield the rows of a table as pages.

    Parameters
    ----------
    open_chunks : returns the bytes of the table from its start
    where : name of the table, for messages
    ending : one of `TABLES`
    wanted : columns that the user has named
    tell : called with messages about guesses (encoding, columns)
    log : receives rows that are set aside
    options : ReadOptions

    Raises
    ------
    CorpusError
        If the table cannot be read; the message names the file and the line.
    """

    def note(what: str) -> None:
        tell(f"{where}: {what}")

    limits = options.limits
    with closing(open_chunks()) as chunks:  # type: ignore[type-var]  # a generator
        unit = "line"
        records: Iterator[Record]
        if ending in XLSX:
            file = io.BytesIO(read_whole(chunks, where, limits.file_size, "file-size"))
            records, unit = as_records(read_workbook(file, where, limits, tell), name_columns), "row"
        else:
            newline = "" if ending in (".csv", ".tsv") else "\n"
            lines = open_text(chunks, where, note, newline, EncodingChooser(options.encoding))
            if ending in JSONL:
                records = read_jsonl(lines, where, limits)
            elif ending == JSON:
                records, unit = read_json(lines, where, limits), "item"
            else:
                records = read_csv(lines, where, wanted, "\t" if ending == ".tsv" else None, limits)
        lone = ending not in (*JSONL, JSON)
        yield from read_records(records, where, wanted, tell, lone_is_text=lone, unit=unit, log=log, options=options)


def read_jsonl(lines: TextIO, where: str, limits: ReadLimits = DEFAULT_LIMITS) -> Iterator[Record]:
    """Yield (line number, object) of every line that is not blank; None for an object over the limit page-size."""
    decoder = json.JSONDecoder(parse_int=parse_int)
    number = 0
    while line := lines.readline(limits.page_size + 1):
        number += 1
        if len(line) > limits.page_size and not line.endswith("\n"):
            while (rest := lines.readline(CHUNK)) and not rest.endswith("\n"):
                pass
            yield number, None
            continue
        if line.isspace():
            continue
        try:
            record = decoder.decode(line)
        except json.JSONDecodeError as error:
            reason = f"not JSON ({error.msg}, column {error.colno}); JSONL has one object per line"
            if not line.endswith("\n"):
                reason += "; this last line looks cut off: is the file complete?"
            raise CorpusError(f"{where}, line {number}: {reason}") from error
        except RecursionError as error:
            raise CorpusError(f"{where}, line {number}: nested too deeply") from error
        if not isinstance(record, dict):
            raise CorpusError(
                f"{where}, line {number}: not an object; JSONL has one object per line, "
                'like {"id": "1", "title": "Tea", "text": "..."}'
            )
        yield number, record


class _TooLong(Exception):
    """A row of CSV is longer than the limit page-size."""


class _CsvLines:
    """The lines of a CSV file, with a check of the length of the current row.

    Attributes
    ----------
    number : number of the last line
    """

    def __init__(self, file: TextIO, longest: int) -> None:
        self.number = 0
        self._file, self._longest = file, longest
        self._length = self._quotes = 0
        self._again: list[str] = []

    def __iter__(self) -> _CsvLines:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else self._file.readline(self._longest + 1)
        if not line:
            raise StopIteration
        self._length += len(line)
        self._quotes += line.count('"')
        if self._length > self._longest:
            self._again.append(line)  # `skip_row` continues with it
            raise _TooLong
        self.number += 1
        return line

    def put_back(self, line: str) -> None:
        """Return a line again the next time."""
        self._again.append(line)
        self.number -= 1
        self.begin_row()

    def begin_row(self) -> None:
        """Reset the length: the next line begins a row."""
        self._length = self._quotes = 0

    def skip_row(self) -> bool:
        """Skip the rest of a row; return whether its end was found (it is not if a quote is never closed)."""
        line, first = self._again.pop(), self.number
        while self.number - first < MAX_LINES_OF_ROW:
            ends = line.endswith(("\n", "\r"))
            self.number += ends
            if ends and self._quotes % 2 == 0:
                self.begin_row()
                return True
            line = self._file.readline(CHUNK)
            if not line:
                return self._quotes % 2 == 0
            self._quotes += line.count('"')
        return False


def read_csv(
    file: TextIO, where: str, wanted: Columns, delimiter: str | None, limits: ReadLimits = DEFAULT_LIMITS
) -> Iterator[Record]:
    """Yield (line number, column -> field) of the rows of a CSV file with a header.

    Parameters
    ----------
    file : the file
    where : its name, for messages
    wanted : columns that the user has named; they help to find the delimiter
    delimiter : the delimiter; None: find it
    limits : limits of reading

    Notes
    -----
    The csv module's limit of the length of a field is global. It is raised and never lowered here, so no other reader
    of CSV fails because of it. The strict mode reports a quote that is never closed; without it the rest of the file
    would become part of one page.
    """
    csv.field_size_limit(max(FIELD_LIMIT, csv.field_size_limit()))
    lines = _CsvLines(file, limits.page_size)
    header: list[str] = []
    begin = 1
    try:
        first = next(lines, "")
        while first and (first.isspace() or _EXCEL_HINT.fullmatch(first)):
            if hint := _EXCEL_HINT.fullmatch(first):
                delimiter = hint[1]
            lines.begin_row()
            first = next(lines, "")
        begin = lines.number
        delimiter = delimiter or find_delimiter(first, wanted)
        if (count := first.count(delimiter) + 1) > limits.columns:
            raise CorpusError(f"{where}, line {begin}: {limits.exceeded('columns', f'{count} columns')}")
        if first:
            lines.put_back(first)
        while True:
            try:
                for row in csv.reader(lines, delimiter=delimiter, strict=True):
                    line, begin = begin, lines.number + 1
                    lines.begin_row()
                    if not row:
                        continue
                    if not header:
                        header = name_columns([unguarded(name) for name in row])
                        continue
                    if len(row) != len(header):
                        raise CorpusError(
                            f"{where}, line {line}: {len(row)} fields, but the header has {len(header)}; "
                            "put quotes around fields that contain the delimiter, a quote or a line end"
                        )
                    yield line, dict(zip(header, map(unguarded, row), strict=True))
                return
            except _TooLong:
                if not header or not lines.skip_row():
                    reason = f"longer than the limit page-size={limits.page_size} characters"
                    raise CorpusError(f"{where}, line {begin}: {reason}, or a quote is never closed") from None
                line, begin = begin, lines.number + 1
                yield line, None
    except csv.Error as error:
        raise CorpusError(f"{where}, line {begin}: not CSV ({_explain(error)})") from error
    except _TooLong:
        reason = f"longer than the limit page-size={limits.page_size} characters"
        raise CorpusError(f"{where}, line {lines.number + 1}: the header is {reason}") from None


def _explain(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "a quote that opens here is never closed"
    return str(error)


def find_delimiter(header: str, wanted: Columns) -> str:
    """Return the delimiter that gives the most columns with usual names, and among equals the most columns."""
    asked = {plain_name(name) for name in wanted.parts().values() if name is not None}
    start = header[:HEADER_SAMPLE]

    def score(delimiter: str) -> tuple[int, int]:
        names = next(csv.reader([start], delimiter=delimiter), [])
        return sum(is_known(name) or plain_name(name) in asked for name in names[:1000]), len(names)

    best = max(",;\t|", key=score)
    return best if score(best)[1] > 1 else NO_DELIMITER


def name_columns(header: list[str]) -> list[str]:
    """Return unique names for the columns of a header.

    Examples
    --------
    >>> name_columns(["", "text", "text"])
    ['column 1', 'text', 'text (2)']
    """
    given = [name.strip() or f"column {number}" for number, name in enumerate(header, 1)]
    names: set[str] = set()
    times: Counter[str] = Counter()
    result = []
    for base in given:
        name = base
        while name in names:
            times[base] += 1
            name = f"{base} ({times[base] + 1})"
        names.add(name)
        result.append(name)
    return result
