"""Guess the encoding of text that is not UTF-8. Windows-1252 wins unless another encoding is clearly better.

Most such files come from Western Europe, and short samples say little, so the guess starts from cp1252:

1. A text is plausible in an encoding if its characters beyond ASCII stand where such characters stand in European
   text: letters within words of mostly ASCII letters, quotation marks at the edges of words, a pound sign before a
   number. Cyrillic read as cp1252 fails this test (words of accented letters only), as does German of old Macintoshes.
2. Plausible in cp1252: cp1252, unless the letters are those of one language of Central Europe, the Baltic, Turkey or
   Vietnam in its own encoding and of no Western language, or many of its stop words appear.
3. Not plausible in cp1252: the other encodings of Latin script that pass the test, else what charset-normalizer finds.
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
# Encodings in which files that people have are written. Left to itself charset-normalizer also finds exotic
# ones (shift_jis_2004 for short Russian texts, cp1006 for "café"), and takes much longer.
LIKELY = [f"cp{number}" for number in (*range(1250, 1259), 874, 932, 949)]
LIKELY += ["koi8_r", "euc_jp", "gb18030", "big5"]
# Encodings of DOS and of old Macintoshes: any bytes are well-formed in them, so they are tried last.
OLD = ["cp437", "cp850", "cp866", "mac_roman"]

STATISTICS_BYTES = 1 << 13  # given to charset-normalizer, whose time grows with the sample
SAMPLE_BYTES = 1 << 13  # of one file
SHARED_BYTES = 1 << 17  # of all files of a folder together
LONG_LINE = 2000  # bytes; of longer lines only the parts around non-ASCII bytes are examined
MAX_CHAOS = 0.05  # of charset-normalizer: a right guess stays below
MAX_MISPLACED = 0.1  # largest share of non-ASCII characters in unusual places
STRAY = 4  # one non-ASCII character in this many may always be in an unusual place
MIN_LETTERS = 8  # fewer non-ASCII letters than this cannot decide against cp1252
CLEARLY_BETTER = 0.12  # difference of the share of letters that one language explains
ALL_EXPLAINED = 0.98  # share of the letters that one Western language explains, after which nothing else is tried

# The letters beyond ASCII that each language uses. Where two encodings explain a text, the alphabet decides.
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
    """An encoding for some bytes.

    Attributes
    ----------
    encoding : its name
    certain : whether the bytes themselves speak for it; False where cp1252 was taken for want of evidence
    """

    encoding: str
    certain: bool


class Encodings:
    """Decides on the encoding of each file of a source that is not UTF-8.

    A short file may say too little by itself. It is then read as all such files of the source together suggest.

    Parameters
    ----------
    given : the encoding that the user named, or None
    samples : gives samples (see `sample_of`) of all files of the source that are not UTF-8; asked for once, and only
        if a file needs them
    """

    def __init__(self, given: str | None = None, samples: Callable[[], Iterable[bytes]] = tuple) -> None:
        self.given = given
        self._samples = samples
        self._shared: str | None = None
        self._last: str | None = None  # what the last file was certain to be in: the next one most likely is, too

    def choose(self, data: bytes, accepts: Callable[[str], bool]) -> str | None:
        """The encoding of a text that is not UTF-8; None where none fits. Parameters as in `guess_encoding`."""
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
    """The encoding of texts in Latin script that are too short to be judged one by one."""
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
    """Whether the beginning of a text is UTF-8; a character that is cut at its end does not count."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return False
    return True


def is_damaged_utf8(data: bytes, known: int = 0) -> bool:
    """Whether a text that is not UTF-8 is so all the same but for a few broken bytes.

    A character of several bytes in UTF-8 seldom comes about by chance (most often in Greek and Chinese, at fewer than
    one for each that fails): with many of them it is UTF-8, and another encoding would garble all of the rest.

    Parameters
    ----------
    data : the text
    known : characters beyond ASCII in UTF-8 that came before it
    """
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return leads_of(text.encode()) - bad + known >= 2 * bad


def leads_of(data: bytes) -> int:
    """The number of characters beyond ASCII in valid UTF-8."""
    return len(data.translate(None, _BELOW_LEADS))


def sample_of(data: bytes) -> bytes:
    """The lines of a text that hold bytes beyond ASCII, up to `SAMPLE_BYTES`; of long lines only parts."""
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
    """The encoding that bytes which are not UTF-8 are most likely in; None where none of the known ones fits.

    Parameters
    ----------
    data : the text, or a long enough beginning of it
    accepts : says whether an encoding can decode the whole text; by default those that decode `data`
    """
    check = accepts or (lambda encoding: _decodes(data, encoding))
    western = _decode(data, WESTERN)
    share = 1.0 if western is None else misplaced_share(western)
    if western is not None and share <= MAX_MISPLACED and check(WESTERN):
        return _among_latin(data, western, check)
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
    """The share of characters beyond ASCII that stand where European text has none.

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
    return 0.0 if not total or (odd == 1 and total >= STRAY) else odd / total


def _foreign(neighbour: str) -> bool:
    return neighbour > "\x7f" and neighbour not in _PUNCTUATION


def _among_latin(data: bytes, western: str, check: Callable[[str], bool]) -> Guess:
    """cp1252, or the encoding of other languages in Latin script where it is clearly better."""
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
    """The largest share of the letters beyond ASCII that the alphabet of one language of an encoding covers."""
    letters = Counter(c for word in _WORD.findall(text) if not word.isascii() for c in word.lower() if c > "\x7f")
    total = letters.total()
    if not total:
        return 1.0
    return max((sum(letters[c] for c in alphabet) / total for alphabet in _ALPHABETS[encoding]), default=0.0)


def _stop_words_in(text: str, encoding: str) -> int:
    """How many words beyond ASCII are stop words of a language of the encoding."""
    stop_words = _stop_words(encoding)
    return sum(word.casefold() in stop_words for word in _WORD.findall(text) if not word.isascii())


@cache
def _stop_words(encoding: str) -> frozenset[str]:
    import stopwordsiso

    languages = _LANGUAGES[encoding].split()
    return frozenset(word for language in languages for word in stopwordsiso.stopwords(language) if not word.isascii())


def _by_statistics(data: bytes) -> list[str]:
    """What charset-normalizer thinks of a sample from around the first byte beyond ASCII, the likeliest first."""
    from charset_normalizer import from_bytes

    # only parts of a sample are looked at, but always the first
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
_UNCASED = ("euc_jp", "cp932", "cp949", "gb18030", "big5", "cp1256")  # of these, the script alone is evidence enough


def _mostly_script(sample: bytes, encoding: str) -> bool:
    """Whether the characters of a sample beyond ASCII are almost only of the script that an encoding is for."""
    if encoding not in _SCRIPTS:
        return False
    text = sample.decode(encoding, "replace")
    beyond = [sign for sign in _NOT_ASCII.findall(text) if sign not in _PUNCTUATION]
    return len(re.findall(_SCRIPTS[encoding], text)) > 0.9 * len(beyond) > 0


def _fits(sample: bytes, encoding: str) -> bool:
    """Whether a sample is text of the script of an encoding, in small letters for the most part where it has them."""
    text = sample.decode(encoding, "replace")
    beyond = _NOT_ASCII.findall(text)
    swapped = sum(b.isupper() and a.islower() for a, b in pairwise(text))
    small = sum(map(str.islower, beyond)) >= sum(map(str.isupper, beyond))
    return small and 20 * swapped <= len(beyond) and _mostly_script(sample, encoding)
