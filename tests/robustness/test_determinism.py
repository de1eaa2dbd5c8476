"""Same input, options and seed: the same bytes, whatever the order, the hash seed, the threads or the cache.

Promised for one machine and one set of versions: model.npz, model.json, topics.csv, pages.csv, report.html and all
pictures of a fit, the tables and pictures of `ranks` and `compare`, and what `classify` prints. Not promised: run.json,
which has times in it; that pages.csv and model.json know nothing of the order of the source, in which pages are shown;
and equal bytes on machines of another kind, as numpy picks other instructions there.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from outputs import read_table
from PIL import Image
from program import call

from nmf_topics.corpus.open import open_corpus, sample_corpus_path

SURROUNDINGS: dict[str, dict[str, str]] = {
    "hash seed 0, one thread": {"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    "hash seed 1, two threads": {"PYTHONHASHSEED": "1", "OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"},
    "random hash seed, language, time zone, width": {
        "PYTHONHASHSEED": "random",
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONIOENCODING": "utf-8",
        "TZ": "Asia/Tokyo",
        "COLUMNS": "40",
    },
}
# options of a fit, and in how many of the surroundings it is repeated
STYLES: dict[str, tuple[list[object], int]] = {
    "default": (["-r", 3, "--max-terms", 400], 3),
    "article": (["-r", 2, "--recipe", "article", "--seed", 3, "--max-iter", 60, "--max-terms", 100], 1),
    "kl": (["-r", 2, "--objective", "kl", "--max-iter", 40, "--runs", 2, "--max-terms", 100], 1),
}


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder but run.json."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "run.json"
    }


def but_for_order(files: dict[str, bytes]) -> dict[str, Any]:
    """These files without the order of the source: the lines of pages.csv sorted, and no numbers of rows."""
    header, *lines = files["pages.csv"].decode("utf-8").splitlines()
    assert header.endswith(",row")
    document = json.loads(files["model.json"])
    del document["columns"]["order"], document["file_sha256"]
    return {**files, "pages.csv": sorted(line.rpartition(",")[0] for line in lines), "model.json": document}


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    """A JSONL file."""
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def pages() -> list[dict[str, Any]]:
    """Every second page of the sample, among them twins that only ids tell apart."""
    rows = [
        {"id": page.id, "title": page.title, "text": page.text, **page.meta}
        for page in list(open_corpus(sample_corpus_path()))[::2]
    ]
    return [*rows, *({**row, "id": f"twin of {row['id']}"} for row in rows[:5]), {"id": "empty", "text": ""}]


def run_all(jobs: list[tuple[list[object], dict[str, Any]]]) -> list[str]:
    """Run the program several times, two at a time; what each prints."""

    def one(job: tuple[list[object], dict[str, Any]]) -> str:
        arguments, settings = job
        done = call(*arguments, **settings)
        assert done.returncode == 0, (arguments, done.stderr)
        return str(done.stdout)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, jobs))


@pytest.mark.parametrize("style", STYLES)
def test_a_fit_of_text(tmp_path: Path, style: str) -> None:
    """The same bytes in every surrounding, from the cache, and but for their order from shuffled pages."""
    options, count = STYLES[style]
    rows = pages()
    jobs: list[tuple[list[object], dict[str, Any]]] = []
    for i, (name, env) in enumerate(list(SURROUNDINGS.items())[-count:]):
        folder = tmp_path / name.replace(" ", "-")
        write(folder / "pages.jsonl", random.Random(i).sample(rows, len(rows)))
        own = {**env, "NMF_TOPICS_CACHE": str(folder / "cache")}
        jobs.append((["fit", "pages.jsonl", *options, "-o", "model", "-q"], {"env": own, "cwd": folder}))
    printed = run_all(jobs)
    first = Path(jobs[0][1]["cwd"])
    done = call("fit", "pages.jsonl", *options, "-o", "recalled", **jobs[0][1])
    assert "from the cache" in done.stderr
    printed.append(done.stdout)
    expected = contents(first / "model")
    assert {"model.npz", "model.json", "topics.csv", "pages.csv", "clouds/all.png", "clouds/topic-02.png"} <= set(
        expected
    )
    for _, settings in jobs:
        found = contents(settings["cwd"] / "model")
        assert but_for_order(found) == but_for_order(expected), settings
        ids = [json.loads(line)["id"] for line in (settings["cwd"] / "pages.jsonl").read_text("utf-8").splitlines()]
        assert [row["id"] for row in read_table(settings["cwd"] / "model" / "pages.csv")] == ids
    assert contents(first / "recalled") == expected
    assert len(set(printed)) == 1


def test_another_seed_is_another_model(run: Callable[..., Result], tmp_path: Path) -> None:
    """The premise of all this: what should matter does."""
    write(tmp_path / "x" / "pages.jsonl", pages())
    options = ["fit", "x/pages.jsonl", "-r", 2, "--start", "random", "--max-iter", 5, "--max-terms", 100, "-q"]
    for seed in (0, 1):
        assert run(*options, "--seed", seed, "-o", f"seed-{seed}").exit_code == 0
    one, other = (contents(tmp_path / f"seed-{seed}") for seed in (0, 1))
    assert one["model.npz"] != other["model.npz"]
    assert one["clouds/topic-01.png"] != other["clouds/topic-01.png"]


def test_images_and_comparisons(tmp_path: Path) -> None:
    """Dense V, where threads would add in another order: fit, classify and compare give the same bytes."""
    rng = np.random.default_rng(5)
    parts = rng.random((9, 40, 40)) * (rng.random((9, 40, 40)) < 0.3)
    (tmp_path / "faces").mkdir()
    for j in range(120):
        pixels = np.tensordot(rng.random(9) ** 3, parts, axes=1)
        grey = np.round(255 * pixels / pixels.max()).astype(np.uint8)
        Image.fromarray(grey).save(tmp_path / "faces" / f"{j:03d}.png")
    places = []
    for name, env in list(SURROUNDINGS.items())[:2]:
        place = tmp_path / name.replace(" ", "-")
        place.mkdir()
        os.symlink(tmp_path / "faces", place / "faces")
        places.append((place, env))
    for command in (
        ["fit", "faces", "-r", 9, "--max-iter", 100, "-o", "model", "-q"],
        ["compare", "faces", "-r", 9, "--max-iter", 50, "-o", "compared", "-q"],
        ["classify", "faces/007.png", "faces/008.png", "--json", "-q"],
    ):
        printed = run_all([(command, {"env": env, "cwd": place}) for place, env in places])
        assert len(set(printed)) == 1, command[0]
    expected = contents(places[0][0])
    assert {"model/model.npz", "model/reconstruction.png", "compared/compare.csv"} <= set(expected)
    for place, _ in places[1:]:
        found = contents(place)
        assert {name for name in expected if found.get(name) != expected[name]} == set()


def test_ranks(tmp_path: Path) -> None:
    """The table and the curves of ranks: the same bytes at once, and in two steps that the second completes."""
    one, other = (dict(SURROUNDINGS[name]) for name in ("hash seed 0, one thread", "hash seed 1, two threads"))
    rows = pages()
    for i, place in enumerate(("at-once", "stepwise")):
        write(tmp_path / place / "pages.jsonl", random.Random(i).sample(rows, len(rows)))
    options = ["ranks", "pages.jsonl", "--max-terms", 200, "-q"]
    at_once, _ = run_all(
        [
            ([*options, "--to", 8], {"env": one, "cwd": tmp_path / "at-once"}),
            ([*options, "--to", 4], {"env": other, "cwd": tmp_path / "stepwise"}),
        ]
    )
    done = call(*options[:-1], "--to", 8, env=other, cwd=tmp_path / "stepwise")
    assert "2 of 4 ranks are known from an earlier run" in done.stderr
    assert done.stdout == at_once
    expected, found = (contents(tmp_path / place / "models/pages-ranks") for place in ("at-once", "stepwise"))
    assert set(expected) == {"ranks.csv", "ranks.png", "ranks.json"}
    assert {name for name in expected if name != "ranks.json" and found[name] != expected[name]} == set()
