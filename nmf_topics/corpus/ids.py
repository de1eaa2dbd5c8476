"""Check that the ids of a source's pages are unique, and create ids for pages that have none.

A created id is the beginning of the SHA-256 of title and text. So it does not depend on the position of the page in the
source or on its metadata. Further pages with the same title and text get the suffixes -2, -3 and so on, in the order of
the source.
"""

from __future__ import annotations

from nmf_topics.corpus.plain import content_id
from nmf_topics.errors import CorpusError, Remedy


class Ids:
    """The ids that are in use in one reading of a source, and where each was found.

    Parameters
    ----------
    where : name of the source, for errors
    remedy : what to try if two pages have the same id
    """

    def __init__(self, where: str, remedy: Remedy | None) -> None:
        self._where = where
        self._remedy = remedy
        self._places: dict[str, int | str] = {}
        self._copies: dict[str, int] = {}

    def give(self, given_id: str, title: str, text: str, place: int | str) -> str:
        """Return the id of a page: `given_id`, or if that is empty one created from title and text.

        Raises
        ------
        CorpusError
            If another page has this id. `place` tells where the page was found, for the message.
        """
        name = given_id or self._create(title, text)
        if name in self._places:
            both = f"{_show(self._places[name])} and {_show(place)}"
            raise CorpusError(f"{self._where}: two pages have the id {name!r}, {both}", remedy=self._remedy)
        self._places[name] = place
        return name

    def _create(self, title: str, text: str) -> str:
        created = content_id(title, text)
        if created not in self._places:
            return created
        self._copies[created] = self._copies.get(created, 1) + 1
        return f"{created}-{self._copies[created]}"


def _show(place: int | str) -> str:
    return f"line {place}" if isinstance(place, int) else place
