"""What is said in subtitles: .srt and .vtt without numbers, times and markup.

Automatic captions show each line twice or three times while it scrolls; lines that repeat the one before are left out.

Formats: SubRip as players read it (there is no specification); WebVTT, W3C.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from nmf_topics.corpus.readers.inputs import Document, Input

_TIMING = re.compile(r"\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}\s*-->")
_MARKUP = re.compile(r"<[^<>\n]{0,200}>|\{\\[^{}\n]{0,200}\}")
_NO_CUES = re.compile(r"(?:NOTE|STYLE|REGION|WEBVTT)(?:\s|$)")


def read_subtitles(file: Input) -> Iterator[Document]:
    """Yield the words of a file of subtitles.

    Raises
    ------
    Unreadable
        When the file is no text, or too large.
    """
    yield Document("\n".join(spoken_lines(file.text().lstrip("\ufeff"))))


def spoken_lines(source: str) -> Iterator[str]:
    """The lines of subtitles that are spoken.

    Examples
    --------
    >>> list(spoken_lines("1\\n00:00:01,000 --> 00:00:02,000\\n<i>Green</i> tea?\\n\\n2\\n"))
    ['Green tea?']
    """
    last = ""
    within, skipping = False, False  # a cue; a block that is none
    for line in source.splitlines():
        if not line.strip():
            within = skipping = False
        elif _TIMING.match(line):
            within, skipping = True, False
        elif not within and _NO_CUES.match(line):
            skipping = True
        elif within and not skipping:
            said = " ".join(html.unescape(_MARKUP.sub("", line)).split())
            if said and said != last:
                last = said
                yield said
