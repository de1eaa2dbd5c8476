"""The contract of the commands: help, options, output, files and exit statuses, through the program itself."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import shlex
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from inspect import signature
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result
from conftest import TINY
from PIL import Image
from program import PROGRAM, call

import nmf_topics
from nmf_topics.cli.main import COMMANDS, cli
from nmf_topics.cli.talk import Talk
from nmf_topics.corpus.open import sample_corpus_path
from nmf_topics.topics.model import TopicModel, fit_topics
from nmf_topics.topics.prepare import Source
from nmf_topics.topics.recipes import RECIPES, Recipe
from nmf_topics.topics.stability import fit_runs
from nmf_topics.views.pictures import draw_topics
from nmf_topics.words.counts import Bounds, WordOptions

Run = Callable[..., Result]
WIDE = ("--max-pages", 0.5)  # the tiny corpus has three subjects: its words are on a third of the pages each
MARVEL = "Marvel universe"


@pytest.fixture
def ok(run: Run) -> Run:
    """Run the program in this process and insist on success."""

    def invoke(*arguments: object, **settings: object) -> Result:
        result = run(*arguments, **settings)
        assert result.exit_code == 0, (arguments, result.stderr, result.exception)
        return result

    return invoke


@pytest.fixture
def refused(run: Run) -> Callable[..., str]:
    """Run the program in this process, insist on an exit status and nothing on stdout; what it says on stderr."""

    def invoke(status: int, *arguments: object) -> str:
        result = run(*arguments)
        assert result.exit_code == status, (arguments, result.stderr, result.exception)
        assert result.stdout == ""
        assert "Error: " in result.stderr
        assert "Traceback" not in result.stderr
        return " ".join(result.stderr.split())

    return invoke


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of the tiny corpus in it: three topics; models/latest names it."""
    folder = tmp_path_factory.mktemp("fitted")
    with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch:
        patch.setenv("NMF_TOPICS_CACHE", str(folder / "cache"))
        write_tiny(Path("tiny.jsonl"))
        result = CliRunner().invoke(cli, ["fit", "tiny.jsonl", "-r", "3", *map(str, WIDE)])
        assert result.exit_code == 0, result.stderr
    return folder


@pytest.fixture
def fitted(template: Path, tmp_path: Path) -> Path:
    """That model, in the test's own folder."""
    shutil.copytree(template / "models", tmp_path / "models", symlinks=True)
    return Path("models/tiny-r3")


