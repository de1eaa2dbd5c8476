"""The losses (objectives) that can be minimised, as data: a new one is one entry in `OBJECTIVES`.

    frobenius       F = 1/2 ||V - WH||_F^2                  `leastsquares`
    kl              D = sum(V log(V / WH) - V + WH)         `kullback_leibler`
    beta-1.5        D between the two, by the ratio and     `beta_divergence`
                    the difference of V and WH
    itakura-saito   D = sum(V / WH - log(V / WH) - 1)       `beta_divergence`

To each may come `penalties` on W and H. Nothing else in the package knows a loss by its name.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from nmf_topics.errors import MatrixError
from nmf_topics.factor import beta_divergence, divergence, kullback_leibler, leastsquares
from nmf_topics.factor.blocks import Array, PageBlocks, column_squares, column_sums, sum_of_squares, total
from nmf_topics.factor.penalties import PenaltyUnits
from nmf_topics.factor.rules import RULES
from nmf_topics.factor.state import State

MULTIPLICATIVE = tuple(name for name, rule in RULES.items() if rule.multiplicative)


@dataclass(frozen=True)
class Objective:
    """One loss: how it is measured, initialized, updated, stopped, penalized and solved for single pages.

    Attributes
    ----------
    name : as in `OBJECTIVES`
    summary : for help texts
    error_name : what its relative error is called in messages and tables
    error_formula : how that is computed
    size : `(V: PageBlocks) -> float`, the size of V in the unit of the loss, such as ||V||_F^2 or sum(V)
    page_sizes : `(block of V) -> ndarray (n,)`, the same for each of its columns; they sum up to `size`
    squared : whether an error is relative to the square root of a size, as that of least squares
    scale_columns : `(columns (m, k) of length one, sizes (k,)) -> ndarray (k,)`, factors that give columns these sizes
    init : the initialization where none is named, in `init.INITIALIZATIONS`
    positive : whether V must not have zeros
    pages_at_once : `(n_terms) -> int`, how many pages `solve_pages` may be given without taking much memory
    sweep : `(V, state, rule, *, certify, penalties) -> State`, one iteration: H first, then W
    rules : names of the update rules that minimise it; the first one is used where none is named
    exact : the relative error below which there is only rounding, and the factorization is exact
    penalty_units : `(scale, n_pages) -> PenaltyUnits`
    solve_pages : `(block of V, W, *, rule, penalty) -> (H, errors)`, the weights of pages for a fixed W
    """

    name: str
    summary: str
    error_name: str
    error_formula: str
    size: Callable[[PageBlocks], float]
    page_sizes: Callable[[Any], Array]
    squared: bool
    scale_columns: Callable[[Array, Array], Array]
    sweep: Callable[..., State]
    rules: tuple[str, ...]
    exact: float
    penalty_units: Callable[[float, int], PenaltyUnits]
    solve_pages: Callable[..., tuple[Array, Array]]
    positive: bool = False
    pages_at_once: Callable[[int], int] = lambda n_terms: sys.maxsize
    init: str = "nndsvda"

    @property
    def rule(self) -> str:
        """The name of the rule that is used where none is named."""
        return self.rules[0]

    def scale(self, V: PageBlocks) -> float:
        """What the errors of V are relative to: ||V||_F, sum(V), ..."""
        size = self.size(V)
        return math.sqrt(size) if self.squared else size

    def losses(self, sizes: Array, errors: Array) -> Array:
        """Losses of pages (in the unit of `size`), from their sizes and relative errors; an error of nan stays nan."""
        return sizes * (errors**2 if self.squared else errors)

    def error(self, losses: Any, sizes: Any) -> Any:
        """The relative error, from a loss and a size: numbers, or arrays of one shape."""
        share = losses / sizes
        return np.sqrt(share) if self.squared else share


def beta_objective(power: float, *, name: str | None = None, summary: str | None = None) -> Objective:
    """The beta divergence of a power (beta in the literature) as an objective.

    Parameters
    ----------
    power : float from 0 (Itakura-Saito) to 2 (least squares, where this is `OBJECTIVES["frobenius"]`); 1 is
        Kullback-Leibler, `OBJECTIVES["kl"]`
    name, summary : as in `Objective`

    Raises
    ------
    MatrixError
        for a power below 0 or above 2, or so close to 1 or 2 that the one meant is probably that.

    Examples
    --------
    >>> beta_objective(0.5).name
    'beta-0.5'
    >>> beta_objective(1).name
    'kl'
    """
    if power in (1, 2):
        return OBJECTIVES["kl" if power == 1 else "frobenius"]
    if not 0 <= power <= 2 or 0 < power < 0.01 or abs(power - 1) < 0.01:
        raise MatrixError(f"the power of a beta divergence must be 0, 1, 2 or between them by 0.01, not {power}")
    name = name or f"beta-{power:g}"
    return Objective(
        name=name,
        summary=summary or f"beta divergence with beta = {power:g}",
        error_name="divergence",
        error_formula=(
            f"beta divergence of V from WH (beta = {power:g}) / sum of V^{power:g}"
            if power
            else "Itakura-Saito divergence of V from WH / number of entries of V"
        ),
        size=partial(beta_divergence.size, power=power),
        page_sizes=partial(beta_divergence.page_sizes, power=power),
        squared=False,
        scale_columns=partial(beta_divergence.scale_columns, power=power),
        sweep=partial(divergence.sweep, divergence=beta_divergence.divergence(power)),
        rules=("emu", *(rule for rule in MULTIPLICATIVE if rule != "emu")),
        exact=1e-13,
        penalty_units=partial(beta_divergence.penalty_units, power=power),
        solve_pages=partial(beta_divergence.solve_pages, power=power),
        positive=power == 0,
        pages_at_once=beta_divergence.pages_at_once,
    )


OBJECTIVES: dict[str, Objective] = {
    "frobenius": Objective(
        name="frobenius",
        summary="least squares",
        error_name="relative error",
        error_formula="‖V − WH‖ / ‖V‖",
        size=sum_of_squares,
        page_sizes=column_squares,
        squared=True,
        scale_columns=leastsquares.scale_columns,
        sweep=leastsquares.sweep,
        rules=("ehals", *(rule for rule in RULES if rule != "ehals")),
        exact=1e-7,
        penalty_units=leastsquares.penalty_units,
        solve_pages=leastsquares.solve_pages,
    ),
    "kl": Objective(
        name="kl",
        summary="Kullback-Leibler divergence",
        error_name="divergence",
        error_formula="Kullback-Leibler divergence of V from WH / sum of V",
        size=total,
        page_sizes=column_sums,
        squared=False,
        scale_columns=kullback_leibler.scale_columns,
        sweep=partial(divergence.sweep, divergence=kullback_leibler.DIVERGENCE),
        rules=("emu", *(rule for rule in MULTIPLICATIVE if rule != "emu")),
        exact=1e-14,
        penalty_units=kullback_leibler.penalty_units,
        solve_pages=kullback_leibler.solve_pages,
    ),
}
OBJECTIVES["beta-1.5"] = beta_objective(1.5, summary="between the two, slow")
OBJECTIVES["itakura-saito"] = beta_objective(
    0, name="itakura-saito", summary="for V without zeros, such as images, slow"
)


def objective_of(objective: str | Objective) -> Objective:
    """The objective of that name, or the one that is given.

    Raises
    ------
    MatrixError
        if there is none of that name.
    """
    if isinstance(objective, Objective):
        return objective
    if objective not in OBJECTIVES:
        raise MatrixError(f"no objective {objective!r}; choose from {', '.join(OBJECTIVES)}")
    return OBJECTIVES[objective]


def rule_of(objective: str | Objective, rule: str | None) -> str:
    """The name of the rule, which is the objective's own where none is named."""
    if rule is not None:
        return rule
    known = isinstance(objective, Objective) or objective in OBJECTIVES
    return objective_of(objective).rule if known else next(iter(RULES))


def problems_of_names(objective: str | Objective, rule: str) -> Iterator[str]:
    """What is wrong with the names of an objective and a rule."""
    if not isinstance(objective, Objective) and objective not in OBJECTIVES:
        yield f"no objective {objective!r}; choose from {', '.join(OBJECTIVES)}"
    if rule not in RULES:
        yield f"no rule {rule!r}; choose from {', '.join(RULES)}"
    elif isinstance(objective, Objective) or objective in OBJECTIVES:
        goal = objective_of(objective)
        if rule not in goal.rules:
            yield f"the rule {rule!r} cannot minimise the objective {goal.name!r}; choose from {', '.join(goal.rules)}"
