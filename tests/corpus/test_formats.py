"""Texts in other formats: ODT, RTF, subtitles, mail, TEI; workbooks, JSON; archives; one page a line."""

from __future__ import annotations

import gzip
import io
import json
import sys
import tarfile
import zipfile
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from nmf_topics.corpus.open import open_corpus
from nmf_topics.corpus.page import Page
from nmf_topics.corpus.readers.formats import READERS
from nmf_topics.corpus.readers.inputs import Document, input_of
from nmf_topics.corpus.readers.options import ReadOptions
from nmf_topics.corpus.readers.streams import Unreadable
from nmf_topics.errors import CorpusError


def documents(ending: str, data: str | bytes, **options: Any) -> list[Document]:
    """The documents of a file with this ending."""
    raw = data.encode() if isinstance(data, str) else data
    return list(READERS[ending](input_of(raw, f"x{ending}", options=ReadOptions(**options))))


def refusal(ending: str, data: str | bytes) -> str:
    """Return the reason why a file is not read."""
    with pytest.raises(Unreadable) as caught:
        documents(ending, data)
    return caught.value.reason


def read(path: Path, **options: Any) -> list[Page]:
    """The pages of a source."""
    return list(open_corpus(path, warn=lambda message: None, **options))


def zipped(files: dict[str, str | bytes]) -> bytes:
    """A zip archive of these files."""
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return file.getvalue()


def odt(body: str, **files: str) -> bytes:
    """An ODT file with this text."""
    names = 'xmlns:office="urn:oasis:o" xmlns:text="urn:oasis:t"'
    mime = "application/vnd.oasis.opendocument.text"
    content = f"<office:document-content {names}><office:body><office:text>{body}</office:text></office:body>"
    return zipped({"mimetype": mime, "content.xml": f"{content}</office:document-content>"} | files)


def test_odt() -> None:
    """Headings, paragraphs, spaces and tabs; what was deleted and comments are no text."""
    (document,) = documents(
        ".odt",
        odt(
            "<text:tracked-changes><text:p>old</text:p></text:tracked-changes><text:h>Tea</text:h>"
            "<text:p>Green<text:s/>"
            "leaves<text:tab/>and <text:span>cups</text:span><office:annotation><text:p>why?</text:p>"
            "</office:annotation>.</text:p><text:list><text:list-item><text:p>one</text:p></text:list-item></text:list>"
        ),
    )
    assert document.text == "Tea\nGreen leaves and cups.\none"


def test_odt_that_cannot_be_read() -> None:
    """Passwords, damage and emptiness are named."""
    assert "password" in refusal(".odt", odt("", **{"META-INF/manifest.xml": "<m:encryption-data/>"}))
    assert "content.xml cannot be read" in refusal(".odt", zipped({"mimetype": "x"}))
    assert "damaged XML" in refusal(".odt", zipped({"content.xml": "<a><b></a>"}))
    assert "contains no text" in refusal(".odt", odt("<text:p>1 2</text:p>"))
    assert "not a zip archive" in refusal(".odt", b"not an archive")


def test_rtf() -> None:
    """Letters of code pages and of Unicode, without fonts, pictures and control words."""
    picture = r"{\pict\pngblip " + "89504e470d0a1a0a" * 5000 + "}"
    source = r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\info{\title X}}\f0 Gr\u252?ne Bl\'e4tter\par " + picture
    (document,) = documents(".rtf", source + r"\b und\b0  Tee.}")
    assert document.text.split() == ["Grüne", "Blätter", "und", "Tee."]
    assert "not an RTF" in refusal(".rtf", "plain text")
    assert "contains no text" in refusal(".rtf", r"{\rtf1\ansi 1 2 3}")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_subtitles(newline: str) -> None:
    """What is said, without numbers, times, markup and the repetitions of automatic captions."""
    srt = "1\n00:00:01,000 --> 00:00:02,500\n<i>Green</i> tea?\n{\\an8}Yes.\n\n2\n00:00:03,000 --> 00:00:04,000\n1984\n"
    (document,) = documents(".srt", srt.replace("\n", newline))
    assert document.text == "Green tea?\nYes.\n1984"
    vtt = (
        "WEBVTT - talk\nKind: captions\n\nNOTE said\nin the note\n\nSTYLE\n::cue {}\n\n"
        "intro\n00:01.000 --> 00:02.000 align:start\n"
        "<v Ann>green <00:01.5><c>tea</c>\n\n00:02.000 --> 00:03.000\ngreen tea\nis good &amp; hot\n"
    )
    (document,) = documents(".vtt", vtt.replace("\n", newline))
    assert document.text == "green tea\nis good & hot"


