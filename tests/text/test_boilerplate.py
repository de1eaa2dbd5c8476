"""Lines that many pages share: found in a corpus, left out of its counts and of new pages."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_topics.model.classify import Classifier
from nmf_topics.model.files import load_model, save_model
from nmf_topics.model.fit import fit_topics
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.terms.count import count_new_pages, count_terms
from nmf_topics.terms.pruning import Bounds
from nmf_topics.text import boilerplate
from nmf_topics.text.analyzer import Readers, WordOptions
from nmf_topics.text.boilerplate import Texts, line_keys, shared_lines

NOTICE = "Read our terms of use"


@dataclass
class APage:
    id: str
    text: str
    title: str = ""
    meta: dict[str, Any] = field(default_factory=dict)


def corpus(n: int) -> list[APage]:
    """Pages of a line of their own and one that all have, now and then quoted or with another number."""
    return [APage(f"{i:03}", f"apple pear plum{'x' * (i + 1)} {i}\n{'> ' * (i % 2)}{NOTICE}\n") for i in range(n)]


def kept(texts: list[str]) -> Texts:
    """Texts as they wait for the second walk."""
    found = Texts()
    for text in texts:
        found.add(text)
    return found


def lines_of(texts: list[str]) -> dict[str, int]:
    """The shared lines of some texts."""
    with closing(kept(texts)) as found:
        return shared_lines(found)


def test_texts_come_back_as_they_went(monkeypatch: pytest.MonkeyPatch) -> None:
    """As often as wanted, lone surrogates and all, from memory and from a file."""
    texts = ["", "a\r\nb", "中é\ud800", "x" * 100]
    for bound in (10, 10_000):
        monkeypatch.setattr(boilerplate, "IN_MEMORY", bound)
        found = kept(texts)
        assert [list(found), list(found), len(found)] == [texts, texts, 4]
        found.close()


def test_keys_of_lines() -> None:
    """Case, digits and marks of quotation are no difference; short lines, rulers and tables are none."""
    text = "> Page 12 of the Book\n----------- - -\n1 2 3 4 5 6 7 8\ntwo words\npage 97 OF the book"
    assert [key for _, _, key in line_keys(text)] == ["page 00 of the book"] * 2
    places = [text[begin:end] for begin, end, _ in line_keys(text)]
    assert places == ["> Page 12 of the Book\n", "page 97 OF the book"]


@pytest.mark.parametrize(("n", "least"), [(3, 3), (6, 3), (9, 5), (16, 8), (400, 8)])
def test_on_how_many_pages_a_line_must_be(n: int, least: int) -> None:
    """On eight, or on half of a few; twice on one page is once."""
    for has in (least - 1, least):
        texts = [f"{NOTICE}\n{NOTICE}" if i < has else f"text of page {'x' * i}" for i in range(n)]
        assert lines_of(texts) == ({NOTICE.lower(): has} if has == least else {})


def test_lines_are_counted_over_pages_and_not_over_pieces() -> None:
    """A line that one book has in each of its pieces is no line that many pages share; one of each book is."""
    refrain, notice = "The walrus and the carpenter", "All books of this house"
    pieces = [(f"book {k}", f"{refrain if k == 0 else 'Other text'}\npiece") for k in range(4) for _ in range(10)]
    pieces += [(f"tale {k}", f"{notice} are sold here") for k in range(8)]
    with closing(kept([text for _, text in pieces])) as texts:
        assert set(shared_lines(texts)) == {refrain.lower(), f"{notice} are sold here".lower()}
        assert shared_lines(texts, [page for page, _ in pieces]) == {f"{notice} are sold here".lower(): 8}


def test_hashes_are_put_together_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """However small the memory for hashes, the lines are the same."""
    texts = [page.text for page in corpus(40)]
    whole = lines_of(texts)
    assert whole == {NOTICE.lower(): 40}
    monkeypatch.setattr(boilerplate, "COMPACT", 3)
    assert lines_of(texts) == whole


@pytest.mark.parametrize("phrases", [False, True])
def test_shared_lines_are_not_counted(phrases: bool) -> None:
    """Their words are in no column, the ledger says how many there were, and new pages are read the same way."""
    options = WordOptions(phrases=phrases)
    with_all = count_terms(corpus(40), options)
    without = count_terms(corpus(40), WordOptions(phrases=phrases, boilerplate=True))
    assert "term" in " ".join(with_all.vocabulary.terms)
    assert "term" not in " ".join(without.vocabulary.terms)
    assert without.shared_lines == {NOTICE.lower(): 40}
    assert without.ledger["dropped"]["boilerplate"] == 40 * 5
    assert without.ledger["tokens"] == with_all.ledger["tokens"]
    assert without.ledger["kept"] + sum(without.ledger["dropped"].values()) == without.ledger["tokens"]
    text = [f"apple terms\n{NOTICE}"]
    _, unknown = count_new_pages(text, without.vocabulary, Readers(without.options), lines=without.shared_lines)
    assert unknown[0] == {"terms": 1}


def test_order_of_pages_and_processes_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts and lines are the same backwards, and from two processes."""
    from nmf_topics.terms import parallel

    options = WordOptions(boilerplate=True)
    one = count_terms(corpus(60), options)
    monkeypatch.setattr(parallel, "ALONE", 1)
    monkeypatch.setattr("nmf_topics.terms.token_counter.BATCH", 500)
    other = count_terms(corpus(60)[::-1], options, processes=2)
    assert (one.counts != other.counts).nnz == 0
    assert (one.vocabulary, one.ledger, one.shared_lines) == (other.vocabulary, other.ledger, other.shared_lines)


