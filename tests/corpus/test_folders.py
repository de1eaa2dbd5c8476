"""Folders of texts: ids, titles, labels, encodings, and what is set aside."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nmf_topics.corpus.mediawiki.dumps  # noqa: F401  # before a test gives up the rights to read Python's own modules
from nmf_topics.corpus.open import open_corpus
from nmf_topics.corpus.page import Page, SetAside
from nmf_topics.errors import CorpusError


def fill(folder: Path, files: dict[str, str | bytes]) -> Path:
    """A folder with these files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def read(folder: Path) -> list[Page]:
    """Return the pages of a folder, and check that there are no messages."""
    return list(open_corpus(folder, warn=pytest.fail))


def test_pages_of_a_folder(tmp_path: Path) -> None:
    """Path, file name and subfolder are id, title and label; the text stays as it is."""
    fill(tmp_path, {"b/c/Deep_one.MD": "# Deep\r\n", "b/two.txt": "\ufefftwo", "a_b.txt": ""})
    assert read(tmp_path) == [
        Page("a_b", "a b", ""),
        Page("b/c/Deep_one", "Deep one", "# Deep\r\n", {"label": "b/c"}),
        Page("b/two", "two", "two", {"label": "b"}),
    ]


def test_all_ids_keep_their_endings_when_two_collide(tmp_path: Path) -> None:
    """One collision is enough for all pages to keep the ending."""
    fill(tmp_path, {"a.txt": "1", "a.md": "2", "s/b.txt": "3"})
    assert [page.id for page in read(tmp_path)] == ["a.md", "a.txt", "s/b.txt"]


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    """Files whose names begin with a dot are ignored."""
    fill(tmp_path, {"a.txt": "1", ".b.txt": "2", ".git/c.txt": "3", "d/.e/f.txt": "4"})
    assert [page.id for page in read(tmp_path)] == ["a"]


def test_links_do_no_harm(tmp_path: Path) -> None:
    """Loops end, a linked folder outside is read, and one below keeps its own name."""
    outside = fill(tmp_path / "outside", {"o.txt": "o"})
    folder = fill(tmp_path / "in", {"z/a.txt": "a", "z/y/b.txt": "b"})
    (folder / "a-link").symlink_to(folder / "z")
    (folder / "z/y/up").symlink_to(folder)
    (folder / "self").symlink_to("self")
    (outside / "back").symlink_to(folder)
    (folder / "out").symlink_to(outside)
    pages = open_corpus(folder, warn=lambda message: None)
    assert [page.id for page in pages] == ["out/o", "z/a", "z/y/b"]


def test_broken_links_and_pipes_are_set_aside(tmp_path: Path) -> None:
    """Entries that are named like texts but cannot be read are reported, and pipes do not block."""
    fill(tmp_path, {"a.txt": "a"})
    (tmp_path / "gone.txt").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.txt")
    said: list[str] = []
    corpus = open_corpus(tmp_path, warn=said.append)
    assert [page.id for page in corpus] == ["a"]
    assert [(Path(item.where).name, item.reason) for item in corpus.set_aside] == [
        ("gone.txt", "a broken link, or not a regular file"),
        ("pipe.txt", "a broken link, or not a regular file"),
    ]
    assert "2 set aside" in said[0]
    assert "pipe.txt" in said[0]


def test_binary_files_are_set_aside_and_said_once(tmp_path: Path) -> None:
    """Files with NUL bytes or many controls are no texts; the first few are named, the rest counted."""
    fill(
        tmp_path,
        {f"b{n}.txt": b"words\0words" for n in range(5)} | {"a.txt": "a", "c.txt": bytes(range(1, 256))},
    )
    said: list[str] = []
    corpus = open_corpus(tmp_path, warn=said.append)
    assert [page.id for page in corpus] == ["a"] == [page.id for page in corpus]
    assert corpus.set_aside[0] == SetAside(str(tmp_path / "b0.txt"), "not text (binary)")
    assert len(corpus.set_aside) == 6
    (message,) = said
    assert "6 set aside" in message
    assert "b0.txt (not text (binary))" in message
    assert "b2.txt" in message
    assert "b3.txt" not in message
    assert "and 3 more" in message


def test_nothing_but_unusable_files(tmp_path: Path) -> None:
    """When all files are set aside there is no corpus, and the reasons are said."""
    fill(tmp_path, {"a.txt": b"\0", "b.txt": b"\x01\x02\x03"})
    corpus = open_corpus(tmp_path, warn=pytest.fail)
    with pytest.raises(CorpusError, match=r"no text can be read: .*a\.txt \(not text \(binary\)\), .*b\.txt"):
        list(corpus)


def test_other_encodings_are_said(tmp_path: Path) -> None:
    """UTF-16 with a byte order mark is read without a message; guessed encodings are reported in one message."""
    text = "Le café est très bon à Noël, 20 €"
    files: dict[str, str | bytes] = {f"{n}.txt": text.encode("cp1252") for n in range(5)}
    fill(tmp_path, files | {"wide.txt": text.encode("utf-16"), "broken.txt": b"\xff" + text.encode()})
    said: list[str] = []
    pages = list(open_corpus(tmp_path, warn=said.append))
    assert [page.text for page in pages] == [text] * 5 + ["\ufffd" + text, text]
    (message,) = said
    assert "0.txt (not UTF-8, read as cp1252)" in message
    assert "and 3 more" in message


