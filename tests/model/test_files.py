"""Saving and loading models: loaded models are equal, and other files are refused with a reason."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmf_topics.errors import ModelError
from nmf_topics.files.json_files import CHECKSUM
from nmf_topics.images.pixels import PixelGrid
from nmf_topics.matrix.datamatrix import DataMatrix, PageColumns
from nmf_topics.model.files import MARK, load_model, point_latest, resolve_model, save_model
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.terms.pruning import Bounds
from nmf_topics.text.analyzer import WordOptions

ARRAYS = ("W", "H", "errors", "trace", "coherences", "stabilities")


@pytest.fixture
def model(tiny_corpus: Path) -> TopicModel:
    """Three topics of the tiny corpus, one named, one word hidden, with words stopped."""
    recipe = Recipe(words=WordOptions(stop=("cheese",)), bounds=Bounds(min_pages=2, max_pages=0.5))
    return fit_topics(prepare(Source(str(tiny_corpus)), recipe), 3).renamed({2: "Música “é”"}, ["cat"])


@pytest.fixture
def stored(model: TopicModel) -> Path:
    """That model in a folder."""
    Path("stored").mkdir()
    save_model(model, Path("stored"))
    return Path("stored")


def test_penalties_come_back(tiny_corpus: Path) -> None:
    """A model of a fit with penalties has them on disk, and a page of the fit gets its own column of H back."""
    options = {"l1_words": 0.001, "l1_pages": 0.02, "l2_words": 0.01, "l2_pages": 0.1}
    recipe = Recipe(bounds=Bounds(min_pages=2, max_pages=0.5), **options)
    data = prepare(Source(str(tiny_corpus)), recipe)
    model = fit_topics(data, 3, **recipe.factors())
    assert (model.penalties > 0).all()
    assert {name: model.recipe[name] for name in options} == options
    Path("stored").mkdir()
    save_model(model, Path("stored"))
    again = load_model(Path("stored"))
    np.testing.assert_array_equal(again.penalties, model.penalties)
    np.testing.assert_allclose(again.project(data.V)[0], model.H, rtol=1e-9, atol=1e-12)
    free = replace(model, penalties=np.zeros((2, 3))).project(data.V)[0]
    assert not np.allclose(free, model.H, rtol=1e-3)


def image_model(rng: np.random.Generator) -> TopicModel:
    """A model of images, without weighting and without coherence."""
    names = [f"{j}.png" for j in range(6)]
    return fit_topics(DataMatrix(rng.random((6, 6)), PixelGrid(2, 3), PageColumns(names, names, [{}] * 6)), 2)


def assert_same(one: TopicModel, other: TopicModel) -> None:
    """Check that two models have equal arrays, names, options and statistics."""
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), strict=True)
        assert not getattr(other, name).flags.writeable
    assert one.rows == other.rows
    assert one.columns == other.columns
    assert (one.stopped, one.relative_error) == (other.stopped, other.relative_error)
    assert (dict(one.names), tuple(one.hidden)) == (dict(other.names), tuple(other.hidden))
    plain = [json.loads(json.dumps([m.recipe, m.ledger])) for m in (one, other)]
    assert plain[0] == plain[1]
    if one.weighting is None:
        assert other.weighting is None
    else:
        assert (one.weighting.name, one.weighting.unit) == (other.weighting.name, other.weighting.unit)
        for name, array in one.weighting.to_arrays().items():
            np.testing.assert_array_equal(array, other.weighting.to_arrays()[name], strict=True)


# ---------------------------------------------------------------------------------------------- the same comes back


def test_round_trip_of_text(model: TopicModel, stored: Path) -> None:
    """A model of text comes back whole: arrays with their nan, words, pages with metadata, names, hidden words."""
    assert np.isnan(model.stabilities).all()
    assert_same(model, load_model(stored))
    assert_same(model, load_model(str(stored)))
    assert load_model(stored).label(2) == "Música “é”"


def test_model_of_a_version_without_certificates(model: TopicModel, stored: Path) -> None:
    """A model of an earlier version without the field can be loaded; a new one is restored exactly."""
    assert load_model(stored).certificate == model.certificate > 0
    change_json(stored, lambda document: document.pop("certificate"))
    assert np.isnan(load_model(stored).certificate)


def test_round_trip_of_images(rng: np.random.Generator) -> None:
    """A model of images comes back whole, its grid with it."""
    model = image_model(rng)
    Path("stored").mkdir()
    save_model(model, Path("stored"))
    assert_same(model, load_model("stored"))
    assert load_model("stored").rows == PixelGrid(2, 3)


def test_round_trip_of_missing_values(model: TopicModel) -> None:
    """Pages without an error, and metadata of every plain kind, come back as they are."""
    errors = model.errors.copy()
    errors[3] = np.nan
    kinds: dict[str, Any] = {"n": 1, "x": 0.1, "text": "a\u2028b\n\x07", "none": None, "yes": True, "big": 2**60}
    odd = PageColumns(model.columns.ids, model.columns.titles, [kinds, *model.columns.meta[1:]])
    model = replace(model, errors=errors, columns=odd)
    Path("stored").mkdir()
    save_model(model, Path("stored"))
    assert_same(model, load_model("stored"))


def test_single_precision_stays(rng: np.random.Generator) -> None:
    """A model of float32 comes back as float32."""
    model = image_model(rng)
    single = replace(model, W=model.W.astype(np.float32), H=model.H.astype(np.float32))
    Path("stored").mkdir()
    save_model(single, Path("stored"))
    assert load_model("stored").W.dtype == np.float32


def test_same_model_same_bytes(model: TopicModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Saving twice, years apart, gives the same bytes; so does saving what was loaded."""
    for name in ("a", "b", "c"):
        Path(name).mkdir()
    save_model(model, Path("a"))
    monkeypatch.setattr("time.time", lambda: 2e9)
    save_model(model, Path("b"))
    save_model(load_model("a"), Path("c"))
    for name in ("model.npz", "model.json"):
        assert Path("a", name).read_bytes() == Path("b", name).read_bytes() == Path("c", name).read_bytes()


