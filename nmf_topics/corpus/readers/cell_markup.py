"""Remove HTML, formulas and addresses from the texts of a table, where a column is written in markup.

A column is judged by its cells, because a single one can deceive: a text about HTML also has tags. What counts is

    tags        a cell whose tags are closed as they should be, <b>so</b>, or that cannot be a mention, such as <br/>
                within a line; a tag that is never closed ("the <b> tag") speaks against markup
    escaped     the same, with every tag written as &lt;b&gt;
    entities    &amp; &#39; and, where something removed the ampersands, " #39;" " quot;"
    formulas    as MediaWiki's text extracts have them (see `corpus.formulas`)
    urls        addresses of web pages
    emails      e-mail addresses and message ids, only in columns with tags: in messages they tell who wrote, which
                separates subjects (20newsgroups: NMI 0.70 with them and 0.68 without)

Each kind is removed if at least `LEAST_SHARE` of the cells have it. "a < b" is no tag. Tags of blocks become line
ends, and entities the characters that they stand for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from typing import Any, Literal

from nmf_topics.corpus.formulas import has_formulas, without_formulas
from nmf_topics.text.markup import ATTRIBUTE, COMMENT, TAGS, address_cuts

Record = tuple[int, Mapping[str, Any] | None]  # as in `columns`
Kind = Literal["tags", "escaped", "entities", "formulas", "urls", "emails"]
KINDS: tuple[Kind, ...] = ("formulas", "escaped", "tags", "entities", "urls", "emails")  # in the order of their removal
AUTO, REMOVE, KEEP = "auto", "remove", "keep"

LEAST_SHARE = 0.01  # of the cells of a column
LEAST_CELLS = 3  # or half of the cells, if there are fewer than six
MOST_MENTIONS = 0.2  # share of the cells with tags in which a tag is never closed
JUDGED = 4_000_000  # characters of a table by which its columns are judged

# elements without an end tag, and those whose end tag may be left out
_EMPTY = frozenset("area base br col hr img input link meta source track wbr".split())
_OPEN = frozenset("body colgroup dd dt html li option p tbody td tfoot th thead tr".split())
_INLINE = frozenset(
    """a abbr acronym b basefont big cite code del dfn em font i ins kbd label mark q ref s samp small span strike
    strong sub sup time tt u var wbr""".split()
)
_BARE = ("quot", "amp", "lt", "gt", "nbsp", "apos")
_NO_TEXT = ("script", "style", "math")  # elements whose content is no text


@cache
def _tag() -> re.Pattern[str]:
    flag = "(?:nowrap|noshade|compact|selected|checked|disabled|hidden|controls|async|defer|ismap|multiple|readonly)"
    attribute = rf"\s+(?:{ATTRIBUTE}|{flag}(?![\w=]))"
    return re.compile(
        rf"<(?P<end>/?)(?P<name>{'|'.join(sorted(TAGS))})(?P<attributes>(?:{attribute}){{0,20}})\s*(?P<empty>/?)>"
        rf"|{COMMENT}",
        re.IGNORECASE,
    )


@cache
def _entity() -> re.Pattern[str]:
    return re.compile(r"&(?:[a-zA-Z][a-zA-Z\d]{1,31}|#\d{1,7}|#[xX][\da-fA-F]{1,6});")


@cache
def _bare_entity() -> re.Pattern[str]:
    # only those that are no words, and the numbers of quotation marks, dashes, & and $; a lost ampersand left a space
    return re.compile(r"(?:[ ]|(?<=\s)|^)(quot|amp|lt|gt|nbsp|apos|#(?:3[4689]|14[5-9]|15[01]|160|8[12]\d\d));")


def _entities(text: str) -> Iterator[re.Match[str]]:
    """Yield the entities of a text; without ampersand only if there are none with one."""
    if ";" not in text:
        return
    found = False
    if "&" in text:
        for match in _entity().finditer(text):
            if unescape(match[0]) != match[0]:
                found = True
                yield match
    if found:
        return
    if any(f"{name};" in text for name in _BARE):
        yield from _bare_entity().finditer(text)
    elif "#" in text:  # from the character before the first one
        yield from _bare_entity().finditer(text, max(text.index("#") - 1, 0))


def _decoded(text: str) -> str:
    """Return a text with the characters that its entities stand for."""
    kept, place = [], 0
    for match in _entities(text):
        kept += [text[place : match.start()], unescape(match[0] if match[0][0] == "&" else f"&{match[1]};")]
        place = match.end()
    return "".join(kept) + text[place:]


def kinds_in(text: str) -> tuple[set[Kind], bool]:
    """Return the kinds of markup in a cell, and whether it mentions a tag that is never closed."""
    found: set[Kind] = set()
    markup, mention = _tags_of(text) if "<" in text else (False, False)
    if markup:
        found.add("tags")
    if next(_entities(text), None):
        found.add("entities")
        if "<" not in text and "lt;" in text:
            markup, mention = _tags_of(_decoded(text))
            if markup:
                found.add("escaped")
    if has_formulas(text):
        found.add("formulas")
    if "://" in text or "www." in text:
        found.add("urls")
    return found, mention


def _kind_of_address(text: str, cut: tuple[int, int, str]) -> Kind:
    address = text[cut[0] : cut[1]]
    return "urls" if "://" in address or address.startswith("www.") else "emails"


def _tags_of(text: str) -> tuple[bool, bool]:
    """Return whether a text has well-formed markup, and whether it has a tag that only is mentioned."""
    markup = mention = False
    opened: list[str] = []
    for match in _tag().finditer(text):
        name = (match["name"] or "").lower()
        if not name or match["empty"]:
            markup = True
        elif match["end"]:
            if name in opened:
                del opened[len(opened) - 1 - opened[::-1].index(name) :]
                markup = True
            elif name in _OPEN:
                markup = True
            else:
                mention = True
        elif name in _EMPTY or name in _OPEN:
            markup |= bool(match["attributes"]) or not _is_apart(text, match.start(), match.end())
            if name in _OPEN:
                opened.append(name)
        else:
            opened.append(name)
    mention |= any(name not in _OPEN for name in opened)
    return markup and not mention, mention


def _is_apart(text: str, start: int, end: int) -> bool:
    """Return whether a tag has a space or quotation mark on both sides, as a word of a sentence has."""
    before, after = text[max(start - 1, 0) : start], text[end : end + 1]
    return before != "" and after != "" and before in " \"'`(" and after in " \"'`).,;"


@dataclass
class ColumnJudge:
    """Decides which kinds of markup are removed from a column.

    Attributes
    ----------
    cells : number of cells with a text
    found : number of cells with each kind of markup
    mentions : number of cells with a tag that is never closed
    """

    cells: int = 0
    found: Counter[Kind] = field(default_factory=Counter)
    mentions: int = 0

    def add(self, text: str) -> None:
        """Take one more cell into account."""
        if text:
            kinds, mention = kinds_in(text)
            self.cells += 1
            self.found.update(kinds)
            self.mentions += mention

    def kinds(self) -> frozenset[Kind]:
        """The kinds of markup that enough cells have."""
        least = max(LEAST_SHARE * self.cells, min(LEAST_CELLS, self.cells / 2))
        enough: set[Kind] = {
            kind for kind in KINDS if self.found[kind] and (kind == "formulas" or self.found[kind] >= least)
        }
        if self.mentions > MOST_MENTIONS * (self.found["tags"] + self.found["escaped"] + self.mentions):
            enough -= {"tags", "escaped", "entities"}  # a text about markup
        if self.found["escaped"] <= self.found["tags"]:
            enough.discard("escaped")  # code that pages in HTML quote
        if enough & {"tags", "escaped"}:
            enough.add("emails")
        return frozenset(enough)


def kinds_of(option: str) -> frozenset[Kind]:
    """Return the kinds of markup that an option removes whatever the column; none for "auto".

    Raises
    ------
    ValueError
        for an option that does not exist.
    """
    if option in (AUTO, KEEP):
        return frozenset()
    named = {name.strip() for name in option.split(",")}
    if option != REMOVE and not named <= set(KINDS):
        raise ValueError(f"{option!r} is none of {AUTO}, {REMOVE}, {KEEP}, and no list of {', '.join(KINDS)}")
    return frozenset(kind for kind in KINDS if option == REMOVE or kind in named)


class CellCleaner:
    """Removes markup from the columns of a table.

    Parameters
    ----------
    option : "auto" removes the kinds of markup that a column is written in, "remove" all kinds, "keep" none; or kinds
        to remove, separated by commas
    columns : the columns that may have markup
    """

    def __init__(self, option: str, columns: Sequence[str]) -> None:
        self._auto = option == AUTO
        self._kinds = dict.fromkeys(columns, _in_order(kinds_of(option)))
        self._cells: Counter[str] = Counter()
        self._seen: dict[str, set[Kind]] = {name: set() for name in columns}
        self._changed: Counter[str] = Counter()

    def judge(self, records: Iterator[Record], value_of: Callable[[Mapping[str, Any], str], Any]) -> Iterator[Record]:
        """Yield the records; with "auto", judge the columns by the first `JUDGED` characters of the table before."""
        if not self._auto:
            yield from records
            return
        waiting: list[Record] = []
        judges = {name: ColumnJudge() for name in self._kinds}
        size = 0
        for record in records:
            waiting.append(record)
            for name, judge in judges.items():
                text = None if record[1] is None else value_of(record[1], name)
                if isinstance(text, str):
                    judge.add(text)
                    size += len(text)
            if size >= JUDGED:
                break
        self._kinds = {name: _in_order(judge.kinds()) for name, judge in judges.items()}
        yield from waiting
        yield from records

    def clean(self, name: str, value: Any) -> Any:
        """Return the value of a column without markup."""
        kinds = self._kinds.get(name)
        if not kinds or not isinstance(value, str):
            return value
        self._cells[name] += 1
        found = value
        for kind in kinds:
            before, found = found, without_markup(found, kind)
            if found != before:
                self._seen[name].add(kind)
        self._changed[name] += found != value
        return found

    def removed(self) -> dict[str, dict[str, Any]]:
        """Return column -> the kinds of markup that were removed, and from how many cells of how many."""
        return {
            name: {
                "removed": [kind for kind in KINDS if kind in self._seen[name]],
                "cells": self._changed[name],
                "of": self._cells[name],
            }
            for name in self._kinds
            if self._changed[name]
        }


def _in_order(kinds: frozenset[Kind]) -> list[Kind]:
    return [kind for kind in KINDS if kind in kinds]


def without_markup(text: str, kind: Kind) -> str:
    """Return a text without one kind of markup.

    Examples
    --------
    >>> without_markup('Intel <A HREF="http://x.org/q">INTC.O</A><br/>said', "tags")
    'Intel INTC.O\\nsaid'
    >>> without_markup("It wasn #39;t  quot;new quot;", "entities")
    'It wasn\\'t "new"'
    """
    if kind == "formulas":
        return without_formulas(text) if has_formulas(text) else text
    if kind == "escaped":
        return without_markup(_decoded(text), "tags")
    if kind == "entities":
        return _decoded(text)
    if kind == "tags":
        if "<" not in text:
            return text
        for name in _NO_TEXT:
            text = _without_element(text, name)
        return _tag().sub(_replacement, text)
    cuts = sorted(cut for cut in address_cuts(text) if _kind_of_address(text, cut) == kind)
    return " ".join(_between(text, cuts)) if cuts else text


def _replacement(tag: re.Match[str]) -> str:
    return "" if (tag["name"] or "b").lower() in _INLINE else "\n"


def _without_element(text: str, name: str) -> str:
    """Return a text without the elements of a name and what they contain."""
    lower, kept, place = text.lower(), [], 0
    while (start := lower.find(f"<{name}", place)) >= 0 and (end := lower.find(f"</{name}", start)) >= 0:
        kept.append(text[place:start])
        place = lower.find(">", end) + 1 or len(text)
    return "".join(kept) + text[place:] if len(lower) == len(text) else text


def _between(text: str, cuts: list[tuple[int, int, str]]) -> Iterator[str]:
    """Yield the parts of a text between the parts to cut."""
    place = 0
    for begin, end, _ in cuts:
        if begin >= place:
            yield text[place:begin]
        place = max(place, end)
    yield text[place:]
