"""Tables: files that parse back to what was in them, JSON without nan, and a terminal that nothing can disturb."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import math
import os
import pty
import struct
import subprocess
import sys
import termios
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from nmf_topics.images.pixels import PixelGrid
from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.topics.classify import Assignment, classify_pages, unreadable
from nmf_topics.topics.model import TopicModel, fit_topics
from nmf_topics.topics.prepare import Source, prepare
from nmf_topics.topics.recipes import Recipe
from nmf_topics.views.tables import (
    PAGE_COLUMNS,
    assignment_json,
    assignment_rows,
    bar,
    json_number,
    model_json,
    number,
    page_json,
    page_rows,
    print_assignments,
    print_explanation,
    print_pages,
    print_table,
    print_topics,
    readable,
    topic_json,
    topic_rows,
    write_csv,
)
from nmf_topics.words.bounds import Bounds


@pytest.fixture
def model(tiny_corpus: Path) -> TopicModel:
    """Three topics of the tiny corpus; its fourth page has no error, and no weight."""
    data = prepare(Source(str(tiny_corpus)), Recipe(bounds=Bounds(min_pages=2, max_pages=0.5)))
    model = fit_topics(data, 3)
    H, errors = model.H.copy(), model.errors.copy()
    H[:, 3], errors[3] = 0, np.nan
    return replace(model, H=H, errors=errors)


def with_meta(model: TopicModel, *meta: dict[str, Any]) -> TopicModel:
    """The model with other metadata for its first pages."""
    others = [*meta, *({} for _ in range(len(model.columns) - len(meta)))]
    return replace(model, columns=PageColumns(model.columns.ids, model.columns.titles, others))


def parsed(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    """What comes back from the file that the rows are written to."""
    path = Path("table.csv")
    write_csv(rows, path)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


# ---------------------------------------------------------------------------------------------- CSV


@pytest.mark.parametrize(
    ("value", "text", "in_json"),
    [
        (0.0, "0", 0.0),
        (1 / 3, "0.333333333", 0.333333333),
        (1e-20, "1e-20", 1e-20),
        (123456789.4, "123456789", 123456789.0),
        (-2.5, "-2.5", -2.5),
        (float("nan"), "", None),
    ],
)
def test_numbers(value: float, text: str, in_json: float | None) -> None:
    """Nine digits, nothing for nan in files, null in JSON."""
    assert number(value) == text
    assert json_number(value) == in_json


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.lists(cells, min_size=2, max_size=4), min_size=1, max_size=4))
def test_csv_parses_back(rows: list[list[str]]) -> None:
    """Whatever is in the cells, line ends, quotes and control characters too, the same cells come back."""
    target = io.StringIO(newline="")
    write_csv(rows, target)
    target.seek(0)
    assert list(csv.reader(target, strict=True)) == rows


@pytest.mark.parametrize("cell", ["a\rb", "a\nb", "a\r\nb", '"', "a,b", "\u2028", "", " a ", "007", "\x00"])
def test_csv_of_awkward_cells(cell: str) -> None:
    """Cells that other tools stumble over come back from a file, too."""
    assert parsed([["h1", "h2"], [cell, "x"]]) == [["h1", "h2"], [cell, "x"]]


def test_csv_lines_end_in_a_newline_alone() -> None:
    """The file has the same bytes on every system, and a stream gets the text that the file has."""
    rows = [["a", "b"], ["1", "é"]]
    write_csv(rows, Path("x.csv"))
    target = io.StringIO(newline="")
    write_csv(rows, target)
    assert Path("x.csv").read_bytes() == "a,b\n1,é\n".encode() == target.getvalue().encode()


def test_topics_csv(model: TopicModel) -> None:
    """One row a term of each topic, in order, with the numbers of the model."""
    model = model.renamed({2: 'The "second", one'})
    header, *rows = parsed(topic_rows(model))
    assert header == "topic label share pages stability coherence term weight rank_in_topic".split()
    for topic in model.topics():
        mine = [dict(zip(header, row, strict=True)) for row in rows if row[0] == str(topic.number)]
        terms = model.terms(topic.number, 50)
        assert [row["term"] for row in mine] == [term for term, _ in terms]
        assert [float(row["weight"]) for row in mine] == pytest.approx([weight for _, weight in terms], rel=1e-8)
        assert [row["rank_in_topic"] for row in mine] == [str(place + 1) for place in range(len(terms))]
        assert {row["label"] for row in mine} == {topic.label}
        assert {(row["pages"], row["stability"]) for row in mine} == {(str(topic.pages), "")}
        assert float(mine[0]["share"]) == pytest.approx(topic.share, rel=1e-8)
        assert float(mine[0]["coherence"]) == pytest.approx(topic.coherence, rel=1e-8)


def test_pages_csv(model: TopicModel) -> None:
    """One row a page in the order of the model: its topic and weights, its metadata, nothing where there is nothing."""
    header, *rows = parsed(page_rows(model))
    assert header == [*PAGE_COLUMNS[:4], *PAGE_COLUMNS[4:], "page_label", "topic_1", "topic_2", "topic_3"]
    assert len(rows) == 12
    for j, (row, page) in enumerate(zip(rows, model.pages(), strict=True)):
        cell = dict(zip(header, row, strict=True))
        assert (cell["id"], cell["title"]) == (model.columns.ids[j], model.columns.titles[j])
        assert cell["page_label"] == model.columns.meta[j]["label"]
        assert cell["status"] == page.status
        assert [float(cell[f"topic_{k}"]) for k in (1, 2, 3)] == pytest.approx(page.weights.tolist(), rel=1e-8)
        if page.topic is None:
            assert [cell[name] for name in ("topic", "label", "weight", "margin", "error")] == [""] * 5
        else:
            assert (cell["topic"], cell["label"]) == (str(page.topic), model.label(page.topic))
            numbers = [float(cell[name]) for name in ("weight", "margin", "error")]
            assert numbers == pytest.approx([page.weight, page.margin, page.error], rel=1e-8)
    assert sum(row[header.index("status")] == "no-known-words" for row in rows) == 1


def test_some_pages_only(model: TopicModel) -> None:
    """The pages that are asked for, in the order asked for."""
    assert [row[0] for row in page_rows(model, [5, 0])][1:] == [model.columns.ids[5], model.columns.ids[0]]
    assert len(list(page_rows(model, []))) == 1


def test_metadata_with_names_that_are_taken(model: TopicModel) -> None:
    """Metadata named like a column of ours get `page_` before it, as often as it takes; each column has one name."""
    meta = {
        "title": "a",
        "page_title": "b",
        "page_page_title": "c",
        "topic_1": "d",
        "topic_4": "e",
        "id": "f",
        "z": "g",
    }
    header, first, *_ = parsed(page_rows(with_meta(model, meta)))
    assert len(set(header)) == len(header)
    cell = dict(zip(header, first, strict=True))
    assert cell["title"] == model.columns.titles[0]
    assert cell["page_page_page_title"] == "a"
    assert (cell["page_title"], cell["page_page_title"]) == ("b", "c")
    assert (cell["page_topic_1"], cell["topic_4"], cell["page_id"], cell["z"]) == ("d", "e", "f", "g")
    assert header[-3:] == ["topic_1", "topic_2", "topic_3"]


def test_metadata_as_they_are(model: TopicModel) -> None:
    """Numbers in text stay text, numbers keep their digits, what is missing is an empty cell."""
    values = {"code": "007", "e": "1e5", "n": 12345678901234567890, "x": 0.1, "none": None, "nan": float("nan")}
    values |= {"yes": True, "zero": 0, "text": 'line 1\nline 2\r"quoted", \u202eturned'}
    header, first, second, *_ = parsed(page_rows(with_meta(model, values)))
    cell = dict(zip(header, first, strict=True))
    expected = {name: str(value) for name, value in values.items()} | {"none": "", "nan": ""}
    assert {name: cell[name] for name in values} == expected
    assert {dict(zip(header, second, strict=True))[name] for name in values} == {""}


def test_labels_are_worked_out_once(model: TopicModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of many pages does not rank the words of a topic again for each of them."""
    asked: list[int] = []
    terms = TopicModel.terms

    def counting(self: TopicModel, number: int, *args: Any, **options: Any) -> Any:
        asked.append(number)
        return terms(self, number, *args, **options)

    monkeypatch.setattr(TopicModel, "terms", counting)
    list(page_rows(model))
    assert len(asked) <= 3
    model_json(model, Path("x"))
    assert len(asked) <= 6


