"""The contract of the commands: help, names and values of options. What each command does has a file of its own."""

from __future__ import annotations

import json
import re
import resource
import shlex
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator
from dataclasses import fields
from inspect import signature
from pathlib import Path

import click
import pytest
from inputs import TINY
from program import PROGRAM, Refused, Run, call

import nmf_topics
from nmf_topics.analysis.stability import fit_runs
from nmf_topics.cli.main import COMMANDS, cli
from nmf_topics.factor.engines.choice import EngineOptions
from nmf_topics.model.fit import fit_topics
from nmf_topics.pipeline.prepare import Source
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.terms.pruning import Bounds
from nmf_topics.text.analyzer import WordOptions
from nmf_topics.views.drawing.topic_pictures import PictureStyle


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


def test_examples_run(ok: Run, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
    (tmp_path / "topic-names.txt").write_text("2=Of rockets\n", encoding="utf-8")
    monkeypatch.setattr(webbrowser, "open", lambda address: True)
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
            assert len(named) == 4
            assert all(Path(path).is_file() for path in named)
        if arguments[0] == "clouds":
            assert list((tmp_path / "models").glob("*/clouds/topic-03.svg"))


def test_help_imports_nothing_that_is_slow() -> None:
    """`--help` must not load what only the work itself needs."""
    slow = "numpy scipy nltk wordcloud matplotlib rich simplemma Stemmer regex PIL threadpoolctl stopwordsiso".split()
    slow.append("jinja2")
    code = (
        "import sys\nfrom nmf_topics.cli.main import main\nsys.argv = ['nmf-topics', '--help']\n"
        f"try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"found = [name for name in {slow!r} if name in sys.modules]\n"
        "print('loaded:', found, file=sys.stderr)\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "Usage: nmf-topics" in done.stdout
    assert done.stderr == "loaded: []\n"


def test_help_answers_at_once() -> None:
    """`--help` takes less than 0.3 s of CPU time, in the best of three; a busy machine may make it wait longer."""
    times = []
    for _ in range(3):
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        assert call("--help").returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        times.append((cpu, time.perf_counter() - began))
    assert min(cpu for cpu, _ in times) < 0.3, times
    assert min(seconds for _, seconds in times) < 0.3 * 5, times


def test_version(ok: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The version is that of the package; a variable that carries it, as in a Dockerfile, asks for nothing."""
    assert ok("--version").stdout == f"nmf-topics, version {nmf_topics.__version__}\n"
    monkeypatch.setenv("NMF_TOPICS_VERSION", nmf_topics.__version__)
    assert ok("fit", "--help").stdout.startswith("Usage: nmf-topics fit")


def test_no_command_shows_the_help() -> None:
    """Called bare, the program says what it can do."""
    done = call()
    assert "fit     Fit topics to a corpus." in done.stdout + done.stderr


def test_a_command_that_is_nearly_right(refused: Refused) -> None:
    """A slip of the pen is a usage error that names what was meant."""
    assert "Did you mean 'classify'?" in refused(2, "clasify", "x.txt")
    assert "No such command 'zzz'" in refused(2, "zzz")


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["fit", "--n-topics", 5], "Did you mean '--rank'?"),  # BERTopic, and the English language
        (["fit", "--n_components", 5], "Did you mean '--rank'?"),  # scikit-learn
        (["fit", "--random-state", 5], "Did you mean '--seed'?"),
        (["fit", "--min-df", 5], "Did you mean '--min-pages'?"),
        (["fit", "--no-above", 0.5], "Did you mean '--max-pages'?"),  # gensim
        (["fit", "--Max_Iter", 5], "Did you mean '--max-iter'?"),
        (["fit", "--rnak", 5], "Did you mean '--rank'?"),
        (["ranks", "--stopwords", "a"], "Did you mean '--stop'?"),
        (["topics", "--num-words", 5], "Did you mean '--top'?"),
        (["topics", "--random-state", 5], "No such option '--random-state'."),  # this command has no seed
        (["fit", "--zzzz"], "No such option '--zzzz'."),
    ],
)
def test_an_option_that_is_nearly_right(refused: Refused, arguments: list[object], meant: str) -> None:
    """A misspelt option, or its name in other programs, is a usage error that names the option of that command."""
    assert refused(2, *arguments).endswith(meant)


@pytest.mark.parametrize("alias", ["--rank", "-r", "-k", "--topics", "--num-topics"])
@pytest.mark.parametrize("name", ["fit", "compare"])
def test_names_of_the_rank(name: str, alias: str) -> None:
    """The number of topics can be given by the names that other programs have for it."""
    assert dict(commands())[name].make_context(name, [alias, "7"]).params["rank"] == 7


def test_help_shows_the_defaults_of_the_recipes(ok: Run) -> None:
    """Every option that a recipe sets shows its value, and that of the article where it is another one."""
    shown = " ".join(ok("fit", "--help").stdout.split()).replace("- ", "-")  # lines end at hyphens, too
    assert "by recipe" not in shown
    for default in (
        "[default: bm25; article: frequency]",
        "[default: lemma; article: both]",
        "[default: ehals for frobenius; emu for kl, beta-1.5, itakura-saito; article: mu]",
        "[default: unit; article: no-unit]",
        "[default: 12000; article: 2345]",
        "[default: no-phrases]",
        "[default: 1e-06]",
    ):
        assert default in shown
    command = dict(commands())["fit"]
    set_by_recipe = {f.name for kind in (Recipe, WordOptions, Bounds) for f in fields(kind)} - {"guide", "chunk"}
    for option in options_of(command):
        if option.name in set_by_recipe and option.default is None:
            assert "[default: " in (option.help or ""), option.name


NONE: tuple[object, ...] = ()
# option -> (good values, bad values), or "command option" where they are that command's alone; paths, which are never
# wrong before they are used, have no bad ones
VALUES: dict[str, tuple[tuple[object, ...], tuple[object, ...]]] = {
    "--rank": ((1, 12), (0, -1, "x", 2.5, "")),
    "--runs": ((1, 5), (0, -1, "x", 2.5)),
    "--seed": ((0, 7), (-1, "x", 0.5)),
    "--engine": (("auto", "memory", "disk", "dask"), ("cloud", "")),
    "--memory": (("2GB", "500 mb", "1.5GiB", "1000000", "3T"), ("0", "x", "-1GB", "GB", "1XB", "nan", "99999999T")),
    "--scheduler": (("tcp://127.0.0.1:8786",), NONE),
    "--checkpoint": ((0, 0.5, 60), (-1, "x", "nan", "inf")),
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
    "--objective": (("frobenius", "kl", "beta-1.5", "itakura-saito"), ("l1",)),
    "--solver": (("mu", "amu", "emu", "hals", "ehals"), ("als",)),
    "--start": (("random", "nndsvda", "nndsvdar"), ("svd",)),
    "--refine": (("auto", "mixture", "none"), ("k-means",)),
    "--encoding": (("utf-8", "cp1252"), ("klingon",)),
    "--markup": (("auto", "remove", "keep", "tags,urls"), ("maybe", "tags,maybe")),
    "--read-limit": (("page-size=1GB", "columns=5000"), ("page-size", "colour=3", "columns=x")),
    "--topic-words": (("typical", "weight"), ("best",)),
    "--tolerance": ((0, 1e-4), (-1e-4, "x", "nan")),
    "--max-iter": ((1, 500), (0, "x")),
    "--l1-words": ((0, 0.01), (-1, "x", "inf")),
    "--l1-pages": ((0, 0.01), (-1, "x", "nan")),
    "--l2-words": ((0, 0.01), (-1, "x", "inf")),
    "--l2-pages": ((0, 0.01), (-1, "x", "nan")),
    "--stop": (("of,the", "guitar"), ("gone.txt", "folder/gone")),
    "--keep": (("of,the", "1984"), ("gone.txt", "folder/gone")),
    "--guide": (("Sport: match, goal",), ("gone.txt", "Sport", "Sport:", ": match")),
    "--processes": ((1, 8), (0, "x", 257)),
    "--from": ((1, 5), (0, "x")),
    "--to": ((1, 30), (0, "x")),
    "export --to": (("csv", "xlsx", "jsonl", "pyldavis", "mtx", "markdown"), ("pdf", "")),
    "--step": ((1, 5), (0, "x")),
    "--topic": ((1, 3), ("x", 1.5)),
    "--top": ((1, 20), (0, "x")),
    "--words": (("frequency", "relevance", "exclusive"), ("alphabet",)),
    "--like": (("somewhere",), NONE),
    "--size": (("800x500", "50x8000"), ("800", "49x500", "800x8001", "axb", "-800x500", "800x500x2")),
    "--colormap": (("viridis", "Dark2"), ("rainbow!", "")),
    "--output": (("somewhere",), NONE),
    "--format": (("svg", "pdf", "png"), ("gif", "")),
    "--by": (("label",), NONE),
    "--period": (("day", "month", "year", "decade", "century"), ("week",)),
    "--source": (("somewhere",), NONE),
    "--model": (("somewhere",), NONE),
    "--font": (("somewhere",), NONE),
    "--draw": (("somewhere",), NONE),
    "--hide": (("word",), NONE),
    "--unhide": (("word",), NONE),
    "--kind": (("counts", "temporary"), ("wine",)),
    "--older-than": (("30d", "12h"), ("soon", -1, "d")),
    "--depth": ((0, 20), (-1, 21, "x")),
    "--year": ((2015, 2024), (2014, "x")),
    "--month": ((1, 12), (0, 13)),
    "--quality": (("any", "good", "featured"), ("bad",)),
    "--min-words": ((0, 100), (-1, "x")),
    "--limit": ((0, 1, 100), (-1, "x")),  # 0 removes a recorded limit
    "--text": (("extracts", "wikitext"), ("html",)),
    "--hits": ((1, 10_000), (0, 10_001, "x")),
    "--also-language": (("de", "de,fr", "none"), ("d", "../de", "de fr")),
    "--as-of": (("2020-02-29", "now"), ("2021-02-29", "yesterday", "9999-01-01")),
    "--workers": ((1, 3), (0, 4)),
    "--timeout": ((0.5, 30), (0, "x", "nan", "inf")),
    **{f"--{what}": (("x",), NONE) for what in ("titles", "category", "pin", "dump", "pageviews", "contact")},
    **{f"--{what}": (("x",), NONE) for what in ("search", "links", "section", "remove")},
    **{f"--{what}": (("x",), NONE) for what in ("wiki", "title", "url")},
    **{f"--{part}-column": (("x",), NONE) for part in ("text", "title", "id", "date", "label")},
}
ROWS = [(name, long_name(option)) for name, command in commands() for option in options_of(command)]


def test_every_option_that_takes_a_value_is_in_the_table() -> None:
    """A new option needs its good and bad values here, and none stands here that is gone."""
    taking = {long_name(option) for _, command in commands() for option in options_of(command) if not option.is_flag}
    assert taking == {name.split()[-1] for name in VALUES}


@pytest.mark.parametrize(("name", "option"), [row for row in ROWS if row[1] in VALUES])
def test_values_of_options(name: str, option: str, refused: Refused) -> None:
    """Good values are read; bad ones are refused with 2 and a message that names the option, before any work."""
    good, bad = VALUES.get(f"{name} {option}", VALUES[option])
    argument = {"classify": ["page.txt"], "label": ["1=A"], "diff": ["a", "b"]}.get(name, [])
    command = dict(commands())[name]
    for value in good:
        assert command.make_context(name, [*argument, option, str(value)]).params
    for value in bad:
        assert option in refused(2, name, *argument, option, value), value
    assert not Path("models").exists()


def test_options_exclude_each_other(refused: Refused) -> None:
    """Two formats at once, or a range that is empty, are usage errors."""
    assert "exclude each other" in refused(2, "pages", "--csv", "--json")
    assert "exclude each other" in refused(2, "classify", "x.txt", "--csv", "--jsonl")
    assert "--from 5 is larger than --to 3" in refused(2, "ranks", "--from", 5, "--to", 3)
    assert "least squares" in refused(2, "ranks", "--objective", "kl")
    assert "least squares" in refused(2, "compare", "--objective", "kl")
    assert "--scheduler is for --engine dask" in refused(2, "fit", "--engine", "disk", "--scheduler", "tcp://x:1")
    assert "nothing to name or hide" in refused(2, "label")
    assert "'b' is not NUMBER=NAME" in refused(2, "label", "a", "b")
    assert "'a' is neither a model folder nor NUMBER=NAME" in refused(2, "label", "a", "1=A")
    assert "Missing argument 'FILE ...' (or --title, or --url)" in refused(2, "classify")


def test_addresses_are_checked_before_anybody_is_called(refused: Refused) -> None:
    """Which wiki, and who asks: what cannot be is a usage error, and nobody is called."""
    assert "--wiki" in refused(2, "fetch", "Tea", "--wiki", "https://host/index.html")
    assert "--language" in refused(2, "fetch", "Tea", "--language", "../en")
    assert "--contact" in refused(2, "fetch", "Tea", "--contact", "nobody")
    assert "requires a contact address in the User-Agent; give --contact" in refused(2, "fetch", "Tea")
    assert "--dump takes all pages" in refused(2, "fetch", "Tea", "--dump", "pages.xml")


def test_names_of_options_are_names_of_parameters() -> None:
    """--max-iter is max_iter: in the settings file, in variables, and in the library."""
    for name, command in commands():
        for option in options_of(command):
            assert option.name == long_name(option)[2:].replace("-", "_"), name
    talk = {"output", "cache", "require_convergence", "force", "json", "quiet", "verbose", "recipe", "processes"}
    talk |= {"clouds", "report"}  # files to be made
    talk |= {"names"}  # of the model that is replaced
    talk |= {"like"}  # a recipe, rank, seed and runs
    talk |= {"read_limit"}  # read_limits of Source
    talk |= {"checkpoint"}  # seconds of what the library has as Checkpointing
    library = {f.name for kind in (Recipe, WordOptions, Bounds, Source, EngineOptions) for f in fields(kind)}
    library |= set(signature(fit_topics).parameters) | set(signature(fit_runs).parameters)
    fit = dict(commands())["fit"]
    assert {option.name for option in options_of(fit)} - talk <= library
    of_fit_topics = set(signature(fit_topics).parameters) - {"data", "on_iteration", "on_pass", "checkpoints"}
    assert of_fit_topics <= {option.name for option in options_of(fit)}
    of_words = {f.name for kind in (WordOptions, Bounds) for f in fields(kind)} - {"languages"}  # what `auto` finds
    of_words -= {"tokenizer", "lemmatizer", "stop_test"}  # functions in Python
    assert of_words <= {option.name for option in options_of(fit)}
    drawn = {option.name for option in options_of(dict(commands())["clouds"])} - talk
    assert drawn == {f.name for f in fields(PictureStyle)}


def test_every_command_has_json() -> None:
    """All commands print one document with --json; that they do is tested with each of them."""
    assert [name for name, command in commands() if "json" not in {option.name for option in options_of(command)}] == []


def test_the_same_program_by_another_door(fitted: Path) -> None:
    """`python -m nmf_topics` and the console script are one program."""
    assert PROGRAM[1:] == ["-m", "nmf_topics"]
    from importlib.metadata import entry_points

    (script,) = [entry for entry in entry_points(group="console_scripts") if entry.name == "nmf-topics"]
    assert script.value == "nmf_topics.cli.main:main"
    assert call("topics", "--json").stdout.startswith('{\n "schema": 1,')
