"""The losses as their definitions state them, entry by entry in 64 bits: what tests compare the package with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmf_topics.factor.objectives import OBJECTIVES, problems_of_names
from nmf_topics.factor.rules import RULES

Array = NDArray[Any]
PAIRS = [(o, r) for o in OBJECTIVES for r in RULES if not list(problems_of_names(o, r))]


@dataclass(frozen=True)
class Loss:
    """A loss d(v, y) of an entry v of V and the entry y of WH.

    Attributes
    ----------
    of : d, of arrays
    slope : its derivative by y, of arrays of positive numbers
    size : what an entry of V counts in the size of V
    beta : as scikit-learn calls the loss
    power : 2 where an error is relative to the square root of a size, else 1
    """

    of: Callable[[Array, Array], Array]
    slope: Callable[[Array, Array], Array]
    size: Callable[[Array], Array]
    beta: float
    power: int = 1


def _kl(v: Array, y: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):  # an entry that WH lacks costs infinitely much
        return np.where(v > 0, v * np.log(v / y), 0.0) - v + y


def _itakura_saito(v: Array, y: Array) -> Array:
    return v / y - np.log(v / y) - 1


def _beta(b: float) -> Loss:
    return Loss(
        lambda v, y: (v**b + (b - 1) * y**b - b * v * y ** (b - 1)) / (b * (b - 1)),
        lambda v, y: y ** (b - 1) - v * y ** (b - 2),
        lambda v: v**b,
        b,
    )


LOSSES = {
    "frobenius": Loss(lambda v, y: (v - y) ** 2 / 2, lambda v, y: y - v, lambda v: v**2 / 2, 2, power=2),
    "kl": Loss(_kl, lambda v, y: 1 - v / y, lambda v: v, 1),
    "beta-1.5": _beta(1.5),
    "itakura-saito": Loss(_itakura_saito, lambda v, y: 1 / y - v / y**2, np.ones_like, 0),
}


def loss_of(V: Array, W: Array, H: Array, objective: str) -> float:
    """The loss of V ~ WH."""
    return float(LOSSES[objective].of(np.asarray(V, dtype=float), W.astype(float) @ H.astype(float)).sum())


def size_of(V: Array, objective: str) -> float:
    """What losses of V are relative to."""
    return float(LOSSES[objective].size(np.asarray(V, dtype=float)).sum())


def relative_loss(V: Array, W: Array, H: Array, objective: str) -> float:
    """The loss over the size of V: the square of a relative error for least squares, else the error itself."""
    return loss_of(V, W, H, objective) / size_of(V, objective)


def as_loss(error: float, objective: str) -> float:
    """A relative loss, from a relative error such as those of a trace."""
    return float(error ** LOSSES[objective].power)


def gradients(V: Array, W: Array, H: Array, objective: str) -> tuple[Array, Array]:
    """The gradients of the loss by W and by H."""
    slope = LOSSES[objective].slope(V, W @ H)
    return slope @ H.T, W.T @ slope


def suited(V: Array, objective: str) -> Array:
    """V as the objective takes it: plus a little where there must not be zeros."""
    return V + 0.01 * V.mean() if OBJECTIVES[objective].positive else V
