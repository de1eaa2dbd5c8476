"""Limits of reading: a hostile file is set aside or refused with its reason, the rest is read; limits can be raised.

`bench/hostile.py` has the same cases at full size, with their memory and seconds.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from program import LINUX, Refused, Run

from nmf_topics.corpus.open import open_corpus
from nmf_topics.corpus.page import Corpus
from nmf_topics.errors import CorpusError

LONG = "tea " * 500_000  # 2 MB
SMALL = {"page-size": 10**6}


def opened(path: Path, **limits: int) -> Corpus:
    """A source, of which nothing is heard."""
    named = {name.replace("_", "-"): value for name, value in limits.items()}
    return open_corpus(path, read_limits=named or SMALL, warn=lambda message: None)


def write_zip(path: Path, name: str, content: str) -> None:
    """An archive of one file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)


def test_a_folder_of_long_files(tmp_path: Path) -> None:
    """Each is set aside with the limit and its name; with the limit raised they are pages."""
    (tmp_path / "good.txt").write_text("tea")
    (tmp_path / "a.txt").write_text(LONG)
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(LONG.encode()))
    (tmp_path / "c.html").write_text(f"<p>{LONG}</p>")
    (tmp_path / "d.srt").write_text(f"00:00:01,000 --> 00:00:02,000\n{LONG}")
    (tmp_path / "e.eml").write_text(f"Subject: x\n\n{LONG}")
    (tmp_path / "f.mbox").write_text(f"From a@b Tue Mar  4 08:00:00 1997\nSubject: x\n\n{LONG}")
    (tmp_path / "g.xml").write_text(f"<TEI><text><body>{LONG}</body></text></TEI>")
    name = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    write_zip(tmp_path / "h.docx", "word/document.xml", f'<w:p xmlns:w="{name}"><w:t>{LONG}</w:t></w:p>')
    write_zip(tmp_path / "i.odt", "content.xml", f"<a><p>{LONG}</p></a>")
    (tmp_path / "j.rtf").write_text(rf"{{\rtf1 {LONG}}}")
    write_zip(tmp_path / "k.zip", "k.txt", LONG)
    corpus = opened(tmp_path)
    assert [page.id for page in corpus] == ["good"]
    assert [item.where[len(str(tmp_path)) + 1] for item in corpus.set_aside] == list("abcdefghijk")
    assert all("limit page-size=1000000" in item.reason for item in corpus.set_aside)
    assert len(list(opened(tmp_path, page_size=10**7))) == 12


@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
@pytest.mark.parametrize("size", [1, 3])
def test_a_long_row(tmp_path: Path, ending: str, size: int) -> None:
    """It is set aside with its line, the rows before and after it are read and keep their numbers."""
    texts = ["green", LONG * size, 'a "quoted"\ntext', "black"]
    path = tmp_path / f"a{ending}"
    if ending == ".csv":
        cells = ['"' + text.replace('"', '""') + '"' for text in texts]
        path.write_text("text,n\n" + "".join(f"{cell},1\n" for cell in cells))
    else:
        path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    corpus = opened(path)
    assert [(page.text, page.row) for page in corpus] == [("green", 1), ('a "quoted"\ntext', 3), ("black", 4)]
    (item,) = corpus.set_aside
    assert item.where == f"{path}, line {3 if ending == '.csv' else 2}"
    assert len(list(opened(path, page_size=10**8))) == 4


def test_a_quote_that_is_never_closed(tmp_path: Path) -> None:
    """The rest of a table is not taken for one row without a word."""
    path = tmp_path / "a.csv"
    path.write_text('text,n\ngreen,1\n"black,2\n' + "white,3\n" * 300_000)
    with pytest.raises(CorpusError, match=r"line 3: longer than the limit page-size=1000000 .*a quote is never closed"):
        list(opened(path))


def test_many_columns(tmp_path: Path) -> None:
    """More than the limit are refused before they are named."""
    path = tmp_path / "a.csv"
    path.write_text(",".join(["text"] * 200) + "\n" + ",".join(["x"] * 200) + "\n")
    with pytest.raises(CorpusError, match="200 columns, more than the limit columns=100"):
        list(opened(path, columns=100))
    assert len(list(opened(path, columns=200))) == 1


