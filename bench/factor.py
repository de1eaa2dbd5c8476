"""Compare the time of factorizations of nmf-topics and other programs for the same V (interleaved, medians).

    NMF_TOPICS_DATA=folder python bench/factor.py race      [--ranks 10 50 100] [--rounds 3] [--pages 0]
    NMF_TOPICS_DATA=folder python bench/factor.py others    [--ranks 10]
    NMF_TOPICS_DATA=folder python bench/factor.py kl        [--ranks 10 50] [--rounds 3]
    NMF_TOPICS_DATA=folder python bench/factor.py penalties                the effect of l1 penalties
    python bench/factor.py growth                           seconds per iteration as V and the rank grow
    python bench/factor.py large     [--ranks 50] [--pages 1000000]     time per iteration and peak memory, 50,000 terms

`race` fits with each method's own defaults. Then it starts again and measures the time (with initialization) until the
error is within 0.1 % of the smallest error of any method. V is 20newsgroups-train, log tf-idf, in 32 bits; with --pages
it is drawn by `draw` below, with 20,000 terms. scikit-learn does not report the error during a fit: so it is called for
a few iterations at a time, and the time of computing the error is not counted. `others` measures alternatives. nimfa
1.4 is not among them: its dense version does not run with numpy 2, and its sparse version did not finish 500 pages in
three minutes. BLAS has one thread in all programs; nmf-topics uses all processors, scikit-learn's `cd` only one.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.factor import kernels
from nmf_topics.factor.factorize import Iteration, factorize
from nmf_topics.files.cache.settings import user_cache
from nmf_topics.files.system import peak
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import RECIPES

NEAR = 1.001  # the target of the race, as a multiple of the smallest error
LIMIT = 120.0  # seconds after which a method is stopped


class ReachedError(Exception):
    """Raised when the target has been reached."""


def newsgroups() -> Any:
    """Return V of 20newsgroups-train, log tf-idf with columns of length one; CSC of float32."""
    recipe = replace(RECIPES["default"], weighting="log-tfidf", idf_power=1.0)
    path = next(Path(os.environ["NMF_TOPICS_DATA"]).glob("20newsgroups-train*"))
    return prepare(Source(str(path)), recipe, cache=user_cache()).V.astype(np.float32)


def draw(n_terms: int, n_pages: int, *, topics: int = 50, words: int = 150, seed: int = 0) -> Any:
    """Draw pages from a topic model whose topics have word frequencies by Zipf's law, in slightly different orders.

    Page lengths are lognormal with the mean `words`; topic shares are Dirichlet with 0.1. Returns log tf-idf with
    columns of length one, CSC of float32.
    """
    rng = np.random.default_rng(seed)
    common = 1.0 / np.arange(1, n_terms + 1)
    tilt = rng.lognormal(0.0, 2.0, (topics, n_terms))
    ends = np.cumsum(common * tilt, axis=1)
    ends /= ends[:, -1:]
    parts = []
    for first in range(0, n_pages, 20_000):
        n = min(20_000, n_pages - first)
        lengths = np.maximum(rng.lognormal(np.log(words) - 0.18, 0.6, n).astype(int), 5)
        counts = rng.multinomial(lengths, rng.dirichlet(np.full(topics, 0.1), n))
        drawn = [np.searchsorted(ends[k], rng.random(int(counts[:, k].sum()))) for k in range(topics)]
        pages = [np.repeat(np.arange(n), counts[:, k]) for k in range(topics)]
        entries = np.ones(int(counts.sum()), dtype=np.float32)
        part = sp.csc_matrix((entries, (np.concatenate(drawn), np.concatenate(pages))), shape=(n_terms, n))
        part.sum_duplicates()
        parts.append(part)
    V = sp.hstack(parts, format="csc")
    on = np.bincount(V.indices, minlength=n_terms)
    V.data = (1 + np.log(V.data)) * np.log((1 + n_pages) / (1 + on))[V.indices].astype(np.float32)
    lengths = np.sqrt(np.asarray(V.multiply(V).sum(axis=0)).ravel())
    V.data /= np.repeat(lengths, np.diff(V.indptr)).astype(np.float32)
    return V


# ------------------------------------------------------------------------------------------- the methods of the race


def ours(V: Any, rank: int, target: float | None, **options: Any) -> tuple[float, float]:
    """Return the seconds and the error of `factorize`, until it ends or reaches the target."""

    def look(iteration: Iteration) -> None:
        if target is not None and iteration.error <= target:
            raise ReachedError

    began = time.perf_counter()
    try:
        error = factorize(V, rank, on_iteration=look, **options).error
    except ReachedError:
        return time.perf_counter() - began, float(target or 0)
    return (float("nan") if target is not None else time.perf_counter() - began), error


def theirs(V: Any, rank: int, target: float | None, **options: Any) -> tuple[float, float]:
    """Return the same for scikit-learn, with V' in compressed rows."""
    from sklearn.decomposition import NMF, non_negative_factorization
    from sklearn.decomposition._nmf import _initialize_nmf

    X, size = sp.csr_matrix(V.T), float(np.sqrt(np.square(V.data, dtype=np.float64).sum()))
    began = time.perf_counter()
    if target is None:
        model = NMF(rank, init="nndsvda", random_state=0, **options).fit(X)
        return time.perf_counter() - began, float(model.reconstruction_err_) / size
    W, H = _initialize_nmf(X, rank, init="nndsvda", random_state=0)
    spent, at_once = time.perf_counter() - began, 3
    while spent < LIMIT:
        began = time.perf_counter()
        W, H, _ = non_negative_factorization(
            X, W=W, H=H, n_components=rank, init="custom", tol=0, max_iter=at_once, **options
        )
        spent += time.perf_counter() - began
        product = float((X @ H.T * W).sum(dtype=np.float64))
        square = size**2 - 2 * product + float(((W.T @ W).astype(float) * (H @ H.T)).sum())
        if np.sqrt(max(square, 0.0)) / size <= target:
            return spent, target
    return float("nan"), float("nan")


