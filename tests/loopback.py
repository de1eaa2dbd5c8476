"""A real MediaWiki on this machine, with pages made for the tests, and a proxy that spoils its answers.

`make test-wiki` installs PHP and MediaWiki where they are missing (Debian's packages, so it needs apt and root) and
runs the tests marked `wiki`; `make test` runs them only where both are there already. NMF_TOPICS_WIKI is yes or no.
"""

from __future__ import annotations

import contextlib
import csv
import fcntl
import json
import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

HERE = Path(__file__).parent / "mediawiki"
WANTED = os.environ.get("NMF_TOPICS_WIKI", "")
CODE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "loopback-mediawiki"
SUBJECTS = {
    "Drinks": "tea coffee leaf cup brew roast bean kettle milk sugar aroma filter",
    "Stars": "planet orbit moon star rocket telescope comet galaxy crater dust ring probe",
    "Songs": "guitar piano singer melody chorus band drum album stage violin tune concert",
}
TAIL = "\n== See also ==\n* [[Munich]]\n\n== References ==\nWordsofreferences\n"
LOADED = 1_790_000_000  # when the pages were changed, in seconds since 1970
CHAIN = 40  # redirects of each kind among the titles


class NoWiki(Exception):
    """There can be no wiki here; the message says why."""


class Wiki:
    """One wiki: a folder, and while it runs an address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.api = ""

    def call(self, *arguments: object) -> str:
        """Run the script `wiki`."""
        command = [HERE / "wiki", *map(str, arguments)]
        done = subprocess.run([*command, "--dir", self.folder], capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise NoWiki(done.stderr.strip())
        return done.stdout.strip()

    def install(self) -> None:
        """Make the wiki, and what it needs if that may be installed."""
        if WANTED == "no":
            raise NoWiki("NMF_TOPICS_WIKI=no")
        if WANTED != "yes" and not (shutil.which("php") and CODE.exists()):
            raise NoWiki("MediaWiki is not installed; make test-wiki does that")
        with open(Path(tempfile.gettempdir()) / "loopback-mediawiki.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # processes of one test run, and of two, do not run apt at the same time
            self.call("install")

    def load(self, folder: Path, *options: str) -> None:
        """Load a folder of pages."""
        self.call("load", *options, folder)

    def start(self) -> None:
        """Serve it."""
        self.api = self.call("start", "--lifetime", "1800", "--workers", "3")

    def stop(self) -> None:
        """End the server."""
        self.call("stop")


def save(folder: Path, title: str, text: str, changed: int = LOADED) -> None:
    """Write a page as `wiki load` reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{quote(title, safe=' :')}.wiki"
    path.write_text(text, encoding="utf-8")
    os.utime(path, (changed, changed))


def prose(seed: str, words: int) -> str:
    """So many words of one of three subjects, always the same for the same seed."""
    rng = random.Random(seed)
    subject = SUBJECTS[rng.choice(sorted(SUBJECTS))].split()
    return " ".join(rng.choices(subject, k=words)).capitalize() + "."


def write_pages(folder: Path) -> None:
    """All the pages that the tests speak of, besides those of mediawiki/sample."""
    for number in range(60):
        quality = "{{Good article}}" if number % 10 == 0 else "{{Featured article}}" if number == 5 else ""
        text = (
            f"{quality}'''Sixty {number:02d}''' {prose(f's{number}', 60)}\n\n== History ==\n{prose(f'h{number}', 20)}\n"
        )
        save(folder, f"Sixty {number:02d}", f"{text}{TAIL}[[Category:Sixty]]")
    for number in range(2000):
        save(folder, f"Member {number:04d}", f"{prose(f'm{number}', 12)}\n[[Category:Members]]")
    for letter, other in ("AB", "BC", "CA"):  # a loop of categories, with a page in each
        save(folder, f"Category:Loop {letter}", f"[[Category:Loop {other}]]")
        save(folder, f"Looped {letter}", f"{prose(letter, 12)}\n[[Category:Loop {letter}]]")
    for number in range(CHAIN):
        save(folder, f"To {number}", f"#REDIRECT [[Member {number:04d}]]")
        save(folder, f"Chain {number}", f"#REDIRECT [[Link {number}]]")
        save(folder, f"Link {number}", f"#REDIRECT [[Member {100 + number:04d}]]")
        save(folder, f"Round {number}", f"#REDIRECT [[Round {(number + 1) % CHAIN}]]")
        save(folder, f"Nowhere {number}", f"#REDIRECT [[No page {number}]]")
        save(folder, f"Größe {number} 日本語日本語日本語日本語日本語日本語", prose(f"g{number}", 15))


