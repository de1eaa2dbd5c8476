"""Residual idf: how much a word is concentrated on few pages; words without a subject are spread as by chance.

If the t occurrences of a word were distributed at random over n pages of equal length, it would be on n (1 - exp(-t/n))
of them. A word that belongs to a subject is on fewer pages, because it is repeated there. Residual idf is the base-2
logarithm of this ratio:

    ridf = log2(n (1 - exp(-t/n)) / pages)        0 or less for words that are spread as by chance

Words that are on many pages and have a small residual idf are the stop words of a corpus: "appreciated" and "thanks" in
letters, "Tuesday" in news. In short texts such as headlines no word is repeated, so the measure does not apply.

Reference: Church & Gale, Inverse document frequency (idf): a measure of deviations from Poisson, WVLC (1995) 121-130.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SHARE = 0.05  # least share of pages of a corpus stop word
BOUND = 0.3  # greatest residual idf of a corpus stop word


def residual_idf(pages: NDArray[np.integer], tokens: NDArray[np.integer], n_pages: int) -> NDArray[np.float64]:
    """Return the residual idf of some words; NaN for words that are on no page.

    Parameters
    ----------
    pages, tokens : ndarrays of shape (m,), the number of pages that have a word, and of its occurrences
    n_pages : number of pages of the corpus

    Examples
    --------
    >>> import numpy as np
    >>> residual_idf(np.array([50, 10]), np.array([69, 69]), 100).round(2).tolist()
    [-0.0, 2.32]
    """
    found = np.full(len(pages), np.nan)
    some = pages > 0
    found[some] = np.log2(-n_pages * np.expm1(-tokens[some] / n_pages) / pages[some])
    return found


def is_corpus_stop_word(pages: NDArray[np.integer], tokens: NDArray[np.integer], n_pages: int) -> NDArray[np.bool_]:
    """Return which words are corpus stop words; parameters as in `residual_idf`."""
    return (pages >= SHARE * n_pages) & (residual_idf(pages, tokens, n_pages) < BOUND)
