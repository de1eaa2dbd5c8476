"""Dates of pages as sources write them: what can be told is read, what cannot is not guessed."""

from __future__ import annotations

from typing import Any

import pytest

from nmf_topics.analysis.dates import read_dates


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("2018-03-04", (2018, 3, 4)),
        ("2018-03-04T23:59:59Z", (2018, 3, 4)),
        ("2018-03-04 23:59:59+02:00", (2018, 3, 4)),
        ("2018-03", (2018, 3)),
        ("1790", (1790,)),
        (" 1790 ", (1790,)),
        (1790, (1790,)),
        (1790.0, (1790,)),
        (20180304, (2018, 3, 4)),
        ("20180304T120000Z", (2018, 3, 4)),
        ("2018/3/4", (2018, 3, 4)),
        ("2018.03", (2018, 3)),
        ("Tue, 4 Mar 1997 08:00:00 GMT", (1997, 3, 4)),
        ("Tue, 4 Mar 1997 08:00:00 +0100 (XYZT)", (1997, 3, 4)),
        ("March 4, 1801", (1801, 3, 4)),
        ("4 March 1801", (1801, 3, 4)),
        ("March 1997", (1997, 3)),
        ("29 February 2000", (2000, 2, 29)),
        ("3/4/2004", (2004,)),
        ("12/31/2004, 11:59 pm", (2004, 12, 31)),
        ("2018-03-04T23:59:59.123456 +0200", (2018, 3, 4)),
        ("3.4.2004", (2004,)),
    ],
)
def test_dates_that_can_be_read(value: Any, date: tuple[int, ...]) -> None:
    """As exactly as they are written, and no more exactly."""
    assert read_dates([value]) == [date]


@pytest.mark.parametrize(
    "value",
    ["", None, True, "soon", "May", "1997-13", "2018-02-30", "31/02/2018", "2018-03-04 or so", 0, 1.5, 1520121600,
     "nan", float("nan"), float("inf"), "a letter of the year 1801", "0000", "x" * 10_000, "1997 " * 5, "٢٠١٨-٠٣-٠٤x"],
)  # fmt: skip
def test_dates_that_cannot(value: Any) -> None:
    """Words, numbers and days that no calendar has are no dates."""
    assert read_dates([value, "2000"]) == [None, (2000,)]


def test_the_column_says_which_number_is_the_month() -> None:
    """3/4/2004 is read by what another date of the column allows; where they contradict each other only years count."""
    assert read_dates(["3/4/2004", "25/4/2004"]) == [(2004, 4, 3), (2004, 4, 25)]
    assert read_dates(["3/4/2004", "4/25/2004"]) == [(2004, 3, 4), (2004, 4, 25)]
    assert read_dates(["3/4/2004", "4/25/2004", "25/4/2004"]) == [(2004,)] * 3
