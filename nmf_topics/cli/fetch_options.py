"""The options of fetch, under the headings that its help shows, and the combinations of them that make no sense."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import click
from click.core import ParameterSource

from nmf_topics.cli.common import Finite, Text
from nmf_topics.cli.option_fields import option, option_group, same_option
from nmf_topics.cli.option_groups import GroupedCommand
from nmf_topics.cli.wiki import contact_option, wiki_option
from nmf_topics.corpus.fetch.settings import PAGEVIEWS, QUALITIES

GROUPS = {
    "Which pages": "titles category intersect depth search hits links top year month pin dump".split(),
    "From where": "language also-language wiki pageviews".split(),
    "Which of them are kept": "quality min-words limit remove".split(),
    "Text of a page": "text intro section whole as-of".split(),
    "How": "contact plan refresh workers timeout".split(),
    "Output": "output force json quiet verbose help".split(),
}


class FetchCommand(GroupedCommand):
    """`fetch`, whose options have headings of their own."""

    groups = GROUPS


_count = partial(option, metavar="N")
_file = partial(option, type=click.Path(path_type=Path), metavar="FILE")
_texts = partial(option, type=Text(), multiple=True)


@dataclass(frozen=True)
class SelectOptions:
    """Which pages are fetched, besides those that the arguments name."""

    titles: Path | None = _file(
        "--titles", help="Fetch the pages that a file lists: titles, wikilinks or URLs, one on each line."
    )
    category: tuple[str, ...] = _texts("--category", metavar="NAME", help="Fetch a category; repeat for several.")
    intersect: bool = option("--intersect", is_flag=True, help="Fetch only pages that are in each --category.")
    depth: int = option(
        "--depth", type=click.IntRange(0, 20), default=0, show_default=True, help="Levels of subcategories to include."
    )
    search: tuple[str, ...] = _texts("--search", metavar="QUERY", help="Fetch the results of the wiki's search.")
    hits: int = _count(
        "--hits",
        type=click.IntRange(1, 10_000),
        default=500,
        show_default=True,
        help="Results of a search to consider.",
    )
    links: tuple[str, ...] = _texts(
        "--links", metavar="PAGE", help="Fetch the articles that a page, say a list, links to."
    )
    top: int | None = _count(
        "--top", type=click.IntRange(min=1), help="Fetch the N most viewed pages that pass the filters."
    )
    year: int = option(
        "--year", type=click.IntRange(2015, 2100), default=2018, show_default=True, help="Year of --top."
    )
    month: int | None = option("--month", type=click.IntRange(1, 12), help="Month of --top.  [default: the whole year]")
    pin: Path | None = _file(
        "--pin", help="Fetch exact revisions: the ledger.csv of a corpus, or a table with a column revid."
    )
    dump: Path | None = _file("--dump", help="Take all pages of a pages-articles dump, without a network.")


@dataclass(frozen=True)
class SettingOptions:
    """What holds for all pages of a corpus; the folder records it."""

    language: str = option("--language", default="en", show_default=True, help="Language of the Wikipedia.")
    also_language: str | None = option(
        "--also-language",
        type=Text(),
        metavar="CODES",
        help="Fetch the same pages in these languages (de,fr), too, into corpora/NAME-de and so on; 'none' ends it.",
    )
    wiki: str | None = same_option(wiki_option)
    pageviews: str = option(
        "--pageviews",
        default=PAGEVIEWS,
        show_default=True,
        metavar="URL",
        help="Service that lists the pages of --top.",
    )
    quality: str | None = option(
        "--quality",
        type=click.Choice(QUALITIES),
        help="Keep good articles (featured ones included), or featured articles only.  [default: any]",
    )
    min_words: int | None = _count(
        "--min-words", type=click.IntRange(min=0), help="Keep pages of at least N words.  [default: 1]"
    )
    limit: int | None = _count("--limit", type=click.IntRange(min=0), help="Keep at most N pages; 0 removes the limit.")
    remove: tuple[str, ...] = _texts(
        "--remove",
        metavar="TITLE",
        help="Remove a page from the corpus of -o, whatever selects it; fetch its title to take it back.",
    )
    text: Literal["extracts", "wikitext"] | None = option(
        "--text",
        type=click.Choice(["extracts", "wikitext"]),
        help="Plain text of the wiki, best but one page a request; or source, 50 pages a request, cleaned here."
        "  [default: extracts, if the wiki has them]",
    )
    intro: bool = option("--intro", is_flag=True, help="Take the introduction of each page only; 20 pages a request.")
    section: tuple[str, ...] = _texts(
        "--section", metavar="NAME", help="Take this section of each page; repeat for several."
    )
    whole: bool = option("--whole", is_flag=True, help="Take whole pages again, after --intro or --section.")
    as_of: str | None = option(
        "--as-of",
        type=Text(),
        metavar="DATE",
        help="Take the text of each page as it was at the end of a day (2020-02-29), or at a time in UTC; 'now' for "
        "the present. Categories, links, searches, redirects and --quality are those of today.",
    )


@dataclass(frozen=True)
class RequestOptions:
    """How the wiki is asked."""

    contact: str | None = same_option(contact_option)
    plan: bool = option(
        "--plan", is_flag=True, help="Print how many requests a fetch takes, and how long; fetch nothing."
    )
    refresh: bool = option("--refresh", is_flag=True, help="Ask which pages have changed, and fetch those again.")
    workers: int = option(
        "--workers",
        type=click.IntRange(1, 3),
        default=1,
        show_default=True,
        help="Requests under way at once; faster only if the wiki takes longer than a third of a second to answer.",
    )
    timeout: float = option(
        "--timeout",
        type=Finite(min=0.1),
        default=30.0,
        show_default=True,
        help="Give up after this many seconds without data.",
    )


select_options = option_group(SelectOptions, "select")
setting_options = option_group(SettingOptions, "wanted")
request_options = option_group(RequestOptions, "requests")

# option -> the option without which it means nothing
_NEEDS = {
    "intersect": "category",
    "depth": "category",
    "hits": "search",
    "year": "top",
    "month": "top",
    "remove": "output",
}
_EXCLUDE = (
    ("whole", "intro", "--whole takes whole pages, --intro their introductions"),
    ("whole", "section", "--whole takes whole pages, --section parts of them"),
    ("pin", "also_language", "--pin names exact revisions, which other languages have not"),
    ("section", "also_language", "--section names sections in one language; --also-language goes with --intro"),
    ("pin", "as_of", "--pin names exact revisions, so --as-of has nothing to choose"),
)


def check_options(select: SelectOptions, wanted: SettingOptions) -> None:
    """Refuse options that contradict each other, or that have no effect.

    Raises
    ------
    click.UsageError
        Naming the options.
    """
    values = click.get_current_context().params
    if select.dump is not None:
        kept = {"dump", "min_words", "limit", "output", "force", "json"}
        if others := sorted(name for name in values if name not in kept and _is_typed(name)):
            raise click.UsageError(
                f"--dump takes all pages of a file, filtered by --min-words and --limit only, not by {_flag(others[0])}"
            )
    for name, needed in _NEEDS.items():
        if _is_typed(name) and not values[needed]:
            raise click.UsageError(f"{_flag(name)} has an effect only with {_flag(needed)}")
    for one, other, why in _EXCLUDE:
        if values[one] and values[other]:
            raise click.UsageError(why)
    if select.intersect and len(select.category) < 2:
        raise click.UsageError("--intersect needs at least two --category options")
    if wanted.as_of and wanted.text == "extracts":
        raise click.UsageError("--as-of reads wikitext, as the wiki makes extracts of the present revision only")


def _is_typed(name: str) -> bool:
    """Whether an option stands on the command line."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def _flag(name: str) -> str:
    return {"output": "-o", "pages": "titles"}.get(name, "--" + name.replace("_", "-"))
