"""Bad input and bad surroundings: the exit status, what the message says, no traceback, nothing half-written."""

from __future__ import annotations

import contextlib
import ctypes
import gzip
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from conftest import TINY
from PIL import Image
from program import PATIENCE, PROGRAM, call, start

from nmf_topics.cli.main import cli
from nmf_topics.topics.store import load_model

Run = Callable[..., Result]
Refuse = Callable[..., str]
WIDE = ("--max-pages", 0.5)
ENDLESS = ("--tolerance", 0, "--max-iter", 10**9)
AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="uses what only Linux has")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of the tiny corpus in it: three topics; models/latest names it."""
    folder = tmp_path_factory.mktemp("fitted")
    with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch:
        patch.setenv("NMF_TOPICS_CACHE", str(folder / "cache"))
        rows = [{"id": f"{label}-{i}", "text": text} for label, texts in TINY.items() for i, text in enumerate(texts)]
        write_jsonl(Path("tiny.jsonl"), rows)
        result = CliRunner().invoke(cli, ["fit", "tiny.jsonl", "-r", "3", *map(str, WIDE)])
        assert result.exit_code == 0, result.stderr
    return folder


@pytest.fixture
def fitted(template: Path, tmp_path: Path) -> Path:
    """That model, in the test's own folder."""
    shutil.copytree(template / "models", tmp_path / "models", symlinks=True)
    return Path("models/tiny-r3")


@pytest.fixture
def refuse(run: Run, tmp_path: Path) -> Refuse:
    """Run the program in this process; insist on status 1, one message, and no file more or less than before."""

    def invoke(*arguments: object) -> str:
        before = everything(tmp_path)
        result = run(*arguments)
        check_refusal(result.exit_code, result.stderr)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert result.stdout == ""
        assert everything(tmp_path) == before
        return " ".join(result.stderr.split())

    return invoke


def check_refusal(status: int, said: str) -> None:
    """Exit status 1 and one message, at the end."""
    assert status == 1, said
    assert said.count("Error: ") == 1, said
    assert said.splitlines()[-1].startswith("Error: "), said
    assert "Traceback" not in said


def everything(folder: Path) -> dict[str, bytes | None]:
    """All files and folders below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
        if "__pycache__" not in path.parts
    }


def write_jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    """A JSONL file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def texts(folder: Path, contents: list[str]) -> Path:
    """A folder of texts."""
    folder.mkdir()
    for i, text in enumerate(contents):
        (folder / f"{i:02d}.txt").write_text(text, encoding="utf-8")
    return folder


def image(path: Path, shape: tuple[int, int] = (8, 8), seed: int = 0) -> Path:
    """A grey image of noise."""
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, shape).astype(np.uint8)).save(path)
    return path


# ------------------------------------------------------------------------------------------------ sources


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
    assert "empty is empty; read are a folder of .txt or .md files, a table" in refuse("fit", "empty")


def test_a_folder_of_binaries(refuse: Refuse) -> None:
    """Files of other kinds are counted by ending; texts that are none are named."""
    Path("binaries").mkdir()
    for name in ("a.bin", "b.bin", "c.exe"):
        Path("binaries", name).write_bytes(bytes(range(256)))
    assert "there is no text in binaries, only 2 .bin, 1 .exe" in refuse("fit", "binaries")
    Path("binaries/d.txt").write_bytes(bytes(range(256)))
    assert "no text can be read: binaries/d.txt (not text (binary))" in refuse("fit", "binaries")


def test_one_page(refuse: Refuse) -> None:
    """One page has no topics."""
    texts(Path("one"), ["The cat chased the mouse."])
    assert "no words are left of 3 distinct ones on 1 pages" in refuse("fit", "one")


def test_pages_that_are_all_the_same(refuse: Refuse) -> None:
    """Words that are everywhere tell nothing apart; the message names the bound that dropped them."""
    texts(Path("same"), ["The cat chased the mouse."] * 10)
    said = refuse("fit", "same", "-r", 2)
    assert "no words are left of 3 distinct ones on 10 pages" in said
    assert "3 on more than" in said
    assert "higher --max-pages" in said


