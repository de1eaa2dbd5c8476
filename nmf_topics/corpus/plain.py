"""Values made plain: one-line titles and ids, texts without broken characters, metadata without nesting.

Whatever a source holds, a page has an id and a title of one line each, and nothing in it that cannot be
written as UTF-8.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from typing import Any

TITLE_LENGTH = 60
EMPTY_TITLE = "(empty page)"

# control characters of C0 and C1, and the line and paragraph separators of Unicode; a no-break space stays
_BREAKS = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_SURROGATES = re.compile("[\ud800-\udfff]")


def show_path(path: str) -> str:
    """A path as text that can be written anywhere: bytes that are not UTF-8 as \\xff."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def clean_text(text: str) -> str:
    """The text with U+FFFD for every lone surrogate, which no encoding can write."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", text)
    return text


def one_line(value: Any) -> str:
    """A title or an id as one line: control characters to spaces, spaces folded; "" for None.

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
    """A metadata value as it is; a list or an object as its compact JSON text.

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
    """The first words of a text, for a page that has no title.

    Examples
    --------
    >>> title_from_text("It was the best of times, it was the worst of times, it was the age of wisdom")
    'It was the best of times, it was the worst of times, it was…'
    """
    start = one_line(text[:1000]) or one_line(text.lstrip()[:1000])
    if len(start) <= TITLE_LENGTH:
        return start or EMPTY_TITLE
    cut = start[:TITLE_LENGTH].rfind(" ")
    # a text without spaces, as in Chinese, is cut where it is
    return start[: cut if cut > 0 else TITLE_LENGTH - 1] + "…"


def content_id(title: str, text: str) -> str:
    """An id made of what the page says, the same wherever in the source it stands."""
    return hashlib.sha256(f"{title}\0{text}".encode()).hexdigest()[:12]


def safe_name(name: str) -> str:
    """A name that can be a folder's on any system, and has room for an ending.

    Examples
    --------
    >>> safe_name("My corpus: 2004/05")
    'My-corpus-2004-05'
    """
    return re.sub(r"[^\w.-]+", "-", clean_text(name)).strip("-.")[:50].rstrip("-.") or "corpus"
