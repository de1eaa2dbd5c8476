"""What the program leaves behind, as tests look at it: tables, the JSON document, files, refusals."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from click.testing import Result


def table(text: str) -> list[dict[str, str]]:
    """CSV as rows by column."""
    return list(csv.DictReader(io.StringIO(text)))


def read_table(path: Path) -> list[dict[str, str]]:
    """A CSV file as rows by column."""
    return table(path.read_text(encoding="utf-8"))


def pages_by_number(path: Path) -> list[dict[str, str]]:
    """pages.csv in the order in which the report numbers pages, that of the columns of H."""
    return sorted(read_table(path), key=lambda row: row["id"])


def document(result: Result) -> dict[str, Any]:
    """The one JSON document on stdout, whose first key is the schema."""
    found: dict[str, Any] = json.loads(result.stdout)
    assert next(iter(found)) == "schema"
    assert found["schema"] == 1
    return found


def files_below(folder: Path) -> dict[str, bytes]:
    """All files below a folder, hidden ones too."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def everything(folder: Path) -> dict[str, bytes | None]:
    """All files and folders below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
        if "__pycache__" not in path.parts
    }


def check_refusal(status: int, said: str) -> None:
    """Exit status 1 and one message, at the end."""
    assert status == 1, said
    assert said.count("Error: ") == 1, said
    assert said.splitlines()[-1].startswith("Error: "), said
    assert "Traceback" not in said
