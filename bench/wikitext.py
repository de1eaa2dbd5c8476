"""Compare the text of `clean_wikitext` with MediaWiki's own extracts, and measure its speed.

    python bench/wikitext.py http://127.0.0.1:PORT/w/api.php [TITLE ...] [--least 3000] [--limit 200] [--worst 5]

Without titles, all articles of the wiki are compared. For each page of at least --least bytes, the wikitext is cleaned
and the extract (TextExtracts, explaintext) is requested. The end matter is removed from both, and they are compared as
bags of words:

    precision   share of the words of the cleaned text that are in the extract
recall      share of the words of the extract that are in the cleaned text

The templates of a local test wiki are empty, so words from templates are in neither text unless templates are added.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import regex
import requests

from nmf_topics.corpus.mediawiki.sections import cut_end_matter
from nmf_topics.corpus.mediawiki.wikitext import clean_wikitext

WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")


def ask(session: requests.Session, api: str, **parameters: str | int) -> dict[str, Any]:
    """Return one response of the wiki."""
    common = {"action": "query", "format": "json", "formatversion": 2, "maxlag": 5}
    reply = session.post(api, data={**common, **parameters}, timeout=60)
    reply.raise_for_status()
    answer: dict[str, Any] = reply.json()
    if "error" in answer:
        raise SystemExit(f"{api}: {answer['error'].get('info')}")
    return answer


def all_titles(session: requests.Session, api: str, least: int) -> Iterator[str]:
    """Yield the titles of articles of at least `least` bytes."""
    further: dict[str, str] = {}
    while True:
        answer = ask(
            session, api, list="allpages", apfilterredir="nonredirects", apminsize=least, aplimit=500, **further
        )
        yield from (page["title"] for page in answer["query"]["allpages"])
        if "continue" not in answer:
            return
        further = answer["continue"]


def bag(text: str) -> Counter[str]:
    return Counter(WORD.findall(text.lower()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("api")
    parser.add_argument("titles", nargs="*")
    parser.add_argument("--least", type=int, default=3000, help="bytes of wikitext")
    parser.add_argument("--limit", type=int, default=200, help="pages")
    parser.add_argument("--language", default="en")
    parser.add_argument("--worst", type=int, default=5, help="pages and words to show")
    parser.add_argument(
        "--agent", default="nmf-topics-bench", help="User-Agent, with a contact address if the wiki requires one"
    )
    given = parser.parse_args()
    session = requests.Session()
    session.headers["User-Agent"] = given.agent
    rows: list[tuple[float, float, int, str]] = []
    ours_only: Counter[str] = Counter()
    theirs_only: Counter[str] = Counter()
    both = ours_total = theirs_total = size = 0
    seconds = 0.0
    for title in given.titles or list(all_titles(session, given.api, given.least))[: given.limit]:
        page = ask(session, given.api, prop="revisions", rvprop="content", rvslots="main", titles=title)
        source = page["query"]["pages"][0]["revisions"][0]["slots"]["main"]["content"]
        answer = ask(session, given.api, prop="extracts", explaintext=1, exsectionformat="wiki", titles=title)
        extract = cut_end_matter(answer["query"]["pages"][0]["extract"], given.language)
        began = time.process_time()
        prose = clean_wikitext(source, language=given.language)
        seconds += time.process_time() - began
        size += len(source.encode())
        ours, theirs = bag(prose), bag(extract)
        same = (ours & theirs).total()
        both, ours_total, theirs_total = both + same, ours_total + ours.total(), theirs_total + theirs.total()
        ours_only += ours - theirs
        theirs_only += theirs - ours
        rows.append((same / max(ours.total(), 1), same / max(theirs.total(), 1), theirs.total(), title))
    print(f"{len(rows)} pages, {size / 1e6:.1f} MB of wikitext, {theirs_total} words in extracts, {ours_total} in ours")
    print(f"precision {both / ours_total:.4f}, recall {both / theirs_total:.4f}, {size / seconds / 1e6:.1f} MB/s")
    for name, column, surplus in (("precision", 0, ours_only), ("recall", 1, theirs_only)):
        print(f"\nlowest {name}:")
        for row in sorted(rows, key=lambda row: row[column])[: given.worst]:
            print(f"  {row[column]:.4f}  {row[2]:7} words  {row[3]}")
        words = ", ".join(f"{word} {count}" for word, count in surplus.most_common(6 * given.worst))
        print(f"  words in {'ours' if column == 0 else 'extracts'} only: {words}")


if __name__ == "__main__":
    main()
