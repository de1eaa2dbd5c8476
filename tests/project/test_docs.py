"""The README is tested: its commands run, its output is what they print, and its Python works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from test_layers import LAYERS

import nmf_topics
from nmf_topics.cli.main import COMMANDS

HOME = Path(__file__).parents[2]
README = (HOME / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment in which `nmf-topics` is the program under test."""
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "nmf-topics"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nmf_topics "$@"\n')
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("sh") is None, reason="the README's session is for a shell")
def test_the_session_runs_and_prints_what_the_readme_shows(shell: dict[str, str]) -> None:
    """Each command of the README's session ends well; the shown output is the first one's."""
    commands = [line[2:] for block in blocks("console") for line in block.splitlines() if line.startswith("$ ")]
    assert len(commands) >= 5
    outputs = []
    for command in commands:
        done = subprocess.run(["sh", "-c", command], env=shell, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        outputs.append(done.stdout)
    (shown,) = blocks("text")
    assert shown.strip() == outputs[0].partition("\n\n")[0].strip()


@pytest.mark.slow
def test_the_python_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """The README's Python fits the sample and classifies a page of music as music."""
    (program,) = blocks("python")
    exec(compile(program, "README.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in printed[:10]] == [str(number) for number in range(1, 11)]
    assert "music" in printed[-1]


def test_every_command_is_in_the_readme() -> None:
    """The README's table of commands is the program's list."""
    rows = dict(re.findall(r"^\| `nmf-topics ([a-z]+)` \| (.*) \|$", README, flags=re.MULTILINE))
    assert rows == COMMANDS


def test_the_page_about_the_code_is_up_to_date() -> None:
    """The layers are those that are tested; modules, tables and tests that the page names are there."""
    text = (HOME / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", text, flags=re.MULTILINE)
    assert {folder: int(layer) for layer, folder in rows} == LAYERS
    assert [int(layer) for layer, _ in rows] == sorted((int(layer) for layer, _ in rows), reverse=True)
    package = Path(nmf_topics.__file__).parent
    named = re.findall(r"`([\w/]+\.py)`", text)
    assert len(named) > 20
    assert [name for name in named if not (package / name).is_file() and not (HOME / name).is_file()] == []
    tables = re.findall(r"`([A-Z_]+)` in `([\w/]+)\.py`", text)
    assert len(tables) > 5
    for name, module in tables:
        assert hasattr(import_module(f"nmf_topics.{module.replace('/', '.')}"), name), name
