"""Models that are damaged, gone or never were: refused by every command that reads one."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from inputs import WIDE
from program import Refuse, Run

from nmf_topics.cli.main import cli
from nmf_topics.model.files import load_model


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
    assert "there is no model in models/latest; fit one first" in refuse("topics")
    assert "there is no model" in refuse("label", "1=A")
    assert run("fit", tiny_corpus, "-r", 2, *WIDE).exit_code == 0
    assert run("topics").exit_code == 0


def test_no_model_yet(refuse: Refuse) -> None:
    """Before the first fit every command that needs a model says what to do."""
    Path("page.txt").write_text("a rocket")
    for command in (("topics",), ("pages",), ("classify", "page.txt"), ("label", "1=A"), ("clouds",)):
        assert "fit one first" in refuse(*command)


def test_a_topic_that_is_not_there(refuse: Refuse, fitted: Path) -> None:
    """Topics are numbered from 1; the message says how far."""
    for command in (
        ("topics", "--topic", 4),
        ("pages", "--topic", 0),
        ("label", "9=A"),
        ("topics", "--json", "-t", -1),
    ):
        assert "topics are numbered from 1 to 3" in refuse(*command)


def test_threads_may_run_commands(fitted: Path) -> None:
    """The commands work outside the main thread, where no signal can be handled."""
    statuses: list[int] = []
    thread = threading.Thread(target=lambda: statuses.append(CliRunner().invoke(cli, ["label", "1=A", "-q"]).exit_code))
    thread.start()
    thread.join()
    assert statuses == [0]
