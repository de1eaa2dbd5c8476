"""nmf-topics fetch."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from nmf_topics.cli.common import Finite, json_option, talk_of, talk_options
from nmf_topics.cli.talk import Talk
from nmf_topics.cli.wiki import address_of_api, contact_option, polite_client, require_contact, wiki_option
from nmf_topics.cli.wording import worded
from nmf_topics.corpus.page import Page
from nmf_topics.corpus.plain import safe_name
from nmf_topics.corpus.streams import meter_of, split_endings
from nmf_topics.corpus.wikipedia.client import Client
from nmf_topics.corpus.wikipedia.corpusfolder import corpus_of_dump
from nmf_topics.corpus.wikipedia.fetch import Ask, Fetch, Result
from nmf_topics.corpus.wikipedia.journal import Journal, is_journalled
from nmf_topics.corpus.wikipedia.ledger import Filters
from nmf_topics.corpus.wikipedia.plan import Plan, plan_of
from nmf_topics.corpus.wikipedia.select import PAGEVIEWS, pins_in, titles_in
from nmf_topics.corpus.wikipedia.site import wikipedia
from nmf_topics.errors import FetchError

ARTICLE: Ask = {"top": 1000, "year": 2018, "month": None}  # the corpus of the article, with --quality good
QUALITIES = ("any", "good", "featured")


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
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Pages, at most.")
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
    asks, name = _asks(options, talk)
    folder = options["output"] or Path("corpora") / name
    former = _former(folder) if options["output"] and not asks else {}
    asks = asks if asks or former else [ARTICLE]
    api = _api(options, former)
    client = polite_client(options, talk)
    if options["plan"]:
        if any("category" in ask for ask in asks):
            require_contact(client, api)
        with Journal(folder if is_journalled(folder) else None) as journal:
            plan = plan_of(asks, api, options["text"], options["limit"], client, journal)
        _print_plan(plan, folder, client, options["json"])
        return
    require_contact(client, api, options["pageviews"] if any("top" in ask for ask in asks) else "")
    filters = _filters(options, former, article=asks == [ARTICLE])
    with Journal(folder, force=options["force"]) as journal:
        run = Fetch(
            api,
            client,
            journal,
            filters,
            way=options["text"] or former.get("filters", {}).get("way"),
            workers=options["workers"],
            pageviews=options["pageviews"],
            language=options["language"],
            tell=talk.note,
            progress=talk.progress,
        )
        if known := len(journal.all("ask")):
            talk.note(f"{folder} was asked for {known} selection{'s'[: known > 1]} before; this goes on from there")
        try:
            result = run.run(folder, asks, refresh=options["refresh"])
        except (FetchError, KeyboardInterrupt) as error:
            if not run.pages:
                raise
            kept = f"{run.pages} pages are kept in {folder}; the same command goes on from there"
            if isinstance(error, FetchError):
                raise FetchError(f"{worded(error)}; {kept}") from error
            talk.note(kept)
            raise
    _report(result, folder, client, options["json"])


def _asks(options: dict[str, Any], talk: Talk) -> tuple[list[Ask], str]:
    """What is asked for, and a name for it."""
    asks: list[Ask] = []
    names: list[str] = []
    if options["pages"]:
        asks.append({"titles": list(dict.fromkeys(options["pages"]))})
        names.append("pages")
    if options["titles"] is not None:
        asks.append({"titles": list(dict.fromkeys(titles_in(options["titles"], talk.warn)))})
        names.append(split_endings(options["titles"].name)[0])
    if options["category"] is not None:
        asks.append({"category": options["category"], "depth": options["depth"]})
        names.append(options["category"])
    if options["top"] is not None:
        asks.append({"top": options["top"], "year": options["year"], "month": options["month"]})
        month = f"-{options['month']:02d}" if options["month"] else ""
        names.append(f"top-{options['year']}{month}")
    if options["pin"] is not None:
        asks.append({"pins": [list(pin) for pin in pins_in(options["pin"], talk.warn)]})
        names.append(f"{split_endings(options['pin'].name)[0]}-pinned")
    return asks, safe_name(names[0]) if names else "wikipedia"


def _former(folder: Path) -> dict[str, Any]:
    """Wiki and filters of a corpus that is to be gone on with."""
    if not is_journalled(folder):
        return {}
    with Journal(folder) as journal:
        site, filters = journal.get("site", ""), journal.get("filters", "")
        return {"api": site["api"], "filters": filters or {}} if site and journal.all("ask") else {}


def _filters(options: dict[str, Any], former: dict[str, Any], *, article: bool) -> Filters:
    """What is given; else what held for this corpus before; else the defaults."""
    names = ("quality", "min_words", "limit")
    given = {name: options[name] for name in names if options[name] is not None}
    before = {name: former["filters"][name] for name in names if name in former.get("filters", {})}
    return Filters(**{**({"quality": "good"} if article else {}), **before, **given})


def _api(options: dict[str, Any], former: dict[str, Any]) -> str:
    """The address of api.php."""
    language = options["language"].lower()
    if not re.fullmatch(r"[a-z][a-z-]{1,15}", language):
        raise click.BadParameter(f"{options['language']!r} is not the code of a Wikipedia", param_hint="--language")
    return address_of_api(options["wiki"]) if options["wiki"] else former.get("api") or wikipedia(language)


def _print_plan(plan: Plan, folder: Path, client: Client, as_json: bool) -> None:
    if as_json:
        document = {"schema": 1, "corpus": str(folder), "requests": plan.requests, "seconds": round(plan.seconds)}
        document |= {"steps": [{"for": what, "requests": number} for what, number in plan.steps]}
        click.echo(json.dumps({**document, "remarks": plan.remarks}, ensure_ascii=False, indent=1))
        return
    for what, number in plan.steps:
        click.echo(f"{number:7,} {what}")
    time = timedelta(seconds=round(plan.seconds))
    click.echo(f"{plan.requests:7,} requests at most, {client.manners.per_minute} a minute: about {time}")
    for remark in plan.remarks:
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
    if failed := manifest["counts"].get("failed", 0):
        raise FetchError(f"{failed} titles failed, see {folder / 'ledger.csv'}; the same command tries them again")
    if not manifest["pages"]:
        raise FetchError(f"none of the titles became a page; {folder / 'ledger.csv'} says why")


def _dump(options: dict[str, Any], talk: Talk) -> None:
    """--dump: a corpus from a file, with no wiki at all."""
    from collections import Counter

    from nmf_topics.corpus.dumps import dump_pages

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
