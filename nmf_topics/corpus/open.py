"""One door for every source of pages: a corpus folder, a folder of texts, a table, a dump, standard input.

Which reader is right is decided here, by kind and ending; what is not read yet is said with what is.
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nmf_topics.corpus.page import Corpus
from nmf_topics.corpus.plain import safe_name, show_path
from nmf_topics.corpus.readers.columns import Columns
from nmf_topics.corpus.readers.parquet import PARQUET, read_parquet
from nmf_topics.corpus.readers.streams import Meter, Spool, Unreadable, byte_chunks, meter_of, split_endings
from nmf_topics.corpus.readers.tables import TABLES, read_table
from nmf_topics.errors import CorpusError

if TYPE_CHECKING:
    from nmf_topics.corpus.readers.folders import Found

PAGES = "pages.jsonl"  # what makes a folder a corpus folder
MANIFEST = "manifest.json"  # where it came from
READS = (
    "read are a folder of .txt, .md, .html, .pdf, .docx or .epub files, a table (.jsonl, .ndjson, .csv, .tsv, "
    ".parquet), a MediaWiki dump (.xml), each of them also packed (.gz, .bz2, .xz, .zst), and JSONL from standard "
    "input (-)"
)
IMAGES = {".png", ".pgm", ".ppm", ".pbm", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"}


def _warn_user(message: str) -> None:
    warnings.warn(message, stacklevel=2)


def open_corpus(
    source: str | Path | None,
    *,
    text_column: str | None = None,
    title_column: str | None = None,
    id_column: str | None = None,
    date_column: str | None = None,
    label_column: str | None = None,
    warn: Callable[[str], None] = _warn_user,
) -> Corpus:
    """Open anything that holds pages.

    Parameters
    ----------
    source : a corpus folder, a folder of texts, one text, a table, a MediaWiki dump, "-" for JSONL on standard
        input, or None for the newest corpus in ./corpora, else the sample; what was taken stands in `Corpus.source`
    text_column, title_column, id_column, date_column, label_column : columns of a table; left out, they are
        guessed from their names
    warn : told of guesses and of what was set aside, each thing once however often the corpus is read

    Returns
    -------
    Corpus, to be read as often as wanted. No text has been read yet.

    Raises
    ------
    CorpusError
        When there is nothing to read. What is wrong inside a source shows when it is read.
    """
    wanted = Columns(text_column, title_column, id_column, date_column, label_column)
    tell = _once(warn)
    if source == "-":
        if sys.stdin is None:
            raise CorpusError("there is no standard input to read pages from")
        spool = Spool(sys.stdin.buffer, "standard input")
        return _table("stdin", "standard input", spool.chunks, ".jsonl", wanted, tell)
    path = default_source() if source is None else Path(source)
    if source == "" or not (mode := _mode(path)):
        raise CorpusError(f"no such file or folder: {str(source)!r}{_suggest(path)}")
    if stat.S_ISDIR(mode):
        pages = path / PAGES
        name = safe_name(path.name or path.resolve().name)
        if os.path.isfile(pages):  # not pages.is_file(), which raises in a folder that may not be entered
            return _table_file(name, path, pages, ".jsonl", wanted, tell)
        return _folder(path, name, wanted, tell)
    if not stat.S_ISREG(mode):
        raise CorpusError(f"{path} is neither a file nor a folder; pipe JSONL into standard input (-) instead")
    stem, ending, _ = split_endings(path.name)
    if ending in TABLES:
        return _table_file(safe_name(stem), path, path, ending, wanted, tell)
    if ending == PARQUET:
        rows = Meter()
        return Corpus(safe_name(stem), str(path), lambda _: read_parquet(path, wanted, tell, rows), share=rows.share)
    from nmf_topics.corpus.mediawiki.dumps import (  # cleaning wikitext takes patterns, and those their time
        dump_pages,
        is_dump,
    )
    from nmf_topics.corpus.readers.folders import Found
    from nmf_topics.corpus.readers.formats import TEXTS

    if ending in TEXTS:
        return _texts(Found([(path, show_path(path.name))]), safe_name(stem), str(path), wanted, tell)
    if is_dump(path.name):
        if any(wanted.parts().values()):
            tell(f"{path}: columns are those of a table; for a dump they mean nothing")
        meter = meter_of(path)
        return Corpus(safe_name(stem), str(path), lambda _: dump_pages(path, warn=tell, meter=meter), share=meter.share)
    raise CorpusError(f"{path}: {_refusal({ending})}; {READS}")


def sample_corpus_path() -> Path:
    """The folder of the corpus that ships with the package.

    Raises
    ------
    CorpusError
        When it is not there.
    """
    package = Path(__file__).parent
    places = [package / "sample", package.parent.parent / "corpora" / "sample"]  # installed; in a checkout
    for place in places:
        if (place / PAGES).is_file():
            return place
    raise CorpusError(f"the sample corpus is missing ({places[0]}); install nmf-topics again, or name a source")


def default_source() -> Path:
    """What is read when nobody names a source: the newest corpus in ./corpora, else the sample."""
    corpora = [(pages.stat().st_mtime_ns, str(pages.parent)) for pages in Path("corpora").glob(f"*/{PAGES}")]
    return Path(max(corpora)[1]) if corpora else sample_corpus_path()


def declared_language(source: str | Path | None) -> str | None:
    """The language that the manifest of a corpus folder gives its pages, as `fetch` writes it; None where none does."""
    if source == "-":
        return None
    path = default_source() if source is None else Path(source)
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        language = str(manifest["language"]).partition("-")[0].lower()
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return language if re.fullmatch("[a-z]{2,3}", language) else None


def _once(warn: Callable[[str], None]) -> Callable[[str], None]:
    said: set[str] = set()

    def tell(message: str) -> None:
        if message not in said:
            said.add(message)
            warn(message)

    return tell


def _mode(path: Path) -> int:
    """The mode of a file, 0 when there is none."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a NUL in the name
        return 0
    except OSError as error:
        raise Unreadable(str(path), f"cannot be read ({error.strerror})") from error


