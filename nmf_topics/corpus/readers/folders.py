"""Folders of texts: every text, web page or document below a folder is a page.

    id      path below the folder, without its ending (all keep theirs when two would be the same)
    title   that of the web page or book, else the file name without its ending, underscores as spaces
    label   path of the subfolder; files at the top have none

Hidden files and folders are left out. A file that cannot be used is set aside, with the reason.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from nmf_topics.corpus.ids import Ids
from nmf_topics.corpus.page import Page, SetAside
from nmf_topics.corpus.plain import one_line, show_path, title_from_text
from nmf_topics.corpus.readers.formats import TEXTS, read_file
from nmf_topics.corpus.readers.streams import Meter, Unreadable, split_endings
from nmf_topics.errors import CorpusError, MissingExtra

FEW = 3  # names in one message


@dataclass
class Found:
    """What lies below a folder.

    Attributes
    ----------
    texts : text files and their paths below the folder, for people and for ids, in the order of these
    set_aside : what cannot be a text though its name says so
    others : ending -> number of the other files
    """

    texts: list[tuple[Path, str]] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)


def find_texts(folder: Path) -> Found:
    """Search a folder and all below it for text files.

    Notes
    -----
    Links to folders are followed, but each folder is entered once, under its own name if it lies below the
    searched one: a link to a folder above, or two links to each other, end there.

    Raises
    ------
    CorpusError
        When the folder itself cannot be read.
    """
    found = Found()
    entered: set[tuple[int, int]] = set()
    ways = [("", str(folder))]
    links: list[tuple[str, str]] = []
    while ways or links:
        below, way = ways.pop() if ways else links.pop(0)
        try:
            state = os.stat(way)
            if (state.st_dev, state.st_ino) in entered:
                continue
            entered.add((state.st_dev, state.st_ino))
            with os.scandir(way) as scan:
                entries = sorted((entry for entry in scan if not entry.name.startswith(".")), key=_name)
        except OSError as error:
            if not below:  # the folder itself
                raise Unreadable(str(folder), f"cannot be read ({error.strerror})") from error
            found.set_aside.append(SetAside(show_path(way), f"cannot be read ({error.strerror})"))
            continue
        for entry in entries:
            if os.path.isdir(entry.path):  # not entry.is_dir(), which raises for a link to itself
                (links if entry.is_symlink() else ways).append((f"{below}{entry.name}/", entry.path))
            else:
                _sort_in(found, entry, below)
    found.texts.sort(key=lambda text: text[1])
    return found


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _sort_in(found: Found, entry: os.DirEntry[str], below: str) -> None:
    ending = split_endings(entry.name)[1]
    if ending not in TEXTS:
        found.others[ending] += 1
    elif os.path.isfile(entry.path):
        found.texts.append((Path(entry.path), show_path(below + entry.name)))
    else:  # a pipe would block, a device never end
        found.set_aside.append(SetAside(show_path(entry.path), "a broken link or no ordinary file"))


def read_texts(
    found: Found,
    where: str,
    set_aside: Callable[[SetAside], None],
    tell: Callable[[str], None],
    meter: Meter | None = None,
) -> Iterator[Page]:
    """Yield the text files as pages.

    Parameters
    ----------
    found : what `find_texts` gave
    where : name of the folder, for messages
    set_aside : is handed every file that cannot be used
    tell : told, at the end, which files were set aside and which were not UTF-8
    meter : told how many files have been read

    Raises
    ------
    CorpusError
        When no file can be used, or two have the same id.
    """
    ids = Ids(where, "rename one of the files")
    names = _name_pages([path for _, path in found.texts])
    notes: list[str] = []
    aside = list(found.set_aside)
    for item in aside:
        set_aside(item)
    empty = True
    for number, ((file, path), name) in enumerate(zip(found.texts, names, strict=True), 1):
        if meter is not None:
            meter.done = number

        def note(what: str, path: str = path) -> None:
            notes.append(f"{path} ({what})")

        try:
            title, text = read_file(file, note)
        except (Unreadable, MissingExtra) as error:
            aside.append(SetAside(show_path(str(file)), getattr(error, "reason", str(error))))
            set_aside(aside[-1])
            continue
        empty = False
        title = title or one_line(split_endings(PurePosixPath(path).name)[0].replace("_", " "))
        label = one_line(path.rpartition("/")[0])
        page_id = ids.give(name, title, text, path)
        yield Page(page_id, title or title_from_text(text), text, {"label": label} if label else {})
    said = _few([f"{item.where} ({item.reason})" for item in aside])
    if empty:
        raise CorpusError(f"{where}: no text can be read: {said}")
    if notes:
        tell(f"{where}: not plain UTF-8: {_few(notes)}")
    if aside:
        tell(f"{where}: {len(aside)} set aside: {said}")


def _name_pages(paths: list[str]) -> list[str]:
    """The ids of pages at these paths: without endings where that keeps them apart."""
    short = [one_line(path[: path.rfind("/") + 1] + split_endings(path.rpartition("/")[2])[0]) for path in paths]
    return short if len(set(short)) == len(short) else [one_line(path) for path in paths]


def _few(names: list[str]) -> str:
    rest = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    return ", ".join(names[:FEW]) + rest
