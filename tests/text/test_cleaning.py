"""What stands in a text and is no word of it."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_topics.terms.token_counter import n_tokens
from nmf_topics.text.boilerplate import line_keys
from nmf_topics.text.cleaning import Cleaner
from nmf_topics.text.tokenize import tokens

MESSAGE = """From: jane@cs.example.edu (Jane Doe)
Subject: Re: The moons of Jupiter
Organization: Department of Astronomy, Example University
\tSecond floor
Lines: 24
NNTP-Posting-Host: host.cs.example.edu

In article <1993Apr5.1234@example.com>, joe@example.com
Joe Smith writes:
> Which of the moons is the largest?

Ganymede, they say: larger than Mercury. See http://example.org/moons?page=3 for more.
I wrote: nothing else.

--
Jane Doe, jane@cs.example.edu
"Ad astra"
"""


def removed(text: str, lines: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """What is taken out, by reason, without white space around."""
    found: dict[str, list[str]] = {}
    for reason, piece in Cleaner(lines).split(text)[1]:
        found.setdefault(reason, []).append(piece.strip())
    return found


def test_a_message_keeps_its_subject_and_its_words() -> None:
    """Head, attribution, address and signature go; the subject, the quotation and the text stay."""
    kept, out = Cleaner().split(MESSAGE)
    assert (
        tokens(kept)
        == (
            "Re The moons of Jupiter Which of the moons is the largest Ganymede they say larger than Mercury See "
            "for more I wrote nothing else"
        ).split()
    )
    assert {reason for reason, _ in out} == {"header", "address", "signature"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see http://a.example/b?c=d, and", {"address": ["http://a.example/b?c=d,"]}),
        ("see (www.example.com) there", {"address": ["www.example.com)"]}),
        ("write to jo.e@example.com now", {"address": ["jo.e@example.com"]}),
        ("id <1993.5@example.com> is", {"address": ["1993.5@example.com"]}),
        ('a <b class="x">bold</b> word', {"markup": ['<b class="x">', "</b>"]}),
        ("x < y and z > w", {}),
        ("Tom &amp; Jerry &#8211; R&B;", {"markup": ["&amp;", "&#8211;"]}),
        ("a {{cite web|url=x}} b", {"markup": ["{{cite web|url=x}}"]}),
        ("ask @jane, or me @ home", {}),
        ("He said: come\nand she came", {}),
        ("To: nobody\nwent the letter", {"header": ["To: nobody"]}),
        ("a word\nFrom: nobody\nwent the letter", {}),
        ("one\n-- \nJane\n", {}),
    ],
)
def test_what_is_taken_out(text: str, expected: dict[str, list[str]]) -> None:
    """Addresses and markup wherever they are; what only looks like them stays."""
    assert removed(text) == expected


def test_shared_lines_go_however_they_are_quoted() -> None:
    """Case, digits and marks of quotation make no other line."""
    key = next(key for _, _, key in line_keys("Call us at 555 any time"))
    out = removed("first line of text\n> CALL us at 123 any time\nlast line of text", (key,))
    assert out == {"boilerplate": ["> CALL us at 123 any time"]}


PIECES = st.sampled_from(
    [
        *"@:<>/.-'\n\t |{}&;=\u0301\u00e9\u4e2d\u00ad\u2019\u00a0\u0338",
        "://",
        "www.",
        "--\n",
        "From: a\n",
        "<br>",
        "Bob writes:\n",
        "word",
        "don't",
        "joe@x.org",
        "&amp;",
        "Lines: 3\n",
        "many a shared line\n",
        "\ud800",
        "{{x}}",
        "7",
    ]
)


@settings(deadline=None, max_examples=300)
@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=80))
def test_no_token_is_lost_or_cut(text: str) -> None:
    """The tokens of what is kept and of what is taken out are those of the text."""
    kept, out = Cleaner(["many a shared line"]).split(text)
    pieces = Counter(token for piece in (kept, *(piece for _, piece in out)) for token in tokens(piece))
    assert pieces == Counter(tokens(text))
    assert n_tokens(text, "en") == pieces.total()


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        "<a ",
        "<!--",
        "@a",
        "a@",
        "{{",
        "://",
        "&a",
        " ",
        "From: x\n",
        "Bob writes: ",
        "> ",
        "--\n",
        "www.",
        "<a b='",
        "\n",
    ],
)
def test_no_text_takes_for_ever(piece: str) -> None:
    """Half a million characters of what the patterns look for, and never the end of it."""
    began = time.process_time()
    Cleaner(["many a shared line"]).split(piece * (500_000 // len(piece)))
    assert time.process_time() - began < 8
