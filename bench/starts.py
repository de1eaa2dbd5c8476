"""Compare initializations and solvers: error, agreement with labels, coherence and seconds.

    NMF_TOPICS_DATA=folder python bench/starts.py [--only bbc] [--rules amu ehals] [--seeds 6]

A single local optimum says little. So a random initialization is run with `--seeds` seeds, and the table shows mean and
standard deviation; smaller differences mean nothing. Exact singular vectors are not random, so their row is a single
result with the same kind of chance. V is that of the default recipe at the ranks of bench/recipe.py. Seconds are
processor time of the initialization and of the whole factorization.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from recipe import CORPORA, measure

from nmf_topics.factor import init, kernels
from nmf_topics.factor.blocks import as_blocks, sum_of_squares
from nmf_topics.factor.factorize import factorize
from nmf_topics.factor.state import State
from nmf_topics.files.cache.settings import user_cache
from nmf_topics.model.fit import model_from, working_precision
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import RECIPES

Pair = tuple[Any, Any]


def ways(seeds: int) -> Iterator[tuple[str, list[Callable[[Any, int], Pair]]]]:
    """Yield (name, one function per seed) of every initialization."""

    def sketched(passes: int, seed: int, fill: str) -> Callable[[Any, int], Pair]:
        def start(V: Any, rank: int) -> Pair:
            svd = init.sketched_svd
            init.sketched_svd = lambda V, rank: svd(V, rank, passes=passes, seed=seed)
            try:
                return init.initialize(V, rank, fill, 0)
            finally:
                init.sketched_svd = svd

        return start

    def exact(V: Any, rank: int) -> Pair:
        sketch, init.sketched_svd = init.sketched_svd, init.truncated_svd
        try:
            return init.initialize(V, rank, "nndsvda", 0)
        finally:
            init.sketched_svd = sketch

    def by_name(name: str, seed: int) -> Callable[[Any, int], Pair]:
        return lambda V, rank: init.initialize(V, rank, name, seed)

    yield "nndsvda, exact", [exact]
    for passes in (2, 3, 4, 5, 7):
        yield f"nndsvda, sketch, {passes} passes", [sketched(passes, seed, "nndsvda") for seed in range(seeds)]
    yield "nndsvdar, sketch, 3 passes", [sketched(3, seed, "nndsvdar") for seed in range(seeds)]
    yield "random", [by_name("random", seed) for seed in range(seeds)]


def told(values: list[float], digits: int) -> str:
    """Format mean and standard deviation."""
    spread = f" ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.{digits}f}{spread}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="run only corpora whose name contains this")
    parser.add_argument("--rules", nargs="+", default=["amu", "ehals"])
    parser.add_argument("--seeds", type=int, default=6)
    given = parser.parse_args()
    folder = os.environ.get("NMF_TOPICS_DATA") or sys.exit("set NMF_TOPICS_DATA to the folder of the labelled corpora")
    for corpus, rank in CORPORA.items():
        if given.only not in corpus:
            continue
        data = prepare(Source(f"{folder}/{corpus}.jsonl.gz"), RECIPES["default"], cache=user_cache())
        V = as_blocks(working_precision(data))
        scale = float(np.sqrt(sum_of_squares(V)))
        print(f"\n{corpus}, rank {rank}: {V.shape[0]:,} x {V.shape[1]:,}, {V.dtype}\n")
        print(
            "| start | rule | error | NMI | NPMI | iterations | start, s | all, s |\n|---|---|---|---|---|---|---|---|"
        )
        for rule in given.rules:
            for name, draws in ways(given.seeds):
                rows = []
                for draw in draws:
                    began = time.process_time()
                    with kernels.one_blas_thread():
                        W, H = draw(V, rank)
                    started = time.process_time() - began
                    state = State(np.ascontiguousarray(W), np.asfortranarray(H), scale)
                    result = factorize(V, rank, rule=rule, resume=state)
                    seconds = time.process_time() - began
                    score, _, coherent, _, _ = measure(model_from(data, result, {**data.recipe, "rank": rank}))
                    rows.append((result.error, score, coherent, float(len(result.trace)), started, seconds))
                columns = [list(column) for column in zip(*rows, strict=True)]
                cells = [told(v, d) for v, d in zip(columns, (6, 3, 3, 0, 2, 2), strict=True)]
                print("| " + " | ".join([name, rule, *cells]) + " |", flush=True)


if __name__ == "__main__":
    main()
