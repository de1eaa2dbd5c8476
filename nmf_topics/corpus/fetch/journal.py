"""The journal of a fetch: every answer of the wiki is on the disk before the next request is sent.

A line of the journal holds the facts of one answer as JSON: `[[kind, key, value], ...]`. After an interruption, even in
the middle of a line, the next run reads what was answered and asks for the rest. The last fact of a line is a checksum
of what is before it; journals of earlier versions, whose header does not announce that, also have lines without. A
damaged line costs only its own facts. The kinds are

    site       ""             what the wiki is
    quality    ""             which categories hold its good articles
    settings   ""             the settings of the corpus
    ask        a number       a selection of pages
    selected   a number       the titles that a selection came to
    listing    a question     one part of a category or of a list of most viewed pages
    title      a title        which page it leads to, if any
    pin        a revision     which page it is of, if any
    page       a page id      its text and revision
    revision   a revision     the same, for a revision that was asked for
    dated      page id@time   which revision a page had at a time, if any
    langlink   page id|code   its title and wiki in another language, if any
    round      a number       "begun" or "done"; every refresh is a round, which asks for titles and listings again
    restored   a number       the titles of a selection, taken from the manifest
    restoring  ""             true while facts are taken from the files of the corpus (restore.py)
    crc32      a checksum     null

Texts stay on disk; the rest is in memory.
"""

from __future__ import annotations

import json
import os
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from nmf_topics.errors import OutputError, Remedy
from nmf_topics.files.atomic import folder_of_files, output_errors, whole_file

try:
    import fcntl
except ImportError:  # Windows, where users have to take care themselves that one fetch at a time writes into a folder
    fcntl = None  # type: ignore[assignment]

JOURNAL = ".journal.jsonl"
HEADER = b'{"schema": 1, "journal": "nmf-topics fetch", "checksums": true}\n'
KINDS = {
    *("site", "quality", "settings", "ask", "selected", "listing", "title", "pin", "page", "revision", "dated"),
    *("langlink", "round", "restored", "restoring", "crc32"),
}
TEXT_KINDS = ("page", "revision")  # kinds of facts whose `text` stays on disk
ASKED_EACH_ROUND = (
    "title",
    "pin",
    "listing",
    "langlink",
    "restored",
)  # kinds of facts that a finished refresh leaves behind
ELSEWHERE = Remedy("choose another place with {output}")

Fact = tuple[str, str, Any]


