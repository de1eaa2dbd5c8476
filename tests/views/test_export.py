"""Exports read back with scipy, openpyxl, pyLDAvis, pandas and our own readers."""

from __future__ import annotations

import json
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
from outputs import document, files_below, read_table
from program import Refuse, Run

import nmf_topics.views.tables.workbook
from nmf_topics.errors import MissingExtra, ModelError, OutputError
from nmf_topics.images.pixels import PixelGrid
from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.model.model import TopicModel
from nmf_topics.views.tables.export import EXPORTS, export_model
from nmf_topics.views.tables.tables import pages_json, topic_json

BAD = "=1+1|\n`<b>*\u202e"


@pytest.fixture
def odd(model: TopicModel) -> TopicModel:
    """A model whose texts try to be something else, with numbers, nan and mixed values in its metadata."""
    meta: list[dict[str, Any]] = [{"n": 2 * j, "mixed": "x" if j else 1, "big": 2**60, "flag": True} for j in range(12)]
    meta[1] |= {"n": float("nan"), "note": BAD}
    columns = PageColumns(model.columns.ids, [BAD, "-7", *model.columns.titles[2:]], meta)
    return replace(model, columns=columns).renamed({1: BAD})


def sheets(path: Path) -> dict[str, list[list[Any]]]:
    """The cells of a workbook."""
    openpyxl = pytest.importorskip("openpyxl")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path)
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book}


def test_csv(odd: TopicModel) -> None:
    """The tables of the model folder, and all of W by row."""
    export_model(odd, ["csv"], Path())
    assert sorted(path.name for path in Path().iterdir()) == ["pages.csv", "rows.csv", "topics.csv"]
    rows = read_table(Path("rows.csv"))
    names: Any = odd.rows
    assert [(row["term"], row["word"]) for row in rows] == list(zip(names.terms, names.surfaces, strict=True))
    W = [[float(row[f"topic_{k}"]) for k in (1, 2, 3)] for row in rows]
    np.testing.assert_allclose(W, odd.W, rtol=1e-8)
    assert [row["row"] for row in rows] == [str(i + 1) for i in range(len(names))]


def test_jsonl(odd: TopicModel) -> None:
    """An object a line, as the commands' JSON has them, and W by row."""
    export_model(odd, ["jsonl"], Path())
    read = {
        name: [json.loads(line) for line in Path(f"{name}.jsonl").read_text("utf-8").split("\n")[:-1]]
        for name in ("topics", "pages", "rows")
    }
    assert read["topics"] == [topic_json(odd, k, terms=50, pages=20) for k in (1, 2, 3)]
    assert read["pages"] == json.loads(json.dumps(list(pages_json(odd))))
    np.testing.assert_allclose([row["weights"] for row in read["rows"]], odd.W, rtol=1e-8)


def test_matrix_market(odd: TopicModel) -> None:
    """scipy reads back W and H to the last bit; the names are beside them."""
    export_model(odd, ["mtx"], Path())
    for name in ("W", "H"):
        matrix = scipy.io.mmread(f"{name}.mtx", spmatrix=False).toarray()
        np.testing.assert_array_equal(matrix, getattr(odd, name))
    rows, columns = read_table(Path("W-rows.csv")), read_table(Path("H-columns.csv"))
    assert [row["term"] for row in rows] == list(odd.rows.terms)  # type: ignore[attr-defined]
    assert [row["id"] for row in columns] == list(odd.columns.ids)
    assert columns[0]["title"] == "'" + BAD


