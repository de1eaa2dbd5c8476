"""Removing pages from a corpus, and taking them back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from nmf_topics.corpus.fetch.journal import Journal
from nmf_topics.corpus.fetch.page_reference import read_reference
from nmf_topics.corpus.fetch.selections import Ask
from nmf_topics.corpus.fetch.settings import Settings
from nmf_topics.corpus.fetch.titles import written
from nmf_topics.errors import NothingFound


def remove_titles(titles: Iterable[str], asked: Iterable[str], settings: Settings, journal: Journal) -> Settings:
    """Return the settings of a corpus without some of its pages.

    Parameters
    ----------
    titles : as in the ledger, or of the pages themselves; also as wikilinks or URLs
    asked : the titles of the ledger

    Raises
    ------
    NothingFound
        When the corpus has no such title.
    """
    by_title = {written(title): title for title in asked}
    removed = dict.fromkeys(settings.removed)
    own_titles = {found["title"] for found in journal.all("title").values() if found.get("title")}
    for title in titles:
        name = written(read_reference(title).title)
        page = (journal.get("title", name) or {}).get("title", "")
        known = page or by_title.get(name) or (name if name in own_titles else "")
        if not known:
            raise NothingFound(f"there is no page {name!r} in the corpus{_suggest(name, [*by_title, *own_titles])}")
        removed[known] = None
    return replace(settings, removed=tuple(removed))


def _suggest(name: str, titles: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, titles, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def take_back(asks: Iterable[Ask], settings: Settings, journal: Journal) -> Settings:
    """Return the settings of a corpus in which the titles that are asked for by name are not removed any more."""
    named = [written(title) for ask in asks for title in ask.get("titles", ())]
    pages = {(journal.get("title", name) or {}).get("title", "") for name in named}
    kept = {*named, *pages}
    return replace(settings, removed=tuple(title for title in settings.removed if title not in kept))
