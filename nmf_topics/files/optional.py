"""Packages that the basic installation does not have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nmf_topics.errors import MissingExtra


@contextmanager
def needs_extra(extra: str, purpose: str, package: str | None = None) -> Iterator[None]:
    """Say how to install a package if importing it fails.

    Parameters
    ----------
    extra : name of the extra in pyproject.toml that installs the package
    purpose : what the package is needed for, as the subject of a sentence: "reading .pdf"
    package : name of the package where it differs from that of the imported module

    Raises
    ------
    MissingExtra
        if an import in the `with` block fails.

    Examples
    --------
    >>> from nmf_topics.errors import MissingExtra
    >>> try:
    ...     with needs_extra("documents", "reading .pdf"):
    ...         import pdf_reader_that_is_not_installed
    ... except MissingExtra as error:
    ...     print(error)
    reading .pdf needs the package 'pdf_reader_that_is_not_installed'; try: pip install 'nmf-topics[documents]'
    """
    try:
        yield
    except ImportError as error:
        raise MissingExtra(package or error.name or extra, extra, purpose) from error
