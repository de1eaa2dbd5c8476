"""The report in Chromium, cut off from the network: every view, every control, hostile texts, and what axe finds.

Run by `make test-browser`, which installs Chromium, playwright and axe-core; skipped where they are missing.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from inputs import write_faces, write_jsonl
from outputs import read_table
from program import Run

from nmf_topics.cli.main import cli
from nmf_topics.corpus.open import sample_corpus_path
from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.topics.model import TopicModel
from nmf_topics.topics.store import load_model
from nmf_topics.views.report.build import write_report
from nmf_topics.words.vocabulary import Vocabulary

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (make test-browser)")
pytestmark = pytest.mark.browser

AXE = Path(sys.prefix) / "axe" / "node_modules" / "axe-core" / "axe.min.js"
QUIET = "--no-first-run --disable-background-networking --disable-component-update --disable-sync --disable-gpu"
VIEWS = ["overview", "topic-3", "pages", "pages-topic-2", "page-5", "ranks", "method"]
# Pages whose titles and texts are markup, programs, styles, turns of direction, other scripts, endless.
STRANGE = {
    "html": "<img src=x onerror=\"document.title='pwned'\"><b>bold</b>",
    "script": "</script><script>document.title='pwned'</script>",
    "style": "</style><style>body{display:none}</style>",
    "bidi": "\u202egnp.exe\u2066 river",
    "arabic": "نهر كبير في الشمال",
    "chinese": "长江是亚洲最长的河流",
    "endless": "x" * 10_000,
    "url": "javascript:document.title='pwned'",
}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with models of the sample and strange pages beside it, dated and linked, its ranks, and faces."""
    place = tmp_path_factory.mktemp("browser")
    rows = [
        json.loads(line) for line in (sample_corpus_path() / "pages.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    for i, row in enumerate(rows):
        row |= {"date": f"{1990 + i % 12}-05-01", "url": f"https://wiki.example/{i}"}
    for name, text in STRANGE.items():
        body = f"{text} The river ran from the plateau to the sea. {text}"
        rows.append({"id": f"strange-{name}", "title": text, "text": body, "url": STRANGE["url"], "label": text[:40]})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("NMF_TOPICS_CACHE", str(place / "cache"))
        write_jsonl(Path("pages.jsonl"), rows)
        write_faces(Path("faces"), 30)
        for line in (
            ["ranks", "pages.jsonl", "--from", "9", "--to", "11", "--step", "1", "-q"],
            ["fit", "pages.jsonl", "--rank", "10", "--runs", "2", "-o", "models/text", "-q"],
            ["fit", "faces", "--rank", "4", "-o", "models/faces", "-q"],
        ):
            result = CliRunner().invoke(cli, line)
            assert result.exit_code == 0, result.stderr
    return place


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Chromium without a window."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("there is no Chromium on this machine (make test-browser installs it)")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox", *QUIET.split()])
        yield browser
        browser.close()


Open = Callable[..., Any]


@pytest.fixture
def visit(chromium: Any, folder: Path) -> Iterator[Open]:
    """Open a view of a report; at the end nothing went wrong in it, and nothing was asked of the network."""
    contexts, wrong = [], []

    def watch(request: Any) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            wrong.append(f"asked for {request.url}")

    def visit(view: str = "", path: Path | None = None, **settings: Any) -> Any:
        context = chromium.new_context(**settings)
        contexts.append(context)
        context.set_offline(True)
        page = context.new_page()
        page.on("request", watch)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        report = path or folder / "models" / "text" / "report.html"
        page.goto(report.resolve().as_uri() + (f"#{view}" if view else ""))
        if settings.get("java_script_enabled", True):
            page.wait_for_selector("html[data-ready]", timeout=20_000)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert wrong == []


def cells(page: Any, selector: str) -> list[list[str]]:
    """The text of a table's body."""
    found: list[list[str]] = page.eval_on_selector(
        selector, "t => [...t.tBodies[0].rows].map(r => [...r.cells].map(c => c.textContent))"
    )
    return found


def go(page: Any, view: str) -> None:
    """Another view of the same report, as a link leads to it."""
    page.evaluate("view => { location.hash = view }", view)
    page.wait_for_timeout(50)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1400])