def test_workbook(odd: TopicModel) -> None:
    """Four sheets with the numbers of the model as numbers and everything else as text, formulas nowhere."""
    pytest.importorskip("xlsxwriter")
    export_model(odd, ["xlsx"], Path())
    found = sheets(Path("model.xlsx"))
    assert list(found) == ["topics", "words", "pages", "about"]
    header, *topics = found["topics"]
    assert header == ["topic", "label", "share", "pages", "stability", "coherence", "words"]
    for row, topic in zip(topics, odd.topics(), strict=True):
        assert row[:2] == [topic.number, topic.label]
        assert row[2:4] == [pytest.approx(topic.share, rel=1e-8), topic.pages]
        assert row[4] is None
        assert row[5] == pytest.approx(topic.coherence, rel=1e-8)
        assert row[6].split(", ")[0] == odd.terms(topic.number, 1)[0][0]
    header, *pages = found["pages"]
    cells = [dict(zip(header, row, strict=True)) for row in pages]
    assert [cell["title"] for cell in cells[:2]] == [BAD, "-7"]  # a title stays one
    assert [cell["n"] for cell in cells[:3]] == [0, None, 4]
    assert [cell["mixed"] for cell in cells[:2]] == ["1", "x"]
    assert cells[0]["big"] == str(2**60)
    assert cells[0]["flag"] == "True"
    assert cells[1]["note"] == BAD
    assert [cells[j]["topic"] for j in (0, 3)] == [odd.pages()[0].topic, None]
    assert cells[0]["topic_2"] == pytest.approx(odd.pages()[0].weights[1], rel=1e-8, abs=1e-12)
    assert dict(found["about"])["rank"] == "3"
    assert found["words"][1][6] == odd.terms(1, 1)[0][0]


