"""Compare NMF, vector quantization and PCA on the same V, as the article does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nmf_topics.factor.baselines import principal_components, relative_error, vector_quantization
from nmf_topics.factor.blocks import Array
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.model.measures import sparseness
from nmf_topics.model.model import TopicModel


@dataclass(frozen=True)
class Factors:
    """One factorization V ~ W H, with measures of the properties that the article describes.

    Attributes
    ----------
    method : "NMF", "VQ" or "PCA"
    W, H : ndarrays of shape (m, r) and (r, n)
    relative_error : ||V - WH||_F / ||V||_F
    sparseness_W, sparseness_H : Hoyer's sparseness, mean over the columns of W and of H
    negative_W, negative_H : share of negative entries
    zeros_W, zeros_H : share of entries whose size is below 1e-6 of the largest
    orthonormal : max |W'W - I| with columns scaled to unit length; 0 if they are orthogonal
    active : mean number of columns of W that a page uses (weights over 1 % of its largest)
    """

    method: str
    W: Array
    H: Array
    relative_error: float
    sparseness_W: float
    sparseness_H: float
    negative_W: float
    negative_H: float
    zeros_W: float
    zeros_H: float
    orthonormal: float
    active: float


FIGURES = (
    "relative_error",
    "sparseness_W",
    "sparseness_H",
    "negative_W",
    "negative_H",
    "zeros_W",
    "zeros_H",
    "orthonormal",
    "active",
)


def describe(method: str, V: Any, W: Array, H: Array) -> Factors:
    """Measure one factorization."""
    norms = np.linalg.norm(W, axis=0)
    unit = W[:, norms > 0] / norms[norms > 0]
    scaled = np.abs(H) * norms[:, None]
    return Factors(
        method,
        W,
        H,
        relative_error(V, W, H),
        sparseness(W),
        sparseness(H),
        float((W < 0).mean()),
        float((H < 0).mean()),
        float((np.abs(W) <= 1e-6 * np.abs(W).max()).mean()),
        float((np.abs(H) <= 1e-6 * np.abs(H).max()).mean()),
        float(np.abs(unit.T @ unit - np.eye(unit.shape[1])).max(initial=0.0)),
        float((scaled > 0.01 * scaled.max(axis=0, initial=0.0)).sum(axis=0).mean()),
    )


def compare_factorizations(data: DataMatrix, model: TopicModel, *, seed: int = 0) -> list[Factors]:
    """Return NMF (a fitted model of `data`), vector quantization and PCA at the rank of the model.

    Raises
    ------
    MatrixError
        if one of the methods cannot be applied to this V.
    """
    V, H = data.V, model.H
    if H.shape[1] != V.shape[1]:  # H is of pages, while the columns of V are pieces
        H = model.project(V)[0]
    return [
        describe("NMF", V, model.W, H),
        describe("VQ", V, *vector_quantization(V, model.rank, seed=seed)),
        describe("PCA", V, *principal_components(V, model.rank)),
    ]
