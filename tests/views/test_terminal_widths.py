"""The program in terminals of the system's own, of several widths and kinds."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from inputs import WIDE, write_jsonl
from program import LINUX, Run, call_in_terminal

from nmf_topics.cli.console import CLEAR, Console

pytestmark = LINUX

TEXTS = {
    "猫": "猫が鼠を追う。",  # each letter takes two places
    "cafe\u0301 au lait na\u0308chst": "A cafe\u0301.",  # the marks take none
    "שלום עולם": "שלום.",
    "पानी की कहानी": "पानी।",
    "\x1b[2Jtitle\u202e that\x07 acts": "An escape.",
    "A title that goes on for so long that no terminal has room for all of it, " * 3: "Long.",
}


def places(line: str) -> int:
    """Places that a line takes in a terminal, by Unicode Standard Annex 11 and the classes of marks."""
    return sum(
        0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in line
    )


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Path:
    """A folder with pages of strange titles, and a model of them and of plain ones."""
    from click.testing import CliRunner

    from nmf_topics.cli.main import cli

    place = tmp_path_factory.mktemp("strange")
    plain = (template / "tiny.jsonl").read_text(encoding="utf-8")
    rows = [{"title": title, "text": f"{text} The cat saw a dog and a mouse."} for title, text in TEXTS.items()]
    write_jsonl(place / "new.jsonl", rows)
    (place / "all.jsonl").write_text(plain + (place / "new.jsonl").read_text(encoding="utf-8"), encoding="utf-8")
    fit = ["fit", str(place / "all.jsonl"), "-r", "3", *map(str, WIDE), "--runs", "2", "-o", str(place / "model"), "-q"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NMF_TOPICS_CACHE", str(place / "cache"))
        result = CliRunner().invoke(cli, fit)
    assert result.exit_code == 0, result.stderr
    return place


def shown(lines: list[str]) -> list[str]:
    """Lines without bold letters and marks of isolation."""
    return [re.sub(r"\x1b\[\d*m|[\u2066-\u2069]", "", line) for line in lines]


@pytest.mark.parametrize(
    ("command", "widths"), [("topics", (60, 80, 120, 200)), ("pages", (60, 120)), ("classify", (80, 200))]
)
def test_tables_fit_at_every_width(strange: Path, ok: Run, command: str, widths: tuple[int, ...]) -> None:
    """No line is longer than the terminal is wide, the room is used, and there is a line for each of a pipe's."""
    arguments = [command, strange / "model"]
    if command == "classify":
        arguments = [command, strange / "new.jsonl", "--model", strange / "model"]
    whole = ok(*arguments, "-q").stdout.splitlines()
    for width in widths:
        lines = call_in_terminal(width, *arguments, "-q")
        assert lines[0].startswith("\x1b[1m")
        assert "\x1b" not in "".join(lines[1:])
        assert len(lines) == len(whole)
        assert max(map(places, shown(lines))) <= width
        assert max(map(places, shown(lines))) > 0.7 * min(width, max(map(places, whole)))
        if width == 200 and command == "topics":
            assert shown(lines) == whole


@pytest.mark.slow
def test_columns_stay_in_line(strange: Path) -> None:
    """A column begins at the same place on each line, whatever letters stand before it."""
    lines = shown(call_in_terminal(100, "classify", strange / "new.jsonl", "--model", strange / "model", "-q"))
    # of Indian vowels some terminals say that they take a place of their own, and some that they take none
    percent = [places(line[: line.index("%")]) for line in lines[1:] if not line.startswith("पानी")]
    assert len(set(percent)) == 1
    assert percent[0] == places(lines[0][: lines[0].index("weight")]) + len("weight") - 1


def test_what_a_narrow_terminal_lacks(fitted: Path, ok: Run) -> None:
    """What says least goes first: labels that repeat the words, then bars; given names stay; pipes have all."""
    heads = {width: shown(call_in_terminal(width, "topics", "-q"))[0].split() for width in (40, 60, 120)}
    assert heads[120] == ["topic", "share", "pages", "label", "words"]
    assert heads[60] == ["topic", "share", "pages", "words"]
    assert heads[40] == ["topic", "share", "words"]
    bars = ["█" in "".join(call_in_terminal(width, "topics", "-q")) for width in (60, 80)]
    assert bars == [False, True]
    ok("label", "2=Music")
    named = shown(call_in_terminal(60, "topics", "-q"))
    assert "label" in named[0]
    assert "Music" in "".join(named)
    assert ok("topics", "-q").stdout.splitlines()[0].split() == heads[120]


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_escapes_where_none_are_wanted(fitted: Path, env: dict[str, str]) -> None:
    """With NO_COLOR, and on a terminal that knows none, there is no escape at all; the width is obeyed."""
    lines = call_in_terminal(50, "topics", "-q", env=env)
    assert "\x1b" not in "".join(lines)
    assert 40 < max(map(places, lines)) <= 50


@pytest.mark.slow
@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_progress_in_a_terminal(tiny_corpus: Path, term: str) -> None:
    """A line of progress is rewritten where the terminal can do that; --quiet shows none."""
    work = ("fit", tiny_corpus, "-r", 3, *WIDE, "--solver", "mu", "--tolerance", 0, "--max-iter", 3000)
    said = "\n".join(call_in_terminal(50, *work, "-o", "one", env={"TERM": term}))
    written = re.findall(r"\r\x1b\[K([^\r\n]+)", said)
    assert any(line.startswith("iteration ") for line in written) == (term == "xterm")
    assert ("\x1b" in said) == (term == "xterm")
    assert all(places(line) < 50 for line in written if line.startswith("iteration "))
    quiet = "\n".join(call_in_terminal(50, *work, "-o", "two", "-q", env={"TERM": term}))
    assert "iteration " not in quiet


@pytest.mark.slow
def test_progress_has_the_width_of_its_own_terminal(tiny_corpus: Path) -> None:
    """With stdout in a file, lines of progress fit the terminal that shows stderr."""
    work = ("fit", tiny_corpus, "-r", 3, *WIDE, "--solver", "mu", "--tolerance", 0, "--max-iter", 3000)
    with Path("out.txt").open("w") as out:
        said = "\n".join(call_in_terminal(30, *work, stdout=out))
    written = re.findall(r"\r\x1b\[K(iteration [^\r\n]+)", said)
    assert written
    assert max(map(places, written)) == 29
    assert "\x1b" not in Path("out.txt").read_text(encoding="utf-8")


def test_progress_of_titles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control characters in titles have no effect, and wide letters are counted with their displayed width."""
    said: list[str] = []
    monkeypatch.setattr("nmf_topics.cli.console.click.echo", lambda line, **where: said.append(line))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr("nmf_topics.cli.console.EVERY", 0.0)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    talk = Console()
    with talk.progress("page") as progress:
        progress._said -= 1  # it is time to say something
        progress.step("\x1b[2J長い題名と長い題名と長い題名と長い題名")
    (line,) = [text for text in said if text.startswith(CLEAR + "page")]
    assert "\x1b" not in line.removeprefix(CLEAR)
    assert places(line.removeprefix(CLEAR)) <= 39
    talk.warn("a\x1b[31m title\nand a line")
    assert said[-1] == "warning: a [31m title\nand a line"
