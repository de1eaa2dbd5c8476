"""How often words stand near each other: boolean sliding windows over the tokens of pages, and measures made of them.

A window of s tokens begins at each token of a page from which s are left; of a shorter page there is one window, all of
it. Stop words are no tokens here: they would make windows narrow, and in each language by something else. A window
counts for a word, or for two, once, however often it holds them. p_i is the share of the windows that hold word i, p_ij
of those that hold both. With e = 1e-12

    NPMI(i, j) = log((p_ij + e) / (p_i p_j)) / -log(p_ij + e)                  window 10; mean over the pairs: C_NPMI
    C_V        = mean over words i of cos(v_i, sum of all v),  v_i = (NPMI(i, j) over the words j)          window 110
    UMass      = mean over pairs of log((d_ij + 1) / d_j), j the heavier word, d the number of pages with the words

Values of other programs differ: in what a token is, in the exponent of C_V (Palmetto long had 2), in e (gensim has it
in place of the 1 of UMass), in sums in place of means, and gensim forgets a word that stands twice in a window as soon
as the first one leaves it. What they leave open is settled here: a word that the texts do not have makes its pairs 0
(NPMI, C_V) or is left out (UMass), and two words that all windows have count 1.

References: Röder, Both & Hinneburg, Exploring the space of topic coherence measures, WSDM 2015 (C_NPMI, C_V);
Mimno et al., Optimizing semantic coherence in topic models, EMNLP 2011 (UMass).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from nmf_topics.factor.blocks import Array

NPMI_WINDOW = 10
CV_WINDOW = 110
EPSILON = 1e-12
_FLUSH = 2_000_000  # entries that are held before they are counted


@dataclass(frozen=True, eq=False)
class Cooccurrence:
    """Windows, and how many of them hold which words.

    Attributes
    ----------
    windows : how many there are
    together : ndarray of shape (k, k), those that hold both words; on the diagonal, those that hold the one
    """

    windows: int
    together: Array


class WindowCounter:
    """Counts co-occurrence of k words, page by page.

    Parameters
    ----------
    k : number of words
    size : tokens of a window; None for whole pages
    """

    def __init__(self, k: int, size: int | None) -> None:
        self._size = size
        self._windows = 0
        self._together = np.zeros((k, k))
        self._rows: list[np.ndarray] = []
        self._columns: list[np.ndarray] = []
        self._lengths: list[np.ndarray] = []
        self._held = self._stretches = 0

    def add(self, page: np.ndarray) -> None:
        """Count a page: for each of its tokens which of the words it is, -1 for another one."""
        if not len(page):
            return
        windows = 1 if self._size is None else max(1, len(page) - self._size + 1)
        self._windows += windows
        places = np.flatnonzero(page >= 0)
        if not len(places):
            return
        words = page[places]
        first = np.maximum(places - (self._size or len(page)) + 1, 0)
        last = np.minimum(places, windows - 1)
        # Between two of these windows nothing comes or goes: they are one stretch, counted by its length.
        edges = np.unique(np.concatenate([first, last + 1]))
        low, high = np.searchsorted(edges, first), np.searchsorted(edges, last + 1)
        spans = high - low
        within = np.arange(spans.sum()) - np.repeat(np.cumsum(spans) - spans, spans)
        self._rows.append(np.repeat(words, spans))
        self._columns.append(self._stretches + np.repeat(low, spans) + within)
        self._lengths.append(np.append(np.diff(edges), 0))
        self._stretches += len(edges)
        self._held += len(within)
        if self._held > _FLUSH:
            self._flush()

    def _flush(self) -> None:
        if not self._held:
            return
        k = len(self._together)
        rows, columns = np.concatenate(self._rows), np.concatenate(self._columns)
        holds = sp.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(k, self._stretches))
        holds.data[:] = 1.0  # a word that is twice in a window is in it
        self._together += (holds.multiply(np.concatenate(self._lengths)[None, :]) @ holds.T).toarray()
        self._rows, self._columns, self._lengths = [], [], []
        self._held = self._stretches = 0

    def result(self) -> Cooccurrence:
        """What all pages so far say."""
        self._flush()
        return Cooccurrence(self._windows, self._together.copy())


def count_cooccurrence(pages: Iterable[np.ndarray], k: int, sizes: Sequence[int | None]) -> list[Cooccurrence]:
    """Co-occurrence of k words in windows of several sizes.

    Parameters
    ----------
    pages : for each page an ndarray with which of the words each of its tokens is, -1 for another one; read once
    k : number of words
    sizes : tokens of a window; None for whole pages

    Returns
    -------
    one Cooccurrence a size

    Examples
    --------
    >>> (found,) = count_cooccurrence([np.array([0, -1, 1, 0])], 2, [2])
    >>> found.windows, found.together.tolist()
    (3, [[2.0, 1.0], [1.0, 2.0]])
    """
    counters = [WindowCounter(k, size) for size in sizes]
    for page in pages:
        for counter in counters:
            counter.add(page)
    return [counter.result() for counter in counters]


def npmi_matrix(found: Cooccurrence, words: Sequence[int]) -> Array:
    """NPMI of all pairs of some words, those of a word with itself, too; shape (len(words), len(words))."""
    p = found.together[np.ix_(words, words)] / max(found.windows, 1)
    alone = np.diag(p)
    chance = np.outer(alone, alone)
    logs = -np.log(np.minimum(p + EPSILON, 1.0))
    ratio = np.log((p + EPSILON) / np.where(chance > 0, chance, 1.0)) / np.where(logs > 0, logs, 1.0)
    return np.where(chance > 0, np.where(p >= 1, 1.0, ratio), 0.0)


def window_npmi(found: Cooccurrence, words: Sequence[int]) -> float:
    """C_NPMI of the words of a topic, from -1 to 1; nan for fewer than two words."""
    if len(words) < 2:
        return float("nan")
    return float(npmi_matrix(found, words)[np.triu_indices(len(words), 1)].mean())


def c_v(found: Cooccurrence, words: Sequence[int]) -> float:
    """C_V of the words of a topic, from -1 to 1; nan for fewer than two words."""
    if len(words) < 2:
        return float("nan")
    vectors = npmi_matrix(found, words)
    whole = vectors.sum(axis=0)
    sizes = np.linalg.norm(vectors, axis=1) * np.linalg.norm(whole)
    return float((vectors @ whole / np.where(sizes > 0, sizes, 1.0)).mean())


def umass(found: Cooccurrence, words: Sequence[int]) -> float:
    """UMass of the words of a topic, heaviest first, on counts of whole pages; nan where no pair can be counted."""
    d = found.together[np.ix_(words, words)]
    values = [np.log((d[i, j] + 1) / d[j, j]) for i in range(len(words)) for j in range(i) if d[j, j] > 0]
    return float(np.mean(values)) if values else float("nan")
