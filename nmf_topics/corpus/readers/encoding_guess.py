"""Guess the encoding of text that is not UTF-8: Windows-1252 unless another encoding is clearly better.

Most such files come from Western Europe, and short samples contain little evidence. So the guess starts from cp1252:

1. A decoded text is plausible if its non-ASCII characters occur where European text has them: letters in words of
   mostly ASCII letters, quotation marks at the edges of words, a pound sign before a number. Cyrillic text decoded as
   cp1252 fails this test (whole words of accented letters), and so does German text of old Macintoshes.
2. If the text is plausible in cp1252, that is the guess. Another encoding is chosen only if the letters fit one
   language of Central Europe, the Baltic, Turkey or Vietnam and no Western language, or if many of its stop words
   occur.
3. Otherwise the other encodings of Latin script are tried with the same test, and then charset-normalizer.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

WESTERN = "cp1252"
# EncodingChooser that are in common use. Without this list charset-normalizer also returns exotic ones (shift_jis_2004
# for short Russian texts, cp1006 for "café") and takes much longer.
LIKELY = [f"cp{number}" for number in (*range(1250, 1259), 874, 932, 949)]
LIKELY += ["koi8_r", "euc_jp", "gb18030", "big5"]
# EncodingChooser of DOS and old Macintoshes. They can decode any bytes, so they are tried last.
OLD = ["cp437", "cp850", "cp866", "mac_roman"]

STATISTICS_BYTES = 1 << 13  # size of the sample for charset-normalizer, whose time grows with it
SAMPLE_BYTES = 1 << 13  # size of the sample of one file
SHARED_BYTES = 1 << 17  # size of the sample of all files of a folder
LONG_LINE = 2000  # bytes; only the parts of a longer line around non-ASCII bytes are examined
MAX_CHAOS = 0.05  # largest "chaos" (as charset-normalizer calls it) of a guess that is accepted
MAX_MISPLACED = 0.1  # largest share of non-ASCII characters in unusual places
MIN_FOR_STRAY = 4  # from this many non-ASCII characters on, one in an unusual place is ignored
MIN_LETTERS = 8  # least number of non-ASCII letters that can decide against cp1252
CLEARLY_BETTER = 0.12  # least gain in the share of letters covered by the alphabet of one language
ALL_EXPLAINED = 0.98  # if a Western alphabet covers this share of the letters, no other encoding is tried

# The non-ASCII letters of each language. They decide between encodings that can all decode a text.
_ALPHABETS = {
    "cp1252": (
        *("äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúüª", "áâãàçéêíóôõúü", "àèéìíîòóùú", "áéëïóöüèêç", "åäöéáàü", "æøåéôò"),
        *("äöåšž", "àçéèíïóòúü", "áðéíóúýþæö", "äöüõšž", "çë", "âêîôûŵŷáéïö"),
    ),
    "cp1250": (
        *("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čšžćđ", "čćđšž", "ăâîşţ"),
        *("äöüß", "çë"),
    ),
    "cp1254": ("çğıöşüâîûi̇",),
    "cp1257": ("āčēģīķļņšūž", "ąčęėįšųūž"),
    "cp1258": ("àáâãăèéêìíòóôõơùúưýđ" + "ầấẩẫậằắẳẵặẻẽẹềếểễệỉĩịỏọồốổỗộờớởỡợủũụừứửữựảạỳỷỹỵ",),
}
_LANGUAGES = {
    "cp1252": "de fr es pt it nl sv da no fi ca gl ga",
    "cp1250": "pl cs sk hu sl hr ro",
    "cp1254": "tr",
    "cp1257": "et lv lt",
    "cp1258": "vi",
}
for _name in ("cp850", "cp437", "mac_roman"):
    _ALPHABETS[_name], _LANGUAGES[_name] = _ALPHABETS["cp1252"], _LANGUAGES["cp1252"]

_BELOW_LEADS = bytes(range(0xC0))
_LATIN = (WESTERN, "cp1250", "cp1254", "cp1257", "cp1258")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_WORD = re.compile(r"[^\W\d_]+")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_PUNCTUATION = frozenset("‚„…‹›‘’“”•–—«»¡¿·\u00a0\u00ad")
_WITHIN_WORDS = frozenset("’‘–—·\u00ad•…\u00a0")
_SIGNS = frozenset("£€¥¢§©®°±²³ºª½¼¾¹×÷™†‡µ¶")


@dataclass(frozen=True)
class Guess:
    """A guessed encoding.

    Attributes
    ----------
    encoding : its name
    certain : whether the bytes are evidence for it; False if cp1252 was chosen as the default
    """

    encoding: str
    certain: bool


class EncodingChooser:
    """Chooses the encoding of each file of a source that is not UTF-8.

    A short file may contain too little evidence. Its encoding is then guessed from all such files of the source
    together.

    Parameters
    ----------
    given : the encoding that the user has given, or None
    samples : returns samples (see `sample_of`) of all files of the source that are not UTF-8; called at most once, when
        a file needs them
    """

    def __init__(self, given: str | None = None, samples: Callable[[], Iterable[bytes]] = tuple) -> None:
        self.given = given
        self._samples = samples
        self._shared: str | None = None
        self._last: str | None = None  # the encoding of the last file if it was certain; tried first for the next one

    def choose(self, data: bytes, accepts: Callable[[str], bool]) -> str | None:
        """Return the encoding of a text that is not UTF-8, or None. The parameters are those of `guess_encoding`."""
        if self.given is not None:
            return self.given if accepts(self.given) else None
        sample = sample_of(data)
        if self._last is not None and _fits(sample, self._last) and accepts(self._last):
            return self._last
        own = guess_encoding(sample, accepts)
        if own is None or own.certain:
            self._last = None if own is None else own.encoding
            return self._last
        if self._shared is None:
            self._shared = _shared_encoding(self._samples())
        return self._shared if accepts(self._shared) else own.encoding


def _shared_encoding(samples: Iterable[bytes]) -> str:
    """Return the common encoding of texts in Latin script that are each too short for a guess."""
    joined = bytearray()
    for sample in dict.fromkeys(samples):
        guess = guess_encoding(sample)
        if guess is not None and guess.encoding in _LATIN:
            joined += sample[: SHARED_BYTES // 16] + b"\n"
        if len(joined) > SHARED_BYTES:
            break
    found = guess_encoding(bytes(joined))
    return WESTERN if found is None else found.encoding


def is_utf8(data: bytes) -> bool:
    """Return whether the beginning of a text is UTF-8; an incomplete character at its end is ignored."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return False
    return True


