"""Words with others attached to them without an apostrophe: Arabic and Hebrew prefixes, Korean particles.

    Arabic   one letter for and, so, by, to, like before a word: والمدينة (and the city), فقال (so he said)
    Hebrew   one letter each for and, that, the, as, to, in, from: ובמדינה (and in the city)
    Korean   particles after a noun: 학교는, 학교에서 (the school, at school)

A letter can be a prefix or belong to the word. Arabic and Hebrew words in the dictionary are taken as they are; of
others, prefixes are removed until the rest is in the dictionary or in the stop list. A Korean particle is removed
only if it has the form that its noun requires (은 after a consonant, 는 after a vowel).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

_PREFIXES = {"ar": "وفبلك", "he": "ושהכלבמ"}
_AND = {"ar": "و", "he": "ו"}
MOST_PREFIXES = 3
SHORTEST = 2  # letters of a word after its prefixes

# Particles of Korean, by what the syllable before them ends with: a consonant, a vowel, or either.
_AFTER_CONSONANT = (
    "은 이 을 과 으로 이나 이라 이라는 이라고 이며 이고 이란 으로는 으로부터 으로써 으로서 이었다 이다".split()
)
_AFTER_VOWEL = "는 가 를 와 로 나 라는 라고 며 란 로는 로부터 로써 로서 였다".split()
_AFTER_BOTH = """의 에 에서 에게 에는 에서는 에도 에서도 에게서 께서 도 만 까지 부터 처럼 보다 마다 조차 밖에
    만큼 들 들은 들이 들을 들의 들에게 들과 들도""".split()
_PARTICLES: dict[str, bool | None] = (
    dict.fromkeys(_AFTER_CONSONANT, True) | dict.fromkeys(_AFTER_VOWEL, False) | dict.fromkeys(_AFTER_BOTH)
)
_LONGEST = max(map(len, _PARTICLES))
_FIRST, _LAST, _FINALS, _RIEUL = 0xAC00, 0xD7A3, 28, 8  # syllables of Hangul are numbered by their final consonant


def has_prefixes(language: str) -> bool:
    """Return whether a language attaches one-letter words to the next word."""
    return language in _PREFIXES


def without_prefixes(word: str, language: str) -> Iterator[str]:
    """Yield what is left of a word without its first prefix, its first two prefixes and so on.

    Examples
    --------
    >>> list(without_prefixes("والمدينة", "ar")), list(without_prefixes("للمدينة", "ar"))
    (['المدينة'], ['المدينة', 'لمدينة', 'مدينة'])
    """
    for _ in range(MOST_PREFIXES):
        if word[:1] not in _PREFIXES[language] or len(word) <= SHORTEST:
            return
        if language == "ar" and word.startswith("لل"):
            yield "ا" + word[1:]  # the article loses its alef after the word for "to"
        word = word[1:]
        yield word


def attached_stop_word(
    language: str, stops: frozenset[str] | set[str], is_known: Callable[[str], bool]
) -> Callable[[str], bool]:
    """Return the test whether a word is a stop word with prefixes.

    Parameters
    ----------
    language : str, one of those with prefixes
    stops : stop words, as they are written in the text
    is_known : whether the dictionary has a word
    """

    def is_stop(word: str) -> bool:
        if word.startswith(_AND[language]) and len(word) > SHORTEST and word[1:] in stops:
            return True  # hardly a word begins with these letters and is a stop word without them
        rests = list(without_prefixes(word, language))
        if not any(rest in stops for rest in rests) or is_known(word):
            return False
        # the first word that is left decides: and meat (ولحم) is meat, although the rest of that is a stop word
        return next(rest for rest in rests if rest in stops or is_known(rest)) in stops

    return is_stop


def korean_stop_word(stops: frozenset[str] | set[str]) -> Callable[[str], bool]:
    """Return the test whether a word is a stop word of one syllable with a particle: 것은, 그가.

    Only the most frequent particles count, because others make content words of such syllables (수도, capital).
    """

    def is_stop(word: str) -> bool:
        return len(word) == 2 and word[1] in "은는이가을를에" and word[0] in stops and _fits(word[0], word[1])

    return is_stop


def _fits(stem: str, particle: str) -> bool:
    """Return whether a particle has the form that the last syllable of its noun requires."""
    if not _FIRST <= ord(stem[-1]) <= _LAST:
        return False
    final = (ord(stem[-1]) - _FIRST) % _FINALS
    closed = final > 0 and not (particle.startswith("로") and final == _RIEUL)
    return _PARTICLES[particle] in (None, closed)


def without_particles(word: str) -> str:
    """Return a Korean word without its particles.

    Examples
    --------
    >>> [without_particles(word) for word in ("학교는", "학교에서는", "정부와", "사이", "바로")]
    ['학교', '학교', '정부', '사이', '바로']
    """
    while True:
        for length in range(min(_LONGEST, len(word) - SHORTEST), 0, -1):
            stem, particle = word[:-length], word[-length:]
            if particle in _PARTICLES and _fits(stem, particle):
                word = stem
                break
        else:
            return word
