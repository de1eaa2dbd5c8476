"""Type hints of the public functions, as a program of a user's meets them under strict checking."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
from nmf_topics import classify, fit_topics, load_model, save_model

def split(text: str) -> list[str]:
    return text.split()

model = fit_topics(["green tea"], 2, tokenizer=split, language="de", min_pages=2, normalize="stem", progress=print)
reveal_type(model)
found = classify(model, ["tea"])
reveal_type(found)
reveal_type(found[0])
reveal_type(found[:2])
reveal_type(found.topics)
save_model(model, "models/mine")
reveal_type(load_model("models/mine", tokenizer=split))
fit_topics(["green tea"], "2")  # wrong
fit_topics(["green tea"], 2, min_page=2)  # wrong
fit_topics(["green tea"], 2, normalize="lema")  # wrong
fit_topics(["green tea"], 2, tokenizer=len)  # wrong
fit_topics(["green tea"], 2, pages_in="row")  # wrong
"""


@pytest.mark.slow
def test_type_checkers_know_the_public_functions(tmp_path: Path) -> None:
    """Results have types, options are known by name and value, and mistakes are found where they stand."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    revealed = re.findall(r'note: Revealed type is "([^"]*)"', done.stdout)
    assert [re.sub(r"[\w.]*\.(?=[A-Z])", "", kind).replace("builtins.", "") for kind in revealed] == [
        "TopicModel",
        "Classified",
        "Assignment",
        "Classified",
        "list[int | None]",
        "TopicModel",
    ], done.stdout
    wrong = [number for number, line in enumerate(PROGRAM.splitlines(), start=1) if line.endswith("# wrong")]
    assert [int(line) for line in re.findall(r"program\.py:(\d+): error", done.stdout)] == wrong, done.stdout
