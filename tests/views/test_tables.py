"""Tables for programs: files that parse back to what was in them, and JSON without nan."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nmf_topics.files.csv_files import write_csv
from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.model.classify import Assignment
from nmf_topics.model.model import TopicModel
from nmf_topics.views.tables.tables import (
    PAGE_COLUMNS,
    assignment_json,
    assignment_rows,
    json_number,
    model_json,
    number,
    page_rows,
    pages_json,
    topic_json,
    topic_rows,
)


def with_meta(model: TopicModel, *meta: dict[str, Any]) -> TopicModel:
    """The model with other metadata for its first pages."""
    others = [*meta, *({} for _ in range(len(model.columns) - len(meta)))]
    return replace(model, columns=PageColumns(model.columns.ids, model.columns.titles, others))


def parsed(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    """What comes back from the file that the rows are written to."""
    path = Path("table.csv")
    write_csv(rows, path)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


# ---------------------------------------------------------------------------------------------- CSV


@pytest.mark.parametrize(
    ("value", "text", "in_json"),
    [
        (0.0, "0", 0.0),
        (1 / 3, "0.333333333", 0.333333333),
        (1e-20, "1e-20", 1e-20),
        (123456789.4, "123456789", 123456789.0),
        (-2.5, "-2.5", -2.5),
        (float("nan"), "", None),
    ],
)
def test_numbers(value: float, text: str, in_json: float | None) -> None:
    """Nine digits, nothing for nan in files, null in JSON."""
    assert number(value) == text
    assert json_number(value) == in_json


def test_topics_csv(model: TopicModel) -> None:
    """One row a term of each topic, in order, with the numbers of the model."""
    model = model.renamed({2: 'The "second", one'})
    header, *rows = parsed(topic_rows(model))
    assert header == "topic label share pages stability coherence term weight rank_in_topic".split()
    for topic in model.topics():
        mine = [dict(zip(header, row, strict=True)) for row in rows if row[0] == str(topic.number)]
        words = model.words(topic.number, 50)
        assert [row["term"] for row in mine] == [word.word for word in words]
        weights = [model.W[word.row, topic.number - 1] if word.row >= 0 else 0 for word in words]
        assert [float(row["weight"]) for row in mine] == pytest.approx(weights, rel=1e-8)
        assert [row["rank_in_topic"] for row in mine] == [str(place + 1) for place in range(len(words))]
        assert {row["label"] for row in mine} == {topic.label}
        assert {(row["pages"], row["stability"]) for row in mine} == {(str(topic.pages), "")}
        assert float(mine[0]["share"]) == pytest.approx(topic.share, rel=1e-8)
        assert float(mine[0]["coherence"]) == pytest.approx(topic.coherence, rel=1e-8)


def test_pages_csv(model: TopicModel) -> None:
    """One row a page in the order of the model: its topic and weights, its metadata, nothing where there is nothing."""
    header, *rows = parsed(page_rows(model))
    assert header == [*PAGE_COLUMNS[:4], *PAGE_COLUMNS[4:], "page_label", "topic_1", "topic_2", "topic_3", "row"]
    assert len(rows) == 12
    for j, (row, page) in enumerate(zip(rows, model.pages(), strict=True)):
        cell = dict(zip(header, row, strict=True))
        assert (cell["id"], cell["title"]) == (model.columns.ids[j], model.columns.titles[j])
        assert cell["page_label"] == model.columns.meta[j]["label"]
        assert cell["status"] == page.status
        assert [float(cell[f"topic_{k}"]) for k in (1, 2, 3)] == pytest.approx(page.weights.tolist(), rel=1e-8)
        if page.topic is None:
            assert [cell[name] for name in ("topic", "label", "weight", "margin", "error")] == [""] * 5
        else:
            assert (cell["topic"], cell["label"]) == (str(page.topic), model.label(page.topic))
            numbers = [float(cell[name]) for name in ("weight", "margin", "error")]
            assert numbers == pytest.approx([page.weight, page.margin, page.error], rel=1e-8)
    assert sum(row[header.index("status")] == "no-known-words" for row in rows) == 1


def test_some_pages_only(model: TopicModel) -> None:
    """The pages that are asked for, in the order asked for."""
    assert [row[0] for row in page_rows(model, [5, 0])][1:] == [model.columns.ids[5], model.columns.ids[0]]
    assert len(list(page_rows(model, []))) == 1


def test_metadata_with_names_that_are_taken(model: TopicModel) -> None:
    """Metadata named like a column of ours get `page_` before it, as often as it takes; each column has one name."""
    meta = {
        "title": "a",
        "page_title": "b",
        "page_page_title": "c",
        "topic_1": "d",
        "topic_4": "e",
        "id": "f",
        "z": "g",
    }
    header, first, *_ = parsed(page_rows(with_meta(model, meta)))
    assert len(set(header)) == len(header)
    cell = dict(zip(header, first, strict=True))
    assert cell["title"] == model.columns.titles[0]
    assert cell["page_page_page_title"] == "a"
    assert (cell["page_title"], cell["page_page_title"]) == ("b", "c")
    assert (cell["page_topic_1"], cell["topic_4"], cell["page_id"], cell["z"]) == ("d", "e", "f", "g")
    assert header[-4:] == ["topic_1", "topic_2", "topic_3", "row"]


def test_metadata_as_they_are(model: TopicModel) -> None:
    """Numbers in text stay text, numbers keep their digits, what is missing is an empty cell."""
    values = {"code": "007", "e": "1e5", "n": 12345678901234567890, "x": 0.1, "none": None, "nan": float("nan")}
    values |= {"yes": True, "zero": 0, "text": 'line 1\nline 2\r"quoted", \u202eturned'}
    header, first, second, *_ = parsed(page_rows(with_meta(model, values)))
    cell = dict(zip(header, first, strict=True))
    expected = {name: str(value) for name, value in values.items()} | {"none": "", "nan": ""}
    assert {name: cell[name] for name in values} == expected
    assert {dict(zip(header, second, strict=True))[name] for name in values} == {""}


def test_labels_are_worked_out_once(model: TopicModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of many pages does not rank the words of a topic again for each of them."""
    asked: list[int] = []
    terms = TopicModel.terms

    def counting(self: TopicModel, number: int, *args: Any, **options: Any) -> Any:
        asked.append(number)
        return terms(self, number, *args, **options)

    monkeypatch.setattr(TopicModel, "terms", counting)
    list(page_rows(model))
    assert len(asked) <= 3
    model_json(model, Path("x"))
    assert len(asked) <= 6


