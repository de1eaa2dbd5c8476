"""V in files: a folder of blocks of columns, written whole or not at all, and read by memory mapping.

    blocks.json      {"schema": 1, "rows": m, "columns": n, "type": "float32", "sparse": true, "made_from": ...,
                      "parts": [{"file": "part-00000.bin", "columns": k, "stored": z, "crc32": ...}, ...],
                      "sha256": digest of all the other values}
    part-00000.bin   V[:, :k]: sparse, the arrays of CSC one after another, indptr (k + 1, int32), indices (z, int32),
                     data (z); dense, the entries row by row. Each array begins at a multiple of 64 bytes.

Numbers are little-endian. blocks.json is moved into place last, so a folder that has it is complete. The lengths of
files are checked when a folder is opened, the checksum of a part when a process reads it for the first time.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import stat
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import scipy.sparse as sp

from nmf_topics.errors import EngineError
from nmf_topics.files.atomic import folder_of_files
from nmf_topics.files.cache.cache import FOLDER_VARIABLE

SCHEMA = 1
MARK = "blocks.json"
DIGEST = "sha256"
ALIGNMENT = 64
MOST_STORED = 2**31 - 1  # entries of a part, so that its indices fit in 32 bits
TYPES = ("float32", "float64", "int32")
_INDEX = np.dtype("<i4")


@dataclass(frozen=True)
class Part:
    """One file of a folder of blocks: how many columns and stored entries it has, and its checksum."""

    file: str
    columns: int
    stored: int
    crc32: int


@dataclass(frozen=True)
class Manifest:
    """The contents of blocks.json.

    Attributes
    ----------
    rows, columns : m and n
    type : str, the type of the entries, one of TYPES
    sparse : bool, CSC or dense
    made_from : whatever the writer saved with the blocks
    parts : in the order of columns
    """

    rows: int
    columns: int
    type: str
    sparse: bool
    made_from: Mapping[str, Any]
    parts: tuple[Part, ...]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the entries in the files."""
        return np.dtype(self.type).newbyteorder("<")

    def layout(self, part: Part) -> list[tuple[int, int, np.dtype[Any]]]:
        """(offset, length, type) of the arrays of a part."""
        arrays = [(self.rows * part.columns, self.dtype)]
        if self.sparse:
            arrays = [(part.columns + 1, _INDEX), (part.stored, _INDEX), (part.stored, self.dtype)]
        offset, found = 0, []
        for length, dtype in arrays:
            found.append((offset, length, dtype))
            offset += -(-length * dtype.itemsize // ALIGNMENT) * ALIGNMENT
        return found

    def size(self, part: Part) -> int:
        """The size of a part's file in bytes."""
        offset, length, dtype = self.layout(part)[-1]
        return offset + -(-length * dtype.itemsize // ALIGNMENT) * ALIGNMENT


# ------------------------------------------------------------------------------------------------------- writing


def write_blocks(
    folder: Path,
    blocks: Iterable[Any],
    *,
    made_from: Mapping[str, Any] | None = None,
    beside: Callable[[Path], None] = lambda folder: None,
) -> Manifest:
    """Write blocks of columns one after another; one of them is in memory at a time.

    Parameters
    ----------
    folder : new, empty, or an older folder of blocks, which is replaced
    blocks : matrices of shape (m, k), all CSC or all dense, of one type in TYPES; the caller has checked them
    made_from : saved in blocks.json, as JSON
    beside : called with the folder, to write further files that belong to the blocks

    Raises
    ------
    EngineError
        if there is no block, or blocks do not fit each other
    OutputError
        if the folder has other files in it, or cannot be written (no permission, no space); nothing is left behind.
    """
    parts: list[Part] = []
    first: Any = None
    with folder_of_files(folder, mark=MARK, stale=_files_of, parameter=FOLDER_VARIABLE, durable=False) as partial:
        for block in blocks:
            if first is None:
                first = _Kind.of(block)
            if _Kind.of(block) != first:
                raise EngineError(f"blocks of {first} and of {_Kind.of(block)} cannot be in one folder")
            name = f"part-{len(parts):05d}.bin"
            with (partial / name).open("wb") as file:
                parts.append(_write_part(file, name, block))
        if first is None:
            raise EngineError("there is no block of V to write")
        beside(partial)
        columns = sum(part.columns for part in parts)
        manifest = Manifest(first.rows, columns, first.type, first.sparse, dict(made_from or {}), tuple(parts))
        document = {"schema": SCHEMA, **asdict(manifest), DIGEST: _digest(manifest)}
        (partial / MARK).write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return manifest


def _digest(manifest: Manifest) -> str:
    """The sha256 of a manifest, by which a damaged one is known."""
    return hashlib.sha256(json.dumps(asdict(manifest), sort_keys=True).encode("ascii")).hexdigest()


@dataclass(frozen=True)
class _Kind:
    """The properties that all blocks of a folder share."""

    rows: int
    type: str
    sparse: bool

    @classmethod
    def of(cls, block: Any) -> _Kind:
        """The properties of one block."""
        if str(block.dtype) not in TYPES:
            raise EngineError(f"a block of {block.dtype} cannot be written; possible types are {', '.join(TYPES)}")
        return cls(int(block.shape[0]), str(block.dtype), sp.issparse(block))

    def __str__(self) -> str:
        return f"{'sparse' if self.sparse else 'dense'} {self.type} with {self.rows} rows"


def _write_part(file: BinaryIO, name: str, block: Any) -> Part:
    """Write one block."""
    if sp.issparse(block):
        block = sp.csc_matrix(block)
        if not block.has_canonical_format:
            block = block.copy()
            block.sum_duplicates()
        stored = block.nnz
        if stored > MOST_STORED:
            raise EngineError(f"a block of {stored} entries is too large; cut V into smaller blocks")
        arrays = [block.indptr.astype(_INDEX), block.indices.astype(_INDEX, copy=False), block.data]
    else:
        stored = block.size
        arrays = [np.ascontiguousarray(block)]
    crc = 0
    for array in arrays:
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        # as bytes, since an array of no entries at all has no memory that could be cast
        for piece in (array.reshape(-1).view(np.uint8).data, bytes(-array.nbytes % ALIGNMENT)):
            file.write(piece)
            crc = zlib.crc32(piece, crc)
    return Part(name, int(block.shape[1]), int(stored), crc)


def _files_of(folder: Path) -> list[str]:
    """Parts of an older folder of blocks, which are removed when it is written again."""
    return [path.name for path in folder.glob("part-*.bin")]


# ------------------------------------------------------------------------------------------------------- reading


def read_manifest(folder: Path) -> Manifest:
    """Read blocks.json and check that all files are there.

    Raises
    ------
    EngineError
        if the folder does not contain blocks, is of a later version, damaged, or cannot be read.
    """
    try:
        if not stat.S_ISREG((folder / MARK).stat().st_mode):
            raise EngineError(f"{folder / MARK} is not a regular file; {REMEDY}")
        text = (folder / MARK).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise EngineError(f"{folder} is no folder of blocks: it has no {MARK}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise EngineError(f"{folder / MARK} cannot be read: {_why(error)}") from error
    try:
        manifest = _parse(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise EngineError(f"{folder / MARK} is damaged: {error}; {REMEDY}") from error
    for part in manifest.parts:
        _check_length(folder / part.file, manifest.size(part))
    return manifest


REMEDY = "remove the folder, and its blocks are made anew"


def _why(error: OSError | UnicodeDecodeError) -> str:
    return str(getattr(error, "strerror", None) or error)


def _parse(document: Any) -> Manifest:
    """Build a manifest from the JSON document; anything wrong raises a ValueError."""
    if not isinstance(document, dict) or type(document.get("schema")) is not int:
        raise ValueError("it does not say which version it is")
    if document.pop("schema") > SCHEMA:
        raise EngineError("the blocks were written by a later version; update nmf-topics")
    digest = document.pop(DIGEST, None)
    parts = tuple(Part(**part) for part in document.pop("parts"))
    manifest = Manifest(**document, parts=parts)
    numbers = [manifest.rows, manifest.columns, *(n for p in parts for n in (p.columns, p.stored, p.crc32))]
    if not parts or any(type(n) is not int or n < 0 for n in numbers) or 0 in (manifest.rows, manifest.columns):
        raise ValueError("its sizes make no sense")
    if manifest.type not in TYPES or manifest.columns != sum(part.columns for part in parts):
        raise ValueError("its parts do not make up the whole")
    if any("/" in part.file or "\\" in part.file or not part.file.startswith("part-") for part in parts):
        raise ValueError("its parts have odd names")
    if digest is not None and digest != _digest(manifest):
        raise ValueError("its digest is not that of its contents")
    return manifest


def _check_length(path: Path, wanted: int) -> None:
    try:
        found = path.stat().st_size
    except OSError as error:
        raise EngineError(f"the block {path} cannot be read: {_why(error)}; {REMEDY}") from error
    if found != wanted:
        raise EngineError(f"the block {path} has {found} bytes where it should have {wanted}; {REMEDY}")


_verified: set[tuple[str, int]] = set()  # parts whose checksum this process has verified


def read_block(folder: Path, manifest: Manifest, part: Part, *, verify: bool = False) -> Any:
    """Map one block into memory: CSC or dense, read-only; the data are read from the disk on access.

    With `verify`, its checksum is compared even if this process has done so before.

    Raises
    ------
    EngineError
        if the file is missing, truncated, altered, or cannot be read.
    """
    path = folder / part.file
    _check_length(path, manifest.size(part))
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise EngineError(f"the block {path} cannot be read: {_why(error)}") from error
    key = (str(path.absolute()), part.crc32)
    if verify or key not in _verified:
        if zlib.crc32(mapped) != part.crc32:
            raise EngineError(f"the block {path} is damaged: its checksum is wrong; {REMEDY}")
        _verified.add(key)
    arrays = [np.frombuffer(mapped, dtype, length, offset) for offset, length, dtype in manifest.layout(part)]
    if sys.byteorder == "big":
        arrays = [array.astype(array.dtype.newbyteorder("=")) for array in arrays]
    if not manifest.sparse:
        return arrays[0].reshape(manifest.rows, part.columns)
    indptr, indices, data = arrays
    block = sp.csc_matrix((data, indices, indptr), shape=(manifest.rows, part.columns), copy=False)
    block.has_canonical_format = True  # as they were written
    return block


def column_ranges(manifest: Manifest) -> Iterator[tuple[Part, slice]]:
    """Each part with its columns."""
    first = 0
    for part in manifest.parts:
        yield part, slice(first, first + part.columns)
        first += part.columns
