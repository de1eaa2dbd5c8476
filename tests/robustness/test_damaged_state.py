"""Damaged, mixed and hostile files of state: an error that names the file, or a notice, never a traceback or a hang."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from damage import DAMAGES, damaged
from inputs import WIDE
from outputs import everything
from program import Refused, Run

from nmf_topics.errors import ModelError
from nmf_topics.factor.blocks import as_blocks
from nmf_topics.factor.engines.checkpoints import Checkpointing
from nmf_topics.factor.engines.choice import EngineOptions
from nmf_topics.factor.factorize import factorize
from nmf_topics.files.cache.cache import Cache
from nmf_topics.model.files import load_model, save_model
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.terms.pruning import Bounds


@pytest.mark.parametrize("name", ["model.npz", "model.json"])
def test_random_damages_of_a_model(model: TopicModel, name: str) -> None:
    """Every damaged model is refused by name, or it has the very numbers of the whole one."""
    save_model(model, "whole")
    whole = load_model("whole")
    shutil.copytree("whole", "broken")
    data = Path("whole", name).read_bytes()
    chance = random.Random(20261124)
    refused = 0
    for _ in range(DAMAGES):
        Path("broken", name).write_bytes(damaged(data, chance))
        try:
            found = load_model("broken")
        except ModelError as error:
            refused += "broken" in str(error)
        else:
            assert found.W.tobytes() == whole.W.tobytes()
            assert found.H.tobytes() == whole.H.tobytes()
            assert found.recipe == whole.recipe
            assert found.relative_error == whole.relative_error
            assert found.description == whole.description
            assert (found.names, found.hidden, found.columns) == (whole.names, whole.hidden, whole.columns)
    assert refused > DAMAGES / 2


def test_a_header_that_is_no_python(model: TopicModel) -> None:
    """A changed byte in the header of an array makes numpy's tokenizer fail; the model is called damaged."""
    save_model(model, "m")
    path = Path("m/model.npz")
    arrays = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(arrays, "w") as new:
        for member in old.namelist():
            new.writestr(member, old.read(member).replace(b"{'descr'", b"{('desc("))
    path.write_bytes(arrays.getvalue())
    with pytest.raises(ModelError, match=r"the model in m is damaged: model.npz cannot be read"):
        load_model("m")


def test_an_entry_that_is_no_array(model: TopicModel) -> None:
    """numpy gives an entry without its magic number as bytes; the model is called damaged."""
    save_model(model, "m")
    path = Path("m/model.npz")
    arrays = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(arrays, "w") as new:
        for member in old.namelist():
            new.writestr(member, b"garbage" if member == "errors.npy" else old.read(member))
    path.write_bytes(arrays.getvalue())
    with pytest.raises(ModelError, match=r"the model in m is damaged: model.npz .*entries that are not arrays"):
        load_model("m")


def test_files_of_two_models_are_not_mixed(model: TopicModel) -> None:
    """Numbers of one model with the names of another, as a kill between two moves could leave them, are refused."""
    save_model(model.renamed({1: "Fire"}), "first")
    other = TopicModel(
        **{**{f: getattr(model, f) for f in model.__dataclass_fields__}, "W": model.W[:, [1, 0, 2]].copy()}
    )
    save_model(other, "second")
    shutil.copy("second/model.npz", "first/model.npz")
    with pytest.raises(ModelError, match=r"model.npz is not the one that model.json was written with"):
        load_model("first")


def test_a_model_without_a_digest_loads(model: TopicModel) -> None:
    """Models of earlier versions have none."""
    save_model(model, "m")
    document = json.loads(Path("m/model.json").read_text(encoding="utf-8"))
    del document["sha256"], document["file_sha256"]
    Path("m/model.json").write_text(json.dumps(document), encoding="utf-8")
    assert load_model("m").W.tobytes() == model.W.tobytes()


def test_random_damages_of_a_checkpoint(rng: np.random.Generator) -> None:
    """A damaged checkpoint is absent: one notice, the file is gone, and the fit ends with the same bytes."""
    V = rng.random((12, 9))
    said: list[str] = []
    checkpointing = Checkpointing(Cache(Path("cache"), warn=said.append), 1e-9, said.append)
    options = {"rank": 3, "seed": 1}
    first = checkpointing.of(as_blocks(V), options)
    states = []
    factorize(V, 3, max_iter=4, tolerance=0, on_state=states.append)
    first._write(states[-1])
    (path,) = Path("cache").glob("checkpoint-*")
    data = path.read_bytes()
    whole = checkpointing.of(as_blocks(V), options).recall()
    assert whole is not None
    chance = random.Random(20261124)
    for _ in range(DAMAGES):
        path.write_bytes(damaged(data, chance))
        said.clear()
        found = checkpointing.of(as_blocks(V), options).recall()
        assert len(said) == 1
        if found is None:
            assert "cannot be used" in said[0]
            assert not path.exists()
        else:
            assert found.W.tobytes() == whole.W.tobytes()
            assert found.H.tobytes() == whole.H.tobytes()


