"""The model folder: all files or none are written, stale files are removed, other files are kept."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.font_manager
import numpy as np
import pytest
from PIL import Image

from nmf_topics.errors import OutputError
from nmf_topics.images.pixels import build_image_matrix
from nmf_topics.model.files import load_model
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.terms.pruning import Bounds
from nmf_topics.terms.vocabulary import Vocabulary
from nmf_topics.views.drawing.topic_pictures import PictureStyle
from nmf_topics.views.model_folder import files_of, read_run, redraw, write_model_folder

# cli.md, "Writes"
PROMISED = {"model.npz", "model.json", "topics.csv", "pages.csv", "run.json", "clouds/all.png", "report.html"}
FOLDER = Path("mine")


@pytest.fixture
def models(tiny_corpus: Path) -> dict[int, TopicModel]:
    """Models of the tiny corpus by rank."""
    data = prepare(Source(str(tiny_corpus)), Recipe(bounds=Bounds(min_pages=2, max_pages=0.5)))
    return {rank: fit_topics(data, rank) for rank in (2, 3)}


def contents(folder: Path = FOLDER) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def write(model: TopicModel, **options: Any) -> None:
    """Write a model into the folder with a small record."""
    write_model_folder(model, FOLDER, lambda: {"schema": 1, "made": "by a test"}, **options)


def without_font(model: TopicModel) -> TopicModel:
    """The model with words that no font has."""
    rows: Any = model.rows
    return replace(model, rows=Vocabulary(rows.terms, [f"語{i}" for i in range(len(rows))]), description=None)


@pytest.fixture
def no_system_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without fonts of its own."""
    monkeypatch.setattr(matplotlib.font_manager, "findSystemFonts", lambda: [])


# ---------------------------------------------------------------------------------------------- what is written


def test_all_files_are_there(models: dict[int, TopicModel]) -> None:
    """Every file that the contract names, one picture a topic, and nothing else; the model loads again."""
    write(models[3])
    assert set(contents()) == PROMISED | {f"clouds/topic-0{k}.png" for k in (1, 2, 3)}
    assert load_model(FOLDER).W.tobytes() == models[3].W.tobytes()
    with (FOLDER / "topics.csv").open(encoding="utf-8", newline="") as file:
        topics = list(csv.DictReader(file))
    with (FOLDER / "pages.csv").open(encoding="utf-8", newline="") as file:
        pages = list(csv.DictReader(file))
    assert {row["topic"] for row in topics} == {"1", "2", "3"}
    assert [row["id"] for row in pages] == list(models[3].columns.ids)
    for name in ("clouds/all.png", "clouds/topic-03.png"):
        with Image.open(FOLDER / name) as picture:
            assert picture.format == "PNG"


def test_record_lists_the_files(models: dict[int, TopicModel]) -> None:
    """run.json says what it was given, asked for it last of all, and names each file, itself too."""
    asked: list[set[str]] = []

    def record() -> Mapping[str, Any]:
        partial = next(p for p in FOLDER.iterdir() if p.name.startswith(".partial"))
        asked.append(set(contents(partial)))
        return {"schema": 1, "made": "é"}

    write_model_folder(models[3], FOLDER, record)
    assert asked == [set(contents()) - {"run.json"}]
    run = read_run(FOLDER)
    assert (run["schema"], run["made"]) == (1, "é")
    assert run["files"] == sorted(contents())
    assert files_of(FOLDER) == run["files"]


def test_run_json_of_a_fit(tiny_corpus: Path, run: Callable[..., Any]) -> None:
    """What the contract asks of run.json: options, versions, seed, corpus, counts and why, trace, seconds, memory."""
    arguments = ["fit", tiny_corpus, "--rank", 3, "--max-pages", 0.5, "--seed", 4, "-o", FOLDER, "-q"]
    assert run(*arguments).exit_code == 0
    record = read_run(FOLDER)
    assert next(iter(record)) == "schema"
    assert (record["command"], record["seed"], record["options"]["rank"]) == ("fit", 4, 3)
    assert record["options"]["bounds"]["max_pages"] == 0.5
    assert {"nmf-topics", "python", "numpy", "scipy"} <= set(record["versions"])
    assert len(record["corpus"]["fingerprint"]) == 64
    counts = record["counts"]
    assert counts["tokens"] == counts["kept"] + sum(counts["dropped"].values())
    assert counts["pages"] == 12
    assert len(record["trace"]) == record["iterations"]
    assert np.all(np.diff(record["trace"]) <= 1e-12)
    assert record["relative_error"] == pytest.approx(record["trace"][-1], rel=1e-3)
    assert [stage["stage"] for stage in record["stages"]] == ["read", "fit", "write"]
    for stage in record["stages"]:
        assert stage["seconds"] >= 0
        assert stage["peak_memory_mb"] > 10


