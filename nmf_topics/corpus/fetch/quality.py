"""Good and featured articles: the categories that hold them, in the language of the wiki.

Every Wikipedia has names of its own for these categories. Those of many languages stand in a table, former names beside
present ones, as asking for a category that is not there costs nothing; what the English Wikipedia links to as its
counterpart comes on top, so that a name that has changed, or a language that is not in the table, is no obstacle.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from nmf_topics.corpus.fetch.client import Client
from nmf_topics.corpus.fetch.journal import Journal
from nmf_topics.corpus.fetch.reply import dicts, expect_line, merged_pages, parts
from nmf_topics.corpus.fetch.site import Site

ENGLISH = {"Category:Good articles": "good", "Category:Featured articles": "featured"}
GOOD = {
    "ar": "مقالات جيدة",
    "bg": "Добри статии",
    "ca": "Articles bons|Llista d'articles bons",
    "cs": "Wikipedie:Dobré články|Dobré články",
    "da": "Gode artikler",
    "de": "Wikipedia:Lesenswert",
    "en": "Good articles",
    "eo": "Legindaj artikoloj",
    "es": "Wikipedia:Artículos buenos",
    "fa": "مقاله‌های خوب",
    "fi": "Hyvät artikkelit",
    "fr": "Bon article",
    "id": "Artikel bagus",
    "it": "Voci di qualità su it.wiki|Voci di qualità",
    "ja": "良質な記事",
    "ko": "좋은 글",
    "no": "Anbefalte artikler",
    "pl": "Dobre artykuły",
    "pt": "!Artigos bons",
    "ro": "Articole bune",
    "ru": "Википедия:Хорошие статьи по алфавиту",
    "simple": "Good articles",
    "sr": "Добри чланци",
    "sv": "Wikipedia:Bra artiklar",
    "uk": "Вікіпедія:Добрі статті",
    "zh": "優良條目|优良条目",
}
FEATURED = {
    "ar": "مقالات مختارة",
    "be": "Вікіпедыя:Выдатныя артыкулы паводле алфавіта",
    "bg": "Избрани статии на български|Избрани статии",
    "ca": "Articles de qualitat|Llista d'articles de qualitat",
    "cs": "Wikipedie:Nejlepší články|Nejlepší články",
    "da": "Fremragende artikler",
    "de": "Wikipedia:Exzellent",
    "en": "Featured articles",
    "eo": "Elstaraj artikoloj",
    "es": "Wikipedia:Artículos destacados",
    "fa": "مقاله‌های برگزیده",
    "fi": "Suositellut artikkelit|Suositellut sivut",
    "fr": "Article de qualité",
    "he": "ערכים מומלצים",
    "hu": "Kiemelt cikkek",
    "id": "Artikel pilihan",
    "it": "Voci in vetrina su it.wiki|Voci in vetrina",
    "ja": "秀逸な記事",
    "ko": "알찬 글",
    "mk": "Избрани статии",
    "nl": "Wikipedia:Etalage-artikelen",
    "no": "Utmerkede artikler",
    "pl": "Artykuły na Medal|Artykuły na medal",
    "pt": "!Artigos destacados",
    "ro": "Wikipedia articole de calitate|Articole de calitate",
    "ru": "Википедия:Избранные статьи по алфавиту",
    "simple": "Very good articles",
    "sr": "Изабрани чланци",
    "sv": "Wikipedia:Utmärkta artiklar",
    "tr": "Seçkin maddeler",
    "uk": "Вікіпедія:Вибрані статті",
    "vi": "Bài viết chọn lọc",
    "zh": "典范条目|特色条目",
}


def known_marks(language: str) -> dict[str, str]:
    """Title of a category -> the quality that it gives, as far as the table knows the language.

    Examples
    --------
    >>> known_marks("nl")
    {'Category:Wikipedia:Etalage-artikelen': 'featured'}
    """
    language = {"nb": "no", "nn": "no"}.get(language.partition("-")[0], language.partition("-")[0])
    tables = ((FEATURED, "featured"), (GOOD, "good"))
    return {f"Category:{name}": mark for table, mark in tables for name in table.get(language, "").split("|") if name}


def linked_marks(site: Site, client: Client, journal: Journal) -> dict[str, str]:
    """The same, as the English Wikipedia links to it; nothing for a wiki that is no Wikipedia, or is that one.

    Raises
    ------
    FetchError
        When it cannot be asked.
    """
    hub, code = hub_of(site.api)
    if not hub:
        return {}
    known: dict[str, str] | None = journal.get("quality", "", any_round=False)
    if known is None:
        question: dict[str, str | int] = {"action": "query", "prop": "langlinks", "titles": "|".join(ENGLISH)}
        _, pages = merged_pages(parts(client, hub, {**question, "lllang": code, "lllimit": "max"}))
        known = {}
        for page in pages:
            for link in dicts(page.get("langlinks")):
                _, colon, name = expect_line(link.get("title")).partition(":")  # the namespace as that wiki calls it
                if colon and link.get("lang") == code and (mark := ENGLISH.get(expect_line(page.get("title")))):
                    known[f"Category:{name}"] = mark
        journal.write([("quality", "", known)])
    return known


def hub_of(api: str) -> tuple[str, str]:
    """The api.php of the English Wikipedia and the code of a Wikipedia in another language; else nothing.

    Examples
    --------
    >>> hub_of("https://nds-nl.wikipedia.org/w/api.php")
    ('https://en.wikipedia.org/w/api.php', 'nds-nl')
    >>> hub_of("https://www.example.org/w/api.php")
    ('', '')
    """
    code, _, domain = (urlsplit(api).hostname or "").partition(".")
    return ("https://en.wikipedia.org/w/api.php", code) if domain == "wikipedia.org" and code != "en" else ("", "")
