"""Word clouds and their sheet, looked at as pixels and as XML; pictures of a whole model, and of what it lacks."""

from __future__ import annotations

import base64
import io
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.font_manager
import numpy as np
import pytest
from fontTools.ttLib import TTFont
from PIL import Image

from nmf_topics.errors import OutputError
from nmf_topics.images.pixels import PixelGrid
from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.model.model import TopicModel
from nmf_topics.terms.vocabulary import Vocabulary
from nmf_topics.views.drawing.clouds import COLOURS, LONGEST, CloudStyle, cloud_svg, colour_of, make_cloud, sheet
from nmf_topics.views.drawing.fonts import default_font
from nmf_topics.views.drawing.text_drawing import Lettering
from nmf_topics.views.drawing.topic_pictures import PictureStyle, draw_topics

TERMS = [("guitar", 1.0), ("melody", 0.7), ("singer", 0.5), ("naïve", 0.2), ("слово", 0.1)]
SVG = "{http://www.w3.org/2000/svg}"


def style(width: int = 400, height: int = 250, **more: Any) -> CloudStyle:
    """A style with the font that is always there."""
    return CloudStyle(width, height, Lettering([]), **more)


def drawn(cloud: Any) -> list[str]:
    """Words of a cloud, in the order in which they were placed."""
    return [placed.word for placed in cloud.words]


def ink(image: Image.Image) -> np.ndarray:
    """Where a picture is not white."""
    return np.asarray(image.convert("L")) < 250


def make_model(*topics: list[tuple[str, float]], names: dict[int, str] | None = None) -> TopicModel:
    """A model of topics with words of their own; one without words is dead."""
    words = [word for topic in topics for word, _ in topic]
    W, H, row = np.zeros((len(words), len(topics))), np.zeros((len(topics), len(topics))), 0
    for k, topic in enumerate(topics):
        for _, weight in topic:
            W[row, k] = weight
            row += 1
        H[k, k] = (len(topics) - k) * bool(topic)
    pages = [str(j) for j in range(len(topics))]
    return TopicModel(
        W / np.maximum(W.sum(axis=0), 1e-300),
        H,
        np.zeros(len(topics)),
        np.array([0.1]),
        "converged",
        0.1,
        np.zeros(len(topics)),
        np.full(len(topics), np.nan),
        Vocabulary(words, words),
        PageColumns(pages, pages, [{}] * len(pages)),
        None,
        {"objective": "frobenius", "solver": "amu", "seed": 0},
        names=names or {},
    )


# ---------------------------------------------------------------------------------------------- one cloud


def test_words_fall_in_size_with_weight() -> None:
    """All words are there, the heavier ones no smaller, in the topic's colour and within the picture."""
    cloud = make_cloud(TERMS, 3, style())
    assert drawn(cloud) == [word for word, _ in TERMS]
    sizes = [placed.size for placed in cloud.words]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1]
    assert cloud.words[0].colour == "rgb({}, {}, {})".format(*COLOURS[2])
    picture = ink(cloud.to_image())
    assert 0.05 < picture.mean() < 0.6
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    assert not edge.any()  # no letter is cut


def test_same_topic_same_picture() -> None:
    """The same words, number and seed are the same pixels; another number or seed is another layout."""
    first, again = (make_cloud(TERMS, 1, style()).to_image().tobytes() for _ in range(2))
    assert first == again
    assert make_cloud(TERMS, 1, style(seed=1)).to_image().tobytes() != first
    assert make_cloud(TERMS, 2, style()).words != make_cloud(TERMS, 1, style()).words


@pytest.mark.parametrize("number", [1, 10, 11, 25])
def test_colours_go_round(number: int) -> None:
    """Topics beyond the colours begin with the first again, and each colour is dark enough on white."""
    red, green, blue = colour_of(number)
    assert colour_of(number) == colour_of(number + len(COLOURS))
    assert 0.299 * red + 0.587 * green + 0.114 * blue < 130


def test_words_do_not_touch() -> None:
    """Two words side by side are not read as one: each has room of its own on all sides."""
    cloud = make_cloud([(f"word{i}", 1 / (i + 1)) for i in range(30)], 1, style(800, 500))
    taken = np.zeros((250, 400), dtype=bool)
    for placed in cloud.words:
        own = ink(replace(cloud, words=[placed], scale=1).to_image())
        grown = own.copy()
        for axis in (0, 1):
            for step in (-1, 1):
                grown |= np.roll(own, step, axis)
        assert not (grown & taken).any()
        taken |= own
    assert taken.any()


