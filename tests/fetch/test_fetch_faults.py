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
from loopback import Wiki, corpus_bytes, fetch_into, free_port, logged, pageviews, proxied, wait_for_line
from program import call, start

from nmf_topics.corpus.fetch.client import Client, RequestPolicy
from nmf_topics.errors import FetchError, WikiUnreachable

pytestmark = pytest.mark.wiki

TITLES = {
    "titles": ["Sixty 00", "München", "AC/DC", "Munich", "No such page", "Größe 1 日本語日本語日本語日本語日本語日本語"]
}
REQUESTS = 13  # of EVERY_KIND
SPOILED = "429=1 503=1 maxlag=1 ratelimited 500 truncate=40 shorten=40 shorten=0 drop html stall=2".split()
LATE = "slow=0.1 drip=0.2".split()
WAITS = {"429": 1.0, "503": 1.0, "maxlag": 1.0, "ratelimited": 0.2}  # seconds, as the wiki wants or its manners say


@pytest.fixture(scope="module")
def port() -> int:
    """The port of all proxies of this module: the address of the wiki stands in its answers."""
    return free_port()


@pytest.fixture(scope="module")
def every_kind(wiki: Wiki, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Asks that take requests of every kind: the wiki, titles, texts, a category tree, Pageviews, a revision."""
    folder = tmp_path_factory.mktemp("every-kind")
    fetch_into(folder / "pinned", wiki.api, {"titles": ["AC/DC"]})
    revid = json.loads((folder / "pinned" / "pages.jsonl").read_text(encoding="utf-8"))["revid"]
    asks = [
        {"titles": ["München", "Munich", "No such page"]},
        {"category": "Loop A", "depth": 1},
        {"top": 1, "year": 2018, "month": 1},
        {"pins": [["AC/DC", revid]]},
    ]
    return {"asks": asks, "serve": (pageviews(folder, 1, {"Main_Page": 9, "Sixty_00": 5, "Sixty_01": 4}),)}


@pytest.fixture(scope="module")
def undisturbed(
    wiki: Wiki, port: int, every_kind: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, bytes]]:
    """The corpora that come when nothing goes wrong."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch, proxied(wiki.api, folder / "log", port=port) as api:
        patch.chdir(folder)
        call("fetch", *TITLES["titles"], "--wiki", api, "-o", "titles")
        call("fetch", "--category", "Sixty", "--wiki", api, "-o", "sixty")
    with proxied(wiki.api, folder / "log", port=port, serve=every_kind["serve"]) as api:
        fetch_into(folder / "every", api, *every_kind["asks"], pageviews=api.removesuffix("/w/api.php"))
    assert len(logged(folder / "log")) == REQUESTS
    return {name: corpus_bytes(folder / name) for name in ("titles", "sixty", "every")}


def question(entry: dict[str, Any]) -> str:
    """What a request asks."""
    return json.dumps([entry["path"].partition("?")[0], entry["asked"]], sort_keys=True)


@pytest.mark.parametrize("fault", [*SPOILED, *LATE])
def test_fault_at_each_request(
    wiki: Wiki,
    port: int,
    every_kind: dict[str, Any],
    undisturbed: dict[str, dict[str, bytes]],
    tmp_path: Path,
    fault: str,
) -> None:
    """A fault at any request: the same bytes, one more request, waits as told, one request at a time."""
    name, spoiled = fault.partition("=")[0], fault in SPOILED
    each = REQUESTS + spoiled  # requests of one fetch
    faults = [f"{each * number + number + 1}:{fault}" for number in range(REQUESTS)]
    with proxied(wiki.api, tmp_path / "log", *faults, port=port, serve=every_kind["serve"]) as api:
        for number in range(REQUESTS):
            settings = {"pageviews": api.removesuffix("/w/api.php"), "timeout": 1.0}
            fetch_into(tmp_path / f"c{number}", api, *every_kind["asks"], **settings)
            assert corpus_bytes(tmp_path / f"c{number}") == undisturbed["every"]
    entries = logged(tmp_path / "log")
    assert len(entries) == each * REQUESTS
    for number in range(REQUESTS):
        one = entries[each * number : each * (number + 1)]
        assert [entry["fault"] for entry in one] == ["none"] * number + [name] + ["none"] * (each - number - 1)
        answered = [question(entry) for at, entry in enumerate(one) if not (spoiled and at == number)]
        assert len(set(answered)) == len(answered) == REQUESTS
        if spoiled:
            assert question(one[number]) == question(one[number + 1])
            assert one[number + 1]["began"] >= one[number]["answered"] + WAITS.get(name, 0.0)
    assert {entry["headers"]["User-Agent"].partition("/")[0] for entry in entries} == {"nmf-topics"}
    assert all("(dev@example.org)" in entry["headers"]["User-Agent"] for entry in entries)
    assert all(after["began"] >= before["answered"] for before, after in pairwise(entries))


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
    """Killed within each of its 64 answers, a fetch of 60 pages ends the same, and asks again for no other.

    Every second request of the log stalls in its answer, and there the program is killed: the first one of a run brings
    what the kill before cut off, the second one is cut off itself.
    """
    log, folder = tmp_path / "log", tmp_path / "c"
    kills = 0
    with proxied(wiki.api, log, "*/2:stall=30", port=port) as api:
        Client(RequestPolicy()).api(
            api, {"action": "query"}
        )  # the first of the log, so that the second one is the program's
        command = ("fetch", "--category", "Sixty", "--wiki", api, "-o", folder, "-q")
        while True:
            process = start(*command)
            if wait_for_line(log, 2 * kills + 2, process):
                break
            kill(process)
            kills += 1
    process.communicate()
    assert process.returncode == 0
    assert kills == 64
    assert corpus_bytes(folder) == undisturbed["sixty"]
    asked = [question(entry) for entry in logged(log)[1:]]
    assert len(asked) == 2 * 64
    assert asked[::2] == asked[1::2]  # each was cut off once, and answered once
    assert len(set(asked)) == 64


def test_kill_at_any_moment_leaves_the_corpus_whole(
    wiki: Wiki, port: int, undisturbed: dict[str, dict[str, bytes]], tmp_path: Path
) -> None:
    """Kills at random moments of a change of texts leave pages.jsonl old or new, and cost a request each at most."""
    log, folder, rng = tmp_path / "log", tmp_path / "c", random.Random(5)
    with proxied(wiki.api, log, port=port) as api:
        command = ("fetch", "--category", "Sixty", "--text", "extracts", "-o", folder, "-q")
        fetch_into(folder, api, {"category": "Sixty", "depth": 0}, text="wikitext")
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
    """Ctrl-C during the 20th request keeps the pages before it, says how to continue, and ends with 130."""
    with proxied(wiki.api, Path("log"), "20:stall=30", port=port) as api:
        command = ("fetch", "--category", "Sixty", "--wiki", api, "-o", "c")
        process = start(*command)
        wait_for_line(Path("log"), 20, process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
        assert process.returncode == 130
        kept = Path("c/pages.jsonl").read_bytes().count(b"\n")
        assert 10 < kept < 20
        assert f"{kept} pages are kept in c; run the same command again to continue" in said
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
    assert "another fetch is writing into c" in second.stderr


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
            fetch_into(tmp_path / "parts", api, ask, text="wikitext")
        fetch_into(tmp_path / "whole", wiki.api, ask, text="wikitext")
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
