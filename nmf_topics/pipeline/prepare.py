"""From a source to V: text or images, read or recalled."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nmf_topics.corpus.open import PAGES, open_corpus
from nmf_topics.corpus.page import Corpus, Fingerprint, Page
from nmf_topics.errors import CorpusError, EngineError
from nmf_topics.factor.blocks import as_blocks
from nmf_topics.factor.engines.choice import EngineOptions
from nmf_topics.factor.engines.store import PLACE
from nmf_topics.factor.sums import page_sums
from nmf_topics.files.atomic import output_errors
from nmf_topics.images.pixels import build_image_matrix, image_files
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.pipeline.chunked_pages import page_of, parts_of_columns, pieces_of
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.pipeline.storage import MatrixStorage, key_of
from nmf_topics.terms.counts_cache import recall_counts, store_counts
from nmf_topics.terms.matrix import build_term_matrix
from nmf_topics.terms.pruning import SingleBatch, terms_within
from nmf_topics.terms.term_counts import TermCounts
from nmf_topics.terms.words_table import word_table
from nmf_topics.text.analyzer import WordOptions
from nmf_topics.text.language_notes import remarks

if TYPE_CHECKING:
    from nmf_topics.terms.counts_builder import CountsBuilder

# what decides on text, tokens and normal forms
_DECIDING = (
    *("trafilatura", "lxml", "pypdfium2", "striprtf", "openpyxl", "charset-normalizer"),
    *("simplemma", "PyStemmer", "nltk", "stopwordsiso", "regex"),
    *("py3langid", "rjieba", "sudachipy", "sudachidict-small", "pythainlp"),
)
COUNTING = 6  # raise when the same text would be counted otherwise, so that older caches are not believed


@dataclass(frozen=True)
class Source:
    """What is to be read.

    Attributes
    ----------
    path : a corpus folder, a folder of texts or images, a table, "-", or None for the newest corpus or the sample
    text_column, title_column, id_column, date_column, label_column : of a table, guessed where None
    encoding : of texts and tables without a byte order mark; guessed where None
    lines : every line of a text file is a page
    titles_as_text : the words of titles are counted, too
    limits : limits of reading that are changed, by name, in order of these
    """

    path: str | None = None
    text_column: str | None = None
    title_column: str | None = None
    id_column: str | None = None
    date_column: str | None = None
    label_column: str | None = None
    encoding: str | None = None
    lines: bool = False
    titles_as_text: bool = False
    limits: tuple[tuple[str, int], ...] = ()

    @classmethod
    def recorded(cls, record: object) -> Source | None:
        """The source that a run.json describes; None where it describes none that can be read again."""
        if not isinstance(record, dict) or not isinstance(record.get("path"), str) or record["path"] == "-":
            return None
        limits = record.get("limits") or {}
        kinds = {"lines": bool, "titles_as_text": bool}
        named = {field.name: record.get(field.name) for field in fields(cls) if field.name != "limits"}
        known = {name: value for name, value in named.items() if value is not None}
        if not all(isinstance(value, kinds.get(name, str)) for name, value in known.items()):
            return None
        if not isinstance(limits, dict) or not all(isinstance(value, int) for value in limits.values()):
            return None
        return cls(**known, limits=tuple(sorted(limits.items())))

    def reading(self) -> dict[str, Any]:
        """How it is read: the parameters of `open_corpus` apart from the source itself."""
        return {name: value for name, value in asdict(self).items() if name != "path"} | {"limits": dict(self.limits)}


def is_image_folder(path: str | None) -> bool:
    """Whether a source is a folder of images: one that holds more of them than texts (a README may lie there)."""
    # os.path, as a Path raises for a name that is too long and a folder that may not be entered
    if path is None or path == "-" or not os.path.isdir(path) or os.path.isfile(os.path.join(path, PAGES)):
        return False
    from nmf_topics.corpus.readers.folders import find_texts

    return len(image_files(Path(path))) > len(find_texts(Path(path)).texts)


def open_source(source: Source, *, warn: Callable[[str], None]) -> Corpus:
    """The corpus of a source of text."""
    return open_corpus(source.path, **source.reading(), warn=warn)


def prepare(
    source: Source,
    recipe: Recipe,
    *,
    corpus: Corpus | None = None,
    cache: Path | None = None,
    processes: int = 1,
    engine: EngineOptions | None = None,
    rank: int = 10,
    warn: Callable[[str], None] = lambda message: None,
    note: Callable[[str], None] = lambda message: None,
    on_item: Callable[[], None] = lambda: None,
) -> DataMatrix:
    """V of a source, whatever it is.

    Parameters
    ----------
    source : Source
    recipe : Recipe; its words, bounds and weighting shape V (images have none of these)
    corpus : the source of text as `open_source` opened it, for those who read it once more; opened here where None
    cache : folder of counts and blocks kept from earlier readings, or None for none
    processes : how many count words; with more than one, a script needs an `if __name__ == "__main__"`
    engine : EngineOptions, where V is to live; in memory where None
    rank : of the largest fit that V is for: H and W of that rank must fit into memory beside it
    warn : told what was left out or guessed
    note : told what is being read, and which engine was chosen
    on_item : called for each page or image read

    Returns
    -------
    DataMatrix; its V is a matrix, or where the engine is another one PageBlocks, whose `close` (of a cluster) ends it

    Raises
    ------
    NmfTopicsError
        if the source cannot be read or holds nothing of use, or V finds no place.
    """
    places = MatrixStorage(_engine_of(recipe, engine), rank, cache, note)
    if corpus is None and source.path is not None and is_image_folder(source.path):
        note(f"reading images from {source.path}")
        return places.matrix(build_image_matrix(Path(source.path), warn=warn, on_image=lambda path: on_item()))
    corpus = corpus or open_source(source, warn=warn)
    key = counts_key(corpus, source, recipe.words) if cache else None
    blocks_key = key_of(key, recipe.matrix())
    if (data := places.recall(blocks_key)) is None:
        with places.spill() as spill:
            counts, origin = _counts(corpus, key, recipe.words, places, spill, processes, warn, note, on_item)
            for line in remarks(counts.options, counts.languages, counts.ledger):
                note(line)
            if counts.shared_lines:
                note(_told(counts.shared_lines))
            data = _matrix(counts, origin, recipe, places, key, blocks_key, warn)
    if blank := data.ledger["pages_without_known_words"]:
        warn(f"{blank} of {data.ledger['pages']} pages have no word of the vocabulary and get no topic")
    return data


def _matrix(
    counts: TermCounts | CountsBuilder,
    origin: dict[str, Any],
    recipe: Recipe,
    places: MatrixStorage,
    key: str | None,
    blocks_key: str | None,
    warn: Callable[[str], None],
) -> DataMatrix:
    """V from counts, in the place that is chosen for it."""

    def ledger(pages: int, blank: int, terms: int, rest: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "pages": pages,
            "pages_without_known_words": blank,
            "set_aside": origin["set_aside"],
            "terms": terms,
            **rest,
        }

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

        data = build_term_blocks(
            within,
            places.folder(blocks_key, plan.columns),
            block=plan.columns,
            recipe={"corpus": origin},
            ledger=lambda blank, rest: ledger(len(counts.columns), blank, len(within.rows), rest),
            **recipe.matrix(),
        )
        return places.settle(data, plan)
    if not isinstance(counts, TermCounts):
        counts = counts.in_memory()
        _keep(key, counts, origin, places.cache, warn)
    data = build_term_matrix(counts, recipe={"corpus": origin}, **recipe.matrix())
    known, rest = page_sums(as_blocks(data.V)), data.ledger
    if recipe.words.chunk:
        known, rest = parts_of_columns(data.columns)[0].sums(known), {"pieces": len(data.columns), **rest}
    full = ledger(len(known), int((known == 0).sum()), len(data.rows), rest)
    return replace(data, ledger=full, words=word_table(within))


def _engine_of(recipe: Recipe, engine: EngineOptions | None) -> EngineOptions:
    """The engine that is asked for; pieces of pages are rolled up in memory, so V must be there."""
    if not recipe.words.chunk:
        return engine or EngineOptions("memory")
    if engine is not None and engine.engine not in ("auto", "memory"):
        raise EngineError(f"pieces of pages (--chunk) need V in memory; leave out --engine {engine.engine} or --chunk")
    return replace(engine or EngineOptions(), engine="memory")


def _counts(
    corpus: Corpus,
    key: str | None,
    options: WordOptions,
    places: MatrixStorage,
    spill: Path,
    processes: int,
    warn: Callable[[str], None],
    note: Callable[[str], None],
    on_item: Callable[[], None],
) -> tuple[TermCounts | CountsBuilder, dict[str, Any]]:
    """Counts of a corpus, recalled if nothing that shapes them has changed, else read."""
    if places.cache and key and (kept := recall_counts(key, places.cache, largest=places.for_counts())):
        counts, origin = kept
        what = "pieces of pages" if options.chunk else "pages"
        note(f"{corpus.name}: {len(counts.columns)} {what}, counted before ({corpus.source})")
        if aside := origin["set_aside"]:
            warn(f"{corpus.source}: {len(aside)} set aside: {_few(aside)}")
        return counts, origin
    note(f"reading {corpus.source}")
    from nmf_topics.terms.count import gather_counts  # 0.05 s, which counts that are kept need not pay

    fingerprint = Fingerprint()

    def watched() -> Iterator[Page]:
        for page in corpus:
            fingerprint.add(page)
            on_item()
            yield page

    pages = pieces_of(watched(), options.chunk) if options.chunk else watched()
    with output_errors(spill, PLACE):
        gathered = gather_counts(
            pages,
            options,
            processes=processes,
            memory=places.for_counts(),
            spill=spill,
            page_of=(lambda piece: page_of(piece.id)) if options.chunk else None,
        )
    if not gathered.columns.ids:
        raise CorpusError(f"{corpus.source} holds no page")
    set_aside = [asdict(item) for item in corpus.set_aside]
    return gathered, {"name": corpus.name, "fingerprint": fingerprint.hexdigest(), "set_aside": set_aside}


def _keep(
    key: str | None, counts: TermCounts, origin: dict[str, Any], cache: Path | None, warn: Callable[[str], None]
) -> None:
    """Keep counts for the next time."""
    if cache and key:
        try:
            store_counts(key, counts, origin, cache)
        except OSError as error:
            warn(f"the counts could not be kept in {cache} for the next time ({error.strerror or error})")


def _told(lines: Mapping[str, int]) -> str:
    """How many lines that many pages share were left out, and the most common ones."""
    common = sorted(lines, key=lambda line: (-lines[line], line))[:3]
    named = ", ".join(f'"{line[:60]}" ({lines[line]} pages)' for line in common)
    what = "1 line that many pages share is" if len(lines) == 1 else f"{len(lines)} lines that many pages share are"
    return f"{what} left out: {named}{' ...' if len(lines) > 3 else ''}"


def _few(aside: Sequence[Mapping[str, str]]) -> str:
    """The first of the files that were set aside, with the reasons."""
    named = ", ".join(f"{item['where']} ({item['reason']})" for item in aside[:3])
    return f"{named} and {len(aside) - 3} more" if len(aside) > 3 else named


def counts_key(corpus: Corpus, source: Source, options: WordOptions) -> str | None:
    """What the counts of a source depend on, as one name; None for what cannot be known without reading it."""
    if source.path == "-":
        return None
    path = Path(corpus.source).absolute()  # links as they are: their names decide how they are read
    try:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        stamps = [(str(p), (s := p.stat()).st_size, s.st_mtime_ns) for p in files]
    except OSError:
        return None
    description = [COUNTING, stamps, source.reading(), asdict(options), versions_of(_DECIDING, "none")]
    return hashlib.sha256(json.dumps(description, default=str).encode()).hexdigest()[:32]


def versions_of(packages: Iterable[str], missing: str) -> dict[str, str]:
    """Versions of some packages; `missing` for those that are not installed."""
    return {package: _version(package) or missing for package in packages}


@cache
def _version(package: str) -> str:
    """The version of an installed package, else nothing.

    It stands in the head of its metadata; `importlib.metadata.version` reads them whole as if they were a mail, which
    for twenty packages takes a tenth of a second.
    """
    try:
        metadata = distribution(package).read_text("METADATA") or ""
    except PackageNotFoundError:
        return ""
    head = metadata.partition("\n\n")[0].splitlines()
    return next((line.removeprefix("Version:").strip() for line in head if line.startswith("Version:")), "")
