"""The options of a recipe as plain keywords, as `fit_topics` takes them: names, types and allowed values."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields, replace
from numbers import Integral, Real
from typing import Any, Literal, TypedDict

from nmf_topics.errors import InputTypeError, OptionError
from nmf_topics.factor.init import INITIALIZATIONS
from nmf_topics.factor.objectives import OBJECTIVES
from nmf_topics.factor.rules import RULES
from nmf_topics.matrix.weighting import WEIGHTINGS
from nmf_topics.model.description import TOPIC_WORDS
from nmf_topics.model.refine import REFINEMENTS
from nmf_topics.pipeline.recipes import RECIPES, Recipe
from nmf_topics.terms.pruning import Bounds
from nmf_topics.text.analyzer import WordOptions
from nmf_topics.text.functions import Lemmatizer, NamedFunction, StopTest, Tokenizer
from nmf_topics.text.language_notes import language_code, problem_of_language
from nmf_topics.text.normalize import NORMALIZATIONS, STEMMERS


class FactorOptions(TypedDict, total=False):
    """Options of the factorization and of the words shown for topics; they also apply to a DataMatrix."""

    objective: str
    solver: str | None
    start: str
    tolerance: float
    max_iter: int
    l1_words: float
    l1_pages: float
    l2_words: float
    l2_pages: float
    topic_words: str
    refine: str


class RecipeOptions(FactorOptions, total=False):
    """All options of a recipe except the guide and the user's own functions; see `WordOptions` and `Bounds`."""

    language: str
    normalize: Literal["stem", "lemma", "both", "none"]
    stemmer: Literal["snowball", "porter"]
    default_stops: bool
    keep: Collection[str]
    phrases: bool
    chunk: int | None
    numbers: bool
    accents: bool
    boilerplate: bool
    min_pages: float | None
    max_pages: float | None
    max_terms: int | None
    corpus_stops: bool
    weighting: str
    unit: bool
    idf_power: float


Check = Callable[[str, Any], Any]  # from the name and value of an option to the value that is used