def test_neighbours_are_apart() -> None:
    """On both sides of a word there is a sixth of its size at least, so that two words are not read as one."""
    cloud = make_cloud([(f"word{i}", 1 / (i + 1)) for i in range(40)], 1, style(800, 500))
    taken = np.zeros((250, 400), dtype=bool)
    for placed in cloud.words:
        own = ink(replace(cloud, words=[placed], scale=1).to_image())
        rows, columns = (np.flatnonzero(own.any(axis=axis)) for axis in (1, 0))
        gap = placed.size // 6
        assert not taken[rows[0] : rows[-1] + 1, max(columns[0] - gap, 0) : columns[-1] + gap + 1].any(), placed
        taken |= own


@pytest.mark.parametrize("words", [1, 2])
def test_few_words(words: int) -> None:
    """A topic of one or two words fills the width."""
    cloud = make_cloud(TERMS[:words], 1, style())
    assert drawn(cloud) == [word for word, _ in TERMS[:words]]
    columns = ink(cloud.to_image()).any(axis=0)
    assert np.ptp(np.flatnonzero(columns)) > 300


def test_very_long_word_does_not_press_the_others_down() -> None:
    """A word longer than LONGEST is cut, and the words after it are all there in a size that can be read."""
    long = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz"
    for place in (0, 2):
        terms = [*TERMS[:place], (long, TERMS[place][1]), *TERMS[place:]]
        cloud = make_cloud(terms, 1, style(800, 500))
        words = drawn(cloud)
        assert words[place] == long[: LONGEST - 1] + "…"
        assert words[:place] + words[place + 1 :] == [word for word, _ in TERMS]
        assert min(placed.size for placed in cloud.words) >= 4


def test_endless_words() -> None:
    """Words of 500 letters alone, and several that begin alike, are drawn as one cut word."""
    cloud = make_cloud([("y" * 500, 1.0), ("y" * 499, 0.9)], 1, style())
    assert drawn(cloud) == ["y" * (LONGEST - 1) + "…"]


def test_words_with_signs_that_cannot_be_drawn() -> None:
    """Emoji and marks that turn the direction are left out of a word, a word of nothing else is left out."""
    cloud = make_cloud([("music🎵", 1.0), ("🎵", 0.9), ("a\u202eb", 0.8), ("ok\u200f", 0.6)], 1, style())
    assert drawn(cloud) == ["music", "ab", "ok"]
    assert make_cloud([("music", 1.0), ("ab", 0.8), ("ok", 0.6)], 1, style()).words == cloud.words


def test_words_of_almost_no_weight_are_left_out() -> None:
    """A word of less than a hundredth of the heaviest's weight would look far heavier than it is."""
    cloud = make_cloud([*TERMS, ("faint", 0.011), ("fainter", 0.009), ("rounding", 1e-15)], 1, style())
    assert drawn(cloud) == [*(word for word, _ in TERMS), "faint"]


def test_scripts_from_right_to_left() -> None:
    """Arabic is drawn as joined letters: the word is not as wide as its letters alone."""
    from PIL import ImageFont, features

    if not features.check("raqm"):
        pytest.skip("this build of Pillow has no raqm, which joins Arabic letters")
    cloud = make_cloud([("مرحبا", 1.0)], 1, style())
    font = ImageFont.truetype(str(default_font()), 40)
    assert font.getlength("مرحبا") < sum(font.getlength(letter) for letter in "مرحبا")
    assert drawn(cloud) == ["مرحبا"]


@pytest.mark.parametrize(
    "terms", [[("incomprehensibility", 1.0)], [("incomprehensibility", 1.0), ("a", 0.9)], [("🎵", 1.0)]]
)
def test_no_room_for_any_word(terms: list[tuple[str, float]]) -> None:
    """A picture too small for the first word is refused with its size, not drawn empty."""
    with pytest.raises(OutputError, match="a picture of 50 x 50 pixels is too small for the words of topic 7"):
        make_cloud(terms, 7, style(50, 50))


@pytest.mark.parametrize("colormap", ["viridis", "Dark2"])
def test_colormap(colormap: str) -> None:
    """Words get colours of the map, the same ones every time."""
    clouds = [make_cloud(TERMS, 1, style(colormap=colormap)) for _ in range(2)]
    assert clouds[0].words == clouds[1].words
    assert len({placed.colour for placed in clouds[0].words}) > 2
    assert clouds[0].to_image().tobytes() == clouds[1].to_image().tobytes()


# ---------------------------------------------------------------------------------------------- SVG


def test_svg_has_the_words_and_the_letters() -> None:
    """The SVG is XML of the picture's size with each word as text, and a font inside that has their letters."""
    cloud = make_cloud(TERMS, 1, style())
    text = cloud_svg(cloud)
    root = ET.fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert (root.get("width"), root.get("height")) == ("400", "250")
    assert [node.text for node in root.iter(f"{SVG}text")] == [word for word, _ in TERMS]
    found = re.search(r"base64,([A-Za-z0-9+/=]+)\)", text)
    assert found
    with TTFont(io.BytesIO(base64.b64decode(found[1]))) as font:
        letters = font.getBestCmap()
        assert font.flavor == "woff"
    assert set(letters) == {ord(c) for word, _ in TERMS for c in word}
    assert len(text) < 30_000


