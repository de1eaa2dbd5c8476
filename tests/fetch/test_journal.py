"""The journal of a fetch: what was answered is there again, whatever happened to the file."""

from __future__ import annotations

import os
import resource
import shutil
from pathlib import Path
from typing import Any

import pytest
from fake_wiki import FakeClient, FakeWiki, fetch_fake, refusing
from loopback import ledger, pages, prose
from program import LINUX

from nmf_topics.corpus.fetch.journal import HEADER, JOURNAL, Journal
from nmf_topics.corpus.fetch.restore import open_journal
from nmf_topics.errors import FetchError, OutputError

TITLES = [f"Page {number}" for number in range(6)]


@pytest.fixture
def wiki() -> FakeWiki:
    """A wiki of six pages, one of which is too short."""
    wiki = FakeWiki()
    for title in TITLES:
        wiki.save(title, prose(title, 4 if title == "Page 5" else 20))
    return wiki


@pytest.fixture
def folder(wiki: FakeWiki, tmp_path: Path) -> Path:
    """A corpus of five of the pages."""
    fetch_fake(tmp_path / "c", FakeClient(wiki), {"titles": TITLES}, min_words=5)
    return tmp_path / "c"


def visible(folder: Path) -> dict[str, bytes]:
    """The pages and the ledger."""
    return {name: (folder / name).read_bytes() for name in ("pages.jsonl", "ledger.csv")}


def test_journal_keeps_what_was_written(tmp_path: Path) -> None:
    """Facts are there after the journal was opened again; a line that was cut off is as if it had never been."""
    folder = tmp_path / "c"
    with Journal(folder) as journal:
        journal.begin_round(False)
        journal.write([("title", "Größe", {"status": "page"})])
        journal.write([("page", "1", {"text": "some\nwords", "revid": 5}), ("page", "2", {"text": "more", "revid": 6})])
    whole = (folder / JOURNAL).read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for cut in (len(whole), len(whole) - 1, last + 10, last):
        shutil.rmtree(folder)
        folder.mkdir()
        (folder / JOURNAL).write_bytes(whole[:cut])
        with Journal(folder) as journal:
            assert journal.get("title", "Größe") == {"status": "page"}
            if cut == len(whole):
                assert journal.text("page", "1") == "some\nwords"
                assert journal.text("page", "2") == "more"
            else:
                assert journal.get("page", "1") is None
                journal.write([("page", "3", {"text": "new", "revid": 7})])
                assert journal.text("page", "3") == "new"
        with Journal(folder) as journal:
            assert (journal.get("page", "3") is None) == (cut == len(whole))


def test_journal_of_a_refreshed_corpus(tmp_path: Path) -> None:
    """A new round keeps texts, asks for titles again, and leaves what is out of date behind when it is done."""
    with Journal(tmp_path / "c") as journal:
        journal.begin_round(False)
        journal.write(
            [("title", "A", {"revid": 5}), ("title", "B", {"revid": 6}), ("page", "1", {"text": "x", "revid": 5})]
        )
        journal.finish_round()
        journal.begin_round(True)
        assert journal.get("title", "A", any_round=False) is None
        assert journal.get("page", "1") == {"revid": 5}
        journal.write([("title", "A", {"revid": 5})])
        journal.finish_round()
    with Journal(tmp_path / "c") as journal:
        assert journal.get("title", "A", any_round=False) == {"revid": 5}
        assert journal.get("title", "B") is None
        assert journal.text("page", "1") == "x"


@pytest.mark.parametrize("content", [b"", HEADER[:20], b"\0" * 4096], ids=["empty", "cut off", "zeros"])
def test_an_empty_journal_does_not_lock_the_folder(
    wiki: FakeWiki, folder: Path, tmp_path: Path, content: bytes
) -> None:
    """A journal that a power cut left empty is filled from the files of the corpus; without these it is begun anew."""
    before = visible(folder)
    (folder / JOURNAL).write_bytes(content)
    client, said = FakeClient(wiki), list[str]()
    fetch_fake(folder, client, min_words=5, tell=said.append)
    assert visible(folder) == before
    assert client.texts() == ["6"]  # the page that was too short is not in pages.jsonl
    assert "5 pages were taken from pages.jsonl" in said[0]
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / JOURNAL).write_bytes(content)
    fetch_fake(tmp_path / "new", FakeClient(wiki), {"titles": TITLES}, min_words=5)
    assert visible(tmp_path / "new") == before


