"""nmf-topics fetch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from nmf_topics.cli.common import Finite, json_option, talk_of, talk_options
from nmf_topics.cli.console import Console
from nmf_topics.cli.fetch_selection import read_selection, refuse_unrelated
from nmf_topics.cli.fetch_settings import choose_settings, describe_changes, describe_settings
from nmf_topics.cli.wiki import contact_option, log_in, polite_client, require_contact, wiki_option
from nmf_topics.cli.wording import worded
from nmf_topics.corpus.fetch.changes import describe_effects
from nmf_topics.corpus.fetch.client import Client
from nmf_topics.corpus.fetch.corpus_folder import corpus_of_dump, is_fetched, read_manifest
from nmf_topics.corpus.fetch.fetch import Ask, Fetch, Result
from nmf_topics.corpus.fetch.pins import foreign_wiki
from nmf_topics.corpus.fetch.plan import Plan, plan_of
from nmf_topics.corpus.fetch.restore import ledger_of, open_journal, read_journal, recorded_settings
from nmf_topics.corpus.fetch.settings import PAGEVIEWS, QUALITIES
from nmf_topics.corpus.page import Page
from nmf_topics.corpus.plain import safe_name
from nmf_topics.corpus.readers.streams import meter_of, split_endings
from nmf_topics.errors import ContactRequired, FetchError

ARTICLE: Ask = {"top": 1000, "year": 2018, "month": None}  # the corpus of the article, with --quality good


@click.command()
@click.argument("pages", nargs=-1, metavar="[TITLE ...]")
@click.option("--titles", type=click.Path(path_type=Path), metavar="FILE", help="Titles, one a line.")
@click.option("--category", metavar="NAME", help="The pages of a category.")
@click.option("--depth", type=click.IntRange(0, 20), default=0, show_default=True, help="Levels of categories below.")
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="The N most viewed pages that fit.")
@click.option("--year", type=click.IntRange(2015, 2100), default=2018, show_default=True, help="Of --top.")
@click.option("--month", type=click.IntRange(1, 12), help="Of --top.  [default: the whole year]")
@click.option("--pin", type=click.Path(path_type=Path), metavar="FILE", help="Exact revisions: somebody's ledger.csv.")
@click.option("--dump", type=click.Path(path_type=Path), metavar="FILE", help="All pages of a pages-articles dump.")
@click.option("--quality", type=click.Choice(QUALITIES), help="Of articles; good includes featured.  [default: any]")
@click.option("--min-words", type=click.IntRange(min=0), metavar="N", help="Words of a page, at least.  [default: 1]")
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="At most N pages; 0 removes the limit.")
@click.option("--language", default="en", show_default=True, help="Of Wikipedia.")
@wiki_option
@click.option("--pageviews", default=PAGEVIEWS, show_default=True, metavar="URL", help="Service that --top asks.")
@click.option(
    "--text",
    type=click.Choice(["extracts", "wikitext"]),
    help="How texts are had.  [default: extracts, where there are any]",
)
@contact_option
@click.option("--refresh", is_flag=True, help="Ask which pages have changed, and fetch those again.")
@click.option("--workers", type=click.IntRange(1, 3), default=1, show_default=True, help="Requests at once.")
@click.option("--timeout", type=Finite(min=0.1), default=30.0, show_default=True, help="Seconds of silence to bear.")
@click.option("--plan", is_flag=True, help="Say what would be asked and how long it would take, and fetch nothing.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Folder.  [default: corpora/NAME]")
@click.option("--force", is_flag=True, help="Write into a folder that holds other files.")
@json_option
@talk_options
def fetch(**options: Any) -> None:
    """Fetch pages of Wikipedia, or of any MediaWiki, into a corpus.

    With nothing named: the 1000 most viewed pages of English Wikipedia of 2018 that are good or featured articles, into
    corpora/wikipedia. Stopped at any point, the same command goes on and asks for no page twice; asked for more, the
    folder grows. What became of each title stands in ledger.csv.

    \b
    Example:
      nmf-topics fetch "Iron Man 3" "The Avengers (2012 film)" --contact you@example.org -o corpora/films
      nmf-topics fetch --top 500 --year 2024 --quality featured --contact you@example.org
    """
    talk = talk_of(options)
    if options["dump"] is not None:
        _dump(options, talk)
        return
    selection = read_selection(options, talk.warn)
    folder = options["output"] or Path("corpora") / selection.name
    if options["refresh"] and not is_fetched(folder):
        hint = _suggest(folder) or "; fetch it without --refresh first"
        raise FetchError(f"there is no corpus to refresh in {folder}{hint}")
    journal = read_journal(folder)
    recorded = recorded_settings(journal)
    defaults = {} if selection else {"quality": "good"}
    settings = choose_settings(options, recorded, defaults=defaults, wiki=selection.api())
    asks = selection.asks(settings.wiki)
    if not asks and not (recorded and options["output"]):
        asks = [ARTICLE]
        if options["output"]:
            talk.note(f"{folder} is new and no pages are named: the corpus of the article{_suggest(folder)}")
    if not options["output"]:
        refuse_unrelated(folder, journal, asks)
    if theirs := foreign_wiki(asks, settings.wiki):
        hint = f"{folder} is a corpus from another wiki" if recorded else f"fetch them with --wiki {theirs}"
        raise FetchError(f"these revisions are from {theirs}, not from {settings.wiki}; {hint}")
    effects: list[str] = []
    if recorded and (changes := describe_changes(recorded, settings)):
        effects = [f"changed: {changes}"]
        effects += describe_effects(ledger_of(folder), journal, recorded, settings)
    client = polite_client(options, talk)
    if recorded or settings.wiki != selection.api() or options["wiki"]:  # not a host that only a pasted URL names
        log_in(client, settings.wiki, talk)
    if options["plan"]:
        if any("category" in ask for ask in asks):
            require_contact(client, settings.wiki)
        plan = plan_of(asks, settings.wiki, settings.text, settings.limit, client, journal)
        _print_plan(plan, effects, folder, client, options["json"])
        return
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
    with open_journal(folder, force=options["force"], tell=talk.note) as journal:
        run = Fetch(client, journal, settings, workers=options["workers"], tell=talk.note, progress=talk.progress)
        try:
            result = run.run(folder, asks, refresh=options["refresh"])
        except ContactRequired as error:
            raise click.UsageError(worded(error)) from error
        except (FetchError, KeyboardInterrupt) as error:
            kept = _kept(run, folder)
            if isinstance(error, FetchError):
                raise FetchError(f"{worded(error)}; {kept}") if kept else error from error
            if kept:
                talk.note(kept)
            raise
    _report(result, folder, client, options["json"])


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
    remarks = [*effects, *plan.remarks]
    if as_json:
        document = {"schema": 1, "corpus": str(folder), "requests": plan.requests, "seconds": round(plan.seconds)}
        document |= {"steps": [{"for": what, "requests": number} for what, number in plan.steps]}
        click.echo(json.dumps({**document, "remarks": remarks}, ensure_ascii=False, indent=1))
        return
    for what, number in plan.steps:
        click.echo(f"{number:7,} {what}")
    time = timedelta(seconds=round(plan.seconds))
    click.echo(f"{plan.requests:7,} requests at most, {client.manners.per_minute} a minute: about {time}")
    for remark in remarks:
        click.echo(f"        {remark}")


def _report(result: Result, folder: Path, client: Client, as_json: bool) -> None:
    """What it came to; raises when that is not what was asked for."""
    manifest = result.manifest
    if as_json:
        document = {"schema": 1, "corpus": str(folder), "requests": client.requests}
        document |= {key: manifest[key] for key in ("complete", "pages", "words", "counts", "sha256")}
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        click.echo(f"{folder}: {manifest['pages']:,} pages, {manifest['words']:,} words")
        click.echo(", ".join(f"{status} {count:,}" for status, count in manifest["counts"].items()))
    if outdated := result.outdated:
        keep = f"{outdated} pages keep an older version" if outdated > 1 else "1 page keeps an older version"
        raise FetchError(f"{keep}, see {folder / 'ledger.csv'}; the same command tries them again")
    if failed := manifest["counts"].get("failed", 0):
        raise FetchError(f"{failed} titles failed, see {folder / 'ledger.csv'}; the same command tries them again")
    if not manifest["pages"]:
        raise FetchError(f"none of the titles became a page; {folder / 'ledger.csv'} says why")


def _dump(options: dict[str, Any], talk: Console) -> None:
    """--dump: a corpus from a file, with no wiki at all."""
    from collections import Counter

    from nmf_topics.corpus.mediawiki.dumps import dump_pages

    others = [name for name in ("pages", "titles", "category", "top", "pin", "quality", "text") if options[name]]
    if others or options["refresh"] or options["plan"]:
        raise click.UsageError("--dump takes all pages of a file; what it knows besides is --min-words and --limit")
    path: Path = options["dump"]
    folder = options["output"] or Path("corpora") / safe_name(split_endings(path.name)[0])
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
            min_words=1 if options["min_words"] is None else options["min_words"],
            limit=options["limit"],
            force=options["force"],
        )
    if options["json"]:
        names = ("complete", "pages", "words", "counts", "left_out", "sha256")
        document = {"schema": 1, "corpus": str(folder)} | {key: manifest[key] for key in names}
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        click.echo(f"{folder}: {manifest['pages']:,} pages, {manifest['words']:,} words")
