"""Compare scores for the words that describe topics, and print the words.

    NMF_TOPICS_DATA=folder python bench/words.py                       the tables of docs/recipe.md
    NMF_TOPICS_DATA=folder python bench/words.py --lists > docs/words.md   ten words of every topic, before and after
    NMF_TOPICS_DATA=folder python bench/words.py --blind 7             the same in a random order, the key at the end

Each corpus is fitted once with the default recipe. Each score then chooses ten words per topic from the same W, H and
counts. Printed are means over topics of

    coverage   share of the topic's own pages that have a word
    lift       log2 of that share over the share of all pages that have it
    NPMI       page-level coherence of the ten words
    repeats    share of the words that describe another topic as well

Scores: x log(x/y) for mean relative frequencies in topic and corpus; relevance (Sievert and Shirley, 2014); FREX
(Bischof and Airoldi, 2012); c-TF-IDF (Grootendorst, 2022); non-negative regression of relative frequencies on H.
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.factor.blocks import as_blocks
from nmf_topics.files.cache.settings import user_cache
from nmf_topics.model.description import LIFT_POWER
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.measures import coherence_of
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import RECIPES

CORPORA = {"wikipedia-popular": 12, "bbc-news": 5, "20newsgroups-train": 20, "sotu": 12}
FURTHER = {"ag-news-short": 4, "m10-titles": 10, "search-snippets": 8, "wikipedia-es": 10}
LISTED = ("wikipedia-popular", "bbc-news", "20newsgroups-train", "sotu", "search-snippets")
LANGUAGES = {"wikipedia-es": "es"}
WANTED = {
    "wikipedia-popular": (0.72, 1.7),
    "bbc-news": (0.38, 1.8),
    "20newsgroups-train": (0.36, 3.5),
    "sotu": (0.85, 1.4),
}
TOP = 10
TINY = 1e-300


@dataclass
class Fitted:
    """A fitted corpus with the inputs of scores; arrays of words have shape (words, topics)."""

    model: TopicModel
    counts: Any
    surfaces: list[str]
    row: Any

    @cached_property
    def shares(self) -> Any:
        total = self.model.H.sum(axis=0)
        return self.model.H / np.where(total > 0, total, 1.0)

    @cached_property
    def present(self) -> Any:
        there = self.counts.copy()
        there.data = np.ones_like(there.data)
        return there

    def used(self, power: float) -> tuple[Any, Any]:
        """Return means of relative frequencies raised to a power, in each topic and overall; power 0 means presence."""
        lengths = np.asarray(self.counts.sum(axis=0)).ravel()
        relative = self.counts @ sp.diags(1 / np.maximum(lengths, 1))
        relative.data = relative.data**power
        return np.asarray(relative @ self.shares.T) / self.shares.sum(axis=1), np.asarray(relative.mean(axis=1))

    def regressed(self, power: float) -> tuple[Any, Any]:
        """Return X >= 0 that minimizes ||F - X S||, where S are the shares, and the overall means."""
        from scipy.optimize import nnls

        used, overall = self.used(power)
        S = self.shares
        L = np.linalg.cholesky(S @ S.T + 1e-9 * np.eye(len(S)))
        right = np.linalg.solve(L, (used * S.sum(axis=1)).T)
        return np.array([nnls(L.T, right[:, i])[0] for i in range(len(used))]), overall

    @cached_property
    def coverage(self) -> Any:
        own = np.zeros_like(self.shares)
        main = self.model.dominant()
        own[main[main >= 0], np.flatnonzero(main >= 0)] = 1
        self.own_pages = own.sum(axis=1)
        return np.asarray(self.present @ own.T) / np.maximum(self.own_pages, 1)

    @cached_property
    def pages(self) -> Any:
        return np.asarray(self.present.sum(axis=1))

    @cached_property
    def lift(self) -> Any:
        with np.errstate(divide="ignore"):
            lift = np.log2(self.coverage * self.counts.shape[1] / np.maximum(self.pages, 1))
        return np.where(self.coverage > 0, lift, np.nan)  # as in models: of words that no own page has, it is unknown

    def floor(self, least: float) -> Any:
        """Return whether a word's share of the topic's pages is at least `least` times that of the other pages."""
        n, own = self.counts.shape[1], self.coverage * self.own_pages
        return self.coverage >= least * (self.pages - own) / np.maximum(n - self.own_pages, 1)


def entropy(used: tuple[Any, Any], power: float = 1) -> Any:
    """Return x log(x / y)^power."""
    x, y = used
    return x * np.maximum(np.log((x + TINY) / (y + TINY)), 0) ** power


def relevance(used: tuple[Any, Any], weight: float) -> Any:
    """Return weight log x + (1 - weight) log(x / y)."""
    x, y = used
    return np.log(x + TINY) - (1 - weight) * np.log(y + TINY)


def frex(x: Any) -> Any:
    """Return the harmonic mean of the ranks of x and of the topic's part in it."""
    from scipy.stats import rankdata

    part = x / np.maximum(x.sum(axis=1, keepdims=True), TINY)
    ranks = [np.stack([rankdata(column) for column in values.T], axis=1) for values in (x, part)]
    return np.where(x > 0, 2 / (1 / ranks[1] + 1 / ranks[0]), 0)


