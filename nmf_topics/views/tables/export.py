r"""Export models to formats of other programs.

    csv        topics.csv, pages.csv (as in the model folder), rows.csv (one row of W per line)
    jsonl      topics.jsonl, pages.jsonl, rows.jsonl: the same as one JSON object per line
    xlsx       model.xlsx: sheets topics, words, pages and about
    markdown   topics.md: a table of the topics
    mtx        W.mtx, H.mtx in MatrixMarket's coordinate format; W-rows.csv and H-columns.csv name rows and columns
    pyldavis   pyldavis.json: the arguments of pyLDAvis.prepare; topics keep their order and numbers:

                   pyLDAvis.save_html(pyLDAvis.prepare(**json.load(open("pyldavis.json"))), "lda.html")

Only the model is needed, and the same model always gives the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nmf_topics.errors import ModelError
from nmf_topics.factor.blocks import Array
from nmf_topics.files.csv_files import write_csv
from nmf_topics.model.model import TopicModel
from nmf_topics.views.tables.tables import (
    TERMS_IN_FILE,
    json_number,
    number,
    page_rows,
    pages_json,
    topic_json,
    topic_rows,
)
from nmf_topics.views.tables.terminal import decimals, readable
from nmf_topics.views.tables.workbook import write_workbook

MARKDOWN_WORDS = 10


def export_model(model: TopicModel, formats: Sequence[str], folder: Path) -> list[str]:
    """Write a model in some formats.

    Parameters
    ----------
    model : TopicModel
    formats : names of formats, keys of `EXPORTS`
    folder : existing folder for the files

    Returns
    -------
    messages about what a format could not hold

    Raises
    ------
    ModelError
        if a format for words is requested for a model of images.
    MissingExtra
        if a format needs a package that is not installed.
    """
    return [remark for name in formats for remark in EXPORTS[name](model, folder) or ()]


def _csv(model: TopicModel, folder: Path) -> None:
    write_csv(topic_rows(model), folder / "topics.csv")
    write_csv(page_rows(model), folder / "pages.csv")
    write_csv(_named_rows(model, weights=True), folder / "rows.csv")


def _row_names(model: TopicModel) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return the columns that identify the rows of W: their headers, and one tuple per row."""
    columns = model.rows.columns()
    return list(columns), list(zip(*columns.values(), strict=True))


def _named_rows(model: TopicModel, *, weights: bool) -> Iterator[list[str]]:
    """Yield the rows of V and W, numbered from 1, with or without their weights."""
    header, names = _row_names(model)
    topics = [f"topic_{k + 1}" for k in range(model.rank)] if weights else []
    yield ["row", *header, *topics]
    for i, name in enumerate(names):
        yield [str(i + 1), *name, *(number(float(w)) for w in (model.W[i] if weights else ()))]


def _jsonl(model: TopicModel, folder: Path) -> None:
    topics = (topic_json(model, k + 1, terms=TERMS_IN_FILE, pages=20) for k in range(model.rank))
    pages = pages_json(model)
    header, names = _row_names(model)
    rows = (
        {**dict(zip(header, name, strict=True)), "weights": [json_number(float(x)) for x in w]}
        for name, w in zip(names, model.W, strict=True)
    )
    for name, objects in (("topics", topics), ("pages", pages), ("rows", rows)):
        _write_lines(objects, folder / f"{name}.jsonl")


