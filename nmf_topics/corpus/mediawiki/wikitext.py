"""Convert wikitext to plain text.

    source -drop_elements-> -resolve_brackets-> -strip_tags-> -plain_lines-> -cut_end_matter-> -plain_headings-> text

The result contains sentences, lists and headings, with the labels of links and the text of templates. Tables, boxes,
captions, references, formulas, notices, categories and end matter are removed. Every step takes linear time for any
input.

Grammar: https://www.mediawiki.org/wiki/Preprocessor_ABNF and https://www.mediawiki.org/wiki/Help:Formatting.
"""

from __future__ import annotations

import html
import re

from nmf_topics.corpus.mediawiki.excerpts import WHOLE_PAGE, Excerpt
from nmf_topics.corpus.mediawiki.wikinames import BLOCKS, BOXES, INLINE
from nmf_topics.corpus.mediawiki.wikiscan import SEPARATOR, drop_elements, resolve_brackets

_BOX = re.compile(rf"<(/?)({'|'.join(BOXES)})(?=[\s/>])[^<>]*>", re.IGNORECASE)
_BLOCK = re.compile(rf"</?(?:{'|'.join(BLOCKS)})(?=[\s/>])[^<>]*>", re.IGNORECASE)
_INLINE = re.compile(rf"</?(?:{'|'.join((*INLINE, *BOXES))})(?=[\s/>])[^<>]*>", re.IGNORECASE)
_QUOTES = re.compile(r"'{2,}")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_SWITCH = re.compile(r"__(?:[^\W\d_]|_(?!_)){3,40}__")
_VARIANTS = re.compile(r"-\{([^{}]*)\}-")
_EMPTY = re.compile(r"[(（][\s,;:/–-]*[)）]")
_AFTER_BRACKET = re.compile(r"([(（])[ ,;:]+")
_SPACES = re.compile(r"[ \t\xa0\u2000-\u200b\u202f\u205f\u3000]+")


def clean_wikitext(source: str, *, language: str = "en", excerpt: Excerpt = WHOLE_PAGE) -> str:
    """Convert the wikitext of a page to plain text.

    Parameters
    ----------
    source : wikitext, which may be invalid
    language : language code of the wiki; it determines the names of sections and of some templates
    excerpt : part of the page to return

    Returns
    -------
    str : paragraphs and headings as lines, separated as in the source

    Examples
    --------
    >>> clean_wikitext("'''Tea''' is a [[hot drink|drink]].<ref>Smith</ref>\\n==See also==\\n* [[Coffee]]")
    'Tea is a drink.'
    """
    # bold and italic marks are removed before tags, so that ''a''<sub>''b''</sub> does not become four apostrophes
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    text = resolve_brackets(drop_elements(text.replace(SEPARATOR, "")), language)
    text = _QUOTES.sub(_apostrophes, text).replace(SEPARATOR, "")
    text = plain_lines(strip_tags(text))
    return excerpt.read(text, language).strip()


def strip_tags(text: str) -> str:
    """Return the text without HTML tags; boxes are removed with their contents."""
    text = _drop_boxes(text)
    return _INLINE.sub("", _BLOCK.sub("\n", text))


def _drop_boxes(text: str) -> str:
    """Remove <div> and <table> elements with their contents if both tags exist."""
    open_: dict[str, list[int]] = {name: [] for name in BOXES}
    spans: list[tuple[int, int]] = []
    for found in _BOX.finditer(text):
        waiting = open_[found[2].lower()]
        if not found[1]:
            if not found[0].endswith("/>"):
                waiting.append(found.start())
        elif waiting:
            spans.append((waiting.pop(), found.end()))
    kept, position = [], 0
    for start, end in sorted(spans):
        if start >= position:
            kept.append(text[position:start])
            kept.append("\n")
        position = max(position, end)
    return "".join([*kept, text[position:]])


def plain_lines(text: str) -> str:
    """Return the text without list marks, table rows and character references; headings stay unchanged."""
    text = _SWITCH.sub("", text)
    if "-{" in text:
        text = _VARIANTS.sub(_variant, text)
    lines: list[str] = []
    for line in text.split("\n"):
        start = line[:1]
        if start and start in "*#:;":
            line = line.lstrip("*#:; \t")
        elif start in ("|", "!", "{", "-", " ", "\t"):
            bare = line.lstrip()
            if bare.startswith(("|", "{|", "----")) or (bare.startswith("!") and ("!!" in bare or "|" in bare)):
                continue  # a row of an unclosed table, or a horizontal rule
        if "&" in line:
            line = _REFERENCE.sub(_character, line)
        if "(" in line or "（" in line:
            line = _AFTER_BRACKET.sub(r"\1", _EMPTY.sub("", line))
        line = _SPACES.sub(" ", line).strip()
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines)


def _apostrophes(found: re.Match[str]) -> str:
    """Remove bold and italic marks; as in MediaWiki, four or more than five apostrophes include real ones."""
    length = len(found[0])
    return "'" if length == 4 else "'" * max(length - 5, 0)


def _character(found: re.Match[str]) -> str:
    """Return the character of a character reference; "" for soft hyphens and invisible layout characters."""
    character = html.unescape(found[0])
    return "" if character in ("\xad", "\u200e", "\u200f", "\u2060") else character


def _variant(found: re.Match[str]) -> str:
    """Return 一 for -{zh-hans:一; zh-hant:二}-, the words for -{words}-, and "" for -{T|...}- and other rules."""
    inside = found[1]
    flags, bar, rest = inside.partition("|")
    if bar and flags.strip().upper() not in ("R", ""):
        return ""
    first = (rest if bar else inside).split(";")[0]
    prefix, colon, words = first.partition(":")
    return words.strip() if colon and re.fullmatch(r"[a-z-]{2,10}", prefix.strip()) else first
