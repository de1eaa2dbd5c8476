"""The report as a file: its numbers are those of the tables, its texts cannot run, the same model makes it again."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import shlex
import time
import webbrowser
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inputs import WIDE, write_faces
from outputs import document, read_table
from program import Refused, Run

from nmf_topics.analysis.ranks import suggest
from nmf_topics.analysis.ranks_file import ranks_of
from nmf_topics.cli import options as o
from nmf_topics.cli.chosen_recipe import choose_recipe
from nmf_topics.cli.fit import fit
from nmf_topics.cli.option_fields import gather
from nmf_topics.errors import OutputError
from nmf_topics.model.files import load_model
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source
from nmf_topics.pipeline.recipes import RECIPES
from nmf_topics.views.report import build, payload
from nmf_topics.views.report.provenance import command, provenance
from nmf_topics.views.tables.tables import number


def data_of(html: str, name: str = "data-core") -> dict[str, Any]:
    """The data of a report."""
    (block,) = re.findall(rf'<script type="application/octet-stream" id="{name}">([^<]*)</script>', html)
    found: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(block)))
    return found


def floats(text: str) -> np.ndarray:
    """A column of numbers."""
    return np.frombuffer(base64.b64decode(text), dtype="<f4")


class Elements(HTMLParser):
    """All elements of a document with their attributes, and the text of scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.lasttag in ("script", "style"):
            self.texts.append(data)


def test_numbers_are_those_of_the_tables(fitted: Path) -> None:
    """Topics, words, weights, margins, errors and shares equal topics.csv and pages.csv."""
    data = data_of((fitted / "report.html").read_text(encoding="utf-8"))
    rows = read_table(fitted / "topics.csv")
    for topic in data["topics"]:
        own = [row for row in rows if row["topic"] == str(topic["number"])]
        assert topic["label"] == own[0]["label"]
        assert (topic["share"], topic["pages"]) == (float(own[0]["share"]), int(own[0]["pages"]))
        assert topic["coherence"] == float(own[0]["coherence"])
        assert topic["stability"] is None
        assert [word for word, *_ in topic["described"]] == [row["term"] for row in own]
        weights = {row["term"]: row["weight"] for row in own}
        assert {word: number(weight) for _, word, weight, _ in topic["words"] if word in weights} == weights
    pages = data["pages"]
    table = read_table(fitted / "pages.csv")
    assert pages["total"] == pages["held"] == len(table)
    assert pages["id"] == [row["id"] for row in table]
    assert pages["title"] == [row["title"] for row in table]
    assert pages["topic"] == [int(row["topic"]) for row in table]
    assert pages["status"] == [row["status"] for row in table]
    for name in ("weight", "margin", "error"):
        assert floats(pages[name]) == pytest.approx([float(row[name]) for row in table], rel=1e-6)
    shares = [[float(row[f"topic_{k}"]) for k in (1, 2, 3)] for row in table]
    assert floats(pages["shares"]).reshape(-1, 3) == pytest.approx(np.array(shares), rel=1e-6)
    assert pages["meta"]["label"] == [row["page_label"] for row in table]


def test_shares_by_group_are_means_of_the_table(fitted: Path) -> None:
    """The share of a topic in a group is the mean of that topic's column in pages.csv over the pages of the group."""
    (trend,) = data_of((fitted / "report.html").read_text(encoding="utf-8"))["trends"]
    assert (trend["by"], trend["unit"], trend["left_out"]) == ("label", "group", 0)
    assert (trend["names"], trend["pages"]) == (["animals", "music", "space"], [4, 4, 4])
    table = read_table(fitted / "pages.csv")
    for k, shares in enumerate(trend["shares"], start=1):
        for name, share in zip(trend["names"], shares, strict=True):
            own = [float(row[f"topic_{k}"]) for row in table if row["page_label"] == name]
            assert share == pytest.approx(np.mean(own), rel=1e-6)


def test_a_page_without_a_topic(model: TopicModel) -> None:
    """It has no topic and no numbers, and is there."""
    pages = data_of(build.build_report(model))["pages"]
    assert pages["topic"][3] == 0
    assert pages["status"][3] == "no-known-words"
    assert np.isnan(floats(pages["weight"])[3])
    assert not floats(pages["shares"]).reshape(-1, 3)[3].any()


