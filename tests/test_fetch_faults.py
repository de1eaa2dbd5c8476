"""Fetching while things go wrong: the corpus is the same whatever happens, and no page is asked for twice."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from loopback import Wiki, corpus_bytes, fetch_into, free_port, logged, proxied, wait_for_line
from program import call, start

from nmf_topics.errors import FetchError, WikiUnreachable

pytestmark = pytest.mark.wiki

TITLES = {
    "titles": ["Sixty 00", "München", "AC/DC", "Munich", "No such page", "Größe 1 日本語日本語日本語日本語日本語日本語"]
}
REQUESTS = 6  # the wiki, the titles, four texts
SPOILED = "429=1 503=1 maxlag=1 ratelimited 500 truncate=40 shorten=40 shorten=0 drop html stall=3".split()
LATE = "slow=0.3 drip=0.5".split()
TOLD_TO_WAIT = {"429", "503", "maxlag"}


@pytest.fixture(scope="module")
def port() -> int:
    """The port of all proxies of this module: the address of the wiki stands in its answers."""
    return free_port()


@pytest.fixture(scope="module")
def undisturbed(wiki: Wiki, port: int, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    """The corpora that come when nothing goes wrong."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch, proxied(wiki.api, folder / "log", port=port) as api:
        patch.chdir(folder)
        call("fetch", *TITLES["titles"], "--wiki", api, "-o", "titles")
        call("fetch", "--category", "Sixty", "--wiki", api, "-o", "sixty")
    return {name: corpus_bytes(folder / name) for name in ("titles", "sixty")}


def question(entry: dict[str, Any]) -> str:
    """What a request asks."""
    return json.dumps(entry["asked"], sort_keys=True)


@pytest.mark.parametrize("fault", [*SPOILED, *LATE])
def test_fault_at_each_request(
    wiki: Wiki, port: int, undisturbed: dict[str, dict[str, bytes]], tmp_path: Path, fault: str
) -> None:
    """A fault at any request: the same bytes, one more request, waits as told, one request at a time."""
    name = fault.partition("=")[0]
    for number in range(1, REQUESTS + 1):
        log, folder = tmp_path / f"log{number}", tmp_path / f"c{number}"
        with proxied(wiki.api, log, f"{number}:{fault}", port=port) as api:
            fetch_into(folder, api, TITLES, timeout=1.0)
        assert corpus_bytes(folder) == undisturbed["titles"]
        entries = logged(log)
        assert len(entries) == REQUESTS + (fault in SPOILED)
        assert entries[number - 1]["fault"] == name
        good = [question(entry) for entry in entries if entry["fault"] not in {f.partition("=")[0] for f in SPOILED}]
        assert len(set(good)) == len(good) == REQUESTS
        for entry in entries:
            assert entry["headers"]["User-Agent"].startswith("nmf-topics/")
        for before, after in pairwise(entries):
            assert after["began"] >= before["answered"]
            if before["fault"] in TOLD_TO_WAIT:
                assert after["began"] >= before["answered"] + 1
        if fault in SPOILED:
            assert question(entries[number]) == question(entries[number - 1])


def test_many_faults_through_the_program(
    wiki: Wiki, port: int, undisturbed: dict[str, dict[str, bytes]], tmp_path: Path
) -> None:
    """The program itself, with faults all along, says each wait and makes the same corpus."""
    with proxied(wiki.api, tmp_path / "log", "9:drop", "20-21:429=1", "*/40:html", port=port) as api:
        done = call("fetch", "--category", "Sixty", "--wiki", api, "-o", "c", "--contact", "dev@example.org")
    assert done.returncode == 0, done.stderr
    assert corpus_bytes(Path("c")) == undisturbed["sixty"]
    assert "HTTP 429: waiting" in done.stderr
    assert "connection" in done.stderr


