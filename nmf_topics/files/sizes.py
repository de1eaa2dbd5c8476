"""Sizes in bytes as people write them: 2GB, 500 MB, 1GiB."""

from __future__ import annotations

import re

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_UNITS |= {f"{letter}I": 2**power for letter, power in (("K", 10), ("M", 20), ("G", 30), ("T", 40))}
MOST = 2**60


def parse_size(text: str) -> int | None:
    """Return the number of bytes that a text names; None if it is not a size.

    Examples
    --------
    >>> parse_size("2GB"), parse_size("1.5 KiB"), parse_size("0"), parse_size("much")
    (2000000000, 1536, 0, None)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?) *([KMGT]I?|)B?", text.strip().upper())
    number = float(found[1]) * _UNITS[found[2]] if found else MOST
    return int(number) if number < MOST else None


def format_size(number: int) -> str:
    """Return a number of bytes for people.

    Examples
    --------
    >>> format_size(999), format_size(123_456), format_size(20 * 10**9)
    ('999 B', '123.5 kB', '20 GB')
    """
    size, unit = float(number), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 999.95 or unit == "TB":
            break
        size /= 1000
    return f"{size:.1f}".removesuffix(".0") + f" {unit}"
