"""Give a loaded model the user's own functions again; its files contain only their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nmf_topics.errors import InputTypeError, ModelError, OptionError
from nmf_topics.matrix.rows import RowAxis, kind_of
from nmf_topics.text.analyzer import TermAnalyzer, WordOptions, token_reader, word_options
from nmf_topics.text.functions import NamedFunction
from nmf_topics.text.language import AUTO

PARAMETERS = {"tokenizer": "tokenizer", "lemmatizer": "lemmatizer", "stop_test": "stop_words"}  # option -> parameter
TERMS_TO_TRY = 200
MIN_AGREEMENT = 0.5  # least share of tested words that must give their terms in the model


def with_functions(
    recipe: Mapping[str, Any], rows: RowAxis, given: Mapping[str, Callable[..., Any] | None]
) -> Mapping[str, Any]:
    """Return a recipe with the functions that it names.

    Parameters
    ----------
    recipe : recipe of a model
    rows : row axis of the model, used to check the functions
    given : parameter of `load_model` -> function or None

    Raises
    ------
    OptionError
        for a function that the model was not fitted with.
    ModelError
        if the functions do not turn the words of the model into its terms.
    InputTypeError
        for a value that is not callable.
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


def _check(rows: RowAxis, options: WordOptions) -> None:
    """Raise an error if the functions do not turn the words of the model into its terms."""
    if not kind_of(rows).reads_texts or options.language == AUTO:
        return
    analyzer = TermAnalyzer(options)
    words = [(term, surface) for term, surface in zip(rows.names, rows.shown, strict=True) if " " not in term]
    tried = words[:: max(1, len(words) // TERMS_TO_TRY)]
    agreeing = sum(term in {analyzer.read(token)[0] for token in _tokens(surface, options)} for term, surface in tried)
    if agreeing < MIN_AGREEMENT * len(tried):
        names = ", ".join(f"{PARAMETERS[option]} {name}" for option, name in options.own_functions.items())
        raise ModelError(
            f"the functions given are not those that the model was fitted with ({names}): of {len(tried)} words tried, "
            f"{agreeing} lead to the terms of the model"
        )


def _tokens(word: str, options: WordOptions) -> list[str]:
    """Return the tokens of a single word, and the word itself, as a tokenizer may need context."""
    return [*token_reader(options)(word), word]