def test_damaged_utf8_with_a_mark(tmp_path: Path) -> None:
    """A byte order mark keeps a damaged file UTF-8, and is no part of the text."""
    said: list[str] = []
    (page,) = open_corpus(fill(tmp_path, {"a.txt": b"\xef\xbb\xbfcaf\xff"}), warn=said.append)
    assert page.text == "caf\ufffd"
    assert "a.txt (damaged UTF-8" in said[0]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_cut_off_wide_encoding_is_set_aside(tmp_path: Path, encoding: str) -> None:
    """UTF-16 that ends within a character is no text."""
    said: list[str] = []
    fill(tmp_path, {"a.txt": "words".encode(encoding)[:-1], "b.txt": "b"})
    assert len(list(open_corpus(tmp_path, warn=said.append))) == 1
    assert f"a.txt (damaged {encoding}" in said[0]


def test_guessed_encoding_that_is_cut_off(tmp_path: Path) -> None:
    """An incomplete Shift-JIS character at the end of a text or table gives an error message, not a traceback."""
    text = "これは日本語の短い文章です。漢字も含まれています。".encode("cp932") + b"\x82"
    fill(tmp_path, {"a.txt": text, "b.txt": "b", "c.csv": b"id,text\n1," + text})
    said: list[str] = []
    pages = list(open_corpus(tmp_path, warn=said.append))
    assert pages[-1] == Page("b", "b", "b")
    assert "a.txt" in said[0]
    with pytest.raises(
        CorpusError, match=r"c\.csv: neither UTF-8 nor any other known encoding|c\.csv: not valid cp932"
    ):
        list(open_corpus(tmp_path / "c.csv", warn=lambda message: None))


def test_packed_texts(tmp_path: Path) -> None:
    """Packed texts are pages; a damaged one is set aside."""
    fill(tmp_path, {"a.txt.gz": gzip.compress(b"words"), "b.md.gz": gzip.compress(b"words")[:-5]})
    said: list[str] = []
    assert list(open_corpus(tmp_path, warn=said.append)) == [Page("a", "a", "words")]
    assert "b.md.gz (damaged or not a .gz file" in said[0]


def test_odd_file_names(tmp_path: Path) -> None:
    """Names of control characters, of bytes that are not UTF-8, or of nothing still make ids and titles."""
    fill(tmp_path, {"a\nb.txt": "x", "\x01.txt": "ctrl", "___.txt": "under"})
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("latin", encoding="utf-8")
    pages = {page.text: page for page in read(tmp_path)}
    assert (pages["x"].id, pages["x"].title) == ("a b", "a b")
    assert len(pages["ctrl"].id) == 12
    assert (pages["under"].id, pages["under"].title) == ("___", "under")
    assert pages["latin"].id == "caf\\xe9"


def test_same_id_after_cleaning(tmp_path: Path) -> None:
    """Two names that differ in control characters alone are refused, both named."""
    fill(tmp_path, {"a\nb.txt": "x", "a\tb.txt": "y"})
    with pytest.raises(CorpusError, match=r"(?s)two pages have the id 'a b\.txt'.* and .*rename one"):
        read(tmp_path)


def test_file_that_disappears(tmp_path: Path) -> None:
    """A file that is gone between opening and reading is set aside with the reason."""
    fill(tmp_path, {"a.txt": "a", "b.txt": "b"})
    said: list[str] = []
    corpus = open_corpus(tmp_path, warn=said.append)
    (tmp_path / "a.txt").unlink()
    assert [page.id for page in corpus] == ["b"]
    assert corpus.set_aside[0].reason == "cannot be read (No such file or directory)"


@pytest.fixture
def forbidden() -> Iterator[Path]:
    """A folder in which nobody may read one file and one folder, not even root, who steps down for it."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    fill(folder, {"a.txt": "a", "secret.txt": "s", "closed/b.txt": "b"})
    folder.chmod(0o755)
    (folder / "secret.txt").chmod(0)
    (folder / "closed").chmod(0)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    yield folder
    if root:
        os.seteuid(0)
    (folder / "closed").chmod(0o755)
    shutil.rmtree(folder)


def test_forbidden_files_and_folders(forbidden: Path) -> None:
    """Files without read permission are set aside with the reason."""
    said: list[str] = []
    corpus = open_corpus(forbidden, warn=said.append)
    assert [page.id for page in corpus] == ["a"]
    assert {Path(item.where).name: item.reason for item in corpus.set_aside} == {
        "closed": "cannot be read (Permission denied)",
        "secret.txt": "cannot be read (Permission denied)",
    }
    assert "2 set aside" in said[0]


def test_forbidden_sources(forbidden: Path) -> None:
    """A source that may not be read is refused with its name and the reason."""
    for source in (forbidden / "closed", forbidden / "closed" / "b.txt", forbidden / "secret.txt"):
        with pytest.raises(CorpusError, match=rf"{source.name}.*Permission denied"):
            list(open_corpus(source, warn=pytest.fail))


@settings(max_examples=150, deadline=None)
@given(data=st.binary() | st.text().map(lambda text: text.encode("cp1252", "replace")))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Any bytes are a page that can be written, or set aside."""
    folder = fill(tmp_path_factory.getbasetemp() / "any", {"a.txt": data, "b.txt": "b", "c.md.gz": data})
    corpus = open_corpus(folder, warn=lambda message: None)
    pages = list(corpus)
    assert len(pages) + len(corpus.set_aside) == 3
    assert all(isinstance(page.text.encode(), bytes) and page.title.encode() for page in pages)


@settings(max_examples=60)
@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff")))
def test_utf8_round_trip(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """UTF-8 text that does not look binary is returned unchanged."""
    text = "begin " * 40 + text
    (page,) = read(fill(tmp_path_factory.getbasetemp() / "round", {"a.txt": text}))
    assert page.text == text
