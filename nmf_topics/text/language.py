"""Detect the language of a page.

py3langid (naive Bayes over byte n-grams) classifies a few passages of the page and returns a probability. On 576 pages
in 12 languages it was never wrong at a probability of at least 0.95, even on three words. Pages below this threshold
are `UNKNOWN` and are read in the main language of the corpus. English is recognized faster, by a count of its function
words; this takes a twentieth of the time, and no other language has as many of these words.

Small varieties close to a large language are excluded: a page is Chinese rather than Wu, Spanish rather than
Extremaduran.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from nmf_topics.files.optional import needs_extra

AUTO = "auto"  # given instead of a language code: detect the language of each page
UNKNOWN = "und"  # the code of ISO 639-2 for an undetermined language
SURE = 0.95  # least probability to accept a language
PASSAGES = 3  # passages to classify: from the beginning, middle and end of a page
PASSAGE = 300  # characters in a passage
LEAST_PAGES, LEAST_SHARE = 2, 0.01  # pages, and share of pages, that make a language one of the corpus
GLANCE = 20  # words needed to recognize English by its function words
ENGLISH_SHARE = 0.15  # least share of function words: English text has 0.25 to 0.45, other languages almost none

_ENGLISH = frozenset(
    "the of and to that which with this these from were been have has had they their his by are".split()
)
NAMES = dict(
    pair.split(":")
    for pair in """
    af:Afrikaans am:Amharic ar:Arabic as:Assamese ast:Asturian az:Azerbaijani be:Belarusian bg:Bulgarian
    bn:Bengali br:Breton bs:Bosnian ca:Catalan cs:Czech cy:Welsh da:Danish de:German dz:Dzongkha el:Greek
    en:English eo:Esperanto es:Spanish et:Estonian eu:Basque fa:Persian fi:Finnish fo:Faroese fr:French
    fy:Frisian ga:Irish gd:Gaelic gl:Galician gu:Gujarati gv:Manx ha:Hausa he:Hebrew hi:Hindi hr:Croatian
    ht:Haitian hu:Hungarian hy:Armenian id:Indonesian ig:Igbo is:Icelandic it:Italian ja:Japanese jv:Javanese
    ka:Georgian kk:Kazakh km:Khmer kn:Kannada ko:Korean ku:Kurdish ky:Kyrgyz la:Latin lb:Luxembourgish
    lg:Ganda ln:Lingala lo:Lao lt:Lithuanian lv:Latvian mg:Malagasy mk:Macedonian ml:Malayalam mn:Mongolian
    mr:Marathi ms:Malay mt:Maltese my:Burmese nb:Bokmål ne:Nepali nl:Dutch nn:Nynorsk no:Norwegian oc:Occitan
    om:Oromo or:Odia pa:Punjabi pl:Polish ps:Pashto pt:Portuguese qu:Quechua ro:Romanian ru:Russian
    rw:Kinyarwanda sa:Sanskrit si:Sinhala sk:Slovak sl:Slovene sn:Shona so:Somali sq:Albanian sr:Serbian
    st:Sotho sv:Swedish sw:Swahili ta:Tamil te:Telugu tg:Tajik th:Thai tk:Turkmen tl:Tagalog tr:Turkish
    tt:Tatar ug:Uyghur uk:Ukrainian ur:Urdu uz:Uzbek vi:Vietnamese xh:Xhosa yi:Yiddish yo:Yoruba zh:Chinese
    zu:Zulu
    """.split()
)
# varieties close to a large language
_VARIETIES = frozenset(
    """ace an ary arz ba bcl crh ext fuv gcf gcr gom grc gug guw hbo kab kik lij ltg nn pcm sdh uzs vec vo wa wuu
    yue""".split()
)
_NO_LANGUAGE = "zxx"  # the code of ISO 639-2 for no linguistic content: numbers, codes


@cache
def _identifier() -> Any:
    with needs_extra("languages", "detecting the language of a page"):
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(set(identifier.labels) - _VARIETIES)
    return identifier


def passages(text: str) -> str:
    """Return a short text unchanged; from a longer one, passages of its beginning, middle and end, cut at spaces."""
    if len(text) <= PASSAGES * PASSAGE:
        return text
    found = []
    for number in range(PASSAGES):
        start = round(number * (len(text) - PASSAGE) / (PASSAGES - 1))
        passage = text[start : start + PASSAGE]
        words = passage.split(" ")
        if len(words) > 2:  # drop words that may be incomplete
            words = words[number > 0 : None if number == PASSAGES - 1 else -1]
        found.append(" ".join(words))
    return " ".join(found)


def language_of(text: str) -> str:
    """Detect the language of a page.

    Parameters
    ----------
    text : str, of any length

    Returns
    -------
    code of ISO 639-1 (639-3 where there is no shorter one); `UNKNOWN` for a text that is too short, too mixed or no
    language

    Examples
    --------
    >>> language_of("Der Tee wird aus den Blättern der Teepflanze gemacht, und er wird heiß getrunken.")
    'de'
    >>> language_of("OK 2004")
    'und'
    """
    sample = passages(text)
    words = sample.lower().split()
    if len(words) >= GLANCE and sum(word in _ENGLISH for word in words) >= ENGLISH_SHARE * len(words):
        return "en"
    # a lone surrogate cannot be encoded
    code, confidence = _identifier().classify(sample.encode("utf-8", "replace").decode())
    return str(code) if confidence >= SURE and code != _NO_LANGUAGE else UNKNOWN


def read_in(found: str, languages: Sequence[str]) -> str:
    """Return the language to read a page in: its own if the corpus has it, else the main language of the corpus."""
    return found if found in languages else languages[0]


def main_languages(found: Iterable[str]) -> tuple[str, ...]:
    """Return the languages of a corpus, most frequent first: those with enough pages, else only the most frequent.

    Parameters
    ----------
    found : the language of each page, or `UNKNOWN`

    Returns
    -------
    tuple of at least one code; English if no page has a known language

    Examples
    --------
    >>> main_languages(["de", "es", "es", "und", "de", "es", "nl"])
    ('es', 'de')
    """
    languages = Counter(found)
    pages = languages.total()
    languages.pop(UNKNOWN, None)
    ranked = sorted(languages, key=lambda language: (-languages[language], language))
    least = max(LEAST_PAGES, LEAST_SHARE * pages)
    return tuple(language for language in ranked if languages[language] >= least) or tuple(ranked[:1]) or ("en",)
