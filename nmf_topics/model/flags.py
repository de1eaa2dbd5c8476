"""Flag topics that are about no subject: leftovers of markup, signatures, dates, codes, one source, repeated pages.

A flag is a hint for readers; nothing is removed. Each is judged by what the model itself holds, so that models of
earlier versions have flags as well:

    markup         of the ten words that describe the topic, at least `MARKUP_WORDS` are parts of addresses or of HTML
    fixed text     the ten words are nearly always on the same pages (NPMI of at least `FIXED_NPMI`), as the words of
                   a signature or a notice are; those of subjects vary
    calendar       at least `CALENDAR_WORDS` of the ten words are names of months or weekdays
    codes          at least `CODES` of the ten words are abbreviations of up to four letters, or contain digits
    one source     nearly all pages have the same author or source, by their metadata, and most other pages do not
    repeated       most pages have the same words as another page of the topic

With these limits no topic with a subject is flagged in six collections of 233 to 11,246 pages (at ranks 4 to 40).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from nmf_topics.errors import Notice, Remedy
from nmf_topics.model.model import Topic, TopicModel

FlagKind = Literal["markup", "fixed text", "calendar", "codes", "one source", "repeated"]

WORDS = 10
MARKUP_WORDS, FIXED_NPMI, CALENDAR_WORDS, CODES = 3, 0.8, 4, 6
LEAST_PAGES = 5  # of a topic whose pages are judged
FIXED_PAGES, FIXED_CORPUS = 20, 200  # least pages of topic and corpus, as words of few pages go together by chance
SOURCE_SHARE, SOURCE_ELSEWHERE = 0.9, 0.5  # least share of a value in a topic, largest share of it on the other pages
REPEATED_SHARE, REPEATED_WORDS = 0.5, 10  # least share of repeated pages, and least length of a page, in words
SOURCES = frozenset(
    "author authors by byline creator from sender user username source publisher site host domain".split()
)

_MARKUP = frozenset(
    """http https www ftp com org net edu gov html htm xml php asp aspx jsp cgi href src url mailto nbsp quot amp div
    span font color align arial helvetica verdana serif img jpg gif png css utm""".split()
)
# English, German, French, Spanish, Italian, Portuguese, Dutch, Russian
_CALENDAR = frozenset(
    """january february march april june july august september october november december monday tuesday wednesday
    thursday friday saturday sunday jan feb apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri
    sat januar februar märz mai juni juli oktober dezember montag dienstag mittwoch donnerstag freitag samstag
    sonntag janvier février mars avril juin juillet août septembre octobre novembre décembre lundi mardi mercredi
    jeudi vendredi samedi dimanche enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre
    diciembre lunes martes miércoles jueves viernes sábado domingo gennaio febbraio aprile maggio giugno luglio
    settembre ottobre dicembre lunedì martedì mercoledì giovedì venerdì sabato domenica janeiro fevereiro março maio
    junho julho setembro outubro novembro dezembro segunda-feira januari februari maart mei augustus maandag dinsdag
    woensdag donderdag vrijdag zaterdag zondag января февраля марта апреля мая июня июля августа сентября октября
    ноября декабря понедельник вторник среда четверг пятница суббота воскресенье""".split()
)


@dataclass(frozen=True)
class Flag:
    """Why a topic may be about no subject.

    Attributes
    ----------
    topic : number of the topic
    kind : which of the signs it shows
    reason : what shows it
    message : topic, reason and what removes such topics
    """

    topic: int
    kind: FlagKind
    reason: str
    message: Notice

    def to_meta(self) -> dict[str, str]:
        """Return kind and reason, for JSON."""
        return {"kind": self.kind, "reason": self.reason}


def topic_flags(model: TopicModel) -> list[Flag]:
    """Return the flags of the topics of a model of text, in order; no flag for images and for matrices without words.

    Parameters
    ----------
    model : TopicModel
    """
    if not model.kind.has_names or model.description is None:
        return []
    main = model.dominant()
    repeated = np.zeros(len(main), bool)
    if model.known_words is not None:
        repeated = model.repeated_pages() & (model.known_words >= REPEATED_WORDS)
    found = []
    for topic in model.topics():
        pages = np.flatnonzero(main == topic.number - 1)
        signs = [*_signs_of_words(model, topic), *_signs_of_pages(model, pages, main, repeated)]
        name = f"topic {topic.number} ({topic.label})"
        found += [
            Flag(topic.number, kind, reason, Notice(f"{name} may be no subject: {reason}", Remedy(remedy)))
            for kind, reason, remedy in signs
        ]
    return found


def _signs_of_words(model: TopicModel, topic: Topic) -> Iterator[tuple[FlagKind, str, str]]:
    """Yield the signs in the words that describe a topic: kind, reason, remedy."""
    words = [word for word, _ in model.terms(topic.number, WORDS)]
    if len(words) < WORDS:
        return
    markup = [word for word in words if word.lower() in _MARKUP]
    if len(markup) >= MARKUP_WORDS:
        yield (
            "markup",
            f"{', '.join(markup)} are parts of addresses or of HTML",
            "{markup=remove} takes them out of tables, {boilerplate=True} out of any text",
        )
    elif topic.coherence >= FIXED_NPMI and topic.pages >= FIXED_PAGES and len(model.columns) >= FIXED_CORPUS:
        yield (
            "fixed text",
            "its words are nearly always on the same pages, as those of a signature or notice are",
            "{boilerplate=True} removes lines that many pages share, {stop_words} drops words",
        )
    months = [word for word in words if word.lower() in _CALENDAR]
    if len(months) >= CALENDAR_WORDS:
        yield "calendar", f"{', '.join(months)} are names of months or days", "{stop_words} drops them"
    codes = [word for word in words if _is_code(word)]
    if len(codes) >= CODES:
        yield "codes", f"{', '.join(codes)} are abbreviations or codes", "{stop_words} drops them"


def _is_code(word: str) -> bool:
    """Return whether a word is an abbreviation in capitals, or has digits."""
    return word.isascii() and (any(map(str.isdigit, word)) or (len(word) <= 4 and word.isupper()))


def _signs_of_pages(model: TopicModel, pages: Any, main: Any, repeated: Any) -> Iterator[tuple[FlagKind, str, str]]:
    """Yield the signs in the pages of a topic: kind, reason, remedy."""
    if len(pages) < LEAST_PAGES:
        return
    share = float(repeated[pages].mean())
    if share >= REPEATED_SHARE:
        yield (
            "repeated",
            f"{share:.0%} of its pages have the same words as another page",
            "{drop_duplicates=True} keeps one of each",
        )
    meta = model.columns.meta
    for name in sorted(name for name in model.columns.meta_names() if name.lower() in SOURCES):
        values = Counter(value for j in pages if isinstance(value := meta[j].get(name), str) and value)
        value, count = values.most_common(1)[0] if values else ("", 0)
        if count < SOURCE_SHARE * len(pages):
            continue
        others = [meta[j].get(name) == value for j in range(len(meta)) if main[j] != main[pages[0]]]
        if others and sum(others) <= SOURCE_ELSEWHERE * len(others):
            yield (
                "one source",
                f"{count} of its {len(pages)} pages have {name} {value!r}",
                "{stop_words} drops words that only this source uses",
            )
