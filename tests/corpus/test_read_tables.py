"""JSONL, CSV and TSV: columns, ids, metadata, and the message for everything that is broken."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nmf_topics.corpus.open import open_corpus
from nmf_topics.corpus.page import Page
from nmf_topics.corpus.plain import clean_text, one_line, plain_value
from nmf_topics.corpus.readers import columns as columns_module
from nmf_topics.corpus.readers.charsets import utf8_chunks
from nmf_topics.corpus.readers.encoding_guess import LIKELY, OLD
from nmf_topics.errors import CorpusError, MissingExtra, NmfTopicsError
from nmf_topics.files.csv_files import unguarded


def read(path: Path, said: list[str] | None = None, **columns: str) -> list[Page]:
    """Return the pages of a table; unexpected messages are errors."""
    heard: list[str] = []
    pages = list(open_corpus(path, warn=heard.append, **columns))
    if said is None:
        assert heard == []
    else:
        said += heard
    return pages


def write(tmp_path: Path, name: str, content: str | bytes) -> Path:
    """A file with this content."""
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(path: Path, **columns: str) -> str:
    """The message with which a table is refused; it names the file."""
    with pytest.raises(CorpusError) as caught:
        list(open_corpus(path, warn=lambda message: None, **columns))
    assert path.name in str(caught.value)
    return str(caught.value)


def zstd(data: bytes) -> bytes:
    """The bytes packed with zstd."""
    return pytest.importorskip("backports.zstd").compress(data)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd,
}
LINES = '{"id":"1","title":"Tea","text":"green"}\n{"id":"2","title":"Coffee","text":"black"}\n'
PAGES = [Page("1", "Tea", "green"), Page("2", "Coffee", "black")]


def test_jsonl(tmp_path: Path) -> None:
    """Each line is one page; blank lines and a missing last line end are ignored."""
    assert read(write(tmp_path, "a.jsonl", LINES)) == PAGES
    assert read(write(tmp_path, "b.NDJSON", "\n \r\n" + LINES.replace("\n", "\r\n\n").strip())) == PAGES


def test_fields_go_to_the_metadata(tmp_path: Path) -> None:
    """Other fields stay as they are, nested ones become JSON, NaN and long integers do no harm."""
    digits = "9" * 5000
    line = '{"id":1,"text":"x","n":1,"f":NaN,"b":true,"z":null,"l":["ü",{"a":1}],"d":{},"long":' + digits + "}"
    (page,) = read(write(tmp_path, "a.jsonl", line))
    meta = dict(page.meta)
    assert str(meta.pop("f")) == "nan"
    assert meta == {"n": 1, "b": True, "z": None, "l": '["ü",{"a":1}]', "d": "{}", "long": digits}
    assert page.id == "1"


def test_missing_text_is_an_empty_page(tmp_path: Path) -> None:
    """A later line without text is an empty page with a standard title."""
    pages = read(write(tmp_path, "a.jsonl", '{"text":"x","id":"1"}\n{"text":null,"id":"2"}\n{"id":"3"}\n'))
    assert [(page.id, page.text, page.title) for page in pages[1:]] == [
        ("2", "", "(empty page)"),
        ("3", "", "(empty page)"),
    ]


def test_titles_and_ids_of_later_lines_count(tmp_path: Path) -> None:
    """Titles and ids are found even if the first line has none."""
    pages = read(write(tmp_path, "a.jsonl", '{"text":"one"}\n{"text":"two","title":"T","id":7}\n'))
    assert pages[0].title == "one"
    assert pages[1] == Page("7", "T", "two")


def test_titles_and_ids_are_one_line(tmp_path: Path) -> None:
    """Control characters leave titles and ids, lone surrogates leave all; an id of nothing else is made."""
    lines = [
        {"id": "a\nb", "title": "T\x00\x85\tU", "text": "x\ud800\n\x00"},
        {"id": " \n", "title": "\x01", "text": "\ud83d\ude00 y"},
    ]
    one, two = read(write(tmp_path, "a.jsonl", "\n".join(json.dumps(line) for line in lines)))
    assert one == Page("a b", "T U", "x\ufffd\n\x00")
    assert (len(two.id), two.title, two.text) == (12, "😀 y", "😀 y")


def test_columns_are_guessed_and_said(tmp_path: Path) -> None:
    """Columns with other names are found whatever their case, and said once however often one reads."""
    path = write(tmp_path, "a.jsonl", '{"URL":"u","Headline":"H","BODY":"b","Year":1999,"section":"s","x":1}')
    said: list[str] = []
    corpus = open_corpus(path, warn=said.append)
    assert list(corpus) == list(corpus) == [Page("u", "H", "b", {"date": 1999, "label": "s", "x": 1})]
    found = "text from column 'BODY', titles from column 'Headline', ids from column 'URL'"
    assert said == [f"{path}: {found}, dates from column 'Year', labels from column 'section'"]


def test_the_time_of_a_revision_is_no_date(tmp_path: Path) -> None:
    """A timestamp is the date of a page, except in tables with revisions, where it is the time of the last edit."""
    message = write(tmp_path, "a.jsonl", '{"id":"1","title":"T","text":"x","timestamp":"2004-05-06"}')
    said: list[str] = []
    assert read(message, said) == [Page("1", "T", "x", {"date": "2004-05-06"})]
    assert said == [f"{message}: dates from column 'timestamp'"]
    fetched = write(tmp_path, "b.jsonl", '{"id":"1","title":"T","text":"x","revid":7,"timestamp":"2026-05-06"}')
    assert read(fetched) == [Page("1", "T", "x", {"revid": 7, "timestamp": "2026-05-06"})]
    assert read(fetched, date_column="timestamp")[0].meta == {"revid": 7, "date": "2026-05-06"}


def test_named_columns(tmp_path: Path) -> None:
    """A named column wins over a guess; a field in the way of its plain name gives way."""
    path = write(tmp_path, "a.csv", "id,text,title,date,k,a,when,kind\n1,T,N,D,key,abs,1999,c\n")
    columns = {"text_column": "a", "id_column": "k", "date_column": "when", "label_column": "kind"}
    assert read(path, **columns) == [
        Page(
            "key",
            "N",
            "abs",
            {"id (column)": "1", "text (column)": "T", "date (column)": "D", "date": "1999", "label": "c"},
        )
    ]


def test_one_column_for_two_parts(tmp_path: Path) -> None:
    """A column can be both title and text; titles then do not count as separate from the text."""
    path = write(tmp_path, "a.csv", "title,n\nA headline,1\n")
    assert read(path, text_column="title")[0].text == "A headline"
    assert read(path, text_column="title", title_column="title", id_column="title") == [
        Page("A headline", "A headline", "A headline", {"n": "1"})
    ]


@pytest.mark.parametrize("part", ["text", "title", "id", "date", "label"])
def test_named_column_that_does_not_exist(tmp_path: Path, part: str) -> None:
    """The error names the column and lists those that exist."""
    message = refusal(write(tmp_path, "a.csv", "text,foo\nx,y\n"), **{f"{part}_column": "nope"})
    assert f"no {part} column 'nope'" in message
    assert "'text', 'foo'" in message


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_no_column_looks_like_text(tmp_path: Path, name: str) -> None:
    """The error lists the columns and the remedy."""
    content = "foo,bar\n1,2\n" if name == "a.csv" else '{"foo":1,"bar":2}\n'
    message = refusal(write(tmp_path, name, content))
    assert "'foo', 'bar'" in message
    assert "name it with text_column" in message


def test_many_columns_are_not_all_listed(tmp_path: Path) -> None:
    """A message stays short with many columns."""
    header = ",".join(f"c{n}" for n in range(200))
    message = refusal(write(tmp_path, "a.csv", f"{header}\n{header}\n"))
    assert "'c19' and 180 more" in message
    assert len(message) < 500


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"text":"x"', "line 3: not JSON"),
        ('{"text":"x"\n', "one object per line"),
        ('{"text":"x', "cut off"),
        ("[1]\n", "line 3: not an object"),
        ("null\n", "not an object"),
        ("plain words\n", "line 3: not JSON"),
        ('{"text":{"a":1}}\n', "line 3: the text (column 'text') is an object"),
        ('{"text":["a"]}\n', "is a list"),
        ('{"text":5}\n', "is a number"),
        ('{"text":false}\n', "is true or false"),
        ("[" * 100_000 + "\n", "line 3: nested too deeply"),
        ('{"text":"x","id":"1"}\n', "line 1 and line 3"),
    ],
)
def test_broken_line(tmp_path: Path, line: str, words: str) -> None:
    """The error names file, line and reason."""
    message = refusal(write(tmp_path, "a.jsonl", '{"text":"x","id":"1"}\n\n' + line))
    assert words in message
    assert ("cut off" in message) == (not line.endswith("\n"))


def test_nesting_near_the_limit(tmp_path: Path) -> None:
    """Fields nested to any depth are read or refused, whichever of reading and writing fails first."""
    for depth in range(1, sys.getrecursionlimit() + 10, 37):
        path = write(tmp_path, "a.jsonl", '{"text":"x","deep":' + "[" * depth + "]" * depth + "}")
        try:
            (page,) = read(path)
        except CorpusError as error:
            assert "line 1: nested too deeply" in str(error)  # noqa: PT017
        else:
            assert page.meta["deep"] == "[" * depth + "]" * depth


def test_nesting_that_only_writing_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is the same if Python can read deeper nesting than it can write."""

    def refuse(value: object) -> str:
        raise RecursionError

    monkeypatch.setattr(columns_module, "plain_value", refuse)
    assert "line 1: nested too deeply" in refusal(write(tmp_path, "a.jsonl", '{"text":"x","a":[]}'))


