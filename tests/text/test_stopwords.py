"""Stop words: what the lists hold, what they take with them, and what they must leave alone."""

from __future__ import annotations

import pytest
import stopwordsiso

from nmf_topics.errors import NmfTopicsError
from nmf_topics.text.analyzer import TermAnalyzer, WordOptions
from nmf_topics.text.normalize import Normalization, Stemmer
from nmf_topics.text.stopwords import ENGLISH, stop_words, stops_with_inflections
from nmf_topics.text.tokenize import tokens

WAYS: list[tuple[Normalization, Stemmer]] = [
    ("lemma", "snowball"),
    ("both", "snowball"),
    ("both", "porter"),
    ("stem", "snowball"),
    ("stem", "porter"),
    ("none", "snowball"),
]

# Words of content that share a stem, a lemma or a piece of a contraction with a stop word: won with won't, mining with
# mine, news with new, ore with or, AI with ain't, evening with even, several with severe.
CONTENT = """
    won mining mines mined mine's news ore ores evening evenings andes herring innings severe severity wells well's
    seconds cans canned canning beings downing wills wo ai ca na em don ur outing stills useful actual exception
    exceptional mere quit lateral doe theses thesis herd wed weds ado goer gopher mineral secondary canal willow
    wellness history island oneness onward system world state work
"""


def stop_words_of_the_package() -> set[str]:
    """The English list of stopwordsiso."""
    words: set[str] = stopwordsiso.stopwords("en")
    return words


def reasons(words: str, **options: object) -> dict[str, str]:
    """What becomes of each word: "kept" or the reason why not."""
    reader = TermAnalyzer(WordOptions(**options))  # type: ignore[arg-type]
    return {word: reader.read(word)[1] for word in words.split()}


def all_are(reason: str, words: str, **options: object) -> bool:
    """Whether one thing becomes of all words; the others are printed."""
    others = {word: found for word, found in reasons(words, **options).items() if found != reason}
    print(options, others)
    return not others


def test_the_english_list_is_in_lower_case_and_one_token_each() -> None:
    """An entry in another case, or with a sign that parts words, could never match."""
    assert all(word == word.lower() and tokens(word) == [word] for word in ENGLISH)


def test_the_english_list_is_short_and_has_no_words_of_content() -> None:
    """It is a third of the list in circulation, which takes words of subjects for stop words."""
    assert len(ENGLISH) < len(stop_words_of_the_package()) / 3
    assert not ENGLISH & set("system world state work people computer fire bill interest side find full cry".split())


@pytest.mark.parametrize(("normalize", "stemmer"), WAYS)
def test_stop_words_are_dropped_in_their_own_spelling(normalize: Normalization, stemmer: Stemmer) -> None:
    """Every word of the list is dropped (a single letter as short), in any case and with any apostrophe."""
    reader = TermAnalyzer(WordOptions(normalize=normalize, stemmer=stemmer))
    for word in ENGLISH:
        for spelling in (word, word.upper(), word.capitalize()):
            assert reader.read(spelling) == (None, "short" if len(word) == 1 else "stop")
    assert {reader.read(token)[1] for token in tokens("Don’t WON’T it’s")} == {"stop"}


@pytest.mark.parametrize(("normalize", "stemmer"), WAYS)
def test_words_of_content_are_not_shadowed(normalize: Normalization, stemmer: Stemmer) -> None:
    """No stop word swallows a word of content, whatever the normal forms."""
    assert all_are("kept", CONTENT, normalize=normalize, stemmer=stemmer)


@pytest.mark.parametrize("normalize", ["lemma", "both"])
def test_other_spellings_of_a_stop_word_are_dropped(normalize: Normalization) -> None:
    """Dictionary forms lead from inflected words to the list."""
    words = "went gone taking saying nearest newer soonest fewest backed liked thirds other's today's would've hath"
    assert all_are("stop", words, normalize=normalize)


@pytest.mark.parametrize(("normalize", "stemmer"), WAYS)
def test_possessives_of_stop_words_are_dropped(normalize: Normalization, stemmer: Stemmer) -> None:
    """Another's and today's say no more than another and today."""
    assert all_are("stop", "another's today's everyone's", normalize=normalize, stemmer=stemmer)


