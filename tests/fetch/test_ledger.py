"""What becomes of each title, on a wiki in memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_wiki import FakeClient, FakeWiki, fetch_fake
from loopback import ledger, pages, prose

WORDS = 20


@pytest.fixture
def drinks() -> FakeClient:
    """A wiki with a good article, a featured one, two others, and redirects whose names come first by the alphabet."""
    wiki = FakeWiki()
    wiki.save("Tea", f"{prose('tea', WORDS)}[[Category:Good articles]]")
    wiki.save("Coffee", f"{prose('coffee', WORDS)}[[Category:Featured articles]]")
    wiki.save("Mate", prose("mate", WORDS))
    wiki.save("Water", prose("water", WORDS - 1))
    wiki.save("Chai", "#REDIRECT [[Tea]]")
    wiki.save("Brew", "#REDIRECT [[Chai]]")
    return FakeClient(wiki)


def titles(folder: Path) -> list[str]:
    """The titles of the pages of a corpus, by the alphabet."""
    return sorted(page["title"] for page in pages(folder))


@pytest.mark.parametrize("text", ["extracts", "wikitext"])
def test_a_page_of_just_enough_words_is_kept(drinks: FakeClient, tmp_path: Path, text: str) -> None:
    """A page of as many words as --min-words wants is in the corpus, and one of a word less is too short."""
    ask = {"titles": ["Mate", "Water"]}
    fetch_fake(tmp_path / "c", drinks, ask, min_words=WORDS, text=text)
    assert titles(tmp_path / "c") == ["Mate"]
    assert {title: (row["status"], row["words"]) for title, row in ledger(tmp_path / "c").items()} == {
        "Mate": ("ok", str(WORDS)),
        "Water": ("too-short", str(WORDS - 1)),
    }


def test_only_pages_with_enough_words_count_for_the_limit(drinks: FakeClient, tmp_path: Path) -> None:
    """--limit counts a page of just enough words, and does not count a page of a word less."""
    fetch_fake(tmp_path / "c", drinks, {"titles": ["Water", "Mate", "Tea", "Coffee"]}, min_words=WORDS, limit=2)
    assert titles(tmp_path / "c") == ["Mate", "Tea"]
    assert ledger(tmp_path / "c")["Coffee"]["note"] == "beyond the limit"


@pytest.mark.parametrize(("first", "second"), [("extracts", "wikitext"), ("wikitext", "extracts")])
def test_texts_of_another_kind_are_read_again(drinks: FakeClient, tmp_path: Path, first: str, second: str) -> None:
    """Texts that were read in one way do not stand for those that are wanted in another."""
    ask = {"titles": ["Tea", "Mate"]}
    fetch_fake(tmp_path / "c", drinks, ask, text=first)
    before = len(drinks.texts())
    fetch_fake(tmp_path / "c", drinks, ask, text=second)
    assert [page["text_from"] for page in pages(tmp_path / "c")] == [second] * 2
    assert drinks.texts()[before:] == ["1", "3"]


def test_the_title_of_the_page_stands_for_it(drinks: FakeClient, tmp_path: Path) -> None:
    """Of several titles of one page, its own has the line of the page, else the first by the alphabet."""
    fetch_fake(tmp_path / "own", drinks, {"titles": ["Brew", "Chai", "Tea"]})
    assert {title: row["status"] for title, row in ledger(tmp_path / "own").items()} == {
        "Brew": "redirect-merged",
        "Chai": "redirect-merged",
        "Tea": "ok",
    }
    assert ledger(tmp_path / "own")["Brew"]["note"] == "the same page as 'Tea'"
    fetch_fake(tmp_path / "others", drinks, {"titles": ["Chai", "Brew"]})
    assert {title: (row["status"], row["note"]) for title, row in ledger(tmp_path / "others").items()} == {
        "Brew": ("ok", "redirect to 'Chai -> Tea'"),
        "Chai": ("redirect-merged", "the same page as 'Brew'"),
    }


@pytest.mark.parametrize(
    ("quality", "kept"),
    [("any", ["Coffee", "Mate", "Tea", "Water"]), ("good", ["Coffee", "Tea"]), ("featured", ["Coffee"])],
)
def test_featured_articles_are_good_ones(drinks: FakeClient, tmp_path: Path, quality: str, kept: list[str]) -> None:
    """--quality good takes good and featured articles, --quality featured only these."""
    fetch_fake(tmp_path / "c", drinks, {"titles": ["Tea", "Coffee", "Mate", "Water"]}, quality=quality)
    assert titles(tmp_path / "c") == kept
    assert {title for title, row in ledger(tmp_path / "c").items() if row["status"] == "filtered"} == (
        {"Coffee", "Mate", "Tea", "Water"} - set(kept)
    )


def test_texts_of_other_parts_are_read_again(drinks: FakeClient, tmp_path: Path) -> None:
    """A whole page does not stand for its introduction, nor an introduction for the whole page."""
    drinks.wiki.save("Juice", f"{prose('juice', WORDS)}\n\n== Making ==\n{prose('press', WORDS)}")
    lengths = []
    for intro in (False, True, False):
        fetch_fake(tmp_path / "c", drinks, {"titles": ["Juice"]}, text="extracts", intro=intro)
        lengths.append(ledger(tmp_path / "c")["Juice"]["words"])
    assert lengths[0] == lengths[2] != lengths[1] == str(WORDS)
    assert len(drinks.texts()) == 3


def test_other_namespaces_and_circles(drinks: FakeClient, tmp_path: Path) -> None:
    """Pages of other namespaces are no articles, and redirects in a circle lead to no page."""
    drinks.wiki.save("Talk:Tea", prose("talk", WORDS))
    drinks.wiki.save("Round", "#REDIRECT [[Ring]]")
    drinks.wiki.save("Ring", "#REDIRECT [[Round]]")
    fetch_fake(tmp_path / "c", drinks, {"titles": ["Talk:Tea", "Round", "Mate"]})
    found = {title: (row["status"], row["note"]) for title, row in ledger(tmp_path / "c").items()}
    assert found == {
        "Mate": ("ok", ""),
        "Round": ("missing", "redirect in a circle"),
        "Talk:Tea": ("filtered", "no article (namespace Talk)"),
    }


def test_an_article_that_is_good_and_featured_is_featured(drinks: FakeClient, tmp_path: Path) -> None:
    """A page keeps its former category when it becomes a featured article; the better one counts."""
    marks = "[[Category:Good articles]] [[Category:Featured articles]]"
    drinks.wiki.save("Mate", f"{prose('mate', WORDS)}{marks}")
    fetch_fake(tmp_path / "c", drinks, {"titles": ["Mate", "Tea"]}, quality="featured")
    assert [(page["title"], page["quality"]) for page in pages(tmp_path / "c")] == [("Mate", "featured")]


@pytest.mark.parametrize(
    ("depth", "found"),
    [(0, ["Tea"]), (1, ["Mate", "Tea"]), (2, ["Coffee", "Mate", "Tea"]), (9, ["Coffee", "Mate", "Tea"])],
)
def test_categories_to_a_depth(tmp_path: Path, depth: int, found: list[str]) -> None:
    """Each level adds its pages, also where a category is in itself, and where each answer has a single member."""
    wiki = FakeWiki(part=1)
    for level, (category, title) in enumerate((("Top", "Tea"), ("Middle", "Mate"), ("Bottom", "Coffee"))):
        above = ("Bottom", "Top", "Middle")[level]  # a circle
        wiki.save(f"Category:{category}", f"[[Category:{above}]]")
        wiki.save(title, f"{prose(title, WORDS)}[[Category:{category}]]")
    fetch_fake(tmp_path / "c", FakeClient(wiki), {"category": "Top", "depth": depth})
    assert titles(tmp_path / "c") == found
