"""What all tests share: no network, an empty working folder, an own cache, and small inputs."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from loopback import HERE, NoWiki, Wiki, write_pages

TINY = {
    "animals": [
        "The cat chased the mouse while the dog watched the cat and the mouse ran.",
        "A dog and a cat sleep near the mouse, and the cats run when dogs run.",
        "Dogs bark at cats, a cat runs after mice, and the mouse runs.",
        "The mouse ate cheese and the cat ate the mouse before the dog barked.",
    ],
    "music": [
        "The band played a song on the guitar, and the singer sang the song.",
        "A singer sings songs with a guitar and the band plays the melody.",
        "The guitar solo of the band made the song, and the melody was sung.",
        "Songs of the singer have a melody that the band plays on guitars.",
    ],
    "space": [
        "The rocket flew to the planet and circled the moon near the stars.",
        "A planet orbits its star, and the moon orbits the planet in space.",
        "Stars shine on the moon while a rocket flies to a distant planet.",
        "The rockets reached orbit around the moon, and the planet and stars shone.",
    ],
}


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
    path = tmp_path / "tiny.jsonl"
    rows = [
        {"id": f"{label}-{i}", "title": f"{label.title()} {i}", "text": text, "label": label}
        for label, texts in TINY.items()
        for i, text in enumerate(texts)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def run() -> Callable[..., Result]:
    """Run the program in this process: run("fit", "x.jsonl", "--rank", 3)."""
    from nmf_topics.cli.main import cli

    def invoke(*arguments: object, **settings: object) -> Result:
        return CliRunner().invoke(cli, [str(a) for a in arguments], prog_name="nmf-topics", **settings)

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