def _write_lines(objects: Iterable[dict[str, Any]], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for found in objects:
            file.write(json.dumps(found, ensure_ascii=False) + "\n")


def _xlsx(model: TopicModel, folder: Path) -> list[str]:
    return write_workbook(model, folder / "model.xlsx")


_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~#&$])")


def _markdown_text(text: str) -> str:
    """Escape text for a cell of a Markdown table."""
    return _MARKDOWN.sub(r"\\\1", readable(text))


def _markdown(model: TopicModel, folder: Path) -> None:
    topics = model.topics()
    columns: dict[str, list[str]] = {
        "topic": [str(t.number) for t in topics],
        "label": [_markdown_text(t.label) for t in topics],
        "share": [f"{t.share:.1%}" for t in topics],
        "pages": [str(t.pages) for t in topics],
        "coherence": [decimals(t.coherence, 2) for t in topics],
        "stability": [decimals(t.stability, 2) for t in topics],
        "words": [", ".join(_markdown_text(word) for word, _ in model.terms(t.number, MARKDOWN_WORDS)) for t in topics]
        if model.kind.has_names
        else [],
    }
    shown = {name: cells for name, cells in columns.items() if any(cells)}
    lines = [list(shown), ["---" if name in ("label", "words") else "---:" for name in shown]]
    lines += [list(cells) for cells in zip(*shown.values(), strict=True)]
    whole = "".join("| " + " | ".join(cells) + " |\n" for cells in lines)
    (folder / "topics.md").write_text(whole, encoding="utf-8")


def _mtx(model: TopicModel, folder: Path) -> None:
    _write_matrix(model.W, "W: rows as in W-rows.csv, columns are topics", folder / "W.mtx")
    _write_matrix(model.H, "H: rows are topics, columns as in H-columns.csv", folder / "H.mtx")
    write_csv(_named_rows(model, weights=False), folder / "W-rows.csv")
    columns = model.columns
    named = ([str(j + 1), *names] for j, names in enumerate(zip(columns.ids, columns.titles, strict=True)))
    write_csv([["column", "id", "title"], *named], folder / "H-columns.csv")


def _write_matrix(A: Array, comment: str, path: Path) -> None:
    """Write a matrix in MatrixMarket's coordinate format, which more programs read than the dense format."""
    columns, rows = np.nonzero(A.T)
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.write(f"%%MatrixMarket matrix coordinate real general\n% {comment}\n")
        file.write(f"{A.shape[0]} {A.shape[1]} {len(rows)}\n")
        for i, k in zip(rows.tolist(), columns.tolist(), strict=True):
            file.write(f"{i + 1} {k + 1} {float(A[i, k])!r}\n")  # enough digits to restore the same number


_SMALLEST = 1e-12  # added to all weights, because pyLDAvis takes their logarithms


def _pyldavis(model: TopicModel, folder: Path) -> None:
    rows = model.rows
    if not model.kind.has_names:
        raise ModelError(
            f"pyLDAvis shows words, but the rows of this model are {model.kind.rows}; use csv, jsonl, xlsx or mtx"
        )
    shown = np.setdiff1d(np.arange(len(rows)), model.hidden_rows)
    terms = model.W[shown].T + _SMALLEST
    terms /= terms.sum(axis=1, keepdims=True)
    mass = model.H.sum(axis=0)
    pages = mass > 0
    tokens = model.ledger.get("kept") or int(pages.sum())
    lengths = mass[pages] * (
        tokens / mass.sum()
    )  # so that the share of a topic in all tokens is its share in the model
    document = {
        "topic_term_dists": _plain(terms),
        "doc_topic_dists": _plain((model.H[:, pages] / mass[pages]).T),
        "doc_lengths": _plain(lengths),
        "vocab": _distinct([rows.shown[i] for i in shown], [rows.names[i] for i in shown]),
        "term_frequency": _plain(terms.T @ (model.shares * tokens)),
        "sort_topics": False,  # topics keep their numbers
        "mds": "mmds",  # pyLDAvis' default, pcoa, returns complex coordinates from numpy 2.5 on and fails
    }
    (folder / "pyldavis.json").write_text(json.dumps(document, ensure_ascii=False) + "\n", encoding="utf-8")


def _plain(values: Array) -> Any:
    """Round numbers to nine significant digits, as lists for JSON."""
    return [_plain(row) for row in values] if values.ndim > 1 else [float(f"{x:.9g}") for x in values]


def _distinct(words: Sequence[str], terms: Sequence[str]) -> list[str]:
    """Return words made unique: a word that occurs again is followed by its term in parentheses."""
    seen: set[str] = set()
    found = []
    for word, term in zip(words, terms, strict=True):
        name = word if word not in seen else f"{word} ({term})"
        seen.add(name)
        found.append(name)
    return found


EXPORTS: dict[str, Callable[[TopicModel, Path], list[str] | None]] = {
    "csv": _csv,
    "xlsx": _xlsx,
    "jsonl": _jsonl,
    "pyldavis": _pyldavis,
    "mtx": _mtx,
    "markdown": _markdown,
}
