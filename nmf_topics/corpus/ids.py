"""Ids of the pages of one source: made where there are none, and kept apart.

A made id is the beginning of sha256 over title and text, so it does not depend on where the page stands in
the source, nor on its metadata. The second page with the same title and text gets -2, the third -3, in the
order of the source: only where such twins differ in their metadata does the order decide which has which id.
"""

from __future__ import annotations

from nmf_topics.corpus.plain import content_id
from nmf_topics.errors import CorpusError, Remedy


class Ids:
    """The ids given so far in one reading of a source, and the places where they stand.

    Parameters
    ----------
    where : name of the source, for errors
    remedy : what to try when two pages have the same id
    """

    def __init__(self, where: str, remedy: Remedy | None) -> None:
        self._where = where
        self._remedy = remedy
        self._places: dict[str, int | str] = {}
        self._twins: dict[str, int] = {}

    def give(self, wish: str, title: str, text: str, place: int | str) -> str:
        """The id of a page: `wish`, or where that is empty one made of title and text.

        Raises
        ------
        CorpusError
            When a page at another place has this id.
        """
        name = wish or self._make(title, text)
        if name in self._places:
            both = f"{_show(self._places[name])} and {_show(place)}"
            raise CorpusError(f"{self._where}: two pages have the id {name!r}, {both}", remedy=self._remedy)
        self._places[name] = place
        return name

    def _make(self, title: str, text: str) -> str:
        made = content_id(title, text)
        if made not in self._places:
            return made
        self._twins[made] = self._twins.get(made, 1) + 1
        return f"{made}-{self._twins[made]}"


def _show(place: int | str) -> str:
    return f"line {place}" if isinstance(place, int) else place
