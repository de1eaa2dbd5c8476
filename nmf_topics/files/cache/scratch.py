"""Temporary files of one command: in the cache, whose disk the user chooses, or else where the system has them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from nmf_topics.errors import OutputError
from nmf_topics.files.atomic import output_errors
from nmf_topics.files.cache.cache import Cache
from nmf_topics.files.cache.locks import Lease

T = TypeVar("T")


class Scratch:
    """A folder for temporary files, which is created when it is needed and removed with all files by `close`.

    Parameters
    ----------
    cache : Cache; None: the system's temporary folder
    """

    def __init__(self, cache: Cache | None = None) -> None:
        self.cache = cache
        self._leases: list[Lease] = []
        self._system: Path | None = None

    @property
    def in_cache(self) -> bool:
        """Whether the folder is in the cache."""
        return self.cache is not None and self._system is None

    @property
    def folder(self) -> Path:
        """The folder.

        Raises
        ------
        OutputError
            if there is no place for it.
        """
        if self._system is not None:
            return self._system
        if self._leases:
            return self._leases[0].path
        if self.cache is not None and (lease := self.cache.temporary_folder()) is not None:
            self._leases.append(lease)
            return lease.path
        return self._in_system()

    def attempt(self, write: Callable[[Path], T]) -> T:
        """Call a function that writes into the folder; if that fails in the cache, once more elsewhere.

        Files that were written before stay where they are.

        Raises
        ------
        OutputError
            if the system's temporary folder cannot be written either.
        """
        folder = self.folder
        if self.in_cache:
            try:
                return write(folder)
            except (OSError, OutputError) as error:
                folder = self.move_on(error)
        with output_errors(folder, "TMPDIR"):
            return write(folder)

    def move_on(self, error: OSError | OutputError) -> Path:
        """After an error in the cache, return a folder in the system's temporary one; elsewhere, raise the error."""
        if self.cache is None or self._system is not None:
            with output_errors(self.folder, "TMPDIR"):
                raise error
        self.cache.give_up(error)
        return self._in_system()

    def _in_system(self) -> Path:
        with output_errors(Path(tempfile.gettempdir()), "TMPDIR"):
            self._system = Path(tempfile.mkdtemp(prefix="nmf-topics-"))
        return self._system

    def close(self) -> None:
        """Remove the folder."""
        for lease in self._leases:
            shutil.rmtree(lease.path, ignore_errors=True)
            lease.release()
        self._leases.clear()
        if self._system is not None:
            shutil.rmtree(self._system, ignore_errors=True)
            self._system = None

    def __enter__(self) -> Scratch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
