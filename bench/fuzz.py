"""Test with strange input made from a random seed: any bytes as a file, any Unicode as text and options.

    python bench/fuzz.py files   [--seconds 60] [--seed 0]    read damaged files of all formats
    python bench/fuzz.py texts                                count pages of strange text, with all options
    python bench/fuzz.py options                              commands with strange words, names and paths
    python bench/fuzz.py models                               commands on model folders with a damaged file

Every case must give a result or one clear error. A traceback or a hang (one minute) ends the run with status 1, and the
case is saved in the folder --keep. The same seed gives the same cases.
"""

from __future__ import annotations

import argparse
import bz2
import faulthandler
import gzip
import io
import json
import lzma
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from nmf_topics.cli.main import cli
from nmf_topics.errors import NmfTopicsError
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.terms.pruning import Bounds
from nmf_topics.text.analyzer import WordOptions

HANG = 60.0  # seconds
ODD = [
    *("", " ", "\n", "\r\n", "\t", "\0", "\x1a", "\ufeff", "\ufffd", "\u2028", "\u0085", "\u00ad", "\u200d", "\u202e"),
    *("'", "''", "’", "-", "--", "\n-- \n", "://", "@", "@@", "www.", "&amp;", "&#x0;", "<b", "<!--", "{{", "}}", "[["),
    *("From: a@b.c\nSubject: x\nDate: y\n", "> > ", "=1+1", "\ud800", "\udfff\ud83d", "\udce9", "é", "e\u0301\u0301"),
    *(
        "İ",
        "ı",
        "ß",
        "ŉ",
        "ﬀ",
        "Ǆ",
        "ΐ",
        "ς",
        "中文",
        "日本語の文章",
        "ภาษาไทย",
        "العَرَبِيَّة",
        "עִבְרִית",
        "한국어",
        "हिन्दी",
        "ქართული",
    ),
    *(
        "𝔘𝔫𝔦",
        "👩‍👩‍👧",
        "①",
        "½",
        "٣",
        "Ⅷ",
        "a" * 300,
        "'a" * 200,
        "\u0301" * 100,
        "1e999",
        "NaN",
        "0x",
        "-0",
        "%s",
        "{}",
    ),
]


class Strange:
    """A random source of strange input."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def text(self, parts: int = 12) -> str:
        """Return a text of words and other characters."""
        pick = self.random
        kinds: list[Callable[[], str]] = [
            lambda: pick.choice(ODD),
            lambda: chr(pick.randrange(pick.choice([0x80, 0x250, 0x3000, 0x11000, 0x110000]))),
            lambda: pick.choice(WORDS),
            lambda: pick.choice(" \n,.'-"),
        ]
        return "".join(pick.choice(kinds)() for _ in range(pick.randrange(parts) + 1))

    def damaged(self, data: bytes) -> bytes:
        """Return bytes with some of them changed, removed, inserted, doubled or truncated."""
        pick, out = self.random, bytearray(data)
        for _ in range(pick.choice([0, 1, 1, 2, 5, 30])):
            at, length = pick.randrange(len(out) + 1), pick.choice([1, 1, 2, 8, 100])
            how = pick.randrange(6)
            if how == 0:
                out[at : at + length] = pick.randbytes(length)
            elif how == 1:
                del out[at : at + length]
            elif how == 2:
                out[at:at] = pick.choice(ODD).encode("utf-8", "surrogatepass")
            elif how == 3:
                out[at:at] = out[max(at - length, 0) : at] * pick.choice([1, 2, 50])
            elif how == 4:
                del out[at:]
            elif at < len(out):
                out[at] ^= 1 << pick.randrange(8)
        return bytes(out)


WORDS = "the The cat cats dog dogs ran running New York new city guitar song songs planet moon don't 1984 x a".split()
LINES = [" ".join(random.Random(i).choices(WORDS, k=20)) + "." for i in range(30)]


def _pdf() -> bytes:
    stream = b"BT /F1 12 Tf 72 720 Td (The cat and the dog ran to New York.) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"xref\n0 6\n0000000000 65535 f \n%strailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        table,
        len(out),
    )


def _docx() -> bytes:
    from docx import Document

    document = Document()
    for line in LINES[:5]:
        document.add_paragraph(line)
    document.save(file := io.BytesIO())
    return file.getvalue()


def _epub() -> bytes:
    with zipfile.ZipFile(file := io.BytesIO(), "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="b.opf"/></rootfiles></container>',
        )
        book.writestr(
            "b.opf",
            '<package xmlns="http://www.idpf.org/2007/opf"><metadata/><manifest><item id="c" href="c.xhtml" '
            'media-type="application/xhtml+xml"/></manifest><spine><itemref idref="c"/></spine></package>',
        )
        book.writestr("c.xhtml", f"<html><body><p>{'</p><p>'.join(LINES[:5])}</p></body></html>")
    return file.getvalue()


def _parquet() -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"text": LINES, "title": LINES, "date": list(range(30))}), file := io.BytesIO())
    return file.getvalue()


def _dump() -> bytes:
    pages = "".join(
        f"<page><title>Page {i}</title><ns>0</ns><id>{i}</id><revision><id>{i}</id><text>'''{line}''' [[a|b]] "
        f"{{{{t|x}}}} <ref>y</ref> == H ==\n{{| class=x\n|-\n| z\n|}}</text></revision></page>"
        for i, line in enumerate(LINES, 1)
    )
    return f'<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/">{pages}</mediawiki>'.encode()


def sound_files() -> dict[str, bytes]:
    """Return a valid file of each format."""
    text = "\n".join(LINES).encode()
    rows = [{"id": i, "title": f"Page {i}", "text": line, "date": "2024-01-02"} for i, line in enumerate(LINES)]
    table = "id,title,text\n" + "".join(f'{i},"Page ""{i}""","{line}"\n' for i, line in enumerate(LINES))
    return {
        ".txt": text,
        ".md": b"# Title\n\n" + text,
        ".html": b"<html><head><title>T</title></head><body><p>"
        + text.replace(b"\n", b"</p><p>")
        + b"</p></body></html>",
        ".pdf": _pdf(),
        ".docx": _docx(),
        ".epub": _epub(),
        ".parquet": _parquet(),
        ".xml": _dump(),
        ".csv": table.encode(),
        ".tsv": table.replace(",", "\t").encode("utf-16"),
        ".jsonl": "\n".join(map(json.dumps, rows)).encode(),
        ".png": b"\x89PNG\r\n\x1a\n" + text,
    }


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": lambda data: gzip.compress(data, mtime=0),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


