"""Odd titles, odd file names and enormous pages go the whole way."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from inputs import TINY, WIDE, tiny_texts, write_jsonl, write_texts
from program import PATIENCE, PROGRAM, Run, call

from nmf_topics.files.csv_files import unguarded
from nmf_topics.model.files import load_model

TITLES = {
    "slashes": "AC/DC \\ ../../etc/passwd",
    "newline": "two\nlines\r\nand a\ttab",
    "NUL": "a\0b\x1b[31mred",
    "long": "x" * 300,
    "right to left": "\u202eשלום عالم\u202c",
    "quotes": 'He said "no", then; left,',
    "formula": '=HYPERLINK("http://x")',
    "emoji": "👩\u200d🚀 e\u0301",
    "surrogate": "half \ud83d only",
    "empty": "",
    "markup": "[bold]not bold[/bold] <b>&amp;",
}


def test_odd_titles_go_the_whole_way(run: Run, tmp_path: Path) -> None:
    """Titles of every kind: the fit, the tables, CSV that parses back, JSON, new pages; and no file elsewhere."""

    subjects = list(TINY.values())
    rows = [
        {"id": f"{i:02d} {name}", "title": title, "text": f"{subjects[i % 3][i % 4]} {subjects[i % 3][(i + 1) % 4]}"}
        for i, (name, title) in enumerate(TITLES.items())
    ]
    write_jsonl(Path("odd.jsonl"), rows)
    result = run("fit", "odd.jsonl", "-r", 3, "--max-pages", 0.8)
    assert result.exit_code == 0, (result.stderr, result.exception)
    with open("models/odd-r3/pages.csv", encoding="utf-8", newline="") as file:
        pages = {row["id"]: unguarded(row["title"]) for row in csv.DictReader(file)}
    assert list(pages) == [row["id"] for row in rows]
    title = {row["id"].partition(" ")[2]: pages[row["id"]] for row in rows}
    for name in ("slashes", "long", "right to left", "quotes", "formula", "emoji", "markup"):
        assert title[name] == TITLES[name]
    assert title["newline"] == "two lines and a tab"
    assert title["NUL"] == "a b [31mred"
    assert title["surrogate"] == "half \ufffd only"
    assert title["empty"].startswith("A dog and a cat sleep")
    shown = run("pages").stdout
    assert not set(shown) & set("\0\x1b\r\u202e\u202c")
    assert "[bold]not bold[/bold]" in shown
    assert len(shown.splitlines()) == len(rows) + 1
    assert {page["title"] for page in json.loads(run("pages", "--json").stdout)["pages"]} == set(title.values())
    classified = run("classify", "odd.jsonl", "--csv").stdout
    new = {unguarded(row["title"]) for row in csv.DictReader(classified.splitlines(keepends=True))}
    assert new == set(title.values())
    assert {path.name for path in tmp_path.iterdir()} == {"odd.jsonl", "models"}


def test_odd_file_names_go_the_whole_way(tmp_path: Path) -> None:
    """Files with names that are not UTF-8, that begin with a hyphen or hold a newline."""
    folder = os.fsencode(tmp_path) + b"/caf\xe9 \n"
    try:
        os.mkdir(folder)
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    for i, text in enumerate(tiny_texts()):
        with open(folder + b"/-na\xefve %d\n.txt" % i, "w", encoding="utf-8") as file:
            file.write(text)
    done = call("fit", os.fsdecode(folder), "-r", 3, *WIDE, "--json", env={"PYTHONIOENCODING": ""})
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    ids = [page["id"] for page in json.loads(call("pages", "--json").stdout)["pages"]]
    assert ids[0] == "-na\\xefve 0"
    arguments = json.loads(Path("models/latest/run.json").read_text(encoding="utf-8"))["arguments"]
    assert arguments[1].endswith("caf\\xe9 \n")


def test_a_page_of_50_megabytes() -> None:
    """A page of 50 MB, with the limit raised, takes seconds of CPU time, and little more memory than its text."""
    rng = np.random.default_rng(0)
    words = np.array([f"w{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}{chr(97 + i // 676)}" for i in range(9_000)])
    megabyte = " ".join(words[(rng.pareto(1.0, 200_000) * 20).astype(int) % len(words)].tolist())
    large = "\n".join([megabyte] * 50)
    assert len(large) > 49_000_000
    folder = write_texts(Path("large"), tiny_texts())
    (folder / "large.txt").write_text(large, encoding="ascii")
    command = [*PROGRAM, "fit", "large", "-r", "3", "-q", "--read-limit", "page-size=100MB", *map(str, WIDE)]
    code = (
        "import resource, subprocess, sys\n"
        f"done = subprocess.run({command!r})\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_maxrss // 1024, used.ru_utime + used.ru_stime)\n"
        "sys.exit(done.returncode)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    megabytes, seconds = done.stdout.split()[-2:]
    assert float(seconds) < 30
    if sys.platform == "linux":  # other systems count in other units
        assert float(megabytes) < 1000
    assert load_model("models/large-r3").columns.ids[-1] == "large"
