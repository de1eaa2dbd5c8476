"""The program in a process of its own, where signals, pipes, exit statuses or the environment matter.

In this process it is run by the fixtures `run`, `ok`, `refused` and `refuse`, whose types are here.
"""

from __future__ import annotations

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
