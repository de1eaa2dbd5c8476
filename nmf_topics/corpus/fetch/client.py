"""A polite HTTP client for the API of MediaWiki.

    requests   one at a time (at most `workers`), a limited number a minute, with the operator's contact, maxlag and
               gzip; GET, or POST where the URL would be too long; through the proxy of http_proxy and https_proxy
    waiting    as long as Retry-After says, else exponential back-off with jitter (urllib3's Retry keeps the count)
    replies    JSON of at most LARGEST bytes, unpacked, from the host that was asked; redirects are not followed

Wikimedia's rules: https://www.mediawiki.org/wiki/API:Etiquette, Manual:Maxlag_parameter and
https://foundation.wikimedia.org/wiki/Policy:User-Agent_policy. Other modules know what the replies mean.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode, urlsplit

from nmf_topics import __version__
from nmf_topics.corpus.fetch.login import HOW_TO_LOG_IN, PRIVATE, Account, Credentials, log_in
from nmf_topics.corpus.plain import one_line
from nmf_topics.errors import ContactRequired, FetchError, LoginError, Remedy, WikiUnreachable

LARGEST = 64 << 20  # bytes of one reply, unpacked; MediaWiki ends its replies at 8 MiB
LONGEST_WAIT = 600.0  # seconds; if a wiki asks for a longer wait, the fetch ends
LONGEST_GET = 4000  # characters; 50 titles of other scripts are longer
SLOWEST = 10  # a reply may take at most this many times the timeout in all
MAXLAG = 5  # seconds; Wikimedia's value for programs that nobody waits for
RETRYABLE_STATUS = {408, 425, 429, 500, 502, 503, 504, 507, 520, 521, 522, 523, 524, 525, 527, 530}
BUSY = {"maxlag", "ratelimited", "readonly"}  # error codes of a wiki that works, but asks to be left alone for a while
LOGGED_OUT = {"assertuserfailed", "assertbotfailed"}  # error codes of a session that has ended
HIGH_PER_MINUTE = 1000  # requests of an account with high limits; Wikimedia allows such accounts 2000 and more
WIKIMEDIA = (
    "wikipedia wikimedia wikidata wiktionary wikisource wikiquote wikibooks wikinews wikiversity wikivoyage "
    "wikifunctions mediawiki wikimediafoundation"
).split()


@dataclass(frozen=True, slots=True)
class RequestPolicy:
    """How often requests are sent and repeated.

    Attributes
    ----------
    contact : e-mail address or page of the operator, for the User-Agent
    timeout : seconds without data after which a request is given up
    per_minute : most requests a minute; Wikimedia allows 200 to anonymous readers with a contact
    tries : how often a request is repeated; `first_tries` while its host has not answered any request
    backoff : seconds before the first repetition; each further wait is twice as long, up to two minutes
    busy : shortest wait, in seconds, when the wiki says that it is busy but not for how long
    """

    contact: str = ""
    timeout: float = 30.0
    per_minute: int = 180
    tries: int = 8
    first_tries: int = 3
    backoff: float = 1.0
    busy: float = 5.0


class RetryableError(Exception):
    """A fault that may pass: the reason, its Retry-After, and whether the wiki itself works."""

    def __init__(self, reason: str, *, after: str | None = None, busy: bool = False, there: bool = True) -> None:
        super().__init__(reason)
        self.reason, self.after, self.busy, self.there = reason, after, busy, there and not busy


def is_wikimedia(url: str) -> bool:
    """Whether a host is one of Wikimedia's, which require a contact."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    return any(host == f"{name}.org" or host.endswith(f".{name}.org") for name in WIKIMEDIA)


