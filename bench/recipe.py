"""Print the ablation table of the default recipe: variants of the recipe on labelled corpora.

    NMF_TOPICS_DATA=folder python bench/recipe.py [--write docs/recipe.md] [--only WORD]

Each row changes one thing of the default recipe (or is the article's). Measured are

    NMI, purity   of the dominant topic against the pages' `label`, over the pages that have one
    NPMI          page-level coherence of the ten top words of a topic, mean over topics
    smallest      pages of the smallest topic, and their share

bbc-news at rank 5, wikipedia-popular at 12, 20newsgroups-train at 20. Seconds are of the fit alone.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from nmf_topics.files.cache.settings import user_cache
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.measures import nmi, purity
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import RECIPES, Recipe

CORPORA = {"bbc-news": 5, "wikipedia-popular": 12, "20newsgroups-train": 20}
# the best figure of each column in a trial with scikit-learn and tomotopy: NMI, then NPMI
TARGETS = {"bbc-news": (0.86, 0.41), "wikipedia-popular": (0.57, 0.48), "20newsgroups-train": (0.55, 0.42)}
DEFAULT = replace(RECIPES["default"], refine="none")  # of the factorization alone


def variants() -> Iterator[tuple[str, Recipe, int]]:
    """Yield (name, recipe, seed) of every row."""
    yield "**default**", DEFAULT, 0
    yield "article", RECIPES["article"], 0
    for weighting in ("frequency", "tfidf", "log-tfidf", "bm25", "chi2", "spmi"):
        for unit in (False, True):
            recipe = replace(DEFAULT, weighting=weighting, unit=unit, idf_power=1.0)
            yield f"weighting {weighting}{', unit' if unit else ''}, idf power 1", recipe, 0
    for power in (1.1, 1.3, 1.5):
        yield f"idf power {power}", replace(DEFAULT, idf_power=power), 0
    yield "not unit", replace(DEFAULT, unit=False), 0
    for normalize in ("stem", "both", "none"):
        yield f"normalize {normalize}", replace(DEFAULT, words=replace(DEFAULT.words, normalize=normalize)), 0
    for share in (0.2, 0.25, 0.4, 0.5):
        yield f"max pages {share}", replace(DEFAULT, bounds=replace(DEFAULT.bounds, max_pages=share)), 0
    for pages in (3, 10):
        yield f"min pages {pages}", replace(DEFAULT, bounds=replace(DEFAULT.bounds, min_pages=pages)), 0
    for terms in (5_000, 8_000, 16_000, None):
        yield f"max terms {terms or 'all'}", replace(DEFAULT, bounds=replace(DEFAULT.bounds, max_terms=terms)), 0
    for seed in (0, 1, 2):
        yield f"start random, seed {seed}", replace(DEFAULT, start="random"), seed
    yield "solver amu", replace(DEFAULT, solver="amu"), 0
    yield "solver hals", replace(DEFAULT, solver="hals"), 0
    yield "solver mu", replace(DEFAULT, solver="mu"), 0
    kl = replace(DEFAULT, objective="kl", max_iter=200)  # the divergence falls on for minutes; the topics stay
    yield "objective kl, 200 iterations", kl, 0
    yield "objective kl, 200 iterations, weighting frequency", replace(kl, weighting="frequency", unit=False), 0


def measure(model: TopicModel) -> tuple[float, float, float, int, float]:
    """Return NMI, purity, NPMI, pages of the smallest topic, and their share."""
    dominant = model.dominant()
    labels = model.columns.labels()
    known = [j for j, label in enumerate(labels) if label is not None and dominant[j] >= 0]
    topics = [int(dominant[j]) for j in known]
    classes = [labels[j] for j in known]
    sizes = np.bincount(dominant[dominant >= 0], minlength=model.rank)
    return (
        nmi(topics, classes),
        purity(topics, classes),
        float(np.mean(model.coherences)),
        int(sizes.min()),
        float(sizes.min() / sizes.sum()),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, help="a Markdown file for the table")
    parser.add_argument("--only", help="run only rows whose name contains this")
    options = parser.parse_args()
    folder = os.environ.get("NMF_TOPICS_DATA")
    if not folder:
        sys.exit("set NMF_TOPICS_DATA to the folder with bbc-news.jsonl.gz and the others")

    head = ["recipe", *(f"{name} r={rank}: NMI / purity / NPMI / smallest / s" for name, rank in CORPORA.items())]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    targets = [f"{TARGETS[name][0]:.2f} / / {TARGETS[name][1]:.2f}" for name in CORPORA]
    lines.append("| *best of the trial* | " + " | ".join(targets) + " |")
    print("\n".join(lines), flush=True)
    for name, recipe, seed in variants():
        if options.only and options.only not in name:
            continue
        cells = []
        for corpus, rank in CORPORA.items():
            data = prepare(Source(f"{folder}/{corpus}.jsonl.gz"), recipe, cache=user_cache())
            began = time.perf_counter()
            model = fit_topics(data, rank, seed=seed, **recipe.factors())
            seconds = time.perf_counter() - began
            score, pure, coherent, pages, share = measure(model)
            cells.append(f"{score:.3f} / {pure:.3f} / {coherent:.3f} / {pages} ({share:.1%}) / {seconds:.1f}")
        lines.append("| " + " | ".join([name, *cells]) + " |")
        print(lines[-1], flush=True)
        if options.write:
            before = options.write.read_text(encoding="utf-8").partition("<!-- table -->")[0]
            options.write.write_text(before + "<!-- table -->\n" + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