@pytest.mark.slow
def test_svg_knows_no_time_and_no_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same cloud is the same SVG an hour later and in another process, whatever its hashes."""
    cloud = make_cloud(TERMS, 1, style())
    first = cloud_svg(cloud)
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert cloud_svg(cloud) == first
    code = (
        "import sys; from nmf_topics.views.drawing.clouds import *\n"
        f"cloud = make_cloud({TERMS!r}, 1, CloudStyle(400, 250, Lettering([])))\n"
        "sys.stdout.write(cloud_svg(cloud))"
    )
    command = [sys.executable, "-X", "utf8", "-c", code]
    result = subprocess.run(
        command, capture_output=True, encoding="utf-8", env={**os.environ, "PYTHONHASHSEED": "7"}, check=True
    )
    assert result.stdout == first
    assert result.stderr == ""


def test_svg_escapes() -> None:
    """Words that would be markup are text."""
    cloud = make_cloud([("a<b&c>", 1.0), ('"d"', 0.5)], 1, style())
    root = ET.fromstring(cloud_svg(cloud))
    assert [node.text for node in root.iter(f"{SVG}text")] == ["a<b&c>", '"d"']


# ---------------------------------------------------------------------------------------------- the sheet


@pytest.mark.parametrize(("n", "across", "down"), [(1, 1, 1), (2, 2, 1), (5, 3, 2), (30, 4, 8)])
def test_sheet_has_every_picture_under_its_caption(n: int, across: int, down: int) -> None:
    """Each picture is in its place, whole and in its colour, with its caption above and nothing written over it."""
    colours = [(8 * i, 255 - 8 * i, 100) for i in range(n)]
    page = sheet([Image.new("RGB", (80, 50), c) for c in colours], [f"No {i}" for i in range(n)], Lettering([]))
    pixels = np.asarray(page)
    assert page.width == 1600
    cell = (1600 - 16 * (across + 1)) // across
    height = round(cell * 50 / 80)
    assert page.height == 16 + down * (height + 34 + 16)
    for i, colour in enumerate(colours):
        x, y = 16 + i % across * (cell + 16), 16 + i // across * (height + 34 + 16)
        assert (pixels[y + 34 : y + 34 + height, x : x + cell] == colour).all()
        assert (pixels[y : y + 30, x : x + cell] < 100).any()  # the caption
        assert (pixels[y - 14 : y, x : x + cell].min() > 200) or i >= across  # and nothing above it


def test_long_captions_are_cut() -> None:
    """A caption ends in an ellipsis where its cell ends; it does not run into the next."""
    pictures = [Image.new("RGB", (80, 50), "white")] * 2
    page = np.asarray(sheet(pictures, ["word " * 100, ""], Lettering([])))
    cell = (1600 - 48) // 2
    assert (page[16:46, 16 : 16 + cell] < 100).any()
    assert page[16:46, 16 + cell :].min() > 240


def test_endless_captions() -> None:
    """A caption of any length is cut in the time of a few measurements, where one a letter would take minutes."""
    measured: list[int] = []

    class Counting(Lettering):
        def length(self, text: str, size: int) -> float:
            measured.append(len(text))
            return super().length(text, size)

    picture = Image.new("RGB", (80, 50), "white")
    page = np.asarray(sheet([picture, picture], ["i" * 30_000, ""], Counting([])))
    last = np.flatnonzero((page[16:46, : 16 + 776] < 100).any(axis=(0, 2))).max()
    assert 16 + 776 - 25 < last < 16 + 776  # as much as fits
    assert len(measured) < 25


# ---------------------------------------------------------------------------------------------- a whole model


def names_of(folder: str) -> list[str]:
    """Files in a folder."""
    return sorted(path.name for path in Path(folder).iterdir())


def draw(model: TopicModel, folder: str, **options: Any) -> list[str]:
    """Draw a model's pictures into a new folder; their names."""
    Path(folder).mkdir()
    draw_topics(model, Path(folder), style=PictureStyle(**options))
    return names_of(folder)