def test_every_view_opens(visit: Open, width: int, scheme: str) -> None:
    """Each view has one heading and says where it is; nothing stands beyond the right edge at any width."""
    page = visit(viewport={"width": width, "height": 800}, color_scheme=scheme)
    for view in VIEWS:
        go(page, view)
        assert page.locator("h1:visible").count() == 1, view
        assert page.locator("nav [aria-current=page]").count() >= 1
        beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(beyond) <= 0, view


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Open, scheme: str, folder: Path) -> None:
    """No violation of what axe knows, in any view, light and dark, of words and of images."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed (make test-browser)")
    axe = AXE.read_text(encoding="utf-8")
    for path, views in ((None, [*VIEWS, "page-182"]), (folder / "models/faces/report.html", ["", "topic-1", "page-3"])):
        page = visit(path=path, color_scheme=scheme, viewport={"width": 1000, "height": 800})
        page.evaluate(axe)
        for view in views:
            go(page, view)
            page.wait_for_timeout(150)
            violations = page.evaluate(
                "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => "
                "[v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' ' + n.failureSummary)]))"
            )
            assert violations == [], (scheme, view)


def test_numbers_are_those_of_the_tables(visit: Open, folder: Path) -> None:
    """What stands on the screen is what stands in topics.csv and pages.csv."""
    model = folder / "models" / "text"
    topics, pages = read_table(model / "topics.csv"), read_table(model / "pages.csv")
    page = visit("topic-3")
    page.locator("#lambda").fill("1")
    own = [row for row in topics if row["topic"] == "3"][:30]
    shown = cells(page, "table.wide")
    assert [(row[0], row[2]) for row in shown] == [(row["term"], f"{float(row['weight']):.5f}") for row in own]
    facts = page.locator("dl.facts").first.inner_text().split()
    head = own[0]
    assert f"{100 * float(head['share']):.1f}" in facts
    assert {head["pages"], f"{float(head['coherence']):.2f}", f"{float(head['stability']):.2f}"} <= set(facts)
    go(page, "pages")
    page.locator("button[data-sort=title]").click()
    shown = cells(page, "table.pages")
    assert len(shown) == 100
    by_title = {row["title"] if len(row["title"]) <= 120 else row["title"][:119]: row for row in pages}
    for title, topic, weight, _, margin, error in shown:
        row = by_title[title.removesuffix("…")]
        assert topic == (row["topic"] or row["status"])
        assert [weight, margin, error] == [f"{float(row[name]):.3f}" for name in ("weight", "margin", "error")]
    go(page, "page-7")
    row = pages[6]
    shares = {number.strip(): share for number, share, _ in ((r[0][:2], r[1], r[2]) for r in cells(page, "table.mix"))}
    first = max(range(1, 11), key=lambda k: float(row[f"topic_{k}"]))
    label = page.locator("table.mix tbody tr").first.inner_text()
    assert label.startswith(str(first))
    assert f"{float(row[f'topic_{first}']):.3f}" in label
    assert shares


def test_relevance_is_the_programs(visit: Open, folder: Path) -> None:
    """At 1, 0.6 and 0 the slider puts words in the order of `topics --words frequency|relevance|exclusive`."""
    model = load_model(folder / "models" / "text")
    page = visit("topic-2")
    assert page.locator("#lambda").input_value() == "0.6"
    orders: list[tuple[str, Any]] = [("0.6", "relevance"), ("0", "exclusive"), ("1", "frequency")]
    for value, order in orders:
        page.locator("#lambda").fill(value)
        assert [row[0] for row in cells(page, "table.wide")] == [word for word, _ in model.terms(2, 30, order=order)]
    page.locator("#lambda").focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator("#lambda").input_value() == "0.95"
    assert "0.95" in page.locator("output").inner_text()


def test_search_filter_and_sort(visit: Open, folder: Path) -> None:
    """Titles are found without case and accents, filters narrow, headers sort both ways; a hundred come at a time."""
    rows = read_table(folder / "models" / "text" / "pages.csv")
    page = visit("pages")
    assert "188 pages; shown are 1 to 100" in page.locator("p[role=status]").inner_text()
    weights = [float(row[2]) for row in cells(page, "table.pages")]
    assert weights == sorted(weights, reverse=True)
    page.get_by_role("button", name="After").click()
    assert len(cells(page, "table.pages")) == 88
    page.locator("#search").fill("ANDÉS")
    assert [row[0] for row in cells(page, "table.pages")] == ["Andes"]
    page.locator("#search").fill("长江")
    assert len(cells(page, "table.pages")) == 1
    page.locator("#search").fill("no such title")
    assert cells(page, "table.pages") == []
    assert page.locator("p[role=status]").inner_text() == "0 pages"
    page.locator("#search").fill("")
    page.locator("#filter").select_option("4")
    own = [row for row in rows if row["topic"] == "4"]
    assert len(cells(page, "table.pages")) == len(own)
    errors = sorted((float(row["error"]) for row in own), reverse=True)
    for direction in ("descending", "ascending"):
        page.locator("button[data-sort=error]").click()
        assert page.locator(f"th[aria-sort={direction}]").inner_text().startswith("error")
        assert [row[5] for row in cells(page, "table.pages")] == [f"{e:.3f}" for e in errors]
        errors.reverse()
    assert page.evaluate("document.activeElement.dataset.sort") == "error"


def test_addresses_lead_to_views_and_back(visit: Open) -> None:
    """A deep link opens its view, links change the address, and the browser's way back works."""
    page = visit("topic-3")
    assert page.locator("h1").inner_text().startswith("3")
    page.locator("table.pages a").first.click()
    assert page.url.partition("#")[2].startswith("page-")
    title = page.locator("h1").inner_text()
    assert page.title().startswith(title)
    page.go_back()
    assert page.locator("h1").inner_text().startswith("3")
    for nonsense in ("topic-99", "topic-0", "nothing", "%E0%A4%A", "page-100000"):
        go(page, nonsense)
        assert page.locator("h1").count() == 1
    assert "does not hold it" in page.locator("#view").inner_text()


