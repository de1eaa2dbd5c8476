"""`fit`: options that reach the model, the model folder, where models lie."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from inputs import WIDE
from outputs import document, files_below, read_table
from program import Refused, Run

from nmf_topics.corpus.open import sample_corpus_path
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source
from nmf_topics.pipeline.recipes import RECIPES


def test_options_reach_the_model(ok: Run, tiny_corpus: Path) -> None:
    """Every option of a fit that shapes the result stands in run.json with its value."""
    given = {
        "--language": "en",
        "--normalize": "both",
        "--stemmer": "porter",
        "--min-pages": 2,
        "--max-pages": 0.75,
        "--max-terms": 15,
        "--chunk": 8,
        "--weighting": "tfidf",
        "--idf-power": 1.5,
        "--objective": "kl",
        "--solver": "mu",
        "--start": "random",
        "--tolerance": 1e-3,
        "--max-iter": 77,
        "--l1-words": 0.001,
        "--l1-pages": 0.01,
        "--l2-words": 0.0,
        "--l2-pages": 0.0,
        "--refine": "none",
        "--topic-words": "weight",
        "--rank": 2,
        "--seed": 5,
    }
    Path("stops.txt").write_text("moon  # a comment\nplanet, star\n", encoding="utf-8")
    extra = ["--stop", "stops.txt", "--stop", "guitar,band", "--no-default-stops", "--no-unit", "--phrases"]
    extra += ["--boilerplate", "--numbers", "--no-accents", "--corpus-stops"]
    extra += ["--keep", "42,the"]
    ok("fit", tiny_corpus, *(part for pair in given.items() for part in pair), *extra)
    options = json.loads(Path("models/tiny-r2/run.json").read_text())["options"]
    found = {**options.pop("words"), **options.pop("bounds"), **options}
    assert found == {
        **{name[2:].replace("-", "_"): value for name, value in given.items()},
        "stop": ["band", "guitar", "moon", "planet", "star"],
        "keep": ["42", "the"],
        "languages": [],
        "tokenizer": None,
        "lemmatizer": None,
        "stop_test": None,
        "phrases": True,
        "boilerplate": True,
        "numbers": True,
        "accents": False,
        "corpus_stops": True,
        "default_stops": False,
        "unit": False,
    }


def test_penalties_that_make_no_sense(run: Run, tiny_corpus: Path) -> None:
    """One line that says what is missing, status 1, and no model."""
    result = run("fit", tiny_corpus, "-r", 2, *WIDE, "--l1-pages", 0.1)
    assert result.exit_code == 1
    assert "a penalty on pages alone has no effect" in result.stderr
    assert "set l1_words or l2_words as well" in result.stderr
    assert not Path("models").exists()


def test_runs_tell_how_stable_a_topic_is(ok: Run, tiny_corpus: Path) -> None:
    """With several runs each topic has its stability, in the table, in the file and in JSON; with one there is none."""
    alone = document(ok("fit", tiny_corpus, "-r", 2, *WIDE, "--json"))
    assert {topic["stability"] for topic in alone["topics"]} == {None}
    assert {row["stability"] for row in read_table(Path("models/tiny-r2/topics.csv"))} == {""}
    several = document(ok("fit", tiny_corpus, "-r", 2, *WIDE, "--runs", 3, "--json"))
    stabilities = [topic["stability"] for topic in several["topics"]]
    assert all(0 <= value <= 1 + 1e-9 for value in stabilities)
    assert [
        float(row["stability"]) for row in read_table(Path("models/tiny-r2/topics.csv")) if row["rank_in_topic"] == "1"
    ] == stabilities
    assert several["relative_error"] <= alone["relative_error"] + 1e-9
    assert "stable" in ok("topics").stdout
    assert json.loads(Path("models/tiny-r2/run.json").read_text())["options"]["runs"] == 3


def test_recipes_are_the_defaults_of_options(ok: Run, tiny_corpus: Path) -> None:
    """A recipe sets what is not given; what is given stands on top of it."""
    ok("fit", tiny_corpus, "-r", 2, "--recipe", "article", "--weighting", "tfidf", "--max-iter", 20)
    options = json.loads(Path("models/tiny-r2/run.json").read_text())["options"]
    assert options["weighting"] == "tfidf"
    assert options["start"] == RECIPES["article"].start == "random"
    assert options["words"]["stemmer"] == "porter"


def test_stop_words_may_be_many(ok: Run, refused: Refused, tiny_corpus: Path) -> None:
    """A list that is longer than any file name can be is still a list; a file that is no text is a usage error."""
    stops = ",".join([*(f"word{i}" for i in range(80)), "guitar"])
    ok("fit", tiny_corpus, "-r", 2, *WIDE, "--stop", stops)
    assert "guitar" not in {row["term"] for row in read_table(Path("models/tiny-r2/topics.csv"))}
    Path("stops.bin").write_bytes(b"\xff\xfe\x00")
    assert "stops.bin cannot be read as UTF-8 text" in refused(2, "fit", tiny_corpus, "--stop", "stops.bin")


def test_json_of_fit_and_topics(ok: Run, tiny_corpus: Path) -> None:
    """The keys of the contract, on stdout alone, while stderr talks."""
    result = ok("fit", tiny_corpus, "-r", 3, *WIDE, "--json")
    assert "V is 19 words x 12 pages" in result.stderr
    found = document(result)
    keys = "schema model rank n_pages n_terms objective relative_error iterations converged stopped certificate topics"
    assert list(found) == keys.split()
    assert (found["rank"], found["n_pages"], found["n_terms"], found["objective"]) == (3, 12, 19, "frobenius")
    assert found["converged"] is True
    assert found["stopped"] in ("converged", "certified")
    assert 0 <= found["certificate"] < 1
    topic = found["topics"][0]
    assert {"topic", "label", "share", "pages", "terms", "top_pages"} <= set(topic)
    assert {"term", "weight"} == set(topic["terms"][0])
    assert {"term", "score", "coverage", "lift"} == set(topic["description"][0])
    assert [word["term"] for word in topic["description"]] == [word["term"] for word in topic["terms"]]
    assert {"id", "title", "weight"} == set(topic["top_pages"][0])
    shares = [topic["share"] for topic in found["topics"]]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1)
    assert sum(topic["pages"] for topic in found["topics"]) == 12
    again = document(ok("topics", "--json"))
    assert {**again, "model": found["model"]} == found
    one = document(ok("topics", "--json", "--topic", 2))
    assert (one["topic"], one["label"]) == (2, found["topics"][1]["label"])


def test_latest_names_the_last_fit(ok: Run, tiny_corpus: Path) -> None:
    """Commands without a model take the last one that was fitted, whatever its name."""
    ok("fit", tiny_corpus, "-r", 2, *WIDE)
    assert Path("models/latest").resolve() == Path("models/tiny-r2").resolve()
    ok("fit", tiny_corpus, "-r", 3, *WIDE, "-o", "elsewhere/mine")
    assert Path("models/latest").resolve() == Path("elsewhere/mine").resolve()
    assert document(ok("topics", "--json"))["rank"] == 3
    ok("fit", tiny_corpus, "-r", 2, *WIDE)
    assert document(ok("topics", "--json"))["rank"] == 2
    assert document(ok("topics", "elsewhere/mine", "--json"))["rank"] == 3


def test_latest_stays_a_folder_of_the_user(ok: Run, tiny_corpus: Path) -> None:
    """A real folder of that name is not replaced by a link."""
    Path("models/latest").mkdir(parents=True)
    Path("models/latest/mine.txt").write_text("mine")
    ok("fit", tiny_corpus, "-r", 2, *WIDE)
    assert Path("models/latest/mine.txt").read_text() == "mine"


def test_without_a_source_the_newest_corpus_is_taken(ok: Run, tiny_corpus: Path) -> None:
    """Among the corpora here the newest, else the sample; stderr says which."""
    for name, age in (("older", 1000), ("newer", 500)):
        folder = Path("corpora") / name
        folder.mkdir(parents=True)
        shutil.copy(tiny_corpus, folder / "pages.jsonl")
        stamp = time.time() - age
        os.utime(folder / "pages.jsonl", (stamp, stamp))
    result = ok("fit", "-r", 2, *WIDE)
    assert f"reading {Path('corpora/newer')}" in result.stderr
    assert Path("models/newer-r2/pages.csv").is_file()


def test_without_any_corpus_the_sample_is_taken(ok: Run) -> None:
    """With nothing here the sample of the program is fitted, and stderr says so."""
    result = ok("fit", "-r", 2)
    assert f"reading {sample_corpus_path()}" in result.stderr
    assert len(read_table(Path("models/sample-r2/pages.csv"))) == 180


def test_the_model_folder(ok: Run, fitted: Path) -> None:
    """All files of the contract are there, and the record lists them."""
    files = set(files_below(fitted))
    clouds = {"clouds/all.png", *(f"clouds/topic-0{k}.png" for k in (1, 2, 3))}
    assert files == {
        "model.npz",
        "model.json",
        "topics.csv",
        "pages.csv",
        "words.csv",
        "run.json",
        "report.html",
        "extracts.json.gz",
        *clouds,
    }
    run = json.loads((fitted / "run.json").read_text())
    assert set(run["files"]) == files
    assert {"options", "versions", "seed", "corpus", "counts", "trace", "stages"} <= set(run)
    counts = run["counts"]
    assert counts["tokens"] == counts["kept"] + sum(counts["dropped"].values())
    assert (np.diff(run["trace"]) <= 1e-12).all()  # it never grows, but for rounding
    rows = read_table(fitted / "topics.csv")
    assert list(rows[0]) == "topic label share pages stability coherence term weight rank_in_topic".split()
    assert [row["rank_in_topic"] for row in rows if row["topic"] == "1"][:3] == ["1", "2", "3"]


def test_fitting_again_in_the_same_folder(ok: Run, tiny_corpus: Path) -> None:
    """A smaller model leaves no pictures of the larger one, nor of its SVGs; other people's files stay."""
    ok("fit", tiny_corpus, "-r", 4, *WIDE, "-o", "mine")
    ok("clouds", "mine", "--svg")
    assert Path("mine/clouds/topic-04.svg").is_file()
    Path("mine/notes.txt").write_text("mine")
    ok("fit", tiny_corpus, "-r", 2, *WIDE, "-o", "mine")
    assert sorted(os.listdir("mine/clouds")) == ["all.png", "topic-01.png", "topic-02.png"]
    assert Path("mine/notes.txt").read_text() == "mine"
    assert document(ok("topics", "mine", "--json"))["rank"] == 2


