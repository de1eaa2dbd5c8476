"""How evenly a word is spread over pages: words that say nothing of a subject come as they come, by chance.

A word that occurs t times, thrown at random on n pages of like length, is on n (1 - exp(-t/n)) of them. A word of a
subject is on fewer, as it is repeated where its subject is. Residual idf is how many times fewer, as a power of two:

    ridf = log2(n (1 - exp(-t/n)) / pages)        0 and below for what is spread as by chance

Words on many pages and of small residual idf are the stop words of a corpus: "appreciated" and "thanks" of letters,
"Tuesday" of news. On short texts (a headline, a message of one line) no word repeats, and this tells nothing.

Reference: Church & Gale, Inverse document frequency (idf): a measure of deviations from Poisson, WVLC (1995) 121-130.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SHARE = 0.05  # of the pages that a stop word of a corpus must be on
BOUND = 0.3  # of its residual idf


def residual_idf(pages: NDArray[np.integer], tokens: NDArray[np.integer], n_pages: int) -> NDArray[np.float64]:
    """Residual idf of some words; nan of those that are on no page.

    Parameters
    ----------
    pages, tokens : ndarrays of shape (m,), pages that have a word and how often it occurs in all
    n_pages : pages of the corpus

    Examples
    --------
    >>> residual_idf(np.array([50, 10]), np.array([69, 69]), 100).round(2).tolist()
    [-0.01, 2.32]
    """
    found = np.full(len(pages), np.nan)
    some = pages > 0
    found[some] = np.log2(-n_pages * np.expm1(-tokens[some] / n_pages) / pages[some])
    return found


def is_corpus_stop_word(pages: NDArray[np.integer], tokens: NDArray[np.integer], n_pages: int) -> NDArray[np.bool_]:
    """Which words are stop words of the corpus; parameters as in `residual_idf`."""
    return (pages >= SHARE * n_pages) & (residual_idf(pages, tokens, n_pages) < BOUND)
