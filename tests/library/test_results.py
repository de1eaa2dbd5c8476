"""What comes back: tables of classified pages, data frames, three lines of text, HTML for notebooks, progress."""

from __future__ import annotations

import logging
import subprocess
import sys
import textwrap
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nmf_topics import Page, classify, fit_topics, load_model, save_model
from nmf_topics.corpus.page import Corpus
from nmf_topics.library.progress import Progress
from nmf_topics.model.model import TopicModel

TEXTS = ["green tea", "a goal", "black tea with milk", "the final goal", "tea & <cake>", "a cup final"] * 2
LABELS = ["drinks", "sport"] * 6


@pytest.fixture(scope="module")
def model() -> TopicModel:
    """Two topics, named, of pages with metadata whose names are taken by other columns."""
    frame = pd.DataFrame({"text": TEXTS, "label": LABELS, "weight": range(12)}, index=range(100, 112))
    fitted = fit_topics(frame, 2, min_pages=1)
    tea = int(fitted.dominant()[0]) + 1
    return fitted.renamed({tea: "Drinks & <more>", 3 - tea: "Sport"})


class Tags(HTMLParser):
    """Counts the elements of HTML, and checks that they are closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found.append(tag)
        if tag not in ("br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


# ----------------------------------------------------------------------------------------------- the model


def test_a_model_is_three_lines(model: TopicModel) -> None:
    """What was fitted, how well, and the largest topics."""
    lines = repr(model).splitlines()
    assert len(lines) == 3
    assert lines[0] == f"TopicModel: 2 topics of 12 pages and {len(model.rows)} terms"
    assert f"relative error {model.relative_error:.4f}" in lines[1]
    assert "Drinks & <more>" in lines[2]
    many = fit_topics([f"word{i} thing{i}" for i in range(9)], 8, min_pages=1)
    assert repr(many).endswith("4 more")
    assert all(len(line) < 200 for line in repr(many).splitlines())


def test_a_notebook_shows_topics_shares_words_and_clouds(model: TopicModel) -> None:
    """A row a topic; names and words are escaped, and nothing is fetched or run."""
    html = model._repr_html_()
    tags = Tags(html)
    assert tags.found.count("tr") == 3
    for said in ("Drinks & <more>", "Sport", "tea", "goal", f"{model.shares[0]:.1%}", "TopicModel: 2 topics"):
        assert said in tags.text
    assert not {"script", "link", "img", "style", "more"} & set(tags.found)
    sizes = [part.split("em")[0] for part in html.split("font-size:")[2:]]
    assert len(set(sizes)) > 2  # heavier words are larger


def test_images_are_shown_as_pictures(tmp_path: Path) -> None:
    """A model of images has its basis images in the table, and pixels as rows."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for i in range(6):
        Image.fromarray(rng.integers(0, 255, (4, 3), dtype=np.uint8), "L").save(tmp_path / f"{i}.png")
    faces = fit_topics(tmp_path, 2)
    assert repr(faces).startswith("TopicModel: 2 topics of 6 images and 12 pixels")
    assert Tags(faces._repr_html_()).found.count("img") == 2
    assert faces.words_frame().index[4] == "r2c2"
    assert classify(faces, tmp_path).topics == [int(k) + 1 for k in faces.dominant()]


def test_frames_hold_w_h_and_what_is_said_of_them(model: TopicModel) -> None:
    """Shapes, sums and names; metadata whose name is taken gets `page_` before it."""
    topics, pages, words = model.topics_frame(words=2), model.pages_frame(), model.words_frame()
    assert topics.index.tolist() == [1, 2]
    assert topics["share"].sum() == pytest.approx(1)
    assert topics["pages"].sum() == 12
    assert all(len(told.split(", ")) == 2 for told in topics["words"])
    assert pages.index.tolist() == list(range(100, 112))
    assert pages["topic"].dtype == "Int64"
    assert pages["page_label"].tolist() == LABELS
    assert pages["page_weight"].tolist() == list(range(12))
    assert pages[["topic_1", "topic_2"]].sum(axis=1).to_numpy() == pytest.approx(1)
    assert np.array_equal(model.pages_frame("H")[["topic_1", "topic_2"]].to_numpy(), model.H.T)
    assert np.array_equal(words[["topic_1", "topic_2"]].to_numpy(), model.W)
    assert words.loc["tea", "word"] == "tea"
    with pytest.raises(ValueError, match="weights must be 'share' or 'H', not 'W'"):
        model.pages_frame("W")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2020-01-01", periods=12, tz="Europe/Berlin", name="day"),
        pd.MultiIndex.from_product([["b", "a"], range(6)], names=["letter", None]),
        pd.Index(list("lkjihgfedcba")),
        pd.period_range("2020-01", periods=12, freq="M"),
    ],
)
def test_frames_of_a_saved_model_are_the_same(index: Any, tmp_path: Path) -> None:
    """Index, metadata and weights survive the files."""
    model = fit_topics(pd.Series(TEXTS, index=index), 2, min_pages=1)
    save_model(model, tmp_path / "m")
    pd.testing.assert_frame_equal(load_model(tmp_path / "m").pages_frame(), model.pages_frame())


