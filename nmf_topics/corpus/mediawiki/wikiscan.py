"""The nested part of wikitext: elements without prose go, and templates, links and tables become their words.

Two passes over the text, each linear in its length whatever it holds:

1. elements   comments, references, formulas, galleries ...: from an opening tag to the first closing one, as
              MediaWiki does; the contents of <nowiki> are hidden from the second pass as character references
2. brackets   {{template|...}}, [[link|...]], [http://... label] and {| table |} by a stack of open brackets

No bracket needs to be closed. One that is not becomes plain text when a stronger one around it closes, when too many
are open, or at the end; so a broken page costs a few words and never the rest of the page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from nmf_topics.corpus.mediawiki.templates import expand_template
from nmf_topics.corpus.mediawiki.wikinames import CATEGORIES, FILES, LANGUAGES, WITHOUT_PROSE

DEEPEST = 40  # brackets open at once; pages have up to ten, and each level copies the text inside once more
MOST = 1000  # arguments of a bracket; more are one

APART = "\0"  # keeps apart the apostrophes before and after an element that goes
_ELEMENTS = [*WITHOUT_PROSE, "nowiki"]
_OPENS = re.compile(rf"<(?:!--|({'|'.join(_ELEMENTS)})(?=[\s/>])([^<>]*)>)", re.IGNORECASE)
_CLOSES = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in _ELEMENTS}
# a reference that the next one opens in is not closed: MediaWiki would take all prose in between for its text
_CLOSES["ref"] = re.compile(r"</ref\s*>|<ref(?:\s[^<>]*)?(?<!/)>", re.IGNORECASE)
_HIDDEN = str.maketrans({sign: f"&#{ord(sign)};" for sign in "{}[]|<>'=*#:;!_-"})

_BRACKETS = re.compile(
    r"\n[ \t:]*\{\|(?!\})|\n[ \t]*\|\}(?!\})|\{\{+|\}\}+|\[\[+|\]+|\[(?=(?:https?:|ftps?:|irc:|news:)?//|mailto:)|\|",
    re.IGNORECASE,
)
TEMPLATE, LINK, ADDRESS, TABLE, PAGE = "{{", "[[", "[", "{|", ""
# what a closing bracket may leave unclosed inside
_WEAKER = {TEMPLATE: (LINK, ADDRESS, TABLE), TABLE: (LINK, ADDRESS), LINK: (ADDRESS,), ADDRESS: ()}


def drop_elements(source: str) -> str:
    """The text without comments and elements that hold no prose."""
    kept: list[str] = []
    missing: set[str] = set()  # elements of which no closing tag follows: searched for once only
    position = 0
    while found := _OPENS.search(source, position):
        kept.append(source[position : found.start()])
        position = found.end()
        if found[1] is None:
            end = source.find("-->", position)
            position = len(source) if end < 0 else end + 3
            continue
        name = found[1].lower()
        if found[2].endswith("/") or name in missing:
            continue
        closing = _CLOSES[name].search(source, position)
        if closing is None:
            missing.add(name)
        if closing is None or closing[0][1] != "/":
            continue
        if name == "nowiki":
            kept.append(source[position : closing.start()].translate(_HIDDEN))
        position = closing.end()
        if source.startswith("''", position):
            kept.append(APART)
    kept.append(source[position:])
    return "".join(kept)


@dataclass(slots=True)
class _Open:
    """A bracket that is open: its kind, and what stands in it so far, cut at its bars."""

    kind: str
    parts: list[list[str]] = field(default_factory=lambda: [[]])

    def texts(self) -> list[str]:
        return ["".join(part) for part in self.parts]


class _Brackets:
    """The stack of open brackets; the bottom one is the page."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._open = [_Open(PAGE)]
        self.write = self._open[0].parts[-1].append  # writes into the innermost open bracket

    def push(self, kind: str) -> None:
        if len(self._open) > DEEPEST:
            self.flatten(1)
        self._open.append(_Open(kind))
        self._settle()

    def bar(self, token: str) -> None:
        top = self._open[-1]
        if top.kind in (TEMPLATE, LINK) and len(top.parts) < MOST:
            top.parts.append([])
            self._settle()
        else:
            self.write(token)

    def close(self, kind: str) -> bool:
        """Close the innermost bracket of a kind, unless a stronger one stands in between."""
        place = len(self._open) - 1
        while self._open[place].kind in _WEAKER[kind]:
            place -= 1
        if self._open[place].kind != kind:
            return False
        self.flatten(place + 1)
        closed = self._open.pop()
        self._settle()
        self.write(self._words(closed))
        return True

    def flatten(self, keep: int) -> None:
        """Make all but the outermost open brackets plain text."""
        while len(self._open) > keep:
            broken = self._open.pop()
            into = self._open[-1].parts[-1]
            if broken.kind == TABLE:
                into.append("\n{|")  # its rows still look like rows
            between = "|" if broken.kind == TEMPLATE else " "
            parts = broken.parts
            if broken.kind == LINK and _is_aside("".join(parts[0])):
                parts = parts[-1:] if len(parts) > 1 else []
            for number, part in enumerate(parts):
                if number:
                    into.append(between)
                into += part
        self._settle()

    def text(self) -> str:
        self.flatten(1)
        return "".join(self._open[0].parts[0])

    def _settle(self) -> None:
        self.write = self._open[-1].parts[-1].append

    def _words(self, closed: _Open) -> str:
        if closed.kind == TEMPLATE:
            name, *arguments = closed.texts()
            return expand_template(name, arguments, self._language)
        if closed.kind == LINK:
            return link_words(closed.texts())
        if closed.kind == ADDRESS:
            return address_words("".join(closed.parts[0]))
        return "\n"  # a table


