"""Logging in to a wiki, with a bot password or an OAuth 2.0 access token.

A login opens private wikis, and gives accounts with the right `apihighlimits` ten times as many titles a request. What
proves who the user is comes from environment variables only, so that it is in no shell history and no file of a corpus.

https://www.mediawiki.org/wiki/Manual:Bot_passwords and https://www.mediawiki.org/wiki/OAuth/For_Developers
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nmf_topics.corpus.plain import one_line
from nmf_topics.errors import FetchError, LoginError, Remedy

USER = "NMF_TOPICS_WIKI_USER"
PASSWORD = "NMF_TOPICS_WIKI_PASSWORD"
TOKEN = "NMF_TOPICS_WIKI_TOKEN"
HIGH_LIMITS = "apihighlimits"  # the right to name ten times as many titles in a request
PRIVATE = "readapidenied"  # error code of a wiki that only its members may read
HOW_TO_LOG_IN = Remedy(
    f"if you are a member, set {{{USER}}} and {{{PASSWORD}}} to a bot password, or {{{TOKEN}}} to an access token"
)

Ask = Callable[[Mapping[str, str | int]], Mapping[str, Any]]  # sends one request, in the body of a POST


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to log in: `token`, or else `user` and `password`.

    Attributes
    ----------
    user : name of a bot password, User@bot
    password : the bot password
    token : OAuth 2.0 access token, which is sent with each request
    """

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """Who is logged in, and whether the account may ask for more at once."""

    name: str
    high_limits: bool


def read_credentials(environment: Mapping[str, str]) -> Credentials | None:
    """Read the credentials in environment variables; None where there are none.

    Raises
    ------
    LoginError
        When they are incomplete, or cannot be sent.
    """
    user, password, token = (environment.get(name, "").strip() for name in (USER, PASSWORD, TOKEN))
    if token and (user or password):
        raise LoginError(f"set either {TOKEN}, or {USER} and {PASSWORD}, not both")
    if bool(user) != bool(password):
        raise LoginError(f"{USER} and {PASSWORD} belong together; {PASSWORD if user else USER} is not set")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise LoginError(f"{TOKEN} is not an access token; it holds characters that none has")
    return Credentials(user, password, token) if token or user else None


def log_in(credentials: Credentials, ask: Ask) -> Account:
    """Log in, and find out what the account may do. With a token only the second part is asked for.

    Raises
    ------
    LoginError
        When the wiki refuses.
    FetchError
        When it cannot be asked.
    """
    if not credentials.token:
        tokens = _object(ask({"action": "query", "meta": "tokens", "type": "login"}), "query", "tokens")
        form = {"action": "login", "lgname": credentials.user, "lgpassword": credentials.password}
        reply = _object(ask({**form, "lgtoken": str(tokens.get("logintoken", ""))}), "login")
        if reply.get("result") != "Success":
            reason = one_line(reply.get("reason"))[:300] or one_line(reply.get("result"))[:80]
            said = f"login as {credentials.user} refused: {reason or 'no reason given'}"
            hint = Remedy(f"{{{USER}}} should be the name of a bot password, such as User@bot")
            raise LoginError(said, remedy=None if "@" in credentials.user else hint)
    user: Mapping[str, Any] = {"anon": True}
    try:
        user = _object(ask({"action": "query", "meta": "userinfo", "uiprop": "rights"}), "query", "userinfo")
    except FetchError as error:
        if error.code != PRIVATE:
            raise
    if "anon" in user or not isinstance(user.get("name"), str):
        raise LoginError(f"the wiki does not accept the access token of {TOKEN}")
    rights = user.get("rights")
    return Account(one_line(user["name"]), isinstance(rights, list) and HIGH_LIMITS in rights)


def _object(reply: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """Part of a reply, or LoginError."""
    found: Any = reply
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping):
        raise LoginError(f"unexpected response to a login: no {keys[-1]!r} in it; is this an api.php URL?")
    return found
