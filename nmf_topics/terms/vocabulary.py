"""Vocabulary: the terms that are the rows of V, and the words that readers see in their place."""

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
    terms : normal forms, the identity of a row
    surfaces : for each term the commonest word of the corpus that has this normal form, cased as it mostly is
    """

    terms: Sequence[str]
    surfaces: Sequence[str]
    kind: ClassVar[str] = "terms"

    def __len__(self) -> int:
        return len(self.terms)

    @cached_property
    def index(self) -> dict[str, int]:
        """Term -> row."""
        return {term: row for row, term in enumerate(self.terms)}

    def top(self, weights: Array, k: int) -> list[tuple[str, float]]:
        """The k words of largest weight, as readers see them; words of no weight are left out."""
        return [(self.surfaces[i], float(weights[i])) for i in largest(weights, k) if weights[i] > 0]

    def take(self, rows: np.ndarray) -> Vocabulary:
        """The vocabulary of some rows only."""
        return Vocabulary([self.terms[i] for i in rows], [self.surfaces[i] for i in rows])

    def to_meta(self) -> dict[str, Any]:
        """As JSON."""
        return {"terms": list(self.terms), "surfaces": list(self.surfaces)}

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> Vocabulary:
        """The vocabulary that `to_meta` described."""
        return cls(list(meta["terms"]), list(meta["surfaces"]))