def test_names_are_edited_saved_and_taken_over(visit: Open, folder: Path, ok: Run, tmp_path: Path) -> None:
    """A name given in the report shows everywhere in it, is saved as a file, and `label --from` takes it over."""
    shutil.copytree(folder / "models" / "text", tmp_path / "text")
    page = visit("topic-3", tmp_path / "text" / "report.html", accept_downloads=True)
    page.locator("#rename").fill("  Ärzte & <b>Pillen</b> ")
    page.get_by_role("button", name="Rename").click()
    assert page.locator("h1").inner_text().split("\n")[-1].endswith("Ärzte & <b>Pillen</b>")
    go(page, "overview")
    assert page.locator(".card h3").nth(2).inner_text().endswith("Ärzte & <b>Pillen</b>")
    go(page, "topic-1")
    page.locator("#rename").fill("Rivers")
    page.keyboard.press("Enter")
    assert "2 names changed" in page.locator("#renamed").inner_text()
    page.get_by_role("button", name="Undo").click()
    assert "1 name changed" in page.locator("#renamed").inner_text()
    with page.expect_download() as started:
        page.get_by_role("button", name="Save names").click()
    assert started.value.suggested_filename == "topic-names.txt"
    started.value.save_as(tmp_path / "topic-names.txt")
    ok("label", "text", "--from", "topic-names.txt")
    assert {row["label"] for row in read_table(tmp_path / "text" / "topics.csv") if row["topic"] == "3"} == {
        "Ärzte & <b>Pillen</b>"
    }
    page = visit("topic-3", tmp_path / "text" / "report.html")
    assert page.locator("#rename").input_value() == "Ärzte & <b>Pillen</b>"
    assert page.locator("#renamed").is_hidden()


def test_strange_pages_are_text(visit: Open, folder: Path) -> None:
    """Markup, programs and styles in titles and texts are shown as text; links lead to the web only."""
    rows = read_table(folder / "models" / "text" / "pages.csv")
    page = visit("pages")
    for column, row in enumerate(rows, start=1):
        if not row["id"].startswith("strange-"):
            continue
        go(page, f"page-{column}")
        page.wait_for_selector(".text")
        assert row["title"][:100] in page.locator("h1").text_content()
        assert STRANGE[row["id"].removeprefix("strange-")] in page.locator(".text").text_content()
        assert page.locator("main img, main b, main script").count() == 0
        assert page.locator("dl.meta a").count() == 0
        assert "pwned" not in page.title() or "document.title" in page.title()
        assert page.locator("mark", has_text="river").count() >= 1
    go(page, "page-5")
    link = page.locator("dl.meta a")
    assert link.get_attribute("href").startswith("https://wiki.example/")
    assert "noopener" in link.get_attribute("rel")


def test_the_second_wall(chromium: Any, folder: Path) -> None:
    """Even markup that found its way into the page runs nothing and loads nothing: the policy of the file says no."""
    page = chromium.new_page()
    page.goto((folder / "models/text/report.html").resolve().as_uri() + "#method")
    page.wait_for_selector("h1")
    page.evaluate(
        "() => { window.no = [];"
        "document.addEventListener('securitypolicyviolation', e => no.push(e.effectiveDirective));"
        "const d = document.createElement('div'); d.innerHTML = '<img src=x onerror=\"window.pwned=1\">"
        '<img src="https://example.org/x.png"><p style="color:red">\'; document.body.append(d);'
        "const s = document.createElement('script'); s.textContent = 'window.pwned=1'; document.body.append(s) }"
    )
    page.wait_for_timeout(300)
    assert page.evaluate("window.pwned") is None
    assert {"img-src", "script-src-elem", "style-src-attr"} <= set(page.evaluate("no"))
    page.close()


