"""Remove the formulas of MediaWiki's text extracts, which hold each formula twice.

An extract has the formula's letters, each on a line of its own, and then its TeX in braces:

    F
    =
    m
    v

    {\\displaystyle F=mv}
"""

from __future__ import annotations

FORMULAS = ("{\\displaystyle", "{\\textstyle", "{\\scriptstyle")
LONGEST_SYMBOL = 3  # characters of a line that belongs to the formula below it


def has_formulas(text: str) -> bool:
    """Return whether a text has formulas in the form of text extracts."""
    return "style" in text and any(formula in text for formula in FORMULAS)


def without_formulas(text: str) -> str:
    """Return a text without the TeX of formulas, as deep as its braces go, and without the lines of their letters.

    Examples
    --------
    >>> without_formulas("Energy {\\\\displaystyle E={mc}^{2}} is mass.")
    'Energy  is mass.'
    >>> without_formulas("The force\\n\\nF\\n=\\nm a\\n\\n{\\\\displaystyle F=ma}\\n\\nmoves it.")
    'The force\\n\\n\\n\\nmoves it.'
    """
    kept: list[str] = []
    place = 0
    while (start := _next_formula(text, place)) >= 0:
        depth, end = 0, start
        while end < len(text):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
            if depth == 0:
                break
        if depth:  # braces that never close: a text about TeX
            break
        kept.append(text[place : _without_symbols(text, place, start)])
        place = end
    return "".join(kept) + text[place:]


def _next_formula(text: str, place: int) -> int:
    """Return where the next formula begins; -1 if there is none."""
    return min((found for formula in FORMULAS if (found := text.find(formula, place)) >= 0), default=-1)


def _without_symbols(text: str, first: int, start: int) -> int:
    """Return where the lines of symbols above a formula begin; `start` if it is not on a line of its own."""
    end = place = start
    while place > first:
        line = max(text.rfind("\n", first, place) + 1, first)
        symbols = text[line:place].strip()
        if len(symbols) > LONGEST_SYMBOL or (symbols and place == start):
            break
        if symbols:
            end = line
        place = line - 1
    return end
