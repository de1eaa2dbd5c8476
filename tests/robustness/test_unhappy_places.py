"""Odd names of folders, files that may not be read or written, odd variables: what is said fits what happened."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from inputs import WIDE
from outputs import document, files_below
from program import LINUX, Refused, Run, call

from nmf_topics.files.system import interrupts_held_back
from nmf_topics.model.files import load_model
from nmf_topics.terms import parallel
from nmf_topics.terms.parallel import count_batches
from nmf_topics.text.analyzer import WordOptions
from nmf_topics.views.report.extracts import GZIP_HEADER, pack, unpack

NOBODY = 65534
ODD = os.fsdecode(b"caf\xe9")


@contextlib.contextmanager
def another_user() -> Iterator[None]:
    """Be somebody who is not the superuser, whom no permission stops."""
    if os.geteuid() != 0:
        yield
        return
    for folder in (Path.cwd(), *Path.cwd().parents):
        if any(part.startswith("pytest-") for part in folder.parts):
            folder.chmod(0o755)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@LINUX
@pytest.mark.parametrize("command", [("export",), ("figures", "--format", "svg"), ("clouds", "--size", "100x80")])
def test_a_name_that_is_not_utf8(ok: Run, fitted: Path, command: tuple[str, ...]) -> None:
    """Into such a folder, and from a model in one; the JSON document has a path that opens."""
    found = document(ok(*command, "-o", ODD, "--json"))
    path = next(iter(found.get("files") or found.get("pictures")))
    assert Path(path).is_file()
    assert Path(path).parent == Path(ODD)
    fitted.rename(ODD + "-model")
    found = document(ok(command[0], ODD + "-model", *command[1:], "--json"))
    assert found["model"] == ODD + "-model"


@LINUX
def test_other_commands_in_a_folder_that_is_not_utf8(ok: Run, fitted: Path, tiny_corpus: Path) -> None:
    """All of them print a document."""
    fitted.rename(ODD)
    for command in ("topics", "pages", "report", "evaluate", "repeat"):
        assert document(ok(command, ODD, "--json"))
    assert document(ok("fit", tiny_corpus, "-r", 2, *WIDE, "-o", ODD, "--json"))["model"] == ODD


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="this system has no permissions of POSIX")
@pytest.mark.parametrize("name", ["model.npz", "model.json"])
def test_a_model_that_may_not_be_read(refused: Refused, fitted: Path, name: str) -> None:
    """It is not called damaged."""
    (fitted / name).chmod(0)
    with another_user():
        said = refused(1, "topics", fitted)
    assert "cannot be read: " in said
    assert "Permission denied" in said
    assert name in said
    assert "damaged" not in said


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="this system has no permissions of POSIX")
def test_a_model_in_a_folder_that_may_not_be_entered(refused: Refused, fitted: Path) -> None:
    """It is not called missing."""
    fitted.chmod(0)
    with another_user():
        said = refused(1, "topics", fitted)
    fitted.chmod(0o755)
    assert "cannot be read: " in said
    assert "Permission denied" in said


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="this system has no permissions of POSIX")
@pytest.mark.parametrize("command", [("label", "1=Fire"), ("report",)])
def test_a_model_that_may_not_be_written(ok: Run, refused: Refused, fitted: Path, command: tuple[str, ...]) -> None:
    """`label` and `report` have no option for another place, so they do not advise one."""
    ok(*command)  # imports what the other user may not be able to read
    fitted.chmod(0o555)
    before = files_below(fitted)
    with another_user():
        said = refused(1, *command)
    fitted.chmod(0o755)
    assert "no permission to write" in said
    assert "another place" not in said
    assert "-o" not in said.split()
    assert files_below(fitted) == before


@pytest.mark.parametrize("value", ["x", "", "1e3", str(10**30)])
def test_a_date_that_is_none(run: Run, fitted: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """SOURCE_DATE_EPOCH, which matplotlib reads, is named where it cannot be used; an empty one is as none."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", value)
    result = run("figures", "--format", "pdf")
    assert result.exit_code == (1 if value else 0), result.stderr
    assert ("SOURCE_DATE_EPOCH is" in result.stderr) == bool(value)
    assert (fitted / "figures").exists() == (not value)


def test_shares_of_pages_are_told_as_pages(refused: Refused) -> None:
    """A share of an odd number of pages is no whole number; the message rounds it so that it is still true."""
    Path("odd.jsonl").write_text("".join(json.dumps({"text": f"tea word{i}"}) + "\n" for i in range(7)))
    said = refused(1, "fit", "odd.jsonl", "-r", 2, "--max-pages", 0.5)
    assert "7 are on fewer than 2 pages, 1 on more than 3;" in said