def test_assignments_csv(model: TopicModel, assignments: list[Assignment]) -> None:
    """The CSV of `classify`: the columns of pages.csv, the share of known words and the note."""
    header, *rows = parsed(assignment_rows(model, assignments))
    assert header == [*PAGE_COLUMNS, "known_words", "note", "topic_1", "topic_2", "topic_3", "row"]
    table = [dict(zip(header, row, strict=True)) for row in rows]
    assert [row["id"] for row in table] == ["a.txt", "b.txt", "c, d", "e.txt"]
    assert [row["status"] for row in table] == ["ok", "no-known-words", "no-known-words", "unreadable"]
    assert [row["known_words"] for row in table][1:] == ["", "0", ""]
    assert float(table[0]["known_words"]) == pytest.approx(assignments[0].known_words, rel=1e-8)
    assert table[0]["topic"] == str(assignments[0].topics.topic)
    assert table[3]["note"] == "e.txt is binary"


# ---------------------------------------------------------------------------------------------- JSON


def plain(document: Any) -> Any:
    """The document as strict JSON has it: nan is no JSON."""
    return json.loads(json.dumps(document, allow_nan=False))


def test_json_of_a_model(model: TopicModel) -> None:
    """The document that the contract promises, key by key, the schema first."""
    document = plain(model_json(model, Path("models/x")))
    keys = "schema model rank n_pages n_terms objective relative_error iterations converged stopped certificate topics"
    assert list(document) == keys.split()
    assert (document["schema"], document["model"], document["rank"]) == (1, "models/x", 3)
    assert (document["n_pages"], document["n_terms"]) == (12, len(model.rows))
    assert (document["objective"], document["converged"]) == ("frobenius", True)
    assert document["iterations"] == len(model.trace)
    assert document["stopped"] == model.stopped
    assert document["certificate"] == pytest.approx(model.certificate, rel=1e-8)
    assert plain(model_json(replace(model, certificate=float("nan")), Path("x")))["certificate"] is None
    assert document["topics"] == [plain(topic_json(model, k)) for k in (1, 2, 3)]
    assert plain(model_json(replace(model, stopped="max_iter"), Path("x")))["converged"] is False


def test_json_of_a_topic(model: TopicModel) -> None:
    """A topic has its number, label, share, pages, terms and the pages that it dominates; nan is null."""
    document = plain(topic_json(model, 2, terms=4, pages=2))
    topic = model.topics()[1]
    assert (document["topic"], document["label"], document["pages"]) == (2, topic.label, topic.pages)
    assert document["share"] == pytest.approx(topic.share, rel=1e-8)
    assert document["stability"] is None
    assert [term["term"] for term in document["terms"]] == [term for term, _ in model.terms(2, 4)]
    best = model.top_pages(2, 2)
    assert [page["id"] for page in document["top_pages"]] == [model.columns.ids[j] for j, _ in best]
    assert [page["title"] for page in document["top_pages"]] == [model.columns.titles[j] for j, _ in best]


def test_json_of_pages(model: TopicModel) -> None:
    """Pages with and without a topic, and metadata with nan, are strict JSON."""
    model = with_meta(model, {"x": float("nan"), "n": 0.1, "s": "nan", "none": None, "big": 2**70})
    pages = model.pages()
    first, without = map(plain, pages_json(model, (0, 3)))
    assert first["meta"] == {"x": None, "n": 0.1, "s": "nan", "none": None, "big": 2**70}
    assert (first["status"], first["topic"]) == ("ok", pages[0].topic)
    assert first["weights"] == pytest.approx(pages[0].weights.tolist(), rel=1e-8)
    assert (without["status"], without["weights"]) == ("no-known-words", [0, 0, 0])
    assert [without[name] for name in ("topic", "label", "weight", "margin", "error")] == [None] * 5


def test_json_of_assignments(model: TopicModel, assignments: list[Assignment]) -> None:
    """The document of `classify` has the promised keys, the explanation where there is one, and null for nan."""
    documents = [plain(assignment_json(model, a)) for a in assignments]
    promised = "name status topic label margin known_words unknown_words error weights".split()
    for document in documents:
        assert set(promised) <= set(document)
    assert [d["known_words"] for d in documents][1:] == [None, 0.0, None]
    assert documents[2]["unknown_words"] == ["zebras"]
    assert "explanation" not in documents[3]
    parts = [word["part"] for topic in documents[0]["explanation"] for word in topic["words"]]
    assert sum(parts) == pytest.approx(1, abs=1e-6)
    assert documents[0]["explanation"][0]["label"] == model.label(documents[0]["explanation"][0]["topic"])
