"""Describe how a model was made, for the last view of the report."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from nmf_topics.factor.objectives import OBJECTIVES, rule_of
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.recipes import FOUND, RECIPES, Recipe
from nmf_topics.views.tables.tables import json_number

_FACTORS = ("weighting", "idf_power", "unit", "objective", "solver", "start", "tolerance", "max_iter", "topic_words")
_PENALTIES = ("l1_words", "l1_pages", "l2_words", "l2_pages")

METHOD_OF_MIXTURE = (
    "The topics were then refined: an annealed mixture of multinomials assigns each page to one topic by all of its "
    "words (Nigam et al., Machine Learning 39, 2000, 103-134; Ueda and Nakano, Neural Networks 11, 1998, 271-282). The "
    "columns of W are the means of the pages of each topic, and H was then computed with W fixed."
)


def provenance(
    model: TopicModel, versions: Mapping[str, str], source: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return recipe, counts, command, versions and method as JSON; `source` is that of `command`."""
    return {
        "command": command(model, source),
        "corpus": {
            "name": str(model.recipe.get("corpus", {}).get("name", "")),
            "fingerprint": str(model.recipe.get("corpus", {}).get("fingerprint", "")),
        },
        "fit": {
            "stopped": model.stopped,
            "iterations": len(model.trace),
            "relative_error": json_number(model.relative_error),
            "error_label": f"{model.error_name} ({OBJECTIVES[model.recipe['objective']].error_formula})",
        },
        "counts": list(_counts(model.ledger)),
        "set_aside": _set_aside(model.ledger),
        "recipe": list(_flat({k: v for k, v in model.recipe.items() if k not in FOUND})),
        "versions": dict(versions),
        "method": _method(model),
        "hidden": list(model.hidden),
    }


# fields of a recipe without an option: detected languages, and functions that can only be given in Python
_NOT_OPTIONS = ("languages", "tokenizer", "lemmatizer", "stop_test")


def _method(model: TopicModel) -> Sequence[str]:
    """Return sentences that say how the topics were found; the mixture comes after the factorization."""
    sentences = model.kind.method
    return (*sentences[:2], METHOD_OF_MIXTURE, *sentences[2:]) if model.recipe.get("refinement") else sentences


def command(model: TopicModel, source: Mapping[str, Any] | None = None) -> str:
    """Return the command that makes the model again from its corpus.

    Parameters
    ----------
    model : TopicModel
    source : source of the corpus as in run.json: its `path`, whether the path was `given`, and the options of reading;
        None: use the name of the corpus as the path
    """
    recipe = model.recipe
    words = ["nmf-topics", "fit", *_source_arguments(source, recipe), "--rank", str(model.rank)]
    named = min(RECIPES, key=lambda name: len(_differences(recipe, RECIPES[name])))
    if named != "default":
        words += ["--recipe", named]
    words += _differences(recipe, RECIPES[named])
    words += ["--seed", str(recipe["seed"])]
    if recipe.get("runs", 1) > 1:
        words += ["--runs", str(recipe["runs"])]
    return shlex.join(words)


def _source_arguments(source: Mapping[str, Any] | None, recipe: Mapping[str, Any]) -> list[str]:
    """Return the source and its options as arguments; the default source is left out."""
    if source is None or not isinstance(source.get("path"), str):
        return [str(recipe.get("corpus", {}).get("name") or "CORPUS")]
    path = source["path"]
    words = [] if os.path.isabs(path) and not source.get("given", True) else [path]
    for name, value in source.items():
        if isinstance(value, Mapping):  # limits of reading
            words += [word for limit, number in value.items() for word in ("--read-limit", f"{limit}={number}")]
        elif name not in ("path", "given") and value is not False:
            words += _option(name, value, None)
    return words


def _differences(recipe: Mapping[str, Any], base: Recipe) -> list[str]:
    """Return the options that change a named recipe into this one; `fit` has an option for each field of a recipe."""
    options: list[str] = []
    for group in (base.words, base.bounds):
        recorded = recipe.get("words" if group is base.words else "bounds", {})
        for name, usual in asdict(group).items():
            if name in _NOT_OPTIONS:
                continue
            options += _option(name, recorded.get(name, usual), usual)
    for name in (*_FACTORS, *_PENALTIES):
        usual = getattr(base, name)
        if name == "solver":  # a model records the rule that was used
            usual = rule_of(recipe.get("objective", base.objective), usual)
        options += _option(name, recipe.get(name, usual), usual)
    options += _option("refine", recipe.get("refine", "none"), base.refine)  # earlier versions had no refinement
    for topic, listed in recipe.get("guide", {}).items():
        options += ["--guide", f"{topic}: {', '.join(listed)}"]
    return options


def _option(name: str, value: Any, usual: Any) -> list[str]:
    """Return an option with its value; [] if the value is the usual one, or None."""
    option = name.replace("_", "-")
    if isinstance(value, list):  # JSON has lists instead of tuples
        value = tuple(value)
    if value is None or value == usual:
        return []
    if isinstance(value, bool):
        return [f"--{option}" if value else f"--no-{option}"]
    return [f"--{option}", ",".join(value) if isinstance(value, tuple) else _number(value)]


def _number(value: Any) -> str:
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _counts(ledger: Mapping[str, Any]) -> Sequence[tuple[str, int]]:
    """Return the counts of tokens and pages that were read, kept and dropped, in the order of processing."""
    found: list[tuple[str, int]] = []
    for name, value in ledger.items():
        if isinstance(value, Mapping):
            found += [(f"{name.replace('_', ' ')}: {reason}", count) for reason, count in value.items()]
        elif isinstance(value, int):
            found.append((name.replace("_", " "), value))
    return [(name, count) for name, count in found if isinstance(count, int)]


def _set_aside(ledger: Mapping[str, Any]) -> list[str]:
    """Describe what could not be read; at most fifty lines, and one per kind of file."""
    items = ledger.get("set_aside") or []
    lines = [f"{item.get('where')}: {item.get('reason')}" if isinstance(item, Mapping) else str(item) for item in items]
    listed = lines[:50] + ([f"and {len(lines) - 50} more"] if len(lines) > 50 else [])
    reasons = {str(item.get("reason")) for item in items if isinstance(item, Mapping)}
    others = (ledger.get("files") or {}).get("not_read", [])
    return listed + [
        f"{item['files']} {item['kind'] or 'without an ending'}: {item['reason']}"
        for item in others
        if item["reason"] not in reasons
    ]


def _flat(values: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Return nested options as (name, value) pairs."""
    lines: list[tuple[str, str]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            lines += _flat(value, f"{before}{name} ")
        else:
            shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
            lines.append((f"{before}{name}".replace("_", " "), "by default" if shown is None else str(shown)))
    return lines
