"""`classify`: pages of the fit, new ones, unknown ones, images."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from inputs import WIDE, write_faces
from outputs import document, read_table, table
from PIL import Image
from program import Refused, Run, call

from nmf_topics.corpus.open import sample_corpus_path


def compare_with_fit(classified: list[dict[str, str]], pages: list[dict[str, str]]) -> None:
    """New pages that are those of the fit get the same topics, weights and errors."""
    assert len(classified) == len(pages)
    for new, old in zip(classified, pages, strict=True):
        for column in ("title", "topic", "label", "status"):
            assert new[column] == old[column], old["id"]
        for column in old:
            if column in ("weight", "margin", "error") or re.fullmatch(r"topic_\d+", column):
                assert float(new[column] or "nan") == pytest.approx(
                    float(old[column] or "nan"), abs=1e-6, nan_ok=True
                ), (old["id"], column)


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--recipe", "article"],
        ["--objective", "kl"],
        ["--objective", "beta-1.5", "--max-iter", "200"],
        ["--solver", "hals", "--weighting", "tfidf"],
    ],
    ids=" ".join,
)
def test_a_page_of_the_fit_gets_its_own_weights_back(ok: Run, options: list[str]) -> None:
    """Classifying the pages of a fit gives the weights of pages.csv, to 1e-6."""
    source = sample_corpus_path() / "pages.jsonl"
    lines = source.read_text(encoding="utf-8").splitlines()
    few = [json.loads(line) for line in lines[::3]]
    few += [{"id": "zz-empty", "title": "Empty", "text": ""}, {"id": "zz-odd", "title": "Odd", "text": "Qwxyz bzzt!"}]
    Path("few.jsonl").write_text("".join(json.dumps(row) + "\n" for row in few), encoding="utf-8")
    ok("fit", "few.jsonl", "-r", 3, "--max-terms", 150, "--no-clouds", "--no-report", *options)
    pages = read_table(Path("models/few-r3/pages.csv"))
    assert len(pages) == len(few)
    new = table(ok("classify", "few.jsonl", "--csv").stdout)
    compare_with_fit(sorted(new, key=lambda row: row["id"]), pages)
    shuffled = [few[i] for i in np.random.default_rng(1).permutation(len(few))]
    Path("shuffled.jsonl").write_text("".join(json.dumps(row) + "\n" for row in shuffled), encoding="utf-8")
    new = table(ok("classify", "shuffled.jsonl", "--csv").stdout)
    compare_with_fit(sorted(new, key=lambda row: row["id"]), pages)


def test_an_image_of_the_fit_gets_its_own_weights_back(ok: Run) -> None:
    """The same for images: weights of pages.csv, to 1e-6, and a picture of how each is put together."""
    write_faces(Path("faces"))
    ok("fit", "faces", "-r", 4)
    assert Path("models/faces-r4/reconstruction.png").is_file()
    pages = read_table(Path("models/faces-r4/pages.csv"))
    result = ok("classify", "faces", "--csv")
    compare_with_fit(table(result.stdout), pages)
    assert "12 reconstructions in models/latest/reconstructions" in result.stderr
    assert len(list(Path("models/latest/reconstructions").glob("face-*.png"))) == 12


def test_itakura_saito_is_for_images_without_black(ok: Run, refused: Refused, tiny_corpus: Path) -> None:
    """A fit by it gives pages their own weights back; where V has zeros, as of text, it is refused with what to do."""
    Path("bright").mkdir()
    for path in write_faces(Path("faces")).iterdir():
        Image.fromarray(np.asarray(Image.open(path)) + np.uint8(20)).save(Path("bright") / path.name)
    ok("fit", "bright", "-r", 4, "--objective", "itakura-saito")
    compare_with_fit(table(ok("classify", "bright", "--csv").stdout), read_table(Path("models/bright-r4/pages.csv")))
    said = refused(1, "fit", tiny_corpus, "-r", 2, *WIDE, "--objective", "itakura-saito")
    assert "the objective 'itakura-saito' needs a V without zeros" in said


def test_pages_without_known_words(ok: Run, tiny_corpus: Path) -> None:
    """An empty page and one of unknown words get no topic, in the fit and later, and no weight anywhere."""
    odd = [{"id": "zz-1", "title": "Empty", "text": ""}, {"id": "zz-2", "title": "Odd", "text": "Qwxyz bzzt 1984!"}]
    with tiny_corpus.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in odd)
    result = ok("fit", tiny_corpus, "-r", 3, *WIDE)
    assert "2 of 14 pages contain no word of the vocabulary and get no topic: 'Empty', 'Odd'" in result.stderr
    rows = read_table(Path("models/tiny-r3/pages.csv"))[-2:]
    for row in rows:
        assert row["status"] == "no-known-words"
        assert [row[c] for c in ("topic", "label", "weight", "margin", "error")] == [""] * 5
        assert {float(row[f"topic_{k}"]) for k in (1, 2, 3)} == {0.0}
    assert json.loads(Path("models/tiny-r3/run.json").read_text())["counts"]["pages_without_known_words"] == 2
    Path("odd.jsonl").write_text("".join(json.dumps(row) + "\n" for row in odd))
    for page in document(ok("classify", "odd.jsonl", "--json"))["pages"]:
        assert (page["status"], page["topic"], page["label"]) == ("no-known-words", None, None)
        assert page["weights"] == [0, 0, 0]
    assert "no-known-words" in ok("pages").stdout
    assert "no-known-words" in ok("classify", "odd.jsonl", "--explain").stdout


def test_classify_explains(ok: Run, fitted: Path) -> None:
    """--explain names the words that carried each topic, and those that are unknown."""
    Path("new.txt").write_text("The rocket flew to the moon, past a zyzzyva. The band sang a song.")
    shown = ok("classify", "new.txt", "--explain").stdout
    assert "rocket" in shown
    assert "not in the vocabulary: past, zyzzyva" in shown
    (page,) = document(ok("classify", "new.txt", "--explain", "--json"))["pages"]
    parts = [word["part"] for topic in page["explanation"] for word in topic["words"]]
    assert sum(parts) == pytest.approx(1)
    said = {word["term"] for topic in page["explanation"] for word in topic["words"]}
    assert {"rocket", "moon", "song", "band"} <= said


def test_classify_standard_input(fitted: Path, tiny_corpus: Path) -> None:
    """JSONL on standard input is many pages, anything else the text of one; a byte order mark does not matter."""
    lines = tiny_corpus.read_text(encoding="utf-8")
    done = call("classify", "-", "--csv", input="\ufeff" + lines)
    assert [row["id"] for row in table(done.stdout)] == [json.loads(line)["id"] for line in lines.splitlines()]
    done = call("classify", "-", "--json", input="A rocket flew to the moon.")
    (page,) = json.loads(done.stdout)["pages"]
    assert (page["name"], page["status"], done.stderr) == ("stdin", "ok", "")
    done = call("classify", "-", "--json", input="")
    assert json.loads(done.stdout)["pages"][0]["status"] == "no-known-words"


def test_classify_several_files(run: Run, fitted: Path) -> None:
    """A file that cannot be read is told and counted as such, and the others are classified all the same."""
    Path("a.txt").write_text("rocket moon planet")
    Path("b.txt").write_bytes(b"\x00\x01\x02\x03")
    Path("c.xyz").write_text("rocket")
    Path("d.jsonl").write_text('{"text": "guitar song band"}\n{"text": "rocket moon star"}\n{broken\n')
    Path("texts").mkdir()
    Path("texts/e.txt").write_text("cat mouse dog")
    result = run("classify", "a.txt", "b.txt", "c.xyz", "d.jsonl", "texts", "--json")
    assert result.exit_code == 0
    found = {(page["name"], page["status"]) for page in document(result)["pages"]}
    assert {("a.txt", "ok"), ("b.txt", "unreadable"), ("c.xyz", "unreadable"), ("d.jsonl", "unreadable")} <= found
    assert len([1 for name, status in found if status == "ok"]) == 4  # with two of d.jsonl, and texts
    assert "d.jsonl, line 3: not JSON" in result.stderr
    result = run("classify", "b.txt", "--csv")
    assert result.exit_code == 1
    assert table(result.stdout)[0]["status"] == "unreadable"


def test_reconstructions_never_cover_what_is_there(ok: Run, refused: Refused) -> None:
    """--draw writes into a folder of its own: drawing over the images themselves is refused."""
    write_faces(Path("faces"))
    for name in ("a", "b"):
        write_faces(Path("new") / name, count=1)
    Image.open("faces/face-00.pgm").save("face.png")
    ok("fit", "faces", "-r", 4)
    before = Path("face.png").read_bytes()
    assert "did not make; choose another place with --draw" in refused(1, "classify", "face.png", "--draw", ".")
    assert Path("face.png").read_bytes() == before
    ok("classify", "new", "--draw", "drawn")
    ok("classify", "new", "--draw", "drawn")
    assert sorted(path.name for path in Path("drawn").glob("*.png")) == ["face-00 (2).png", "face-00.png"]
