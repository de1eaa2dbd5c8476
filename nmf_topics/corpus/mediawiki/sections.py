"""Find the sections of a page, and remove the end matter of encyclopedia pages (references, links, literature).

A heading is a line `== Name ==`, as in wikitext and in MediaWiki's text extracts. The number of equals signs is its
level, and a section ends at the next heading of the same or a higher level. End matter is recognized by the names of
sections in each language.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Names that always mean end matter, and names that some pages also use for prose (the works of a writer, the sources
# of a river or a play); the latter are end matter only if nothing but end matter follows.
_CERTAIN = {
    "en": "see also|references|reference|reference list|references and notes|notes and references|"
    "notes & references|references & notes|footnotes|footnotes and references|citations|citations and notes|"
    "notes and citations|explanatory notes|explanatory footnotes|informational notes|endnotes|works cited|"
    "cited works|cited sources|sources cited|references cited|literature cited|general references|"
    "general and cited references|general and cited sources|general sources|references and further reading|"
    "references and sources|notes and sources|notes, references, and sources|sources and further reading|"
    "bibliography and further reading|references and external links|further reading|suggested reading|"
    "recommended reading|additional reading|further reading and external links|external links|external link|"
    "external links and references|see also and external links|external sources|footnotes and citations",
    "de": "siehe auch|einzelnachweise|einzelnachweis|anmerkungen und einzelnachweise|"
    "einzelnachweise und anmerkungen|fußnoten|weblinks|weblink|externe links|quellen und einzelnachweise|"
    "literatur und quellen|literatur und weblinks|weiterführende literatur|quellennachweise|belege|nachweise|"
    "quellen und literatur|literatur und einzelnachweise|quellen und anmerkungen|fussnoten",
    "fr": "voir aussi|notes et références|références et notes|références|référence|articles connexes|"
    "article connexe|liens externes|lien externe|liens internes|notes|annexes|notes, sources et références|"
    "notes et sources|sources et références|références bibliographiques|bibliographie et sources|pour approfondir|"
    "liens et documents externes|sources et bibliographie|bibliographie et liens externes|notes et bibliographie",
    "es": "véase también|vease también|vea también|ver también|referencias|referencia|notas y referencias|"
    "referencias y notas|enlaces externos|enlace externo|notas al pie|bibliografía adicional|lecturas adicionales|"
    "lectura adicional|lectura recomendada|lecturas recomendadas|referencias bibliográficas|bibliografía utilizada|"
    "bibliografía recomendada|notas|otras lecturas|para saber más",
    "it": "voci correlate|note|collegamenti esterni|altri progetti|riferimenti bibliografici|bibliografia e fonti|"
    "note bibliografiche|note e riferimenti|riferimenti|note esplicative|annotazioni",
    "pt": "ver também|veja também|referências|referência|notas e referências|referências e notas|notas|"
    "ligações externas|ligação externa|links externos|leitura adicional|leituras adicionais|leitura recomendada|"
    "referências bibliográficas|notas de rodapé|bibliografia adicional|leitura complementar",
    "nl": "zie ook|externe links|externe link|externe link(s)|externe koppelingen|externe koppeling|referenties|"
    "referentie|noten|voetnoten|verwijzingen|bronnen, noten en/of referenties|bronnen en referenties|"
    "bronnen, noten en referenties|noten en referenties|bronvermelding|bronnen en noten|literatuur en bronnen|"
    "geraadpleegde literatuur|verder lezen|noten en bronnen",
    "ru": "см. также|смотри также|смотрите также|примечания|сноски|ссылки|внешние ссылки|примечания и источники|"
    "источники и примечания|источники и литература|литература и источники|литература и ссылки|ссылки и источники|"
    "примечание|комментарии и примечания|рекомендуемая литература|ссылки и примечания|ссылки на источники|"
    "дополнительная литература|библиографические ссылки",
    "pl": "zobacz też|zobacz także|przypisy|uwagi i przypisy|linki zewnętrzne|link zewnętrzny|"
    "bibliografia i źródła|literatura uzupełniająca|odnośniki|łącza zewnętrzne|źródła i przypisy",
    "sv": "se även|se också|referenser|noter|fotnoter|externa länkar|extern länk|källhänvisningar|källförteckning|"
    "noter och referenser|källor och referenser|noter och källor|källor och noter|vidare läsning|"
    "ytterligare läsning|anmärkningar|källangivelser|litteratur och källor|referenser och noter|tryckta källor|"
    "webbkällor|övriga källor",
    "ja": "脚注|注釈|出典|参考文献|関連項目|外部リンク|注釈・出典|脚注・出典|出典・脚注|注釈および出典|注・出典|"
    "参照|関連文献|注記|脚注・参考文献|出典・参考文献|参考資料|参考図書|参照文献|関連書籍|主要参考文献",
    "zh": "参见|參見|参看|參看|参考文献|參考文獻|参考资料|參考資料|参考来源|參考來源|外部链接|外部連結|外部連接|"
    "外部链結|注释|注釋|註釋|註解|注解|脚注|腳註|腳注|备注|備註|相关条目|相關條目|延伸阅读|延伸閱讀|扩展阅读|"
    "擴展閱讀|参考书目|參考書目|引用|注释与参考资料|参考|參考|扩展閱讀|注脚|註腳|参考資料|參考資料與註釋|相关链接|"
    "相關連結|資料來源|资料来源|参阅|參閱|另见|另見",
    "ar": "انظر أيضا|انظر أيضًا|أنظر أيضا|أنظر أيضًا|انظر أيضاً|مراجع|المراجع|مصادر ومراجع|هوامش|الهوامش|ملاحظات|"
    "وصلات خارجية|روابط خارجية|وصلة خارجية|قراءات إضافية|للمزيد من القراءة|هوامش ومراجع|المصادر والمراجع|"
    "مراجع ومصادر|ملاحظات ومراجع|قراءة إضافية|قراءات أخرى|انظر ايضا",
    "uk": "див. також|дивіться також|дивись також|примітки|посилання|виноски|зовнішні посилання|"
    "джерела та література|джерела і література|література та джерела|література і джерела|джерела та посилання|"
    "джерела й посилання|примітки та джерела|джерела та примітки|посилання та джерела|додаткова література",
    "cs": "související články|reference|externí odkazy|externí odkaz|poznámky|odkazy|související stránky|"
    "poznámky a reference|poznámky pod čarou|další čtení|použitá literatura|citace|viz též|viz také|"
    "reference a poznámky",
    "ca": "vegeu també|referències|referència|enllaços externs|notes i referències|bibliografia addicional|"
    "per a més informació|bibliografia complementària",
    "da": "se også|referencer|noter|eksterne henvisninger|eksterne links|fodnoter|kildehenvisninger|"
    "eksterne kilder/henvisninger|noter og referencer|videre læsning",
    "no": "se også|referanser|eksterne lenker|eksterne henvisninger|fotnoter|noter|kilder og referanser|"
    "noter og referanser|videre lesning|viderelesning",
    "fi": "katso myös|lähteet|aiheesta muualla|viitteet|alaviitteet|ulkoiset linkit|kirjallisuutta|huomautukset",
    "hu": "lásd még|források|jegyzetek|további információk|külső hivatkozások|hivatkozások|kapcsolódó szócikkek|"
    "további olvasnivaló|lábjegyzetek|forrás|hivatkozás",
    "ro": "vezi și|vezi şi|referințe|referinţe|note|legături externe|note și referințe|lectură suplimentară|"
    "note de subsol",
    "tr": "ayrıca bakınız|kaynakça|dış bağlantılar|notlar|dipnotlar|konuyla ilgili yayınlar|ek okuma|"
    "notlar ve kaynakça",
    "ko": "같이 보기|함께 보기|각주|외부 링크|참고 문헌|참고문헌|출처|더 보기|주석|내용주|참조주|바깥 고리|"
    "각주 및 참고 문헌",
    "vi": "xem thêm|tham khảo|liên kết ngoài|chú thích|ghi chú|đọc thêm|nguồn tham khảo|thư mục|tài liệu tham khảo|"
    "ghi chú và tham khảo",
    "id": "lihat pula|lihat juga|referensi|pranala luar|catatan kaki|catatan|rujukan|bacaan lanjutan|"
    "bacaan lebih lanjut|daftar pustaka|catatan dan referensi",
    "fa": "جستارهای وابسته|منابع|پانویس|پیوند به بیرون|یادداشت‌ها|پانویس‌ها|برای مطالعهٔ بیشتر|یادداشت|مطالعهٔ بیشتر",
    "he": "ראו גם|הערות שוליים|קישורים חיצוניים|לקריאה נוספת|ביאורים|הערות",
    "el": "δείτε επίσης|παραπομπές|εξωτερικοί σύνδεσμοι|σημειώσεις|βλέπε επίσης|παραπομπές σημειώσεις|"
    "παραπομπές και σημειώσεις|περαιτέρω ανάγνωση|υποσημειώσεις",
    "bg": "вижте също|вижте още|източници|бележки|външни препратки|бележки и източници|допълнителна литература",
    "sr": "види још|референце|спољашње везе|напомене|извори|фусноте|vidi još|reference|spoljašnje veze|izvori|napomene",
    "hr": "vidi još|vidi također|izvori|bilješke|vanjske poveznice|vanjske veze|unutarnje poveznice|bilješke i izvori",
    "sk": "pozri aj|referencie|externé odkazy|iné projekty|zdroje|poznámky|referencie a poznámky",
    "hi": "इन्हें भी देखें|सन्दर्भ|संदर्भ|बाहरी कड़ियाँ|टिप्पणी|यह भी देखें|बाहरी कड़ियां|टिप्पणियाँ|आगे पढ़ें",
    "th": "ดูเพิ่ม|อ้างอิง|แหล่งข้อมูลอื่น|เชิงอรรถ|หมายเหตุ|อ่านเพิ่มเติม|รายการอ้างอิง",
}
_AT_THE_END = {
    "en": "notes|sources|bibliography|literature|links|further information|readings|resources|other sources|"
    "primary sources|secondary sources|books|selected bibliography|external media",
    "de": "literatur|quellen|anmerkungen|bibliografie|bibliographie|links",
    "fr": "bibliographie|sources|liens",
    "es": "bibliografía|fuentes|enlaces|literatura",
    "it": "bibliografia|fonti|link",
    "pt": "bibliografia|fontes|ligações|literatura",
    "nl": "bronnen|literatuur|bron|bibliografie|links",
    "ru": "литература|источники|библиография|комментарии",
    "pl": "bibliografia|uwagi|źródła|literatura|linki|komentarze",
    "sv": "källor|litteratur|bibliografi|länkar",
    "ja": "文献|注|資料|書籍|参考",
    "zh": "参考书|書目|书目|来源|來源|文献|文獻",
    "ar": "مصادر|المصادر|طالع أيضا",
    "uk": "література|джерела|бібліографія|коментарі",
    "cs": "literatura|prameny|zdroje|bibliografie",
    "ca": "bibliografia|notes|fonts|enllaços",
    "da": "litteratur|kilder|bibliografi|henvisninger",
    "no": "litteratur|kilder|bibliografi|lenker",
    "fi": "kirjallisuus|huomiot|linkit",
    "hu": "irodalom|bibliográfia|megjegyzések",
    "ro": "bibliografie|surse|lectură",
    "tr": "bibliyografya|kaynaklar",
    "ko": "문헌|자료|읽을거리",
    "vi": "nguồn|sách",
    "id": "sumber|pustaka|bibliografi",
    "fa": "کتاب‌شناسی",
    "he": "מקורות|ביבליוגרפיה",
    "el": "βιβλιογραφία|πηγές",
    "bg": "литература|библиография",
    "sr": "литература|библиографија|literatura",
    "hr": "literatura|poveznice",
    "sk": "literatúra|bibliografia",
    "hi": "स्रोत|ग्रन्थसूची",
    "th": "บรรณานุกรม",
}
_NAMED_LIKE = {"nb": "no", "nn": "no", "simple": "en", "sh": "sr", "yue": "zh", "wuu": "zh", "zh-yue": "zh", "be": "ru"}
_PUNCTUATION = " \t:.,;-–—"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its level, its name and the number of its line."""

    level: int
    name: str
    line: int