def test_same_id_twice_says_where_it_comes_from(tmp_path: Path) -> None:
    """Both lines, the column and the parameter that helps are named."""
    message = refusal(write(tmp_path, "a.csv", "url,text\nu,a\nv,b\nu,c\n"))
    assert "two pages have the id 'u', line 2 and line 4" in message
    assert "'url'" in message
    assert "another column with id_column" in message


def test_made_ids_do_not_depend_on_the_order(tmp_path: Path) -> None:
    """Without ids the same pages in another order have the same ids, twins included."""
    lines = [json.dumps({"title": "T", "text": text, "n": 0}) for text in ["a", "b", "a", "", "a"]]
    forth = read(write(tmp_path, "a.jsonl", "\n".join(lines)))
    back = read(write(tmp_path, "b.jsonl", "\n".join(reversed(lines))))
    assert sorted((page.id, page.text) for page in forth) == sorted((page.id, page.text) for page in back)
    assert len({page.id for page in forth}) == 5


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.tsv", "a.csv.gz"])
@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_empty_table(tmp_path: Path, name: str, content: str) -> None:
    """A table without a row contains no pages."""
    data = content.encode()
    assert "contains no pages" in refusal(write(tmp_path, name, gzip.compress(data) if "gz" in name else data))


def test_header_alone(tmp_path: Path) -> None:
    """A header is not a page."""
    assert "contains no pages" in refusal(write(tmp_path, "a.csv", "id,text\n"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(tmp_path: Path, delimiter: str, end: str) -> None:
    """What spreadsheets of several countries and systems write is read, with its byte order mark."""
    rows = [["id", "title", "text"], ["1", "a, b; c", 'say "x"\nand\ty|z'], [], ["2", "", ""]]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    pages = read(write(tmp_path, "a.csv", "\ufeff" + out.getvalue()))
    assert pages == [Page("1", "a, b; c", 'say "x"\nand\ty|z'), Page("2", "(empty page)", "")]


def test_tsv_is_cut_at_tabs_only(tmp_path: Path) -> None:
    """Commas and semicolons mean nothing in a .tsv."""
    assert read(write(tmp_path, "a.tsv", "id\ttext\n1,2\tx;y\n")) == [Page("1,2", "x;y", "x;y")]


def test_one_column_is_the_text(tmp_path: Path) -> None:
    """The only column is the text, whatever its name, and commas in it are just commas."""
    said: list[str] = []
    pages = read(write(tmp_path, "a.csv", 'name\nred, white\n\n"blue, ""green"""\n'), said)
    assert [page.text for page in pages] == ["red, white", 'blue, "green"']
    assert said[0].endswith("text from column 'name'")


def test_columns_without_names_of_their_own(tmp_path: Path) -> None:
    """Empty and repeated names in a header lose no field."""
    (page,) = read(write(tmp_path, "a.csv", ", text ,n,n\n1,x,2,3\n"))
    assert (page.text, page.meta) == ("x", {"column 1": "1", "n": "2", "n (2)": "3"})


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ('1,"a\nb"\n2,b,c\n', "line 4: 3 fields, but the header has 2"),
        ("1,a\n2\n", "line 3: 1 fields"),
        ('1,a\n2,"b\nc\n', "line 3: not CSV (a quote that opens here is never closed)"),
        ('1,"a"b\n', "line 2: not CSV"),
    ],
)
def test_broken_row(tmp_path: Path, rows: str, words: str) -> None:
    """The error names the line where the row begins and what is wrong."""
    assert words in refusal(write(tmp_path, "a.csv", "id,text\n" + rows))
    assert words.replace("line 4", "line 5").replace("line 3", "line 4").replace("line 2", "line 3") in refusal(
        write(tmp_path, "b.csv", "\nid,text\n" + rows)
    )


