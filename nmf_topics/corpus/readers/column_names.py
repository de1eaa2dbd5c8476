"""Guess from its name which part of a page a column holds, and find the column that a user meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# Part of a page -> usual names of its column, most likely first: in several languages, and as used by Reddit, Twitter,
# news archives and spreadsheets.
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
_NOT_THE_TEXT = ("context", "pretext", "hypertext")  # other names that end in "text" (review_text, Volltext) are text


def plain_name(name: str) -> str:
    """Normalize the name of a column: lower case, words joined by underscores.

    Examples
    --------
    >>> [plain_name(name) for name in ("createdAt", " Created at ", "CREATED-AT", "Überschrift")]
    ['created_at', 'created_at', 'created_at', 'überschrift']
    """
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", unicodedata.normalize("NFC", name).strip())
    return re.sub(r"[\W_]+", "_", name.casefold()).strip("_")


def guess_column(part: str, names: Sequence[str]) -> str | None:
    """Return the column whose name is most likely that of a part of a page, or None; of equal ones the first.

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
    """Return whether a name is a usual one for some part of a page."""
    return any(guess_column(part, [name]) for part in GUESSES)


def matching_name(name: str, names: Sequence[str]) -> str | None:
    """Return the column with this name, else the only one that equals it apart from case, spaces and punctuation."""
    if name in names:
        return name
    for same in (str.casefold, plain_name):
        found = [other for other in names if same(other) == same(name)]
        if len(found) == 1:
            return found[0]
    return None


def nearest_name(name: str, names: Sequence[str]) -> str | None:
    """Return the column whose name is closest to a misspelt one, or None."""
    import difflib

    plain = {plain_name(other): other for other in reversed(names[:1000])}
    near = difflib.get_close_matches(plain_name(name), list(plain), n=1, cutoff=0.6)
    return plain[near[0]] if near else None