DAMAGE = [b"\0" * 50, b"{", b"[1, 2]", b'[["page", "1", 5]]', b'[["round", "x", "begun"]]', b"\xff\xfe", b"[" * 10**5]


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGE, ids=range(len(DAMAGE)))
def test_a_damaged_line_costs_itself_only(wiki: FakeWiki, folder: Path, damage: bytes) -> None:
    """Whichever line of a journal is damaged, the corpus is the same, and no text of it is fetched again."""
    before = visible(folder)
    lines = (folder / JOURNAL).read_bytes().splitlines(keepends=True)
    for number in range(len(lines)):
        (folder / JOURNAL).write_bytes(b"".join([*lines[:number], damage + b"\n", *lines[number + 1 :]]))
        client = FakeClient(wiki)
        fetch_fake(folder, client, {"titles": TITLES}, min_words=5)
        assert visible(folder) == before
        assert set(client.texts()) <= {"6"}
        assert client.requests <= 2
        with Journal(folder, read_only=True) as journal:
            assert not journal.damaged


def test_damage_before_the_corpus_was_written(wiki: FakeWiki, tmp_path: Path) -> None:
    """A damaged line of a fetch that never came to write its pages costs the answer in it, not those after it."""
    fetch_fake(tmp_path / "c", FakeClient(wiki), {"titles": TITLES})
    before = visible(tmp_path / "c")
    lines = (tmp_path / "c" / JOURNAL).read_bytes().splitlines(keepends=True)
    number = next(number for number, line in enumerate(lines) if line.startswith(b'[["page"'))
    (tmp_path / "d").mkdir()
    damaged = [*lines[:number], lines[number][:30] + b"\n", *lines[number + 1 :]]
    (tmp_path / "d" / JOURNAL).write_bytes(b"".join(damaged))
    client = FakeClient(wiki)
    fetch_fake(tmp_path / "d", client)
    assert visible(tmp_path / "d") == before
    assert client.texts() == ["1"]


def test_a_selection_whose_line_is_damaged(wiki: FakeWiki, tmp_path: Path) -> None:
    """What was asked for besides it keeps its number, and what is asked for later gets another one."""
    fetch_fake(tmp_path / "c", FakeClient(wiki), {"titles": TITLES[:2]}, {"titles": TITLES[2:4]})
    lines = (tmp_path / "c" / JOURNAL).read_bytes().splitlines(keepends=True)
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / JOURNAL).write_bytes(b"".join(line for line in lines if not line.startswith(b'[["ask", "0"')))
    fetch_fake(tmp_path / "d", FakeClient(wiki), {"titles": TITLES[4:5]})
    fetch_fake(tmp_path / "d", FakeClient(wiki))
    assert list(ledger(tmp_path / "d")) == TITLES[2:5]


def test_damage_within_a_refresh(wiki: FakeWiki, folder: Path) -> None:
    """What is restored while a refresh is not finished does not count as its answers."""
    wiki.save("Page 1", f"Second {prose('Page 1', 20)}")
    with pytest.raises(FetchError):
        fetch_fake(folder, FakeClient(wiki, refusing(2)), min_words=5, refresh=True)
    lines = (folder / JOURNAL).read_bytes().splitlines(keepends=True)
    number = next(number for number, line in enumerate(lines) if line.startswith(b'[["title"'))
    (folder / JOURNAL).write_bytes(b"".join([*lines[:number], b"damage\n", *lines[number + 1 :]]))
    fetch_fake(folder, FakeClient(wiki), min_words=5, refresh=True)
    assert [page["title"] for page in pages(folder) if page["text"].startswith("Second")] == ["Page 1"]


