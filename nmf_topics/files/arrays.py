"""Reading .npz files of anyone: regular files only, without pickle, and nothing that unpacks to more than the file.

A digest of all arrays detects damage that numpy would not notice.
"""

from __future__ import annotations

import hashlib
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
        if the file is not there, or cannot be read.
    ValueError
        if it is not a regular file, is damaged, or is packed (which `numpy.savez` never does).
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise ValueError(f"{path.name} is not a regular file")
    try:
        with path.open("rb") as file:
            with zipfile.ZipFile(file) as archive:
                if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
                    raise ValueError(f"{path.name} has packed entries")
            file.seek(0)
            with np.lib.npyio.NpzFile(file, allow_pickle=False) as arrays:
                return {name: arrays[name] for name in arrays.files}
    except OSError:
        raise
    except Exception as error:  # a damaged header can end in an exception of any kind, of the tokenizer for example
        raise ValueError(f"{path.name} cannot be read ({error or type(error).__name__})") from error


def digest_of(arrays: Mapping[str, Any]) -> str:
    """The sha256 of names, types, shapes and bytes of some arrays, as hexadecimal digits."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
