"""Measure how well main topics separate labelled pages: nmf-topics with and without refinement, and other programs.

    pip install topica tomotopy scikit-learn
    NMF_TOPICS_DATA=folder python bench/separation.py [--seeds 5] [--sets NAME ...] [--methods NAME ...] [--write FILE]

Every method gets as many topics as the set has labels (wikipedia-popular: 12) and each seed from 0 on. A cell is the
median over the seeds, with the smallest and largest in brackets where they differ:

    NMI, ARI    of the main topic of each page against its label, over pages that have both
    NPMI        page-level coherence of the ten top words of a topic, mean over topics
    smallest    share of the pages of the smallest topic
    s           seconds of the fit alone

The other programs get lower-case words of three letters or more that are on at least 5 and at most half of the pages,
without the stop words of topica. They run with their own defaults, GSDMM with alpha = beta = 0.1.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.metrics import adjusted_rand_score

from nmf_topics.model.fit import fit_topics
from nmf_topics.model.measures import coherence, nmi
from nmf_topics.pipeline.prepare import Source, open_source, prepare
from nmf_topics.pipeline.recipes import RECIPES

SETS = {
    "bbc-news": 5,
    "20newsgroups-train": 20,
    "wikipedia-popular": 12,
    "ag-news-short": 4,
    "m10-titles": 10,
    "search-snippets": 8,
}
BEGIN, END = "<!-- separation -->\n", "<!-- /separation -->\n"


@dataclass(frozen=True)
class Result:
    """Main topic of each page (-1 for none), mean coherence and seconds."""

    topics: Any
    npmi: float
    seconds: float


@dataclass(frozen=True)
class Pages:
    """Pages for the other programs: tokens, and which word is on which page."""

    tokens: list[list[str]]
    labels: list[str | None]
    presence: Any
    words: dict[str, int]


@cache
def pages_of(path: str) -> Pages:
    """Read the pages of a set."""
    import topica

    found = list(open_source(Source(path), warn=print))
    stops = set(topica.ENGLISH_STOPWORDS)
    texts = [[w for w in re.findall("[a-z]{3,}", page.text.lower()) if w not in stops] for page in found]
    pages = Counter(word for text in texts for word in set(text))
    words = {word: i for i, word in enumerate(sorted(w for w, n in pages.items() if 5 <= n <= len(texts) / 2))}
    tokens = [[word for word in text if word in words] for text in texts]
    cells = {(words[word], j) for j, text in enumerate(tokens) for word in text}
    rows, columns = np.array(sorted(cells)).T
    presence = sp.csc_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(words), len(texts)))
    return Pages(tokens, [page.meta.get("label") for page in found], presence, words)


def ours(path: str, rank: int, seed: int, refine: str, recipe: str = "default") -> Result:
    """Fit nmf-topics."""
    data = prepare(Source(path), RECIPES[recipe])
    began = time.perf_counter()
    model = fit_topics(data, rank, seed=seed, **replace(RECIPES[recipe], refine=refine).factors())
    return Result(model.dominant(), float(np.nanmean(model.coherences)), time.perf_counter() - began)


def of_topica(name: str, path: str, rank: int, seed: int) -> Result:
    """Fit one of topica's models."""
    import topica

    pages = pages_of(path)
    corpus = topica.Corpus.from_documents(pages.tokens, min_doc_freq=1)
    kept = list(corpus.kept_indices)  # pages without words are left out
    settings = {"alpha": 0.1, "beta": 0.1} if name == "GSDMM" else {}
    began = time.perf_counter()
    model = getattr(topica, name)(rank, seed=seed, **settings)
    model.fit(corpus)
    seconds = time.perf_counter() - began
    topics = np.full(len(pages.tokens), -1)
    topics[kept] = np.asarray(model.doc_topic).argmax(axis=1)
    W = np.zeros((len(pages.words), np.asarray(model.topic_word).shape[0]))
    W[[pages.words[word] for word in model.vocabulary]] = np.asarray(model.topic_word).T
    return Result(topics, float(np.nanmean(coherence(pages.presence, W))), seconds)


