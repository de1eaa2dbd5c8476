r"""Write CSV that is safe to open in a spreadsheet, without losing information.

A spreadsheet evaluates a cell that begins with = + - @ (or their full-width forms, also after a tab or line end) as a
formula, and a title may contain a malicious formula. An apostrophe is added before such a text; numbers like -0.5 are
safe and stay unchanged. A text that already begins with an apostrophe before one of these signs gets another one. So
removing one apostrophe before such a sign restores the original text:

    frame = pandas.read_csv("pages.csv").replace(r"^'(?='*(?:[\t\r\n]|\s*[-=+@＝＋－＠]))", "", regex=True)

Tables that are read as a source of pages are restored in the same way with `unguarded`.

Reference: OWASP, CSV injection.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from pathlib import Path
from types import SimpleNamespace
from typing import TextIO

_STARTS = r"(?:[\t\r\n]|\s*[-=+@＝＋－＠])"
_RISKY = re.compile(rf"'*{_STARTS}")
_GUARDED = re.compile(rf"'+{_STARTS}")
CHUNK_ROWS, SEPARATOR = 500, "\0"  # rows that are checked at once, joined by this separator
_RISKY_WITHIN = re.compile(rf"(?:\A|{SEPARATOR})'*{_STARTS}")
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|[-+]?inf", re.ASCII)


def guarded(cell: str) -> str:
    """Return a cell of CSV that no spreadsheet evaluates.

    Examples
    --------
    >>> [guarded(cell) for cell in ("=1+1", "-0.5", "- a dash", "a = b", "'-s", "'s")]
    ["'=1+1", '-0.5', "'- a dash", 'a = b', "''-s", "'s"]
    """
    return f"'{cell}" if _RISKY.match(cell) and not _NUMBER.fullmatch(cell) else cell


def unguarded(cell: str) -> str:
    """Return the cell from which `guarded` made this one.

    Examples
    --------
    >>> [unguarded(cell) for cell in ("'=1+1", "-0.5", "''-s", "'s")]
    ['=1+1', '-0.5', "'-s", "'s"]
    """
    return cell[1:] if _GUARDED.match(cell) else cell


def write_csv(rows: Iterable[Sequence[str]], target: Path | TextIO) -> None:
    """Write rows as CSV with newlines as line ends, without cells that a spreadsheet would evaluate."""
    if isinstance(target, Path):
        with target.open("w", encoding="utf-8", newline="") as file:
            write_csv(rows, file)
    else:
        # before Python 3.13, a carriage return is quoted only if it is part of the line end
        lines = SimpleNamespace(write=lambda line: target.write(line.removesuffix("\r\n") + "\n"))
        careful, plain = csv.writer(lines, lineterminator="\r\n"), csv.writer(target, lineterminator="\n")
        rows = iter(rows)
        while batch := list(islice(rows, CHUNK_ROWS)):
            cells = SEPARATOR.join(chain.from_iterable(batch))
            if "\r" in cells or _RISKY_WITHIN.search(cells):
                careful.writerows([guarded(cell) for cell in row] for row in batch)
            else:  # usually nothing must be guarded; one search of all cells shows that
                plain.writerows(batch)
