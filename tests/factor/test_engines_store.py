"""Folders of blocks: what is written is read, whole or not at all, and damage is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_topics.errors import EngineError, MatrixError, OutputError
from nmf_topics.factor.blocks import as_blocks
from nmf_topics.factor.engines import store
from nmf_topics.factor.engines.disk import OnDisk, cut, to_disk
from nmf_topics.factor.engines.store import MARK, column_ranges, read_block, read_manifest, write_blocks


@pytest.fixture
def V(rng: np.random.Generator) -> Any:
    """30 x 40, sparse, with a page and a term of zeros."""
    dense = rng.random((30, 40)) * (rng.random((30, 40)) < 0.3)
    dense[:, 12] = dense[3] = 0.0
    return sp.csc_matrix(dense)


@pytest.fixture
def folder(tmp_path: Path, V: Any) -> Path:
    """V in four blocks, each of which no test of this process has read."""
    store._verified.clear()
    to_disk(V, tmp_path / "blocks", columns=11, made_from={"key": "ü"})
    return tmp_path / "blocks"


def whole(folder: Path) -> Any:
    """All blocks side by side, dense."""
    manifest = read_manifest(folder)
    blocks = [read_block(folder, manifest, part) for part in manifest.parts]
    return np.hstack([block.toarray() if sp.issparse(block) else np.asarray(block) for block in blocks])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
@pytest.mark.parametrize("form", [sp.csc_matrix, lambda V: V.toarray()])
@pytest.mark.parametrize("columns", [1, 11, 40, 1000])
def test_round_trip(form: Callable[[Any], Any], dtype: type, columns: int, V: Any, tmp_path: Path) -> None:
    """Every type, dense and sparse, comes back as it was, entry for entry, in blocks of so many columns."""
    matrix = form(sp.csc_matrix((np.round(V.data * 100).astype(dtype), V.indices, V.indptr), shape=V.shape))
    disk = to_disk(matrix, tmp_path / "x", columns=columns)
    assert (disk.shape, disk.dtype) == ((30, 40), dtype)
    found = whole(tmp_path / "x")
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, matrix.toarray() if sp.issparse(matrix) else matrix)
    assert [part.columns for part in disk.manifest.parts] == [min(columns, 40 - f) for f in range(0, 40, columns)]


@settings(max_examples=40, deadline=None)
@given(data=st.data(), m=st.integers(1, 9), n=st.integers(1, 9))
def test_round_trip_of_anything(data: st.DataObject, m: int, n: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever the entries and the cuts, empty blocks among them: sum over columns, entries and types come back."""
    entries = data.draw(st.lists(st.integers(0, 3), min_size=m * n, max_size=m * n))
    V = np.array(entries, dtype=np.int32).reshape(m, n)
    columns = data.draw(st.integers(1, n))
    folder = tmp_path_factory.mktemp("any") / "x"
    to_disk(sp.csc_matrix(V), folder, columns=columns)
    np.testing.assert_array_equal(whole(folder), V)


def test_blocks_are_mapped_not_read(folder: Path) -> None:
    """A block's arrays are views of the file: read-only, and without memory of their own."""
    manifest = read_manifest(folder)
    block = read_block(folder, manifest, manifest.parts[0])
    for array in (block.data, block.indices, block.indptr):
        assert not array.flags.writeable
        assert not array.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        block.data[0] = 1.0


def test_manifest_says_what_is_there(folder: Path, V: Any) -> None:
    """Sizes, types, what it was made from, and the columns of each part."""
    manifest = read_manifest(folder)
    assert (manifest.rows, manifest.columns, manifest.type, manifest.sparse) == (30, 40, "float64", True)
    assert manifest.made_from == {"key": "ü"}
    assert sum(part.stored for part in manifest.parts) == V.nnz
    assert [columns.start for _, columns in column_ranges(manifest)] == [0, 11, 22, 33]
    assert json.loads((folder / MARK).read_text(encoding="utf-8"))["schema"] == 1


def test_same_blocks_make_the_same_bytes(folder: Path, V: Any, tmp_path: Path) -> None:
    """Whatever the order of the entries that are handed in."""
    shuffled = V.tocoo()
    order = np.random.default_rng(1).permutation(V.nnz)
    again = sp.coo_matrix((shuffled.data[order], (shuffled.row[order], shuffled.col[order])), shape=V.shape)
    to_disk(again, tmp_path / "again", columns=11, made_from={"key": "ü"})
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


@pytest.mark.parametrize("bad", [np.nan, -1.0, np.inf])
def test_what_cannot_be_factored_is_not_written(bad: float, V: Any, tmp_path: Path) -> None:
    """The door of the seam is asked for every block, and nothing is left behind."""
    V.data[V.indptr[35]] = bad
    with pytest.raises(MatrixError):
        to_disk(V, tmp_path / "x", columns=11)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([], "no block"),
        ([np.ones((3, 2)), np.ones((4, 2))], "dense float64 with 4 rows"),
        ([np.ones((3, 2)), np.ones((3, 2), np.float32)], "dense float64 with 3 rows and of dense float32"),
        ([np.ones((3, 2)), sp.csc_matrix(np.ones((3, 2)))], "sparse float64"),
        ([np.ones((3, 2), np.int8)], "a block of int8 cannot be written"),
    ],
)
def test_blocks_that_do_not_fit(blocks: list[Any], message: str, tmp_path: Path) -> None:
    """Blocks of one folder have one number of rows and one type."""
    with pytest.raises(EngineError, match=message):
        write_blocks(tmp_path / "x", blocks)
    assert list(tmp_path.iterdir()) == []


