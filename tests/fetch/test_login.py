"""Logging in: private wikis, high limits, and credentials that go to one wiki only."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import CODE, LOADED, Wiki, logged, pages, proxied, save
from program import Refused, Run

from nmf_topics.corpus.fetch.client import Client, RequestPolicy
from nmf_topics.corpus.fetch.login import PASSWORD, TOKEN, USER, Credentials, log_in, read_credentials
from nmf_topics.errors import ContactRequired, FetchError, LoginError

BOT, SECRET, ACCESS = "Admin@reader", "0123456789abcdef0123456789abcdef", "token-of-a-test"
# A wiki that nobody reads without logging in. MediaWiki's OAuth extension is not in Debian's package, so this is the
# session provider that it would add, for one token.
PRIVATE = """<?php
$wgGroupPermissions['*']['read'] = false;
class TokenSessions extends MediaWiki\\Session\\ImmutableSessionProviderWithCookie {
	public function __construct( array $params = [] ) { parent::__construct( $params + [ 'priority' => 40 ] ); }
	public function provideSessionInfo( WebRequest $request ) {
		if ( $request->getHeader( 'Authorization' ) !== 'Bearer token-of-a-test' ) { return null; }
		return new MediaWiki\\Session\\SessionInfo( 40, [ 'provider' => $this, 'id' => null, 'forceUse' => true,
			'userInfo' => MediaWiki\\Session\\UserInfo::newFromName( 'Admin', true ), 'persisted' => false ] );
	}
}
$wgSessionProviders['TokenSessions'] = [ 'class' => TokenSessions::class, 'args' => [ [] ] ];
"""


@pytest.fixture(scope="module")
def private(empty_wiki: Wiki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wiki]:
    """A running wiki of 120 pages that only its members may read; one of them has a bot password."""
    wiki = Wiki(tmp_path_factory.mktemp("private") / "wiki")
    shutil.copytree(empty_wiki.folder, wiki.folder)
    texts = tmp_path_factory.mktemp("texts")
    for number in range(120):
        save(texts, f"Secret {number:03d}", f"Words of page {number}, for members.\n[[Category:Secrets]]", LOADED)
    wiki.load(texts)
    script = CODE / "maintenance" / "createBotPassword.php"
    command = ["php", script, "--appid", "reader", "--grants", "basic,highvolume", "Admin", SECRET]
    environment = {**os.environ, "MW_CONFIG_FILE": str(wiki.folder / "LocalSettings.php")}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    wiki.start()
    (wiki.folder / "extra.php").write_text(PRIVATE)  # not before: `wiki start` waits for a public answer
    yield wiki
    wiki.stop()


def titles(folder: str) -> list[str]:
    """Titles of the pages of a corpus."""
    return [page["title"] for page in pages(Path(folder))]


@pytest.mark.wiki
def test_a_private_wiki_says_what_it_needs(private: Wiki, refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a login, and with a wrong one, the message names the variables, and never shows a secret."""
    said = refused(1, "fetch", "Secret 001", "--wiki", private.api, "-o", "c")
    assert "You need read permission" in said
    assert USER in said
    assert TOKEN in said
    monkeypatch.setenv(USER, BOT)
    monkeypatch.setenv(PASSWORD, "wrong-secret")
    said = refused(1, "fetch", "Secret 001", "--wiki", private.api, "-o", "c")
    assert f"login as {BOT} refused: Incorrect username or password" in said
    assert "wrong-secret" not in said
    monkeypatch.delenv(USER)
    monkeypatch.delenv(PASSWORD)
    monkeypatch.setenv(TOKEN, "wrong-token")
    said = refused(1, "fetch", "Secret 001", "--wiki", private.api, "-o", "c")
    assert f"the wiki does not accept the access token of {TOKEN}" in said
    assert "wrong-token" not in said


