"""Options in nmf-topics.toml and in variables, and which of them wins."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from inputs import WIDE
from outputs import document, table
from program import Refused, Run


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
        ("[fits]\nrank = 3\n", "[fits] is not a command; the commands are fetch, fit, ranks"),
        ("rank = 3\n", "[rank] is not a command"),
        ("[fit]\nrank = 0\n", "'--rank'"),
        ("[fit]\nrank = 2.5\n", "'2.5' is not a valid integer"),
        ('[fit]\nrank = "x"\n', "(from nmf-topics.toml)"),
        ("[fit]\nrank = [3]\n", "[fit] rank = [3] is not a valid value"),
        ("[fit]\nrank = {x = 3}\n", "is not a valid value"),
        ("[fit]\nquiet = 7\n", "'--quiet'"),
        ("[fit\n", "nmf-topics.toml cannot be read"),
        ("[fit]\nstop = 'caf\udce9'\n", "nmf-topics.toml cannot be read"),
    ],
)
def test_errors_in_the_file(refused: Refused, tiny_corpus: Path, content: str, said: str) -> None:
    """Whatever is wrong in the settings is a usage error that names it."""
    Path("nmf-topics.toml").write_bytes(content.encode("utf-8", "surrogateescape"))
    assert said in refused(2, "fit", tiny_corpus)


def test_errors_in_variables(refused: Refused, tiny_corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bad variable is a usage error that names it."""
    monkeypatch.setenv("NMF_TOPICS_FIT_RANK", "many")
    assert "'many' is not a valid integer range. (from the variable NMF_TOPICS_FIT_RANK)" in refused(
        2, "fit", tiny_corpus
    )
