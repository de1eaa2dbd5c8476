"""Extract the spoken text of subtitles (.srt and .vtt), without numbers, times and markup.

Automatic captions repeat each line while it scrolls; a line that equals the one before is left out.

Formats: SubRip (there is no specification); WebVTT, W3C.
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
    """Yield the spoken text of a subtitle file as one document.

    Raises
    ------
    Unreadable
        If the file is not text, or too large.
    """
    yield Document("\n".join(spoken_lines(file.text().lstrip("\ufeff"))))


def spoken_lines(source: str) -> Iterator[str]:
    """Yield the spoken lines of subtitles.

    Examples
    --------
    >>> list(spoken_lines("1\\n00:00:01,000 --> 00:00:02,000\\n<i>Green</i> tea?\\n\\n2\\n"))
    ['Green tea?']
    """
    last = ""
    in_cue, skipping = False, False  # skipping: in a block that is not a cue
    for line in source.splitlines():
        if not line.strip():
            in_cue = skipping = False
        elif _TIMING.match(line):
            in_cue, skipping = True, False
        elif not in_cue and _NO_CUES.match(line):
            skipping = True
        elif in_cue and not skipping:
            said = " ".join(html.unescape(_MARKUP.sub("", line)).split())
            if said and said != last:
                last = said
                yield said
