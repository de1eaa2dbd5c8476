"""Opening sources: which reader is used, the name of the corpus, and the messages of errors."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from inputs import write_jsonl

from nmf_topics.corpus import open as opening
from nmf_topics.corpus.open import open_corpus, sample_corpus_path
from nmf_topics.corpus.page import Page
from nmf_topics.errors import CorpusError

LINES = '{"id":"1","title":"Tea","text":"green"}\n{"id":"2","title":"Coffee","text":"black"}\n'
PAGES = [Page("1", "Tea", "green"), Page("2", "Coffee", "black")]


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, so that ./corpora is the test's own."""
    monkeypatch.chdir(tmp_path)


def make_corpus(folder: Path, content: str = LINES, mtime: float | None = None) -> Path:
    """A corpus folder."""
    folder.mkdir(parents=True)
    (folder / "pages.jsonl").write_text(content, encoding="utf-8")
    if mtime is not None:
        os.utime(folder / "pages.jsonl", (mtime, mtime))
    return folder


def refusal(source: str | Path | None) -> str:
    """Return the error message of a source that cannot be opened."""
    with pytest.raises(CorpusError) as caught:
        list(open_corpus(source, warn=pytest.fail))
    return str(caught.value)


def pipe_in(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Put these bytes on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


@pytest.mark.parametrize("kind", [str, Path])
def test_corpus_folder(tmp_path: Path, kind: type) -> None:
    """A folder with pages.jsonl is a corpus, whatever else lies in it, and named after the folder."""
    folder = make_corpus(tmp_path / "My corpus")
    (folder / "notes.txt").write_text("no page")
    corpus = open_corpus(kind(folder), warn=pytest.fail)
    assert list(corpus) == PAGES == list(corpus)
    assert (corpus.name, corpus.source) == ("My-corpus", str(folder))


def test_error_in_a_corpus_folder_names_the_file(tmp_path: Path) -> None:
    """The message leads to pages.jsonl and the line."""
    assert f"{Path('c') / 'pages.jsonl'}, line 3: not JSON" in refusal(make_corpus(Path("c"), LINES + "x\n"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("news.2004.csv.gz", "news.2004"), ("Ein Text.md", "Ein-Text"), ("a.NDJSON", "a"), ("...csv", "corpus")],
)
def test_names_of_files(tmp_path: Path, name: str, expected: str) -> None:
    """A corpus is named after its file without the endings."""
    (tmp_path / name).write_text("x")
    assert open_corpus(name).name == expected


def test_name_of_the_folder_itself(tmp_path: Path) -> None:
    """The working folder has a name too."""
    (tmp_path / "a.txt").write_text("a")
    assert open_corpus(".").name == tmp_path.name


def test_one_text(tmp_path: Path) -> None:
    """A text file by itself is a corpus of one page."""
    (tmp_path / "One_text.txt").write_text("words")
    corpus = open_corpus("One_text.txt", warn=pytest.fail)
    assert list(corpus) == [Page("One_text", "One text", "words")]


def test_columns_mean_nothing_for_texts(tmp_path: Path) -> None:
    """Options for columns are reported as ignored for texts."""
    (tmp_path / "a.txt").write_text("a")
    said: list[str] = []
    assert len(list(open_corpus("a.txt", text_column="x", warn=said.append))) == 1
    assert "they are ignored for texts" in said[0]


def test_nothing_named_takes_the_newest_corpus(tmp_path: Path) -> None:
    """The newest pages.jsonl below ./corpora is taken, and which it was is known."""
    make_corpus(Path("corpora/old"), mtime=1_000_000_000)
    make_corpus(Path("corpora/new"), mtime=1_000_000_002)
    make_corpus(Path("corpora/mid"), mtime=1_000_000_001)
    Path("corpora/none").mkdir()
    corpus = open_corpus(None)
    assert (corpus.name, corpus.source) == ("new", str(Path("corpora/new")))
    assert list(corpus) == PAGES


@pytest.mark.parametrize("place", ["nmf_topics/corpus/sample", "corpora/sample"])
def test_nothing_named_and_no_corpus_takes_the_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """The sample is in the installed package, or next to it in a checkout."""
    monkeypatch.setattr(opening, "__file__", str(tmp_path / "tree/nmf_topics/corpus/open.py"))
    sample = make_corpus(tmp_path / "tree" / place)
    assert sample_corpus_path() == sample
    corpus = open_corpus(None)
    assert (corpus.name, corpus.source, list(corpus)) == ("sample", str(sample), PAGES)


def test_no_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any corpus the message says what is missing and what to do."""
    monkeypatch.setattr(opening, "__file__", str(tmp_path / "nmf_topics/corpus/open.py"))
    message = refusal(None)
    assert "sample corpus is missing" in message
    assert "name a source" in message


def test_standard_input_is_read_more_than_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A corpus from standard input reads like any other, also after a reading that stopped early."""
    pipe_in(monkeypatch, b"\xef\xbb\xbf" + LINES.encode())
    corpus = open_corpus("-", warn=pytest.fail)
    assert next(iter(corpus)) == PAGES[0]
    assert list(corpus) == PAGES == list(corpus)
    assert (corpus.name, corpus.source) == ("stdin", "standard input")


def test_two_readings_of_standard_input_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings that run side by side do not take lines from each other."""
    pipe_in(monkeypatch, LINES.encode())
    corpus = open_corpus("-")
    assert list(zip(corpus, corpus, strict=True)) == [(page, page) for page in PAGES]


def test_standard_input_comes_out_as_it_comes_in() -> None:
    """The first page is there before the stream ends if its markup needs no judgement, and no file is left behind."""
    program = (
        "from nmf_topics.corpus.open import open_corpus\n"
        "for page in open_corpus('-', markup='keep'): print(page.id, flush=True)\n"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root), "TMPDIR": os.getcwd()},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(LINES.encode()[:-5])
        process.stdin.flush()
        assert process.stdout.readline() == b"1\n"
        process.stdin.write(LINES.encode()[-5:])
        process.stdin.close()
        assert process.stdout.read() == b"2\n"
        assert process.stderr.read() == b""
    assert os.listdir() == []


def test_broken_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors name standard input and the line."""
    pipe_in(monkeypatch, b'{"text":"x"}\n{')
    assert refusal("-").startswith("standard input, line 2: not JSON")
    pipe_in(monkeypatch, b"")
    assert refusal("-") == "standard input contains no pages"
    monkeypatch.setattr(sys, "stdin", None)
    assert "no standard input" in refusal("-")


def test_standard_input_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors of the system become a CorpusError."""

    def fail(size: int = -1) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": type("Raw", (), {"read1": staticmethod(fail)})}))
    assert refusal("-") == "standard input: cannot be read (Input/output error)"


def test_no_such_source(tmp_path: Path) -> None:
    """The path is named, and what stands beside it with nearly that name, or in ./corpora."""
    make_corpus(Path("corpora/wikipedia"))
    Path("speeches.csv").write_text("text\nx\n")
    assert "no such file or folder: 'speaches.csv'; did you mean 'speeches.csv'?" in refusal("speaches.csv")
    assert f"did you mean {str(Path('corpora/wikipedia'))!r}?" in refusal("Wikipedia")
    assert refusal("quite/else.csv") == "no such file or folder: 'quite/else.csv'"
    assert refusal("speeches.csv/x.csv") == "no such file or folder: 'speeches.csv/x.csv'"
    assert refusal("") == "no such file or folder: ''"
    assert "no such file or folder" in refusal("a\0b")


def test_name_too_long() -> None:
    """Even a name that no file can have is an error of ours."""
    assert "cannot be read" in refusal("x" * 5000)


def test_link_to_itself(tmp_path: Path) -> None:
    """A link that leads nowhere is an error of ours."""
    (tmp_path / "self.csv").symlink_to("self.csv")
    assert "self.csv: cannot be read" in refusal("self.csv")


def test_pipe_as_a_source(tmp_path: Path) -> None:
    """Pipes are refused without waiting for them; the message suggests standard input."""
    os.mkfifo("pipe.jsonl")
    assert "neither a file nor a folder" in refusal("pipe.jsonl")
    assert "standard input (-)" in refusal("pipe.jsonl")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.doc", "save it as .docx"),
        ("a.xls", "save it as .xlsx"),
        ("a.png", "images contain no text"),
        ("a", "this format is not read"),
        ("a.gz", "this format is not read"),
        ("a.exe", "this format is not read"),
    ],
)
def test_formats_that_are_not_read(tmp_path: Path, name: str, words: str) -> None:
    """The message names the file or counts the endings, and lists what is read; the same for a folder."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for path in (tmp_path / name, folder / name, folder / f"b{name}"):
        path.write_text("x")
    for source in (name, "folder"):
        message = refusal(source)
        assert source in message
        assert words in message
        assert "nmf-topics reads a folder or archive (.zip, .tar.gz) of texts" in message
    assert "there is no text in folder, only 2 " in message


def test_folder_of_images(tmp_path: Path) -> None:
    """The message says that there is no text, and how many files of which endings there are."""
    for name in ("1.png", "2.PNG", "3.jpg", "sub/4.pgm", "sub/5.png"):
        (tmp_path / "faces" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "faces" / name).write_bytes(b"x")
    message = refusal("faces")
    assert "there is no text in faces, only 3 .png, 1 .jpg, 1 .pgm (images contain no text)" in message


def test_folder_of_tables(tmp_path: Path) -> None:
    """Tables in a folder are not read; the message says what to do."""
    (tmp_path / "f").mkdir()
    (tmp_path / "f/a.csv").write_text("text\nx\n")
    assert "only 1 .csv (a table is only read if you name the file itself)" in refusal("f")


def test_empty_folder(tmp_path: Path) -> None:
    """An empty folder is called that."""
    (tmp_path / "void").mkdir()
    assert refusal("void").startswith("void is empty; nmf-topics reads")


def test_warnings_are_pythons_by_default(tmp_path: Path) -> None:
    """Without `warn`, messages become Python warnings."""
    (tmp_path / "a.csv").write_text("body,id\nx,1\n")
    with pytest.warns(UserWarning, match=r"a\.csv: text from column 'body'"):
        list(open_corpus("a.csv"))


def test_import_is_light() -> None:
    """Opening a corpus needs neither numpy nor the packages of rare formats."""
    program = (
        "import sys, nmf_topics.corpus.open\n"
        "heavy = {'numpy', 'scipy', 'charset_normalizer', 'backports', 'tempfile', 'difflib'}\n"
        "print(heavy & set(sys.modules))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("set()\n", "")


DATA = Path(os.environ.get("NMF_TOPICS_DATA", "/nonexistent"))


@pytest.mark.data
@pytest.mark.skipif(not DATA.is_dir(), reason="NMF_TOPICS_DATA is not set")
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("wikipedia-popular", 745),
        ("bbc-news", 2087),
        ("sotu", 233),
        ("wikipedia-es", 250),
        ("xquad-12-languages", 576),
    ],
)
def test_real_corpora(name: str, count: int) -> None:
    """Real corpora are read whole, silently, with ids, titles and texts."""
    pages = list(open_corpus(DATA / f"{name}.jsonl.gz", warn=pytest.fail))
    assert len({page.id for page in pages}) == count == len(pages)
    assert all(page.title and page.text for page in pages)


