"""Measures of topics.

Coherence here is page-level NPMI: how often the top words of a topic stand on the same page, against chance. Values of
other tools, with sliding windows or other smoothing, cannot be compared with it.

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

# Multiplicative updates come near zero, but not to it: below this share of a topic's heaviest weight there is none.
NEGLIGIBLE = 1e-6


def top_rows(w: Array, k: int) -> list[int]:
    """Rows of the k largest weights of a topic, largest first; rows of no weight never are among them."""
    return [int(i) for i in largest(w, k) if w[i] > NEGLIGIBLE * w.max()]


def npmi(V: Any, rows: Sequence[int]) -> float:
    """Mean normalised pointwise mutual information of the pairs of some terms, by page.

    Parameters
    ----------
    V : matrix of shape (m, n) or PageBlocks; an entry above zero says that the term is on the page
    rows : at least two terms

    Returns
    -------
    float from -1 (no pair ever on one page) to 1 (always together). A pair on every page together counts 1, a term on
    no page makes its pairs 0; nan for fewer than two terms.
    """
    blocks = as_blocks(V)
    return _mean_npmi(cooccurrence_counts(blocks, rows) / blocks.shape[1])


def _mean_npmi(share: Array) -> float:
    """The mean over pairs, from the share of pages that has each pair; shares of single terms on the diagonal."""
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
    """`npmi` of the top terms of each topic; one pass over V for all of them.

    Parameters
    ----------
    V : matrix of shape (m, n) or PageBlocks
    W : ndarray of shape (m, r)
    top : terms of a topic that are looked at; those of no weight never are

    Returns
    -------
    ndarray of shape (r,)
    """
    return coherence_of(as_blocks(V), [top_rows(w, top) for w in W.T])


def coherence_of(blocks: PageBlocks, tops: Sequence[Sequence[int]]) -> Array:
    """`npmi` of several lists of rows, in one pass over V.

    Parameters
    ----------
    blocks : PageBlocks of shape (m, n); an entry above zero says that the term is on the page
    tops : rows of each list

    Returns
    -------
    ndarray, one value a list
    """
    rows = sorted({row for found in tops for row in found})
    share = cooccurrence_counts(blocks, rows) / blocks.shape[1]
    place = {row: i for i, row in enumerate(rows)}
    return np.array([_mean_npmi(share[np.ix_(at, at)]) for at in ([place[row] for row in found] for found in tops)])


def diversity(W: Array, *, top: int = 25) -> float:
    """Share of distinct terms among the top terms of all topics; 1 when no two topics share one.

    Parameters
    ----------
    W : ndarray of shape (m, r)
    top : terms of a topic that are looked at; those of no weight never are
    """
    return diversity_of([top_rows(w, top) for w in W.T])


def diversity_of(tops: Sequence[Sequence[Hashable]]) -> float:
    """Share of distinct terms among those of several lists; nan for empty lists."""
    every = [term for terms in tops for term in terms]
    return len(set(every)) / len(every) if every else float("nan")


def sparseness(A: Array) -> float:
    """Hoyer's sparseness, mean over columns: 0 for even columns, 1 for columns with a single entry that is not zero.

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
    """Table of counts of pairs (a, b)."""
    if len(a) != len(b):
        raise ValueError(f"two labellings of {len(a)} and {len(b)} pages cannot be compared")
    rows = {value: i for i, value in enumerate(dict.fromkeys(a))}
    columns = {value: i for i, value in enumerate(dict.fromkeys(b))}
    table = np.zeros((len(rows), len(columns)))
    for x, y in zip(a, b, strict=True):
        table[rows[x], columns[y]] += 1
    return table


def nmi(a: Sequence[Hashable], b: Sequence[Hashable]) -> float:
    """Normalised mutual information of two labellings: I(a; b) over the mean of their entropies, from 0 to 1."""
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
    """Share of pages that belong to the commonest class of their cluster."""
    table = _contingency(clusters, classes)
    return float(table.max(axis=1).sum() / table.sum()) if table.size else float("nan")