@pytest.mark.slow
def test_same_model_same_bytes(models: dict[int, TopicModel]) -> None:
    """Written twice, over itself and elsewhere, every file has the same bytes."""
    write(models[3])
    first = contents()
    write(models[3])
    assert contents() == first
    write_model_folder(models[3], Path("other"), lambda: {"schema": 1, "made": "by a test"})
    assert contents(Path("other")) == first


def test_images_have_a_reconstruction(rng: np.random.Generator) -> None:
    """A model of images gets basis images, and one image put together from them."""
    Path("faces").mkdir()
    for j in range(7):
        Image.fromarray(rng.integers(0, 255, (5, 4)).astype(np.uint8)).save(f"faces/{j}.png")
    data = build_image_matrix(Path("faces"))
    model = fit_topics(data, 3)
    write(model, example=(data.V[:, 2], 2))
    assert set(contents()) == PROMISED | {f"clouds/topic-0{k}.png" for k in (1, 2, 3)} | {"reconstruction.png"}
    assert "reconstruction.png" in files_of(FOLDER)
    assert load_model(FOLDER).rows == data.rows


# ---------------------------------------------------------------------------------------------- written over


def test_fewer_topics_leave_no_picture_behind(models: dict[int, TopicModel]) -> None:
    """Over a model of more topics, its surplus pictures go; a stranger's file among them stays."""
    write(models[3])
    (FOLDER / "notes.txt").write_text("mine", encoding="utf-8")
    (FOLDER / "clouds" / "topic-99.png").write_text("mine", encoding="utf-8")
    write(models[2])
    assert "clouds/topic-03.png" not in contents()
    assert {"notes.txt", "clouds/topic-99.png"} < set(contents())
    assert set(files_of(FOLDER)) == PROMISED | {"clouds/topic-01.png", "clouds/topic-02.png"}


@pytest.mark.slow
@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt])
def test_failing_leaves_the_older_folder_untouched(models: dict[int, TopicModel], fault: type[BaseException]) -> None:
    """A record that cannot be made, Ctrl-C: every file of the older model is as it was."""
    write(models[3])
    before = contents()

    def broken() -> Mapping[str, Any]:
        raise fault

    with pytest.raises(fault):
        write_model_folder(models[2], FOLDER, broken)
    assert contents() == before
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted({name.split("/")[0] for name in before})


def test_failing_leaves_no_new_folder(models: dict[int, TopicModel]) -> None:
    """Where there was no folder there is none after a fault."""

    def broken() -> Mapping[str, Any]:
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        write_model_folder(models[2], FOLDER, broken)
    assert not FOLDER.exists()


@pytest.mark.usefixtures("no_system_fonts")
def test_words_without_a_font_cost_the_clouds_only(models: dict[int, TopicModel]) -> None:
    """All but the clouds is written, older clouds go, and the message names the script and the remedy."""
    write(models[3])
    said: list[str] = []
    write_model_folder(without_font(models[2]), FOLDER, lambda: {}, warn=said.append)
    assert set(files_of(FOLDER)) == PROMISED - {"clouds/all.png"}
    assert not any(name.startswith("clouds/") for name in contents())
    (message,) = said
    assert "scripts: Chinese" in message
    assert "nmf-topics clouds" in message


def test_foreign_folder(models: dict[int, TopicModel]) -> None:
    """A folder of other files is refused and left alone, unless it is forced; then its files stay beside ours."""
    FOLDER.mkdir()
    (FOLDER / "thesis.tex").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="did not make"):
        write(models[2])
    assert contents() == {"thesis.tex": b"mine"}
    write(models[2], force=True)
    assert set(contents()) > PROMISED | {"thesis.tex"}
    assert "thesis.tex" not in files_of(FOLDER)
    write(models[2])
    assert (FOLDER / "thesis.tex").read_text(encoding="utf-8") == "mine"


