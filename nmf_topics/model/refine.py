"""Refine the topics of a factorization by a mixture of multinomials, so that they separate pages better.

In least squares every page is a sum of topics, and a page of few words is mostly explained by the topic that has its
most common words. As a result, a topic that mixes several subjects can have a low error. A mixture instead assigns each
page to one topic by all of its words. It starts from the main topics of the pages and uses their counts
(`factor.mixture`). The columns of W then become the means of V's columns, weighted by the posteriors of the pages, and
H is computed with W fixed, as after every fit. The error of V ~ W H becomes slightly larger.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from nmf_topics.errors import OptionError, Remedy
from nmf_topics.factor import kernels
from nmf_topics.factor.blocks import Array, PageBlocks
from nmf_topics.factor.factorize import Factorization
from nmf_topics.factor.mixture import Mixture, Pass, fit_mixture
from nmf_topics.matrix.datamatrix import DataMatrix

Refine = Literal["auto", "mixture", "none"]
MIN_PAGES_PER_TOPIC = 10  # with fewer pages, the words of a topic's pages depend too much on chance
REFINEMENTS: dict[str, str] = {
    "auto": "mixture for text with at least 10 pages per topic, unless there are penalties or a guide",
    "mixture": "assign each page to one topic by its counts of words",
    "none": "do not change the factors",
}


def refinement_of(name: str, data: DataMatrix, rank: int, *, penalties: Mapping[str, float], guided: bool) -> str:
    """Return the refinement of a fit: "mixture" or "none".

    Parameters
    ----------
    name : a key of REFINEMENTS
    data : DataMatrix
    rank : number of topics
    penalties : penalties of the fit, by name
    guided : whether the fit has a guide

    Raises
    ------
    OptionError
        for an unknown name, and if a mixture is requested but cannot be made.
    """
    if name not in REFINEMENTS:
        raise OptionError(f"unknown refinement {name!r}; the refinements are {', '.join(REFINEMENTS)}")
    if name == "none":
        return "none"
    problem = _problem(data, penalties, guided)
    if problem and name == "mixture":
        raise OptionError(
            f"topics cannot be refined by a mixture: {problem}", remedy=Remedy("use {refine}", refine="none")
        )
    few = name == "auto" and len(data.columns) < MIN_PAGES_PER_TOPIC * rank
    return "none" if problem or few else "mixture"


def _problem(data: DataMatrix, penalties: Mapping[str, float], guided: bool) -> str:
    """Return why a mixture cannot be made, or ""."""
    if data.counts is None:
        others = "" if data.kind.reads_texts else f", and the rows of V are {data.kind.rows}"
        return f"it needs counts of words{others}"
    if any(penalties.values()):
        return "it would undo the penalties on W and H"
    return "it would undo the guide" if guided else ""


def refine_by_mixture(
    data: DataMatrix, V: PageBlocks, result: Factorization, *, on_pass: Callable[[Pass], None] | None = None
) -> tuple[Factorization, dict[str, Any]]:
    """Refine the topics of a factorization by a mixture.

    Parameters
    ----------
    data : DataMatrix with counts
    V : its V in the precision of the factorization
    result : Factorization of V
    on_pass : called after each iteration of the mixture

    Returns
    -------
    result : factors with a new W; H must be computed, and error and trace are those of the factorization
    record : a record of the refinement as JSON; {} if fewer than two topics have a page
    """
    assert data.counts is not None
    before = main_topics(result)[: V.shape[1]]  # with a guide, the pages of the guide come after those of V
    if len(np.unique(before[before >= 0])) < 2:
        return result, {}
    mixture = fit_mixture(data.counts.blocks, before, result.rank, rows=data.counts.row >= 0, on_pass=on_pass)
    W = topic_means(V, mixture.posteriors)
    W[:, ~W.any(axis=0)] = result.W[:, ~W.any(axis=0)]
    return replace(result, W=W), _record(before, mixture)


def main_topics(result: Factorization) -> np.ndarray:
    """Return the topic with the largest weight of each page after scaling W, or -1 without weights; shape (n,)."""
    H = result.H * result.W.sum(axis=0)[:, None]
    return np.where(H.any(axis=0), H.argmax(axis=0), -1)


def topic_means(V: PageBlocks, posteriors: Array) -> Array:
    """Return sums of V's columns, weighted by the posteriors of each topic; shape (m, r), float64."""
    W = np.zeros((V.shape[0], len(posteriors)))
    with kernels.one_blas_thread():
        for _, part in V.map(kernels.VHt, split=(np.asfortranarray(posteriors, dtype=V.dtype),)):
            W += part
    return W


def _record(before: np.ndarray, mixture: Mixture) -> dict[str, Any]:
    """Return the record of the refinement for run.json and the report."""
    known = before >= 0
    after = mixture.posteriors.argmax(axis=0)
    return {
        "method": "mixture of multinomials",
        "iterations": sum(stage.passes for stage in mixture.stages),
        "pages": int(known.sum()),
        "pages_moved": int((after != before)[known].sum()),
        "stages": [
            {
                "words": stage.words if np.isfinite(stage.words) else None,
                "iterations": stage.passes,
                "uncertainty": round(stage.uncertainty, 6),
            }
            for stage in mixture.stages
        ],
    }