NEW = [
    ("a.txt", "Of cats", "The cat and the mouse watched the moon and a zebra."),
    ("b.txt", "Nothing", ""),
    ("c, d", 'The "c"', "Zebras"),
]


@pytest.fixture
def assignments(model: TopicModel) -> list[Assignment]:
    """New pages of every kind."""
    return [*classify_pages(model, NEW, explain=True), unreadable("e.txt", "e.txt is binary", 3)]


def test_assignments_csv(model: TopicModel, assignments: list[Assignment]) -> None:
    """The CSV of `classify`: the columns of pages.csv, the share of known words and the note."""
    header, *rows = parsed(assignment_rows(model, assignments))
    assert header == ["name", *PAGE_COLUMNS[1:], "known_words", "note", "topic_1", "topic_2", "topic_3"]
    table = [dict(zip(header, row, strict=True)) for row in rows]
    assert [row["name"] for row in table] == ["a.txt", "b.txt", "c, d", "e.txt"]
    assert [row["status"] for row in table] == ["ok", "no-known-words", "no-known-words", "unreadable"]
    assert [row["known_words"] for row in table][1:] == ["", "0", ""]
    assert float(table[0]["known_words"]) == pytest.approx(assignments[0].known_words, rel=1e-8)
    assert table[0]["topic"] == str(assignments[0].topics.topic)
    assert table[3]["note"] == "e.txt is binary"