def test_long_field(tmp_path: Path) -> None:
    """A text far beyond the csv module's limit is read, whatever the limit was before."""
    before = csv.field_size_limit(1000)
    try:
        (page,) = read(write(tmp_path, "a.csv", "id,text\n1," + "x" * 5_000_000 + "\n"))
        assert len(page.text) == 5_000_000
    finally:
        csv.field_size_limit(before)


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
@pytest.mark.parametrize("ending", PACKERS)
def test_packed(tmp_path: Path, name: str, ending: str) -> None:
    """Packed tables are read like others, several packed parts in one file too."""
    content = LINES if name == "a.jsonl" else "id,title,text\n1,Tea,green\n2,Coffee,black\n"
    half = len(content) // 2
    pack = PACKERS[ending]
    data = pack(content[:half].encode()) + pack(content[half:].encode())
    assert read(write(tmp_path, name + ending.upper(), data)) == PAGES


@pytest.mark.parametrize("ending", PACKERS)
@pytest.mark.parametrize("damage", ["cut", "garbled", "not packed"])
def test_damaged_packed(tmp_path: Path, ending: str, damage: str) -> None:
    """A packed file that is cut off, garbled or not packed at all is refused by name."""
    data = bytearray(PACKERS[ending]("".join(LINES.replace('"1"', f'"{n}"') for n in range(99)).encode()))
    if damage == "cut":
        del data[-9:]
    elif damage == "garbled":
        data[len(data) // 2 :] = bytes(b ^ 0x55 for b in data[len(data) // 2 :])
    else:
        data = bytearray(LINES.encode())
    message = refusal(write(tmp_path, "a.jsonl" + ending, bytes(data)))
    assert f"damaged or not a {ending} file" in message


def test_zstd_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package the error says what to install."""
    for name in ("compression", "backports"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtra, match=r"reading \.zst needs .*nmf-topics\[zstd\]"):
        list(open_corpus(write(tmp_path, "a.jsonl.zst", b"x")))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_byte_order_marks(tmp_path: Path, encoding: str, name: str) -> None:
    """A byte order mark determines the encoding without a message."""
    content = '{"id":"ü","text":"wörds 😀"}' if name == "a.jsonl" else "id,text\nü,wörds 😀\n"
    assert read(write(tmp_path, name, content.encode(encoding))) == [Page("ü", "wörds 😀", "wörds 😀")]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Le café est très bon à Noël"),
        ("cp1252", "„Straße“ – schöne Grüße aus Köln"),
        ("cp1250", "Příliš žluťoučký kůň úpěl ďábelské ódy"),
        ("cp1251", "Это короткий текст на русском языке, написанный для проверки"),
        ("koi8_r", "Это короткий текст на русском языке, написанный для проверки"),
        ("cp932", "これは日本語の短い文章です。漢字も含まれています。"),
        ("gb18030", "这是一个简短的中文文本,用于测试编码检测。"),
    ],
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_other_encodings(tmp_path: Path, encoding: str, text: str, name: str) -> None:
    """What is not UTF-8 is guessed, far behind its beginning too, and said with the file's name."""
    row = f'{{"text":"{text}","id":"i"}}\n' if name == "a.jsonl" else f'"{text}",i\n'
    head = '{"text":"plain ' + "x" * 3_000_000 + '","id":"p"}\n' if name == "a.jsonl" else "text,id\nplain,p\n"
    path = write(tmp_path, name, (head + row).encode(encoding))
    said: list[str] = []
    assert read(path, said)[-1].text == text
    assert said == [f"{path}: not UTF-8, read as {encoding}"]


def test_damaged_utf8(tmp_path: Path) -> None:
    """A few broken bytes in UTF-8 do not turn the rest into another encoding."""
    path = write(tmp_path, "a.csv", "id,text\n1,äöüß éè ".encode() + b"\xff\xc3 caf\xc3\xa9\n")
    said: list[str] = []
    assert read(path, said)[0].text == "äöüß éè \ufffd\ufffd café"
    assert said == [f"{path}: damaged UTF-8; invalid characters were replaced by U+FFFD"]


@pytest.mark.slow
def test_encoding_that_changes(tmp_path: Path) -> None:
    """A table that begins as UTF-8 and goes on as something else is refused with the place and the remedy."""
    rows = "".join(f"{n},naïve words to fill a line\n" for n in range(60_000)).encode()
    other = "".join(f"x{n},naïve café\n" for n in range(60_000)).encode("cp1252")
    message = refusal(write(tmp_path, "a.csv", b"id,text\n" + rows + other))
    assert "UTF-8 up to about line " in message
    assert "save it as UTF-8" in message


def test_encoding_that_changes_early(tmp_path: Path) -> None:
    """A single valid UTF-8 character far before other bytes does not make them damaged UTF-8."""
    rows = b"id,text\n1,caf\xc3\xa9\n2," + b"x" * 2_000_000 + b"\n3,caf\xe9 tr\xe8s bon\n"
    assert "UTF-8 up to about line 3, but not after it" in refusal(write(tmp_path, "a.csv", rows))


def test_guess_that_does_not_fit_the_rest(tmp_path: Path) -> None:
    """A guess that fails on the text read so far is replaced by the next one, and finally the file is refused."""
    text = b"1," + "très bon à Noël garçon ".encode("cp1252") * 1000
    said: list[str] = []
    assert read(write(tmp_path, "a.csv", b"id,text\n" + text + b"\n"), said)
    assert said[0].endswith("read as cp1252")
    message = refusal(write(tmp_path, "b.csv", b"id,text\n" + text + b"\x81\x8d\x8f\x90\x9d\n"))
    assert "neither UTF-8 nor any other known encoding" in message


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that cannot be read, of Linux")
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.csv.zst"])
def test_error_of_the_disk(tmp_path: Path, name: str) -> None:
    """When the system cannot read on, its words are passed on, and no file is called damaged."""
    (tmp_path / name).symlink_to("/proc/self/mem")
    assert "cannot be read (Input/output error)" in refusal(tmp_path / name)


@pytest.mark.slow
def test_guess_that_turns_out_wrong(tmp_path: Path) -> None:
    """A guess that fails further on is an error that names the guess and the line."""
    good = "".join(f"{n},très bon à Noël garçon\n" for n in range(60_000)).encode("cp1252")
    message = refusal(write(tmp_path, "a.csv", b"id,text\n" + good + b"x,\x81\x8d\n"))
    assert "not valid cp1252" in message
    assert "near line " in message
    assert "save it as UTF-8" in message


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_cut_off_wide_encoding(tmp_path: Path, encoding: str) -> None:
    """UTF-16 cut within a character is refused."""
    message = refusal(write(tmp_path, "a.csv", "id,text\n1,x\n".encode(encoding)[:-1]))
    assert f"not valid {encoding}" in message


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 8, "id,text\n1,x\n".encode("utf-16-le"), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"]
)
def test_binary_table(tmp_path: Path, data: bytes) -> None:
    """Binary data are reported as such."""
    assert "not text (binary)" in refusal(write(tmp_path, "a.csv", data))


