"""Strategies of hypothesis that several test modules use."""

from __future__ import annotations

from hypothesis import strategies as st

# Characters at which the two tokenizers could differ: ASCII and not, combining marks, apostrophes, and more.
PIECES = [
    *"aZ9 \n\t.,-_'<=>`\"",
    "\u2019", "\u0301", "\u0338", "\u0327", "\u00ad", "\u200c", "\u200d", "\ufe0f", "\u20e3", "\u00a0", "\u3000",
    "é", "e\u0301", "ß", "İ", "ﬁ", "Å", "\u212b", "\u037e", "\u1fef", "Ω", "क", "ि", "्", "ع", "َ", "字", "한", "\u1112",
    "\u1161", "👍", "👍🏽", "❤\ufe0f", "½", "²", "Ⅷ", "٣", "\x00", "\x85", "\ud800", "\udc80", "\ufffd", "\U0010ffff",
]  # fmt: skip
TEXT = st.one_of(st.text(st.characters(exclude_categories=())), st.lists(st.sampled_from(PIECES)).map("".join))
