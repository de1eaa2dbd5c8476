"""Remove parts of a text that are not prose: addresses, markup, e-mail headers, lines that many pages share.

A `Cleaner` splits a text into the part to keep and the removed parts with their reasons. It cuts only next to ASCII
spaces or punctuation, which always end a token. So the tokens of the parts are the tokens of the text; none is lost.

    address      URLs, e-mail addresses, message ids
    markup       HTML tags and entities, wiki templates
    header       "From: ...", "Date: ..." and similar lines of a message or a forwarded one; of "Subject: ..." only the
                 field name; and the line that introduces a quotation ("... wrote:")
    signature    the text after a line "--" at the end of a message
    boilerplate  lines that many pages share (see `boilerplate`)

All patterns run in linear time on any text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache

from nmf_topics.text.boilerplate import line_keys
from nmf_topics.text.markup import ATTRIBUTE, COMMENT, TAGS, Cut, address_cuts

SIGNATURE_LINES = 12  # longest signature; more lines after "--" are text
FIELDS_OF_A_HEADER = 3  # this many known fields on consecutive lines are a message header

# Fields of a header: those to remove, and (below) those whose value is text.
_FURNITURE = """from to cc bcc date sender reply-to received return-path message-id in-reply-to references organization
    organisation lines distribution newsgroups followup-to nntp-posting-host nntp-posting-user nntp-posting-date path
    xref approved expires supersedes article-i.d. mime-version content-type content-transfer-encoding reply-by
    content-disposition content-length originator posted-date sent archive-name last-modified posting-frequency
    return-receipt-to precedence dkim-signature errors-to delivered-to user-agent news-software to-mailer version
    x-[\\w-]+ list-[\\w-]+ resent-[\\w-]+ [\\w-]+-archive-name""".split()
_SUBJECT = "subject keywords summary title".split()


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    names = "|".join(TAGS)
    fields = f"(?:{'|'.join(_FURNITURE).replace('.', '[.]')})|(?P<subject>{'|'.join(_SUBJECT)})"
    return {
        "markup": re.compile(
            rf"{COMMENT}|</?(?:{names})(?:\s+{ATTRIBUTE}){{0,20}}\s*/?>"
            r"|&(?:[a-z]{2,8}|\#\d{1,6}|\#x[\da-f]{1,6});|\{\{[^{}]{0,1000}\}\}",
            re.IGNORECASE | re.DOTALL,
        ),
        "field": re.compile(rf"[ \t>|]*(?:{fields})[ \t]?:(?=\s|\Z)", re.IGNORECASE),
        "head": re.compile(r"^[ \t>|]*(?:from|subject|date|message-id|newsgroups|organization|to):\s", re.I | re.M),
        "writes": re.compile(
            r"\b(?:writes?|wrote|said|says|asks|asked|posted|responds|responded|replied)[ \t]{0,3}[:.]{1,3}[ \t]{0,3}$",
            re.IGNORECASE | re.MULTILINE,
        ),
        "source": re.compile(r"[ \t>|]{0,20}(?:in|on|from)\b.{0,200}?(?:\barticle\b|[<@\d])", re.IGNORECASE),
        "signature": re.compile(r"^-- ?$", re.M),
        "quote": re.compile(r"^[ \t]*[>|]", re.M),
    }


def cuts(text: str) -> Iterator[Cut]:
    """Yield the addresses, markup, headers and signatures of a text, in no particular order; they may overlap."""
    p = _patterns()
    yield from address_cuts(text)
    if "<" in text or "&" in text or "{{" in text:
        for match in p["markup"].finditer(text):
            yield *match.span(), "markup"
    yield from _mail(text)


def _mail(text: str) -> Iterator[Cut]:
    """Yield headers, attribution lines and the signature if the text looks like a message."""
    p = _patterns()
    head = p["head"].search(text)
    quotes = p["quote"].search(text)
    if head is None and quotes is None and "@" not in text:
        return
    if head is not None:
        yield from _headers(text)
    yield from _attributions(text)
    signatures = list(p["signature"].finditer(text))
    if signatures and text.count("\n", signatures[-1].end()) <= SIGNATURE_LINES:
        yield signatures[-1].start(), len(text), "signature"


def _attributions(text: str) -> Iterator[Cut]:
    """Yield attribution lines ("... wrote:"), with the line before if it names the source ("In article <...>,")."""
    p = _patterns()
    for match in p["writes"].finditer(text):
        begin = text.rfind("\n", 0, match.start()) + 1
        line = text[begin : match.end()]
        above = text.rfind("\n", 0, max(begin - 1, 0)) + 1
        opened = begin > 0 and p["source"].match(text, above, begin)
        following = text[match.end() + 1 : match.end() + 400].lstrip()
        if opened or "@" in line or "article" in line.lower() or following[:1] in (">", "|"):
            yield above if opened else begin, match.end(), "header"


def _headers(text: str) -> Iterator[Cut]:
    """Yield runs of consecutive header fields that are long enough; the value of a subject is kept."""
    field = _patterns()["field"]
    run: list[Cut] = []
    start = 0
    for line in [*text.splitlines(keepends=True), ""]:
        end = start + len(line)
        match = field.match(text, start, end)
        if match is not None:
            run.append((start, match.end() if match["subject"] else end, "header"))
        elif run and line[:1] in (" ", "\t") and line.strip():  # an indented line continues the field above
            if run[-1][1] == start:
                run[-1] = (run[-1][0], end, "header")
        else:
            if len(run) >= FIELDS_OF_A_HEADER or (run and run[0][0] == 0):
                yield from run
            run = []
        start = end


class Cleaner:
    """Removes the parts of texts that are not prose.

    Parameters
    ----------
    lines : keys (see `line_keys`) of the lines that many pages share
    """

    def __init__(self, lines: Collection[str] = ()) -> None:
        self._lines = frozenset(lines)

    def split(self, text: str) -> tuple[str, list[tuple[str, str]]]:
        """Split a text into prose and removed parts.

        Returns
        -------
        kept : the text, with an empty line in place of each removed part
        removed : (reason, part) in the order of the text; `kept` and the parts together have the tokens of `text`
        """
        found = list(cuts(text))
        if self._lines:
            found += [(begin, end, "boilerplate") for begin, end, key in line_keys(text) if key in self._lines]
        found.sort()
        kept: list[str] = []
        removed: list[tuple[str, str]] = []
        at = 0
        for begin, end, reason in found:
            begin, end = max(_left(text, max(begin, at)), at), _right(text, end)
            if end <= begin:
                continue
            kept.append(text[at:begin])
            removed.append((reason, text[begin:end]))
            at = end
        if not removed:
            return text, removed
        kept.append(text[at:])
        return "\n\n".join(kept), removed


def _parts(char: str) -> bool:
    """Return whether a character always ends a token, whatever its neighbours are."""
    return char.isascii() and not char.isalnum() and char != "'"


def _left(text: str, place: int) -> int:
    """Return the nearest place to the left that is not inside a token."""
    while 0 < place < len(text) and not (_parts(text[place - 1]) or _parts(text[place])):
        place -= 1
    return place


def _right(text: str, place: int) -> int:
    """Return the nearest place to the right that is not inside a token."""
    while 0 < place < len(text) and not (_parts(text[place - 1]) or _parts(text[place])):
        place += 1
    return place