def _suggest(path: Path) -> str:
    """What was probably meant: a file beside, or a corpus in ./corpora."""
    import difflib

    near: dict[str, Path] = {}
    for folder in (Path("corpora"), path.parent):
        try:
            near |= {name.casefold(): folder / name for name in os.listdir(folder)}
        except (OSError, ValueError):
            continue
    close = difflib.get_close_matches(path.name.casefold(), list(near), n=1)
    return f"; did you mean {str(near[close[0]])!r}?" if close else ""


def _table(
    name: str,
    source: str,
    chunks: Callable[[], Iterator[bytes]],
    ending: str,
    wanted: Columns,
    tell: Callable[[str], None],
    where: str = "",
) -> Corpus:
    return Corpus(name, source, lambda _: read_table(chunks, where or source, ending, wanted, tell))


def _table_file(
    name: str, source: Path, path: Path, ending: str, wanted: Columns, tell: Callable[[str], None]
) -> Corpus:
    """A table in a file of its own, or in a corpus folder."""
    meter = meter_of(path)
    corpus = _table(name, str(source), partial(byte_chunks, path, meter), ending, wanted, tell, str(path))
    return replace(corpus, share=meter.share)


def _folder(path: Path, name: str, wanted: Columns, tell: Callable[[str], None]) -> Corpus:
    from nmf_topics.corpus.readers.folders import find_texts

    found = find_texts(path)
    if not found.texts and not found.set_aside:
        if not found.others:
            raise CorpusError(f"{path} is empty; {READS}")
        listed = ", ".join(f"{count} {ending or 'without ending'}" for ending, count in found.others.most_common(10))
        raise CorpusError(f"there is no text in {path}, only {listed}: {_refusal(set(found.others))}; {READS}")
    return _texts(found, name, str(path), wanted, tell)


def _texts(found: Found, name: str, source: str, wanted: Columns, tell: Callable[[str], None]) -> Corpus:
    if any(wanted.parts().values()):
        tell(f"{source}: columns are those of a table; for texts they mean nothing")
    from nmf_topics.corpus.readers.folders import read_texts

    files = Meter(len(found.texts))
    return Corpus(name, source, lambda aside: read_texts(found, source, aside, tell, files), share=files.share)


def _refusal(endings: set[str]) -> str:
    """Why files with these endings are no corpus."""
    if endings & {*TABLES, PARQUET}:
        return "a table is read when it is named itself, not its folder"
    if ".xml" in endings:
        return "a dump is read when it is named itself, not its folder"
    if ".json" in endings:
        return ".json is not read; make it JSONL: jq -c '.[]' FILE.json > FILE.jsonl"
    if endings & {".doc", ".odt", ".rtf"}:
        return "such a file is not read; save it as .docx, .html or .txt"
    if endings <= IMAGES:
        return "images hold no text"
    return "this cannot be read as pages"
