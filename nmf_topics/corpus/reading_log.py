"""What was read of a source and what was not, with the reasons: for messages and for run.json."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

NAMED = 3  # files that are named in one message
KINDS_NAMED = 6


@dataclass(frozen=True, slots=True)
class SetAside:
    """A file or row that should have been a page and could not be read: which, and why."""

    where: str
    reason: str


class ReadingLog:
    """What one reading of a source used and what it did not.

    Attributes
    ----------
    set_aside : files and rows that could not be read, in the order of the source
    read : kind of file (its ending) -> how many were read
    skipped : (kind, reason) -> files that are of no kind that is read
    markup : column -> the kinds of markup that were removed, and from how many cells of how many
    titles_apart : whether pages have titles of their own that are not counted as text
    duplicates : how many pages repeat another one, as `corpus.duplicates` counts them, where they were left out
    """

    def __init__(self) -> None:
        self.set_aside: list[SetAside] = []
        self.read: Counter[str] = Counter()
        self.skipped: Counter[tuple[str, str]] = Counter()
        self.duplicates: dict[str, Any] = {}
        self.titles_apart = False
        self.markup: dict[str, dict[str, Any]] = {}
        self._kinds: Counter[tuple[str, str]] = Counter()  # of files that were set aside

    def put_aside(self, where: str, reason: str, kind: str = "") -> None:
        """Record a file or row that could not be read."""
        self.set_aside.append(SetAside(where, reason))
        self._kinds[kind, reason] += 1

    def summary(self) -> dict[str, Any]:
        """How many files were read, and those that were not by kind and reason; empty where there are no files."""
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
        """As JSON: every file and row that was set aside, the summary, and where markup was removed."""
        return {"set_aside": [asdict(item) for item in self.set_aside], "files": self.summary(), "markup": self.markup}

    @classmethod
    def recorded(cls, record: Mapping[str, Any]) -> ReadingLog:
        """The log that `record` described, as far as messages need it."""
        log = cls()
        log.set_aside = [SetAside(item["where"], item["reason"]) for item in record["set_aside"]]
        reasons = {item.reason for item in log.set_aside}
        for item in record["files"].get("not_read", ()):
            if item["reason"] not in reasons:
                log.skipped[item["kind"], item["reason"]] = item["files"]
        return log

    def messages(self) -> list[str]:
        """What a user should hear of files and rows that were not read; empty where all were."""
        said = []
        if self.set_aside:
            named = few([f"{item.where} ({item.reason})" for item in self.set_aside])
            said.append(f"{len(self.set_aside)} set aside: {named}")
        if self.skipped and set(self.skipped) != {(HIDDEN, HIDDEN_REASON)}:
            said.append(f"{files(self.skipped.total())} not read: {few_kinds(self.skipped)}")
        return said


HIDDEN, HIDDEN_REASON = "hidden", "a name that begins with a dot"


def files(count: int) -> str:
    """A number of files."""
    return "1 file" if count == 1 else f"{count} files"


def few(names: Sequence[str]) -> str:
    """The first of some names, and how many there are more."""
    rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + rest


def few_kinds(skipped: Counter[tuple[str, str]]) -> str:
    """Kinds of files that were not read, with their numbers, by reason; the most frequent first.

    Examples
    --------
    >>> few_kinds(Counter({(".csv", "a table"): 2, (".xlsx", "a table"): 1, (".jpg", "an image"): 1}))
    '2 .csv, 1 .xlsx (a table), 1 .jpg (an image)'
    """
    by_reason: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (kind, reason), count in sorted(skipped.items()):
        by_reason[reason][kind] += count
    order = sorted(by_reason, key=lambda reason: -by_reason[reason].total())
    named = [f"{_kinds(by_reason[reason])} ({reason})" for reason in order[:KINDS_NAMED]]
    rest = sum(by_reason[reason].total() for reason in order[KINDS_NAMED:])
    return ", ".join(named) + (f" and {rest} more" if rest else "")


def _kinds(counts: Counter[str]) -> str:
    """Kinds of files with their numbers, the most frequent first."""
    order = counts.most_common()
    named = [f"{count} {kind or 'without an ending'}" for kind, count in order[:KINDS_NAMED]]
    rest = sum(count for _, count in order[KINDS_NAMED:])
    return ", ".join(named) + (f" and {rest} more" if rest else "")