def test_a_page_in_the_colours_of_its_topics(visit: Open, folder: Path) -> None:
    """The words of a text carry their topics; one topic alone can be looked at; the words that carried it are named."""
    rows = read_table(folder / "models" / "text" / "pages.csv")
    at = next(i for i, row in enumerate(rows, 1) if row["id"] == "andes")
    page = visit(f"page-{at}")
    page.wait_for_selector(".text mark")
    assert page.locator("mark", has_text="plateau").first.get_attribute("data-topic") == rows[at - 1]["topic"]
    numbers = set(page.eval_on_selector_all("mark", "all => all.map(m => m.dataset.topic)"))
    page.locator(".legend input").nth(1).check()
    chosen = page.locator(".legend input").nth(1).get_attribute("value")
    off = set(page.eval_on_selector_all("mark.off", "all => all.map(m => m.dataset.topic)"))
    assert off == numbers - {chosen}
    assert "glaciers" in page.locator("section[aria-labelledby=h-carried]").inner_text()
    assert len(cells(page, "section[aria-labelledby=h-near] table")) == 10


def test_chinese_is_coloured_without_spaces(visit: Open, folder: Path) -> None:
    """In a script without spaces the longest known word is taken at each place; what is unknown stays plain."""
    rows = read_table(folder / "models" / "text" / "pages.csv")
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


def test_keyboard_alone(visit: Open) -> None:
    """Tab leads to the way past the menu, then through it; Enter opens; the map's topics are links, too."""
    page = visit("method")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert page.url.endswith("#method")
    page.locator("nav a", has_text="Overview").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".map a")
    page.locator(".map a").nth(4).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("h1.titled")
    assert page.locator("h1").inner_text().startswith("5")


def test_on_paper(visit: Open) -> None:
    """Printed, there are no controls, and the page becomes a PDF."""
    page = visit("overview", color_scheme="dark")
    page.emulate_media(media="print")
    assert not page.locator("nav").first.is_visible()
    assert not page.locator(".tools").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator(".card").count() == 10
    assert page.pdf().startswith(b"%PDF")


def test_without_programs_there_is_a_table(visit: Open) -> None:
    """Where no program may run, the topics stand in a plain table."""
    page = visit("", java_script_enabled=False)
    assert page.locator("#plain tbody tr").count() == 10
    assert page.locator("#plain").is_visible()


def test_images_are_put_together(visit: Open, folder: Path) -> None:
    """Parts are drawn, and an image is put together from the heaviest of them, as W h has it."""
    path = folder / "models" / "faces"
    model = load_model(path)
    page = visit("page-3", path / "report.html")
    page.wait_for_selector(".build canvas")
    pixels = "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((_, i) => i % 4 === 0)"
    whole = page.eval_on_selector_all(".build canvas", f"all => all.map({pixels})")
    made = np.clip(np.round(255 * model.W @ model.H[:, 2]), 0, 255)
    assert np.abs(np.array(whole[0]) - made).max() <= 2
    assert np.abs(np.array(whole[1]) - made).mean() < 6
    page.locator("#steps").fill("1")
    heaviest = int(model.H[:, 2].argmax())
    one = np.clip(np.round(255 * model.W[:, heaviest] * model.H[heaviest, 2]), 0, 255)
    assert np.abs(np.array(page.eval_on_selector(".build canvas", pixels)) - one).max() <= 2
    go(page, "overview")
    assert page.locator(".card canvas").count() == 4


def test_a_hundred_thousand_pages(visit: Open, tmp_path: Path, rng: np.random.Generator, model: TopicModel) -> None:
    """The report of 100,000 pages stays under 25 MB, opens in less than 2 s, and searches without stutter."""
    n, m, r = 100_000, 20_000, 20
    W = rng.gamma(0.05, size=(m, r))
    H = rng.gamma(0.2, size=(r, n))
    words = [f"w{i}" for i in range(m)]
    numbers = [str(i) for i in range(n)]
    meta = [
        {"url": f"https://wiki.example/{i}", "date": f"{1950 + i % 70}-01-01", "label": f"g{i % 9}"} for i in range(n)
    ]
    large = TopicModel(
        W=W / W.sum(axis=0),
        H=H,
        errors=np.full(n, 0.5),
        trace=np.array([0.5]),
        stopped="converged",
        relative_error=0.5,
        coherences=np.zeros(r),
        stabilities=np.full(r, np.nan),
        rows=Vocabulary(words, words),
        columns=PageColumns(numbers, [f"A page about number {i}" for i in numbers], meta),
        weighting=None,
        recipe=model.recipe,
    )
    path = tmp_path / "report.html"
    write_report(large, path)
    assert path.stat().st_size < 25e6
    seconds = []
    for _ in range(3):
        page = visit("", path)
        seconds.append(page.evaluate("performance.now()") / 1000)
    assert min(seconds) < 2
    assert "this file holds the 20,000 that matter most" in page.locator(".lead").inner_text()
    go(page, "pages")
    took = page.evaluate(
        "() => { const s = document.getElementById('search'); const t = performance.now();"
        "s.value = '77'; s.dispatchEvent(new Event('input')); return performance.now() - t }"
    )
    assert took < 500
