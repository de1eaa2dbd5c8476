"""The user's own functions of a loaded model: its files have the names, and whoever loads it has the functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nmf_topics.errors import InputTypeError, ModelError, OptionError
from nmf_topics.matrix.datamatrix import RowAxis
from nmf_topics.text.analyzer import TermAnalyzer, WordOptions, token_reader, word_options
from nmf_topics.text.functions import NamedFunction
from nmf_topics.text.language import AUTO

PARAMETERS = {"tokenizer": "tokenizer", "lemmatizer": "lemmatizer", "stop_test": "stop_words"}  # option -> parameter
TERMS_TO_TRY = 200
AGREEING = 0.5  # share of the terms tried that must come out as they are in the model


def with_functions(
    recipe: Mapping[str, Any], rows: RowAxis, given: Mapping[str, Callable[..., Any] | None]
) -> Mapping[str, Any]:
    """A recipe with the functions that it names.

    Parameters
    ----------
    recipe : of a model
    rows : of the model, whose words the functions must lead to its terms
    given : parameter of `load_model` -> function, or None

    Raises
    ------
    OptionError
        for a function that the model was fitted without.
    ModelError
        if the words of the model do not lead to its terms, so that it was fitted with other functions.
    InputTypeError
        for what cannot be called.
    """
    words = dict(recipe.get("words", {}))
    known = word_options(recipe).own_functions
    for option, parameter in PARAMETERS.items():
        function = given.get(parameter)
        if function is None:
            continue
        if not callable(function):
            raise InputTypeError(f"{parameter} must be a function, not {function!r:.60}")
        if option not in known:
            raise OptionError(f"{parameter}: the model was fitted without such a function; leave it out")
        words[option] = NamedFunction.of(function, str(known[option]))
    restored = {**recipe, "words": words}
    options = word_options(restored)
    if any(given.values()) and all(isinstance(name, NamedFunction) for name in options.own_functions.values()):
        _check(rows, options)
    return restored


def _check(rows: Any, options: WordOptions) -> None:
    """Refuse functions that do not make the terms of the model of its words."""
    if rows.kind != "terms" or options.language == AUTO:
        return
    analyzer = TermAnalyzer(options)
    words = [(term, surface) for term, surface in zip(rows.terms, rows.surfaces, strict=True) if " " not in term]
    tried = words[:: max(1, len(words) // TERMS_TO_TRY)]
    agreeing = sum(term in {analyzer.read(token)[0] for token in _tokens(surface, options)} for term, surface in tried)
    if agreeing < AGREEING * len(tried):
        names = ", ".join(f"{PARAMETERS[option]} {name}" for option, name in options.own_functions.items())
        raise ModelError(
            f"the functions given are not those that the model was fitted with ({names}): of {len(tried)} words tried, "
            f"{agreeing} lead to the terms of the model"
        )


def _tokens(word: str, options: WordOptions) -> list[str]:
    """The tokens of a single word, and the word itself, as a tokenizer may need the words around it."""
    return [*token_reader(options)(word), word]