def test_how_far_a_source_has_been_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For every source except a stream, the share that has been read grows from 0 to 1 in each reading."""
    monkeypatch.setattr("nmf_topics.corpus.readers.streams.CHUNK", 64)
    rows = [
        {"id": str(i), "title": f"Page {i}", "text": f"The text of page {i}, with a number {i * i}."} for i in range(40)
    ]
    table = write_jsonl(tmp_path / "a.jsonl", rows)
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(gzip.compress(table.read_bytes(), mtime=0))
    folder = tmp_path / "texts"
    folder.mkdir()
    for row in rows:
        (folder / f"{row['id']}.txt").write_text(row["text"], encoding="utf-8")
    corpus_folder = tmp_path / "corpus"
    corpus_folder.mkdir()
    (corpus_folder / "pages.jsonl").write_bytes(table.read_bytes())
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pytest.importorskip("pyarrow").Table.from_pylist(rows), tmp_path / "a.parquet")
    for source in (table, packed, folder, corpus_folder, tmp_path / "a.parquet"):
        corpus = open_corpus(source, warn=lambda message: None, markup="keep")  # without rows read ahead
        for _ in range(2):
            shares = [corpus.share() for _ in corpus]
            assert len(shares) == 40
            assert shares == sorted(shares)
            assert shares[0] < 0.5 or source == packed  # gzip reads ahead
            assert corpus.share() == 1.0, source
