"""Open any source of pages: a corpus folder, a folder or archive of texts, a table, a dump or standard input.

This module chooses the reader from the kind and the file ending of the source. Errors list the formats that are read.
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nmf_topics.corpus.page import Corpus
from nmf_topics.corpus.plain import safe_name, show_path
from nmf_topics.corpus.readers.columns import Columns
from nmf_topics.corpus.readers.limits import ReadLimits
from nmf_topics.corpus.readers.options import ReadOptions
from nmf_topics.corpus.readers.parquet import PARQUET, read_parquet
from nmf_topics.corpus.readers.streams import Meter, Spool, Unreadable, byte_chunks, meter_of, split_endings
from nmf_topics.corpus.readers.tables import TABLES, read_table
from nmf_topics.errors import CorpusError

if TYPE_CHECKING:
    from nmf_topics.corpus.readers.folders import FoundFiles

PAGES = "pages.jsonl"  # a folder with this file is a corpus folder
MANIFEST = "manifest.json"  # the source of a corpus folder
FORMATS = (
    "nmf-topics reads a folder or archive (.zip, .tar.gz) of texts, web pages, documents and email (.txt, .md, .html, "
    ".pdf, .docx, .odt, .rtf, .epub, .srt, .vtt, .eml, .mbox, TEI .xml), a table (.csv, .tsv, .jsonl, .json, .xlsx, "
    ".parquet) or a MediaWiki dump (.xml), each of them also compressed (.gz, .bz2, .xz, .zst), and JSONL from "
    "standard input (-)"
)


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
    encoding: str | None = None,
    lines: bool = False,
    titles_as_text: bool = False,
    drop_duplicates: bool = False,
    markup: str | None = None,
    read_limits: Mapping[str, int] | None = None,
    warn: Callable[[str], None] = _warn_user,
) -> Corpus:
    """Open a source of pages.

    Parameters
    ----------
    source : a corpus folder, a folder or archive of texts, one text, a table, a MediaWiki dump, or "-" for JSONL on
        standard input. None: the newest corpus in ./corpora, or the sample; `Corpus.source` tells which was opened
    text_column, title_column, id_column, date_column, label_column : columns of a table; None: guessed from their
        names. "a.b" is the field b within the field a; the text may be joined from several columns, "a,b"
    encoding : encoding of text files and tables without a byte order mark; None: UTF-8, or guessed
    lines : read every line of a text file or of standard input as a page
    titles_as_text : count the words of titles that the source contains as text
    drop_duplicates : leave out pages with the same text, or nearly the same words, as another page
    markup : whether to remove HTML, formulas and addresses from the columns of tables: "auto" removes them from columns
        that are written in markup, "remove" always, "keep" never, "tags,entities" only these kinds; None: "auto".
        "auto" judges a column by the first rows, so the first page of a stream comes after them
    read_limits : changed limits of reading by name, such as {"page-size": 10**8}; see `ReadLimits`
    warn : called with messages about guesses and about what was set aside, once for each message

    Returns
    -------
    Corpus, which can be read any number of times. No text has been read yet.

    Raises
    ------
    CorpusError
        If there is nothing to read. Errors inside a source are raised when it is read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Path(folder, "tea.jsonl").write_text('{"headline": "Tea", "text": "Green tea."}')
    ...     [page] = open_corpus(Path(folder, "tea.jsonl"), warn=lambda message: None)
    41
    >>> page.title, page.text
    ('Tea', 'Green tea.')
    """
    wanted = Columns(text_column, title_column, id_column, date_column, label_column)
    opener = _Opener(
        wanted, ReadOptions(encoding, lines, titles_as_text, markup or "auto", _limits_of(read_limits)), _once(warn)
    )
    corpus = _opened(opener, source)
    if not drop_duplicates:
        return corpus
    from nmf_topics.corpus.duplicates import without_duplicates

    return without_duplicates(corpus)


def _opened(opener: _Opener, source: str | Path | None) -> Corpus:
    """Open a source with a reader that fits."""
    if source == "-":
        return opener.standard_input()
    path = default_source() if source is None else Path(source)
    if source == "" or not (mode := _mode(path)):
        raise CorpusError(f"no such file or folder: {str(source)!r}{_suggest(path)}")
    if stat.S_ISDIR(mode):
        return opener.folder(path)
    if not stat.S_ISREG(mode):
        raise CorpusError(f"{path} is neither a file nor a folder; pipe JSONL into standard input (-) instead")
    return opener.file(path)


def _limits_of(limits: Mapping[str, int] | None) -> ReadLimits:
    try:
        return ReadLimits.of(limits or {})
    except ValueError as error:
        raise CorpusError(str(error)) from error


class _Opener:
    """Opens sources with the same options."""

    def __init__(self, wanted: Columns, options: ReadOptions, tell: Callable[[str], None]) -> None:
        self._wanted, self._options, self._tell = wanted, options, tell

    def standard_input(self) -> Corpus:
        """Open standard input: JSONL, or one page per line with the option `lines`."""
        if sys.stdin is None:
            raise CorpusError("there is no standard input to read pages from")
        spool = Spool(sys.stdin.buffer, "standard input")
        if self._options.lines:
            from nmf_topics.corpus.readers.folders import FoundFiles

            return self._texts(FoundFiles(stream=spool.chunks), "stdin", "standard input")
        return self._table("stdin", "standard input", spool.chunks, ".jsonl")

    def folder(self, path: Path) -> Corpus:
        """Open a corpus folder or a folder of texts."""
        pages = path / PAGES
        name = safe_name(path.name or path.resolve().name)
        if os.path.isfile(pages):  # not pages.is_file(), which raises an error if the folder cannot be entered
            return self._table_file(name, path, pages, ".jsonl")
        from nmf_topics.corpus.readers.folders import find_texts
        from nmf_topics.corpus.reading_log import join_kinds

        found = find_texts(path)
        if not found.texts and not found.set_aside:
            if not found.others:
                raise CorpusError(f"{path} is empty; {FORMATS}")
            raise CorpusError(f"there is no text in {path}, only {join_kinds(found.counted())}; {FORMATS}")
        return self._texts(found, name, str(path))

    def file(self, path: Path) -> Corpus:
        """Open a file; its ending determines the reader."""
        stem, ending, _ = split_endings(path.name)
        name = safe_name(stem)
        if ending in TABLES:
            return self._table_file(name, path, path, ending)
        if ending == PARQUET:
            rows = Meter()
            read = partial(read_parquet, path, self._wanted, self._tell, rows, options=self._options)
            return Corpus(name, str(path), lambda log: read(log=log), share=rows.share)
        from nmf_topics.corpus.mediawiki.dumps import (  # imported here because its patterns take time to compile
            dump_pages,
            is_dump,
        )
        from nmf_topics.corpus.readers.archives import is_archive
        from nmf_topics.corpus.readers.folders import FoundFiles
        from nmf_topics.corpus.readers.formats import TEXTS, why_not_read
        from nmf_topics.corpus.readers.tei import is_tei

        if is_archive(path.name):
            return self._archive(path, name)
        if is_dump(path.name) and not is_tei(path):
            self._no_columns(path, "a dump")
            meter = meter_of(path)
            return Corpus(
                name, str(path), lambda log: dump_pages(path, warn=self._tell, meter=meter), share=meter.share
            )
        if ending in TEXTS:
            return self._texts(FoundFiles([(path, show_path(path.name))]), name, str(path))
        raise CorpusError(f"{path}: {why_not_read(ending)}; {FORMATS}")

    def _archive(self, path: Path, name: str) -> Corpus:
        """Open an archive of texts, or of one table."""
        from nmf_topics.corpus.readers.archives import archived_chunks, read_members
        from nmf_topics.corpus.readers.folders import FoundFiles, is_text

        tables, texts = [], 0
        for member in read_members(path, self._options.limits):
            texts += is_text(member)
            if not member.hidden and split_endings(member.name)[1] in TABLES:
                tables.append(member.name)
        if texts or not tables:
            return self._texts(FoundFiles([(path, show_path(path.name))]), name, str(path))
        if len(tables) > 1:
            listed = ", ".join(map(repr, tables[:5])) + (" ..." if len(tables) > 5 else "")
            raise CorpusError(f"{path} contains {len(tables)} tables ({listed}); unpack it and name one of them")
        chunks = partial(archived_chunks, path, tables[0], self._options.limits)
        where = f"{path}/{tables[0]}"
        return self._table(name, str(path), chunks, split_endings(tables[0])[1], where)

    def _table(
        self, name: str, source: str, chunks: Callable[[], Iterator[bytes]], ending: str, where: str = ""
    ) -> Corpus:
        read = partial(read_table, chunks, where or source, ending, self._wanted, self._tell, options=self._options)
        return Corpus(name, source, lambda log: read(log=log))

    def _table_file(self, name: str, source: Path, path: Path, ending: str) -> Corpus:
        """Open a table that is a file, or the pages of a corpus folder."""
        meter = meter_of(path)
        corpus = self._table(name, str(source), partial(byte_chunks, path, meter), ending, str(path))
        return replace(corpus, share=meter.share)

    def _texts(self, found: FoundFiles, name: str, source: str) -> Corpus:
        self._no_columns(source, "texts")
        from nmf_topics.corpus.readers.folders import read_texts

        files = Meter(len(found.texts))
        read = partial(read_texts, found, source, tell=self._tell, meter=files, options=self._options)
        return Corpus(name, source, lambda log: read(log=log), share=files.share)

    def _no_columns(self, source: str | Path, kind: str) -> None:
        """Report columns that the user has named for a source without columns."""
        if any(self._wanted.parts().values()):
            self._tell(f"{source}: options for columns apply to tables only; they are ignored for {kind}")


def sample_corpus_path() -> Path:
    """Return the folder of the sample corpus, which is part of the package.

    Raises
    ------
    CorpusError
        If it is missing.
    """
    package = Path(__file__).parent
    places = [
        package / "sample",
        package.parent.parent / "corpora" / "sample",
    ]  # in an installed package; in a checkout
    for place in places:
        if (place / PAGES).is_file():
            return place
    raise CorpusError(f"the sample corpus is missing ({places[0]}); install nmf-topics again, or name a source")


def default_source() -> Path:
    """Return the source that is read by default: the newest corpus in ./corpora, or the sample."""
    corpora = [(pages.stat().st_mtime_ns, str(pages.parent)) for pages in Path("corpora").glob(f"*/{PAGES}")]
    return Path(max(corpora)[1]) if corpora else sample_corpus_path()


def declared_language(source: str | Path | None) -> str | None:
    """Return the language that `fetch` has written to the manifest of a corpus folder, or None."""
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
    shown: set[str] = set()

    def tell(message: str) -> None:
        if message not in shown:
            shown.add(message)
            warn(message)

    return tell


def _mode(path: Path) -> int:
    """Return the mode of a file, or 0 if there is none."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a NUL in the name
        return 0
    except OSError as error:
        raise Unreadable(str(path), f"cannot be read ({error.strerror})") from error


def _suggest(path: Path) -> str:
    """Suggest a similar name: a file in the same folder, or a corpus in ./corpora."""
    import difflib

    near: dict[str, Path] = {}
    for folder in (Path("corpora"), path.parent):
        try:
            near |= {name.casefold(): folder / name for name in os.listdir(folder)}
        except (OSError, ValueError):
            continue
    close = difflib.get_close_matches(path.name.casefold(), list(near), n=1)
    return f"; did you mean {str(near[close[0]])!r}?" if close else ""
