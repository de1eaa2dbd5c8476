"""run.json: the record of the run that made a model folder, read and checked.

A record can be changed by hand, for example to repeat a run with another option. So a changed record is used, with a
notice. A record that does not fit the schema is not used at all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nmf_topics.errors import ModelError, OutputError
from nmf_topics.files.json_files import JsonFile, json_with_checksum, read_json
from nmf_topics.files.publish import finish_moves
from nmf_topics.files.schema import SchemaError
from nmf_topics.model.schema import RUN as RUN_SCHEMA

RUN = "run.json"


def read_record(path: Path) -> JsonFile:
    """Read a run.json.

    Raises
    ------
    ModelError
        if there is none, or it is damaged; the message names the file and the field.
    """
    try:
        finish_moves(path.parent)
        record = read_json(path)
        RUN_SCHEMA(record.document)
        if record.intact is None and _has_renamed_checksum(record.document):
            record = JsonFile(record.document, intact=False)
    except FileNotFoundError as error:
        raise ModelError(f"there is no record of a run in {path}; name a run.json or a model folder") from error
    except PermissionError as error:
        raise ModelError(f"{path} cannot be read: no permission") from error
    except (SchemaError, OSError, ValueError) as error:
        raise ModelError(f"{path} is not the record of a fit, or is damaged: {error}") from error
    except OutputError as error:
        raise ModelError(f"{path} cannot be used: {error}") from error
    return record


def _has_renamed_checksum(document: Mapping[str, Any]) -> bool:
    """Whether the last entry looks like a checksum with a damaged name; records of earlier versions end with files."""
    last = list(document.values())[-1] if document else None
    return isinstance(last, str) and len(last) == 64


def read_run(folder: Path, warn: Callable[[str], None] = lambda message: None) -> dict[str, Any]:
    """Read the record of the run that made a folder; empty if there is none or it is damaged, with a warning."""
    path = folder / RUN
    if not os.path.lexists(path):
        return {}
    try:
        document: dict[str, Any] = read_record(path).document
    except ModelError as error:
        warn(f"{error}; it is not used, and left as it is")
        return {}
    return document


def write_run(folder: Path, run: Mapping[str, Any], files: set[str]) -> None:
    """Write the record of a run into a folder, with the names of its files."""
    record = {**run, "files": sorted({*files, RUN})}
    (folder / RUN).write_text(json_with_checksum(record, indent=1), encoding="utf-8")
