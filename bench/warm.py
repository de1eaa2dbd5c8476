"""Compare fits that start from a fit of a neighbouring rank with fits from the usual initialization.

    NMF_TOPICS_DATA=folder python bench/warm.py [--from 4] [--to 24] [--step 2]

`fresh` is the initialization of the recipe. `residual` adds topics to the factors of the rank below, made by NNDSVD of
V - WH; `page` adds the page with the largest error as a topic; `merge` starts from the rank above and merges the two
topics with the most similar words. Seconds are processor time of initialization and fit; errors are relative to those
of `fresh`.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Any

import numpy as np
from recipe import CORPORA

from nmf_topics.factor import init, kernels
from nmf_topics.factor.blocks import Array, InMemory, as_blocks
from nmf_topics.factor.factorize import Factorization, factorize
from nmf_topics.files.cache.settings import user_cache
from nmf_topics.model.fit import working_precision
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import RECIPES


def filled(X: Array) -> Array:
    """Replace zeros, which a multiplicative solver cannot change."""
    return np.maximum(X, 1e-3 * X.mean())


def residual(V: InMemory, before: Factorization, rank: int) -> tuple[Array, Array]:
    """Add topics from the largest singular pairs of V - WH."""
    W, H = before.W, before.H
    more = rank - W.shape[1]
    Y = np.random.default_rng(0).standard_normal((V.shape[0], more + 5)).astype(V.dtype)
    for _ in range(4):
        Y = init._orthonormal(Y, 0.0)
        B = kernels.WtV(V.V, np.ascontiguousarray(Y)) - (Y.T @ W) @ H
        Y = kernels.VHt(V.V, np.asfortranarray(B)) - W @ (H @ B.T)
    Y = init._orthonormal(Y, 0.0)
    B = kernels.WtV(V.V, np.ascontiguousarray(Y)) - (Y.T @ W) @ H
    squares, Q = np.linalg.eigh(kernels.gram(np.asfortranarray(B)))
    s, Q = np.sqrt(np.maximum(squares[::-1], 1e-30)), Q[:, ::-1]
    U, Vt = Y @ Q.astype(Y.dtype), (Q / s).T.astype(Y.dtype) @ B
    new_W, new_H = [], []
    for k in range(more):
        parts = [(np.maximum(sign * U[:, k], 0), np.maximum(sign * Vt[k], 0)) for sign in (1, -1)]
        u, v = max(parts, key=lambda part: float(np.linalg.norm(part[0]) * np.linalg.norm(part[1])))
        size = np.sqrt(s[k] * np.linalg.norm(u) * np.linalg.norm(v))
        new_W.append(size * u / np.linalg.norm(u))
        new_H.append(size * v / np.linalg.norm(v))
    return filled(np.column_stack([W, *new_W])), filled(np.vstack([H, *new_H]))


def worst_page(V: InMemory, before: Factorization, rank: int) -> tuple[Array, Array]:
    """Add the pages with the largest errors as topics."""
    W, H = before.W, before.H
    for _ in range(rank - W.shape[1]):
        product = kernels.WtV(V.V, np.ascontiguousarray(W))
        left = -2 * (product * H).sum(axis=0) + ((W.T @ W @ H) * H).sum(axis=0)  # of ||v - Wh||^2, but for ||v||^2
        page = np.asarray(V.V[:, [int(np.argmax(left))]].todense())[:, 0]
        on = kernels.WtV(V.V, page[:, None])[0]
        scale = np.linalg.norm(W, axis=0).mean()
        W = np.column_stack([W, page * scale])
        H = np.vstack([H, on / scale * 0.1])
    return filled(W), filled(H)


def merged(V: InMemory, above: Factorization, rank: int) -> tuple[Array, Array]:
    """Merge the two most similar topics, repeatedly."""
    W, H = above.W.copy(), above.H.copy()
    while W.shape[1] > rank:
        unit = W / np.maximum(np.linalg.norm(W, axis=0), 1e-30)
        alike = np.triu(unit.T @ unit, 1)
        i, j = np.unravel_index(int(alike.argmax()), alike.shape)
        sizes = np.linalg.norm(H[i]), np.linalg.norm(H[j])
        W[:, i] = (sizes[0] * W[:, i] + sizes[1] * W[:, j]) / max(sum(sizes), 1e-30)
        H[i] = H[i] + H[j]
        W, H = np.delete(W, j, axis=1), np.delete(H, j, axis=0)
    return filled(W), filled(H)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", type=int, default=4)
    parser.add_argument("--to", type=int, default=24)
    parser.add_argument("--step", type=int, default=2)
    given = vars(parser.parse_args())
    folder = os.environ.get("NMF_TOPICS_DATA") or sys.exit("set NMF_TOPICS_DATA to the folder of the labelled corpora")
    ranks = list(range(given["from"], given["to"] + 1, given["step"]))
    print("| corpus | start | s | iterations | error over fresh: mean | worst | better at |\n" + "|---" * 7 + "|")
    for corpus in CORPORA:
        data = prepare(Source(f"{folder}/{corpus}.jsonl.gz"), RECIPES["default"], cache=user_cache())
        V: Any = as_blocks(working_precision(data))
        errors: dict[str, dict[int, float]] = {}
        for name in ("fresh", "residual", "page", "merge"):
            last: Factorization | None = None
            began, iterations = time.process_time(), 0
            for rank in ranks[::-1] if name == "merge" else ranks:
                start: Any = "nndsvda"
                if name != "fresh" and last is not None:
                    start = {"residual": residual, "page": worst_page, "merge": merged}[name](V, last, rank)
                last = factorize(V, rank, start=start)
                errors.setdefault(name, {})[rank] = last.error
                iterations += len(last.trace)
            seconds = time.process_time() - began
            gaps = np.array([errors[name][rank] / errors["fresh"][rank] - 1 for rank in ranks])
            better = f"{(gaps < 0).sum()} of {len(ranks)}"
            cells = f"{seconds:.2f} | {iterations} | {gaps.mean():+.3%} | {gaps.max():+.3%} | {better}"
            print(f"| {corpus} | {name} | {cells} |", flush=True)


if __name__ == "__main__":
    with kernels.one_blas_thread():
        main()
