"""Topics over time and by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nmf_topics.analysis.trends import groupings, trend_by, trend_by_group, trend_over_time, trends_of
from nmf_topics.errors import ModelError
from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.model.files import load_model
from nmf_topics.model.model import TopicModel


@pytest.fixture
def model(fitted: Path) -> TopicModel:
    """The model of the tiny corpus; H says which page has how much of which of the three topics."""
    return load_model(fitted)


def with_meta(model: TopicModel, H: Any, name: str, values: Sequence[Any]) -> TopicModel:
    """The same topics with other pages."""
    ids = [f"{i:04d}" for i in range(len(values))]
    columns = PageColumns(ids, ids, [{name: value} for value in values])
    H = np.array(H, dtype=float)
    return replace(model, H=H, errors=np.zeros(H.shape[1]), columns=columns)


def test_by_hand(model: TopicModel) -> None:
    """The mean of the pages' shares: a page counts once, whatever its weights add up to."""
    H = [[1, 30, 0, 0, 9], [1, 10, 0, 5, 0], [2, 0, 0, 0, 0]]
    trend = trend_over_time(with_meta(model, H, "date", ["1999", "1999", "1999", "2001", "never"]), unit="year")
    assert trend is not None
    assert (trend.by, trend.unit, trend.left_out) == ("date", "year", 2)
    assert trend.names == ["1999", "2000", "2001"]
    assert trend.pages.tolist() == [2, 0, 1]
    assert trend.shares[:, [0, 2]] == pytest.approx(np.array([[0.5, 0], [0.25, 1], [0.25, 0]]))
    assert np.isnan(trend.shares[:, 1]).all()
    groups = trend_by_group(with_meta(model, H, "party", ["b", "a", "a", None, ""]), "party")
    assert groups is not None
    assert (groups.unit, groups.names, groups.pages.tolist(), groups.left_out) == ("group", ["a", "b"], [1, 1], 3)
    assert groups.shares == pytest.approx(np.array([[0.75, 0.25], [0.25, 0.25], [0, 0.5]]))


@pytest.mark.parametrize(
    ("dates", "unit", "first", "last", "periods"),
    [
        ([f"2020-02-{d:02d}" for d in range(20, 30) for _ in range(5)], "day", "2020-02-20", "2020-02-29", 10),
        ([f"2019-{m:02d}-15" for m in range(1, 13) for _ in range(5)], "month", "2019-01", "2019-12", 12),
        ([f"2019-{m:02d}" for m in range(1, 13)], "month", "2019-01", "2019-12", 12),  # few, but there is no other way
        ([f"{y}-{m:02d}" for y in (2018, 2019, 2020) for m in (1, 5, 9)], "year", "2018", "2020", 3),
        ([f"{y}-01-01" for y in range(1790, 2024)], "decade", "1790s", "2020s", 24),
        ([str(y) for y in range(1000, 2000, 7)], "century", "1000s", "1900s", 10),
        (["2018-01-01", "2018-02-01"] * 9 + ["2020"], "year", "2018", "2020", 3),  # as exact as the least exact date
    ],
)
def test_length_of_periods(model: TopicModel, dates: list[str], unit: str, first: str, last: str, periods: int) -> None:
    """The finest that gives at most 60 periods of 3 pages in the mean, of those that all dates can tell."""
    trend = trend_over_time(with_meta(model, np.ones((3, len(dates))), "date", dates))
    assert trend is not None
    assert (trend.unit, trend.names[0], trend.names[-1], len(trend.names)) == (unit, first, last, periods)
    assert trend.pages.sum() == len(dates)


def test_a_unit_of_the_users_own(model: TopicModel) -> None:
    """Any unit that the dates can tell; else the message says what they tell."""
    years = with_meta(model, np.ones((3, 50)), "date", [str(1950 + i) for i in range(50)])
    for unit, count in (("year", 50), ("decade", 5)):
        trend = trend_over_time(years, unit=unit)
        assert trend is not None
        assert len(trend.names) == count
    assert trend_over_time(years, unit="century") is None
    with pytest.raises(
        ModelError, match="some pages have only the year of their date; a trend by month needs more exact dates"
    ):
        trend_over_time(years, unit="month")
    days = with_meta(model, np.ones((3, 2)), "date", ["1900-01-01", "2000-01-01"])
    with pytest.raises(
        ModelError, match="a trend by day would have 36525 periods, which is too many; choose a longer period"
    ):
        trend_over_time(days, unit="day")


def test_no_dates_no_trend(model: TopicModel) -> None:
    """Without metadata, with one period or one group only, or without a page that has a topic there is none."""
    assert trend_over_time(model) is None
    assert trend_by_group(model, "nothing") is None
    assert trend_over_time(with_meta(model, np.ones((3, 2)), "date", ["1999", "1999"])) is None
    assert trend_by_group(with_meta(model, np.ones((3, 2)), "label", ["a", "a"]), "label") is None
    assert trend_over_time(with_meta(model, np.zeros((3, 2)), "date", ["1999", "2000"])) is None


def test_groupings(model: TopicModel) -> None:
    """Metadata with few values on most pages, the label first; dates and what differs from page to page are none."""
    assert groupings(model) == ["label"]
    trend = trend_by_group(model, "label")
    assert trend is not None
    assert trend.names == ["animals", "music", "space"]
    assert trend.shares.max(axis=0).min() > 0.9
    meta = [
        {"date": str(i % 2), "author": str(i), "lang": "en", "label": i % 2, "era": i % 3, "rare": f"{i % 2}" * (i > 7)}
        for i in range(12)
    ]
    ids = model.columns.ids
    assert groupings(replace(model, columns=PageColumns(ids, ids, meta))) == ["label", "era"]


def test_trends_that_a_model_has_by_itself(model: TopicModel) -> None:
    """Over time by the first metadata that is a date, then by groups as many as are asked for; none twice."""
    ids = [f"{i:04d}" for i in range(12)]
    meta = [{"year": 1990 + i // 3, "created": "never", "era": f"e{i % 3}", "label": f"l{i % 2}"} for i in range(12)]
    dated = replace(model, columns=PageColumns(ids, ids, meta))
    assert [(t.by, t.unit) for t in trends_of(dated, groups=3)] == [
        ("year", "year"),
        ("label", "group"),
        ("era", "group"),
    ]
    assert [t.by for t in trends_of(dated, groups=1)] == ["year", "label"]
    assert trends_of(dated, groups=0, unit="decade") == []  # all of one decade
    assert [t.by for t in trends_of(model, groups=4)] == ["label"]


def test_a_trend_that_is_asked_for(model: TopicModel) -> None:
    """Dates make a trend over time, other values one by group; what makes neither is refused by its name."""
    ids = [f"{i:04d}" for i in range(12)]
    meta = [{"when": f"200{i % 4}-05", "who": f"w{i % 5}", "own": f"x{i}", "same": "s"} for i in range(12)]
    dated = replace(model, columns=PageColumns(ids, ids, meta))
    assert trend_by(dated, "when").unit == "year"
    assert trend_by(dated, "who").names == ["w0", "w1", "w2", "w3", "w4"]
    assert len(trend_by(dated, "own").names) == 12  # who asks for it has it
    with pytest.raises(ModelError, match="the field 'same' gives neither periods of time nor"):
        trend_by(dated, "same")
    with pytest.raises(ModelError, match="no page has the metadata field 'what'; there are"):
        trend_by(dated, "what")
