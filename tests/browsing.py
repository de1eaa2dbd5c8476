"""Reports in Chromium, cut off from the network: models to look at, and how a test visits a view of one.

Run by `make test-browser`, which installs Chromium, playwright and axe-core; skipped where they are missing.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from inputs import write_faces, write_jsonl

from nmf_topics.cli.main import cli
from nmf_topics.corpus.open import sample_corpus_path

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


Open = Callable[..., Any]


@contextmanager
def runs_in(place: Path) -> Iterator[Callable[..., None]]:
    """Work in a folder with a cache of its own: what is yielded runs the program and insists on success."""

    def run(*arguments: object) -> None:
        result = CliRunner().invoke(cli, [*map(str, arguments), "-q"])
        assert result.exit_code == 0, result.stderr

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("NMF_TOPICS_CACHE", str(place / "cache"))
        yield run


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
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
    with runs_in(place) as run:
        write_jsonl(Path("pages.jsonl"), rows)
        write_faces(Path("faces"), 30)
        run("ranks", "pages.jsonl", "--from", 9, "--to", 11, "--step", 1)
        run("fit", "pages.jsonl", "--rank", 10, "--runs", 2, "-o", "models/text")
        run("fit", "faces", "--rank", 4, "-o", "models/faces")
    return place


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Chromium without a window."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (make test-browser)")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("there is no Chromium on this machine (make test-browser installs it)")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox", *QUIET.split()])
        yield browser
        browser.close()


Open = Callable[..., Any]


@pytest.fixture
def visit(chromium: Any, reports: Path) -> Iterator[Open]:
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
        report = path or reports / "models/text/report.html"
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


def faults(page: Any, views: list[str]) -> list[Any]:
    """What axe finds wrong in views of a report."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed (make test-browser)")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    for view in views:
        go(page, view)
        page.wait_for_timeout(150)
        found += page.evaluate(
            "view => axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => "
            "[view, v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' ' + n.failureSummary)]))",
            view,
        )
    return found
