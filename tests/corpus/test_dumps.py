"""Dumps: which pages are read, their metadata, damaged and hostile files, and any number of processes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_topics.corpus.mediawiki import dumps, export_xml
from nmf_topics.corpus.mediawiki.dumps import dump_pages, is_dump, page_address, read_dump
from nmf_topics.corpus.open import open_corpus
from nmf_topics.corpus.page import Page
from nmf_topics.corpus.readers import bzip2
from nmf_topics.corpus.readers.bzip2 import decompress_bzip2
from nmf_topics.corpus.readers.streams import meter_of
from nmf_topics.errors import CorpusError

SITE = """<siteinfo><sitename>Wikipedia</sitename><dbname>enwiki</dbname>
<base>https://en.wikipedia.org/wiki/Main_Page</base><generator>MediaWiki</generator>
<namespaces><namespace key="0" case="first-letter" /><namespace key="10">Template</namespace>
<namespace key="1">Talk</namespace></namespaces></siteinfo>"""


def page(
    number: int | str,
    title: str,
    text: str,
    *,
    ns: str = "<ns>0</ns>",
    mark: str = "",
    model: str = "<model>wikitext</model>",
    revisions: str = "",
) -> str:
    """Return a page in the format of schemas from 0.6 on."""
    return f"""<page><title>{escape(title)}</title>{ns}<id>{number}</id>{mark}{revisions}<revision><id>9{number}</id>
