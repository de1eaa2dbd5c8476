"""What `fit_topics` reads: lists, series, data frames, dictionaries, paths; and what it says of everything else."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from nmf_topics import Corpus, NmfTopicsError, Page, fit_topics, open_corpus
from nmf_topics.library.inputs import unique_labels
from nmf_topics.library.tables import plain, table_of
from nmf_topics.matrix.datamatrix import PageIndex
from nmf_topics.model.model import TopicModel

TEXTS = [
    "green tea and black tea",
    "a goal in the cup final",
    "tea leaves and a pot of tea",
    "the final goal of the match",
    "black tea with milk",
    "the match ended with a goal",
]
ROWS = range(len(TEXTS))
FRAME = pd.DataFrame(
    {
        "body": TEXTS,
        "doi": [f"d{i}" for i in reversed(ROWS)],
        "published": pd.date_range("2004-05-01", periods=6),
        "section": ["drinks", "sport"] * 3,
        "stars": np.arange(6),
        "price": [1.5, np.nan] * 3,
    },
    index=pd.Index([30, 10, 20, 60, 40, 50], name="row"),
)


def fit(data: Any, **options: Any) -> TopicModel:
    """Two topics; words may be on any number of pages."""
    return fit_topics(data, 2, **{"min_pages": 1, **options})


def alternates(model: TopicModel) -> bool:
    """Whether pages 0, 2, 4 have one topic, and 1, 3, 5 the other: then columns are in the order of the input."""
    topics = model.dominant()
    return len(set(topics[::2])) == len(set(topics[1::2])) == 1 and topics[0] != topics[1]


# ----------------------------------------------------------------------------------------------- texts


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        list,
        tuple,
        iter,
        lambda texts: (text for text in texts),
        np.array,
        lambda texts: np.array(texts, dtype=object),
        lambda texts: [np.str_(text) for text in texts],
        pd.Series,
        pd.Index,
        lambda texts: pd.Series(texts, dtype="category"),
        lambda texts: pd.Series(texts, dtype="string[pyarrow]"),
        pl.Series,
        pa.array,
        lambda texts: pa.chunked_array([texts[:2], texts[2:]]),
        lambda texts: {f"page {i}": text for i, text in enumerate(texts)},
        lambda texts: [Page(f"{9 - i}", "", text) for i, text in enumerate(texts)],
        lambda texts: [{"text": text} for text in texts],
        lambda texts: {"text": texts, "n": list(range(len(texts)))},
        lambda texts: pd.DataFrame({"text": texts}),
        lambda texts: pl.DataFrame({"text": texts}),
        lambda texts: pa.table({"text": texts}),
        lambda texts: pd.DataFrame({"speech": texts, "n": range(len(texts))}),
    ],
)
def test_whatever_holds_texts_in_order_is_fitted_in_that_order(make: Callable[[list[str]], Any]) -> None:
    """Column j of H is the j-th text, and all of these make the same topics as the list."""
    model = fit(make(TEXTS))
    assert model.H.shape == (2, 6)
    assert alternates(model)
    assert np.array_equal(model.H, fit(TEXTS).H)


def test_more_than_ten_texts_keep_their_order() -> None:
    """Ids made of positions are not sorted as text: 10 does not come before 2."""
    model = fit(TEXTS * 4)
    assert alternates(model)
    assert list(model.columns.ids) == [str(i) for i in range(24)]


@pytest.mark.parametrize(
    "index",
    [
        list("fbdace"),
        [0] * 6,
        [1.5, 2.5, 0.5, 3.5, 4.5, 5.5],
        pd.date_range("2020-01-01", periods=6, tz="Europe/Berlin"),
        pd.MultiIndex.from_product([["b", "a"], [3, 1, 2]], names=["letter", None]),
        pd.Index([True, False, True, True, False, True]),
        pd.period_range("2020-01", periods=6, freq="M"),
        pd.Index(["a", None, "c", "d", "e", "f"]),
        pd.RangeIndex(10, 22, 2),
    ],
)
def test_the_index_comes_back(index: Any) -> None:
    """A Series of any index can be joined with the pages of its model; labels that are there twice are no ids."""
    texts = pd.Series(TEXTS, index=index)
    frame = fit(texts).pages_frame()
    assert list(map(str, frame.index.tolist())) == list(map(str, texts.index.tolist()))
    assert frame.index.nlevels == texts.index.nlevels
    assert frame["id"].is_unique
    assert frame["topic"].nunique() == 2


def test_a_table_keeps_its_rows_ids_and_metadata() -> None:
    """Columns are found by their names; dates, labels and all others are metadata, and the index joins."""
    model = fit(FRAME)
    assert alternates(model)
    assert list(model.columns.ids) == list(FRAME["doi"])
    assert model.columns.meta[1] == {"date": "2004-05-02", "label": "sport", "stars": 1, "price": None}
    assert model.columns.labels() == list(FRAME["section"])
    joined = FRAME.join(model.pages_frame()[["topic"]])
    assert joined["topic"].notna().all()
    assert joined.loc[FRAME["section"] == "drinks", "topic"].nunique() == 1


def test_columns_can_be_named() -> None:
    """What is named counts, whatever else looks like it; `ids` and `titles` beside a table, too."""
    frame = FRAME.assign(text="nothing", id=1)
    model = fit(frame, text_column="body", id_column="doi", title_column="section", label_column="stars")
    assert alternates(model)
    assert list(model.columns.ids) == list(FRAME["doi"])
    assert list(model.columns.titles)[:2] == ["drinks", "sport"]
    assert model.columns.meta[3]["label"] == 3
    named = fit(frame, text_column="body", ids=range(6), titles=list("abcdef"), metadata={"x": list(ROWS)})
    assert (list(named.columns.ids)[:2], list(named.columns.titles)[:2]) == (["0", "1"], ["a", "b"])
    assert named.columns.meta[2]["x"] == 2


def test_an_id_column_that_is_no_id_stays_metadata() -> None:
    """Only a column without gaps and repetition is taken for ids unasked."""
    model = fit(pd.DataFrame({"text": TEXTS, "id": [7] * 6}, index=list("abcdef")))
    assert list(model.columns.ids) == list("abcdef")
    assert model.columns.meta[0] == {"id": 7}


def test_details_beside_a_list() -> None:
    """Ids, titles and metadata of a list of texts; dates are read as those of tables are."""
    frame = pd.DataFrame({"date": [1083369600] * 6, "label": list("abcdef")})
    model = fit(TEXTS, ids=[5, 4, 3, 2, 1, 0], titles=[f"T{i}" for i in ROWS], metadata=frame)
    assert list(model.columns.ids) == ["5", "4", "3", "2", "1", "0"]
    assert list(model.columns.titles)[:2] == ["T0", "T1"]
    assert model.columns.meta[2] == {"date": "2004-05-01T00:00:00Z", "label": "c"}
    assert model.pages_frame().loc[3, "title"] == "T2"


@pytest.mark.parametrize("nothing", [None, np.nan, pd.NA, pd.NaT, "", " \n"])
def test_a_missing_text_is_a_page_without_a_topic(nothing: Any, caplog: pytest.LogCaptureFixture) -> None:
    """No page is lost, and that some are empty is said once."""
    model = fit([nothing, *TEXTS])
    assert model.H.shape == (2, 7)
    assert model.pages()[0].status == "no-known-words"
    assert model.pages_frame()["topic"].isna().tolist() == [True] + [False] * 6
    assert [r.message for r in caplog.records if "missing" in r.message] == [
        "1 of 7 texts are missing or empty; their pages have no topic"
    ]


def test_repeated_pages_can_be_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """Their rows are missing from the results, and the labels of the others are right."""
    frame = pd.DataFrame({"text": [*TEXTS[:3], *TEXTS]}, index=list("abcdefghi"))
    assert fit(frame).H.shape == (2, 9)
    assert any("drop_duplicates=True leaves them out" in record.message for record in caplog.records)
    kept = fit(frame, drop_duplicates=True).pages_frame()
    assert len(kept) == 6
    assert frame.join(kept["topic"])["topic"].isna().sum() == 3
    assert set(kept["title"]) == set(TEXTS)


# ----------------------------------------------------------------------------------------------- files


def test_every_line_of_a_file_can_be_a_page(tmp_path: Path) -> None:
    """As `lines` of the command line; one page alone has no topics, and that is said."""
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(TEXTS))
    assert fit(path, lines=True).H.shape == (2, 6)
    with pytest.raises(ValueError, match=r"a single page, .* read every line as a page with lines=True"):
        fit(path)


def test_paths_are_read_as_the_command_line_reads_them(tmp_path: Path) -> None:
    """A path, a string that is one, and a Corpus; columns of a table can be named, and those of H are sorted by id."""
    path = tmp_path / "pages.jsonl"
    path.write_text("\n".join(json.dumps({"key": 9 - i, "words": text}) for i, text in enumerate(TEXTS)))
    model = fit(path, text_column="words", id_column="key")
    assert list(model.columns.ids) == ["4", "5", "6", "7", "8", "9"]
    assert model.columns.index is None
    assert model.pages_frame().index.tolist() == ["9", "8", "7", "6", "5", "4"]  # as in the file
    assert np.array_equal(fit(str(path), text_column="words", id_column="key").H, model.H)
    corpus = open_corpus(path, text_column="words", id_column="key", warn=lambda message: None)
    assert np.array_equal(fit(corpus).H, model.H)


def test_the_language_that_a_corpus_declares(tmp_path: Path) -> None:
    """A fetched corpus is read in the language of its wiki, unless another is asked for."""
    (tmp_path / "pages.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in TEXTS))
    (tmp_path / "manifest.json").write_text('{"language": "de"}')
    assert fit(tmp_path).recipe["words"]["language"] == "de"
    assert fit(tmp_path, language="fr").recipe["words"]["language"] == "fr"


# ----------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("data", "options", "kind", "message"),
    [
        ("green tea", {}, TypeError, "data is one string, 'green tea', and no such file or folder exists; pass a list"),
        ("a\0b", {}, TypeError, "data is one string"),
        (b"green tea", {}, TypeError, "data is bytes, not text; decode it"),
        (None, {}, TypeError, "data is of type NoneType; pass texts, a data frame, a matrix or a path"),
        (5, {}, TypeError, "data is of type int; pass texts"),
        ({"green tea"}, {}, TypeError, "data is of type set, in which there is no order of texts; pass a list"),
        ([1, 2], {}, TypeError, "text 0 is of type int, not a string"),
        (["a", 1.5], {}, TypeError, "text 1 is of type float, not a string"),
        (["a", {"text": "b"}], {}, TypeError, "text 1 is of type dict"),
        ([["green", "tea"]], {}, TypeError, r"text 0 is of type list, .*' '\.join\(tokens\)"),
        ([b"a"], {}, TypeError, r"text 0 is bytes, not a string; decode it: text\.decode"),
        (np.array(TEXTS).astype("S"), {}, TypeError, "text 0 is bytes"),
        (np.array(TEXTS).reshape(-1, 1), {}, TypeError, r"of shape \(6, 1\); try \.ravel\(\)"),
        (np.array("a"), {}, TypeError, r"not one of shape \(\)"),
        (pl.DataFrame({"text": TEXTS}).lazy(), {}, TypeError, r"the data frame is lazy; pass data\.collect\(\)"),
        (FRAME.pivot(columns="section"), {}, TypeError, "the columns of the data frame have several levels"),
        ([], {}, ValueError, "there is no text in a list of 0 texts"),
        (iter([]), {}, ValueError, "there is no text"),
        (FRAME.iloc[:0], {}, ValueError, "there is no text in the data frame without rows"),
        ([None, ""], {}, ValueError, "all texts of a list of 2 texts are missing or empty"),
        (
            pd.DataFrame({"a": TEXTS, "b": TEXTS}),
            {},
            ValueError,
            "no column looks like the text; it has 'a', 'b'; name it",
        ),
        (FRAME, {"text_column": "bdoy"}, ValueError, "no text column 'bdoy'; did you mean 'body'"),
        (FRAME, {"text_column": "stars"}, ValueError, r"row 0: the text \(column 'stars'\) is a number, not a string"),
        (FRAME, {"id_column": "section"}, ValueError, "id_column 'section': rows 0 and 2 have the same id, 'drinks'"),
        (FRAME, {"id_column": "price"}, ValueError, "id_column 'price': the id of row 1 is missing"),
        (FRAME, {"id_column": "nothing"}, ValueError, "no id column 'nothing'"),
        (FRAME, {"id_column": "doi", "ids": ROWS}, ValueError, "ids and id_column exclude each other"),
        (pd.concat([FRAME, FRAME], axis=1), {}, ValueError, "two columns of the name 'body'; rename one"),
        (pd.DataFrame(np.eye(3)), {}, ValueError, "holds numbers only; .* pages_in='rows'"),
        (
            {"text": TEXTS, "n": [1]},
            {},
            ValueError,
            "the columns of the dictionary have different lengths: 'text' 6, 'n' 1",
        ),
        (TEXTS, {"text_column": "body"}, ValueError, "text_column: texts have no columns"),
        (TEXTS, {"ids": [1, 2]}, ValueError, "ids must have one value for each page: it has 2, and there are 6 pages"),
        (TEXTS, {"ids": [1, 2, 3, 4, 5, 1]}, ValueError, "ids: pages 0 and 5 have the same id, '1'"),
        (TEXTS, {"ids": [1, 2, None, 4, 5, 6]}, ValueError, "ids: the id of page 2 is missing"),
        (TEXTS, {"ids": "abcdef"}, TypeError, "ids must be a list of one value for each page"),
        (TEXTS, {"titles": ["a"]}, ValueError, "titles must have one value for each page"),
        (TEXTS, {"metadata": FRAME.iloc[:2]}, ValueError, "metadata must have a row for each page: it has 2"),
        (TEXTS, {"metadata": TEXTS}, TypeError, "metadata must be a list of dictionaries"),
        (TEXTS, {"lines": True}, ValueError, r"lines: without effect on texts in memory; split them: text\.splitlines"),
        (TEXTS, {"pages_in": "rows"}, ValueError, "pages_in: without effect on texts"),
        (TEXTS, {"terms": ["a"]}, ValueError, "terms: without effect on texts"),
        ([Page("1", "", "a"), Page("1", "", "b")], {}, ValueError, "ids: pages 0 and 1 have the same id, '1'"),
        ([Page("1", "", "a")], {"ids": [1]}, ValueError, "ids: pages have these themselves"),
        (Path("no/such/folder"), {}, ValueError, "no such file or folder"),
        (Path("."), {"ids": [1]}, ValueError, "ids: without effect on files; they have these themselves"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(
    data: Any, options: dict[str, Any], kind: type[Exception], message: str
) -> None:
    """A TypeError or ValueError, which is ours as well; one line that names what is wrong and what to do."""
    with pytest.raises(kind, match=message) as caught:
        fit(data, **options)
    assert isinstance(caught.value, NmfTopicsError)
    assert "\n" not in str(caught.value)
    assert "--" not in str(caught.value)


# ----------------------------------------------------------------------------------------------- parts


def test_plain_values() -> None:
    """Cells of every kind become JSON."""
    cells = [np.int64(3), np.float32(0.5), np.bool_(True), pd.Timestamp("2004-05-01 12:00"), np.array([1, 2])]
    cells += [np.datetime64("2004-05-01"), pd.Interval(0, 1), {"a": np.int8(1), 2: (1, None)}, b"\xff", pd.NA]
    found = [plain(cell) for cell in cells]
    assert found[:5] == [3, 0.5, True, "2004-05-01T12:00:00", [1, 2]]
    assert found[5:] == ["2004-05-01", "(0, 1]", {"a": 1, "2": [1, None]}, "\ufffd", None]
    json.dumps(found, allow_nan=False)


def test_other_data_frames_by_way_of_pandas() -> None:
    """What can become a data frame of pandas is one (data sets of other libraries have `to_pandas`)."""

    class Dataset:
        def to_pandas(self) -> pd.DataFrame:
            return FRAME

    table = table_of(Dataset())
    assert table is not None
    assert list(table.columns) == list(FRAME.columns)


def test_labels_that_are_no_ids() -> None:
    """Labels that repeat, are missing, or are the same as text give way to positions."""
    assert unique_labels(PageIndex(["b", "a"])) == ["b", "a"]
    assert unique_labels(PageIndex([1, "1"])) == ["0", "1"]
    assert unique_labels(PageIndex(["a", None])) == ["0", "1"]
    assert unique_labels(PageIndex([("a", 1), ("a", 2)], ("x", "y"))) == ["a 1", "a 2"]


def test_guesses_are_logged_for_those_who_listen(caplog: pytest.LogCaptureFixture) -> None:
    """Which columns were taken is information, no warning; the library has no handler of its own."""
    with caplog.at_level(logging.INFO, "nmf_topics"):
        fit(FRAME)
    said = {record.message: record.levelno for record in caplog.records}
    assert any("text from column 'body'" in message for message in said)
    assert set(said.values()) == {logging.INFO}
    assert logging.getLogger("nmf_topics").handlers == []


def test_order_matters_for_files_by_id_only() -> None:
    """A Corpus of one's own keeps the promise of files: columns are sorted by id."""
    pages = [Page(str(9 - i), "", text) for i, text in enumerate(TEXTS)]
    model = fit(Corpus("mine", "six pages", lambda aside: iter(pages)))
    assert list(model.columns.ids) == sorted(page.id for page in pages)
