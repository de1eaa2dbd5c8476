"""What changed settings do to the pages of a corpus, said before it is done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nmf_topics.corpus.fetch.journal import Journal
from nmf_topics.corpus.fetch.ledger import Row
from nmf_topics.corpus.fetch.settings import Settings


def describe_effects(rows: Iterable[Row], journal: Journal, before: Settings, after: Settings) -> list[str]:
    """Say in sentences what becomes of the pages of a corpus under other settings.

    Parameters
    ----------
    rows : of its ledger
    """
    changed = after.changes_from(before)
    rows = list(rows)
    present = [row for row in rows if row.status == "ok"]
    if not present or not changed:
        return []
    said = []
    if changed.keys() & {"quality", "min_words", "limit"}:
        wanted = _PageFilter(journal, after)
        staying = sum(wanted.keeps(row) for row in present)
        staying = staying if after.limit is None else min(staying, after.limit)
        leaving = len(present) - staying
        said.append(
            f"{_pages(leaving)} of {len(present)} will leave the corpus" if leaving else f"all pages stay ({staying})"
        )
        coming = sum(row.status in ("filtered", "too-short") and wanted.may_keep(row) for row in rows)
        coming = coming if after.limit is None else min(coming, after.limit - staying)
        if coming:
            said.append(f"up to {_pages(coming)} that {'was' if coming == 1 else 'were'} left out will come in")
        present = present[:staying]
    if gone := set(after.removed) - set(before.removed):
        places = ", ".join(after.also_language)
        said.append(f"{_pages(len(gone))} will be removed{f', also from the corpora in {places}' if places else ''}")
    if changed.keys() & {"intro", "sections", "as_of"} or ("text" in changed and before.text is not None):
        how = [f"as {after.text}"] if "text" in changed else []
        how += [f"as of {after.as_of}"] if after.as_of else []
        how += [] if after.excerpt.is_whole else [f"only {after.excerpt.name.replace('|', ', ')}"]
        texts = ", ".join([f"the text of {_pages(len(present))} will be fetched again", *how])
        said.append(f"{texts}; the present one stays until all are there")
    if "pageviews" in changed or "language" in changed:
        said.append("the most viewed pages will be listed anew")
    return said


def _pages(number: int) -> str:
    return f"{number} page{'s'[: number != 1]}"


class _PageFilter:
    """Whether pages fit settings, as far as the journal knows."""

    def __init__(self, journal: Journal, settings: Settings) -> None:
        self.settings = settings
        outcomes: list[dict[str, Any]] = list(journal.all("title").values())
        self.qualities = {found["pageid"]: found["quality"] for found in outcomes if found["status"] == "page"}
        self.pinned = {int(revid) for ask in journal.all("ask").values() for _, revid, *_ in ask.get("pins", ())}

    def keeps(self, row: Row) -> bool:
        """Whether a page of the corpus stays."""
        fits = row.revid in self.pinned or self.settings.accepts(self.qualities.get(row.pageid, ""))
        return fits and row.words >= self.settings.min_words

    def may_keep(self, row: Row) -> bool:
        """Whether a title that was left out may come in; beyond the limit, its page is not always known."""
        if not row.pageid:
            return True
        if row.status == "too-short" and row.words < self.settings.min_words:
            return False
        return row.pageid in self.qualities and self.settings.accepts(self.qualities[row.pageid])
