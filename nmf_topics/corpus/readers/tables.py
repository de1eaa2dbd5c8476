"""Tables: JSONL (one object a line), JSON, CSV, TSV and Excel workbooks, read row by row.

Format of JSONL: https://jsonlines.org; of CSV: RFC 4180, with the delimiters and line ends that spreadsheets
write. A broken line is an error that names it: leaving it out would change the corpus silently. A row that is larger
than a page may be is set aside instead, and the rest is read.
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
from nmf_topics.corpus.readers.encoding_guess import Encodings
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
FIELD_LIMIT = min(sys.maxsize, 2**31 - 1)  # a C long, which has 32 bits on Windows
MAX_LINES_OF_ROW = 1_000_000  # of a row that is too long, after which a quote is taken to be never closed
HEADER_SAMPLE = 1 << 16  # characters of a header in which the delimiter is looked for
NO_DELIMITER = "\x1f"  # for a table of one column, where a comma is just a comma
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
    open_chunks : gives the bytes of the table from its start
    where : name of the table, for messages
    ending : one of `TABLES`
    wanted : columns asked for by name
    tell : told about guesses (encoding, columns)
    log : takes rows that are set aside
    options : ReadOptions

    Raises
    ------
    CorpusError
        Naming the file, and the line where there is one.
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
            lines = open_text(chunks, where, note, newline, Encodings(options.encoding))
            if ending in JSONL:
                records = read_jsonl(lines, where, limits)
            elif ending == JSON:
                records, unit = read_json(lines, where, limits), "item"
            else:
                records = read_csv(lines, where, wanted, "\t" if ending == ".tsv" else None, limits)
        lone = ending not in (*JSONL, JSON)
        yield from read_records(records, where, wanted, tell, lone_is_text=lone, unit=unit, log=log, options=options)


def read_jsonl(lines: TextIO, where: str, limits: ReadLimits = DEFAULT_LIMITS) -> Iterator[Record]:
    """Yield (line, object) of every line that is not blank; None in place of one that is longer than a page may be."""
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
            reason = f"not JSON ({error.msg}, column {error.colno}); JSONL is one object a line"
            if not line.endswith("\n"):
                reason += "; this last line looks cut off: is the file complete?"
            raise CorpusError(f"{where}, line {number}: {reason}") from error
        except RecursionError as error:
            raise CorpusError(f"{where}, line {number}: nested too deeply") from error
        if not isinstance(record, dict):
            raise CorpusError(
                f"{where}, line {number}: not an object; JSONL is one object a line, "
                'like {"id": "1", "title": "Tea", "text": "..."}'
            )
        yield number, record


class _TooLong(Exception):
    """A row of CSV is longer than a page may be."""


class _CsvLines:
    """Lines for a reader of CSV, which knows how long the row is that they belong to.

    Attributes
    ----------
    number : of the last line
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
            self._again.append(line)  # counted, and its end not reached
            raise _TooLong
        self.number += 1
        return line

    def put_back(self, line: str) -> None:
        """Give a line that was taken once more."""
        self._again.append(line)
        self.number -= 1
        self.begin_row()

    def begin_row(self) -> None:
        """Take note that the next line begins a row."""
        self._length = self._quotes = 0

    def skip_row(self) -> bool:
        """Pass over the rest of a row; whether it ends, as the row of a quote that is never closed does not."""
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
    """Yield (line, row by column) of a CSV file with a header; the delimiter is found when it is None.

    Notes
    -----
    The csv module's limit of a field's length belongs to the whole process. It is raised and never lowered here, so
    no other reader of CSV can fail for it. Strict reading is what shows a quote that is never closed: else the
    rest of the file would become part of one page.
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
                            "a field that holds the delimiter, a quote or a line end needs quotes around it"
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
    """The delimiter of a CSV file: the one that cuts the header into the most columns, known ones first."""
    asked = {plain_name(name) for name in wanted.parts().values() if name is not None}
    start = header[:HEADER_SAMPLE]

    def score(delimiter: str) -> tuple[int, int]:
        names = next(csv.reader([start], delimiter=delimiter), [])
        return sum(is_known(name) or plain_name(name) in asked for name in names[:1000]), len(names)

    best = max(",;\t|", key=score)  # the first of equals
    return best if score(best)[1] > 1 else NO_DELIMITER


def name_columns(header: list[str]) -> list[str]:
    """The columns of a header, each with a name of its own.

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
