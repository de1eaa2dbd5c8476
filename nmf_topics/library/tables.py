"""Tables of other packages as columns of plain values: data frames of pandas and polars, tables of Arrow, dictionaries.

No package is imported for this: whoever has such a table has imported its package.
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
        """The rows, each by names of columns."""
        if not self.columns:
            return [{} for _ in range(len(self))]
        return [dict(zip(self.columns, row, strict=True)) for row in zip(*self.columns.values(), strict=True)]


def is_of(value: Any, package: str, *names: str) -> bool:
    """Whether a value is an instance of one of some classes of a package, which need not be installed.

    Examples
    --------
    >>> is_of({}, "builtins", "dict"), is_of({}, "pandas", "DataFrame", "Series")
    (True, False)
    """
    return any(cls.__module__.partition(".")[0] == package and cls.__name__ in names for cls in type(value).__mro__)


def is_missing(value: Any) -> bool:
    """Whether a value stands for none: None, NaN, and what pandas has for it."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and value != value


def plain(value: Any) -> Any:
    """A cell as JSON has it: dates in ISO format, numbers of numpy as those of Python, None for what is missing.

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
    """The table that a value is; None where it is none.

    Raises
    ------
    InputTypeError
        for a table whose columns have no plain names, or that has not been computed yet.
    OptionError
        if two columns have the same name, or their lengths differ.
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
    """The labels of an index of pandas."""
    names = tuple(None if name is None else str(name) for name in index.names)
    if is_of(index, "pandas", "RangeIndex") and list(index[:1]) in ([], [0]) and index.step == 1:
        return PageIndex(range(len(index)), names)
    if index.nlevels > 1:
        return PageIndex([tuple(map(plain, label)) for label in index.tolist()], names)
    dtype = str(index.dtype)
    told = {"int64", "float64", "object", "str", "bool"}  # of these a label of Python says itself which it is
    return PageIndex([plain(label) for label in index.tolist()], names, "" if dtype in told else dtype)


def _dictionary_of_columns(data: Mapping[Any, Any]) -> Table | None:
    """A dictionary of lists, one a column; None for another dictionary."""
    found = [one_dimensional(value) for value in data.values()]
    if any(values is None for values in found):
        return None
    columns = _columns(list(data), [values for values in found if values is not None], "the dictionary")
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name!r} {length}" for name, length in list(lengths.items())[:5])
        raise OptionError(f"the columns of the dictionary have different lengths: {told}")
    return Table("the dictionary", columns, PageIndex(range(next(iter(lengths.values())))))


def _columns(names: Iterable[Any], found: Sequence[Sequence[Any]], what: str) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {}
    for name, values in zip(map(str, names), found, strict=True):
        if name in columns:
            raise OptionError(f"{what} has two columns of the name {name!r}; rename one of them")
        columns[name] = [value if isinstance(value, bytes) else plain(value) for value in values]
    return columns


def one_dimensional(data: Any) -> list[Any] | None:
    """The values of a list, a series or an array of one dimension; None for everything else."""
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
    """Labels of a series of n values: its index, where it has one."""
    return pandas_index(data.index) if is_of(data, "pandas", "Series") else PageIndex(range(n))