def mail(subject: str, text: str, **headers: str) -> EmailMessage:
    """A message."""
    message = EmailMessage()
    message["Subject"], message["From"] = subject, "Ann <ann@example.org>"
    for name, value in headers.items():
        message[name] = value
    message.set_content(text)
    return message


def test_mail() -> None:
    """Subject, plain text and date; HTML where there is nothing else, attachments never."""
    message = mail("Grüner Tee", "Hello.\n", Date="Tue, 04 Mar 1997 08:00:00 +0100")
    message.add_alternative("<p>Hello in HTML.</p>", subtype="html")
    message.add_attachment("secret", filename="a.txt")
    (document,) = documents(".eml", bytes(message))
    assert (document.title, document.text) == ("Grüner Tee", "Hello.")
    assert document.meta == {"from": "Ann <ann@example.org>", "date": "1997-03-04T07:00:00Z"}
    message = mail("x", "")
    message.set_content("<p>Only <b>HTML</b></p>", subtype="html")
    assert documents(".eml", bytes(message))[0].text == "Only HTML"
    latin = b"Subject: =?iso-8859-1?q?Caf=E9?=\nContent-Type: text/plain; charset=nonsense\n\ncaf\xe9 \x93quoted\x94\n"
    (document,) = documents(".eml", latin)
    assert (document.title, document.text) == ("Café", "café “quoted”")
    assert "not an email" in refusal(".eml", "\n\njust text")


def test_mailbox(tmp_path: Path) -> None:
    """Every message is a page; a line that begins with From in a text is none."""
    messages = [mail(f"Message {k}", f"Text {k}\n\nFrom here on\n") for k in range(3)]
    data = b"".join(
        b"From ann@example.org Tue Mar  4 08:00:00 1997\n" + bytes(m).replace(b"\nFrom h", b"\n>From h") + b"\n"
        for m in messages
    )
    (tmp_path / "box.mbox").write_bytes(data)
    pages = read(tmp_path / "box.mbox")
    assert [(page.id, page.title, page.row) for page in pages] == [
        (f"box/{k}", f"Message {k - 1}", k) for k in (1, 2, 3)
    ]
    assert pages[1].text == "Text 1\n\nFrom here on"
    assert "the first line does not begin with From" in refusal(".mbox", "Subject: x\n\ntext")


