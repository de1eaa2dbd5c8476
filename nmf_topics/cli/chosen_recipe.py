"""The recipe that the options of a command choose: a named one, with the options that are given on top."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import click

from nmf_topics.cli.common import Text
from nmf_topics.cli.options import FactorOptions, MatrixOptions, TopicOptions
from nmf_topics.cli.wording import worded
from nmf_topics.corpus.open import declared_language
from nmf_topics.errors import GuideError
from nmf_topics.pipeline.prepare import Source
from nmf_topics.pipeline.recipes import RECIPES, Recipe
from nmf_topics.text.analyzer import WordOptions
from nmf_topics.text.language_notes import language_code, problem_of_language

Value = TypeVar("Value")


def choose_recipe(
    source: Source,
    matrix: MatrixOptions,
    factor: FactorOptions,
    topics: TopicOptions | None = None,
    *,
    like: Recipe | None = None,
) -> Recipe:
    """Return the recipe for a source.

    Parameters
    ----------
    source : pages; the language that they declare is used unless --language is given
    matrix, factor, topics : options of the command, None where they are not given
    like : a recipe that takes the place of the named one; its language is used whatever the source declares

    Raises
    ------
    click.BadParameter
        if a language, a list of words or a guide cannot be used.
    """
    named = RECIPES[matrix.recipe]
    recipe = like or named
    bounds = replace(
        recipe.bounds,
        min_pages=_given(matrix.min_pages, recipe.bounds.min_pages),
        max_pages=_given(matrix.max_pages, recipe.bounds.max_pages),
        max_terms=_given(matrix.max_terms, recipe.bounds.max_terms),
        corpus_stops=_given(matrix.corpus_stops, recipe.bounds.corpus_stops),
    )
    objective, solver = _given(factor.objective, recipe.objective), recipe.solver
    if objective != recipe.objective:
        solver = named.solver  # the solver of one objective is not that of another
    chosen = replace(
        recipe,
        words=_word_options(matrix, recipe.words, None if like else declared_language(source.path)),
        bounds=bounds,
        weighting=_given(matrix.weighting, recipe.weighting),
        unit=_given(matrix.unit, recipe.unit),
        idf_power=_given(matrix.idf_power, recipe.idf_power),
        objective=objective,
        solver=_given(factor.solver, solver),
        start=_given(factor.start, recipe.start),
        tolerance=_given(factor.tolerance, recipe.tolerance),
        max_iter=_given(factor.max_iter, recipe.max_iter),
        l1_words=_given(factor.l1_words, recipe.l1_words),
        l1_pages=_given(factor.l1_pages, recipe.l1_pages),
        l2_words=_given(factor.l2_words, recipe.l2_words),
        l2_pages=_given(factor.l2_pages, recipe.l2_pages),
    )
    if topics is None:
        return chosen
    return replace(
        chosen,
        guide=read_guides(topics.guide) or recipe.guide,
        refine=_given(topics.refine, recipe.refine),
        topic_words=_given(topics.topic_words, recipe.topic_words),
    )


def _given(value: Value | None, otherwise: Value) -> Value:
    """Return the value of an option, or that of the recipe if the option is not given."""
    return otherwise if value is None else value


def _word_options(matrix: MatrixOptions, words: WordOptions, declared: str | None) -> WordOptions:
    """Return the options of the text with the given ones on top; `declared` is the language that the source states."""
    found = language_code(matrix.language) if matrix.language else declared
    chosen = replace(
        words,
        language=_given(found, words.language),
        normalize=_given(matrix.normalize, words.normalize),
        stemmer=_given(matrix.stemmer, words.stemmer),
        default_stops=_given(matrix.default_stops, words.default_stops),
        phrases=_given(matrix.phrases, words.phrases),
        chunk=_given(matrix.chunk, words.chunk),
        boilerplate=_given(matrix.boilerplate, words.boilerplate),
        numbers=_given(matrix.numbers, words.numbers),
        accents=_given(matrix.accents, words.accents),
        stop=read_words(matrix.stop, "--stop") or words.stop,
        keep=read_words(matrix.keep, "--keep") or words.keep,
    )
    if matrix.language and (problem := problem_of_language(chosen.language, stops=chosen.default_stops)):
        raise click.BadParameter(worded(problem), param_hint="--language")
    return chosen


def read_words(values: tuple[str, ...], option: str) -> tuple[str, ...]:
    """Read words given as a,b,c or in files, where white space or commas separate them and # begins a comment."""
    words: list[str] = []
    for value in values:
        if os.path.isfile(value):
            text = " ".join(line.partition("#")[0] for line in _read_text(value, option).splitlines())
        elif "/" in value or value.endswith(".txt"):
            raise click.BadParameter(f"there is no file {value}", param_hint=option)
        else:
            text = Text().convert(value, None, None)
        words += text.replace(",", " ").split()
    return tuple(sorted(set(words)))


def read_guides(values: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Read the topics of --guide, given as NAME: WORDS or in files."""
    if not values:
        return {}
    from nmf_topics.model.guide import read_guide

    guide: dict[str, tuple[str, ...]] = {}
    for value in values:
        try:
            text, where = (_read_text(value, "--guide"), value) if os.path.isfile(value) else (value, "--guide")
            if where == "--guide" and ":" not in value:
                said = f"there is no file {value}, and it is not NAME: WORD, WORD"
                raise click.BadParameter(said, param_hint="--guide")
            found = read_guide(text, where)
        except GuideError as error:
            raise click.BadParameter(worded(error), param_hint="--guide") from error
        if twice := sorted(guide.keys() & found.keys()):
            raise click.BadParameter(f"there are two topics {twice[0]!r}", param_hint="--guide")
        guide |= found
    return guide


def _read_text(path: str, option: str) -> str:
    """Read a file of words."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"{path} cannot be read as UTF-8 text: {error}", param_hint=option) from error