def test_fitting_again_through_the_link(ok: Run, fitted: Path, tiny_corpus: Path) -> None:
    """-o models/latest writes into the model that it names, and nothing stale stays there."""
    ok("fit", tiny_corpus, "-r", 2, *WIDE, "-o", "models/latest")
    assert not (fitted / "clouds" / "topic-03.png").exists()
    assert document(ok("topics", "--json"))["rank"] == 2
    assert Path("models/latest").resolve() == fitted.resolve()


@pytest.mark.parametrize("command", ["fit", "ranks", "compare", "clouds"])
def test_foreign_folders_are_refused(ok: Run, refused: Refused, fitted: Path, tiny_corpus: Path, command: str) -> None:
    """No command writes among files that are not this tool's, be they named like ours, unless forced."""
    foreign = {
        "thesis.txt": "mine",
        "model.json": '{"class_name": "Sequential"}',
        "all.png": "mine",
        "ranks.json": "[]",
    }
    folder = Path("theirs")
    folder.mkdir()
    for name, text in foreign.items():
        (folder / name).write_text(text)
    arguments: dict[str, tuple[object, ...]] = {
        "fit": (tiny_corpus, *WIDE, "-r", 2),
        "ranks": (tiny_corpus, *WIDE, "--to", 2),
        "compare": (tiny_corpus, *WIDE, "-r", 2),
        "clouds": (),
    }
    said = refused(1, command, *arguments[command], "-o", folder)
    assert "theirs holds files that nmf-topics did not make; choose another place with -o, or use --force" in said
    assert {name: data.decode() for name, data in files_below(folder).items()} == foreign
    ok(command, *arguments[command], "-o", folder, "--force")
    assert (folder / "thesis.txt").read_text() == "mine"
    if command in ("fit", "clouds"):
        ok(command, *arguments[command], "-o", folder)  # now it is this tool's


