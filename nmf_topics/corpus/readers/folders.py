"""Read folders and archives of texts: every text, web page or document in a folder or its subfolders is a page.

    id      path within the folder without the file ending (with it, for all files, if two ids would be equal)
    title   that of the web page, book or email; else the file name without its ending, underscores as spaces
    label   path of the subfolder; none for files in the folder itself

An archive (.zip, .tar) in a folder is read like a subfolder with its name. A file of several documents (a mailbox, a
TEI corpus) gives several pages, whose ids end in a number. Hidden files and folders are ignored. A file that cannot be
used is set aside with the reason; files of other formats are counted.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from nmf_topics.corpus.ids import Ids
from nmf_topics.corpus.page import Page
from nmf_topics.corpus.plain import one_line, show_path, title_from_text
from nmf_topics.corpus.readers.archives import Member, is_archive, read_members
from nmf_topics.corpus.readers.charsets import SAMPLE, looks_binary, marked_encoding
from nmf_topics.corpus.readers.encoding_guess import EncodingChooser, is_damaged_utf8, is_utf8, sample_of
from nmf_topics.corpus.readers.formats import PLAIN, TEXTS, read_documents, why_not_read
from nmf_topics.corpus.readers.inputs import Input
from nmf_topics.corpus.readers.options import ReadOptions
from nmf_topics.corpus.readers.streams import Meter, Unreadable, byte_chunks, split_endings
from nmf_topics.corpus.reading_log import HIDDEN, HIDDEN_REASON, ReadingLog, join_some
from nmf_topics.errors import CorpusError, MissingExtra, Remedy

MAX_SAMPLED_FILES = 2000  # files that are searched for samples to guess the common encoding


@dataclass
class FoundFiles:
    """The files in a folder and its subfolders.

    Attributes
    ----------
    texts : text files and archives, each with its path within the folder for display and ids, sorted by that path
    set_aside : (path, reason, kind) of entries that are named like a text but cannot be read as one
    others : (kind, reason) of every other file
    stream : returns the bytes of a text that is not in a file; None if there is none
    """

    texts: list[tuple[Path, str]] = field(default_factory=list)
    set_aside: list[tuple[str, str, str]] = field(default_factory=list)
    others: list[tuple[str, str]] = field(default_factory=list)
    stream: Callable[[], Iterator[bytes]] | None = None

    def counted(self) -> Counter[tuple[str, str]]:
        """Count the other files by kind and reason."""
        return Counter(self.others)


def find_texts(folder: Path) -> FoundFiles:
    """Find the text files in a folder and its subfolders.

    Notes
    -----
    Links to folders are followed, but every folder is searched only once, under its own name if it is inside the given
    one. So links that form a cycle do no harm.

    Raises
    ------
    CorpusError
        If the folder itself cannot be read.
    """
    found = FoundFiles()
    entered: set[tuple[int, int]] = set()
    folders = [("", str(folder))]
    links: list[tuple[str, str]] = []
    while folders or links:
        prefix, path = folders.pop() if folders else links.pop(0)
        try:
            state = os.stat(path)
            if (state.st_dev, state.st_ino) in entered:
                continue
            entered.add((state.st_dev, state.st_ino))
            with os.scandir(path) as scan:
                entries = sorted(scan, key=_name)
        except OSError as error:
            if not prefix:  # the folder itself
                raise Unreadable(str(folder), f"cannot be read ({error.strerror})") from error
            found.set_aside.append((show_path(path), f"cannot be read ({error.strerror})", "folder"))
            continue
        for entry in entries:
            if entry.name.startswith("."):
                found.others.append((HIDDEN, HIDDEN_REASON))
            elif os.path.isdir(entry.path):  # not entry.is_dir(), which raises for a link to itself
                (links if entry.is_symlink() else folders).append((f"{prefix}{entry.name}/", entry.path))
            else:
                _add_entry(found, entry, prefix)
    found.texts.sort(key=lambda text: text[1])
    return found


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _add_entry(found: FoundFiles, entry: os.DirEntry[str], prefix: str) -> None:
    ending = split_endings(entry.name)[1]
    if ending not in TEXTS and not is_archive(entry.name):
        found.others.append((ending, why_not_read(ending)))
    elif os.path.isfile(entry.path):
        found.texts.append((Path(entry.path), show_path(prefix + entry.name)))
    else:  # reading a pipe would block, reading a device would never end
        found.set_aside.append((show_path(entry.path), "a broken link, or not a regular file", ending))


@dataclass(frozen=True)
class _TextFile:
    """A file in a folder or an archive.

    Attributes
    ----------
    path : path within the folder
    page_id : id of its page
    where : full path, for messages
    chunks : returns its bytes, decompressed
    """

    path: str
    page_id: str
    where: str
    chunks: Callable[[], Iterator[bytes]]

    @property
    def ending(self) -> str:
        """The ending that determines its format."""
        return split_endings(PurePosixPath(self.path).name)[1]


class FolderReader:
    """Reads the texts of a folder or an archive once.

    Parameters
    ----------
    found : the result of `find_texts`
    where : name of the folder, for messages
    log : receives what cannot be used
    options : ReadOptions
    """

    def __init__(self, found: FoundFiles, where: str, log: ReadingLog, options: ReadOptions) -> None:
        self._found, self._where, self._log, self._options = found, where, log, options
        self._encodings = EncodingChooser(options.encoding, self._samples)
        self._ids = Ids(where, Remedy("rename one of the files"))
        self._notes: list[str] = []
        self._log.skipped.update(found.others)
        for place, reason, kind in found.set_aside:
            log.put_aside(place, reason, kind)

    def pages(self, meter: Meter | None = None) -> Iterator[Page]:
        """Yield the pages; `meter` counts the files that have been read."""
        for file in self._files(meter or Meter()):
            try:
                yield from self._pages_of(file)
            except MissingExtra as error:  # the same for all files of this kind
                self._log.skipped[file.ending, str(error)] += 1
            except Unreadable as error:
                self._log.put_aside(show_path(file.where), error.reason, file.ending)
            else:
                self._log.read[file.ending] += 1

    def messages(self) -> Iterator[str]:
        """Yield the messages that belong at the end."""
        if self._notes:
            yield f"not plain UTF-8: {join_some(self._notes)}"
        yield from self._log.messages()

    def _files(self, meter: Meter) -> Iterator[_TextFile]:
        """Yield the files of the folder and of the archives in it, in order."""
        if self._found.stream is not None:
            yield _TextFile("stdin.txt", "stdin", self._where, self._found.stream)
        texts = self._found.texts
        ids = iter(_name_pages([path for file, path in texts if not is_archive(file.name)]))
        for number, (file, path) in enumerate(texts, 1):
            meter.done = number
            if not is_archive(file.name):
                yield _TextFile(path, next(ids), str(file), partial(byte_chunks, file))
                continue
            try:
                yield from self._members(file, path)
            except Unreadable as error:
                self._log.put_aside(show_path(str(file)), error.reason, split_endings(file.name)[1])

    def _members(self, file: Path, path: str) -> Iterator[_TextFile]:
        """Yield the files of an archive; an archive in a folder is treated as a subfolder."""
        limits, alone = self._options.limits, str(file) == self._where
        listed = [show_path(member.name) for member in read_members(file, limits) if is_text(member)]
        first = listed[0].partition("/")[0] + "/" if listed else ""
        inner = first if alone and all(name.startswith(first) for name in listed) else ""  # the folder around all
        shown = [name.removeprefix(inner) if alone else f"{path}/{name}" for name in listed]
        ids, paths = iter(_name_pages(shown)), iter(shown)
        seen: set[str] = set()
        for member in read_members(file, limits):
            if not is_text(member):
                self._log.skipped[_kind_of(member)] += 1
                continue
            below, page_id = next(paths), next(ids)
            if member.name in seen:
                self._log.put_aside(f"{file}/{member.name}", "the archive contains another file with this name", ".zip")
                continue
            seen.add(member.name)
            yield _TextFile(below, page_id, f"{file}/{member.name}", member.chunks)

    def _pages_of(self, file: _TextFile) -> Iterator[Page]:
        def note(what: str) -> None:
            self._notes.append(f"{file.path} ({what})")

        label = one_line(file.path.rpartition("/")[0])
        own_title = one_line(split_endings(PurePosixPath(file.path).name)[0].replace("_", " "))
        put_aside = partial(self._log.put_aside, kind="a line")
        opened = Input(file.where, file.chunks, self._options, self._encodings, note, put_aside)
        for document in read_documents(opened, file.ending):
            page_id, place = file.page_id, file.path
            title = document.title
            if document.name:  # one of several
                page_id = "" if self._options.lines else f"{page_id}/{document.name}"
                place = f"{place}, {document.name}"
            else:
                title = title or own_title
            meta = {**({"label": label} if label else {}), **document.meta}
            page_id = self._ids.give(page_id, title, document.text, place)
            row = int(document.name) if document.name else None
            yield Page(page_id, title or title_from_text(document.text), document.text, meta, row)

    def _samples(self) -> Iterator[bytes]:
        """Yield samples of the plain texts that are not UTF-8, to guess their encoding together."""
        examined = 0
        for file, path in self._found.texts:
            sources: Iterator[tuple[str, Callable[[], Iterator[bytes]]]] = iter([(path, partial(byte_chunks, file))])
            if is_archive(file.name):
                sources = ((member.name, member.chunks) for member in self._readable_members(file))
            for name, chunks in sources:
                if split_endings(PurePosixPath(name).name)[1] not in PLAIN:
                    continue
                examined += 1
                if examined > MAX_SAMPLED_FILES:
                    return
                data = _beginning(chunks)
                if is_utf8(data) or marked_encoding(data) or looks_binary(data) or is_damaged_utf8(data):
                    continue
                yield sample_of(data)

    def _readable_members(self, file: Path) -> Iterator[Member]:
        try:
            yield from (member for member in read_members(file, self._options.limits) if is_text(member))
        except Unreadable:
            return


def _beginning(chunks: Callable[[], Iterator[bytes]]) -> bytes:
    """Return the beginning of a file; b"" if it cannot be read."""
    try:
        return next(chunks(), b"")[:SAMPLE]
    except (Unreadable, MissingExtra):
        return b""


def is_text(member: Member) -> bool:
    """Return whether a file of an archive is read."""
    return not member.hidden and split_endings(PurePosixPath(member.name).name)[1] in TEXTS


def _kind_of(member: Member) -> tuple[str, str]:
    """Return the kind of an archived file that is not read, and the reason."""
    name = PurePosixPath(member.name).name
    if member.hidden:
        return HIDDEN, HIDDEN_REASON
    ending = split_endings(name)[1]
    return ending, "an archive within an archive" if is_archive(name) else why_not_read(ending)


def read_texts(
    found: FoundFiles,
    where: str,
    log: ReadingLog,
    tell: Callable[[str], None],
    meter: Meter | None = None,
    options: ReadOptions | None = None,
) -> Iterator[Page]:
    """Yield the texts of a folder or of an archive as pages.

    Parameters
    ----------
    found : the result of `find_texts`
    where : name of the folder, for messages
    log : receives every file that cannot be used
    tell : called at the end with messages about files that were not read or not UTF-8
    meter : counts the files that have been read
    options : ReadOptions

    Raises
    ------
    CorpusError
        If no file can be used, or two have the same id.
    """
    reader = FolderReader(found, where, log, options or ReadOptions())
    empty = True
    for page in reader.pages(meter):
        empty = False
        yield page
    said = list(reader.messages())
    if empty:
        reasons = join_some([f"{item.where} ({item.reason})" for item in log.set_aside]) or "; ".join(said)
        raise CorpusError(f"{where}: no text can be read{f': {reasons}' if reasons else ''}")
    for message in said:
        tell(f"{where}: {message}")


def _name_pages(paths: list[str]) -> list[str]:
    """Return the ids of the pages at these paths: the paths without file endings, if these are unique."""
    short = [one_line(path[: path.rfind("/") + 1] + split_endings(path.rpartition("/")[2])[0]) for path in paths]
    return short if len(set(short)) == len(short) else [one_line(path) for path in paths]
