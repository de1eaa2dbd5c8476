"""Answers that no wiki should give: bounded, refused, and said. The servers here are made to misbehave."""

from __future__ import annotations

import gzip
import http.server
import json
import resource
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import Result
from loopback import fetch_into

from nmf_topics.corpus.fetch.client import LARGEST, Client, RequestPolicy, is_loopback, is_wikimedia
from nmf_topics.errors import FetchError, WikiUnreachable

pytestmark = pytest.mark.loopback
Run = Callable[..., Result]
Answer = Callable[[http.server.BaseHTTPRequestHandler, dict[str, list[str]]], None]

GENERAL = {
    "sitename": "W",
    "lang": "en",
    "mainpage": "Main Page",
    "server": "https://w.test",
    "articlepath": "/wiki/$1",
}
SITE = {"query": {"general": GENERAL, "extensions": [{"name": "TextExtracts"}], "namespaces": {}, "rightsinfo": {}}}
DEEP = 1_000_000


def say(handler: http.server.BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    """Answer with these bytes."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    if "Content_Length" not in headers:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def say_json(handler: http.server.BaseHTTPRequestHandler, document: Any) -> None:
    """Answer with a document."""
    say(handler, json.dumps(document).encode(), Content_Type="application/json")


class Server:
    """A server of a test: what it answers, and what it was asked."""

    def __init__(self) -> None:
        self.answer: Answer = lambda handler, asked: say_json(handler, SITE)
        self.asked: list[str] = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                form = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                server.asked.append(self.path)
                try:
                    server.answer(self, parse_qs(form or urlsplit(self.path).query))
                except OSError:  # the client has gone
                    self.close_connection = True

            do_POST = do_GET

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.api = f"http://127.0.0.1:{self.http.server_port}/w/api.php"


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that answers as told."""
    found = Server()
    thread = threading.Thread(target=found.http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield found
    found.http.shutdown()
    thread.join()
    found.http.server_close()


def impatient(**settings: Any) -> Client:
    """A client that soon gives up."""
    return Client(
        RequestPolicy(**{"timeout": 1.0, "tries": 1, "first_tries": 1, "backoff": 0.01, "busy": 0.01, **settings})
    )


def wiki_with(page: dict[str, Any], text: Any = "Some words of a page.") -> Answer:
    """A wiki whose only page is as given."""

    def answer(handler: http.server.BaseHTTPRequestHandler, asked: dict[str, list[str]]) -> None:
        if "titles" in asked:
            normalized = [{"from": title, "to": page["title"]} for title in asked["titles"][0].split("|")]
            say_json(handler, {"query": {"normalized": normalized, "pages": [page]}})
        elif "pageids" in asked:
            revision = {"revid": 7, "timestamp": "2026-01-01T00:00:00Z"}
            say_json(handler, {"query": {"pages": [{**page, "extract": text, "revisions": [revision]}]}})
        else:
            say_json(handler, SITE)

    return answer


def lines(folder: Path) -> list[dict[str, Any]]:
    """The pages of a corpus."""
    return [json.loads(line) for line in (folder / "pages.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("../../etc/passwd", "../../etc/passwd"),
        ("/etc/passwd", "/etc/passwd"),
        ("a\nb\r\x1b[31mred\x00\u2028c", "a b [31mred c"),
        ("\ud800 alone", "\ufffd alone"),
        ("long" * 10_000, "long" * 250),
    ],
)
def test_titles_are_words_and_never_paths(server: Server, tmp_path: Path, title: str, kept: str) -> None:
    """A title that is a path, or holds control characters, is one line of text; no file gets its name."""
    server.answer = wiki_with({"pageid": 1, "ns": 0, "title": title, "lastrevid": 7})
    before = {path for path in tmp_path.rglob("*")}
    fetch_into(Path("c"), server.api, {"titles": ["A", title]})
    assert [page["title"] for page in lines(Path("c"))] == [kept]
    made = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path not in before}
    assert made == {"c"} | {f"c/{name}" for name in ("pages.jsonl", "ledger.csv", "manifest.json", ".journal.jsonl")}


@pytest.mark.parametrize("text", [None, 5, ["x"], {"a": "b"}, True])
def test_text_that_is_no_text(server: Server, text: Any) -> None:
    """An extract of another type is a failed page, not a crash."""
    server.answer = wiki_with({"pageid": 1, "ns": 0, "title": "A", "lastrevid": 7}, text)
    result = fetch_into(Path("c"), server.api, {"titles": ["A"]})
    assert result.manifest["counts"] == {"failed": 1}


def test_a_wiki_that_blocks(server: Server) -> None:
    """HTTP 403 of a wiki that is not Wikimedia's is not explained by Wikimedia's rules."""
    server.answer = lambda handler, asked: say(handler, b"no", 403)
    with pytest.raises(WikiUnreachable, match=r"answers HTTP 403: blocked; this wiki may need a login") as refused:
        fetch_into(Path("c"), server.api, {"titles": ["A"]})
    assert "Wikimedia" not in str(refused.value)


@pytest.mark.parametrize("number", [-1, 0, True, 1.5, "1", 2**64, None, [1]])
def test_page_ids_that_are_none(server: Server, number: Any) -> None:
    """A page id must be a number that can be one."""
    server.answer = wiki_with({"pageid": number, "ns": 0, "title": "A", "lastrevid": 7})
    result = fetch_into(Path("c"), server.api, {"titles": ["A"]})
    assert result.manifest["counts"] == {"failed": 1}


def refused(server: Server, answer: Answer, said: str, **manners: Any) -> None:
    """An answer is refused with these words, soon, and in little memory."""
    server.answer = answer
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with pytest.raises(FetchError, match=said):
        impatient(**manners).api(server.api, {"action": "query"})
    assert time.monotonic() - began < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4 * LARGEST / 1024


def test_a_body_of_a_gigabyte(server: Server) -> None:
    """A body beyond all measure is cut off and refused, whether its length is said or not."""

    def flood(handler: http.server.BaseHTTPRequestHandler, asked: object) -> None:
        say(handler, b"", Content_Length=str(1 << 30))
        piece = b" " * (1 << 20)
        for _ in range(1 << 10):
            handler.wfile.write(piece)

    refused(server, flood, "more than 64 MiB")


def test_a_gzip_bomb(server: Server) -> None:
    """A megabyte that unpacks to a gigabyte is refused when it has grown beyond measure."""
    bomb = gzip.compress(b" " * (1 << 24), 9) * 64
    assert len(bomb) < 2 << 20
    refused(server, lambda handler, asked: say(handler, bomb, Content_Encoding="gzip"), "more than 64 MiB")


def test_packings_nobody_asked_for(server: Server) -> None:
    """gzip within gzip within gzip is not unpacked."""
    refused(server, lambda handler, asked: say(handler, b"x", Content_Encoding="gzip, gzip, gzip"), "nobody asked for")


@pytest.mark.parametrize(
    "target",
    ["http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "//evil.test/", "/w/other.php", "gopher:x"],
)
def test_redirects_are_not_followed(server: Server, target: str) -> None:
    """A redirect, wherever it leads, is refused, and its target is named."""
    refused(server, lambda handler, asked: say(handler, b"", 302, Location=target), "which is not followed")
    assert len(server.asked) == 1


def test_json_nested_a_million_deep(server: Server) -> None:
    """Nesting without end is refused."""
    body = b'{"a":' * DEEP + b"1" + b"}" * DEEP
    refused(server, lambda handler, asked: say(handler, body), "nested deeper")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"[]", "no object"),
        (b'"text"', "no object"),
        (b"{", "broken or cut off"),
        (b"", "broken or cut off"),
        (b"\xff\xfe\xff", "broken or cut off"),
        (b"<html>", "HTML instead of JSON"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "broken or cut off"),
        (b'{"error": "no object"}', "no reason given"),
        (b'{"error": {"code": 5, "info": ["x"]}}', "refuses"),
    ],
)
def test_bodies_that_are_no_answer(server: Server, body: bytes, said: str) -> None:
    """What is no answer of a wiki is said in words."""
    refused(server, lambda handler, asked: say(handler, body), said)


