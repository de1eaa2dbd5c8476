"""nmf-topics fetch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click

from nmf_topics.cli.common import PrintingOptions, force_option, output_option, printing_options
from nmf_topics.cli.console import Console
from nmf_topics.cli.fetch_languages import LanguageCorpus, fetch_languages
from nmf_topics.cli.fetch_options import (
    FetchCommand,
    RequestOptions,
    SelectOptions,
    SettingOptions,
    check_options,
    request_options,
    select_options,
    setting_options,
)
from nmf_topics.cli.fetch_selection import read_selection, refuse_unrelated
from nmf_topics.cli.fetch_settings import choose_settings, describe_changes, describe_settings
from nmf_topics.cli.wiki import log_in, polite_client, require_contact
from nmf_topics.cli.wording import worded
from nmf_topics.corpus.fetch.changes import describe_effects
from nmf_topics.corpus.fetch.client import Client
from nmf_topics.corpus.fetch.corpus_folder import LEDGER, corpus_of_dump, is_fetched, read_manifest
from nmf_topics.corpus.fetch.fetch import Fetch, Result
from nmf_topics.corpus.fetch.pins import foreign_wiki
from nmf_topics.corpus.fetch.plan import Plan, plan_of
from nmf_topics.corpus.fetch.removal import remove_titles, take_back
from nmf_topics.corpus.fetch.restore import ledger_of, open_journal, read_journal, recorded_settings
from nmf_topics.corpus.fetch.selections import Ask
from nmf_topics.corpus.page import Page
from nmf_topics.corpus.plain import safe_name
from nmf_topics.corpus.readers.streams import meter_of, split_endings
from nmf_topics.corpus.reading_log import MAX_NAMES, join_some
from nmf_topics.errors import ContactRequired, FetchError
from nmf_topics.files.json_files import json_text

ARTICLE: Ask = {"top": 1000, "year": 2018, "month": None}  # the corpus of the article, with --quality good


@click.command(cls=FetchCommand)
@click.argument("pages", nargs=-1, metavar="[TITLE ...]")
@select_options
@setting_options
@request_options
@output_option("Corpus folder.  [default: corpora/NAME]")
@force_option
@printing_options
def fetch(
    pages: tuple[str, ...],
    select: SelectOptions,
    wanted: SettingOptions,
    requests: RequestOptions,
    output: Path | None,
    force: bool,
    printing: PrintingOptions,
) -> None:
    """Fetch pages from Wikipedia or another MediaWiki.

    TITLE is the title or the URL of a page. If no pages are named, the 1000 most viewed pages of English Wikipedia of
    2018 that are good or featured articles are fetched into corpora/wikipedia. When a fetch is stopped, the same
    command continues it and asks for no page twice; further pages are added to the folder of -o. ledger.csv says what
    became of each title. Private wikis are read with a bot password in NMF_TOPICS_WIKI_USER and
    NMF_TOPICS_WIKI_PASSWORD, or an access token in NMF_TOPICS_WIKI_TOKEN; http_proxy and https_proxy are respected.

    \b
    Example:
      nmf-topics fetch "Iron Man 3" "The Avengers (2012 film)" --contact you@example.org -o corpora/films
      nmf-topics fetch --top 500 --year 2024 --quality featured --contact you@example.org
      nmf-topics fetch Tea Coffee Mate --as-of 2020-12-31 --contact you@example.org --plan
    """
    check_options(select, wanted)
    talk = printing.console()
    if select.dump is not None:
        folder = output or Path("corpora") / safe_name(split_endings(select.dump.name)[0])
        _read_dump(select.dump, folder, wanted, talk, force=force, as_json=printing.as_json)
        return
    selection = read_selection(pages, select, talk.warn)
    folder = output or Path("corpora") / selection.name
    if requests.refresh and not is_fetched(folder):
        hint = _suggest(folder) or "; fetch it without --refresh first"
        raise FetchError(f"there is no corpus to refresh in {folder}{hint}")
    journal = read_journal(folder)
    recorded = recorded_settings(journal)
    quality = "any" if selection else "good"
    settings = choose_settings(wanted, recorded, quality=quality, wiki=selection.api())
    asks = selection.asks(settings.wiki)
    if not asks and not (recorded and output):
        asks = [ARTICLE]
        if output:
            talk.note(f"{folder} is new and no pages are named: the corpus of the article{_suggest(folder)}")
    if recorded:
        settings = take_back(asks, settings, journal)
    if wanted.remove:
        if recorded is None:
            raise FetchError(f"there is no corpus in {folder} to remove pages from")
        settings = remove_titles(wanted.remove, (row.title for row in ledger_of(folder)), settings, journal)
    if not output:
        refuse_unrelated(folder, journal, asks)
    if theirs := foreign_wiki(asks, settings.wiki):
        hint = f"{folder} is a corpus from another wiki" if recorded else f"fetch them with --wiki {theirs}"
        raise FetchError(f"these revisions are from {theirs}, not from {settings.wiki}; {hint}")
    effects: list[str] = []
    if recorded and (changes := describe_changes(recorded, settings)):
        effects = [f"changed: {changes}"]
        effects += describe_effects(ledger_of(folder), journal, recorded, settings)
    client = polite_client(requests.contact, talk, timeout=requests.timeout)
    if recorded or settings.wiki != selection.api() or wanted.wiki:  # not a host that only a pasted URL names
        log_in(client, settings.wiki, talk)
    if requests.plan:
        if any("titles" not in ask and "pins" not in ask and "top" not in ask for ask in asks) or requests.refresh:
            require_contact(client, settings.wiki)
        plan = plan_of(asks, settings, client, journal, refresh=requests.refresh)
        _print_plan(plan, effects, folder, client, printing.as_json)
        return
    only_removes = (
        recorded and not asks and not requests.refresh and set(settings.changes_from(recorded)) == {"removed"}
    )
    if not only_removes:  # which asks the wiki nothing
        lists = any("top" in ask for ask in [*asks, *journal.all("ask").values()])
        require_contact(client, settings.wiki, settings.pageviews if lists else "")
    if recorded:
        count = len(journal.all("ask"))
        before = f"{count} selection{'s'[: count != 1]} so far"
        talk.note(f"continuing {folder} ({before}) with {describe_settings(settings)}")
    if journal.is_refreshing:
        talk.note(f"a refresh of {folder} was not finished; it is continued first")
    for effect in effects:
        talk.note(effect)
    also: list[LanguageCorpus] = []
    with open_journal(folder, force=force, tell=talk.note) as journal:
        run = Fetch(client, journal, settings, workers=requests.workers, tell=talk.note, progress=talk.progress)
        try:
            result = run.run(folder, asks, refresh=requests.refresh)
            also = fetch_languages(run, result, folder, talk, refresh=requests.refresh)
        except ContactRequired as error:
            raise click.UsageError(worded(error)) from error
        except (FetchError, KeyboardInterrupt) as error:
            kept = _kept(run, folder)
            if isinstance(error, FetchError):
                raise FetchError(f"{worded(error)}; {kept}") if kept else error from error
            if kept:
                talk.note(kept)
            raise
    _name_left_out(result, folder, talk)
    _report(result, also, folder, client, printing.as_json)


def _suggest(folder: Path) -> str:
    """A corpus whose name is near."""
    from difflib import get_close_matches

    found = [path for place in {folder.parent, Path("corpora")} if place.is_dir() for path in place.iterdir()]
    corpora = {path.name: path for path in found if is_fetched(path)}
    close = get_close_matches(folder.name, corpora, n=1)
    return f"; did you mean {corpora[close[0]]}?" if close else ""


def _kept(run: Fetch, folder: Path) -> str:
    """What is there of a corpus whose fetch was stopped; "" if nothing is."""
    if run.pages:
        return f"{run.pages} pages are kept in {folder}; run the same command again to continue"
    if run.pages is None and (pages := read_manifest(folder).get("pages")):
        return f"{folder} keeps its {pages} pages as they were; run the same command again to continue"
    return ""


def _print_plan(plan: Plan, effects: list[str], folder: Path, client: Client, as_json: bool) -> None:
    remarks = [*effects, *map(worded, plan.remarks)]
    if as_json:
        document = {"schema": 1, "corpus": str(folder), "requests": plan.requests, "seconds": round(plan.seconds)}
        document |= {"steps": [{"for": what, "requests": number} for what, number in plan.steps]}
        click.echo(json_text({**document, "remarks": remarks}))
        return
    for what, number in plan.steps:
        click.echo(f"{number:7,} {what}")
    time = timedelta(seconds=round(plan.seconds))
    click.echo(f"{plan.requests:7,} requests at most, {client.manners.per_minute} a minute: about {time}")
    for remark in remarks:
        click.echo(f"        {remark}")


def _name_left_out(result: Result, folder: Path, talk: Console) -> None:
    """Name the titles that are no page of the wiki; there are often typing errors among them."""
    rest = f", see {folder / LEDGER}"
    for status, what in {"missing": "no such page", "disambiguation": "a disambiguation page"}.items():
        if titles := [repr(row.title) for row in result.rows if row.status == status]:
            talk.note(f"{what}: {join_some(titles)}{rest if len(titles) > MAX_NAMES else ''}")
    if invalid := [f"{row.title!r} ({row.note})" for row in result.rows if row.status == "invalid"]:
        talk.note(f"cannot be fetched: {join_some(invalid)}{rest if len(invalid) > MAX_NAMES else ''}")


def _report(result: Result, also: list[LanguageCorpus], folder: Path, client: Client, as_json: bool) -> None:
    """What it came to; raises when that is not what was asked for."""
    manifest = result.manifest
    if as_json:
        document = {"schema": 1, "corpus": str(folder), "requests": client.requests}
        document |= {key: manifest[key] for key in ("complete", "pages", "words", "counts", "sha256")}
        document |= {"also": [other.summary() for other in also]} if also else {}
        click.echo(json_text(document))
    else:
        click.echo(f"{folder}: {manifest['pages']:,} pages, {manifest['words']:,} words")
        click.echo(", ".join(f"{status} {count:,}" for status, count in manifest["counts"].items()))
        for other in also:
            if other.result:
                found = other.result.manifest
                click.echo(f"{other.folder}: {found['pages']:,} pages, {found['words']:,} words")
    if outdated := result.outdated:
        keep = f"{outdated} pages keep an older version" if outdated > 1 else "1 page keeps an older version"
        raise FetchError(f"{keep}, see {folder / 'ledger.csv'}; the same command tries them again")
    if failed := manifest["counts"].get("failed", 0):
        raise FetchError(f"{failed} titles failed, see {folder / 'ledger.csv'}; the same command tries them again")
    for other in also:
        if other.result and not other.result.complete:
            raise FetchError(f"titles failed, see {other.folder / 'ledger.csv'}; the same command tries them again")
    if not manifest["pages"]:
        raise FetchError(f"none of the titles became a page; {folder / 'ledger.csv'} says why")


def _read_dump(path: Path, folder: Path, wanted: SettingOptions, talk: Console, *, force: bool, as_json: bool) -> None:
    """--dump: a corpus from a file, with no wiki at all."""
    from collections import Counter

    from nmf_topics.corpus.mediawiki.dumps import dump_pages

    left_out: Counter[str] = Counter()
    meter = meter_of(path)
    with talk.progress("pages", share=meter.share) as progress:

        def counted() -> Iterator[Page]:
            for page in dump_pages(path, warn=talk.warn, left_out=left_out, meter=meter):
                progress.step(page.title)
                yield page

        manifest = corpus_of_dump(
            counted(),
            folder,
            dump=path.name,
            left_out=left_out,
            min_words=1 if wanted.min_words is None else wanted.min_words,
            limit=wanted.limit,
            force=force,
        )
    if as_json:
        names = ("complete", "pages", "words", "counts", "left_out", "sha256")
        document = {"schema": 1, "corpus": str(folder)} | {key: manifest[key] for key in names}
        click.echo(json_text(document))
    else:
        click.echo(f"{folder}: {manifest['pages']:,} pages, {manifest['words']:,} words")
