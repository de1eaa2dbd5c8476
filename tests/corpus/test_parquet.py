"""Parquet: rows as pages, values as JSON has them, and files that are broken."""

from __future__ import annotations

import datetime
import decimal
import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_topics.corpus.open import open_corpus
from nmf_topics.corpus.page import Page
from nmf_topics.corpus.readers import parquet
from nmf_topics.corpus.readers.columns import Columns
from nmf_topics.corpus.readers.parquet import read_parquet
from nmf_topics.errors import CorpusError

WHEN = datetime.datetime(2020, 1, 2, 3, 4, tzinfo=datetime.UTC)


def write(path: Path, **columns: list[Any]) -> Path:
    """A Parquet file with these columns."""
    pq.write_table(pa.table(columns), path)
    return path


def test_rows_are_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns are guessed as in any table, whatever the size of a batch; a null text is empty."""
    monkeypatch.setattr(parquet, "MAX_ROWS", 2)
    path = write(tmp_path / "t.parquet", id=[1, 2, 3], title=["A", "B", None], text=["x", None, "z y"], label=[1, 2, 3])
    corpus = open_corpus(path, warn=pytest.fail)
    expected = [
        Page("1", "A", "x", {"label": 1}),
        Page("2", "B", "", {"label": 2}),
        Page("3", "z y", "z y", {"label": 3}),
    ]
    assert list(corpus) == expected == list(corpus)
    assert corpus.name == "t"


def test_values_become_those_of_json(tmp_path: Path) -> None:
    """Dates, bytes, decimals, lists and structures are text that can be read."""
    path = write(
        tmp_path / "t.parquet",
        text=["x"],
        day=[WHEN.date()],
        moment=[WHEN],
        clock=[WHEN.time()],
        price=[decimal.Decimal("1.50")],
        raw=[b"caf\xc3\xa9"],
        tags=[[WHEN.date()]],
        inner=[{"k": b"v"}],
        number=[0.5],
        yes=[True],
        nothing=[None],
        long=[datetime.timedelta(days=1)],
    )
    (page,) = open_corpus(path, warn=pytest.fail)
    assert dict(page.meta) == {
        "day": "2020-01-02",
        "moment": "2020-01-02T03:04:00+00:00",
        "clock": "03:04:00",
        "price": "1.50",
        "raw": "café",
        "tags": '["2020-01-02"]',
        "inner": '{"k":"v"}',
        "number": 0.5,
        "yes": True,
        "nothing": None,
        "long": "1 day, 0:00:00",
    }


def test_columns_can_be_named(tmp_path: Path) -> None:
    """--text-column and the others work as for any table; a guess is said."""
    path = write(tmp_path / "t.parquet", words=["a b"], heading=["H"])
    (page,) = open_corpus(path, text_column="words", title_column="heading", warn=pytest.fail)
    assert (page.title, page.text) == ("H", "a b")
    said: list[str] = []
    (page,) = open_corpus(write(tmp_path / "u.parquet", body=["a b"], n=[1]), warn=said.append)
    assert said == [f"{tmp_path / 'u.parquet'}: text from column 'body'"]


def test_a_packed_file(tmp_path: Path) -> None:
    """A Parquet file in .gz is unpacked first."""
    path = write(tmp_path / "t.parquet", text=["a"])
    packed = tmp_path / "t2.parquet.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert [page.text for page in open_corpus(packed, warn=pytest.fail)] == ["a"]


def test_faults_name_the_row(tmp_path: Path) -> None:
    """Invalid texts, duplicate ids, missing columns and empty tables are refused."""
    for name, columns, message in [
        ("a", {"text": [1, 2]}, "a.parquet, row 1: the text (column 'text') is a number"),
        ("b", {"text": ["x", "y"], "id": ["1", "1"]}, "two pages have the id '1'"),
        ("c", {"x": [1], "y": [2]}, "no column looks like the text"),
        ("d", {"text": pa.array([], pa.string())}, "contains no pages"),
    ]:
        with pytest.raises(CorpusError) as caught:
            list(open_corpus(write(tmp_path / f"{name}.parquet", **columns), warn=lambda message: None))
        assert message in str(caught.value)


def test_a_parquet_file_in_a_folder_is_named_itself(tmp_path: Path) -> None:
    """A folder of tables is refused with what to do."""
    write(tmp_path / "t.parquet", text=["a"])
    with pytest.raises(CorpusError, match="a table is only read if you name the file itself"):
        open_corpus(tmp_path)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_any_damage(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Bytes changed, cut out or put in: pages, or an error that names the file."""
    path = tmp_path_factory.mktemp("damaged") / "t.parquet"
    whole = write(path, text=["some words", "other words"] * 20, n=list(range(40))).read_bytes()
    place, length = data.draw(st.integers(0, len(whole))), data.draw(st.integers(0, 50))
    path.write_bytes(whole[:place] + data.draw(st.binary(max_size=20)) + whole[place + length :])
    texts, why = [], str(path)
    try:
        texts = [page.text for page in read_parquet(path, Columns(), lambda said: None)]
    except CorpusError as error:
        why = str(error)
    assert all(isinstance(text, str) for text in texts)
    assert why.startswith(str(path))
