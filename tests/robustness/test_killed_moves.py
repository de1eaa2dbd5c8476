"""A run that is killed between two moves of files: the same command works again, and removes what was left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nmf_topics.files.atomic import JOURNAL, folder_of_files

KILLED = """
import os, sys
from pathlib import Path
from nmf_topics.files.atomic import folder_of_files
moves, replace = int(sys.argv[1]), os.replace
def counted(*arguments):
    global moves
    if moves == 0:
        os._exit(9)
    moves -= 1
    replace(*arguments)
os.replace = counted
with folder_of_files(Path("out"), mark="mark.json") as partial:
    (partial / "clouds").mkdir()
    for name in ("a.csv", "clouds/all.png", "report.html"):
        (partial / name).write_text("of the killed run")
    (partial / "mark.json").write_text('{"schema": 1}')
"""


@pytest.mark.parametrize("moves", range(4))
def test_the_same_command_works_after_a_kill(moves: int) -> None:
    """Killed after any number of moves, a first run into a folder does not make the next one refuse."""
    assert subprocess.run([sys.executable, "-c", KILLED, str(moves)], timeout=60).returncode == 9
    assert not Path("out/mark.json").exists()
    with folder_of_files(Path("out"), mark="mark.json") as partial:
        (partial / "a.csv").write_text("new")
        (partial / "mark.json").write_text('{"schema": 1}')
    left = {path.relative_to("out").as_posix() for path in Path("out").rglob("*") if ".partial-" not in str(path)}
    assert left == {"a.csv", "mark.json"}  # no report and no picture of the killed run
    assert Path("out/a.csv").read_text() == "new"
    assert not Path("out", JOURNAL).exists()
