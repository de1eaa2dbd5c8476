"""Figures of ranks and of the comparison: what their axes show, for every kind of data, and the same twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib.font_manager
import numpy as np
import pytest
from matplotlib import pyplot
from PIL import Image

from nmf_topics.analysis.method_comparison import Factors, compare_factorizations, describe
from nmf_topics.analysis.ranks import RankRow
from nmf_topics.errors import OutputError
from nmf_topics.images.pixels import PixelGrid
from nmf_topics.matrix.datamatrix import DataMatrix, PageColumns
from nmf_topics.model.fit import fit_topics
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.terms.pruning import Bounds
from nmf_topics.terms.vocabulary import Vocabulary
from nmf_topics.views.plots.figures import draw_comparison, draw_ranks

NAN = float("nan")


@pytest.fixture
def figure(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """The figure that was drawn last, kept from being closed, so that its axes can be read."""
    kept: list[Any] = []
    close = pyplot.close
    monkeypatch.setattr(pyplot, "close", lambda shown: (kept.append(shown), close(shown)))
    return lambda: kept[-1]


def texts_of(axis: Any) -> set[str]:
    """Labels on the ticks of an axis that are within its limits."""
    low, high = sorted(axis.get_view_interval())
    return {tick.label1.get_text() for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high}


def row(rank: int, error: float, **figures: float) -> RankRow:
    """A row of plausible figures."""
    values = {"coherence": 0.3, "diversity": 0.9, "smallest": 0.1, **figures}
    return RankRow(rank, 2.0 / rank, error * 0.98, error, 1 - error**2, iterations=20, **values)


ROWS = [row(2, 0.9, coherence=0.1), row(4, 0.7, coherence=0.4), row(6, 0.65, coherence=0.2)]
SINGULAR = np.array([3.0, 2.0, 1.8, 1.5, 1.4, 1.3])


def test_curves_of_ranks(figure: Callable[[], Any]) -> None:
    """Three plots: singular values, both errors, and what the topics are like, with the range that is suggested."""
    draw_ranks(ROWS, SINGULAR, (4, 6), Path("ranks.png"))
    left, middle, right = figure().axes
    assert left.lines[0].get_ydata().tolist() == SINGULAR.tolist()
    assert middle.lines[0].get_ydata().tolist() == [0.9, 0.7, 0.65]
    assert middle.lines[1].get_ydata().tolist() == [0.9 * 0.98, 0.7 * 0.98, 0.65 * 0.98]
    assert [line.get_label() for line in right.lines] == [
        "coherence (NPMI)",
        "diversity",
        "smallest topic, share of pages",
    ]
    assert right.lines[0].get_ydata().tolist() == [0.1, 0.4, 0.2]
    for axis in (middle, right):
        assert axis.lines[0].get_xdata().tolist() == [2, 4, 6]
        (span,) = axis.patches
        assert (span.get_x(), span.get_x() + span.get_width()) == (3.75, 6.25)
    with Image.open("ranks.png") as picture:
        assert picture.width == 1680


@pytest.mark.slow
@pytest.mark.parametrize("singular", [SINGULAR, np.geomspace(1000, 0.3, 40), np.array([1.02, 1.01])])
def test_ticks_of_singular_values_can_be_read(figure: Callable[[], Any], singular: np.ndarray) -> None:
    """Plain numbers, not powers in braces, and none printed over another, within one decade and over several."""
    draw_ranks(ROWS, singular, (4, 6), Path("ranks.png"))
    axis = figure().axes[0].yaxis
    low, high = axis.get_view_interval()
    ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    assert all(float(tick.label1.get_text()) == pytest.approx(tick.get_loc()) for tick in ticks)
    boxes = sorted((box.y0, box.y1) for box in (tick.label1.get_window_extent() for tick in ticks))
    assert all(lower[1] <= upper[0] for lower, upper in pairwise(boxes))
    assert axis.get_minor_ticks() == []


def test_legends_hide_no_curve(figure: Callable[[], Any]) -> None:
    """Legends stand below the axes, within the sheet."""
    draw_ranks(ROWS, SINGULAR, (4, 6), Path("ranks.png"))
    sheet = figure()
    for axis in sheet.axes[1:]:
        box = axis.get_legend().get_window_extent()
        assert box.y1 < axis.get_window_extent().y0
        assert box.y0 >= 0
        assert 0 <= box.x0 < box.x1 <= sheet.bbox.x1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "singular"),
    [
        ([row(1, 0.5)], np.array([2.0])),
        ([row(3, 1e-9), row(4, 0.0)], np.array([2.0, 1.0, 1e-17, 0.0])),
        ([row(2, 0.5, coherence=NAN, diversity=NAN), row(3, 0.4, coherence=NAN, diversity=NAN)], SINGULAR),
        ([row(2, 0.5, coherence=NAN), row(3, 0.4)], SINGULAR),
    ],
    ids=["one rank", "no error left", "images", "a dead rank"],
)
def test_curves_at_the_edges(rows: list[RankRow], singular: np.ndarray, figure: Callable[[], Any]) -> None:
    """One rank, an exact factorization, images and ranks without coherence are drawn without a warning."""
    draw_ranks(rows, singular, (rows[0].rank, rows[0].rank), Path("ranks.png"))
    labels = [line.get_label() for line in figure().axes[2].lines]
    assert ("coherence (NPMI)" in labels) == any(r.coherence == r.coherence for r in rows)
    assert "smallest topic, share of pages" in labels
    for axis in figure().axes:
        assert all(float(text) == int(float(text)) for text in texts_of(axis.xaxis))  # ranks are whole numbers
    assert np.isfinite(figure().axes[0].lines[0].get_ydata()).all()


@pytest.mark.slow
def test_same_figures_same_bytes() -> None:
    """Drawn twice, a figure is the same file, without a date or a version in it; no figure stays open."""
    for name in ("a.png", "b.png"):
        draw_ranks(ROWS, SINGULAR, (4, 6), Path(name))
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()
    with Image.open("a.png") as picture:
        assert "atplotlib" not in str(picture.info)
    assert pyplot.get_fignums() == []


# ---------------------------------------------------------------------------------------------- the comparison


@pytest.fixture
def data(tiny_corpus: Path) -> DataMatrix:
    """V of the tiny corpus."""
    return prepare(Source(str(tiny_corpus)), Recipe(bounds=Bounds(min_pages=2, max_pages=0.5)))


def compared(data: DataMatrix, rank: int = 3) -> list[Factors]:
    """The three factorizations."""
    return compare_factorizations(data, fit_topics(data, rank))


@pytest.mark.slow
def test_comparison_of_texts(data: DataMatrix, figure: Callable[[], Any]) -> None:
    """A row a method: the heaviest words of its columns with their weights, then the weights of the page."""
    Path("out").mkdir()
    results = compared(data)
    draw_comparison(data, results, 5, Path("out"))
    assert [path.name for path in Path("out").iterdir()] == ["compare.png"]
    axes = np.array(figure().axes).reshape(3, 4)
    rows: Any = data.rows
    for line, result in zip(axes, results, strict=True):
        shown = []
        for axis in line[:3]:
            k = int(axis.get_title().removeprefix(f"{result.method}: column ")) - 1
            shown.append(k)
            words = [label.get_text() for label in axis.get_yticklabels()]
            lengths = [patch.get_width() for patch in axis.patches]
            w = result.W[:, k]
            assert lengths == [w[list(rows.surfaces).index(word)] for word in words]
            assert np.abs(lengths).tolist() == sorted(np.abs(lengths).tolist())  # the heaviest is at the top
            assert max(np.abs(lengths)) == np.abs(w).max()
        assert sorted(shown) == [0, 1, 2]
        heights = [patch.get_height() for patch in line[3].patches]
        np.testing.assert_allclose(heights, result.H[:, 5] * np.linalg.norm(result.W, axis=0))
        assert line[3].get_title() == f"{result.method}: weights of “{data.columns.titles[5]}”"


def test_negative_words_are_red(figure: Callable[[], Any]) -> None:
    """Bars of negative weight are of another colour than those of positive weight."""
    V = np.array([[2.0, 1.0], [1.0, 2.0]])
    data = DataMatrix(V, Vocabulary(["a", "b"], ["a", "b"]), PageColumns(["1", "2"], ["One", "Two"], [{}, {}]))
    W = np.array([[0.6, 0.8], [0.8, -0.6]])
    draw_comparison(data, [describe("PCA", V, W, W.T @ V)], 1, Path())
    first, second, weights = figure().axes
    for axis in (first, second, weights):
        for patch in axis.patches:
            value = patch.get_height() if axis is weights else patch.get_width()
            red, _, blue, _ = patch.get_facecolor()
            assert (red > blue) == (value < 0)
    assert any(patch.get_width() < 0 for patch in second.patches)


@pytest.mark.slow
@pytest.mark.parametrize("rank", [1, 7])
def test_few_columns_and_many(data: DataMatrix, rank: int, figure: Callable[[], Any]) -> None:
    """With one column there is one; of many the five that matter most are shown, and all weights."""
    draw_comparison(data, compared(data, rank), 0, Path())
    axes = figure().axes
    assert len(axes) == 3 * (min(rank, 5) + 1)
    assert len(axes[-1].patches) == rank


@pytest.mark.slow
@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Costs of $5 and \\frac$ x", "Costs of $5 and \\frac$ x"),
        ("A title that goes on and on and on", "A title that goes on an…"),
        ("東京 Tokyo 🗼", " Tokyo "),
        ("a\u202eb\x07", "ab"),
        ("<b>&amp;</b>", "<b>&amp;</b>"),
    ],
)
def test_titles_are_drawn_as_they_stand(data: DataMatrix, title: str, shown: str, figure: Callable[[], Any]) -> None:
    """Dollar signs begin no formula, long titles are cut, and what has no letter in the font is left out."""
    renamed = replace(data, columns=PageColumns(data.columns.ids, [title] * 12, data.columns.meta))
    draw_comparison(renamed, compared(data, 1)[:1], 0, Path())
    assert figure().axes[1].get_title() == f"NMF: weights of “{shown}”"


def with_word(data: DataMatrix, word: str) -> DataMatrix:
    """The data with another word, numbered, in place of each of its own."""
    rows: Any = data.rows
    return replace(data, rows=Vocabulary(rows.terms, [f"{word}{i}" for i in range(len(rows))]))


@pytest.mark.slow
@pytest.mark.parametrize("word", ["слово", "$x^2$", "مرحبا", "w" * 60, "12", "_a"])
def test_words_are_drawn_as_they_stand(data: DataMatrix, word: str, figure: Callable[[], Any]) -> None:
    """Other scripts, dollar signs, numbers and endless words are labels like others."""
    draw_comparison(with_word(data, word), compared(data, 1)[:1], 0, Path())
    labels = {label.get_text() for label in figure().axes[0].get_yticklabels()}
    assert all(label.startswith(word[:20]) for label in labels)
    assert len(labels) == 8 or len(word) == 60  # cut words may look alike
    assert max(map(len, labels)) <= 24


def test_words_without_a_font(data: DataMatrix, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words that no font has are an error that names the script, not a figure of empty boxes."""
    monkeypatch.setattr(matplotlib.font_manager, "findSystemFonts", lambda: [])
    with pytest.raises(OutputError, match="scripts: Devanagari"):
        draw_comparison(with_word(data, "हिन्दी"), compared(data), 0, Path())
    assert not Path("compare.png").exists()


