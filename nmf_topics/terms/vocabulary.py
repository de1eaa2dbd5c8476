"""The vocabulary: the terms that are the rows of V, and the word forms that readers see for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from nmf_topics.factor.blocks import Array
from nmf_topics.matrix.datamatrix import largest, row_axis


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

    def __len__(self) -> int:
        return len(self.terms)

    @cached_property
    def index(self) -> dict[str, int]:
        """The row of each term."""
        return {term: row for row, term in enumerate(self.terms)}

    def top(self, weights: Array, k: int) -> list[tuple[str, float]]:
        """Return the k words with the largest positive weights, as readers see them."""
        return [(self.surfaces[i], float(weights[i])) for i in largest(weights, k) if weights[i] > 0]

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
