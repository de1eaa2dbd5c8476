"""Convert traditional Chinese characters to simplified ones, with the tables of OpenCC (extra [chinese]).

Dictionaries and stop lists are in simplified characters. Texts in traditional characters are split and compared in
simplified form, so that 經濟 and 经济 are one term; readers see the characters of their pages.

Reference: https://github.com/BYVoid/OpenCC
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache


@cache
def _converter() -> Callable[[str], str] | None:
    """Load OpenCC; None if it is not installed."""
    try:
        from opencc import OpenCC
    except ImportError:
        return None
    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert


def can_simplify() -> bool:
    """Return whether OpenCC is installed."""
    return _converter() is not None


def simplified(text: str) -> str:
    """Return a text in simplified characters; it has as many characters as before.

    Without OpenCC the text is returned unchanged.

    Examples
    --------
    >>> simplified("他們研究經濟")
    '他们研究经济'
    """
    convert = _converter()
    if convert is None:
        return text
    found = convert(text)
    if len(found) == len(text):
        return found
    letters = [(letter, convert(letter)) for letter in text]  # a phrase was replaced by a longer or shorter one
    return "".join(simple if len(simple) == 1 else letter for letter, simple in letters)
