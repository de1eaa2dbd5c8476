"""The user's own functions for reading text: a tokenizer, a lemmatizer, a test for stop words.

Files cannot store a function safely, so options, recipes and models store its name. A `NamedFunction` is a str with the
function as an attribute; JSON writes only the name. A loaded model has only names until the functions are passed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from nmf_topics.errors import InputTypeError, ModelError

Tokenizer = Callable[[str], Iterable[str]]  # from the text of a page to its tokens, in order
Lemmatizer = Callable[[str], str]  # from a token to its normal form
StopTest = Callable[[str], bool]  # whether a word is a stop word


class NamedFunction(str):
    """The name of a function, with the function itself.

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
        """Return a function with a name; None: its own name with that of its module."""
        named = cls(name or name_of(function))
        named.function = function
        return named

    def __deepcopy__(self, memo: dict[int, Any]) -> NamedFunction:
        return self  # `dataclasses.asdict` copies values deeply, and a tokenizer may hold a large language model

    def __reduce__(self) -> tuple[Any, ...]:
        return NamedFunction.of, (self.function, str(self))


def name_of(function: Callable[..., Any]) -> str:
    """Return the name of a function, or of the class of a callable object, with that of its module.

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
    """Return the function that an option holds; None if it holds none.

    Parameters
    ----------
    name : value of the option
    parameter : its parameter in `load_model`

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
        f"the model was fitted with its own {parameter}, {name}, which its files do not contain; to read text, load it "
        f"in Python with load_model(folder, {parameter}=...)"
    )


def own_tokens(tokenizer: Tokenizer, text: str) -> list[str]:
    """Return the tokens of a text by the user's function, without empty ones.

    Raises
    ------
    InputTypeError
        if the function returns anything but strings.
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
    """Return the user's function with a check that it returns strings."""

    def lemma(word: str) -> str:
        found = lemmatizer(word)
        if not isinstance(found, str):
            raise InputTypeError(f"lemmatizer must return a string; for {word!r} it returned {_shown(found)}")
        return found

    return lemma


def _shown(value: Any) -> str:
    return f"{str(value)[:40]!r} of type {type(value).__name__}"
