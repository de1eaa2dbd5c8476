"""Files made to take all memory or hours: a whole fit of each, with the peak of memory and the seconds.

    python bench/hostile.py [CASE ...] [--scale 10] [--table docs/limits.md]

The limits of reading must keep every case below 1 GB. The good pages of the same source must be fitted, or the source
must be refused with a reason. `--scale 1` makes files of a tenth of the size; `--table` runs both sizes, as time must
not grow faster than the file, and writes the table. A fit of more than 8 GB of address space is ended.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import json
import lzma
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

MB = 10**6
MAX_MEMORY = 1000  # MB
GOOD = "Green tea is made of leaves that are steamed. " * 3
GOOD_FILES = 6
PROGRAM = """
import contextlib, io, json, resource, sys, time
resource.setrlimit(resource.RLIMIT_AS, (8 * 10**9, 8 * 10**9))
from nmf_topics.cli.main import cli
began, status = time.perf_counter(), 0
said = io.StringIO()
with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
    try:
        cli(["fit", sys.argv[1], "--rank", "1", "--min-pages", "1", "--max-pages", "1.0", "--no-cache", *sys.argv[2:]])
    except SystemExit as error:
        status = error.code
memory = open("/proc/self/status").read()  # getrusage also counts the process that started this one
peak = int(memory.partition("VmHWM:")[2].split()[0]) / 1000
seconds = time.perf_counter() - began
print(json.dumps({"status": status, "said": said.getvalue(), "peak": peak, "seconds": seconds}))
"""


def zeros(size: int) -> Iterator[bytes]:
    """Yield `size` zero bytes, in pieces."""
    piece = bytes(min(size, 16 * MB))
    for _ in range(size // len(piece)):
        yield piece


def repeat(path: Path, part: bytes, times: int) -> None:
    """Write a file of many compressed streams in a row."""
    with path.open("wb") as file:
        for _ in range(times):
            file.write(part)


def gz(folder: Path, scale: int) -> None:
    """Ten gigabytes of zeros as a text file."""
    repeat(folder / "zeros.txt.gz", gzip.compress(bytes(10 * MB)), scale * 100)


def gz_letters(folder: Path, scale: int) -> None:
    """Ten gigabytes of letters as a text file."""
    repeat(folder / "letters.txt.gz", gzip.compress(b"a " * 5 * MB), scale * 100)


def bz2_letters(folder: Path, scale: int) -> None:
    """Ten gigabytes of letters in .bz2."""
    repeat(folder / "letters.txt.bz2", bz2.compress(b"a " * 5 * MB), scale * 100)


def xz_letters(folder: Path, scale: int) -> None:
    """Ten gigabytes of letters in .xz."""
    repeat(folder / "letters.md.xz", lzma.compress(b"a " * 5 * MB, preset=0), scale * 100)


def zst_letters(folder: Path, scale: int) -> None:
    """Ten gigabytes of letters in one frame of .zst, a megabyte on the disk."""
    from backports import zstd

    compressor = zstd.ZstdCompressor()
    data = [compressor.compress(b"a " * 5 * MB) for _ in range(scale * 100)]
    (folder / "letters.html.zst").write_bytes(b"".join([*data, compressor.flush()]))


def jsonl_line(folder: Path, scale: int) -> Path:
    """A line of JSONL of 2.2 GB between good ones."""
    path = folder / "line.jsonl"
    good = json.dumps({"text": GOOD}) + "\n"
    with path.open("w") as file:
        file.write(good + '{"text": "')
        for _ in range(scale * 22):
            file.write("tea " * (10 * MB // 4))
        file.write('"}\n' + good.replace("Green", "Black"))
    return path


def csv_line(folder: Path, scale: int) -> Path:
    """A row of CSV of 2.2 GB between good ones."""
    path = folder / "line.csv"
    with path.open("w") as file:
        file.write(f"text,n\n{GOOD},1\n")
        for _ in range(scale * 22):
            file.write("tea " * (10 * MB // 4))
        file.write(f",2\n{GOOD} Black,3\n")
    return path


def csv_quote(folder: Path, scale: int) -> Path:
    """A quote that is never closed before 2.2 GB of rows."""
    path = folder / "quote.csv"
    with path.open("w") as file:
        file.write(f'text,n\n{GOOD},1\n"')
        for _ in range(scale * 22):
            file.write("tea,1\n" * (10 * MB // 6))
    return path


def word(folder: Path, scale: int) -> None:
    """One word of 200 MB."""
    (folder / "word.txt").write_bytes(b"x" * (scale * 20 * MB))


def columns(folder: Path, scale: int) -> Path:
    """A CSV file of a million columns, all of one name."""
    path = folder / "columns.csv"
    count = scale * 100_000
    path.write_text(",".join(["a"] * count) + "\n" + ",".join(["1"] * count) + "\n")
    return path


def parquet(folder: Path, scale: int) -> Path:
    """A Parquet file of 60 MB texts, small on the disk."""
    import pyarrow
    import pyarrow.parquet

    path = folder / "texts.parquet"
    texts = [f"{k} " + "tea " * (scale * MB * 6 // 4) for k in range(40)]
    pyarrow.parquet.write_table(pyarrow.table({"text": texts}), path, compression="zstd")
    return path


def parquet_repeated(folder: Path, scale: int) -> Path:
    """A Parquet file whose rows all share one text of 30 MB, with good ones."""
    import pyarrow
    import pyarrow.parquet

    path = folder / "repeated.parquet"
    values = [GOOD, "tea " * (scale * MB * 3 // 4)]
    array = pyarrow.DictionaryArray.from_arrays(pyarrow.array([1] * 300 + [0] * 10), values)
    pyarrow.parquet.write_table(pyarrow.table({"text": array}), path, compression="zstd", use_dictionary=True)
    return path


def paragraphs(folder: Path, scale: int) -> None:
    """HTML of three million paragraphs."""
    (folder / "paragraphs.html").write_text("<html><body>" + "<p>tea " * (scale * 300_000))


def nested_html(folder: Path, scale: int) -> None:
    """HTML of millions of elements within each other."""
    (folder / "nested.html").write_text("<div>" * (scale * 300_000) + "tea")


def pdf(folder: Path, scale: int) -> None:
    """A PDF of a million pages, which all are the same object."""
    count = scale * 100_000
    kids = b" ".join([b"4 0 R"] * 1000)
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    objects.append(b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, b" ".join([b"3 0 R"] * (count // 1000))))
    objects.append(b"<< /Type /Pages /Count 1000 /Parent 2 0 R /Kids [" + kids + b"] >>")
    objects.append(b"<< /Type /Page /Parent 3 0 R /MediaBox [0 0 99 99] /Contents 5 0 R /Resources << >> >>")
    objects.append(b"<< /Length 0 >>\nstream\n\nendstream")
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    (folder / "pages.pdf").write_bytes(out)


def docx(folder: Path, scale: int) -> None:
    """A DOCX file of millions of empty paragraphs, a few hundred kilobytes on the disk."""
    body = b"<w:p><w:r><w:t>tea</w:t></w:r></w:p>" * (scale * 600_000)
    name = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
    with zipfile.ZipFile(folder / "paragraphs.docx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", name + body + b"</w:body></w:document>")


def odt_bomb(folder: Path, scale: int) -> None:
    """An ODT file that unpacks to gigabytes."""
    with (
        zipfile.ZipFile(folder / "bomb.odt", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("content.xml", "w", force_zip64=True) as file,
    ):
        for piece in zeros(scale * 1000 * MB):
            file.write(piece)


def xlsx_rows(folder: Path, scale: int) -> Path:
    """A workbook with a row of millions of cells."""
    path = folder / "row.xlsx"
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["text", "n"])
    book.save(path)
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
    cells = b'<c t="inlineStr"><is><t>a</t></is></c>' * 100_000
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            if not name.startswith("xl/worksheets/"):
                archive.writestr(name, data)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as file:
            file.write(sheet)
            for _ in range(scale * 10):
                file.write(cells)
            file.write(b"</row></sheetData></worksheet>")
    return path


def xlsx_strings(folder: Path, scale: int) -> Path:
    """A workbook with millions of shared strings."""
    path = xlsx_rows(folder, 0)
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    item = b"<si><t>a</t></si>" * 100_000
    names = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            if "sharedStrings" not in name:
                archive.writestr(name, data)
        with archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as file:
            file.write(names)
            for _ in range(scale * 7):
                file.write(item)
            file.write(b"</sst>")
    return path


def zip_bomb(folder: Path, scale: int) -> None:
    """An archive of many files of a gigabyte of letters each."""
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(5):
            with archive.open(f"{number}.txt", "w", force_zip64=True) as file:
                for _ in range(scale * 6):
                    file.write(b"tea " * 4 * MB)
        archive.writestr("good.txt", GOOD)


def tar_header(folder: Path, scale: int) -> None:
    """A tar archive with a name of gigabytes."""
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, scale * 1000 * MB
    with gzip.open(folder / "name.tar.gz", "wb", compresslevel=1) as file:
        file.write(info.tobuf())
        for piece in zeros(info.size):
            file.write(piece)


def json_item(folder: Path, scale: int) -> Path:
    """A JSON array whose second element is 400 MB long."""
    path = folder / "item.json"
    with path.open("w") as file:
        file.write(json.dumps([{"text": GOOD}])[:-1] + ', {"text": "')
        for _ in range(scale * 4):
            file.write("tea " * (10 * MB // 4))
        file.write('"}]')
    return path


def json_lists(folder: Path, scale: int) -> Path:
    """A line of JSONL of millions of empty lists."""
    path = folder / "lists.jsonl"
    path.write_text('{"text": "tea", "a": [' + "[]," * (scale * MB) + "[]]}\n" + json.dumps({"text": GOOD}) + "\n")
    return path


def mailbox(folder: Path, scale: int) -> None:
    """A mailbox with a message of a gigabyte."""
    with (folder / "box.mbox").open("wb") as file:
        file.write(b"From a@b Tue Mar  4 08:00:00 1997\nSubject: good\n\n" + GOOD.encode() + b"\n\n")
        file.write(b"From a@b Tue Mar  4 08:00:00 1997\nSubject: bad\n\n")
        for _ in range(scale * 10):
            file.write(b"tea tea\n" * (10 * MB // 8))


def tei(folder: Path, scale: int) -> None:
    """TEI with a text of a gigabyte."""
    with (folder / "long.xml").open("w") as file:
        file.write('<TEI xmlns="http://www.tei-c.org/ns/1.0"><text><body>')
        for _ in range(scale * 10):
            file.write("<p>tea</p>\n" * MB)
        file.write("</body></text></TEI>")


def rtf(folder: Path, scale: int) -> None:
    """RTF with a picture of 200 MB, and one of 100 MB of text."""
    with (folder / "picture.rtf").open("w") as file:
        file.write(r"{\rtf1\ansi Good tea. {\pict\pngblip ")
        for _ in range(scale * 2):
            file.write("89ab" * (10 * MB // 4) + "\n")
        file.write("}}")
    (folder / "text.rtf").write_text(r"{\rtf1\ansi " + "tea\\par " * (scale * 10 * MB // 8) + "}")


def subtitles(folder: Path, scale: int) -> None:
    """Subtitles of 300 MB."""
    (folder / "long.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\ntea\n\n" * (scale * MB * 30 // 40))


def images(folder: Path, scale: int) -> Path:
    """Four images of 9,000 x 9,000 pixels."""
    from PIL import Image

    side = int(9000 * (scale / 10) ** 0.5)
    for number in range(4):
        Image.new("L", (side, side), 50 * number).save(folder / f"{number}.png")
    return folder


CASES: list[Callable[[Path, int], Path | None]] = [
    *(gz, gz_letters, bz2_letters, xz_letters, zst_letters, jsonl_line, csv_line, csv_quote, word, columns),
    *(parquet, parquet_repeated, paragraphs, nested_html, pdf, docx, odt_bomb, xlsx_rows, xlsx_strings, zip_bomb),
    *(tar_header, json_item, json_lists, mailbox, tei, rtf, subtitles, images),
]


def measure(make: Callable[[Path, int], Path | None], scale: int) -> dict[str, Any]:
    """Make a case in a folder of its own and fit it in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "source")
        folder.mkdir()
        source = make(folder, scale)
        size = sum(path.stat().st_size for path in folder.iterdir())
        if source is None:
            for number in range(GOOD_FILES):
                (folder / f"good-{number}.txt").write_text(f"{GOOD} Tea number {number} is black.")
            source = folder
        extra = ["--memory", "500MB"] if make is images else []
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(source), *extra], capture_output=True, text=True, cwd=name
        )
    if done.returncode:
        return {"status": 70, "said": done.stderr[-300:], "peak": float("inf"), "seconds": 0.0, "size": size}
    found: dict[str, Any] = json.loads(done.stdout)
    found["said"] = found["said"].replace(f"{folder}/", "").replace(str(folder), "source")
    return {**found, "size": size}