def test_extracts_have_the_same_bytes_everywhere() -> None:
    """Their header has neither a time nor the name of a system, which versions of Python write in several ways."""
    whole = {"schema": 1, "kind": "terms", "pages": [{"page": 0, "text": "é\ud800" * 1000}]}
    packed = pack(whole)
    assert packed[:10] == GZIP_HEADER == bytes.fromhex("1f8b08000000000000ff")
    assert unpack(packed) == whole
    assert zlib.decompress(packed, 31) == json.dumps(whole, separators=(",", ":")).encode()


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="this system cannot hold signals back")
def test_processes_that_are_started_do_not_hear_ctrl_c() -> None:
    """Not even before their first line of Python; the process that starts them hears it at the end of the block."""
    program = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    heard = False
    try:
        with interrupts_held_back():
            os.kill(os.getpid(), signal.SIGINT)
            found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    except KeyboardInterrupt:
        heard = True
    assert found == "True\n"
    assert heard


@LINUX
def test_counting_processes_do_not_hear_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while they start would end them with a traceback each."""
    monkeypatch.setattr(parallel, "ALONE", 0)
    counts = count_batches(((["en"], [f"tea {i}"]) for i in range(50)), WordOptions(), processes=2)
    next(counts)
    next(counts)
    children = [path for path in Path("/proc").glob("[0-9]*") if is_counting(path)]
    assert len(children) == 1
    status = (children[0] / "status").read_text()
    assert int(status.partition("SigBlk:")[2].split()[0], 16) >> (signal.SIGINT - 1) & 1
    assert len(list(counts)) == 48


def is_counting(process: Path) -> bool:
    """Whether a process was started by this one to count."""
    try:
        parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
        return int(parent) == os.getpid() and b"spawn_main" in (process / "cmdline").read_bytes()
    except OSError:
        return False


def test_a_changed_record_is_said(ok: Run, fitted: Path, tiny_corpus: Path) -> None:
    """Options in run.json can be changed by hand; a notice says that they were."""
    text = (fitted / "run.json").read_text(encoding="utf-8")
    assert "was changed" not in ok("repeat", "--force").stderr
    (fitted / "run.json").write_text(text.replace('"max_iter": 2000', '"max_iter": 2001'), encoding="utf-8")
    assert "was changed after it was written; its options are taken" in ok("repeat", "--force").stderr
    said = ok("fit", tiny_corpus, "--like", fitted, "-o", "again").stderr
    assert "was changed after it was written" in said


@pytest.mark.parametrize("damage", [b"{", b'{"files": null}', b'{"schema": 1, "versions": {"numpy": 2}}'])
def test_a_damaged_record_is_kept_and_said(ok: Run, refused: Refused, fitted: Path, damage: bytes) -> None:
    """`label`, `report` and `clouds` work without it and leave it; `repeat` and `fit --like` name file and field."""
    (fitted / "run.json").write_bytes(damage)
    for command in (("label", "1=Fire"), ("report",), ("clouds", "--size", "100x80")):
        said = ok(*command).stderr
        assert "run.json is not the record of a fit, or is damaged" in said
        assert "left as it is" in said
        assert (fitted / "run.json").read_bytes() == damage
    assert load_model(fitted).label(1) == "Fire"
    said = refused(1, "repeat", fitted) + refused(1, "fit", "--like", fitted)
    assert said.count("run.json is not the record of a fit, or is damaged") == 2
    field = {b"{": "not JSON", b'{"files": null}': "files must be a list, not null"}
    assert said.count(field.get(damage, "versions.numpy must be text, not 2")) == 2


def test_a_fit_without_report_over_a_model_without_record(ok: Run, fitted: Path, tiny_corpus: Path) -> None:
    """No report and no picture of the earlier model stays, even where nothing lists its files; others' files do."""
    (fitted / "run.json").write_bytes(b"{")
    (fitted / "notes.txt").write_text("mine")
    ok("fit", tiny_corpus, "-r", 2, *WIDE, "-o", fitted, "--no-report", "--no-clouds")
    assert set(files_below(fitted)) == {
        *("model.npz", "model.json", "topics.csv", "pages.csv", "words.csv", "run.json", "notes.txt")
    }


def test_the_program_itself_prints_paths_that_are_not_utf8(fitted: Path) -> None:
    """Through a real standard output."""
    if sys.platform == "linux":
        fitted.rename(ODD)
        done = call("topics", ODD, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["model"] == ODD
