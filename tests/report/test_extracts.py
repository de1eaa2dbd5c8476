"""Extracts: representative pages within the size limits, and the words that contributed most to their topics."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from inputs import write_jsonl, write_tiny
from PIL import Image

from nmf_topics.corpus.open import open_corpus
from nmf_topics.corpus.page import Page
from nmf_topics.errors import ModelError
from nmf_topics.images.pixels import build_image_matrix
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.model.classify import classify_pages
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.terms.pruning import Bounds
from nmf_topics.text.analyzer import WordOptions
from nmf_topics.views.report import extracts as ex


@pytest.fixture
def tiny(tmp_path: Path) -> tuple[TopicModel, DataMatrix, list[Page]]:
    """A model of the tiny corpus, its V, and its pages."""
    path = write_tiny(tmp_path / "tiny.jsonl")
    data = prepare(Source(str(path)), Recipe(bounds=Bounds(min_pages=2, max_pages=0.5)))
    return fit_topics(data, 3), data, list(open_corpus(path))


def test_pages_that_matter_take_turns_between_topics() -> None:
    """The heaviest page of each topic, then the second of each; pages without a topic last; equals in their order."""
    H = np.array([[5.0, 1, 0, 2, 0, 0], [0, 3, 9, 0, 0, 9]])
    model: Any = SimpleNamespace(H=H, rank=2, dominant=lambda: np.array([0, 1, 1, 0, -1, 1]))
    assert ex.representative_pages(model, 10).tolist() == [0, 2, 3, 5, 1, 4]
    assert ex.representative_pages(model, 3).tolist() == [0, 2, 3]


def test_texts_of_all_pages(tiny: tuple[TopicModel, DataMatrix, list[Page]]) -> None:
    """Every page of a small corpus is there whole, by its column, whatever the order of the corpus."""
    model, data, pages = tiny
    packed = ex.text_extracts(model, data, pages)
    assert packed == ex.text_extracts(model, data, reversed(pages))
    document = ex.unpack(packed)
    texts = {page.id: page.text for page in pages}
    assert [page["page"] for page in document["pages"]] == list(range(12))
    for page in document["pages"]:
        assert page["text"] == texts[data.columns.ids[page["page"]]]
        assert page["length"] == len(page["text"])


def test_words_that_carried_topics_are_those_of_classify(tiny: tuple[TopicModel, DataMatrix, list[Page]]) -> None:
    """The words and parts of a page are those that `classify --explain` gives for the same text."""
    model, data, pages = tiny
    document = ex.unpack(ex.text_extracts(model, data, pages))
    by_id = {page.id: page for page in pages}
    rows: Any = model.rows
    for page in document["pages"]:
        text = by_id[data.columns.ids[page["page"]]].text
        (assignment,) = classify_pages(model, [("x", "x", text)], explain=True)
        assert assignment.explanation is not None
        assert page["words"]
        for number, terms, parts in page["words"]:
            said = assignment.explanation[number]
            assert [rows.surfaces[row] for row in terms] == [word for word, _ in said]
            assert parts == pytest.approx([part for _, part in said], abs=1e-4)


def test_forms_lead_to_rows(tiny: tuple[TopicModel, DataMatrix, list[Page]]) -> None:
    """Each spelling in the texts leads to the row of its term; words that the model does not know lead nowhere."""
    model, data, pages = tiny
    forms = ex.unpack(ex.text_extracts(model, data, pages))["forms"]
    rows: Any = model.rows
    assert rows.terms[forms["songs"]] == rows.terms[forms["song"]] == rows.terms[forms["Songs"]]
    assert "the" not in forms
    assert set(forms.values()) <= set(range(len(rows)))


def test_words_without_spaces_are_all_told(tmp_path: Path) -> None:
    """In a run of Chinese letters a word must not be found in another: those that are no terms are named, with -1."""
    pytest.importorskip("rjieba")
    path = write_jsonl(
        tmp_path / "zh.jsonl",
        [{"id": str(i), "text": text} for i, text in enumerate(("喝水 水平", "热水 喝茶 tea the", "茶水 茶叶 水") * 3)],
    )
    recipe = Recipe(words=WordOptions(language="zh", stop=("水平",)), bounds=Bounds(min_pages=2, max_pages=1.0))
    data = prepare(Source(str(path)), recipe)
    model = fit_topics(data, 2)
    forms = ex.unpack(ex.text_extracts(model, data, open_corpus(path)))["forms"]
    rows: Any = model.rows
    assert forms["水平"] == -1
    assert rows.terms[forms["水"]] == "水"
    assert "the" not in forms  # words between spaces are told apart without a list


@pytest.mark.parametrize("letter", ["a", "語", "\ud800"])
def test_long_pages_are_cut(
    tiny: tuple[TopicModel, DataMatrix, list[Page]], letter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of long pages the beginning is kept, to the end of a word; all texts together stay within their bytes."""
    model, data, pages = tiny
    monkeypatch.setattr(ex, "TEXT_BYTES", 12 * 2000)
    long = [Page(page.id, page.title, f"{letter * 7} " * 5000) for page in pages]
    document = ex.unpack(ex.text_extracts(model, data, long))
    assert len(document["pages"]) == 12
    assert sum(len(page["text"].encode("utf-8", "surrogatepass")) for page in document["pages"]) <= 24_000
    for page in document["pages"]:
        assert page["length"] == 40_000
        assert 500 < len(page["text"]) <= 2000
        assert page["text"].endswith(letter)
        assert len(page["text"]) % 8 == 7


