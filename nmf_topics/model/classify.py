"""Classify new pages with a fitted model: W is fixed, and H is updated until it converges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nmf_topics.errors import ModelError
from nmf_topics.factor.blocks import Array
from nmf_topics.images.pixels import pixel_columns
from nmf_topics.matrix.rows import largest, top_weights
from nmf_topics.model.model import TopicModel
from nmf_topics.model.page_topics import PageTopics, page_topics
from nmf_topics.pipeline.chunked_pages import ChunkMap
from nmf_topics.terms.count import count_new_pages
from nmf_topics.terms.phrases import Phrases
from nmf_topics.text.analyzer import Readers, word_options
from nmf_topics.text.split import Piece, cut_text

EXPLAINING_WORDS = 10


@dataclass(frozen=True)
class Assignment:
    """The topics of one new page.

    Attributes
    ----------
    name : name of the page or file
    title : title of the page
    topics : PageTopics
    known_words : share of its words (without stop words and numbers) that are in the vocabulary; NaN if it has no words
    unknown_words : words that are not in the vocabulary, most frequent first
    explanation : for each topic the words that contributed most, as (word, W_ik h_k divided by its sum over the page)
    h : the page's column of H
    note : description of a problem, or ""
    meta : metadata of the page
    row : number of its row in its file, from 1, or None

    Examples
    --------
    >>> from nmf_topics import classify, fit_topics
    >>> model = fit_topics(["green tea", "black tea", "a goal", "the final goal"] * 3, 2, min_pages=1)
    >>> page = classify(model, ["tea and cake"], explain=True)[0]
    >>> page.topics.weight, page.known_words, page.unknown_words
    (1.0, 0.5, ['cake'])
    >>> page.explanation[page.topics.topic]
    [('tea', 1.0)]
    """

    name: str
    title: str
    topics: PageTopics
    known_words: float = float("nan")
    unknown_words: Sequence[str] = ()
    explanation: Mapping[int, list[tuple[str, float]]] | None = None
    h: Array | None = None
    note: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)
    row: int | None = None


def markup_of(model: TopicModel) -> str:
    """Return what to do with markup in tables of new pages: what the fit did, as the option of `open_corpus`."""
    removed = model.recipe.get("corpus", {}).get("markup", {})
    return ",".join(sorted({kind for found in removed.values() for kind in found["removed"]})) or "keep"


class Classifier:
    """Classifies batches of new pages; the costly preparation is done once."""

    def __init__(self, model: TopicModel) -> None:
        self.model = model
        self._readers: Readers | None = None

    def texts(self, pages: Iterable[tuple[str, str, str]], *, explain: bool = False) -> list[Assignment]:
        """Classify texts.

        Parameters
        ----------
        pages : name, title and text of each page
        explain : add the words that contributed most to each topic

        Raises
        ------
        ModelError
            if the model is not one of text, or has no weighting.
        """
        model = self.model
        if not model.kind.reads_texts:
            raise ModelError(f"the model's rows are {model.kind.rows}, not words: it cannot classify text")
        if "words" not in model.recipe:
            raise ModelError(
                "the model was fitted to a matrix, so it does not know how text becomes terms; pass the counts of its "
                "terms as a matrix, and their names as terms=[...]"
            )
        if model.weighting is None:
            raise ModelError("the model does not say how its words were weighted: it cannot classify text")
        pages = list(pages)
        options = word_options(model.recipe)
        pieces = [cut_text(text, options.chunk) if options.chunk else [Piece(text, 1)] for _, _, text in pages]
        parts = ChunkMap.of([[piece.words for piece in cut] for cut in pieces])
        self._readers = self._readers or Readers(options)
        vocabulary: Any = model.rows
        phrases = Phrases.from_meta(model.recipe.get("phrases", ()))
        texts = [piece.text for cut in pieces for piece in cut]
        lines = model.recipe.get("shared_lines", ())
        counts, missed = count_new_pages(texts, vocabulary, self._readers, phrases, lines)
        V = model.weighting.apply(counts)
        known = parts.sums(np.asarray(counts.sum(axis=0)).ravel())
        unknown = [Counter[str]() for _ in pages]
        for page, words in zip(parts.page, missed, strict=True):
            unknown[page] += words
        H, errors = self.model.project(V)
        if options.chunk:
            H, errors = parts.aggregate(V, H, errors, model.recipe["objective"])
        result = []
        for j, (name, title, _) in enumerate(pages):
            missing = sum(unknown[j].values())
            total = int(known[j]) + missing
            topics = page_topics(H[:, j], float(errors[j]), known_words=float(known[j]))
            note = ""
            if topics.status == "weak":
                count = int(known[j])
                note = f"only {count} of its {total} words {'is' if count == 1 else 'are'} known"
            elif topics.topic is None:
                known_but = "its known words have no weight in any topic"
                note = known_but if known[j] else "none of its words is in the model's vocabulary"
            result.append(
                Assignment(
                    name,
                    title,
                    topics,
                    float(known[j]) / total if total else float("nan"),
                    [word for word, _ in sorted(unknown[j].items(), key=lambda item: (-item[1], item[0]))],
                    self._explain(V[:, parts.page == j], H[:, j]) if explain else None,
                    H[:, j],
                    note,
                )
            )
        return result

    def images(self, paths: Sequence[Path]) -> tuple[list[Assignment], Array]:
        """Classify images of the model's size.

        Returns
        -------
        assignments : one per image; "unreadable" if the file is not an image of that size
        V : ndarray of shape (m, images), the pixels

        Raises
        ------
        ModelError
            if the model is not one of images.
        """
        grid: Any = self.model.rows
        if not self.model.kind.draws_images:
            raise ModelError(f"the model's rows are {self.model.kind.rows}, not pixels: it cannot classify images")
        V, problems = pixel_columns(paths, grid)
        H, errors = self.model.project(V)
        result = []
        for j, (path, problem) in enumerate(zip(paths, problems, strict=True)):
            topics = page_topics(H[:, j], float(errors[j]), "ok" if problem is None else "unreadable")
            nothing = "nothing in it is in any part of the model" if topics.topic is None else ""
            result.append(Assignment(str(path), path.stem, topics, h=H[:, j], note=problem or nothing))
        return result, V

    def _explain(self, v: Any, h: Array) -> dict[int, list[tuple[str, float]]]:
        """Return for each topic the words with the largest W_ik h_k on the page; hidden words are not listed."""
        on_page = np.asarray(v.sum(axis=1)).ravel() > 0
        carried = self.model.W * h * on_page[:, None]
        total = float(carried.sum())
        if not total > 0:
            return {}
        topics = largest(carried.sum(axis=0), len(h)).tolist()
        carried[self.model.hidden_rows] = 0.0
        return {
            k + 1: [
                (word, part / total) for word, part in top_weights(self.model.rows, carried[:, k], EXPLAINING_WORDS)
            ]
            for k in topics
            if carried[:, k].any()
        }


def unreadable(name: str, why: str, rank: int) -> Assignment:
    """Return the assignment of a page that cannot be read."""
    return Assignment(name, name, page_topics(np.zeros(rank), float("nan"), "unreadable"), note=why)


def classify_pages(
    model: TopicModel, pages: Iterable[tuple[str, str, str]], *, explain: bool = False
) -> list[Assignment]:
    """Classify new texts.

    Parameters
    ----------
    model : TopicModel of text
    pages : name, title and text of each page
    explain : add the words that contributed most to each topic

    Returns
    -------
    one Assignment per page, in the order of `pages`

    Raises
    ------
    ModelError
        if the model is not one of text.

    Examples
    --------
    >>> from nmf_topics import classify_pages, fit_topics
    >>> model = fit_topics(["green tea", "black tea", "a goal", "the final goal"] * 3, 2, min_pages=1)
    >>> [page] = classify_pages(model, [("a.txt", "A page", "black tea, green tea, milk")])
    >>> page.name, page.topics.status, page.known_words
    ('a.txt', 'ok', 0.8)
    """
    return Classifier(model).texts(pages, explain=explain)
