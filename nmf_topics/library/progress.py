"""Progress of a fit: events for a callback."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from nmf_topics.factor.factorize import Iteration

logger = logging.getLogger("nmf_topics")
EVERY = 0.5  # seconds between events within a stage


@dataclass(frozen=True)
class Progress:
    """Progress of one stage of a fit; `str` gives one line.

    Attributes
    ----------
    stage : "read" or "fit"
    done : pages read, or iterations done
    total : number of pages, if known; None for a fit, which ends when it has converged
    seconds : time since the stage began
    error : relative error after the last iteration; None while pages are read
    finished : whether the stage has ended

    Examples
    --------
    >>> print(Progress("fit", 40, None, 1.5, 0.71234))
    fit: iteration 40, error 0.7123, 1.5 s
    """

    stage: str
    done: int
    total: int | None
    seconds: float
    error: float | None = None
    finished: bool = False

    def __str__(self) -> str:
        of = f" of {self.total:,}" if self.total is not None else ""
        what = f"{self.done:,}{of} pages" if self.stage == "read" else f"iteration {self.done:,}"
        error = f", error {self.error:.4f}" if self.error is not None else ""
        return f"{self.stage}: {what}{error}, {self.seconds:.1f} s"


class Reporter:
    """Calls a function at the beginning and end of each stage and at most every `EVERY` seconds in between.

    Parameters
    ----------
    progress : the function, or None
    """

    def __init__(self, progress: Callable[[Progress], object] | None) -> None:
        self._progress = progress
        self._stage, self._done = "", 0
        self._total: int | None = None
        self._error: float | None = None
        self._began = self._reported = 0.0

    def begin(self, stage: str, total: int | None = None) -> None:
        """Begin a stage."""
        self._stage, self._done, self._total, self._error = stage, 0, total, None
        self._began = self._reported = time.monotonic()
        self._report()

    def page(self) -> None:
        """Count a page that was read."""
        self._done += 1
        self._report_sometimes()

    def iteration(self, iteration: Iteration) -> None:
        """Count an iteration."""
        self._done += 1
        self._error = iteration.error
        logger.debug("iteration %d: error %.6f", iteration.number, iteration.error)
        self._report_sometimes()

    def end(self) -> None:
        """End the stage."""
        self._report(finished=True)

    def _report_sometimes(self) -> None:
        if self._progress is not None and (now := time.monotonic()) - self._reported >= EVERY:
            self._reported = now
            self._report()

    def _report(self, *, finished: bool = False) -> None:
        if self._progress is not None:
            seconds = time.monotonic() - self._began
            self._progress(Progress(self._stage, self._done, self._total, seconds, self._error, finished))