def test_more_pages_than_there_is_room_for(
    tiny: tuple[TopicModel, DataMatrix, list[Page]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pages that matter most are kept, and the corpus is read no further than to the last of them."""
    model, data, pages = tiny
    monkeypatch.setattr(ex, "TEXT_BYTES", 3 * ex.MIN_LENGTH)
    wanted = ex.representative_pages(model, 3)
    seen: list[str] = []

    def reading() -> Any:
        for page in pages:
            seen.append(page.id)
            yield page

    document = ex.unpack(ex.text_extracts(model, data, reading()))
    assert [page["page"] for page in document["pages"]] == sorted(wanted)
    last = max(pages.index(page) for page in pages if page.id in {data.columns.ids[j] for j in wanted})
    assert len(seen) == last + 1


def test_a_corpus_that_changed_meanwhile(tiny: tuple[TopicModel, DataMatrix, list[Page]]) -> None:
    """Pages that are gone when the corpus is read once more have no text; nothing else is lost."""
    model, data, pages = tiny
    document = ex.unpack(ex.text_extracts(model, data, pages[:5]))
    assert len(document["pages"]) == 5


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"no gzip",
        gzip.compress(b"no json", mtime=0),
        gzip.compress(b"[]", mtime=0),
        gzip.compress(b'{"schema": 1}', mtime=0),
        gzip.compress(b'{"schema": 2, "pages": []}', mtime=0),
        gzip.compress(b'{"schema": 1, "pages": [{"page": "x"}]}', mtime=0),
        gzip.compress(b"[" * 100_000, mtime=0),
    ],
)
def test_damaged_extracts_are_refused(damage: bytes) -> None:
    """Whatever is wrong with the file, it is one error with a remedy."""
    with pytest.raises(ModelError, match="fit the model again"):
        ex.unpack(damage)


def test_packing_is_the_same_at_any_time() -> None:
    """The bytes hold no time of day."""
    assert ex.pack({"a": "é"}) == ex.pack({"a": "é"})
    assert json.loads(gzip.decompress(ex.pack({"a": "\ud800"}))) == {"a": "\ud800"}


def test_as_many_images_as_there_is_room_for(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of images that are kept follows from their size; those of 19 x 19 pixels are 11,080."""
    Path("some").mkdir()
    for j in range(6):
        Image.fromarray(rng.integers(0, 255, (5, 4)).astype(np.uint8)).save(f"some/{j}.png")
    data = build_image_matrix(Path("some"))
    model = fit_topics(data, 2, max_iter=5)
    assert len(ex.unpack(ex.image_extracts(model, data))["pages"]) == 6
    assert ex.IMAGE_BYTES // 361 == 11_080
    monkeypatch.setattr(ex, "IMAGE_BYTES", 3 * 20 + 19)
    assert len(ex.unpack(ex.image_extracts(model, data))["pages"]) == 3


def test_images(rng: np.random.Generator) -> None:
    """Images are kept as bytes, large ones as means of squares of pixels."""
    Path("small").mkdir()
    Path("large").mkdir()
    for j in range(5):
        Image.fromarray(rng.integers(0, 255, (5, 4)).astype(np.uint8)).save(f"small/{j}.png")
        Image.fromarray(rng.integers(0, 255, (131, 70)).astype(np.uint8)).save(f"large/{j}.png")
    for folder, height, width in (("small", 5, 4), ("large", 43, 23)):
        data = build_image_matrix(Path(folder))
        document = ex.unpack(ex.image_extracts(fit_topics(data, 2, max_iter=5), data))
        assert (document["height"], document["width"]) == (height, width)
        for page in document["pages"]:
            pixels = np.frombuffer(base64.b64decode(page["pixels"]), dtype=np.uint8).reshape(height, width)
            original = np.asarray(Image.open(f"{folder}/{page['page']}.png"), dtype=float)
            factor = original.shape[0] // height
            assert pixels[1, 2] == pytest.approx(
                original[factor : 2 * factor, 2 * factor : 3 * factor].mean(), abs=0.51
            )
