"""Measures of topics: coherence, diversity, sparseness, and agreement with labels.

Coherence is page-level NPMI: how often the top words of a topic occur on the same page, compared with chance. Values of
other tools, which use sliding windows or other smoothing, are not comparable.

References: Bouma, Normalized (pointwise) mutual information in collocation extraction, GSCL 2009;
Hoyer, Non-negative matrix factorization with sparseness constraints, JMLR 5 (2004) 1457-1469;
Strehl & Ghosh, Cluster ensembles, JMLR 3 (2002) 583-617 (NMI); Dieng et al., TACL 8 (2020) 439-453 (diversity).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from nmf_topics.factor.blocks import Array, PageBlocks, as_blocks
from nmf_topics.factor.column_stats import cooccurrence_counts
from nmf_topics.matrix.rows import largest

# Multiplicative updates approach zero without reaching it. Weights below this share of a topic's largest count as zero.
NEGLIGIBLE = 1e-6


def top_rows(w: Array, k: int) -> list[int]:
    """Return the rows of the k largest weights of a topic, largest first, without negligible weights."""
    return [int(i) for i in largest(w, k) if w[i] > NEGLIGIBLE * w.max()]


def npmi(V: Any, rows: Sequence[int]) -> float:
    """Return the mean normalized pointwise mutual information (NPMI) of the pairs of some terms, by page.

    Parameters
    ----------
    V : matrix of shape (m, n) or PageBlocks; a positive entry means that the term is on the page
    rows : at least two terms

    Returns
    -------
    float from -1 (no pair on a common page) to 1 (always together). A pair that is on every page counts 1, pairs with a
    term on no page count 0. NaN for fewer than two terms.
    """
    blocks = as_blocks(V)
    return _mean_npmi(cooccurrence_counts(blocks, rows) / blocks.shape[1])


def _mean_npmi(share: Array) -> float:
    """Return the mean over pairs, given the share of pages with each pair, and with each term on the diagonal."""
    if len(share) < 2:
        return float("nan")
    alone = np.diag(share)
    values = []
    for i in range(len(share)):
        for j in range(i):
            pij, pi, pj = share[i, j], alone[i], alone[j]
            if pi == 0 or pj == 0:
                values.append(0.0)
            elif pij == 0:
                values.append(-1.0)
            elif pij >= 1:
                values.append(1.0)
            else:
                values.append(float(np.log(pij / (pi * pj)) / -np.log(pij)))
    return float(np.mean(values))


def coherence(V: Any, W: Array, *, top: int = 10) -> Array:
    """Return `npmi` of the top terms of each topic, in one pass over V.

    Parameters
    ----------
    V : matrix of shape (m, n) or PageBlocks
    W : ndarray of shape (m, r)
    top : number of terms per topic; terms with negligible weights are left out

    Returns
    -------
    ndarray of shape (r,)
    """
    return coherence_of(as_blocks(V), [top_rows(w, top) for w in W.T])


def coherence_of(blocks: PageBlocks, tops: Sequence[Sequence[int]]) -> Array:
    """Return `npmi` of several lists of rows, in one pass over V.

    Parameters
    ----------
    blocks : PageBlocks of shape (m, n); a positive entry means that the term is on the page
    tops : rows of each list

    Returns
    -------
    ndarray, one value per list
    """
    rows = sorted({row for found in tops for row in found})
    share = cooccurrence_counts(blocks, rows) / blocks.shape[1]
    place = {row: i for i, row in enumerate(rows)}
    return np.array([_mean_npmi(share[np.ix_(at, at)]) for at in ([place[row] for row in found] for found in tops)])


def diversity(W: Array, *, top: int = 25) -> float:
    """Return the share of distinct terms among the top terms of all topics; 1 if no two topics share a term.

    Parameters
    ----------
    W : ndarray of shape (m, r)
    top : number of terms per topic; terms with negligible weights are left out
    """
    return diversity_of([top_rows(w, top) for w in W.T])


def diversity_of(tops: Sequence[Sequence[Hashable]]) -> float:
    """Return the share of distinct terms in several lists; NaN for empty lists."""
    every = [term for terms in tops for term in terms]
    return len(set(every)) / len(every) if every else float("nan")


def sparseness(A: Array) -> float:
    """Return the mean of Hoyer's sparseness over columns: 0 for uniform columns, 1 for columns with one nonzero entry.

    (sqrt(m) - |a|_1 / |a|_2) / (sqrt(m) - 1) for a column a of length m; columns of zeros are left out.
    """
    m = A.shape[0]
    norms = np.sqrt(np.square(A).sum(axis=0))
    alive = norms > 0
    if m < 2 or not alive.any():
        return float("nan")
    ratio = np.abs(A[:, alive]).sum(axis=0) / norms[alive]
    return float(np.mean((np.sqrt(m) - ratio) / (np.sqrt(m) - 1)))


def _contingency(a: Sequence[Hashable], b: Sequence[Hashable]) -> Array:
    """Return the table of counts of pairs (a, b)."""
    if len(a) != len(b):
        raise ValueError(f"two labellings of {len(a)} and {len(b)} pages cannot be compared")
    rows = {value: i for i, value in enumerate(dict.fromkeys(a))}
    columns = {value: i for i, value in enumerate(dict.fromkeys(b))}
    table = np.zeros((len(rows), len(columns)))
    for x, y in zip(a, b, strict=True):
        table[rows[x], columns[y]] += 1
    return table


def nmi(a: Sequence[Hashable], b: Sequence[Hashable]) -> float:
    """Return the normalized mutual information of two labellings: I(a; b) / mean of their entropies, from 0 to 1."""
    table = _contingency(a, b)
    if not table.size:
        return float("nan")
    p = table / table.sum()
    pa, pb = p.sum(axis=1), p.sum(axis=0)
    seen = p > 0
    information = float((p[seen] * np.log(p[seen] / np.outer(pa, pb)[seen])).sum())
    entropy = float(-(pa * np.log(pa)).sum() - (pb * np.log(pb)).sum()) / 2
    return 1.0 if entropy == 0 else min(max(information / entropy, 0.0), 1.0)


def purity(clusters: Sequence[Hashable], classes: Sequence[Hashable]) -> float:
    """Return the share of pages that belong to the most frequent class of their cluster."""
    table = _contingency(clusters, classes)
    return float(table.max(axis=1).sum() / table.sum()) if table.size else float("nan")
