"""Disambiguation pages, recognized from their wikitext."""

from __future__ import annotations

import pytest

from nmf_topics.corpus.mediawiki.disambiguation import is_disambiguation


@pytest.mark.parametrize(
    ("source", "language"),
    [
        ("A\n__DISAMBIG__", "xx"),
        ("A\n__BEGRIFFSKLÄRUNG__", "de"),
        ("A\n__消歧义__", "zh"),
        ("A\n{{Disambiguation}}", "en"),
        ("A\n{{disambiguation|geo|surname}}", "en"),
        ("A\n{{ Template:disambig }}", "en"),
        ("A\n{{Human_name disambiguation}}", "en"),
        ("A\n{{Letter–number combination disambiguation}}", "en"),
        ("A\n{{hndis|Smith, John}}", "en"),
        ("A\n{{Dab}}", "simple"),
        ("A\n{{Disambiguation<!-- of places -->|geo}}", "en"),
        ("{{Begriffsklärung}}\nA", "de"),
        ("A\n{{homonymie}}", "fr"),
        ("A\n{{desambiguación}}", "es"),
        ("{{Disambigua}}", "it"),
        ("{{dp}}", "nl"),
        ("{{Неоднозначность|тип=фамилия}}", "ru"),
        ("{{aimai}}", "ja"),
        ("{{人名の曖昧さ回避}}", "ja"),
        ("{{消歧義|姓名}}", "zh-tw"),
        ("{{Ujednoznacznienie}}", "pl"),
        ("{{desambiguação|A}}", "pt-br"),
        ("{{förgrening}}", "sv"),
        ("{{توضيح}}", "ar"),
        ("{{Peker}}", "nb"),
    ],
)
def test_told_by_switch_and_template(source: str, language: str) -> None:
    """They are recognized by the switch in any language, and by templates of the wiki's language and of English."""
    assert is_disambiguation(source, language)


@pytest.mark.parametrize(
    ("source", "language"),
    [
        ("", "en"),
        ("Near [[Mercury]]{{disambiguation needed}} it is hot.", "en"),
        ("<!-- {{disambiguation}} --> A page.", "en"),
        ("Write <nowiki>{{disambiguation}}</nowiki> or <nowiki>__DISAMBIG__</nowiki>.", "en"),
        ("{{about|the planet|other uses|Mercury (disambiguation)}} A page.", "en"),
        ("{{Surname}} A list of people with a name is a page about the name.", "en"),
        ("{{dp}} means something else there.", "en"),
        ("{{des}}", "de"),
        ("{{disambig|inne znaczenie}} Strona.", "pl"),
        ("{{Nota disambigua|il pianeta|Mercurio}} Una pagina.", "it"),
        ("{{Voir homonymes|Mercure}} Une page.", "fr"),
        ("{{disambiguations}} {{my disambig x}} {disambiguation}", "en"),
        ("__NOTOC__ __disambig__", "en"),
    ],
)
def test_told_apart_from_pages_that_speak_of_it(source: str, language: str) -> None:
    """Hatnotes, notes of editors, comments and templates of other languages make no disambiguation page."""
    assert not is_disambiguation(source, language)