LINES = st.sampled_from(
    [NOTICE, "From: a@b.example", "Lines: 3", "apple don't é", "see http://x.example/y", "--", "> q 7"]
)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(LINES | st.text(max_size=20), max_size=6).map("\n".join), min_size=1, max_size=9))
def test_every_token_is_in_the_books(texts: list[str]) -> None:
    """Tokens in = kept + dropped by reason, with and without what is taken out, for any text."""
    pages = [APage(str(i), text) for i, text in enumerate(texts)]
    raw = count_terms(pages, WordOptions()).ledger
    clean = count_terms(pages, WordOptions(boilerplate=True, numbers=True, accents=False)).ledger
    assert raw["tokens"] == clean["tokens"]
    assert clean["tokens"] == clean["kept"] + sum(clean["dropped"].values())
    assert "number" not in clean["dropped"]


def test_numbers_and_accents() -> None:
    """Numbers are words if wanted; Beyoncé and Beyonce are one, shown as it is mostly written."""
    pages = [APage("1", "Beyoncé Beyoncé Beyonce 1984 café"), APage("2", "CAFE 747 Москвы")]
    plain = count_terms(pages, WordOptions())
    assert {"beyoncé", "beyonce"} <= set(plain.vocabulary.terms)
    found = count_terms(pages, WordOptions(numbers=True, accents=False))
    surfaces = dict(zip(found.vocabulary.terms, found.vocabulary.surfaces, strict=True))
    assert surfaces["beyonce"] == "Beyoncé"
    assert {"1984", "747", "cafe"} <= set(surfaces)
    stopped = count_terms(pages, WordOptions(accents=False, stop=("Beyoncé",), keep=("747",)))
    assert "beyonce" not in stopped.vocabulary.terms
    assert "747" in stopped.vocabulary.terms


def test_a_fit_tells_what_it_left_out_and_classify_does_too(tmp_path: Path) -> None:
    """The lines are named as the corpus is read, kept with the model, and taken out of new pages."""
    folder = tmp_path / "texts"
    folder.mkdir()
    for i in range(12):
        words = "apple pear plum cherry" if i % 2 else "river sea lake island"
        (folder / f"{i}.txt").write_text(
            f"{words} {'x' * (i + 1)}\n{NOTICE}\nwww.example.com/terms\n", encoding="utf-8"
        )
    notes: list[str] = []
    recipe = Recipe(words=WordOptions(boilerplate=True), bounds=Bounds(max_pages=0.9))
    data = prepare(Source(str(folder)), recipe, cache=tmp_path / "cache", note=notes.append)
    again = prepare(Source(str(folder)), recipe, cache=tmp_path / "cache", note=notes.append)
    told = f'1 line that many pages share is left out: "{NOTICE.lower()}" (12 pages)'
    assert notes.count(told) == 2
    assert data.recipe["shared_lines"] == again.recipe["shared_lines"] == {NOTICE.lower(): 12}
    assert data.ledger["dropped"] == again.ledger["dropped"]
    assert (data.ledger["dropped"]["boilerplate"], data.ledger["dropped"]["address"]) == (60, 48)
    save_model(fit_topics(data, 2), tmp_path / "model")
    (answer,) = Classifier(load_model(tmp_path / "model")).texts([("new", "new", f"apple pear\n{NOTICE}")])
    assert answer.known_words == 1
    assert list(answer.unknown_words) == []
