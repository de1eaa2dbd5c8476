"""What all tests share: no network, an empty working folder, an own cache, and small inputs."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from inputs import WIDE, write_tiny
from loopback import HERE, NoWiki, Wiki, write_pages
from outputs import check_refusal, everything
from program import Refuse, Refused, Run

from nmf_topics.cli.main import cli
from nmf_topics.model.classify import Assignment, classify_pages, unreadable
from nmf_topics.model.files import load_model
from nmf_topics.model.model import TopicModel

pytest_plugins = ["alone", "browsing"]
SHARED = ("empty_wiki", "chromium")  # fixtures that take long to make and are made once in a process
PROGRAM = {"run", "ok", "refused", "refuse", "fitted"}  # fixtures of tests that run whole commands


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests of whole commands and of real corpora as slow, and put those with a costly shared fixture first.

    xdist gives the first tests to one process, and the others steal from the end, so the fixture is made once. Single
    tests are marked slow where they stand, if all their cases together take more than a second of a processor.
    """

    def place(item: pytest.Item) -> int:
        names = getattr(item, "fixturenames", ())
        return next((i for i, name in enumerate(SHARED) if name in names), len(SHARED))

    for item in items:
        program = PROGRAM.intersection(getattr(item, "fixturenames", ())) or item.path.parent.name == "robustness"
        if program or item.get_closest_marker("data"):
            item.add_marker(pytest.mark.slow)
    items.sort(key=place)


@pytest.fixture(autouse=True)
def _own_surroundings(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each test works in an empty folder, with a cache of its own and without a network but this machine."""
    for name in [name for name in os.environ if name.startswith("NMF_TOPICS_") and name != "NMF_TOPICS_DATA"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NMF_TOPICS_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.chdir(tmp_path)

    connect, marked = socket.socket.connect, request.node.get_closest_marker

    def refuse(self: socket.socket, address: tuple[str, int]) -> None:
        if (marked("loopback") or marked("wiki")) and address[0] == "127.0.0.1":
            return connect(self, address)
        raise AssertionError("a test tried to use the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded generator of random numbers."""
    return np.random.default_rng(20261124)


@pytest.fixture
def tiny_corpus(tmp_path: Path) -> Path:
    """A JSONL file of 12 pages in three subjects."""
    return write_tiny(tmp_path / "tiny.jsonl")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of the tiny corpus in it: three topics; models/latest names it. Fitted once for all."""
    folder = tmp_path_factory.mktemp("fitted")
    with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch:
        patch.setenv("NMF_TOPICS_CACHE", str(folder / "cache"))
        write_tiny(Path("tiny.jsonl"))
        result = CliRunner().invoke(cli, ["fit", "tiny.jsonl", "-r", "3", *map(str, WIDE)])
        assert result.exit_code == 0, result.stderr
    return folder


@pytest.fixture
def fitted(template: Path, tmp_path: Path) -> Path:
    """That model, in the test's own folder."""
    shutil.copytree(template / "models", tmp_path / "models", symlinks=True)
    return Path("models/tiny-r3")


@pytest.fixture
def model(template: Path) -> TopicModel:
    """That model; its fourth page has no weight and no error, as a page without known words."""
    model = load_model(template / "models" / "latest")
    H, errors = model.H.copy(), model.errors.copy()
    H[:, 3], errors[3] = 0, np.nan
    return replace(model, H=H, errors=errors)


@pytest.fixture
def assignments(model: TopicModel) -> list[Assignment]:
    """New pages of every kind: known and unknown words, none, only an unknown one, unreadable."""
    pages = [
        ("a.txt", "Of cats", "The cat and the mouse watched the moon and a zebra."),
        ("b.txt", "Nothing", ""),
        ("c, d", 'The "c"', "Zebras"),
    ]
    return [*classify_pages(model, pages, explain=True), unreadable("e.txt", "e.txt is binary", 3)]


@pytest.fixture
def run() -> Run:
    """Run the program in this process: run("fit", "x.jsonl", "--rank", 3)."""

    def invoke(*arguments: object, **settings: object) -> Result:
        return CliRunner().invoke(cli, [str(a) for a in arguments], prog_name="nmf-topics", **settings)

    return invoke


@pytest.fixture
def ok(run: Run) -> Run:
    """Run the program in this process and insist on success."""

    def invoke(*arguments: object, **settings: object) -> Result:
        result = run(*arguments, **settings)
        assert result.exit_code == 0, (arguments, result.stderr, result.exception)
        return result

    return invoke


@pytest.fixture
def refused(run: Run) -> Refused:
    """Run the program in this process, insist on an exit status and nothing on stdout; what it says on stderr."""

    def invoke(status: int, *arguments: object) -> str:
        result = run(*arguments)
        assert result.exit_code == status, (arguments, result.stderr, result.exception)
        assert result.stdout == ""
        assert "Error: " in result.stderr
        assert "Traceback" not in result.stderr
        return " ".join(result.stderr.split())

    return invoke


@pytest.fixture
def refuse(run: Run, tmp_path: Path) -> Refuse:
    """Run the program in this process; insist on status 1, one message, and no file more or less than before."""

    def invoke(*arguments: object) -> str:
        before = everything(tmp_path)
        result = run(*arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        check_refusal(result.exit_code, result.stderr)
        assert result.stdout == ""
        assert everything(tmp_path) == before
        return " ".join(result.stderr.split())

    return invoke


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The real corpora, where NMF_TOPICS_DATA says they are."""
    folder = os.environ.get("NMF_TOPICS_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("NMF_TOPICS_DATA does not point to the real corpora")
    return Path(folder)


@pytest.fixture(scope="session")
def empty_wiki(tmp_path_factory: pytest.TempPathFactory) -> Wiki:
    """A wiki without pages, not running; a copy of its folder is a wiki of one's own."""
    wiki = Wiki(tmp_path_factory.mktemp("wiki") / "empty")
    try:
        wiki.install()
    except NoWiki as error:
        pytest.skip(f"no MediaWiki here: {error}")
    return wiki


@pytest.fixture(scope="session")
def wiki(empty_wiki: Wiki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wiki]:
    """A running wiki with the pages of mediawiki/sample and those of `write_pages`; tests do not change it."""
    pages = tmp_path_factory.mktemp("pages")
    write_pages(pages)
    wiki = Wiki(tmp_path_factory.mktemp("wiki") / "full")
    shutil.copytree(empty_wiki.folder, wiki.folder)
    wiki.load(HERE / "templates")
    wiki.load(HERE / "sample")
    wiki.load(pages, "--blank-templates")
    wiki.start()
    yield wiki
    wiki.stop()
