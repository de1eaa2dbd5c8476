"""Normalization: run, running, ran and runs become one term.

    lemma   the dictionary form: ran -> run, children -> child      simplemma, with corrections for English; of Korean
            words, the word without its particles (see `attached`)
    stem    the word without its ending: running -> run             Snowball, or Porter's algorithm of 1980
    both    the stem of the lemma, so that the article's "running", "ran" and "run" are one term
    none    the word itself, in lower case

Each distinct word is normalized once, not each token. Readers never see a stem; they see the most frequent word form
of the term.

References: Porter, An algorithm for suffix stripping, Program 14 (1980) 130-137; Barbaresi, simplemma.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Literal, get_args

from nmf_topics.errors import NmfTopicsError, Remedy
from nmf_topics.text.attached import has_prefixes, without_particles, without_prefixes

Normalization = Literal["stem", "lemma", "both", "none"]
Stemmer = Literal["snowball", "porter"]
NORMALIZATIONS: tuple[str, ...] = get_args(Normalization)
STEMMERS: tuple[str, ...] = get_args(Stemmer)

# Languages that capitalize nouns: German Arbeit is the noun work, arbeite a form of the verb.
CASED = frozenset({"de"})

# Corrections where simplemma's English table has no entry or a wrong one: the lemma, then the forms that belong to it.
# Forms with a common meaning of their own (rose, ground, left, won) are assigned to the verb only where texts mostly
# mean the verb. A word that is its own lemma is listed where simplemma reads it as part of a contraction (AI as ain't,
# Don as don't).
_CORRECTIONS = """
bend bent; bind bound; bite bit bitten; break broke; drink drunk; feel felt; go gone; leave left; ring rung; rise rose;
shake shook; shoot shot; swear swore; think thought; win won; awake awoke awoken; bear bore borne; bad worse worst;
grind ground; lay laid; play playing; grow growing; follow following; sing singing; write writing; serve serving;
model modelling modeling; travel travelling traveling; cancel cancelling; label labelling labeling;
prefer preferring; rebel rebelling rebeling; rule ruling; breathe breathing; heal healing; build building;
draw drawing; sit sitting; buy buying; compute computing; program programming; code coding; trade trading;
hunt hunting; age aging ageing; act acting; live living; fish fishing; bake baking; cut cutting;
close closing; spell spelt; wind wound; think thinking; swing swinging; spring springing; swear swearing;
develop developed; mix mixed mixing mixes; fix fixed fixing fixes; prefer preferred; determine determining;
cancel cancelled; label labelled; model modelled; signal signalled signalling; guard guarded guarding;
deposit deposited; thank thanked thanking; mimic mimicking; panic panicked panicking; unfold unfolded unfolding;
cross crosses; lens lenses; fantasy fantasies; housewife housewives;
american americans; armenian armenians; canadian canadians; egyptian egyptians; german germans; greek greeks;
indian indians; israeli israelis; palestinian palestinians; russian russians; serb serbs; turk turks;
ai ai; ca ca; don don; em em; na na; ur ur; wo wo; lay lay;
person people; leaf leaves; life lives; wife wives; half halves; shelf shelves; thief thieves; calf calves;
loaf loaves; basis bases; axis axes; datum data; hoof hooves; scarf scarves; dwarf dwarves;
remain remains; sale sales; simm simms; scot scots; briton britons; finn finns; azeri azeris; yankee yankees;
azerbaijani azerbaijanis; iraqi iraqis; templar templars; byzantine byzantines; zooid zooids; arg args;
exemplify exemplified exemplifies; proclaim proclaiming; wales wales; fleming fleming; gemini gemini;
capita capita; ml ml; cf cf;
unwilling unwilling; outgoing outgoing; sophisticated sophisticated; laden laden; undefined undefined;
unmanned unmanned; unarmed unarmed; unauthorized unauthorized; deceased deceased
"""
_ENGLISH = {form: base for entry in _CORRECTIONS.split(";") for base, *forms in [entry.split()] for form in forms}

# Languages of which simplemma has tables.
_LEMMA_TABLES = frozenset(
    """ar ast bg ca cs cy da de el en enm eo es et fa fi fr ga gd gl grc gv hbs he hi hu hy id is it ka la lb lt lv mk
    ml ms nb nl nn pl pt ro ru se sk sl sq sv sw tl tr uk""".split()
)
# Languages that simplemma knows under another code.
_LEMMAS = {"no": "nb", "hr": "hbs", "bs": "hbs"}

# Snowball's names of languages by ISO 639-1 code.
_SNOWBALL = dict(
    pair.split(":")
    for pair in """ar:arabic hy:armenian eu:basque ca:catalan da:danish nl:dutch en:english eo:esperanto et:estonian
    fi:finnish fr:french de:german el:greek hi:hindi hu:hungarian id:indonesian ga:irish it:italian lt:lithuanian
    ne:nepali no:norwegian nb:norwegian nn:norwegian pt:portuguese ro:romanian ru:russian sr:serbian es:spanish
    sv:swedish ta:tamil tr:turkish yi:yiddish""".split()
)


def without_accents(word: str) -> str:
    """Remove accents from Latin letters: café -> cafe; words of other scripts are returned unchanged.

    Examples
    --------
    >>> without_accents("Beyoncé's"), without_accents("Москвы")
    ("Beyonce's", 'Москвы')
    """
    if word.isascii():
        return word
    apart = unicodedata.normalize("NFD", word)
    plain = "".join(char for char in apart if not "\u0300" <= char <= "\u036f")
    return plain if plain.isascii() and plain else word


def _drop_possessive(word: str) -> str:
    """Remove the possessive ending: obama's -> obama. Tokens never end in an apostrophe (players' is players)."""
    return word[:-2] if word.endswith("'s") else word


def has_lemmas(language: str) -> bool:
    """Return whether there are lemmas for a language."""
    return language == "ko" or _LEMMAS.get(language, language) in _LEMMA_TABLES


def is_in_dictionary(word: str, language: str) -> bool:
    """Return whether simplemma's table of a language has a word form."""
    from simplemma import is_known

    return bool(is_known(word, lang=_LEMMAS.get(language, language)))


