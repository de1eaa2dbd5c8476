"""Recognize disambiguation pages (lists of the meanings of a title, which are not about one subject) from wikitext.

MediaWiki marks such a page with the switch __DISAMBIG__, which most pages get from a template, and reports it as a page
property. A dump contains only the wikitext, so this module has a list of the templates of each language.

Switches: https://www.mediawiki.org/wiki/Extension:Disambiguator; templates: MediaWiki:Disambiguationspage of each wiki.
"""

from __future__ import annotations

import re
from functools import lru_cache

from nmf_topics.corpus.mediawiki.wikiscan import drop_elements

_SWITCH = (
    r"__(?:DISAMBIG|BEGRIFFSKLÄRUNG|HOMONYMIE|DISAMBIGUACI[ÓO]N|HOM[ÓO]NIMOS|TÄPSUSTUS|ПОЈАСНУВАЊЕ|توضيح|ابهام‌?زدایی|"
    r"동음이의|消歧义|വിവക്ഷ|निःसंदिग्ध)__"
)
# Names of templates; a space matches any number of spaces. Notes at the head of an article that link to such a page
# (about, voir homonymes, nota disambigua) do not belong here. English names exist in nearly all languages.
_EVERYWHERE = r"(?:[\w.'–-]+ ){0,6}disambiguation(?: page| cleanup)?|disambig|disamb"
_TEMPLATES = {
    "en": "dab|hndis|geodis|mathdab|numberdis|roaddis|schooldis|schooldab|hospitaldis|hospital disambig|callsigndis|"
    "letterdis|letter-numbercombdisambig|airportdis|airport disambig|bio disambig|biology disambig|disambig cleanup|"
    "dab cleanup|wpdab|uscongressdis|townshipdis|tropical cyclone disambig|chinese title disambig",
    "de": "begriffsklärung|begriffsklärungsseite",
    "fr": "homonymie|paronymie|patronymie|internationalisation|toponymie|batailles homonymes|cantons homonymes|"
    "communes homonymes|titres homonymes|films homonymes|personnes homonymes|unités homonymes|guerres homonymes|"
    "arrondissements homonymes|gouvernements homonymes|sigle|sigles|homonymie dans les transports",
    "es": "desambiguación|desambig|desambiguacion|des|disambig",
    "it": "disambigua|disambigua da completare",
    "pt": "desambiguação|desambig|desambiguacao|disambig",
    "nl": "dp|doorverwijspagina|disambiguatie",
    "pl": "ujednoznacznienie|ujedn",
    "ru": "неоднозначность|многозначность|неоднозначность имени|неод|однофамильцы|тёзки",
    "uk": "неоднозначність|багатозначність|однофамільці|disambigx|disambigz",
    "ja": "aimai|曖昧さ回避|人名の曖昧さ回避|地名の曖昧さ回避|人名曖昧さ回避|学校名の曖昧さ回避|駅名の曖昧さ回避",
    "zh": "消歧义|消歧義|消歧义页|消歧義頁|消歧|消岐义|人名消歧义|人名消歧義|地名消歧义|地名消歧義|disambig-cleanup",
    "sv": "förgrening|gren|namnförgrening|efternamnsförgrening|förgreningssida|ortnamnsförgrening|"
    "trafikplatsförgrening",
    "ar": "توضيح|صفحة توضيح|توضيح أسماء|توضيح أماكن",
    "cs": "rozcestník|rozcestník - 2 znaky|rozcestník - příjmení|rozcestník - jméno",
    "ca": "desambiguació|desambigua|desambiguacio",
    "da": "flertydig|flertydigt|efternavn-flertydig",
    "no": "peker|pekerside|etternavn-peker|navnepeker",
    "fi": "täsmennyssivu|täsmennys",
    "hu": "egyért|egyértelműsítő lap",
    "ro": "dezambiguizare|dez|dezamb",
    "tr": "anlam ayrımı|anlam ayrım|anlamayrımı|ad anlam ayrımı|yer anlam ayrımı",
    "ko": "동음이의|동명이인|동음이의어|동음이의 문서|학교 동음이의|지명 동음이의|인명 동음이의",
    "vi": "định hướng|trang định hướng|td",
    "id": "disambiguasi|disambigs",
    "fa": "ابهام‌زدایی|ابهامزدایی|ابهام زدایی|ابهام‌زدایی نام",
    "he": "פירושונים|דף פירושונים|פרושונים",
    "el": "αποσαφήνιση|αποσ|αποσαφ",
    "bg": "пояснение|пояснителна страница",
    "sr": "вишезначна одредница|višeznačna odrednica|вишезначност",
    "hr": "razdvojba|razdvajanje",
    "sk": "rozlišovacia stránka|rozcestník",
    "hi": "बहुविकल्पी|बहुविकल्पी शब्द|बहुविकल्पी पृष्ठ",
    "th": "แก้กำกวม|แก้ความกำกวม",
    "et": "täpsustus|täpsustuslehekülg",
    "eo": "apartigilo",
    "gl": "homónimos|disambig",
    "eu": "argipen|argipen orri",
    "la": "discretiva",
}
_LIKE = {"nb": "no", "nn": "no", "simple": "en", "sh": "sr", "bs": "hr", "yue": "zh", "wuu": "zh"}
_NO_ENGLISH = ("pl",)  # wikis where {{disambig}} is a note at the head of an article


def is_disambiguation(source: str, language: str) -> bool:
    """Return whether wikitext is that of a disambiguation page.

    Parameters
    ----------
    source : wikitext
    language : language code of the wiki; with "" only the switch and the English templates are recognized

    Examples
    --------
    >>> is_disambiguation("'''Mercury''' may be:\\n* [[Mercury (planet)]]\\n{{Disambiguation|geo}}", "en")
    True
    >>> is_disambiguation("'''Merkur''' steht für:\\n* ein Planet\\n{{Begriffsklärung}}", "de")
    True
    >>> is_disambiguation("It is near [[Mercury]].{{disambiguation needed}}", "en")
    False
    """
    marks = _marks(language.lower().partition("-")[0])
    if not marks.search(source):  # quick test that excludes nearly every page without parsing
        return False
    return marks.search(drop_elements(source)) is not None  # not in a comment or <nowiki>


@lru_cache(maxsize=64)
def _marks(language: str) -> re.Pattern[str]:
    """Return the pattern of the switch and templates that mark a disambiguation page in a language."""
    own = _TEMPLATES.get(_LIKE.get(language, language), "")
    names = "|".join(re.escape(name).replace(r"\ ", r"[ _]+") for name in own.split("|")) if own else "(?!)"
    everywhere = "(?!)" if language in _NO_ENGLISH else _EVERYWHERE.replace(" ", "[ _]+")
    return re.compile(rf"{_SWITCH}|(?i:\{{\{{[\s_]*(?:template[\s_]*:[\s_]*)?(?:{everywhere}|{names})[\s_]*(?=[|}}<]))")
