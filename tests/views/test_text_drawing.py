"""Text of several fonts: runs, their places, and scripts that need a library of the system."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.font_manager
import numpy as np
import pytest
from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, features
from test_fonts import font_with

from nmf_topics.errors import FontError
from nmf_topics.views.drawing.clouds import CloudStyle, cloud_svg, make_cloud
from nmf_topics.views.drawing.fonts import default_font, shapes_of
from nmf_topics.views.drawing.text_drawing import Lettering

needs_raqm = pytest.mark.skipif(not features.check("raqm"), reason="Pillow finds no fribidi here")


@pytest.fixture(autouse=True)
def chinese(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only font of the system: two Chinese letters, the digit 1, no Latin."""
    font = font_with("茶日1", "chinese.ttf")
    monkeypatch.setattr(matplotlib.font_manager, "findSystemFonts", lambda: [str(font)])
    return font


def ink_of(lettering: Lettering, text: str, size: int) -> Any:
    """Left, top, right and bottom of what is really drawn, from the beginning of the base line."""
    page = Image.new("L", (600, 200))
    lettering.write(ImageDraw.Draw(page), (100, 100), text, size, 255)
    rows, columns = np.nonzero(np.asarray(page))
    return columns.min() - 100, rows.min() - 100, columns.max() + 1 - 100, rows.max() + 1 - 100


def test_runs(chinese: Path) -> None:
    """A text that one font has is one run; else a new run begins where the font does not go on."""
    lettering = Lettering(["tea 茶"])
    assert lettering.fonts == [default_font(), chinese]
    assert lettering.runs("tea") == [("tea", default_font())]
    assert lettering.runs("茶日") == [("茶日", chinese)]
    assert lettering.runs("1茶") == [("1茶", chinese)]  # all of it in one font, though the other is asked first
    assert lettering.runs("tea 茶1日 x") == [("tea ", default_font()), ("茶1日", chinese), (" x", default_font())]
    assert lettering.runs("") == [("", default_font())]


@pytest.mark.slow
@pytest.mark.parametrize("text", ["tea", "茶", "gâteau 茶日 jp", "Ág", "جمل"])
@pytest.mark.parametrize("size", [7, 40])
def test_ink_is_where_it_is_said_to_be(text: str, size: int) -> None:
    """The box that is reserved for a word holds all that is drawn of it, and the white beside its letters."""
    lettering = Lettering([text])
    said, real = lettering.ink(text, size), ink_of(lettering, text, size)
    assert said[0] <= real[0]
    assert said[1] <= real[1]
    assert said[2] >= real[2]
    assert said[3] >= real[3]
    assert np.abs(np.subtract(said, real)).max() <= 2 + size // 10


def test_cloud_and_svg_of_two_fonts(chinese: Path) -> None:
    """Words in letters that no single font has make one cloud; its SVG has both fonts inside."""
    words = [("tea", 1.0), ("茶", 0.9), ("tea 日", 0.5)]
    style = CloudStyle(400, 250, Lettering([word for word, _ in words]))
    cloud = make_cloud(words, 1, style)
    assert [placed.word for placed in cloud.words] == [word for word, _ in words]
    text = cloud_svg(cloud)
    assert text.count("@font-face") == 2
    assert text.count('font-family="f2"') == 2
    assert text.count("<text") == 4


