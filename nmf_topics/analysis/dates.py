"""Read the dates of pages in the formats that sources use: ISO 8601, years, numbers, mail headers, month names.

Ambiguous parts are not guessed: 3/4/2004 gives the year 2004, and its month only if another date of the same column,
such as 25/4/2004, shows which of the numbers are months.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

Date = tuple[int, ...]  # (year,), (year, month) or (year, month, day)

_TIME = r"(?:[T,\s]+\d[\d:.,]*\s*[^\d]{,6}[\d:]*)?"  # time of day, with its zone
_ISO = re.compile(r"(\d{4})(?:-?(\d{2})(?:-?(\d{2})" + _TIME + ")?)?")
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})(?:[/.](\d{1,2})" + _TIME + ")?")
_YEAR_LAST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})" + _TIME)
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_MONTH = re.compile(r"[^\W\d_]{3}")


def read_dates(values: Sequence[Any]) -> list[Date | None]:
    """Read the dates of a column, each as exactly as it is written; None where no date can be read.

    Parameters
    ----------
    values : strings, numbers (a year, or yyyymmdd), or None

    Returns
    -------
    (year,), (year, month) or (year, month, day) for each value; times of day and zones are ignored

    Examples
    --------
    >>> read_dates(["2018-03-04T12:00:00Z", "1603", 20040229, "4 March 1801", "12/31/1999", "soon"])
    [(2018, 3, 4), (1603,), (2004, 2, 29), (1801, 3, 4), (1999, 12, 31), None]
    """
    texts = [_text(value) for value in values]
    numbered = [found for text in texts if (found := _YEAR_LAST.fullmatch(text))]
    day_first = any(int(found[1]) > 12 for found in numbered)
    month_first = any(int(found[2]) > 12 for found in numbered)
    order = (2, 1) if day_first and not month_first else (1, 2) if month_first and not day_first else None
    return [_read(text, order) for text in texts]


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else ""
    return str(value).strip()


def _read(text: str, order: tuple[int, int] | None) -> Date | None:
    """Read one date; `order` gives the positions of month and day in 3/4/2004, if they are known."""
    if found := _ISO.fullmatch(text) or _YEAR_FIRST.fullmatch(text):
        return _checked(*(int(part) for part in found.groups() if part))
    if found := _YEAR_LAST.fullmatch(text):
        if order is None:
            return _checked(int(found[3]))
        return _checked(int(found[3]), int(found[order[0]]), int(found[order[1]]))
    return _in_words(text)


def _checked(*parts: int) -> Date | None:
    """Return a date if it exists in the calendar."""
    from datetime import date

    try:
        date(*parts, *(1, 1)[len(parts) - 1 :])
    except ValueError:
        return None
    return parts


def _in_words(text: str) -> Date | None:
    """Read a date with an English month name, such as "Tue, 4 Mar 1997 08:00:00 GMT" or "March 1997"."""
    from datetime import datetime

    from dateutil import parser

    if len(text) > 80 or not _YEAR.search(text) or not _MONTH.search(text):
        return None
    try:  # twice, with different defaults, to find the parts that the text does not give
        one, other = (
            parser.parse(text, default=datetime(1, month, day), ignoretz=True) for month, day in ((1, 1), (2, 2))
        )
    except (ValueError, OverflowError, TypeError, AttributeError):
        return None
    if one.month != other.month:
        return (one.year,)
    return (one.year, one.month) if one.day != other.day else (one.year, one.month, one.day)
