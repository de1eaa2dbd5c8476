"""What goes to stderr: notes, progress, silence; and tables on a terminal."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from inputs import WIDE
from program import Run

from nmf_topics.cli.console import Console


def test_quiet_is_quiet(ok: Run, fitted: Path, tiny_corpus: Path) -> None:
    """Under --quiet nothing but results: stderr stays empty (for the slower commands see their own tests)."""
    Path("new.txt").write_text("The rocket and the moon.")
    for arguments in (
        ("fit", tiny_corpus, "-r", 2, *WIDE, "--max-iter", 1),
        ("classify", "new.txt"),
        ("topics",),
        ("pages",),
    ):
        assert ok(*arguments, "--quiet").stderr == "", arguments


def test_verbose_says_more(ok: Run, tiny_corpus: Path) -> None:
    """--verbose tells what became of the words and how long each stage took; --quiet is stronger."""
    said = ok("fit", tiny_corpus, "-r", 2, *WIDE, "--verbose").stderr
    assert re.search(r"\d+ words read, \d+ kept, dropped: .*\d+ stop", said)
    for stage in ("read", "fit", "write"):
        assert re.search(rf"^{stage}: [\d.]+ s, peak memory [\d.]+ MB$", said, re.MULTILINE)
    assert "words read" not in ok("fit", tiny_corpus, "-r", 2, *WIDE).stderr
    assert ok("fit", tiny_corpus, "-r", 2, *WIDE, "-v", "-q").stderr == ""


def test_progress_in_a_pipe(ok: Run, tiny_corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where stderr is no terminal, a plain line now and then says how far it is."""
    monkeypatch.setattr("nmf_topics.cli.console.EVERY", 0.0)
    said = ok("ranks", tiny_corpus, *WIDE, "--to", 4, "--no-cache").stderr
    assert re.search(r"^read 12 \(\d+/s\)$", said, re.MULTILINE)
    assert re.search(r"^rank 2 of 2 \([\d.]+/s, \d:\d\d:\d\d left\) \(rank 4: error 0\.\d+\)$", said, re.MULTILINE)
    assert "\x1b" not in said
    assert "\r" not in said


def test_progress_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal one line is rewritten, taken away for a warning, and gone at the end."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        for quiet in (False, True):
            talk = Console(quiet)
            with talk.progress("read") as progress:
                for _ in range(3):
                    time.sleep(0.11)
                    progress.step()
                talk.warn("odd")
            talk.note("done")
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    lines = "".join(rf"\r\x1b\[Kread {k} \([\d.]+/s\)" for k in (1, 2, 3))
    assert re.fullmatch(rf"{lines}\r\x1b\[Kwarning: odd\r\ndone\r\n", shown), shown


def said_of(seconds: float, steps: int, monkeypatch: pytest.MonkeyPatch, **known: Any) -> str:
    """What is said after so many steps in so many seconds."""
    clock = [0.0]
    monkeypatch.setattr("nmf_topics.cli.console.time", SimpleNamespace(monotonic=lambda: clock[0]))
    said: list[str] = []
    monkeypatch.setattr("nmf_topics.cli.console.click", SimpleNamespace(echo=lambda line, **where: said.append(line)))
    with Console().progress("page", **known) as progress:
        for step in range(1, steps + 1):
            clock[0] = seconds * step / steps
            progress.step()
    return said[-1]


@pytest.mark.parametrize(
    ("seconds", "steps", "known", "line"),
    [
        (10, 50, {}, "page 50 (5.0/s)"),
        (10, 500, {"total": 2000}, "page 500 of 2000 (50/s, 0:00:30 left)"),
        (10, 500, {"share": lambda: 0.1}, "page 500 (50/s, 0:01:30 left)"),
        (10, 500, {"share": lambda: None}, "page 500 (50/s)"),
        (10, 500, {"share": lambda: 0.0}, "page 500 (50/s)"),
        (10, 100, {"at_most": 1000}, "page 100 (10/s, at most 0:01:30 left)"),
        (7200, 100, {"total": 100}, "page 100 of 100 (0.0/s, 0:00:00 left)"),
    ],
)
def test_how_long_it_will_take(
    monkeypatch: pytest.MonkeyPatch, seconds: float, steps: int, known: dict[str, Any], line: str
) -> None:
    """The rate, and the time left by the number of all, by the share of the source, or at most."""
    assert said_of(seconds, steps, monkeypatch, **known) == line


def test_each_phase_has_its_line(ok: Run, tiny_corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading, iterations and pictures are counted, with what is left where that can be told."""
    monkeypatch.setattr("nmf_topics.cli.console.EVERY", 0.0)
    said = ok("fit", tiny_corpus, "-r", 2, *WIDE, "--no-cache").stderr
    assert re.search(r"^read 12 \([\d.]+/s\)$", said, re.MULTILINE)
    assert re.search(r"^iteration 9 \([\d.]+/s, at most \d:\d\d:\d\d left\) error 0\.\d+$", said, re.MULTILINE)
    assert re.search(r"^picture 2 of 2 \([\d.]+/s, 0:00:00 left\)$", said, re.MULTILINE)


def test_a_line_of_progress_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is cut before the end of a terminal's line: a second line could not be taken away."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    ours, theirs = pty.openpty()
    monkeypatch.setenv("COLUMNS", "30")
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with Console().progress("page") as progress:
            time.sleep(0.11)
            progress.step("A title that is much longer than the terminal is wide")
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    line = shown.split("\x1b[K")[1].split("\r")[0]
    assert len(line) == 29
    assert re.match(r"page 1 \([\d.]+/s\) A title", line)
