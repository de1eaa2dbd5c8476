"""PDF, DOCX and EPUB: their text in its order, and files that are broken, locked or empty."""

from __future__ import annotations

import io
import re
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from nmf_topics.corpus.open import open_corpus
from nmf_topics.corpus.readers.epub import read_epub
from nmf_topics.corpus.readers.formats import READERS, Reader
from nmf_topics.corpus.readers.inputs import input_of
from nmf_topics.corpus.readers.limits import ReadLimits
from nmf_topics.corpus.readers.office import read_docx
from nmf_topics.corpus.readers.options import ReadOptions
from nmf_topics.corpus.readers.pdf import read_pdf, without_running_heads
from nmf_topics.corpus.readers.streams import Unreadable
from nmf_topics.errors import CorpusError, NmfTopicsError

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="O/p.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)


def make_pdf(leaves: Sequence[Sequence[str]]) -> bytes:
    """Make a PDF with these lines on its sheets."""
    file = io.BytesIO()
    with PdfPages(file, metadata={"CreationDate": None, "Title": "no title"}) as pdf:
        for lines in leaves:
            figure = Figure(figsize=(6, 6))
            for place, line in enumerate(lines):
                figure.text(0.1, 0.9 - 0.08 * place, line)
            pdf.savefig(figure)
    return file.getvalue()


def make_docx() -> bytes:
    """A DOCX file with a heading, a table between paragraphs, and a text box as word processors write one."""
    document = docx.Document()
    document.add_heading("Tea", 0)
    document.add_paragraph("Green leaves.")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "cup", "pot"
    paragraph = document.add_paragraph("Last.")
    box = "<w:txbxContent><w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:txbxContent>"
    names = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    paragraph._p.append(
        docx.oxml.parse_xml(
            f'<w:r {names} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:AlternateContent>'
            f'<mc:Choice Requires="wps">{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r>'
        )
    )
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def make_epub(chapters: Sequence[str], **changed: str) -> bytes:
    """An EPUB with these chapters, some of its files changed."""
    items = "".join(
        f'<item id="c{i}" href="c%20{i}.xhtml" media-type="application/xhtml+xml"/>' for i in range(len(chapters))
    )
    spine = "".join(f'<itemref idref="c{i}"/>' for i in range(len(chapters)))
    files = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "O/p.opf": f'<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<dc:title>The  Book</dc:title></metadata><manifest>{items}<item id="nav" properties="nav" href="n.xhtml" '
        f'media-type="application/xhtml+xml"/></manifest><spine><itemref idref="nav"/>{spine}</spine></package>',
        "O/n.xhtml": "<p>contents</p>",
        **{f"O/c {i}.xhtml": f"<html><body>{chapter}</body></html>" for i, chapter in enumerate(chapters)},
    }
    return make_zip({**files, **changed})