def test_a_foreign_folder_is_refused_before_the_work(refused: Refused, tiny_corpus: Path) -> None:
    """A fit that cannot be kept is not begun: not even a thousand million iterations delay the refusal."""
    Path("theirs").mkdir()
    Path("theirs/thesis.txt").write_text("mine")
    endless = ("--tolerance", 0, "--max-iter", 10**9)
    assert "did not make" in refused(1, "fit", tiny_corpus, *WIDE, "-r", 2, *endless, "-o", "theirs")


def test_require_convergence(run: Run, tiny_corpus: Path) -> None:
    """Exit status 3 when --max-iter ended the fit; the model is there all the same, and says so."""
    result = run("fit", tiny_corpus, "-r", 3, *WIDE, "--max-iter", 2, "--require-convergence", "--json")
    assert result.exit_code == 3
    assert "not converged after 2 iterations; raise --max-iter" in result.stderr
    found = document(result)
    assert (found["converged"], found["iterations"]) == (False, 2)
    assert Path("models/tiny-r3/model.npz").is_file()
    assert run("fit", tiny_corpus, "-r", 3, *WIDE, "--require-convergence").exit_code == 0


def test_command_line_and_library_agree(ok: Run, fitted: Path, tiny_corpus: Path) -> None:
    """The same fit by the library gives the same topics as the command."""
    from dataclasses import replace

    from nmf_topics import Bounds, load_model, prepare

    recipe = replace(RECIPES["default"], bounds=replace(RECIPES["default"].bounds, max_pages=0.5))
    assert isinstance(recipe.bounds, Bounds)
    data = prepare(Source(str(tiny_corpus)), recipe)
    model = fit_topics(data, 3)
    saved = load_model(fitted)
    assert isinstance(saved, TopicModel)
    np.testing.assert_array_equal(model.W, saved.W)
    np.testing.assert_array_equal(model.H, saved.H)


