"""Fetching through a proxy that http_proxy, https_proxy and no_proxy name."""

from __future__ import annotations

import http.server
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from loopback import Wiki, pages
from program import Refused, Run

VARIABLES = "http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY".split()


class Proxy(http.server.BaseHTTPRequestHandler):
    """A forward proxy: `wiki.test` is the wiki on this machine; a tunnel is refused."""

    wiki = ""
    asked: tuple[list[str], ...] = ()

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.asked[0].append(f"{self.command} {self.path}")
        target = urlsplit(self.path)
        assert target.hostname == "wiki.test"
        request = urllib.request.Request(f"{self.wiki}?{target.query}", headers={"Host": "wiki.test"})
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request) as reply:
            body = reply.read()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_CONNECT(self) -> None:
        self.asked[0].append(f"{self.command} {self.path}")
        self.send_error(403)


@pytest.fixture(autouse=True)
def _no_proxies_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def proxy(request: pytest.FixtureRequest) -> Iterator[tuple[str, list[str]]]:
    """The URL of a running proxy, and what it was asked."""
    asked: list[str] = []
    api = request.getfixturevalue("wiki").api if request.node.get_closest_marker("wiki") else ""
    handler = type("Here", (Proxy,), {"wiki": api, "asked": (asked,)})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://user:secret@127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@pytest.mark.wiki
def test_requests_go_through_the_proxy(
    wiki: Wiki, proxy: tuple[str, list[str]], ok: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With http_proxy all requests go to the proxy; a host in no_proxy is called directly."""
    url, asked = proxy
    monkeypatch.setenv("http_proxy", url)
    ok("fetch", "Sixty 01", "--wiki", "http://wiki.test/w/api.php", "-o", "through")
    assert [page["title"] for page in pages(Path("through"))] == ["Sixty 01"]
    assert len(asked) == 3
    assert all(line.startswith("GET http://wiki.test/w/api.php?") for line in asked)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    ok("fetch", "Sixty 01", "--wiki", wiki.api, "-o", "past")
    assert len(asked) == 3


@pytest.mark.loopback
def test_https_is_tunnelled(proxy: tuple[str, list[str]], refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    """With https_proxy a tunnel is asked for; a proxy that refuses is named as the cause, without its password."""
    url, asked = proxy
    monkeypatch.setenv("https_proxy", url)
    said = refused(1, "fetch", "A", "--wiki", "https://wiki.test/w/api.php", "-o", "c", "--timeout", 1)
    assert set(asked) == {"CONNECT wiki.test:443"}
    assert "wiki.test: the proxy of http_proxy or https_proxy cannot be used" in said
    assert "secret" not in said


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:9", "the proxy of http_proxy or https_proxy cannot be used"),
        ("http://", "the proxy in http_proxy or https_proxy is not a URL"),
        ("socks5h://127.0.0.1:9", "needs the package PySocks"),
    ],
)
def test_proxies_that_cannot_be_used(url: str, said: str, refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that is not there, not a URL, or of another kind is the error, not the wiki."""
    monkeypatch.setenv("http_proxy", url)
    assert said in refused(1, "fetch", "A", "--wiki", "http://wiki.test/w/api.php", "-o", "c", "--timeout", 1)