def class_tfidf(x: Any) -> Any:
    """Return the frequency in the topic times log(1 + mean total of a topic / total of the word)."""
    return x * np.log(1 + x.sum() / x.shape[1] / np.maximum(x.sum(axis=1, keepdims=True), TINY))


def by_weight(fitted: Fitted) -> Any:
    """Return the weights in W."""
    W = fitted.model.W
    return np.where(fitted.row[:, None] >= 0, W[fitted.row], 0)


def by_description(fitted: Fitted) -> Any:
    """Return the scores of the model's own description."""
    place = {surface: i for i, surface in enumerate(fitted.surfaces)}
    scores = np.zeros((len(fitted.surfaces), fitted.model.rank))
    for k in range(fitted.model.rank):
        for word in fitted.model.words(k + 1, 100):
            scores[place[word.word], k] = max(word.score, scores[place[word.word], k])
    return scores


def scores() -> Iterator[tuple[str, Callable[[Fitted], Any]]]:
    """Yield (name, score) of every row of the table."""
    yield "weight in W (before)", by_weight
    yield "**description (now)**", by_description
    yield "frequency, x log(x/y)", lambda f: entropy(f.used(1))
    yield "presence, x log(x/y)", lambda f: entropy(f.used(0))
    yield "square root of frequency, x log(x/y)", lambda f: entropy(f.used(0.5))
    for power in (0.25, 1):
        yield (
            f"frequency^{power}, else as now",
            lambda f, power=power: entropy(f.used(power), LIFT_POWER) * f.floor(4 / 3),
        )
    for lift in (1, 2):
        yield f"lift to the power {lift}, else as now", lambda f, lift=lift: entropy(f.used(0.5), lift) * f.floor(4 / 3)
    for floor in (0, 2):
        yield f"floor {floor}, else as now", lambda f, floor=floor: entropy(f.used(0.5), LIFT_POWER) * f.floor(floor)
    yield "regression on H, else as now", lambda f: entropy(f.regressed(0.5), LIFT_POWER) * f.floor(4 / 3)
    yield "regression of frequency on H, x log(x/y)", lambda f: entropy(f.regressed(1))
    yield "relevance 0.6 of frequency", lambda f: relevance(f.used(1), 0.6)
    for weight in (0.4, 0.6, 0.8):
        yield f"relevance {weight} of presence", lambda f, weight=weight: relevance(f.used(0), weight)
    yield "FREX of frequency", lambda f: frex(f.used(1)[0])
    yield "c-TF-IDF", lambda f: class_tfidf(f.used(1)[0])
    for least in (0.2, 0.4):
        yield (
            f"lift, coverage at least {least}",
            lambda f, least=least: np.nan_to_num(f.lift) * (f.coverage >= least) + f.coverage,
        )


def fitted_corpus(folder: Path, name: str, rank: int, refine: str = RECIPES["default"].refine) -> Fitted:
    """Fit a corpus with the default recipe."""
    recipe = replace(RECIPES["default"], refine=refine)
    recipe = replace(recipe, words=replace(recipe.words, language=LANGUAGES.get(name, "en")))
    data = prepare(Source(str(folder / f"{name}.jsonl.gz")), recipe, cache=user_cache())
    assert data.counts is not None
    (counts,) = [sp.csr_matrix(block, dtype=float) for _, block in data.counts.blocks.map(sp.csc_matrix)]
    model = fit_topics(data, rank, **recipe.factors())
    return Fitted(model, counts, list(data.counts.surfaces), data.counts.row)


def chosen(scored: Any) -> list[list[int]]:
    """Return the ten best words of each topic."""
    return [np.argsort(-column, kind="stable")[:TOP].tolist() for column in scored.T]


