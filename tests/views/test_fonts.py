"""Fonts: those that have the letters, or an error that names the script; the fonts of the machine play no part here."""

from __future__ import annotations

import shutil
from pathlib import Path

import matplotlib.font_manager
import pytest
from fontTools import subset
from fontTools.ttLib import TTFont

from nmf_topics.errors import OutputError
from nmf_topics.views.drawing.fonts import default_font, drawable, fonts_for


@pytest.fixture(autouse=True)
def system(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The fonts of the system: none, until a test adds some."""
    fonts: list[str] = []
    monkeypatch.setattr(matplotlib.font_manager, "findSystemFonts", lambda: fonts)
    return fonts


def font_with(letters: str, path: str, name: str = "Letters") -> Path:
    """A font of a few letters: those of DejaVu Sans, or, for letters that it lacks, its shape of the letter a."""
    options = subset.Options(notdef_outline=True, drop_tables=["FFTM", "GSUB", "GPOS", "GDEF", "kern"])
    with TTFont(default_font()) as font:
        has = font.getBestCmap()
        chosen = subset.Subsetter(options)
        chosen.populate(text="a" + "".join(letter for letter in letters if ord(letter) in has))
        chosen.subset(font)
        for table in font["cmap"].tables:
            if table.isUnicode():
                table.cmap.update({ord(letter): "a" for letter in letters if ord(letter) not in has})
                if "a" not in letters:
                    table.cmap.pop(ord("a"), None)
        font.save(path)
    return Path(path)


def test_default_font_is_there() -> None:
    """DejaVu Sans is found where matplotlib has it."""
    assert default_font().name == "DejaVuSans.ttf"
    assert default_font().is_file()


@pytest.mark.parametrize(
    "words",
    [
        ["plain", "café", "Łódź", "ǅ", "naïve2"],
        ["Москва", "щука", "ёж"],
        ["Ελλάδα", "ᾤδή"],
        ["مرحبا", "العالم"],
        ["שלום"],
        ["cafe\u0301", "n\u0303"],
        ["mixed", "слово", "λόγος"],
        [],
        [""],
    ],
)
def test_scripts_that_the_default_font_has(words: list[str]) -> None:
    """Latin with all its marks, Cyrillic, Greek, Arabic and Hebrew need no other font."""
    assert fonts_for(words) == [default_font()]


def test_latin_is_known_to_be_there() -> None:
    """What is taken for granted below U+0250 is true: the default font has every letter and digit there."""
    with TTFont(default_font()) as font:
        letters = font.getBestCmap()
    assert [hex(c) for c in range(0x250) if chr(c).isalnum() and c not in letters] == []


@pytest.mark.parametrize(
    ("words", "scripts"),
    [
        (["日本語"], "Chinese"),
        (["हिन्दी"], "Devanagari"),
        (["ภาษาไทย"], "Thai"),
        (["かな", "カナ", "漢字"], "Chinese, Hiragana, Katakana"),
        (["한국어"], "Hangul"),
        (["hello", "日本", "नमस्ते"], "Chinese, Devanagari"),
    ],
)
def test_letters_that_no_font_has(words: list[str], scripts: str) -> None:
    """The error names the scripts that are missing, these only, and what to do."""
    with pytest.raises(OutputError, match=rf"letters of these scripts: {scripts}; install one .* with font"):
        fonts_for(words)


def test_system_fonts_are_searched(system: list[str]) -> None:
    """The font of the system that has most of what is missing is added; the first by name where several have."""
    font_with("日", "a.ttf")
    for name in ("c.ttf", "b.ttf"):
        font_with("日本", name)
    system += ["c.ttf", "a.ttf", "b.ttf"]
    assert fonts_for(["hi", "日本"]) == [default_font(), Path("b.ttf")]
    assert fonts_for(["日"]) == [default_font(), Path("a.ttf")]
    assert fonts_for(["hi"]) == [default_font()]


def test_several_fonts_together(system: list[str]) -> None:
    """Scripts that no single font has are put together from several."""
    system += [str(font_with("हिन्दी", "a.ttf")), str(font_with("日本", "b.ttf"))]
    assert set(fonts_for(["hello", "日本", "हिन्दी"])) == {default_font(), Path("a.ttf"), Path("b.ttf")}


def test_nearest_font_decides_what_is_named(system: list[str]) -> None:
    """Where all fonts together lack something, the scripts named are those that they lack."""
    system.append(str(font_with("日本", "a.ttf")))
    with pytest.raises(OutputError, match="scripts: Devanagari; install"):
        fonts_for(["hi", "日本", "नमस्ते"])


def test_broken_system_fonts_are_passed_over(system: list[str]) -> None:
    """Files among the system's fonts that cannot be read are as if they were not there."""
    Path("a.ttf").write_bytes(b"no font at all")
    Path("b.ttf").write_bytes(b"")
    Path("c.ttf").write_bytes(default_font().read_bytes()[:5000])
    font_with("日", "d.ttf")
    system += ["a.ttf", "b.ttf", "c.ttf", "gone.ttf", "d.ttf"]
    assert fonts_for(["日"]) == [default_font(), Path("d.ttf")]


def test_own_font() -> None:
    """The user's own font is asked first, even where the default would do, and others where it lacks letters."""
    own = font_with("abc日", "own.ttf")
    assert fonts_for(["cab", "日"], own) == [own, default_font()]
    assert fonts_for(["a b\tc"], own) == [own, default_font()]
    assert fonts_for(["слово"], own) == [own, default_font()]
    with pytest.raises(OutputError, match="letters of these scripts: Thai; install"):
        fonts_for(["日", "ชา"], own)


@pytest.mark.parametrize("content", [None, b"", b"# Read me", b"\x00\x01\x00\x00", "folder"])
def test_own_font_that_is_none(content: bytes | str | None) -> None:
    """A file that is not there is told from one that is no font."""
    path = Path("own.ttf")
    if content == "folder":
        path.mkdir()
    elif isinstance(content, bytes):
        path.write_bytes(content)
    message = "is not a readable font" if isinstance(content, bytes) else "there is no font file own.ttf"
    with pytest.raises(OutputError, match=message):
        fonts_for(["a"], path)


def test_signs_need_no_font() -> None:
    """Emoji and other signs do not stand in the way of words; what is no letter asks for no font."""
    assert fonts_for(["music🎵", "❤️", "→", "a\u200fb", "x\u202ey", "™"]) == [default_font()]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("music🎵 & more", "music & more"),
        ("❤\ufe0f", "❤"),
        ("a\u200f\u202eb\u2066c", "abc"),
        ("日本 in Japan", " in Japan"),
        ("bell\x07 tab", "bell tab"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("plain (12%)", "plain (12%)"),
        ("", ""),
    ],
)
def test_drawable(text: str, kept: str) -> None:
    """What the font has no picture of and what turns the direction is left out; joiners of letters stay."""
    assert drawable(text, [default_font()]).replace("\ufe0f", "") == kept


def test_font_collections(system: list[str]) -> None:
    """The first font of a collection is looked at, which is the one that is drawn with."""
    from fontTools.ttLib import TTCollection

    collection = TTCollection()
    collection.fonts = [TTFont(font_with("日本", "a.ttf")), TTFont(font_with("語", "b.ttf"))]
    collection.save("both.ttc")
    for font in collection.fonts:
        font.close()
    system.append("both.ttc")
    assert fonts_for(["日本"]) == [default_font(), Path("both.ttc")]
    with pytest.raises(OutputError, match="Chinese"):
        fonts_for(["語"])


def test_fonts_are_left_as_they_are() -> None:
    """Looking into a font does not change its file."""
    own = Path(shutil.copy(default_font(), "own.ttf"))
    before = own.read_bytes()
    fonts_for(["слово"], own)
    assert own.read_bytes() == before
