"""Reports of texts in other scripts, in Chromium: written from the right, and written without spaces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browsing import Open, cells, faults, go, runs_in
from inputs import write_jsonl
from outputs import pages_by_number, read_table
from program import Run

pytestmark = pytest.mark.browser

# Written for these tests: subjects of four pages each.
ARABIC = {
    "البحر": [
        "أبحرت السفينة من الميناء عند الفجر، ورأى البحارة أمواج البحر العالية.",
        "عادت السفينة إلى الميناء لأن أمواج البحر كانت عالية والبحارة متعبون.",
        "يعرف البحارة ريح البحر، وتنتظر السفينة في الميناء حتى تهدأ الأمواج.",
        "رسم البحارة خريطة البحر، وفي الميناء سفينة قديمة تنتظر الريح.",
    ],
    "المطبخ": [
        "طبخت الجدة حساء العدس مع البصل والخبز الساخن في المطبخ.",
        "في المطبخ رائحة الخبز والبصل، والجدة تطبخ حساء العدس كل مساء.",
        "نأكل حساء البصل مع الخبز، والجدة تحب العدس والزيتون.",
        "خبزت الجدة الخبز في المطبخ، ثم قطعت البصل للحساء والعدس.",
    ],
}
HEBREW = {
    "הגן": [
        "הגנן שתל עץ תפוח בגן, והפרחים פרחו באביב ליד העץ.",
        "באביב פרחו הפרחים בגן, והגנן השקה את עץ התפוח.",
        "ליד עץ התפוח בגן ישב הגנן והביט אל הפרחים של האביב.",
        "הגנן קטף תפוח מן העץ, והפרחים בגן חיכו לגשם האביב.",
    ],
}
CHINESE = {
    "河流": [
        "长江是亚洲最长的河流，河水从高原流向大海。",
        "黄河的河水很黄，河流从高原流过平原，流入大海。",
        "河流把高原的泥沙带到大海，渔民在长江捕鱼。",
        "渔民在黄河和长江捕鱼，河水来自高原的冰川。",
    ],
    "音乐": [
        "音乐家在音乐会上演奏钢琴，观众喜欢这首乐曲。",
        "观众听钢琴和小提琴，音乐家演奏古典乐曲。",
        "小提琴的乐曲很美，音乐会上观众为音乐家鼓掌。",
        "钢琴和小提琴一起演奏，音乐会的乐曲让观众安静。",
    ],
}
JAPANESE = {
    "宇宙": [
        "ロケットが宇宙へ飛び、宇宙飛行士は月から地球を見た。",
        "宇宙飛行士は望遠鏡で惑星と月を観測し、地球に戻った。",
        "望遠鏡で見る惑星は美しく、ロケットは月と地球の間を飛ぶ。",
        "ロケットの中で宇宙飛行士は惑星の写真を地球に送った。",
    ],
}


def fit(place: Path, *languages: tuple[str, dict[str, list[str]]]) -> Path:
    """A model of some subjects; every page says its language."""
    rows = [
        {"id": f"{code}-{subject}-{i}", "title": f"{subject} {i}", "text": text, "label": subject, "lang": code}
        for code, subjects in languages
        for subject, texts in subjects.items()
        for i, text in enumerate(texts)
    ]
    with runs_in(place) as run:
        write_jsonl(Path("pages.jsonl"), rows)
        bounds = ("--rank", 3, "--min-pages", 2, "--max-pages", 0.5)
        run("fit", "pages.jsonl", "--language", "auto", *bounds, "-o", "models/pages")
    return place / "models/pages"


@pytest.fixture(scope="session")
def from_the_right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of pages in Arabic and Hebrew."""
    return fit(tmp_path_factory.mktemp("right"), ("ar", ARABIC), ("he", HEBREW))