<parentid>8</parentid><timestamp>2026-01-02T03:04:05Z</timestamp><contributor><username>A</username><id>77</id>
</contributor><comment>c</comment>{model}<format>text/x-wiki</format>
<text bytes="1" xml:space="preserve">{escape(text)}</text><sha1>x</sha1></revision></page>
"""


def export(*pages: str, site: str = SITE, version: str = "0.11", head: str = "") -> str:
    """A dump of these pages."""
    return (
        f'{head}<mediawiki xmlns="http://www.mediawiki.org/xml/export-{version}/" version="{version}" xml:lang="en">'
        f"{site}{''.join(pages)}</mediawiki>\n"
    )


def many(count: int = 300) -> list[str]:
    """Pages of some length."""
    return [page(n, f"Page {n}", f"'''Page''' {n} of [[words|many words]]. " * 200) for n in range(1, count + 1)]


def write(path: Path, content: str | bytes) -> Path:
    """A file with this content, packed as its ending says."""
    data = content.encode() if isinstance(content, str) else content
    packers = {".bz2": bz2.compress, ".gz": gzip.compress, ".xz": lzma.compress}
    path.write_bytes(packers.get(path.suffix, bytes)(data))
    return path


def streams(path: Path, parts: list[str]) -> Path:
    """A multistream file: each part packed by itself."""
    path.write_bytes(b"".join(bz2.compress(part.encode()) for part in parts))
    return path


def refusal(path: Path, processes: int = 1) -> str:
    """Return the error message of a dump that cannot be read completely."""
    with pytest.raises(CorpusError) as error:
        list(dump_pages(path, processes))
    assert str(path) in str(error.value)
    return str(error.value)


def test_a_page_and_all_that_is_known_of_it(tmp_path: Path) -> None:
    """Id, title, text and metadata are the same as for fetched pages."""
    source = "'''AC/DC''' is a [[rock music|rock]] band.<ref>x</ref>\n== References ==\n<references />"
    path = write(tmp_path / "d.xml", export(page(5, "AC/DC & co", source)))
    assert list(read_dump(path, pytest.fail)) == [
        Page(
            "5",
            "AC/DC & co",
            "AC/DC is a rock band.",
            {
                "url": "https://en.wikipedia.org/wiki/AC/DC_%26_co",
                "revid": 95,
                "timestamp": "2026-01-02T03:04:05Z",
                "lang": "en",
                "license": "Creative Commons Attribution-Share Alike 4.0",
                "license_url": "https://creativecommons.org/licenses/by-sa/4.0/deed.en",
                "attribution": "AC/DC & co, by the contributors of Wikipedia, "
                "https://en.wikipedia.org/wiki/AC/DC_%26_co, revision 95",
                "text_from": "wikitext",
            },
        )
    ]


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    """Redirects, other namespaces, other models and disambiguation pages are left out, counted and reported once."""
    path = write(
        tmp_path / "d.xml",
        export(
            page(1, "Tea", "hot"),
            page(2, "Te", "#REDIRECT [[Tea]]", mark='<redirect title="Tea" />'),
            page(3, "Tee", "#WEITERLEITUNG [[Tea]]"),
            page(4, "Talk:Tea", "x", ns="<ns>1</ns>"),
            page(5, "Template:Tea", "x", ns="<ns>10</ns>"),
            page(6, "Q6", "{}", model="<model>wikibase-item</model>"),
            page(7, "Numbers", "# [[one]]\n# two"),
            page(8, "Mercury", "* [[Mercury (planet)]]\n{{Disambiguation}}"),
        ),
    )
    said: list[str] = []
    left_out: Counter[str] = Counter()
    assert [page.title for page in dump_pages(path, 1, said.append, left_out)] == ["Tea", "Numbers"]
    assert left_out == {"redirects": 2, "in other namespaces": 2, "not in wikitext": 1, "disambiguation pages": 1}
    reasons = "1 disambiguation pages, 2 in other namespaces, 1 not in wikitext, 2 redirects"
    assert said == [f"{path}: 6 pages left out: {reasons}"]


def test_old_schemas_without_namespaces_redirects_and_models(tmp_path: Path) -> None:
    """Schema 0.3 has no elements for them: the namespace is taken from the title, a redirect from the text."""
    plain = {"ns": "", "model": ""}
    path = write(
        tmp_path / "d.xml",
        export(
            page(1, "Tea", "hot", **plain),
            page(2, "Te", "#redirect [[Tea]]", **plain),
            page(3, "talk:Tea", "x", **plain),
            page(4, "2001: A Space Odyssey", "film", **plain),
            version="0.3",
        ),
    )
    assert [page.title for page in dump_pages(path)] == ["Tea", "2001: A Space Odyssey"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["d.xml", "d.xml.gz", "d.xml.bz2"])
def test_how_far_a_dump_has_been_read(tmp_path: Path, name: str) -> None:
    """A meter follows the bytes of the file, packed as they are."""
    path = write(tmp_path / name, export(*many(150)))
    meter = meter_of(path)
    shares = [meter.share() for _ in dump_pages(path, 1, meter=meter)]
    assert shares == sorted(shares)
    assert meter.share() == 1.0


def test_of_several_revisions_the_newest_counts(tmp_path: Path) -> None:
    """In a dump with history a page comes once, with its newest text."""
    old = "<revision><id>1</id><timestamp>2001-01-01T00:00:00Z</timestamp><text>old</text></revision>"
    later = "<revision><id>2</id><timestamp>2027-01-01T00:00:00Z</timestamp><text>newest</text></revision>"
    for revisions in (old + later, later + old):
        path = write(tmp_path / "d.xml", export(page(1, "Tea", "hot", revisions=revisions)))
        assert [(page.text, page.meta["revid"]) for page in dump_pages(path)] == [("newest", 2)]


def test_exports_without_a_site_or_ids(tmp_path: Path) -> None:
    """An export written by hand is read: ids come from the contents, addresses are not known."""
    path = write(
        tmp_path / "d.xml",
        "<mediawiki><page><title>Tea</title><revision><text>hot</text></revision></page>"
        "<page><title>Ice</title><revision><text>cold</text></revision></page></mediawiki>",
    )
    pages = list(dump_pages(path))
    assert [(page.title, page.text, page.meta["url"], page.meta["license"]) for page in pages] == [
        ("Tea", "hot", "", "not stated by the wiki"),
        ("Ice", "cold", "", "not stated by the wiki"),
    ]
    assert len({page.id for page in pages}) == 2
    assert pages[0].meta["attribution"] == "Tea, by its contributors"


@pytest.mark.parametrize("name", ["d.xml", "d.xml.bz2", "d.xml.gz", "d.xml.xz", "d.xml-p1p41242.bz2", "D.XML.BZ2"])
def test_packings(tmp_path: Path, name: str) -> None:
    """Plain or packed, and with the names of parts, a dump is a source like any other."""
    path = tmp_path / name
    data = export(*many(3)).encode()
    packers = {".bz2": bz2.compress, ".gz": gzip.compress, ".xz": lzma.compress}
    path.write_bytes(packers.get(path.suffix.lower(), bytes)(data))
    assert is_dump(name)
    corpus = open_corpus(path, warn=pytest.fail)
    assert [page.id for page in corpus] == [page.id for page in corpus] == ["1", "2", "3"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    """UTF-16 and a byte order mark make no difference, whatever the declaration says."""
    text = export(page(1, "София", "Град '''София'''."), head='<?xml version="1.0" encoding="utf-16"?>\n')
    (tmp_path / "d.xml").write_bytes(text.encode(encoding))
    assert [(page.title, page.text) for page in dump_pages(tmp_path / "d.xml")] == [("София", "Град София.")]


def test_the_language_of_the_dump_decides(tmp_path: Path) -> None:
    """Sections are cut by the names of the wiki's language."""
    text = export(page(1, "Tee", "Tee.\n== Weblinks ==\nx\n== Links ==\ny")).replace('xml:lang="en"', 'xml:lang="de"')
    assert next(dump_pages(write(tmp_path / "d.xml", text))).text == "Tee."