def test_mail_in_html_without_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages with plain text are read, others set aside; a mailbox without any plain text is refused."""
    monkeypatch.setitem(sys.modules, "lxml", None)
    plain = b"From ann@example.org Tue Mar  4 08:00:00 1997\nSubject: plain\n\ntea\n\n"
    html = plain.replace(b"\n\ntea", b"\nContent-Type: text/html\n\n<p>tea")
    (tmp_path / "box.mbox").write_bytes(html + plain)
    corpus = open_corpus(tmp_path / "box.mbox", warn=lambda message: None)
    assert [(page.id, page.text) for page in corpus] == [("box/2", "tea")]
    (item,) = corpus.set_aside
    assert item.where.endswith("box.mbox, message 1")
    assert "pip install 'nmf-topics[html]'" in item.reason
    (tmp_path / "box.mbox").write_bytes(html)
    with pytest.raises(CorpusError, match=r"reading HTML needs .*nmf-topics\[html\]"):
        read(tmp_path / "box.mbox")


TEI = """<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><fileDesc><titleStmt><title>A <hi>Letter</hi></title>
<title>other</title></titleStmt><sourceDesc><bibl><title>no</title><date when="1850-01-02"/></bibl></sourceDesc>
</fileDesc></teiHeader><text><body><fw>page 3</fw><p>Infor-
<lb break="no"/>mation of <choice><sic>teh</sic><corr>the</corr></choice> <abbr>Dr</abbr> <del>old</del>tea.</p>
<lg><l>One</l><l>two</l></lg></body></text></TEI>"""


def test_tei(tmp_path: Path) -> None:
    """The text as the editor wants it read, with title and date of the header."""
    (document,) = documents(".xml", TEI)
    assert (document.title, document.meta) == ("A Letter", {"date": "1850-01-02"})
    assert document.text == "Information of the Dr tea.\nOne\ntwo"
    (tmp_path / "letter.xml").write_text(TEI)
    assert read(tmp_path / "letter.xml")[0].id == "letter"
    (tmp_path / "letters.xml.gz").write_bytes(
        gzip.compress(f'<teiCorpus xmlns="http://www.tei-c.org/ns/1.0">{TEI * 2}</teiCorpus>'.encode())
    )
    assert [page.id for page in read(tmp_path / "letters.xml.gz")] == ["letters/1", "letters/2"]


def test_tei_without_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The root element is recognized, with or without a prefix and a declaration, so that the message fits the file."""
    monkeypatch.setitem(sys.modules, "lxml", None)
    prefixed = '<?xml version="1.0" encoding="ISO-8859-1"?><!-- é --><t:TEI xmlns:t="http://www.tei-c.org/ns/1.0"/>'
    for text in (TEI, prefixed):
        (tmp_path / "letter.xml").write_text(text, encoding="latin-1")
        with pytest.raises(CorpusError, match=r"reading TEI needs .*nmf-topics\[documents\]"):
            read(tmp_path / "letter.xml")
    (tmp_path / "letter.xml").write_text("<!DOCTYPE x [<!ENTITY a 'b'>]><svg>&a;</svg>")
    with pytest.raises(CorpusError, match="this XML format is not read"):
        read(tmp_path)


ENTITIES = "".join(f'<!ENTITY a{k} "{f"&a{k - 1};" * 10}">' for k in range(1, 10))
BOMB = f'<!DOCTYPE TEI [<!ENTITY a0 "tea tea tea ">{ENTITIES}]><TEI><text><body>&a9;</body></text></TEI>'


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("<article><p>x</p></article>", "this XML format is not read (<article>)"),
        ("<mediawiki/>", "a MediaWiki dump is only read if you name the file itself"),
        ("no xml", "not XML"),
        (TEI[:-20], "damaged XML"),
        ('<TEI xmlns="http://www.tei-c.org/ns/1.0" >', "damaged XML"),
        (BOMB, "damaged XML"),
        ('<!DOCTYPE TEI [<!ENTITY b SYSTEM "file:///etc/hostname">]><TEI><text>&b;&c;</text></TEI>', "damaged XML"),
    ],
)
def test_other_xml(source: str, reason: str) -> None:
    """Other XML is named by its root; entities neither grow without bound nor lead to other files."""
    assert reason in refusal(".xml", source)


