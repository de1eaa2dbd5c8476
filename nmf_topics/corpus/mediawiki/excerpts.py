"""Select parts of a page: the introduction, some sections, or both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from nmf_topics.corpus.mediawiki.sections import cut_end_matter, normal_name, plain_headings, read_heading


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The part of every page that is used as its text.

    Attributes
    ----------
    intro : include the text before the first heading
    sections : normalized names of sections to include, with their subsections
    """

    intro: bool = False
    sections: tuple[str, ...] = ()

    @classmethod
    def of(cls, intro: bool, sections: Iterable[str]) -> Self:
        """Return the excerpt with these sections, whose names need not be normalized."""
        return cls(intro, tuple(sorted({normal_name(name) for name in sections} - {""})))

    @property
    def is_whole(self) -> bool:
        """Whether the excerpt is the whole page."""
        return not self.intro and not self.sections

    @property
    def name(self) -> str:
        """A name that identifies the excerpt; "" for the whole page.

        Examples
        --------
        >>> Excerpt.of(True, ["Plot", " PLOT:", "Cast"]).name
        'intro|cast|plot'
        """
        return "|".join([*(["intro"] if self.intro else []), *self.sections])

    def read(self, text: str, language: str) -> str:
        """Return the excerpt of a text with headings written as `== Name ==`; the headings become plain lines.

        References, links and other end matter are removed from a whole page, but a section that is named is kept.

        Examples
        --------
        >>> Excerpt(intro=True).read("Tea is a drink.\\n== History ==\\nOld.", "en")
        'Tea is a drink.'
        >>> Excerpt.of(False, ["history"]).read("Tea is a drink.\\n== History ==\\nOld.\\n== Use ==\\nHot.", "en")
        'History\\nOld.'
        """
        if self.is_whole:
            return plain_headings(cut_end_matter(text, language))
        kept: list[str] = []
        in_intro, level = self.intro, 0  # level of the chosen section that is being read, 0 for none
        for line in text.split("\n"):
            if heading := read_heading(line):
                in_intro = False
                if not level or heading[0] <= level:
                    level = heading[0] if normal_name(heading[1]) in self.sections else 0
            if in_intro or level:
                kept.append(line)
        return plain_headings("\n".join(kept)).strip()


WHOLE_PAGE = Excerpt()