def is_loopback(url: str) -> bool:
    """Whether a host is this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # a name
        return False


def missing_contact(url: str) -> ContactRequired:
    """The error of a request that must not be sent."""
    return ContactRequired(
        f"{urlsplit(url).hostname} requires a contact address in the User-Agent",
        remedy=Remedy("give {contact=you@example.org}, or set {NMF_TOPICS_CONTACT}"),
    )


class Client:
    """Sends requests for JSON, and repeats them where that may help.

    Parameters
    ----------
    manners : how often, with which contact
    on_wait : called with each wait: seconds, and the reason
    credentials : sent to the wikis that `log_in_at` names, and to no other host
    """

    def __init__(
        self,
        manners: RequestPolicy,
        on_wait: Callable[[float, str], None] | None = None,
        credentials: Credentials | None = None,
    ) -> None:
        self.manners = manners
        self.requests = 0
        self._on_wait = on_wait or (lambda seconds, reason: None)
        self.credentials = credentials
        self._accounts: dict[str, Account | None] = {}  # by URL of api.php; None until the first request
        self._logging_in = threading.RLock()
        self._lock = threading.Lock()
        self._next = 0.0  # when the next request may begin
        self._answered: set[str] = set()  # hosts
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Send no further request, and end all waiting."""
        self._stopped.set()

    def log_in_at(self, api: str) -> None:
        """Log in to a wiki before the next request to it, if there are credentials.

        Raises
        ------
        LoginError
            When the credentials would be sent unencrypted.
        """
        if self.credentials is None or api in self._accounts:
            return
        if urlsplit(api).scheme != "https" and not is_loopback(api):
            raise LoginError(f"credentials are not sent to {urlsplit(api).netloc}, which is not reached by https")
        self._accounts[api] = None

    def account(self, api: str) -> Account | None:
        """Return the account that is logged in at a wiki, None for an anonymous reader.

        Raises
        ------
        LoginError
            When the wiki refuses the login.
        FetchError
            When the wiki cannot be asked.
        """
        if api not in self._accounts or self.credentials is None:
            return None
        with self._logging_in:
            if (known := self._accounts[api]) is None:
                form: dict[str, str | int] = {"format": "json", "formatversion": 2, "maxlag": MAXLAG}
                known = log_in(
                    self.credentials, lambda asked: self._request_with_retries(api, form | dict(asked), post=True)
                )
                self._accounts[api] = known
        return known

    @property
    def agent(self) -> str:
        """The User-Agent: the program, who runs it, and its library."""
        from importlib.metadata import version

        who = f" ({self.manners.contact})" if self.manners.contact else ""
        return f"nmf-topics/{__version__}{who} python-requests/{version('requests')}"

    @cached_property
    def _session(self) -> Any:
        import requests

        session = requests.Session()
        session.headers.clear()
        session.headers.update({"User-Agent": self.agent, "Accept-Encoding": "gzip", "Accept": "application/json"})
        session.auth = self._authorize  # also keeps a .netrc file from naming other credentials
        return session

    def _authorize(self, request: Any) -> Any:
        """Put the access token into a request to a wiki where the user logs in."""
        if self.credentials and self.credentials.token and request.url.partition("?")[0] in self._accounts:
            request.headers["Authorization"] = f"Bearer {self.credentials.token}"
        return request

    def api(self, url: str, parameters: Mapping[str, str | int]) -> dict[str, Any]:
        """Send one request to an api.php.

        Returns
        -------
        The reply, which holds no error.

        Raises
        ------
        WikiUnreachable
            When the host is not there, stays busy, or does not accept the login.
        FetchError
            When the wiki refuses, or its reply cannot be used.
        """
        common: dict[str, str | int] = {"format": "json", "formatversion": 2, "maxlag": MAXLAG}
        if self.account(url):
            common["assert"] = "user"  # or the limits of an anonymous reader would hold without a word
        try:
            return self._request_with_retries(url, common | dict(parameters))
        except FetchError as error:
            if error.code not in LOGGED_OUT or url not in self._accounts:
                raise
        self._accounts[url] = None  # the session has ended: log in again, once
        self.account(url)
        return self._request_with_retries(url, common | dict(parameters))

    def json(self, url: str) -> dict[str, Any]:
        """Send one request to another service; raises like `api`."""
        return self._request_with_retries(url, {})

    def _request_with_retries(
        self, url: str, parameters: Mapping[str, str | int], *, post: bool = False
    ) -> dict[str, Any]:
        """Send a request until there is a reply, or patience is at its end."""
        if is_wikimedia(url) and not self.manners.contact:
            raise missing_contact(url)
        from urllib3.exceptions import ProtocolError
        from urllib3.util.retry import RequestHistory, Retry

        manners, host, failed = self.manners, urlsplit(url).netloc, 0
        before = RequestHistory("GET", url, None, None, None)  # or Retry would not wait after a first fault
        retry = Retry(
            total=manners.tries,
            allowed_methods=None,
            backoff_factor=manners.backoff / 2,
            backoff_jitter=manners.backoff / 2,
            history=(before,),
        )
        while True:
            try:
                answer = self._once(url, parameters, post)
                self._answered.add(host)
                return answer
            except RetryableError as fault:
                failed += 1
                wait = self._wait_wanted(fault, retry)
                known = host in self._answered or fault.after or fault.busy
                if failed > (manners.tries if known else manners.first_tries):
                    kind = FetchError if fault.there else WikiUnreachable
                    raise kind(f"{host}: {fault.reason}, {failed} times in a row") from fault
                if wait > LONGEST_WAIT:
                    raise WikiUnreachable(f"{host} wants to be left alone for {wait:.0f} s ({fault.reason})") from fault
                retry = retry.increment("GET", url, error=ProtocolError(fault.reason))
                wait = max(wait, retry.get_backoff_time())
                self._on_wait(wait, fault.reason)
                self._stopped.wait(wait)

    def _wait_wanted(self, fault: RetryableError, retry: Any) -> float:
        """How long the wiki asks to wait, in seconds."""
        from urllib3.exceptions import InvalidHeader

        if fault.after:
            try:
                return float(retry.parse_retry_after(fault.after))
            except (InvalidHeader, OverflowError):
                pass
        return self.manners.busy if fault.busy else 0.0

    def _once(self, url: str, parameters: Mapping[str, str | int], post: bool) -> dict[str, Any]:
        import requests
        from urllib3.exceptions import HTTPError

        self._take_turn(url)
        if self._stopped.is_set():
            raise WikiUnreachable("stopped")
        form = urlencode(parameters)
        post = post or len(url) + len(form) > LONGEST_GET
        try:
            with self._session.request(
                "POST" if post else "GET",
                url if post or not form else f"{url}?{form}",
                data=form if post else None,
                headers={"Content-Type": "application/x-www-form-urlencoded"} if post else None,
                timeout=self.manners.timeout,
                allow_redirects=False,
                stream=True,
            ) as reply:
                body = self._body(reply, url)
                _check_status(reply, body, url)
                return _read_json(reply, body, url)
        except requests.exceptions.InvalidProxyURL as error:
            raise WikiUnreachable("the proxy in http_proxy or https_proxy is not a URL") from error
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, UnicodeError) as error:
            if "SOCKS" in str(error):
                raise WikiUnreachable(
                    "a SOCKS proxy needs the package PySocks", remedy=Remedy("try: pip install PySocks")
                ) from error
            raise FetchError(f"{one_line(url)} is not a URL ({one_line(error)})") from error
        except (requests.exceptions.Timeout, TimeoutError) as error:
            raise RetryableError(f"silent for {self.manners.timeout:g} s", there=False) from error
        except (requests.exceptions.RequestException, HTTPError, OSError) as error:
            raise RetryableError(_plainly(error), there=False) from error

    def _take_turn(self, url: str) -> None:
        """Wait until the next request may begin; there is no limit for a wiki on this machine."""
        account = self._accounts.get(url)
        rate = HIGH_PER_MINUTE if account and account.high_limits else self.manners.per_minute
        pause = 0.0 if is_loopback(url) else 60 / rate
        with self._lock:
            self.requests += 1
            now = time.monotonic()
            begins = max(now, self._next)
            self._next = begins + pause
        if begins > now:
            self._stopped.wait(begins - now)

    def _body(self, reply: Any, url: str) -> bytes:
        """Read and unpack the body, within limits of size and time."""
        packing = reply.headers.get("Content-Encoding", "").strip().lower()
        if packing not in ("", "identity", "gzip"):
            raise FetchError(f"{urlsplit(url).netloc} sends {one_line(packing)[:40]!r}, which nobody asked for")
        pieces, size = [], 0
        ends = time.monotonic() + SLOWEST * self.manners.timeout
        while piece := reply.raw.read1(1 << 16, decode_content=True):
            pieces.append(piece)
            size += len(piece)
            if size > LARGEST:
                raise FetchError(f"{urlsplit(url).netloc} sends more than {LARGEST >> 20} MiB at once; refused")
            if time.monotonic() > ends:
                raise RetryableError(f"not done after {SLOWEST * self.manners.timeout:g} s", there=False)
        return b"".join(pieces)


