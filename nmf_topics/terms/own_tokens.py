"""Count the tokens of the user's own tokenizer, page by page; `token_counter` counts the usual ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from nmf_topics.text.functions import Tokenizer, own_tokens

Ints = NDArray[np.int32]


class OwnTokens:
    """Numbers the tokens of one language and counts them.

    Parameters
    ----------
    tokenizer : the user's function, from a text to its tokens
    new_token : returns the number of a new token
    page_end : the mark at the end of each page in sequences
    """

    def __init__(self, tokenizer: Tokenizer, new_token: Callable[[str], int], page_end: int) -> None:
        self._tokenizer, self._new_token, self._page_end = tokenizer, new_token, page_end
        self._numbers: dict[str, int] = {}

    def count(self, texts: Sequence[str], first_page: int) -> tuple[tuple[Ints, Ints, Ints], Ints]:
        """Return (page, token, count) of consecutive pages from `first_page` on, and their tokens in order."""
        sequence: list[int] = []
        ends: list[int] = []
        for text in texts:
            for token in own_tokens(self._tokenizer, text):
                if (number := self._numbers.get(token)) is None:
                    number = self._numbers[token] = self._new_token(token)
                sequence.append(number)
            sequence.append(self._page_end)
            ends.append(len(sequence))
        tokens = np.array(sequence, np.int64)
        page = np.repeat(np.arange(first_page, first_page + len(texts)), np.diff(ends, prepend=0))
        real = tokens != self._page_end
        keys, count = np.unique(page[real] << 32 | tokens[real], return_counts=True)
        counted = (keys >> 32).astype(np.int32), (keys & 0xFFFFFFFF).astype(np.int32), count.astype(np.int32)
        return counted, tokens.astype(np.int32)