def test_pictures_of_a_model() -> None:
    """A PNG of the size asked for per topic, one sheet, SVG when asked for; the same bytes twice."""
    model = make_model(TERMS, [("moon", 1.0), ("star", 0.4)])
    assert draw(model, "a", size=(301, 199)) == ["all.png", "topic-01.png", "topic-02.png"]
    for number in (1, 2):
        with Image.open(f"a/topic-0{number}.png") as picture:
            assert picture.size == (301, 199)
    svg = ["topic-01.svg", "topic-02.svg"]
    assert draw(model, "b", size=(301, 199), svg=True) == sorted(["all.png", "topic-01.png", "topic-02.png", *svg])
    for name in names_of("a"):
        assert Path("a", name).read_bytes() == Path("b", name).read_bytes()


def test_pictures_with_a_palette() -> None:
    """Pictures are files of a palette, the ground white, every word in what nobody can tell from its colour."""
    model = make_model(TERMS, [("moon", 1.0), ("star", 0.4)])
    draw(model, "a", size=(400, 250))
    terms = model.terms(1, 50)
    shown = make_cloud(terms, 1, CloudStyle(400, 250, Lettering([w for w, _ in terms]), seed=model.recipe["seed"]))
    with Image.open("a/topic-01.png") as picture:
        assert picture.mode == "P"
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert np.abs(pixels - np.asarray(shown.to_image())).max() < 20
    assert (pixels == 255).all(axis=2).mean() > 0.4
    with Image.open("a/all.png") as picture:
        assert (np.asarray(picture.convert("RGB")) == 255).all(axis=2).mean() > 0.4


def test_seed_of_the_model_is_the_seed_of_the_layout() -> None:
    """Models of another seed have other layouts."""
    model = make_model(TERMS)
    draw(model, "a")
    draw(replace(model, recipe={**model.recipe, "seed": 9}), "b")
    assert Path("a/topic-01.png").read_bytes() != Path("b/topic-01.png").read_bytes()


def test_dead_topic_is_left_out() -> None:
    """A topic without words has no picture; the others keep their numbers."""
    model = make_model(TERMS, [], [("moon", 1.0)])
    assert draw(model, "a") == ["all.png", "topic-01.png", "topic-03.png"]
    with Image.open("a/all.png") as page:
        assert page.height < 16 + 2 * (480 + 50)  # one row of two


def test_hidden_words_are_not_drawn() -> None:
    """A hidden word is in no picture, and with all words hidden there is none."""
    model = make_model(TERMS, [("moon", 1.0)])
    draw(model.renamed({}, ["guitar"]), "a", svg=True)
    assert "guitar" not in Path("a/topic-01.svg").read_text(encoding="utf-8")
    assert draw(model.renamed({}, [*(word for word, _ in TERMS), "moon"]), "b") == []


def test_captions_show_number_share_and_name() -> None:
    """Another name is another caption, in the same picture; a name without a font leaves the sheet as it is."""
    model = make_model(TERMS, [("moon", 1.0)])
    pages = []
    for i, name in enumerate(["Music", "Sound", "Music🎵", "🎵Music"]):
        draw(model.renamed({1: name}), str(i))
        pages.append(Path(str(i), "all.png").read_bytes())
    assert pages[0] != pages[1]
    assert pages[0] == pages[2] == pages[3]


@pytest.mark.parametrize("own", [False, True])
def test_words_without_a_font(own: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words that no font has the letters of are an error that names the script, and nothing is drawn."""
    monkeypatch.setattr(matplotlib.font_manager, "findSystemFonts", lambda: [])
    Path("a").mkdir()
    model = make_model(TERMS, [("月", 1.0), ("星", 0.5)])
    with pytest.raises(OutputError, match="scripts: Chinese"):
        draw_topics(model, Path("a"), style=PictureStyle(font=default_font() if own else None))
    assert names_of("a") == []


def test_name_without_a_font_does_not_forbid_the_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A topic may be named in a script that no font here has: its number and share are in the sheet still."""
    monkeypatch.setattr(matplotlib.font_manager, "findSystemFonts", lambda: [])
    model = make_model(TERMS, [("moon", 1.0)])
    assert len(draw(model.renamed({1: "音楽"}), "a")) == 3
    draw(model.renamed({1: " "}), "b")
    assert Path("a/all.png").read_bytes() == Path("b/all.png").read_bytes()


def test_model_is_not_changed() -> None:
    """Drawing leaves the factors as they are."""
    model = make_model(TERMS)
    before = (model.W.tobytes(), model.H.tobytes())
    draw(model, "a", svg=True, colormap="magma")
    assert (model.W.tobytes(), model.H.tobytes()) == before


def test_images_have_basis_images() -> None:
    """Where rows are pixels, each topic is a picture of its column of W."""
    model = replace(make_model(TERMS[:4], []), rows=PixelGrid(2, 2))
    assert draw(model, "a") == ["all.png", "topic-01.png", "topic-02.png"]
    with Image.open("a/topic-02.png") as picture:
        assert np.asarray(picture).min() == 255  # a dead part is white