RACERS: dict[str, tuple[Callable[..., tuple[float, float]], dict[str, Any]]] = {
    "ehals": (ours, {"rule": "ehals"}),
    "hals": (ours, {"rule": "hals"}),
    "amu": (ours, {"rule": "amu"}),
    "emu": (ours, {"rule": "emu"}),
    "scikit-learn cd": (theirs, {"solver": "cd"}),
    "scikit-learn mu": (theirs, {"solver": "mu"}),
}


def race(V: Any, ranks: list[int], rounds: int) -> None:
    """Print the table of the race."""
    print(f"V: {V.shape[0]:,} terms x {V.shape[1]:,} pages, {V.nnz:,} entries; {kernels.backend_name()}\n")
    print("| rank | method | fit, s | error | to 0.1 %, s | ratio of cd to it |\n|---|---|---|---|---|---|")
    for rank in ranks:
        fits: dict[str, list[tuple[float, float]]] = {name: [] for name in RACERS}
        for _ in range(rounds):
            for name, (method, options) in RACERS.items():
                fits[name].append(method(V, rank, None, **options))
        best = min(error for results in fits.values() for _, error in results)
        times: dict[str, list[float]] = {name: [] for name in RACERS}
        for _ in range(rounds):
            for name, (method, options) in RACERS.items():
                times[name].append(method(V, rank, NEAR * best, **options)[0])
        of_cd = statistics.median(times["scikit-learn cd"])
        for name in RACERS:
            seconds, reached = statistics.median(s for s, _ in fits[name]), statistics.median(times[name])
            cells = f"{seconds:.2f} | {fits[name][0][1]:.6f} | {reached:.2f} | {of_cd / reached:.1f}"
            print(f"| {rank} | {name} | {cells} |", flush=True)


