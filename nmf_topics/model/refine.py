"""After the factorization: topics that separate pages better, from a mixture of multinomials.

Least squares lets every page be a sum of topics, and a page of few words is then mostly explained by whichever topic
has the commonest of them: topics that swallow several subjects have a low error. A mixture gives each page to one topic
by all of its words together. So the main topics of the pages begin a mixture on their counts (`factor.mixture`); the
columns of W become the means of V's columns, weighted by the posteriors of the pages; and H is solved once more with W
fixed, as after every fit. The result is V ~ W H with an error a little larger than before.
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
FEWEST_PAGES = 10  # for each topic, below which words on the pages of a topic are too much of an accident
REFINEMENTS: dict[str, str] = {
    "auto": "mixture for text of 10 pages a topic or more, unless there are penalties or a guide",
    "mixture": "give each page to one topic by its counts of words",
    "none": "leave the factors as they are",
}


def refinement_of(name: str, data: DataMatrix, rank: int, *, penalties: Mapping[str, float], guided: bool) -> str:
    """The refinement that a fit gets: "mixture" or "none".

    Parameters
    ----------
    name : a key of REFINEMENTS
    data : DataMatrix
    rank : number of topics
    penalties : of the fit, by name
    guided : whether the fit has a guide

    Raises
    ------
    OptionError
        for an unknown name, and for a mixture that is asked for where it cannot be made.
    """
    if name not in REFINEMENTS:
        raise OptionError(f"there is no refinement {name!r}; there are {', '.join(REFINEMENTS)}")
    if name == "none":
        return "none"
    problem = _problem(data, penalties, guided)
    if problem and name == "mixture":
        raise OptionError(
            f"topics cannot be refined by a mixture: {problem}", remedy=Remedy("use {refine}", refine="none")
        )
    few = name == "auto" and len(data.columns) < FEWEST_PAGES * rank
    return "none" if problem or few else "mixture"


def _problem(data: DataMatrix, penalties: Mapping[str, float], guided: bool) -> str:
    """Why a mixture cannot be made; empty where it can."""
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
    V : its V, as it was factored
    result : Factorization of V
    on_pass : called after each iteration of the mixture

    Returns
    -------
    result : with another W; its H is to be solved for, its error and trace are those of the factorization
    record : what was done, as plain values; empty where fewer than two topics have a page
    """
    assert data.counts is not None
    before = main_topics(result)[: V.shape[1]]  # with a guide, its own pages follow those of V
    if len(np.unique(before[before >= 0])) < 2:
        return result, {}
    mixture = fit_mixture(data.counts.blocks, before, result.rank, rows=data.counts.row >= 0, on_pass=on_pass)
    W = topic_means(V, mixture.posteriors)
    W[:, ~W.any(axis=0)] = result.W[:, ~W.any(axis=0)]
    return replace(result, W=W), _record(before, mixture)


def main_topics(result: Factorization) -> np.ndarray:
    """The topic of largest weight of each page where columns of W sum to one, -1 for a page without weights; (n,)."""
    H = result.H * result.W.sum(axis=0)[:, None]
    return np.where(H.any(axis=0), H.argmax(axis=0), -1)


def topic_means(V: PageBlocks, posteriors: Array) -> Array:
    """Sums of V's columns, weighted by the posteriors of each topic; shape (m, r), float64."""
    W = np.zeros((V.shape[0], len(posteriors)))
    with kernels.one_blas_thread():
        for _, part in V.map(kernels.VHt, split=(np.asfortranarray(posteriors, dtype=V.dtype),)):
            W += part
    return W


def _record(before: np.ndarray, mixture: Mixture) -> dict[str, Any]:
    """What was done, for `run.json` and the report."""
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
