"""Texts as sequences of terms: token by token as a reader reads them, without stop words, with phrases joined."""

from __future__ import annotations

import pytest
from inputs import tiny_texts

import nmf_topics.terms.token_counter
from nmf_topics.terms.phrases import Phrases
from nmf_topics.terms.sequences import OTHER, number_terms
from nmf_topics.text.analyzer import TermAnalyzer, WordOptions
from nmf_topics.text.tokenize import tokens

TEXTS = ["", "The", *tiny_texts(), "A cat -- (the MOUSE), don't; well-known cats.", "7 of 9"]
NUMBERS = {"cat": 0, "mouse": 1, "guitar": 2, "run": 3}


@pytest.mark.parametrize("batch", [1_000_000, 60])
def test_terms_in_their_order(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as reading each token of each text, however texts come together in batches."""
    monkeypatch.setattr(nmf_topics.terms.token_counter, "BATCH", batch)
    reader = TermAnalyzer(WordOptions())
    found = [page.tolist() for page in number_terms(TEXTS, NUMBERS, WordOptions(), Phrases())]
    expected = [
        [NUMBERS.get(term, OTHER) for token in tokens(text) if (term := reader.read(token)[0]) is not None]
        for text in TEXTS
    ]
    assert found == expected
    assert found[0] == found[1] == []


def test_phrases_are_one_term() -> None:
    """An occurrence of a phrase is one term, and none of its words; a break between the words makes it none."""
    phrases = Phrases.from_meta([[["New", "york"], ["prime", "minister"]]])
    numbers = {"new york": 0, "prime": 1, "york": 2, "prime minister": 3}
    texts = ["New York is a prime; prime, minister", "The prime minister of New York, york", "new york"]
    found = [page.tolist() for page in number_terms(texts, numbers, WordOptions(), phrases)]
    assert found == [[0, 1, 1, OTHER], [3, 0, 2], [2]]