def test_a_wiki_that_stays_away(wiki: Wiki, port: int, undisturbed: dict[str, dict[str, bytes]]) -> None:
    """When patience is at its end the error says so, what came is in the folder, and the next run goes on."""
    with (
        proxied(wiki.api, Path("log"), "4-:503", port=port) as api,
        pytest.raises(WikiUnreachable, match="HTTP 503, 4 times"),
    ):
        fetch_into(Path("c"), api, TITLES, tries=3)
    assert Path("c/pages.jsonl").read_bytes().count(b"\n") == 1
    ledger = Path("c/ledger.csv").read_text(encoding="utf-8")
    assert ledger.count("failed") == 3
    assert ledger.count("\n") == 1 + len(TITLES["titles"])
    assert json.loads(Path("c/manifest.json").read_text())["complete"] is False
    with proxied(wiki.api, Path("log2"), port=port) as api:
        fetch_into(Path("c"), api, TITLES)
    assert corpus_bytes(Path("c")) == undisturbed["titles"]
    assert len(logged(Path("log2"))) == 3


def test_one_page_that_the_wiki_cannot_give(wiki: Wiki, port: int, undisturbed: dict[str, dict[str, bytes]]) -> None:
    """A page that fails again and again is failed in the ledger; the others come, and it is tried again next time."""
    with proxied(wiki.api, Path("log"), "4-7:500", port=port) as api:
        result = fetch_into(Path("c"), api, TITLES, tries=3)
    assert result.manifest["counts"]["failed"] == 1
    assert result.manifest["counts"]["ok"] == 3
    assert not result.complete
    with proxied(wiki.api, Path("log2"), port=port) as api:
        fetch_into(Path("c"), api, TITLES)
    assert corpus_bytes(Path("c")) == undisturbed["titles"]
    assert len(logged(Path("log2"))) == 1


def test_a_long_wait_is_not_waited(wiki: Wiki) -> None:
    """Who is told to come back tomorrow is told so, and does not sleep until then."""
    began = time.monotonic()
    with proxied(wiki.api, Path("log"), "1:429=86400") as api, pytest.raises(WikiUnreachable, match="left alone"):
        fetch_into(Path("c"), api, TITLES)
    assert time.monotonic() - began < 5
    assert len(logged(Path("log"))) == 1


def kill(process: subprocess.Popen[str]) -> None:
    """kill -9, and wait for the end."""
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_kill_at_every_request(wiki: Wiki, port: int, undisturbed: dict[str, dict[str, bytes]], tmp_path: Path) -> None:
    """Killed at each of its 64 requests, a fetch of 60 pages ends the same, and asks again only what was cut off."""
    log, folder = tmp_path / "log", tmp_path / "c"
    last: list[int] = []  # the lines of the log of requests that were under way when the program was killed
    with proxied(wiki.api, log, "*:slow=0.1", port=port) as api:
        command = ("fetch", "--category", "Sixty", "--wiki", api, "-o", folder, "-q")
        while True:
            process = start(*command)
            ended = wait_for_line(log, last[-1] + 3 if last else 1, process)  # the same again, and the next one
            kill(process)
            if ended:
                break
            last.append(len(logged(log)) - 1)
    assert process.returncode == 0
    assert corpus_bytes(folder) == undisturbed["sixty"]
    assert len(last) >= 50  # a kill that came late may have let another request through
    entries = logged(log)
    answered = Counter(question(entry) for line, entry in enumerate(entries) if line not in last)
    assert len(answered) == answered.total() >= 63  # nothing that was answered was asked for again
    asked = Counter(question(entry) for entry in entries)
    assert len(asked) == 64
    assert asked.total() <= 64 + len(last)