def test_what_excel_has_no_room_for(model: TopicModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many rows are refused, not lost; a text that is too long is cut; without XlsxWriter its extra is named."""
    pytest.importorskip("xlsxwriter")
    titles = ["x" * 40_000, "x" + "\U0001f419" * 20_000, "\U0001f419" * 16_383, "y", *["x" * 32_768] * 8]
    long = replace(model, columns=PageColumns(model.columns.ids, titles, [{}] * 12))
    (remark,) = export_model(long, ["csv", "xlsx"], Path())
    assert remark == (
        "model.xlsx: Excel cells hold 32,767 characters; shortened in sheet pages: B2, B3, B6, B7, B8 and 5 more"
    )
    cells = [row[1] for row in sheets(Path("model.xlsx"))["pages"][1:]]
    assert cells[0] == cells[4] == "x" * 32_767
    assert cells[1] == "x" + "\U0001f419" * 16_383  # no half of one
    assert cells[2] == titles[2]
    assert export_model(model, list(EXPORTS), Path()) == []
    monkeypatch.setattr(nmf_topics.views.tables.workbook, "MAX_ROWS", 12)
    with pytest.raises(
        OutputError, match=r"sheet words would have \d+ rows, 9 columns; Excel's limits are 12 and 16,384"
    ):
        export_model(model, ["xlsx"], Path())
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(MissingExtra, match=r"pip install 'nmf-topics\[xlsx\]'"):
        export_model(model, ["xlsx"], Path())


def test_markdown(odd: TopicModel) -> None:
    """One row a topic; whatever a label holds, it is one cell of text."""
    export_model(odd, ["markdown"], Path())
    lines = Path("topics.md").read_text("utf-8").splitlines()
    assert lines[0] == "| topic | label | share | pages | coherence | words |"
    assert lines[1] == "| ---: | --- | ---: | ---: | ---: | --- |"
    assert lines[2].startswith(f"| 1 | =1+1\\| \\`\\<b\\>\\*  | {odd.shares[0]:.1%} | ")
    assert lines[3].endswith("| " + ", ".join(word for word, _ in odd.terms(2, 10)) + " |")
    assert len(lines) == 5


def test_pyldavis(model: TopicModel) -> None:
    """pyLDAvis prepares what it is given; its topics are ours, with our numbers and shares."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what pyLDAvis imports and does
        pyldavis = pytest.importorskip("pyLDAvis")
        export_model(model.renamed({}, ["cat"]), ["pyldavis"], Path())
        data = json.loads(Path("pyldavis.json").read_text("utf-8"))
        assert data["mds"] == "mmds"  # the default "pcoa" fails from numpy 2.5 on
        prepared = pyldavis.prepare(**data, n_jobs=1)
        assert "cat" not in data["vocab"]
        coordinates = prepared.topic_coordinates
        assert coordinates["topics"].tolist() == prepared.topic_order == [1, 2, 3]
        assert coordinates["Freq"].tolist() == pytest.approx((100 * model.shares).tolist(), rel=1e-6)
        top = prepared.topic_info[prepared.topic_info["Category"] == "Topic2"].sort_values("logprob", ascending=False)
        assert top["Term"].tolist()[0] == model.renamed({}, ["cat"]).terms(2, 1)[0][0]
        assert sum(data["doc_lengths"]) == pytest.approx(model.ledger["kept"])
        assert len(data["doc_topic_dists"]) == 11  # a page without a topic has no place there
        assert "<script" in pyldavis.prepared_data_to_html(prepared)


def test_pyldavis_with_a_dead_topic(model: TopicModel) -> None:
    """A topic without words or pages keeps its number and breaks nothing; two words that look alike stay two."""
    W = np.concatenate([model.W, np.zeros((len(model.rows), 1))], axis=1)
    H = np.concatenate([model.H, np.zeros((1, 12))])
    nans = np.full(4, np.nan)
    rows: Any = model.rows
    twins = replace(rows, surfaces=[rows.surfaces[1], *rows.surfaces[1:]])
    dead = replace(model, W=W, H=H, coherences=nans, stabilities=nans, rows=twins)
    export_model(dead, ["pyldavis", "xlsx", "markdown"], Path())
    data = json.loads(Path("pyldavis.json").read_text("utf-8"))
    assert len(set(data["vocab"])) == len(data["vocab"]) == len(rows)
    assert np.shape(data["topic_term_dists"]) == (4, len(rows))
    np.testing.assert_allclose(np.sum(data["topic_term_dists"], axis=1), 1, rtol=1e-6)
    assert Path("topics.md").read_text("utf-8").splitlines()[-1].startswith("| 4 | (no words) | 0.0% | 0 |")


def test_images(model: TopicModel) -> None:
    """Pixels have rows and columns in place of words; pyLDAvis cannot show them."""
    images = replace(model, rows=PixelGrid(2, len(model.rows) // 2), W=model.W[: len(model.rows) // 2 * 2].copy())
    export_model(images, [name for name in EXPORTS if name != "pyldavis"], Path())
    assert read_table(Path("rows.csv"))[-1]["pixel_row"] == "2"
    assert "words" not in Path("topics.md").read_text("utf-8")
    with pytest.raises(ModelError, match="rows of this model are pixels"):
        export_model(images, ["pyldavis"], Path())


def test_same_model_same_bytes(model: TopicModel) -> None:
    """Exported twice, at different times, a model makes the same files."""
    pytest.importorskip("xlsxwriter")
    for name in ("a", "b"):
        Path(name).mkdir()
        export_model(model, list(EXPORTS), Path(name))
    assert files_below(Path("a")) == files_below(Path("b"))


# ---------------------------------------------------------------------------------------------- the command


def test_command(ok: Run, fitted: Path) -> None:
    """Files come into the model folder, or where one wants them; the document names them; other formats stay."""
    found = document(ok("export", "--json"))
    assert found["files"] == [f"models/latest/export/{name}" for name in ("pages.csv", "rows.csv", "topics.csv")]
    for name in ("topics", "pages"):
        assert (fitted / f"{name}.csv").read_bytes() == (fitted / "export" / f"{name}.csv").read_bytes()
    assert "topics.md" in ok("export", "--to", "markdown", "--to", "mtx").stderr
    ok("label", fitted, "1=" + "long " * 7000)
    assert "warning: model.xlsx: Excel cells hold" in ok("export", "--to", "xlsx", "-o", "cut").stderr
    assert {"topics.csv", "topics.md", "H.mtx"} <= {path.name for path in (fitted / "export").iterdir()}
    ok("export", "--to", "jsonl", "-o", "out", "-q")
    assert (Path("out") / "topics.jsonl").is_file()


def test_command_leaves_other_files_alone(ok: Run, refuse: Refuse, fitted: Path) -> None:
    """A folder with other files is refused without --force; a failure leaves no incomplete files."""
    Path("mine").mkdir()
    Path("mine/x.txt").write_text("x")
    assert "did not make" in refuse("export", "-o", "mine")
    ok("export", "-o", "mine", "--force")
    assert Path("mine/x.txt").read_text() == "x"
    assert "there is no model in gone" in refuse("export", "gone")
