"""Commands that are killed while they change files: afterwards all the old files are there, or all the new ones.

A kill leaves on the disk what is there at that moment. So each command is run once, and the working folder is copied
before every change of a name in it (a move, a removal, a new folder). Each copy is what a kill at that moment leaves.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from inputs import WIDE, write_jsonl, write_tiny
from outputs import files_below
from program import Run

from nmf_topics.errors import ModelError, OutputError
from nmf_topics.files.atomic import PARTIAL, folder_of_files
from nmf_topics.files.publish import READY, REMOVED, finish_moves
from nmf_topics.model.files import load_model

SOAK = "NMF_TOPICS_SOAK" in os.environ
CHANGES = ("replace", "rename", "unlink", "rmdir", "mkdir")

KILLED = """
import os, sys
from pathlib import Path
from nmf_topics.files.atomic import folder_of_files
changes = int(sys.argv[1])
def counted(change):
    def call(*arguments, **settings):
        global changes
        if changes == 0:
            os._exit(9)
        changes -= 1
        return change(*arguments, **settings)
    return call
with folder_of_files(Path("out"), mark="mark.json", stale=lambda folder: ["old.csv"]) as partial:
    (partial / "clouds").mkdir()
    for name in ("a.csv", "clouds/all.png", "report.html"):
        (partial / name).write_text("new")
    (partial / "mark.json").write_text('{"schema": 1}')
    for name in ("replace", "rename", "unlink", "rmdir"):
        setattr(os, name, counted(getattr(os, name)))
