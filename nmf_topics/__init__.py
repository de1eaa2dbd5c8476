"""nmf-topics: topics of texts, by non-negative matrix factorization.

    from nmf_topics import classify, fit_topics

    model = fit_topics(frame, 10, text_column="body")   # or a list of texts, a matrix, a path
    model                                               # three lines; a table in a notebook
    frame.join(model.pages_frame()[["topic", "label", "weight"]])
    classify(model, ["A new text."]).to_frame()

Names are imported when they are first used, so that `import nmf_topics` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nmf_topics.corpus.open import open_corpus as open_corpus
    from nmf_topics.corpus.page import Corpus as Corpus
    from nmf_topics.corpus.page import Page as Page
    from nmf_topics.errors import NmfTopicsError as NmfTopicsError
    from nmf_topics.factor.factorize import Factorization as Factorization
    from nmf_topics.factor.factorize import factorize as factorize
    from nmf_topics.factor.project import project as project
    from nmf_topics.images.pixels import build_image_matrix as build_image_matrix
    from nmf_topics.library.classify import classify as classify
    from nmf_topics.library.fit import fit_topics as fit_topics
    from nmf_topics.matrix.datamatrix import DataMatrix as DataMatrix
    from nmf_topics.model.classify import Assignment as Assignment
    from nmf_topics.model.classify import classify_pages as classify_pages
    from nmf_topics.model.files import load_model as load_model
    from nmf_topics.model.files import save_model as save_model
    from nmf_topics.model.model import TopicModel as TopicModel
    from nmf_topics.pipeline.prepare import Source as Source
    from nmf_topics.pipeline.prepare import prepare as prepare
    from nmf_topics.pipeline.recipes import RECIPES as RECIPES
    from nmf_topics.pipeline.recipes import Recipe as Recipe
    from nmf_topics.terms.count import count_terms as count_terms
    from nmf_topics.terms.matrix import build_term_matrix as build_term_matrix
    from nmf_topics.terms.pruning import Bounds as Bounds
    from nmf_topics.text.analyzer import WordOptions as WordOptions

__version__ = "0.1.0"

_HOMES = {
    "Assignment": "model.classify",
    "Bounds": "terms.pruning",
    "Corpus": "corpus.page",
    "DataMatrix": "matrix.datamatrix",
    "Factorization": "factor.factorize",
    "NmfTopicsError": "errors",
    "Page": "corpus.page",
    "RECIPES": "pipeline.recipes",
    "Recipe": "pipeline.recipes",
    "Source": "pipeline.prepare",
    "TopicModel": "model.model",
    "WordOptions": "text.analyzer",
    "build_image_matrix": "images.pixels",
    "build_term_matrix": "terms.matrix",
    "classify": "library.classify",
    "classify_pages": "model.classify",
    "count_terms": "terms.count",
    "factorize": "factor.factorize",
    "fit_topics": "library.fit",
    "load_model": "model.files",
    "open_corpus": "corpus.open",
    "prepare": "pipeline.prepare",
    "project": "factor.project",
    "save_model": "model.files",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
