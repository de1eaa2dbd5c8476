"""Options by keyword: all that a recipe has, checked by name, type and value."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args, get_type_hints

import pytest

from nmf_topics import RECIPES, Bounds, NmfTopicsError, Recipe, WordOptions, fit_topics, prepare
from nmf_topics.cli.fit import fit as fit_command
from nmf_topics.corpus.page import Corpus, Page
from nmf_topics.library.options import CHECKS, FACTOR_OPTIONS, RecipeOptions, recipe_with
from nmf_topics.pipeline.prepare import Source

TEXTS = ["green tea", "a goal", "black tea", "the final goal"]
FUNCTIONS = {"tokenizer", "lemmatizer", "stop_test"}


def test_every_field_of_a_recipe_is_an_option() -> None:
    """Nothing that shapes a model is out of reach, and nothing is declared that is not there."""
    names = {f.name for part in (Recipe, WordOptions, Bounds) for f in fields(part)}
    others = {"words", "bounds", "guide", "languages", "stop"} | FUNCTIONS
    assert set(get_type_hints(RecipeOptions)) == names - others == set(CHECKS)
    assert set(FACTOR_OPTIONS) <= set(CHECKS)


def test_options_have_the_names_of_the_command_line() -> None:
    """`fit --max-terms` is `max_terms`; the same values are allowed."""
    by_name = {parameter.name: parameter for parameter in fit_command.params}
    assert set(CHECKS) - set(by_name) == set()
    for name, check in CHECKS.items():
        for choice in getattr(by_name[name].type, "choices", ()):
            assert check(name, choice) == choice


@pytest.mark.parametrize("name", ["normalize", "stemmer"])
def test_type_hints_name_the_choices(name: str) -> None:
    """What a type checker allows is what the check allows."""
    for choice in get_args(get_type_hints(RecipeOptions)[name]):
        assert CHECKS[name](name, choice) == choice


def test_a_recipe_with_options() -> None:
    """Options are put on top of a recipe, which stays as it was."""
    recipe = recipe_with("article", {"language": "pt-BR", "max_terms": 50, "tolerance": 0, "keep": ["b", "a", "b"]})
    assert (recipe.words.language, recipe.bounds.max_terms, recipe.tolerance) == ("pt", 50, 0.0)
    assert recipe.words.keep == ("a", "b")
    assert recipe.weighting == "frequency"
    assert RECIPES["article"].bounds.max_terms == 2345


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"stop": ["a"]}, TypeError, "there is no option 'stop'; did you mean 'stop_words'?"),
        ({"min_page": 2}, TypeError, "there is no option 'min_page'; did you mean 'min_pages'?"),
        ({"n_components": 2}, TypeError, "did you mean 'rank'?"),
        ({"colour": "red"}, TypeError, "there is no option 'colour'"),
        ({"normalize": "lema"}, ValueError, "normalize must be one of .*, not 'lema'; did you mean 'lemma'?"),
        ({"normalize": None}, ValueError, "normalize must be one of .*, not None"),
        ({"language": "klingon"}, ValueError, "language: 'klingon' is no language that is known here"),
        ({"language": 5}, ValueError, "language must be a language code such as 'en' or 'de', or 'auto', not 5"),
        ({"phrases": 1}, ValueError, "phrases must be True or False, not 1"),
        ({"min_pages": -1}, ValueError, "min_pages must be a number of at least 0, not -1"),
        (
            {"max_pages": 1.5},
            ValueError,
            r"max_pages must be a number of pages \(5\) or a share of them \(0.5\), not 1.5",
        ),
        ({"max_terms": 0}, ValueError, "max_terms must be a whole number of at least 1, not 0"),
        ({"max_iter": True}, ValueError, "max_iter must be a whole number of at least 1, not True"),
        ({"tolerance": float("nan")}, ValueError, "tolerance must be a number of at least 0, not nan"),
        ({"weighting": "tf-idf"}, ValueError, "weighting must be one of .*; did you mean 'tfidf'"),
        ({"topic_words": "best"}, ValueError, "topic_words must be one of"),
        ({"keep": "tea"}, TypeError, "keep must be a list of words, not 'tea'"),
        ({"keep": [1]}, TypeError, "keep must be a list of words; 1 is of type int"),
        ({"stop_words": "english"}, TypeError, "stop_words must be a list of words, not 'english'"),
        ({"tokenizer": "split"}, TypeError, "tokenizer must be a function, not 'split'"),
        ({"recipe": "artcle"}, ValueError, "recipe must be one of 'default', 'article', not 'artcle'; did you mean"),
        ({"recipe": 5}, TypeError, "recipe must be a Recipe or the name of one, not 5"),
        ({"guide": {"Tea": "tea"}}, TypeError, r"guide\['Tea'\] must be a list of words, not 'tea'"),
        ({"guide": ["tea"]}, TypeError, "guide must be a dictionary from names of topics to lists of words"),
        ({"runs": 0}, ValueError, "runs must be at least 1, not 0"),
        ({"runs": 1.5}, TypeError, "runs must be a whole number, not 1.5"),
    ],
)
def test_a_bad_option_is_named(options: dict[str, Any], kind: type[Exception], message: str) -> None:
    """A TypeError for a name or a type, a ValueError for a value; both name the parameter."""
    with pytest.raises(kind, match=message) as caught:
        fit_topics(TEXTS, 2, **options)
    assert isinstance(caught.value, NmfTopicsError)


@pytest.mark.parametrize(
    ("rank", "kind", "message"),
    [
        ("2", TypeError, "rank must be a whole number, not '2'"),
        (2.0, TypeError, "rank must be a whole number, not 2.0"),
        (True, TypeError, "rank must be a whole number, not True"),
        (0, ValueError, "rank must be at least 1, not 0"),
        (9, ValueError, "rank 9 is larger than the number of pages, 4; try rank=1"),
    ],
)
def test_a_bad_rank_is_named(rank: Any, kind: type[Exception], message: str) -> None:
    """So is the number of topics."""
    with pytest.raises(kind, match=message):
        fit_topics(TEXTS, rank, min_pages=1)


def test_what_a_data_matrix_has_settled_is_refused() -> None:
    """V is made already, so options of the text are refused, and those of the factorization are not."""
    pages = [Page(str(i), "", text) for i, text in enumerate(TEXTS)]
    recipe = Recipe(bounds=Bounds(min_pages=1, max_pages=1.0))
    data = prepare(Source(), recipe, corpus=Corpus("tea", "texts", lambda aside: iter(pages)))
    assert fit_topics(data, 2, solver="mu", max_iter=5, topic_words="weight").recipe["solver"] == "mu"
    with pytest.raises(ValueError, match=r"language, weighting: without effect on a DataMatrix; pass it to `prepare`"):
        fit_topics(data, 2, language="de", weighting="tfidf")
    with pytest.raises(ValueError, match="tokenizer, ids: without effect on a DataMatrix"):
        fit_topics(data, 2, tokenizer=str.split, ids=[1, 2, 3, 4])


def test_runs_and_guide() -> None:
    """The best of several fits, and topics that are named beforehand, from a list of texts."""
    model = fit_topics(TEXTS * 3, 2, min_pages=1, runs=3, guide={"Drinks": ["tea"]})
    assert "Drinks" in model.topics_frame()["label"].tolist()
    assert model.recipe["runs"] == 3
    assert model.topics_frame()["stability"].notna().all()
