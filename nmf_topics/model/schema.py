"""What `model.json` and `run.json` must contain: a table of field -> check (see `files.schema`).

Fields of a recipe that later versions add are allowed, as long as they are plain JSON. A test compares the tables with
the fields of `WordOptions`, `Bounds`, `Recipe` and `Source`.
"""

from __future__ import annotations

from typing import Any

import nmf_topics.images.pixels  # rows enter AXES when their modules are imported
import nmf_topics.terms.vocabulary  # noqa: F401
from nmf_topics.factor.objectives import OBJECTIVES, problems_of_names
from nmf_topics.factor.rules import RULES
from nmf_topics.files.schema import (
    ANYTHING,
    FLAG,
    NAME,
    TEXT,
    Check,
    SchemaError,
    choice,
    either,
    list_of,
    mapping_of,
    number,
    optional,
    record,
    row_of,
    whole,
)
from nmf_topics.matrix.rows import AXES, ROW_KINDS
from nmf_topics.matrix.weighting import WEIGHTINGS
from nmf_topics.model.description import MAX_WORDS, TOPIC_WORDS
from nmf_topics.model.refine import REFINEMENTS
from nmf_topics.text.normalize import NORMALIZATIONS, STEMMERS

SCHEMA = 1
_COUNT = whole(1)
_AMOUNT = number(0)
_SEED = whole(0, 2**128)

_MARKUP = mapping_of(record({"removed": list_of(TEXT)}, more=ANYTHING))
CORPUS = record({}, may={"name": NAME, "fingerprint": NAME, "markup": _MARKUP}, more=ANYTHING)

WORDS: dict[str, Check] = {
    "language": NAME,
    "normalize": choice(NORMALIZATIONS),
    "stemmer": choice(STEMMERS),
    "default_stops": FLAG,
    "stop": list_of(TEXT),
    "keep": list_of(TEXT),
    "phrases": FLAG,
    "chunk": optional(_COUNT),
    "numbers": FLAG,
    "accents": FLAG,
    "boilerplate": FLAG,
    "languages": list_of(NAME),
    "tokenizer": optional(TEXT),
    "lemmatizer": optional(TEXT),
    "stop_test": optional(TEXT),
}
BOUNDS: dict[str, Check] = {
    "min_pages": optional(_AMOUNT),
    "max_pages": optional(_AMOUNT),
    "max_terms": optional(_COUNT),
    "corpus_stops": FLAG,
}
RECIPE: dict[str, Check] = {
    "words": record({}, may=WORDS, more=ANYTHING),
    "bounds": record({}, may=BOUNDS, more=ANYTHING),
    "weighting": choice(WEIGHTINGS),
    "unit": FLAG,
    "idf_power": _AMOUNT,
    "objective": choice(OBJECTIVES),
    "solver": choice(RULES),
    "start": NAME,
    "tolerance": _AMOUNT,
    "max_iter": _COUNT,
    "l1_words": _AMOUNT,
    "l1_pages": _AMOUNT,
    "l2_words": _AMOUNT,
    "l2_pages": _AMOUNT,
    "guide": mapping_of(list_of(TEXT)),
    "refine": choice(REFINEMENTS),
    "topic_words": choice(TOPIC_WORDS),
}
# what a fit was given apart from its recipe, and what was found in the corpus
_REFINEMENT = record({}, may={"iterations": whole(0), "pages": whole(0), "pages_moved": whole(0)}, more=ANYTHING)
_FIT: dict[str, Check] = {"rank": _COUNT, "seed": _SEED, "runs": _COUNT}
_FOUND: dict[str, Check] = {
    "corpus": CORPUS,
    "phrases": list_of(list_of(row_of(TEXT, TEXT))),
    "shared_lines": mapping_of(whole(0)),
    "refinement": _REFINEMENT,
}

_NOT_READ = record({"kind": TEXT, "reason": TEXT, "files": whole(0)})
LEDGER = record(
    {},
    may={
        "pages": whole(0),
        "kept": whole(0),
        "dropped": mapping_of(whole(0)),
        "set_aside": optional(list_of(ANYTHING)),
        "files": optional(record({}, may={"not_read": list_of(_NOT_READ)}, more=ANYTHING)),
    },
    more=ANYTHING,
)

_PAGE_INDEX = record(
    {
        "labels": either(whole(0), list_of(ANYTHING)),
        "names": list_of(optional(TEXT)),
        "dtype": NAME,
    }
)
_ORDER = record({"rows": list_of(optional(whole()))}, may={"places": list_of(whole(0))})
_COLUMNS = record(
    {"ids": list_of(TEXT), "titles": list_of(TEXT), "meta": list_of(mapping_of(ANYTHING))},
    may={"index": _PAGE_INDEX, "order": _ORDER},
)
_WORD = row_of(TEXT, TEXT, whole(-1), number(), optional(number()), optional(number()))
_DESCRIPTION = record(
    {"chosen": choice(TOPIC_WORDS), "topics": list_of(list_of(_WORD))},
)

MODEL = record(
    {
        "schema": whole(1),
        "rows": record({"kind": choice(ROW_KINDS)}, more=ANYTHING),
        "columns": _COLUMNS,
        "weighting": optional(record({"name": choice(WEIGHTINGS), "unit": FLAG})),
        "recipe": record(
            {name: {**RECIPE, **_FIT}[name] for name in ("objective", "solver", "seed")},
            may={**RECIPE, **_FIT, **_FOUND},
            more=ANYTHING,
        ),
        "ledger": LEDGER,
        "names": mapping_of(NAME),
        "hidden": list_of(TEXT),
        "stopped": NAME,
        "relative_error": number(),
    },
    may={"certificate": optional(number()), "description": _DESCRIPTION, "sha256": NAME},
)

READING: dict[str, Check] = {
    "path": NAME,
    "text_column": optional(TEXT),
    "title_column": optional(TEXT),
    "id_column": optional(TEXT),
    "date_column": optional(TEXT),
    "label_column": optional(TEXT),
    "encoding": optional(NAME),
    "lines": FLAG,
    "titles_as_text": FLAG,
    "drop_duplicates": FLAG,
    "markup": optional(NAME),
    "read_limits": mapping_of(_COUNT, keys=NAME),
}
RUN = record(
    {},
    may={
        "command": NAME,
        "schema": whole(1),
        "folder": NAME,
        "source": record({}, may={**READING, "given": FLAG}, more=ANYTHING),
        "options": record({}, may={**RECIPE, **_FIT}, more=ANYTHING),
        "seed": _SEED,
        "corpus": CORPUS,
        "relative_error": number(),
        "trace": list_of(number()),
        "versions": mapping_of(TEXT),
        "files": list_of(NAME),
    },
    more=ANYTHING,
)


def check_model(document: Any) -> None:
    """Check a model.json; raise SchemaError for the first field that is not as it must be."""
    MODEL(document)
    rows = document["rows"]
    record({"kind": TEXT, **AXES[rows["kind"]].fields})(rows, "rows")
    for problem in problems_of_names(document["recipe"]["objective"], document["recipe"]["solver"]):
        raise SchemaError(f"recipe.solver: {problem}")
    if (description := document.get("description")) and max(map(len, description["topics"]), default=0) > MAX_WORDS:
        raise SchemaError(f"description.topics must have at most {MAX_WORDS} words each")
