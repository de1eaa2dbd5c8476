"""Files that appear whole or not at all, and only where this tool may write."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path

import pytest
from program import LINUX

from nmf_topics.errors import OutputError
from nmf_topics.files.atomic import ABANDONED, PARTIAL, folder_of_files, uninterrupted, whole_file
from nmf_topics.files.publish import READY

MARK = "model.json"
OURS = '{"schema": 1}'


def contents(folder: Path) -> dict[str, str]:
    """All files below a folder, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def write(folder: Path, files: dict[str, str], error: type[BaseException] | None = None, **settings: object) -> None:
    """Write files into a folder as this tool does, and fail at the end if an error is given."""
    with folder_of_files(folder, mark=MARK, **settings) as partial:  # type: ignore[arg-type]
        for name, text in files.items():
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            (partial / name).write_text(text, encoding="utf-8")
        if error is not None:
            raise error


def write_one(path: Path, text: str, error: type[BaseException] | None = None) -> None:
    """Write a single file as this tool does, and fail at the end if an error is given."""
    with whole_file(path, "draw") as partial:
        partial.write_text(text, encoding="utf-8")
        if error is not None:
            raise error


def old_names(folder: Path) -> list[str]:
    """What an earlier run recorded."""
    return [str(name) for name in json.loads((folder / MARK).read_text(encoding="utf-8"))["files"]]


# ------------------------------------------------------------------------------------------------ folders


def test_folder_appears_with_its_parents_and_subfolders(tmp_path: Path) -> None:
    """All files arrive, and no unfinished one is left."""
    files = {MARK: OURS, "clouds/all.png": "picture", "topics.csv": "topic"}
    write(tmp_path / "models" / "a", files)
    assert contents(tmp_path / "models" / "a") == files


def test_permissions_are_those_of_ordinary_files(tmp_path: Path) -> None:
    """Others may read a model as they may read any file of this user."""
    before = os.umask(0o022)
    try:
        write(tmp_path / "a", {MARK: OURS, "clouds/all.png": "picture"})
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "a").rglob("*") if path.is_file()}
    assert modes == {0o644}
    assert (tmp_path / "a" / "clouds").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_the_old_files_and_nothing_else(tmp_path: Path, error: type[BaseException]) -> None:
    """Whatever ends the writing, the earlier model is what is there."""
    folder = tmp_path / "a"
    write(folder, {MARK: OURS, "topics.csv": "old"})
    with pytest.raises((error, OutputError)):
        write(folder, {"topics.csv": "new"}, error)
    assert contents(folder) == {MARK: OURS, "topics.csv": "old"}


def test_an_error_leaves_no_new_folders(tmp_path: Path) -> None:
    """Folders that were made for nothing are taken away, those that were there stay."""
    (tmp_path / "there").mkdir()
    with pytest.raises(ZeroDivisionError), folder_of_files(tmp_path / "there" / "models" / "a", mark=MARK):
        raise ZeroDivisionError
    assert list(tmp_path.rglob("*")) == [tmp_path / "there"]


def test_asking_whether_a_folder_may_be_written_changes_nothing(tmp_path: Path) -> None:
    """An empty block is the question alone."""
    with folder_of_files(tmp_path / "models" / "a", mark=MARK):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "foreign",
    [
        {"thesis.txt": "mine"},
        {".hidden": "mine"},
        {"model.json": '{"class_name": "Sequential"}', "weights.bin": "mine"},
        {"model.json": "", "notes": "mine"},
    ],
    ids=["text", "hidden", "another tool's model.json", "empty model.json"],
)
def test_a_foreign_folder_is_refused_unless_forced(tmp_path: Path, foreign: dict[str, str]) -> None:
    """What this tool did not make it does not overwrite; --force writes among it."""
    folder = tmp_path / "a"
    folder.mkdir()
    for name, text in foreign.items():
        (folder / name).write_text(text)
    with pytest.raises(OutputError, match=r"did not make; choose another place with draw, or use force=True"):
        write(folder, {MARK: OURS}, parameter="draw")
    assert contents(folder) == foreign
    write(folder, {MARK: OURS}, force=True)
    assert contents(folder) == {**foreign, MARK: OURS}


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    """A folder that the user made for the result is used."""
    (tmp_path / "a").mkdir()
    write(tmp_path / "a", {MARK: OURS})
    assert contents(tmp_path / "a") == {MARK: OURS}