def test_a_long_json_value(tmp_path: Path) -> None:
    """An element of an array that is too long is refused by its number."""
    (tmp_path / "a.json").write_text(json.dumps([{"text": "tea"}, {"text": LONG}]))
    with pytest.raises(CorpusError, match="item 2: larger than the limit page-size=1000000"):
        list(opened(tmp_path / "a.json"))


def test_long_parquet_values(tmp_path: Path) -> None:
    """A long text is set aside; a part of a file that would fill the memory is refused before it is read."""
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.table({"text": ["tea", LONG, "milk"]}), path)
    corpus = opened(path)
    assert [(page.text, page.row) for page in corpus] == [("tea", 1), ("milk", 3)]
    assert corpus.set_aside[0].where == f"{path}, row 2"
    with pytest.raises(CorpusError, match=r"column 'text' has a part of about \d+ bytes, more than the limit"):
        list(opened(path, file_size=10**6))


@pytest.mark.parametrize(
    ("limits", "reason"),
    [({"markup": 100}, "more elements than the limit markup=100"), ({"archive_files": 1}, "limit archive-files=1")],
)
def test_other_limits(tmp_path: Path, limits: dict[str, int], reason: str) -> None:
    """Elements of a page and files of an archive."""
    (tmp_path / "good.txt").write_text("tea")
    (tmp_path / "a.html").write_text("<p>tea" * 500)
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("1.txt", "x")
        archive.writestr("2.txt", "x")
    corpus = opened(tmp_path, **limits)
    assert "good" in [page.id for page in corpus]
    assert any(reason in item.reason for item in corpus.set_aside)


def test_the_option(ok: Run, refused: Refused) -> None:
    """--read-limit raises and lowers a limit; run.json lists what was set aside; a wrong name is refused."""
    Path("folder").mkdir()
    for number, text in enumerate(["green tea", "black tea", "green milk", "black milk"]):
        Path("folder", f"{number}.txt").write_text(f"{text} " * 3)
    Path("folder/long.txt").write_text("tea " * 1000)
    options: list[Any] = ["-r", 2, "--min-pages", 1, "--max-pages", 1.0, "--no-report", "--no-clouds"]
    assert "limit page-size=1000 bytes" in ok("fit", "folder", *options, "--read-limit", "page-size=1KB").stderr
    counts = json.loads(Path("models/folder-r2/run.json").read_text())["counts"]
    assert [item["reason"] for item in counts["set_aside"]] == ["larger than the limit page-size=1000 bytes"]
    assert counts["files"]["not_read"][0]["files"] == 1
    assert "set aside" not in ok("fit", "folder", *options).stderr
    assert "page-size" in refused(2, "fit", "folder", "--read-limit", "pages=3")


PROGRAM = """
import sys
from nmf_topics import open_corpus
corpus = open_corpus(sys.argv[1], warn=lambda message: None)
print(len(list(corpus)), len(corpus.set_aside))
print(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0])
"""


@LINUX
def test_memory_stays_small(tmp_path: Path) -> None:
    """Hundreds of megabytes in a line, or in a compressed file of a few hundred kilobytes, take little memory."""
    zstd = pytest.importorskip("backports.zstd")
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "good.txt").write_text("tea")
    part = b"a " * 5_000_000
    (folder / "a.txt.gz").write_bytes(gzip.compress(part) * 60)
    compressor = zstd.ZstdCompressor()
    (folder / "b.txt.zst").write_bytes(b"".join([compressor.compress(part) for _ in range(60)]) + compressor.flush())
    with (tmp_path / "a.jsonl").open("wb") as file:
        file.write(b'{"text": "good"}\n{"text": "')
        for _ in range(40):
            file.write(part)
        file.write(b'"}\n')
    for source, expected in ((folder, "1 2"), (tmp_path / "a.jsonl", "1 1")):
        done = subprocess.run([sys.executable, "-c", PROGRAM, str(source)], capture_output=True, text=True, check=True)
        counts, memory = done.stdout.splitlines()
        assert counts == expected
        assert int(memory) < 200_000  # kilobytes
