"""What is minimised.

frobenius   F = 1/2 ||V - WH||_F^2               `leastsquares`, by any rule of `rules.RULES`
kl          D = sum(V log(V / WH) - V + WH)      `divergence`, by Lee and Seung's update for it

To both may come `penalties` on W and H.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nmf_topics.factor import divergence, leastsquares
from nmf_topics.factor.blocks import PageBlocks
from nmf_topics.factor.rules import RULES
from nmf_topics.factor.state import State


@dataclass(frozen=True)
class Objective:
    """One objective.

    Attributes
    ----------
    sweep : `(V, state, rule, *, certify, penalties) -> state`, one iteration: H first, then W
    scale : `(V) -> float`, what errors are measured against
    exact : the error below which it is rounding, and the factorization exact
    rule : the name of the rule that is taken where none is named
    summary : for help texts
    error_name : what the number relative to V is called in messages and tables
    error_formula : how it is computed
    """

    sweep: Callable[..., State]
    scale: Callable[[PageBlocks], float]
    exact: float
    rule: str
    summary: str
    error_name: str
    error_formula: str


OBJECTIVES: dict[str, Objective] = {
    "frobenius": Objective(
        leastsquares.sweep, leastsquares.scale, 1e-7, "ehals", "least squares", "relative error", "‖V − WH‖ / ‖V‖"
    ),
    "kl": Objective(
        divergence.sweep,
        divergence.scale,
        1e-14,
        "emu",
        "Kullback-Leibler divergence",
        "divergence",
        "Kullback-Leibler divergence of V from WH / sum of V",
    ),
}


def rule_of(objective: str, rule: str | None) -> str:
    """The name of the rule, which is the objective's own where none is named."""
    return rule or (OBJECTIVES[objective].rule if objective in OBJECTIVES else next(iter(RULES)))


def problems_of_names(objective: str, rule: str) -> Iterator[str]:
    """What is wrong with the names of an objective and a rule."""
    if objective not in OBJECTIVES:
        yield f"no objective {objective!r}; there are {', '.join(OBJECTIVES)}"
    if rule not in RULES:
        yield f"no rule {rule!r}; there are {', '.join(RULES)}"
    elif objective == "kl" and not RULES[rule].multiplicative:
        yield f"the rule {rule!r} is for least squares; with the objective 'kl' use 'emu' or 'mu'"