def workbook(path: Path, *sheets: list[list[Any]]) -> Path:
    """An Excel workbook."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, 1):
        sheet = book.create_sheet(f"Sheet {number}")
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_workbook(tmp_path: Path) -> None:
    """The first sheet with rows, below its header; numbers and dates as in CSV, empty rows left out."""
    import datetime

    rows = [
        [None, None, None],
        ["Titel", "Text", "Datum", "n"],
        ["Tee", "grün", datetime.datetime(2024, 2, 3), 1.5],
        [None, None, None, None],
        ["Zahl", 42, datetime.datetime(2024, 2, 3, 4, 5), True],
    ]
    path = workbook(tmp_path / "a.xlsx", [], rows, [["other"]])
    said: list[str] = []
    pages = list(open_corpus(path, warn=said.append))
    assert [(page.title, page.text, page.row) for page in pages] == [("Tee", "grün", 1), ("Zahl", "42", 2)]
    assert [page.meta["date"] for page in pages] == ["2024-02-03", "2024-02-03T04:05:00"]
    assert pages[0].meta["n"] == "1.5"
    assert f"{path}: sheet 'Sheet 2' is read, not 'Sheet 1', 'Sheet 3'" in said


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0" * 10, zipped({"a": "x"})])
def test_workbooks_that_cannot_be_read(tmp_path: Path, data: bytes) -> None:
    """Damage is an error of ours, as is an older format."""
    (tmp_path / "a.xlsx").write_bytes(data)
    with pytest.raises(CorpusError, match=r"a\.xlsx: (damaged or not an Excel workbook|an old \.xls)"):
        read(tmp_path / "a.xlsx")


@pytest.mark.parametrize(
    "content",
    [
        '[{"text": "a", "n": 1}, {"text": "b", "n": 2}]',
        ' [\n {"text": "a", "n": 1}\n,\n {"text": "b", "n": 2} ] ',
        '{"text": "a", "n": 1}\n{"text": "b", "n": 2}',
        '{"meta": [{"x": 1}], "data": {"children": [{"text": "a", "n": 1}, {"text": "b", "n": 2}]}}',
    ],
)
def test_json(tmp_path: Path, content: str) -> None:
    """Arrays, objects one after another, and objects that hold an array."""
    (tmp_path / "a.json").write_text(content)
    pages = read(tmp_path / "a.json")
    assert [(page.text, page.meta, page.row) for page in pages] == [("a", {"n": 1}, 1), ("b", {"n": 2}, 2)]


def test_json_of_strings_and_of_one_record(tmp_path: Path) -> None:
    """An array of texts is as good as one of objects; one object is one page."""
    (tmp_path / "a.json").write_text('["green tea", "black tea"]')
    assert [page.text for page in read(tmp_path / "a.json")] == ["green tea", "black tea"]
    (tmp_path / "a.json").write_text('{"text": "tea", "tags": ["x"]}')
    assert [page.text for page in read(tmp_path / "a.json")] == ["tea"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('[{"text": "a"}, {"text": ]', "item 2: not JSON"),
        ('[{"text": "a"}, 5]', "item 2: not an object"),
        ('[{"text": "a"} {"text": "b"}]', "item 1: not JSON (a comma is missing after it)"),
        ('[{"text": "a"}, {"text": "b"', "item 2: not JSON"),
        ('[{"text": "a"}', "the array does not end"),
        ("[]", "contains no pages"),
        ("", "contains no pages"),
        ("[" * 100_000, "nested too deeply"),
        ("5", "item 1: not an object"),
        ("[,]", "the array does not end"),
    ],
)
def test_broken_json(tmp_path: Path, content: str, reason: str) -> None:
    """The error names the item."""
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(CorpusError) as caught:
        read(tmp_path / "a.json")
    assert reason in str(caught.value)


def test_long_json_values_across_pieces(tmp_path: Path) -> None:
    """Values that end anywhere in what is read at once, and numbers that would be cut."""
    rows = [{"text": "x" * size, "n": 10**size} for size in (1, 70_000, 65_520, 3, 200_000)]
    for row in rows:
        row["n"] = 123456789
    (tmp_path / "a.json").write_text(json.dumps(rows, indent=3))
    pages = read(tmp_path / "a.json")
    assert [len(page.text) for page in pages] == [1, 70_000, 65_520, 3, 200_000]
    assert {page.meta["n"] for page in pages} == {123456789}


FILES: dict[str, str | bytes] = {
    "texts/a.txt": "green tea",
    "texts/sub/b.md": "black tea",
    "texts/c.txt.gz": gzip.compress(b"white tea"),
    "texts/d.exe": "x",
    "texts/.hidden.txt": "x",
    "__MACOSX/texts/._a.txt": "x",
    "texts/inner.zip": zipped({"e.txt": "e"}),
}


def tarred(files: dict[str, str | bytes]) -> bytes:
    """A tar archive of these files."""
    with io.BytesIO() as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            for name, content in files.items():
                data = content.encode() if isinstance(content, str) else content
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        return file.getvalue()


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tgz"])
def test_archives(tmp_path: Path, name: str) -> None:
    """An archive is read like the folder that was packed; what is not read is counted."""
    data = zipped(FILES) if name == "a.zip" else tarred(FILES)
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    said: list[str] = []
    corpus = open_corpus(tmp_path / name, warn=said.append)
    for _ in range(2):
        pages = {page.id: page for page in corpus}
        assert {page_id: page.text for page_id, page in pages.items()} == {
            "a": "green tea",
            "sub/b": "black tea",
            "c": "white tea",
        }
        assert pages["sub/b"].meta == {"label": "sub"}
    assert "4 files not read: 2 hidden (its name begins with a dot), 1 .exe" in said[0]
    assert "1 .zip (an archive within an archive)" in said[0]


def test_an_archive_in_a_folder(tmp_path: Path) -> None:
    """An archive in a folder is read like a subfolder with its name."""
    (tmp_path / "f").mkdir()
    (tmp_path / "f/a.txt").write_text("tea")
    (tmp_path / "f/a.zip").write_bytes(zipped({"a.txt": "in", "b/c.html": "<title>T</title><p>web</p>"}))
    pages = {page.id: page for page in read(tmp_path / "f")}
    assert list(pages) == ["a", "a.zip/a", "a.zip/b/c"]
    assert (pages["a.zip/b/c"].title, pages["a.zip/b/c"].meta) == ("T", {"label": "a.zip/b"})


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz"])
def test_an_archive_of_one_table(tmp_path: Path, name: str) -> None:
    """An archive with one table is read as this table; with several, one must be named."""
    table = {"data/readme.pdf.bak": "x", "data/reviews.csv": "review_text,stars\ngood,5\nbad,1\n"}
    (tmp_path / name).write_bytes(zipped(table) if name == "a.zip" else gzip.compress(tarred(table)))
    corpus = open_corpus(tmp_path / name, warn=lambda message: None)
    for _ in range(2):
        assert [page.text for page in corpus] == ["good", "bad"]
    (tmp_path / "two.zip").write_bytes(zipped(table | {"b.jsonl": "{}"}))
    with pytest.raises(CorpusError, match=r"two\.zip contains 2 tables \('data/reviews.csv', 'b.jsonl'\)"):
        read(tmp_path / "two.zip")


def test_damaged_archives(tmp_path: Path) -> None:
    """A damaged archive is refused when it is named, and set aside in a folder; so is a damaged or locked member."""
    whole = zipped({"a.txt": "green tea " * 500, "b.txt": "black"})
    for name, data in {
        "cut.zip": whole[:200],
        "no.zip": b"no archive",
        "cut.tar.gz": gzip.compress(tarred(FILES))[:-50],
    }.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(CorpusError, match=r"damaged or not an?"):
            read(tmp_path / name)
    folder = tmp_path / "f"
    folder.mkdir()
    (folder / "good.txt").write_text("tea")
    broken = bytearray(whole)
    broken[60:70] = b"x" * 10
    locked = bytearray(zipped({"a.txt": "tea"}))
    for place in (6, locked.index(b"PK\x01\x02") + 8):
        locked[place] |= 1
    (folder / "a-cut.zip").write_bytes(whole[:200])
    (folder / "b-broken.zip").write_bytes(bytes(broken))
    (folder / "c-locked.zip").write_bytes(bytes(locked))
    corpus = open_corpus(folder, warn=lambda message: None)
    assert [page.id for page in corpus] == ["b-broken.zip/b", "good"]
    reasons = [item.reason for item in corpus.set_aside]
    assert "damaged or not a .zip archive" in reasons[0]
    assert "damaged" in reasons[1]
    assert reasons[2] == "protected by a password; unpack the archive first"


def test_paths_in_archives_do_no_harm(tmp_path: Path) -> None:
    """Nothing is written, and no path leads out; two files of one name are one page and one set aside."""
    (tmp_path / "a.tar").write_bytes(tarred({"../../x.txt": "one", "/etc/y.txt": "two"}))
    assert [page.id for page in read(tmp_path / "a.tar")] == ["x", "etc/y"]
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("a.txt", "one")
            with pytest.warns(UserWarning, match="Duplicate name"):
                archive.writestr("a.txt", "two")
        (tmp_path / "twice.zip").write_bytes(file.getvalue())
    corpus = open_corpus(tmp_path / "twice.zip", warn=lambda message: None)
    assert [page.text for page in corpus] == ["one"]
    assert corpus.set_aside[0].reason == "the archive contains another file with this name"


def test_one_page_a_line(tmp_path: Path) -> None:
    """With `lines` every line that is not blank is a page, with the number of its line."""
    path = tmp_path / "posts.txt"
    path.write_text("green tea\n\n black tea \r\ngreen tea")
    pages = read(path, lines=True)
    assert [(page.text, page.title, page.row) for page in pages] == [
        ("green tea", "green tea", 1),
        ("black tea", "black tea", 3),
        ("green tea", "green tea", 4),
    ]
    assert [page.id for page in pages][2] == f"{pages[0].id}-2"
    assert len(read(path)) == 1
    other = tmp_path / "other.txt"
    other.write_text("black tea\ngreen tea\ngreen tea\n")
    assert sorted(page.id for page in read(other, lines=True)) == sorted(page.id for page in pages)


def test_titles_as_text(tmp_path: Path) -> None:
    """Titles that a source has are counted on demand; names of files never."""
    (tmp_path / "a.csv").write_text("title,text\nTea,green\n")
    assert read(tmp_path / "a.csv")[0].text == "green"
    (page,) = read(tmp_path / "a.csv", titles_as_text=True)
    assert (page.title, page.text) == ("Tea", "Tea\n\ngreen")
    assert page.id == read(tmp_path / "a.csv")[0].id
    assert read(tmp_path / "a.csv", titles_as_text=True, text_column="title,text")[0].text == "Tea\n\ngreen"
    (tmp_path / "f").mkdir()
    (tmp_path / "f/a.html").write_text("<title>Tea</title><p>green</p>")
    (tmp_path / "f/b.txt").write_text("black")
    assert [page.text for page in read(tmp_path / "f", titles_as_text=True)] == ["Tea\n\ngreen", "black"]


def test_an_encoding_that_is_named(tmp_path: Path) -> None:
    """It is used for texts and tables; an unknown one is refused."""
    (tmp_path / "a.csv").write_bytes("text,n\nźdźbło,1\n".encode("cp1250"))
    assert read(tmp_path / "a.csv", encoding="cp1250")[0].text == "źdźbło"
    (tmp_path / "b.txt").write_bytes("źdźbło".encode("cp1250"))
    assert read(tmp_path / "b.txt", encoding="windows-1250")[0].text == "źdźbło"
    (tmp_path / "c.txt").write_bytes(b"\x81")
    with pytest.raises(CorpusError, match="not valid cp1252, the encoding that was given"):
        read(tmp_path / "c.txt", encoding="cp1252")
    with pytest.raises(CorpusError, match="unknown text encoding 'nonsense'"):
        read(tmp_path / "a.csv", encoding="nonsense")


def test_files_of_a_folder_are_judged_together(tmp_path: Path) -> None:
    """Short Polish files by themselves would be read as cp1252; a Russian one among them stays Russian."""
    words = "książka żeby później jeżeli miły być więc źle świat".split()
    for number, word in enumerate(words):
        (tmp_path / f"{number}.txt").write_bytes(f"{word} tak".encode("cp1250"))
    (tmp_path / "ru.txt").write_bytes("Это короткий текст на русском языке, написанный для проверки".encode("cp1251"))
    pages = {page.id: page.text for page in read(tmp_path)}
    assert [pages[str(number)] for number in range(len(words))] == [f"{word} tak" for word in words]
    assert pages["ru"].startswith("Это короткий")


def test_files_that_are_not_read_are_counted(tmp_path: Path) -> None:
    """By kind and reason, in the message and in the log; all numbers add up to the files of the folder."""
    files = {
        "a.txt": b"tea",
        "b.txt": b"\0",
        "c.rtf": b"no",
        "d.doc": b"x",
        "e.doc": b"x",
        "f.py": b"x",
        "g": b"x",
        ".h": b"x",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    said: list[str] = []
    corpus = open_corpus(tmp_path, warn=said.append)
    assert [page.id for page in corpus] == ["a"]
    assert said == [
        f"{tmp_path}: 2 set aside: {tmp_path}/b.txt (not text (binary)), {tmp_path}/c.rtf (damaged or not an RTF file)",
        f"{tmp_path}: 5 files not read: 1 without an ending, 1 .py (this format is not read), 2 .doc (an old "
        "format; save it as .docx), 1 hidden (its name begins with a dot)",
    ]
    summary = corpus.log.record()["files"]
    assert summary["read"] == 1
    assert {"kind": ".doc", "reason": "an old format; save it as .docx", "files": 2} in summary["not_read"]
    assert {"kind": ".rtf", "reason": "damaged or not an RTF file", "files": 1} in summary["not_read"]
    assert summary["read"] + sum(item["files"] for item in summary["not_read"]) == len(files)
