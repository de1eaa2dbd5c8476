"""What goes to stderr: notes, progress, silence; and tables on a terminal."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from pathlib import Path

import pytest
from inputs import WIDE
from program import Run, call

from nmf_topics.cli.talk import Talk


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
    monkeypatch.setattr("nmf_topics.cli.talk.EVERY", 0.0)
    said = ok("ranks", tiny_corpus, *WIDE, "--to", 4, "--no-cache").stderr
    assert re.search(r"^read 12 \(\d+/s\)$", said, re.MULTILINE)
    assert re.search(r"^rank 2 \(\d+/s\) \(rank 4: error 0\.\d+\)$", said, re.MULTILINE)
    assert "\x1b" not in said
    assert "\r" not in said


def test_progress_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal one line is rewritten, taken away for a warning, and gone at the end."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        for quiet in (False, True):
            talk = Talk(quiet)
            with talk.progress("read") as progress:
                for _ in range(3):
                    time.sleep(0.11)
                    progress.step()
                talk.warn("odd")
            talk.note("done")
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    lines = "".join(rf"\r\x1b\[Kread {k} \(\d+/s\)" for k in (1, 2, 3))
    assert re.fullmatch(rf"{lines}\r\x1b\[Kwarning: odd\r\ndone\r\n", shown), shown


def test_a_terminal_is_not_overrun(fitted: Path) -> None:
    """On a terminal of 60 columns no line of a table is longer; in a pipe none is cut."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    import fcntl
    import struct
    import termios

    plain = call("topics").stdout
    assert max(map(len, plain.splitlines())) > 70
    assert "…" not in plain
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    unset = {"COLUMNS": "", "LINES": "", "TERM": "xterm", "NO_COLOR": "1"}
    done = call("topics", stdout=theirs, env=unset)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # the other end is closed: nothing more comes
        while part := os.read(ours, 10_000):
            shown += part
    os.close(ours)
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in shown.decode().split("\r\n")]
    assert done.returncode == 0
    assert max(map(len, lines)) <= 60, lines
    assert len(lines) == len(plain.splitlines()) + 1
