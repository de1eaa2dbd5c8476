"""The program in a process of its own, where signals, pipes, exit statuses or the environment matter."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

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