class Journal:
    """Facts by kind and key, in a file of the corpus folder.

    Parameters
    ----------
    folder : of the corpus; None to keep facts in memory only
    mark : the file by which a folder without a journal is known to be one of this tool; it is made if it is not there
    force : use a folder that holds other files
    read_only : read what is there, and change nothing; needs no right to write, and no lock. What is taken over from
        elsewhere stays in memory

    Attributes
    ----------
    round : number of the present round; 0 until the first refresh
    damaged : lines of the file could not be read, or were not there

    Raises
    ------
    OutputError
        When the folder belongs to something else, or another fetch is writing into it.
    """

    def __init__(
        self, folder: Path | None, *, mark: str = JOURNAL, force: bool = False, read_only: bool = False
    ) -> None:
        self._path = None if folder is None else folder / JOURNAL
        self._read_only = read_only
        self._file: int | None = None  # descriptor, locked
        self._writing = threading.Lock()
        self._forget()
        if folder is None or self._path is None or (read_only and not self._path.is_file()):
            return
        if read_only:
            self._read(self._path)
            return
        if not self._path.is_file():
            with folder_of_files(folder, mark=mark, force=force) as partial:
                (partial / JOURNAL).write_bytes(HEADER)
        self._file = _open_locked(self._path)
        try:
            self._repair(self._read(self._path))
        except BaseException:
            self.close()
            raise

    def _forget(self) -> None:
        self._facts: dict[str, dict[str, Any]] = {}
        self._places: dict[tuple[str, str], int] = {}  # where the line with a text begins
        self._rounds: dict[tuple[str, str], int] = {}  # in which round something was answered
        self.round = 0
        self.damaged = False

    def _read(self, path: Path) -> int:
        """Take in all whole lines; return where the last of them ends. -1: there is no header."""
        self._forget()
        with open(path, "rb") as file:
            place = len(header := file.readline())
            has_header = _is_header(header, path)
            checked = header == HEADER
            if not has_header:
                place = 0
                file.seek(0)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # the program was killed while it wrote this line
                facts = _facts_in(line, checked=checked)
                self.damaged |= facts is None
                for kind, key, value in facts or ():
                    self._keep(kind, key, value, place)
                place += len(line)
        if has_header:
            return place
        if not self._facts and header.strip(b"\0") and not HEADER.startswith(header):
            raise OutputError(f"{path} is not a journal of nmf-topics", remedy=ELSEWHERE)
        self.damaged = True
        return -1

    def _repair(self, end: int) -> None:
        """Cut off a last line that is not whole; leave lines that cannot be read out of the file."""
        assert self._path is not None
        assert self._file is not None
        with output_errors(self._path):
            if not self.damaged:
                os.ftruncate(self._file, end)
                os.lseek(self._file, end, os.SEEK_SET)
                return
            with open(self._path, "rb") as file:
                checked = file.readline() == HEADER
                file.seek(0)
                found = (_facts_in(line, checked=checked) for line in file if line.endswith(b"\n"))
                self._write_anew(_line_of(facts) for facts in found if facts is not None)
        self.damaged = True
        self.write([("restoring", "", True)])

    def _write_anew(self, lines: Iterable[bytes]) -> None:
        """Replace the file by one with these lines, and read it."""
        assert self._path is not None
        with whole_file(self._path) as partial:
            with open(partial, "wb") as file:
                file.write(HEADER)
                file.writelines(lines)
            new = _open_locked(partial) if fcntl else None  # locked before it has the name that others look for
            if new is None:
                self.close()  # Windows does not replace a file that is open
        self.close()
        self._file = _open_locked(self._path) if new is None else new
        os.lseek(self._file, self._read(self._path), os.SEEK_SET)

    def _keep(self, kind: str, key: str, value: Any, place: int) -> None:
        if kind == "round":
            self.round = int(key)
        if kind in TEXT_KINDS and self._path is not None and value.pop("text", None) is not None:
            self._places[kind, key] = place
        self._facts.setdefault(kind, {})[key] = value
        self._rounds[kind, key] = self.round

    def write(self, facts: Iterable[Fact], *, sync: bool = True) -> None:
        """Write down one answer, whole; with `sync`, it survives a power cut from here on."""
        facts = [(kind, key, dict(value) if isinstance(value, dict) else value) for kind, key, value in facts]
        line = _line_of(facts)
        with self._writing:
            place = 0 if self._path is None else self._append(line, sync)
            for kind, key, value in facts:
                self._keep(kind, key, value, place)

    def _append(self, line: bytes, sync: bool) -> int:
        """Append a line, or leave the file as it was; return where it begins."""
        assert self._path is not None
        if self._file is None:
            raise OutputError(f"{self._path} is not open for writing")
        with output_errors(self._path):
            place = os.lseek(self._file, 0, os.SEEK_CUR)
            try:
                rest = memoryview(line)
                while rest:
                    rest = rest[os.write(self._file, rest) :]
                if sync:
                    os.fsync(self._file)
            except OSError:
                os.ftruncate(self._file, place)
                os.lseek(self._file, place, os.SEEK_SET)
                raise
        return place

    def take_over(self, facts: Iterable[Fact]) -> None:
        """Write down facts from elsewhere that are not known here, as answers from before an unfinished refresh."""
        lacking = [fact for fact in facts if fact[1] not in self._facts.get(fact[0], ())]
        if lacking and self.is_refreshing:
            before, now = str(self.round - 1), str(self.round)
            lacking = [("round", before, "done"), *lacking, ("round", now, "begun")]
        if self._read_only:
            for kind, key, value in lacking:
                self._keep(kind, key, value, 0)
        elif lacking:
            self.write(lacking, sync=False)

    def get(self, kind: str, key: str, *, any_round: bool = True) -> Any:
        """Return what is known, without its text; None where nothing is, or nothing in this round."""
        if not any_round and self._rounds.get((kind, key)) != self.round:
            return None
        return self._facts.get(kind, {}).get(key)

    def all(self, kind: str) -> dict[str, Any]:
        """Return all facts of a kind, without texts."""
        return self._facts.get(kind, {})

    def text(self, kind: str, key: str) -> str:
        """Return the text of a page."""
        if self._path is None:
            return str(self._facts[kind][key]["text"])
        with open(self._path, "rb") as file:
            file.seek(self._places[kind, key])
            for other_kind, other_key, value in _facts_in(file.readline()) or ():
                if (other_kind, other_key) == (kind, key):
                    return str(value["text"])
        raise OutputError(f"{self._path} was changed while it was read; run the same command again")

    @property
    def is_empty(self) -> bool:
        """Whether no answer of a wiki is known yet."""
        return not set(self._facts) - {"round", "restoring"}

    @property
    def is_refreshing(self) -> bool:
        """Whether a refresh has begun and is not done."""
        return self.round > 0 and self.get("round", str(self.round)) != "done"

    def begin_round(self, refresh: bool) -> bool:
        """Begin a round, or continue one that is not done; return whether a refresh has begun here."""
        state = self.get("round", str(self.round))
        begins = refresh and not self.is_refreshing and not self.is_empty
        if begins:
            self.write([("round", str(self.round + 1), "begun")])
        elif state is None:
            self.write([("round", str(self.round), "begun")])
        return begins

    def abandon_round(self) -> None:
        """Give up a refresh that has just begun; what was asked in it is asked again when it is needed."""
        before = str(self.round - 1)
        self.write([("round", before, self.get("round", before) or "begun")])

    def finish_round(self) -> None:
        """Note that the corpus is complete and written; after a refresh, out-of-date answers leave the file."""
        if self.get("round", str(self.round)) == "done":
            return
        self.write([("round", str(self.round), "done")])
        if self.round and self._path is not None:
            self._write_anew(_line_of([fact]) for fact in self._current())

    def _current(self) -> Iterator[Fact]:
        """Facts that are still needed, in an order that does not depend on how they came."""
        yield ("round", str(self.round), "done")
        for kind in sorted(set(self._facts) - {"round"}):
            for key in sorted(self._facts[kind]):
                value = self._facts[kind][key]
                if kind in ASKED_EACH_ROUND and self._rounds[kind, key] != self.round:
                    continue
                if (kind, key) in self._places:
                    value = {**value, "text": self.text(kind, key)}
                yield (kind, key, value)

    def close(self) -> None:
        """Release the folder."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _is_header(line: bytes, path: Path) -> bool:
    """Whether the first line of a file is that of a journal.

    Raises
    ------
    OutputError
        When it is that of a later version.
    """
    try:
        header = json.loads(line)
    except (ValueError, RecursionError):
        return False
    if not isinstance(header, dict) or "journal" not in header:
        return False
    if header.get("schema") != 1:
        raise OutputError(f"{path} was written by a later version of nmf-topics; use that one")
    return line.endswith(b"\n")


_CHECKSUM = b', ["crc32", "'


def _line_of(facts: Sequence[Fact]) -> bytes:
    """A line of the journal."""
    line = json.dumps(facts, ensure_ascii=False).encode()
    if not facts:
        return line + b"\n"
    return line[:-1] + _CHECKSUM + b'%08x", null]]\n' % zlib.crc32(line[:-1])


def _facts_in(line: bytes, *, checked: bool = False) -> list[Fact] | None:
    """Read the facts of a line, without its checksum; None if it is damaged, or lacks a checksum that it must have."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list):
        return None
    for fact in found:
        if not (isinstance(fact, list) and len(fact) == 3 and isinstance(fact[0], str) and isinstance(fact[1], str)):
            return None
        if fact[0] not in KINDS or (fact[0] in TEXT_KINDS and not isinstance(fact[2], dict)):
            return None
        if fact[0] == "round" and not fact[1].isdecimal():
            return None
        if fact[0] == "crc32" and fact[1] != f"{zlib.crc32(line.rpartition(_CHECKSUM)[0]):08x}":
            return None
    facts = [(kind, key, value) for kind, key, value in found if kind != "crc32"]
    return None if checked and len(facts) == len(found) else facts


def _open_locked(path: Path) -> int:
    """Open a journal for writing, and keep a second fetch out of its folder while this one runs."""
    with output_errors(path):
        file = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    if fcntl is None:
        return file
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(file)
        wait = Remedy("wait for it, or choose another place with {output}")
        raise OutputError(f"another fetch is writing into {path.parent}", remedy=wait) from error
    return file