def _choice(allowed: Iterable[str]) -> Check:
    def check(name: str, value: Any) -> str:
        choices = list(allowed)
        if not isinstance(value, str) or value not in choices:
            near = difflib.get_close_matches(str(value), choices, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise OptionError(f"{name} must be one of {', '.join(map(repr, choices))}, not {value!r}{hint}")
        return value

    return check


def _yes_or_no(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise OptionError(f"{name} must be True or False, not {value!r}")
    return value


def _count(name: str, value: Any) -> int:
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise OptionError(f"{name} must be a whole number of at least 1, not {value!r}")
    return int(value)


def _number(name: str, value: Any) -> float:
    if not isinstance(value, Real) or isinstance(value, bool) or not 0 <= float(value) < math.inf:
        raise OptionError(f"{name} must be a number of at least 0, not {value!r}")
    return float(value)


def _pages(name: str, value: Any) -> float:
    found = _number(name, value)
    if found > 1 and found != int(found):
        raise OptionError(f"{name} must be a number of pages (5) or a share of them (0.5), not {value!r}")
    return found


def _optional(check: Check) -> Check:
    return lambda name, value: None if value is None else check(name, value)


def word_list(name: str, value: Any) -> tuple[str, ...]:
    """Return the distinct words of a list, sorted.

    Raises
    ------
    InputTypeError
        if it is a single string, or an element is not a string.
    """
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise InputTypeError(f"{name} must be a list of words, not {value!r:.60}")
    words = list(value)
    for word in words:
        if not isinstance(word, str):
            raise InputTypeError(f"{name} must be a list of words; {word!r:.60} is of type {type(word).__name__}")
    return tuple(sorted({str(word) for word in words}))


def _language(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise OptionError(f"{name} must be a language code such as 'en' or 'de', or 'auto', not {value!r}")
    return language_code(value)


CHECKS: dict[str, Check] = {
    "language": _language,
    "normalize": _choice(NORMALIZATIONS),
    "stemmer": _choice(STEMMERS),
    "default_stops": _yes_or_no,
    "keep": word_list,
    "phrases": _yes_or_no,
    "chunk": _optional(_count),
    "numbers": _yes_or_no,
    "accents": _yes_or_no,
    "boilerplate": _yes_or_no,
    "min_pages": _optional(_pages),
    "max_pages": _optional(_pages),
    "max_terms": _optional(_count),
    "corpus_stops": _yes_or_no,
    "weighting": _choice(WEIGHTINGS),
    "unit": _yes_or_no,
    "idf_power": _number,
    "objective": _choice(OBJECTIVES),
    "solver": _optional(_choice(RULES)),
    "start": _choice(INITIALIZATIONS),
    "tolerance": _number,
    "max_iter": _count,
    "l1_words": _number,
    "l1_pages": _number,
    "l2_words": _number,
    "l2_pages": _number,
    "topic_words": _choice(TOPIC_WORDS),
    "refine": _choice(REFINEMENTS),
}
OTHER_NAMES = {"stop": "stop_words", "stopwords": "stop_words", "init": "start", "n_components": "rank"}
FACTOR_OPTIONS = tuple(FactorOptions.__annotations__)


def checked_options(options: Mapping[str, Any], *, further: Iterable[str] = ()) -> dict[str, Any]:
    """Return options with checked values.

    Parameters
    ----------
    options : option -> value
    further : names of the other parameters of the calling function, for suggestions

    Raises
    ------
    InputTypeError
        for an unknown option, like Python for an unexpected keyword.
    OptionError
        for a value that cannot be used.
    """
    for name in options:
        if name not in CHECKS:
            known = [*CHECKS, *further]
            near = [OTHER_NAMES[name]] if name in OTHER_NAMES else difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(known))}"
            raise InputTypeError(f"there is no option {name!r}{hint}")
    return {name: CHECKS[name](name, value) for name, value in options.items()}


def recipe_with(
    recipe: Recipe | str,
    options: Mapping[str, Any],
    *,
    tokenizer: Tokenizer | None = None,
    lemmatizer: Lemmatizer | None = None,
    stop_words: Iterable[str] | StopTest | None = None,
    further: Iterable[str] = (),
) -> Recipe:
    """Return a recipe with some options changed.

    Parameters
    ----------
    recipe : Recipe, or the name of one in RECIPES
    options : `RecipeOptions`
    tokenizer, lemmatizer, stop_words : as in `fit_topics`
    further : as in `checked_options`

    Raises
    ------
    OptionError, InputTypeError
        if an option or its value cannot be used.

    Examples
    --------
    >>> recipe_with("default", {"min_pages": 3, "language": "pt-BR"}).words.language
    'pt'
    """
    if isinstance(recipe, str):
        recipe = RECIPES[_choice(RECIPES)("recipe", recipe)]
    elif not isinstance(recipe, Recipe):
        raise InputTypeError(f"recipe must be a Recipe or the name of one, not {recipe!r:.60}")
    given = checked_options(options, further=further)
    words, bounds = ({f.name for f in fields(part)} for part in (WordOptions, Bounds))
    own: dict[str, Any] = {}
    for name, function in (("tokenizer", tokenizer), ("lemmatizer", lemmatizer)):
        if function is not None:
            own[name] = named_function(name, function)
    if callable(stop_words):
        own["stop_test"] = named_function("stop_words", stop_words)
    elif stop_words is not None:
        own["stop"] = word_list("stop_words", stop_words)
    changed = replace(
        recipe,
        words=replace(recipe.words, **{name: value for name, value in given.items() if name in words}, **own),
        bounds=replace(recipe.bounds, **{name: value for name, value in given.items() if name in bounds}),
        **{name: value for name, value in given.items() if name not in words | bounds},
    )
    if "language" in given and (
        problem := problem_of_language(changed.words.language, stops=changed.words.default_stops)
    ):
        raise OptionError(f"language: {problem}")
    return changed


def named_function(name: str, function: Any) -> NamedFunction:
    """Return the user's function as the value of an option.

    Raises
    ------
    InputTypeError
        if it is not callable.
    """
    if not callable(function):
        raise InputTypeError(f"{name} must be a function, not {function!r:.60}")
    return NamedFunction.of(function)
