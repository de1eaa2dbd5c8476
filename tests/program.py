"""The program in a process of its own, where signals, pipes, exit statuses or the environment matter.

In this process it is run by the fixtures `run`, `ok`, `refused` and `refuse`, whose types are here.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from click.testing import Result

Run = Callable[..., Result]
Refused = Callable[..., str]  # refused(status, *arguments)
Refuse = Callable[..., str]  # refuse(*arguments): with status 1
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="uses what only Linux has")

PROGRAM = [sys.executable, "-m", "nmf_topics"]
PATIENCE = 120.0  # seconds before a program that hangs is an error


def _listen() -> None:
    """Hear Ctrl-C even if the tests run in the background of a shell, where it is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(*arguments: object, env: Mapping[str, str] | None = None, **settings: Any) -> subprocess.Popen[str]:
    """Start the program; `env` is put on top of the test's environment."""
    settings = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | settings
    if os.name == "posix":
        settings.setdefault("preexec_fn", _listen)
    return subprocess.Popen(
        [*PROGRAM, *map(str, arguments)], env={**os.environ, **(env or {})}, text=True, encoding="utf-8", **settings
    )


def call(*arguments: object, env: Mapping[str, str] | None = None, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    settings = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | settings
    if "input" in settings:
        del settings["stdin"]
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        env={**os.environ, **(env or {})},
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        **settings,
    )


def call_in_terminal(
    width: int, *arguments: object, env: Mapping[str, str] | None = None, **settings: Any
) -> list[str]:
    """Run the program in a terminal of the system's own; the lines that it shows, as sent."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    told = {"COLUMNS": "", "LINES": "", "NO_COLOR": "", "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"}
    settings = {"stdin": theirs, "stdout": theirs, "stderr": theirs} | settings
    with start(*arguments, env={**told, **(env or {})}, **settings) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # what Linux says when the other end is closed
            while part := os.read(ours, 65536):
                shown += part
        os.close(ours)
    assert process.returncode == 0, shown
    return shown.decode("utf-8").split("\r\n")[:-1]
