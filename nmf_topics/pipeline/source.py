"""What is to be read, how, and whether it has changed since it was last read."""

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

# what decides on text, tokens and normal forms
_DECIDING = (
    *("trafilatura", "lxml", "pypdfium2", "striprtf", "openpyxl", "charset-normalizer"),
    *("simplemma", "PyStemmer", "nltk", "stopwordsiso", "regex"),
    *("py3langid", "rjieba", "opencc", "sudachipy", "sudachidict-small", "pythainlp"),
)
COUNTING = 11  # raise when the same text would be counted or described otherwise, so that older caches are not believed


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
    drop_duplicates : pages that repeat another one are left out
    markup : what becomes of markup in tables, as in `open_corpus`
    read_limits : limits of reading that are changed, by name, in order of these

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
        """The source that a run.json describes; None where it describes none that can be read again."""
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
        """How it is read: the parameters of `open_corpus` apart from the source itself."""
        options = {name: value for name, value in asdict(self).items() if name != "path"}
        return options | {"read_limits": dict(self.read_limits)}


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


def counts_key(corpus: Corpus, source: Source, options: WordOptions) -> str | None:
    """The key of the counts of a source in the cache; None for what cannot be known without reading it."""
    if source.path == "-" or options.own_functions:  # what a function does, its name does not tell
        return None
    path = Path(corpus.source).absolute()  # links as they are: their names decide how they are read
    try:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        stamps = [(str(p), (s := p.stat()).st_size, s.st_mtime_ns) for p in files]
    except OSError:
        return None
    description = [COUNTING, stamps, source.reading(), asdict(options), versions_of(_DECIDING, "none")]
    return entry_key(COUNTS, *description)


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
