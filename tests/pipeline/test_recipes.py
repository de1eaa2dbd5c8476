"""Recipes: the article's to the letter, and options on top of them."""

from __future__ import annotations

import inspect
import json
from dataclasses import FrozenInstanceError, asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nmf_topics.factor.factorize import factorize
from nmf_topics.factor.init import INITIALIZATIONS
from nmf_topics.factor.objectives import OBJECTIVES, rule_of
from nmf_topics.factor.rules import RULES
from nmf_topics.matrix.weighting import WEIGHTINGS
from nmf_topics.model.fit import fit_topics
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import RECIPES, Recipe
from nmf_topics.terms.pruning import Bounds
from nmf_topics.text.normalize import NORMALIZATIONS, STEMMERS


def test_article_to_the_letter() -> None:
    """Shares of words, Porter's stems of dictionary forms, 2345 words, least squares, random start, plain updates."""
    article = RECIPES["article"]
    assert (article.weighting, article.unit) == ("frequency", False)
    assert (article.words.normalize, article.words.stemmer) == ("both", "porter")
    assert article.bounds.max_terms == 2345
    assert (article.objective, article.solver, article.start) == ("frobenius", "mu", "random")


@pytest.mark.parametrize("name", list(RECIPES))
def test_recipes_name_what_there_is(name: str) -> None:
    """Every name in a recipe is in the table that it is looked up in."""
    recipe = RECIPES[name]
    assert recipe.weighting in WEIGHTINGS
    assert recipe.objective in OBJECTIVES
    assert rule_of(recipe.objective, recipe.solver) in RULES
    assert recipe.start in INITIALIZATIONS
    assert recipe.words.normalize in NORMALIZATIONS
    assert recipe.words.stemmer in STEMMERS


def test_default_is_the_default_of_the_library() -> None:
    """The recipe `default` is Recipe() itself, and its solver's options are those of fit_topics and factorize."""
    assert RECIPES["default"] == Recipe()
    for function, solver in ((fit_topics, "solver"), (factorize, "rule")):
        defaults = {name: p.default for name, p in inspect.signature(function).parameters.items()}
        recipe = asdict(Recipe())
        for name in ("objective", "tolerance", "max_iter"):
            assert defaults[name] == recipe[name], (function.__name__, name)
        assert defaults["start"] in (None, recipe["start"])  # None: that of the objective
        assert defaults[solver] == recipe["solver"]


def test_recipes_are_values() -> None:
    """A recipe cannot be changed by who uses it."""
    with pytest.raises(FrozenInstanceError):
        RECIPES["article"].solver = "hals"  # type: ignore[misc]


def test_columns_of_the_article_are_shares(tiny_corpus: Path) -> None:
    """By the article's recipe every column of V sums to one; by the default, its squares do."""
    bounds = Bounds(min_pages=2, max_pages=0.5)
    article = prepare(Source(str(tiny_corpus)), replace(RECIPES["article"], bounds=bounds))
    np.testing.assert_allclose(article.V.sum(axis=0), 1.0)
    default = prepare(Source(str(tiny_corpus)), replace(RECIPES["default"], bounds=bounds))
    np.testing.assert_allclose(default.V.multiply(default.V).sum(axis=0), 1.0)


def test_article_takes_no_more_than_its_words(tmp_path: Path) -> None:
    """Of more than 2345 words that pass the bounds, the 2345 most frequent are kept."""
    letters = "bcdfghjklmnpqrstvwxz"
    words = [f"{a}a{b}o{c}" for a in letters for b in letters for c in letters][:3000]
    common = words[:500]
    pages: list[dict[str, Any]] = [
        {"id": str(i), "title": str(i), "text": " ".join(words[i % 2 :: 2] + (common if i % 2 else []))}
        for i in range(8)
    ]
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps(page) + "\n" for page in pages), encoding="utf-8")
    data = prepare(Source(str(path)), RECIPES["article"])
    assert data.V.shape == (2345, 8)
    kept = set(data.rows.surfaces)  # type: ignore[attr-defined]
    assert len(kept & set(common[1::2])) == 250
