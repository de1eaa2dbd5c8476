"""From a source to V: text or images, read or recalled."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from nmf_topics.corpus.folders import find_texts
from nmf_topics.corpus.open import PAGES, open_corpus
from nmf_topics.corpus.page import Corpus, Fingerprint
from nmf_topics.errors import CorpusError
from nmf_topics.images.pixels import build_image_matrix, image_files
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.topics.recipes import Recipe
from nmf_topics.words.cache import recall_counts, store_counts
from nmf_topics.words.counts import count_terms
from nmf_topics.words.gathered import TermCounts
from nmf_topics.words.reading import WordOptions
from nmf_topics.words.termmatrix import build_term_matrix

COUNTING = 3  # raise when the same text would be counted otherwise, so that older caches are not believed


@dataclass(frozen=True)
class Source:
    """What is to be read.

    Attributes
    ----------
    path : a corpus folder, a folder of texts or images, a table, "-", or None for the newest corpus or the sample
    text_column, title_column, id_column, date_column, label_column : of a table, guessed where None
    """

    path: str | None = None
    text_column: str | None = None
    title_column: str | None = None
    id_column: str | None = None
    date_column: str | None = None
    label_column: str | None = None

    def columns(self) -> dict[str, str | None]:
        """The named columns."""
        return {name: value for name, value in asdict(self).items() if name != "path"}


def is_image_folder(path: str | None) -> bool:
    """Whether a source is a folder of images: one that holds more of them than texts (a README may lie there)."""
    # os.path, as a Path raises for a name that is too long and a folder that may not be entered
    if path is None or path == "-" or not os.path.isdir(path) or os.path.isfile(os.path.join(path, PAGES)):
        return False
    return len(image_files(Path(path))) > len(find_texts(Path(path)).texts)


def open_source(source: Source, *, warn: Callable[[str], None]) -> Corpus:
    """The corpus of a source of text."""
    return open_corpus(source.path, **source.columns(), warn=warn)


def prepare(
    source: Source,
    recipe: Recipe,
    *,
    cache: Path | None = None,
    processes: int = 1,
    warn: Callable[[str], None] = lambda message: None,
    note: Callable[[str], None] = lambda message: None,
    on_item: Callable[[], None] = lambda: None,
) -> DataMatrix:
    """V of a source, whatever it is.

    Parameters
    ----------
    source : Source
    recipe : Recipe; its words, bounds and weighting shape V (images have none of these)
    cache : folder of counts kept from earlier readings, or None for none
    processes : how many count words; with more than one, a script needs an `if __name__ == "__main__"`
    warn : told what was left out or guessed
    note : told what is being read
    on_item : called for each page or image read

    Raises
    ------
    NmfTopicsError
        if the source cannot be read or holds nothing of use.
    """
    if source.path is not None and is_image_folder(source.path):
        note(f"reading images from {source.path}")
        return build_image_matrix(Path(source.path), warn=warn, on_image=lambda path: on_item())
    corpus = open_source(source, warn=warn)
    counts, origin = _counts(corpus, source, recipe.words, cache, processes, warn, note, on_item)
    if not counts.columns.ids:
        raise CorpusError(f"{corpus.source} holds no page")
    data = build_term_matrix(
        counts,
        bounds=recipe.bounds,
        weighting=recipe.weighting,
        unit=recipe.unit,
        idf_power=recipe.idf_power,
        recipe={"corpus": origin},
    )
    blank = int((data.V.sum(axis=0) == 0).sum())
    ledger = {
        "pages": len(data.columns),
        "pages_without_known_words": blank,
        "set_aside": origin["set_aside"],
        "terms": len(data.rows),
        **data.ledger,
    }
    if blank:
        warn(f"{blank} of {len(data.columns)} pages have no word of the vocabulary and get no topic")
    return DataMatrix(data.V, data.rows, data.columns, data.weighting, data.recipe, ledger)


def _counts(
    corpus: Corpus,
    source: Source,
    options: WordOptions,
    cache: Path | None,
    processes: int,
    warn: Callable[[str], None],
    note: Callable[[str], None],
    on_item: Callable[[], None],
) -> tuple[TermCounts, dict[str, Any]]:
    """Counts of a corpus, recalled if nothing that shapes them has changed, else read and kept."""
    key = _key(corpus, source, options) if cache else None
    if cache and key and (kept := recall_counts(key, cache)):
        counts, origin = kept
        note(f"{corpus.name}: {len(counts.columns)} pages, counted before ({corpus.source})")
        if aside := origin["set_aside"]:
            warn(f"{corpus.source}: {len(aside)} set aside: {_few(aside)}")
        return counts, origin
    note(f"reading {corpus.source}")
    fingerprint = Fingerprint()

    def on_page(page: Any) -> None:
        fingerprint.add(page)
        on_item()

    counts = count_terms(corpus, options, processes=processes, on_page=on_page)
    set_aside = [asdict(item) for item in corpus.set_aside]
    origin = {"name": corpus.name, "fingerprint": fingerprint.hexdigest(), "set_aside": set_aside}
    if cache and key:
        try:
            store_counts(key, counts, origin, cache)
        except OSError as error:
            warn(f"the counts could not be kept in {cache} for the next time ({error.strerror or error})")
    return counts, origin


def _few(aside: Sequence[Mapping[str, str]]) -> str:
    """The first of the files that were set aside, with the reasons."""
    named = ", ".join(f"{item['where']} ({item['reason']})" for item in aside[:3])
    return f"{named} and {len(aside) - 3} more" if len(aside) > 3 else named


def _key(corpus: Corpus, source: Source, options: WordOptions) -> str | None:
    """What the counts of a source depend on, as one name; None for what cannot be known without reading it."""
    if source.path == "-":
        return None
    path = Path(corpus.source).absolute()  # links as they are: their names decide how they are read
    try:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        stamps = [(str(p), (s := p.stat()).st_size, s.st_mtime_ns) for p in files]
    except OSError:
        return None
    description = [COUNTING, stamps, source.columns(), asdict(options), _versions()]
    return hashlib.sha256(json.dumps(description, default=str).encode()).hexdigest()[:32]


def _versions() -> Mapping[str, str]:
    """Versions of what decides on tokens and normal forms."""
    found = {}
    for package in ("simplemma", "PyStemmer", "nltk", "stopwordsiso", "regex"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "none"
    return found
