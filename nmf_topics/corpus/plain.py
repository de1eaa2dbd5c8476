"""Normalize what readers find: titles and ids of one line, texts that are valid Unicode, metadata without nesting.

Every page has an id and a title of one line, and can be written as UTF-8.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from typing import Any

TITLE_LENGTH = 60
EMPTY_TITLE = "(empty page)"

# control characters (C0 and C1) and Unicode's line and paragraph separators, but not the no-break space
_BREAKS = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_SURROGATES = re.compile("[\ud800-\udfff]")


def show_path(path: str) -> str:
    """Return a path as valid text: bytes that are not UTF-8 are written as \\xff."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def clean_text(text: str) -> str:
    """Replace lone surrogates, which cannot be encoded, by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", text)
    return text


def one_line(value: Any) -> str:
    """Return a title or an id as one line: runs of spaces and control characters become one space; None becomes "".

    Examples
    --------
    >>> one_line("Iron\\tMan\\n 3 ")
    'Iron Man 3'
    >>> one_line(42)
    '42'
    """
    if value is None:
        return ""
    return _BREAKS.sub(" ", str(plain_value(value))).strip()


def plain_value(value: Any) -> str | int | float | bool | None:
    """Return a metadata value unchanged, or a list or an object as compact JSON.

    Examples
    --------
    >>> plain_value(["a", 1])
    '["a",1]'
    """
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, int | float) or value is None:
        return value
    return clean_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def title_from_text(text: str) -> str:
    """Return the first words of a text, as the title of a page that has none.

    Examples
    --------
    >>> title_from_text("It was the best of times, it was the worst of times, it was the age of wisdom")
    'It was the best of times, it was the worst of times, it was…'
    """
    start = one_line(text[:1000]) or one_line(text.lstrip()[:1000])
    if len(start) <= TITLE_LENGTH:
        return start or EMPTY_TITLE
    cut = start[:TITLE_LENGTH].rfind(" ")
    # text without spaces, such as Chinese, is cut at any character
    return start[: cut if cut > 0 else TITLE_LENGTH - 1] + "…"


def content_id(title: str, text: str) -> str:
    """Return an id computed from the title and the text of a page."""
    return hashlib.sha256(f"{title}\0{text}".encode()).hexdigest()[:12]


def safe_name(name: str) -> str:
    """Return a name that is valid for a folder on any system, with at most 50 characters.

    Examples
    --------
    >>> safe_name("My corpus: 2004/05")
    'My-corpus-2004-05'
    """
    return re.sub(r"[^\w.-]+", "-", clean_text(name)).strip("-.")[:50].rstrip("-.") or "corpus"