def read_all(path: Path, words: WordOptions, engine: Any = None) -> str:
    """Read and count a source; return the outcome."""
    bounds = Bounds(min_pages=1, max_pages=1.0)
    try:
        prepare(Source(str(path)), Recipe(words=words, bounds=bounds), engine=engine, rank=2)
    except NmfTopicsError as error:
        str(error).encode("utf-8", "surrogateescape")
        return type(error).__name__
    return "read"


def files(strange: Strange, folder: Path) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield cases of one or a few damaged files, read as files or as a folder."""
    sound, pick = sound_files(), strange.random
    while True:
        ending, packing = pick.choice(list(sound)), pick.choice(list(PACKED))
        data = pick.choice([sound[ending], sound[ending], pick.choice(list(sound.values())), b"", pick.randbytes(200)])
        before = pick.random() < 0.7  # damaged before compression, or after
        data = strange.damaged(PACKED[packing](data)) if not before else PACKED[packing](strange.damaged(data))
        path = folder / f"case{ending}{packing}"
        path.write_bytes(data)
        options = WordOptions(boilerplate=pick.random() < 0.3, phrases=pick.random() < 0.3)
        target = folder if pick.random() < 0.3 else path
        yield f"{path.name} {options}", partial(read_all, target, options)


def texts(strange: Strange, folder: Path) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield cases of tables of strange pages."""
    pick, path = strange.random, folder / "case.jsonl"
    fit = ["fit", str(path), "-r", "1", "-o", str(folder / "fitted"), "--max-pages", "1.0", "--min-pages", "1"]
    while True:
        rows = [
            {"id": str(i), "title": strange.text(), "text": strange.text(200)} for i in range(pick.randrange(6) + 1)
        ]
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        options = WordOptions(
            language=pick.choice(["en", "en", "auto", "de", "es", "tr", "ar", "zh", "ja", "th", "el", "hi"]),
            normalize=pick.choice(["none", "stem", "lemma", "both"]),
            stop=tuple(strange.text(3) for _ in range(pick.randrange(3))),
            keep=tuple(strange.text(3) for _ in range(pick.randrange(3))),
            default_stops=pick.random() < 0.5,
            chunk=pick.choice([None, None, 1, 5]),
            **{name: pick.random() < 0.4 for name in ("phrases", "boilerplate", "numbers", "accents")},
        )
        whole = pick.random() < 0.1
        yield (f"{options}", partial(read_all, path, options)) if not whole else ("fit", partial(_run, *fit))


def _run(*arguments: str) -> str:
    """Run a command in this process and return its exit status; unexpected exceptions are raised."""
    nothing: Any = io.BufferedReader(io.BytesIO())
    result = CliRunner().invoke(cli, list(arguments), prog_name="nmf-topics", input=nothing)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    if "Traceback" in result.stderr:
        raise RuntimeError(result.stderr)
    return f"{arguments[0]}: {result.exit_code}"


def _model(folder: Path) -> Path:
    source = folder / "source.jsonl"
    rows = [{"id": str(i), "title": f"Page {i}", "text": line, "label": str(i % 2)} for i, line in enumerate(LINES)]
    source.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    command = [
        "fit",
        str(source),
        "-r",
        "2",
        "-o",
        str(folder / "model"),
        "--max-pages",
        "1.0",
        "--min-pages",
        "1",
        "-q",
    ]
    assert _run(*command) == "fit: 0"
    return folder / "model"