@pytest.fixture(scope="session")
def without_spaces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of pages in Chinese and Japanese."""
    return fit(tmp_path_factory.mktemp("unspaced"), ("zh", CHINESE), ("ja", JAPANESE))


def place_of(page: Any, selector: str) -> tuple[float, float]:
    """Where the first such element begins and ends, from the left."""
    box = page.locator(selector).first.bounding_box()
    return box["x"], box["x"] + box["width"]


def test_arabic_and_hebrew(visit: Open, from_the_right: Path) -> None:
    """Texts run from the right, numbers stay before names, and words are coloured, found and counted as any others."""
    rows = pages_by_number(from_the_right / "pages.csv")
    for width in (360, 1400):
        page = visit("topic-1", from_the_right / "report.html", viewport={"width": width, "height": 800})
        assert place_of(page, "h1 .number")[1] <= place_of(page, "h1 bdi")[0]
        assert place_of(page, "table.wide th bdi")[1] <= place_of(page, "table.wide .bar")[0] + 1
        for column, row in enumerate(rows, start=1):
            go(page, f"page-{column}")
            page.wait_for_selector(".text mark")
            assert page.evaluate("getComputedStyle(document.querySelector('.text')).direction") == "rtl"
            assert page.locator(".text").get_attribute("lang") == row["lang"]
            assert page.locator(".text mark").first.get_attribute("data-topic") == row["topic"]
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    go(page, "pages")
    page.locator("#search").fill("הגן")
    assert {row[0] for row in cells(page, "table.pages")} == {f"הגן {i}" for i in range(4)}
    assert faults(page, ["overview", "topic-2", "pages", "page-1", "page-9"]) == []
    assert {row["topic"] for row in rows if row["page_label"] == "הגן"} == {
        next(row["topic"] for row in rows if row["id"] == "he-הגן-0")
    }


def test_chinese_and_japanese(visit: Open, without_spaces: Path) -> None:
    """Words that stand in no spaces are coloured as the fit cut them; letters are those of the page's language."""
    rows = pages_by_number(without_spaces / "pages.csv")
    terms = {row["term"] for row in read_table(without_spaces / "topics.csv")}
    assert {"钢琴", "观众", "惑星"} <= terms
    page = visit("overview", without_spaces / "report.html", viewport={"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    for column, row in enumerate(rows, start=1):
        go(page, f"page-{column}")
        page.wait_for_selector(".text mark")
        marks = page.locator(".text mark")
        assert set(marks.all_text_contents()) <= terms
        assert marks.count() >= 3
        assert page.locator(".text").get_attribute("lang") == row["lang"]
        texts = {"ja": JAPANESE, "zh": CHINESE}[row["lang"]]
        assert page.locator(".text").text_content() == texts[row["page_label"]][int(row["id"][-1])]
    go(page, "pages")
    page.locator("#search").fill("音乐")
    assert len(cells(page, "table.pages")) == 4
    assert faults(page, ["overview", "topic-2", "page-1", "page-9"]) == []


def test_chinese_among_english(visit: Open, reports: Path) -> None:
    """A page in a script that the fit did not cut into words is whole and plain."""
    rows = pages_by_number(reports / "models" / "text" / "pages.csv")
    at = next(i for i, row in enumerate(rows, 1) if row["id"] == "strange-chinese")
    page = visit(f"page-{at}")
    page.wait_for_selector(".text")
    assert page.locator(".text").text_content().startswith("长江是亚洲最长的河流")


def test_words_of_a_chinese_model(visit: Open, ok: Run, tmp_path: Path) -> None:
    """Words are coloured whole, never one in the middle of another; texts and words say what language they are in."""
    pytest.importorskip("rjieba")
    texts = [
        "水很热，她喝茶。茶叶在水里。",
        "他的水平很高，水很冷。",
        "足球比赛很好看，球队赢了。",
        "球队的水平不高，输了比赛。",
    ]
    rows = [{"id": str(i), "title": f"第{i}页", "text": text} for i, text in enumerate(texts * 2)]
    path = write_jsonl(tmp_path / "zh.jsonl", rows)
    wide = ("--min-pages", 1, "--max-pages", 1.0, "--stop", "水平", "--language", "zh")
    ok("fit", path, "-r", 2, *wide, "-o", tmp_path / "zh", "-q")
    page = visit("page-2", tmp_path / "zh" / "report.html")
    page.wait_for_selector(".text mark")
    assert page.locator(".text").get_attribute("lang") == "zh"
    marks = page.locator(".text mark").all_text_contents()
    assert marks.count("水") == 1  # the word, not the first half of 水平
    assert "水平" not in marks
    go(page, "topic-1")
    assert (
        page.locator("bdi[lang=zh]", has_text="球队").count() + page.locator("bdi[lang=zh]", has_text="水").count() > 0
    )