# ---------------------------------------------------------------------------------------------- JSON


def plain(document: Any) -> Any:
    """The document as strict JSON has it: nan is no JSON."""
    return json.loads(json.dumps(document, allow_nan=False))


def test_json_of_a_model(model: TopicModel) -> None:
    """The document that the contract promises, key by key, the schema first."""
    document = plain(model_json(model, Path("models/x")))
    assert list(document) == (
        "schema model rank n_pages n_terms objective relative_error iterations converged topics".split()
    )
    assert (document["schema"], document["model"], document["rank"]) == (1, "models/x", 3)
    assert (document["n_pages"], document["n_terms"]) == (12, len(model.rows))
    assert (document["objective"], document["converged"]) == ("frobenius", True)
    assert document["iterations"] == len(model.trace)
    assert document["topics"] == [plain(topic_json(model, k)) for k in (1, 2, 3)]
    assert plain(model_json(replace(model, stopped="max_iter"), Path("x")))["converged"] is False


def test_json_of_a_topic(model: TopicModel) -> None:
    """A topic has its number, label, share, pages, terms and the pages that it dominates; nan is null."""
    document = plain(topic_json(model, 2, terms=4, pages=2))
    topic = model.topics()[1]
    assert (document["topic"], document["label"], document["pages"]) == (2, topic.label, topic.pages)
    assert document["share"] == pytest.approx(topic.share, rel=1e-8)
    assert document["stability"] is None
    assert [term["term"] for term in document["terms"]] == [term for term, _ in model.terms(2, 4)]
    best = model.top_pages(2, 2)
    assert [page["id"] for page in document["top_pages"]] == [model.columns.ids[j] for j, _ in best]
    assert [page["title"] for page in document["top_pages"]] == [model.columns.titles[j] for j, _ in best]