def _argument(strange: Strange) -> str:
    """Return an argument that a shell can pass: without NUL; bytes that are not UTF-8 are lone surrogates."""
    raw = strange.text(4).encode("utf-8", "surrogatepass")
    return (
        (strange.damaged(raw) if strange.random.random() < 0.5 else raw)
        .replace(b"\0", b"")
        .decode("utf-8", "surrogateescape")
    )


def options(strange: Strange, folder: Path) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield commands with strange arguments."""
    model, pick = _model(folder), strange.random
    source = str(folder / "source.jsonl")
    fit = [
        "fit",
        source,
        "-r",
        "2",
        "-o",
        str(folder / "fitted"),
        "--max-pages",
        "1.0",
        "--min-pages",
        "1",
        "--no-cache",
    ]
    words = folder / "words.txt"
    while True:
        word = _argument(strange)
        words.write_bytes(strange.damaged(word.encode("utf-8", "surrogateescape")))
        text = folder / "new.txt"
        text.write_bytes(strange.damaged("\n".join(LINES[:3]).encode()))
        commands = [
            [*fit, "--stop", word],
            [*fit, "--keep", word, "--phrases"],
            [*fit, "--stop", str(words), "--keep", str(words)],
            [*fit, "--guide", str(words)],
            [*fit, "--guide", f"{word}: {word} cat"],
            [*fit, "--text-column", word],
            [*fit, "--title-column", word],
            [*fit, "--language", word],
            ["fit", word, "-r", "2", "-o", str(folder / "fitted")],
            ["label", str(model), f"1={word}"],
            ["label", str(model), "--hide", word],
            ["label", str(model), "--from", str(words)],
            ["label", str(model), word],
            ["topics", word],
            ["pages", word],
            ["diff", str(model), word],
            ["classify", "--model", str(model), str(text), "--explain"],
            ["classify", "--model", str(model), word],
            ["classify", "--model", word, str(text)],
            ["evaluate", str(model), "--source", word],
            ["figures", str(model), "-o", str(folder / "figures"), "--by", word],
            ["export", str(model), "--to", word],
            ["clouds", str(model), "--colormap", word],
            ["clouds", str(model), "--font", word],
            ["fetch", word, "--plan", "--wiki", "http://127.0.0.1:9/w/api.php", "--timeout", "0.1"],
        ]
        command = pick.choice(commands)
        yield repr(command), partial(_run, *command)


def models(strange: Strange, folder: Path) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield commands on a model with a damaged file."""
    sound, pick = _model(folder), strange.random
    names = ["model.json", "model.npz", "run.json", "extracts.json.gz", "topics.csv", "words.csv"]
    text = folder / "new.txt"
    text.write_text("\n".join(LINES[:3]))
    while True:
        shutil.rmtree(folder / "case", ignore_errors=True)
        model = Path(shutil.copytree(sound, folder / "case"))
        name = pick.choice(names)
        (model / name).write_bytes(strange.damaged((model / name).read_bytes()))
        command = pick.choice(
            [
                ["topics", str(model), "--topic", "1"],
                ["pages", str(model), "--csv"],
                ["classify", "--model", str(model), str(text), "--json"],
                ["label", str(model), "1=Name", "--hide", "cat"],
                ["evaluate", str(model)],
                ["diff", str(sound), str(model)],
                ["export", str(model), "--to", "markdown"],
                ["report", str(model)],
            ]
        )
        yield f"{name} {command}", partial(_run, *command)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = {"files": files, "texts": texts, "options": options, "models": models}
    parser.add_argument("what", choices=kinds)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-cases"))
    parser.add_argument("--go-on", action="store_true", help="Do not stop at the first fault.")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    keep = given.keep.absolute()
    came: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "in"
        folder.mkdir()
        os.environ["NMF_TOPICS_CACHE"] = str(Path(name) / "cache")
        os.chdir(name)
        began = time.monotonic()
        for number, (what, case) in enumerate(kinds[given.what](Strange(given.seed), folder)):
            if time.monotonic() - began > given.seconds:
                break
            faulthandler.dump_traceback_later(HANG, exit=True)
            started = time.monotonic()
            try:
                came[case()] += 1
            except BaseException as error:
                place = traceback.extract_tb(error.__traceback__)[-1]
                fault = f"{type(error).__name__} at {place.filename.rpartition('/')[2]}:{place.lineno}"
                faults[fault] += 1
                if faults[fault] == 1:
                    print(f"case {number} of seed {given.seed}: {what}\n{traceback.format_exc()}", flush=True)
                    shutil.copytree(folder, keep / f"{given.what}-{given.seed}-{number}", dirs_exist_ok=True)
                if not given.go_on:
                    sys.exit(1)
            faulthandler.cancel_dump_traceback_later()
            slowest = max(slowest, time.monotonic() - started)
            for path in folder.glob("case*"):
                if path.is_file():
                    path.unlink()
    print(f"{number} cases, slowest {slowest:.1f} s; {dict(came.most_common())}")
    if faults:
        sys.exit(f"faults: {dict(faults)}")


if __name__ == "__main__":
    main()