@pytest.mark.parametrize(("normalize", "stemmer"), WAYS)
def test_a_users_stop_word_is_dropped_in_its_own_spelling(normalize: Normalization, stemmer: Stemmer) -> None:
    """However the user writes it: case, typographic apostrophe, decomposed letters."""
    stop = ("MONEY", "rock\u2019n\u2019roll", "cafe\u0301")
    words = "money Money MONEY rock'n'roll café CAFÉ"
    assert all_are("stop", words, normalize=normalize, stemmer=stemmer, stop=stop)


@pytest.mark.parametrize(
    ("normalize", "stemmer", "stop", "dropped", "kept"),
    [
        ("lemma", "snowball", "run", "run Running RAN runs run's", "runner rune"),
        ("lemma", "snowball", "ran", "run running ran runs", "runner"),
        ("lemma", "snowball", "children", "child children children's", "childhood"),
        ("lemma", "snowball", "mine", "mine mines mined", "mineral"),
        ("both", "snowball", "ran", "run running ran runs", "runner"),
        ("both", "porter", "nations", "nation nations national nationalism", "native"),
        ("stem", "snowball", "running", "run running runs run's", "ran runner"),
        ("none", "snowball", "run", "run Run", "running ran runs run's"),
    ],
)
def test_a_users_stop_word_works_in_any_spelling(
    normalize: Normalization, stemmer: Stemmer, stop: str, dropped: str, kept: str
) -> None:
    """It takes with it all that shares its normal form, whichever of them was named."""
    options = {"normalize": normalize, "stemmer": stemmer, "stop": (stop,)}
    assert all_are("stop", dropped, **options)
    assert all_are("kept", kept, **options)


def test_a_users_german_stop_word_is_found_in_either_case() -> None:
    """Arbeit is dropped whether it was written arbeit or Arbeit."""
    for stop in ("arbeit", "Arbeit"):
        assert all_are("stop", "Arbeit Arbeiten ARBEIT arbeit", language="de", stop=(stop,))


def test_an_empty_stop_word_drops_nothing() -> None:
    """An empty entry, as a trailing comma makes it, is harmless."""
    assert reasons("money", stop=("",)) == {"money": "kept"}


def test_without_default_stops_only_the_users_are_dropped() -> None:
    """With --no-default-stops "the" is a word like others."""
    assert reasons("the cat", default_stops=False, stop=("cat",)) == {"the": "kept", "cat": "stop"}


def test_without_default_stops_a_language_needs_no_list() -> None:
    """Turkmen text can be counted: nothing is asked of a list that is not there."""
    assert reasons("kitap", language="tk", normalize="none", default_stops=False) == {"kitap": "kept"}


@pytest.mark.parametrize(
    ("language", "stops", "kept"),
    [
        ("de", "der die das und nicht wurde haben", "Haus Regierung spielen"),
        ("fr", "le la les et dans être avons", "maison gouvernement jouer"),
        ("es", "el la los con estar fueron", "casa gobierno jugar"),
        ("ru", "и в не на был это", "музыка правительство играть"),
        ("ar", "من إلى التي", "كتاب"),
        ("hi", "में और का", "किताब"),
        ("zh", "的 他们", "一带一路 三国 政府"),
    ],
)
def test_other_languages_have_their_lists(language: str, stops: str, kept: str) -> None:
    """Function words go and words of content stay; a Chinese numeral in front makes no number of a word."""
    assert all_are("stop", stops, language=language, normalize="none")
    assert all_are("kept", kept, language=language, normalize="none")


@pytest.mark.parametrize("language", ["de", "fr", "es", "ru"])
def test_lists_of_other_languages_are_in_lower_case(language: str) -> None:
    """Words are compared in lower case."""
    listed = stop_words(language)
    assert len(listed) > 100
    assert all(word == word.lower() for word in listed)


@pytest.mark.parametrize("language", ["xx", "EN", "english", ""])
def test_an_unknown_language_is_named_with_a_remedy(language: str) -> None:
    """The message holds the language, the ways out, and what there is."""
    with pytest.raises(NmfTopicsError, match=r"no stop list .*default_stops=False.* de, .* fr, ") as caught:
        stop_words(language)
    assert repr(language) in str(caught.value)


def test_contractions_and_double_meanings_do_not_spread() -> None:
    """They are dropped as they stand, and are not asked for their dictionary forms."""
    assert stops_with_inflections(frozenset({"the", "ain't", "mine", "will"})) == {"the"}
    assert stops_with_inflections(ENGLISH) < ENGLISH
