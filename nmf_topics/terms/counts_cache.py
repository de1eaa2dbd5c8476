"""Cache of counts on disk, so that another rank or weighting of the same corpus does not read its text again.

A cache entry is one .npz file without pickle: the arrays of a CSC matrix, and names as UTF-8 JSON in arrays of bytes.
If anything is wrong with an entry, the text is read again. When the cache exceeds its limits, the entries that were not
used for the longest time are removed.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.matrix.stored import json_from_array, json_to_array
from nmf_topics.terms.phrases import Phrases
from nmf_topics.terms.surface_forms import DroppedWord, Forms
from nmf_topics.terms.term_counts import CountsInfo, TermCounts
from nmf_topics.terms.vocabulary import Vocabulary
from nmf_topics.text.analyzer import WordOptions

PREFIX = "counts-"  # only files with this prefix are removed: the folder may hold other files
MAX_ENTRIES = 20
MAX_BYTES = 4 * 2**30


def cache_folder() -> Path:
    """Return the cache folder: NMF_TOPICS_CACHE, else the user's cache folder."""
    if own := os.environ.get("NMF_TOPICS_CACHE"):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "nmf-topics"


def _entry(key: str, folder: Path) -> Path:
    return folder / f"{PREFIX}{key}.npz"


def store_counts(key: str, counts: TermCounts, origin: Mapping[str, Any], folder: Path) -> None:
    """Store counts under a key, with a description of their source.

    Raises
    ------
    OSError
        if the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    C = counts.counts
    handle, name = tempfile.mkstemp(prefix=PREFIX, suffix=".partial.npz", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(
                file,
                allow_pickle=False,
                data=C.data,
                indices=C.indices,
                indptr=C.indptr,
                shape=np.array(C.shape),
                vocabulary=json_to_array(counts.vocabulary.to_meta()),
                columns=json_to_array(counts.columns.to_meta()),
                options=json_to_array(asdict(counts.options)),
                ledger=json_to_array(counts.ledger),
                languages=json_to_array(counts.languages),
                phrases=json_to_array(counts.phrases.to_meta()),
                shared_lines=json_to_array(dict(counts.shared_lines)),
                forms=json_to_array([counts.forms.of_terms, [astuple(word) for word in counts.forms.others]]),
                keep=json_to_array(None if counts.info.keep is None else np.flatnonzero(counts.info.keep).tolist()),
                origin=json_to_array(origin),
            )
        os.replace(name, _entry(key, folder))
    finally:
        Path(name).unlink(missing_ok=True)
    forget_oldest(folder, f"{PREFIX}*.npz")


def forget_oldest(folder: Path, pattern: str) -> None:
    """Of the files of a pattern, remove those that were not used for longest, beyond the bounds of the cache."""
    entries = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)
    size = 0
    for position, path in enumerate(entries):
        size += path.stat().st_size
        if position and (position >= MAX_ENTRIES or size > MAX_BYTES):
            path.unlink(missing_ok=True)


def recall_counts(key: str, folder: Path, *, largest: int | None = None) -> tuple[TermCounts, dict[str, Any]] | None:
    """Counts kept under a key with their origin, or None if there are none that can be read into `largest` bytes."""
    path = _entry(key, folder)
    try:
        if largest is not None and path.stat().st_size > largest:
            return None
        # opened here, as np.load leaves a file open that is no archive
        with path.open("rb") as file, np.load(file, allow_pickle=False) as entry:
            counts = sp.csc_matrix(
                (entry["data"], entry["indices"], entry["indptr"]), shape=tuple(entry["shape"].tolist())
            )
            of_terms, others = json_from_array(entry["forms"])
            keep = json_from_array(entry["keep"])
            info = CountsInfo(
                Vocabulary.from_meta(json_from_array(entry["vocabulary"])),
                PageColumns.from_meta(json_from_array(entry["columns"])),
                WordOptions.recorded(json_from_array(entry["options"])),
                json_from_array(entry["ledger"]),
                json_from_array(entry["languages"]),
                Phrases.from_meta(json_from_array(entry["phrases"])),
                json_from_array(entry["shared_lines"]),
                Forms(of_terms, [DroppedWord(*word) for word in others]),
                None if keep is None else np.isin(np.arange(counts.shape[0]), keep),
            )
            origin = json_from_array(entry["origin"])
    except Exception:  # a damaged archive can fail in any way, and none of them matters: the text is read again
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # used just now: the last to be forgotten
    return TermCounts(counts, info), origin