def of_tomotopy(path: str, rank: int, seed: int) -> Result:
    """Fit LDA of tomotopy with 1000 iterations on one thread, so that it is reproducible."""
    import tomotopy

    pages = pages_of(path)
    model = tomotopy.LDAModel(k=rank, seed=seed)
    place = [j for j, text in enumerate(pages.tokens) if text]
    for j in place:
        model.add_doc(pages.tokens[j])
    began = time.perf_counter()
    model.train(1000, workers=1, parallel=tomotopy.ParallelScheme.NONE)
    seconds = time.perf_counter() - began
    topics = np.full(len(pages.tokens), -1)
    topics[place] = [int(np.argmax(doc.get_topic_dist())) for doc in model.docs]
    W = np.zeros((len(pages.words), rank))
    rows = [pages.words[word] for word in model.used_vocabs]
    for k in range(rank):
        W[rows, k] = model.get_topic_word_dist(k)
    return Result(topics, float(np.nanmean(coherence(pages.presence, W))), seconds)


METHODS: dict[str, Callable[[str, int, int], Result]] = {
    "nmf-topics, default": lambda path, rank, seed: ours(path, rank, seed, "auto"),
    "nmf-topics, not refined": lambda path, rank, seed: ours(path, rank, seed, "none"),
    "nmf-topics, article": lambda path, rank, seed: ours(path, rank, seed, "none", "article"),
    "topica GSDMM": lambda path, rank, seed: of_topica("GSDMM", path, rank, seed),
    "topica LDA": lambda path, rank, seed: of_topica("LDA", path, rank, seed),
    "topica NMF": lambda path, rank, seed: of_topica("NMF", path, rank, seed),
    "topica BTM": lambda path, rank, seed: of_topica("BTM", path, rank, seed),
    "tomotopy LDA": of_tomotopy,
}


def measures(result: Result, labels: list[str | None]) -> list[float]:
    """Return NMI, ARI, NPMI, share of the smallest topic and seconds."""
    known = [j for j, label in enumerate(labels) if label not in (None, "") and result.topics[j] >= 0]
    topics, classes = [int(result.topics[j]) for j in known], [str(labels[j]) for j in known]
    sizes = np.bincount(result.topics[result.topics >= 0])
    share = float(sizes[sizes > 0].min() / sizes.sum())
    return [nmi(topics, classes), float(adjusted_rand_score(classes, topics)), result.npmi, share, result.seconds]


def cell(values: list[float], form: str) -> str:
    """Return the median, with the range if values differ."""
    low, middle, high = (format(float(np.quantile(values, q)), form) for q in (0, 0.5, 1))
    return middle if low == high else f"{middle} ({low} to {high})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--write", type=Path, help="a Markdown file in which the table is replaced")
    options = parser.parse_args()
    if not (folder := os.environ.get("NMF_TOPICS_DATA")):
        sys.exit("set NMF_TOPICS_DATA to the folder with bbc-news.jsonl.gz and the others")
    lines = ["| set (topics) | method | NMI | ARI | NPMI | smallest | s |", "|---|---|---|---|---|---|---|"]
    print("\n".join(lines), flush=True)
    for name in options.sets:
        path = f"{folder}/{name}.jsonl.gz"
        labels = prepare(Source(path), RECIPES["default"]).columns.labels()
        for method in options.methods:
            runs = [METHODS[method](path, SETS[name], seed) for seed in range(options.seeds)]
            order = labels if method.startswith("nmf-topics") else pages_of(path).labels
            values = list(zip(*(measures(run, order) for run in runs), strict=True))
            cells = [cell(list(v), form) for v, form in zip(values, (".3f", ".3f", ".2f", ".1%", ".1f"), strict=True)]
            lines.append(f"| {name} ({SETS[name]}) | {method} | {' | '.join(cells)} |")
            print(lines[-1], flush=True)
            if options.write:
                before, _, rest = options.write.read_text(encoding="utf-8").partition(BEGIN)
                after = rest.partition(END)[2]
                options.write.write_text(f"{before}{BEGIN}" + "\n".join(lines) + f"\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