def test_files_are_plain(stored: Path) -> None:
    """model.json begins with the schema and is text that a person can read; model.npz loads without pickle."""
    text = (stored / MARK).read_text(encoding="utf-8")
    assert text.startswith('{\n "schema": 1,')
    assert "Música" in text
    with np.load(stored / "model.npz", allow_pickle=False) as archive:
        assert {*ARRAYS} < set(archive.files)
        assert all(archive[name].dtype.kind == "f" for name in archive.files)


@pytest.mark.slow
def test_loads_in_a_fresh_process(stored: Path, rng: np.random.Generator) -> None:
    """The public load_model needs nothing else to be imported before it, whatever the rows are."""
    Path("images").mkdir()
    save_model(image_model(rng), Path("images"))
    code = "import sys, nmf_topics; print(nmf_topics.load_model(sys.argv[1]).label(2))"
    for folder, label in ((stored, "Música “é”"), (Path("images"), "part 2")):
        command = [sys.executable, "-X", "utf8", "-c", code, str(folder)]
        result = subprocess.run(command, capture_output=True, encoding="utf-8")
        assert (result.stdout, result.stderr) == (f"{label}\n", "")


# ---------------------------------------------------------------------------------------------- what is refused


def change_json(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Alter model.json."""
    document = json.loads((folder / MARK).read_text(encoding="utf-8"))
    change(document)
    del document[CHECKSUM]
    (folder / MARK).write_text(json.dumps(document), encoding="utf-8")


def change_arrays(folder: Path, **changes: Any) -> None:
    """Replace, add or (None) remove arrays of model.npz."""
    with np.load(folder / "model.npz") as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays = {name: value for name, value in {**arrays, **changes}.items() if value is not None}
    np.savez(folder / "model.npz", **arrays)


def filled(shape: tuple[int, ...], value: float, at: tuple[int, ...] = ()) -> np.ndarray:
    """Ones, but for one value."""
    array = np.ones(shape)
    array[at or (0,) * len(shape)] = value
    return array


def test_no_model(tmp_path: Path) -> None:
    """A missing folder, an empty folder and a file are refused, and the message says how to get a model."""
    Path("empty").mkdir()
    Path("file").write_text("x", encoding="utf-8")
    for name in ("none", "empty", "file", "", "x" * 5000, "a\0b"):
        with pytest.raises(ModelError, match=r"there is no model in .*fit one first"):
            load_model(name)


@pytest.mark.parametrize("missing", ["model.npz", "model.json"])
def test_missing_file(stored: Path, missing: str) -> None:
    """A model without one of its files is reported as incomplete or missing."""
    (stored / missing).unlink()
    message = "model.npz is missing" if missing == "model.npz" else "there is no model"
    with pytest.raises(ModelError, match=message):
        load_model(stored)


def nested(depth: int) -> list[Any]:
    """Lists within each other."""
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


def put(place: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """A change that puts a value at a place: "rows.terms.0"."""

    def change(document: Any) -> None:
        *path, last = [int(part) if part.isdecimal() else part for part in place.split(".")]
        for part in path:
            document = document[part]
        document[last] = value

    return change


BROKEN_JSON: dict[str, tuple[str, Callable[[dict[str, Any]], Any]]] = {
    "later schema": ("later version .schema 2.; update", lambda d: d.update(schema=2)),
    "no schema": ("does not say which version", lambda d: d.pop("schema")),
    "schema of text": ("does not say which version", lambda d: d.update(schema="1")),
    "schema true": ("does not say which version", lambda d: d.update(schema=True)),
    "schema zero": ("does not say which version", lambda d: d.update(schema=0)),
    "unknown key": ("plugin is unknown", lambda d: d.update(plugin="x")),
    "missing key": ("recipe is missing", lambda d: d.pop("recipe")),
    "unknown rows": ("rows.kind must be one of 'terms', 'pixels', not .spectra.", put("rows.kind", "spectra")),
    "rows without a kind": ("rows.kind is missing", lambda d: d["rows"].pop("kind")),
    "fewer terms": ("do not fit|as many", lambda d: d["rows"]["terms"].pop()),
    "fewer words": ("as many words as terms", lambda d: d["rows"]["surfaces"].pop()),
    "words that are numbers": (r"rows.surfaces\[0\] must be text, not 7", put("rows.surfaces.0", 7)),
    "words that are one text": ("rows.terms must be a list, not .abc.", put("rows.terms", "abc")),
    "fewer pages": ("as many titles", lambda d: d["columns"]["ids"].pop()),
    "fewer titles": ("as many titles", lambda d: d["columns"]["titles"].pop()),
    "less metadata": ("as many titles", lambda d: d["columns"]["meta"].pop()),
    "metadata of text": (r"columns.meta\[0\] must be an object, not .x.", put("columns.meta.0", "x")),
    "unknown part of pages": ("columns.secret is unknown", lambda d: d["columns"].update(secret=[])),
    "ids that are numbers": (r"columns.ids\[0\] must be text, not 7", put("columns.ids.0", 7)),
    "columns are null": ("columns must be an object, not null", lambda d: d.update(columns=None)),
    "unknown weighting": ("weighting.name must be one of .*, not .magic.", put("weighting.name", "magic")),
    "weighting gone": ("other arrays", lambda d: d.update(weighting=None)),
    "unknown objective": ("recipe.objective must be one of .*, not .hinge.", put("recipe.objective", "hinge")),
    "unknown solver": ("recipe.solver must be one of .*, not .sgd.", put("recipe.solver", "sgd")),
    "no seed": ("recipe.seed is missing", lambda d: d["recipe"].pop("seed")),
    "recipe is a list": ("recipe must be an object, not a list of 0", lambda d: d.update(recipe=[])),
    "name of no topic": ("names topics that it does not have", lambda d: d["names"].update({"4": "x"})),
    "name of no number": ("names topics that it does not have", lambda d: d["names"].update(one="x")),
    "name that is a number": ("names.1 must be text", lambda d: d["names"].update({"1": 5})),
    "hidden text": ("hidden must be a list, not .cat.", lambda d: d.update(hidden="cat")),
    "error of text": ("relative_error must be a number, not .small.", lambda d: d.update(relative_error="small")),
    "corpus of text": ("recipe.corpus must be an object, not .x.", put("recipe.corpus", "x")),
    "words of text": ("recipe.words must be an object", put("recipe.words", "x")),
    "chunk of text": ("recipe.words.chunk must be a whole number .*, not .x.", put("recipe.words.chunk", "x")),
    "bounds as a list": ("recipe.bounds must be an object", put("recipe.bounds", [1])),
    "a true number": ("recipe.bounds.max_terms must be .*, not true", put("recipe.bounds.max_terms", True)),
    "a number that is none": ("recipe.idf_power must be .*, not NaN", put("recipe.idf_power", float("nan"))),
    "a huge number": ("relative_error must be .* too many digits", put("relative_error", 10**400)),
    "a rule of another objective": ("recipe.solver: the rule 'ehals'", put("recipe.objective", "kl")),
    "a lone surrogate": ("recipe.corpus.name must be text", put("recipe.corpus.name", "\ud800")),
    "a lone surrogate in metadata": (r"columns.meta\[0\].k must be text", put("columns.meta.0.k", "\ud800")),
    "NUL": ("recipe.corpus.name must be text without NUL", put("recipe.corpus.name", "a\0b")),
    "deep options": ("recipe.later.* nested too deeply", put("recipe.later", nested(100))),
    "a phrase of three": ("recipe.phrases.* a list of 2", put("recipe.phrases", [[["a", "b", "c"]]])),
    "a guide of text": ("recipe.guide.Tea must be a list", put("recipe.guide", {"Tea": "green"})),
    "dropped by text": ("ledger.dropped.rare must be", put("ledger.dropped.rare", "many")),
    "files not read": (r"files.not_read\[0\].kind is missing", put("ledger.files", {"not_read": [{}]})),
    "a row that is not there": ("other topics or words", put("description.topics.0.0.2", 999)),
    "a score of text": ("description.topics.* must be a number", put("description.topics.0.0.3", "x")),
    "ledger is null": ("ledger must be an object, not null", lambda d: d.update(ledger=None)),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", list(BROKEN_JSON))
def test_broken_json(stored: Path, what: str) -> None:
    """Invalid contents of model.json are refused, and the message names the folder."""
    message, change = BROKEN_JSON[what]
    change_json(stored, change)
    with pytest.raises(ModelError, match=message) as caught:
        load_model(stored)
    assert str(stored) in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", '"x"', "{}", '{"schema": 1}', "[" * 100_000])
def test_json_that_is_none(stored: Path, text: str) -> None:
    """A model.json that is no JSON, or JSON of something else, is refused."""
    (stored / MARK).write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"damaged|which version"):
        load_model(stored)


def test_a_change_that_leaves_a_valid_model(stored: Path) -> None:
    """A changed digit is detected unless the checksum is deleted; the order of entries does not matter."""
    text = (stored / MARK).read_text(encoding="utf-8")
    (stored / MARK).write_text(text.replace('"relative_error": 0.', '"relative_error": 1.'), encoding="utf-8")
    with pytest.raises(ModelError, match=r"json was changed after it was written; .* delete the entry file_sha256"):
        load_model(stored)
    change_json(stored, lambda document: None)
    assert load_model(stored).relative_error > 1


def test_json_that_is_not_utf8(stored: Path) -> None:
    """Bytes that are no UTF-8 are refused."""
    (stored / MARK).write_bytes((stored / MARK).read_text(encoding="utf-8").encode("utf-16"))
    with pytest.raises(ModelError, match="damaged"):
        load_model(stored)


@pytest.mark.slow
@pytest.mark.parametrize("factor", ["W", "H"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda A: filled(A.shape, np.nan), "finite"),
        (lambda A: filled(A.shape, np.inf), "finite"),
        (lambda A: filled(A.shape, -1e-30), "non-negative"),
        (lambda A: np.zeros_like(A), "not all zeros"),
        (lambda A: A[:-1], "do not fit|wrong length"),
        (lambda A: A[:, :-1], "do not fit"),
        (lambda A: np.vstack([A, A]), "do not fit"),
        (lambda A: A.ravel(), "two dimensions"),
        (lambda A: A[None], "two dimensions"),
        (lambda A: np.float64(1), "two dimensions"),
        (lambda A: filled(A.shape, 1e200), "no entry above"),
        (lambda A: A.astype(np.longdouble), "real numbers"),
        (lambda A: A.astype(np.float16), "real numbers"),
        (lambda A: A.astype(int), "real numbers"),
        (lambda A: A.astype(complex), "real numbers"),
        (lambda A: A.astype("U8"), "real numbers"),
        (lambda A: A[:0], "do not fit|damaged"),
        (lambda A: None, "other arrays"),
    ],
)
def test_broken_factors(model: TopicModel, stored: Path, factor: str, change: Any, message: str) -> None:
    """A factor with nan, infinite or negative entries, of another shape or type, or none at all, is refused."""
    change_arrays(stored, **{factor: change(getattr(model, factor))})
    with pytest.raises(ModelError, match=message):
        load_model(stored)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"errors": np.ones(3)},
        {"errors": np.ones((12, 1))},
        {"trace": np.ones((2, 2))},
        {"trace": np.array(["a"])},
        {"coherences": np.ones(4)},
        {"stabilities": np.ones(2)},
        {"weighting_pages": np.ones(3)},
        {"weighting_share": None},
        {"weighting_scalars": np.ones(2)},
        {"weighting_scalars": np.array([np.nan, 1, 1])},
        {"weighting_more": np.ones(3)},
        {"extra": np.ones(3)},
        {"../../outside": np.ones(3)},
    ],
    ids=str,
)
def test_broken_arrays(stored: Path, changes: dict[str, Any]) -> None:
    """Arrays of another length or type, too many and too few are refused, and none is written anywhere."""
    change_arrays(stored, **changes)
    before = sorted(Path().resolve().parent.rglob("*"))
    with pytest.raises(ModelError, match=r"wrong length|other arrays|must be finite"):
        load_model(stored)
    assert sorted(Path().resolve().parent.rglob("*")) == before


class Trap:
    """An object whose pickle would make a file."""

    def __reduce__(self) -> Any:
        return Path.touch, (Path("sprung"),)


@pytest.mark.parametrize("hidden_in", ["array", "file"])
def test_pickles_are_refused(stored: Path, hidden_in: str) -> None:
    """Arrays of objects and pickles are refused without running them."""
    if hidden_in == "array":
        change_arrays(stored, W=np.array([Trap()], dtype=object))
    else:
        (stored / "model.npz").write_bytes(pickle.dumps(Trap()))
    assert not Path("sprung").exists()
    with pytest.raises(ModelError, match="damaged"):
        load_model(stored)
    assert not Path("sprung").exists()


def test_single_array_is_no_archive(stored: Path) -> None:
    """A .npy under the name of the archive is refused."""
    with (stored / "model.npz").open("wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(ModelError, match="damaged"):
        load_model(stored)


def test_folder_in_place_of_a_file(stored: Path) -> None:
    """A folder named model.npz is refused."""
    (stored / "model.npz").unlink()
    (stored / "model.npz").mkdir()
    with pytest.raises(ModelError, match="damaged"):
        load_model(stored)


def test_array_that_claims_to_be_huge(stored: Path) -> None:
    """A header that claims more numbers than fit in memory is refused."""
    content = (stored / "model.npz").read_bytes()
    shape = f"({load_model(stored).W.shape[0]}, 3)".encode()
    huge = b"(9" + b"9" * 15 + b",)"
    assert content.count(shape) == 1
    at = content.index(shape)
    end = content.index(b"\n", at)
    header = content[at:end].replace(shape, huge)
    (stored / "model.npz").write_bytes(content[:at] + header[: end - at] + content[end:])
    with pytest.raises(ModelError, match="damaged"):
        load_model(stored)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_flipped_and_lost_bytes(stored: Path, data: st.DataObject) -> None:
    """A file with bytes changed or cut off is refused as a model error, or what comes back is still a model."""
    shutil.copytree(stored, "hurt", dirs_exist_ok=True)
    path = Path("hurt") / data.draw(st.sampled_from(["model.npz", "model.json"]))
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        model = load_model("hurt")
    except ModelError:
        return
    assert len(model.topics()) == 3
    assert len(model.pages()) == 12


# ---------------------------------------------------------------------------------------------- latest


def test_latest_names_the_model(model: TopicModel, stored: Path) -> None:
    """`latest` leads to the model from any folder, and to the next one when that is fitted."""
    latest = Path("models/latest")
    point_latest(stored, latest)
    assert latest.is_symlink()
    assert not os.path.isabs(os.readlink(latest))
    assert_same(model, load_model(latest))
    Path("models/other").mkdir()
    save_model(model.renamed({1: "Other"}), Path("models/other"))
    point_latest(Path("models/other"), latest)
    assert load_model(latest).label(1) == "Other"
    assert sorted(path.name for path in Path("models").iterdir()) == ["latest", "other"]


def test_latest_moves_with_its_folder(stored: Path) -> None:
    """The link is relative, so that a project that is moved still has its latest model."""
    Path("project/models").mkdir(parents=True)
    stored.rename("project/models/mine")
    point_latest(Path("project/models/mine"), Path("project/models/latest"))
    Path("project").rename("moved")
    assert load_model("moved/models/latest").rank == 3


def test_latest_without_links(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are no symbolic links, a file that holds the name does the same."""

    def refuse(*args: object, **settings: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    latest = Path("models/latest")
    point_latest(stored, latest)
    assert latest.is_file()
    assert not latest.is_symlink()
    assert resolve_model(latest).resolve() == stored.resolve()
    assert load_model(latest).rank == 3
    point_latest(stored, latest)
    assert load_model(latest).rank == 3


def test_latest_that_is_somebodys_folder(stored: Path) -> None:
    """A folder of that name stays as it is, and is itself a model if it holds one."""
    Path("models/latest").mkdir(parents=True)
    Path("models/latest/notes.txt").write_text("mine", encoding="utf-8")
    point_latest(stored, Path("models/latest"))
    assert sorted(path.name for path in Path("models/latest").iterdir()) == ["notes.txt"]
    with pytest.raises(ModelError, match="there is no model"):
        load_model("models/latest")


def test_latest_that_is_the_model_itself(stored: Path) -> None:
    """A model that was written to models/latest itself is not turned into a link to itself."""
    Path("models").mkdir()
    stored.rename("models/latest")
    point_latest(Path("models/latest"), Path("models/latest"))
    assert not Path("models/latest").is_symlink()
    assert load_model("models/latest").rank == 3


@pytest.mark.parametrize("content", [b"", b"gone\n", b"\xff\xfe\x00", b"..", b"a\nb\n", b"x" * 5000])
def test_latest_file_that_leads_nowhere(content: bytes) -> None:
    """A `latest` that is empty, garbled or names a model that is gone is a model error."""
    Path("models").mkdir()
    Path("models/latest").write_bytes(content)
    with pytest.raises(ModelError, match="there is no model"):
        load_model("models/latest")


def test_latest_link_that_leads_nowhere() -> None:
    """A link to a model that was removed, and one in a circle, are model errors."""
    Path("gone").symlink_to("nowhere")
    Path("latest").symlink_to("latest")
    for name in ("gone", "latest"):
        with pytest.raises(ModelError, match="there is no model"):
            load_model(name)


def test_only_latest_is_followed(stored: Path) -> None:
    """Another file that holds the name of a folder is no model."""
    Path("pointer").write_text("stored\n", encoding="utf-8")
    assert resolve_model(Path("pointer")) == Path("pointer")
    with pytest.raises(ModelError, match="there is no model in pointer"):
        load_model("pointer")
