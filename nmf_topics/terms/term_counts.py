"""The counts of a corpus as one matrix, with all that is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.terms.phrases import Phrases
from nmf_topics.terms.surface_forms import Forms
from nmf_topics.terms.vocabulary import Vocabulary
from nmf_topics.text.analyzer import WordOptions


@dataclass(frozen=True)
class TermCounts:
    """Counts of all terms of a corpus.

    Attributes
    ----------
    counts : CSC of int32, shape (m, n), terms x pages
    vocabulary : Vocabulary of length m
    columns : PageColumns of length n, in the order of ids
    options : WordOptions
    ledger : "tokens" and "kept" and, by reason, "dropped": tokens = kept + all dropped
    languages : how many pages are in which language
    phrases : those that are terms; an occurrence of one is one of none of its words
    shared_lines : lines that were taken out as many pages share them, with the number of pages
    forms : how words are written
    """

    counts: Any
    vocabulary: Vocabulary
    columns: PageColumns
    options: WordOptions
    ledger: Mapping[str, Any] = field(default_factory=dict)
    languages: Mapping[str, int] = field(default_factory=dict)
    phrases: Phrases = field(default_factory=Phrases)
    shared_lines: Mapping[str, int] = field(default_factory=dict)
    forms: Forms = field(default_factory=Forms)
