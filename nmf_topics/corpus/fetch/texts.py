"""Texts of pages, by one of two ways; each is written down as it comes.

    extracts   the wiki makes plain text (TextExtracts), one page a request; the best text
    wikitext   the source, 50 pages a request, made plain here; of any revision, and always the same

A page's fact is {text, revid, timestamp, title, pageid, words, way}; of one that is set aside, {status, note}.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from nmf_topics.corpus.fetch.client import Client
from nmf_topics.corpus.fetch.journal import Fact, Journal
from nmf_topics.corpus.fetch.reply import a_dict, a_number, a_text, a_time, dicts, expect_line, parts
from nmf_topics.corpus.fetch.site import Site
from nmf_topics.corpus.fetch.titles import BATCH, batch_size
from nmf_topics.corpus.mediawiki.sections import cut_end_matter, plain_headings
from nmf_topics.errors import FetchError, Remedy, WikiUnreachable

Way = Literal["extracts", "wikitext"]
Key = tuple[str, str]  # kind and key of the fact that a text becomes
GIVE_UP = 3  # pages in a row without an answer: then it is not the pages
GONE = {"status": "missing", "note": "deleted meanwhile"}  # what is a fact in place of a text
FORMULA = "{\\displaystyle"


def request_size(way: Way) -> int:
    """Pages a request."""
    return 1 if way == "extracts" else BATCH


def choose_way(wanted: Way | None, site: Site) -> Way:
    """The way that is wanted, or else the best there is.

    Raises
    ------
    FetchError
        When extracts are wanted from a wiki that makes none.
    """
    offered = "TextExtracts" in site.extensions
    if wanted == "extracts" and not offered:
        raise FetchError(f"{site.name} makes no extracts (it lacks TextExtracts)", remedy=Remedy("try {text=wikitext}"))
    return wanted or ("extracts" if offered else "wikitext")


def read_texts(
    keys: Sequence[Key],
    way: Way,
    client: Client,
    site: Site,
    journal: Journal,
    *,
    workers: int = 1,
    on_page: Callable[[str], None] = lambda title: None,
) -> dict[Key, str]:
    """Ask for texts and write them down.

    Parameters
    ----------
    keys : ("page", page id) or, of wikitext only, ("revision", revision id)
    workers : requests on their way at once
    on_page : told the title of each page that came

    Returns
    -------
    What could not be had, and why; it is not written down, so that it is asked for again another time.

    Raises
    ------
    WikiUnreachable
        When there is no use in going on.
    """
    ask = _extract if way == "extracts" else _sources

    def work(batch: Sequence[Key]) -> tuple[set[Key], FetchError | None]:
        came: set[Key] = set()
        try:
            for facts in ask(batch, client, site):
                journal.write(facts)
                came |= {(kind, key) for kind, key, _ in facts}
                for _, _, value in facts:
                    on_page(value.get("title", ""))
        except WikiUnreachable:
            raise
        except FetchError as error:
            return came, error
        return came, None

    size = batch_size(client, site) if keys and way == "wikitext" else request_size(way)
    batches = [keys[first : first + size] for first in range(0, len(keys), size)]
    failed: dict[Key, str] = {}
    in_a_row = 0
    for batch, (came, error) in _at_once(batches, work, workers, client):
        in_a_row = in_a_row + 1 if error else 0
        if in_a_row == GIVE_UP:
            raise WikiUnreachable(f"{GIVE_UP} requests in a row failed; the last: {error}") from error
        failed |= {
            key: error.message if error else "the wiki does not answer to it" for key in batch if key not in came
        }
    return failed


Batch = Sequence[Key]
Done = tuple[set[Key], FetchError | None]


def _at_once(
    batches: Sequence[Batch], work: Callable[[Batch], Done], workers: int, client: Client
) -> Iterator[tuple[Batch, Done]]:
    """Work on so many batches at once, and give the results in their order."""
    if workers == 1:
        for batch in batches:
            yield batch, work(batch)
        return
    from collections import deque
    from concurrent.futures import Future, ThreadPoolExecutor

    under_way: deque[tuple[Batch, Future[Done]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for batch in batches:
                under_way.append((batch, pool.submit(work, batch)))
                if len(under_way) == workers:
                    first, future = under_way.popleft()
                    yield first, future.result()
            for first, future in under_way:
                yield first, future.result()
        except BaseException:
            client.stop()  # or the others would wait out their patience before this one may end
            raise


def _extract(batch: Sequence[Key], client: Client, site: Site) -> Iterator[list[Fact]]:
    """The extract of one page; a second one would not come in the same answer."""
    ((kind, key),) = batch
    question: dict[str, str | int] = {"action": "query", "pageids": key, "prop": "extracts|revisions"}
    question |= {"explaintext": 1, "exsectionformat": "wiki", "exlimit": 1, "rvprop": "ids|timestamp"}
    found: dict[str, Any] = {}
    for answer in parts(client, site.api, question):
        for page in dicts(a_dict(answer.get("query", {})).get("pages")):
            found |= page
    if found.get("missing"):
        yield [(kind, key, GONE)]
    elif isinstance(found.get("extract"), str) and found.get("revisions"):
        text = plain_extract(a_text(found["extract"]), site.language)
        yield [(kind, key, _fact(found, dicts(found["revisions"])[0], text, "extracts"))]
    else:
        raise FetchError(f"the wiki sends no extract of page {key}", remedy=Remedy("try {text=wikitext}"))


def _sources(batch: Sequence[Key], client: Client, site: Site) -> Iterator[list[Fact]]:
    """The sources of up to 50 pages, as many at a time as the wiki likes to send."""
    from nmf_topics.corpus.mediawiki.disambiguation import is_disambiguation
    from nmf_topics.corpus.mediawiki.wikitext import clean_wikitext

    kind = batch[0][0]
    wanted = {key for _, key in batch}
    question: dict[str, str | int] = {"action": "query", "prop": "revisions", "rvslots": "main"}
    question |= {"rvprop": "ids|timestamp|content", "pageids" if kind == "page" else "revids": "|".join(sorted(wanted))}
    for answer in parts(client, site.api, question):
        query = a_dict(answer.get("query", {}))
        facts: list[Fact] = []
        for page in dicts(query.get("pages")):
            if page.get("missing") and kind == "page":
                facts.append((kind, str(page.get("pageid")), GONE))
            for revision in dicts(page.get("revisions")):  # an empty list: it comes in a later part
                slot = a_dict(a_dict(revision.get("slots", {})).get("main", {}))
                if "content" not in slot and not (slot.get("texthidden") or slot.get("textmissing")):
                    continue
                source = a_text(slot.get("content"))
                key = str(page.get("pageid") if kind == "page" else revision.get("revid"))
                if kind == "page" and is_disambiguation(source, site.language):  # not all wikis tell so themselves
                    aside = {"status": "disambiguation", "note": "", "revid": a_number(revision.get("revid"))}
                    facts.append((kind, key, aside))
                    continue
                text = clean_wikitext(source, language=site.language)
                facts.append((kind, key, _fact(page, revision, text, "wikitext")))
        for key in a_dict(query.get("badrevids", {})):
            facts.append((kind, str(key), {"status": "missing", "note": "no such revision"}))
        facts = [fact for fact in facts if fact[1] in wanted]
        wanted -= {key for _, key, _ in facts}
        if facts:
            yield facts


def _fact(page: dict[str, Any], revision: dict[str, Any], text: str, way: Way) -> dict[str, Any]:
    return {
        "title": expect_line(page.get("title")),
        "pageid": a_number(page.get("pageid")),
        "revid": a_number(revision.get("revid")),
        "timestamp": a_time(revision.get("timestamp")),
        "way": way,
        "words": len(text.split()),
        "text": text,
    }


def plain_extract(extract: str, language: str) -> str:
    """An extract as prose: no end matter, no TeX, headings as lines of their own.

    Examples
    --------
    >>> plain_extract("Tea is a drink.\\n\\n\\n== History ==\\nOld.\\n\\n\\n== See also ==\\nCoffee", "en")
    'Tea is a drink.\\n\\nHistory\\nOld.'
    """
    text = plain_headings(cut_end_matter(without_formulas(extract), language))
    lines = [line.strip() for line in text.split("\n")]
    kept = [line for i, line in enumerate(lines) if line or (i and lines[i - 1])]  # one blank line at most
    return "\n".join(kept).strip()


def without_formulas(text: str) -> str:
    """The text without the TeX that stands beside each formula, as deep as its braces go.

    Examples
    --------
    >>> without_formulas("Energy {\\\\displaystyle E={mc}^{2}} is mass.")
    'Energy  is mass.'
    """
    kept: list[str] = []
    place = 0
    while (start := text.find(FORMULA, place)) >= 0:
        depth, end = 0, start
        while end < len(text):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
            if depth == 0:
                break
        if depth:  # braces that never close: a text about TeX
            break
        kept.append(text[place:start])
        place = end
    return "".join(kept) + text[place:]
