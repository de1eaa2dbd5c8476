"""Resolve the nested markup of wikitext: remove elements without prose, replace templates and links by their text.

There are two passes, and each takes time linear in the length of the text for any input:

1. elements   comments, references, formulas, galleries and so on are removed, from an opening tag to the first closing
              tag, as in MediaWiki; the contents of <nowiki> become character references, which the second pass ignores
2. brackets   {{template|...}}, [[link|...]], [http://... label] and {| table |} are resolved with a stack

An unclosed bracket becomes plain text when an enclosing one of higher precedence closes, when too many are open, or at
the end. So invalid markup costs a few words and never the rest of the page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from nmf_topics.corpus.mediawiki.templates import expand_template
from nmf_topics.corpus.mediawiki.wikinames import CATEGORIES, FILES, LANGUAGES, WITHOUT_PROSE

MAX_DEPTH = 40  # most open brackets; real pages have up to ten, and every level copies the text inside again
MAX_ARGUMENTS = 1000  # most arguments of a bracket; any more are part of the last one

SEPARATOR = "\0"  # separates the apostrophes before and after an element that is removed
_ELEMENTS = [*WITHOUT_PROSE, "nowiki"]
_OPENS = re.compile(rf"<(?:!--|({'|'.join(_ELEMENTS)})(?=[\s/>])([^<>]*)>)", re.IGNORECASE)
_CLOSES = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in _ELEMENTS}
# If another reference opens inside a reference, the closing tag was forgotten. MediaWiki would treat all prose up to
# the next closing tag as part of the reference.
_CLOSES["ref"] = re.compile(r"</ref\s*>|<ref(?:\s[^<>]*)?(?<!/)>", re.IGNORECASE)
_HIDDEN = str.maketrans({sign: f"&#{ord(sign)};" for sign in "{}[]|<>'=*#:;!_-"})

_BRACKETS = re.compile(
    r"\n[ \t:]*\{\|(?!\})|\n[ \t]*\|\}(?!\})|\{\{+|\}\}+|\[\[+|\]+|\[(?=(?:https?:|ftps?:|irc:|news:)?//|mailto:)|\|",
    re.IGNORECASE,
)
TEMPLATE, LINK, ADDRESS, TABLE, PAGE = "{{", "[[", "[", "{|", ""
# kinds of brackets that may be unclosed when a bracket of a kind is closed
_WEAKER = {TEMPLATE: (LINK, ADDRESS, TABLE), TABLE: (LINK, ADDRESS), LINK: (ADDRESS,), ADDRESS: ()}


def drop_elements(source: str) -> str:
    """Return the text without comments and elements that contain no prose."""
    kept: list[str] = []
    missing: set[str] = set()  # elements without a further closing tag, which are not searched for again
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
            kept.append(SEPARATOR)
    kept.append(source[position:])
    return "".join(kept)


@dataclass(slots=True)
class _Open:
    """An open bracket: its kind, and its text so far, split at vertical bars."""

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
        if len(self._open) > MAX_DEPTH:
            self.flatten(1)
        self._open.append(_Open(kind))
        self._update_write()

    def bar(self, token: str) -> None:
        top = self._open[-1]
        if top.kind in (TEMPLATE, LINK) and len(top.parts) < MAX_ARGUMENTS:
            top.parts.append([])
            self._update_write()
        else:
            self.write(token)

    def close(self, kind: str) -> bool:
        """Close the innermost bracket of a kind, unless one of higher precedence is open inside it; return success."""
        level = len(self._open) - 1
        while self._open[level].kind in _WEAKER[kind]:
            level -= 1
        if self._open[level].kind != kind:
            return False
        self.flatten(level + 1)
        closed = self._open.pop()
        self._update_write()
        self.write(self._words(closed))
        return True

    def flatten(self, keep: int) -> None:
        """Turn all but the `keep` outermost open brackets into plain text."""
        while len(self._open) > keep:
            broken = self._open.pop()
            into = self._open[-1].parts[-1]
            if broken.kind == TABLE:
                into.append("\n{|")  # marks the rows that follow, which are removed later
            between = "|" if broken.kind == TEMPLATE else " "
            parts = broken.parts
            if broken.kind == LINK and _is_aside("".join(parts[0])):
                parts = parts[-1:] if len(parts) > 1 else []
            for number, part in enumerate(parts):
                if number:
                    into.append(between)
                into += part
        self._update_write()

    def text(self) -> str:
        self.flatten(1)
        return "".join(self._open[0].parts[0])

    def _update_write(self) -> None:
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
    """Return the text with templates and links replaced by their text, and without tables."""
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
            if left == 1:  # unmatched pairs are dropped
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
    """Return whether a link is to an image, a category or the page in another language."""
    prefix, colon, _ = target[:60].partition(":")
    prefix = prefix.strip().replace("_", " ").lower()
    return bool(colon) and (prefix in FILES or prefix in CATEGORIES or prefix in LANGUAGES)


def link_words(parts: list[str]) -> str:
    """Return the visible text of a link.

    Examples
    --------
    >>> link_words(["Tea (meal)", "tea"]), link_words([":de:Tee"]), link_words(["File:Tea.jpg", "thumb", "A cup"])
    ('tea', 'de:Tee', '')
    """
    target = parts[0].strip()
    if "\n" in target:  # not a link, because a title is one line
        return " ".join(parts)
    if _is_aside(target):
        return ""
    if "//" in target and target.split("//")[0].lower() in ("http:", "https:", ""):
        return address_words(" ".join(parts))
    label = "|".join(parts[1:])
    return label if label.strip() else target.removeprefix(":")


def address_words(inside: str) -> str:
    """Return the label of an external link; "" if it has none (MediaWiki shows a number)."""
    if "\n" in inside:
        return f"[{inside}]"
    return (inside.split(None, 1)[1:] or [""])[0]