def test_one_page_comes_twice(tmp_path: Path) -> None:
    """Two pages with one id are an error that names the second."""
    path = write(tmp_path / "d.xml", export(page(7, "Tea", "a"), page(3, "Ice", "b"), page(7, "Te", "c")))
    assert "two pages have the id 7, the second is 'Te'" in refusal(path)
    path = write(tmp_path / "d.xml", export(page(2**40, "Tea", "a"), page(2**40, "Te", "c")))
    assert "two pages have the id" in refusal(path)


def test_a_dump_without_articles(tmp_path: Path) -> None:
    """It is said what was left out, and that stubs have no texts."""
    path = write(tmp_path / "d.xml", export(page(1, "Talk:Tea", "x", ns="<ns>1</ns>")))
    assert "contains no articles (left out: 1 in other namespaces)" in refusal(path)
    stub = page(1, "Tea", "").replace('<text bytes="1" xml:space="preserve"></text>', "")
    assert "is it a dump of stubs?" in refusal(write(tmp_path / "d.xml", export(stub)))
    assert "contains no articles" in refusal(write(tmp_path / "d.xml", export()))


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("name", ["d.xml", "d.xml.bz2", "d.xml.gz"])
def test_a_dump_that_was_cut_off(tmp_path: Path, name: str, processes: int) -> None:
    """The error names the file and says how far it was read."""
    several_blocks = 220  # pages of more than the 900 kB that bzip2 packs at a time
    path = write(tmp_path / name, export(*many(several_blocks)))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    assert "pages, the last 'Page " in refusal(path, processes)


def test_a_multistream_dump_that_was_cut_off(tmp_path: Path) -> None:
    """All whole streams before the cut are read, by one process or several."""
    pages = many(40)
    path = streams(tmp_path / "d.xml.bz2", [export().partition("</mediawiki>")[0], *pages, "</mediawiki>"])
    path.write_bytes(path.read_bytes()[:-120])
    for processes in (1, 2):
        message = refusal(path, processes)
        assert "damaged or not a .bz2 file" in message
        assert "the last 'Page " in message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "not XML"),
        ("just words", "not XML"),
        ("<rss><channel/></rss>", "not a MediaWiki dump (the root element is <rss>)"),
        ("<!DOCTYPE html><html></html>", "declares a document type"),
        (export(page(1, "Tea", "x")).replace("</revision>", "</version>"), "damaged XML (mismatched tag, line 7)"),
        (export(page(1, "Tea", "x")) + "<more/>", "after 1 pages, the last 'Tea'"),
        (export(page(1, "Tea", "x").replace(">x<", ">&nbsp;<")), "damaged XML (undefined entity"),
        (export("<a>" * 30 + "</a>" * 30), "nested too deeply"),
    ],
)
def test_what_is_no_dump(tmp_path: Path, content: str, words: str) -> None:
    """Other files are refused with what they are or where they break."""
    assert words in refusal(write(tmp_path / "d.xml", content))


def test_entities_are_refused(tmp_path: Path) -> None:
    """Document types are refused, so entities cannot be expanded or load other files."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    laughs = f'<!DOCTYPE x [<!ENTITY e0 "ha">{levels}]>'
    outside = f'<!DOCTYPE x [<!ENTITY e9 SYSTEM "{secret.as_uri()}">]>'
    for head in (laughs, outside, '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">'):
        text = export(page(1, "Tea", "QQ").replace("QQ", "&e9;"), head=head)
        assert "declares a document type" in refusal(write(tmp_path / "d.xml", text))


def test_a_tag_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unclosed tag does not fill memory."""
    monkeypatch.setattr(export_xml, "MAX_PENDING", 1 << 21)
    text = export(page(1, "Tea", "x")).replace("</mediawiki>", '<page name="' + "x" * (1 << 23))
    assert "a tag that does not end, after 1 pages" in refusal(write(tmp_path / "d.xml", text))


