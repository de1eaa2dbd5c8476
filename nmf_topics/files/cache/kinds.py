"""The kinds of entries in the cache, and their keys."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from nmf_topics import __version__

DAY = 24 * 3600.0


@dataclass(frozen=True)
class Kind:
    """A kind of entry.

    Attributes
    ----------
    name : str, for users
    prefix, ending : str, of the names of entries; those of folders have no ending
    purpose : str, what an entry is and what it saves, for users
    noun, loss : str, for messages: the name of one entry, and what follows if it is damaged
    format : int, raised when entries of earlier versions can no longer be read
    lifetime : float or None, seconds without use after which an entry is removed in any case
    durable : bool, whether an entry should survive a power cut
    older : str, a pattern for the names of such entries in earlier versions, which are only removed
    """

    name: str
    prefix: str
    ending: str
    purpose: str
    noun: str
    loss: str
    format: int = 1
    lifetime: float | None = None
    durable: bool = False
    older: str = "(?!)"

    def entry_name(self, key: str) -> str:
        """Return the name of the entry with a key."""
        return f"{self.prefix}-{key}{self.ending}"

    def has_name(self, name: str) -> bool:
        """Return whether a name is that of an entry of this kind."""
        own = rf"{self.prefix}-[0-9a-f]{{32}}(-\d+)?{re.escape(self.ending)}"
        return re.fullmatch(f"{own}|{self.older}", name) is not None


COUNTS = Kind(
    name="counts",
    prefix="counts",
    ending=".npz",
    purpose="word counts of a corpus: another rank or weighting starts without reading the texts again",
    noun="counts",
    loss="the texts are read again",
    older=r"counts-\w+\.partial\.npz",
)
TEXTS = Kind(
    name="texts",
    prefix="texts",
    ending=".npz",
    purpose="texts of pages for the report: the next report of the same corpus is written sooner",
    noun="texts of the report",
    loss="the texts are read again",
    older=r"texts-[0-9a-f]{32}\.json\.z",
)
BLOCKS = Kind(
    name="blocks",
    prefix="blocks",
    ending="",
    purpose="V in blocks, for the engines disk and dask: another rank starts with V at once",
    noun="blocks of V",
    loss="they are made again",
)
CHECKPOINTS = Kind(
    name="checkpoints",
    prefix="checkpoint",
    ending=".npz",
    purpose="states of interrupted fits: the same command resumes from there",
    noun="checkpoint",
    loss="the fit starts from the beginning",
    lifetime=14 * DAY,
    durable=True,
)
TEMPORARY = Kind(
    name="temporary",
    prefix="spill",
    ending="",
    purpose="temporary files of running commands; what killed ones left is removed by the next command",
    noun="temporary files",
    loss="",
    lifetime=DAY,
    older=r"spill-\w+|blocks-once-\w+|\.partial-\w+(\.npz)?",
)
KINDS = (COUNTS, TEXTS, BLOCKS, CHECKPOINTS, TEMPORARY)


def kind_of(name: str) -> Kind | None:
    """Return the kind of entry that a name belongs to; None if it is not the name of an entry."""
    return next((kind for kind in KINDS if kind.has_name(name)), None)


def entry_key(kind: Kind, *parts: Any) -> str:
    """Return the key of an entry: a digest of everything that its contents depend on.

    Parameters
    ----------
    kind : Kind; its name and format are part of the key, as is the version of the package
    parts : values that can be written as JSON; others count by their `str`

    Examples
    --------
    >>> entry_key(COUNTS, "corpus", 1) == entry_key(TEXTS, "corpus", 1)
    False
    """
    text = json.dumps([kind.name, kind.format, __version__, parts], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