def outcome(found: dict[str, Any]) -> str:
    """What became of the hostile file, in one line."""
    lines = [line for line in found["said"].splitlines() if "set aside" in line or line.startswith("Error: ")]
    return (lines or [found["said"].strip().splitlines()[-1]])[0].removeprefix("warning: ")[:150]


def is_good(found: dict[str, Any]) -> bool:
    """Whether a fit stayed below the limit and ended with a model or one message."""
    refused = found["status"] == 1 and found["said"].count("Error: ") == 1 and "Traceback" not in found["said"]
    return found["peak"] <= MAX_MEMORY and (found["status"] == 0 or refused)


def write_row(path: Path, case: Callable[..., Any], small: dict[str, Any], whole: dict[str, Any]) -> None:
    """Put the row of a case into the table at the end of a Markdown file, in place of an older one."""
    sizes = [f"{found['peak']:.0f} MB, {found['seconds']:.1f} s" for found in (small, whole)]
    cells = [str(case.__doc__).rstrip("."), f"{whole['size'] / MB:,.1f} MB", *sizes, outcome(whole)]
    row = "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    same = [number for number, line in enumerate(lines) if line.startswith(f"| {cells[0]} |")]
    lines[same[0] if same else len(lines) :] = [row, *(lines[same[0] + 1 :] if same else [])]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Fit the cases and print a line for each; status 1 if one takes too much."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", help="of all: " + ", ".join(case.__name__ for case in CASES))
    parser.add_argument("--scale", type=int, default=10)
    parser.add_argument("--table", type=Path, help="run both sizes and put their rows into the table of this file")
    options = parser.parse_args()
    failed = []
    for case in CASES:
        if options.cases and case.__name__ not in options.cases:
            continue
        found = [measure(case, scale) for scale in ((1, 10) if options.table else (options.scale,))]
        for one in found:
            print(
                f"{case.__name__:17} {one['size'] / MB:8.1f} MB {one['peak']:7.0f} MB {one['seconds']:6.1f} s "
                f"status {one['status']}: {outcome(one)}",
                flush=True,
            )
        if not all(map(is_good, found)):
            failed.append(case.__name__)
        if options.table:
            write_row(options.table, case, found[0], found[-1])
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