def measured(fitted: Fitted, tops: list[list[int]]) -> tuple[float, float, float, float]:
    """Return the means over topics of coverage, lift, NPMI and repeats."""
    coverage = np.mean([fitted.coverage[rows, k].mean() for k, rows in enumerate(tops)])
    lift = np.mean([np.nanmean(fitted.lift[rows, k]) for k, rows in enumerate(tops)])
    every = [row for rows in tops for row in rows]
    repeats = np.mean([every.count(row) > 1 for row in every])
    return float(coverage), float(lift), float(np.mean(coherence_of(as_blocks(fitted.counts), tops))), float(repeats)


def print_table(folder: Path, corpora: dict[str, int], **options: str) -> None:
    """Print the scores of all corpora as Markdown."""
    fits = {name: fitted_corpus(folder, name, rank, **options) for name, rank in corpora.items()}
    print("| words chosen by | " + " | ".join(corpora) + " |")
    print("|---|" + "---|" * len(corpora))
    if any(name in WANTED for name in corpora):
        print("| asked | " + " | ".join("{:.2f} / {:.1f}".format(*WANTED[name]) for name in corpora) + " |")
    for name, score in scores():
        cells = ["{:.2f} / {:.2f} / {:.2f} / {:.0%}".format(*measured(f, chosen(score(f)))) for f in fits.values()]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def print_frontier(folder: Path, corpora: dict[str, int]) -> None:
    """Print the best trade-offs of coverage and lift: the ten words of each topic with the largest weighted sum."""
    print("| coverage + x lift | " + " | ".join(corpora) + " |\n|---|" + "---|" * len(corpora))
    fits = [fitted_corpus(folder, name, rank) for name, rank in corpora.items()]
    for x in (0.03, 0.06, 0.08, 0.1, 0.12):
        cells = [measured(f, chosen(f.coverage + x * np.nan_to_num(f.lift, nan=-99)))[:2] for f in fits]
        print(f"| x = {x} | " + " | ".join("{:.2f} / {:.2f}".format(*cell) for cell in cells) + " |")


def print_lists(folder: Path) -> None:
    """Print the words of every topic before and after, as Markdown."""
    print("# Ten words of every topic\n")
    print(
        "Made by `bench/words.py --lists` with the default recipe: the words of the largest weights in W, which was how"
    )
    print("topics were shown before, and the words that describe a topic now (docs/recipe.md).")
    for name in LISTED:
        fitted = fitted_corpus(folder, name, (CORPORA | FURTHER)[name])
        print(f"\n## {name}\n\n| topic | pages | label | by weight in W | description |\n|---|---|---|---|---|")
        for topic in fitted.model.topics():
            lists = [fitted.model.terms(topic.number, TOP, order=order) for order in ("weight", "typical")]
            cells = [", ".join(word for word, _ in words) for words in lists]
            print(f"| {topic.number} | {topic.pages} | {topic.label} | {cells[0]} | {cells[1]} |")


def print_blind(folder: Path, seed: int) -> None:
    """Print the words of every topic, by weight and by description in a random order."""
    chance, key = random.Random(seed), []
    for name in LISTED:
        fitted = fitted_corpus(folder, name, (CORPORA | FURTHER)[name])
        print(f"\n{name}")
        for k in range(fitted.model.rank):
            orders = ["weight", "typical"]
            chance.shuffle(orders)
            key.append(f"{name} {k + 1}: A is {orders[0]}")
            print(f"{k + 1}")
            for letter, order in zip("AB", orders, strict=True):
                words = fitted.model.terms(k + 1, TOP, order=order)  # type: ignore[arg-type]
                print(f"  {letter}  {', '.join(word for word, _ in words)}")
    print("\nKey\n" + "\n".join(key))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lists", action="store_true", help="print the words of every topic")
    parser.add_argument("--blind", type=int, metavar="SEED", help="print them in a random order")
    options = parser.parse_args()
    folder = Path(os.environ["NMF_TOPICS_DATA"])
    if options.lists:
        print_lists(folder)
    elif options.blind is not None:
        print_blind(folder, options.blind)
    else:
        print_table(folder, CORPORA)
        print("\nrefine none\n")
        print_table(folder, CORPORA, refine="none")
        print("\nthe most that any ten words reach\n")
        print_frontier(folder, CORPORA)
        print("\nfurther corpora\n")
        print_table(folder, FURTHER)


if __name__ == "__main__":
    main()