@pytest.mark.slow
def test_without_pandas_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    """Everything but frames works without it; an ImportError names the extra."""
    script = """
        import sys
        sys.modules["pandas"] = None
        from nmf_topics import classify, fit_topics
        model = fit_topics(["green tea", "a goal", "black tea", "the final goal"], 2, min_pages=1)
        repr(model), model._repr_html_()
        for frame in (model.topics_frame, model.pages_frame, model.words_frame, classify(model, ["tea"]).to_frame):
            try:
                frame()
            except ImportError as error:
                print(error)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True)
    said = "a data frame needs the package 'pandas'; try: pip install 'nmf-topics[pandas]'"
    assert done.stdout.splitlines() == [said] * 4


# ----------------------------------------------------------------------------------------------- new pages


def test_classified_pages_are_a_table(model: TopicModel) -> None:
    """A sequence, a text, HTML and a data frame, in the order and with the labels of the input."""
    found = classify(
        model,
        pd.Series(["a goal, the final goal", None, "tea, green tea and milk", "stamps"], index=list("dcba")),
        explain=True,
    )
    assert len(found) == 4
    assert [model.label(t) if t else None for t in found.topics] == ["Sport", None, "Drinks & <more>", None]
    assert found.weights.shape == (4, 2)
    assert found.weights.sum(axis=1).tolist() == pytest.approx([1, 0, 1, 0])
    assert found[0].explanation
    frame = found.to_frame()
    assert frame.index.tolist() == list("dcba")
    assert frame["status"].tolist() == ["ok", "no-known-words", "ok", "no-known-words"]
    assert frame["topic"].isna().tolist() == [False, True, False, True]
    assert frame.loc["a", "known_words"] == 0
    lines = repr(found).splitlines()
    assert lines[:2] == ["4 pages", "page  topic  label            weight  margin  known  status"]
    assert len(lines) == 6
    assert Tags(found._repr_html_()).found.count("tr") == 5
    part = found[1:3]
    assert part.to_frame().index.tolist() == ["c", "b"]
    assert [a.name for a in part] == ["c", "b"]


def test_a_page_of_the_fit_has_its_own_weights(model: TopicModel) -> None:
    """Classifying does what fitting did, for any way in which pages come."""
    expected = model.pages_frame()[["topic_1", "topic_2"]].to_numpy()
    pages = [Page(str(i), "", text) for i, text in enumerate(TEXTS)]
    for data in (TEXTS, iter(TEXTS), pd.DataFrame({"text": TEXTS}), pages, Corpus("c", "c", lambda aside: iter(pages))):
        found = classify(model, data)
        order = np.argsort([int(a.name) for a in found])
        assert found.weights[order] == pytest.approx(expected, abs=1e-6)


def test_long_tables_are_cut(model: TopicModel) -> None:
    """Ten pages are shown of 1500, which are classified in batches."""
    found = classify(model, TEXTS * 125)
    assert repr(found).splitlines()[-1] == "... and 1,490 more"
    assert len(repr(found).splitlines()) == 13
    assert Tags(found._repr_html_()).text.endswith("... and 1,490 more")
    assert found.to_frame()["topic"].value_counts().tolist() == [750, 750]


def test_no_page_at_all_is_an_empty_table(model: TopicModel) -> None:
    """So that a loop over batches needs no special case."""
    found = classify(model, [])
    assert len(found) == 0
    assert found.to_frame().empty
    assert repr(found).startswith("0 pages")
    assert found.weights.shape == (0, 2)


@pytest.mark.parametrize(
    ("data", "options", "kind", "message"),
    [
        ("what a goal", {}, TypeError, "data is one string"),
        (["tea"], {"ids": [1, 2]}, ValueError, "ids must have one value for each page"),
        (["tea"], {"terms": ["tea"]}, ValueError, "terms and pages_in belong to a matrix"),
        ([1], {}, TypeError, "text 0 is of type int"),
    ],
)
def test_what_cannot_be_classified(
    model: TopicModel, data: Any, options: dict[str, Any], kind: type[Exception], message: str
) -> None:
    """As `fit_topics` says it."""
    with pytest.raises(kind, match=message):
        classify(model, data, **options)
    with pytest.raises(TypeError, match="model must be a TopicModel, not of type str; load_model reads one"):
        classify("models/mine", data)  # type: ignore[arg-type]


# ----------------------------------------------------------------------------------------------- on the way


def test_progress_is_told_by_stage() -> None:
    """A beginning and an end of each stage, and what is in between now and then."""
    events: list[Progress] = []
    errors: list[float] = []
    fit_topics(TEXTS, 2, min_pages=1, progress=events.append, on_iteration=lambda it: errors.append(it.error))
    ends = [(event.stage, event.done, event.total) for event in events if event.finished]
    assert ends == [("read", 12, 12), ("fit", len(errors), None)]
    assert events[0] == Progress("read", 0, 12, events[0].seconds)
    assert events[-1].error == errors[-1]
    assert str(events[-1]).startswith(f"fit: iteration {len(errors)}, error {errors[-1]:.4f}, ")


def test_a_callback_can_end_the_fit() -> None:
    """What it raises comes through."""

    def stop(event: Progress) -> None:
        if event.stage == "fit":
            raise InterruptedError("enough")

    with pytest.raises(InterruptedError, match="enough"):
        fit_topics(TEXTS, 2, min_pages=1, progress=stop)


def test_the_logger_tells_what_happens(caplog: pytest.LogCaptureFixture) -> None:
    """Information on V and on the end; each iteration for those who debug."""
    with caplog.at_level(logging.DEBUG, "nmf_topics"):
        fitted = fit_topics(TEXTS, 2, min_pages=1)
    said = [record.getMessage() for record in caplog.records if record.name == "nmf_topics"]
    assert f"V is {len(fitted.rows)} terms x 12 pages" in said
    assert sum(message.startswith("iteration ") for message in said) == len(fitted.trace)
    assert f"relative error {fitted.relative_error:.4f}" in said[-1]
