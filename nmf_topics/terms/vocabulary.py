"""The vocabulary: the terms that are the rows of V, and the word forms that readers see for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from nmf_topics.files.schema import TEXT, Check, list_of
from nmf_topics.matrix.rows import row_axis


@row_axis
@dataclass(frozen=True)
class Vocabulary:
    """The terms of a corpus, sorted.

    Attributes
    ----------
    terms : normalized words; each is the identity of a row
    surfaces : the surface form of each term: its most frequent word form in the corpus, in its most frequent case
    """

    terms: Sequence[str]
    surfaces: Sequence[str]
    kind: ClassVar[str] = "terms"
    fields: ClassVar[Mapping[str, Check]] = {"terms": list_of(TEXT), "surfaces": list_of(TEXT)}

    def __len__(self) -> int:
        return len(self.terms)

    @cached_property
    def index(self) -> dict[str, int]:
        """The row of each term."""
        return {term: row for row, term in enumerate(self.terms)}

    @property
    def names(self) -> Sequence[str]:
        """The terms."""
        return self.terms

    @property
    def shown(self) -> Sequence[str]:
        """The surface forms."""
        return self.surfaces

    def columns(self) -> dict[str, Sequence[str]]:
        """Return the columns of exported tables that identify rows."""
        return {"term": self.terms, "word": self.surfaces}

    def take(self, rows: np.ndarray) -> Vocabulary:
        """Return the vocabulary of some rows."""
        return Vocabulary([self.terms[i] for i in rows], [self.surfaces[i] for i in rows])

    def to_meta(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"terms": list(self.terms), "surfaces": list(self.surfaces)}

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> Vocabulary:
        """Return the vocabulary from its JSON form."""
        return cls(list(meta["terms"]), list(meta["surfaces"]))
