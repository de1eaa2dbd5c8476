"""Convert texts to sequences of terms, without dropped words and with phrases as single terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from nmf_topics.terms.phrase_counts import PhraseUnits
from nmf_topics.terms.phrases import Phrases
from nmf_topics.terms.token_counter import PAGE_END, TokenCounter, page_batches
from nmf_topics.text.analyzer import Readers, WordOptions

OTHER = -1
_DROPPED = -2


def number_terms(
    texts: Iterable[str], numbers: Mapping[str, int], options: WordOptions, phrases: Phrases
) -> Iterator[NDArray[np.int64]]:
    """Yield the numbers of the terms of each text in order; OTHER for terms without a number.

    Parameters
    ----------
    texts : read once, in batches
    numbers : term -> number, from 0
    options : WordOptions
    phrases : the phrases that are terms; inside them, their words are not terms
    """
    readers = Readers(options)
    for languages, batch in page_batches((readers.language_of(text), text) for text in texts):
        found = TokenCounter(options, sequences=True).count(batch, languages)
        tokens = [token for _, fresh in found.fresh for token in fresh]
        read = [readers.reader(language).read(token) for language, fresh in found.fresh for token in fresh]
        units = PhraseUnits(tokens, read)
        joiner = phrases.joiner({name: unit for unit, name in enumerate(units.names)}, len(units.names))
        assert found.sequence is not None
        sequence = joiner.join(units.of(found.sequence))
        openers = [_DROPPED] * (len(units.names) - units.n_terms)  # capitalized stop words outside phrases
        words, joined = units.names[: units.n_terms], joiner.terms
        of_unit = [numbers.get(t, OTHER) for t in words] + openers + [numbers.get(t, OTHER) for t in joined]
        values = np.full(len(sequence), _DROPPED)
        values[sequence >= 0] = np.array(of_unit, np.int64)[sequence[sequence >= 0]]
        ends = np.flatnonzero(sequence == PAGE_END)
        for start, end in zip(np.append(0, ends[:-1] + 1), ends, strict=True):
            page = values[start:end]
            yield page[page != _DROPPED]
