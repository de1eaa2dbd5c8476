"""The order of the source: pages are shown in it and carry the numbers of their rows, while no factor depends on it."""

from __future__ import annotations

import csv
import json
import mailbox
import random
from collections.abc import Sequence
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inputs import TINY, tiny_texts, write_jsonl
from outputs import document, read_table, table
from program import Run

from nmf_topics import classify, fit_topics, load_model, save_model
from nmf_topics.corpus.open import open_corpus
from nmf_topics.errors import ModelError
from nmf_topics.factor.engines.choice import EngineOptions
from nmf_topics.files.json_files import CHECKSUM
from nmf_topics.matrix.datamatrix import PageColumns, SourceOrder
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.terms.pruning import Bounds
from nmf_topics.text.analyzer import WordOptions
from nmf_topics.views.tables.tables import page_rows

RECIPE = Recipe(bounds=Bounds(max_pages=0.5))
IDS = ["k", "b", "10", "9", "z", "a", "m", "c", "1", "y", "d", "2"]  # sorted, they are in another order
ROWS = [str(row) for row in range(1, 13)]


def write_table(path: Path) -> Path:
    """The tiny corpus as CSV, whose rows are not in the order of the ids."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "title", "text"])
        writer.writerows([page_id, f"Page {page_id}", text] for page_id, text in zip(IDS, tiny_texts(), strict=True))
    return path


def shown(model: TopicModel) -> list[tuple[str, str]]:
    """Id and row of each line of pages.csv."""
    header, *rows = page_rows(model)
    assert header[-1] == "row"
    return [(row[0], row[-1]) for row in rows]


IN_ORDER = list(zip(IDS, ROWS, strict=True))


def test_pages_of_a_table(tmp_path: Path) -> None:
    """The table of pages is in the order of the rows and numbers them; the columns of H are in that of the ids."""
    model = fit_topics(write_table(tmp_path / "t.csv"), 3, max_pages=0.5)
    assert list(model.columns.ids) == sorted(IDS)
    assert shown(model) == IN_ORDER
    frame = model.pages_frame()
    assert (frame.index.tolist(), frame["row"].tolist()) == (IDS, list(range(1, 13)))
    for page_id, page in frame.iterrows():
        j = list(model.columns.ids).index(str(page_id))
        assert page["topic"] == model.dominant()[j] + 1
    again = classify(model, tmp_path / "t.csv").to_frame()
    assert again["row"].tolist() == frame["row"].tolist()
    assert again["topic"].tolist() == frame["topic"].tolist()


def test_no_factor_depends_on_it(tmp_path: Path) -> None:
    """A shuffled table gives the same bytes of W and H; only the rows are others."""
    rows = [{"id": page_id, "text": text} for page_id, text in zip(IDS, tiny_texts(), strict=True)]
    one = fit_topics(write_jsonl(tmp_path / "one.jsonl", rows), 3, max_pages=0.5)
    random.Random(1).shuffle(rows)
    other = fit_topics(write_jsonl(tmp_path / "other.jsonl", rows), 3, max_pages=0.5)
    assert (one.W.tobytes(), one.H.tobytes()) == (other.W.tobytes(), other.H.tobytes())
    assert [page_id for page_id, _ in shown(other)] == [row["id"] for row in rows]
    assert [row for _, row in shown(other)] == ROWS


@pytest.mark.parametrize("words", [WordOptions(), WordOptions(chunk=6)], ids=["pages", "chunks"])
def test_cached_counts_keep_it(tmp_path: Path, words: WordOptions) -> None:
    """Counts that are recalled know the order of the source, of pages and of pieces of pages."""
    path, recipe = write_table(tmp_path / "t.csv"), replace(RECIPE, words=words)
    notes: list[str] = []
    for _ in range(2):
        data = prepare(Source(str(path)), recipe, cache=tmp_path / "cache", note=notes.append)
        assert shown(fit_topics(data, 3)) == IN_ORDER
    assert any("from the cache" in note for note in notes)


def test_blocks_on_disk_keep_it(tmp_path: Path) -> None:
    """So does V on disk, made from counts and found again."""
    source, notes = Source(str(write_table(tmp_path / "t.csv"))), list[str]()
    for _ in range(2):
        data = prepare(source, RECIPE, cache=tmp_path / "cache", engine=EngineOptions("disk"), note=notes.append)
        assert shown(fit_topics(data, 3)) == IN_ORDER
    assert any("from blocks made before" in note for note in notes)


def test_a_model_keeps_it(tmp_path: Path) -> None:
    """Saved, named and loaded, and saved again."""
    model = fit_topics(write_table(tmp_path / "t.csv"), 3, max_pages=0.5)
    save_model(model, tmp_path / "model")
    again = load_model(tmp_path / "model").renamed({1: "Space"})
    assert again.columns == model.columns
    save_model(again, tmp_path / "model")
    assert shown(load_model(tmp_path / "model")) == IN_ORDER


def test_a_model_without_it(tmp_path: Path) -> None:
    """A model of an earlier version has no order: its pages are in the order of the ids, the rows are empty."""
    save_model(fit_topics(write_table(tmp_path / "t.csv"), 3, max_pages=0.5), tmp_path / "model")
    file = tmp_path / "model" / "model.json"
    described = json.loads(file.read_text("utf-8"))
    del described["columns"]["order"], described[CHECKSUM]
    file.write_text(json.dumps(described), encoding="utf-8")
    assert shown(load_model(tmp_path / "model")) == [(page_id, "") for page_id in sorted(IDS)]


@pytest.mark.parametrize(
    "order",
    [
        {"places": list(range(11)), "rows": list(range(1, 12))},
        {"places": [0] * 12, "rows": [1] * 12},
        {"places": list(range(12)), "rows": ["1"] * 12},
        {"places": [0.5, *range(1, 12)], "rows": list(range(1, 13))},
        {"places": list(range(12)), "rows": [1]},
        {"rows": [1] * 12},
        {"rows": [None, *range(2, 13)]},
        {"places": list(range(12))},
        [],
        7,
    ],
)
def test_a_damaged_order_is_refused(tmp_path: Path, order: Any) -> None:
    """What is no order is an error of the model, not of whoever reads it later."""
    save_model(fit_topics(write_table(tmp_path / "t.csv"), 3, max_pages=0.5), tmp_path / "model")
    file = tmp_path / "model" / "model.json"
    described = json.loads(file.read_text("utf-8"))
    del described[CHECKSUM]
    described["columns"]["order"] = order
    file.write_text(json.dumps(described), encoding="utf-8")
    with pytest.raises(ModelError, match=r"is damaged: .*order|order of its pages"):
        load_model(tmp_path / "model")


def write_mailbox(path: Path, texts: Sequence[str]) -> None:
    """A mailbox of messages."""
    box = mailbox.mbox(path)
    for text in texts:
        message = EmailMessage()
        message["Subject"] = text[:20]
        message.set_content(text)
        box.add(message)
    box.close()


def test_a_folder_of_mailboxes(tmp_path: Path) -> None:
    """Several files with several pages each: by file, then by row; a text between them has no row."""
    folder = tmp_path / "mail"
    folder.mkdir()
    texts = tiny_texts() * 2
    write_mailbox(folder / "b.mbox", texts[:11])  # "b.mbox/10" is sorted before "b.mbox/2"
    write_mailbox(folder / "d.mbox", texts[11:])
    (folder / "c.txt").write_text(TINY["space"][0])
    model = fit_topics(folder, 3, max_pages=0.5)
    rows = [int(row) if row else None for _, row in shown(model)]
    assert rows == [*range(1, 12), None, *range(1, 14)]
    assert [page_id.partition("/")[0] for page_id, _ in shown(model)] == ["b"] * 11 + ["c"] + ["d"] * 13


def test_a_folder_of_texts_has_none(tmp_path: Path) -> None:
    """Where each page is a file, there is no row, and the order is that of the ids."""
    folder = tmp_path / "texts"
    folder.mkdir()
    for page_id, text in zip(IDS, tiny_texts(), strict=True):
        (folder / f"{page_id}.txt").write_text(text)
    model = fit_topics(folder, 3, max_pages=0.5)
    assert model.columns.order is None
    assert shown(model) == [(page_id, "") for page_id in sorted(IDS)]


def test_rows_of_what_is_left_out(tmp_path: Path) -> None:
    """Rows that are no page keep their numbers: the number is that of the row in the table."""
    texts = tiny_texts()
    rows = [{"id": f"{20 - i}", "text": texts[min(i, 11)]} for i in range(14)]  # the last two repeat the one before
    source = Source(str(write_jsonl(tmp_path / "t.jsonl", [rows[0], rows[13], *rows[1:13]])), drop_duplicates=True)
    model = fit_topics(prepare(source, RECIPE), 3)
    found = [int(row) for _, row in shown(model)]
    assert found == sorted(found)
    assert len(found) == 12
    assert 2 not in found or 14 not in found  # one of the twins


def test_lines_and_lists(tmp_path: Path) -> None:
    """One page a line, and a list of texts, are numbered from 1."""
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(tiny_texts()) + "\n")
    found = fit_topics(path, 3, max_pages=0.5, lines=True)
    assert [row for _, row in shown(found)] == ROWS
    titles = {page.row: page.title for page in open_corpus(path, lines=True)}
    assert [found.columns.titles[j] for j in found.columns.in_source_order()] == [titles[row] for row in range(1, 13)]
    listed = fit_topics(tiny_texts(), 3, max_pages=0.5)
    assert [row for _, row in shown(listed)] == ROWS
    assert listed.pages_frame()["topic"].tolist() == [int(k) + 1 for k in listed.dominant()]


def test_metadata_of_that_name(tmp_path: Path) -> None:
    """A column "row" of the source becomes `page_row`, like every name that is taken."""
    rows = [{"text": text, "row": 100 + i} for i, text in enumerate(tiny_texts())]
    model = fit_topics(write_jsonl(tmp_path / "t.jsonl", rows), 3, max_pages=0.5)
    first = dict(zip(*list(page_rows(model))[:2], strict=True))
    assert (first["row"], first["page_row"]) == ("1", "100")
    assert model.pages_frame()["page_row"].tolist() == list(range(100, 112))


def test_places_are_written_where_rows_do_not_tell() -> None:
    """Rows of one table are its order; those of several files are not."""
    table = SourceOrder.of([2, 3, 7])
    assert table is not None
    assert table.to_meta() == {"rows": [2, 3, 7]}
    assert SourceOrder.from_meta({"rows": [2, 3, 7]}) == table
    files = SourceOrder.of([1, 2, None, 1])
    assert files is not None
    assert files.to_meta() == {"places": [0, 1, 2, 3], "rows": [1, 2, None, 1]}
    assert SourceOrder.from_meta(files.to_meta()) == files
    assert SourceOrder.of([None, None]) is None


def test_some_columns() -> None:
    """Some of the pages keep their order and rows."""
    columns = PageColumns(["a", "b", "c"], ["A", "B", "C"], [{}, {}, {}], order=SourceOrder([2, 0, 1], [3, 1, 2]))
    assert list(columns.in_source_order()) == [1, 2, 0]
    some = columns.take([2, 0])
    assert (some.ids, list(some.rows()), list(some.in_source_order())) == (["c", "a"], [2, 3], [0, 1])
    assert list(PageColumns(["a"], ["A"], [{}]).rows()) == [None]
    np.testing.assert_array_equal(PageColumns.from_meta(columns.to_meta()).order.rows, [3, 1, 2])  # type: ignore[union-attr]


def test_on_the_command_line(ok: Run, tmp_path: Path) -> None:
    """pages.csv, `pages`, `classify`, `label` and `export` show the pages of a table in its order."""
    source = write_table(tmp_path / "t.csv")
    ok("fit", source, "-o", "m", "--rank", 3, "--max-pages", 0.5, "--no-clouds", "--no-report")
    assert [(row["id"], row["row"]) for row in read_table(Path("m/pages.csv"))] == IN_ORDER
    ok("label", "m", "1=Space")
    assert [(row["id"], row["row"]) for row in read_table(Path("m/pages.csv"))] == IN_ORDER
    assert ok("pages", "m", "--csv").stdout == Path("m/pages.csv").read_text(encoding="utf-8")
    assert [(page["id"], page["row"]) for page in document(ok("pages", "m", "--json"))["pages"]] == [
        (page_id, int(row)) for page_id, row in IN_ORDER
    ]
    found = table(ok("classify", source, "--csv", "--model", "m").stdout)
    assert [(row["id"], row["row"]) for row in found] == IN_ORDER
    ok("export", "m", "--to", "jsonl", "-o", "out")
    lines = Path("out/pages.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == IDS
    titles = [line.rsplit("Page ", 1)[1].strip() for line in ok("pages", "m").stdout.splitlines() if "Page " in line]
    assert titles == IDS
