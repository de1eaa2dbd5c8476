"""Text out of HTML: the main text of a web page, or all of it where no main text stands out.

What is main text and what is navigation, advertisement or a list of other articles is trafilatura's judgement. Pages
written by hand, in which it finds little, are taken whole: better a menu too much than a page too few.
"""

from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Callable

from nmf_topics.corpus.plain import one_line
from nmf_topics.corpus.readers.charsets import decode, marked_encoding
from nmf_topics.corpus.readers.encoding_guess import Encodings
from nmf_topics.corpus.readers.limits import DEFAULT_LIMITS, ReadLimits
from nmf_topics.corpus.readers.markup import MarkupRules, TextCollector, parse_markup
from nmf_topics.files.optional import needs_extra

DECLARED_WITHIN = 1 << 12  # bytes; the standard asks for the first 1024, editors and templates put more before it
LITTLE = 200  # characters of main text, below which a page is taken whole
# what is larger, or has more tags, is no article: its main text is not looked for, as that takes a tree of the page
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
    encodings: Encodings | None = None,
    limits: ReadLimits = DEFAULT_LIMITS,
) -> tuple[str, str]:
    """Title and main text of an HTML file.

    Parameters
    ----------
    data : the file
    where : its name, for errors
    note : called with how the text was decoded when that was guessed
    encodings : decides on the encoding of a page that declares none
    limits : of the text

    Returns
    -------
    title : str, of the element `title`; "" where there is none
    text : str, paragraphs apart by line ends

    Raises
    ------
    Unreadable
        When the file is not text, or too long.
    MissingExtra
        When trafilatura or lxml is not installed.
    """
    with needs_extra("html", "reading web pages"):
        import trafilatura
    source = decode_html(data, where, note, encodings)
    whole = parse_html(source, where, limits)
    article = len(source) <= MAX_ARTICLE and source.count("<") <= MAX_ARTICLE_TAGS
    main = _main_text(source, trafilatura.extract) if article else ""
    return one_line(whole.title), main if len(main) >= LITTLE else whole.text


def decode_html(data: bytes, where: str, note: Callable[[str], None], encodings: Encodings | None = None) -> str:
    """Decode HTML: by its byte order mark, as UTF-8 where it is, in the encoding that it declares, else as any text."""
    declared = _CHARSET.search(data[:DECLARED_WITHIN])
    if declared and not marked_encoding(data) and (data.isascii() or not _is_utf8(data)):
        try:
            name = codecs.lookup(declared[1].decode("ascii")).name
            if not name.startswith(("utf-16", "utf-32")):  # of these nobody could have read the declaration
                # what declares Latin-1 is Windows' in truth, as the standard of encodings has it
                text = data.decode("cp1252" if name in ("iso8859-1", "ascii") else name)
                if "\0" not in text:
                    return text
        except (LookupError, ValueError):  # an unknown name, not an encoding of text, or a false one
            pass
    return decode(data, where, note, encodings)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def html_text(source: str, where: str = "", limits: ReadLimits = DEFAULT_LIMITS) -> str:
    """All text of an HTML page that a reader would see, block after block."""
    return parse_html(source, where, limits).text


def parse_html(source: str, where: str, limits: ReadLimits) -> TextCollector:
    """The text and title of an HTML page."""
    return parse_markup([source.encode("utf-8", "replace")], HTML_RULES, where, limits, html=True)


def _main_text(source: str, extract: Callable[..., str | None]) -> str:
    """Return the main text that trafilatura's `extract` finds; "" if it finds none."""
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # what it cannot use is taken whole, in silence
    try:
        return extract(source, fast=True, include_comments=False, with_metadata=False) or ""
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):  # pages that it trips over
        return ""
