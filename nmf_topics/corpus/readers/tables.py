"""Tables: JSONL (one object a line), CSV and TSV, read row by row.

Format of JSONL: https://jsonlines.org; of CSV: RFC 4180, with the delimiters and line ends that spreadsheets
write. A broken line is an error that names it: leaving it out would change the corpus silently.
"""

from __future__ import annotations

import csv
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
from nmf_topics.errors import CorpusError
from nmf_topics.files.csv_files import unguarded

JSONL = (".jsonl", ".ndjson")
TABLES = (*JSONL, ".csv", ".tsv")
FIELD_LIMIT = min(sys.maxsize, 2**31 - 1)  # a C long, which has 32 bits on Windows
_EXCEL_HINT = re.compile(r"\"?sep=(.)\"?[,;\t]*\r?\n?", re.IGNORECASE)  # a first line that names the delimiter
NO_DELIMITER = "\x1f"  # for a table of one column, where a comma is just a comma


def read_table(
    open_chunks: Callable[[], Iterator[bytes]],
    where: str,
    ending: str,
    wanted: Columns,
    tell: Callable[[str], None],
) -> Iterator[Page]:
    """Yield the rows of a table as pages.

    Parameters
    ----------
    open_chunks : gives the bytes of the table from its start
    where : name of the table, for messages
    ending : one of `TABLES`
    wanted : columns asked for by name
    tell : told about guesses (encoding, columns)

    Raises
    ------
    CorpusError
        Naming the file, and the line where there is one.
    """

    def note(what: str) -> None:
        tell(f"{where}: {what}")

    with closing(open_chunks()) as chunks:  # type: ignore[type-var]  # a generator
        is_jsonl = ending in JSONL
        lines = open_text(chunks, where, note, newline="\n" if is_jsonl else "")
        if is_jsonl:
            records = read_jsonl(lines, where)
        else:
            records = read_csv(lines, where, wanted, "\t" if ending == ".tsv" else None)
        yield from read_records(records, where, wanted, tell, lone_is_text=not is_jsonl)


def read_jsonl(lines: TextIO, where: str) -> Iterator[Record]:
    """Yield (line, object) of every line that is not blank."""
    decoder = json.JSONDecoder(parse_int=_parse_int)
    for number, line in enumerate(lines, 1):
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


def _parse_int(digits: str) -> int | str:
    """An integer, or its digits where Python refuses to read so many."""
    try:
        return int(digits)
    except ValueError:
        return digits


def read_csv(lines: TextIO, where: str, wanted: Columns, delimiter: str | None) -> Iterator[Record]:
    """Yield (line, row by column) of a CSV file with a header; the delimiter is found when it is None.

    Notes
    -----
    The limit of a field's length belongs to the whole process. It is raised and never lowered here, so no
    other reader of CSV can fail for it. Strict reading is what shows a quote that is never closed: else the
    rest of the file would become part of one page.
    """
    csv.field_size_limit(max(FIELD_LIMIT, csv.field_size_limit()))
    first, blank = lines.readline(), 0
    while first and (first.isspace() or _EXCEL_HINT.fullmatch(first)):
        if hint := _EXCEL_HINT.fullmatch(first):
            delimiter = hint[1]
        first, blank = lines.readline(), blank + 1
    rows = csv.reader(_again(first, lines), delimiter=delimiter or find_delimiter(first, wanted), strict=True)
    header: list[str] = []
    begin = blank + 1
    try:
        for row in rows:
            begin, line = rows.line_num + blank + 1, begin
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
    except csv.Error as error:
        raise CorpusError(f"{where}, line {begin}: not CSV ({_explain(error)})") from error


def _again(first: str, lines: TextIO) -> Iterator[str]:
    yield first
    yield from lines


def _explain(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "a quote that opens here is never closed"
    return str(error)


def find_delimiter(header: str, wanted: Columns) -> str:
    """The delimiter of a CSV file: the one that cuts the header into the most columns, known ones first."""
    asked = {plain_name(name) for name in wanted.parts().values() if name is not None}

    def score(delimiter: str) -> tuple[int, int]:
        names = next(csv.reader([header], delimiter=delimiter), [])
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
