"""Tables in the terminal: fitted to its width, complete in a pipe, and without control characters."""

from __future__ import annotations

import io
import math
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from nmf_topics.images.pixels import PixelGrid
from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.model.classify import Assignment
from nmf_topics.model.model import TopicModel
from nmf_topics.views.tables.terminal import (
    bar,
    print_assignments,
    print_explanation,
    print_pages,
    print_table,
    print_topics,
    readable,
)


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=40))
def test_readable_text_has_nothing_that_acts(text: str) -> None:
    """No control character, no mark of direction, no line end is left; letters and signs stay in their places."""
    text = text.replace("\u200c", "").replace("\u200d", "")  # of which a test of their own speaks
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
    ("text", "made"),
    [
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("\u200cمی\u200c", " می "),
        ("\u200d", " "),
        ("سي \u200dمي", "سي  مي"),
        ("👩\u200d🔬", "👩 🔬"),
        ("a\u200c\u200db", "a  b"),
    ],
)
def test_joiners_stay_inside_words(text: str, made: str) -> None:
    """The joiners of Persian and Indian words are kept between letters, and nowhere else."""
    assert readable(text) == made


def test_cells_from_the_right_are_isolated_in_a_terminal(
    terminal: Callable[[int], Terminal], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each cell with Arabic or Hebrew stands between marks of isolation, so that columns keep their order."""
    rows = [["1", "سي, القدم", "שלום, radio"], ["2", "plain", "12%"]]
    print_table(["n", "label", "words"], rows, right=(0,))
    assert not set(capsys.readouterr().out) & set("\u2066\u2067\u2068\u2069")  # pipes get none
    stream = terminal(80)
    print_table(["n", "label", "words"], rows, right=(0,))
    header, first, second = stream.getvalue().splitlines()
    assert first == "1  \u2068سي, القدم\u2069  \u2068שלום, radio\u2069"
    assert second == "2  plain      12%"
    assert header == "n  label      words"
    narrow = terminal(22)
    print_table(["n", "label", "words"], rows, right=(0,))
    first = narrow.getvalue().splitlines()[1]
    assert first.count("\u2068") == first.count("\u2069") == 2
    assert "…\u2069" in first
    assert cell_len(first) <= 22


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
        """Return True."""
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


def test_different_titles_stay_different(terminal: Callable[[int], Terminal]) -> None:
    """Titles that begin alike are cut in the middle, so that their ends tell them apart; others at their end."""
    titles = [f"Minutes of the council of the town of Newtown, {year}" for year in (1990, 1991)]
    rows = [["1", title] for title in (*titles, "Minutes of the council of another town altogether", titles[0])]
    stream = terminal(40)
    print_table(["topic", "title"], rows, right=(0,), distinct=(1,))
    lines = stream.getvalue().splitlines()[1:]
    assert lines[0] == lines[3] == "    1  Minutes of the c…of Newtown, 1990"
    assert lines[1] == "    1  Minutes of the c…of Newtown, 1991"
    assert lines[2] == "    1  Minutes of the council of anothe…"
    stream = terminal(40)
    print_table(["topic", "title"], rows[:2], right=(0,))
    assert len(set(stream.getvalue().splitlines()[1:])) == 1


def test_columns_that_can_be_spared_make_room_for_texts(terminal: Callable[[int], Terminal]) -> None:
    """A column goes where another one would have less than its comfortable width; long texts give way first."""
    rows = [["a label of more than twenty letters", "t" * 40, "0.5"]]
    heads = {}
    for width in (90, 72, 60):
        stream = terminal(width)
        print_table(["label", "title", "error"], rows, right=(2,), spare=(2, 0), comfortable={1: 40})
        heads[width] = stream.getvalue().splitlines()[0].split()
        assert "t" * 40 in stream.getvalue()
    assert heads == {90: ["label", "title", "error"], 72: ["label", "title", "error"], 60: ["title"]}


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
    assert row == "    1  A rather lo…    12.5%  ████  one, two, …"  # a list ends with a whole item
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
