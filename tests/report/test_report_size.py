"""Large reports in Chromium: file size, loading time and response time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from browsing import Open

from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.model.files import load_model
from nmf_topics.model.model import TopicModel
from nmf_topics.terms.vocabulary import Vocabulary
from nmf_topics.views.report.build import write_report

pytestmark = [pytest.mark.browser, pytest.mark.alone]


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Path:
    """The report of 100,000 pages, 20,000 words and 20 topics, as a corpus of the web would have them."""
    n, m, r = 100_000, 20_000, 20
    rng = np.random.default_rng(20261124)
    W = rng.gamma(0.05, size=(m, r))
    words = [f"w{i}" for i in range(m)]
    numbers = [str(i) for i in range(n)]
    meta = [
        {"url": f"https://wiki.example/{i}", "date": f"{1950 + i % 70}-01-01", "label": f"g{i % 9}"} for i in range(n)
    ]
    model = TopicModel(
        W=W / W.sum(axis=0),
        H=rng.gamma(0.2, size=(r, n)),
        errors=np.full(n, 0.5),
        trace=np.array([0.5]),
        stopped="converged",
        relative_error=0.5,
        coherences=np.zeros(r),
        stabilities=np.full(r, np.nan),
        rows=Vocabulary(words, words),
        columns=PageColumns(numbers, [f"A page about number {i}" for i in numbers], meta),
        weighting=None,
        recipe=load_model(template / "models" / "latest").recipe,
    )
    path = tmp_path_factory.mktemp("large") / "report.html"
    write_report(model, path)
    return path


def test_a_hundred_thousand_pages(visit: Open, large: Path) -> None:
    """The report of 100,000 pages stays under 25 MB, opens in less than 2 s, and says what it holds."""
    assert large.stat().st_size < 25e6
    seconds = []
    for _ in range(3):
        page = visit("", large)
        seconds.append(page.evaluate("performance.now()") / 1000)
    assert min(seconds) < 2
    assert "this file holds the 20,000 that matter most" in page.locator(".lead").inner_text()


# From an act of the user to the moment at which the browser has painted what comes of it, in milliseconds.
PAINTED = """act => new Promise(done => {
  const began = performance.now();
  Function(act)();
  requestAnimationFrame(() => { const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now() - began); channel.port2.postMessage(0); });
})"""
TYPE = "const s = document.getElementById('search'); s.value = {!r}; s.dispatchEvent(new Event('input'))"
CHOOSE = "const s = document.getElementById({!r}); s.value = {!r}; s.dispatchEvent(new Event('change'))"
CLICK = "document.querySelector({!r}).click()"
ACTS = {
    "a letter typed": (TYPE.format("7"), TYPE.format("")),
    "two words typed": (TYPE.format("page 77"), TYPE.format("")),
    "a topic chosen": (CHOOSE.format("filter", "3"), CHOOSE.format("filter", "0")),
    "a label chosen": (CHOOSE.format("filter-1", "g4"), CHOOSE.format("filter-1", "")),
    "sorted by number": (CLICK.format("[data-sort=error]"), CLICK.format("[data-sort=weight]")),
    "sorted by title": (CLICK.format("[data-sort=title]"), CLICK.format("[data-sort=weight]")),
    "turned over": (CLICK.format(".turn button:last-child"), CLICK.format(".turn button:first-child")),
}


def test_twenty_thousand_rows_follow_the_hand(visit: Open, large: Path) -> None:
    """Whatever is done to the table of 20,000 rows is painted within a tenth of a second, which feels like at once."""
    page = visit("pages", large)
    for act, (there, back) in ACTS.items():
        took = [[page.evaluate(PAINTED, one) for one in (there, back)] for _ in range(5)]
        assert max(map(min, zip(*took, strict=True))) < 100, (act, took)
