"""Let tests marked `alone` run while no other test of the same run is running, so that they can measure response times.

Only needed where pytest-xdist runs several processes. Each of their tests holds a lock: shared, or exclusive if the
test is marked. A second lock, the queue, is held while a test waits for the first, so that a test that waits for
exclusive use is not overtaken. Fixtures are set up with the shared lock: only the call of a marked test stops the
others. Tests that follow each other and are marked run in one go.
"""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest


class Turns:
    """The locks of one process, in a folder that all processes of a run share."""

    def __init__(self, folder: Path) -> None:
        self._queue = open(folder / "queue", "w")  # noqa: SIM115 - open until the process ends
        self._tests = open(folder / "tests", "w")  # noqa: SIM115
        self.alone = False

    def begin(self, *, alone: bool) -> None:
        """Wait until a test may run."""
        fcntl.flock(self._queue, fcntl.LOCK_EX)
        fcntl.flock(self._tests, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(self._queue, fcntl.LOCK_UN)
        self.alone = alone

    def end(self) -> None:
        """Let others run."""
        fcntl.flock(self._tests, fcntl.LOCK_UN)
        self.alone = False


SHARED_FOLDER = pytest.StashKey[tempfile.TemporaryDirectory[str]]()
TURNS = pytest.StashKey[Turns]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process of xdist where the locks are."""
    stash = node.config.stash
    if SHARED_FOLDER not in stash:
        stash[SHARED_FOLDER] = tempfile.TemporaryDirectory(prefix="nmf-topics-tests-")
    node.workerinput["locks"] = stash[SHARED_FOLDER].name


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the locks at the end of the run."""
    if SHARED_FOLDER in config.stash:
        config.stash[SHARED_FOLDER].cleanup()


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and open the locks in a process of xdist."""
    config.addinivalue_line("markers", "alone: measures response times, so no other test may run at the same time")
    if hasattr(config, "workerinput"):
        config.stash[TURNS] = Turns(Path(config.workerinput["locks"]))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """Run a test with its fixtures when it is its turn."""
    turns = item.config.stash.get(TURNS, None)
    if turns is None:
        return (yield)
    if not turns.alone:
        turns.begin(alone=False)
    try:
        return (yield)
    finally:
        if not (turns.alone and nextitem and nextitem.get_closest_marker("alone")):
            turns.end()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Call a marked test when no other one is running."""
    turns = item.config.stash.get(TURNS, None)
    if turns is not None and not turns.alone and item.get_closest_marker("alone"):
        turns.end()
        turns.begin(alone=True)
    return (yield)
