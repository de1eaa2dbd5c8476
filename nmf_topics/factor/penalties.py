"""Penalties: what large weights cost beside the error.

    P = l1_W sum(W) + l2_W / 2 ||W||_F^2 + l1_H sum(H) + l2_H / 2 ||H||_F^2

With l1 more weights are zero, with l2 they are more even. What users give are numbers without a unit; `absolute` turns
them into the weights above, so that the same number does the same to a corpus of any size, and to V in any unit:

    least squares   l1_H = l1_pages s^(3/2)   l1_W = n l1_words s^(3/2)   s = ||V||_F / sqrt(n), a page's length
                    l2_H = l2_pages s         l2_W = n l2_words s
    divergence      l1_H = l1_pages sqrt(s)   l1_W = n l1_words sqrt(s)   s = sum(V) / n, a page's sum

(WH is of the size of V, so W and H go as its square root.) Where pages have length one, a page h minimises
1/2 ||v - Wh||^2 + l1_pages sum(h) + l2_pages / 2 ||h||^2. scikit-learn has the number of terms in the place of s, which
makes the effect depend on the size of the vocabulary: its alpha_W is l1_pages / m there.

A penalty on one factor alone would be none: W c and H / c make the same product, and as c grows the penalty on H goes
to zero and the factors nowhere. So both factors have one, or neither.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from nmf_topics.factor.blocks import Array


@dataclass(frozen=True)
class Penalty:
    """On one factor: l1 sum(X) + l2 / 2 ||X||_F^2, both weights 0 or more."""

    l1: float = 0.0
    l2: float = 0.0

    def __bool__(self) -> bool:
        return self.l1 > 0 or self.l2 > 0

    def value(self, total: float, squares: float) -> float:
        """What X costs, from its sum and the sum of its squares."""
        return self.l1 * total + self.l2 / 2 * squares

    def on_diagonal(self, AtA: Array) -> Array:
        """A'A + l2 I, as 1/2 ||B - AX||^2 + l2 / 2 ||X||^2 has it."""
        if not self.l2:
            return AtA
        AtA = AtA.copy()
        AtA.flat[:: len(AtA) + 1] += self.l2
        return AtA

    def of_scaled(self, sums: Array) -> tuple[Array, Array]:
        """The l1 and the l2 of each row of H, (r,) both, once columns of W with those sums have been brought to one.

        H_k becomes H_k sums_k, so that l1 is less by as much, and l2 by its square. A dead topic's are zero.
        """
        alive = sums > 0
        size = np.where(alive, sums, 1.0)
        return np.where(alive, self.l1 / size, 0.0), np.where(alive, self.l2 / size**2, 0.0)


@dataclass(frozen=True)
class Penalties:
    """On both factors."""

    W: Penalty = Penalty()
    H: Penalty = Penalty()

    def __bool__(self) -> bool:
        return bool(self.W) or bool(self.H)


@dataclass(frozen=True)
class Strengths:
    """As users give them, without a unit: `l1_words`, `l2_words` on W, `l1_pages`, `l2_pages` on H."""

    l1_words: float = 0.0
    l1_pages: float = 0.0
    l2_words: float = 0.0
    l2_pages: float = 0.0

    def problems(self, objective: str) -> Iterator[str]:
        """What is wrong with them."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 <= value < math.inf:
                yield f"{field.name} must be 0 or more, not {value}"
        if objective == "kl" and (self.l2_words or self.l2_pages):
            yield "l2 penalties are for least squares; with the objective 'kl' use l1_words and l1_pages"
        elif bool(self.l1_words or self.l2_words) != bool(self.l1_pages or self.l2_pages):
            one, other = ("words", "pages") if self.l1_words or self.l2_words else ("pages", "words")
            l2 = "" if objective == "kl" else f" or l2_{other}"
            yield (
                f"a penalty on {one} alone has no effect: as their weights shrink, those of {other} grow and make up "
                f"for it; give l1_{other}{l2}, too"
            )

    def absolute(self, objective: str, scale: float, n_pages: int) -> Penalties:
        """Their weights for a V of n pages whose size is `scale`, ||V||_F or for a divergence sum(V)."""
        size = scale / n_pages if objective == "kl" else scale / math.sqrt(n_pages)
        of_l1, of_l2 = (math.sqrt(size), 0.0) if objective == "kl" else (size**1.5, size)
        return Penalties(
            Penalty(n_pages * self.l1_words * of_l1, n_pages * self.l2_words * of_l2),
            Penalty(self.l1_pages * of_l1, self.l2_pages * of_l2),
        )
