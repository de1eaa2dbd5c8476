"""The journal of a fetch: each answer is written down before the next question is asked.

A line of the journal holds the facts of one answer: JSON, `[[kind, key, value], ...]`. Who comes back after any
interruption, a kill -9 in the middle of a line included, finds there whatever had been answered, and asks for the
rest. The kinds are

    site      ""             what the wiki is
    quality   ""             which categories hold its good articles
    listing   a question     one part of a category or of a list of most-viewed pages
    title     a title        which page it leads to, if any
    page      a page id      its text and revision
    revision  a revision     the same, of a revision that was asked for
    ask       a number       what the corpus is to hold
    settings  ""             which wiki, which pages, how their text is read
    round     a number       "begun" or "done": after a refresh, only what was answered in this round counts

Texts stay on disk; the rest is in memory.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from nmf_topics.errors import OutputError
from nmf_topics.files.atomic import folder_of_files, output_errors, whole_file

JOURNAL = ".journal.jsonl"
HEADER = b'{"schema": 1, "journal": "nmf-topics fetch"}\n'

TEXT_KINDS = ("page", "revision")  # kinds of facts whose `text` stays on disk

Fact = tuple[str, str, Any]


class Journal:
    """Facts by kind and key, kept in a file where one is named.

    Parameters
    ----------
    folder : the corpus; it is made, and must be ours or empty. None: nothing is kept
    force : use a folder that holds other files

    Raises
    ------
    OutputError
        When the folder is not ours, or another fetch is at work in it.
    """

    def __init__(self, folder: Path | None, *, force: bool = False) -> None:
        self._facts: dict[str, dict[str, Any]] = {}
        self._places: dict[tuple[str, str], int] = {}  # where the line with a text begins
        self._rounds: dict[tuple[str, str], int] = {}  # in which round something was answered
        self._writing = threading.Lock()
        self.round = 0
        self._path: Path | None = None
        self._file: BinaryIO | None = None
        if folder is not None:
            self._path = folder / JOURNAL
            if force or not self._path.is_file():
                with folder_of_files(folder, mark=JOURNAL, force=force) as partial:
                    if not self._path.is_file():
                        (partial / JOURNAL).write_bytes(HEADER)
            with output_errors(self._path):
                self._file = open(self._path, "r+b")  # noqa: SIM115  # closed by close()
            _lock(self._file, folder)
            self._read(self._file)

    def _read(self, file: BinaryIO) -> None:
        """Take in what was written, and cut off a last line that was not finished."""
        place = len(file.readline())
        for line in file:
            if not line.endswith(b"\n"):
                break
            try:
                facts = json.loads(line)
                for kind, key, value in facts:
                    self._keep(kind, key, value, place)
            except (ValueError, TypeError):
                break  # the disk was full, or the power went
            place += len(line)
        file.seek(place)
        file.truncate()

    def _keep(self, kind: str, key: str, value: Any, place: int) -> None:
        if kind == "round":
            self.round = int(key)
        if kind in TEXT_KINDS and self._path is not None and value.pop("text", None) is not None:
            self._places[kind, key] = place
        self._facts.setdefault(kind, {})[key] = value
        self._rounds[kind, key] = self.round

    def write(self, facts: Iterable[Fact]) -> None:
        """Write down one answer, whole."""
        facts = [(kind, key, dict(value) if isinstance(value, dict) else value) for kind, key, value in facts]
        line = json.dumps(facts, ensure_ascii=False).encode() + b"\n"
        with self._writing:
            place = 0
            if self._file is not None and self._path is not None:
                with output_errors(self._path):
                    place = self._file.tell()
                    self._file.write(line)
                    self._file.flush()
            for kind, key, value in facts:
                self._keep(kind, key, value, place)

    def get(self, kind: str, key: str, *, any_round: bool = True) -> Any:
        """What is known, without its text; None where nothing is, or not in this round."""
        if not any_round and self._rounds.get((kind, key)) != self.round:
            return None
        return self._facts.get(kind, {}).get(key)

    def all(self, kind: str) -> dict[str, Any]:
        """All facts of a kind, without texts."""
        return self._facts.get(kind, {})

    def text(self, kind: str, key: str) -> str:
        """The text of a page."""
        if self._path is None:
            return str(self._facts[kind][key]["text"])
        with open(self._path, "rb") as file:
            file.seek(self._places[kind, key])
            for other_kind, other_key, value in json.loads(file.readline()):
                if (other_kind, other_key) == (kind, key):
                    return str(value["text"])
        raise OutputError(f"{self._path} was changed while it was read; run the same command again")

    def begin_round(self, refresh: bool) -> None:
        """Begin, or go on with, a round of questions."""
        state = self.get("round", str(self.round))
        if state is None:
            self.write([("round", str(self.round), "begun")])
        elif refresh and (state == "done" or self.round == 0):
            self.write([("round", str(self.round + 1), "begun")])

    def finish_round(self) -> None:
        """All is there, and put together; what is out of date leaves the journal, which is not read after this."""
        if self.get("round", str(self.round)) == "done":
            return
        self.write([("round", str(self.round), "done")])
        if self.round and self._path is not None:
            with whole_file(self._path) as partial, open(partial, "wb") as file:
                file.write(HEADER)
                for fact in self._current():
                    file.write(json.dumps([fact], ensure_ascii=False).encode() + b"\n")

    def _current(self) -> Iterator[Fact]:
        """The facts that count, in an order that does not depend on the way here."""
        yield ("round", str(self.round), "done")
        for kind in sorted(set(self._facts) - {"round"}):
            for key in sorted(self._facts[kind]):
                value = self._facts[kind][key]
                if kind in ("title", "listing") and self._rounds[kind, key] != self.round:
                    continue
                if (kind, key) in self._places:
                    value = {**value, "text": self.text(kind, key)}
                yield (kind, key, value)

    def close(self) -> None:
        """Let others at the folder."""
        if self._file is not None and self._path is not None:
            with output_errors(self._path):  # on a full disk the rest of a line fails once more
                self._file.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _lock(file: BinaryIO, folder: Path) -> None:
    """Keep a second fetch out of the folder as long as this one lives."""
    try:
        import fcntl
    except ImportError:  # Windows has none; two fetches at once are then the user's business
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise OutputError(
            f"another fetch is at work in {folder}; wait for it, or take another place with -o"
        ) from error


def is_journalled(folder: Path) -> bool:
    """Whether a folder holds a corpus that was fetched."""
    return os.path.isfile(folder / JOURNAL)