def test_nothing_comes_from_elsewhere(fitted: Path) -> None:
    """No element loads anything, and the policy allows the programs and the style of the file by their hashes only."""
    html = (fitted / "report.html").read_text(encoding="utf-8")
    elements = Elements(html)
    for tag, attributes in elements.found:
        assert tag not in ("link", "iframe", "object", "embed", "base", "form")
        assert not {"src", "srcset", "style", "onclick", "onload", "background"} & set(attributes)
        assert (attributes.get("href") or "#").startswith("#")
    (policy,) = [a["content"] for _, a in elements.found if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    running = re.findall(r"<(?:script|style)>(.*?)</(?:script|style)>", html, flags=re.DOTALL)
    assert len(running) == 3
    for text in running:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "Redistribution and use" in html
    assert "Mike Bostock" in html


HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</style><style>*{display:none}",
    "<!-- <script>",
    "{{ 7 * 7 }} {% raw %}",
    "\u202egnp.exe\u2066",
    "\0\x1b[31m\ud800",
    "a" * 10_000,
]


def test_hostile_words_stay_inside_their_place(model: TopicModel) -> None:
    """Titles, names, ids and metadata that are markup or worse add no element to the page, and are there as text."""
    plain = Elements(build.build_report(model))
    n = len(model.columns)
    texts = [HOSTILE[i % len(HOSTILE)] for i in range(n)]
    columns = replace(
        model.columns, titles=texts, ids=[f"{i}{t}" for i, t in enumerate(texts)], meta=[{t: t} for t in texts]
    )
    recipe = {**model.recipe, "corpus": {"name": HOSTILE[0], "fingerprint": HOSTILE[1]}}
    hostile = replace(model, columns=columns, recipe=recipe, names=dict(enumerate(HOSTILE[:3], 1)), hidden=HOSTILE[:6])
    html = build.build_report(hostile)
    elements = Elements(html)
    assert [tag for tag, _ in elements.found] == [tag for tag, _ in plain.found]
    assert elements.texts[0] == plain.texts[0]
    assert "\0" not in html
    data = data_of(html)
    assert data["pages"]["title"][:7] == HOSTILE[:7]
    assert data["pages"]["title"][7] == "a" * 299 + "…"
    assert [topic["label"] for topic in data["topics"]] == HOSTILE[:3]
    path = Path("hostile.html")
    build.write_report(hostile, path)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_same_model_same_bytes(ok: Run, fitted: Path) -> None:
    """The command makes the very file that the fit wrote, once and again; run.json keeps naming it."""
    before = (fitted / "report.html").read_bytes()
    (fitted / "report.html").unlink()
    for _ in range(2):
        result = ok("report", fitted)
        assert "report in" in result.stderr
        assert (fitted / "report.html").read_bytes() == before
    said = document(ok("report", fitted, "--json", "-q"))
    assert said["report"].endswith("report.html")
    assert said["bytes"] == len(before)
    assert "report.html" in json.loads((fitted / "run.json").read_text())["files"]


