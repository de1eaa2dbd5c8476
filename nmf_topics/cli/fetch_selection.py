"""What a call of fetch selects: which pages, the name of their folder, and whether they belong to the corpus there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import click

from nmf_topics.cli.fetch_options import SelectOptions
from nmf_topics.corpus.fetch.corpus_folder import read_manifest
from nmf_topics.corpus.fetch.journal import Journal
from nmf_topics.corpus.fetch.page_reference import PageReference, read_reference
from nmf_topics.corpus.fetch.pins import pins_in
from nmf_topics.corpus.fetch.select import titles_in
from nmf_topics.corpus.fetch.selections import Ask
from nmf_topics.corpus.plain import safe_name
from nmf_topics.corpus.readers.streams import split_endings
from nmf_topics.errors import FetchError

DEFAULT_NAME = "wikipedia"


@dataclass
class Selection:
    """What a call of fetch selects.

    Attributes
    ----------
    titles : pages by title or URL, one list for each option that names pages
    hubs : pages whose links are asked for
    others : everything else, as the library takes it
    name : of the folder under corpora, if none is given
    """

    titles: list[list[PageReference]] = field(default_factory=list)
    hubs: list[PageReference] = field(default_factory=list)
    others: list[Ask] = field(default_factory=list)
    name: str = ""

    def __bool__(self) -> bool:
        return bool(self.titles or self.hubs or self.others)

    def add_name(self, name: str) -> None:
        """Name the folder after the first thing that is asked for."""
        self.name = self.name or name

    def api(self) -> str:
        """The wiki that the page URLs point to; "" where there are none, or of several wikis."""
        pages = [reference for references in (*self.titles, self.hubs) for reference in references]
        found = {reference.api for reference in pages if reference.api}
        return found.pop() if len(found) == 1 else ""

    def asks(self, api: str) -> list[Ask]:
        """Return what is asked of a wiki. A URL of another wiki stays a URL, and the ledger will say so.

        Raises
        ------
        FetchError
            When the links of a page of another wiki are asked for.
        """
        host = _host(api)
        asks: list[Ask] = []
        for references in self.titles:
            titles: dict[str, None] = {}
            pins: dict[int, str] = {}
            for reference in references:
                if reference.api and _host(reference.api) != host:
                    titles[reference.url] = None
                elif reference.revid:
                    pins.setdefault(reference.revid, reference.title or f"revision {reference.revid}")
                else:
                    titles[reference.title] = None
            asks += [{"titles": list(titles)}] if titles else []
            asks += [{"pins": [[title, revid] for revid, title in pins.items()]}] if pins else []
        for hub in self.hubs:
            if not hub.title or (hub.api and _host(hub.api) != host):
                raise FetchError(f"{hub.url or 'a page without a title'} is not a page of {host}")
        return [*asks, *({"links": hub.title} for hub in self.hubs), *self.others]


def _host(api: str) -> str:
    return urlsplit(api).netloc.lower().removeprefix("www.")


def read_selection(pages: Sequence[str], select: SelectOptions, warn: Callable[[str], None]) -> Selection:
    """Read what is asked for: pages that the arguments name, and what the options select."""
    found = Selection()
    if pages:
        found.titles.append([_reference(title) for title in pages])
        found.add_name(_name_of_titles([reference.title or reference.url for reference in found.titles[-1]]))
    if select.titles is not None:
        found.titles.append([_reference(title) for title in titles_in(select.titles, warn)])
        found.add_name(split_endings(select.titles.name)[0])
    categories = list(dict.fromkeys(select.category))
    if select.intersect:
        found.others.append({"intersect": categories, "depth": select.depth})
    else:
        found.others += [{"category": name, "depth": select.depth} for name in categories]
    found.add_name("-".join(categories))
    for query in select.search:
        found.others.append({"search": query, "hits": select.hits})
        found.add_name(query)
    for page in select.links:
        reference = _reference(page)
        found.hubs.append(reference)
        found.add_name(f"links of {reference.title or page}")
    if select.top is not None:
        found.others.append({"top": select.top, "year": select.year, "month": select.month})
        month = f"-{select.month:02d}" if select.month else ""
        found.add_name(f"top-{select.year}{month}")
    if select.pin is not None:
        found.others.append(pins_in(select.pin, warn))
        found.add_name(f"{split_endings(select.pin.name)[0]}-pinned")
    found.name = safe_name(found.name) if found else DEFAULT_NAME
    return found


def _reference(text: str) -> PageReference:
    """Read a title or a URL; a URL that is not one of a page stays what it is, for the ledger."""
    try:
        return read_reference(text)
    except FetchError:
        return PageReference(text)


def _name_of_titles(titles: Sequence[str]) -> str:
    """Name a corpus after its first title.

    Examples
    --------
    >>> _name_of_titles(["Tea", "Coffee", "Mate"])
    'Tea-and-2-more'
    """
    more = len(set(titles)) - 1
    return f"{safe_name(titles[0])[:35]}-and-{more}-more" if more else titles[0]


def refuse_unrelated(folder: Path, journal: Journal, asks: Sequence[Ask]) -> None:
    """Keep a fetch out of the default folder of another one that happens to have the same name.

    A folder without pages, as mistyped titles leave it, may be used for anything.

    Raises
    ------
    click.UsageError
        When the corpus there was asked for something else.
    """
    known = list(journal.all("ask").values())
    if read_manifest(folder).get("pages") == 0:
        return
    if known and not any(_continues(ask, before) for ask in asks for before in known):
        raise click.UsageError(
            f"{folder} holds a corpus of another selection; add -o {folder} to extend it, or -o with another folder"
        )


def _continues(ask: Ask, before: Ask) -> bool:
    """Whether an ask is the one before, or that one and more."""
    for listed in ("titles", "pins"):
        if listed in ask and listed in before:
            pages = {str(item) for item in ask[listed]}
            return pages.issuperset(map(str, before[listed]))
    kind = next(iter(ask))
    own = {name: value for name, value in ask.items() if name not in ("depth", "top", "hits")}
    return kind in before and all(before.get(name) == value for name, value in own.items())
