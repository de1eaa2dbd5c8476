"""The user's own functions in the way from text to terms: a tokenizer, a lemmatizer, a test for stop words.

A function cannot be stored in a file without code that runs when the file is read. So options, recipes and models hold
its name: a `NamedFunction` is a str, which JSON writes as it is. A model that was loaded has the name alone, until it
is given the function again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from nmf_topics.errors import InputTypeError, ModelError

Tokenizer = Callable[[str], Iterable[str]]  # from the text of a page to its tokens, in order
Lemmatizer = Callable[[str], str]  # from a token to its normal form
StopTest = Callable[[str], bool]  # whether a word is a stop word


class NamedFunction(str):
    """The name of a function, with the function where it is known.

    Examples
    --------
    >>> split = NamedFunction.of(str.split)
    >>> split, split.function("green tea")
    ('builtins.str.split', ['green', 'tea'])
    """

    __slots__ = ("function",)

    function: Callable[..., Any]

    @classmethod
    def of(cls, function: Callable[..., Any], name: str | None = None) -> NamedFunction:
        """A function under a name; its own one, with that of its module, where none is given."""
        named = cls(name or name_of(function))
        named.function = function
        return named

    def __deepcopy__(self, memo: dict[int, Any]) -> NamedFunction:
        return self  # `dataclasses.asdict` copies values, and a tokenizer may hold a model of a gigabyte

    def __reduce__(self) -> tuple[Any, ...]:
        return NamedFunction.of, (self.function, str(self))


def name_of(function: Callable[..., Any]) -> str:
    """The name of a function with that of its module; of an object that can be called, that of its class.

    Examples
    --------
    >>> from string import capwords
    >>> name_of(capwords)
    'string.capwords'
    """
    named = function if hasattr(function, "__qualname__") else type(function)
    module = getattr(named, "__module__", None) or getattr(getattr(named, "__objclass__", None), "__module__", None)
    return ".".join(part for part in (module, named.__qualname__) if part)


def function_of(name: str | None, parameter: str) -> Callable[..., Any] | None:
    """The function that an option holds; None where there is none.

    Parameters
    ----------
    name : value of the option
    parameter : what `load_model` calls it

    Raises
    ------
    ModelError
        if only the name of the function is known.
    """
    if not name:
        return None
    if isinstance(name, NamedFunction):
        return name.function
    raise ModelError(
        f"the model was fitted with a {parameter} of its own, {name}, which no file can hold: it reads text only in "
        f"Python, loaded by load_model(folder, {parameter}=...)"
    )


def own_tokens(tokenizer: Tokenizer, text: str) -> list[str]:
    """The tokens that the user's function gives for a text, without empty ones.

    Raises
    ------
    InputTypeError
        if it gives anything else than strings.
    """
    found = tokenizer(text)
    if isinstance(found, str) or not isinstance(found, Iterable):
        raise InputTypeError(f"tokenizer must return a list of strings; for {text[:40]!r} it returned {_shown(found)}")
    tokens: list[str] = []
    for token in found:
        if not isinstance(token, str):
            raise InputTypeError(f"tokenizer must return strings; for {text[:40]!r} it returned {_shown(token)}")
        if token := " ".join(token.split()):
            tokens.append(token)
    return tokens


def own_lemma(lemmatizer: Lemmatizer) -> Lemmatizer:
    """The user's function, checked to give strings."""

    def lemma(word: str) -> str:
        found = lemmatizer(word)
        if not isinstance(found, str):
            raise InputTypeError(f"lemmatizer must return a string; for {word!r} it returned {_shown(found)}")
        return found

    return lemma


def _shown(value: Any) -> str:
    return f"{str(value)[:40]!r} of type {type(value).__name__}"