def test_a_text_longer_than_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text longer than any wiki allows is left out and counted."""
    monkeypatch.setattr(export_xml, "MAX_TEXT", 1000)
    path = write(tmp_path / "d.xml", export(page(1, "Tea", "x" * 1001), page(2, "Ice", "x" * 1000)))
    left_out: Counter[str] = Counter()
    assert [page.title for page in dump_pages(path, left_out=left_out)] == ["Ice"]
    assert left_out == {"without text in the dump": 1}


@pytest.mark.slow
def test_memory_is_bounded(tmp_path: Path) -> None:
    """A packed dump of 300 MB, nearly all of it one text, is read in little memory."""
    start, end = export(page(1, "Tea", "hot"), page(2, "Long", "QQ")).encode().split(b"QQ")
    path = tmp_path / "d.xml.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(start)
        for _ in range(300):
            file.write(b"words, words. \n" * 70_000)
        file.write(end)
    program = (
        "import re, sys; from pathlib import Path; from nmf_topics.corpus.mediawiki.dumps import read_dump\n"
        "print([page.id for page in read_dump(Path(sys.argv[1]), print)])\n"
        # not ru_maxrss, which remembers the size of the process that started this one
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[0].endswith("1 pages left out: 1 without text in the dump")
    assert lines[1] == "['1']"
    assert int(lines[2]) < 250


@pytest.mark.slow
def test_any_number_of_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same pages in the same order, from one stream or many, with one process or several."""
    monkeypatch.setattr(dumps, "BATCH", 50_000)
    pages = many(60)
    one = write(tmp_path / "one.xml.bz2", export(*pages))
    several = streams(tmp_path / "several.xml.bz2", [export().partition("</mediawiki>")[0], *pages, "</mediawiki>"])
    expected = list(dump_pages(one, 1))
    assert len(expected) == 60
    for path in (one, several):
        for processes in (1, 3):
            assert list(dump_pages(path, processes)) == expected


def test_who_stops_early_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopping after one page ends the worker processes."""
    from multiprocessing import active_children

    monkeypatch.setattr(dumps, "BATCH", 50_000)
    pages = dump_pages(write(tmp_path / "d.xml", export(*many(100))), 2)
    assert next(pages).id == "1"
    assert active_children()
    pages.close()  # type: ignore[attr-defined]
    assert not active_children()


def test_a_process_that_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a process that cleans pages is killed, the error says so, and no page is lost silently."""
    from multiprocessing import active_children

    monkeypatch.setattr(dumps, "BATCH", 50_000)
    pages = dump_pages(write(tmp_path / "d.xml", export(*many(300))), 2)
    assert next(pages).id == "1"
    for child in active_children():
        child.kill()
    with pytest.raises(CorpusError, match="was killed"):
        list(pages)


