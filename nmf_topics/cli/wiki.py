"""What the commands that call a wiki have in common: which wiki, who calls, and with which credentials."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import click

from nmf_topics.cli.console import Console
from nmf_topics.cli.wording import worded
from nmf_topics.corpus.fetch.client import Client, RequestPolicy, is_wikimedia, missing_contact
from nmf_topics.corpus.fetch.login import read_credentials
from nmf_topics.corpus.fetch.page_reference import PageReference, reference_of_url
from nmf_topics.corpus.fetch.single import read_pages
from nmf_topics.corpus.fetch.site import wikipedia
from nmf_topics.corpus.page import Page
from nmf_topics.errors import FetchError, LoginError

NOTABLE = 1.0  # seconds of a wait that are said


contact_option = click.option(
    "--contact",
    envvar="NMF_TOPICS_CONTACT",
    metavar="ADDRESS",
    help="Your e-mail address or page, which Wikimedia requires; also NMF_TOPICS_CONTACT.",
)
wiki_option = click.option("--wiki", metavar="URL", help="api.php of another MediaWiki: https://host/w/api.php.")


def address_of_api(address: str) -> str:
    """An address of api.php, checked."""
    try:
        split = urlsplit(address)
        good = split.scheme in ("http", "https") and bool(split.hostname) and split.path.endswith("api.php")
        good = good and not split.query and not split.username and split.port != 0
    except ValueError:
        good = False
    if not good:
        raise click.BadParameter(
            f"{address!r} is not the address of an api.php, such as https://host/w/api.php", param_hint="--wiki"
        )
    return address


def require_contact(client: Client, *addresses: str) -> None:
    """Refuse to call Wikimedia's hosts without an address that reaches the caller."""
    contact = client.manners.contact
    if contact and not (re.fullmatch(r"[ -'*-~]+", contact) and ("@" in contact or "://" in contact)):
        raise click.BadParameter("needs an e-mail address or the URL of a page", param_hint="--contact")
    for address in addresses:
        if is_wikimedia(address) and not contact:
            raise click.UsageError(worded(missing_contact(address)))


def polite_client(contact: str | None, talk: Console, *, timeout: float = 30.0) -> Client:
    """Return a client with a contact for the User-Agent and the credentials of the environment."""

    def on_wait(seconds: float, reason: str) -> None:
        (talk.note if seconds >= NOTABLE else talk.detail)(f"{reason}: waiting {seconds:.1f} s")

    try:
        credentials = read_credentials(os.environ)
    except LoginError as error:
        raise click.UsageError(worded(error)) from error
    return Client(RequestPolicy(contact=(contact or "").strip(), timeout=timeout), on_wait, credentials)


def log_in(client: Client, api: str, talk: Console) -> None:
    """Log in to a wiki before the first request, if the environment has credentials."""
    if client.credentials:
        client.log_in_at(api)
        who = client.credentials.user or "the owner of the access token"
        talk.note(f"logging in to {urlsplit(api).netloc} as {who}")


class AskedPage(NamedTuple):
    """A page that --title or --url names.

    Attributes
    ----------
    name : as it was given
    page : None if it cannot be read
    why : the reason for that
    """

    name: str
    page: Page | None
    why: str


def pages_asked_for(
    titles: Sequence[str], urls: Sequence[str], wiki: str | None, contact: str | None, talk: Console
) -> Iterator[AskedPage]:
    """Yield the pages of --title and --url.

    A wiki that cannot be asked, or a URL that is not one of a page, costs its own pages only.
    """
    client = polite_client(contact, talk)
    api = address_of_api(wiki) if wiki else wikipedia("en")
    wanted: dict[str, list[tuple[str, PageReference]]] = {}
    if titles:
        wanted[api] = [(title, PageReference(title)) for title in titles]
    refused: list[tuple[str, str]] = []
    for url in urls:
        try:
            reference = reference_of_url(url)
        except FetchError as error:
            refused.append((url, worded(error)))
        else:
            wanted.setdefault(reference.api, []).append((url, reference))
    require_contact(client, *wanted)
    if wiki:  # credentials go to a wiki that is named as one, not to the hosts of pasted URLs
        log_in(client, api, talk)
    for at, asked in wanted.items():
        waiting = deque(asked)
        try:
            for _, page, why in read_pages([reference for _, reference in asked], at, client):
                yield AskedPage(waiting.popleft()[0], page, why)
        except FetchError as error:
            refused += [(name, worded(error)) for name, _ in waiting]
    for name, why in refused:
        yield AskedPage(name, None, why)
