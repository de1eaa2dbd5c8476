"""Text out of HTML: the main text of a web page, or all of it where no main text stands out.

What is main text and what is navigation, advertisement or a list of other articles is trafilatura's judgement. Pages
written by hand, in which it finds little, are taken whole: better a menu too much than a page too few.
"""

from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Callable
from typing import Any

from nmf_topics.corpus.plain import one_line
from nmf_topics.corpus.readers.charsets import decode, marked_encoding

DECLARED_WITHIN = 1 << 12  # bytes; the standard asks for the first 1024, editors and templates put more before it
LITTLE = 200  # characters of main text, below which a page is taken whole
LARGEST = 5_000_000  # characters; what is larger is no article, and its main text is not looked for
_CHARSET = re.compile(rb"""<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_SKIPPED = frozenset("script style noscript template head svg math iframe object select".split())
_BLOCKS = frozenset(
    """address article aside blockquote br caption dd details dialog div dl dt fieldset figcaption figure footer form
    h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table td th tr ul""".split()
)


def read_web_page(data: bytes, where: str, note: Callable[[str], None]) -> tuple[str, str]:
    """Title and main text of an HTML file.

    Parameters
    ----------
    data : the file
    where : its name, for errors
    note : told how the text was decoded when that was guessed

    Returns
    -------
    title : str, of the element `title`; "" where there is none
    text : str, paragraphs apart by line ends

    Raises
    ------
    Unreadable
        When the file is not text.
    """
    source = decode_html(data, where, note)
    tree = _parse(source)
    if tree is None:
        return "", ""
    title = one_line(tree.findtext(".//title"))
    main = _main_text(source) if len(source) <= LARGEST else ""
    return title, main if len(main) >= LITTLE else text_of_tree(tree)


def decode_html(data: bytes, where: str, note: Callable[[str], None]) -> str:
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
    return decode(data, where, note)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def html_text(source: str) -> str:
    """All text of an HTML page that a reader would see, block after block."""
    tree = _parse(source)
    return "" if tree is None else text_of_tree(tree)


def _parse(source: str) -> Any:
    """The tree of a page; None where there is nothing in it."""
    import lxml.html
    from lxml import etree

    parser = lxml.html.HTMLParser(encoding="utf-8", no_network=True)
    try:
        return lxml.html.document_fromstring(source.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError):
        return None


def text_of_tree(tree: Any) -> str:
    """All text below an element of lxml, a line for each block."""
    from lxml import etree

    parts: list[str] = []
    walk = etree.iterwalk(tree, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        end = "\n" if element.tag in _BLOCKS else ""
        if event == "start" and element.tag in _SKIPPED:
            walk.skip_subtree()
        elif event == "start":
            parts += [end, element.text or ""]
        else:  # the tail of a comment is text as well
            parts += [end, element.tail or ""]
    lines = (" ".join(line.split()) for line in "".join(parts).splitlines())
    return "\n".join(line for line in lines if line)


def _main_text(source: str) -> str:
    """The main text as trafilatura sees it; "" where it sees none."""
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # what it cannot use is taken whole, in silence
    try:
        return trafilatura.extract(source, fast=True, include_comments=False, with_metadata=False) or ""
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):  # pages that it trips over
        return ""