def test_words_of_another_font_fit_into_their_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Places are measured with the font of most words; words of a font with larger letters do not cover others."""
    font = font_with("茶日", "large.ttf")
    with TTFont(font) as large:
        large["head"].unitsPerEm //= 3
        large.save("large.ttf")
    monkeypatch.setattr(matplotlib.font_manager, "findSystemFonts", lambda: [str(font)])
    words = [(word, 1 / (i + 1)) for i, word in enumerate(["tea", "茶日茶", "cup", "日日", "leaf", "茶", "pot", "hot"])]
    lettering = Lettering([word for word, _ in words])
    cloud = make_cloud(words, 1, CloudStyle(400, 250, lettering))
    assert [placed.word for placed in cloud.words] == [word for word, _ in words]
    assert lettering.most_used(word for word, _ in words) == default_font()
    taken = np.zeros((125, 200), dtype=bool)
    for placed in cloud.words:
        own = np.asarray(replace(cloud, words=[placed], scale=1).to_image().convert("L")) < 250
        assert own.any()
        assert not (own & taken).any(), placed
        taken |= own


@needs_raqm
def test_caption_runs_from_the_left() -> None:
    """The number of a topic stands at the left of its name, whichever way the name is written."""
    lettering = Lettering(["12  قهوة"])
    pages = []
    for text in ("12", "12  قهوة"):
        page = Image.new("L", (300, 60))
        lettering.write(ImageDraw.Draw(page), (10, 40), text, 20, 255, turned="ltr")
        pages.append(np.asarray(page))
    width = int(lettering.length("12", 20)) + 10
    assert (pages[0][:, :width] == pages[1][:, :width]).all()
    assert pages[1][:, width + 5 :].any()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "language"),
    [
        ({"language": "zh"}, "zh"),
        ({"language": "ja", "languages": []}, "ja"),
        ({"language": "auto", "languages": ["en", "ko", "zh"]}, "ko"),
        ({"language": "ar"}, None),
        ({"language": "auto", "languages": ["en"]}, None),
        ({}, None),
    ],
)
def test_language_of_chinese_characters(words: dict[str, Any], language: str | None) -> None:
    """Characters that several languages share are those of the corpus; of several the commonest decides."""
    assert shapes_of({"words": words}) == language
    assert shapes_of({}) is None


@needs_raqm
def test_shapes_are_those_of_the_language() -> None:
    """A font that has a character in the shapes of several languages shows that of the corpus, and an SVG names it."""
    with TTFont(font_with("日b", "shapes.ttf")) as font:
        name = font.getBestCmap()
        rule = f"feature locl {{ script hani; language ZHS; sub {name[ord('日')]} by {name[ord('b')]}; }} locl;"
        addOpenTypeFeaturesFromString(font, f"languagesystem DFLT dflt; languagesystem hani ZHS; {rule}")
        font.save("both.ttf")
    plain, shaped = (Lettering(["日"], Path("both.ttf"), language) for language in (None, "zh"))
    assert ink_of(plain, "日", 40) != ink_of(shaped, "日", 40)
    svg = cloud_svg(make_cloud([("日", 1.0)], 1, CloudStyle(200, 200, shaped)))
    assert 'xml:lang="zh"' in svg
    assert "xml:lang" not in cloud_svg(make_cloud([("日", 1.0)], 1, CloudStyle(200, 200, plain)))


WITHOUT = """
from nmf_topics.errors import FontError
from nmf_topics.views.drawing.text_drawing import Lettering
Lettering(["tea", "чай", "τσάι", "trà"])
for words in (["شاي"], ["תה"], ["tea", "नमक"]):
    try:
        Lettering(words)
    except FontError as error:
        print(error)
"""


@pytest.mark.slow
def test_scripts_that_need_a_library_of_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without fribidi Arabic, Hebrew and Indic letters are refused by name, not drawn from the wrong end."""
    (tmp_path / "libfribidi.so.0").write_bytes(b"no library")
    environment = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}
    check = [sys.executable, "-c", "from PIL import features; print(features.check('raqm'))"]
    if subprocess.run(check, env=environment, capture_output=True, text=True, check=True).stdout.strip() != "False":
        pytest.skip("Pillow's fribidi cannot be hidden here")
    font_with("नमक", "indic.ttf")
    code = "import matplotlib.font_manager as m; m.findSystemFonts = lambda: ['indic.ttf']\n" + WITHOUT
    command = [sys.executable, "-X", "utf8", "-c", code]
    result = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=True)
    lines = result.stdout.splitlines()
    assert len(lines) == 3
    for line, script in zip(lines, ("Arabic", "Hebrew", "Devanagari"), strict=True):
        assert f"is needed to draw {script}, is not installed" in line
        assert "libfribidi0" in line


def test_letters_without_a_font() -> None:
    """What no font has is an error that names the script."""
    with pytest.raises(FontError, match="scripts: Thai"):
        Lettering(["tea", "ชา"])
