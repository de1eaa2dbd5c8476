"""Prepare V from a source of texts or images, or load it from the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nmf_topics.corpus.duplicates import DuplicateFinder, describe_duplicates
from nmf_topics.corpus.page import Corpus, Fingerprint, Page
from nmf_topics.corpus.reading_log import ReadingLog, join_some
from nmf_topics.errors import CorpusError, EngineError, Notice, Remedy
from nmf_topics.factor.blocks import as_blocks
from nmf_topics.factor.column_stats import page_sums
from nmf_topics.factor.engines.choice import EngineOptions
from nmf_topics.files.cache.cache import Cache
from nmf_topics.files.cache.scratch import Scratch
from nmf_topics.images.pixels import build_image_matrix
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.pipeline.chunked_pages import by_page, page_of, parts_of_columns, pieces_of
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.pipeline.source import Source as Source
from nmf_topics.pipeline.source import counts_key as counts_key
from nmf_topics.pipeline.source import is_image_folder as is_image_folder
from nmf_topics.pipeline.source import open_source as open_source
from nmf_topics.pipeline.source import versions_of as versions_of
from nmf_topics.pipeline.storage import MatrixStorage, blocks_key
from nmf_topics.terms.counts_cache import recall_counts, store_counts
from nmf_topics.terms.matrix import build_term_matrix
from nmf_topics.terms.pruning import terms_within
from nmf_topics.terms.term_counts import SingleBatch, TermCounts
from nmf_topics.terms.words_table import word_table
from nmf_topics.text.analyzer import WordOptions
from nmf_topics.text.language_notes import remarks

if TYPE_CHECKING:
    from nmf_topics.terms.counts_builder import CountsBuilder


def prepare(
    source: Source,
    recipe: Recipe,
    *,
    corpus: Corpus | None = None,
    cache: Cache | Path | None = None,
    processes: int = 1,
    engine: EngineOptions | None = None,
    rank: int = 10,
    warn: Callable[[str], None] = lambda message: None,
    note: Callable[[str], None] = lambda message: None,
    on_item: Callable[[], None] = lambda: None,
) -> DataMatrix:
    """Prepare V from a source of texts or images.

    Parameters
    ----------
    source : Source
    recipe : Recipe; its words, bounds and weighting determine V (they do not apply to images)
    corpus : the opened source if it is text, for callers that read it again; None: open it
    cache : Cache of counts and blocks, or a folder for one; None: do not use a cache
    processes : number of processes that count words; with more than one, a script needs `if __name__ == "__main__"`
    engine : EngineOptions, where to store V; None: in memory
    rank : largest rank for which V will be factored; W and H of this rank must fit in memory with it
    warn : called with messages about what was left out or guessed
    note : called with messages about what is read, and which engine was chosen
    on_item : called for each page or image that is read

    Returns
    -------
    DataMatrix; its V is a matrix, or PageBlocks for engines other than memory. Call `close` of the blocks of a cluster

    Raises
    ------
    NmfTopicsError
        if the source cannot be read or has no usable pages, or V cannot be stored.

    Examples
    --------
    >>> from nmf_topics import Bounds
    >>> pages = [Page("1", "Tea", "green tea"), Page("2", "Coffee", "black coffee, no tea")]
    >>> corpus = Corpus("drinks", "two pages", lambda set_aside: iter(pages))
    >>> recipe = Recipe(bounds=Bounds(min_pages=1, max_pages=1.0))
    >>> data = prepare(Source(), recipe, corpus=corpus)
    >>> list(data.rows.terms), data.V.shape
    (['black', 'coffee', 'green', 'tea'], (4, 2))
    """
    if isinstance(cache, Path):
        cache = Cache(cache, warn=warn)
    places = MatrixStorage(_engine_of(recipe, engine), rank, cache, note)
    if corpus is None and source.path is not None and is_image_folder(source.path):
        note(f"reading images from {source.path}")
        memory = places.options.allowed()
        images = build_image_matrix(Path(source.path), memory=memory, warn=warn, on_image=lambda path: on_item())
        return places.matrix(images)
    corpus = corpus or open_source(source, warn=warn)
    key = counts_key(corpus, source, recipe.words) if cache else None
    key_of_blocks = blocks_key(key, recipe.matrix())
    if (data := places.load_cached(key_of_blocks)) is None:
        with Scratch(cache) as scratch:
            counts, origin = _counts(corpus, key, recipe.words, places, scratch, processes, warn, note, on_item)
            if len(counts.columns) == 1 and not recipe.words.chunk:
                raise CorpusError(
                    f"{corpus.source} is a single page, but topics need several pages",
                    remedy=Remedy("read every line as a page with {lines=True}, or cut the text with {chunk=500}"),
                )
            for line in remarks(counts.options, counts.languages, counts.ledger):
                note(line)
            _tell_of_markup(origin["markup"], corpus.source, note)
            if counts.shared_lines:
                note(_describe_shared_lines(counts.shared_lines))
            data = _matrix(counts, origin, recipe, places, key, key_of_blocks)
    if blank := data.ledger["pages_without_known_words"]:
        named = join_some([f"{title!r}" for title in _pages_without_words(data, recipe.words.chunk)])
        pages = data.ledger["pages"]
        warn(f"{blank} of {pages} pages contain no word of the vocabulary and get no topic: {named}")
    return data


def _pages_without_words(data: DataMatrix, chunk: int | None) -> list[str]:
    """Return the titles of the pages without a word of the vocabulary."""
    known, titles = page_sums(as_blocks(data.V)), data.columns.titles
    if chunk:
        parts, titles = parts_of_columns(data.columns)[0], by_page(data).columns.titles
        known = parts.sums(known)
    return [titles[j] for j in (known == 0).nonzero()[0]]


def _matrix(
    counts: TermCounts | CountsBuilder,
    origin: dict[str, Any],
    recipe: Recipe,
    places: MatrixStorage,
    key: str | None,
    key_of_blocks: str | None,
) -> DataMatrix:
    """Build V from counts, and store it with the engine that is chosen for it."""

    def ledger(pages: int, blank: int, terms: int, rest: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "pages": pages,
            "pages_without_known_words": blank,
            "set_aside": origin["set_aside"],
            **({"files": origin["files"]} if origin["files"] else {}),
            **({"duplicates": origin["duplicates"]} if describe_duplicates(origin["duplicates"]) else {}),
            "terms": terms,
            **rest,
        }

    described = {name: origin[name] for name in ("name", "fingerprint", "set_aside")}
    if origin["markup"]:
        described["markup"] = origin["markup"]

    batched = SingleBatch(counts) if isinstance(counts, TermCounts) else counts
    within = terms_within(batched, recipe.bounds)
    counted = int(batched.pages.sum())
    size = within.dtype.itemsize
    plan = places.plan(
        len(within.rows),
        len(counts.columns),
        within.stored,
        counted=counted,
        described=int(within.counts.pages[within.described(recipe.bounds)].sum()),
        held=8 * counted,
        itemsize=size,
        wide=size < 8,
    )
    places.say(plan)
    if plan.engine != "memory":
        from nmf_topics.terms.matrix_blocks import build_term_blocks

        def write(folder: Path) -> None:
            build_term_blocks(
                within,
                folder,
                block=plan.columns,
                recipe={"corpus": described},
                ledger=lambda blank, rest: ledger(len(counts.columns), blank, len(within.rows), rest),
                **recipe.matrix(),
            )

        return places.build(key_of_blocks, plan, write)
    if not isinstance(counts, TermCounts):
        counts = counts.in_memory()
        if places.cache is not None and key is not None:
            store_counts(key, counts, origin, places.cache)
    data = build_term_matrix(counts, recipe={"corpus": described}, **recipe.matrix())
    known, rest = page_sums(as_blocks(data.V)), data.ledger
    if recipe.words.chunk:
        known, rest = parts_of_columns(data.columns)[0].sums(known), {"pieces": len(data.columns), **rest}
    full = ledger(len(known), int((known == 0).sum()), len(data.rows), rest)
    return replace(data, ledger=full, words=word_table(within))


def _engine_of(recipe: Recipe, engine: EngineOptions | None) -> EngineOptions:
    """Return the requested engine; with chunks, V must be in memory, because pieces are aggregated there."""
    if not recipe.words.chunk:
        return engine or EngineOptions("memory")
    if engine is not None and engine.engine not in ("auto", "memory"):
        raise EngineError(
            "V must be in memory if pages are split into chunks",
            remedy=Remedy("leave out {engine} or {chunk}", engine=engine.engine),
        )
    return replace(engine or EngineOptions(), engine="memory")


def _counts(
    corpus: Corpus,
    key: str | None,
    options: WordOptions,
    places: MatrixStorage,
    scratch: Scratch,
    processes: int,
    warn: Callable[[str], None],
    note: Callable[[str], None],
    on_item: Callable[[], None],
) -> tuple[TermCounts | CountsBuilder, dict[str, Any]]:
    """Return the counts of a corpus, from the cache if nothing that they depend on has changed."""
    if places.cache is not None and key and (kept := recall_counts(key, places.cache, largest=places.for_counts())):
        counts, origin = kept
        what = "pieces of pages" if options.chunk else "pages"
        note(f"{corpus.name}: {len(counts.columns)} {what}, from the cache ({corpus.source})")
        for said in ReadingLog.recorded(origin).messages():
            warn(f"{corpus.source}: {said}")
        _tell_of_duplicates(origin["duplicates"], corpus.source, warn)
        return counts, origin
    note(f"reading {corpus.source}")
    from nmf_topics.terms.count import (
        gather_counts,  # imported here because it takes 0.05 s, which is not needed for cached counts
    )

    fingerprint, finder = Fingerprint(), DuplicateFinder()

    def watched() -> Iterator[Page]:
        for page in corpus:
            fingerprint.add(page)
            if not corpus.log.duplicates:
                finder.add(page)
            on_item()
            yield page

    pages = pieces_of(watched(), options.chunk) if options.chunk else watched()
    gathered = gather_counts(
        pages,
        options,
        processes=processes,
        memory=places.for_counts(),
        scratch=scratch,
        page_of=(lambda piece: page_of(piece.id)) if options.chunk else None,
        keep_order=corpus.keeps_order,
    )
    if not gathered.columns.ids:
        raise CorpusError(f"{corpus.source} contains no pages")
    if corpus.log.titles_apart:
        note(Notice("titles are shown, but not counted as text", Remedy("{titles_as_text=True} counts them")))
    duplicates = corpus.log.duplicates or finder.find().summary()
    _tell_of_duplicates(duplicates, corpus.source, warn)
    described = {"name": corpus.name, "fingerprint": fingerprint.hexdigest(), "duplicates": duplicates}
    return gathered, {**described, **corpus.log.record()}


def _tell_of_duplicates(found: Mapping[str, Any], source: str, warn: Callable[[str], None]) -> None:
    """Report duplicate pages, because they can form a topic."""
    said = describe_duplicates(found)
    if said and found.get("dropped"):
        warn(f"{source}: {said}, and left out")
    elif said:
        warn(Notice(f"{source}: {said}", Remedy("{drop_duplicates=True} leaves them out")))


def _tell_of_markup(removed: Mapping[str, Mapping[str, Any]], source: str, note: Callable[[str], None]) -> None:
    """Report columns from which markup was removed."""
    columns = [
        f"{', '.join(found['removed'])} from column {name!r} ({found['cells']} of {found['of']} cells)"
        for name, found in sorted(removed.items())
    ]
    if columns:
        note(Notice(f"{source}: removed {'; '.join(columns)}", Remedy("{markup=keep} leaves them in")))


def _describe_shared_lines(lines: Mapping[str, int]) -> str:
    """Describe the lines that were left out because many pages share them, with the most common ones."""
    common = sorted(lines, key=lambda line: (-lines[line], line))[:3]
    named = ", ".join(f'"{line[:60]}" ({lines[line]} pages)' for line in common)
    what = "1 line that many pages share is" if len(lines) == 1 else f"{len(lines)} lines that many pages share are"
    return f"{what} left out: {named}{' ...' if len(lines) > 3 else ''}"