def race_kl(V: Any, ranks: list[int], rounds: int) -> None:
    """Print milliseconds per iteration for the divergence, and seconds to within 1 % of the smallest value reached."""
    total, near, last = float(V.data.sum(dtype=np.float64)), 1.01, 200
    how: dict[str, Any] = {"objective": "kl", "tolerance": 0}
    print("| rank | method | ms per iteration | processor ms | divergence / sum | to 1 %, s |")
    print("|---|---|---|---|---|---|")
    for rank in ranks:
        best = factorize(V, rank, rule="emu", max_iter=last, **how).error
        each: dict[str, list[float]] = {"emu": [], "mu": [], "scikit-learn mu": []}
        work, reach = ({name: list[float]() for name in each} for _ in range(2))
        told: dict[str, float] = {}
        for _ in range(rounds):
            for rule in ("emu", "mu"):
                began, worked = time.perf_counter(), time.process_time()
                told[rule] = factorize(V, rank, rule=rule, start="random", max_iter=60, **how).error
                each[rule].append((time.perf_counter() - began) / 60)
                work[rule].append((time.process_time() - worked) / 60)
                reach[rule].append(ours(V, rank, near * best, rule=rule, **how)[0])
            found = theirs_kl(V, rank, near * best * total)
            told["scikit-learn mu"] = found[-1]
            for measured, seconds in zip((each, work, reach), found, strict=False):
                measured["scikit-learn mu"].append(seconds)
        for name in each:
            wall, processors = (1e3 * statistics.median(times[name]) for times in (each, work))
            cells = f"{wall:.1f} | {processors:.1f} | {told[name]:.4f} | {statistics.median(reach[name]):.2f}"
            print(f"| {rank} | {name} | {cells} |", flush=True)
        for name in ("emu", "mu"):
            ratios = [statistics.median(t["scikit-learn mu"]) / statistics.median(t[name]) for t in (each, work, reach)]
            print(f"| {rank} | times {name} | {ratios[0]:.1f} | {ratios[1]:.1f} | | {ratios[2]:.1f} |", flush=True)


def theirs_kl(V: Any, rank: int, target: float) -> tuple[float, float, float, float]:
    """Return wall and processor seconds per iteration, seconds to the target, and divergence / sum, of scikit-learn."""
    from sklearn.decomposition import non_negative_factorization
    from sklearn.decomposition._nmf import _beta_divergence, _initialize_nmf

    X = sp.csr_matrix(V.T)
    options: dict[str, Any] = {"solver": "mu", "beta_loss": "kullback-leibler", "tol": 0, "n_components": rank}
    began, worked = time.perf_counter(), time.process_time()
    non_negative_factorization(X, init="random", random_state=0, max_iter=8, **options)
    each, work = (time.perf_counter() - began) / 8, (time.process_time() - worked) / 8
    began = time.perf_counter()
    W, H = _initialize_nmf(X, rank, init="nndsvda", random_state=0)
    spent, divergence = time.perf_counter() - began, np.inf
    while spent < LIMIT and divergence > target:
        began = time.perf_counter()
        W, H, _ = non_negative_factorization(X, W=W, H=H, init="custom", max_iter=3, **options)
        spent += time.perf_counter() - began
        divergence = float(_beta_divergence(X, W, H, "kullback-leibler"))
    return each, work, spent if divergence <= target else float("nan"), divergence / float(V.data.sum(dtype=np.float64))


def penalties(V: Any) -> None:
    """Print the effect of l1 penalties on topics and mixtures, at rank 20."""
    print("| l1_words | l1_pages | error | words per topic | topics per page |\n|---|---|---|---|---|")
    for l1_words, l1_pages in ((0.0, 0.0), (1e-5, 0.001), (3e-5, 0.003), (1e-4, 0.01)):
        result = factorize(V, 20, rule="hals", l1_words=l1_words, l1_pages=l1_pages)
        W, H = result.W, result.H
        words = (1e-6 * W.max(axis=0) < W).sum(axis=0).mean()
        topics = (0.01 * H.max(axis=0) < H).sum(axis=0).mean()
        print(f"| {l1_words:g} | {l1_pages:g} | {result.error:.4f} | {words:,.0f} | {topics:.1f} |", flush=True)


