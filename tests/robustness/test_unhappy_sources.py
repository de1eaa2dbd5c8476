"""Sources that cannot be fitted: the message says what, where, what to try; nothing is written."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest
from inputs import WIDE, write_noise, write_texts
from outputs import check_refusal
from PIL import Image
from program import Refuse, Refused, Run, call

from nmf_topics.model.files import load_model


def test_no_such_file(refuse: Refuse, tiny_corpus: Path) -> None:
    """A name that is not there is said, with what is near it."""
    assert "no such file or folder: 'gone.jsonl'" in refuse("fit", "gone.jsonl")
    assert "did you mean 'tiny.jsonl'?" in refuse("fit", "tiny.json")
    assert "no such file or folder: ''" in refuse("fit", "")


@pytest.mark.parametrize("name", ["a" * 300, "a\0b", "a/" * 3000])
def test_impossible_names(run: Run, tmp_path: Path, fitted: Path, name: str) -> None:
    """Names that no file can have are files that are not there, wherever a file is taken."""
    for arguments in (("fit", name), ("classify", name), ("fit", "x", "--stop", f"{name}.txt")):
        result = run(*arguments)
        assert result.exit_code in (1, 2), (arguments, result.exception)
        assert isinstance(result.exception, SystemExit), (arguments, result.exception)
        assert "Error: " in result.stderr


def test_an_empty_folder(refuse: Refuse) -> None:
    """An empty folder is no corpus; the message says what would be."""
    Path("empty").mkdir()
    said = refuse("fit", "empty")
    assert "empty is empty; nmf-topics reads a folder or archive (.zip, .tar.gz) of texts, web pages, documents" in said


def test_a_folder_of_binaries(refuse: Refuse) -> None:
    """Files of other kinds are counted by ending; texts that are none are named."""
    Path("binaries").mkdir()
    for name in ("a.bin", "b.bin", "c.exe"):
        Path("binaries", name).write_bytes(bytes(range(256)))
    assert "there is no text in binaries, only 2 .bin, 1 .exe (this format is not read)" in refuse("fit", "binaries")
    Path("binaries/d.txt").write_bytes(bytes(range(256)))
    assert "no text can be read: binaries/d.txt (not text (binary))" in refuse("fit", "binaries")


def test_one_page(refuse: Refuse) -> None:
    """One page has no topics."""
    write_texts(Path("one"), ["The cat chased the mouse."])
    said = refuse("fit", "one")
    assert "one is a single page, but topics need several pages; read every line as a page" in said
    assert "--lines" in said


def test_pages_that_are_all_the_same(refuse: Refuse) -> None:
    """Words that are everywhere tell nothing apart; the message names the bound that dropped them."""
    write_texts(Path("same"), ["The cat chased the mouse."] * 10)
    said = refuse("fit", "same", "-r", 2)
    assert "no words are left of 3 distinct ones on 10 pages" in said
    assert "3 on more than" in said
    assert "higher --max-pages" in said


def test_pages_that_are_all_the_same_can_be_forced(run: Run) -> None:
    """With the bound lifted they make one topic, and nothing fails."""
    write_texts(Path("same"), ["The cat chased the mouse."] * 10)
    result = run("fit", "same", "-r", 1, "--max-pages", 1.0)
    assert result.exit_code == 0, result.stderr
    rows = load_model("models/same-r1").pages()
    assert {page.topic for page in rows} == {1}


@pytest.mark.parametrize("content", ["", " \n\t\n", "the of and 1984 !?", "\u200b\ufeff"])
def test_pages_that_are_all_empty(refuse: Refuse, content: str) -> None:
    """Pages without a word make no model."""
    write_texts(Path("blank"), [content] * 10)
    assert "no words are left" in refuse("fit", "blank", "-r", 2)


def test_a_rank_larger_than_the_pages(refuse: Refuse, tiny_corpus: Path) -> None:
    """The message says how many pages there are, and what to try."""
    assert "rank 13 is larger than the number of pages, 12; try --rank 4" in refuse("fit", tiny_corpus, "-r", 13, *WIDE)
    assert "rank 13 is larger" in refuse("compare", tiny_corpus, "-r", 13, *WIDE)


def test_a_rank_larger_than_the_words(refuse: Refuse, tiny_corpus: Path) -> None:
    """Nor can there be more topics than words."""
    said = refuse("fit", tiny_corpus, "-r", 5, *WIDE, "--max-terms", 4)
    assert "rank 5 is larger than the number of terms, 4" in said


def test_csv_without_the_column(refuse: Refuse) -> None:
    """A column that is not there is named with those that are."""
    Path("a.csv").write_text("name,words\nTea,green\n")
    assert "a.csv has no text column 'body'; it has 'name', 'words'" in refuse("fit", "a.csv", "--text-column", "body")
    assert "a.csv: no column looks like the text; it has 'name', 'words'; name it with --text-column" in refuse(
        "fit", "a.csv"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{broken", "a.jsonl, line 3: not JSON"),
        ("[1, 2]", "a.jsonl, line 3: not an object"),
        ('{"id": "0", "text": "again"}', "two pages have the id '0', line 1 and line 3"),
    ],
)
def test_a_broken_line(refuse: Refuse, line: str, said: str) -> None:
    """A broken line of JSONL is named by its number; nothing is silently left out."""
    Path("a.jsonl").write_text('{"id": "0", "text": "tea"}\n{"id": "1", "text": "coffee"}\n' + line + "\n")
    assert said in refuse("fit", "a.jsonl")


def test_broken_gzip(refuse: Refuse, tiny_corpus: Path) -> None:
    """A packed table that was cut off, or is none, is damaged."""
    packed = gzip.compress(tiny_corpus.read_bytes())
    Path("cut.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    assert "cut.jsonl.gz: damaged or not a .gz file" in refuse("fit", "cut.jsonl.gz")
    Path("no.jsonl.gz").write_bytes(tiny_corpus.read_bytes())
    assert "no.jsonl.gz: damaged or not a .gz file" in refuse("fit", "no.jsonl.gz")


def test_a_language_that_is_not_known(refused: Refused, run: Run, tiny_corpus: Path) -> None:
    """What is missing for a language is said, with a way out, which works."""
    assert "'xx' is no language that is known here" in refused(2, "fit", tiny_corpus, "--language", "xx")
    assert run("fit", tiny_corpus, "--language", "xx", "--no-default-stops", "-r", 2, *WIDE).exit_code == 0


def test_options_that_do_not_go_together(refuse: Refuse, tiny_corpus: Path) -> None:
    """A solver that cannot minimise the objective is refused, and those that can are listed."""
    said = refuse("fit", tiny_corpus, *WIDE, "-r", 2, "--objective", "kl", "--solver", "hals")
    assert "the rule 'hals' cannot minimise the objective 'kl'; choose from emu, mu, amu" in said


def test_a_broken_image_is_set_aside(run: Run) -> None:
    """One broken image among many is named and left out; the others make the model."""
    for i in range(6):
        write_noise(Path("faces") / f"{i}.png", seed=i)
    whole = Path("faces/0.png").read_bytes()
    Path("faces/broken.png").write_bytes(whole[: len(whole) // 2])
    Path("faces/empty.png").write_bytes(b"")
    result = run("fit", "faces", "-r", 2)
    assert result.exit_code == 0, result.stderr
    assert "left out: faces/broken.png cannot be read as an image" in result.stderr
    assert "left out: faces/empty.png" in result.stderr
    counts = json.loads(Path("models/faces-r2/run.json").read_text())["counts"]
    assert counts == {"images": 8, "kept": 6, "set_aside": ["broken.png", "empty.png"]}
    assert len(load_model("models/faces-r2").columns) == 6


def test_images_of_unlike_sizes(refuse: Refuse) -> None:
    """Two sizes are named with an image of each."""
    write_noise(Path("faces/a.png"), (8, 8))
    write_noise(Path("faces/b.png"), (6, 9))
    said = refuse("fit", "faces", "-r", 2)
    assert "images must have one size: a.png is 8 x 8 pixels, b.png is 9 x 6" in said


def test_images_that_take_too_much_memory(refuse: Refuse) -> None:
    """The size is known before any of them is read; --memory is respected, and named."""
    Path("faces").mkdir()
    for name in ("a.png", "b.png", "c.png"):
        Image.new("L", (9000, 9000)).save(Path("faces", name))
    said = refuse("fit", "faces", "-r", 2, "--memory", "2GB")
    assert "3 images of 9000 x 9000 pixels need about 5.2 GB of memory, but only 2.0 GB are allowed" in said
    assert "scale the images down, or raise --memory" in said


def test_images_that_are_all_broken(refuse: Refuse) -> None:
    """Without a single good image there is no model."""
    Path("faces").mkdir()
    for name in ("a.png", "b.png"):
        Path("faces", name).write_bytes(b"\x89PNG nonsense")
    said = refuse("fit", "faces", "-r", 2)
    assert "none of its 2 images can be read" in said


def test_images_that_are_all_black(refuse: Refuse) -> None:
    """V of zeros cannot be factored."""
    Path("faces").mkdir()
    for name in ("a.png", "b.png"):
        Image.new("L", (8, 8)).save(Path("faces", name))
    assert "V contains only zeros" in refuse("fit", "faces", "-r", 2)


def test_words_for_a_model_of_images_and_images_for_one_of_words(run: Run, fitted: Path) -> None:
    """Classifying the wrong kind says so for each file."""
    for i in range(4):
        write_noise(Path("faces") / f"{i}.png", seed=i)
    write_noise(Path("large.png"), (9, 9))
    Path("page.txt").write_text("a rocket")
    result = run("classify", "faces/0.png", "--json")
    assert (result.exit_code, json.loads(result.stdout)["pages"][0]["status"]) == (1, "unreadable")
    assert "images contain no text" in result.stderr
    assert run("fit", "faces", "-r", 2).exit_code == 0
    result = run("classify", "page.txt", "large.png", "faces/0.png", "--json")
    pages = json.loads(result.stdout)["pages"]
    assert [page["status"] for page in pages] == ["unreadable", "unreadable", "ok"]
    assert "is 9 x 9 pixels, the model's images are 8 x 8" in pages[1]["note"]
    assert result.exit_code == 0


def test_images_that_are_not_there(refuse: Refuse, run: Run) -> None:
    """A missing image, or a folder without any, is refused before anything is written into the model."""
    for i in range(4):
        write_noise(Path("faces") / f"{i}.png", seed=i)
    assert run("fit", "faces", "-r", 2).exit_code == 0
    Path("empty").mkdir()
    assert "no such file or folder: gone.png" in refuse("classify", "faces/0.png", "gone.png")
    assert "there is no image in empty; known are .bmp" in refuse("classify", "empty")


def test_not_enough_memory(tiny_corpus: Path) -> None:
    """Where memory ends, the message says what would need less of it."""
    resource = pytest.importorskip("resource", reason="memory can be limited on POSIX only")
    if sys.platform != "linux":
        pytest.skip("only Linux keeps the limit of address space")
    Path("large").mkdir()
    for i in range(40):
        Image.new("L", (1500, 1500), i).save(f"large/{i}.png")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (800 * 2**20, 800 * 2**20))

    # images are measured before they are read: only with a promise of more memory than there is, it ends
    options = ("-r", 2, "--memory", "8GB")
    done = call("fit", "large", *options, preexec_fn=limit, env={"OPENBLAS_NUM_THREADS": "1"})
    check_refusal(done.returncode, done.stderr)
    assert "not enough memory; try fewer words (--max-terms" in done.stderr
