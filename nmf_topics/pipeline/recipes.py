"""Recipes: named sets of all options from text to factors.

`default` gave the best results on real corpora (docs/recipe.md, made by bench/recipe.py). `article` follows David
Austin's feature column exactly: relative frequencies of words, "running", "ran" and "run" as one word (Porter stems of
dictionary forms), 2345 words, least squares, random initialization, and Lee and Seung's updates with H first. Topics
are shown by their heaviest words in W, as in the column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from nmf_topics.errors import ModelError
from nmf_topics.terms.pruning import Bounds
from nmf_topics.text.analyzer import WordOptions

FOUND = (
    "corpus",
    "phrases",
    "shared_lines",
    "refinement",
)  # fields in the recipe of a model that are results, not options


@dataclass(frozen=True)
class Recipe:
    """All options of a fit except the source, the rank and the seed.

    Attributes
    ----------
    words : WordOptions
    bounds : Bounds
    weighting, unit, idf_power : as in `matrix.weighting`
    objective, solver, start, tolerance, max_iter, l1_words, l1_pages, l2_words, l2_pages : as in `factor.factorize`;
        solver is its `rule`; None: the default of the objective
    guide : seed words by name of topic, as in `model.guide`
    refine : a key of `model.refine.REFINEMENTS`
    topic_words : how to choose the words that describe a topic, a key of `model.description.TOPIC_WORDS`

    Examples
    --------
    >>> Recipe(weighting="tfidf", words=WordOptions(language="de", phrases=True)).words.language
    'de'
    >>> RECIPES["article"].weighting, RECIPES["article"].solver
    ('frequency', 'mu')
    """

    words: WordOptions = field(default_factory=WordOptions)
    bounds: Bounds = field(default_factory=lambda: Bounds(max_terms=12_000))
    weighting: str = "bm25"
    unit: bool = True
    idf_power: float = 1.2
    objective: str = "frobenius"
    solver: str | None = None
    start: str = "nndsvda"
    tolerance: float = 1e-6
    max_iter: int = 2000
    l1_words: float = 0.0
    l1_pages: float = 0.0
    l2_words: float = 0.0
    l2_pages: float = 0.0
    guide: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    refine: str = "auto"
    topic_words: str = "typical"

    @classmethod
    def recorded(cls, options: Mapping[str, Any]) -> Recipe:
        """Restore a recipe from the options in run.json; other fields (rank, seed, runs) are ignored.

        Raises
        ------
        ModelError
            if an option is unknown to this version, or has an invalid value.
        """
        known = {f.name for f in fields(cls)}
        if odd := set(options) - known - {*FOUND, "rank", "seed", "runs"}:
            raise ModelError(f"it was made with options that this version does not have: {', '.join(sorted(odd))}")
        try:
            plain = {name: options[name] for name in known - {"words", "bounds", "guide"} if name in options}
            words = WordOptions.recorded({**options.get("words", {}), "languages": ()})
            bounds = Bounds(**options.get("bounds", {}))
            plain.setdefault("refine", "none")  # earlier versions had no refinement
            guide = {str(name): tuple(map(str, listed)) for name, listed in options.get("guide", {}).items()}
        except (TypeError, ValueError, AttributeError) as error:
            raise ModelError(f"its options cannot be read: {error}") from error
        return cls(words=words, bounds=bounds, guide=guide, **plain)

    def matrix(self) -> dict[str, Any]:
        """Return the recipe's options of `build_term_matrix`."""
        return {
            "bounds": self.bounds,
            "weighting": self.weighting,
            "unit": self.unit,
            "idf_power": self.idf_power,
        }

    def factors(self) -> dict[str, Any]:
        """Return the recipe's options of `fit_topics`."""
        return {
            "objective": self.objective,
            "solver": self.solver,
            "start": self.start,
            "tolerance": self.tolerance,
            "max_iter": self.max_iter,
            "l1_words": self.l1_words,
            "l1_pages": self.l1_pages,
            "l2_words": self.l2_words,
            "l2_pages": self.l2_pages,
            **({"guide": self.guide} if self.guide else {}),
            "refine": self.refine,
            "topic_words": self.topic_words,
        }


RECIPES: dict[str, Recipe] = {
    "default": Recipe(),
    "article": Recipe(
        words=WordOptions(normalize="both", stemmer="porter"),
        bounds=Bounds(max_pages=0.5, max_terms=2345),
        weighting="frequency",
        unit=False,
        idf_power=1.0,
        solver="mu",
        start="random",
        refine="none",
        topic_words="weight",
    ),
}