def others(V: Any, ranks: list[int]) -> None:
    """Print the seconds of alternatives; their errors cannot be compared, because their objectives differ."""
    import tomotopy
    from gensim.matutils import Sparse2Corpus
    from gensim.models import Nmf

    print("| rank | method | seconds |\n|---|---|---|")
    for rank in ranks:
        began = time.perf_counter()
        factorize(V, rank, rule="ehals")
        print(f"| {rank} | ehals | {time.perf_counter() - began:.2f} |", flush=True)
        began = time.perf_counter()
        Nmf(Sparse2Corpus(V, documents_columns=True), num_topics=rank, passes=1, random_state=0)
        print(f"| {rank} | gensim Nmf, 1 pass | {time.perf_counter() - began:.2f} |", flush=True)
        model = tomotopy.LDAModel(k=rank, seed=0)
        for j in range(V.shape[1]):  # each word of a page once, because V does not contain counts
            if words := [str(i) for i in V.indices[V.indptr[j] : V.indptr[j + 1]]]:
                model.add_doc(words)
        began = time.perf_counter()
        model.train(200)
        print(f"| {rank} | tomotopy LDA, 200 iterations | {time.perf_counter() - began:.2f} |", flush=True)


def growth() -> None:
    """Print seconds per iteration of hals as the entries of V double, and as the rank doubles."""

    def seconds(V: Any, rank: int) -> float:
        times: list[float] = []
        factorize(V, rank, rule="hals", start="random", max_iter=8, on_iteration=lambda it: times.append(it.seconds))
        return statistics.median(np.diff(times))

    print("| pages | entries | rank | s per iteration | ns per entry and topic |\n|---|---|---|---|---|")
    for pages, rank in [(p, 50) for p in (12_500, 25_000, 50_000, 100_000)] + [(25_000, r) for r in (10, 25, 100, 200)]:
        V = draw(20_000, pages)
        taken = seconds(V, rank)
        print(f"| {pages:,} | {V.nnz:,} | {rank} | {taken:.3f} | {1e9 * taken / V.nnz / rank:.2f} |", flush=True)


def large(pages: int, ranks: list[int]) -> None:
    """Print seconds per iteration for a large V, and the peak memory, of each method in its own process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "V.npz"
        V = draw(50_000, pages)
        sp.save_npz(path, V, compressed=False)
        size = V.data.nbytes + V.indices.nbytes + V.indptr.nbytes
        print(f"V: 50,000 terms x {pages:,} pages, {V.nnz:,} entries, {size / 1e6:,.0f} MB; {kernels.backend_name()}\n")
        del V
        print("| rank | method | s per iteration | peak, MB | peak / V |\n|---|---|---|---|---|")
        for rank in ranks:
            for name in ("hals", "scikit-learn cd"):
                with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                    seconds, most = pool.submit(one_large, str(path), rank, name).result()
                print(f"| {rank} | {name} | {seconds:.2f} | {most / 1e6:,.0f} | {most / size:.2f} |", flush=True)


def one_large(path: str, rank: int, name: str) -> tuple[float, int]:
    """Return seconds per iteration, from the difference of fits with one and four (six), and the peak memory."""
    V = sp.load_npz(path)
    if name == "hals":
        times: list[float] = []
        factorize(V, rank, rule=name, start="random", max_iter=6, on_iteration=lambda it: times.append(it.seconds))
        return statistics.median(np.diff(times)), peak()
    from sklearn.decomposition import NMF

    X, taken = sp.csr_matrix(V.T), []
    del V
    for iterations in (1, 4):
        began = time.perf_counter()
        NMF(rank, init="random", random_state=0, tol=0, max_iter=iterations).fit(X)
        taken.append(time.perf_counter() - began)
    return (taken[1] - taken[0]) / 3, peak()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["race", "others", "kl", "growth", "penalties", "large"])
    parser.add_argument("--ranks", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pages", type=int, default=0, help="draw so many, in place of 20newsgroups-train")
    given = parser.parse_args()
    warnings.simplefilter("ignore")  # scikit-learn warns of every call that did not converge
    with kernels.one_blas_thread():
        if given.what == "growth":
            growth()
            return
        if given.what == "large":
            large(given.pages or 1_000_000, given.ranks)
            return
        V = draw(20_000, given.pages) if given.pages else newsgroups()
        if given.what == "race":
            race(V, given.ranks, given.rounds)
        elif given.what == "kl":
            race_kl(V, given.ranks, given.rounds)
        elif given.what == "penalties":
            penalties(V)
        else:
            others(V, given.ranks)


if __name__ == "__main__":
    main()
