"""What the report shows of the texts of pages, kept from one fit to the next.

To read a corpus once more and to find the term of every word in it takes longer than to fit another rank. So what came
of it lies in the cache, under the name of the counts of the same text: texts-KEY.json.z, JSON packed by zlib. It serves
a fit that wants the same pages at the same length, which is every fit of a corpus that the report holds whole; for
others, and whatever is wrong with it, the texts are read again.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nmf_topics.files.atomic import whole_file
from nmf_topics.terms.count import PageLike
from nmf_topics.terms.counts_cache import forget_oldest
from nmf_topics.terms.token_counter import TokenCounter
from nmf_topics.text.analyzer import Readers, WordOptions
from nmf_topics.text.apostrophes import splits_at_apostrophes
from nmf_topics.text.segment import is_apart
from nmf_topics.text.tokenize import tokens, words_of_token

PREFIX, ENDING = "texts-", ".json.z"


@dataclass(frozen=True)
class PageTexts:
    """Beginnings of texts, and what their words are.

    Attributes
    ----------
    texts : by the id of the page, the beginning of its text and the length of the whole, in characters
    terms : (word as it stands in the texts, its term), in order; a word of two languages may be there twice. Words
        without a term are left out, but those of scripts without spaces, which have ""
    """

    texts: Mapping[str, tuple[str, int]]
    terms: list[tuple[str, str]]


@dataclass(frozen=True)
class TextCache:
    """Where the texts of one corpus, read with the same options, are kept.

    Attributes
    ----------
    folder : of the cache
    key : of the counts of the same text
    """

    folder: Path
    key: str

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / f"{PREFIX}{self.key}{ENDING}"

    def recall(self, asked: list[object]) -> PageTexts | None:
        """Return what was kept of the same pages at the same length, if it can be read."""
        try:
            found = json.loads(zlib.decompress(self.path.read_bytes()))
            if found["asked"] != asked:
                return None
            texts = {str(id_): (str(text), int(length)) for id_, text, length in found["texts"]}
            terms = [(str(token), str(term)) for token, term in found["terms"]]
        except Exception:  # a damaged file can fail in any way, and none of them matters
            return None
        with suppress(OSError):
            os.utime(self.path)  # used just now: the last to be forgotten
        return PageTexts(texts, terms)

    def keep(self, asked: list[object], kept: PageTexts) -> None:
        """Keep texts for the next time; where that cannot be, it costs the next time alone."""
        texts = [(id_, *text) for id_, text in kept.texts.items()]
        document = json.dumps({"asked": asked, "texts": texts, "terms": kept.terms}, separators=(",", ":"))
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            with whole_file(self.path, durable=False) as partial:
                partial.write_bytes(zlib.compress(document.encode("ascii"), 1))
            forget_oldest(self.folder, f"{PREFIX}*{ENDING}")


def page_texts(
    wanted: Iterable[str],
    pages: Iterable[PageLike],
    options: WordOptions,
    *,
    length: int,
    total: int,
    shelf: TextCache | None = None,
) -> PageTexts:
    """Beginnings of the texts of some pages, and the terms of their words.

    Parameters
    ----------
    wanted : ids of the pages; those that the corpus does not hold are left out
    pages : the corpus once more; it is read no further than to the last page that is wanted
    options : how its text became terms
    length : characters of a page at most
    total : bytes of all texts together, UTF-8, at most
    shelf : where texts are kept, or None
    """
    ids = sorted(set(wanted))
    asked: list[object] = [length, total, ids]
    if shelf and (found := shelf.recall(asked)):
        return found
    texts = _read(set(ids), pages, length, total)
    readers = Readers(options)
    terms = []
    for language, new in TokenCounter(options).count([texts[id_][0] for id_ in texts]).fresh:
        reader = readers.reader(language)
        for token in new:
            term, _ = reader.read(token)
            if term is not None or not is_apart(token):
                terms.append((token, term or ""))
    terms += _terms_of_joined_words(texts, readers)
    result = PageTexts(texts, terms)
    if shelf:
        shelf.keep(asked, result)
    return result


def _terms_of_joined_words(texts: Mapping[str, tuple[str, int]], readers: Readers) -> list[tuple[str, str]]:
    """Return the terms of tokens with an attached word (l'art), which the report marks as one word."""
    if readers.options.tokenizer:
        return []
    found: dict[str, str] = {}
    for text, _ in texts.values():
        language = readers.language_of(text)
        if not splits_at_apostrophes(language):
            continue
        for token in tokens(text):
            if "'" in token and token not in found:
                read = (readers.reader(language).read(word)[0] for word in words_of_token(token, language))
                found[token] = next(filter(None, read), "")
    return [(token, term) for token, term in found.items() if term]


def _read(wanted: set[str], pages: Iterable[PageLike], length: int, total: int) -> dict[str, tuple[str, int]]:
    """Id -> (beginning, length of the whole), in the order of ids."""
    found: dict[str, tuple[str, int]] = {}
    for page in pages:
        if page.id in wanted:
            found[page.id] = (_beginning(page.text, length), len(page.text))
            if len(found) == len(wanted):
                break
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text, _ in found.values())
    if size > total:  # letters of several bytes
        length = int(length * total / size)
        found = {id_: (_beginning(text, length), whole) for id_, (text, whole) in found.items()}
    return {id_: found[id_] for id_ in sorted(found)}


def _beginning(text: str, length: int) -> str:
    """Return the first `length` characters at most, to the end of a word where there is one."""
    if len(text) <= length:
        return text
    end = max(text.rfind(" ", length - 100, length), text.rfind("\n", length - 100, length))
    return text[: end if end > 0 else length]