def test_what_a_killed_run_left_is_no_obstacle(tmp_path: Path) -> None:
    """Unfinished files count as nothing, and old ones are swept away, young ones may belong to a run at work."""
    folder = tmp_path / "a"
    for name, age in (("old", ABANDONED + 60), ("young", 0.0)):
        left = folder / f"{PARTIAL}{name}"
        left.mkdir(parents=True)
        (left / "model.npz").write_text("half")
        file = folder / f"{PARTIAL}{name}.json"
        file.write_text("half")
        for path in (left, file):
            stamp = path.stat().st_mtime - age
            os.utime(path, (stamp, stamp))
    write(folder, {MARK: OURS})
    assert sorted(path.name for path in folder.iterdir()) == [f"{PARTIAL}young", f"{PARTIAL}young.json", MARK]


def test_a_file_in_the_way(tmp_path: Path) -> None:
    """A file where the folder should be, or above it, is named and stays."""
    (tmp_path / "a").write_text("mine")
    with pytest.raises(OutputError, match="a is a file; choose another place with output"):
        write(tmp_path / "a", {MARK: OURS})
    with pytest.raises(OutputError, match=r"cannot write .*Not a directory"):
        write(tmp_path / "a" / "b", {MARK: OURS})
    assert (tmp_path / "a").read_text() == "mine"


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    """The system's refusal is an error of ours."""
    with pytest.raises(OutputError, match="File name too long"):
        write(tmp_path / ("a" * 300), {MARK: OURS})


# ------------------------------------------------------------------------------------------------ stale files


@pytest.mark.parametrize("way", ["folder", "link"])
def test_stale_files_of_an_earlier_run_are_removed(tmp_path: Path, way: str) -> None:
    """Recorded files that are not written anew go, also through a link; all others stay."""
    folder = tmp_path / "a"
    record = json.dumps({"schema": 1, "files": ["clouds/topic-03.png", "clouds/topic-01.png", "topics.csv"]})
    write(folder, {MARK: record, "clouds/topic-01.png": "1", "clouds/topic-03.png": "3", "topics.csv": "old"})
    (folder / "notes.txt").write_text("mine")
    target = folder
    if way == "link":
        target = tmp_path / "latest"
        target.symlink_to(folder)
    write(target, {MARK: OURS, "clouds/topic-01.png": "new", "topics.csv": "new"}, stale=old_names)
    assert contents(folder) == {MARK: OURS, "clouds/topic-01.png": "new", "topics.csv": "new", "notes.txt": "mine"}


def test_a_record_cannot_reach_outside(tmp_path: Path) -> None:
    """A forged record of files removes nothing outside the folder, nor a folder in it."""
    (tmp_path / "mine.txt").write_text("mine")
    folder = tmp_path / "a"
    names = ["../mine.txt", str(tmp_path / "mine.txt"), "link.txt", "clouds", "gone.txt", "."]
    write(folder, {MARK: json.dumps({"schema": 1, "files": names}), "clouds/all.png": "x"})
    (folder / "link.txt").symlink_to(tmp_path / "mine.txt")
    write(folder, {MARK: OURS}, stale=old_names)
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert contents(folder)["clouds/all.png"] == "x"


def test_stale_files_stay_when_the_new_ones_do_not_come(tmp_path: Path) -> None:
    """An error before the end removes nothing."""
    folder = tmp_path / "a"
    files = {MARK: json.dumps({"schema": 1, "files": ["topics.csv"]}), "topics.csv": "old"}
    write(folder, files)
    with pytest.raises(ZeroDivisionError), folder_of_files(folder, mark=MARK, stale=old_names):
        raise ZeroDivisionError
    assert contents(folder) == files


# ------------------------------------------------------------------------------------------------ single files


