"""Closed pipes, Ctrl-C and kill: quiet or clear, and never half a file."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from inputs import ENDLESS, TINY, WIDE, write_jsonl
from outputs import everything
from program import LINUX, PATIENCE, PROGRAM, Run, start

from nmf_topics.model.files import load_model


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
    kept = Path("models/tiny-ranks/.unfinished-ranks.json")
    ends = time.monotonic() + PATIENCE
    while not kept.exists() and process.poll() is None and time.monotonic() < ends:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 130, said
    done = len(json.loads(kept.read_text())["rows"])
    assert 1 <= done < 12
    assert [path.name for path in kept.parent.iterdir()] == [".unfinished-ranks.json"]
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