@pytest.mark.wiki
def test_login_with_a_bot_password(private: Wiki, ok: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot password opens a private wiki, with high limits 120 pages at once; no file has the secret."""
    monkeypatch.setenv(USER, BOT)
    monkeypatch.setenv(PASSWORD, SECRET)
    with proxied(private.api, tmp_path / "log") as api:
        result = ok("fetch", "--category", "Secrets", "--wiki", api, "--text", "wikitext", "-o", "c")
        assert f"as {BOT}" in result.stderr
        entries = logged(tmp_path / "log")
        # token, login, rights; the wiki, the category, 120 titles, 120 texts
        assert len(entries) == 7
        assert [entry["method"] for entry in entries if SECRET in entry["form"]] == ["POST"]
        assert not any(SECRET in entry["path"] for entry in entries)
        assert all(entry["asked"]["assert"] == "user" for entry in entries[3:])
        assert ok("fetch", "-o", "c").exit_code == 0
        assert len(logged(tmp_path / "log")) == 7  # nothing is left to ask for, so there is no login either
    assert len(titles("c")) == 120
    for path in Path("c").iterdir():
        assert SECRET.encode() not in path.read_bytes()


@pytest.mark.wiki
def test_login_with_an_access_token(private: Wiki, ok: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An access token goes into the header of each request to the wiki that is named, and to no other."""
    monkeypatch.setenv(TOKEN, ACCESS)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password else\n")
    (tmp_path / ".netrc").chmod(0o600)
    with proxied(private.api, tmp_path / "log") as api, proxied(private.api, tmp_path / "other") as other:
        ok("fetch", "Secret 001", "--wiki", api, "-o", "c")
        headers = [entry["headers"].get("Authorization") for entry in logged(tmp_path / "log")]
        assert headers == [f"Bearer {ACCESS}"] * len(headers)
        run_other = Client(RequestPolicy(tries=1), credentials=Credentials(token=ACCESS))
        run_other.log_in_at(api)
        with pytest.raises(FetchError, match="read permission"):
            run_other.api(other, {"action": "query", "meta": "siteinfo"})
        assert [entry["headers"].get("Authorization") for entry in logged(tmp_path / "other")] == [None]
    assert titles("c") == ["Secret 001"]


@pytest.mark.wiki
def test_a_session_that_ends_is_opened_again(private: Wiki, tmp_path: Path) -> None:
    """When the session has ended, the client logs in again, once."""
    client = Client(RequestPolicy(tries=1), credentials=Credentials(BOT, SECRET))
    with proxied(private.api, tmp_path / "log") as api:
        client.log_in_at(api)
        asked = {"action": "query", "meta": "userinfo"}
        assert client.api(api, asked)["query"]["userinfo"]["name"] == "Admin"
        client._session.cookies.clear()
        assert client.api(api, asked)["query"]["userinfo"]["name"] == "Admin"
    assert [entry["asked"].get("action") for entry in logged(tmp_path / "log")].count("login") == 2


@pytest.mark.wiki
def test_classify_reads_a_private_wiki(
    private: Wiki, fitted: Path, ok: Run, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`classify --title` logs in to the wiki that --wiki names; the host of a pasted URL gets no credentials."""
    monkeypatch.setenv(TOKEN, ACCESS)
    assert "Secret 001" in ok("classify", "--title", "Secret 001", "--wiki", private.api, "--csv").stdout
    url = private.api.replace("/w/api.php", "/wiki/Secret_001")
    refused = run("classify", "--url", url)
    assert refused.exit_code == 1
    assert "read permission" in refused.stderr
    assert run("fetch", url).exit_code == 1


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({USER: "A@b"}, f"{PASSWORD} is not set"),
        ({PASSWORD: "x"}, f"{USER} is not set"),
        ({USER: "A@b", PASSWORD: "x", TOKEN: "y"}, "not both"),
        ({TOKEN: "a b"}, "not an access token"),
        ({TOKEN: "a\nEvil: header"}, "not an access token"),
        ({TOKEN: "é"}, "not an access token"),
    ],
)
def test_incomplete_credentials(
    environment: dict[str, str], said: str, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials that are incomplete or cannot be sent are an error before any request."""
    with pytest.raises(LoginError, match=said):
        read_credentials(environment)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert said in refused(2, "fetch", "A", "--wiki", "https://wiki.test/w/api.php")


def test_credentials_are_not_sent_unencrypted(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wiki elsewhere that is not reached by https gets no credentials, and no request at all."""
    monkeypatch.setenv(TOKEN, ACCESS)
    assert "not reached by https" in refused(1, "fetch", "A", "--wiki", "http://wiki.test/w/api.php", "-o", "c")
    assert ACCESS not in repr(Credentials(token=ACCESS, password=ACCESS))


def test_a_login_answered_with_something_else() -> None:
    """A reply that is not MediaWiki's is a login error, not a crash."""
    for reply in ({}, {"query": []}, {"query": {"tokens": {"logintoken": "x"}}}):
        with pytest.raises(LoginError, match="unexpected response"):
            log_in(Credentials("A@b", "x"), lambda form, reply=reply: reply)  # type: ignore[misc]


def test_wikimedia_is_never_called_without_a_contact() -> None:
    """The client itself refuses, whoever calls it: a service that a corpus was set to is found out only on the way."""
    client = Client(RequestPolicy())
    for ask in (client.json, lambda url: client.api(url, {})):
        with pytest.raises(ContactRequired, match=r"wikimedia\.org requires a contact address"):
            ask("https://wikimedia.org/api/rest_v1")
    assert client.requests == 0
