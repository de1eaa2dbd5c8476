"""Guides: names of topics with seed words.

    # a comment
    Sport: match, coach, Olympic Games
    Politics: election, minister

A guide is text with one topic per line, or JSON, {"Sport": ["match", "coach"]}. Words are normalized like those of the
corpus, so any form of a word can be given. Several words mean the phrase if the corpus has it, else each of the words.
The topics of the guide keep their names; if the rank is larger, the other topics are found as usual (see
`factor.guiding`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from nmf_topics.errors import GuideError, Remedy
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.text.analyzer import Readers, word_options
from nmf_topics.text.language import AUTO

Guide = Mapping[str, Sequence[str]]  # name of a topic -> its seed words, in the order of the guide


def read_guide(text: str, where: str) -> dict[str, tuple[str, ...]]:
    """Parse a guide.

    Parameters
    ----------
    text : lines of NAME: WORD, WORD, or a JSON object of lists
    where : name of its source, for messages

    Raises
    ------
    GuideError
        for an invalid line, or a name that occurs twice; the message names the line.

    Examples
    --------
    >>> read_guide("Sport: match,  coach # and more\\n\\nArt: oil painting", "here")
    {'Sport': ('match', 'coach'), 'Art': ('oil painting',)}
    """
    if text.lstrip().startswith("{"):
        return _from_json(text, where)
    guide: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.partition("#")[0].strip()
        if not line:
            continue
        name, colon, words = line.partition(":")
        _add(guide, name, words.split(",") if colon else [], f"line {number} of {where}", line)
    return _some(guide, where)


def _from_json(text: str, where: str) -> dict[str, tuple[str, ...]]:
    try:
        # pairs, because a dict would drop a duplicate name
        pairs = json.loads(text, object_pairs_hook=lambda pairs: pairs)
    except (ValueError, RecursionError) as error:
        raise GuideError(f"{where} begins like JSON but is not valid JSON: {error}") from error
    guide: dict[str, tuple[str, ...]] = {}
    for name, words in pairs:
        listed = isinstance(words, list) and all(isinstance(word, str) for word in words)
        parts = [part for word in words for part in word.split(",")] if listed else []
        _add(guide, name, parts, where, f"{json.dumps(name)}: {json.dumps(words)}")
    return _some(guide, where)


def _add(guide: dict[str, tuple[str, ...]], name: str, words: Sequence[str], where: str, shown: str) -> None:
    """Check and add a topic."""
    name = " ".join(name.split())
    found = tuple(dict.fromkeys(word for part in words if (word := " ".join(part.split()))))
    if not name or not found:
        raise GuideError(f"{where} is not NAME: WORD, WORD: {shown[:60]!r}")
    if ":" in name or "#" in name:
        raise GuideError(f"{where}: the name of a topic has no colon and no #: {name[:60]!r}")
    try:
        " ".join((name, *found)).encode()
    except UnicodeEncodeError as error:  # bytes of a command line that are not UTF-8 are lone surrogates
        raise GuideError(f"{where} is not UTF-8 text: {shown[:60]!r}") from error
    if name in guide:
        raise GuideError(f"{where}: there are two topics {name!r}; put their words together")
    guide[name] = found


def _some(guide: dict[str, tuple[str, ...]], where: str) -> dict[str, tuple[str, ...]]:
    if not guide:
        raise GuideError(f"{where} names no topic; say, for example, Sport: match, coach")
    return guide


def rows_of_guide(data: DataMatrix, guide: Guide) -> tuple[list[list[int]], list[str]]:
    """Find the rows of V of the words of each topic.

    Parameters
    ----------
    data : DataMatrix of text
    guide : Guide

    Returns
    -------
    rows : rows for each topic, in order
    unknown : words that are not in V, each as "word (topic)"

    Raises
    ------
    GuideError
        if V is not of text, or a topic has no word of V.
    """
    if not data.kind.reads_texts:
        raise GuideError(f"a guide consists of words, but the rows of V are {data.kind.rows}")
    vocabulary: Any = data.rows
    options = word_options(data.recipe)
    readers = Readers(options)
    languages = options.languages if options.language == AUTO else (options.language,)
    found: list[list[int]] = []
    unknown: list[str] = []
    for name, words in guide.items():
        rows: set[int] = set()
        for word in words:
            known: set[int] = set()
            for language in languages:
                known |= _rows_of_word(word, language, readers, vocabulary.index)
            rows |= known
            if not known:
                unknown.append(f"{word} ({name})")
        if not rows:
            raise GuideError(
                f"none of the words of the topic {name!r} is one of the {len(vocabulary)} of the corpus: "
                f"{', '.join(words[:8])}",
                remedy=Remedy("use other words, or change {min_pages}, {max_pages} or {keep}"),
            )
        found.append(sorted(rows))
    return found, unknown


def _rows_of_word(word: str, language: str, readers: Readers, index: Mapping[str, int]) -> set[int]:
    """Return the rows of a word or of a phrase, or of the words of a phrase that V does not have."""
    reader = readers.reader(language)
    parts = readers.tokens_of(word, language)
    terms = [{reader.read(spelling)[0] for spelling in (part, part.capitalize())} - {None} for part in parts]
    if len(terms) > 1 and all(terms):
        phrase = " ".join(str(sorted(map(str, each))[0]) for each in terms)
        if phrase in index:
            return {index[phrase]}
    return {index[str(term)] for each in terms for term in each if term in index}