def _check_status(reply: Any, body: bytes, url: str) -> None:
    """Raise the error of a status other than 200."""
    status, host = reply.status_code, urlsplit(url).netloc
    if status == 200:
        return
    if 300 <= status < 400:
        target = one_line(reply.headers.get("Location"))[:200]
        raise FetchError(
            f"{host} redirects to {target!r}, which is not followed",
            remedy=Remedy("if that is right, name it with {wiki}"),
        )
    if status in RETRYABLE_STATUS:
        raise RetryableError(f"HTTP {status}", after=reply.headers.get("Retry-After"), busy=status == 429)
    if status == 401:
        raise FetchError(f"{host} does not accept the login (HTTP 401)", status=status)
    if status == 403:
        advice = "this wiki may need a login, or does not answer your network"
        if is_wikimedia(url):
            advice = "Wikimedia requires a {contact} address that reaches you, and blocks networks of data centres"
        raise WikiUnreachable(f"{host} answers HTTP 403: blocked", status=status, remedy=Remedy(advice))
    raise FetchError(f"{host} answers HTTP {status} for {urlsplit(url).path}", status=status)


def _read_json(reply: Any, body: bytes, url: str) -> dict[str, Any]:
    """Return the JSON of a reply, or raise the error that it holds."""
    host = urlsplit(url).netloc
    try:
        answer = json.loads(body)
    except RecursionError as error:
        raise FetchError(f"{host} answers JSON nested deeper than any wiki's; refused") from error
    except ValueError as error:
        html = body.lstrip()[:1] == b"<"
        raise RetryableError("HTML instead of JSON" if html else "JSON that is broken or cut off") from error
    if not isinstance(answer, dict):
        raise FetchError(f"{host} answers JSON that is no object; is it the address of an api.php?")
    if "error" not in answer:
        return answer
    refusal = answer["error"] if isinstance(answer["error"], dict) else {}
    code, info = one_line(refusal.get("code"))[:80], one_line(refusal.get("info"))[:300]
    if code in BUSY:
        raise RetryableError(f"busy ({code})", after=reply.headers.get("Retry-After"), busy=True)
    if code.startswith("internal_api_error"):
        raise RetryableError(f"error inside the wiki ({code})")
    said = f"{host} refuses: {info or 'no reason given'} ({code or 'no code'})"
    raise FetchError(said, code=code, remedy=HOW_TO_LOG_IN if code == PRIVATE else None)


def _plainly(error: Exception) -> str:
    """Describe a failed connection in plain words."""
    text = str(error)
    for sign, said in (
        ("Unable to connect to proxy", "the proxy of http_proxy or https_proxy cannot be used"),
        ("NameResolution", "no such host, or no network"),
        ("Connection refused", "nobody listens there"),
        ("CERTIFICATE", "a certificate that is not trusted"),
        ("SSL", "no secure connection"),
        ("reset", "connection reset"),
        ("timed out", "silence"),
        ("IncompleteRead", "an answer cut off"),
    ):
        if sign in text:
            return said
    return f"connection broken ({type(error).__name__})"
