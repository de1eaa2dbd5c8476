"""Settings of a corpus folder: which wiki its pages come from, how their text is read, and which pages are kept.

They are recorded in manifest.json, and reused by every later fetch into the same folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from nmf_topics.corpus.mediawiki.excerpts import Excerpt

PAGEVIEWS = "https://wikimedia.org/api/rest_v1"
QUALITIES = ("any", "good", "featured")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)


_VALID: dict[str, Callable[[Any], bool]] = {
    "wiki": _is_text,
    "language": _is_text,
    "text": lambda value: value in (None, "extracts", "wikitext"),
    "intro": lambda value: isinstance(value, bool),
    "sections": _is_list_of_texts,
    "as_of": _is_text,
    "quality": lambda value: value in QUALITIES,
    "min_words": _is_number,
    "limit": lambda value: value is None or (_is_number(value) and value > 0),
    "pageviews": _is_text,
    "removed": _is_list_of_texts,
    "removed_with_owner": _is_list_of_texts,
    "also_language": _is_list_of_texts,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for all pages of a corpus.

    Attributes
    ----------
    wiki : URL of api.php; "" while it is not known
    language : of the Wikipedia whose page views are asked for, if `wiki` is not one of Wikimedia's
    text : how texts are read; None for the best that the wiki offers
    quality : any, good (or featured), featured
    min_words : the least number of words of a page
    limit : the most pages
    pageviews : URL of the service that lists the most viewed pages
    intro, sections : the text of a page is its introduction, these sections, or both; neither for the whole page
    as_of : the text of a page is the one that it had at this time; "" for the present one
    removed : titles of pages that are left out, whatever selects them
    removed_with_owner : titles that are left out as the pages that they belong to, in another language, were removed
    also_language : codes of languages whose versions of the pages are fetched, too
    """

    wiki: str = ""
    language: str = "en"
    text: Literal["extracts", "wikitext"] | None = None
    quality: str = "any"
    min_words: int = 1
    limit: int | None = None
    pageviews: str = PAGEVIEWS
    intro: bool = False
    sections: tuple[str, ...] = ()
    as_of: str = ""
    removed: tuple[str, ...] = ()
    also_language: tuple[str, ...] = ()
    removed_with_owner: tuple[str, ...] = ()

    @property
    def excerpt(self) -> Excerpt:
        """Which part of each page is its text."""
        return Excerpt.of(self.intro, self.sections)

    def accepts(self, quality: str) -> bool:
        """Whether a page of this quality ("", "good" or "featured") belongs into the corpus."""
        return self.quality == "any" or quality == "featured" or (quality == "good" and self.quality == "good")

    def to_json(self) -> dict[str, Any]:
        """Return the settings as they are recorded."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, recorded: Mapping[str, Any]) -> Self:
        """Read recorded settings; one that is missing has its default, and one that is unknown is ignored.

        Raises
        ------
        ValueError
            When a value cannot be that of its setting.
        """
        found = {name: recorded[name] for name in _VALID if name in recorded}
        for name, value in found.items():
            if not _VALID[name](value):
                raise ValueError(f"{name} cannot be {value!r}")
        found |= {name: tuple(value) for name, value in found.items() if isinstance(value, list)}
        return cls(**found)

    def changes_from(self, before: Settings) -> dict[str, tuple[Any, Any]]:
        """Return the names of the settings that differ, each with its value before and now."""
        old, new = before.to_json(), self.to_json()
        return {name: (old[name], new[name]) for name in new if old[name] != new[name]}
