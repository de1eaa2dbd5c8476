"""Random damages of the files of state around a model: refused or absent, never a traceback or another number."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from damage import DAMAGES, FEW_DAMAGES, damaged
from fake_wiki import FakeClient, FakeWiki, fetch_fake
from inputs import WIDE, write_tiny
from loopback import prose
from program import Run

from nmf_topics.analysis.ranks_file import RANKS, read_ranks
from nmf_topics.corpus.fetch.journal import JOURNAL, TEXT_KINDS, Journal
from nmf_topics.corpus.open import open_corpus
from nmf_topics.errors import EngineError, ModelError, NmfTopicsError
from nmf_topics.factor.engines import store
from nmf_topics.factor.engines.disk import OnDisk
from nmf_topics.factor.engines.store import write_blocks
from nmf_topics.files.publish import READY, REMOVED, finish_moves
from nmf_topics.model.run_record import read_record
from nmf_topics.views.report.extracts import unpack

TITLES = [f"Page {number}" for number in range(4)]


def each_damage(path: Path, look: Callable[[], bool], times: int = DAMAGES, least: float = 0.5) -> None:
    """Damage a file many times; `look` says whether that was noticed, which it must be in at least such a share."""
    whole = path.read_bytes()
    chance = random.Random(20261124)
    noticed = 0
    for _ in range(times):
        path.write_bytes(damaged(whole, chance))
        noticed += look()
    path.write_bytes(whole)
    assert noticed >= least * times


def test_record_of_a_run(fitted: Path) -> None:
    """A damaged run.json is refused, known to be changed, or says the same."""
    path = fitted / "run.json"
    whole = read_record(path).document

    def look() -> bool:
        try:
            found = read_record(path)
        except ModelError:
            return True
        assert found.document == whole or found.intact is False
        return found.document != whole

    each_damage(path, look)


def test_ranks(ok: Run) -> None:
    """Rows of a damaged ranks.json are not used."""
    write_tiny(Path("tiny.jsonl"))
    ok("ranks", "tiny.jsonl", *WIDE, "--to", 4, "-o", "ranked")
    path = Path("ranked", RANKS)
    key = json.loads(path.read_text(encoding="utf-8"))["key"]
    whole = read_ranks(Path("ranked"), key)
    assert len(whole) == 2

    def look() -> bool:
        found = read_ranks(Path("ranked"), key)
        assert found in ({}, whole)
        return not found

    each_damage(path, look)


def test_extracts(fitted: Path) -> None:
    """A damaged extracts.json.gz is refused, or says the same."""
    path = fitted / "extracts.json.gz"
    whole = unpack(path.read_bytes())

    def look() -> bool:
        try:
            assert unpack(path.read_bytes()) == whole
        except ModelError:
            return True
        return False

    each_damage(path, look)


@pytest.mark.parametrize("name", ["blocks.json", "part-00001.bin"])
def test_blocks(rng: np.random.Generator, name: str) -> None:
    """Damaged blocks of V are refused, or are the same."""
    V = sp.random(20, 12, 0.4, format="csc", random_state=rng, dtype=np.float64)
    write_blocks(Path("blocks"), (V[:, j : j + 4] for j in (0, 4, 8)))

    def look() -> bool:
        store._verified.clear()  # checksums that this process has seen to be right
        try:
            blocks = OnDisk(Path("blocks"))
            found = sp.hstack([block for _, block in blocks.map(same)])
        except EngineError:
            return True
        assert (found != V).nnz == 0
        return False

    each_damage(Path("blocks", name), look)


def same(block: sp.csc_matrix) -> sp.csc_matrix:
    """A copy of a block, whose file may be replaced."""
    return block.copy()


def test_list_of_removed_files() -> None:
    """A damaged list of files that no longer apply removes none but those of the folder that it names whole."""
    names = ["old.csv", "clouds/topic-03.png"]
    Path("whole", READY).mkdir(parents=True)
    Path("whole", READY, REMOVED).write_text(json.dumps(names))
    Path("whole/clouds").mkdir()
    for name in (*names, "mine.txt"):
        Path("whole", name).write_text("x")
    Path("mine.txt").write_text("x")
    data = Path("whole", READY, REMOVED).read_bytes()
    chance = random.Random(20261124)
    for _ in range(FEW_DAMAGES):
        shutil.copytree("whole", "hurt")
        Path("hurt", READY, REMOVED).write_bytes(damaged(data, chance))
        finish_moves(Path("hurt"))
        assert Path("hurt/mine.txt").exists()
        assert Path("mine.txt").exists()
        assert not Path("hurt", READY).exists()
        shutil.rmtree("hurt")


@pytest.fixture
def wiki() -> FakeWiki:
    """A wiki of four pages."""
    wiki = FakeWiki()
    for title in TITLES:
        wiki.save(title, prose(title, 12))
    return wiki


def test_journal_of_a_fetch(wiki: FakeWiki) -> None:
    """Every fact that is read from a damaged journal is one that was written."""
    fetch_fake(Path("c"), FakeClient(wiki), {"titles": TITLES}, min_words=5)
    whole = Journal(Path("c"), read_only=True)
    texts = {key: whole.text("page", key) for key in whole.all("page")}

    written = set()
    for line in Path("c", JOURNAL).read_text(encoding="utf-8").splitlines()[1:]:
        for kind, key, value in json.loads(line):
            written.add(json.dumps([kind, key, without_text(kind, value)]))

    def look() -> bool:
        try:
            journal = Journal(Path("c"), read_only=True)
        except NmfTopicsError:
            return True
        for kind, facts in journal._facts.items():
            for key, value in facts.items():
                assert json.dumps([kind, key, value]) in written
        assert all(journal.text("page", key) == texts[key] for key in journal.all("page"))
        return journal._facts != whole._facts

    each_damage(Path("c", JOURNAL), look)


def without_text(kind: str, value: Any) -> Any:
    """The value of a fact as a journal keeps it in memory."""
    return {name: part for name, part in value.items() if name != "text"} if kind in TEXT_KINDS else value


@pytest.mark.parametrize("name", [JOURNAL, "manifest.json", "ledger.csv", "pages.jsonl"])
def test_corpus_of_a_fetch(wiki: FakeWiki, name: str) -> None:
    """The next fetch mends a damaged corpus, or says that it cannot; a fit reads what is there or says why not."""
    fetch_fake(Path("whole"), FakeClient(wiki), {"titles": TITLES}, min_words=5)
    expected = {file: Path("whole", file).read_bytes() for file in ("pages.jsonl", "ledger.csv")}
    data = Path("whole", name).read_bytes()
    chance = random.Random(20261124)
    for _ in range(FEW_DAMAGES):
        shutil.copytree("whole", "c")
        Path("c", name).write_bytes(damaged(data, chance))
        with contextlib.suppress(NmfTopicsError):
            assert all(page.id for page in open_corpus("c", warn=str))
        with contextlib.suppress(NmfTopicsError):
            fetch_fake(Path("c"), FakeClient(wiki), {"titles": TITLES}, min_words=5)
            assert {file: Path("c", file).read_bytes() for file in expected} == expected
        shutil.rmtree("c")
