"""How far a fit has come, for those who wait: events for a callback, and lines for the logger."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from nmf_topics.factor.factorize import Iteration

logger = logging.getLogger("nmf_topics")
EVERY = 0.5  # seconds between two events of one stage


@dataclass(frozen=True)
class Progress:
    """How far a stage of a fit has come; as a str one line.

    Attributes
    ----------
    stage : "read" or "fit"
    done : pages read, or iterations done
    total : pages in all, where that is known; None otherwise, as a fit ends when it has converged
    seconds : since the stage began
    error : relative error after the last iteration; None while pages are read
    finished : whether the stage is over

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
    """Calls the user's function now and then, at the beginning and at the end of each stage.

    Parameters
    ----------
    progress : the function; None for nobody
    """

    def __init__(self, progress: Callable[[Progress], object] | None) -> None:
        self._progress = progress
        self._stage, self._done = "", 0
        self._total: int | None = None
        self._error: float | None = None
        self._began = self._told = 0.0

    def begin(self, stage: str, total: int | None = None) -> None:
        """A stage begins."""
        self._stage, self._done, self._total, self._error = stage, 0, total, None
        self._began = self._told = time.monotonic()
        self._tell()

    def page(self) -> None:
        """One more page has been read."""
        self._done += 1
        self._now_and_then()

    def iteration(self, iteration: Iteration) -> None:
        """One more iteration is done."""
        self._done += 1
        self._error = iteration.error
        logger.debug("iteration %d: error %.6f", iteration.number, iteration.error)
        self._now_and_then()

    def end(self) -> None:
        """The stage is over."""
        self._tell(finished=True)

    def _now_and_then(self) -> None:
        if self._progress is not None and (now := time.monotonic()) - self._told >= EVERY:
            self._told = now
            self._tell()

    def _tell(self, *, finished: bool = False) -> None:
        if self._progress is not None:
            seconds = time.monotonic() - self._began
            self._progress(Progress(self._stage, self._done, self._total, seconds, self._error, finished))
