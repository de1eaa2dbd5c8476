"""Tags and addresses in texts: what the cleaner of texts and the reader of tables both look for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

Cut = tuple[int, int, str]  # begin, end, reason

TAGS = """a abbr acronym address area article aside audio b base basefont big blockquote body br button caption center
    cite code col colgroup dd del details dfn dir div dl dt em embed fieldset figcaption figure font footer form frame
    frameset h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins kbd label legend li link main map mark menu
    meta nav noframes noscript object ol optgroup option output p param picture pre progress q ref references s samp
    script section select small source span strike strong style sub summary sup svg table tbody td template textarea
    tfoot th thead time title tr track tt u ul var video wbr gallery math nowiki poem syntaxhighlight""".split()

# parts of patterns
COMMENT = "<!--[^<]{0,2000}?-->"
ATTRIBUTE = r"""[\w:-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>=]+)"""

REACH = 100  # longest part of an address before "@" or "://", in characters
_NO_ADDRESS = frozenset(' \t\n\r<>"|(),;:[]')  # characters that end an address to the left


@cache
def _address() -> re.Pattern[str]:
    return re.compile(r"://[^\s<>\"|]+|@[^\W_][\w.-]*|\bwww\.[^\s<>\"|]+")


def address_cuts(text: str) -> Iterator[Cut]:
    """Yield the URLs, e-mail addresses and message ids of a text; they may overlap."""
    if not ("://" in text or "@" in text or "www." in text):
        return
    end = 0
    for match in _address().finditer(text):
        begin = match.start()
        if match[0][0] in ":@":
            while begin > end and match.start() - begin < REACH and text[begin - 1] not in _NO_ADDRESS:
                begin -= 1
        end = match.end()
        if begin < match.start() or match[0][0] == "w":  # otherwise a single @
            yield begin, end, "address"