def write_tiny(path: Path) -> None:
    """The tiny corpus, as the fixture of that name has it."""
    rows = [
        {"id": f"{label}-{i}", "title": f"{label.title()} {i}", "text": text, "label": label}
        for label, texts in TINY.items()
        for i, text in enumerate(texts)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def make_faces(folder: Path, count: int = 12, size: int = 8) -> Path:
    """Images put together from four parts, each in its own corner; one more row of pixels tells them apart."""
    rng = np.random.default_rng(3)
    parts = np.zeros((4, size, size))
    half = size // 2
    for k, (y, x) in enumerate([(0, 0), (0, half), (half, 0), (half, half)]):
        parts[k, y : y + half - 1, x : x + half] = rng.integers(60, 120, (half - 1, half))
    folder.mkdir(parents=True)
    for j in range(count):
        pixels = np.tensordot(rng.random(4), parts, axes=1)
        Image.fromarray(np.round(pixels).astype(np.uint8)).save(folder / f"face-{j:02d}.pgm")
    return folder


def table(text: str) -> list[dict[str, str]]:
    """CSV as rows by column."""
    return list(csv.DictReader(io.StringIO(text)))


def read_table(path: Path) -> list[dict[str, str]]:
    """A CSV file as rows by column."""
    return table(path.read_text(encoding="utf-8"))


def document(result: Result) -> dict[str, Any]:
    """The one JSON document on stdout, whose first key is the schema."""
    found: dict[str, Any] = json.loads(result.stdout)
    assert next(iter(found)) == "schema"
    assert found["schema"] == 1
    return found


def commands() -> Iterator[tuple[str, click.Command]]:
    """All commands by name."""
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        yield name, command


def options_of(command: click.Command) -> list[click.Option]:
    """The options of a command but for --help."""
    return [option for option in command.params if isinstance(option, click.Option)]


def long_name(option: click.Option) -> str:
    """The name of an option as it is written: --max-iter."""
    return max(option.opts, key=len)


def files_below(folder: Path) -> dict[str, bytes]:
    """All files below a folder, hidden ones too."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# ------------------------------------------------------------------------------------------------ help


def test_list_of_commands_is_what_their_docstrings_say() -> None:
    """The list that `--help` shows without importing the commands is the first line of each docstring."""
    said = {name: (command.help or "").strip().splitlines()[0] for name, command in commands()}
    assert said == COMMANDS
    assert list(cli.list_commands(click.Context(cli))) == list(COMMANDS)


def examples(help_text: str) -> list[str]:
    """The lines under 'Example:'."""
    lines = help_text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.strip() == "Example:")
    found = []
    for line in lines[start + 1 :]:
        if not line.strip():
            break
        found.append(line.strip())
    return found


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_has_an_example_and_says_every_option(run: Run, name: str) -> None:
    """Each help text has an example of its own command, and each option has a line that says what it is for."""
    result = run(*([name] if name else []), "--help")
    assert result.exit_code == 0
    found = examples(result.stdout)
    assert found
    assert all(line.startswith(f"nmf-topics {name}".rstrip()) for line in found)
    command = dict(commands())[name] if name else cli
    unsaid = [
        long_name(option) for option in options_of(command) if not option.help and long_name(option) != "--output"
    ]
    assert unsaid == []


def test_examples_run(ok: Run, run: Run, tmp_path: Path) -> None:
    """Every example of every help text works, in the order in which help shows them."""
    texts = tmp_path / "my-texts"
    texts.mkdir()
    subjects = [words.split() for text in TINY.values() for words in text]
    for i, words in enumerate(3 * subjects):  # enough pages and words of their own for the ranks of the examples
        own = " ".join(f"{word.strip('.,')}{'abcdefghijkl'[i % 12]}" for word in words[:8])
        (texts / f"{i:02d}.txt").write_text(f"{own} {words[i % 5]}", encoding="utf-8")
    corpus = tmp_path / "corpora" / "mine" / "pages.jsonl"
    corpus.parent.mkdir(parents=True)
    rows = [{"id": path.stem, "text": path.read_text(encoding="utf-8")} for path in texts.iterdir()]
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (tmp_path / "new_page.txt").write_text("A rocket flew around the moon.", encoding="utf-8")
    lines = [line for name in COMMANDS for line in examples(ok(name, "--help").stdout)]
    lines += [line for line in examples(ok("--help").stdout) if line not in lines]
    assert "nmf-topics fit my-texts/ --rank 12 -o models/mine" in lines
    for line in lines:
        program, *arguments = shlex.split(line)
        assert program == "nmf-topics"
        if arguments[0] == "fetch":  # there is no network here; what it would do can be said without one
            arguments.append("--plan")
        result = run(*arguments)
        assert result.exit_code == 0, (line, result.stderr, result.exception)
        if arguments == ["demo"]:  # says where to look, and all of that is there
            named = re.findall(r"models/demo/\S+", result.stdout)
            assert len(named) == 3
            assert all(Path(path).is_file() for path in named)
    assert (tmp_path / "models" / "mine" / "clouds" / "topic-03.svg").is_file()  # clouds --svg, of the last fit then


def test_help_imports_nothing_that_is_slow() -> None:
    """`--help` must not load what only the work itself needs."""
    slow = "numpy scipy nltk wordcloud matplotlib rich simplemma Stemmer regex PIL threadpoolctl stopwordsiso".split()
    code = (
        "import sys\nfrom nmf_topics.cli.main import main\nsys.argv = ['nmf-topics', '--help']\n"
        f"try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"found = [name for name in {slow!r} if name in sys.modules]\n"
        "print('loaded:', found, file=sys.stderr)\n"
    )
    import subprocess

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "Usage: nmf-topics" in done.stdout
    assert done.stderr == "loaded: []\n"


def test_help_answers_at_once() -> None:
    """`--help` takes less than 0.3 s; the test allows a busy machine five times that, in the best of five."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        assert call("--help").returncode == 0
        times.append(time.perf_counter() - began)
    assert min(times) < 0.3 * 5, times
    assert statistics.median(times) < 0.3 * 10, times


def test_version(ok: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The version is that of the package; a variable that carries it, as in a Dockerfile, asks for nothing."""
    assert ok("--version").stdout == f"nmf-topics, version {nmf_topics.__version__}\n"
    monkeypatch.setenv("NMF_TOPICS_VERSION", nmf_topics.__version__)
    assert ok("fit", "--help").stdout.startswith("Usage: nmf-topics fit")


def test_no_command_shows_the_help() -> None:
    """Called bare, the program says what it can do."""
    done = call()
    assert "fit       Fit topics to a corpus." in done.stdout + done.stderr


def test_a_command_that_is_nearly_right(refused: Callable[..., str]) -> None:
    """A slip of the pen is a usage error that names what was meant."""
    assert "Did you mean 'classify'?" in refused(2, "clasify", "x.txt")
    assert "No such command 'zzz'" in refused(2, "zzz")


# ------------------------------------------------------------------------------------------------ options

NONE: tuple[object, ...] = ()
# option -> (good values, bad values); paths, which are never wrong before they are used, have no bad ones
VALUES: dict[str, tuple[tuple[object, ...], tuple[object, ...]]] = {
    "--rank": ((1, 12), (0, -1, "x", 2.5, "")),
    "--runs": ((1, 5), (0, -1, "x", 2.5)),
    "--seed": ((0, 7), (-1, "x", 0.5)),
    "--recipe": (("default", "article"), ("other", "")),
    "--language": (("en", "de"), NONE),
    "--normalize": (("stem", "lemma", "both", "none"), ("stems",)),
    "--stemmer": (("snowball", "porter"), ("lancaster",)),
    "--min-pages": ((1, 5, 0.01, 0), (-1, "x", 1.5, "nan", "inf")),
    "--max-pages": ((1, 500, 0.5), (-0.1, "x", 2.5, "nan", "inf")),
    "--max-terms": ((1, 2345), (0, "x")),
    "--chunk": ((1, 500), (0, -5, "x", 2.5)),
    "--weighting": (("frequency", "tfidf", "log-tfidf", "bm25", "chi2", "spmi"), ("idf",)),
    "--idf-power": ((0, 1.2), (-1, "x", "nan")),
    "--objective": (("frobenius", "kl"), ("l1",)),
    "--solver": (("mu", "amu", "hals"), ("als",)),
    "--start": (("random", "nndsvda"), ("svd",)),
    "--tolerance": ((0, 1e-4), (-1e-4, "x", "nan")),
    "--max-iter": ((1, 500), (0, "x")),
    "--stop": (("of,the", "guitar"), ("gone.txt", "folder/gone")),
    "--from": ((1, 5), (0, "x")),
    "--to": ((1, 30), (0, "x")),
    "--step": ((1, 5), (0, "x")),
    "--topic": ((1, 3), ("x", 1.5)),
    "--top": ((1, 20), (0, "x")),
    "--words": (("frequency", "relevance", "exclusive"), ("alphabet",)),
    "--size": (("800x500", "50x8000"), ("800", "49x500", "800x8001", "axb", "-800x500", "800x500x2")),
    "--colormap": (("viridis", "Dark2"), ("rainbow!", "")),
    "--output": (("somewhere",), NONE),
    "--model": (("somewhere",), NONE),
    "--font": (("somewhere",), NONE),
    "--draw": (("somewhere",), NONE),
    "--hide": (("word",), NONE),
    "--depth": ((0, 20), (-1, 21, "x")),
    "--year": ((2015, 2024), (2014, "x")),
    "--month": ((1, 12), (0, 13)),
    "--quality": (("any", "good", "featured"), ("bad",)),
    "--min-words": ((0, 100), (-1, "x")),
    "--limit": ((1, 100), (0, "x")),
    "--text": (("extracts", "wikitext"), ("html",)),
    "--workers": ((1, 3), (0, 4)),
    "--timeout": ((0.5, 30), (0, "x", "nan", "inf")),
    **{f"--{what}": (("x",), NONE) for what in ("titles", "category", "pin", "dump", "pageviews", "contact")},
    **{f"--{what}": (("x",), NONE) for what in ("wiki", "title", "url")},
    **{f"--{part}-column": (("x",), NONE) for part in ("text", "title", "id", "date", "label")},
}
ROWS = [(name, long_name(option)) for name, command in commands() for option in options_of(command)]


def test_every_option_that_takes_a_value_is_in_the_table() -> None:
    """A new option needs its good and bad values here, and none stands here that is gone."""
    taking = {long_name(option) for _, command in commands() for option in options_of(command) if not option.is_flag}
    assert taking == set(VALUES)


@pytest.mark.parametrize(("name", "option"), [row for row in ROWS if row[1] in VALUES])
def test_values_of_options(name: str, option: str, refused: Callable[..., str]) -> None:
    """Good values are read; bad ones are refused with 2 and a message that names the option, before any work."""
    good, bad = VALUES[option]
    argument = {"classify": ["page.txt"], "label": ["1=A"]}.get(name, [])
    command = dict(commands())[name]
    for value in good:
        assert command.make_context(name, [*argument, option, str(value)]).params
    for value in bad:
        assert option in refused(2, name, *argument, option, value), value
    assert not Path("models").exists()


def test_options_exclude_each_other(refused: Callable[..., str]) -> None:
    """Two formats at once, or a range that is empty, are usage errors."""
    assert "exclude each other" in refused(2, "pages", "--csv", "--json")
    assert "exclude each other" in refused(2, "classify", "x.txt", "--csv", "--jsonl")
    assert "--from 5 is larger than --to 3" in refused(2, "ranks", "--from", 5, "--to", 3)
    assert "least squares" in refused(2, "ranks", "--objective", "kl")
    assert "least squares" in refused(2, "compare", "--objective", "kl")
    assert "nothing to name or hide" in refused(2, "label")
    assert "'b' is not NUMBER=NAME" in refused(2, "label", "a", "b")
    assert "'a' is neither a model folder nor NUMBER=NAME" in refused(2, "label", "a", "1=A")
    assert "Missing argument 'FILE ...' (or --title, or --url)" in refused(2, "classify")


def test_addresses_are_checked_before_anybody_is_called(refused: Callable[..., str]) -> None:
    """Which wiki, and who asks: what cannot be is a usage error, and nobody is called."""
    assert "--wiki" in refused(2, "fetch", "Tea", "--wiki", "https://host/index.html")
    assert "--language" in refused(2, "fetch", "Tea", "--language", "../en")
    assert "--contact" in refused(2, "fetch", "Tea", "--contact", "nobody")
    assert "wants to know who asks: give --contact" in refused(2, "fetch", "Tea")
    assert "--dump takes all pages" in refused(2, "fetch", "Tea", "--dump", "pages.xml")


def test_names_of_options_are_names_of_parameters() -> None:
    """--max-iter is max_iter: in the settings file, in variables, and in the library."""
    for name, command in commands():
        for option in options_of(command):
            assert option.name == long_name(option)[2:].replace("-", "_"), name
    talk = {"output", "cache", "require_convergence", "force", "json", "quiet", "verbose", "recipe"}
    library = {f.name for kind in (Recipe, WordOptions, Bounds, Source) for f in fields(kind)}
    library |= set(signature(fit_topics).parameters) | set(signature(fit_runs).parameters)
    fit = dict(commands())["fit"]
    assert {option.name for option in options_of(fit)} - talk <= library
    of_fit_topics = set(signature(fit_topics).parameters) - {"data", "on_iteration"}
    assert of_fit_topics <= {option.name for option in options_of(fit)}
    of_words = {f.name for kind in (WordOptions, Bounds) for f in fields(kind)}
    assert of_words <= {option.name for option in options_of(fit)}
    drawn = {option.name for option in options_of(dict(commands())["clouds"])} - talk
    assert drawn == set(signature(draw_topics).parameters) - {"rows", "model", "folder"}


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
        "--rank": 2,
        "--seed": 5,
    }
    Path("stops.txt").write_text("moon  # a comment\nplanet, star\n", encoding="utf-8")
    extra = ["--stop", "stops.txt", "--stop", "guitar,band", "--no-default-stops", "--no-unit"]
    ok("fit", tiny_corpus, *(part for pair in given.items() for part in pair), *extra)
    options = json.loads(Path("models/tiny-r2/run.json").read_text())["options"]
    found = {**options.pop("words"), **options.pop("bounds"), **options}
    assert found == {
        **{name[2:].replace("-", "_"): value for name, value in given.items()},
        "stop": ["band", "guitar", "moon", "planet", "star"],
        "default_stops": False,
        "unit": False,
    }


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


def test_stop_words_may_be_many(ok: Run, refused: Callable[..., str], tiny_corpus: Path) -> None:
    """A list that is longer than any file name can be is still a list; a file that is no text is a usage error."""
    stops = ",".join([*(f"word{i}" for i in range(80)), "guitar"])
    ok("fit", tiny_corpus, "-r", 2, *WIDE, "--stop", stops)
    assert "guitar" not in {row["term"] for row in read_table(Path("models/tiny-r2/topics.csv"))}
    Path("stops.bin").write_bytes(b"\xff\xfe\x00")
    assert "stops.bin cannot be read as UTF-8 text" in refused(2, "fit", tiny_corpus, "--stop", "stops.bin")


# ------------------------------------------------------------------------------------------------ settings


def rank_of_fit(ok: Run, *arguments: object) -> int:
    """The rank of a fit of the tiny corpus with these arguments."""
    rank = document(ok("fit", "tiny.jsonl", *WIDE, "--json", *arguments))["rank"]
    assert isinstance(rank, int)
    return rank


def test_command_line_over_variable_over_file(ok: Run, tiny_corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each place of options wins over the next."""
    Path("nmf-topics.toml").write_text("[fit]\nrank = 2\n[topics]\nno-such-option-here = 1\n")
    assert rank_of_fit(ok) == 2
    monkeypatch.setenv("NMF_TOPICS_FIT_RANK", "3")
    assert rank_of_fit(ok) == 3
    assert rank_of_fit(ok, "--rank", 4) == 4


def test_every_option_can_stand_in_the_file(ok: Run, tiny_corpus: Path) -> None:
    """Flags, lists, shares, names with hyphens or underscores, the source itself."""
    Path("nmf-topics.toml").write_text(
        '[fit]\nsource = "tiny.jsonl"\nmax-pages = 0.5\nmin_pages = 2\nrank = 2\njson = true\nquiet = true\n'
        'stop = ["moon", "star,planet"]\ncache = false\ndefault-stops = false\noutput = "out"\n'
        '[label]\nhide = "cat"\n[ranks]\nfrom = 3\nto = 3\nsource = "tiny.jsonl"\nmax-pages = 0.5\njson = true\n'
        '[pages]\ncsv = true\n[topics]\nwords = "exclusive"\n'
    )
    result = ok("fit")
    assert result.stderr == ""
    assert document(result)["model"] == "out"
    words = json.loads(Path("out/run.json").read_text())["options"]["words"]
    assert words["stop"] == ["moon", "planet", "star"]
    assert words["default_stops"] is False
    assert not list(Path(os.environ["NMF_TOPICS_CACHE"]).glob("*"))
    assert [row["rank"] for row in document(ok("ranks"))["ranks"]] == [3]
    assert len(table(ok("pages").stdout)) == 12
    ok("topics")
    ok("label", "1=A")
    assert json.loads(Path("out/model.json").read_text())["hidden"] == ["cat"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[fit]\nrnk = 3\n", "[fit] has no option rnk"),
        ("[fit]\nas_json = true\n", "[fit] has no option as_json"),
        ("[fits]\nrank = 3\n", "[fits] is not a command; there are fetch, fit, classify"),
        ("rank = 3\n", "[rank] is not a command"),
        ("[fit]\nrank = 0\n", "'--rank'"),
        ("[fit]\nrank = 2.5\n", "'2.5' is not a valid integer"),
        ('[fit]\nrank = "x"\n', "(from nmf-topics.toml)"),
        ("[fit]\nrank = [3]\n", "[fit] rank = [3] is no value of an option"),
        ("[fit]\nrank = {x = 3}\n", "is no value of an option"),
        ("[fit]\nquiet = 7\n", "'--quiet'"),
        ("[fit\n", "nmf-topics.toml cannot be read"),
        ("[fit]\nstop = 'caf\udce9'\n", "nmf-topics.toml cannot be read"),
    ],
)
def test_errors_in_the_file(refused: Callable[..., str], tiny_corpus: Path, content: str, said: str) -> None:
    """Whatever is wrong in the settings is a usage error that names it."""
    Path("nmf-topics.toml").write_bytes(content.encode("utf-8", "surrogateescape"))
    assert said in refused(2, "fit", tiny_corpus)


def test_errors_in_variables(refused: Callable[..., str], tiny_corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bad variable is a usage error that names it."""
    monkeypatch.setenv("NMF_TOPICS_FIT_RANK", "many")
    assert "'many' is not a valid integer range. (from the variable NMF_TOPICS_FIT_RANK)" in refused(
        2, "fit", tiny_corpus
    )


# ------------------------------------------------------------------------------------------------ output


def test_json_of_fit_and_topics(ok: Run, tiny_corpus: Path) -> None:
    """The keys of the contract, on stdout alone, while stderr talks."""
    result = ok("fit", tiny_corpus, "-r", 3, *WIDE, "--json")
    assert "V is 19 words x 12 pages" in result.stderr
    found = document(result)
    keys = "schema model rank n_pages n_terms objective relative_error iterations converged topics".split()
    assert list(found) == keys
    assert (found["rank"], found["n_pages"], found["n_terms"], found["objective"]) == (3, 12, 19, "frobenius")
    assert found["converged"] is True
    topic = found["topics"][0]
    assert {"topic", "label", "share", "pages", "terms", "top_pages"} <= set(topic)
    assert {"term", "weight"} == set(topic["terms"][0])
    assert {"id", "title", "weight"} == set(topic["top_pages"][0])
    shares = [topic["share"] for topic in found["topics"]]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1)
    assert sum(topic["pages"] for topic in found["topics"]) == 12
    again = document(ok("topics", "--json"))
    assert {**again, "model": found["model"]} == found
    one = document(ok("topics", "--json", "--topic", 2))
    assert (one["topic"], one["label"]) == (2, found["topics"][1]["label"])


def test_json_of_pages_and_classify(ok: Run, fitted: Path) -> None:
    """The keys of the contract for pages of the model and new ones."""
    pages = document(ok("pages", "--json"))["pages"]
    assert len(pages) == 12
    keys = {"id", "title", "status", "topic", "label", "weight", "margin", "error", "weights", "meta"}
    assert set(pages[0]) == keys
    assert pages[0]["meta"] == {"label": "animals"}
    Path("new.txt").write_text("The rocket and the moon, and a zyzzyva.")
    found = document(ok("classify", "new.txt", "--json"))
    assert list(found) == ["schema", "model", "pages"]
    (page,) = found["pages"]
    keys = {"name", "status", "topic", "label", "margin", "known_words", "unknown_words", "error", "weights"}
    assert keys <= set(page)
    assert (page["name"], page["status"], page["unknown_words"]) == ("new.txt", "ok", ["zyzzyva"])
    assert page["known_words"] == pytest.approx(2 / 3)
    assert page["weights"][page["topic"] - 1] == max(page["weights"])


def test_every_command_has_json() -> None:
    """All commands print one document with --json; that they do is tested with each of them."""
    assert [name for name, command in commands() if "json" not in {option.name for option in options_of(command)}] == []


def test_csv_and_jsonl(ok: Run, fitted: Path, tiny_corpus: Path) -> None:
    """CSV is that of the file and parses, JSONL is one object a line."""
    assert ok("pages", "--csv").stdout == (fitted / "pages.csv").read_text(encoding="utf-8")
    head = "id title topic label weight margin error status page_label topic_1 topic_2 topic_3".split()
    assert list(table(ok("pages", "--csv").stdout)[0]) == head
    rows = table(ok("classify", tiny_corpus, "--csv").stdout)
    assert [row["name"] for row in rows] == [row["id"] for row in read_table(fitted / "pages.csv")]
    lines = ok("classify", tiny_corpus, "--jsonl").stdout.splitlines()
    assert [json.loads(line)["name"] for line in lines] == [row["name"] for row in rows]


def test_pages_of_a_topic(ok: Run, fitted: Path) -> None:
    """--topic and --top choose pages, heaviest first."""
    rows = table(ok("pages", "--csv", "--topic", 2).stdout)
    assert [row["topic"] for row in rows] == ["2"] * 4
    weights = [float(row["weight"]) for row in rows]
    assert weights == sorted(weights, reverse=True)
    rows = table(ok("pages", "--csv", "--top", 1).stdout)
    assert [row["topic"] for row in rows] == ["1", "2", "3"]


def test_topics_for_people(ok: Run, fitted: Path) -> None:
    """The table shows words as they are written, never stems, and one topic with its pages."""
    shown = ok("topics").stdout
    assert "planet, rocket, moon, stars" in shown
    (number,) = [
        row["topic"]
        for row in read_table(fitted / "topics.csv")
        if row["term"] == "rocket" and row["rank_in_topic"] in "123"
    ]
    one = ok("topics", "--topic", number).stdout
    assert "rocket" in one
    assert "Space 1" in one
    assert "Music" not in one


def test_quiet_is_quiet(ok: Run, fitted: Path, tiny_corpus: Path) -> None:
    """Under --quiet nothing but results: stderr stays empty (for the slower commands see their own tests)."""
    Path("new.txt").write_text("The rocket and the moon.")
    for arguments in (
        ("fit", tiny_corpus, "-r", 2, *WIDE, "--max-iter", 1),
        ("classify", "new.txt"),
        ("topics",),
        ("pages",),
    ):
        assert ok(*arguments, "--quiet").stderr == "", arguments


def test_verbose_says_more(ok: Run, tiny_corpus: Path) -> None:
    """--verbose tells what became of the words and how long each stage took; --quiet is stronger."""
    said = ok("fit", tiny_corpus, "-r", 2, *WIDE, "--verbose").stderr
    assert re.search(r"\d+ words read, \d+ kept, dropped: .*\d+ stop", said)
    for stage in ("read", "fit", "write"):
        assert re.search(rf"^{stage}: [\d.]+ s, peak memory [\d.]+ MB$", said, re.MULTILINE)
    assert "words read" not in ok("fit", tiny_corpus, "-r", 2, *WIDE).stderr
    assert ok("fit", tiny_corpus, "-r", 2, *WIDE, "-v", "-q").stderr == ""


def test_progress_in_a_pipe(ok: Run, tiny_corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where stderr is no terminal, a plain line now and then says how far it is."""
    monkeypatch.setattr("nmf_topics.cli.talk.EVERY", 0.0)
    said = ok("ranks", tiny_corpus, *WIDE, "--to", 4, "--no-cache").stderr
    assert re.search(r"^read 12 \(\d+/s\)$", said, re.MULTILINE)
    assert re.search(r"^rank 2 \(\d+/s\) \(rank 4: error 0\.\d+\)$", said, re.MULTILINE)
    assert "\x1b" not in said
    assert "\r" not in said


def test_progress_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal one line is rewritten, taken away for a warning, and gone at the end."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        for quiet in (False, True):
            talk = Talk(quiet)
            with talk.progress("read") as progress:
                for _ in range(3):
                    time.sleep(0.11)
                    progress.step()
                talk.warn("odd")
            talk.note("done")
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    lines = "".join(rf"\r\x1b\[Kread {k} \(\d+/s\)" for k in (1, 2, 3))
    assert re.fullmatch(rf"{lines}\r\x1b\[Kwarning: odd\r\ndone\r\n", shown), shown


def test_a_terminal_is_not_overrun(fitted: Path) -> None:
    """On a terminal of 60 columns no line of a table is longer; in a pipe none is cut."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    import fcntl
    import struct
    import termios

    plain = call("topics").stdout
    assert max(map(len, plain.splitlines())) > 70
    assert "…" not in plain
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    unset = {"COLUMNS": "", "LINES": "", "TERM": "xterm", "NO_COLOR": "1"}
    done = call("topics", stdout=theirs, env=unset)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # the other end is closed: nothing more comes
        while part := os.read(ours, 10_000):
            shown += part
    os.close(ours)
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in shown.decode().split("\r\n")]
    assert done.returncode == 0
    assert max(map(len, lines)) <= 60, lines
    assert len(lines) == len(plain.splitlines()) + 1


# ------------------------------------------------------------------------------------------------ models


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
    assert files == {"model.npz", "model.json", "topics.csv", "pages.csv", "run.json", *clouds}
    run = json.loads((fitted / "run.json").read_text())
    assert set(run["files"]) == files
    assert {"options", "versions", "seed", "corpus", "counts", "trace", "stages"} <= set(run)
    counts = run["counts"]
    assert counts["tokens"] == counts["kept"] + sum(counts["dropped"].values())
    assert run["trace"] == sorted(run["trace"], reverse=True)
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
def test_foreign_folders_are_refused(
    ok: Run, refused: Callable[..., str], fitted: Path, tiny_corpus: Path, command: str
) -> None:
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
    assert "theirs holds files that nmf-topics did not make; choose another place with -o, or --force" in said
    assert {name: data.decode() for name, data in files_below(folder).items()} == foreign
    ok(command, *arguments[command], "-o", folder, "--force")
    assert (folder / "thesis.txt").read_text() == "mine"
    if command in ("fit", "clouds"):
        ok(command, *arguments[command], "-o", folder)  # now it is this tool's


def test_a_foreign_folder_is_refused_before_the_work(refused: Callable[..., str], tiny_corpus: Path) -> None:
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


# ------------------------------------------------------------------------------------------------ classify


def compare_with_fit(classified: list[dict[str, str]], pages: list[dict[str, str]]) -> None:
    """New pages that are those of the fit get the same topics, weights and errors."""
    assert len(classified) == len(pages)
    for new, old in zip(classified, pages, strict=True):
        for column in ("title", "topic", "label", "status"):
            assert new[column] == old[column], old["id"]
        for column in old:
            if column in ("weight", "margin", "error") or re.fullmatch(r"topic_\d+", column):
                assert float(new[column] or "nan") == pytest.approx(
                    float(old[column] or "nan"), abs=1e-6, nan_ok=True
                ), (old["id"], column)


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--recipe", "article"],
        ["--objective", "kl"],
        ["--solver", "hals", "--weighting", "tfidf"],
    ],
    ids=" ".join,
)
def test_a_page_of_the_fit_gets_its_own_weights_back(ok: Run, options: list[str]) -> None:
    """Classifying the pages of a fit gives the weights of pages.csv, to 1e-6."""
    source = sample_corpus_path() / "pages.jsonl"
    lines = source.read_text(encoding="utf-8").splitlines()
    few = [json.loads(line) for line in lines[::3]]
    few += [{"id": "zz-empty", "title": "Empty", "text": ""}, {"id": "zz-odd", "title": "Odd", "text": "Qwxyz bzzt!"}]
    Path("few.jsonl").write_text("".join(json.dumps(row) + "\n" for row in few), encoding="utf-8")
    ok("fit", "few.jsonl", "-r", 3, "--max-terms", 150, *options)
    pages = read_table(Path("models/few-r3/pages.csv"))
    assert len(pages) == len(few)
    new = table(ok("classify", "few.jsonl", "--csv").stdout)
    compare_with_fit(sorted(new, key=lambda row: row["name"]), pages)
    shuffled = [few[i] for i in np.random.default_rng(1).permutation(len(few))]
    Path("shuffled.jsonl").write_text("".join(json.dumps(row) + "\n" for row in shuffled), encoding="utf-8")
    new = table(ok("classify", "shuffled.jsonl", "--csv").stdout)
    compare_with_fit(sorted(new, key=lambda row: row["name"]), pages)


def test_an_image_of_the_fit_gets_its_own_weights_back(ok: Run) -> None:
    """The same for images: weights of pages.csv, to 1e-6, and a picture of how each is put together."""
    make_faces(Path("faces"))
    ok("fit", "faces", "-r", 4)
    assert Path("models/faces-r4/reconstruction.png").is_file()
    pages = read_table(Path("models/faces-r4/pages.csv"))
    result = ok("classify", "faces", "--csv")
    compare_with_fit(table(result.stdout), pages)
    assert "12 reconstructions in models/latest/reconstructions" in result.stderr
    assert len(list(Path("models/latest/reconstructions").glob("face-*.png"))) == 12


def test_pages_without_known_words(ok: Run, tiny_corpus: Path) -> None:
    """An empty page and one of unknown words get no topic, in the fit and later, and no weight anywhere."""
    odd = [{"id": "zz-1", "title": "Empty", "text": ""}, {"id": "zz-2", "title": "Odd", "text": "Qwxyz bzzt 1984!"}]
    with tiny_corpus.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in odd)
    result = ok("fit", tiny_corpus, "-r", 3, *WIDE)
    assert "2 of 14 pages have no word of the vocabulary and get no topic" in result.stderr
    rows = read_table(Path("models/tiny-r3/pages.csv"))[-2:]
    for row in rows:
        assert row["status"] == "no-known-words"
        assert [row[c] for c in ("topic", "label", "weight", "margin", "error")] == [""] * 5
        assert {float(row[f"topic_{k}"]) for k in (1, 2, 3)} == {0.0}
    assert json.loads(Path("models/tiny-r3/run.json").read_text())["counts"]["pages_without_known_words"] == 2
    Path("odd.jsonl").write_text("".join(json.dumps(row) + "\n" for row in odd))
    for page in document(ok("classify", "odd.jsonl", "--json"))["pages"]:
        assert (page["status"], page["topic"], page["label"]) == ("no-known-words", None, None)
        assert page["weights"] == [0, 0, 0]
    assert "no-known-words" in ok("pages").stdout
    assert "no-known-words" in ok("classify", "odd.jsonl", "--explain").stdout


def test_classify_explains(ok: Run, fitted: Path) -> None:
    """--explain names the words that carried each topic, and those that are unknown."""
    Path("new.txt").write_text("The rocket flew to the moon, past a zyzzyva. The band sang a song.")
    shown = ok("classify", "new.txt", "--explain").stdout
    assert "rocket" in shown
    assert "not in the vocabulary: past, zyzzyva" in shown
    (page,) = document(ok("classify", "new.txt", "--explain", "--json"))["pages"]
    parts = [word["part"] for topic in page["explanation"] for word in topic["words"]]
    assert sum(parts) == pytest.approx(1)
    said = {word["term"] for topic in page["explanation"] for word in topic["words"]}
    assert {"rocket", "moon", "song", "band"} <= said


def test_classify_standard_input(fitted: Path, tiny_corpus: Path) -> None:
    """JSONL on standard input is many pages, anything else the text of one; a byte order mark does not matter."""
    lines = tiny_corpus.read_text(encoding="utf-8")
    done = call("classify", "-", "--csv", input="\ufeff" + lines)
    assert [row["name"] for row in table(done.stdout)] == [json.loads(line)["id"] for line in lines.splitlines()]
    done = call("classify", "-", "--json", input="A rocket flew to the moon.")
    (page,) = json.loads(done.stdout)["pages"]
    assert (page["name"], page["status"], done.stderr) == ("stdin", "ok", "")
    done = call("classify", "-", "--json", input="")
    assert json.loads(done.stdout)["pages"][0]["status"] == "no-known-words"


def test_classify_several_files(run: Run, fitted: Path) -> None:
    """A file that cannot be read is told and counted as such, and the others are classified all the same."""
    Path("a.txt").write_text("rocket moon")
    Path("b.txt").write_bytes(b"\x00\x01\x02\x03")
    Path("c.xyz").write_text("rocket")
    Path("d.jsonl").write_text('{"text": "guitar song"}\n{"text": "rocket"}\n{broken\n')
    Path("texts").mkdir()
    Path("texts/e.txt").write_text("cat mouse dog")
    result = run("classify", "a.txt", "b.txt", "c.xyz", "d.jsonl", "texts", "--json")
    assert result.exit_code == 0
    found = {(page["name"], page["status"]) for page in document(result)["pages"]}
    assert {("a.txt", "ok"), ("b.txt", "unreadable"), ("c.xyz", "unreadable"), ("d.jsonl", "unreadable")} <= found
    assert len([1 for name, status in found if status == "ok"]) == 4  # with two of d.jsonl, and texts
    assert "d.jsonl, line 3: not JSON" in result.stderr
    result = run("classify", "b.txt", "--csv")
    assert result.exit_code == 1
    assert table(result.stdout)[0]["status"] == "unreadable"


def test_reconstructions_never_cover_what_is_there(ok: Run, refused: Callable[..., str]) -> None:
    """--draw writes into a folder of its own: drawing over the images themselves is refused."""
    make_faces(Path("faces"))
    for name in ("a", "b"):
        make_faces(Path("new") / name, count=1)
    Image.open("faces/face-00.pgm").save("face.png")
    ok("fit", "faces", "-r", 4)
    before = Path("face.png").read_bytes()
    assert "did not make; choose another place with --draw" in refused(1, "classify", "face.png", "--draw", ".")
    assert Path("face.png").read_bytes() == before
    ok("classify", "new", "--draw", "drawn")
    ok("classify", "new", "--draw", "drawn")
    assert sorted(path.name for path in Path("drawn").glob("*.png")) == ["face-00 (2).png", "face-00.png"]


# ------------------------------------------------------------------------------------------------ labels


def test_labels_stay_and_show_everywhere(ok: Run, fitted: Path) -> None:
    """A name shows in the tables, in the files and for new pages; an empty one is taken away; others stay."""
    before = (fitted / "clouds" / "all.png").read_bytes()
    pictures = (fitted / "model.npz").read_bytes()
    result = ok("label", "1=Music", f"2={MARVEL}", "--json", "--quiet")
    assert result.stderr == ""
    assert [topic["label"] for topic in document(result)["topics"]][:2] == ["Music", MARVEL]
    assert (fitted / "model.npz").read_bytes() == pictures
    assert (fitted / "clouds" / "all.png").read_bytes() != before
    for rows in (read_table(fitted / "topics.csv"), read_table(fitted / "pages.csv")):
        labels = {row["topic"]: row["label"] for row in rows}
        assert (labels["1"], labels["2"]) == ("Music", MARVEL)
    assert [topic["label"] for topic in document(ok("topics", "--json"))["topics"]][:2] == ["Music", MARVEL]
    for page in document(ok("pages", "--json"))["pages"]:
        assert page["topic"] != 1 or page["label"] == "Music"
    Path("new.txt").write_text("The band played a song on the guitar.")
    assert document(ok("classify", "new.txt", "--json"))["pages"][0]["label"] == "Music"
    assert "Music" in ok("classify", "new.txt").stdout
    assert MARVEL in ok("topics").stdout
    ok("label", fitted, "1=")
    labels = {row["topic"]: row["label"] for row in read_table(fitted / "topics.csv")}
    assert labels["1"] != "Music"
    assert labels["2"] == MARVEL
    assert json.loads((fitted / "run.json").read_text())["files"]


def test_hidden_words_do_not_show(ok: Run, fitted: Path) -> None:
    """--hide drops a word, however it is written, from tables and labels; the numbers stay."""
    assert "rocket" in ok("topics").stdout
    before = (fitted / "model.npz").read_bytes()
    ok("label", "--hide", "Rocket", "--hide", "moon")
    for text in (
        ok("topics").stdout,
        ok("topics", "--json").stdout,
        ok("pages").stdout,
        (fitted / "topics.csv").read_text(),
        (fitted / "pages.csv").read_text(),
    ):
        assert "rocket" not in text
        assert "moon" not in text
    assert (fitted / "model.npz").read_bytes() == before
    ok("label", "1=A")
    assert "rocket" not in ok("topics").stdout


def test_labels_of_images(ok: Run) -> None:
    """Topics of images can be named too, and the reconstruction stays."""
    make_faces(Path("faces"))
    ok("fit", "faces", "-r", 3)
    before = Path("models/faces-r3/reconstruction.png").read_bytes()
    ok("label", "2=left eye")
    assert Path("models/faces-r3/reconstruction.png").read_bytes() == before
    assert [topic["label"] for topic in document(ok("topics", "--json"))["topics"]] == ["part 1", "left eye", "part 3"]


# ------------------------------------------------------------------------------------------------ pictures


def test_clouds_in_another_style(ok: Run, fitted: Path) -> None:
    """--size, --svg and --colormap change the pictures, and nothing else of the model."""
    before = files_below(fitted)
    result = ok("clouds", "--size", "320x200", "--svg", "--colormap", "viridis", "--json", "--quiet")
    assert result.stderr == ""
    pictures = document(result)["pictures"]
    assert len(pictures) == 7
    assert all(Path(path).is_file() for path in pictures)
    with Image.open(fitted / "clouds" / "topic-01.png") as picture:
        assert picture.size == (320, 200)
    after = files_below(fitted)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {name for name in after if name.startswith("clouds/")} | {"run.json"}
    assert "<svg" in (fitted / "clouds" / "topic-01.svg").read_text()
    ok("clouds")
    assert {**files_below(fitted), "run.json": b""} == {**before, "run.json": b""}


def test_clouds_elsewhere(ok: Run, fitted: Path) -> None:
    """-o draws into another folder; drawn there again without --svg, no old SVG stays."""
    before = files_below(fitted)
    ok("clouds", "-o", "pictures", "--svg")
    assert Path("pictures/topic-03.svg").is_file()
    ok("clouds", "-o", "pictures")
    assert sorted(path.name for path in Path("pictures").glob("*.*g")) == [
        "all.png",
        *(f"topic-0{k}.png" for k in (1, 2, 3)),
    ]
    assert files_below(fitted) == before


def test_a_font_that_is_not_there(refused: Callable[..., str], fitted: Path) -> None:
    """A font file that is missing, or is none, is told, and the old pictures stay."""
    before = files_below(fitted)
    assert "there is no font file gone.ttf" in refused(1, "clouds", "--font", "gone.ttf")
    Path("no.ttf").write_text("not a font")
    done = call("clouds", "--font", "no.ttf")  # not in this process: the library of fonts leaves the file open
    assert (done.returncode, "no.ttf" in done.stderr, "Traceback" in done.stderr) == (1, True, False)
    assert files_below(fitted) == before


# ------------------------------------------------------------------------------------------------ ranks, compare


def test_ranks_resume(ok: Run, tiny_corpus: Path) -> None:
    """A second run says what is known and gives the same bytes; a longer one does only what is missing."""
    arguments = ("ranks", tiny_corpus, *WIDE, "--from", 2, "--step", 1)
    first = ok(*arguments, "--to", 3)
    folder = Path("models/tiny-ranks")
    assert set(files_below(folder)) == {"ranks.csv", "ranks.png", "ranks.json"}
    before = files_below(folder)
    assert [row["rank"] for row in read_table(folder / "ranks.csv")] == ["2", "3"]
    assert "known from an earlier run" not in first.stderr
    again = ok(*arguments, "--to", 3)
    assert "2 of 2 ranks are known from an earlier run" in again.stderr
    assert files_below(folder) == before
    assert again.stdout == first.stdout
    assert "worth a look: rank" in again.stdout
    assert "2 of 4 ranks are known from an earlier run" in ok(*arguments, "--to", 5).stderr
    assert [row["rank"] for row in read_table(folder / "ranks.csv")] == ["2", "3", "4", "5"]
    assert "known from an earlier run" not in ok(*arguments, "--to", 3, "--seed", 1).stderr  # other options
    errors = [float(row["error"]) for row in read_table(folder / "ranks.csv")]
    assert errors == sorted(errors, reverse=True)


def test_ranks_end_where_the_data_end(ok: Run, tiny_corpus: Path) -> None:
    """Ranks larger than V allows are left out, and that is said."""
    result = ok("ranks", tiny_corpus, *WIDE, "--from", 10, "--to", 30)
    assert "V is 19 x 12: ranks end at 12" in result.stderr
    assert [row["rank"] for row in read_table(Path("models/tiny-ranks/ranks.csv"))] == ["10", "12"]


def test_ranks_of_images(ok: Run) -> None:
    """Images have curves too, without coherence."""
    make_faces(Path("faces"))
    found = document(ok("ranks", "faces", "--to", 4, "--json"))
    assert [row["rank"] for row in found["ranks"]] == [2, 4]
    assert {row["coherence"] for row in found["ranks"]} == {None}
    again = ok("ranks", "faces", "--to", 4, "--json", "--quiet")
    assert document(again) == found
    assert again.stderr == ""


def check_comparison(methods: dict[str, dict[str, float]]) -> None:
    """What the article says of the three: only PCA has signs, only VQ uses one column, PCA's error is the least."""
    nmf, vq, pca = (methods[name] for name in ("NMF", "VQ", "PCA"))
    assert nmf["negative_W"] == nmf["negative_H"] == vq["negative_W"] == vq["negative_H"] == 0
    assert pca["negative_H"] > 0
    assert vq["active"] == 1
    assert pca["orthonormal"] < 1e-6
    assert pca["relative_error"] <= nmf["relative_error"] + 1e-9


def test_compare_text(ok: Run, tiny_corpus: Path) -> None:
    """NMF, vector quantization and PCA of text: figures and one picture."""
    result = ok("compare", tiny_corpus, *WIDE, "-r", 3, "--json", "--quiet")
    assert result.stderr == ""
    check_comparison(document(result)["methods"])
    folder = Path("models/tiny-compare-r3")
    assert set(files_below(folder)) == {"compare.csv", "compare.json", "compare.png"}
    rows = read_table(folder / "compare.csv")
    assert list(rows[0]) == ["figure", "NMF", "VQ", "PCA"]
    assert rows[0]["figure"] == "relative_error"


def test_compare_images(ok: Run) -> None:
    """NMF, vector quantization and PCA of images: the basis of each, and an image put together from it."""
    make_faces(Path("faces"))
    assert "relative error" in ok("compare", "faces", "-r", 4).stdout
    check_comparison(json.loads(Path("models/faces-compare-r4/compare.json").read_text())["methods"])
    pictures = {f"{what}-{method}.png" for what in ("basis", "reconstruction") for method in ("nmf", "vq", "pca")}
    assert set(files_below(Path("models/faces-compare-r4"))) == {"compare.csv", "compare.json", *pictures}


def test_the_same_program_by_another_door(fitted: Path) -> None:
    """`python -m nmf_topics` and the console script are one program."""
    assert PROGRAM[1:] == ["-m", "nmf_topics"]
    from importlib.metadata import entry_points

    (script,) = [entry for entry in entry_points(group="console_scripts") if entry.name == "nmf-topics"]
    assert script.value == "nmf_topics.cli.main:main"
    assert call("topics", "--json").stdout.startswith('{\n "schema": 1,')


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
