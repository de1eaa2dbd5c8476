"""What is said on stderr: notes, warnings and progress. Nothing but errors under --quiet."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from types import TracebackType
from typing import Any

import click

EVERY = 5.0  # seconds between lines of progress where there is no terminal


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

    def note(self, message: str) -> None:
        """Something that the user may want to know."""
        if not self.quiet:
            click.echo(message, err=True)

    def detail(self, message: str) -> None:
        """Something for --verbose."""
        if self.verbose:
            click.echo(message, err=True)

    def warn(self, message: str) -> None:
        """Something that the user should know."""
        if not self.quiet:
            click.echo(f"warning: {message}", err=True)

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
        self._shown = False

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
            click.echo(f"\r\x1b[K{line}", nl=False, err=True)
            self._shown = True
        else:
            click.echo(line, err=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)