def test_comparison_of_images(rng: np.random.Generator) -> None:
    """A basis and a reconstruction for each method; PCA's have red in them, the others' none."""
    names = [f"{j}.png" for j in range(9)]
    data = DataMatrix(rng.random((20, 9)), PixelGrid(4, 5), PageColumns(names, names, [{}] * 9))
    Path("out").mkdir()
    draw_comparison(data, compared(data, 4), 2, Path("out"))
    assert sorted(path.name for path in Path("out").iterdir()) == sorted(
        f"{part}-{method}.png" for part in ("basis", "reconstruction") for method in ("nmf", "vq", "pca")
    )
    for method in ("nmf", "vq", "pca"):
        for part in ("basis", "reconstruction"):
            with Image.open(f"out/{part}-{method}.png") as picture:
                pixels = np.asarray(picture).astype(int)
            assert (pixels[..., 0] > pixels[..., 1] + 20).any() == (method == "pca")


@pytest.mark.slow
def test_comparison_twice_is_the_same(data: DataMatrix) -> None:
    """The same factors are the same file."""
    results = compared(data, 1)
    for name in ("a", "b"):
        Path(name).mkdir()
        draw_comparison(data, results, 0, Path(name))
    assert Path("a/compare.png").read_bytes() == Path("b/compare.png").read_bytes()
    assert pyplot.get_fignums() == []
