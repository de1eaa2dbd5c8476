"""Columns of tables: names that are guessed, misspelt or nested; texts of several columns; Unix time; Excel's CSV."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from nmf_topics.corpus.open import open_corpus
from nmf_topics.corpus.page import Page
from nmf_topics.errors import CorpusError


def read(path: Path, content: str | list[dict[str, Any]], **options: Any) -> list[Page]:
    """The pages of a table with this content."""
    if not isinstance(content, str):
        content = "".join(json.dumps(row) + "\n" for row in content)
    path.write_text(content, encoding="utf-8")
    return list(open_corpus(path, warn=lambda message: None, **options))


def refusal(path: Path, content: str | list[dict[str, Any]], **options: Any) -> str:
    """Return the error message of a table that cannot be read."""
    with pytest.raises(CorpusError) as caught:
        read(path, content, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("header", "text", "title", "date"),
    [
        ("id,full_text,created_at", "full_text", None, "created_at"),
        ("name,title,selftext,created_utc", "selftext", "title", "created_utc"),
        ("Datum,Überschrift,Volltext", "Volltext", "Überschrift", "Datum"),
        ("review_id,Review Text,stars", "Review Text", None, None),
        ("ID,tweetText,postedAt", "tweetText", None, "postedAt"),
        ("context,Body,Headline,PubDate", "Body", "Headline", "PubDate"),
    ],
)
def test_names_that_are_guessed(tmp_path: Path, header: str, text: str, title: str | None, date: str | None) -> None:
    """Column names of social media, spreadsheets and archives are recognized in any case."""
    names = header.split(",")
    (page,) = read(tmp_path / "a.csv", f"{header}\n{','.join(f'v{n}' for n in range(len(names)))}\n")
    assert page.text == f"v{names.index(text)}"
    assert title is None or page.title == f"v{names.index(title)}"
    assert page.meta.get("date") == (None if date is None else f"v{names.index(date)}")


def test_a_name_in_another_case_is_found(tmp_path: Path) -> None:
    """A column is found despite other separators, but an exact name has precedence."""
    assert read(tmp_path / "a.csv", "Haupt Text,n\nx,1\n", text_column="haupt_text")[0].text == "x"
    assert read(tmp_path / "a.csv", "Body,body\nx,y\n", text_column="body")[0].text == "y"
    assert "no text column 'BODY'" in refusal(tmp_path / "a.csv", "Body,body\nx,y\n", text_column="BODY")


def test_a_misspelt_name_is_corrected(tmp_path: Path) -> None:
    """The message suggests the nearest column."""
    said = refusal(tmp_path / "a.csv", "review_text,stars\nx,1\n", text_column="reveiw_text")
    assert "no text column 'reveiw_text'; did you mean 'review_text'? It has 'review_text', 'stars'" in said
    assert "did you mean" not in refusal(tmp_path / "a.csv", "text,stars\nx,1\n", date_column="zzz")


def test_nested_fields(tmp_path: Path) -> None:
    """A path selects a nested field; the rest of the object stays in the metadata."""
    rows = [{"kind": "t1", "data": {"body": "green tea", "author": {"name": "Ann"}, "created_utc": 1136073600}}]
    path = tmp_path / "a.jsonl"
    (page,) = read(path, rows, text_column="data.body", title_column="data.author.name")
    assert (page.text, page.title) == ("green tea", "Ann")
    assert page.meta == {"kind": "t1", "data": '{"created_utc":1136073600}'}
    (page,) = read(path, rows)  # guessed, with the fields beside it
    assert page.text == "green tea"
    assert page.meta["date"] == "2006-01-01T00:00:00Z"
    assert "'data.body'" in refusal(path, rows, text_column="data.boddy.x.y.z")


def test_nested_lists(tmp_path: Path) -> None:
    """A path through a list selects the field of every element."""
    rows = [{"id": 1, "paragraphs": [{"text": "one"}, {"text": "two"}, {}]}]
    (page,) = read(tmp_path / "a.jsonl", rows, text_column="paragraphs.text")
    assert (page.text, page.meta) == ("one\n\ntwo", {"paragraphs": "[{},{},{}]"})


def test_a_name_with_a_dot_is_a_column_first(tmp_path: Path) -> None:
    """A flat column may have a dot in its name, and rows may lack a nested field."""
    assert read(tmp_path / "a.csv", "data.body,n\nx,1\n", text_column="data.body")[0].text == "x"
    rows = [{"id": 1, "data": {}}, {"id": 2, "data": {"body": "x"}}]
    assert [page.text for page in read(tmp_path / "a.jsonl", rows, text_column="data.body")] == ["", "x"]


def test_the_text_of_several_columns(tmp_path: Path) -> None:
    """Several text columns are joined by an empty line; Reddit's placeholders for deleted texts are ignored."""
    rows = [
        {"id": 1, "title": "Tea", "selftext": "green"},
        {"id": 2, "title": "Milk", "selftext": "[removed]"},
        {"id": 3, "title": "Salt", "selftext": None},
    ]
    pages = read(tmp_path / "a.jsonl", rows, text_column="title,selftext")
    assert [(page.title, page.text) for page in pages] == [("Tea", "Tea\n\ngreen"), ("Milk", "Milk"), ("Salt", "Salt")]
    assert read(tmp_path / "a.csv", '"a,b",c\nx,y\n', text_column="a,b")[0].text == "x"
    assert "no text column 'slftext'; did you mean 'selftext'" in refusal(
        tmp_path / "a.jsonl", rows, text_column="title, slftext"
    )
    assert "is empty" in refusal(tmp_path / "a.jsonl", rows, text_column=" , ")