@pytest.mark.parametrize("content", [b'{"schema": 2, "journal": "nmf-topics fetch"}\n', b"my diary\n", b"[]"])
def test_journals_of_others_are_left_alone(wiki: FakeWiki, tmp_path: Path, content: bytes) -> None:
    """A file of that name that is not ours, or of a later version, is refused and not changed."""
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / JOURNAL).write_bytes(content)
    with pytest.raises(OutputError, match="later version" if b"schema" in content else "not a journal"):
        fetch_fake(tmp_path / "c", FakeClient(wiki), {"titles": TITLES})
    assert (tmp_path / "c" / JOURNAL).read_bytes() == content


def test_read_only(folder: Path) -> None:
    """Reading a journal needs no right to write, and changes nothing; writing through it is refused."""
    before = (folder / JOURNAL).read_bytes()
    (folder / JOURNAL).write_bytes(before + b'[["title", "cut o')
    with Journal(folder, read_only=True) as journal:
        assert journal.text("page", "1") == pages(folder)[0]["text"]
        with pytest.raises(OutputError, match="not open for writing"):
            journal.write([("title", "A", {})])
        assert (folder / JOURNAL).read_bytes() == before + b'[["title", "cut o'
    with Journal(folder), Journal(folder, read_only=True) as journal:  # while another one writes
        assert journal.text("page", "1") == pages(folder)[0]["text"]
    assert (folder / JOURNAL).read_bytes() == before  # cut by the one that was opened for writing
    with Journal(folder.parent / "none", read_only=True) as journal:
        assert journal.is_empty
    assert not (folder.parent / "none").exists()


@LINUX
def test_a_full_disk_leaves_whole_lines(tmp_path: Path) -> None:
    """When the disk is full in the middle of a line, the line is taken back, and later ones can be read."""
    with open_journal(tmp_path / "c") as journal:
        journal.write([("title", "A", {"status": "missing"})])
        size = (tmp_path / "c" / JOURNAL).stat().st_size
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, limits[1]))
        try:
            with pytest.raises(OutputError):
                journal.write([("page", "1", {"text": "long " * 100})])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert (tmp_path / "c" / JOURNAL).stat().st_size == size
        journal.write([("title", "B", {"status": "missing"})])
    with Journal(tmp_path / "c", read_only=True) as journal:
        assert set(journal.all("title")) == {"A", "B"}
        assert not journal.damaged


def test_answers_are_on_the_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer is synced when it is written down, so that a power cut does not lose it."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    with Journal(folder) as journal:
        for number in range(3):
            journal.write([("title", str(number), {})])
            assert len(synced) == number + 1


def test_an_abandoned_refresh(folder: Path) -> None:
    """A refresh that is given up leaves the answers of the round before."""
    with Journal(folder) as journal:
        before: Any = journal.get("title", "Page 1", any_round=False)
        assert journal.begin_round(True)
        assert journal.get("title", "Page 1", any_round=False) is None
        journal.abandon_round()
        assert journal.get("title", "Page 1", any_round=False) == before
        assert not journal.is_refreshing
    assert len(ledger(folder)) == 6


def test_journal_of_an_earlier_version(tmp_path: Path) -> None:
    """Lines without a checksum are read where the header does not announce one; in a new journal they are damaged."""
    old = b'{"schema": 1, "journal": "nmf-topics fetch"}\n'
    line = b'[["title", "Tea", {"status": "page"}]]\n'
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / JOURNAL).write_bytes(old + line)
    with Journal(tmp_path / "c") as journal:
        journal.write([("title", "Coffee", {"status": "page"})])
    with Journal(tmp_path / "c") as journal:
        assert set(journal.all("title")) == {"Tea", "Coffee"}
        assert not journal.damaged
    written = (tmp_path / "c" / JOURNAL).read_bytes()
    (tmp_path / "c" / JOURNAL).write_bytes(written.replace(b"Coffee", b"Toffee"))
    assert set(Journal(tmp_path / "c", read_only=True).all("title")) == {"Tea"}
    (tmp_path / "c" / JOURNAL).write_bytes(HEADER + line)
    assert Journal(tmp_path / "c", read_only=True).damaged
