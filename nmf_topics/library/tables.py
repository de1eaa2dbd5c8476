"""Read tables of other packages as columns of plain values: pandas, polars, Arrow, dictionaries of lists.

None of these packages is imported here: if a caller passes such a table, its package is loaded already.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nmf_topics.errors import InputTypeError, OptionError
from nmf_topics.matrix.datamatrix import PageIndex


@dataclass(frozen=True)
class Table:
    """A table in memory.

    Attributes
    ----------
    what : "the data frame", for messages
    columns : name -> one value a row, plain: str, int, float, bool, None, lists and dictionaries of these
    index : labels of the rows
    """

    what: str
    columns: Mapping[str, Sequence[Any]]
    index: PageIndex

    def __len__(self) -> int:
        return len(self.index.labels)

    def records(self) -> list[dict[str, Any]]:
        """Return the rows as dictionaries."""
        if not self.columns:
            return [{} for _ in range(len(self))]
        return [dict(zip(self.columns, row, strict=True)) for row in zip(*self.columns.values(), strict=True)]


def is_of(value: Any, package: str, *names: str) -> bool:
    """Return whether a value is an instance of one of the named classes of a package, without importing it.

    Examples
    --------
    >>> is_of({}, "builtins", "dict"), is_of({}, "pandas", "DataFrame", "Series")
    (True, False)
    """
    return any(cls.__module__.partition(".")[0] == package and cls.__name__ in names for cls in type(value).__mro__)


def is_missing(value: Any) -> bool:
    """Return whether a value is missing: None, NaN, NA or NaT."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and value != value


def plain(value: Any) -> Any:
    """Convert a cell to a JSON value: dates in ISO format, numpy numbers to Python numbers, missing values to None.

    Examples
    --------
    >>> plain(datetime.datetime(2004, 5, 1)), plain(datetime.datetime(2004, 5, 1, 12)), plain(float("nan"))
    ('2004-05-01', '2004-05-01T12:00:00', None)
    """
    if isinstance(value, str):
        return str(value)
    if is_missing(value):
        return None
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime.date | datetime.time):  # a Timestamp of pandas is a datetime, and that is a date
        return value.isoformat().removesuffix("T00:00:00")
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, decimal.Decimal):
        return float(value)
    for method in ("tolist", "to_list"):  # a number or an array of numpy, a list of polars
        if hasattr(value, method):
            return plain(getattr(value, method)())
    return str(value)


def table_of(data: Any) -> Table | None:
    """Return the table that a value holds; None if it is not a table.

    Raises
    ------
    InputTypeError
        for a table with several levels of column names, and for a lazy table.
    OptionError
        if two columns have the same name or different lengths.
    """
    if is_of(data, "polars", "LazyFrame"):
        raise InputTypeError("the data frame is lazy; pass data.collect()")
    if is_of(data, "pandas", "DataFrame"):
        return _pandas_table(data)
    if is_of(data, "polars", "DataFrame"):
        names, found = data.columns, [data.get_column(name).to_list() for name in data.columns]
        return Table("the data frame", _columns(names, found, "the data frame"), PageIndex(range(data.height)))
    if is_of(data, "pyarrow", "Table", "RecordBatch"):
        found = [data.column(i).to_pylist() for i in range(data.num_columns)]
        return Table("the table", _columns(data.schema.names, found, "the table"), PageIndex(range(data.num_rows)))
    if isinstance(data, Mapping) and data and not any(isinstance(value, str) for value in data.values()):
        return _dictionary_of_columns(data)
    if not isinstance(data, Mapping) and callable(to_pandas := getattr(data, "to_pandas", None)):
        return None if is_of(data, "polars", "Series") or is_of(data, "pyarrow", "Array") else table_of(to_pandas())
    return None


def _pandas_table(data: Any) -> Table:
    if data.columns.nlevels > 1:
        raise InputTypeError("the columns of the data frame have several levels; give each column one name")
    found = [data.iloc[:, i].tolist() for i in range(data.shape[1])]
    return Table("the data frame", _columns(data.columns, found, "the data frame"), pandas_index(data.index))


def pandas_index(index: Any) -> PageIndex:
    """Return the labels of a pandas index."""
    names = tuple(None if name is None else str(name) for name in index.names)
    if is_of(index, "pandas", "RangeIndex") and list(index[:1]) in ([], [0]) and index.step == 1:
        return PageIndex(range(len(index)), names)
    if index.nlevels > 1:
        return PageIndex([tuple(map(plain, label)) for label in index.tolist()], names)
    dtype = str(index.dtype)
    native = {"int64", "float64", "object", "str", "bool"}  # a list of such labels becomes the same index again
    return PageIndex([plain(label) for label in index.tolist()], names, "" if dtype in native else dtype)


def _dictionary_of_columns(data: Mapping[Any, Any]) -> Table | None:
    """Read a dictionary of lists, one for each column; None for other dictionaries."""
    found = [one_dimensional(value) for value in data.values()]
    if any(values is None for values in found):
        return None
    columns = _columns(list(data), [values for values in found if values is not None], "the dictionary")
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name!r} {length}" for name, length in list(lengths.items())[:5])
        raise OptionError(f"the columns of the dictionary have different lengths: {listed}")
    return Table("the dictionary", columns, PageIndex(range(next(iter(lengths.values())))))


def _columns(names: Iterable[Any], found: Sequence[Sequence[Any]], what: str) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {}
    for name, values in zip(map(str, names), found, strict=True):
        if name in columns:
            raise OptionError(f"{what} has two columns of the name {name!r}; rename one of them")
        columns[name] = [value if isinstance(value, bytes) else plain(value) for value in values]
    return columns


def one_dimensional(data: Any) -> list[Any] | None:
    """Return the values of a list, a series or a one-dimensional array; None for other values."""
    if isinstance(data, str | bytes | Mapping | set | frozenset):
        return None
    if getattr(data, "ndim", 1) != 1 or is_of(data, "pandas", "DataFrame") or is_of(data, "polars", "DataFrame"):
        return None
    method: Callable[[], list[Any]] | None = None
    for name in ("to_pylist", "tolist", "to_list"):  # Arrow; numpy and pandas; polars
        method = method or getattr(data, name, None)
    if method is not None:
        return list(method())
    return list(data) if isinstance(data, Iterable) else None


def labels_of(data: Any, n: int) -> PageIndex:
    """Return the labels of a series of n values: its index, or positions."""
    return pandas_index(data.index) if is_of(data, "pandas", "Series") else PageIndex(range(n))