"""


def visible(folder: Path) -> dict[str, bytes]:
    """The files below a folder, apart from those of unfinished runs."""
    return {name: data for name, data in files_below(folder).items() if PARTIAL not in name}


@pytest.mark.parametrize("first", [True, False])
def test_a_process_that_is_killed(first: bool) -> None:
    """Killed after any number of changes, a run has written nothing or, once the folder is opened, everything."""
    new = {"a.csv": b"new", "clouds/all.png": b"new", "report.html": b"new", "mark.json": b'{"schema": 1}'}
    old = {} if first else {"old.csv": b"old", "report.html": b"old", "mark.json": b'{"schema": 1, "old": 1}'}
    seen = []
    for changes in range(30):
        shutil.rmtree("out", ignore_errors=True)
        for name, data in old.items():
            Path("out").mkdir(exist_ok=True)
            Path("out", name).write_bytes(data)
        if subprocess.run([sys.executable, "-c", KILLED, str(changes)], timeout=60).returncode == 0:
            break
        finish_moves(Path("out"))
        found = visible(Path("out"))
        assert found in (old, new)
        seen.append(found)
    assert seen.index(new) < len(seen) - 4
    assert visible(Path("out")) == new


@contextlib.contextmanager
def copies(copied: Path) -> Iterator[list[Path]]:
    """Copy the working folder before every change of a name in it that follows a visible change."""
    found: list[Path] = []
    last: list[dict[str, bytes]] = []

    def watched(change: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **settings: Any) -> Any:
            state = visible(Path.cwd())
            if [state] != last:
                last[:] = [state]
                found.append(copied / str(len(found)))
                shutil.copytree(Path.cwd(), found[-1], symlinks=True)
            return change(*arguments, **settings)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in CHANGES:
            patch.setattr(os, name, watched(getattr(os, name)))
        yield found


REFIT = ("fit", "other.jsonl", "-r", 2, *WIDE, "-o", "models/tiny-r3", "--no-report", "--no-clouds", "--no-names")
COMMANDS: dict[str, tuple[Sequence[object], str]] = {
    "first fit": (("fit", "tiny.jsonl", "-r", 2, *WIDE, "-o", "models/new"), "models/new"),
    "fit of another corpus": (REFIT, "models/tiny-r3"),
    "label": (("label", "1=Fire", "2=Water"), "models/tiny-r3"),
    "report": (("report",), "models/tiny-r3"),
    "clouds": (("clouds", "--size", "200x150", "--svg"), "models/tiny-r3"),
    "clouds elsewhere": (("clouds", "--size", "200x150", "-o", "pictures"), "pictures"),
    "export": (("export", "--to", "csv", "--to", "markdown"), "models/tiny-r3/export"),
    "figures": (("figures", "--format", "svg"), "models/tiny-r3/figures"),
    "compare": (("compare", "tiny.jsonl", "-r", 2, *WIDE, "-o", "compared"), "compared"),
    "ranks": (("ranks", "tiny.jsonl", *WIDE, "--to", 4, "-o", "ranked"), "ranked"),
}


EARLIER: dict[str, Sequence[object]] = {  # what is there before the command
    "fit of another corpus": ("export",),  # made from the earlier model, so it is removed with it
    "clouds elsewhere": ("clouds", "--size", "100x80", "--svg", "-o", "pictures"),
    "export": ("export", "--to", "jsonl"),
    "ranks": ("ranks", "tiny.jsonl", *WIDE, "--to", 3, "-o", "ranked"),
}
REPEATED = ("fit of another corpus", "label", "export", "ranks")  # in a copy; with SOAK all, in every copy


def opened(folder: Path) -> dict[str, bytes]:
    """The files of a folder as the next command finds them."""
    if (folder / "model.json").exists() or (folder / READY / "model.json").exists():
        load_model(folder)
    else:
        finish_moves(folder)
    return {name: data for name, data in visible(folder).items() if not name.startswith(".unfinished-ranks")}


def same(one: dict[str, bytes], other: dict[str, bytes]) -> bool:
    """Whether two folders have the same files with the same contents, apart from the times in run.json."""
    return {**one, "run.json": b""} == {**other, "run.json": b""}


@pytest.mark.parametrize("what", list(COMMANDS))
def test_a_kill_at_every_change(ok: Run, fitted: Path, tmp_path_factory: pytest.TempPathFactory, what: str) -> None:
    """Every file is the old one or every file is the new one, and the same command works again."""
    arguments, name = COMMANDS[what]
    write_tiny(Path("tiny.jsonl"))
    write_jsonl(Path("other.jsonl"), [{"text": f"{word} tea and green leaves"} for word in ("black", "old") * 4])
    if what in EARLIER:
        ok(*EARLIER[what])
    if what == "report":
        (fitted / "report.html").write_text("an earlier report")
    folder = Path(name)
    old = opened(folder) if folder.exists() else {}
    with copies(tmp_path_factory.mktemp("copies")) as found:
        ok(*arguments)
    new = opened(folder)
    assert not same(old, new)
    states = []
    for copy in found:
        state = opened(copy / folder) if (copy / folder).exists() else {}
        assert state in (old, new), copy
        states.append(state == new)
    assert any(states)
    assert not all(states)
    assert states == sorted(states)
    middle = states.index(True) + 1
    for copy in found if SOAK else found[middle : middle + 1] if what in REPEATED else ():
        with contextlib.chdir(copy):
            ok(*arguments)
            assert same(opened(folder), new)
            assert not (folder / READY).exists()


@pytest.mark.parametrize("way", ["folder", "link"])
def test_what_is_in_the_way(way: str) -> None:
    """A folder where a file should go, or a link where a folder should be, is refused before anything is moved."""
    Path("elsewhere").mkdir()
    write_into_out("mark.json")
    if way == "folder":
        Path("out/all.png/x").mkdir(parents=True)
    else:
        Path("out/clouds").symlink_to("../elsewhere")
    before = files_below(Path("out"))
    with pytest.raises(OutputError, match=r"move it away first|remove the link first"):
        write_into_out("all.png" if way == "folder" else "clouds/all.png")
    assert files_below(Path("out")) == before
    assert list(Path("elsewhere").iterdir()) == []


def write_into_out(name: str) -> None:
    """Write a file into the folder "out"."""
    with folder_of_files(Path("out"), mark="mark.json") as partial:
        (partial / name).parent.mkdir(exist_ok=True)
        (partial / name).write_text('{"schema": 1}')


@pytest.mark.parametrize("listed", [b"[", b'{"a": 1}', b'["../mine.txt", "/etc/hostname", "a\\u0000b", 3, "\\ud800"]'])
def test_unfinished_moves_of_a_stranger(fitted: Path, listed: bytes) -> None:
    """A forged list of files removes nothing outside the folder, and the model is read."""
    Path("models/mine.txt").write_text("mine")
    (fitted / READY).mkdir()
    (fitted / READY / REMOVED).write_bytes(listed)
    (fitted / READY / "link.csv").symlink_to(Path("models/mine.txt").resolve())
    assert load_model(fitted).rank == 3
    assert Path("models/mine.txt").read_text() == "mine"
    assert not (fitted / READY).exists()


def test_moves_that_cannot_be_finished(fitted: Path) -> None:
    """The model is not read half; the message says what is in the way."""
    (fitted / READY / "clouds").mkdir(parents=True)
    shutil.rmtree(fitted / "clouds")
    (fitted / "clouds").write_text("in the way")
    (fitted / READY / "clouds/all.png").write_text("new")
    with pytest.raises(ModelError, match="clouds is a file, but a folder of that name is needed"):
        load_model(fitted)
    (fitted / "clouds").unlink()
    assert load_model(fitted).rank == 3
    assert (fitted / "clouds/all.png").read_text() == "new"