def read_heading(line: str) -> tuple[int, str] | None:
    """Return the level and the name if a line is a heading, else None.

    Examples
    --------
    >>> read_heading("=== Early life ===")
    (3, 'Early life')
    >>> read_heading("1 + 1 = 2")
    """
    if not line.startswith("="):
        return None
    line = line.rstrip()
    left, right = len(line) - len(line.lstrip("=")), len(line) - len(line.rstrip("="))
    level = min(left, right, 6)
    name = line[level : len(line) - level].strip()
    return (level, name) if level and name.strip("= ") else None


def plain_headings(text: str) -> str:
    """Return the text with the equals signs of headings removed.

    Examples
    --------
    >>> plain_headings("He sang.\\n\\n== Career ==\\nHe acted.")
    'He sang.\\n\\nCareer\\nHe acted.'
    """
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if found := read_heading(line):
            lines[number] = found[1]
    return "\n".join(lines)


def cut_end_matter(text: str, language: str = "en") -> str:
    """Return the text without its sections of references, notes, links and literature.

    Parameters
    ----------
    text : text with headings written as `== Name ==`, from the first steps of `clean_wikitext` or from TextExtracts
    language : language code of the wiki. English names are recognized in every language, and the names of all languages
        if the language is not in the table

    Notes
    -----
    A section is removed with its subsections. Names that are also used for prose count only for top-level sections that
    are followed by nothing but end matter.

    Examples
    --------
    >>> cut_end_matter("Tea is a drink.\\n== History ==\\nOld.\\n== See also ==\\nCoffee")
    'Tea is a drink.\\n== History ==\\nOld.'
    """
    lines = text.split("\n")
    headings = [Heading(*found, number) for number, line in enumerate(lines) if (found := read_heading(line))]
    if not headings:
        return text
    cut = _decide(headings, language)
    kept = lines[: headings[0].line]
    ends = [heading.line for heading in headings[1:]] + [len(lines)]
    for heading, end, goes in zip(headings, ends, cut, strict=True):
        if not goes:
            kept += lines[heading.line : end]
    return "\n".join(kept).rstrip() if any(cut) else text