def test_kill_at_any_moment_leaves_the_corpus_whole(
    wiki: Wiki, port: int, undisturbed: dict[str, dict[str, bytes]], tmp_path: Path
) -> None:
    """Kills at random moments of a corpus that grows leave pages.jsonl whole, and cost a request each at most."""
    log, folder, rng = tmp_path / "log", tmp_path / "c", random.Random(5)
    with proxied(wiki.api, log, port=port) as api:
        command = ("fetch", "--category", "Sixty", "--wiki", api, "-o", folder, "-q")
        fetch_into(folder, api, {"category": "Sixty", "depth": 0}, way="wikitext")
        small = (folder / "pages.jsonl").read_bytes()
        kills = 0
        while kills < 25:
            process = start(*command)
            time.sleep(rng.uniform(0.25, 0.8))
            kill(process)
            kills += 1
            found = (folder / "pages.jsonl").read_bytes()
            assert (
                found == small
                or hashlib.sha256(found).hexdigest() == hashlib.sha256(undisturbed["sixty"]["pages.jsonl"]).hexdigest()
            )
        assert call(*command).returncode == 0
    assert corpus_bytes(folder) == undisturbed["sixty"]
    extracts = Counter(question(entry) for entry in logged(log) if "extracts" in entry["asked"].get("prop", ""))
    assert len(extracts) == 60
    assert extracts.total() <= 60 + kills


def test_interrupted_by_ctrl_c(wiki: Wiki, port: int, undisturbed: dict[str, dict[str, bytes]]) -> None:
    """Ctrl-C keeps the pages that came, says how many and how to go on, and ends with 130."""
    with proxied(wiki.api, Path("log"), "*:slow=0.03", port=port) as api:
        command = ("fetch", "--category", "Sixty", "--wiki", api, "-o", "c")
        process = start(*command)
        wait_for_line(Path("log"), 20, process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
        assert process.returncode == 130
        kept = Path("c/pages.jsonl").read_bytes().count(b"\n")
        assert 10 < kept < 20
        assert f"{kept} pages are kept in c; the same command goes on" in said
        assert call(*command).returncode == 0
    assert corpus_bytes(Path("c")) == undisturbed["sixty"]


def test_two_at_once_in_one_folder(wiki: Wiki, port: int) -> None:
    """A second fetch into the same folder is refused while the first one is at work."""
    with proxied(wiki.api, Path("log"), "*:slow=0.2", port=port) as api:
        command = ("fetch", "--category", "Sixty", "--wiki", api, "-o", "c")
        process = start(*command)
        wait_for_line(Path("log"), 3, process)
        second = call(*command)
        kill(process)
    assert second.returncode == 1
    assert "another fetch is at work in c" in second.stderr


def test_answers_in_parts(wiki: Wiki, tmp_path: Path) -> None:
    """Where a wiki sends sources a few pages at a time, all come, each once, with a fault at any part."""
    chary = Wiki(tmp_path / "chary")
    shutil.copytree(wiki.folder, chary.folder, ignore=shutil.ignore_patterns("server*", "www"))
    (chary.folder / "www").mkdir()
    (chary.folder / "extra.php").write_text("<?php $wgAPIMaxResultSize = 8000;\n")
    chary.start()
    ask, texts = {"category": "Sixty", "depth": 0}, {}
    try:
        with proxied(chary.api, tmp_path / "log", "*/3:truncate=100") as api:
            fetch_into(tmp_path / "parts", api, ask, way="wikitext")
        fetch_into(tmp_path / "whole", wiki.api, ask, way="wikitext")
    finally:
        chary.stop()
    for name in ("parts", "whole"):
        lines = (tmp_path / name / "pages.jsonl").read_text(encoding="utf-8").splitlines()
        texts[name] = [json.loads(line)["text"] for line in lines]
    assert texts["parts"] == texts["whole"]
    assert len(texts["parts"]) == 60
    assert sum("rvcontinue" in entry["asked"] for entry in logged(tmp_path / "log")) > 4


def test_another_wiki_is_another_corpus(wiki: Wiki, port: int) -> None:
    """Page ids of two wikis do not mix: a folder belongs to the wiki it was begun with."""
    fetch_into(Path("c"), wiki.api, {"titles": ["Munich"]})
    with proxied(wiki.api, Path("log"), port=port) as api, pytest.raises(FetchError, match="this corpus is from"):
        fetch_into(Path("c"), api, {"titles": ["AC/DC"]})