@contextlib.contextmanager
def proxied(api: str, log: Path, *faults: str, port: int = 0, serve: tuple[str, ...] = ()) -> Iterator[str]:
    """The same api.php behind a proxy that spoils requests as told, and keeps a log."""
    command = [HERE / "faulty_proxy", api.removesuffix("/w/api.php"), "--log", log, "--lifetime", "900", "--port", port]
    for item in serve:
        command += ["--serve", item]
    with subprocess.Popen([*map(str, command), *faults], stdout=subprocess.PIPE, text=True) as proxy:
        try:
            assert proxy.stdout is not None
            address = proxy.stdout.readline().strip()
            assert address, "the proxy did not start"
            yield f"{address}/w/api.php"
        finally:
            proxy.terminate()


def pageviews(folder: Path, month: int, views: dict[str, int]) -> str:
    """A month of Pageviews as `faulty_proxy --serve` wants it."""
    articles = [
        {"article": title, "views": count, "rank": rank} for rank, (title, count) in enumerate(views.items(), 1)
    ]
    item = {"project": "en.wikipedia", "access": "all-access", "year": "2018", "month": f"{month:02d}"}
    path = folder / f"{month}.json"
    path.write_text(json.dumps({"items": [{**item, "day": "all-days", "articles": articles}]}), encoding="utf-8")
    return f"/api/rest_v1/metrics/pageviews/top/en.wikipedia/all-access/2018/{month:02d}/all-days={path}"


def logged(log: Path) -> list[dict[str, Any]]:
    """The requests that a proxy saw, each with its parameters as `asked`."""
    entries = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
    for entry in entries:
        entry["asked"] = dict(parse_qsl(urlsplit(entry["path"]).query or entry["form"], keep_blank_values=True))
    return entries


def texts_asked(entries: list[dict[str, Any]]) -> list[str]:
    """Page ids of the texts that were asked for."""
    return [
        number
        for entry in entries
        if "extracts" in entry["asked"].get("prop", "") or "content" in entry["asked"].get("rvprop", "")
        for number in entry["asked"].get("pageids", entry["asked"].get("revids", "")).split("|")
    ]


def free_port() -> int:
    """A port for a proxy, so that one after the other may have the same address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_line(log: Path, number: int, process: subprocess.Popen[str]) -> bool:
    """Wait until a proxy has seen so many requests; whether the program has ended before that."""
    end = time.monotonic() + 60
    while not log.exists() or log.read_bytes().count(b"\n") < number:
        if process.poll() is not None:
            return True
        assert time.monotonic() < end, f"no request {number} came"
        time.sleep(0.002)
    return False


def fetch_into(
    folder: Path,
    api: str,
    *asks: dict[str, Any],
    refresh: bool = False,
    timeout: float = 5.0,
    tries: int = 8,
    workers: int = 1,
    tell: Callable[[str], None] = lambda message: None,
    **settings: Any,
) -> Any:
    """Fetch in this process, with these settings of the corpus, and with the waits that nobody asked for cut short."""
    from nmf_topics.corpus.fetch.client import Client, RequestPolicy
    from nmf_topics.corpus.fetch.fetch import Fetch
    from nmf_topics.corpus.fetch.restore import open_journal
    from nmf_topics.corpus.fetch.settings import Settings

    client = Client(RequestPolicy(contact="dev@example.org", timeout=timeout, tries=tries, backoff=0.02, busy=0.2))
    with open_journal(folder) as journal:
        run = Fetch(client, journal, Settings(wiki=api, **settings), workers=workers, tell=tell)
        return run.run(folder, list(asks), refresh=refresh)


def corpus_bytes(folder: Path) -> dict[str, bytes]:
    """What must be the same for the same corpus: pages and ledger; the manifest but for its time."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["fetched"] = manifest["name"] = ""
    found = {name: (folder / name).read_bytes() for name in ("pages.jsonl", "ledger.csv")}
    return {**found, "manifest": json.dumps(manifest).encode()}


def ledger(folder: Path) -> dict[str, dict[str, str]]:
    """The lines of the ledger by title; a title that stands there twice is an error."""
    with open(folder / "ledger.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["title"] for row in rows}) == len(rows)
    return {row["title"]: row for row in rows}


def pages(folder: Path) -> list[dict[str, Any]]:
    """The pages of a corpus."""
    return [json.loads(line) for line in (folder / "pages.jsonl").read_text(encoding="utf-8").splitlines()]
