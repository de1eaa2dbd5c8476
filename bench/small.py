"""Measure the default limits of the vocabulary on small samples of labelled corpora.

    NMF_TOPICS_DATA=folder python bench/small.py [--draws 20]

A sample has 15, 30, 60 or 120 pages, the same number for each of a few labels; a page of 20newsgroups is joined from
five messages, so that it is long. Printed is the mean NMI of the dominant topic against the label, with as many topics
as labels, for words on 2 pages to 30 % of the pages and for the default limits. Both use the same samples, so the
standard error is that of the differences.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.measures import nmi
from nmf_topics.pipeline.prepare import Source, open_source
from nmf_topics.pipeline.recipes import RECIPES
from nmf_topics.terms.count import count_terms
from nmf_topics.terms.matrix import build_term_matrix
from nmf_topics.terms.pruning import Bounds
from nmf_topics.terms.term_counts import TermCounts

WIKIPEDIA = ["Biology and health sciences", "Geography", "People", "Physical sciences"]
CORPORA = {"wikipedia-popular": (WIKIPEDIA, 1), "bbc-news": (None, 1), "20newsgroups-train": (None, 5)}
SIZES = (15, 30, 60, 120)
DEFAULT = replace(RECIPES["default"], refine="none")  # the factorization alone
BOUNDS = {"2 pages to 30 %": Bounds(2, 0.3, 12_000), "default": DEFAULT.bounds}


def draw(counts: TermCounts, labels: list[str], size: int, glue: int, rng: random.Random) -> TermCounts:
    """Draw a corpus of about `size` pages, each joined from `glue` pages of one label."""
    chosen = sorted(labels) if len(labels) <= 5 else rng.sample(sorted(labels), 5)
    parts, kinds = [], []
    of_label = defaultdict(list)
    for column, label in enumerate(counts.columns.labels()):
        of_label[label].append(column)
    for label in chosen:
        pool = rng.sample(of_label[label], len(of_label[label]))
        for first in range(0, glue * min(size // len(chosen), len(pool) // glue), glue):
            parts.append(sp.csc_matrix(counts.counts[:, pool[first : first + glue]].sum(axis=1)))
            kinds.append(label)
    names = [f"{number:03d}" for number in range(len(kinds))]
    columns = PageColumns(names, names, [{"label": label} for label in kinds])
    return TermCounts(sp.csc_matrix(sp.hstack(parts)), replace(counts.info, columns=columns))


def score(counts: TermCounts, bounds: Bounds) -> float:
    """Return the NMI of one sample."""
    recipe = replace(DEFAULT, bounds=bounds)
    data = build_term_matrix(
        counts, bounds=bounds, weighting=recipe.weighting, unit=recipe.unit, idf_power=recipe.idf_power
    )
    labels = data.columns.labels()
    model = fit_topics(data, len(set(labels)), **recipe.factors())
    return nmi([int(topic) for topic in model.dominant()], labels)


def rows(folder: str, draws: int) -> Iterator[tuple[str, dict[str, list[float]]]]:
    """Yield for each corpus and size the scores of all samples, by limits."""
    for name, (labels, glue) in CORPORA.items():
        counts = count_terms(open_source(Source(f"{folder}/{name}.jsonl.gz"), warn=print), DEFAULT.words)
        known = labels or sorted({label for label in counts.columns.labels() if label is not None})
        for size in SIZES:
            found: dict[str, list[float]] = defaultdict(list)
            for number in range(draws):
                drawn = draw(counts, known, size, glue, random.Random(f"{name} {size} {number}"))
                for said, bounds in BOUNDS.items():
                    found[said].append(score(drawn, bounds))
            yield f"{name}, {size} pages", found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=20)
    given = parser.parse_args()
    if not (folder := os.environ.get("NMF_TOPICS_DATA")):
        sys.exit("set NMF_TOPICS_DATA to the folder with bbc-news.jsonl.gz and the others")
    print("| pages | " + " | ".join(BOUNDS) + " | difference |\n|" + "---|" * (len(BOUNDS) + 2))
    for name, found in rows(folder, given.draws):
        before, after = map(np.array, found.values())
        error = (after - before).std(ddof=1) / np.sqrt(len(after))
        print(f"| {name} | {before.mean():.3f} | {after.mean():.3f} | {(after - before).mean():+.3f} ± {error:.3f} |")


if __name__ == "__main__":
    main()
