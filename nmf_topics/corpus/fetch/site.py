"""What a wiki is: its address, names of namespaces, licence, language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from nmf_topics.corpus.fetch.client import Client
from nmf_topics.corpus.fetch.journal import Journal
from nmf_topics.corpus.fetch.reply import a_dict, dicts, expect_line, parts
from nmf_topics.errors import FetchError


@dataclass(frozen=True, slots=True)
class Site:
    """What a wiki says about itself (siteinfo).

    Attributes
    ----------
    api : address of api.php
    name, language, main_page : the wiki's own
    extensions : names
    namespaces : number -> its names, in lower case
    base : URL of a page, with $1 for its title
    license : of the texts; "" if the wiki names none
    quality_marks : title of a category -> the quality that it gives, good or featured
    """

    api: str
    name: str
    language: str
    main_page: str
    extensions: frozenset[str]
    namespaces: dict[int, frozenset[str]]
    base: str
    license: str
    license_url: str
    quality_marks: Mapping[str, str] = field(default_factory=dict)

    def address(self, title: str) -> str:
        """Return the URL of a page."""
        return self.base.replace("$1", quote(title.replace(" ", "_"), safe=";@$!*(),/~:"))

    def namespace(self, title: str) -> int:
        """Return the number of the namespace of a title."""
        prefix, colon, _ = title.partition(":")
        name = " ".join(prefix.replace("_", " ").split()).lower()
        numbers = [number for number, names in self.namespaces.items() if name in names]
        return numbers[0] if colon and numbers else 0

    @property
    def assesses(self) -> bool:
        """Whether the wiki assesses the quality of pages (PageAssessments)."""
        return "PageAssessments" in self.extensions

    @property
    def local_category(self) -> frozenset[str]:
        """The names of the namespace of categories."""
        return self.namespaces.get(14, frozenset()) | {"category"}


def wikipedia(language: str) -> str:
    """Return the URL of api.php of the Wikipedia in a language."""
    return f"https://{language}.wikipedia.org/w/api.php"


def read_site(client: Client, api: str, journal: Journal) -> Site:
    """Ask a wiki for its siteinfo, unless the journal has it."""
    before = journal.get("site", "")
    if before and before["api"] != api:
        raise FetchError(f"this corpus is from {before['api']}, not {api}; choose another place with -o")
    found = journal.get("site", "", any_round=False)
    if found is None:
        question = {"action": "query", "meta": "siteinfo"}
        question["siprop"] = "general|extensions|rightsinfo|namespaces|namespacealiases"
        found = {}
        for answer in parts(client, api, question):
            found |= a_dict(answer.get("query"))
        found = _essence(found)
        journal.write([("site", "", {"api": api, **found})])
    rights = found["rights"]
    return Site(
        api=api,
        name=found["name"],
        language=found["language"],
        main_page=found["main_page"],
        extensions=frozenset(found["extensions"]),
        namespaces={int(number): frozenset(names) for number, names in found["namespaces"].items()},
        base=found["base"],
        license=rights["text"] or rights["url"],
        license_url=rights["url"],
    )


def _essence(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of siteinfo that are used, checked."""
    general, rights = a_dict(answer.get("general")), a_dict(answer.get("rightsinfo", {}))
    names: dict[str, set[str]] = {}
    for number, space in a_dict(answer.get("namespaces", {})).items():
        space = a_dict(space)
        names[str(int(number))] = {expect_line(space.get(key)).lower() for key in ("name", "canonical")} - {""}
    for alias in dicts(answer.get("namespacealiases")):
        if str(alias.get("id")) in names:
            names[str(alias["id"])].add(expect_line(alias.get("alias")).lower())
    server = expect_line(general.get("server"))
    server = f"https:{server}" if server.startswith("//") else server
    path = expect_line(general.get("articlepath")) or "/wiki/$1"
    if urlsplit(server).scheme not in ("http", "https"):
        raise FetchError(f"the wiki says that it is at {server!r}, which is no address")
    return {
        "name": expect_line(general.get("sitename")) or "the wiki",
        "language": expect_line(general.get("lang")) or "en",
        "main_page": expect_line(general.get("mainpage")),
        "generator": expect_line(general.get("generator")),
        "extensions": sorted(expect_line(extension.get("name")) for extension in dicts(answer.get("extensions"))),
        "namespaces": {number: sorted(found) for number, found in names.items()},
        "base": server + path,
        "rights": {"url": expect_line(rights.get("url")), "text": expect_line(rights.get("text"))},
    }