@pytest.mark.parametrize("entry", ["counts-*", "blocks-*/*", "blocks-*/counts/*"])
def test_random_damages_of_the_cache(tiny_corpus: Path, entry: str) -> None:
    """A damaged entry is absent: V is the same, one notice says so, and the entry is whole again."""
    said: list[str] = []
    recipe = Recipe(bounds=Bounds(min_pages=1, max_pages=0.5))
    engine = EngineOptions("memory" if entry == "counts-*" else "disk")

    def read() -> bytes:
        said.clear()
        data = prepare(Source(str(tiny_corpus)), recipe, cache=Path("cache"), engine=engine, warn=said.append)
        blocks = [sp.csc_matrix(block).toarray().tobytes() for _, block in as_blocks(data.V).map(_itself)]
        return b"".join([*blocks, json.dumps([data.columns.to_meta(), data.words, data.recipe], default=str).encode()])

    whole = read()
    assert said == []
    chance = random.Random(20261124)
    files = [path for path in sorted(Path("cache").glob(entry)) if path.is_file()]
    before = {path: path.read_bytes() for path in files}
    noticed = 0
    for _ in range(DAMAGES):
        path = chance.choice(files)
        path.write_bytes(damaged(before[path], chance))
        changed = path.read_bytes()
        assert read() == whole
        assert len(said) <= 1
        noticed += len(said)
        assert path.read_bytes() == (before[path] if said else changed)
        path.write_bytes(before[path])
    assert noticed > DAMAGES / 2


def _itself(block: object) -> object:
    """A block."""
    return block


@pytest.mark.parametrize("contents", [b"", b"\0" * 300, b"garbage", b"[]", b'{"schema": 1}'])
def test_a_damaged_cache_costs_time_only(ok: Run, tiny_corpus: Path, contents: bytes) -> None:
    """Blocks whose list is damaged are made again."""
    fit = ["fit", tiny_corpus, "-r", 2, *WIDE, "--engine", "disk", "--no-report", "--no-clouds"]
    ok(*fit, "-o", "first")
    lists = list(Path(os.environ["NMF_TOPICS_CACHE"]).glob("blocks-*/blocks.json"))
    assert lists
    for path in lists:
        path.write_bytes(contents)
    ok(*fit, "-o", "second")
    assert load_model("second").W.tobytes() == load_model("first").W.tobytes()


def packed(path: Path) -> None:
    """A model whose numbers unpack to a thousand times their size."""
    np.savez_compressed(path / "model.npz", W=np.zeros((4_000_000, 10)), H=np.zeros((10, 10)))


def pipe(path: Path) -> None:
    """A pipe that nobody writes into, in place of the numbers."""
    (path / "model.npz").unlink()
    os.mkfifo(path / "model.npz")


def device(path: Path) -> None:
    """A link to an endless device, in place of the numbers."""
    (path / "model.npz").unlink()
    (path / "model.npz").symlink_to("/dev/zero")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
@pytest.mark.parametrize("hostile", [packed, pipe, device])
def test_models_of_strangers(refused: Refused, fitted: Path, hostile: Callable[[Path], None]) -> None:
    """What would take all memory, or wait for ever, is refused before it is read."""
    hostile(fitted)
    assert "is damaged: model.npz" in refused(1, "topics")


def test_extracts_that_unpack_without_end(ok: Run, fitted: Path) -> None:
    """The report goes without texts that would unpack to gigabytes."""
    (fitted / "extracts.json.gz").write_bytes(gzip.compress(bytes(300_000_000), compresslevel=1))
    result = ok("report")
    assert "the report has no texts" in result.stderr
    parts = gzip.compress(b'{"schema": 1, "pages": [' + b"[]," * 5_000_000 + b"[]]}", compresslevel=1)
    (fitted / "extracts.json.gz").write_bytes(parts)  # 70 kB, but 400 MB as lists
    assert "it has more than" in ok("report").stderr


def test_no_link_leads_out_of_a_model(run: Run, fitted: Path) -> None:
    """`clouds` as a link to another folder is not written through."""
    Path("elsewhere").mkdir()
    Path("elsewhere/all.png").write_bytes(b"mine")
    shutil.rmtree(fitted / "clouds")
    (fitted / "clouds").symlink_to(Path("elsewhere").resolve())
    before = everything(Path("elsewhere"))
    result = run("clouds")
    assert result.exit_code == 1
    assert "is a link to another folder" in result.stderr
    assert everything(Path("elsewhere")) == before


@pytest.mark.parametrize("record", [b"[" * 100_000, b'{"files": null}', b'{"files": ["a\\u0000b", "\\ud800", 3]}'])
def test_strange_records(ok: Run, fitted: Path, record: bytes) -> None:
    """A run.json of a stranger costs what it records, nothing else."""
    (fitted / "run.json").write_bytes(record)
    ok("label", "1=A")
    ok("report")
