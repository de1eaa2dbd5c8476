"""Read and write .npz files safely: regular files only, without pickle and without compression.

So reading a file from an unknown source cannot run code or need more memory than its size. A digest of all arrays
detects damage that numpy would not notice.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

DIGEST = "sha256"  # the array that holds the digest of the others


def read_arrays(path: Path) -> dict[str, Any]:
    """Read the arrays of an .npz file.

    Raises
    ------
    OSError
        if the file does not exist or cannot be read.
    ValueError
        if it is not a regular file, is damaged, or is compressed (which `numpy.savez` never does).
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise ValueError(f"{path.name} is not a regular file")
    try:
        with path.open("rb") as file:
            with zipfile.ZipFile(file) as archive:
                if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
                    raise ValueError(f"{path.name} has compressed entries")
            file.seek(0)
            with np.lib.npyio.NpzFile(file, allow_pickle=False) as arrays:
                found = {name: arrays[name] for name in arrays.files}
        if not all(isinstance(array, np.ndarray) for array in found.values()):  # numpy gives other entries as bytes
            raise ValueError(f"{path.name} has entries that are not arrays")
        return found
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):  # errors of the system; the others come from damaged contents
            raise
        raise ValueError(f"{path.name} cannot be read ({error})") from error
    except Exception as error:  # a damaged header can raise any error
        raise ValueError(f"{path.name} cannot be read ({error or type(error).__name__})") from error


def digest_of(arrays: Mapping[str, Any]) -> str:
    """Return the SHA-256 of names, types, shapes and bytes of some arrays, as hexadecimal digits."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def write_sealed_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays with their digest into an .npz file without pickle."""
    sealed = {name: np.asarray(array) for name, array in arrays.items()}
    digest = np.frombuffer(bytes.fromhex(digest_of(sealed)), dtype=np.uint8)
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **sealed, **{DIGEST: digest})


def read_sealed_arrays(path: Path) -> dict[str, Any]:
    """Read the arrays of a file that `write_sealed_arrays` wrote.

    Raises
    ------
    OSError
        if the file does not exist or cannot be read.
    ValueError
        if it is damaged.
    """
    arrays = read_arrays(path)
    digest = bytes(arrays.pop(DIGEST, np.array([], dtype=np.uint8))).hex()
    if digest != digest_of(arrays):
        raise ValueError("its contents do not match its digest")
    return arrays


def json_to_array(value: Any) -> Any:
    """Return a value as JSON in an array of bytes, for .npz files without pickle; lone surrogates are kept."""
    return np.frombuffer(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"), dtype=np.uint8)


def json_from_array(array: Any) -> Any:
    """Return the value from an array that `json_to_array` made."""
    return json.loads(array.tobytes().decode("utf-8", "surrogatepass"))
