"""Figures for papers: they show what the model says, in letters that are there, and are the same bytes every time."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from PIL import Image

import nmf_topics.views.plots.paper_figures
from nmf_topics.analysis.topic_map import topic_map
from nmf_topics.analysis.trends import trend_by, trend_by_group, trend_over_time
from nmf_topics.errors import FontError, ModelError
from nmf_topics.images.pixels import PixelGrid
from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.model.model import TopicModel
from nmf_topics.views.plots.model_figures import draw_figures
from nmf_topics.views.plots.paper_figures import draw_map, draw_pages, draw_trend, draw_words
from nmf_topics.views.plots.plot_style import FORMATS, save_all


@pytest.fixture
def figure(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """The last figure, as it was when it was saved."""
    kept: list[Any] = []

    def keep(figure: Any, *arguments: Any) -> None:
        kept.append(figure)
        save_all(figure, *arguments)

    monkeypatch.setattr(nmf_topics.views.plots.paper_figures, "save_all", keep)
    return lambda: kept[-1]


def with_meta(model: TopicModel, name: str, values: list[Any]) -> TopicModel:
    """The model with one metadata on its pages."""
    meta = [{} if value is None else {name: value} for value in values]
    return replace(model, columns=PageColumns(model.columns.ids, model.columns.titles, meta))


def test_words(model: TopicModel, figure: Callable[[], Any]) -> None:
    """A panel a topic: the words that describe it, the first at the top, with the share of its pages that have them."""
    draw_words(model.renamed({2: "Costs $5 and $x^2$"}), Path(), ["png"], top=6)
    axes = figure().axes
    assert [axis.get_title(loc="left")[:1] for axis in axes] == ["1", "2", "3"]
    assert axes[1].get_title(loc="left") == "2  Costs $5 and $x^2$"  # no formula
    for k, axis in enumerate(axes):
        shown = [label.get_text() for label in axis.get_yticklabels()]
        assert shown == [word for word, _ in model.terms(k + 1, 6)]
        assert [bar.get_width() for bar in axis.patches] == [word.coverage for word in model.words(k + 1, 6)]
        heights = [bar.get_y() for bar in axis.patches]
        assert heights == sorted(heights, reverse=True)


def test_pages(model: TopicModel, figure: Callable[[], Any]) -> None:
    """Columns are the shares of pages, by main topic and falling share; the page without a topic is left out."""
    caption = draw_pages(model, Path(), ["png"])
    image = np.asarray(figure().axes[0].images[0].get_array())
    assert image.shape == (3, 11)
    np.testing.assert_allclose(image.sum(axis=0), 1)
    main = image.argmax(axis=0)
    assert (np.diff(main) >= 0).all()
    for k in range(3):
        assert (np.diff(image[k, main == k]) <= 0).all()
    titles = [label.get_text() for label in figure().axes[0].get_xticklabels()]
    assert sorted(titles) == sorted(title for j, title in enumerate(model.columns.titles) if j != 3)
    assert "11 pages" in caption
    assert "left out (1)" in caption


def test_many_pages(model: TopicModel, figure: Callable[[], Any], rng: np.random.Generator) -> None:
    """More pages than a printer can show are brought together: means over neighbours, and nobody is lost."""
    n = 4500
    ids = [str(j) for j in range(n)]
    many = replace(model, H=rng.random((3, n)) ** 8, errors=np.zeros(n), columns=PageColumns(ids, ids, [{}] * n))
    caption = draw_pages(many, Path(), ["png"])
    image = np.asarray(figure().axes[0].images[0].get_array())
    assert image.shape == (3, 1500)
    np.testing.assert_allclose(image.sum(axis=0), 1)
    assert "mean of 3 pages" in caption
    assert figure().axes[0].get_xlabel() == "4500 pages, by main topic"
    draw_map(many, Path(), ["svg"])
    assert Path("map.svg").stat().st_size < 1_000_000


def test_map(model: TopicModel, figure: Callable[[], Any]) -> None:
    """Topics stand at their places on one scale, with areas like their shares and a key of names; pages among them."""
    draw_map(model, Path(), ["png"])
    axis, key = figure().axes
    assert axis.get_aspect() == 1
    drawn = {}
    for text in axis.texts:
        drawn[int(text.get_text())] = text.xy
    places = topic_map(model).positions
    for number, place in drawn.items():
        np.testing.assert_allclose(place, places[number - 1])
    areas = {tuple(c.get_offsets()[0]): c.get_sizes()[0] for c in axis.collections if c.get_sizes()[0] > 4}
    found = [areas[tuple(places[k])] for k in range(3)]
    np.testing.assert_allclose(np.array(found) / sum(found), model.shares)
    assert sum(len(c.get_offsets()) for c in axis.collections if c.get_sizes()[0] == 4) == 11
    assert [text.get_text() for text in key.texts] == [f"{t.number}  {t.label}" for t in model.topics()]


def test_trend_over_time(model: TopicModel, figure: Callable[[], Any]) -> None:
    """A panel a topic on one scale, a gap where a period has no page, and the pages of each period."""
    dated = with_meta(model, "date", [2000 + j // 3 if j < 9 else 2005 for j in range(12)])
    trend = trend_over_time(dated)
    assert trend is not None
    caption = draw_trend(dated, trend, Path(), "trend", ["png"])
    panels, pages = figure().axes[:3], figure().axes[3]
    assert len({axis.get_ylim() for axis in panels}) == 1
    for k, axis in enumerate(panels):
        np.testing.assert_array_equal(axis.lines[0].get_ydata(), trend.shares[k])
    assert np.isnan(panels[0].lines[0].get_ydata()).sum() == 2  # 2003 and 2004
    assert [bar.get_height() for bar in pages.patches] == trend.pages.tolist()
    assert "of a year, by date" in caption
    assert "left out (1)" in caption


def test_long_titles_of_panels_are_not_clipped(model: TopicModel, figure: Callable[[], Any]) -> None:
    """A title ends in an ellipsis before the next panel and the edge of the figure, whatever letters it is of."""
    long = model.renamed({1: "W" * 60, 2: "A name that goes on for longer than its panel", 3: "m" * 60})
    dated = with_meta(long, "date", [2000 + j for j in range(12)])
    trend = trend_over_time(dated)
    assert trend is not None
    draw_trend(dated, trend, Path(), "trend", ["png"])
    drawn = figure()
    FigureCanvasAgg(drawn).draw()  # measured in the pixels of a screen again
    axes = drawn.axes[:3]
    titles = [
        next(c for c in a.get_children() if isinstance(c, Text) and c.get_text() == a.get_title(loc="left"))
        for a in axes
    ]
    ends = [*(axis.get_window_extent().x0 for axis in axes[1:]), drawn.bbox.width]
    for title, end in zip(titles, ends, strict=True):
        assert title.get_text().endswith("…")
        assert end - 110 < title.get_window_extent().x1 <= end


def test_stacked_accents_are_cut(model: TopicModel, figure: Callable[[], Any]) -> None:
    """More than three accents on a letter would be painted over other lines; marks of other scripts are kept."""
    named = with_meta(model.renamed({1: "Z" + "\u0301" * 50}), "by", ["a" + "\u0316\u0301" * 40, "b", "c"] * 4)
    draw_trend(named, trend_by(named, "by", None), Path(), "groups", ["png"])
    (axis,) = figure().axes
    drawn = [label.get_text() for label in (*axis.get_xticklabels(), *axis.get_yticklabels())]
    assert "1  Z" + "\u0301" * 3 in drawn
    assert "a\u0316\u0301\u0316 (3)" in drawn


def test_groups(model: TopicModel, figure: Callable[[], Any]) -> None:
    """The share of each topic in each group, which is named with its number of pages."""
    trend = trend_by_group(model, "label")
    assert trend is not None
    draw_trend(model, trend, Path(), "groups", ["png"])
    (axis,) = figure().axes
    assert [label.get_text() for label in axis.get_yticklabels()] == ["animals (3)", "music (4)", "space (4)"]
    shown = {text.get_position(): text.get_text() for text in axis.texts}
    assert shown == {(k, g): f"{trend.shares[k, g]:.0%}" for k in range(3) for g in range(3)}


@pytest.mark.slow
def test_same_figures_same_bytes(model: TopicModel) -> None:
    """Each format is the same file every time: no date, no version, no names by chance; figures belong to nobody."""
    dated = with_meta(model, "date", [2000 + j for j in range(12)])
    for name in ("a", "b"):
        Path(name).mkdir()
        draw_figures(dated, Path(name), FORMATS, top=4)
    names = sorted(path.name for path in Path("a").iterdir())
    assert names == sorted(f"{figure}.{ending}" for figure in ("words", "pages", "map", "trend") for ending in FORMATS)
    for name in names:
        assert (Path("a") / name).read_bytes() == (Path("b") / name).read_bytes(), name
    svg = Path("a/words.svg").read_text("utf-8")
    assert "<dc:date>" not in svg
    assert matplotlib.__version__ not in svg
    pdf = Path("a/words.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert b"CreationDate" not in pdf
    with Image.open("a/words.png") as picture:
        assert picture.width == 2160  # 7.2 inches at 300 dots
    assert matplotlib.rcParams["text.parse_math"]  # settings are given back


def test_letters_of_several_scripts(model: TopicModel, figure: Callable[[], Any]) -> None:
    """Words are drawn with whatever fonts have their letters; letters that no font has are an error that names them."""
    draw_words(model.renamed({1: "слова · ελληνικά · عربى"}), Path(), ["pdf"], top=3)
    assert figure().axes[0].get_title(loc="left") == "1  слова · ελληνικά · عربى"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("matplotlib.font_manager.findSystemFonts", lambda: [])
        with pytest.raises(FontError, match="scripts: Devanagari"):
            draw_words(model.renamed({1: "हिन्दी"}), Path(), ["png"], top=3)
    with pytest.raises(FontError, match="no font file gone"):
        draw_words(model, Path(), ["png"], top=3, font=Path("gone.ttf"))


@pytest.mark.slow
def test_images(model: TopicModel, figure: Callable[[], Any]) -> None:
    """Parts of images are drawn as such."""
    images = replace(model, rows=PixelGrid(1, len(model.rows)), coherences=np.full(3, np.nan))
    caption = draw_words(images, Path(), ["png"], top=3)
    assert all(len(axis.images) == 1 for axis in figure().axes)
    assert "basis images" in caption
    dated = replace(images, columns=with_meta(model, "date", [2000 + j // 3 for j in range(12)]).columns)
    captions = draw_figures(dated, Path(), ["png"])
    assert set(captions) == {"words", "pages", "map", "trend"}
    assert "Shares of the parts on 11 images, ordered by main part" in captions["pages"]
    assert captions["map"].startswith("Parts by the similarity of their pixels")
    for caption in captions.values():
        assert not re.search(r"\b(topic|word|page|text)s?\b", caption, flags=re.IGNORECASE), caption


@pytest.mark.slow
def test_dead_topic_and_one_topic(model: TopicModel) -> None:
    """A topic of nothing has no place on the map; a model of one topic has no map."""
    W = np.concatenate([model.W, np.zeros((len(model.rows), 1))], axis=1)
    H = np.concatenate([model.H, np.zeros((1, 12))])
    nans = np.full(4, np.nan)
    dead = replace(model, W=W, H=H, coherences=nans, stabilities=nans)
    assert set(draw_figures(dead, Path(), ["png"])) == {"words", "pages", "map", "groups"}
    one = replace(model, W=model.W[:, :1], H=model.H[:1], coherences=nans[:1], stabilities=nans[:1])
    assert set(draw_figures(one, Path(), ["png"])) == {"words", "pages"}  # and its pages have one label


@pytest.mark.slow
def test_which_trends(model: TopicModel) -> None:
    """Dates and labels by themselves; else what is asked for, if it makes periods or groups."""
    months = with_meta(model, "when", [f"2001-{j + 1:02d}" for j in range(12)])
    assert "trend" in draw_figures(months, Path(), ["png"], by="when", period="month")
    assert "groups" in draw_figures(model, Path(), ["png"], by="label")
    with pytest.raises(ModelError, match="no page has the metadata field 'age'; there are: label"):
        draw_figures(model, Path(), ["png"], by="age")
    with pytest.raises(ModelError, match="neither periods of time nor"):
        draw_figures(with_meta(model, "x", ["same"] * 12), Path(), ["png"], by="x")
