"""Long pages in pieces: where they are cut, and that what is said of a page is the sum of its pieces."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st
from inputs import TINY

from nmf_topics.analysis.method_comparison import compare_factorizations
from nmf_topics.corpus.page import Page
from nmf_topics.factor.project import project
from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.model.classify import classify_pages
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.chunked_pages import parts_of_columns, pieces_of
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.terms.pruning import Bounds
from nmf_topics.text.analyzer import WordOptions
from nmf_topics.text.split import cut_text
from nmf_topics.text.tokenize import tokens

# ------------------------------------------------------------------------------------------------ the cuts


def sizes(text: str, size: int) -> list[int]:
    """Words of the pieces of a text."""
    return [piece.words for piece in cut_text(text, size)]


def test_a_short_text_stays_whole() -> None:
    """What is shorter than one and a half pieces is one piece; so is nothing at all."""
    assert cut_text("One two. Three four. Five six.", 5)[0].words == 6
    assert len(cut_text("One two. Three four. Five six.", 5)) == 1
    assert cut_text("", 5) == [("", 0)]
    assert cut_text("... !", 5) == [("... !", 0)]


def test_paragraphs_come_before_sentences_before_words() -> None:
    """The best end within a third of a piece of the even cut is taken."""
    words = "word " * 45
    assert cut_text(f"{words}end.\n\nNew {words}and. More words here.", 50)[0].text.endswith(" end.\n\n")
    assert cut_text(f"{words}end. New {words}more", 50)[0].text.endswith("end. ")
    assert sizes("word " * 100, 50) == [50, 50]
    assert sizes(f"Early end.\n\n{'word ' * 98}", 50) == [50, 50]  # too far from the middle


def test_pieces_are_of_like_size() -> None:
    """No piece is longer than one and two thirds of the size, none shorter than a third, and no rest is left over."""
    text = " ".join(f"word{k}{'.' if k % 17 == 0 else ''}" for k in range(1234))
    assert len(sizes(text, 100)) == 12
    assert all(60 <= words <= 170 for words in sizes(text, 100))
    assert sum(sizes(text, 100)) == 1234


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("我喜欢喝绿茶。" * 40, "。"),
        ("緑茶が好きです。" * 40, "。"),
        ("ฉันชอบดื่มชาเขียวทุกวัน " * 40, " "),
        ("मुझे हरी चाय पसंद है। " * 40, "। "),
        ("هل تحب الشاي؟ " * 40, "؟ "),
    ],
)
def test_ends_of_sentences_in_other_scripts(text: str, ends: str) -> None:
    """Full stops that are none of ASCII, with a space after them or not; where there are none, spaces."""
    pieces = cut_text(text, 30)
    assert len(pieces) > 3
    assert all(piece.text.endswith(ends) for piece in pieces)


def test_abbreviations_and_numbers_are_not_cut() -> None:
    """A full stop inside a number or an address ends no sentence."""
    text = "costs 3.50 at www.example.org a.m. " * 30
    for piece in cut_text(text, 20):
        assert not piece.text.endswith(("3.", "www.", "example.", "a."))


def test_a_piece_has_a_word() -> None:
    """No size below one."""
    with pytest.raises(ValueError, match="size must be at least 1, not 0"):
        cut_text("text", 0)


@settings(max_examples=150, deadline=None)
@given(st.text() | st.lists(st.sampled_from(["a b", ". ", "\n", "é", "’s ", "x-y ", "\u200c", "1,5 "])).map("".join))
def test_pieces_lose_nothing(text: str) -> None:
    """For any text and size the pieces put together are the text, and each has words."""
    for size in (1, 3, 50):
        pieces = cut_text(text, size)
        assert "".join(piece.text for piece in pieces) == text
        assert len(pieces) == 1 or all(piece.words for piece in pieces)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["don’t", "tea", "3.5", "naïve", "e\u0301t", "می\u200cخواهم", ". ", "\n\n", " ", "-"])))
def test_no_word_is_cut(parts: list[str]) -> None:
    """The words of the pieces are the words of the text."""
    text = "".join(parts)
    assert [token for piece in cut_text(text, 2) for token in tokens(piece.text)] == tokens(text)


# ------------------------------------------------------------------------------------------------ pages


def test_pieces_of_pages_and_back() -> None:
    """Ids keep pieces together, whatever other ids look like; the page gets its title and metadata back."""
    pages = [
        Page("a", "A", "one two. " * 4, {"label": "x", "words": 3}),
        Page("a 1", "A1", ""),
        Page("a\u00a0", "N", "w"),
    ]
    pieces = list(pieces_of(pages, 4))
    assert [piece.title for piece in pieces] == ["A", "A", "A1", "N"]
    ordered = sorted(pieces, key=lambda piece: piece.id)
    columns = PageColumns([p.id for p in ordered], [p.title for p in ordered], [p.meta for p in ordered])
    parts, whole = parts_of_columns(columns)
    assert list(whole.ids) == ["a", "a 1", "a\u00a0"]
    assert list(whole.titles) == ["A", "A1", "N"]
    assert list(whole.meta) == [{"label": "x", "words": 3}, {}, {}]
    assert parts.page.tolist() == [0, 0, 1, 2]
    assert parts.share.tolist() == [0.5, 0.5, 1.0, 1.0]


@pytest.fixture
def books(tmp_path: Path) -> Path:
    """Three books of three chapters each, one on each subject of the tiny corpus, in three orders; and a short page."""
    path = tmp_path / "books.jsonl"
    subjects = list(TINY)
    rows = [
        {
            "id": f"book-{k}",
            "title": f"Book {k}",
            "text": "\n\n".join(" ".join(TINY[name] * 2) for name in subjects[k:] + subjects[:k]),
            "label": subjects[k],
        }
        for k in range(3)
    ]
    rows.append({"id": "short", "title": "Short", "text": TINY["space"][0], "label": "space"})
    rows.append({"id": "void", "title": "Void", "text": "", "label": None})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def recipe(chunk: int | None, objective: str = "frobenius") -> Recipe:
    """Bounds for a few pages, and pieces of about a third of a book."""
    words = WordOptions(chunk=chunk)
    return replace(Recipe(), words=words, bounds=Bounds(min_pages=1, max_pages=0.9), objective=objective)


def fitted(books: Path, chunk: int | None = 110, objective: str = "frobenius") -> TopicModel:
    """A model of the books at rank 3."""
    chosen = recipe(chunk, objective)
    return fit_topics(prepare(Source(str(books)), chosen), 3, **chosen.factors())


def test_topics_are_those_of_pieces(books: Path) -> None:
    """Books that all hold the same three subjects have the same weights; their chapters made the topics."""
    model = fitted(books)
    assert list(model.columns.ids) == ["book-0", "book-1", "book-2", "short", "void"]
    assert model.columns.labels() == ["animals", "music", "space", "space", None]
    shares = np.array([page.weights for page in model.pages()])
    np.testing.assert_allclose(shares[:3], 1 / 3, atol=0.08)
    tops = [{word.lower() for word, _ in model.terms(k, 6)} for k in (1, 2, 3)]
    assert sorted(sum(word in top for top in tops) for word in ("cat", "guitar", "moon")) == [1, 1, 1]
    assert shares[3].max() > 0.95
    assert [page.status for page in model.pages()] == ["ok"] * 4 + ["no-known-words"]
    assert model.ledger["pages"] == 5
    assert model.ledger["pieces"] == 11
    assert model.ledger["pages_without_known_words"] == 1


@pytest.mark.parametrize("objective", ["frobenius", "kl"])
def test_a_page_of_the_fit_gets_its_own_weights_back(books: Path, objective: str) -> None:
    """Classifying cuts, solves and sums as the fit did."""
    model = fitted(books, objective=objective)
    pages = [json.loads(line) for line in books.read_text().splitlines()]
    found = classify_pages(model, [(p["id"], p["title"], p["text"]) for p in pages], explain=True)
    for j, assignment in enumerate(found):
        assert assignment.h is not None
        np.testing.assert_allclose(assignment.h, model.H[:, j], atol=1e-9)
        np.testing.assert_allclose(assignment.topics.error, model.errors[j] if j < 4 else np.nan, atol=1e-9)
    carried = found[0].explanation
    assert carried is not None
    assert len(carried) == 3
    assert sum(part for words in carried.values() for _, part in words) <= 1 + 1e-9
    assert found[0].known_words == pytest.approx(1.0)


def test_shared_lines_of_pieces_are_those_of_pages(tmp_path: Path) -> None:
    """Lines on all pages go, a line that one page repeats stays; classify does the same."""
    notice, refrain = "Printed for the friends of the press", "the moon and the stars and the sun"
    path = tmp_path / "books.jsonl"
    texts = [f"{notice}\n\n" + "\n\n".join([refrain if k == 0 else " ".join(TINY[n])] * 9) for k, n in enumerate(TINY)]
    rows = [{"id": str(k), "title": f"Book {k}", "text": text} for k, text in enumerate(texts * 2)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    chosen = recipe(20)
    chosen = replace(chosen, words=replace(chosen.words, boilerplate=True))
    data = prepare(Source(str(path)), chosen)
    assert data.recipe["shared_lines"] == {notice.lower(): len(rows)}
    assert len(data.columns) > 3 * len(rows)
    model = fit_topics(data, 3, **chosen.factors())
    found = classify_pages(model, [(row["id"], row["title"], row["text"]) for row in rows])
    for j, assignment in enumerate(found):
        assert assignment.h is not None
        np.testing.assert_allclose(assignment.h, model.H[:, j], atol=1e-9)


def test_the_error_of_a_page_is_that_of_its_pieces_together(books: Path) -> None:
    """||V_page - W H_page|| / ||V_page|| over the columns of its pieces; the slow way."""
    chosen = recipe(110)
    data = prepare(Source(str(books)), chosen)
    model = fit_topics(data, 3, **chosen.factors())
    parts, _ = parts_of_columns(data.columns)
    H, _ = project(data.V, model.W, objective="frobenius", rule=chosen.solver)
    V = np.asarray(data.V.todense())
    for page in range(4):
        own = parts.page == page
        slow = np.linalg.norm(V[:, own] - model.W @ H[:, own]) / np.linalg.norm(V[:, own])
        assert model.errors[page] == pytest.approx(slow, abs=1e-7)
        np.testing.assert_allclose(model.H[:, page], H[:, own] @ parts.share[own], atol=1e-9)


def test_pages_that_are_short_are_as_without_chunks(books: Path) -> None:
    """Where no page is long enough to be cut, nothing changes."""
    whole, cut = fitted(books, None), fitted(books, 10_000)
    np.testing.assert_array_equal(whole.W, cut.W)
    np.testing.assert_array_equal(whole.H, cut.H)
    np.testing.assert_allclose(whole.errors, cut.errors, atol=1e-12)
    assert whole.columns == cut.columns


def test_the_other_methods_see_pieces(books: Path) -> None:
    """Vector quantization and PCA are compared with NMF on the same columns."""
    chosen = recipe(110)
    data = prepare(Source(str(books)), chosen)
    found = compare_factorizations(data, fit_topics(data, 3, **chosen.factors()))
    assert {factors.H.shape for factors in found} == {(3, 11)}
    assert found[0].relative_error < found[1].relative_error


def test_chunk_on_the_command_line(run: Callable[..., Result], books: Path) -> None:
    """Tables are of pages; the counts are kept, and another size is another counting."""
    options = ("-r", 3, "--chunk", 110, "--min-pages", 1, "--max-pages", 0.9, "-o", "out")
    first = run("fit", books, *options)
    assert first.exit_code == 0, first.stderr
    assert "x 11 pieces of pages" in first.stderr
    with Path("out/pages.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ["book-0", "book-1", "book-2", "short", "void"]
    assert rows[0]["page_label"] == "animals"
    written = Path("out/model.npz").read_bytes()
    again = run("fit", books, *options)
    assert "11 pieces of pages, from the cache" in again.stderr
    assert Path("out/model.npz").read_bytes() == written
    assert "x 5 pages" in run("fit", books, "-r", 2, "--min-pages", 1, "--max-pages", 0.9, "-o", "whole").stderr
    told = run("classify", books, "--model", "out", "--jsonl")
    assert [json.loads(line)["name"] for line in told.stdout.splitlines()] == [row["id"] for row in rows]
    ranked = run("ranks", books, "--to", 4, "--chunk", 110, "--min-pages", 1, "--max-pages", 0.9)
    assert ranked.exit_code == 0, ranked.stderr


def test_pages_come_in_any_order(books: Path, tmp_path: Path) -> None:
    """The order of the source does not matter to pieces, either; the pages know it."""
    lines = books.read_text().splitlines(keepends=True)
    turned = tmp_path / "turned.jsonl"
    turned.write_text("".join(reversed(lines)))
    one, other = fitted(books), fitted(turned)
    assert replace(one.columns, order=None) == replace(other.columns, order=None)
    assert list(one.columns.rows()) == list(reversed(other.columns.rows()))
    np.testing.assert_array_equal(one.W, other.W)
    np.testing.assert_array_equal(one.H, other.H)


@pytest.mark.data
def test_topics_of_addresses(data_folder: Path) -> None:
    """Addresses of six thousand words speak of many subjects: cut, they show them; whole, their time."""
    source = Source(str(data_folder / "sotu.jsonl.gz"))
    chosen = replace(Recipe(), words=WordOptions(chunk=500), max_iter=60)
    model = fit_topics(prepare(source, chosen), 12, **chosen.factors())
    assert len(model.columns) == 233
    tops = [{word.lower() for word, _ in model.terms(k + 1, 10)} for k in range(12)]
    for subject in ({"gold", "silver"}, {"mail", "post"}, {"tribes", "land"}, {"navy", "ships"}):
        assert any(subject <= top for top in tops), subject
    mixed = [np.sort(page.weights)[-1] for page in model.pages()]
    assert np.median(mixed) < 0.6