def test_how_many_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One process is used for a small or missing file."""
    path = write(tmp_path / "d.xml", export(*many(1)))
    assert dumps._count(path) == dumps._count(tmp_path / "none.xml") == 1
    monkeypatch.setattr(dumps, "SMALL", 1)
    assert dumps._count(path) == len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("https://fr.wikipedia.org/wiki/A", True),
        ("https://commons.wikimedia.org/", True),
        ("https://wikipedia.org.example.com/", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_whose_licence_is_known(address: str, known: bool) -> None:
    """The licence is known for Wikimedia's hosts only."""
    assert dumps.is_wikimedia(address) == known


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_processes_end_with_their_parent(tmp_path: Path) -> None:
    """After kill -9 of the parent, no worker process is left."""
    path = write(tmp_path / "d.xml", export(*many(3000)))
    program = tmp_path / "program.py"
    program.write_text(
        "import sys, time; from pathlib import Path\n"
        "from multiprocessing import active_children; from nmf_topics.corpus.mediawiki.dumps import dump_pages\n"
        "if __name__ == '__main__':\n"
        "    pages = dump_pages(Path(sys.argv[1]), 2); next(pages)\n"
        "    print(*[child.pid for child in active_children()], flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, program, path], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        children = [int(number) for number in parent.stdout.readline().split()]
        assert len(children) == 2
        os.kill(parent.pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while any(_runs(child) for child in children) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(_runs(child) for child in children)


def _runs(number: int) -> bool:
    """Return whether a process exists and is not a zombie."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.binary(max_size=300) | st.just(b"BZh91AY&SY" * 3) | st.just(b"x" * 5000), max_size=6),
    st.integers(1, 64),
    st.integers(11, 200),
    st.sampled_from([b"", b"garbage"]),
)
def test_unpacking_equals_bz2(parts: list[bytes], chunk: int, longest: int, after: bytes) -> None:
    """The bytes equal those of bz2 wherever streams are split, also with bytes that only look like a start."""
    packed = b"".join(map(bz2.compress, parts)) + (after if parts else b"")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bzip2, "CHUNK", chunk)
        patch.setattr(bzip2, "MAX_PART", longest)
        patch.setattr(bzip2, "MAX_OUTPUT", 1000)
        if not packed:
            with pytest.raises(EOFError):
                list(decompress_bzip2(io.BytesIO(packed), 2))
            return
        assert b"".join(decompress_bzip2(io.BytesIO(packed), 2)) == b"".join(parts)
        with pytest.raises((EOFError, OSError)):
            list(decompress_bzip2(io.BytesIO(packed[: -len(after) - 3 or None][:-1]), 2))


def test_a_stream_that_seems_to_begin_inside_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes of a stream start inside a stream do not split it."""
    data = os.urandom(3000)
    packed = bz2.compress(data)
    monkeypatch.setattr(bzip2, "_STREAM_START", re.compile(packed[:4] + b"|" + re.escape(packed[1500:1510])))
    assert b"".join(decompress_bzip2(io.BytesIO(packed * 2), 2)) == data * 2


def test_files_and_folders_of_dumps(tmp_path: Path) -> None:
    """A dump must be named itself; files that are not bzip2 are refused; options for columns are ignored."""
    (tmp_path / "d.xml.bz2").write_text("x")
    for processes in (1, 2):
        assert "damaged or not a .bz2 file" in refusal(tmp_path / "d.xml.bz2", processes)
        assert "cannot be read" in refusal(tmp_path / "none.xml.bz2", processes)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "d.xml").write_text(export(*many(2)), encoding="utf-8")
    with pytest.raises(CorpusError, match="a MediaWiki dump is only read if you name the file itself"):
        list(open_corpus(folder))
    said: list[str] = []
    open_corpus(write(tmp_path / "e.xml", export(*many(1))), text_column="x", warn=said.append)
    assert said == [f"{tmp_path / 'e.xml'}: options for columns apply to tables only; they are ignored for a dump"]


@pytest.mark.parametrize(
    ("base", "title", "address"),
    [
        ("https://de.wikipedia.org/wiki/Wikipedia:Hauptseite", "Köln", "https://de.wikipedia.org/wiki/K%C3%B6ln"),
        ("http://x.org/index.php?title=Main_Page", "A b", "http://x.org/index.php?title=A_b"),
        ("http://x.org/Main", "\ud800?", "http://x.org/%EF%BF%BD%3F"),
        ("javascript:alert(1)", "A", ""),
        ("", "A", ""),
    ],
)
def test_addresses(base: str, title: str, address: str) -> None:
    """Addresses of pages are made from that of the main page."""
    assert page_address(base, title) == address


@pytest.mark.data
def test_a_real_dump(data_folder: Path) -> None:
    """Of the 206 pages of a real dump 98 are articles, with their prose."""
    path = data_folder / "enwiki-sample-pages-articles.xml.bz2"
    left_out: Counter[str] = Counter()
    pages = {page.title: page for page in dump_pages(path, 2, left_out=left_out)}
    assert left_out == {"redirects": 99, "disambiguation pages": 8, "in other namespaces": 1}
    assert len(pages) == 98
    anarchism = pages["Anarchism"]
    assert anarchism.id == "12"
    assert anarchism.meta["revid"] == 716551092
    assert anarchism.text.startswith(
        "Anarchism is a political philosophy that advocates self-governed societies based on voluntary institutions."
    )
    assert list(pages.values()) == list(read_dump(path, lambda message: None))