def test_json_of_pages(model: TopicModel) -> None:
    """Pages with and without a topic, and metadata with nan, are strict JSON."""
    model = with_meta(model, {"x": float("nan"), "n": 0.1, "s": "nan", "none": None, "big": 2**70})
    pages = model.pages()
    first, without = (plain(page_json(model, j, pages[j])) for j in (0, 3))
    assert first["meta"] == {"x": None, "n": 0.1, "s": "nan", "none": None, "big": 2**70}
    assert (first["status"], first["topic"]) == ("ok", pages[0].topic)
    assert first["weights"] == pytest.approx(pages[0].weights.tolist(), rel=1e-8)
    assert (without["status"], without["weights"]) == ("no-known-words", [0, 0, 0])
    assert [without[name] for name in ("topic", "label", "weight", "margin", "error")] == [None] * 5


def test_json_of_assignments(model: TopicModel, assignments: list[Assignment]) -> None:
    """The document of `classify` has the promised keys, the explanation where there is one, and null for nan."""
    documents = [plain(assignment_json(model, a)) for a in assignments]
    promised = "name status topic label margin known_words unknown_words error weights".split()
    for document in documents:
        assert set(promised) <= set(document)
    assert [d["known_words"] for d in documents][1:] == [None, 0.0, None]
    assert documents[2]["unknown_words"] == ["zebras"]
    assert "explanation" not in documents[3]
    parts = [word["part"] for topic in documents[0]["explanation"] for word in topic["words"]]
    assert sum(parts) == pytest.approx(1, abs=1e-6)
    assert documents[0]["explanation"][0]["label"] == model.label(documents[0]["explanation"][0]["topic"])


# ---------------------------------------------------------------------------------------------- the terminal


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=40))
def test_readable_text_has_nothing_that_acts(text: str) -> None:
    """No control character, no mark of direction, no line end is left; letters and signs stay in their places."""
    made = readable(text)
    assert len(made) == len(text)
    assert len((made + "x").splitlines()) == 1
    for before, after in zip(text, made, strict=True):
        kind = unicodedata.category(before)
        assert after == (" " if kind in ("Cc", "Cf", "Cs", "Zl", "Zp") else before)


@pytest.mark.parametrize(
    "mark", ["\x1b[31m", "\x07", "\r", "\u202e", "\u2066", "\u200f", "\u061c", "\x9b31m", "\u2028", "\ud800", "\ufeff"]
)
def test_readable_strips(mark: str) -> None:
    """Escape sequences lose what makes them one, marks of direction are gone."""
    assert mark not in readable(f"a{mark}b")


@pytest.mark.parametrize(
    ("value", "drawn"),
    [(0, "    "), (1, "████"), (0.5, "██  "), (1 / 32, "▏   "), (31 / 32, "███▉"), (-1, "    "), (7, "████")],
)
def test_bars(value: float, drawn: str) -> None:
    """Eighths of a block, of the same width whatever the value."""
    assert bar(value, 4) == drawn


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Terminal]:
    """Let stdout be a terminal of a width, without colours."""

    def open_terminal(width: int) -> Terminal:
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm-256color")
        stream = Terminal()
        monkeypatch.setattr(sys, "stdout", stream)
        return stream

    return open_terminal


HEADERS = ["topic", "label", "share of it", "", "words"]
ROWS = [
    ["1", "A rather long label of a topic", "12.5%", "████", "one, two, three, four, five, six, seven, eight"],
    ["10", "短い名前と長い名前と短い名前", "3.0%", "█▌  ", "one\ntwo\u2028three\x1b[31m"],
    ["", "", "", "", ""],
]


