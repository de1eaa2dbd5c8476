"""fetch --also-language: the pages of a corpus in other languages, each in a corpus beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from nmf_topics.cli.console import Console
from nmf_topics.corpus.fetch.corpus_folder import is_fetched
from nmf_topics.corpus.fetch.fetch import Fetch, Result
from nmf_topics.corpus.fetch.ledger import REMOVED
from nmf_topics.corpus.fetch.other_languages import find_titles, selection_of, settings_for, titles_without_owner
from nmf_topics.corpus.fetch.restore import open_journal, recorded_settings


@dataclass(frozen=True, slots=True)
class LanguageCorpus:
    """The corpus of another language.

    Attributes
    ----------
    folder, language : where it is, and the code of the language
    lacking : pages of the first corpus that have no page in the language
    result : None where no page has one
    """

    folder: Path
    language: str
    lacking: int
    result: Result | None

    def summary(self) -> dict[str, object]:
        """Return what --json says of it."""
        about: dict[str, object] = {"corpus": str(self.folder), "language": self.language, "lacking": self.lacking}
        manifest = self.result.manifest if self.result else {"pages": 0}
        return about | {name: manifest[name] for name in ("complete", "pages", "words", "counts") if name in manifest}


def fetch_languages(run: Fetch, result: Result, folder: Path, talk: Console, *, refresh: bool) -> list[LanguageCorpus]:
    """Fetch the pages of a corpus in the other languages of its settings."""
    corpora = []
    owners = {row.pageid: row for row in result.rows if row.status == "ok" and row.text is not None}
    removed = {str(row.pageid) for row in result.rows if row.note == REMOVED and row.pageid}
    titles = {pageid: run.journal.get(*row.text)["title"] or row.title for pageid, row in owners.items() if row.text}
    for language in run.settings.also_language:
        assert run.site is not None
        found = find_titles(sorted(owners), language, run.client, run.site, run.journal)
        place = folder.with_name(f"{folder.name}-{language}")
        lacking = len(owners) - len(found)
        if not found and not is_fetched(place):
            talk.warn(f"none of the {len(owners)} pages has a page in the language {language}")
            corpora.append(LanguageCorpus(place, language, lacking, None))
            continue
        with open_journal(place, tell=talk.note) as journal:
            recorded = recorded_settings(journal)
            settings = settings_for(language, (api for _, api in found.values()), run.settings, recorded)
            leaving = titles_without_owner(removed, journal.all("ask").values(), journal)
            if fresh := set(leaving) - set(settings.removed_with_owner):
                what = "1 page leaves" if len(fresh) == 1 else f"{len(fresh)} pages leave"
                talk.note(f"{what} {place}, as the pages that they belong to were removed: {', '.join(sorted(fresh))}")
            settings = replace(settings, removed_with_owner=leaving)
            run.client.log_in_at(settings.wiki)
            asks = selection_of(found, titles, settings.wiki, journal.all("ask").values())
            talk.note(f"{len(found)} of {len(owners)} pages have a page in {language}, which goes into {place}")
            fetch = Fetch(run.client, journal, settings, workers=run.workers, tell=talk.note, progress=talk.progress)
            other = fetch.run(place, asks, refresh=refresh and bool(recorded))
        corpora.append(LanguageCorpus(place, language, lacking, other))
    return corpora
