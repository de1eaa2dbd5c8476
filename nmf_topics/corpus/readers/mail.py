"""Read email: .eml files and mailboxes (.mbox). Subject, text and date are read, attachments are not.

Formats: RFC 5322 and MIME, parsed by Python's email package; mbox as described in RFC 4155.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC
from email import policy
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime

from nmf_topics.corpus.plain import one_line
from nmf_topics.corpus.readers.charsets import decode
from nmf_topics.corpus.readers.inputs import Document, Input
from nmf_topics.corpus.readers.streams import Unreadable
from nmf_topics.corpus.readers.webpages import html_text
from nmf_topics.errors import MissingExtra

_FROM = re.compile(rb"From \S.*\d{4}\s*$")  # the line that begins a message in a mailbox; it ends in a year
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
MAX_PARTS = 1000  # parts of one message that are read


def read_mail(file: Input) -> Iterator[Document]:
    """Yield the message of an .eml file.

    Raises
    ------
    Unreadable
        If the file is not an email, or too large.
    MissingExtra
        If the message has only HTML, and the package that reads HTML is not installed.
    """
    document = message_of(file.source(), file)
    if document is None:
        raise Unreadable(file.where, "not an email (no header)")
    yield document


def read_mailbox(file: Input) -> Iterator[Document]:
    """Yield the messages of an mbox file.

    Raises
    ------
    Unreadable
        If the file is not a mailbox, or a message is too large.
    MissingExtra
        If all messages have only HTML, and the package that reads HTML is not installed.
    """
    count = 0
    missing: MissingExtra | None = None
    for number, data in enumerate(split_mailbox(file), 1):
        try:
            document = message_of(data, file)
        except MissingExtra as error:
            missing = error
            file.put_aside(f"{file.where}, message {number}", str(error))
            continue
        if document is not None:
            count += 1
            yield Document(document.text, document.title, document.meta, str(number))
    if missing and not count:
        raise missing
    if not count:
        raise Unreadable(file.where, "not a mailbox (it contains no message)")


def split_mailbox(file: Input) -> Iterator[bytes]:
    """Yield the messages of a mailbox, without their first lines, which begin with "From "."""
    lines: list[bytes] = []
    size, blank, begun = 0, True, False
    for line in _lines(file):
        if blank and _FROM.match(line):
            if begun:
                yield _unquoted(lines)
            elif any(part.strip() for part in lines):
                raise Unreadable(file.where, "not a mailbox (the first line does not begin with From)")
            lines, size, begun = [], 0, True
        else:
            lines.append(line)
            size += len(line)
            if size > file.limits.page_size:
                raise Unreadable(file.where, file.limits.exceeded("page_size", "more bytes in a message"))
        blank = not line.strip()
    if begun:
        yield _unquoted(lines)
    elif lines:
        raise Unreadable(file.where, "not a mailbox (the first line does not begin with From)")


def _unquoted(lines: list[bytes]) -> bytes:
    return _QUOTED_FROM.sub(rb"\1", b"".join(lines))


def _lines(file: Input) -> Iterator[bytes]:
    """Yield the lines of a file, each at most as long as the limit page-size."""
    rest = b""
    for chunk in file.chunks():
        whole, end, last = chunk.rpartition(b"\n")
        if not end:
            rest += last
        else:
            yield from (rest + whole + end).splitlines(keepends=True)
            rest = last
        if len(rest) > file.limits.page_size:
            raise Unreadable(file.where, file.limits.exceeded("page_size", "more bytes in a line"))
    if rest:
        yield rest


def message_of(data: bytes, file: Input) -> Document | None:
    """Return the document of one message, or None if it has no header."""
    try:
        message = BytesParser(policy=policy.default).parsebytes(data)
        if not message.keys():
            return None
        text = _text_of(message, file)
        title = one_line(str(message.get("subject") or ""))
        meta = {name: value for name in ("from", "to") if (value := one_line(str(message.get(name) or "")))}
        if date := _date_of(message):
            meta["date"] = date
    except Unreadable:
        raise
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError, AssertionError) as error:
        # malformed headers raise all of these in Python's parser
        raise Unreadable(file.where, f"a damaged message ({type(error).__name__})") from error
    return Document(text.strip(), title, meta)


def _text_of(message: Message, file: Input) -> str:
    """Return the text of a message: its plain text parts, or if there are none the text of its HTML parts."""
    plain: list[str] = []
    marked_up: list[str] = []
    for number, part in enumerate(message.walk()):
        if number > MAX_PARTS:
            break
        if part.is_multipart() or part.get_content_disposition() == "attachment":
            continue
        kind = part.get_content_type()
        if kind == "text/plain":
            plain.append(_decoded(part, file))
        elif kind == "text/html":
            marked_up.append(_decoded(part, file))
    if any(text.strip() for text in plain):
        return "\n\n".join(text for text in plain if text.strip()).replace("\r\n", "\n")
    return "\n\n".join(html_text(source, file.where, file.limits) for source in marked_up)


def _decoded(part: Message, file: Input) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    charset = part.get_content_charset()
    try:
        return data.decode(charset or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return decode(data.replace(b"\0", b""), file.where, file.note, file.encodings)


def _date_of(message: Message) -> str:
    """Return the date of a message as ISO 8601 in UTC; "" if it is missing or invalid."""
    try:
        date = parsedate_to_datetime(str(message.get("date")))
        return (date if date.tzinfo is None else date.astimezone(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, TypeError, OverflowError, IndexError):
        return ""
