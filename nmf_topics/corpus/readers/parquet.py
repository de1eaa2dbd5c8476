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
from nmf_topics.corpus.readers.streams import Meter, Unreadable, byte_chunks, split_endings
from nmf_topics.errors import MissingExtra

PARQUET = ".parquet"
ROWS = 256  # in memory at once: a row may be a book


def read_parquet(
    path: Path, wanted: Columns, tell: Callable[[str], None], meter: Meter | None = None
) -> Iterator[Page]:
    """Yield the rows of a Parquet file as pages.

    Parameters
    ----------
    path : the file, packed or not
    wanted : columns asked for by name
    tell : told about guesses
    meter : told how many rows there are and have been read

    Raises
    ------
    CorpusError
        When the file is damaged, or its rows are no pages; names the file, and the row where there is one.
    MissingExtra
        When pyarrow is not installed.
    """
    yield from read_records(_records(path, meter or Meter()), str(path), wanted, tell, lone_is_text=True, unit="row")


def _records(path: Path, meter: Meter) -> Iterator[Record]:
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
        data = io.BytesIO(b"".join(byte_chunks(path))) if packed else path.open("rb")
        with pyarrow.parquet.ParquetFile(data) as file:
            number, meter.total = 0, file.metadata.num_rows
            for batch in file.iter_batches(batch_size=ROWS, use_threads=False):
                for row in batch.to_pylist():
                    number += 1
                    meter.done = number
                    yield number, {name: _plain(value) for name, value in row.items()}
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, KeyError, IndexError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise Unreadable(str(path), f"cannot be read ({error.strerror})") from error
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise Unreadable(str(path), f"damaged, or no Parquet file ({reason})") from error
    finally:
        if data is not None:
            data.close()


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
