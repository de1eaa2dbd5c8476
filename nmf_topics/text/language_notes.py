"""What users should know of how the pages of a language were read: which there are, and what is missing for them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from nmf_topics.text.analyzer import WordOptions
from nmf_topics.text.language import AUTO, NAMES
from nmf_topics.text.normalize import available
from nmf_topics.text.segment import EXTRAS, has_words_apart
from nmf_topics.text.stopwords import has_stop_words

FEW_STOPS = 0.12  # of the tokens of English text a third to a half are stop words; of lists of keywords next to none
TOKENS_TO_JUDGE = 200
SECOND = 0.05  # of the pages, what a second language needs to make topics of its own


def named(language: str) -> str:
    """A language for readers: Spanish (es)."""
    return f"{NAMES[language]} ({language})" if language in NAMES else repr(language)


def remarks(options: WordOptions, languages: Mapping[str, int], ledger: Mapping[str, Any]) -> Iterator[str]:
    """What is to be said of the languages of a corpus, one line each.

    Parameters
    ----------
    options : WordOptions of the counts
    languages : how many pages were read in which language
    ledger : of the counts
    """
    order = sorted(languages, key=lambda language: (-languages[language], language))
    if options.language == AUTO:
        told = ", ".join(f"{named(language)} {languages[language]}" for language in order)
        yield f"languages, by pages: {told}"
        if len(order) > 1 and languages[order[1]] >= SECOND * sum(languages.values()):
            yield "pages of two languages share few words, so topics will part by language first"
    for language in order:
        yield from _missing(options.of_language(language), asked=options)
    dropped, read = ledger.get("dropped", {}), ledger.get("tokens", 0)
    if options.language == "en" and options.default_stops and read >= TOKENS_TO_JUDGE:
        share = dropped.get("stop", 0) / read
        if share < FEW_STOPS:
            yield (
                f"only {share:.0%} of the words are common English ones; if the pages are in another language, name it "
                f"(--language es), or have it found out (--language auto)"
            )


def _missing(options: WordOptions, *, asked: WordOptions) -> Iterator[str]:
    """What a language lacks of what is asked for."""
    language = options.language
    forms = available(options.normalize, language)
    if forms != options.normalize:
        what = {"lemma": "dictionary forms alone", "stem": "stems", "none": "words as they stand"}[forms]
        yield f"{named(language)} has no {_FORMS[options.normalize]} here: {what} are terms"
    if language in _SYLLABLES and not asked.phrases:
        yield f"{named(language)} is written in syllables, which are terms here; --phrases makes words of them"
    if asked.default_stops and not has_stop_words(language):
        yield f"{named(language)} has no stop list here: common words stay, but for those of --stop"
    if not has_words_apart(language):
        extra = EXTRAS[language].extra
        yield f"{named(language)} is cut into words only roughly; better with pip install 'nmf-topics[{extra}]'"


_SYLLABLES = ("vi",)  # languages with a space between any two syllables
_FORMS = {"lemma": "dictionary forms", "stem": "stemmer", "both": "dictionary forms with a stemmer"}


def problem_of_language(code: str, *, stops: bool) -> str:
    """What is wrong with a language that the user names; empty where nothing is.

    Parameters
    ----------
    code : as it was given
    stops : whether its stop list is wanted
    """
    if code == AUTO or not stops or has_stop_words(code):
        return ""
    if code in NAMES:
        return f"there is no stop list for {named(code)}; add --no-default-stops, and words of your own with --stop"
    by_name = {name.lower(): known for known, name in NAMES.items()}
    near = difflib.get_close_matches(code.lower(), [*by_name, *NAMES], n=1)
    hint = f"; did you mean {by_name.get(near[0], near[0])}?" if near else ""
    return f"{code!r} is no language that is known here; languages are named as in en, de, fr, zh, or auto{hint}"


def language_code(code: str) -> str:
    """The language of a code with a region or a script: pt-BR, zh_Hans, EN-gb; Bokmål (nb) is what lists call no."""
    found = code.strip().replace("_", "-").partition("-")[0].lower()
    return "no" if found == "nb" else found
