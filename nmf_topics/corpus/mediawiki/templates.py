"""Replace templates that are part of a sentence by their text; other templates (infoboxes, citations) are removed.

A rule returns the text of a template from its arguments. Names of templates are those of the Wikipedias, in lower case.
A name is in more than one table only if languages use it differently.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

# Arguments by name, as in MediaWiki; those without a name are called "1", "2", ...
Arguments = dict[str, str]
Rule = Callable[[Arguments], str]

# Templates that stand for fixed text. Apostrophes are character references, so that they do not become bold or italic.
_SIGNS = {
    " ": "nbsp|space|spaces|nbs|thinsp|thin space|hairsp|0ws|zwsp|wbr|ensp|emsp|pad|indent|nnbsp",
    " – ": "snd|snds|spnd|sndash|spndash|spaced ndash|spaced en dash|dash",
    "–": "ndash|en dash|endash",
    "—": "mdash|em dash|emdash",
    " — ": "spaced mdash|spaced em dash|mdashb",
    "-": "hyphen|nbhyph",
    "&#39;": "'|apostrophe",
    "&#39;s": "'s",
    '"&#39;': "\"'|\" '|-\"'",
    '&#39;"': "'\"|' \"",
    "|": "!",
    "||": "!!",
    "=": "=",
    " · ": "·|•|dot|middot|bull|bullet",
    "ʻ": "okina",
    "ʼ": "hamza",
    "π": "pi",
    "×": "times",
    "née": "née|nee",
    "né": "né",
    "†": "dagger|extinct|†",
}
# Number of the argument that is the text; 0 means the last one.
_KEPT = {
    1: "nowrap|nobr|no wrap|nwr|nowiki|nobold|noitalic|normal|small|smaller|big|bigger|larger|large|huge|resize|"
    "midsize|em|strong|bold|italic|italics|underline|var|mvar|math|tmath|code|tt|mono|kbd|key press|key|samp|sup|"
    "sub|smallcaps|sc|smallcaps all|aut|abbr|abbrv|abbreviation|tooltip|vanchor|visible anchor|ill|illm|ill2|"
    "interlanguage link|interlanguage link multi|not a typo|proper name|as written|flag|flagu|flagcountry|angbr|"
    "angle bracket|bracket|by|mlby|baseball year|baseballyear|nbay|nfly|nhly|ordinal|num|nts|formatted number|"
    "native name|asiantitle|center|centre|align|nq|quote inline|inline quote|quotation mark|chem2|ce|w|longitem|"
    "paragraph|unicode|polytonic|hebrew|decade|iast|iso 15919|zitat|citaat|citat|citát|cita|citação|citazione|"
    "цитата|cytat|اقتباس|не переведено|не переведено 2|не переведено 3|не переведено 5|нп|нп2|нп3|нп4|нп5|仮リンク|"
    "link-interwiki|وصلة إنترويكي|link-en|link-de|link-fr|link-ja|link-ru|link-es|link-it|le|補助漢字フォント|"
    "jis2004フォント|ruby|ルビ|nombre|fmtn|число|date",
    2: "lang|lang2|lang3|langue|langx|cizojazyčně|wikt-lang|rtl-lang|color|colour",
    3: "tsl|translink|font color|fontcolor",
    0: "transl|transliteration|script|script/hebrew|script/arabic|script/greek|script/nastaliq|script/cyrillic",
}
# Templates whose text is all numbered arguments, joined by this separator.
_JOINED = {
    "": "chem|gaps|linktext",
    " ": "sortname|ship|ss|rms|mv|ms|uss|hms|hmas|hmcs|sms|uscgc|usat|usns|bibleverse|bibleref|bibleref2|quran|"
    "unité|unidad|unidade",
    ", ": "hlist|flatlist|flat list|csl|cslist|comma separated entries",
    "\n": "ubl|ublist|unbulleted list|plainlist|plain list|bulleted list|blist|ordered list|olist|unordered list|"
    "ulist|verse translation|lyrics|columns-list",
}
_QUOTES = (
    "quote|blockquote|cquote|quotation|bquote|block quote|quote block|centered pull quote|rquote|poemquote|"
    "poem quote|pull quote|centered quote|citation bloc"
)
_TEXT_NAMES = ("text", "1", "quote", "content", "texte", "testo", "texto", "tekst")
# Names that have another meaning in one language: fr {{citation|words}} is a quotation, en {{citation|...}} a
# reference.
_KEPT_IN = {
    "fr": {
        1: "citation|citation étrangère|citation nécessaire|référence souhaitée|référence nécessaire|refnec|incise|"
        "japonais"
    },
    "de": {
        1: '"|enS|frS|laS|grcS|itS|esS|ruS|plS|arS|jaS|heS|nlS|trS|huS|csS|ptS|svS|faS|elS|koS|zhS|ukS|fiS|daS|noS|hiS'
    },
    "es": {1: "cita requerida|versalita|ac|dc"},
    "it": {1: "senza fonte|citazione necessaria|maiuscoletto"},
    "ru": {1: "comment|nobr|тн"},
    "ja": {1: "要出典範囲|読み仮名|読み仮名 ruby不使用|補助漢字"},
}
_RANGES = {word: f" {word} " for word in ("to", "and", "or", "by", "to about")}
_RANGES |= {"-": "–", "–": "–", "x": " × ", "×": " × ", "*": " × ", "to(-)": " to ", "and(-)": " and "}
_RANGES |= {"+/-": " ± ", "±": " ± ", "/": "/"}
_NUMBER = re.compile(r"[-−+]?\d[\d.,/⁄+ ]*")
_FUNCTIONS = ("formatnum", "lc", "uc", "lcfirst", "ucfirst", "#formatdate", "#dateformat")
_SPACES = re.compile(r"[\s_]+")


def expand_template(name: str, arguments: Sequence[str], language: str) -> str:
    """Return the text of a template, or "".

    Parameters
    ----------
    name : name as written in the wikitext
    arguments : arguments without the vertical bars; the markup in them is already resolved
    language : language code of the wiki

    Examples
    --------
    >>> expand_template("Lang", ["fr", "mot juste"], "en")
    'mot juste'
    >>> expand_template("convert", ["3", "to", "5", "km", "mi", "abbr=on"], "en")
    '3 to 5 km'
    >>> expand_template("Infobox person", [" name = Adele"], "en")
    ''
    """
    name = _SPACES.sub(" ", name).strip()
    if name[:9].lower() == "template:":
        name = name[9:].lstrip()
    function, colon, first = name.partition(":")
    if colon:
        return first.strip() if function.strip().lower() in _FUNCTIONS else ""
    name = name.lower()
    rule = _rules(language).get(name)
    if rule is not None:
        return rule(_by_name(arguments))
    if name.startswith(("lang-", "lang ")) and arguments:
        return _first(_by_name(arguments))
    return ""


def _by_name(arguments: Sequence[str]) -> Arguments:
    found: Arguments = {}
    number = 0
    for argument in arguments:
        key, equals, value = argument.partition("=")
        key = key.strip()
        # a long or unusual "name" is text that contains an equals sign (a URL, a formula)
        if equals and len(key) <= 30 and not set(key) & set('<>"/&()'):
            found[key] = value.strip()
        else:
            number += 1
            found[str(number)] = argument.strip()
    return found


def _numbered(given: Arguments) -> list[str]:
    numbers = sorted(int(key) for key in given if key.isascii() and key.isdigit() and len(key) < 4)
    return [given[str(number)] for number in numbers if str(number) in given]


def _first(given: Arguments) -> str:
    return given.get("1", "")


def _sign(sign: str) -> Rule:
    return lambda given: sign


def _argument(number: int) -> Rule:
    if number == 0:
        return lambda given: next((value for value in reversed(_numbered(given)) if value), "")
    return lambda given: given.get(str(number)) or given.get("text") or given.get("lt") or ""


def _joined(between: str) -> Rule:
    return lambda given: between.join(value for value in _numbered(given) if value)


def _quoted(given: Arguments) -> str:
    words = next((given[name] for name in _TEXT_NAMES if given.get(name)), "")
    return f"\n{words}\n" if words else ""


def _convert(given: Arguments) -> str:
    """Return the numbers and units of {{convert|5|to|7|ft|6|in|m}}, without the unit they are converted to."""
    words = _numbered(given)
    said = words[0] if words else ""
    i = 1
    while i < len(words):
        word = words[i]
        if word in _RANGES and i + 1 < len(words):
            said += _RANGES[word] + words[i + 1]
            i += 2
            continue
        said += f" {word}"
        i += 1
        if i + 1 < len(words) and _NUMBER.fullmatch(words[i]) and not _NUMBER.fullmatch(words[i + 1]):
            said += f" {words[i]}"
            i += 1
            continue
        break
    return said


def _value(given: Arguments) -> str:
    parts = [_first(given), f"×10^{given['e']}" if "e" in given else "", given.get("u") or given.get("ul") or ""]
    return " ".join(part for part in parts if part)


def _fraction(given: Arguments) -> str:
    """Return the text of {{frac|1|2}} and {{frac|3|1|2}}."""
    words = _numbered(given)
    if len(words) < 2:
        return "1/" + words[0] if words else ""
    return " ".join([*words[:-2], f"{words[-2]}/{words[-1]}"])


def _height(given: Arguments) -> str:
    return " ".join(f"{given[unit]} {unit}" for unit in ("ft", "in", "m", "cm") if given.get(unit))


def _as_of(given: Arguments) -> str:
    months = "January February March April May June July August September October November December".split()
    words = _numbered(given)
    if len(words) > 1 and words[1].isdecimal() and len(words[1]) <= 2 and 1 <= int(words[1]) <= 12:
        words[1] = months[int(words[1]) - 1]
    start = given.get("alt") or " ".join([*(["since"] if given.get("since") else ["as of"]), *reversed(words[:3])])
    if not given.get("alt") and not given.get("lc"):
        start = start[:1].upper() + start[1:]
    return start + given.get("post", "")


def _circa(given: Arguments) -> str:
    return " – ".join(f"c. {word}" for word in _numbered(given)) or "c."


def _money(sign: str) -> Rule:
    return lambda given: sign + _first(given)


def _nihongo(given: Arguments) -> str:
    """Return "English (kanji, romaji)" for {{nihongo|English|kanji|romaji}}."""
    words = _numbered(given)[:3]
    inside = ", ".join(word for word in words[1:] if word)
    return f"{words[0] if words else ''} ({inside})" if inside else "".join(words[:1])


def _old_style(given: Arguments) -> str:
    words = [*_numbered(given), "", "", ""]
    return f"{words[0]} [O.S. {words[2]}] {words[1]}" if words[2] else f"{words[0]} {words[1]}".strip()


def _sic(given: Arguments) -> str:
    return " ".join(_numbered(given)[:2])


def _music(given: Arguments) -> str:
    return {"flat": "♭", "sharp": "♯", "natural": "♮"}.get(_first(given), _first(given))


_SPECIAL: dict[str, Rule] = {
    **dict.fromkeys(("convert", "cvt", "conv"), _convert),
    "val": _value,
    **dict.fromkeys(("frac", "fraction", "sfrac", "half", "fract"), _fraction),
    "height": _height,
    **dict.fromkeys(("as of", "asof", "as-of"), _as_of),
    **dict.fromkeys(("circa", "c.", "ca.", "c", "ca"), _circa),
    **dict.fromkeys(("us$", "usd", "us dollar", "$"), _money("US$")),
    **dict.fromkeys(("gbp", "£", "pound sterling"), _money("£")),
    **dict.fromkeys(("eur", "€", "euro"), _money("€")),
    **dict.fromkeys(("inr", "indian rupee", "₹"), _money("₹")),
    **dict.fromkeys(("jpy", "¥", "yen"), _money("¥")),
    **dict.fromkeys(("a$", "aud"), _money("A$")),
    **dict.fromkeys(("ca$", "cad", "c$"), _money("CA$")),
    "e": lambda given: "×10^" + _first(given),
    **dict.fromkeys(("nihongo", "nihongo krt"), _nihongo),
    **dict.fromkeys(("oldstyledate", "oldstyledatedy"), _old_style),
    "sic": _sic,
    "music": _music,
    **dict.fromkeys(_QUOTES.split("|"), _quoted),
}
_IN_LANGUAGE: dict[str, dict[str, Rule]] = {
    "fr": {
        "s": lambda given: f"{_first(given)}e siècle",
        "s-": lambda given: f"{_first(given)}e siècle",
        "date": _joined(" "),
        "date-": _joined(" "),
        "er": _sign("er"),
        "1er": _sign("1er"),
        "1re": _sign("1re"),
        "e": _sign("e"),
        "lien": lambda given: given.get("texte") or given.get("fr") or _first(given) or given.get("trad", ""),
        "mme": _sign("Mme "),
        "m.": _sign("M. "),
        "av jc": _sign("av. J.-C."),
        "-jc": _sign("av. J.-C."),
        "ap jc": _sign("apr. J.-C."),
    },
    "es": {"siglo": lambda given: f"siglo {_first(given)}", "fecha": _joined(" ")},
    "zh": {"bd": lambda given: " ".join(_numbered(given)[:4])},
    "ru": {"s": lambda given: _first(given) or " "},
    "it": {"m": _joined(" ")},
}


@cache
def _rules_of(code: str) -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for sign, names in _SIGNS.items():
        rules |= dict.fromkeys(names.split("|"), _sign(sign))
    for number, names in _KEPT.items():
        rules |= dict.fromkeys(names.split("|"), _argument(number))
    for between, names in _JOINED.items():
        rules |= dict.fromkeys(names.split("|"), _joined(between))
    rules |= _SPECIAL
    for number, names in _KEPT_IN.get(code, {}).items():
        rules |= dict.fromkeys(names.lower().split("|"), _argument(number))
    return rules | _IN_LANGUAGE.get(code, {})


def _rules(language: str) -> dict[str, Rule]:
    """Return the rules for one language: name -> rule."""
    code = language.lower().split("-")[0]
    return _rules_of(code if code in _IN_LANGUAGE or code in _KEPT_IN else "")