def test_table_in_a_pipe_is_whole(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where stdout is no terminal, nothing is cut and nothing coloured, whatever the environment asks for."""
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("COLUMNS", "20")
    print_table(HEADERS, ROWS, right=(0, 2))
    lines = capsys.readouterr().out.split("\n")
    assert lines == [
        "topic  label                           share of it        words",
        "    1  A rather long label of a topic        12.5%  ████  one, two, three, four, five, six, seven, eight",
        "   10  短い名前と長い名前と短い名前           3.0%  █▌    one two three [31m",
        "",
        "",
    ]


@pytest.mark.parametrize("width", [20, 30, 45, 60, 80, 200])
def test_table_fits_a_terminal(terminal: Callable[[int], Terminal], width: int) -> None:
    """No line is wider than the terminal, and there is one line a row."""
    stream = terminal(width)
    print_table(HEADERS, ROWS, right=(0, 2))
    lines = stream.getvalue().split("\n")
    assert len(lines) == 5
    assert max(map(cell_len, lines)) <= width
    assert all(line == line.rstrip() for line in lines)
    assert "\x1b" not in stream.getvalue()


def test_text_is_cut_before_numbers(terminal: Callable[[int], Terminal]) -> None:
    """In a narrow terminal texts end in an ellipsis, the widest first; numbers and bars are whole as long as can be."""
    stream = terminal(60)
    print_table(HEADERS, ROWS[:1], right=(0, 2))
    assert stream.getvalue() == (
        "topic  label             share of it        words\n"
        "    1  A rather long l…        12.5%  ████  one, two, three…\n"
    )
    stream = terminal(48)
    print_table(HEADERS, ROWS[:1], right=(0, 2))
    header, row = stream.getvalue().splitlines()
    assert row == "    1  A rather lo…    12.5%  ████  one, two, t…"
    assert header == "topic  label         share …        words"
    stream = terminal(31)
    print_table(HEADERS, ROWS[:1], right=(0, 2))
    assert "12.5%  ████" in stream.getvalue().splitlines()[1]


def test_wide_letters_take_two_places(terminal: Callable[[int], Terminal]) -> None:
    """Chinese letters are measured as the terminal draws them, so that columns stay in line."""
    stream = terminal(30)
    print_table(["name", "n"], [["短い名前と長い名前と短い名前", "7"], ["plain", "8"]], right=(1,))
    _, wide, plain_line = stream.getvalue().splitlines()
    assert cell_len(wide) == cell_len(plain_line) <= 30
    assert wide.endswith("7")
    assert "…" in wide


def test_header_is_bold_unless_colours_are_unwanted(
    terminal: Callable[[int], Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal gets a bold header; with NO_COLOR it gets no escape sequence at all."""
    stream = terminal(80)
    print_table(["a"], [["1"]])
    assert stream.getvalue() == "a\n1\n"
    stream = terminal(80)
    monkeypatch.delenv("NO_COLOR")
    print_table(["a"], [["1"]])
    assert stream.getvalue() == "\x1b[1ma\x1b[0m\n1\n"


def test_table_without_rows(capsys: pytest.CaptureFixture[str], terminal: Callable[[int], Terminal]) -> None:
    """A table of nothing is its header."""
    print_table(["a", "b"], [])
    assert capsys.readouterr().out == "a  b\n"
    stream = terminal(3)
    print_table(["a", "b"], [])
    assert max(map(cell_len, stream.getvalue().split("\n"))) <= 3


@pytest.mark.skipif(not hasattr(termios, "TIOCSWINSZ"), reason="the system does not let a test size a terminal")
@pytest.mark.parametrize("width", [40, 100])
def test_real_terminal(width: int) -> None:
    """In a terminal of the system's own the table has its width, and is bold at its head."""
    code = f"from nmf_topics.views.tables import print_table\nprint_table({HEADERS!r}, {ROWS[:2]!r}, right=(0, 2))"
    unset = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment |= {"TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"}
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    with subprocess.Popen([sys.executable, "-c", code], stdin=theirs, stdout=theirs, env=environment) as process:
        os.close(theirs)
        output = b""
        while True:
            try:
                read = os.read(ours, 65536)
            except OSError:  # what Linux says when the other end is closed
                break
            if not read:
                break
            output += read
    os.close(ours)
    assert process.returncode == 0
    lines = output.decode("utf-8").replace("\r\n", "\n").rstrip("\n").split("\n")
    assert len(lines) == 3
    assert lines[0].startswith("\x1b[1m")
    assert lines[0].endswith("\x1b[0m")
    assert "\x1b" not in "".join(lines[1:])
    assert max(map(cell_len, lines[1:])) <= width
    assert "12.5%" in lines[1]


def test_printed_topics(model: TopicModel, capsys: pytest.CaptureFixture[str]) -> None:
    """Number, share, bar, pages, label and words of each topic; the stability where it is known; long names cut."""
    print_topics(model.renamed({1: "x" * 60}), words=3)
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["topic", "share", "pages", "label", "words"]
    assert lines[0].split()[:2] == ["1", f"{model.shares[0]:.1%}"]
    assert "x" * 39 + "…" in lines[0]
    assert lines[1].endswith(", ".join(word for word, _ in model.terms(2, 3)))
    assert "████████" in lines[0]
    print_topics(replace(model, stabilities=np.array([1.0, 0.5, np.nan])), order="exclusive")
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["topic", "share", "pages", "stable", "label", "words"]
    assert " 0.50 " in lines[1]


def test_printed_parts_of_images(capsys: pytest.CaptureFixture[str], model: TopicModel) -> None:
    """Parts of images have no words: a number, a share and how many images they dominate."""
    n = len(model.rows)
    print_topics(replace(model, rows=PixelGrid(1, n)))
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["topic", "share", "pages"]
    assert len(lines) == 3


def test_printed_pages(model: TopicModel, capsys: pytest.CaptureFixture[str]) -> None:
    """Pages with their topics; the status stands where there is none."""
    print_pages(model, [0, 3])
    header, first, without = capsys.readouterr().out.splitlines()
    page = model.pages()[0]
    assert header.split() == ["topic", "label", "weight", "margin", "error", "title"]
    assert first.split()[0] == str(page.topic)
    assert f"{page.margin:.2f}" in first
    assert first.endswith(model.columns.titles[0])
    assert without.split() == ["-", "no-known-words", *model.columns.titles[3].split()]


def test_printed_assignments(
    model: TopicModel, assignments: list[Assignment], capsys: pytest.CaptureFixture[str]
) -> None:
    """New pages with topic, margin and known words, what comes next, and the note of those without a topic."""
    print_assignments(model, assignments)
    header, first, *others = capsys.readouterr().out.splitlines()
    assert header.split() == ["page", "topic", "weight", "margin", "known", "error", "then"]
    topics = assignments[0].topics
    assert f"{topics.topic} {model.label(topics.topic or 1)}" in first
    assert f"{assignments[0].known_words:.0%}" in first
    assert f"({sorted(topics.weights)[1]:.0%})" in first
    for a, line in zip(assignments[1:], others, strict=True):
        assert line.startswith(a.title)
        assert line.endswith(a.note)
        assert a.topics.status in line


def test_printed_explanation(
    model: TopicModel, assignments: list[Assignment], capsys: pytest.CaptureFixture[str]
) -> None:
    """The words that carried each topic with their parts, and what the model does not know; no table of nothing."""
    print_explanation(model, assignments[0])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["", "Of cats"]
    assert lines[2].startswith("topic")
    assert lines[3].startswith(str(assignments[0].topics.topic))
    assert "%" in lines[3]
    assert " 0.0%" not in "".join(lines)
    assert lines[-1] == "not in the vocabulary: watched, zebra"
    print_explanation(model, replace(assignments[2], unknown_words=[f"w{i}" for i in range(13)]))
    assert (
        capsys.readouterr().out
        == '\nThe "c"\nnot in the vocabulary: ' + ", ".join(f"w{i}" for i in range(10)) + " and 3 more\n"
    )


def test_nothing_in_a_title_can_disturb(
    model: TopicModel, assignments: list[Assignment], terminal: Callable[[int], Terminal]
) -> None:
    """Titles, labels, notes and unknown words with escape sequences and line ends reach no terminal as such."""
    bad = "a\x1b[2Jb\nc\u202ed\r\u2028"
    odd = replace(
        model.renamed({1: bad, 2: bad, 3: bad}),
        columns=PageColumns(model.columns.ids, [bad] * 12, model.columns.meta),
    )
    stream = terminal(120)
    print_topics(odd)
    print_pages(odd, [0, 1])
    new = [replace(a, title=bad, note=bad, unknown_words=[bad]) for a in assignments]
    print_assignments(odd, new)
    for a in new:
        print_explanation(odd, a)
    text = stream.getvalue()
    assert not {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")} - {"\n"}
    assert math.isnan(new[1].known_words)
