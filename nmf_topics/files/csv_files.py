r"""CSV that a spreadsheet opens without running anything in it, and that loses nothing.

A spreadsheet takes a cell that begins with = + - @ (or their full-width forms, or a tab or line end before them) for a
formula, and a title may be one that somebody made up to do harm. Such a cell of text gets an apostrophe before it; a
plain number like -0.5 runs nothing and stays. A text that begins with an apostrophe before one of these signs gets one
more, so that taking one away, where there is one before such a sign, gives back what there was:

    frame = pandas.read_csv("pages.csv").replace(r"^'(?='*(?:[\t\r\n]|\s*[-=+@＝＋－＠]))", "", regex=True)

The tables that are read as a source of pages go through `unguarded` in the same way.

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
AT_ONCE, SEPARATOR = 500, "\0"  # rows, and what stands between their cells while they are looked at
_RISKY_WITHIN = re.compile(rf"(?:\A|{SEPARATOR})'*{_STARTS}")
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|[-+]?inf", re.ASCII)


def guarded(cell: str) -> str:
    """A cell of CSV that no spreadsheet runs.

    Examples
    --------
    >>> [guarded(cell) for cell in ("=1+1", "-0.5", "- a dash", "a = b", "'-s", "'s")]
    ["'=1+1", '-0.5', "'- a dash", 'a = b', "''-s", "'s"]
    """
    return f"'{cell}" if _RISKY.match(cell) and not _NUMBER.fullmatch(cell) else cell


def unguarded(cell: str) -> str:
    """What a cell was before `guarded`.

    Examples
    --------
    >>> [unguarded(cell) for cell in ("'=1+1", "-0.5", "''-s", "'s")]
    ['=1+1', '-0.5', "'-s", "'s"]
    """
    return cell[1:] if _GUARDED.match(cell) else cell


def write_csv(rows: Iterable[Sequence[str]], target: Path | TextIO) -> None:
    """Rows as CSV, lines ended by a newline alone, and no cell that a spreadsheet would run."""
    if isinstance(target, Path):
        with target.open("w", encoding="utf-8", newline="") as file:
            write_csv(rows, file)
    else:
        # Python before 3.13 quotes a carriage return only where it is part of the end of a line
        lines = SimpleNamespace(write=lambda line: target.write(line.removesuffix("\r\n") + "\n"))
        careful, plain = csv.writer(lines, lineterminator="\r\n"), csv.writer(target, lineterminator="\n")
        rows = iter(rows)
        while batch := list(islice(rows, AT_ONCE)):
            cells = SEPARATOR.join(chain.from_iterable(batch))
            if "\r" in cells or _RISKY_WITHIN.search(cells):
                careful.writerows([guarded(cell) for cell in row] for row in batch)
            else:  # most: nothing in it to be guarded, which is known at a glance
                plain.writerows(batch)