def is_damaged_utf8(data: bytes, known: int = 0) -> bool:
    """Return whether a text that is not valid UTF-8 is UTF-8 with a few invalid bytes.

    Text in another encoding rarely contains valid UTF-8 characters of several bytes by chance: most often in Greek and
    Chinese, and even there less often than invalid ones. So a text with many valid ones is UTF-8, and any other
    encoding would make them unreadable.

    Parameters
    ----------
    data : the text
    known : number of valid non-ASCII characters that precede it
    """
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return count_non_ascii(text.encode()) - bad + known >= 2 * bad


def count_non_ascii(data: bytes) -> int:
    """Return the number of non-ASCII characters in valid UTF-8."""
    return len(data.translate(None, _BELOW_LEADS))


def sample_of(data: bytes) -> bytes:
    """Return the lines of a text that contain non-ASCII bytes, up to `SAMPLE_BYTES`; only parts of long lines."""
    parts: list[bytes] = []
    size = end = 0
    while size < SAMPLE_BYTES and (beyond := _BEYOND_ASCII.search(data, end)):
        first = beyond.start()
        begin = data.rfind(b"\n", max(end, first - LONG_LINE), first) + 1
        begin = begin or data.rfind(b" ", max(end, first - LONG_LINE // 10), first) + 1 or first
        end = data.find(b"\n", first, first + LONG_LINE) + 1
        end = end or data.find(b" ", first + LONG_LINE, first + 2 * LONG_LINE) + 1 or first + LONG_LINE
        parts.append(data[begin:end])
        size += end - begin
    return b"".join(parts)


def guess_encoding(data: bytes, accepts: Callable[[str], bool] | None = None) -> Guess | None:
    """Return the most likely encoding of bytes that are not UTF-8, or None if no known one fits.

    Parameters
    ----------
    data : the text, or a long enough beginning of it
    accepts : returns whether an encoding can decode the whole text; default: whether it can decode `data`
    """
    check = accepts or (lambda encoding: _decodes(data, encoding))
    western = _decode(data, WESTERN)
    share = 1.0 if western is None else misplaced_share(western)
    if western is not None and share <= MAX_MISPLACED and check(WESTERN):
        return _choose_latin(data, western, check)
    for encoding in ("cp1250", "cp1254", "cp1257", "cp850", "mac_roman", "cp437"):
        text = _decode(data, encoding)
        if text is None or misplaced_share(text) > MAX_MISPLACED / 2 or not check(encoding):
            continue
        if _explained(text, encoding) > 1 - CLEARLY_BETTER:
            return Guess(encoding, True)
    found = next(filter(check, _by_statistics(data)), None)
    if found is None and share < 3 * MAX_MISPLACED and check(WESTERN):
        return Guess(WESTERN, False)
    return None if found is None else Guess(found, True)


def _decode(data: bytes, encoding: str) -> str | None:
    try:
        return unicodedata.normalize("NFC", data.decode(encoding))
    except UnicodeDecodeError:
        return None


def _decodes(data: bytes, encoding: str) -> bool:
    return _decode(data, encoding) is not None


def misplaced_share(text: str) -> float:
    """Return the share of non-ASCII characters that occur where European text has none.

    Examples
    --------
    >>> misplaced_share("Käse für £5, “naïve”"), misplaced_share("Ïðèâåò")
    (0.0, 1.0)
    """
    total = odd = 0
    for match in _WORD.finditer(text):
        word = match[0]
        if word.isascii():
            continue
        beyond = len(_NOT_ASCII.findall(word))
        total += beyond
        if 3 * beyond > 2 * len(word) and beyond > 1:
            odd += beyond
        else:
            odd += sum(c > "\x7f" and c.isupper() and b.islower() for b, c in pairwise(word))
    for match in _NOT_ASCII.finditer(text):
        sign = match[0]
        if sign.isalpha() and sign not in _SIGNS:
            continue
        total += 1
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        within = before.isalpha() and after.isalpha()
        if sign in _PUNCTUATION:
            odd += within and sign not in _WITHIN_WORDS
        else:
            odd += sign not in _SIGNS or within or any(_foreign(neighbour) for neighbour in (before, after))
    return 0.0 if not total or (odd == 1 and total >= MIN_FOR_STRAY) else odd / total


def _foreign(neighbour: str) -> bool:
    return neighbour > "\x7f" and neighbour not in _PUNCTUATION


def _choose_latin(data: bytes, western: str, check: Callable[[str], bool]) -> Guess:
    """Return cp1252, or the encoding of other languages in Latin script if it is clearly better."""
    letters = sum(len(_NOT_ASCII.findall(word)) for word in _WORD.findall(western))
    here = _explained(western, WESTERN)
    if here > ALL_EXPLAINED and letters >= MIN_LETTERS:
        return Guess(WESTERN, True)
    words_here = _stop_words_in(western, WESTERN)
    best = Guess(WESTERN, letters >= MIN_LETTERS and words_here > 1)
    most = here + words_here / max(letters, 1)
    for encoding in _LATIN[1:]:
        text = _decode(data, encoding)
        if text is None or not check(encoding):
            continue
        explained, words = _explained(text, encoding), _stop_words_in(text, encoding)
        better = letters >= MIN_LETTERS and explained > 0.95 and explained - here > CLEARLY_BETTER
        if (better or words > 2 * words_here + 1) and (explained + words / letters) > most:
            best, most = Guess(encoding, True), explained + words / letters
    return best


def _explained(text: str, encoding: str) -> float:
    """Return the largest share of the non-ASCII letters that the alphabet of one language of an encoding covers."""
    letters = Counter(c for word in _WORD.findall(text) if not word.isascii() for c in word.lower() if c > "\x7f")
    total = letters.total()
    if not total:
        return 1.0
    return max((sum(letters[c] for c in alphabet) / total for alphabet in _ALPHABETS[encoding]), default=0.0)


def _stop_words_in(text: str, encoding: str) -> int:
    """Return how many words with non-ASCII letters are stop words of a language of the encoding."""
    stop_words = _stop_words(encoding)
    return sum(word.casefold() in stop_words for word in _WORD.findall(text) if not word.isascii())


@cache
def _stop_words(encoding: str) -> frozenset[str]:
    import stopwordsiso

    languages = _LANGUAGES[encoding].split()
    return frozenset(word for language in languages for word in stopwordsiso.stopwords(language) if not word.isascii())


def _by_statistics(data: bytes) -> list[str]:
    """Return the guesses of charset-normalizer, most likely first, for a sample around the first non-ASCII byte."""
    from charset_normalizer import from_bytes

    # charset-normalizer examines only parts of a sample, but always its beginning
    beyond = _BEYOND_ASCII.search(data)
    first = beyond.start() if beyond else 0
    start = data.rfind(b"\n", max(0, first - 500), first) + 1 or max(0, first - 500)
    sample = data[start : start + STATISTICS_BYTES]
    if start + STATISTICS_BYTES < len(data):  # do not cut a character of several bytes
        sample = sample[: max(sample.rfind(b" "), sample.rfind(b"\n"), first - start + 1) + 1]
    matches = list(from_bytes(sample, cp_isolation=LIKELY))
    if not matches or matches[0].chaos > MAX_CHAOS:
        matches = list(from_bytes(sample, cp_isolation=LIKELY + OLD))
    return [match.encoding for match in matches] + [name for name in _UNCASED if _mostly_script(sample, name)]


_EAST_ASIAN = r"\u3400-\u9fff\u3000-\u303f\uff00-\uffef\ufe30-\ufe4f"
_CYRILLIC = r"[\u0400-\u052f]"
_SCRIPTS = {
    "euc_jp": rf"[\u3040-\u30ff{_EAST_ASIAN}]",
    "cp932": rf"[\u3040-\u30ff{_EAST_ASIAN}]",
    "cp949": r"[\uac00-\ud7a3\u3000-\u303f]",
    "gb18030": f"[{_EAST_ASIAN}]",
    "big5": f"[{_EAST_ASIAN}]",
    "cp874": r"[\u0e00-\u0e7f]",
    "cp1251": _CYRILLIC,
    "koi8_r": _CYRILLIC,
    "cp1253": r"[\u0370-\u03ff]",
    "cp1255": r"[\u0590-\u05ff]",
    "cp1256": r"[\u0600-\u06ff\u200c-\u200f]",
}
# EncodingChooser of scripts without upper and lower case: for them, text that is mostly in the script is evidence
# enough.
_UNCASED = ("euc_jp", "cp932", "cp949", "gb18030", "big5", "cp1256")


def _mostly_script(sample: bytes, encoding: str) -> bool:
    """Return whether nearly all non-ASCII characters of a sample are of the script that an encoding is made for."""
    if encoding not in _SCRIPTS:
        return False
    text = sample.decode(encoding, "replace")
    beyond = [sign for sign in _NOT_ASCII.findall(text) if sign not in _PUNCTUATION]
    return len(re.findall(_SCRIPTS[encoding], text)) > 0.9 * len(beyond) > 0


def _fits(sample: bytes, encoding: str) -> bool:
    """Return whether a decoded sample is in the script of the encoding and, if that has case, mostly in lower case."""
    text = sample.decode(encoding, "replace")
    beyond = _NOT_ASCII.findall(text)
    swapped = sum(b.isupper() and a.islower() for a, b in pairwise(text))
    small = sum(map(str.islower, beyond)) >= sum(map(str.isupper, beyond))
    return small and 20 * swapped <= len(beyond) and _mostly_script(sample, encoding)
