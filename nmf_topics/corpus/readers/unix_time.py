"""Convert Unix time (seconds or milliseconds since 1970), which Reddit, Twitter and databases use, to dates."""

from __future__ import annotations

import re
from typing import Any

_DIGITS = re.compile(r"\d{9,13}(?:\.\d+)?", re.ASCII)
_SECONDS = (10**8, 5 * 10**9)  # 1973 to 2128; smaller numbers are years, or yyyymmdd
_MILLISECONDS = (10**12, 5 * 10**12)  # 2001 to 2128
_DATE_AND_HOUR = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])")


def as_date(value: Any) -> Any:
    """Return Unix time as ISO 8601 in UTC, and any other value unchanged.

    Examples
    --------
    >>> as_date(1136073600), as_date("1136073600000"), as_date(1999), as_date("20040229"), as_date("5 May")
    ('2006-01-01T00:00:00Z', '2006-01-01T00:00:00Z', 1999, '20040229', '5 May')
    """
    from datetime import UTC, datetime

    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return value
    if isinstance(value, str) and not _DIGITS.fullmatch(value.strip()):
        return value
    if _DATE_AND_HOUR.fullmatch(str(value).strip()):  # yyyymmddhh
        return value
    number = float(value)
    if _MILLISECONDS[0] <= number < _MILLISECONDS[1]:
        number /= 1000
    elif not _SECONDS[0] <= number < _SECONDS[1]:
        return value
    return datetime.fromtimestamp(int(number), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
