"""Read tables in Parquet files in small batches (needs the extra [parquet]).

Values are converted to those of JSON: dates and times to ISO 8601, bytes to text, decimals to their digits.
"""

from __future__ import annotations

import datetime
import decimal
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nmf_topics.corpus.page import Page
from nmf_topics.corpus.readers.columns import Columns, Record, read_records
from nmf_topics.corpus.readers.limits import ReadLimits
from nmf_topics.corpus.readers.options import DEFAULT_OPTIONS, ReadOptions
from nmf_topics.corpus.readers.streams import Meter, Unreadable, byte_chunks, read_whole, split_endings
from nmf_topics.corpus.reading_log import ReadingLog
from nmf_topics.files.optional import needs_extra

PARQUET = ".parquet"
MAX_ROWS = 256  # most rows of a batch: a row may be a book
BATCH_BYTES = 1 << 23  # approximate size of a batch
DENSE_BYTES = 1 << 26  # largest size of a batch if every row held the longest value of a dictionary
PAGE_VALUES = 1024  # writers check the size of a Parquet page after this many values at the earliest


def read_parquet(
    path: Path,
    wanted: Columns,
    tell: Callable[[str], None],
    meter: Meter | None = None,
    *,
    log: ReadingLog | None = None,
    options: ReadOptions = DEFAULT_OPTIONS,
) -> Iterator[Page]:
    """Yield the rows of a Parquet file as pages.

    Parameters
    ----------
    path : the file, compressed or not
    wanted : columns that the user has named
    tell : called with messages about guesses
    meter : counts the rows that have been read, with their total
    log : receives rows that are set aside
    options : ReadOptions

    Raises
    ------
    CorpusError
        If the file is damaged, or a row is not a page. The message names the file and the row.
    MissingExtra
        If pyarrow is not installed.
    """
    records = _records(path, meter or Meter(), options.limits)
    yield from read_records(records, str(path), wanted, tell, lone_is_text=True, unit="row", log=log, options=options)


def _records(path: Path, meter: Meter, limits: ReadLimits) -> Iterator[Record]:
    """Yield (number, row) of every row."""
    with needs_extra("parquet", "reading .parquet"):
        import pyarrow
        import pyarrow.parquet
    # opened here because Arrow, given a path, reads a folder as a table of many files
    compressed = bool(split_endings(path.name)[2])
    data: Any = None
    try:
        if compressed:
            data = io.BytesIO(read_whole(byte_chunks(path), str(path), limits.file_size, "file-size"))
        else:
            data = path.open("rb")
        metadata = pyarrow.parquet.read_metadata(data)
        rows = _batch_rows(metadata, data, str(path), limits)
        data.seek(0)
        with pyarrow.parquet.ParquetFile(data, metadata=metadata) as file:
            number, meter.total = 0, metadata.num_rows
            for batch in file.iter_batches(batch_size=rows, use_threads=False):
                for row in batch.to_pylist():
                    number += 1
                    meter.done = number
                    yield number, {name: _plain(value) for name, value in row.items()}
    except Unreadable:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, KeyError, IndexError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise Unreadable(str(path), f"cannot be read ({error.strerror})") from error
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise Unreadable(str(path), f"damaged or not a Parquet file ({reason})") from error
    finally:
        if data is not None:
            data.close()


def _batch_rows(metadata: Any, data: Any, where: str, limits: ReadLimits) -> int:
    """Return how many rows can be in a batch that is not too large.

    Raises
    ------
    Unreadable
        If a part of the file that must be decompressed as a whole is larger than the limit file-size.
    """
    rows = MAX_ROWS
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            column = metadata.row_group(group).column(number)
            size, values = column.total_uncompressed_size, max(column.num_values, 1)
            dictionary = _dictionary_size(column, data)
            part = max(dictionary, min(size - dictionary, PAGE_VALUES * size // values))
            if part > limits.file_size:
                found = f"column {column.path_in_schema!r} has a part of about {part} bytes"
                raise Unreadable(where, limits.exceeded("file_size", found))
            # every row of a batch may hold the longest value of the dictionary
            rows = min(rows, BATCH_BYTES * values // max(size, 1), DENSE_BYTES // max(dictionary, 1))
    return max(1, rows)


def _dictionary_size(column: Any, data: Any) -> int:
    """Return the size in bytes of the dictionary of a column chunk; 0 if it has none.

    The size is in the header of the dictionary page, a Thrift structure in compact encoding: field 1 (type of the page)
    and field 2 (its size) are integers of variable length.
    """
    if not column.has_dictionary_page or column.dictionary_page_offset is None:
        return 0
    data.seek(column.dictionary_page_offset)
    header = data.read(16)
    place = 0
    sizes = []
    for _ in range(2):
        if header[place : place + 1] != b"\x15":  # header of the next field, a 32-bit integer
            return int(column.total_uncompressed_size)
        place += 1
        value = shift = 0
        while place < len(header):
            byte = header[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        sizes.append(value >> 1)  # zigzag encoding
    return min(sizes[1], int(column.total_uncompressed_size))


def _plain(value: Any) -> Any:
    """Convert a value of Arrow to one of JSON."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, datetime.date | datetime.time):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, datetime.timedelta | decimal.Decimal):
        return str(value)
    return value
