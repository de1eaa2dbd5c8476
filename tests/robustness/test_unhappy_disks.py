"""Files that may not be read or written, full disks: refused early, nothing lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from fake_wiki import FakeClient, FakeWiki, fetch_fake
from inputs import ENDLESS, WIDE, tiny_texts, write_noise, write_texts
from outputs import check_refusal, everything
from privileges import HUMBLE, permissions_count
from program import LINUX, Run, call

from nmf_topics.errors import OutputError
from nmf_topics.model.files import load_model


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
def test_files_that_may_not_be_read(tiny_corpus: Path, fitted: Path) -> None:
    """A source, a page, a model that may not be read: the message names it; one text of many is set aside."""
    folder = write_texts(Path("texts"), tiny_texts())
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
        write_noise(Path("faces") / f"{i}.png", seed=i)
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


def test_a_full_disk_under_a_fetch(small_disk: Path) -> None:
    """Wherever a fetch runs out of space, the message says so, and with more space the same fetch is completed."""
    wiki = FakeWiki()
    for number in range(20):
        wiki.save(f"Page {number:02d}", f"Words of page {number}. " * 40)
    ask = {"titles": sorted(wiki.pages)}
    ballast, folder = small_disk / "ballast", small_disk / "c"
    for size in (64, 60, 56, 52, 44, 36):  # kB: from no space for the journal to too little for the corpus
        ballast.write_bytes(b"x" * 1000 * size)
        with pytest.raises(OutputError, match="no space left on the disk"):
            fetch_fake(folder, FakeClient(wiki), ask)
        assert not (folder / "pages.jsonl").exists() or json.loads((folder / "manifest.json").read_bytes())
    ballast.unlink()
    assert fetch_fake(folder, FakeClient(wiki), ask).complete
