"""Extract the main text of web pages, or all of their text if no main text is found.

trafilatura tells the main text from navigation, advertisements and lists of other articles. If it finds little, as on
pages written by hand, the whole page is read: an extra menu does less harm than a missing page.
"""

from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Callable

from nmf_topics.corpus.plain import one_line
from nmf_topics.corpus.readers.charsets import decode, marked_encoding
from nmf_topics.corpus.readers.encoding_guess import EncodingChooser
from nmf_topics.corpus.readers.limits import DEFAULT_LIMITS, ReadLimits
from nmf_topics.corpus.readers.markup import MarkupRules, TextCollector, parse_markup
from nmf_topics.files.optional import needs_extra

# Bytes that are searched for the encoding. The standard requires the first 1024, but some templates put more before it.
DECLARED_WITHIN = 1 << 12
MIN_MAIN_TEXT = 200  # characters; if the main text is shorter, the whole page is read
# A page that is larger or has more tags is read whole, because trafilatura would build a tree of it in memory.
MAX_ARTICLE = 5_000_000
MAX_ARTICLE_TAGS = 200_000
_CHARSET = re.compile(rb"""<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
HTML_RULES = MarkupRules(
    blocks=frozenset(
        """address article aside blockquote br caption dd details dialog div dl dt fieldset figcaption figure footer
        form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table td th tr ul""".split()
    ),
    skipped=frozenset("script style noscript template head svg math iframe object select".split()),
    titles=frozenset(["title"]),
)


def read_web_page(
    data: bytes,
    where: str,
    note: Callable[[str], None],
    encodings: EncodingChooser | None = None,
    limits: ReadLimits = DEFAULT_LIMITS,
) -> tuple[str, str]:
    """Return the title and the main text of an HTML file.

    Parameters
    ----------
    data : bytes of the file
    where : its name, for errors
    note : called with a description of a guessed encoding
    encodings : chooses the encoding of a page that declares none
    limits : limits of reading

    Returns
    -------
    title : str, content of the element `title`; "" if there is none
    text : str, one paragraph per line

    Raises
    ------
    Unreadable
        If the file is not text, or too long.
    MissingExtra
        If trafilatura or lxml is not installed.
    """
    with needs_extra("html", "reading web pages"):
        import trafilatura
    source = decode_html(data, where, note, encodings)
    whole = parse_html(source, where, limits)
    article = len(source) <= MAX_ARTICLE and source.count("<") <= MAX_ARTICLE_TAGS
    main = _main_text(source, trafilatura.extract) if article else ""
    return one_line(whole.title), main if len(main) >= MIN_MAIN_TEXT else whole.text


def decode_html(data: bytes, where: str, note: Callable[[str], None], encodings: EncodingChooser | None = None) -> str:
    """Decode HTML: by its byte order mark, as UTF-8 if valid, in its declared encoding, or else like any text."""
    declared = _CHARSET.search(data[:DECLARED_WITHIN])
    if declared and not marked_encoding(data) and (data.isascii() or not _is_utf8(data)):
        try:
            name = codecs.lookup(declared[1].decode("ascii")).name
            if not name.startswith(("utf-16", "utf-32")):  # a wrong declaration: in UTF-16 it would not have been found
                # pages that declare Latin-1 are decoded as Windows-1252, as the Encoding Standard requires
                text = data.decode("cp1252" if name in ("iso8859-1", "ascii") else name)
                if "\0" not in text:
                    return text
        except (LookupError, ValueError):  # the declared name is unknown, not that of a text encoding, or wrong
            pass
    return decode(data, where, note, encodings)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def html_text(source: str, where: str = "", limits: ReadLimits = DEFAULT_LIMITS) -> str:
    """Return all visible text of an HTML page, one block per line."""
    return parse_html(source, where, limits).text


def parse_html(source: str, where: str, limits: ReadLimits) -> TextCollector:
    """Return the text and the title of an HTML page."""
    return parse_markup([source.encode("utf-8", "replace")], HTML_RULES, where, limits, html=True)


def _main_text(source: str, extract: Callable[..., str | None]) -> str:
    """Return the main text that trafilatura's `extract` finds; "" if it finds none."""
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # pages that it cannot process are read whole
    try:
        return extract(source, fast=True, include_comments=False, with_metadata=False) or ""
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):  # trafilatura fails on some pages
        return ""
