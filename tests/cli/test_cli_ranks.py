"""`ranks` and `compare`: curves, resumption, the three factorizations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from inputs import WIDE, write_faces
from outputs import document, files_below, read_table
from program import Run


def test_ranks_resume(ok: Run, tiny_corpus: Path) -> None:
    """A second run says what is known and gives the same bytes; a longer one does only what is missing."""
    arguments = ("ranks", tiny_corpus, *WIDE, "--from", 2, "--step", 1)
    first = ok(*arguments, "--to", 3)
    folder = Path("models/tiny-ranks")
    assert set(files_below(folder)) == {"ranks.csv", "ranks.png", "ranks.json"}
    before = files_below(folder)
    assert [row["rank"] for row in read_table(folder / "ranks.csv")] == ["2", "3"]
    assert "known from an earlier run" not in first.stderr
    again = ok(*arguments, "--to", 3)
    assert "2 of 2 ranks are known from an earlier run" in again.stderr
    assert files_below(folder) == before
    assert again.stdout == first.stdout
    assert "worth a look: rank" in again.stdout
    assert "2 of 4 ranks are known from an earlier run" in ok(*arguments, "--to", 5).stderr
    assert [row["rank"] for row in read_table(folder / "ranks.csv")] == ["2", "3", "4", "5"]
    assert "known from an earlier run" not in ok(*arguments, "--to", 3, "--seed", 1).stderr  # other options
    errors = [float(row["error"]) for row in read_table(folder / "ranks.csv")]
    assert errors == sorted(errors, reverse=True)


def test_ranks_end_where_the_data_end(ok: Run, tiny_corpus: Path) -> None:
    """Ranks larger than V allows are left out, and that is said."""
    result = ok("ranks", tiny_corpus, *WIDE, "--from", 10, "--to", 30)
    assert "V is 19 x 12: ranks end at 12" in result.stderr
    assert [row["rank"] for row in read_table(Path("models/tiny-ranks/ranks.csv"))] == ["10", "12"]


def test_ranks_of_images(ok: Run) -> None:
    """Images have curves too, without coherence."""
    write_faces(Path("faces"))
    found = document(ok("ranks", "faces", "--to", 4, "--json"))
    assert [row["rank"] for row in found["ranks"]] == [2, 4]
    assert {row["coherence"] for row in found["ranks"]} == {None}
    again = ok("ranks", "faces", "--to", 4, "--json", "--quiet")
    assert document(again) == found
    assert again.stderr == ""


def check_comparison(methods: dict[str, dict[str, float]]) -> None:
    """What the article says of the three: only PCA has signs, only VQ uses one column, PCA's error is the least."""
    nmf, vq, pca = (methods[name] for name in ("NMF", "VQ", "PCA"))
    assert nmf["negative_W"] == nmf["negative_H"] == vq["negative_W"] == vq["negative_H"] == 0
    assert pca["negative_H"] > 0
    assert vq["active"] == 1
    assert pca["orthonormal"] < 1e-6
    assert pca["relative_error"] <= nmf["relative_error"] + 1e-9


@pytest.mark.parametrize("chunk", [(), ("--chunk", 6)])
def test_compare_text(ok: Run, tiny_corpus: Path, chunk: tuple[object, ...]) -> None:
    """NMF, vector quantization and PCA of text, of pages or of pieces of them: figures and one picture."""
    result = ok("compare", tiny_corpus, *WIDE, "-r", 3, "--json", "--quiet", *chunk)
    assert result.stderr == ""
    check_comparison(document(result)["methods"])
    folder = Path("models/tiny-compare-r3")
    assert set(files_below(folder)) == {"compare.csv", "compare.json", "compare.png"}
    rows = read_table(folder / "compare.csv")
    assert list(rows[0]) == ["figure", "NMF", "VQ", "PCA"]
    assert rows[0]["figure"] == "relative_error"


def test_compare_images(ok: Run) -> None:
    """NMF, vector quantization and PCA of images: the basis of each, and an image put together from it."""
    write_faces(Path("faces"))
    assert "relative error" in ok("compare", "faces", "-r", 4).stdout
    check_comparison(json.loads(Path("models/faces-compare-r4/compare.json").read_text())["methods"])
    pictures = {f"{what}-{method}.png" for what in ("basis", "reconstruction") for method in ("nmf", "vq", "pca")}
    assert set(files_below(Path("models/faces-compare-r4"))) == {"compare.csv", "compare.json", *pictures}
