"""Which language a page is written in.

py3langid (naive Bayes over byte n-grams) decides, on a few passages of the page. It says how sure it is, and on 576
pages in 12 languages it was never wrong where it was sure to 95 %, were it on three words only; what is less sure is
left open (`UNKNOWN`) and read like most of the corpus. English is seen at a glance by its function words, which is some
twenty times faster; no other language has enough of these.

Varieties that stand next to a large language are not asked about: a page is Chinese, not Wu, and Spanish, not
Extremaduran. Nothing here knows of stop lists or normal forms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from nmf_topics.errors import MissingExtra

AUTO = "auto"  # in the place of a language: to be found out
UNKNOWN = "und"  # as ISO 639-2 has it
SURE = 0.95
PASSAGES = 3  # looked at, from the beginning, middle and end of a page
PASSAGE = 300  # characters
LEAST_PAGES, LEAST_SHARE = 2, 0.01  # of a corpus, that a language needs to count as one of its own
GLANCE = 20  # words needed for a glance
ENGLISH_SHARE = 0.15  # of English function words, which English has 25 to 45 % of and other languages next to none

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
# next to a large language, or (zxx) no language at all
_VARIETIES = frozenset(
    """ace an ary arz ba bcl crh ext fuv gcf gcr gom grc gug guw hbo kab kik lij ltg nn pcm sdh uzs vec vo wa wuu
    yue""".split()
)
_NO_LANGUAGE = "zxx"  # numbers, codes, lists of signs


@cache
def _identifier() -> Any:
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError as error:
        raise MissingExtra("py3langid", "languages", "finding out the language of a page (--language auto)") from error
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(set(identifier.labels) - _VARIETIES)
    return identifier


def passages(text: str) -> str:
    """A short text itself; of a longer one its beginning, some of its middle and its end, cut at spaces."""
    if len(text) <= PASSAGES * PASSAGE:
        return text
    found = []
    for number in range(PASSAGES):
        start = round(number * (len(text) - PASSAGE) / (PASSAGES - 1))
        passage = text[start : start + PASSAGE]
        words = passage.split(" ")
        if len(words) > 2:  # words that may be cut off go
            words = words[number > 0 : None if number == PASSAGES - 1 else -1]
        found.append(" ".join(words))
    return " ".join(found)


def language_of(text: str) -> str:
    """The language of a page.

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
    # a surrogate is no letter of any language
    code, confidence = _identifier().classify(sample.encode("utf-8", "replace").decode())
    return str(code) if confidence >= SURE and code != _NO_LANGUAGE else UNKNOWN


def read_in(found: str, languages: Sequence[str]) -> str:
    """The language that a page is read in: its own if it is one of the corpus's, else the commonest of these."""
    return found if found in languages else languages[0]


def main_languages(found: Iterable[str]) -> tuple[str, ...]:
    """The languages of a corpus, the commonest first: those of pages enough, or else the commonest alone.

    Parameters
    ----------
    found : the language of each page, or `UNKNOWN`

    Returns
    -------
    tuple of at least one code; English where no page has a language that can be told

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