def test_bytes_in_no_encoding(tmp_path: Path) -> None:
    """Bytes that no known encoding can decode are refused."""
    message = refusal(write(tmp_path, "a.csv", b"id,text\n1," + bytes(range(0x80, 0x100)) * 3 + b"\n"))
    assert "neither UTF-8 nor any other known encoding; save it as UTF-8" in message


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    st.integers(1, 9),
)
def test_text_survives_in_chunks_of_any_size(text: str, encoding: str, size: int) -> None:
    """Chunks may end within a character."""
    data = ("begin" + text).encode(encoding)
    chunks = (data[at : at + size] for at in range(0, len(data), size))
    try:
        assert b"".join(utf8_chunks(chunks, "x", pytest.fail)).decode() == "begin" + text
    except CorpusError as error:
        assert "binary" in str(error)  # noqa: PT017


TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters())
NESTED = st.recursive(VALUES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=4)
PLAIN_TYPES = (str, int, float, bool, type(None))


@pytest.mark.slow
@settings(max_examples=60)
@given(rows=st.lists(st.tuples(st.text(st.characters()), st.text(st.characters()), NESTED), min_size=1))
def test_jsonl_round_trip(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, Any]]) -> None:
    """What json.dumps writes comes back: texts as they are, other values made plain."""
    path = tmp_path_factory.getbasetemp() / "round.jsonl"
    lines = [{"id": n, "title": title, "text": text, "x": x} for n, (title, text, x) in enumerate(rows)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    for page, (title, text, x) in zip(read(path), rows, strict=True):
        whole = clean_text(json.loads(json.dumps(text)))
        assert page.text == whole
        assert page.title.startswith(one_line(json.loads(json.dumps(title))))
        assert page.meta["x"] == plain_value(json.loads(json.dumps(x)))
        assert type(page.meta["x"]) in PLAIN_TYPES


@settings(max_examples=60)
@given(rows=st.lists(st.tuples(TEXT, TEXT), min_size=1), delimiter=st.sampled_from(",;\t|"))
@example(rows=[("\r", "\n")], delimiter=",")
@example(rows=[("", "'=")], delimiter=",")
@example(rows=[("\x85\u2028", "\x1c\x0b")], delimiter=";")
def test_csv_round_trip(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], delimiter: str) -> None:
    """What csv.writer writes comes back, whatever the delimiter and however odd the characters.

    Only an apostrophe that guards against a formula is taken away, as in the tables that nmf-topics writes.
    """
    path = tmp_path_factory.getbasetemp() / "round.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerows([["id", "text", "x"], *([n, text, x] for n, (text, x) in enumerate(rows))])
    try:
        pages = read(path)
    except CorpusError as error:
        assert "binary" in str(error)  # noqa: PT017  # a few NULs in a file of a few bytes
        return
    expected = [(unguarded(text), unguarded(x)) for text, x in rows]
    assert [(page.text, page.meta["x"]) for page in pages] == expected


