"""A map of topics: how unlike their words are, and places in the plane that tell it as well as the plane can.

The distance of two topics is the Jensen-Shannon distance of their columns of W, which sum to one,

    d(p, q)^2 = H((p + q) / 2) - (H(p) + H(q)) / 2,    H entropy in bits,

0 for the same words with the same weights, 1 for topics that share no word. It is a metric, and a Euclidean one, so
that classical scaling (principal coordinates) has no negative eigenvalues but for rounding. A page lies at the mean of
the places of its topics, weighted by its shares.

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
    """Topics in the plane.

    Attributes
    ----------
    positions : ndarray of shape (r, 2), the mean of all at the origin; nan for a dead topic
    shown : share of the squared distances that the plane shows, from 0 to 1; nan for fewer than two topics
    distances : ndarray of shape (r, r), before they were brought into the plane; nan for a dead topic
    """

    positions: Array
    shown: float
    distances: Array


def topic_distances(W: Array) -> Array:
    """Jensen-Shannon distances of the columns of W.

    Parameters
    ----------
    W : ndarray of shape (m, r), non-negative; columns of any sum

    Returns
    -------
    ndarray of shape (r, r), from 0 to 1, symmetric, zeros on the diagonal; nan where a column is all zeros.

    Examples
    --------
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
    """Entropy of each column, in bits; nan where the column is nan."""
    return -(P * np.log2(np.where(P > 0, P, 1.0))).sum(axis=0)


def classical_scaling(distances: Array, k: int = 2) -> tuple[Array, float]:
    """Places whose distances are as near to the given ones as k dimensions allow.

    Parameters
    ----------
    distances : ndarray of shape (r, r), symmetric, finite
    k : dimensions

    Returns
    -------
    positions : ndarray of shape (r, k), columns by falling spread, zeros where there are fewer dimensions than k. The
        entry of a column that is largest in size is positive: a map has no left and right of its own.
    shown : share of the squared distances that they show; nan where all distances are zero

    Examples
    --------
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
        v = np.round(vectors[:, column], 12)  # of two ends that are equal but for rounding the first one is positive
        sign = 1.0 if v[np.argmax(np.abs(v))] >= 0 else -1.0
        positions[:, column] = sign * vectors[:, column] * np.sqrt(values[column])
    total = values.sum()
    return positions, float(values[:k].sum() / total) if total > 0 else float("nan")


def topic_map(model: TopicModel) -> TopicMap:
    """The topics of a model in the plane.

    Parameters
    ----------
    model : TopicModel of words or of pixels

    Returns
    -------
    TopicMap; its axes mean nothing by themselves, and must be drawn to one scale
    """
    distances = topic_distances(model.W)
    alive = np.flatnonzero(model.W.any(axis=0))
    positions = np.full((model.rank, 2), np.nan)
    positions[alive], shown = classical_scaling(distances[np.ix_(alive, alive)])
    return TopicMap(positions, shown, distances)


def page_map(topics: TopicMap, H: Array) -> Array:
    """Pages on the map of their topics.

    Parameters
    ----------
    topics : TopicMap of r topics
    H : ndarray of shape (r, n), weights of the pages

    Returns
    -------
    ndarray of shape (n, 2), the mean of the topics' places weighted by the shares of each page; nan for a page without
    a topic
    """
    H = np.where(np.isnan(topics.positions[:, :1]), 0.0, H)  # a dead topic has no place
    sums = H.sum(axis=0)
    shares = H / np.where(sums > 0, sums, np.nan)
    return np.asarray(shares.T @ np.nan_to_num(topics.positions))
