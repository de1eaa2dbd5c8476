"""Trends: the mean share of each topic over the pages of a period of time, or of a group such as a label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from nmf_topics.analysis.dates import Date, read_dates
from nmf_topics.errors import ModelError
from nmf_topics.factor.blocks import Array
from nmf_topics.model.model import TopicModel

Unit = Literal["day", "month", "year", "decade", "century"]
UNITS: tuple[Unit, ...] = ("day", "month", "year", "decade", "century")  # finest first
MOST_PERIODS = 60  # most periods that a figure can show legibly
PAGES_A_PERIOD = 3  # least mean number of pages in a period; means of fewer pages are too noisy
MOST_GROUPS = 30
MOST_ASKED_GROUPS = 50  # most groups of a metadata field that the user names: as many as fit into a figure
DATES = ("date", "year", "published", "created")  # not `timestamp`: for a wiki page it is the time of the last edit


@dataclass(frozen=True, eq=False)
class Trend:
    """Topics by period or group.

    Attributes
    ----------
    by : name of the metadata field
    unit : unit of the periods, or "group"
    names : names of the periods in order, without gaps ("2018-03", "1990s"), or of the groups, sorted
    pages : ndarray of shape (g,), number of pages in each; 0 for a period without pages
    shares : ndarray of shape (r, g), mean share of each topic over these pages; NaN where there are none
    left_out : number of pages without a topic, or without a readable date or label
    """

    by: str
    unit: Unit | Literal["group"]
    names: Sequence[str]
    pages: np.ndarray
    shares: Array
    left_out: int


def trend_over_time(model: TopicModel, by: str = "date", unit: Unit | None = None) -> Trend | None:
    """Return the mean shares of the topics by day, month, year, decade or century.

    Parameters
    ----------
    model : TopicModel
    by : name of the metadata field with the date of each page
    unit : length of a period; None: the finest one with at most 60 periods and on average at least 3 pages in each

    Returns
    -------
    Trend, or None if the dates give fewer than two periods

    Raises
    ------
    ModelError
        if the dates are not exact enough for `unit`, or give more than 1000 periods.
    """
    dates = read_dates([meta.get(by) for meta in model.columns.meta])
    known = np.flatnonzero([date is not None for date in dates] & (model.dominant() >= 0))
    if not len(known):
        return None
    exact = min(len(dates[j] or ()) for j in known)  # 1 for years, 2 for months, 3 for days
    possible = UNITS[3 - exact :]
    if unit is not None and unit not in possible:
        raise ModelError(
            f"some pages have only the {possible[0]} of their {by}; a trend by {unit} needs more exact dates"
        )
    units: Sequence[Unit] = [unit] if unit else possible
    numbers = {u: np.array([_period(dates[j] or (), u) for j in known]) for u in units}
    spans = {u: int(np.ptp(n)) + 1 for u, n in numbers.items()}
    fitting = [u for u in units if 2 <= spans[u] <= min(MOST_PERIODS, len(known) // PAGES_A_PERIOD)]
    coarsest = min(units, key=lambda u: (spans[u] < 2, spans[u]))
    chosen = unit or (fitting[0] if fitting else coarsest)
    if spans[chosen] < 2:
        return None
    if spans[chosen] > 1000:
        raise ModelError(
            f"a trend by {chosen} would have {spans[chosen]} periods, which is too many; choose a longer period"
        )
    first = int(numbers[chosen].min())
    names = [_name(first + i, chosen) for i in range(spans[chosen])]
    return _trend(model, by, chosen, names, known, numbers[chosen] - first)


def _period(date: Date, unit: Unit) -> int:
    """Return the number of the period of a date; successive periods have successive numbers."""
    year = date[0]
    if unit == "day":
        return int(np.datetime64(f"{year:04d}-{date[1]:02d}-{date[2]:02d}", "D").astype(int))
    if unit == "month":
        return 12 * year + date[1] - 1
    return year // {"year": 1, "decade": 10, "century": 100}[unit]


def _name(number: int, unit: Unit) -> str:
    if unit == "day":
        return str(np.datetime64(number, "D"))
    if unit == "month":
        return f"{number // 12:04d}-{number % 12 + 1:02d}"
    return f"{number:04d}" if unit == "year" else f"{number * (10 if unit == 'decade' else 100)}s"


def trend_by_group(model: TopicModel, by: str) -> Trend | None:
    """Return the mean shares of the topics by the values of a metadata field.

    Parameters
    ----------
    model : TopicModel
    by : name of the metadata field; pages without it are left out

    Returns
    -------
    Trend, or None if there are fewer than two groups
    """
    values = [_group(meta.get(by)) for meta in model.columns.meta]
    known = np.flatnonzero([value is not None for value in values] & (model.dominant() >= 0))
    names = sorted({values[j] or "" for j in known})
    if len(names) < 2:
        return None
    place = {name: i for i, name in enumerate(names)}
    return _trend(model, by, "group", names, known, np.array([place[values[j] or ""] for j in known]))


def trends_of(model: TopicModel, *, groups: int, unit: Unit | None = None) -> list[Trend]:
    """Return the trends that the metadata of a model allow.

    Parameters
    ----------
    model : TopicModel
    groups : most metadata fields to use for groups
    unit : unit of the trend over time; None: choose one

    Returns
    -------
    the trend over time by the first metadata field with dates, if there is one, and the trends by group
    """
    names = model.columns.meta_names()
    dated = (trend_over_time(model, name, unit) for name in DATES if name in names)
    found = [trend for trend in dated if trend is not None][:1]
    taken = {trend.by for trend in found}
    grouped = (trend_by_group(model, name) for name in [n for n in groupings(model) if n not in taken][:groups])
    return [*found, *(trend for trend in grouped if trend is not None)]


def trend_by(model: TopicModel, by: str, unit: Unit | None = None) -> Trend:
    """Return the trend by a given metadata field: over time if it has dates, else by group.

    Raises
    ------
    ModelError
        if no page has this field, or it gives neither periods nor 2 to 50 groups.
    """
    names = model.columns.meta_names()
    if by not in names:
        raise ModelError(f"no page has the metadata field {by!r}; there are: {', '.join(names) or 'no fields'}")
    over_time = trend_over_time(model, by, unit)
    if over_time is not None and (unit is not None or over_time.left_out <= len(model.columns) // 2):
        return over_time
    groups = trend_by_group(model, by)
    if groups is None or len(groups.names) > MOST_ASKED_GROUPS:
        raise ModelError(f"the field {by!r} gives neither periods of time nor 2 to {MOST_ASKED_GROUPS} groups of pages")
    return groups


def groupings(model: TopicModel, most: int = MOST_GROUPS) -> list[str]:
    """Return the metadata fields that divide pages into groups and that at least half of the pages have; "label" first.

    Parameters
    ----------
    model : TopicModel
    most : most groups of a field; it has at least two groups, with at least two pages each on average
    """
    n = len(model.columns)
    found = []
    for name in model.columns.meta_names():
        counts = Counter(value for meta in model.columns.meta if (value := _group(meta.get(name))) is not None)
        if name != "date" and 2 <= len(counts) <= min(most, n // 2) and 2 * counts.total() >= n:
            found.append(name)
    return sorted(found, key=lambda name: name != "label")


def _group(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)


def _trend(
    model: TopicModel, by: str, unit: Any, names: Sequence[str], columns: np.ndarray, group: np.ndarray
) -> Trend:
    """Return the means over groups; `group` is the group of each column."""
    H = model.H[:, columns]
    shares = H / H.sum(axis=0)
    pages = np.bincount(group, minlength=len(names))
    sums = np.stack([np.bincount(group, weights=row, minlength=len(names)) for row in shares])
    means = sums / np.where(pages > 0, pages, np.nan)
    return Trend(by, unit, names, pages, means, len(model.columns) - len(columns))