def resolve_brackets(text: str, language: str) -> str:
    """The text with templates, links and addresses as their words, and without tables."""
    brackets = _Brackets(language)
    text = "\n" + text
    position = 0
    for found in _BRACKETS.finditer(text):
        start = found.start()
        if start > position:
            brackets.write(text[position:start])
        position = found.end()
        token = found[0]
        sign = token[0]
        if sign == "|":
            brackets.bar(token)
        elif sign == "]":
            left = len(token)
            while left:
                if brackets.close(ADDRESS):
                    left -= 1
                elif left > 1 and brackets.close(LINK):
                    left -= 2
                else:
                    break
            if left == 1:  # pairs without an opening are no text
                brackets.write("]")
        elif sign == "}":
            for _ in range(len(token) // 2):
                if not brackets.close(TEMPLATE):
                    break
        elif sign == "\n":
            if token.endswith("{|"):
                brackets.push(TABLE)
            elif not brackets.close(TABLE):
                brackets.write(token)
        elif len(token) == 1:
            brackets.push(ADDRESS)
        else:
            if len(token) % 2 and sign == "[":
                brackets.write("[")
            for _ in range(len(token) // 2):
                brackets.push(TEMPLATE if sign == "{" else LINK)
    brackets.write(text[position:])
    return brackets.text()


def _is_aside(target: str) -> bool:
    """Whether a link shows a picture or names a category or the page in another language."""
    prefix, colon, _ = target[:60].partition(":")
    prefix = prefix.strip().replace("_", " ").lower()
    return bool(colon) and (prefix in FILES or prefix in CATEGORIES or prefix in LANGUAGES)


def link_words(parts: list[str]) -> str:
    """What a link shows.

    Examples
    --------
    >>> link_words(["Tea (meal)", "tea"]), link_words([":de:Tee"]), link_words(["File:Tea.jpg", "thumb", "A cup"])
    ('tea', 'de:Tee', '')
    """
    target = parts[0].strip()
    if "\n" in target:  # no link: a title is one line
        return " ".join(parts)
    if _is_aside(target):
        return ""
    if "//" in target and target.split("//")[0].lower() in ("http:", "https:", ""):
        return address_words(" ".join(parts))
    label = "|".join(parts[1:])
    return label if label.strip() else target.removeprefix(":")


def address_words(inside: str) -> str:
    """What a link to an address shows: its label, without one nothing (MediaWiki shows a number)."""
    if "\n" in inside:
        return f"[{inside}]"
    return (inside.split(None, 1)[1:] or [""])[0]
