"""Query the system: free memory and processors of this process, and the width of the terminal.

Also how to start processes that leave Ctrl-C to this one.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from nmf_topics.files.atomic import uninterrupted

CGROUPS = Path("/sys/fs/cgroup")  # in a container, its own limits are at the root
UNKNOWN = 4 * 2**30  # bytes that are assumed to be free if nothing can be found out


def processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def interrupts_held_back() -> Iterator[None]:
    """Start processes and threads that never see Ctrl-C; this process sees it after the block.

    A terminal sends Ctrl-C to all processes. One that is still importing its modules would print a traceback.
    """
    with uninterrupted():
        if not hasattr(signal, "pthread_sigmask"):  # Windows
            yield
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # inherited by what is started
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def terminal_width(stream: TextIO) -> int:
    """Return the width of a terminal in characters: the variable COLUMNS, else that of the stream, else 80."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError, AttributeError):
        return 80


def supports_ansi() -> bool:
    """Return whether the terminal supports ANSI escape sequences."""
    return os.environ.get("TERM") not in ("dumb", "unknown")


def rss_bytes() -> int:
    """Return the bytes of memory that this process uses now."""
    return _own("VmRSS") or peak()


def peak() -> int:
    """Return the largest number of bytes of memory that this process has used."""
    if found := _own("VmHWM"):
        return found
    try:
        import resource
    except ImportError:  # Windows
        return 0
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(size) * (1 if os.uname().sysname == "Darwin" else 1024)


def free() -> int:
    """Return the bytes of memory that this process can still use, by machine, container and its own limit."""
    known = [number for number in (*_of_the_machine(), *_of_the_container(), *_of_the_limit()) if number is not None]
    return max(min(known, default=UNKNOWN), 0)


def _own(name: str) -> int:
    """Return a number of /proc/self/status, or 0."""
    for line in _lines(Path("/proc/self/status")):
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []


def _of_the_machine() -> Iterator[int]:
    for line in _lines(Path("/proc/meminfo")):
        if line.startswith("MemAvailable:"):
            yield int(line.split()[1]) * 1024
            return
    try:
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):
        return


def _of_the_container() -> Iterator[int]:
    """Yield the memory that the container's controller (version 2 or 1) leaves; cached files count as free."""
    for limit, usage, stat in (
        ("memory.max", "memory.current", "memory.stat"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat"),
    ):
        numbers = [line for name in (limit, usage) for line in _lines(CGROUPS / name)]
        if len(numbers) == 2 and all(number.isdigit() for number in numbers):
            droppable = [line.split()[1] for line in _lines(CGROUPS / stat) if line.startswith("inactive_file ")]
            yield int(numbers[0]) - int(numbers[1]) + int(droppable[0] if droppable else 0)


def _of_the_limit() -> Iterator[int]:
    """Yield the address space that `ulimit -v` leaves."""
    try:
        import resource
    except ImportError:  # Windows
        return
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        yield soft - _own("VmSize")
