"""Fit a model to V: check the rank, factorize, refine, scale W, solve for H, and sort the topics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.errors import MatrixError, OptionError, Remedy
from nmf_topics.factor.blocks import Array, PageBlocks, as_blocks
from nmf_topics.factor.column_stats import page_sizes, page_sums
from nmf_topics.factor.engines.checkpoints import Checkpointing
from nmf_topics.factor.factorize import Factorization, Iteration, check_options, factorize
from nmf_topics.factor.init import initialize
from nmf_topics.factor.kernels import one_blas_thread
from nmf_topics.factor.mixture import Pass
from nmf_topics.factor.objectives import objective_of, rule_of
from nmf_topics.factor.penalties import PenaltyOptions
from nmf_topics.factor.project import project
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.matrix.page_counts import known_words
from nmf_topics.matrix.weighting import MANY_ENTRIES
from nmf_topics.model.description import TOPIC_WORDS, TopicWords, describe_topics
from nmf_topics.model.guide import rows_of_guide
from nmf_topics.model.model import TopicModel
from nmf_topics.model.refine import Refine, refine_by_mixture, refinement_of
from nmf_topics.pipeline.chunked_pages import parts_of_columns
from nmf_topics.text.analyzer import word_options


def fit_topics(
    data: DataMatrix,
    rank: int,
    *,
    objective: str = "frobenius",
    solver: str | None = None,
    start: str = "nndsvda",
    seed: int = 0,
    tolerance: float = 1e-6,
    max_iter: int = 2000,
    l1_words: float = 0.0,
    l1_pages: float = 0.0,
    l2_words: float = 0.0,
    l2_pages: float = 0.0,
    guide: Mapping[str, Sequence[str]] | None = None,
    refine: Refine = "auto",
    topic_words: TopicWords = "typical",
    on_iteration: Callable[[Iteration], None] | None = None,
    on_pass: Callable[[Pass], None] | None = None,
    checkpoints: Checkpointing | None = None,
) -> TopicModel:
    """Fit topics to a DataMatrix.

    The steps are: factorize V; refine the topics by a mixture of multinomials (`refine`); scale the columns of W to sum
    one; solve for H with W fixed until it converges (so that classifying a page of the fit gives the same column); and
    sort the topics by mass.

    Parameters
    ----------
    data : DataMatrix of shape (m, n)
    rank : number of topics, from 1 to the number of terms, and of pages that have terms
    objective, start, seed, tolerance, max_iter, l1_words, l1_pages, l2_words, l2_pages : as in `factorize`; `solver`
        is its `rule`, and the recipe of the model names the one that was used
    guide : seed words by name of topic (see `model.guide`); the trace then has the errors of V and the pages of the
        guide together
    refine : a key of `model.refine.REFINEMENTS`; the result is recorded in the recipe of the model, as `refinement`
    topic_words : how to choose the words that describe each topic, a key of TOPIC_WORDS (see `model.description`)
    on_iteration : called after each iteration of the factorization
    on_pass : called after each iteration of the mixture
    checkpoints : where a long fit saves its state, so that the same call resumes after an interruption

    Raises
    ------
    MatrixError
        if the rank is too large for the data, the data cannot be factored, or penalties leave no topic.
    GuideError
        if a topic of the guide has no word of the data.
    OptionError
        for an unknown `topic_words` or `refine`, and if a mixture is requested but cannot be made.
    """
    if topic_words not in TOPIC_WORDS:
        raise OptionError(f"topic_words must be one of {', '.join(TOPIC_WORDS)}, not {topic_words!r}")
    check_rank(data, rank)
    V = pages = as_blocks(working_precision(data))
    rule = rule_of(objective, solver)
    iterations: dict[str, Any] = {"rank": rank, "objective": objective, "rule": rule, "start": start, "seed": seed}
    penalties = {"l1_words": l1_words, "l1_pages": l1_pages, "l2_words": l2_words, "l2_pages": l2_pages}
    iterations |= penalties
    refinement = refinement_of(refine, data, rank, penalties=penalties, guided=bool(guide))
    checkpoint = checkpoints.of(V, iterations | ({"guide": guide} if guide else {})) if checkpoints else None
    named: dict[int, str] = {}
    if guide:
        check_options(rank, objective, rule, start, tolerance, max_iter, PenaltyOptions(**penalties))
        V, iterations["start"], named = guided(data, V, guide, iterations)
    result = factorize(
        V,
        **iterations,
        tolerance=tolerance,
        max_iter=max_iter,
        certify=not guide,
        on_iteration=on_iteration,
        on_state=checkpoint.keep if checkpoint else None,
        resume=checkpoint.recall() if checkpoint else None,
    )
    if checkpoint:
        checkpoint.done()
    record: dict[str, Any] = {}
    if refinement == "mixture":
        result, record = refine_by_mixture(data, pages, result, on_pass=on_pass)
    options = {
        "rank": rank,
        "objective": objective,
        "solver": result.rule,
        "start": start,
        "seed": seed,
        "tolerance": tolerance,
        "max_iter": max_iter,
        **penalties,
        **({"guide": {name: list(words) for name, words in guide.items()}} if guide else {}),
        "refine": refine,
        **({"refinement": record} if record else {}),
        "topic_words": topic_words,
    }
    model = model_from(data, result, {**data.recipe, **options}, named=named)
    if not model.H.any():  # cannot happen without penalties
        raise MatrixError(
            "the penalties leave no weight on any page, so there are no topics",
            remedy=Remedy("lower {l1_words} and {l1_pages}"),
        )
    return model


def model_from(
    data: DataMatrix, result: Factorization, recipe: Mapping[str, Any], *, named: Mapping[int, str] | None = None
) -> TopicModel:
    """Make a model from factors: scale W, solve for H, aggregate pieces to pages, and sort the topics.

    `named` has names of topics by their column of W.
    """
    W = result.W.astype(np.float64)
    sums = W.sum(axis=0)
    W = np.where(sums > 0, W / np.where(sums > 0, sums, 1.0), 0.0)
    l1, l2 = result.penalties.H.of_scaled(sums)
    H, errors = project(data.V, W, objective=result.objective, rule=result.rule, l1=l1, l2=l2)
    overall, columns, weights = overall_error(data.V, errors, result.objective), data.columns, H
    known = None if data.counts is None else known_words(data.counts)
    if word_options(recipe).chunk:
        parts, columns = parts_of_columns(data.columns)
        H, errors = parts.aggregate(data.V, H, errors, result.objective)
        known = None if known is None else parts.sums(known)
    order = np.argsort(-H.sum(axis=1), kind="stable")
    W, H = np.ascontiguousarray(W[:, order]), np.ascontiguousarray(H[order])
    description, coherences = describe_topics(data, W, weights[order], recipe.get("topic_words", "typical"))
    return TopicModel(
        W=W,
        H=H,
        errors=errors,
        trace=result.trace,
        stopped=result.stop_reason,
        relative_error=overall,
        coherences=coherences,
        stabilities=np.full(result.rank, np.nan),
        rows=data.rows,
        columns=columns,
        weighting=data.weighting,
        recipe=recipe,
        ledger=data.ledger,
        names={number: named[k] for number, k in enumerate(order.tolist(), start=1) if named and k in named},
        certificate=result.certificate,
        penalties=np.stack([l1[order], l2[order]]),
        description=description,
        known_words=known,
    )


def working_precision(data: DataMatrix) -> Any:
    """Return V in the precision of the factorization: 32 bits for large V, which halves memory and time.

    In 32 bits, errors are accurate to a few 1e-9 only, so a small V stays in 64 bits.
    """
    if not sp.issparse(data.V) or data.V.nnz < MANY_ENTRIES:
        return data.V
    return data.V.astype(np.float32, copy=False)


def check_rank(data: DataMatrix, rank: int) -> None:
    """Raise MatrixError if the rank is too large for the data."""
    m, n = data.V.shape
    known = int((page_sums(as_blocks(data.V)) > 0).sum())
    pages = data.kind.pages
    if not known:
        raise MatrixError(f"none of the {n} {pages} has an entry in V: V contains only zeros")
    if rank > known:
        blank = f" with entries in V (of {n})" if known < n else ""
        raise MatrixError(
            f"rank {rank} is larger than the number of {pages}{blank}, {known}",
            remedy=Remedy("try {rank}", rank=max(1, known // 3)),
        )
    if rank > m:
        raise MatrixError(
            f"rank {rank} is larger than the number of {data.kind.rows}, {m}", remedy=Remedy("try a smaller {rank}")
        )


def guided(
    data: DataMatrix, V: PageBlocks, guide: Mapping[str, Sequence[str]], iterations: Mapping[str, Any]
) -> tuple[PageBlocks, tuple[Array, Array], dict[int, str]]:
    """Return V with the pages of a guide, the initial factors, and the names of columns of W."""
    from nmf_topics.factor.guiding import GuidedBlocks

    rows, _ = rows_of_guide(data, guide)
    with one_blas_thread():
        blocks = GuidedBlocks(V, rows, iterations["objective"])
        W, H = initialize(V, iterations["rank"], iterations["start"], iterations["seed"])
        W, H, topics = blocks.start(W, H)
    return blocks, (W, H), dict(zip(topics, guide, strict=True))


def overall_error(V: Any, errors: Array, objective: str) -> float:
    """Return the relative error of all pages from those of each page; pages without an error (NaN) count as 0."""
    goal = objective_of(objective)
    sizes = page_sizes(as_blocks(V), goal.page_sizes)
    return float(goal.error(np.nansum(goal.losses(sizes, errors)), sizes.sum()))