SEEDS = [
    LINES.encode(),
    b'id;title;text\n1;"a\n";b\n2;c;d\n',
    'title,text\ncafé,"naïve, ""x"""\n'.encode("cp1252"),
    "id,text\n1,naïve\n".encode("utf-16"),
    *(PACKERS[ending](LINES.encode()) for ending in (".gz", ".bz2", ".xz")),
]
BYTES = st.binary() | st.builds(
    lambda seed, at, what: seed[:at] + what + seed[at + len(what) :],
    st.sampled_from(SEEDS),
    st.integers(0, 60),
    st.binary(max_size=6),
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(data=BYTES)
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Any bytes give pages that can be written, or a CorpusError."""
    for name in ("a.jsonl", "a.csv", "a.tsv", "a.jsonl.gz", "a.csv.bz2", "a.jsonl.xz", "a.jsonl.zst"):
        path = write(tmp_path_factory.getbasetemp(), name, data)
        try:
            pages = list(open_corpus(path, warn=lambda message: None))
        except NmfTopicsError:
            continue
        for page in pages:
            assert page.id.encode()
            assert page.title.encode()
            assert isinstance(page.text.encode(), bytes)
            assert all(type(value) in PLAIN_TYPES for value in page.meta.values())


def test_likely_encodings_exist() -> None:
    """Every encoding of the list is one that Python knows."""
    assert all("a".encode(encoding) for encoding in LIKELY + OLD)