def has_stems(language: str) -> bool:
    """Return whether there is a stemmer for a language."""
    return language in _SNOWBALL


def available(normalization: Normalization, language: str) -> Normalization:
    """Return the normalization that is available for a language: the requested one, else lemma, stem or none.

    Examples
    --------
    >>> available("lemma", "de"), available("both", "pl"), available("lemma", "zh")
    ('lemma', 'lemma', 'none')
    """
    if normalization == "none":
        return "none"
    lemmas, stems = has_lemmas(language), has_stems(language)
    if lemmas and stems:
        return normalization
    return "lemma" if lemmas else "stem" if stems else "none"


def _lemmatizer(language: str) -> Callable[[str], str]:
    if language == "ko":
        return without_particles
    from simplemma import lemmatize

    if not has_lemmas(language):
        raise NmfTopicsError(
            f"there are no lemmas for the language {language!r}",
            remedy=Remedy("use {normalize=stem} or {normalize=none}"),
        )
    table = _LEMMAS.get(language, language)

    def lemma(word: str) -> str:
        return str(lemmatize(word.capitalize() if word.isupper() else word, lang=table)).lower()

    if has_prefixes(language):

        def without_prefix(word: str) -> str:
            """Look up the word; where the table has no such form, what is left without its prefixes."""
            if (found := lemma(word)) != word or is_in_dictionary(word, language):
                return found
            return next(
                (lemma(rest) for rest in without_prefixes(word, language) if is_in_dictionary(rest, language)), word
            )

        return without_prefix
    if language != "en":
        return lemma
    from simplemma.strategies import DictionaryLookupStrategy, RulesStrategy

    look_up, by_rule = DictionaryLookupStrategy().get_lemma, RulesStrategy().get_lemma

    def english(word: str) -> str:
        """Look up the table, then apply simple rules; simplemma's other strategies are slow and find nothing here."""
        if corrected := _ENGLISH.get(word):
            return corrected
        if not word.isalpha():
            return word if "'" not in word else lemma(word)
        found = str(look_up(word, "en") or by_rule(word, "en") or word).lower()
        # no table has all names of peoples and schools of thought: Davidians, Keynesians
        return found[:-1] if found.endswith("ians") else found

    return english


def _stemmer(language: str, stemmer: Stemmer) -> Callable[[str], str]:
    if stemmer == "porter":
        if language != "en":
            raise NmfTopicsError(
                f"Porter's stemmer is for English, not for {language!r}", remedy=Remedy("use {stemmer=snowball}")
            )
        from nltk.stem.porter import PorterStemmer

        porter = PorterStemmer(mode=PorterStemmer.ORIGINAL_ALGORITHM)
        return lambda word: str(porter.stem(word))
    from Stemmer import Stemmer as Snowball

    if not has_stems(language):
        raise NmfTopicsError(
            f"there is no stemmer for the language {language!r}",
            remedy=Remedy("use {normalize=lemma} or {normalize=none}"),
        )
    snowball = Snowball(_SNOWBALL[language], 0)  # no cache: each word is looked up once
    return lambda word: str(snowball.stemWord(word))


def normalizer(
    normalization: Normalization, *, language: str = "en", stemmer: Stemmer = "snowball"
) -> Callable[[str], str]:
    """Return the function that normalizes a word. Case matters only for lemmas of languages in `CASED`.

    Parameters
    ----------
    normalization : "stem", "lemma", "both" or "none"
    language : str, ISO 639-1
    stemmer : "snowball", or "porter" (English only)

    Raises
    ------
    NmfTopicsError
        if this normalization is not available for the language.

    Examples
    --------
    >>> normal = normalizer("both")
    >>> [normal(word) for word in ("run", "running", "ran", "runs", "runner's")]
    ['run', 'run', 'run', 'run', 'runner']
    """
    if normalization == "none":
        return str.lower
    steps: list[Callable[[str], str]] = []
    if language not in CASED or normalization == "stem":
        steps.append(str.lower)
    if language == "en":
        steps.append(_drop_possessive)
    if normalization in ("lemma", "both"):
        steps.append(_lemmatizer(language))
    if normalization in ("stem", "both"):
        steps.append(_stemmer(language, stemmer))

    def normal(word: str) -> str:
        for step in steps:
            word = step(word)
        return word

    return normal
