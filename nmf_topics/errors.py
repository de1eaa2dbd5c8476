"""The errors that users see, and the advice that they carry.

A message says what happened and where. What to try next is a `Remedy`: text that keeps the parameters it names as data.
As a string it names them as in Python (`rank=3`); the command line names its own options instead.

    NmfTopicsError            base of all
        OptionError           a parameter has a value that cannot be used (a ValueError)
        InputTypeError        an argument is of a type that cannot be used (a TypeError)
        CorpusError           a source cannot be read as pages (a ValueError)
        ImageError            a source cannot be read as images (a ValueError)
        MatrixError           V cannot be factored: NaN, negative, empty, wrong shape (a ValueError)
        EngineError           V cannot be stored or processed where it should be: damaged blocks, no cluster, no room
        GuideError            a guide cannot be read, or has no word of the corpus (a ValueError)
        ModelError            a model is missing, foreign, damaged, or does not fit the question (a ValueError)
        OutputError           a result cannot be written: no permission, no space, other files in the way
            FontError         no installed font has the letters to be drawn
        FetchError            a wiki refuses a request, or its response cannot be used
            WikiUnreachable   a wiki cannot be reached at all
                ContactRequired  a host of Wikimedia must not be called without a contact address
                LoginError       a wiki does not accept a login, or the credentials cannot be used
            NothingFound      a wiki has no pages of the kind that was asked for
        MissingExtra          a package is not installed that something optional needs (an ImportError)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Option:
    """A parameter that a message names.

    Attributes
    ----------
    name : as in Python; the name of an environment variable in capital letters
    value : the value that is proposed; `...` where none is
    """

    name: str
    value: Any = ...

    @property
    def has_value(self) -> bool:
        """Whether a value is proposed."""
        return self.value is not ...

    def __str__(self) -> str:
        return f"{self.name}={self.value!r}" if self.has_value else self.name


class Remedy:
    """What to try: a text with the parameters that it names.

    Parameters
    ----------
    text : names parameters in braces, {rank}, with a proposed value after "=", {engine=disk}
    values : proposed values that are not known when the text is written, by name

    Examples
    --------
    >>> remedy = Remedy("try {rank}, or a lower {min_pages}", rank=3)
    >>> str(remedy)
    'try rank=3, or a lower min_pages'
    >>> remedy.worded(lambda option: option.name.upper())
    'try RANK, or a lower MIN_PAGES'
    """

    _FIELD = re.compile(r"\{(\w+)(?:=([^{}]*))?\}")

    def __init__(self, text: str, **values: Any) -> None:
        self._parts: tuple[str | Option, ...] = tuple(self._parsed(text, values))

    @classmethod
    def _parsed(cls, text: str, values: dict[str, Any]) -> Iterator[str | Option]:
        end = 0
        for field in cls._FIELD.finditer(text):
            yield text[end : field.start()]
            name, literal = field.groups()
            yield Option(name, values.get(name, ... if literal is None else _literal(literal)))
            end = field.end()
        yield text[end:]

    @property
    def options(self) -> tuple[Option, ...]:
        """The parameters that are named, in order."""
        return tuple(part for part in self._parts if isinstance(part, Option))

    def worded(self, name_of: Callable[[Option], str] = str) -> str:
        """The text, each parameter named by `name_of`."""
        return "".join(name_of(part) if isinstance(part, Option) else part for part in self._parts)

    def then(self, text: str) -> Remedy:
        """The same with a further step, which names no parameters."""
        longer = Remedy("")
        longer._parts = (*self._parts, f"; then {text}")
        return longer

    def __str__(self) -> str:
        return self.worded()


def _literal(text: str) -> Any:
    """The value that a text in braces means: {chunk=None}, {runs=5}, {engine=disk}."""
    constants = {"None": None, "True": True, "False": False}
    if text in constants:
        return constants[text]
    return int(text) if text.isdecimal() else text


class Notice(str):
    """A message that is no error, with a remedy; as a str it is worded for Python, as errors are.

    Examples
    --------
    >>> Notice("Vietnamese is written in syllables", Remedy("{phrases=True} joins them to words"))
    'Vietnamese is written in syllables; phrases=True joins them to words'
    """

    __slots__ = ("message", "remedy")

    message: str
    remedy: Remedy

    def __new__(cls, message: str, remedy: Remedy) -> Notice:
        notice = super().__new__(cls, f"{message}; {remedy}")
        notice.message, notice.remedy = message, remedy
        return notice

    def __getnewargs__(self) -> tuple[str, Remedy]:  # type: ignore[override]
        return self.message, self.remedy


class NmfTopicsError(Exception):
    """Base of every error that is caused by the input or the environment, not by a bug.

    Parameters
    ----------
    message : what happened, and where
    remedy : what to try next

    Examples
    --------
    >>> from nmf_topics import fit_topics
    >>> try:
    ...     fit_topics(["green tea", "black tea"], 7, min_pages=1)
    ... except NmfTopicsError as error:
    ...     print(error.message, error.remedy.options, sep="; ")
    rank 7 is larger than the number of pages, 2; (Option(name='rank', value=1),)
    """

    def __init__(self, message: str, *, remedy: Remedy | None = None) -> None:
        super().__init__(message)
        self.remedy = remedy

    @property
    def message(self) -> str:
        """What happened, without the remedy."""
        return str(self.args[0])

    def __str__(self) -> str:
        return f"{self.message}; {self.remedy}" if self.remedy else self.message

    def notice(self, consequence: str) -> str:
        """What follows from the error, for those who can go on without what failed: a `Notice` if there is a remedy."""
        said = f"{consequence}: {self.message}"
        return Notice(said, self.remedy) if self.remedy else said


class OptionError(NmfTopicsError, ValueError):
    """A parameter has a value that cannot be used."""


class InputTypeError(NmfTopicsError, TypeError):
    """An argument is of a type that cannot be used."""


class CorpusError(NmfTopicsError, ValueError):
    """A source cannot be read as pages."""


class ImageError(NmfTopicsError, ValueError):
    """A source cannot be read as images."""


class MatrixError(NmfTopicsError, ValueError):
    """A matrix cannot be factored: not two-dimensional, empty, not finite, or negative."""


class EngineError(NmfTopicsError):
    """V cannot be stored, read or processed where it should be."""


class GuideError(NmfTopicsError, ValueError):
    """A guide cannot be read, or has no word of the corpus."""


class ModelError(NmfTopicsError, ValueError):
    """A model cannot be read, or does not fit what is asked of it."""


class OutputError(NmfTopicsError):
    """A result cannot be written."""


class FontError(OutputError):
    """No installed font has the letters to be drawn."""


class FetchError(NmfTopicsError):
    """A wiki refuses a request, or its response cannot be used; other requests may succeed.

    Attributes
    ----------
    status : of HTTP, 0 where the response had none or it was not the problem
    code : of MediaWiki's error, "" where it gave none
    """

    def __init__(self, message: str, *, status: int = 0, code: str = "", remedy: Remedy | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.status, self.code = status, code


class WikiUnreachable(FetchError):
    """A wiki cannot be reached, or stays busy: further requests are useless now."""


class ContactRequired(WikiUnreachable):
    """A host of Wikimedia must not be called without a contact address in the User-Agent."""


class LoginError(WikiUnreachable):
    """A wiki does not accept a login, or the credentials cannot be used."""


class NothingFound(FetchError):
    """A category or a list of a wiki has no pages."""


class MissingExtra(NmfTopicsError, ImportError):
    """A package is not installed that something optional needs."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the package {package!r}; try: pip install 'nmf-topics[{extra}]'")

    def __reduce__(self) -> tuple[Any, ...]:
        return _error_again, (type(self), self.args, self.__dict__)


def _error_again(cls: type[NmfTopicsError], arguments: tuple[Any, ...], state: dict[str, Any]) -> NmfTopicsError:
    """An error that another process sent, without its constructor."""
    error = cls.__new__(cls, *arguments)
    error.args = arguments
    error.__dict__.update(state)
    return error
