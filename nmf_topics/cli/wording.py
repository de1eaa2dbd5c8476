"""Errors and notices of the library in the words of the command line: parameters are named as options."""

from __future__ import annotations

from nmf_topics.errors import NmfTopicsError, Notice, Option

# parameters whose option has another name
FLAGS = {"output": "-o", "stop_words": "--stop", "read_limits": "--read-limit"}


def flag(option: Option) -> str:
    """A parameter as an option of the command line, with the value that is proposed.

    Examples
    --------
    >>> flag(Option("max_terms")), flag(Option("rank", 3)), flag(Option("default_stops", False))
    ('--max-terms', '--rank 3', '--no-default-stops')
    """
    if option.name.isupper():  # an environment variable
        return option.name
    name = FLAGS.get(option.name, "--" + option.name.replace("_", "-"))
    if not option.has_value or option.value is True:
        return name
    return name.replace("--", "--no-", 1) if option.value is False else f"{name} {option.value}"


def worded(said: str | BaseException) -> str:
    """A message, notice or error for the user of the command line.

    Examples
    --------
    >>> from nmf_topics.errors import MatrixError, Remedy
    >>> worded(MatrixError("rank 9 is larger than the number of pages, 5", remedy=Remedy("try {rank=2}")))
    'rank 9 is larger than the number of pages, 5; try --rank 2'
    """
    if isinstance(said, NmfTopicsError | Notice) and said.remedy:
        return f"{said.message}; {said.remedy.worded(flag)}"
    return str(said)