@pytest.mark.parametrize(
    "shape", [[], "x", 5, {"pages": 5}, {"pages": ["x"]}, {"pages": {"1": {}}}, {"normalized": "x"}]
)
def test_answers_of_another_shape(server: Server, shape: Any) -> None:
    """JSON that is not MediaWiki's is refused, with a word about the address."""

    def answer(handler: http.server.BaseHTTPRequestHandler, asked: dict[str, list[str]]) -> None:
        say_json(handler, {"query": shape} if "titles" in asked else SITE)

    server.answer = answer
    with pytest.raises(FetchError, match=r"another shape|not the shape"):
        fetch_into(Path("c"), server.api, {"titles": ["A"]})


def test_a_continuation_without_end(server: Server) -> None:
    """A wiki that goes on and on with the same part is left."""

    def answer(handler: http.server.BaseHTTPRequestHandler, asked: dict[str, list[str]]) -> None:
        say_json(handler, SITE if "meta" in asked else {"continue": {"cmcontinue": "x"}, "query": {}})

    server.answer = answer
    for ask in ({"titles": ["A"]}, {"category": "A", "depth": 0}):
        with pytest.raises(FetchError, match="goes on and on"):
            fetch_into(Path("c"), server.api, ask)
    assert len(server.asked) < 10


