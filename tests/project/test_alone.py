"""Tests marked `alone` run while no other test is running, in all processes of xdist."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import alone
import pytest

pytest.importorskip("xdist")

# 30 tests, four of them marked; each writes down when its call began and ended.
TESTS = """
import os, time
from pathlib import Path
import pytest

MARKED = {5, 11, 12, 20}

@pytest.mark.parametrize("number", [
    pytest.param(i, marks=pytest.mark.alone if i in MARKED else ()) for i in range(30)
])
def test_one(number):
    began = time.monotonic()
    time.sleep(0.05)
    line = f"{os.getpid()} {number in MARKED:d} {began} {time.monotonic()}"
    Path(os.environ["WRITTEN"], str(number)).write_text(line)
"""


@pytest.mark.slow
def test_no_other_test_runs_at_the_same_time(tmp_path: Path) -> None:
    """Three processes run tests side by side, but none during a marked one, and all tests run."""
    written, temporary = tmp_path / "written", tmp_path / "temporary"
    written.mkdir()
    temporary.mkdir()
    (tmp_path / "test_some.py").write_text(TESTS, encoding="utf-8")
    path = os.pathsep.join([str(Path(alone.__file__).parent), os.environ.get("PYTHONPATH", "")])
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    env |= {"PYTHONPATH": path, "WRITTEN": str(written), "TMPDIR": str(temporary)}
    command = [sys.executable, "-m", "pytest", "-p", "alone", "-n", "3", "--dist", "worksteal"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)
    assert "30 passed" in done.stdout, done.stdout + done.stderr

    ran = []
    for file in written.iterdir():
        process, marked, began, ended = file.read_text(encoding="utf-8").split()
        ran.append((process, marked == "1", float(began), float(ended)))
    together = Counter(
        bool(one[1] or other[1]) for one in ran for other in ran if one is not other and one[2] <= other[2] < one[3]
    )
    assert len({process for process, *_ in ran}) == 3
    assert together[True] == 0
    assert together[False] > 0
    assert not list(temporary.glob("nmf-topics-tests-*"))