@pytest.mark.parametrize(
    ("value", "date"),
    [
        (1136073600, "2006-01-01T00:00:00Z"),
        (1136073600.9, "2006-01-01T00:00:00Z"),
        ("1577836800", "2020-01-01T00:00:00Z"),
        (1577836800000, "2020-01-01T00:00:00Z"),
        (1999, 1999),
        (20040229, 20040229),
        ("2004022912", "2004022912"),
        ("20040229123000", "20040229123000"),
        ("2004-02-29", "2004-02-29"),
        (None, None),
        (True, True),
    ],
)
def test_unix_time(tmp_path: Path, value: Any, date: Any) -> None:
    """Seconds and milliseconds since 1970 become dates; years and dates in digits are unchanged."""
    (page,) = read(tmp_path / "a.jsonl", [{"id": 1, "text": "x", "created_utc": value}])
    assert page.meta["date"] == date


@pytest.mark.parametrize("hint", ["sep=;\n", "sep=;\r\n", '"sep=;"\n', "\ufeffSEP=;\n", "sep=;;;\n"])
def test_excel_names_its_delimiter(tmp_path: Path, hint: str) -> None:
    """A first line sep=; is no header."""
    pages = read(tmp_path / "a.csv", f"{hint}Titel;Text\nTee, grün;gut\n")
    assert [(page.title, page.text, page.row) for page in pages] == [("Tee, grün", "gut", 1)]
    said = refusal(tmp_path / "a.csv", f"{hint}Titel;Text\nTee;gut;zu viel\n")
    assert "line 3: 3 fields" in said


def test_a_german_export(tmp_path: Path) -> None:
    """What Excel writes in Germany: semicolons, cp1252, a pound sign as the only one beyond ASCII in the first rows."""
    path = tmp_path / "Export.csv"
    text = "sep=;\r\nNr;Überschrift;Datum;Text\r\n1;Preise;03.02.2024;Der Tee kostet £5\r\n2;Käse;04.02.2024;Größe\r\n"
    path.write_bytes(text.encode("cp1252"))
    said: list[str] = []
    pages = list(open_corpus(path, warn=said.append))
    assert [(page.title, page.text) for page in pages] == [("Preise", "Der Tee kostet £5"), ("Käse", "Größe")]
    assert pages[0].meta == {"Nr": "1", "date": "03.02.2024"}
    assert "read as cp1252" in said[0]
    assert "titles from column 'Überschrift', dates from column 'Datum'" in said[1]


def test_rows_are_numbered(tmp_path: Path) -> None:
    """Rows are numbered from 1 in the order of the table, without the header and blank lines."""
    assert [page.row for page in read(tmp_path / "a.csv", "text,n\nb,1\n\na,2\n")] == [1, 2]
    assert [page.row for page in read(tmp_path / "a.jsonl", '{"text":"b"}\n\n{"text":"a"}\n')] == [1, 2]


def test_columns_whose_names_repeat_take_linear_time(tmp_path: Path) -> None:
    """Ten times as many columns of one name do not take a hundred times as long."""
    from nmf_topics.corpus.readers.tables import name_columns

    def seconds(count: int) -> float:
        began = time.process_time()
        assert len(set(name_columns(["a"] * count))) == count
        return time.process_time() - began

    seconds(1000)
    assert seconds(200_000) < 60 * max(seconds(20_000), 0.001)


def test_an_object_is_no_text(tmp_path: Path) -> None:
    """A field that looks like the text but holds an object is not guessed: the text is within it."""
    rows = [{"kind": "t3", "post": {"body": "Green tea.", "title": "Tea", "created_utc": 0}}]
    [page] = read(tmp_path / "a.jsonl", rows)
    assert (page.title, page.text) == ("Tea", "Green tea.")
    with pytest.raises(
        CorpusError, match=r"is an object, not a string; a field of it can be named, such as 'post.body'"
    ):
        read(tmp_path / "a.jsonl", rows, text_column="post")
