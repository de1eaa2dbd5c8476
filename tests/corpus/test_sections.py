"""Sections: which are end matter in each language, and that nothing else is removed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_topics.corpus.mediawiki.sections import cut_end_matter, plain_headings, read_heading

PAGE = "Lead.\n\n== {body} ==\nProse.\n\n== {end} ==\nA book\n\n=== {more} ===\nLinks"
END_MATTER = {
    "en": ("See also", "References", "Further reading", "External links", "Notes and references", "Notes", "Sources"),
    "de": ("Siehe auch", "Einzelnachweise", "Weblinks", "Literatur", "Anmerkungen", "Quellen"),
    "fr": ("Voir aussi", "Notes et références", "Liens externes", "Bibliographie", "Articles connexes", "Annexes"),
    "es": ("Véase también", "Referencias", "Enlaces externos", "Bibliografía", "Notas"),
    "it": ("Voci correlate", "Note", "Collegamenti esterni", "Altri progetti", "Bibliografia"),
    "pt": ("Ver também", "Referências", "Ligações externas", "Bibliografia", "Notas"),
    "nl": ("Zie ook", "Externe links", "Referenties", "Bronnen, noten en/of referenties", "Literatuur"),
    "ru": ("См. также", "Примечания", "Ссылки", "Литература", "Источники"),
    "pl": ("Zobacz też", "Przypisy", "Linki zewnętrzne", "Bibliografia", "Uwagi"),
    "sv": ("Se även", "Referenser", "Externa länkar", "Källor", "Noter"),
    "ja": ("関連項目", "脚注", "外部リンク", "参考文献", "出典"),
    "zh": ("参见", "參考文獻", "外部链接", "外部連結", "注释", "延伸阅读"),
    "ar": ("انظر أيضا", "مراجع", "وصلات خارجية", "المراجع"),
    "uk": ("Див. також", "Примітки", "Посилання", "Джерела", "Література"),
    "cs": ("Související články", "Reference", "Externí odkazy", "Literatura", "Odkazy"),
}
CASES = [(language, name) for language, names in END_MATTER.items() for name in names]


@pytest.mark.parametrize(("language", "name"), CASES, ids=[f"{language}-{name}" for language, name in CASES])
def test_end_matter_goes_with_its_subsections(language: str, name: str) -> None:
    """The section is removed with its subsections; the text before it is unchanged."""
    page = PAGE.format(body="Xyz", end=name, more="Abc")
    assert cut_end_matter(page, language) == "Lead.\n\n== Xyz ==\nProse."


@pytest.mark.parametrize(
    "name", ["References", "see  also", "EXTERNAL LINKS", "Further reading:", "See_also", "Ｎｏｔｅｓ"]
)
def test_spelling_of_names(name: str) -> None:
    """Capitals, spaces, colons and wide letters make no difference, and English counts everywhere."""
    assert cut_end_matter(f"Lead.\n=={name}==\nx", "en") == "Lead."
    assert cut_end_matter(f"Lead.\n=={name}==\nx", "ja") == "Lead."


def test_prose_after_end_matter_stays() -> None:
    """A section of prose that follows the references is kept, and with it a name that prose can have, too."""
    page = "Lead.\n== Bibliography ==\nHis books.\n== References ==\nx\n== Legacy ==\nFame.\n== Notes ==\ny"
    assert cut_end_matter(page) == "Lead.\n== Bibliography ==\nHis books.\n== Legacy ==\nFame."


def test_names_of_prose_below_a_section() -> None:
    """The sources of a play are prose where they are a part of its story."""
    page = "Lead.\n== Composition ==\n=== Sources ===\nA poem.\n== References ==\n=== Sources ===\nx"
    assert cut_end_matter(page) == "Lead.\n== Composition ==\n=== Sources ===\nA poem."


def test_other_wikis() -> None:
    """A variant counts as its language, and of an unknown language all names count."""
    assert cut_end_matter("a\n== Weblinks ==\nb", "de-at") == "a"
    assert cut_end_matter("a\n== Weblinks ==\nb", "") == "a"
    assert cut_end_matter("a\n== Weblinks ==\nb", "fr") == "a\n== Weblinks ==\nb"
    assert cut_end_matter("a\n== 外部連結 ==\nb", "zh-yue") == "a"


def test_extracts_of_mediawiki() -> None:
    """Extracts have two empty lines before a heading and none is left at the end."""
    prose = "Tea is hot.\n\n\n== History ==\nOld.\n\n\n=== In China ===\nOlder."
    extract = prose + "\n\n\n== See also ==\nCoffee\n\n\n== Notes ==\n"
    assert cut_end_matter(extract) == prose
    assert plain_headings(cut_end_matter(extract)).split() == "Tea is hot. History Old. In China Older.".split()


def test_a_text_without_headings_stays() -> None:
    """Nothing is cut where there is no heading, not even a line that says References."""
    text = "Tea.\nReferences\n\n= \n==\n===\n== ==\na == b ==\n"
    assert cut_end_matter(text) == text
    assert plain_headings(text) == text


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("= One =", (1, "One")),
        ("==Two== ", (2, "Two")),
        ("=== Odd ==", (2, "= Odd")),
        ("======= Seven =======", (6, "= Seven =")),
        (" == no ==", None),
        ("== no", None),
        ("====", None),
        ("", None),
    ],
)
def test_read_heading(line: str, heading: tuple[int, str] | None) -> None:
    """The level is the smaller number of signs at either side, as in MediaWiki."""
    assert read_heading(line) == heading


LINES = st.sampled_from(
    ["Prose.", "", "== See also ==", "=== Notes ===", "== Notes ==", "== Life ==", "= A =", "=== B ==="]
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.lists(LINES | st.text(max_size=9), max_size=30).map("\n".join), st.sampled_from(["en", "de", "zz"]))
def test_cutting_only_takes_away(text: str, language: str) -> None:
    """The result consists of lines of the text in order, and cutting plain pages again changes nothing."""
    kept = cut_end_matter(text, language)
    lines = iter(text.split("\n"))
    assert all(any(line == other or other.startswith(line) for other in lines) for line in kept.split("\n"))
    if "Notes" not in text:
        assert cut_end_matter(kept, language) == kept


@pytest.mark.slow
def test_many_headings() -> None:
    """The time is linear in the length, for sections of any depth."""
    began = time.process_time()
    cut_end_matter("".join(f"{'=' * (n % 7 + 1)} Notes {'=' * (n % 7 + 1)}\n" for n in range(300_000)))
    assert time.process_time() - began < 20
