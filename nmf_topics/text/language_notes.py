"""Notes for users about the languages of a corpus: which were read, and what is missing for them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from nmf_topics.errors import Notice, Remedy
from nmf_topics.text.analyzer import WordOptions
from nmf_topics.text.chinese import can_simplify
from nmf_topics.text.language import AUTO, NAMES
from nmf_topics.text.normalize import available
from nmf_topics.text.segment import EXTRAS, has_words_apart
from nmf_topics.text.stopwords import has_stop_words

FEW_STOPS = 0.12  # a third to a half of the tokens of English text are stop words, almost none in lists of keywords
TOKENS_TO_JUDGE = 200  # least number of tokens for this check
SECOND = 0.05  # share of pages from which a second language forms topics of its own


def named(language: str) -> str:
    """Return the name and code of a language: Spanish (es)."""
    return f"{NAMES[language]} ({language})" if language in NAMES else repr(language)


def remarks(options: WordOptions, languages: Mapping[str, int], ledger: Mapping[str, Any]) -> Iterator[str]:
    """Yield the notes about the languages of a corpus, one line each.

    Parameters
    ----------
    options : WordOptions of the counts
    languages : number of pages by language
    ledger : the token accounting of the counts
    """
    order = sorted(languages, key=lambda language: (-languages[language], language))
    if options.language == AUTO:
        told = ", ".join(f"{named(language)} {languages[language]}" for language in order)
        yield f"pages by language: {told}"
        if len(order) > 1 and languages[order[1]] >= SECOND * sum(languages.values()):
            yield "pages in different languages share few words, so topics will separate languages first"
    for language in order:
        yield from _missing(options.of_language(language), asked=options)
    dropped, read = ledger.get("dropped", {}), ledger.get("tokens", 0)
    if options.language == "en" and options.default_stops and read >= TOKENS_TO_JUDGE:
        share = dropped.get("stop", 0) / read
        if share < FEW_STOPS:
            yield Notice(
                f"only {share:.0%} of the words are common English ones",
                Remedy(
                    "if they are in another language, name it ({language=es}) or have it detected ({language=auto})"
                ),
            )


def _missing(options: WordOptions, *, asked: WordOptions) -> Iterator[str]:
    """Yield what is requested but missing for a language."""
    language = options.language
    forms = available(options.normalize, language)
    if forms != options.normalize:
        what = {"lemma": "dictionary forms alone", "stem": "stems", "none": "words as they stand"}[forms]
        yield f"{named(language)} has no {_FORMS[options.normalize]} here: {what} are terms"
    if language in _SYLLABLES and not asked.phrases:
        yield Notice(
            f"{named(language)} is written in syllables, which are terms here",
            Remedy("{phrases=True} joins them to words"),
        )
    if asked.default_stops and not has_stop_words(language):
        yield Notice(
            f"{named(language)} has no stop list here, so common words are kept", Remedy("name them with {stop_words}")
        )
    if not has_words_apart(language):
        extra = EXTRAS[language].extra
        yield f"{named(language)} is cut into words only roughly; better with pip install 'nmf-topics[{extra}]'"
    elif language == "zh" and not can_simplify():
        yield (
            "traditional and simplified characters make different words, and stop words are simplified; better with "
            "pip install 'nmf-topics[chinese]'"
        )


_SYLLABLES = ("vi",)  # languages with spaces between all syllables
_FORMS = {"lemma": "dictionary forms", "stem": "stemmer", "both": "dictionary forms with a stemmer"}


def problem_of_language(code: str, *, stops: bool) -> str:
    """Return what is wrong with a language that a user gave; an empty string if it can be used.

    Parameters
    ----------
    code : the language code as given
    stops : whether its stop words are needed
    """
    if code == AUTO or not stops or has_stop_words(code):
        return ""
    if code in NAMES:
        return Notice(
            f"there is no stop list for {named(code)}",
            Remedy("add {default_stops=False}, and words of your own with {stop_words}"),
        )
    by_name = {name.lower(): known for known, name in NAMES.items()}
    near = difflib.get_close_matches(code.lower(), [*by_name, *NAMES], n=1)
    hint = f"; did you mean {by_name.get(near[0], near[0])}?" if near else ""
    return f"{code!r} is no language that is known here; languages are named as in en, de, fr, zh, or auto{hint}"


def language_code(code: str) -> str:
    """Return the language of a code with a region or script (pt-BR, zh_Hans, EN-gb); Bokmål (nb) is "no" in lists."""
    found = code.strip().replace("_", "-").partition("-")[0].lower()
    return "no" if found == "nb" else found
