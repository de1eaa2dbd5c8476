"""Penalties (regularization): what large weights cost in addition to the error.

    P = l1_W sum(W) + l2_W / 2 ||W||_F^2 + l1_H sum(H) + l2_H / 2 ||H||_F^2

l1 makes more weights zero, l2 makes them more even. Users give numbers without a unit (`PenaltyOptions`); `absolute`
turns them into the weights above, so that the same number has the same effect on a corpus of any size and on V in any
unit. The unit is the objective's (`Objective.penalty_units`); with s the size of a page it is

    least squares       l1_H = l1_pages s^(3/2)   l2_H = l2_pages s   s = ||V||_F / sqrt(n), the length of a page
    Kullback-Leibler    l1_H = l1_pages sqrt(s)                       s = sum(V) / n, the sum of a page
    beta divergence     l1_H = l1_pages s^(1 - 1 / (2 beta))          s = sum(V^beta) / n

and n times as much for W (WH has the unit of V, so W and H have its square root). Where pages have length one, a page h
minimises 1/2 ||v - Wh||^2 + l1_pages sum(h) + l2_pages / 2 ||h||^2. scikit-learn multiplies by the number of terms
instead, which makes the effect depend on the size of the vocabulary: its alpha_W is l1_pages / m there.

A penalty on one factor alone has no minimum: W c and H / c have the same product, so as c grows the penalty on H falls
to zero. So both factors have a penalty, or neither.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from nmf_topics.factor.blocks import Array


class PenaltyUnits(NamedTuple):
    """What l1 = 1 and l2 = 1 mean for one page, as weights of sum(h) and 1/2 ||h||^2; None: no such penalty."""

    l1: float | None
    l2: float | None


@dataclass(frozen=True)
class Penalty:
    """The penalty on one factor X: l1 sum(X) + l2 / 2 ||X||_F^2, both weights 0 or more.

    Examples
    --------
    >>> Penalty(l1=2.0, l2=1.0).value(total=3.0, squares=4.0)
    8.0
    """

    l1: float = 0.0
    l2: float = 0.0

    def __bool__(self) -> bool:
        return self.l1 > 0 or self.l2 > 0

    def value(self, total: float, squares: float) -> float:
        """What X costs, from the sum of its entries and the sum of their squares."""
        return self.l1 * total + self.l2 / 2 * squares

    def on_diagonal(self, AtA: Array) -> Array:
        """A'A + l2 I, the Gram matrix of 1/2 ||B - AX||^2 + l2 / 2 ||X||^2."""
        if not self.l2:
            return AtA
        AtA = AtA.copy()
        AtA.flat[:: len(AtA) + 1] += self.l2
        return AtA

    def of_scaled(self, sums: Array) -> tuple[Array, Array]:
        """The penalty on H after the columns of W, whose sums are given, have been scaled to sum one.

        Row k of H is multiplied by sums[k], so its l1 is divided by sums[k] and its l2 by the square of it.

        Parameters
        ----------
        sums : ndarray of shape (r,), 0 or more

        Returns
        -------
        l1, l2 : ndarrays of shape (r,); zero where the sum is zero (a dead topic)
        """
        alive = sums > 0
        size = np.where(alive, sums, 1.0)
        return np.where(alive, self.l1 / size, 0.0), np.where(alive, self.l2 / size**2, 0.0)


@dataclass(frozen=True)
class Penalties:
    """The penalties on both factors, as absolute weights."""

    W: Penalty = Penalty()
    H: Penalty = Penalty()

    def __bool__(self) -> bool:
        return bool(self.W) or bool(self.H)


NO_PENALTIES = Penalties()


@dataclass(frozen=True)
class PenaltyOptions:
    """Penalties as users give them, without a unit: `l1_words`, `l2_words` on W, `l1_pages`, `l2_pages` on H."""

    l1_words: float = 0.0
    l1_pages: float = 0.0
    l2_words: float = 0.0
    l2_pages: float = 0.0

    def problems(self, objective: str, units: PenaltyUnits) -> Iterator[str]:
        """Everything that is wrong with these numbers for an objective of that name with these units."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 <= value < math.inf:
                yield f"{field.name} must be 0 or more, not {value}"
        words, pages = bool(self.l1_words or self.l2_words), bool(self.l1_pages or self.l2_pages)
        if units.l1 is None and (self.l1_words or self.l1_pages):
            yield f"the objective {objective!r} has no penalties"
        elif units.l2 is None and (self.l2_words or self.l2_pages):
            instead = "; use l1_words and l1_pages" if units.l1 is not None else ""
            yield f"the objective {objective!r} has no l2 penalties{instead}"
        elif words != pages:
            one, other = ("words", "pages") if words else ("pages", "words")
            l2 = "" if units.l2 is None else f" or l2_{other}"
            yield (
                f"a penalty on {one} alone has no effect: as the weights of {one} shrink, those of {other} grow to "
                f"compensate; set l1_{other}{l2} as well"
            )

    def absolute(self, units: PenaltyUnits, n_pages: int) -> Penalties:
        """The same penalties as absolute weights, for a V of n pages."""
        l1, l2 = units.l1 or 0.0, units.l2 or 0.0
        return Penalties(
            Penalty(n_pages * self.l1_words * l1, n_pages * self.l2_words * l2),
            Penalty(self.l1_pages * l1, self.l2_pages * l2),
        )
