"""`repeat` and `fit --like`: a run can be made again from its record, and its options used for other texts."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inputs import WIDE, write_faces, write_tiny
from outputs import document, everything
from program import Refused, Run, call

from nmf_topics.model.files import load_model
from nmf_topics.views.report.provenance import command


def record(folder: Path) -> dict[str, Any]:
    """The run.json of a model."""
    found: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return found


def change(folder: Path, **entries: Any) -> None:
    """Change entries of a run.json."""
    (folder / "run.json").write_text(json.dumps({**record(folder), **entries}), encoding="utf-8")


def test_the_recorded_command_runs_anywhere(ok: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command in run.json names the texts by their whole path and makes the same model from another folder."""
    write_tiny(tmp_path / "my texts.csv.jsonl")
    options = ["--stop", "cat,moon", "--runs", 2, "--start", "random", "--seed", 4, "--title-column", "title"]
    ok("fit", "my texts.csv.jsonl", "-r", 2, *WIDE, *options, "-o", "first")
    line = record(Path("first"))["repeat"]
    assert str(tmp_path / "my texts.csv.jsonl") in shlex.split(line)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    program, *arguments = shlex.split(line)
    assert program == "nmf-topics"
    ok(*arguments, "-o", "again")
    assert load_model("again").W.tobytes() == load_model(tmp_path / "first").W.tobytes()
    assert load_model("again").recipe == load_model(tmp_path / "first").recipe


def test_the_command_of_the_report_has_the_path(ok: Run, tiny_corpus: Path) -> None:
    """The report shows the path as it was given, the same after `report` and `label`; of the sample it shows none."""
    ok("fit", "tiny.jsonl", "-r", 2, *WIDE, "-o", "m")
    source = record(Path("m"))["source"]
    assert shlex.split(command(load_model("m"), source))[:3] == ["nmf-topics", "fit", "tiny.jsonl"]
    before = (Path("m") / "report.html").read_bytes()
    ok("report", "m")
    assert (Path("m") / "report.html").read_bytes() == before
    ok("demo", "-q")
    sample = command(load_model("models/demo"), record(Path("models/demo"))["source"])
    assert sample == "nmf-topics fit --rank 10 --seed 0"


def test_repeat_gives_the_same_model(ok: Run, fitted: Path, tiny_corpus: Path) -> None:
    """A run made again is identical; the first model, its names and models/latest stay as they are."""
    ok("label", "1=Music")
    before = everything(fitted)
    latest = Path("models/latest").resolve()
    source = record(fitted)["source"] | {"path": str(tiny_corpus)}
    change(fitted, source=source)
    before["run.json"] = (fitted / "run.json").read_bytes()
    shown = ok("repeat")
    assert shown.stdout.rstrip().endswith("the results are identical")
    assert everything(fitted) == before
    assert Path("models/latest").resolve() == latest
    again = Path("models/tiny-r3-repeat")
    assert load_model(again).W.tobytes() == load_model(fitted).W.tobytes()
    assert not (again / "report.html").exists()
    found = document(ok("repeat", fitted / "run.json", "--json"))
    assert (found["schema"], found["verdict"], found["same_corpus"], found["versions"]) == (1, "identical", True, {})
    assert found["difference"] == 0
    assert found["similarities"] == pytest.approx([1, 1, 1])


def test_repeat_of_changed_texts(ok: Run, refused: Refused, run: Run, fitted: Path, tiny_corpus: Path) -> None:
    """Texts that changed are noticed; so are topics that are different, with status 1."""
    rows = [json.loads(line) for line in tiny_corpus.read_text(encoding="utf-8").splitlines()]
    rows[0]["text"] += " guitar"
    changed = Path("changed.jsonl")
    changed.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    result = ok("repeat", "--source", changed)
    assert "texts                     different" in result.stdout
    assert "the topics are the same, their weights differ" in result.stdout
    for row in rows:
        row["text"] = " ".join(f"x{word}" for word in row["text"].split())
    changed.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    result = run("repeat", "--source", changed)
    assert result.exit_code == 1
    assert "Error: the results are different: the texts have changed since the recorded run" in result.stderr


