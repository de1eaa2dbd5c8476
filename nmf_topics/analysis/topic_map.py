"""A map of topics: positions in the plane whose distances approximate the distances of the topics.

The distance of two topics is the Jensen-Shannon distance of their columns of W, which sum to one,

    d(p, q)^2 = H((p + q) / 2) - (H(p) + H(q)) / 2,    H entropy in bits,

which is 0 for equal weights of all words and 1 for topics that share no word. It is a metric and can be embedded in a
Euclidean space, so classical scaling (principal coordinates) has no negative eigenvalues apart from rounding. The
position of a page is the mean of the positions of the topics, weighted by its shares.

References: Endres & Schindelin, A new metric for probability distributions, IEEE Trans. Inf. Theory 49 (2003) 1858-60;
Fuglede & Topsøe, Jensen-Shannon divergence and Hilbert space embedding, ISIT 2004;
Torgerson, Multidimensional scaling: I. Theory and method, Psychometrika 17 (1952) 401-419.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nmf_topics.factor.blocks import Array
from nmf_topics.factor.kernels import one_blas_thread
from nmf_topics.model.measures import NEGLIGIBLE
from nmf_topics.model.model import TopicModel


@dataclass(frozen=True)
class TopicMap:
    """Positions of topics in the plane.

    Attributes
    ----------
    positions : ndarray of shape (r, 2), centred at the origin; NaN for an empty topic
    shown : share of the squared distances that the plane preserves, from 0 to 1; NaN for fewer than two topics
    distances : ndarray of shape (r, r), the exact distances; NaN for an empty topic
    """

    positions: Array
    shown: float
    distances: Array


def topic_distances(W: Array) -> Array:
    """Return the Jensen-Shannon distances of the columns of W.

    Parameters
    ----------
    W : ndarray of shape (m, r), non-negative; the sums of columns do not matter

    Returns
    -------
    ndarray of shape (r, r), from 0 to 1, symmetric, with zeros on the diagonal; NaN for a column of zeros

    Examples
    --------
    >>> import numpy as np
    >>> topic_distances(np.array([[0.5, 1.0, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 3.0]]))
    array([[0., 0., 1.],
           [0., 0., 1.],
           [1., 1., 0.]])
    """
    least = NEGLIGIBLE * W.max(axis=0, initial=0.0)
    W = np.where(np.greater(W, least), W, 0.0)
    sums = W.sum(axis=0)
    P = W / np.where(sums > 0, sums, np.nan)
    r = P.shape[1]
    own = _entropy(P)
    squares = np.zeros((r, r))
    for k in range(r):
        squares[k, k + 1 :] = _entropy((P[:, [k]] + P[:, k + 1 :]) / 2) - (own[k] + own[k + 1 :]) / 2
        squares[k, k] = 0.0 * own[k]
    squares += np.triu(squares, 1).T
    return np.sqrt(np.clip(squares, 0.0, 1.0))


def _entropy(P: Array) -> Array:
    """Return the entropy of each column in bits; NaN for a column of NaN."""
    return -(P * np.log2(np.where(P > 0, P, 1.0))).sum(axis=0)


def classical_scaling(distances: Array, k: int = 2) -> tuple[Array, float]:
    """Return positions in k dimensions whose distances approximate the given ones (classical scaling).

    Parameters
    ----------
    distances : ndarray of shape (r, r), symmetric, finite
    k : number of dimensions

    Returns
    -------
    positions : ndarray of shape (r, k), columns in descending order of variance; zeros beyond the rank. The entry with
        the largest absolute value of a column is positive, which fixes the sign.
    shown : share of the squared distances that the positions preserve; NaN if all distances are zero

    Examples
    --------
    >>> import numpy as np
    >>> classical_scaling(np.array([[0.0, 3.0], [3.0, 0.0]]), 1)
    (array([[ 1.5],
           [-1.5]]), 1.0)
    """
    r = len(distances)
    centre = np.eye(r) - 1.0 / max(r, 1)
    with one_blas_thread():
        values, vectors = np.linalg.eigh(-0.5 * centre @ np.square(distances) @ centre)
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    values[values < 1e-12 * values.max(initial=0.0)] = 0.0
    positions = np.zeros((r, k))
    for column in range(min(r, k)):
        v = np.round(vectors[:, column], 12)  # rounding: of two equal ends, the first one is positive
        sign = 1.0 if v[np.argmax(np.abs(v))] >= 0 else -1.0
        positions[:, column] = sign * vectors[:, column] * np.sqrt(values[column])
    total = values.sum()
    return positions, float(values[:k].sum() / total) if total > 0 else float("nan")


def topic_map(model: TopicModel) -> TopicMap:
    """Return the map of the topics of a model.

    Parameters
    ----------
    model : TopicModel of words or of pixels

    Returns
    -------
    TopicMap; its axes have no meaning of their own and must be drawn to the same scale
    """
    distances = topic_distances(model.W)
    alive = np.flatnonzero(model.W.any(axis=0))
    positions = np.full((model.rank, 2), np.nan)
    positions[alive], shown = classical_scaling(distances[np.ix_(alive, alive)])
    return TopicMap(positions, shown, distances)


def page_map(topics: TopicMap, H: Array) -> Array:
    """Return the positions of pages on the map of topics.

    Parameters
    ----------
    topics : TopicMap of r topics
    H : ndarray of shape (r, n), weights of the topics on each page

    Returns
    -------
    ndarray of shape (n, 2), the means of the positions of topics, weighted by the shares of each page; NaN for a page
    without a topic
    """
    H = np.where(np.isnan(topics.positions[:, :1]), 0.0, H)  # an empty topic has no position
    sums = H.sum(axis=0)
    shares = H / np.where(sums > 0, sums, np.nan)
    return np.asarray(shares.T @ np.nan_to_num(topics.positions))
