"""Defaults of options that a recipe sets, as help texts show them."""

from __future__ import annotations

from nmf_topics.factor.objectives import OBJECTIVES
from nmf_topics.pipeline.recipes import RECIPES, Recipe

_RULES = dict.fromkeys(objective.rule for objective in OBJECTIVES.values())
_BY_OBJECTIVE = "; ".join(
    f"{rule} for {', '.join(name for name, objective in OBJECTIVES.items() if objective.rule == rule)}"
    for rule in _RULES
)
# What the library chooses where a recipe has None.
_CHOSEN = {
    "min_pages": "2 to 5, more for few long pages",
    "max_pages": "0.3, more for fewer than 100 pages",
    "max_terms": "all",
    "solver": _BY_OBJECTIVE,
}


def default_of(name: str) -> str:
    """The default of an option, and that of `--recipe article` where it is another one.

    Examples
    --------
    >>> default_of("weighting")
    'bm25; article: frequency'
    """
    usual, article = (_shown(name, RECIPES[recipe]) for recipe in ("default", "article"))
    return usual if usual == article else f"{usual}; article: {article}"


def _shown(name: str, recipe: Recipe) -> str:
    """The value of an option in a recipe, as it is written on the command line."""
    for group in (recipe, recipe.words, recipe.bounds):
        if hasattr(group, name):
            value: object = getattr(group, name)
            break
    else:
        raise KeyError(name)
    if value is None:
        return _CHOSEN[name]
    if isinstance(value, bool):
        return name.replace("_", "-") if value else f"no-{name.replace('_', '-')}"
    return f"{value:g}" if isinstance(value, float) else str(value)
