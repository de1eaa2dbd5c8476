"""Tables in Parquet files, with the extra [parquet]: read batch by batch, only as much of a file at once as a batch.

Values become what JSON has: dates and times their ISO text, bytes the text that they are, decimals their digits.
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
MAX_ROWS = 256  # in memory at once: a row may be a book
BATCH_BYTES = 1 << 23  # of the rows in memory at once, about
DENSE_BYTES = 1 << 26  # of a batch whose rows all hold the longest value of a dictionary, at most
PAGE_VALUES = 1024  # writers look at the size of a Parquet page no more often than after so many values


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
    path : the file, packed or not
    wanted : columns asked for by name
    tell : told about guesses
    meter : told how many rows there are and have been read
    log : takes rows that are set aside
    options : ReadOptions

    Raises
    ------
    CorpusError
        When the file is damaged, or its rows are no pages; names the file, and the row where there is one.
    MissingExtra
        When pyarrow is not installed.
    """
    records = _records(path, meter or Meter(), options.limits)
    yield from read_records(records, str(path), wanted, tell, lone_is_text=True, unit="row", log=log, options=options)


def _records(path: Path, meter: Meter, limits: ReadLimits) -> Iterator[Record]:
    """(number, row) of every row."""
    with needs_extra("parquet", "reading .parquet"):
        import pyarrow
        import pyarrow.parquet
    # opened here: Arrow's own way to open a file by its name takes a folder for a table of many files
    packed = bool(split_endings(path.name)[2])
    data: Any = None
    try:
        if packed:
            data = io.BytesIO(read_whole(byte_chunks(path), str(path), limits.file_size, "file-size"))
        else:
            data = path.open("rb")
        metadata = pyarrow.parquet.read_metadata(data)
        rows = _rows_at_once(metadata, data, str(path), limits)
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
        raise Unreadable(str(path), f"damaged, or no Parquet file ({reason})") from error
    finally:
        if data is not None:
            data.close()


def _rows_at_once(metadata: Any, data: Any, where: str, limits: ReadLimits) -> int:
    """How many rows make a batch that is not too large.

    Raises
    ------
    Unreadable
        When a part of the file that has to be decompressed at once is larger than the limit file-size.
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
    """Bytes of the values that a column chunk holds once and refers to; 0 where there is no such dictionary.

    The size stands in the header of its page, a Thrift structure in compact encoding: fields 1 (the type of the page)
    and 2 (its size) are integers of variable length.
    """
    if not column.has_dictionary_page or column.dictionary_page_offset is None:
        return 0
    data.seek(column.dictionary_page_offset)
    header = data.read(16)
    place = 0
    sizes = []
    for _ in range(2):
        if header[place : place + 1] != b"\x15":  # the next field, an integer of 32 bits
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
        sizes.append(value >> 1)  # zigzag
    return min(sizes[1], int(column.total_uncompressed_size))


def _plain(value: Any) -> Any:
    """A value of Arrow as JSON has it."""
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