def test_pictures_and_report_only_if_wanted(ok: Run, tiny_corpus: Path) -> None:
    """Without them the model is the same; `label` makes none either, and they can be made later."""
    ok("fit", tiny_corpus, "--rank", 3, "-o", "whole")
    ok("fit", tiny_corpus, "--rank", 3, "-o", "bare", "--no-clouds", "--no-report")
    left_out = {name for name in files_below(Path("whole")) if name.startswith("clouds/")}
    left_out |= {"report.html", "extracts.json.gz"}
    assert set(files_below(Path("bare"))) == set(files_below(Path("whole"))) - left_out
    for name in ("model.npz", "model.json", "topics.csv", "pages.csv"):
        assert Path("bare", name).read_bytes() == Path("whole", name).read_bytes()
    ok("label", "bare", "1=Music")
    assert set(files_below(Path("bare"))) == set(files_below(Path("whole"))) - left_out
    ok("clouds", "bare")
    ok("report", "bare")
    ok("label", "bare", "1=Sound")
    assert set(files_below(Path("bare"))) == set(files_below(Path("whole"))) - {"extracts.json.gz"}
    ok("fit", tiny_corpus, "--rank", 3, "-o", "whole", "--no-report")
    assert not Path("whole/report.html").exists()
    assert Path("whole/clouds/all.png").exists()


@pytest.mark.slow
def test_a_small_fit_loads_little(tiny_corpus: Path) -> None:
    """A fit from counts that are kept, without pictures and report, loads neither what reads text nor what draws."""
    fit = ["-m", "nmf_topics", "fit", str(tiny_corpus), "--rank", "3", "--no-clouds", "--no-report", "-q"]
    subprocess.run([sys.executable, *fit], check=True, capture_output=True)
    ended = subprocess.run([sys.executable, "-X", "importtime", *fit], check=True, capture_output=True, text=True)
    loaded = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines() if line.startswith("import time")}
    assert "nmf_topics.model.model" in loaded
    heavy = (
        "simplemma",
        "regex",
        "PIL",
        "wordcloud",
        "rich.console",
        "scipy.optimize",
        "scipy.special",
    )
    ours = (
        "terms.token_counter",
        "terms.parallel",
        "corpus.mediawiki.dumps",
        "views.report.extracts",
        "views.drawing.clouds",
        "views.report.build",
    )
    assert loaded & {*heavy, *(f"nmf_topics.{name}" for name in ours)} == set()


def test_another_rank_reads_no_text(ok: Run, tiny_corpus: Path) -> None:
    """The report of another rank has the texts that the first one read; its files are those of a fit without cache."""
    ok("fit", tiny_corpus, "--rank", 2)

    def refused(*arguments: object) -> None:
        raise AssertionError("the corpus was read again")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nmf_topics.corpus.open.read_table", refused)
        ok("fit", tiny_corpus, "--rank", 3, "-o", "kept")
    ok("fit", tiny_corpus, "--rank", 3, "-o", "fresh", "--no-cache")
    assert Path("kept/extracts.json.gz").read_bytes() == Path("fresh/extracts.json.gz").read_bytes()
