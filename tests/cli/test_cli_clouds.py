"""`clouds`: pictures of a model again."""

from __future__ import annotations

from pathlib import Path

from outputs import document, files_below
from PIL import Image
from program import Refused, Run, call


def test_clouds_in_another_style(ok: Run, fitted: Path) -> None:
    """--size, --svg and --colormap change the pictures and the report, and nothing else of the model."""
    before = files_below(fitted)
    result = ok("clouds", "--size", "320x200", "--svg", "--colormap", "viridis", "--json", "--quiet")
    assert result.stderr == ""
    pictures = document(result)["pictures"]
    assert len(pictures) == 7
    assert all(Path(path).is_file() for path in pictures)
    with Image.open(fitted / "clouds" / "topic-01.png") as picture:
        assert picture.size == (320, 200)
    after = files_below(fitted)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {name for name in after if name.startswith("clouds/")} | {"run.json", "report.html"}
    assert "<svg" in (fitted / "clouds" / "topic-01.svg").read_text()
    ok("clouds")
    assert {**files_below(fitted), "run.json": b""} == {**before, "run.json": b""}


def test_clouds_elsewhere(ok: Run, fitted: Path) -> None:
    """-o draws into another folder; drawn there again without --svg, no old SVG stays."""
    before = files_below(fitted)
    ok("clouds", "-o", "pictures", "--svg")
    assert Path("pictures/topic-03.svg").is_file()
    ok("clouds", "-o", "pictures")
    assert sorted(path.name for path in Path("pictures").glob("*.*g")) == [
        "all.png",
        *(f"topic-0{k}.png" for k in (1, 2, 3)),
    ]
    assert files_below(fitted) == before


def test_a_font_that_is_not_there(refused: Refused, fitted: Path) -> None:
    """A font file that is missing, or is none, is told, and the old pictures stay."""
    before = files_below(fitted)
    assert "there is no font file gone.ttf" in refused(1, "clouds", "--font", "gone.ttf")
    Path("no.ttf").write_text("not a font")
    done = call("clouds", "--font", "no.ttf")  # not in this process: the library of fonts leaves the file open
    assert (done.returncode, "no.ttf" in done.stderr, "Traceback" in done.stderr) == (1, True, False)
    assert files_below(fitted) == before