def make_zip(files: dict[str, str]) -> bytes:
    """An archive of these files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def read(reader: Reader, data: bytes, **limits: int) -> tuple[str, str]:
    """Return the title and text of a file with one document, and check that there are no messages."""
    (document,) = reader(input_of(data, "x", options=ReadOptions(limits=ReadLimits(**limits)), note=pytest.fail))
    return document.title, document.text


def refusal(reader: Reader, data: bytes, **limits: int) -> str:
    """Return the reason why a file is not read."""
    with pytest.raises(Unreadable) as caught:
        read(reader, data, **limits)
    return caught.value.reason


PDF = make_pdf(
    [["Tea Quarterly 1", "Green tea is infor-", "mation.", "1"], ["Tea Quarterly 2", "Black tea.", "More.", "2"]]
)
EPUB = make_epub(["<h1>One</h1><p>Green&#160;tea.</p>", "<p>Black tea.</p>"])
DOCX = make_docx()


def test_pdf() -> None:
    """Sheets are read in order, and words that were split at a line end are joined."""
    title, text = read(read_pdf, PDF)
    assert title == ""
    assert text.splitlines()[:2] == ["Tea Quarterly 1", "Green tea is information."]
    assert text.index("information") < text.index("Black tea")


def test_running_heads_are_left_out() -> None:
    """Repeated first and last lines are removed, apart from numbers; a sheet with nothing else keeps its lines."""
    leaves = [f"Tea Quarterly {k}\nbody {word}\nand more\n{k}" for k, word in enumerate("abcdef")] + ["Tea Quarterly 9"]
    cut = without_running_heads(leaves)
    assert cut[:6] == [f"body {word}\nand more" for word in "abcdef"]
    assert cut[6] == "Tea Quarterly 9"
    assert without_running_heads(["a\nb\nc", "a\nb\nc"]) == ["a\nb\nc", "a\nb\nc"]


def test_docx() -> None:
    """Headings, paragraphs, cells and boxes are read once, in the order of the file."""
    assert read(read_docx, DOCX) == ("", "Tea\nGreen leaves.\ncup\npot\nLast.\nboxed")


def test_epub() -> None:
    """Chapters are in reading order, without the table of contents, and the book has a title."""
    assert read(read_epub, EPUB) == ("The Book", "One\nGreen tea.\n\nBlack tea.")


def test_chapters_that_are_not_there() -> None:
    """A missing chapter does not prevent reading the others."""
    data = make_epub(["<p>One.</p>", "<p>Two.</p>"])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist() if name != "O/c 0.xhtml"}
    assert read(read_epub, make_zip(files))[1] == "Two."


def test_what_is_protected_says_so() -> None:
    """The message names passwords and copy protection, so that users know what to do."""
    locked = (
        '<encryption xmlns:e="http://www.w3.org/2001/04/xmlenc#"><e:CipherReference URI="O/c%200.xhtml"/></encryption>'
    )
    assert "DRM" in refusal(read_epub, make_epub(["<p>One.</p>"], **{"META-INF/encryption.xml": locked}))
    fonts = locked.replace("O/c%200.xhtml", "O/font.otf")
    assert read(read_epub, make_epub(["<p>One.</p>"], **{"META-INF/encryption.xml": fonts}))[1] == "One."
    assert "password" in refusal(read_docx, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    trailer = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O (%s) /U (%s) /P -4 >> /ID [(a) (b)]" % (b"x" * 32, b"y" * 32)
    assert "password" in refusal(read_pdf, PDF.replace(b"trailer\n<<", b"trailer\n<< " + trailer))


@pytest.mark.parametrize(
    ("reader", "data", "reason"),
    [
        (read_pdf, make_pdf([[]]), "contains no text; if it is a scan"),
        (read_pdf, make_pdf([["1 2 3"]]), "contains no text; if it is a scan"),
        (read_pdf, b"", "damaged or not a PDF file"),
        (read_pdf, PDF[:300], "damaged or not a PDF file"),
        (read_docx, b"", "not a zip archive"),
        (read_docx, DOCX[:900], "not a zip archive"),
        (read_docx, EPUB, "word/document.xml cannot be read"),
        (read_epub, b"PK", "not a zip archive"),
        (read_epub, DOCX, "no package document"),
        (read_epub, make_epub(["<img src='x.png'/>"]), "contains no text"),
        (read_epub, make_epub([]), "contains no text"),
    ],
)
def test_what_cannot_be_read(reader: Reader, data: bytes, reason: str) -> None:
    """Every kind of invalid document has its own message."""
    assert reason in refusal(reader, data)


def test_archives_that_would_fill_the_memory() -> None:
    """A small archive with large contents is refused before it is decompressed."""
    said = refusal(read_docx, make_zip({"word/document.xml": "x" * 4000}), file_size=3900)
    assert said == "larger than the limit file-size=3900 bytes"
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a", "x" * 4000)
        said = refusal(read_epub, file.getvalue(), file_size=3900)
    assert said == "would decompress to 4000 bytes, more than the limit file-size=3900"


def test_documents_in_a_folder(tmp_path: Path) -> None:
    """Each document is a page; what cannot be used is set aside with its reason."""
    for name, data in {"a.pdf": PDF, "b_c.docx": DOCX, "d.epub": EPUB, "e.pdf": b"%PDF-1.4 broken"}.items():
        (tmp_path / name).write_bytes(data)
    said: list[str] = []
    corpus = open_corpus(tmp_path, warn=said.append)
    assert [(page.id, page.title) for page in corpus] == [("a", "a"), ("b_c", "b c"), ("d", "The Book")]
    assert [item.reason for item in corpus.set_aside] == ["damaged or not a PDF file"]
    assert "1 set aside" in said[0]


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [
        ("a.html", "trafilatura", "html"),
        ("a.htm", "lxml", "html"),
        ("a.pdf", "pypdfium2", "documents"),
        ("a.rtf", "striprtf", "documents"),
        ("a.docx", "lxml", "documents"),
        ("a.parquet", "pyarrow", "parquet"),
    ],
)
def test_without_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, package: str, extra: str
) -> None:
    """The message says what to install; in a folder these files are counted, and the other texts are read."""
    for module in [package, *(name for name in sys.modules if name.startswith(f"{package}."))]:
        monkeypatch.setitem(sys.modules, module, None)
    data = b"<p>tea" if extra == "html" else DOCX
    (tmp_path / name).write_bytes(data)
    with pytest.raises(NmfTopicsError, match=re.escape(f"pip install 'nmf-topics[{extra}]'")):
        list(open_corpus(tmp_path / name))
    if name != "a.parquet":
        (tmp_path / "b.txt").write_text("tea")
        (tmp_path / f"c{Path(name).suffix}").write_bytes(data)
        said: list[str] = []
        corpus = open_corpus(tmp_path, warn=said.append)
        assert [page.text for page in corpus] == ["tea"]
        command = f"pip install 'nmf-topics[{extra}]'"
        (line,) = said
        assert f"2 files not read: 2 {Path(name).suffix} (reading " in line
        assert line.count(command) == 1
        (kind,) = corpus.log.summary()["not_read"]
        assert kind["files"] == 2
        assert command in kind["reason"]


def damaged(data: bytes) -> st.SearchStrategy[bytes]:
    """The bytes of a file with a piece cut out and another put in."""
    place = st.integers(0, len(data))
    return st.tuples(place, st.integers(0, 400), st.binary(max_size=60)).map(
        lambda change: data[: change[0]] + change[2] + data[change[0] + change[1] :]
    )


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(sorted(READERS)).flatmap(
        lambda ending: st.tuples(
            st.just(ending),
            st.binary(max_size=300) | st.sampled_from([PDF, DOCX, EPUB]) | damaged(PDF) | damaged(DOCX) | damaged(EPUB),
        )
    )
)
def test_any_bytes_as_any_file(case: tuple[str, bytes]) -> None:
    """Any bytes are read as a document or reported as unreadable."""
    ending, data = case
    title, text, why = "", "", f"x{ending}: "
    try:
        for document in READERS[ending](input_of(data, f"x{ending}")):
            title, text = document.title, document.text
    except CorpusError as error:
        why = str(error)
    assert "\n" not in title
    assert isinstance(text, str)
    assert why.startswith(f"x{ending}: ")


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=3), st.dictionaries(st.sampled_from(["O/p.opf", "mimetype"]), st.text()))
def test_any_book(chapters: list[str], changed: dict[str, str]) -> None:
    """Valid archives with damaged contents."""
    clean = {name: text.encode("utf-8", "replace").decode() for name, text in changed.items()}
    data = make_epub([chapter.encode("utf-8", "replace").decode() for chapter in chapters], **clean)
    text, why = "", ""
    try:
        (document,) = read_epub(input_of(data, "x.epub"))
        text = document.text
    except Unreadable as error:
        why = error.reason
    assert bool(text) != bool(why)
