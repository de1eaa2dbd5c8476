"""Names of columns: which part of a page a column looks like, and which column a user meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# Part of a page -> names of columns, the likeliest first; in several languages, and as Reddit, Twitter, news archives
# and spreadsheets call them.
GUESSES = {
    "text": (
        *("text", "full_text", "selftext", "body", "content", "abstract", "extract", "article", "document"),
        *("review", "comment", "message", "post", "tweet", "transcript", "lyrics", "answer", "description", "summary"),
        *("texte", "texto", "testo", "tekst", "inhalt", "contenu", "contenido", "beschreibung", "kommentar"),
    ),
    "title": (
        *("title", "name", "headline", "subject", "titel", "überschrift", "ueberschrift", "schlagzeile", "betreff"),
        *("titre", "título", "titulo", "titolo", "tytuł"),
    ),
    "id": ("id", "pageid", "page_id", "id_str", "key", "doi", "url", "uuid", "guid", "permalink"),
    "date": (
        *("date", "created_at", "created_utc", "published", "published_at", "publication_date", "pub_date", "pubdate"),
        *("timestamp", "datetime", "created", "posted_at", "year", "datum", "erscheinungsdatum", "jahr", "fecha"),
    ),
    "label": (
        *("label", "category", "class", "topic", "section", "subject", "kategorie", "rubrik", "thema", "ressort"),
        *("subreddit", "catégorie", "categoría"),
    ),
}
_NOT_THE_TEXT = ("context", "pretext", "hypertext")  # of names that end in "text", such as review_text or Volltext


def plain_name(name: str) -> str:
    """A name of a column without case, camels and spaces.

    Examples
    --------
    >>> [plain_name(name) for name in ("createdAt", " Created at ", "CREATED-AT", "Überschrift")]
    ['created_at', 'created_at', 'created_at', 'überschrift']
    """
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", unicodedata.normalize("NFC", name).strip())
    return re.sub(r"[\W_]+", "_", name.casefold()).strip("_")


def guess_column(part: str, names: Sequence[str]) -> str | None:
    """The column that looks most like a part of a page; of equal ones the first.

    Examples
    --------
    >>> guess_column("text", ["review_id", "Review Text", "stars"]), guess_column("date", ["a", "b"])
    ('Review Text', None)
    """
    left = {plain_name(name): name for name in reversed(names)}
    for guess in GUESSES[part]:
        if guess in left:
            return left[guess]
    if part == "text":
        return next((name for name in names if _ends_like_text(plain_name(name))), None)
    return None


def _ends_like_text(name: str) -> bool:
    return name.endswith("text") and name.rpartition("_")[2] not in _NOT_THE_TEXT


def is_known(name: str) -> bool:
    """Whether a name is one of those that some part of a page has."""
    return any(guess_column(part, [name]) for part in GUESSES)


def matching_name(name: str, names: Sequence[str]) -> str | None:
    """The column that has a name, else the only one that has it but for case and spaces."""
    if name in names:
        return name
    for same in (str.casefold, plain_name):
        found = [other for other in names if same(other) == same(name)]
        if len(found) == 1:
            return found[0]
    return None


def nearest_name(name: str, names: Sequence[str]) -> str | None:
    """The column that a misspelt name probably means."""
    import difflib

    plain = {plain_name(other): other for other in reversed(names[:1000])}
    near = difflib.get_close_matches(plain_name(name), list(plain), n=1, cutoff=0.6)
    return plain[near[0]] if near else None
