"""Counting in several processes: one reads pages, puts counts together and counts what the others have no time for.

Batches of pages go out and counts come back in the order of reading, a few at a time, so that memory stays bounded
however long the corpus is. Processes are started only when there is enough to count to be worth their start.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Collection, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process

from nmf_topics.errors import MatrixError, Remedy
from nmf_topics.terms.token_counter import BatchCounts, TokenCounter
from nmf_topics.text.analyzer import WordOptions

ALONE = 8_000_000  # characters that are counted before other processes are started
WAITING = 2  # batches that are given to each of them at once
FAR = 8  # batches for each process that may be read ahead of the one that is wanted next
_counter: TokenCounter | None = None  # of a counting process


def count_batches(
    batches: Iterable[tuple[list[str], list[str]]],
    options: WordOptions,
    *,
    sequences: bool = False,
    lines: Collection[str] = (),
    processes: int = 1,
) -> Generator[BatchCounts, None, None]:
    """Count batches of pages in their order.

    Parameters
    ----------
    batches : languages and texts of whole pages, as `page_batches` gives them
    options : WordOptions
    sequences : whether the order of the tokens is wanted, too
    lines : lines that many pages share, to be taken out
    processes : how many count, this one among them

    Raises
    ------
    MatrixError
        if a counting process dies (most often for want of memory).
    """
    stream = iter(batches)
    counter = TokenCounter(options, sequences=sequences, lines=lines)
    size = 0
    for languages, texts in stream:
        yield counter.count(texts, languages)
        size += sum(map(len, texts))
        if processes > 1 and size >= ALONE and not options.own_functions:  # which may not be sent to another process
            break
    else:
        return
    # spawn: a process that was forked beside the threads of a numerical library can hang
    others = processes - 1
    pool = ProcessPoolExecutor(others, get_context("spawn"), _begin, (options, sequences, frozenset(lines)))
    ahead: deque[Future[BatchCounts]] = deque()
    try:
        for languages, texts in stream:
            if sum(not future.done() for future in ahead) < WAITING * others:
                ahead.append(pool.submit(_count, texts, languages))
            else:  # all others have enough to do
                ahead.append(_done(counter.count(texts, languages)))
            while ahead and (ahead[0].done() or len(ahead) > FAR * processes):
                yield ahead.popleft().result()
        for future in ahead:
            yield future.result()
    except BrokenProcessPool as error:
        raise MatrixError(
            "a process that counted words was ended from outside, most likely because memory ran out",
            remedy=Remedy("try {processes=1}"),
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _done(found: BatchCounts) -> Future[BatchCounts]:
    future: Future[BatchCounts] = Future()
    future.set_result(found)
    return future


def _begin(options: WordOptions, sequences: bool, lines: frozenset[str]) -> None:
    """Make the counter of a counting process, which ends with the one that started it, and leaves Ctrl-C to it."""
    global _counter
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _counter = TokenCounter(options, sequences=sequences, lines=lines)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _count(texts: list[str], languages: list[str]) -> BatchCounts:
    assert _counter is not None
    return _counter.count(texts, languages)