def test_pages_that_are_all_the_same_can_be_forced(run: Run) -> None:
    """With the bound lifted they make one topic, and nothing fails."""
    texts(Path("same"), ["The cat chased the mouse."] * 10)
    result = run("fit", "same", "-r", 1, "--max-pages", 1.0)
    assert result.exit_code == 0, result.stderr
    rows = load_model("models/same-r1").pages()
    assert {page.topic for page in rows} == {1}


@pytest.mark.parametrize("content", ["", " \n\t\n", "the of and 1984 !?", "\u200b\ufeff"])
def test_pages_that_are_all_empty(refuse: Refuse, content: str) -> None:
    """Pages without a word make no model."""
    texts(Path("blank"), [content] * 10)
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
    assert "cut.jsonl.gz: damaged, or no .gz file" in refuse("fit", "cut.jsonl.gz")
    Path("no.jsonl.gz").write_bytes(tiny_corpus.read_bytes())
    assert "no.jsonl.gz: damaged, or no .gz file" in refuse("fit", "no.jsonl.gz")


def test_a_language_that_is_not_known(refuse: Refuse, run: Run, tiny_corpus: Path) -> None:
    """What is missing for a language is said, with a way out, which works."""
    assert "there are no lemmas for the language 'xx'" in refuse("fit", tiny_corpus, "--language", "xx")
    plain = ("fit", tiny_corpus, "--language", "xx", "--normalize", "none")
    assert "there is no stop list for the language 'xx'" in refuse(*plain)
    assert run(*plain, "--no-default-stops", "-r", 2, *WIDE).exit_code == 0


def test_options_that_do_not_go_together(refuse: Refuse, tiny_corpus: Path) -> None:
    """A solver that is not for the objective is refused by the library, with what is."""
    said = refuse("fit", tiny_corpus, *WIDE, "-r", 2, "--objective", "kl", "--solver", "hals")
    assert "'hals' is for least squares; with the objective 'kl' use 'mu'" in said


# ------------------------------------------------------------------------------------------------ images


