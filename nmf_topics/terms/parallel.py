"""Count tokens in several processes.

The main process reads pages, merges counts, and counts batches itself while all others are busy. Batches are sent and
counts are returned in the order of reading, a few at a time, so memory is bounded for any corpus. Processes are started
only if the corpus is large enough to make up for the time this takes.
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
from nmf_topics.files.system import interrupts_held_back
from nmf_topics.terms.token_counter import BatchCounts, TokenCounter
from nmf_topics.text.analyzer import WordOptions

ALONE = 8_000_000  # characters that the main process counts before it starts others
WAITING = 2  # batches waiting at each process
FAR = 8  # batches for each process that may be read ahead of the next result
_counter: TokenCounter | None = None  # the counter of a counting process


def count_batches(
    batches: Iterable[tuple[list[str], list[str]]],
    options: WordOptions,
    *,
    sequences: bool = False,
    lines: Collection[str] = (),
    processes: int = 1,
) -> Generator[BatchCounts, None, None]:
    """Count batches of pages and yield their counts in order.

    Parameters
    ----------
    batches : languages and texts of whole pages (see `page_batches`)
    options : WordOptions
    sequences : whether to return the order of the tokens as well
    lines : lines to remove because many pages share them
    processes : number of processes that count, including this one

    Raises
    ------
    MatrixError
        if a counting process dies, most often because memory ran out.
    """
    stream = iter(batches)
    counter = TokenCounter(options, sequences=sequences, lines=lines)
    size = 0
    for languages, texts in stream:
        yield counter.count(texts, languages)
        size += sum(map(len, texts))
        if (
            processes > 1 and size >= ALONE and not options.own_functions
        ):  # functions cannot always be sent to another process
            break
    else:
        return
    # spawn: a process that is forked while a numerical library has threads can hang
    others = processes - 1
    pool = ProcessPoolExecutor(others, get_context("spawn"), _begin, (options, sequences, frozenset(lines)))
    ahead: deque[Future[BatchCounts]] = deque()
    try:
        for languages, texts in stream:
            if sum(not future.done() for future in ahead) < WAITING * others:
                with interrupts_held_back():  # this may start a process
                    ahead.append(pool.submit(_count, texts, languages))
            else:  # all other processes are busy
                ahead.append(_done(counter.count(texts, languages)))
            while ahead and (ahead[0].done() or len(ahead) > FAR * processes):
                yield ahead.popleft().result()
        for future in ahead:
            yield future.result()
    except BrokenProcessPool as error:
        raise MatrixError(
            "a process that counted words was killed, most likely because memory ran out",
            remedy=Remedy("try {processes=1}"),
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _done(found: BatchCounts) -> Future[BatchCounts]:
    future: Future[BatchCounts] = Future()
    future.set_result(found)
    return future


def _begin(options: WordOptions, sequences: bool, lines: frozenset[str]) -> None:
    """Set up a counting process: it ignores Ctrl-C, and it ends when the main process ends."""
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