def test_repeat_from_the_record_alone(ok: Run, fitted: Path, tiny_corpus: Path) -> None:
    """Without the first model the course of the fit is compared."""
    Path("sent").mkdir()
    shutil.copy(fitted / "run.json", "sent/run.json")
    result = ok("repeat", "sent/run.json", "--source", tiny_corpus)
    assert "compared with the record only" in result.stderr
    assert "the results are identical" in result.stdout
    change(Path("sent"), trace=[0.5], versions={**record(fitted)["versions"], "numpy": "1.0"})
    result = ok("repeat", "sent/run.json", "--source", tiny_corpus, "--json")
    found = document(result)
    assert found["verdict"] == "equal"
    assert found["versions"]["numpy"] == ["1.0", np.__version__]
    assert found["difference"] is None


def test_repeat_of_images(ok: Run) -> None:
    """A run on images is repeated, too."""
    write_faces(Path("faces"))
    ok("fit", "faces", "-r", 3, "--no-report")
    assert "the results are identical" in ok("repeat").stdout


def test_what_cannot_be_repeated(ok: Run, refused: Refused, fitted: Path, tiny_corpus: Path) -> None:
    """No record, a record of something else, options of a later version, and texts that are gone: one message each."""
    assert "there is no record of a run in nowhere" in refused(1, "repeat", "nowhere")
    change(fitted, source={"path": "gone.jsonl"})
    assert "are not where they were; say where they are with --source" in refused(1, "repeat")
    whole = (fitted / "run.json").read_bytes()
    for damaged in (b"", b"[]", b"{", b"{}", whole.replace(b'"rank": 3', b'"rank": "x"')):
        (fitted / "run.json").write_bytes(damaged)
        assert "is not the record of a fit, or is damaged" in refused(1, "repeat")
    (fitted / "run.json").write_bytes(whole)
    change(fitted, options={**record(fitted)["options"], "quantum": True})
    assert "options that this version does not have: quantum" in refused(1, "repeat")
    change(fitted, command="ranks")
    assert "is the record of 'ranks', not of a fit" in refused(1, "repeat")
    assert not Path("models/tiny-r3-repeat").exists()
    call("fit", "-", "-r", 2, *WIDE, "-o", "piped", input=tiny_corpus.read_text(encoding="utf-8"))
    assert record(Path("piped"))["repeat"] is None
    assert "say where they are with --source" in refused(1, "repeat", "piped")
    assert "the results are identical" in ok("repeat", "piped", "--source", tiny_corpus).stdout


def test_like_uses_the_options_of_a_run(ok: Run, refused: Refused, tiny_corpus: Path) -> None:
    """All options of an earlier fit are used for other texts; those on the command line win."""
    write_tiny(Path("other.jsonl"))
    options = ["--stop", "cat", "--weighting", "tfidf", "--seed", 3, "--runs", 2, "--guide", "Sky: moon, stars"]
    ok("fit", tiny_corpus, "-r", 2, *WIDE, *options, "-o", "first")
    ok("fit", "other.jsonl", "--like", "first/run.json", "-o", "second")
    first, second = (record(Path(name)) for name in ("first", "second"))
    assert second["options"] == first["options"]
    ok("fit", "other.jsonl", "--like", "first", "-r", 3, "--objective", "kl", "--stop", "dog", "-o", "third")
    third = record(Path("third"))["options"]
    changed = {name for name in third if third[name] != first["options"][name]}
    assert changed == {"rank", "objective", "solver", "words"}
    assert (third["rank"], third["solver"], third["words"]["stop"]) == (3, "emu", ["dog"])
    assert "--like and --recipe exclude each other" in refused(2, "fit", "--like", "first", "--recipe", "article")
    assert "there is no record of a run in nowhere" in refused(1, "fit", "--like", "nowhere")
