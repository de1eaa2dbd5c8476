"""The source of a fit with its reading options, and the key of its counts in the cache."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from nmf_topics.corpus.open import PAGES, open_corpus
from nmf_topics.corpus.page import Corpus
from nmf_topics.files.cache.kinds import COUNTS, entry_key
from nmf_topics.images.pixels import image_files
from nmf_topics.text.analyzer import WordOptions

# packages on which texts, tokens and normal forms depend
_DECIDING = (
    *("trafilatura", "lxml", "pypdfium2", "striprtf", "openpyxl", "charset-normalizer"),
    *("simplemma", "PyStemmer", "nltk", "stopwordsiso", "regex"),
    *("py3langid", "rjieba", "opencc", "sudachipy", "sudachidict-small", "pythainlp"),
)
COUNTING = 11  # increase when the same text would be counted or described differently, so that old caches are not used


@dataclass(frozen=True)
class Source:
    """A source with its reading options.

    Attributes
    ----------
    path : a corpus folder, a folder of texts or images, a table, "-", or None for the newest corpus or the sample
    text_column, title_column, id_column, date_column, label_column : columns of a table; None: guessed
    encoding : encoding of texts and tables without a byte order mark; None: guessed
    lines : read every line of a text file as a page
    titles_as_text : count the words of titles as text
    drop_duplicates : leave out duplicates
    markup : which markup to remove from tables, as in `open_corpus`
    read_limits : changed limits of reading, sorted by name

    Examples
    --------
    >>> Source("news.csv", text_column="body").reading()["text_column"]
    'body'
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
    drop_duplicates: bool = False
    markup: str | None = None
    read_limits: tuple[tuple[str, int], ...] = ()

    @classmethod
    def recorded(cls, record: object) -> Source | None:
        """Restore a source from run.json; return None if it cannot be read again."""
        if not isinstance(record, dict) or not isinstance(record.get("path"), str) or record["path"] == "-":
            return None
        limits = record.get("read_limits") or {}
        kinds = dict.fromkeys(("lines", "titles_as_text", "drop_duplicates"), bool)
        named = {field.name: record.get(field.name) for field in fields(cls) if field.name != "read_limits"}
        known = {name: value for name, value in named.items() if value is not None}
        if not all(isinstance(value, kinds.get(name, str)) for name, value in known.items()):
            return None
        if not isinstance(limits, dict) or not all(isinstance(value, int) for value in limits.values()):
            return None
        return cls(**known, read_limits=tuple(sorted(limits.items())))

    def reading(self) -> dict[str, Any]:
        """Return the reading options: the parameters of `open_corpus` except the source itself."""
        options = {name: value for name, value in asdict(self).items() if name != "path"}
        return options | {"read_limits": dict(self.read_limits)}


def is_image_folder(path: str | None) -> bool:
    """Return whether a source is a folder of images: it has more images than texts (it may contain a README)."""
    # os.path, because Path raises errors for names that are too long and folders that cannot be entered
    if path is None or path == "-" or not os.path.isdir(path) or os.path.isfile(os.path.join(path, PAGES)):
        return False
    from nmf_topics.corpus.readers.folders import find_texts

    return len(image_files(Path(path))) > len(find_texts(Path(path)).texts)


def open_source(source: Source, *, warn: Callable[[str], None]) -> Corpus:
    """Open the corpus of a source of text."""
    return open_corpus(source.path, **source.reading(), warn=warn)


def counts_key(corpus: Corpus, source: Source, options: WordOptions) -> str | None:
    """Return the key of the counts of a source in the cache; None if they cannot be cached."""
    if source.path == "-" or options.own_functions:  # the effect of a function cannot be part of a key
        return None
    path = Path(corpus.source).absolute()  # links are not resolved, because the file ending determines the format
    try:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        stamps = [(str(p), (s := p.stat()).st_size, s.st_mtime_ns) for p in files]
    except OSError:
        return None
    description = [COUNTING, stamps, source.reading(), asdict(options), versions_of(_DECIDING, "none")]
    return entry_key(COUNTS, *description)


def versions_of(packages: Iterable[str], missing: str) -> dict[str, str]:
    """Return the versions of some packages, and `missing` for packages that are not installed."""
    return {package: _version(package) or missing for package in packages}


@cache
def _version(package: str) -> str:
    """Return the version of an installed package, or "".

    It is read from the head of the package's metadata. `importlib.metadata.version` parses all of them, which takes a
    tenth of a second for twenty packages.
    """
    try:
        metadata = distribution(package).read_text("METADATA") or ""
    except PackageNotFoundError:
        return ""
    head = metadata.partition("\n\n")[0].splitlines()
    return next((line.removeprefix("Version:").strip() for line in head if line.startswith("Version:")), "")