def test_file_in_place_of_the_folder(models: dict[int, TopicModel]) -> None:
    """A file of that name is neither written over nor removed."""
    FOLDER.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="is a file"):
        write(models[2])
    assert FOLDER.read_text(encoding="utf-8") == "mine"


def test_kept_files(models: dict[int, TopicModel]) -> None:
    """Files that are to be kept stay as they are, and in the record; others of the older model go."""
    write(models[2])
    for name in ("reconstruction.png", "old.csv"):
        (FOLDER / name).write_text("old", encoding="utf-8")
    record = read_run(FOLDER)
    record["files"] += ["reconstruction.png", "old.csv"]
    (FOLDER / "run.json").write_text(json.dumps(record), encoding="utf-8")
    write(models[2], keep=["reconstruction.png"])
    assert contents()["reconstruction.png"] == b"old"
    assert "old.csv" not in contents()
    assert "reconstruction.png" in files_of(FOLDER)


@pytest.mark.slow
@pytest.mark.parametrize(
    "files",
    [["../outside.txt", "clouds/../model.npz", "/etc/hostname", "", "."], "model.npz", [1, None, {}]],
)
def test_record_that_lies(models: dict[int, TopicModel], files: Any) -> None:
    """A record that names files elsewhere, or none at all, makes nothing disappear that is not the folder's."""
    write(models[2])
    Path("outside.txt").write_text("mine", encoding="utf-8")
    (FOLDER / "run.json").write_text(json.dumps({"schema": 1, "files": files}), encoding="utf-8")
    before = set(contents())
    write(models[2])
    redraw(models[2], FOLDER, PictureStyle())
    assert Path("outside.txt").read_text(encoding="utf-8") == "mine"
    assert set(contents()) == before
    assert load_model(FOLDER).rank == 2


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe"])
def test_record_that_cannot_be_read(models: dict[int, TopicModel], content: bytes) -> None:
    """A garbled record is as none: the model is written anew all the same."""
    write(models[2])
    (FOLDER / "run.json").write_bytes(content)
    assert read_run(FOLDER) == {}
    assert files_of(FOLDER) == []
    write(models[2])
    assert "model.npz" in files_of(FOLDER)


def test_record_that_is_not_there() -> None:
    """Without a record there is nothing that is ours."""
    assert read_run(Path("nowhere")) == {}
    assert files_of(Path("nowhere")) == []


# ---------------------------------------------------------------------------------------------- drawn again


@pytest.mark.slow
def test_redraw_changes_only_pictures_and_report(models: dict[int, TopicModel]) -> None:
    """Other pictures in another size, also in the report, SVG if asked for and removed if not; all else stays."""
    write(models[3])
    before = contents()
    redraw(models[3], FOLDER, PictureStyle(size=(300, 200), svg=True))
    after = contents()
    svg = {f"clouds/topic-0{k}.svg" for k in (1, 2, 3)}
    assert set(after) == set(before) | svg
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {name for name in before if name.startswith("clouds/")} | {"run.json", "report.html"}
    assert read_run(FOLDER)["made"] == "by a test"
    assert files_of(FOLDER) == sorted(after)
    redraw(models[3], FOLDER, PictureStyle())
    assert contents() == before


@pytest.mark.usefixtures("no_system_fonts")
def test_redraw_that_fails(models: dict[int, TopicModel]) -> None:
    """Pictures that cannot be drawn, or not in that size, leave the old ones as they are."""
    write(models[3])
    before = contents()
    with pytest.raises(OutputError, match="scripts: Chinese"):
        redraw(without_font(models[3]), FOLDER, PictureStyle())
    with pytest.raises(OutputError, match="too small for the words"):
        redraw(models[3], FOLDER, PictureStyle(size=(8, 8)))
    assert contents() == before


def test_redraw_of_fewer_pictures(models: dict[int, TopicModel]) -> None:
    """The picture of a topic whose words are all hidden goes when the pictures are drawn again."""
    write(models[3])
    redraw(models[3].renamed({}, [word for word, _ in models[3].terms(2, 999)]), FOLDER, PictureStyle())
    left = {name for name in contents() if name.startswith("clouds/topic")}
    assert left == {"clouds/topic-01.png", "clouds/topic-03.png"}
    assert set(files_of(FOLDER)) == set(contents())
