"""The options of fetch, under the headings that its help shows, and the combinations of them that make no sense."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from nmf_topics.cli.common import Finite, Text, json_option, stack, talk_options
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


def _file(name: str, help: str) -> Any:
    return click.option(name, type=click.Path(path_type=Path), metavar="FILE", help=help)


def _count(name: str, help: str, *, least: int = 1, most: int | None = None, **settings: Any) -> Any:
    return click.option(name, type=click.IntRange(least, most), metavar="N", help=help, **settings)


fetch_options = stack(
    _file("--titles", "Fetch the pages that a file lists: titles, wikilinks or URLs, one on each line."),
    click.option(
        "--category", type=Text(), multiple=True, metavar="NAME", help="Fetch a category; repeat for several."
    ),
    click.option("--intersect", is_flag=True, help="Fetch only pages that are in each --category."),
    click.option(
        "--depth", type=click.IntRange(0, 20), default=0, show_default=True, help="Levels of subcategories to include."
    ),
    click.option(
        "--search", type=Text(), multiple=True, metavar="QUERY", help="Fetch the results of the wiki's search."
    ),
    _count("--hits", "Results of a search to consider.", most=10_000, default=500, show_default=True),
    click.option(
        "--links",
        type=Text(),
        multiple=True,
        metavar="PAGE",
        help="Fetch the articles that a page, say a list, links to.",
    ),
    _count("--top", "Fetch the N most viewed pages that pass the filters."),
    click.option("--year", type=click.IntRange(2015, 2100), default=2018, show_default=True, help="Year of --top."),
    click.option("--month", type=click.IntRange(1, 12), help="Month of --top.  [default: the whole year]"),
    _file("--pin", "Fetch exact revisions: the ledger.csv of a corpus, or a table with a column revid."),
    _file("--dump", "Take all pages of a pages-articles dump, without a network."),
    click.option("--language", default="en", show_default=True, help="Language of the Wikipedia."),
    click.option(
        "--also-language",
        type=Text(),
        metavar="CODES",
        help="Fetch the same pages in these languages (de,fr), too, into corpora/NAME-de and so on; 'none' ends it.",
    ),
    wiki_option,
    click.option(
        "--pageviews",
        default=PAGEVIEWS,
        show_default=True,
        metavar="URL",
        help="Service that lists the pages of --top.",
    ),
    click.option(
        "--quality",
        type=click.Choice(QUALITIES),
        help="Keep good articles (featured ones included), or featured articles only.  [default: any]",
    ),
    _count("--min-words", "Keep pages of at least N words.  [default: 1]", least=0),
    _count("--limit", "Keep at most N pages; 0 removes the limit.", least=0),
    click.option(
        "--remove",
        type=Text(),
        multiple=True,
        metavar="TITLE",
        help="Remove a page from the corpus of -o, whatever selects it; fetch its title to take it back.",
    ),
    click.option(
        "--text",
        type=click.Choice(["extracts", "wikitext"]),
        help="Plain text of the wiki, best but one page a request; or source, 50 pages a request, cleaned here."
        "  [default: extracts, if the wiki has them]",
    ),
    click.option("--intro", is_flag=True, help="Take the introduction of each page only; 20 pages a request."),
    click.option(
        "--section",
        type=Text(),
        multiple=True,
        metavar="NAME",
        help="Take this section of each page; repeat for several.",
    ),
    click.option("--whole", is_flag=True, help="Take whole pages again, after --intro or --section."),
    click.option(
        "--as-of",
        type=Text(),
        metavar="DATE",
        help="Take the text of each page as it was at the end of a day (2020-02-29), or at a time in UTC; 'now' for "
        "the present. Categories, links, searches, redirects and --quality are those of today.",
    ),
    contact_option,
    click.option("--plan", is_flag=True, help="Print how many requests a fetch takes, and how long; fetch nothing."),
    click.option("--refresh", is_flag=True, help="Ask which pages have changed, and fetch those again."),
    click.option(
        "--workers",
        type=click.IntRange(1, 3),
        default=1,
        show_default=True,
        help="Requests under way at once; faster only if the wiki takes longer than a third of a second to answer.",
    ),
    click.option(
        "--timeout",
        type=Finite(min=0.1),
        default=30.0,
        show_default=True,
        help="Give up after this many seconds without data.",
    ),
    click.option("--output", "-o", type=click.Path(path_type=Path), help="Corpus folder.  [default: corpora/NAME]"),
    click.option("--force", is_flag=True, help="Write into a folder that has other files."),
    json_option,
    talk_options,
)

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


def check_options(options: Mapping[str, Any]) -> None:
    """Refuse options that contradict each other, or that have no effect.

    Raises
    ------
    click.UsageError
        Naming the options.
    """
    if options["dump"] is not None:
        kept = {"dump", "min_words", "limit", "output", "force", "json"}
        if others := sorted(name for name in options if name not in kept and _is_typed(name)):
            raise click.UsageError(
                f"--dump takes all pages of a file, filtered by --min-words and --limit only, not by {_flag(others[0])}"
            )
    for name, needed in _NEEDS.items():
        if _is_typed(name) and not options[needed]:
            raise click.UsageError(f"{_flag(name)} has an effect only with {_flag(needed)}")
    for one, other, why in _EXCLUDE:
        if options[one] and options[other]:
            raise click.UsageError(why)
    if options["intersect"] and len(options["category"]) < 2:
        raise click.UsageError("--intersect needs at least two --category options")
    if options["as_of"] and options["text"] == "extracts":
        raise click.UsageError("--as-of reads wikitext, as the wiki makes extracts of the present revision only")


def _is_typed(name: str) -> bool:
    """Whether an option stands on the command line."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def _flag(name: str) -> str:
    return {"output": "-o", "pages": "titles"}.get(name, "--" + name.replace("_", "-"))