def test_a_later_folder_takes_the_place_of_an_older_one(folder: Path, V: Any) -> None:
    """All of it: no part of the older one remains."""
    to_disk(V, folder, columns=30)
    assert sorted(path.name for path in folder.iterdir()) == [MARK, "part-00000.bin", "part-00001.bin"]


def test_an_error_under_way_leaves_what_was_there(folder: Path, V: Any) -> None:
    """Blocks that cannot be had to their end take nothing away."""

    def breaks() -> Iterator[Any]:
        yield from cut(V, 30)
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError):
        write_blocks(folder, breaks())
    np.testing.assert_array_equal(whole(folder), V.toarray())
    assert not list(folder.glob(".partial-*"))


def test_leaves_other_peoples_files_alone(tmp_path: Path, V: Any) -> None:
    """A folder with other files is not written into, and a file is none."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_text("meow")
    with pytest.raises(OutputError, match="did not make"):
        to_disk(V, tmp_path / "photos", columns=9)
    with pytest.raises(OutputError, match="is a file"):
        to_disk(V, tmp_path / "photos" / "cat.jpg", columns=9)


def alter(path: Path) -> None:
    """Change one byte in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "part-00002.bin").unlink(), "part-00002.bin cannot be read: No such file"),
        (lambda f: os.truncate(f / "part-00001.bin", 100), "part-00001.bin has 100 bytes"),
        (lambda f: alter(f / "part-00003.bin"), "part-00003.bin is damaged: its checksum"),
        (lambda f: (f / MARK).unlink(), "is no folder of blocks"),
        (lambda f: (f / MARK).write_text("{"), "blocks.json is damaged"),
        (lambda f: (f / MARK).write_text("[1]"), "does not say which version"),
        (lambda f: (f / MARK).write_bytes(b"\xff"), "blocks.json cannot be read"),
        (lambda f: edit(f, schema=2), "later version"),
        (lambda f: edit(f, columns=41), "do not make up the whole"),
        (lambda f: edit(f, rows=-1), "sizes make no sense"),
        (lambda f: edit(f, rows=31, type="float16"), "do not make up the whole"),
        (lambda f: edit(f, parts=[]), "sizes make no sense"),
        (lambda f: edit(f, parts=[{"file": "../../x", "columns": 40, "stored": 1, "crc32": 1}]), "odd names"),
        (lambda f: edit(f, surprise=1), "blocks.json is damaged"),
    ],
)
def test_damage_is_said(damage: Callable[[Path], None], message: str, folder: Path) -> None:
    """A block that is missing, cut short or altered, and a manifest that is not one, are named."""
    damage(folder)
    with pytest.raises(EngineError, match=message):
        whole(folder)


def edit(folder: Path, **changes: Any) -> None:
    """Change entries of the manifest."""
    document = json.loads((folder / MARK).read_text(encoding="utf-8"))
    (folder / MARK).write_text(json.dumps(document | changes))


def test_a_folder_is_a_matrix(folder: Path, V: Any) -> None:
    """The door of the seam takes the path of a folder."""
    blocks = as_blocks(folder)
    assert isinstance(blocks, OnDisk)
    assert blocks.shape == V.shape


CHILD = """
import os, sys
from pathlib import Path
import numpy as np
from nmf_topics.errors import NmfTopicsError
from nmf_topics.factor.engines.disk import to_disk
try:
    to_disk(np.ones((1000, 2000)), Path(sys.argv[1]), columns=100)
except NmfTopicsError as error:
    sys.exit(str(error))
"""


def test_a_full_disk(tmp_path: Path) -> None:
    """Said in one line, with the variable that chooses another place; nothing stays."""
    if os.geteuid() != 0 or sys.platform != "linux":
        pytest.skip("a small file system needs root to be mounted")
    (tmp_path / "small").mkdir()
    mount = ["unshare", "-m", "sh", "-c"]
    script = f"mount -t tmpfs -o size=5m none {tmp_path}/small && {sys.executable} -c '{CHILD}' {tmp_path}/small/b; "
    script += f"code=$?; ls -A {tmp_path}/small; exit $code"
    done = subprocess.run([*mount, script], capture_output=True, text=True, check=False)
    if "mount" in done.stderr:
        pytest.skip("no file system may be mounted here")
    assert done.returncode == 1, done.stderr
    assert "no space left on the disk" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_no_permission(tmp_path: Path) -> None:
    """A folder that may not be written into is said, with the variable that chooses another."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    command = [sys.executable, "-c", CHILD, str(closed / "b")]
    if os.geteuid() == 0:
        command = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no permission to write" in done.stderr
    assert "NMF_TOPICS_CACHE" in done.stderr
