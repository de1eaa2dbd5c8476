"""What each choice of the default recipe is worth: recipes on three labelled corpora.

    NMF_TOPICS_DATA=folder python bench/recipe.py [--write docs/recipe-tables.md] [--only WORD]

Each row changes one thing of the default recipe, or is the article's. Measured are, of the factorization alone and,
after an arrow, of the topics that the mixture refines from it:

    NMI        of the main topic of each page against its label, over the pages that have one
    NPMI       page-level coherence of the ten words that describe a topic, mean over topics
    smallest   share of the pages of the smallest topic

bbc-news at rank 5, wikipedia-popular at 12, 20newsgroups-train at 20.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from nmf_topics.files.cache.settings import user_cache
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.measures import nmi
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import RECIPES, Recipe

CORPORA = {"bbc-news": 5, "wikipedia-popular": 12, "20newsgroups-train": 20}
DEFAULT = RECIPES["default"]


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


def measure(model: TopicModel) -> tuple[float, float, float]:
    """NMI, NPMI, share of the pages of the smallest topic."""
    dominant = model.dominant()
    labels = model.columns.labels()
    known = [j for j, label in enumerate(labels) if label is not None and dominant[j] >= 0]
    sizes = np.bincount(dominant[dominant >= 0], minlength=model.rank)
    agreement = nmi([int(dominant[j]) for j in known], [labels[j] for j in known])
    return agreement, float(np.nanmean(model.coherences)), float(sizes.min() / sizes.sum())


def cell(recipe: Recipe, path: str, rank: int, seed: int) -> str:
    """The measures of a recipe on a corpus, without and with refined topics."""
    data = prepare(Source(path), recipe, cache=user_cache())
    refinements = ("none",) if recipe.refine == "none" else ("none", "auto")
    fits = [fit_topics(data, rank, seed=seed, **replace(recipe, refine=name).factors()) for name in refinements]
    measured = zip(*map(measure, fits), strict=True)
    return " / ".join(
        " → ".join(format(value, form) for value in values)
        for values, form in zip(measured, (".3f", ".2f", ".1%"), strict=True)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, help="a Markdown file for the table")
    parser.add_argument("--only", help="run only rows whose name contains this")
    options = parser.parse_args()
    folder = os.environ.get("NMF_TOPICS_DATA")
    if not folder:
        sys.exit("set NMF_TOPICS_DATA to the folder with bbc-news.jsonl.gz and the others")

    head = ["recipe", *(f"{name} r={rank}: NMI / NPMI / smallest" for name, rank in CORPORA.items())]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    print("\n".join(lines), flush=True)
    for name, recipe, seed in variants():
        if options.only and options.only not in name:
            continue
        cells = [cell(recipe, f"{folder}/{corpus}.jsonl.gz", rank, seed) for corpus, rank in CORPORA.items()]
        lines.append("| " + " | ".join([name, *cells]) + " |")
        print(lines[-1], flush=True)
        if options.write:
            before = options.write.read_text(encoding="utf-8").partition("<!-- table -->")[0]
            options.write.write_text(before + "<!-- table -->\n" + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
