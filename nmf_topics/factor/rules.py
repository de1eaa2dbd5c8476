"""Update rules for  min_{X >= 0} ||B - A X||_F^2, as data.

A rule sees only the Gram pair AtB = A'B (r, k) and AtA = A'A (r, r), so it serves H (A = W, B = V) and, transposed,
W (A = H', B = V'). A new rule is one function in `steps` and one entry in `RULES`. Divergences, whose updates need V
itself, take from a rule only whether to extrapolate.

References
----------
Lee & Seung, Algorithms for non-negative matrix factorization, NIPS 13 (2001), theorem 1 (mu); Gillis & Glineur,
Accelerated multiplicative updates and hierarchical ALS algorithms for nonnegative matrix factorization, Neural
Computation 24 (2012) 1085-1105 (amu: several steps for one product with V); Cichocki & Phan, Fast local algorithms for
large scale nonnegative matrix and tensor factorizations, IEICE Trans. Fundamentals E92-A (2009) 708-721 (hals); Ang &
Gillis, Accelerating nonnegative matrix factorization algorithms using extrapolation, Neural Computation 31 (2019)
417-439 (emu, ehals).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nmf_topics.factor.blocks import Array
from nmf_topics.factor.steps import hals, mu

Step = Callable[..., Array]


@dataclass(frozen=True)
class Rule:
    """An update step and how to use it.

    Attributes
    ----------
    step : `(X, AtB, AtA, *, l1, steps) -> X`, such as `steps.mu`
    solve : the step that is repeated for pages on fixed topics, before `solve_nnls` takes them to their minimum
    inner_steps : int, steps for each product with V, which is the costly part; always one for divergences
    multiplicative : whether zeros stay zeros
    extrapolated : whether iterations begin at an extrapolated point (see `extrapolation`)
    summary : for help texts
    """

    step: Step
    solve: Step
    inner_steps: int
    multiplicative: bool
    extrapolated: bool
    summary: str

    def update(self, X: Array, AtB: Array, AtA: Array, *, l1: float = 0.0) -> Array:
        """All inner steps, one after another; parameters and result are those of `steps.mu`."""
        return self.step(X, AtB, AtA, l1=l1, steps=self.inner_steps)


RULES: dict[str, Rule] = {
    "mu": Rule(mu, mu, 1, True, False, "Lee and Seung's multiplicative updates"),
    "amu": Rule(mu, hals, 3, True, False, "the same, three updates for each pass over V"),
    "hals": Rule(hals, hals, 1, False, False, "hierarchical alternating least squares"),
    "emu": Rule(mu, hals, 3, True, True, "amu with extrapolation, undone where the error would grow"),
    "ehals": Rule(hals, hals, 1, False, True, "hals with extrapolation, undone where the error would grow"),
}


def kkt_residual(X: Array, AtB: Array, AtA: Array) -> float:
    """How far X is from a minimum of ||B - A X||_F^2 over X >= 0: max |min(X, A'A X - A'B)|, which is zero there.

    Examples
    --------
    >>> kkt_residual(np.array([[2.0]]), np.array([[3.0]]), np.array([[1.0]]))
    1.0
    """
    return float(np.abs(np.minimum(X, AtA @ X - AtB)).max(initial=0.0))
