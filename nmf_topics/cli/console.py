"""What is said on stderr: notes, warnings and progress. Nothing but errors under --quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType

import click

from nmf_topics.cli.wording import worded
from nmf_topics.files.system import supports_ansi, terminal_width

TELLING = 0.01  # what must be done of something before it can be told how long it takes
EVERY = 5.0  # seconds between lines of progress where there is no terminal
CLEAR = "\r\x1b[K"  # to the beginning of the line, and nothing on it


class Console:
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
            click.echo("\n".join(map(_harmless, worded(message).split("\n"))), err=True)

    def detail(self, message: str) -> None:
        """Something for --verbose."""
        if self.verbose:
            self.note(message)

    def warn(self, message: str) -> None:
        """Something that the user should know."""
        self.note(f"warning: {worded(message)}")

    def clear(self) -> None:
        """Take a line of progress away."""
        if self.unfinished:
            click.echo(CLEAR, nl=False, err=True)
            self.unfinished = False

    def progress(
        self,
        what: str,
        total: int | None = None,
        *,
        share: Callable[[], float | None] = lambda: None,
        at_most: int | None = None,
    ) -> Progress:
        """A line that is kept new while something takes its time: how many, how fast, how long still.

        Parameters
        ----------
        what : what is counted
        total : how many there are, if that is known
        share : how much is done, from 0 to 1, where the number is not known
        at_most : how many there can be, where it may end sooner
        """
        return Progress(self, what, total, share, at_most)


class Progress:
    """Counts of one phase: a line that is rewritten on a terminal, a line now and then elsewhere."""

    def __init__(
        self,
        talk: Console,
        what: str,
        total: int | None = None,
        share: Callable[[], float | None] = lambda: None,
        at_most: int | None = None,
    ) -> None:
        self._talk = talk
        self._what = what
        self._total, self._share, self._at_most = total, share, at_most
        self._terminal = sys.stderr.isatty() and supports_ansi()
        self._began = time.monotonic()
        self._said = self._began
        self._count = 0

    def __enter__(self) -> Progress:
        return self

    def step(self, detail: object = "") -> None:
        """One more."""
        self._count += 1
        now = time.monotonic()
        if self._talk.quiet or now - self._said < (0.1 if self._terminal else EVERY):
            return
        self._said = now
        line = _harmless(f"{self._line(now - self._began)} {detail}".rstrip())
        if self._terminal:
            fitting = _cut(line, terminal_width(sys.stderr) - 1)  # a second line could not be taken away
            click.echo(f"{CLEAR}{fitting}", nl=False, err=True)
            self._talk.unfinished = True
        else:
            click.echo(line, err=True)

    def _line(self, seconds: float) -> str:
        """How many, how fast, and how long it will still take, as far as that can be told."""
        rate = self._count / max(seconds, 1e-9)
        of = f" of {self._total}" if self._total is not None else ""
        said = f"{rate:.0f}/s" if rate >= 10 else f"{rate:.1f}/s"
        share = self._count / self._total if self._total else self._share()
        if share is not None and not self._total and share >= 1:
            share = None  # a small source is read at once, which does not tell how many of its pages are counted
        if share is not None and share >= TELLING:
            said += f", {_time(seconds * (1 - share) / share)} left"
        elif self._at_most is not None:
            said += f", at most {_time((self._at_most - self._count) / rate)} left"
        return f"{self._what} {self._count}{of} ({said})"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._talk.clear()


def _time(seconds: float) -> str:
    return str(timedelta(seconds=round(max(seconds, 0.0))))


def _harmless(line: str) -> str:
    """A line without what acts on a terminal: titles and names of files may have anything in them."""
    return line if line.isprintable() else "".join(c if c.isprintable() else " " for c in line)


def _cut(line: str, width: int) -> str:
    """Shorten a line to a width in columns; Chinese and Japanese characters take two columns."""
    if line.isascii():
        return line[:width]
    from rich.cells import cell_len, set_cell_size

    return set_cell_size(line, width) if cell_len(line) > width else line
