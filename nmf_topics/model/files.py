"""Save and load models: numbers in `model.npz`, names in `model.json`; plain arrays and JSON, without pickle.

    model.npz    W (m, r), H (r, n), errors (n,), trace, coherences (r,), stabilities (r,), weighting_*; and
                 penalties (2, r) if the fit had some, known_words (n,) if V was made from text
    model.json   schema, rows (kind and names), columns (ids, titles, meta, and
                 their order where the source has one), weighting, recipe, ledger, names, hidden;
                 and the words that describe topics (see `model.description`)

Everything is checked before it is used: model.json against `model.schema`, the shapes of the arrays against the names,
and that the factors are finite and not negative. Unknown arrays and unknown fields are refused. A checksum in
model.json detects damage of that file, a digest of the arrays damage of model.npz.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nmf_topics.errors import ModelError, OutputError
from nmf_topics.files.arrays import DIGEST, digest_of, read_arrays
from nmf_topics.files.atomic import folder_of_files
from nmf_topics.files.json_files import CHECKSUM, json_with_checksum, read_json
from nmf_topics.files.publish import settled
from nmf_topics.files.schema import SchemaError
from nmf_topics.matrix.datamatrix import PageColumns
from nmf_topics.matrix.rows import AXES
from nmf_topics.matrix.weighting import FittedWeighting
from nmf_topics.model.description import Description
from nmf_topics.model.model import TopicModel
from nmf_topics.model.own_functions import with_functions
from nmf_topics.model.schema import SCHEMA, check_model
from nmf_topics.text.functions import Lemmatizer, StopTest, Tokenizer

MARK = "model.json"
EXTRACTS = "extracts.json.gz"  # in the model folder, made by `views.report.extracts`
_ARRAYS = ("W", "H", "errors", "trace", "coherences", "stabilities")
_OPTIONAL_ARRAYS = ("penalties", "known_words")  # models of earlier versions, of images or matrices have none
_WEIGHTING_ARRAYS = ("weighting_pages", "weighting_share", "weighting_scalars")
LARGEST = 1e150  # largest entry of W or H; the square of a larger one may not be finite


def save_model(model: TopicModel, folder: Path | str, *, force: bool = False) -> None:
    """Save a model into a folder, as model.npz and model.json; the same model makes the same bytes.

    Both files are replaced together once they are complete, so an interruption leaves the model that was there.

    Parameters
    ----------
    model : TopicModel; only the names of the user's own functions are saved
    folder : created if it does not exist; a model in it is replaced
    force : write into a folder that contains other files but no model

    Raises
    ------
    OutputError
        if the folder contains other files, or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from nmf_topics import fit_topics
    >>> model = fit_topics(["green tea", "black tea", "a goal", "the final goal"] * 3, 2, min_pages=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(model, folder)
    ...     print(load_model(folder).rank)
    2
    """
    with folder_of_files(Path(folder), mark=MARK, force=force, parameter="folder") as partial:
        write_model(model, partial)


def write_model(model: TopicModel, folder: Path) -> None:
    """Write model.npz and model.json into an existing folder."""
    arrays = {name: getattr(model, name) for name in _ARRAYS}
    if model.penalties.any():
        arrays["penalties"] = model.penalties
    if model.known_words is not None:
        arrays["known_words"] = model.known_words
    weighting = None
    if model.weighting is not None:
        arrays |= model.weighting.to_arrays()
        weighting = {"name": model.weighting.name, "unit": model.weighting.unit}
    np.savez(folder / "model.npz", allow_pickle=False, **arrays)
    document = {
        "schema": SCHEMA,
        "rows": {"kind": model.rows.kind, **model.rows.to_meta()},
        "columns": model.columns.to_meta(),
        "weighting": weighting,
        "recipe": model.recipe,
        "ledger": model.ledger,
        "names": {str(number): name for number, name in model.names.items()},
        "hidden": list(model.hidden),
        "stopped": model.stopped,
        "relative_error": model.relative_error,
        "certificate": model.certificate if math.isfinite(model.certificate) else None,
    }
    document[DIGEST] = digest_of(arrays)  # connects the two files, so that files of two models cannot be mixed
    if model.description is not None:
        document["description"] = model.description.to_meta()
    (folder / MARK).write_text(json_with_checksum(document), encoding="utf-8")


def resolve_model(path: Path) -> Path:
    """Return the model folder of a path: the path itself, or the folder that a file `latest` names."""
    if os.path.isfile(path) and path.name == "latest":
        return path.parent / path.read_text(encoding="utf-8", errors="replace").strip()
    return path


def point_latest(folder: Path, latest: Path) -> None:
    """Make `latest` point to a model folder: as a symbolic link, or without links as a file with its name."""
    latest.parent.mkdir(parents=True, exist_ok=True)
    target = os.path.relpath(folder.resolve(), latest.parent.resolve())
    if latest.is_dir() and not latest.is_symlink():
        return  # a folder of the user with this name is kept
    fresh = latest.with_name(f".latest-{os.getpid()}")
    try:
        fresh.symlink_to(target, target_is_directory=True)
    except (OSError, NotImplementedError):
        fresh.write_text(target + "\n", encoding="utf-8")
    os.replace(fresh, latest)


def load_model(
    path: Path | str,
    *,
    tokenizer: Tokenizer | None = None,
    lemmatizer: Lemmatizer | None = None,
    stop_words: StopTest | None = None,
) -> TopicModel:
    """Load a model from its folder.

    Nothing in the files is run: they hold arrays and JSON.

    Parameters
    ----------
    path : the model folder, or `latest`
    tokenizer, lemmatizer, stop_words : the user's own functions with which the model was fitted, if any. Without them
        the model can be loaded, but cannot classify text

    Returns
    -------
    TopicModel

    Raises
    ------
    ModelError
        a ValueError, if there is no model, or it is damaged, not from this program, or of a later version; or if the
        given functions do not turn the words of the model into its terms.
    OptionError
        a ValueError, if a function is given that the model was not fitted with.

    Examples
    --------
    >>> import tempfile
    >>> from nmf_topics import classify, fit_topics
    >>> texts = ["green tea", "black tea", "a goal", "the final goal"] * 3
    >>> model = fit_topics(texts, 2, min_pages=1, tokenizer=str.split)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(model, folder)
    ...     again = load_model(folder, tokenizer=str.split)
    >>> classify(again, ["white tea"]).topics == classify(model, ["white tea"]).topics
    True
    """
    folder = resolve_model(Path(path))
    try:
        model = _read(folder)
    except OutputError as error:
        raise ModelError(f"the model in {folder} cannot be used: {error}") from error
    given = {"tokenizer": tokenizer, "lemmatizer": lemmatizer, "stop_words": stop_words}
    return replace(model, recipe=with_functions(model.recipe, model.rows, given)) if any(given.values()) else model


def _read(folder: Path) -> TopicModel:
    """Read the files of a model and check them."""
    with settled(folder):
        if not os.path.isfile(folder / MARK) and not _is_barred(folder):
            raise ModelError(f"there is no model in {folder}; fit one first, or name the folder of one")
        try:
            names, arrays = read_json(folder / MARK), read_arrays(folder / "model.npz")
        except FileNotFoundError as error:
            missing = Path(str(error.filename)).name
            raise ModelError(f"the model in {folder} is incomplete: {missing} is missing") from error
        except PermissionError as error:
            raise ModelError(f"the model in {folder} cannot be read: {error.filename}: {error.strerror}") from error
        except (OSError, ValueError, MemoryError) as error:
            raise ModelError(f"the model in {folder} is damaged: {error}; fit it again") from error
    try:
        _check_version(names.document)
        check_model(names.document)
        model = _build(names.document, arrays)
    except SchemaError as error:
        raise ModelError(f"the model in {folder} is damaged: {MARK}: {error}; fit it again") from error
    except ModelError as error:
        raise ModelError(f"the model in {folder} cannot be used: {error}") from error
    except ValueError as error:
        raise ModelError(f"the model in {folder} is damaged: {error}; fit it again") from error
    if names.intact is False:
        raise ModelError(
            f"the model in {folder} is damaged: {MARK} was changed after it was written; fit it again, or delete the "
            f"entry {CHECKSUM} of the file if the change is meant"
        )
    if names.document.get(DIGEST, digest := digest_of(arrays)) != digest:
        raise ModelError(
            f"the model in {folder} is damaged: model.npz is not the one that model.json was written with; fit it again"
        )
    return model


def _is_barred(folder: Path) -> bool:
    """Return whether a folder cannot be entered."""
    try:
        os.stat(folder / MARK)
    except PermissionError:
        return True
    except (OSError, ValueError):  # a name that is too long, or has a NUL character
        return False
    return False


def _check_version(document: Any) -> None:
    """Raise ModelError if a document is not a model, or is one of a later version."""
    if not isinstance(document, dict) or type(document.get("schema")) is not int or document["schema"] < 1:
        raise ModelError(f"{MARK} does not say which version it is")
    if document["schema"] > SCHEMA:
        raise ModelError(f"it was made by a later version (schema {document['schema']}); update nmf-topics")


def _build(document: Mapping[str, Any], arrays: Mapping[str, Any]) -> TopicModel:
    """Make a model from a checked model.json and its arrays."""
    expected = set(_ARRAYS) | (set(_WEIGHTING_ARRAYS) if document["weighting"] is not None else set())
    if odd := (set(arrays) ^ expected) - set(_OPTIONAL_ARRAYS):
        raise ModelError(f"model.npz has other arrays than a model: {', '.join(sorted(odd))}")
    rows = AXES[document["rows"]["kind"]].from_meta(document["rows"])
    if len(getattr(rows, "surfaces", rows)) != len(rows):
        raise ModelError("it does not have as many words as terms")
    columns = _columns(document["columns"])
    _check_arrays(arrays, len(rows), len(columns))
    rank = arrays["W"].shape[1]
    names = document["names"]
    if not all(number.isascii() and number.isdecimal() and 1 <= int(number[:9]) <= rank for number in names):
        raise ModelError("it names topics that it does not have")
    weighting = document["weighting"]
    certificate = document.get("certificate")
    return TopicModel(
        **{name: arrays[name] for name in (*_ARRAYS, *_OPTIONAL_ARRAYS) if name in arrays},
        stopped=document["stopped"],
        relative_error=float(document["relative_error"]),
        rows=rows,
        columns=columns,
        weighting=weighting and FittedWeighting.from_arrays(weighting["name"], weighting["unit"], arrays),
        recipe=dict(document["recipe"]),
        ledger=dict(document["ledger"]),
        names={int(number): name for number, name in names.items()},
        hidden=tuple(document["hidden"]),
        certificate=math.nan if certificate is None else float(certificate),
        description=_description(document.get("description"), rank, len(rows)),
    )


def _check_arrays(arrays: Mapping[str, Any], m: int, n: int) -> None:
    """Raise ModelError for arrays that do not fit m rows and n columns, or have impossible values."""
    W, H = arrays["W"], arrays["H"]
    if W.ndim != 2 or H.ndim != 2:
        raise ModelError("W and H must have two dimensions")
    r = W.shape[1]
    if W.shape != (m, r) or H.shape != (r, n) or r < 1:
        raise ModelError(f"W {W.shape} and H {H.shape} do not fit {m} rows and {n} columns")
    shapes = {"W": W.shape, "H": H.shape, "errors": (n,), "trace": (arrays["trace"].size,)}
    shapes |= {"coherences": (r,), "stabilities": (r,), "weighting_scalars": (3,)}
    shapes |= {"penalties": (2, r), "known_words": (n,)}
    for name, array in arrays.items():
        if array.dtype not in (np.float32, np.float64) or array.shape != shapes.get(name, (m,)):
            raise ModelError(f"{name} has the wrong length, or does not hold real numbers of 32 or 64 bits")
        known = name in ("W", "H", *_OPTIONAL_ARRAYS) or name.startswith("weighting_")
        if known and not (np.isfinite(array).all() and array.min() >= 0 and array.any()):
            raise ModelError(f"{name} must be finite, non-negative and not all zeros")
        if known and float(array.max()) > LARGEST:
            raise ModelError(f"{name} must have no entry above {LARGEST:g}")
        if np.isinf(array).any():
            raise ModelError(f"{name} must be finite, or nan where there is no value")


def _columns(described: Mapping[str, Any]) -> PageColumns:
    columns = PageColumns.from_meta(described)
    n = len(columns.ids)
    if columns.index is not None and len(columns.index.labels) != n:
        raise ModelError("the index of its pages has another length")
    if len(columns.titles) != n or len(columns.meta) != n:
        raise ModelError("its pages do not have as many titles or metadata as ids")
    if columns.order is not None and len(columns.order.rows) != n:
        raise ModelError("the order of its pages has another length")
    return columns


def _description(described: Mapping[str, Any] | None, rank: int, n_rows: int) -> Description | None:
    if described is None:
        return None
    rows = (word[2] for words in described["topics"] for word in words)
    if len(described["topics"]) != rank or any(row >= n_rows for row in rows):
        raise ModelError("its description is of other topics or words than it has")
    return Description.from_meta(described)
