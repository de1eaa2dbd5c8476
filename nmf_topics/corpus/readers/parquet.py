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
from nmf_topics.errors import MissingExtra

PARQUET = ".parquet"
MAX_ROWS = 256  # in memory at once: a row may be a book
BATCH_BYTES = 1 << 23  # of the rows in memory at once, about
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
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtra("pyarrow", "parquet", "reading .parquet") from error
    # opened here: Arrow's own way to open a file by its name takes a folder for a table of many files
    packed = bool(split_endings(path.name)[2])
    data: Any = None
    try:
        if packed:
            data = io.BytesIO(read_whole(byte_chunks(path), str(path), limits.file_size, "file-size"))
        else:
            data = path.open("rb")
        metadata = pyarrow.parquet.read_metadata(data)
        repeated = _check_sizes(metadata, str(path), limits)
        data.seek(0)
        with pyarrow.parquet.ParquetFile(data, metadata=metadata, read_dictionary=repeated) as file:
            number, meter.total = 0, metadata.num_rows
            for batch in file.iter_batches(batch_size=_rows_at_once(metadata), use_threads=False):
                for place in range(batch.num_rows):
                    number += 1
                    meter.done = number
                    row = batch.slice(place, 1).to_pylist()[0]
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


def _check_sizes(metadata: Any, where: str, limits: ReadLimits) -> list[str]:
    """Refuse files whose pages would fill the memory; the flat columns that hold their values in dictionaries.

    Such columns are kept as they are: a text that a thousand rows share then takes no more memory than once.
    """
    repeated: set[str] = set()
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            column = metadata.row_group(group).column(number)
            name = column.path_in_schema
            values = max(column.num_values, 1)
            page = min(column.total_uncompressed_size, PAGE_VALUES * column.total_uncompressed_size // values)
            if page > limits.file_size:
                found = f"column {name!r} has values of {column.total_uncompressed_size // values} bytes"
                raise Unreadable(where, limits.exceeded("file_size", f"{found}, and a part of {page} bytes"))
            if column.physical_type == "BYTE_ARRAY" and column.has_dictionary_page and "." not in name:
                repeated.add(name)
    return sorted(repeated)


def _rows_at_once(metadata: Any) -> int:
    """How many rows make a batch."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    largest = max((group.total_byte_size // max(group.num_rows, 1) for group in groups), default=0)
    return max(1, min(MAX_ROWS, BATCH_BYTES // max(largest, 1)))


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
