"""Record what was read from a source and what was not, with the reasons, for messages and run.json."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

MAX_NAMES = 3  # most files that are named in one message
MAX_KINDS = 6  # most kinds of files that are named in one message


@dataclass(frozen=True, slots=True)
class SetAside:
    """A file or row that could not be read as a page, and the reason."""

    where: str
    reason: str


class ReadingLog:
    """What one reading of a source used, and what it did not use.

    Attributes
    ----------
    set_aside : files and rows that could not be read, in the order of the source
    read : kind of file (its ending) -> number of files that were read
    skipped : (kind, reason) -> number of files of formats that are not read
    markup : column -> the kinds of markup that were removed, the number of cells that had some, and that of all cells
    titles_apart : whether pages have titles in the source that are not counted as text
    duplicates : summary of `corpus.duplicates` if duplicates were left out
    """

    def __init__(self) -> None:
        self.set_aside: list[SetAside] = []
        self.read: Counter[str] = Counter()
        self.skipped: Counter[tuple[str, str]] = Counter()
        self.duplicates: dict[str, Any] = {}
        self.titles_apart = False
        self.markup: dict[str, dict[str, Any]] = {}
        self._kinds: Counter[tuple[str, str]] = Counter()  # (kind, reason) of what was set aside

    def put_aside(self, where: str, reason: str, kind: str = "") -> None:
        """Record a file or row that could not be read."""
        self.set_aside.append(SetAside(where, reason))
        self._kinds[kind, reason] += 1

    def summary(self) -> dict[str, Any]:
        """Return the number of files that were read, and of the others by kind and reason; {} if there are no files."""
        if not (self.read or self.skipped):
            return {}
        missing = self.skipped + self._kinds
        return {
            "read": self.read.total(),
            "by_kind": dict(sorted(self.read.items())),
            "not_read": [
                {"kind": kind, "reason": reason, "files": count} for (kind, reason), count in sorted(missing.items())
            ],
        }

    def record(self) -> dict[str, Any]:
        """Return every file and row that was set aside, the summary, and where markup was removed, as JSON."""
        return {"set_aside": [asdict(item) for item in self.set_aside], "files": self.summary(), "markup": self.markup}

    @classmethod
    def recorded(cls, record: Mapping[str, Any]) -> ReadingLog:
        """Restore a log from the result of `record`, as far as messages need it."""
        log = cls()
        log.set_aside = [SetAside(item["where"], item["reason"]) for item in record["set_aside"]]
        reasons = {item.reason for item in log.set_aside}
        for item in record["files"].get("not_read", ()):
            if item["reason"] not in reasons:
                log.skipped[item["kind"], item["reason"]] = item["files"]
        return log

    def messages(self) -> list[str]:
        """Return messages about files and rows that were not read."""
        lines = []
        if self.set_aside:
            named = join_some([f"{item.where} ({item.reason})" for item in self.set_aside])
            lines.append(f"{len(self.set_aside)} set aside: {named}")
        if self.skipped and set(self.skipped) != {(HIDDEN, HIDDEN_REASON)}:
            lines.append(f"{files(self.skipped.total())} not read: {join_kinds(self.skipped)}")
        return lines


HIDDEN, HIDDEN_REASON = "hidden", "its name begins with a dot"


def files(count: int) -> str:
    """Return "1 file", "2 files" and so on."""
    return "1 file" if count == 1 else f"{count} files"


def join_some(names: Sequence[str]) -> str:
    """Join the first names, and add how many more there are."""
    rest = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return ", ".join(names[:MAX_NAMES]) + rest


def join_kinds(skipped: Counter[tuple[str, str]]) -> str:
    """Join kinds of files that were not read, with their numbers, by reason, most frequent first.

    Examples
    --------
    >>> join_kinds(Counter({(".csv", "a table"): 2, (".xlsx", "a table"): 1, (".jpg", "an image"): 1}))
    '2 .csv, 1 .xlsx (a table), 1 .jpg (an image)'
    """
    by_reason: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (kind, reason), count in sorted(skipped.items()):
        by_reason[reason][kind] += count
    order = sorted(by_reason, key=lambda reason: -by_reason[reason].total())
    named = [f"{_kinds(by_reason[reason])} ({reason})" for reason in order[:MAX_KINDS]]
    rest = sum(by_reason[reason].total() for reason in order[MAX_KINDS:])
    return ", ".join(named) + (f" and {rest} more" if rest else "")


def _kinds(counts: Counter[str]) -> str:
    """Join kinds of files with their numbers, most frequent first."""
    order = counts.most_common()
    named = [f"{count} {kind or 'without an ending'}" for kind, count in order[:MAX_KINDS]]
    rest = sum(count for _, count in order[MAX_KINDS:])
    return ", ".join(named) + (f" and {rest} more" if rest else "")
