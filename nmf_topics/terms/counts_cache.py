"""Counts in the cache, so that another rank or weighting of the same corpus does not read its text again.

An entry has the arrays of a CSC matrix, and names as UTF-8 JSON in arrays of bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, astuple
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.files.arrays import json_from_array, json_to_array
from nmf_topics.files.cache.cache import Cache
from nmf_topics.files.cache.kinds import COUNTS
from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.terms.phrases import Phrases
from nmf_topics.terms.surface_forms import DroppedWord, Forms
from nmf_topics.terms.term_counts import CountsInfo, TermCounts
from nmf_topics.terms.vocabulary import Vocabulary
from nmf_topics.text.analyzer import WordOptions


def store_counts(key: str, counts: TermCounts, origin: Mapping[str, Any], cache: Cache) -> bool:
    """Store counts under a key, with a description of their source; return whether that was possible."""
    C = counts.counts
    arrays = dict(
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
    return cache.save(COUNTS, key, arrays)


def recall_counts(key: str, cache: Cache, *, largest: int | None = None) -> tuple[TermCounts, dict[str, Any]] | None:
    """Return the counts stored under a key and their source; None if there are none of at most `largest` bytes."""
    return cache.load(COUNTS, key, _from_arrays, largest=largest)


def _from_arrays(entry: Mapping[str, Any]) -> tuple[TermCounts, dict[str, Any]]:
    """Counts and their source from the arrays of an entry; anything wrong raises an exception."""
    counts = sp.csc_matrix((entry["data"], entry["indices"], entry["indptr"]), shape=tuple(entry["shape"].tolist()))
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
    if counts.shape != (len(info.vocabulary), len(info.columns)):
        raise ValueError("it does not have as many names as rows and columns")
    return TermCounts(counts, info), json_from_array(entry["origin"])