def test_a_corpus_that_is_gone_costs_the_texts_alone(
    ok: Run, tiny_corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source that cannot be read once more after the fit is said, and everything but the texts is written."""
    path = tiny_corpus

    def fit_and_lose(*arguments: Any, **options: Any) -> TopicModel:
        path.unlink()
        return fit_topics(*arguments, **options)

    monkeypatch.setattr("nmf_topics.cli.fit.fit_topics", fit_and_lose)
    assert "the report has no texts" in ok("fit", path, "-r", 3, *WIDE, "-o", "mine").stderr
    assert 'id="data-texts"' not in Path("mine/report.html").read_text(encoding="utf-8")
    assert load_model("mine").rank == 3


def test_standard_input_is_read_once_more(ok: Run, tiny_corpus: Path) -> None:
    """Pages that came through a pipe have their texts in the report, too."""
    ok("fit", "-", "-r", 3, *WIDE, "-o", "mine", input=tiny_corpus.read_bytes())
    texts = data_of(Path("mine/report.html").read_text(encoding="utf-8"), "data-texts")
    assert len(texts["pages"]) == 12


def test_opening(ok: Run, fitted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--open shows the file, and says so where there is no browser."""
    opened: list[str] = []

    def browser(address: str) -> bool:
        opened.append(address)
        return len(opened) == 1

    monkeypatch.setattr(webbrowser, "open", browser)
    assert "no browser" not in ok("report", fitted, "--open").stderr
    assert "no browser could be started; open" in ok("report", fitted, "--open").stderr
    assert opened == [(fitted / "report.html").resolve().as_uri()] * 2


def test_unhappy_reports(ok: Run, refused: Refused, fitted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No model is an error; damaged extracts, no clouds or no record cost just themselves, a failed report no names."""
    assert "there is no model in nowhere" in refused(1, "report", "nowhere")
    (fitted / "extracts.json.gz").write_bytes(b"x")
    (fitted / "run.json").unlink()
    for cloud in (fitted / "clouds").iterdir():
        cloud.unlink()
    assert "the report has no texts" in ok("report", fitted).stderr
    html = (fitted / "report.html").read_text(encoding="utf-8")
    assert 'id="data-texts"' not in html
    assert data_of(html)["topics"][0]["picture"] is None
    assert data_of(html)["how"]["versions"] == {}
    monkeypatch.setattr(build, "pack", lambda data: (_ for _ in ()).throw(OutputError("the data are too large")))
    assert "the data are too large" in refused(1, "report", fitted)
    assert (fitted / "report.html").read_text(encoding="utf-8") == html
    result = ok("label", fitted, "1=Music")
    assert "no report: the data are too large" in result.stderr
    assert load_model(fitted).names == {1: "Music"}


def test_names_come_back(ok: Run, refused: Refused, fitted: Path) -> None:
    """Names saved in the report go into the model, the tables and the report; texts and all else stay."""
    texts = data_of((fitted / "report.html").read_text(encoding="utf-8"), "data-texts")
    Path("names.txt").write_text("\ufeff# a comment\r\n\r\n2 = Of  rockets = fast \r\n3=Tiere\n", encoding="utf-8")
    ok("label", fitted, "--from", "names.txt", "3=Animals")
    html = (fitted / "report.html").read_text(encoding="utf-8")
    labels = [topic["label"] for topic in data_of(html)["topics"]]
    assert labels[1:] == ["Of rockets = fast", "Animals"]
    assert [topic["named"] for topic in data_of(html)["topics"]] == [False, True, True]
    assert data_of(html, "data-texts") == texts
    ok("label", fitted, "--hide", "guitar")
    data = data_of((fitted / "report.html").read_text(encoding="utf-8"))
    assert not any("guitar" in word for topic in data["topics"] for word in topic["words"])
    assert data["how"]["hidden"] == ["guitar"]
    weights = np.frombuffer(base64.b64decode(data["rows"]["weight"]), "<u2").reshape(-1, 3)
    assert not weights[data["rows"]["word"].index("guitar")].any()
    Path("bad.txt").write_text("2=fine\nno name\n")
    assert "line 2 of bad.txt is not NUMBER=NAME" in refused(2, "label", fitted, "--from", "bad.txt")
    Path("latin.txt").write_bytes(b"2=caf\xe9\n")
    assert "UTF-8" in refused(2, "label", fitted, "--from", "latin.txt")
    Path("far.txt").write_text("9=x\n")
    assert "no topic 9" in refused(1, "label", fitted, "--from", "far.txt")
    Path("empty.txt").write_text("# nothing\n")
    assert "nothing to name" in refused(2, "label", fitted, "--from", "empty.txt")


def test_ranks_are_taken_over_where_they_fit(ok: Run, fitted: Path, tiny_corpus: Path) -> None:
    """What `ranks` found on the same data is in the report made after it; that of other options is not."""
    assert data_of((fitted / "report.html").read_text(encoding="utf-8"))["ranks"] is None
    ok("ranks", tiny_corpus, "--from", 2, "--to", 4, "--step", 1, "--max-terms", 20)
    ok("report", fitted)
    assert data_of((fitted / "report.html").read_text(encoding="utf-8"))["ranks"] is None
    ok("ranks", tiny_corpus, "--from", 2, "--to", 4, "--step", 1, *WIDE)
    ok("report", fitted)
    ranks = data_of((fitted / "report.html").read_text(encoding="utf-8"))["ranks"]
    assert [row["rank"] for row in ranks["rows"]] == [2, 3, 4]
    assert ranks["rows"][1]["error"] == pytest.approx(load_model(fitted).relative_error, rel=1e-6)
    found = ranks_of(load_model(fitted), fitted)
    assert found is not None
    assert [*ranks["suggested"], ranks["reasons"]] == list(suggest(*found))


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--recipe", "article", "--rank", "7", "--seed", "3"],
        ["--min-pages", "0.25", "--max-pages", "9", "--stop", "x,y", "--no-default-stops", "--runs", "3"],
        ["--keep", "a,b", "--phrases"],
        ["--l1-words", "0.001", "--l1-pages", "0.02", "--l2-words", "0.5", "--l2-pages", "0.125"],
        ["--guide", "Sport: match, goal", "--guide", "Old art: oil painting"],
        ["--chunk", "300", "--boilerplate", "--numbers", "--no-accents"],
        ["--objective", "kl", "--no-unit", "--weighting", "tfidf", "--tolerance", "1e-4", "--language", "de"],
        ["--language", "auto", "--topic-words", "weight"],
    ],
)
def test_the_command_repeats_the_run(model: TopicModel, arguments: list[str]) -> None:
    """The command of the report, read as the program reads it, gives the recipe, rank, seed and runs of the model."""

    def read(line: list[str]) -> dict[str, Any]:
        options = dict(fit.make_context("fit", line).params)
        groups = [gather(group, options) for group in (o.MatrixOptions, o.FactorOptions, o.TopicOptions)]
        return {
            "recipe": choose_recipe(Source("my corpus"), *groups),
            **{name: options[name] for name in ("rank", "seed", "runs")},
        }

    asked = read(arguments)
    chosen = asked["recipe"]
    recipe = {
        "words": {name: getattr(chosen.words, name) for name in chosen.words.__dataclass_fields__},
        "bounds": {name: getattr(chosen.bounds, name) for name in chosen.bounds.__dataclass_fields__},
        **{name: getattr(chosen, name) for name in ("weighting", "unit", "idf_power")},
        **chosen.factors(),
        "corpus": {"name": "my corpus"},
        **{name: asked[name] for name in ("rank", "seed", "runs")},
    }
    W = np.tile(model.W[:, :1], (1, asked["rank"]))
    made = replace(model, recipe=recipe, W=W, H=np.tile(model.H[:1], (asked["rank"], 1)))
    program, name, source, *rest = shlex.split(command(made))
    assert (program, name, source) == ("nmf-topics", "fit", "my corpus")
    assert read(rest) == asked
    assert set(RECIPES) == {"default", "article"}


def test_what_was_found_in_the_texts_is_no_option(model: TopicModel) -> None:
    """Phrases and shared lines, which may be thousands, are not listed among the options."""
    recipe = {**model.recipe, "phrases": [["a b", "a b"]], "shared_lines": {"a line of a mail": 9}}
    names = [name for name, _ in provenance(replace(model, recipe=recipe), {})["recipe"]]
    assert names
    assert not [name for name in names if name.startswith(("phrases", "shared", "corpus"))]


def test_more_pages_than_the_table_holds(model: TopicModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages that matter most are held, and the report says how many there are; shares are still those of all."""
    whole = payload.report_data(model, {})
    monkeypatch.setattr(payload, "MAX_PAGES", 5)
    part = payload.report_data(model, {})
    assert (part["pages"]["total"], part["pages"]["held"]) == (12, 5)
    assert part["topics"] == whole["topics"]
    assert part["trends"] == whole["trends"]
    at = part["pages"]["column"]
    assert part["pages"]["id"] == [whole["pages"]["id"][j] for j in at]
    assert floats(part["pages"]["weight"]) == pytest.approx(floats(whole["pages"]["weight"])[at], nan_ok=True)


def test_metadata_that_says_the_same_of_all_or_too_much(model: TopicModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is the same on all pages is said once; a column beyond all measure is left out and named."""
    monkeypatch.setattr(payload, "META_BYTES", 1000)
    meta = [
        {"lang": "en", "note": str(i) * 200, "nothing": None, "nan": float("nan"), "number": i}
        for i in range(len(model.columns))
    ]
    pages = payload.report_data(replace(model, columns=replace(model.columns, meta=meta)), {})["pages"]
    assert pages["constant"] == {"lang": "en"}
    assert pages["meta_left_out"] == ["note"]
    assert list(pages["meta"]) == ["number"]


def test_what_pages_can_be_narrowed_to(model: TopicModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Metadata that make groups, the label first, four at most; none whose values are all different or all the same."""
    meta = [
        {"own": i, "same": "x", "label": f"l{i % 2}", **{f"half{k}": f"{k}{i % 3}" for k in range(5)}}
        for i in range(len(model.columns))
    ]
    grouped = replace(model, columns=replace(model.columns, meta=meta))
    assert payload.report_data(grouped, {})["filters"] == ["label", "half0", "half1", "half2"]
    monkeypatch.setattr(payload, "FILTER_VALUES", 2)
    assert payload.report_data(grouped, {})["filters"] == ["label"]
    monkeypatch.setattr(payload, "FILTER_VALUES", 200)
    monkeypatch.setattr(payload, "META_BYTES", 30)  # a column that is left out cannot be chosen by
    assert "label" in payload.report_data(grouped, {})["filters"]
    monkeypatch.setattr(payload, "META_BYTES", 20)
    assert payload.report_data(grouped, {})["filters"] == []


def test_many_words_keep_the_heaviest(model: TopicModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where W is too large, the rows that are heaviest in some topic colour the texts."""
    monkeypatch.setattr(payload, "MAX_ROW_WEIGHTS", 30)
    rows = payload.report_data(model, {})["rows"]
    assert len(rows["row"]) == 10
    top = {int(i) for i in model.W.argmax(axis=0)}
    assert top <= set(rows["row"])
    names: Any = model.rows
    assert rows["word"] == [names.surfaces[i] for i in rows["row"]]


def test_report_of_images(ok: Run) -> None:
    """Parts as pixels, images to put together; no words."""
    write_faces(Path("faces"))
    ok("fit", "faces", "-r", 3, "-o", "parts")
    html = Path("parts/report.html").read_text(encoding="utf-8")
    data = data_of(html)
    model = load_model(Path("parts"))
    grid: Any = model.rows
    assert "rows" not in data
    for k, pixels in enumerate(data["parts"]["pixels"]):
        part = np.frombuffer(base64.b64decode(pixels), dtype=np.uint8)
        assert part / 255 * data["parts"]["largest"][k] == pytest.approx(model.W[:, k], abs=model.W[:, k].max() / 500)
    assert (data["parts"]["height"], data["parts"]["width"]) == (grid.height, grid.width)
    texts = data_of(html, "data-texts")
    assert len(texts["pages"]) == len(model.columns)
    assert "numpy" in data["how"]["versions"]
    ok("report", "parts")
    assert Path("parts/report.html").read_text(encoding="utf-8") == html


@pytest.mark.data
def test_seven_hundred_articles(ok: Run, data_folder: Path) -> None:
    """745 whole articles of Wikipedia make a report of less than 12 MB in less than 5 s, with the text of each."""
    ok("fit", data_folder / "wikipedia-popular.jsonl.gz", "-r", 12, "--max-iter", 30, "-o", "wikipedia", "-q")
    html = (Path("wikipedia") / "report.html").read_text(encoding="utf-8")
    assert len(html.encode("utf-8")) < 12e6
    assert data_of(html)["pages"]["held"] == 745
    assert len(data_of(html, "data-texts")["pages"]) == 745
    began = time.process_time()
    ok("report", "wikipedia", "-q")
    assert time.process_time() - began < 5
