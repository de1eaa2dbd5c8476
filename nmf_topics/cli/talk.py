"""What is said on stderr: notes, warnings and progress. Nothing but errors under --quiet."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from types import TracebackType
from typing import Any

import click

EVERY = 5.0  # seconds between lines of progress where there is no terminal
CLEAR = "\r\x1b[K"  # to the beginning of the line, and nothing on it


class Talk:
    """The program's voice.

    Parameters
    ----------
    quiet : say nothing but errors
    verbose : say also what is of interest only now and then
    """

    def __init__(self, quiet: bool = False, verbose: bool = False) -> None:
        self.quiet = quiet
        self.verbose = verbose and not quiet
        self.unfinished = False  # whether the cursor stands at the end of a line of progress

    def note(self, message: str) -> None:
        """Something that the user may want to know."""
        if not self.quiet:
            self.clear()
            click.echo(message, err=True)

    def detail(self, message: str) -> None:
        """Something for --verbose."""
        if self.verbose:
            self.note(message)

    def warn(self, message: str) -> None:
        """Something that the user should know."""
        self.note(f"warning: {message}")

    def clear(self) -> None:
        """Take a line of progress away."""
        if self.unfinished:
            click.echo(CLEAR, nl=False, err=True)
            self.unfinished = False

    def progress(self, what: str, total: int | None = None) -> Progress:
        """A line that grows while something takes its time; with a total, it says how long."""
        return Progress(self, what, total)


class Progress:
    """Counts of one phase: a line that is rewritten on a terminal, a line now and then elsewhere."""

    def __init__(self, talk: Talk, what: str, total: int | None = None) -> None:
        self._talk = talk
        self._what = what
        self._total = total
        self._terminal = sys.stderr.isatty()
        self._began = time.monotonic()
        self._said = self._began
        self._count = 0

    def __enter__(self) -> Progress:
        return self

    def step(self, detail: Any = "") -> None:
        """One more."""
        self._count += 1
        now = time.monotonic()
        if self._talk.quiet or now - self._said < (0.1 if self._terminal else EVERY):
            return
        self._said = now
        rate = self._count / (now - self._began)
        line = f"{self._what} {self._count} ({rate:.0f}/s) {detail}".rstrip()
        if self._total is not None:
            left = timedelta(seconds=round(max(0, self._total - self._count) / rate))
            line = f"{self._what} {self._count} of {self._total} ({left} left) {detail}".rstrip()
        if self._terminal:
            click.echo(f"{CLEAR}{line}", nl=False, err=True)
            self._talk.unfinished = True
        else:
            click.echo(line, err=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._talk.clear()
