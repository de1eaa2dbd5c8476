"""Measure the time and memory of reading text, and the effect of cleaning it.

    NMF_TOPICS_DATA=folder python bench/text.py speed        megabytes per CPU second, and the gain of two processes
    python bench/text.py memory [--pages 600000]             peak memory of counting artificial abstracts
    NMF_TOPICS_DATA=folder python bench/text.py clean        20newsgroups with email headers: NMI after each step
    NMF_TOPICS_DATA=folder python bench/text.py stops        the effect of --corpus-stops, on long and short pages

Timings are CPU time, except for the gain of two processes; the machine should be idle.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from recipe import CORPORA, measure

from nmf_topics.corpus.open import open_corpus
from nmf_topics.corpus.page import Page
from nmf_topics.model.fit import fit_topics
from nmf_topics.pipeline.recipes import RECIPES
from nmf_topics.terms.count import count_terms
from nmf_topics.terms.matrix import build_term_matrix
from nmf_topics.terms.term_counts import TermCounts
from nmf_topics.text import cleaning
from nmf_topics.text.analyzer import WordOptions

ROUNDS = 3
COPIES = 6  # copies of the corpus, so that the start of processes matters little


def corpus(name: str) -> list[Any]:
    """Return the pages of a labelled corpus."""
    folder = os.environ.get("NMF_TOPICS_DATA")
    if not folder:
        sys.exit("set NMF_TOPICS_DATA to the folder with 20newsgroups-train.jsonl.gz and the others")
    return list(open_corpus(f"{folder}/{name}.jsonl.gz"))


def cpu() -> np.ndarray:
    """Return the CPU seconds of this process and of its finished children."""
    times = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return np.array([t.ru_utime + t.ru_stime for t in times])


def speed() -> None:
    """Compare one process with two (interleaved), also by CPU time for the case that the machine is busy."""
    options = WordOptions(normalize="both")
    for name in ("20newsgroups-train", "wikipedia-popular"):
        pages = [replace(page, id=f"{page.id}-{copy}") for copy in range(COPIES) for page in corpus(name)]
        size = sum(len(page.text.encode("utf-8", "surrogatepass")) for page in pages) / 1e6
        found: dict[int, TermCounts] = {}
        walls: dict[int, list[float]] = {1: [], 2: []}
        shares: dict[int, list[np.ndarray]] = {1: [], 2: []}
        for processes in (1, 2) * ROUNDS:
            began, used = time.perf_counter(), cpu()
            found[processes] = count_terms(pages, options, processes=processes)
            walls[processes].append(time.perf_counter() - began)
            shares[processes].append(cpu() - used)
        one, two = (np.median(shares[processes], axis=0) for processes in (1, 2))
        print(f"{name}: {size:.0f} MB; MB per CPU-second: {size / one.sum():.1f} alone, {size / two.sum():.1f} by two")
        same = (found[1].counts != found[2].counts).nnz == 0 and found[1].vocabulary == found[2].vocabulary
        print(
            f"{name}: two processes are {np.median(walls[1]) / np.median(walls[2]):.2f} times as fast (CPU seconds: "
            f"{one.sum():.1f} alone; {two[0]:.1f} and {two[1]:.1f}, halves of which would be "
            f"{2 * one.sum() / two.sum():.2f} times as fast), counts identical: {same}",
            flush=True,
        )


def abstracts(n_pages: int) -> Iterator[Page]:
    """Yield abstracts of artificial words, half of which occur once or twice; about 1.2 kB each."""
    rng = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnoprstuvwy"))
    words = ["".join(rng.choice(letters, size)) for size in np.minimum(2 + rng.poisson(4, 400_000), 14)]
    for first in range(0, n_pages, 1000):
        ranks = np.minimum(rng.pareto(0.9, (1000, 175)) * 40, len(words) - 1).astype(int)
        for i, row in enumerate(ranks.tolist()[: n_pages - first]):
            yield Page(f"{first + i:07}", "An abstract", " ".join([words[rank] for rank in row]) + ".")


def memory(n_pages: int) -> None:
    """Print the peak memory of the reading process and of the largest counting process."""
    size = 0

    def on_page(page: Any) -> None:
        nonlocal size
        size += len(page.text)

    began = time.perf_counter()
    counts = count_terms(abstracts(n_pages), WordOptions(normalize="both"), processes=2, on_page=on_page)
    seconds = time.perf_counter() - began
    own, child = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    m, n = counts.counts.shape
    print(f"{n} abstracts, {size / 1e6:.0f} MB, {m} terms, {counts.counts.nnz} entries, {seconds:.0f} s")
    print(f"peak memory: reading {own:.0f} MB, largest counting process {child:.0f} MB")


def with_heads(pages: Iterable[Any]) -> Iterator[Any]:
    """Yield messages with email headers of invented senders and sites."""
    for number, page in enumerate(pages):
        site = f"site{number % 300}.university.edu"
        head = {
            "From": f"user{number % 4000}@{site} (John Doe{number % 4000})",
            "Subject": page.title,
            "Organization": f"Department of Computing, University of Site{number % 300}, USA",
            "Lines": len(page.text.splitlines()),
            "NNTP-Posting-Host": f"host.{site}",
            "Distribution": "world",
            "Reply-To": f"user{number % 4000}@{site}",
        }
        yield replace(page, text="\n".join(f"{name}: {value}" for name, value in head.items()) + "\n\n" + page.text)


def clean() -> None:
    """Print NMI, purity and coherence of the default recipe at rank 20, after each step of cleaning."""
    recipe = replace(RECIPES["default"], refine="none")
    bare = corpus("20newsgroups-train")
    pages = list(with_heads(bare))
    every_cut = cleaning.cuts
    find_lines: Any = cleaning.line_keys
    steps = ("header", "address", "markup", "signature", "boilerplate")
    print("step, NMI, purity, NPMI, tokens removed")
    for name, texts, reasons in [
        ("as it is, no heads", bare, ()),
        ("with heads", pages, ()),
        *((f"+ {step}", pages, steps[: i + 1]) for i, step in enumerate(steps)),
        ("no heads, all steps", bare, steps),
    ]:
        cleaning.cuts = lambda text, reasons=reasons: (cut for cut in every_cut(text) if cut[2] in reasons)
        cleaning.line_keys = find_lines if "boilerplate" in reasons else lambda text: iter(())
        counts = count_terms(texts, replace(recipe.words, boilerplate=True))
        data = build_term_matrix(
            counts,
            bounds=recipe.bounds,
            weighting=recipe.weighting,
            unit=recipe.unit,
            idf_power=recipe.idf_power,
            recipe={"corpus": {"name": "20newsgroups"}},
        )
        model = fit_topics(data, 20, **recipe.factors())
        score, pure, coherent, _, _ = measure(model)
        out = {reason: count for reason, count in counts.ledger["dropped"].items() if reason in steps}
        print(f"{name}: {score:.3f} / {pure:.3f} / {coherent:.3f} {out}", flush=True)


def shortened(pages: Iterable[Any], words: int) -> list[Any]:
    """Return pages cut to their first words."""
    return [replace(page, text=" ".join(page.text.split()[:words])) for page in pages]


def stops() -> None:
    """Print NMI, purity and coherence with and without corpus stop words, as means over irrelevant limits."""
    recipe = replace(RECIPES["default"], refine="none")
    others = [(12_000, None), (10_000, None), (12_000, 0.25), (None, None)]  # the first one is the default
    print("pages, corpus stops: how many; NMI / purity / NPMI of the default, mean over four bounds")
    for name, rank in CORPORA.items():
        whole = corpus(name)
        for what, pages in [("whole pages", whole), *((f"{n} words", shortened(whole, n)) for n in (100, 30))]:
            counts = count_terms(pages, recipe.words)
            for on in (False, True):
                found, left_out = [], 0
                for most, high in others:
                    bounds = replace(recipe.bounds, max_terms=most, max_pages=high, corpus_stops=on)
                    origin = {"corpus": {"name": name}}
                    data = build_term_matrix(counts, recipe=origin, **(recipe.matrix() | {"bounds": bounds}))
                    found.append(measure(fit_topics(data, rank, **recipe.factors()))[:3])
                    left_out = left_out or data.ledger["dropped"]["corpus stop"]
                figures = [" / ".join(f"{x:.3f}" for x in row) for row in (found[0], np.mean(found, axis=0))]
                share = left_out / counts.ledger["tokens"]
                print(
                    f"{name}, {what}, {'with' if on else 'without'} ({share:.1%}): {', mean '.join(figures)}",
                    flush=True,
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("speed", "memory", "clean", "stops"))
    parser.add_argument("--pages", type=int, default=600_000)
    options = parser.parse_args()
    if options.what == "memory":
        memory(options.pages)
    else:
        {"speed": speed, "clean": clean, "stops": stops}[options.what]()


if __name__ == "__main__":
    main()
