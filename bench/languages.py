"""Print topics of texts in thirteen languages, for readers of these languages to judge.

    NMF_TOPICS_DATA=folder python bench/languages.py tables [--languages es de] [--rank 5]
    NMF_TOPICS_DATA=folder python bench/languages.py widespread [--languages es de] [--share 0.2]
    NMF_TOPICS_DATA=folder python bench/languages.py mixed [--rank 12]

`tables` fits each language of xquad-12-languages (48 pages each, the same in all) and wikipedia-es (250 pages) with the
default recipe (with --phrases for Vietnamese) and prints the heaviest words of each topic, and how well topics agree
with those of the English pages.
`widespread` helps to judge stop lists: it prints the terms that pass a list and are on many pages, with their share of
pages. Words among them that name no subject belong in a list (nmf_topics/text/stopwords_other.py). `mixed` fits all
twelve languages together with --language auto, without the pages' own language codes, and shows how topics part.
The output is Markdown.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nmf_topics.corpus.open import open_corpus
from nmf_topics.corpus.page import Page
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.measures import nmi
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.recipes import RECIPES
from nmf_topics.terms.count import count_terms
from nmf_topics.terms.counts_builder import TermCounts
from nmf_topics.terms.matrix import build_term_matrix
from nmf_topics.text.language import AUTO, NAMES

TWELVE = "ar de el en es hi ro ru th tr vi zh".split()
DEFAULT = RECIPES["default"]
WORDS = 8
SHUFFLES = 200
PHRASES = {"vi"}  # languages in which the syllables of a word are separated by spaces


def pages_of(name: str) -> list[Page]:
    """Return the pages of a corpus without their language codes."""
    folder = os.environ.get("NMF_TOPICS_DATA")
    if not folder:
        sys.exit("set NMF_TOPICS_DATA to the folder with xquad-12-languages.jsonl.gz and wikipedia-es.jsonl.gz")
    return list(open_corpus(f"{folder}/{name}.jsonl.gz"))


def counted(pages: Sequence[Page], language: str) -> TermCounts:
    """Count pages without language codes with the default recipe."""
    silent = [replace(page, meta={key: value for key, value in page.meta.items() if key != "lang"}) for page in pages]
    return count_terms(silent, replace(DEFAULT.words, language=language, phrases=language in PHRASES))


def fitted(counts: TermCounts, rank: int) -> TopicModel:
    """Fit a model with the default recipe."""
    return fit_topics(
        build_term_matrix(counts, **DEFAULT.matrix(), recipe={"corpus": {"name": "languages"}}),
        rank,
        **DEFAULT.factors(),
    )


def of_languages(languages: Sequence[str]) -> dict[str, list[Page]]:
    """Return the pages of each language."""
    every = pages_of("xquad-12-languages")
    return {language: [page for page in every if page.meta["lang"] == language] for language in languages}


def rows(model: TopicModel, name: str) -> None:
    """Print the heaviest words of each topic, one row per topic."""
    for topic in model.topics():
        words = ", ".join(word for word, _ in model.terms(topic.number, WORDS))
        print(f"| {name if topic.number == 1 else ''} | {topic.pages} | {words} |")


def subjects(model: TopicModel) -> dict[str, int]:
    """Return the topic of each page, by the subject of the page, which is the same in all languages."""
    return dict(zip(map(str, model.columns.labels()), map(int, model.dominant()), strict=True))


def tables(languages: Sequence[str], rank: int) -> None:
    """Print the top words of each language, and the agreement of its topics with those of the English pages."""
    found = of_languages(["en", *languages])
    english = subjects(fitted(counted(found["en"], "en"), rank))
    agreement, chance, chances = {}, [], np.random.default_rng(0)
    print("| language | pages | words of a topic |\n|---|---|---|")
    for language in languages:
        model = fitted(counted(found[language], language), rank)
        own = subjects(model)
        rows(model, f"{NAMES[language]} (`{language}`)")
        order = sorted(own)
        ours, theirs = [own[subject] for subject in order], [str(english[subject]) for subject in order]
        agreement[language] = nmi(ours, theirs)
        chance.append(np.mean([nmi(list(chances.permutation(ours)), theirs) for _ in range(SHUFFLES)]))
    if "es" in languages:
        rows(fitted(counted(pages_of("wikipedia-es"), "es"), 2 * rank), "Spanish Wikipedia (`es`)")
    told = ", ".join(f"{language} {same:.2f}" for language, same in agreement.items() if language != "en")
    print(f"\nNMI with the topics of the same pages in English: {told}; with pages shuffled {np.mean(chance):.2f}")


def widespread(languages: Sequence[str], share: float) -> None:
    """Print terms on many pages that are not stop words."""
    corpora: list[tuple[str, Any, str]] = [
        (NAMES[code], pages, code) for code, pages in of_languages(languages).items()
    ]
    if "es" in languages:
        corpora.append(("Spanish Wikipedia", pages_of("wikipedia-es"), "es"))
    for name, pages, code in corpora:
        counts = counted(pages, code)
        on = np.diff(counts.counts.tocsr().indptr) / counts.counts.shape[1]
        order = [int(i) for i in np.argsort(-on, kind="stable") if on[i] >= share]
        print(f"\n{name}: " + ", ".join(f"{counts.vocabulary.surfaces[i]} {on[i]:.0%}" for i in order))


def mixed(rank: int) -> None:
    """Fit all twelve languages as one corpus."""
    every = pages_of("xquad-12-languages")
    known = {page.id: page.meta["lang"] for page in every}
    counts = counted(every, AUTO)
    model = fitted(counts, rank)
    topics = [int(topic) for topic in model.dominant()]
    languages = [known[page] for page in model.columns.ids]
    print("| topic | pages | languages of its pages | words |\n|---|---|---|---|")
    for topic in model.topics():
        own = Counter(language for language, k in zip(languages, topics, strict=True) if k == topic.number - 1)
        told = ", ".join(f"{code} {n}" for code, n in own.most_common())
        words = ", ".join(word for word, _ in model.terms(topic.number, WORDS))
        print(f"| {topic.number} | {topic.pages} | {told} | {words} |")
    print(f"\nread in: {', '.join(counts.options.languages)}")
    print(f"NMI of topic and language {nmi(topics, languages):.2f}; ", end="")
    print(f"of topic and subject of the page {nmi(topics, model.columns.labels()):.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("tables", "widespread", "mixed"))
    parser.add_argument("--languages", nargs="+", choices=TWELVE, default=TWELVE)
    parser.add_argument("--rank", type=int)
    parser.add_argument("--share", type=float, default=0.2)
    given = parser.parse_args()
    if given.what == "tables":
        tables(given.languages, given.rank or 5)
    elif given.what == "widespread":
        widespread(given.languages, given.share)
    else:
        mixed(given.rank or 12)


if __name__ == "__main__":
    main()
