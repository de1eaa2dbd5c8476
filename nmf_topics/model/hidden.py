"""Hidden words: find the rows of W of a word, and update the list of words that a model does not show."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from nmf_topics.errors import ModelError
from nmf_topics.text.analyzer import TermAnalyzer, WordOptions
from nmf_topics.text.functions import NamedFunction


class WordRows:
    """Finds the rows of a word by any spelling: the shown word, its term, in any case.

    Parameters
    ----------
    terms, surfaces : normal forms of the words of a model, and the words as shown to readers
    options : options with which its text was converted to terms
    """

    def __init__(self, terms: Sequence[str], surfaces: Sequence[str], options: WordOptions) -> None:
        missing = any(not isinstance(name, NamedFunction) for name in options.own_functions.values())
        self._reader = (
            None if missing else TermAnalyzer(options)
        )  # without the user's functions, only exact spellings match
        self._by_term: Mapping[str, int] = {term: i for i, term in enumerate(terms)}
        self._by_spelling: dict[str, list[int]] = {}
        for i, (term, surface) in enumerate(zip(terms, surfaces, strict=True)):
            for spelling in {term.lower(), surface.lower()}:
                self._by_spelling.setdefault(spelling, []).append(i)

    def rows_of(self, word: str) -> set[int]:
        """Return the rows of a word; an empty set if it is not in the vocabulary."""
        plain = plain_spelling(word)
        if not plain:
            return set()
        reader = self._reader
        read = [reader.read(spelling)[0] for spelling in (plain, plain.capitalize())] if reader is not None else []
        found = {self._by_term[term] for term in read if term is not None and term in self._by_term}
        return found.union(self._by_spelling.get(plain, ()))

    def nearest(self, word: str) -> str | None:
        """Return the word of the vocabulary with the most similar spelling, or None."""
        close = difflib.get_close_matches(plain_spelling(word), self._by_spelling, n=1)
        return close[0] if close else None


def plain_spelling(word: str) -> str:
    """Return a word in lower case, in composed Unicode form, with straight apostrophes."""
    return unicodedata.normalize("NFC", word).lower().replace("\u2019", "'")


def hide_words(rows: WordRows, hidden: Sequence[str], words: Iterable[str]) -> tuple[str, ...]:
    """Return the list of hidden words with some more.

    Raises
    ------
    ModelError
        for a word that the model does not have.
    """
    words = list(words)
    for word in words:
        if not rows.rows_of(word):
            near = rows.nearest(word)
            hint = f"did you mean {near!r}?" if near else "`words.csv` in the model folder lists all words"
            raise ModelError(f"the model has no word {word!r}, so there is nothing to hide; {hint}")
    return tuple(dict.fromkeys([*hidden, *words]))


def unhide_words(rows: WordRows, hidden: Sequence[str], words: Iterable[str]) -> tuple[str, ...]:
    """Return the list of hidden words without some, which can be given in any spelling.

    Raises
    ------
    ModelError
        for a word that is not hidden.
    """
    for word in words:
        meant = rows.rows_of(word)
        left = [
            other
            for other in hidden
            if plain_spelling(other) != plain_spelling(word) and not meant & rows.rows_of(other)
        ]
        if len(left) == len(hidden):
            listed = f"hidden are {', '.join(hidden)}" if hidden else "no word is hidden"
            raise ModelError(f"the word {word!r} is not hidden; {listed}")
        hidden = left
    return tuple(hidden)
