"""Use the caller's own matrix as V: counts or weights of terms on pages, sparse or dense, in either orientation."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp

from nmf_topics.errors import InputTypeError, OptionError
from nmf_topics.factor.blocks import as_blocks
from nmf_topics.factor.column_stats import page_sums
from nmf_topics.library.inputs import PageDetails, is_matrix
from nmf_topics.library.tables import is_missing, is_of, one_dimensional, pandas_index
from nmf_topics.matrix.datamatrix import DataMatrix, PageColumns, PageIndex
from nmf_topics.matrix.rows import RowAxis
from nmf_topics.matrix.weighting import fit_weighting
from nmf_topics.terms.vocabulary import Vocabulary

PagesIn = Literal["rows", "columns"]


def names_of_terms(terms: Any) -> list[str]:
    """Return the names of the terms of a matrix.

    Parameters
    ----------
    terms : one name for each, in the order of the matrix; or a dictionary from a name to its place, as the
        `vocabulary_` of scikit-learn's vectorizers is

    Raises
    ------
    InputTypeError, OptionError
        if names are missing or not unique.
    """
    if isinstance(terms, Mapping):
        if sorted(terms.values()) != list(range(len(terms))):
            raise OptionError("terms: a dictionary must give each term its place in the matrix, from 0 on")
        terms = sorted(terms, key=lambda term: terms[term])
    found = one_dimensional(terms)
    if found is None:
        raise InputTypeError(f"terms must be a list of one name for each term of the matrix, not {terms!r:.60}")
    names = [str(term) for term in found]
    seen: set[str] = set()
    for place, name in enumerate(names):
        if is_missing(found[place]) or not name:
            raise OptionError(f"terms: the name of term {place} is missing")
        if name in seen:
            raise OptionError(f"terms: {name!r} is there twice; add up its entries of the matrix")
        seen.add(name)
    return names


def terms_in_rows(X: Any, terms: Sequence[str], pages_in: PagesIn | None) -> Any:
    """Return the matrix with terms in rows and pages in columns, as CSC or a dense array.

    Raises
    ------
    OptionError
        if the number of terms does not match the orientation; the message suggests the other one if that matches.
    """
    if pages_in not in ("rows", "columns", None):
        raise OptionError(f"pages_in must be 'rows' or 'columns', not {pages_in!r}")
    m, n = X.shape if pages_in != "rows" else X.shape[::-1]
    if len(terms) != m:
        problem = f"terms has {len(terms)} names, but the matrix is {X.shape[0]} x {X.shape[1]}"
        if len(terms) == n:
            other = "columns" if pages_in == "rows" else "rows"
            raise OptionError(f"{problem}; if its {other} are pages, pass pages_in={other!r}")
        raise OptionError(f"{problem}, with pages in its {pages_in or 'columns'}")
    if sp.issparse(X):
        V = sp.csc_matrix(X if pages_in != "rows" else X.T)
        if V.dtype.kind != "f":
            V = V.astype(np.float64)
        V.sum_duplicates()
        return V
    dense = np.asarray(X if pages_in != "rows" else X.T)
    return np.ascontiguousarray(dense, dtype=dense.dtype if dense.dtype.kind == "f" else np.float64)


def named_matrix(data: Any, terms: Any, pages_in: PagesIn | None) -> tuple[Any, list[str], PageIndex | None]:
    """Return a matrix, its terms and, for a data frame of numbers, the labels of its pages."""
    if is_of(data, "pandas", "DataFrame"):
        if pages_in not in ("rows", "columns"):
            raise OptionError(
                "pages_in is missing: say whether the pages of the data frame of numbers are its 'rows' or 'columns'"
            )
        words, pages = (data.columns, data.index) if pages_in == "rows" else (data.index, data.columns)
        sparse = all(str(dtype).startswith("Sparse") for dtype in data.dtypes)
        X = data.sparse.to_coo() if sparse else data.to_numpy()
        if X.dtype.kind not in "biuf":
            raise InputTypeError(
                "the data frame has columns that are not numbers, so it is no matrix of terms and pages"
            )
        return X, names_of_terms(list(words) if terms is None else terms), pandas_index(pages)
    if terms is None:
        raise OptionError("terms is missing: a matrix needs the name of each term, terms=[...]")
    return data, names_of_terms(terms), None


def is_numeric_frame(data: Any) -> bool:
    """Return whether a value is a pandas data frame with only numeric columns."""
    return (
        is_of(data, "pandas", "DataFrame")
        and data.shape[1] > 0
        and all(getattr(getattr(dtype, "subtype", dtype), "kind", "O") in "biuf" for dtype in data.dtypes)
    )


def data_matrix(
    data: Any,
    *,
    terms: Any,
    details: PageDetails,
    pages_in: PagesIn | None,
    weighting: str | None = None,
    unit: bool = True,
    idf_power: float = 1.0,
) -> DataMatrix:
    """Make a DataMatrix of the caller's own matrix.

    Parameters
    ----------
    data : matrix of shape (m, n), or (n, m) with pages in rows; or a data frame of numbers
    terms : m names; None: those of the data frame
    details : ids, titles and metadata of the n pages
    pages_in : "rows" or "columns"; None: "columns"
    weighting, unit, idf_power : how counts are weighted; without weighting the matrix is used unchanged

    Raises
    ------
    OptionError, InputTypeError
        if names do not match the matrix.
    MatrixError
        if an entry is negative or not finite.
    """
    X, names, labels = named_matrix(data, terms, pages_in)
    V = terms_in_rows(X, names, pages_in)
    n = V.shape[1]
    ids, titles, metadata, index = details.of(n, labels or PageIndex(range(n)))
    columns = PageColumns(ids, titles or ids, metadata, index)
    fitted = None
    known = page_sums(as_blocks(V))  # checks that entries are finite and non-negative
    if weighting is not None:
        fitted = fit_weighting(sp.csc_matrix(V), weighting, unit=unit, idf_power=idf_power)
        V = fitted.apply(V)
    recipe: dict[str, Any] = {"corpus": {"name": "matrix", "fingerprint": fingerprint(V), "set_aside": []}}
    if fitted is not None:
        recipe |= {"weighting": weighting, "unit": unit, "idf_power": idf_power}
    ledger = {"pages": n, "pages_without_known_words": int((known == 0).sum()), "set_aside": [], "terms": len(names)}
    return DataMatrix(V, Vocabulary(names, names), columns, fitted, recipe, ledger)


def fingerprint(V: Any) -> str:
    """Return the sha256 of the entries and the shape of a matrix."""
    digest = hashlib.sha256(repr(V.shape).encode())
    arrays: Iterable[Any] = (V.indptr, V.indices, V.data) if sp.issparse(V) else (V,)
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def columns_of_model(data: Any, rows: RowAxis, terms: Any, pages_in: PagesIn | None) -> tuple[Any, PageIndex | None]:
    """Return new columns with the rows of a model, and the labels of the pages.

    Named terms are put into the order of the model; unknown terms are dropped and missing ones are zero.

    Raises
    ------
    OptionError
        if the shape does not match the model and no terms are named.
    """
    if terms is None and is_matrix(data):
        terms = rows.names
        if len(terms) != (data.shape[1] if pages_in == "rows" else data.shape[0]):
            raise OptionError(
                f"the model has {len(terms)} terms, and the matrix is {data.shape[0]} x {data.shape[1]}, with pages in "
                f"its {pages_in or 'columns'}; pass pages_in='rows' or 'columns', or name its terms: terms=[...]"
            )
    X, names, labels = named_matrix(data, terms, pages_in)
    V = terms_in_rows(X, names, pages_in)
    if list(names) != list(rows.names):
        place = {name: i for i, name in enumerate(names)}
        known = [(row, place[term]) for row, term in enumerate(rows.names) if term in place]
        if not known:
            raise OptionError("none of the terms of the matrix is one of the model")
        select = sp.csr_matrix(
            (np.ones(len(known)), ([row for row, _ in known], [i for _, i in known])), shape=(len(rows), len(names))
        )
        V = sp.csc_matrix(select @ V) if sp.issparse(V) else select @ V
    if V.shape[1]:
        as_blocks(V)  # checks that entries are finite and non-negative
    return V, labels
