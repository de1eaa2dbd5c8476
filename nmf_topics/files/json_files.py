"""JSON files of state: read from anyone without surprises, written with a checksum of their own.

The last entry of a file that `json_with_checksum` made is the sha256 of all the bytes before its line. It detects
damage that leaves valid JSON, such as a changed digit. Files of earlier versions have none.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKSUM = "file_sha256"
_LAST_LINE = f'\n "{CHECKSUM}": '.encode()


_SURROGATES = re.compile("[\ud800-\udfff]")


def json_text(document: Any) -> str:
    """A document as indented JSON that can be written anywhere.

    Bytes of a path that are not UTF-8 are escaped, so that a reader gets the path back.

    Examples
    --------
    >>> print(json_text({"path": "caf\\udce9"}))
    {
     "path": "caf\\udce9"
    }
    """
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return _SURROGATES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


@dataclass(frozen=True)
class JsonFile:
    """The contents of a JSON file.

    Attributes
    ----------
    document : what it contains; without its checksum, if it is an object
    intact : whether the bytes are those that were written; None for a file without a checksum
    """

    document: Any
    intact: bool | None


def json_with_checksum(document: Mapping[str, Any], *, indent: int | None = None) -> str:
    """The text of a JSON file with a checksum: indented, or an entry a line, which is written several times faster."""
    entries = {name: value for name, value in document.items() if name != CHECKSUM}
    if indent is not None:
        text = json.dumps(entries, ensure_ascii=False, indent=indent).removesuffix("\n}") + ","
    else:
        parts = (f" {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in entries.items())
        text = "{\n" + ",\n".join(parts) + ","
    return f'{text}\n "{CHECKSUM}": "{hashlib.sha256(text.encode()).hexdigest()}"\n}}\n'


def read_json(path: Path) -> JsonFile:
    """Read a JSON file.

    Raises
    ------
    OSError
        if it is not there, or cannot be read.
    ValueError
        if it is not a regular file, not UTF-8, not JSON, or nested too deeply.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):  # nothing is read from a pipe or a device
        raise ValueError(f"{path.name} is not a regular file")
    data = path.read_bytes()
    try:
        document = json.loads(data.decode("utf-8"))
    except RecursionError as error:
        raise ValueError(f"{path.name} is nested too deeply") from error
    except ValueError as error:
        raise ValueError(f"{path.name} is not JSON in UTF-8 ({error})") from error
    intact = None
    if isinstance(document, dict) and CHECKSUM in document:
        written = document.pop(CHECKSUM)
        intact = hashlib.sha256(data.rpartition(_LAST_LINE)[0]).hexdigest() == written
    return JsonFile(document, intact)