def _decide(headings: list[Heading], language: str) -> list[bool]:
    """Return for each section whether it is removed."""
    certain, at_the_end = _names(_CERTAIN, language), _names(_AT_THE_END, language)
    top = max(2, min(heading.level for heading in headings))
    ends = _ends(headings)
    whole = [False] * len(headings)  # removed because of its own name
    tail = [False] * len(headings) + [True]  # only end matter from here to the end
    for i in reversed(range(len(headings))):
        name = normal_name(headings[i].name)
        whole[i] = name in certain or (name in at_the_end and headings[i].level <= top and tail[ends[i]])
        tail[i] = whole[i] and tail[ends[i]]
    cut, until = [], 0
    for i, goes in enumerate(whole):
        if goes:
            until = max(until, ends[i])
        cut.append(i < until)
    return cut


def _ends(headings: list[Heading]) -> list[int]:
    """Return for each heading the index of the next one of the same or a higher level."""
    ends = [len(headings)] * len(headings)
    open_: list[int] = []
    for i, heading in enumerate(headings):
        while open_ and headings[open_[-1]].level >= heading.level:
            ends[open_.pop()] = i
        open_.append(i)
    return ends


def _names(table: dict[str, str], language: str) -> frozenset[str]:
    code = language.lower().replace("_", "-")
    code = _NAMED_LIKE.get(code, code)
    code = code if code in table else _NAMED_LIKE.get(code.split("-")[0], code.split("-")[0])
    known = [table["en"], table[code]] if code in table else list(table.values())
    return frozenset(normal_name(name) for names in known for name in names.split("|"))


def normal_name(name: str) -> str:
    """Return the name of a section in a form that can be compared."""
    return re.sub(r"[\s_]+", " ", unicodedata.normalize("NFKC", name)).strip(_PUNCTUATION).casefold()
