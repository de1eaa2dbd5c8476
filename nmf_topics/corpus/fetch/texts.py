"""Texts of pages, read in one of two ways; each text is saved as it comes.

    extracts   the wiki makes plain text (TextExtracts): one page a request, or 20 introductions; the best text
    wikitext   the source of 50 pages a request, made plain here: any revision, and always the same text

The fact of a page is {text, revid, timestamp, title, pageid, words, way, part}; of one that is set aside it is
{status, note}. `part` is the name of the excerpt, "" for the whole page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Literal

from nmf_topics.corpus.fetch.client import Client
from nmf_topics.corpus.fetch.journal import Fact, Journal
from nmf_topics.corpus.fetch.reply import a_dict, a_number, a_text, a_time, dicts, expect_line, merged_pages, parts
from nmf_topics.corpus.fetch.site import Site
from nmf_topics.corpus.fetch.titles import BATCH, batch_size
from nmf_topics.corpus.formulas import without_formulas
from nmf_topics.corpus.mediawiki.excerpts import WHOLE_PAGE, Excerpt
from nmf_topics.errors import FetchError, Remedy, WikiUnreachable

Way = Literal["extracts", "wikitext"]
Key = tuple[str, str]  # kind and key of the fact that a text becomes
GIVE_UP = 3  # pages in a row without an answer: then it is not the pages
GONE = {"status": "missing", "note": "deleted meanwhile"}  # what is a fact in place of a text
HIDDEN = {"status": "missing", "note": "the text of this revision is hidden"}
LOST = {"status": "missing", "note": "the wiki has lost the text of this revision"}
REDIRECTS = {"status": "filtered", "note": "this revision is a redirect"}
BECAME_REDIRECT = "became a redirect while it was fetched"
_MOVED = {"status": "redirect"}  # not a fact: the title must be resolved again
INTROS = 20  # introductions a request
_REDIRECT = re.compile(r"\s*#[^\W\d_]{2,30}\s*:?\s*\[\[")  # in any language: #REDIRECT [[Tea]], #WEITERLEITUNG [[Tee]]


def request_size(way: Way, excerpt: Excerpt = WHOLE_PAGE) -> int:
    """Return how many pages one request asks for, without high limits."""
    if way == "wikitext":
        return BATCH
    return INTROS if excerpt.intro and not excerpt.sections else 1


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
    excerpt: Excerpt = WHOLE_PAGE,
    workers: int = 1,
    on_page: Callable[[str], None] = lambda title: None,
) -> dict[Key, str]:
    """Ask for texts and save them.

    Parameters
    ----------
    keys : ("page", page id) or, of wikitext only, ("revision", revision id)
    excerpt : which part of each page is its text
    workers : requests under way at once
    on_page : told the title of each page that came

    Returns
    -------
    What could not be had, and why; it is not written down, so that it is asked for again another time.

    Raises
    ------
    WikiUnreachable
        When there is no use in going on.
    """
    ask = partial(_extracts if way == "extracts" else _sources, excerpt=excerpt)

    def work(batch: Sequence[Key]) -> Done:
        reasons = dict.fromkeys(batch, "the wiki does not answer to it")
        try:
            for facts in ask(batch, client, site):
                journal.write([fact for fact in facts if fact[2] is not _MOVED])
                for kind, key, value in facts:
                    if value is _MOVED:
                        reasons[kind, key] = BECAME_REDIRECT
                    else:
                        reasons.pop((kind, key), None)
                        on_page(value.get("title", ""))
        except WikiUnreachable:
            raise
        except FetchError as error:
            return {key: error.message if why != BECAME_REDIRECT else why for key, why in reasons.items()}, error
        return reasons, None

    size = batch_size(client, site) if keys and way == "wikitext" else request_size(way, excerpt)
    batches = [keys[first : first + size] for first in range(0, len(keys), size)]
    failed: dict[Key, str] = {}
    in_a_row = 0
    for reasons, error in _at_once(batches, work, workers, client):
        in_a_row = in_a_row + 1 if error else 0
        if in_a_row == GIVE_UP:
            raise WikiUnreachable(f"{GIVE_UP} requests in a row failed; the last: {error}") from error
        failed |= reasons
    return failed


Batch = Sequence[Key]
Done = tuple[dict[Key, str], FetchError | None]  # the texts that did not come, and why


def _at_once(batches: Sequence[Batch], work: Callable[[Batch], Done], workers: int, client: Client) -> Iterator[Done]:
    """Work on several batches at once, and return the results in order."""
    if workers == 1:
        yield from map(work, batches)
        return
    from collections import deque
    from concurrent.futures import Future, ThreadPoolExecutor

    under_way: deque[Future[Done]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for batch in batches:
                under_way.append(pool.submit(work, batch))
                if len(under_way) == workers:
                    yield under_way.popleft().result()
            for future in under_way:
                yield future.result()
        except BaseException:
            client.stop()  # or the others would wait out their patience before this one may end
            raise


def _extracts(batch: Sequence[Key], client: Client, site: Site, *, excerpt: Excerpt) -> Iterator[list[Fact]]:
    """Ask for the extracts of one page, or of up to 20 introductions: more would not come in the same answer."""
    kind, wanted = batch[0][0], {key for _, key in batch}
    question: dict[str, str | int] = {"action": "query", "pageids": "|".join(key for _, key in batch)}
    question |= {"prop": "extracts|info|revisions", "explaintext": 1, "exsectionformat": "wiki", "exlimit": len(batch)}
    question |= {"rvprop": "ids|timestamp"} | ({"exintro": 1} if request_size("extracts", excerpt) > 1 else {})
    _, pages = merged_pages(parts(client, site.api, question))
    facts: list[Fact] = []
    for page in pages:
        key = str(page.get("pageid"))
        if page.get("missing") or page.get("redirect"):
            facts.append((kind, key, GONE if page.get("missing") else _MOVED))
        elif isinstance(page.get("extract"), str) and page.get("revisions"):
            text = plain_extract(a_text(page["extract"]), site.language, excerpt)
            facts.append((kind, key, _fact(page, dicts(page["revisions"])[0], text, "extracts", excerpt)))
    facts = [fact for fact in facts if fact[1] in wanted]
    if facts:
        yield facts
    if missing := sorted(wanted - {key for _, key, _ in facts}):
        said = f"the wiki sends no extract of page {', '.join(missing)}"
        raise FetchError(said, remedy=Remedy("try {text=wikitext}"))


def _sources(batch: Sequence[Key], client: Client, site: Site, *, excerpt: Excerpt) -> Iterator[list[Fact]]:
    """Ask for the sources of up to 50 pages; as many as the wiki sends at a time are one list of facts."""
    from nmf_topics.corpus.mediawiki.disambiguation import is_disambiguation

    kind, wanted = batch[0][0], {key for _, key in batch}
    question: dict[str, str | int] = {"action": "query", "prop": "info|revisions", "rvslots": "main"}
    question |= {"rvprop": "ids|timestamp|content", "pageids" if kind == "page" else "revids": "|".join(sorted(wanted))}
    for answer in parts(client, site.api, question):
        query = a_dict(answer.get("query", {}))
        facts: list[Fact] = []
        for page in dicts(query.get("pages")):
            if kind == "page" and (page.get("missing") or page.get("redirect")):
                facts.append((kind, str(page.get("pageid")), GONE if page.get("missing") else _MOVED))
                continue
            for revision in dicts(page.get("revisions")):  # an empty list: it comes in a later part
                slot = a_dict(a_dict(revision.get("slots", {})).get("main", {}))
                key, source = str(page.get("pageid") if kind == "page" else revision.get("revid")), slot.get("content")
                if slot.get("texthidden") or slot.get("textmissing"):
                    facts.append((kind, key, HIDDEN if slot.get("texthidden") else LOST))
                elif not isinstance(source, str):
                    continue
                elif kind == "page" and is_disambiguation(source, site.language):  # not all wikis tell so themselves
                    aside = {"status": "disambiguation", "note": "", "revid": a_number(revision.get("revid"))}
                    facts.append((kind, key, aside))
                elif kind == "revision" and _REDIRECT.match(source):
                    facts.append((kind, key, REDIRECTS))
                else:
                    facts.append((kind, key, _fact_of_source(page, revision, source, site.language, excerpt)))
        for key in a_dict(query.get("badrevids", {})):
            facts.append((kind, str(key), {"status": "missing", "note": "no such revision"}))
        facts = [fact for fact in facts if fact[1] in wanted]
        wanted -= {key for _, key, _ in facts}
        if facts:
            yield facts


def _fact_of_source(
    page: dict[str, Any], revision: dict[str, Any], source: str, language: str, excerpt: Excerpt
) -> dict[str, Any]:
    from nmf_topics.corpus.mediawiki.wikitext import clean_wikitext

    text = clean_wikitext(a_text(source), language=language, excerpt=excerpt)
    return _fact(page, revision, text, "wikitext", excerpt)


def _fact(page: dict[str, Any], revision: dict[str, Any], text: str, way: Way, excerpt: Excerpt) -> dict[str, Any]:
    return {
        "title": expect_line(page.get("title")),
        "pageid": a_number(page.get("pageid")),
        "revid": a_number(revision.get("revid")),
        "timestamp": a_time(revision.get("timestamp")),
        "way": way,
        **({} if excerpt.is_whole else {"part": excerpt.name}),
        "words": len(text.split()),
        "text": text,
    }


def plain_extract(extract: str, language: str, excerpt: Excerpt = WHOLE_PAGE) -> str:
    """Return an extract as prose: no end matter, no TeX, headings as lines of their own.

    Examples
    --------
    >>> plain_extract("Tea is a drink.\\n\\n\\n== History ==\\nOld.\\n\\n\\n== See also ==\\nCoffee", "en")
    'Tea is a drink.\\n\\nHistory\\nOld.'
    """
    text = excerpt.read(without_formulas(extract), language)
    lines = [line.strip() for line in text.split("\n")]
    kept = [line for i, line in enumerate(lines) if line or (i and lines[i - 1])]  # one blank line at most
    return "\n".join(kept).strip()