def test_whole_file_replaces_and_keeps_the_ending(tmp_path: Path) -> None:
    """The unfinished file has the ending by which writers know the format; the finished one has usual permissions."""
    path = tmp_path / "new" / "curve.png"
    before = os.umask(0o027)
    try:
        with whole_file(path) as partial:
            assert partial.suffix == ".png"
            assert partial.name.startswith(PARTIAL)
            partial.write_text("picture")
    finally:
        os.umask(before)
    assert contents(tmp_path) == {"new/curve.png": "picture"}
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_whole_file_leaves_the_old_one(tmp_path: Path, error: type[BaseException]) -> None:
    """An error leaves what was there, and nothing half-written."""
    (tmp_path / "a.csv").write_text("old")
    with pytest.raises(error):
        write_one(tmp_path / "a.csv", "new", error)
    assert contents(tmp_path) == {"a.csv": "old"}


def test_whole_file_where_a_folder_is(tmp_path: Path) -> None:
    """A folder of that name stays, and the message names the parameter."""
    (tmp_path / "a.png" / "b").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"cannot write .*a\.png: .*with draw"):
        write_one(tmp_path / "a.png", "picture")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


# ------------------------------------------------------------------------------------------------ interruptions


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_for_the_end_of_the_block(number: signal.Signals) -> None:
    """Ctrl-C comes through after the block, once however often it was pressed, and the handlers are as before."""
    seen: list[int] = []

    def handler(number: int, frame: object) -> None:
        seen.append(number)
        raise KeyboardInterrupt

    def block() -> None:
        with uninterrupted():
            signal.raise_signal(number)
            signal.raise_signal(number)
            done.append(len(seen))

    done: list[int] = []
    before = signal.signal(number, handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            block()
        assert done == [0]
        assert seen == [number]
        assert signal.getsignal(number) is handler
    finally:
        signal.signal(number, before)


def test_an_interruption_between_two_files_does_not_part_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while files are moved: all of them are the new ones, and it is heard after that."""
    folder = tmp_path / "a"
    write(folder, {MARK: OURS, "model.npz": "old", "pages.csv": "old"})
    replace = os.replace

    def interrupted_replace(source: Path, target: Path) -> None:
        replace(source, target)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(os, "replace", interrupted_replace)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background ignore Ctrl-C
    try:
        with pytest.raises(KeyboardInterrupt):
            write(folder, {MARK: OURS + "\n", "model.npz": "new", "pages.csv": "new"})
    finally:
        signal.signal(signal.SIGINT, before)
    assert contents(folder) == {MARK: OURS + "\n", "model.npz": "new", "pages.csv": "new"}


def test_other_threads_write_too(tmp_path: Path) -> None:
    """In a thread, where signals cannot be held back, files are written all the same."""
    thread = threading.Thread(target=write, args=(tmp_path / "a", {MARK: OURS}))
    thread.start()
    thread.join()
    assert contents(tmp_path / "a") == {MARK: OURS}


# ------------------------------------------------------------------------------------------------ power cuts


@LINUX
@pytest.mark.parametrize("durable", [True, False])
def test_files_are_on_the_disk_before_they_replace_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durable: bool
) -> None:
    """Every file is synced whole under its temporary name, then moved, then its folder is synced; a cache is not."""
    done: list[tuple[str, str]] = []
    fsync, replace, rename = os.fsync, os.replace, os.rename

    def watch_fsync(handle: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{handle}"))
        done.append(("sync", "folder" if path.is_dir() else f"{path.stat().st_size} bytes"))
        fsync(handle)

    def watch_replace(source: Path, target: Path) -> None:
        done.append(("move", Path(target).name))
        replace(source, target)

    def watch_rename(source: Path, target: Path) -> None:
        done.append(("ready", Path(target).name))
        rename(source, target)

    monkeypatch.setattr(os, "fsync", watch_fsync)
    monkeypatch.setattr(os, "replace", watch_replace)
    monkeypatch.setattr(os, "rename", watch_rename)
    write(tmp_path / "a", {MARK: OURS, "b.csv": "12345"}, durable=durable)
    with whole_file(tmp_path / "c.txt", durable=durable) as partial:
        partial.write_text("123")
    moves = [("move", "b.csv"), ("move", MARK), ("move", "c.txt")]
    if durable:
        assert done == [
            *[("sync", "5 bytes"), ("sync", f"{len(OURS)} bytes"), ("ready", READY)],
            *[("sync", "folder"), *moves[:2]],
            *[("sync", "folder"), ("sync", "folder")],  # the new one, and the one that it is in
            *[("sync", "3 bytes"), moves[2], ("sync", "folder")],
        ]
    else:
        assert done == [("ready", READY), *moves]