def test_a_body_that_drips_without_end(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then, none of them late, does not keep the client waiting forever."""
    fast = SimpleNamespace(monotonic=lambda: 20 * time.monotonic())  # 10 s pass in half a second
    monkeypatch.setattr("nmf_topics.corpus.fetch.client.time", fast)

    def drip(handler: http.server.BaseHTTPRequestHandler, asked: object) -> None:
        say(handler, b"", Content_Length="100000")
        for _ in range(200):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)

    refused(server, drip, "not done after 10 s", timeout=1.0)


@pytest.mark.parametrize("after", ["-5", "soon", "1e9", "9" * 400, "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_retry_after_that_makes_no_sense(server: Server, after: str) -> None:
    """A Retry-After that is none, or endless, neither crashes nor waits."""
    began = time.monotonic()
    server.answer = lambda handler, asked: say(handler, b"", 429, Retry_After=after)
    with pytest.raises(WikiUnreachable):
        impatient().api(server.api, {"action": "query"})
    assert time.monotonic() - began < 3


def test_nobody_listens(run: Run) -> None:
    """A wiki that is not there is an error of one line with the host in it."""
    result = run("fetch", "A", "--wiki", "http://127.0.0.1:9/w/api.php", "-o", "c", "--timeout", 1)
    assert result.exit_code == 1
    assert "127.0.0.1:9: nobody listens there" in result.stderr


def test_one_host_answers_and_another_does_not(server: Server) -> None:
    """Patience with a wiki that has answered is no reason for patience with one that has not."""
    client = impatient(tries=8)
    client.api(server.api, {"action": "query"})
    with pytest.raises(WikiUnreachable, match="nobody listens there, 2 times"):
        client.api("http://127.0.0.1:9/w/api.php", {"action": "query"})


@pytest.mark.parametrize(
    "wiki", ["file:///etc/passwd", "ftp://w/api.php", "https://", "https://w/wiki/A", "w", "http://["]
)
def test_addresses_that_are_none(run: Run, wiki: str) -> None:
    """An address that cannot be an api.php is a mistake of usage."""
    result = run("fetch", "A", "--wiki", wiki)
    assert result.exit_code == 2
    assert "--wiki" in result.stderr


@pytest.mark.parametrize("contact", [None, "me", "x@y\nEvil: header", "é@x.org", "(a@b.org)"])
def test_wikimedia_is_not_called_without_a_contact(run: Run, contact: str | None) -> None:
    """Wikimedia's hosts are not called before a contact is known that fits into a header; it is asked for by name."""
    result = run("fetch", "A", *([] if contact is None else ["--contact", contact]))
    assert result.exit_code == 2
    assert "--contact" in result.stderr
    assert contact is not None or "NMF_TOPICS_CONTACT" in result.stderr
    assert not Path("corpora").exists()


def test_which_hosts_are_which() -> None:
    """Hosts are told apart by their whole name."""
    assert is_wikimedia("https://en.wikipedia.org/w/api.php")
    assert is_wikimedia("https://wikimedia.org/api/rest_v1")
    assert is_wikimedia("https://EN.WIKIPEDIA.ORG./w/api.php")
    assert not is_wikimedia("https://notwikipedia.org/w/api.php")
    assert not is_wikimedia("https://wikipedia.org.evil.test/w/api.php")
    assert is_loopback("http://127.0.0.1:80/")
    assert not is_loopback("http://127.evil.test/")


def test_the_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests to other machines keep their distance; time that has passed anyway is not waited for again."""
    clock, waits = [0.0], []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        clock[0] += seconds

    monkeypatch.setattr("nmf_topics.corpus.fetch.client.time", SimpleNamespace(monotonic=lambda: clock[0]))
    client = impatient(per_minute=600)
    monkeypatch.setattr(client._stopped, "wait", wait)
    for passed in (0.0, 0.0, 0.0, 0.03, 0.2, 0.0):
        clock[0] += passed
        client._take_turn("https://w.test/w/api.php")
    assert waits == pytest.approx([0.1, 0.1, 0.07, 0.1])
    for _ in range(3):
        client._take_turn("http://127.0.0.1/w/api.php")
    assert len(waits) == 5  # the distance to the last request to another machine