def test_a_broken_image_is_set_aside(run: Run) -> None:
    """One broken image among many is named and left out; the others make the model."""
    for i in range(6):
        image(Path("faces") / f"{i}.png", seed=i)
    whole = Path("faces/0.png").read_bytes()
    Path("faces/broken.png").write_bytes(whole[: len(whole) // 2])
    Path("faces/empty.png").write_bytes(b"")
    result = run("fit", "faces", "-r", 2)
    assert result.exit_code == 0, result.stderr
    assert "left out: faces/broken.png is not an image that can be read" in result.stderr
    assert "left out: faces/empty.png" in result.stderr
    counts = json.loads(Path("models/faces-r2/run.json").read_text())["counts"]
    assert counts == {"images": 8, "kept": 6, "set_aside": ["broken.png", "empty.png"]}
    assert len(load_model("models/faces-r2").columns) == 6


def test_images_of_unlike_sizes(refuse: Refuse) -> None:
    """Two sizes are named with an image of each."""
    image(Path("faces/a.png"), (8, 8))
    image(Path("faces/b.png"), (6, 9))
    said = refuse("fit", "faces", "-r", 2)
    assert "images must be of one size: a.png is 8 x 8 pixels, b.png is 9 x 6" in said


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
    assert "V holds only zeros" in refuse("fit", "faces", "-r", 2)


def test_words_for_a_model_of_images_and_images_for_one_of_words(run: Run, fitted: Path) -> None:
    """Classifying the wrong kind says so for each file."""
    for i in range(4):
        image(Path("faces") / f"{i}.png", seed=i)
    image(Path("large.png"), (9, 9))
    Path("page.txt").write_text("a rocket")
    result = run("classify", "faces/0.png", "--json")
    assert (result.exit_code, json.loads(result.stdout)["pages"][0]["status"]) == (1, "unreadable")
    assert "images hold no text" in result.stderr
    assert run("fit", "faces", "-r", 2).exit_code == 0
    result = run("classify", "page.txt", "large.png", "faces/0.png", "--json")
    pages = json.loads(result.stdout)["pages"]
    assert [page["status"] for page in pages] == ["unreadable", "unreadable", "ok"]
    assert "is 9 x 9 pixels, the model's images are 8 x 8" in pages[1]["note"]
    assert result.exit_code == 0


def test_images_that_are_not_there(refuse: Refuse, run: Run) -> None:
    """A missing image, or a folder without any, is refused before anything is written into the model."""
    for i in range(4):
        image(Path("faces") / f"{i}.png", seed=i)
    assert run("fit", "faces", "-r", 2).exit_code == 0
    Path("empty").mkdir()
    assert "no such file or folder: gone.png" in refuse("classify", "faces/0.png", "gone.png")
    assert "there is no image in empty; known are .bmp" in refuse("classify", "empty")


# ------------------------------------------------------------------------------------------------ odd titles and pages

TITLES = {
    "slashes": "AC/DC \\ ../../etc/passwd",
    "newline": "two\nlines\r\nand a\ttab",
    "NUL": "a\0b\x1b[31mred",
    "long": "x" * 300,
    "right to left": "\u202eשלום عالم\u202c",
    "quotes": 'He said "no", then; left,',
    "formula": '=HYPERLINK("http://x")',
    "emoji": "👩\u200d🚀 e\u0301",
    "surrogate": "half \ud83d only",
    "empty": "",
    "markup": "[bold]not bold[/bold] <b>&amp;",
}


def test_odd_titles_go_the_whole_way(run: Run, tmp_path: Path) -> None:
    """Titles of every kind: the fit, the tables, CSV that parses back, JSON, new pages; and no file elsewhere."""
    import csv

    subjects = list(TINY.values())
    rows = [
        {"id": f"{i:02d} {name}", "title": title, "text": f"{subjects[i % 3][i % 4]} {subjects[i % 3][(i + 1) % 4]}"}
        for i, (name, title) in enumerate(TITLES.items())
    ]
    write_jsonl(Path("odd.jsonl"), rows)
    result = run("fit", "odd.jsonl", "-r", 3, "--max-pages", 0.8)
    assert result.exit_code == 0, (result.stderr, result.exception)
    with open("models/odd-r3/pages.csv", encoding="utf-8", newline="") as file:
        pages = {row["id"]: row["title"] for row in csv.DictReader(file)}
    assert list(pages) == [row["id"] for row in rows]
    title = {row["id"].partition(" ")[2]: pages[row["id"]] for row in rows}
    for name in ("slashes", "long", "right to left", "quotes", "formula", "emoji", "markup"):
        assert title[name] == TITLES[name]
    assert title["newline"] == "two lines and a tab"
    assert title["NUL"] == "a b [31mred"
    assert title["surrogate"] == "half \ufffd only"
    assert title["empty"].startswith("A dog and a cat sleep")
    shown = run("pages").stdout
    assert not set(shown) & set("\0\x1b\r\u202e\u202c")
    assert "[bold]not bold[/bold]" in shown
    assert len(shown.splitlines()) == len(rows) + 1
    assert {page["title"] for page in json.loads(run("pages", "--json").stdout)["pages"]} == set(title.values())
    classified = run("classify", "odd.jsonl", "--csv").stdout
    assert {row["title"] for row in csv.DictReader(classified.splitlines(keepends=True))} == set(title.values())
    assert {path.name for path in tmp_path.iterdir()} == {"odd.jsonl", "models"}


def test_odd_file_names_go_the_whole_way(tmp_path: Path) -> None:
    """Files with names that are not UTF-8, that begin with a hyphen or hold a newline."""
    folder = os.fsencode(tmp_path) + b"/caf\xe9 \n"
    try:
        os.mkdir(folder)
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    for i, text in enumerate(text for subject in TINY.values() for text in subject):
        with open(folder + b"/-na\xefve %d\n.txt" % i, "w", encoding="utf-8") as file:
            file.write(text)
    done = call("fit", os.fsdecode(folder), "-r", 3, *WIDE, "--json", env={"PYTHONIOENCODING": ""})
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    ids = [page["id"] for page in json.loads(call("pages", "--json").stdout)["pages"]]
    assert ids[0] == "-na\\xefve 0"
    arguments = json.loads(Path("models/latest/run.json").read_text(encoding="utf-8"))["arguments"]
    assert arguments[1].endswith("caf\\xe9 \n")


def test_a_page_of_50_megabytes() -> None:
    """One page of 50 MB among others is read in some seconds and not much more memory than its text takes."""
    rng = np.random.default_rng(0)
    words = np.array([f"w{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}{chr(97 + i // 676)}" for i in range(9_000)])
    megabyte = " ".join(words[(rng.pareto(1.0, 200_000) * 20).astype(int) % len(words)].tolist())
    large = "\n".join([megabyte] * 50)
    assert len(large) > 49_000_000
    folder = texts(Path("large"), [text for subject in TINY.values() for text in subject])
    (folder / "large.txt").write_text(large, encoding="ascii")
    code = (
        "import resource, subprocess, sys, time\n"
        "began = time.perf_counter()\n"
        f"done = subprocess.run({[*PROGRAM, 'fit', 'large', '-r', '3', '-q', *map(str, WIDE)]!r})\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, time.perf_counter() - began)\n"
        "sys.exit(done.returncode)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    megabytes, seconds = done.stdout.split()[-2:]
    assert float(seconds) < 30
    if sys.platform == "linux":  # other systems count in other units
        assert float(megabytes) < 1000
    assert load_model("models/large-r3").columns.ids[-1] == "large"


# ------------------------------------------------------------------------------------------------ permissions, disks


def without_privileges() -> None:
    """Let permissions count for root, too: give up the right to override them (CAP_DAC_OVERRIDE, ..._READ_SEARCH)."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (1, 2):
        if libc.prctl(24, capability, 0, 0, 0) != 0:  # PR_CAPBSET_DROP; takes effect with exec
            raise OSError(ctypes.get_errno(), "prctl")


HUMBLE: dict[str, Any] = {"preexec_fn": without_privileges} if AS_ROOT and sys.platform == "linux" else {}
permissions_count = pytest.mark.skipif(
    os.name != "posix" or (AS_ROOT and sys.platform != "linux"), reason="permissions do not bind this user here"
)


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder in which nothing can be written."""
    folder = tmp_path / "closed"
    folder.mkdir()
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)


@permissions_count
def test_no_permission_to_write(tiny_corpus: Path, closed: Path, tmp_path: Path) -> None:
    """A folder that may not be written is refused before the work, and nothing is left anywhere."""
    before = everything(tmp_path)
    for command in (("fit", *ENDLESS, "-r", 2), ("ranks", "--to", 2)):
        done = call(command[0], tiny_corpus, *WIDE, *command[1:], "-o", closed / "new", **HUMBLE)
        check_refusal(done.returncode, done.stderr)
        assert f"no permission to write {closed / 'new'}; choose another place with -o" in done.stderr
        assert done.stdout == ""
    assert everything(tmp_path) == before


@permissions_count
def test_a_working_folder_that_may_not_be_written(tiny_corpus: Path, closed: Path, tmp_path: Path) -> None:
    """With -o elsewhere a fit needs nothing of the working folder; that models/latest is not made is said."""
    done = call("fit", tiny_corpus, *WIDE, "-r", 2, "-o", tmp_path / "mine", cwd=closed, **HUMBLE)
    assert done.returncode == 0, done.stderr
    assert "warning: models/latest could not be made to name" in done.stderr
    assert (tmp_path / "mine" / "model.npz").is_file()
    done = call("fit", tiny_corpus, *WIDE, "-r", 2, cwd=closed, **HUMBLE)
    check_refusal(done.returncode, done.stderr)
    assert "no permission to write" in done.stderr


@permissions_count
def test_a_cache_that_may_not_be_written(tiny_corpus: Path, closed: Path) -> None:
    """The cache is a convenience: without it the fit goes on, and says so."""
    done = call("fit", tiny_corpus, *WIDE, "-r", 2, env={"NMF_TOPICS_CACHE": str(closed / "cache")}, **HUMBLE)
    assert done.returncode == 0, done.stderr
    assert "warning: the counts could not be kept" in done.stderr


@permissions_count
def test_files_that_may_not_be_read(tiny_corpus: Path, fitted: Path) -> None:
    """A source, a page, a model that may not be read: the message names it; one text of many is set aside."""
    folder = texts(Path("texts"), [text for subject in TINY.values() for text in subject])
    hidden = [tiny_corpus, folder / "00.txt", fitted / "model.npz"]
    for path in hidden:
        path.chmod(0)
    done = call("fit", tiny_corpus, **HUMBLE)
    check_refusal(done.returncode, done.stderr)
    assert "tiny.jsonl: cannot be read (Permission denied)" in done.stderr
    done = call("fit", folder, *WIDE, "-r", 2, "-o", "mine", **HUMBLE)
    assert (done.returncode, "1 set aside: texts/00.txt (cannot be read (Permission denied))" in done.stderr) == (
        0,
        True,
    )
    done = call("topics", fitted, **HUMBLE)
    check_refusal(done.returncode, done.stderr)
    assert "Permission denied" in done.stderr
    folder.chmod(0)
    done = call("fit", folder, **HUMBLE)
    check_refusal(done.returncode, done.stderr)
    assert "texts: cannot be read (Permission denied)" in done.stderr
    folder.chmod(0o755)


@permissions_count
def test_a_model_that_may_not_be_changed(fitted: Path) -> None:
    """A model of somebody else can be used; it is not changed, and that is said."""
    for path in (fitted, fitted / "clouds"):
        path.chmod(0o555)
    before = everything(fitted)
    Path("page.txt").write_text("a rocket flew to the moon")
    assert call("classify", "page.txt", **HUMBLE).returncode == 0
    for command in (("label", "1=A"), ("clouds",)):
        done = call(*command, **HUMBLE)
        check_refusal(done.returncode, done.stderr)
        assert "no permission to write" in done.stderr
    assert everything(fitted) == before
    for path in (fitted, fitted / "clouds"):
        path.chmod(0o755)


@permissions_count
def test_a_model_of_images_that_may_not_be_changed(run: Run) -> None:
    """Images are classified all the same; only their reconstructions are missing, unless they were asked for."""
    for i in range(4):
        image(Path("faces") / f"{i}.png", seed=i)
    assert run("fit", "faces", "-r", 2).exit_code == 0
    folder = Path("models/faces-r2")
    folder.chmod(0o555)
    done = call("classify", "faces/0.png", "--json", **HUMBLE)
    assert (done.returncode, json.loads(done.stdout)["pages"][0]["status"]) == (0, "ok")
    assert "warning: no reconstructions: no permission to write" in done.stderr
    done = call("classify", "faces/0.png", "--draw", folder / "drawn", **HUMBLE)
    check_refusal(done.returncode, done.stderr)
    assert "choose another place with --draw" in done.stderr
    folder.chmod(0o755)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not AS_ROOT or sys.platform != "linux":
        pytest.skip("only root can mount a file system small enough to fill")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(fitted: Path, tiny_corpus: Path, small_disk: Path) -> None:
    """No space for a model: the message says so, and nothing is left; an older model there stays as it is."""
    done = call("fit", tiny_corpus, *WIDE, "-r", 3, "-o", small_disk / "models" / "mine")
    check_refusal(done.returncode, done.stderr)
    assert "no space left on the disk" in done.stderr
    assert everything(small_disk) == {}
    older = small_disk / "older"
    older.mkdir()
    for name in ("model.json", "model.npz", "run.json", "topics.csv", "pages.csv"):
        shutil.copy(fitted / name, older / name)
    before = everything(older)
    for command in (("fit", tiny_corpus, *WIDE, "-r", 3, "-o", older), ("label", older, "1=A")):
        done = call(*command)
        check_refusal(done.returncode, done.stderr)
        assert "no space left on the disk" in done.stderr
        assert everything(older) == before
    assert load_model(older).rank == 3


def test_a_full_disk_under_the_cache(tiny_corpus: Path, small_disk: Path) -> None:
    """No space for the cache is no obstacle."""
    (small_disk / "ballast").write_bytes(b"x" * 64_000)
    done = call("fit", tiny_corpus, *WIDE, "-r", 2, env={"NMF_TOPICS_CACHE": str(small_disk / "cache")})
    assert done.returncode == 0, done.stderr
    assert "warning: the counts could not be kept" in done.stderr
    assert [path for path in small_disk.rglob("*") if path.is_file()] == [small_disk / "ballast"]


@LINUX
@pytest.mark.parametrize(
    ("command", "unbuffered"),
    [
        (("topics",), "1"),
        (("pages", "--csv"), ""),
        (("classify", "page.txt", "--jsonl"), "1"),
        (("--help",), ""),
    ],
)
def test_standard_output_that_is_full(fitted: Path, command: tuple[str, ...], unbuffered: str) -> None:
    """Results that cannot be written are an error, told once."""
    Path("page.txt").write_text("a rocket")
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = call(*command, stdout=full, env={"PYTHONUNBUFFERED": unbuffered})
    check_refusal(done.returncode, done.stderr)
    assert "cannot write to standard output: No space left on device" in done.stderr


# ------------------------------------------------------------------------------------------------ pipes and signals


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash for pipefail")
@pytest.mark.parametrize(
    ("command", "unbuffered"),
    [
        ("topics", "1"),
        ("pages --csv", ""),
        ("classify many.jsonl --jsonl", ""),
        ("fit many.jsonl -r 3 --max-pages 1.0 -q", "1"),
        ("--help", "1"),
    ],
)
def test_a_reader_that_has_seen_enough(fitted: Path, command: str, unbuffered: str) -> None:
    """`| head -1` ends the program quietly, with 0, however much it had to say; a fit has kept its model by then."""
    write_jsonl(Path("many.jsonl"), [{"id": f"{i:05d}", "text": TINY["space"][i % 4]} for i in range(3000)])
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {shlex.join(PROGRAM)} {command} | head -1"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1
    if command.startswith("fit"):
        assert load_model("models/many-r3").rank == 3


@LINUX
def test_a_reader_that_is_gone_at_once(fitted: Path) -> None:
    """A pipe without a reader from the start: quiet, and 0."""
    reading, writing = os.pipe()
    os.close(reading)
    process = start("pages", "--csv", stdout=writing)
    os.close(writing)
    assert process.communicate(timeout=PATIENCE)[1] == ""
    assert process.returncode == 0


@LINUX
def test_no_standard_streams_at_all(fitted: Path) -> None:
    """Standard streams that the caller has closed are no reason to fail."""
    done = subprocess.run(
        f"{shlex.join(PROGRAM)} topics >&- 2>&-; echo $?", shell=True, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.stdout == "0\n"
    done = subprocess.run(
        f"{shlex.join(PROGRAM)} classify - <&-", shell=True, capture_output=True, text=True, timeout=PATIENCE
    )
    assert (done.returncode, "there is no standard input" in done.stderr) == (1, True)


def interrupt(process: subprocess.Popen[str], number: int, *, after: str) -> str:
    """Send a signal as soon as the program says something on stderr; all that it says."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if after in line:
            break
    time.sleep(0.2)
    process.send_signal(number)
    said += process.communicate(timeout=PATIENCE)[1]
    return said


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("number", "status", "word"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "terminated"),
        (getattr(signal, "SIGHUP", 1), 129, "terminated"),
    ],
)
def test_a_signal_during_a_long_fit(tiny_corpus: Path, fitted: Path, number: int, status: int, word: str) -> None:
    """The fit ends with the status of the signal; the older model is as it was, nothing else is there."""
    before = everything(Path("models"))
    process = start("fit", tiny_corpus, *WIDE, *ENDLESS, "-r", 3)
    said = interrupt(process, number, after="V is")
    assert process.returncode == status, said
    assert said.splitlines()[-1] == f"{word}; files are whole, and nothing half-written stays behind"
    assert "Traceback" not in said
    assert everything(Path("models")) == before


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_signal_while_standard_input_is_slow() -> None:
    """Ctrl-C while the program waits for more pages: 130, and no folder is made."""
    os.mkfifo("pages")
    reading = os.open("pages", os.O_RDONLY | os.O_NONBLOCK)
    with open("pages", "w", encoding="utf-8") as slow:
        os.set_blocking(reading, True)
        process = start("fit", "-", "-r", 2, stdin=reading)
        os.close(reading)
        slow.write('{"text": "a rocket flew to the moon"}\n')
        slow.flush()
        said = interrupt(process, signal.SIGINT, after="reading standard input")
    assert process.returncode == 130
    assert said.splitlines()[-1].startswith("interrupted")
    assert not Path("models").exists()


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_files_are_written(tiny_corpus: Path, fitted: Path, number: int) -> None:
    """Stopped between model.npz and the pictures: the older model is whole, and the unfinished one is gone."""
    before = everything(fitted)
    process = start("fit", tiny_corpus, *WIDE, "-r", 10, "-o", fitted)
    ends = time.monotonic() + PATIENCE
    while not list(fitted.glob(".partial-*/topics.csv")) and process.poll() is None and time.monotonic() < ends:
        time.sleep(0.002)
    process.send_signal(number)
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 128 + number, said
    assert "Traceback" not in said
    assert everything(fitted) == before


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ranks_keep_what_was_done(tiny_corpus: Path) -> None:
    """Ctrl-C among many ranks: those that are done are kept, and the next run begins after them."""
    options = (tiny_corpus, *WIDE, "--from", 1, "--step", 1, "--to", 12, "--tolerance", 0)
    process = start("ranks", *options, "--max-iter", 10_000)
    kept = Path("models/tiny-ranks/ranks.json")
    ends = time.monotonic() + PATIENCE
    while not kept.exists() and process.poll() is None and time.monotonic() < ends:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 130, said
    done = len(json.loads(kept.read_text())["rows"])
    assert 1 <= done < 12
    assert [path.name for path in kept.parent.iterdir()] == ["ranks.json"]
    process = start("ranks", *options, "--max-iter", 10_000)
    said = interrupt(process, signal.SIGINT, after="ranks are known")
    assert f"{done} of 12 ranks are known from an earlier run" in said


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_killed_run_is_no_obstacle(run: Run, tiny_corpus: Path) -> None:
    """After kill -9 in the middle of writing, the same command works, and there is no half model before."""
    process = start("fit", tiny_corpus, *WIDE, "-r", 10, "-o", "mine")
    ends = time.monotonic() + PATIENCE
    while not list(Path().glob("mine/.partial-*/topics.csv")) and process.poll() is None and time.monotonic() < ends:
        time.sleep(0.002)
    process.kill()
    process.communicate(timeout=PATIENCE)
    assert [path.name[:9] for path in Path("mine").iterdir()] == [".partial-"]
    assert run("topics", "mine").exit_code == 1
    assert run("fit", tiny_corpus, *WIDE, "-r", 2, "-o", "mine").exit_code == 0
    assert load_model("mine").rank == 2


# ------------------------------------------------------------------------------------------------ damaged models


def remove_numbers(folder: Path) -> None:
    """model.npz is missing."""
    (folder / "model.npz").unlink()


def cut_numbers(folder: Path) -> None:
    """model.npz ends in the middle."""
    data = (folder / "model.npz").read_bytes()
    (folder / "model.npz").write_bytes(data[: len(data) // 2])


def no_numbers(folder: Path) -> None:
    """model.npz is no archive."""
    (folder / "model.npz").write_text("these are not the numbers you are looking for")


class Pickled:
    """What must not be executed when a model is read."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.mkdir, ("executed",)


def pickled_numbers(folder: Path) -> None:
    """An array of model.npz is a pickle."""
    with np.load(folder / "model.npz") as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays["W"] = np.array([Pickled()], dtype=object)
    np.savez(folder / "model.npz", **arrays)


def negative_numbers(folder: Path) -> None:
    """W has an entry below zero."""
    with np.load(folder / "model.npz") as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays["W"] = -arrays["W"]
    np.savez(folder / "model.npz", **arrays)


def smaller_numbers(folder: Path) -> None:
    """H has a page less than there are names."""
    with np.load(folder / "model.npz") as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays["H"] = arrays["H"][:, 1:]
    np.savez(folder / "model.npz", **arrays)


def foreign_names(folder: Path) -> None:
    """model.json is another tool's."""
    (folder / "model.json").write_text('{"class_name": "Sequential", "config": []}')


def no_names(folder: Path) -> None:
    """model.json is a list."""
    (folder / "model.json").write_text("[1, 2, 3]")


def cut_names(folder: Path) -> None:
    """model.json ends in the middle."""
    data = (folder / "model.json").read_bytes()
    (folder / "model.json").write_bytes(data[: len(data) // 2])


def later_names(folder: Path) -> None:
    """model.json is of a later version."""
    document = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**document, "schema": 99}))


def unknown_names(folder: Path) -> None:
    """model.json has an entry that nobody knows."""
    document = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**document, "extra": 1}))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (remove_numbers, "is incomplete: model.npz is missing"),
        (cut_numbers, "is damaged"),
        (no_numbers, "is damaged"),
        (pickled_numbers, "is damaged"),
        (negative_numbers, "non-negative"),
        (smaller_numbers, "do not fit"),
        (foreign_names, "does not say which version it is"),
        (no_names, "does not say which version it is"),
        (cut_names, "is damaged"),
        (later_names, "made by a later version (schema 99); update nmf-topics"),
        (unknown_names, "extra"),
    ],
)
def test_damaged_models(
    refuse: Refuse, fitted: Path, tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    """Every command that reads a model refuses a damaged one, says what is wrong with it, and leaves it alone."""
    Path("page.txt").write_text("a rocket")
    damage(fitted)
    for command in (("topics",), ("pages", "--json"), ("classify", "page.txt"), ("label", "1=A"), ("clouds",)):
        message = refuse(*command)
        assert said in message
        assert "models/" in message
    assert not (tmp_path / "executed").exists()


def test_fitting_again_mends_a_damaged_model(run: Run, fitted: Path, tiny_corpus: Path) -> None:
    """The advice of the message works."""
    cut_numbers(fitted)
    assert run("fit", tiny_corpus, "-r", 3, *WIDE).exit_code == 0
    assert load_model(fitted).rank == 3


def test_latest_names_a_folder_that_is_gone(refuse: Refuse, run: Run, fitted: Path, tiny_corpus: Path) -> None:
    """A model that was removed is missed by its link; the next fit sets the link right."""
    shutil.rmtree(fitted)
    assert "there is no model in models/latest; fit one first (nmf-topics fit)" in refuse("topics")
    assert "there is no model" in refuse("label", "1=A")
    assert run("fit", tiny_corpus, "-r", 2, *WIDE).exit_code == 0
    assert run("topics").exit_code == 0


def test_no_model_yet(refuse: Refuse) -> None:
    """Before the first fit every command that needs a model says what to do."""
    Path("page.txt").write_text("a rocket")
    for command in (("topics",), ("pages",), ("classify", "page.txt"), ("label", "1=A"), ("clouds",)):
        assert "fit one first (nmf-topics fit)" in refuse(*command)


def test_a_topic_that_is_not_there(refuse: Refuse, fitted: Path) -> None:
    """Topics are numbered from 1; the message says how far."""
    for command in (
        ("topics", "--topic", 4),
        ("pages", "--topic", 0),
        ("label", "9=A"),
        ("topics", "--json", "-t", -1),
    ):
        assert "topics are numbered from 1 to 3" in refuse(*command)


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

    done = call("fit", "large", "-r", 2, preexec_fn=limit, env={"OPENBLAS_NUM_THREADS": "1"})
    check_refusal(done.returncode, done.stderr)
    assert "not enough memory; try fewer words (--max-terms" in done.stderr


def test_threads_may_run_commands(fitted: Path) -> None:
    """The commands work outside the main thread, where no signal can be handled."""
    statuses: list[int] = []
    thread = threading.Thread(target=lambda: statuses.append(CliRunner().invoke(cli, ["label", "1=A", "-q"]).exit_code))
    thread.start()
    thread.join()
    assert statuses == [0]
