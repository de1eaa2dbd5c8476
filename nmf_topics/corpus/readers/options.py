"""The options of reading a source, apart from the columns of tables."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from nmf_topics.corpus.readers.cell_markup import kinds_of
from nmf_topics.corpus.readers.limits import DEFAULT_LIMITS, ReadLimits
from nmf_topics.errors import CorpusError


@dataclass(frozen=True)
class ReadOptions:
    """Options of reading.

    Attributes
    ----------
    encoding : encoding of text files and tables without a byte order mark; None: UTF-8, or guessed
    lines : read every line of a text file as a page
    titles_as_text : count the words of titles as text
    markup : which HTML, formulas and addresses to remove from tables, as in `CellCleaner`
    limits : see `ReadLimits`
    """

    encoding: str | None = None
    lines: bool = False
    titles_as_text: bool = False
    markup: str = "auto"
    limits: ReadLimits = DEFAULT_LIMITS

    def __post_init__(self) -> None:
        try:
            kinds_of(self.markup)
        except ValueError as error:
            raise CorpusError(f"markup: {error}") from error
        if self.encoding is not None and not is_text_encoding(self.encoding):
            raise CorpusError(
                f"unknown text encoding {self.encoding!r}; known are all of Python's, such as cp1252, utf-8 or latin-1"
            )


def is_text_encoding(name: str) -> bool:
    """Return whether Python has a text encoding of this name.

    Examples
    --------
    >>> [is_text_encoding(name) for name in ("cp1252", "Latin-1", "rot13", "nonsense", "")]
    [True, True, False, False, False]
    """
    try:
        return bool(codecs.lookup(name).name) and isinstance(b"a".decode(name), str)
    except (LookupError, ValueError, AttributeError, TypeError):
        return False


DEFAULT_OPTIONS = ReadOptions()
