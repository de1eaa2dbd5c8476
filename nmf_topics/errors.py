"""The errors that users see.

Every message says what went wrong, where, and what to try; the command line prints it as it is and exits with 1.

    NmfTopicsError
        CorpusError     a source cannot be read as pages (no such file, broken line, no usable text)
        ImageError      a source cannot be read as images
        MatrixError     V is not what a factorization needs (NaN, negative, empty, wrong shape)
        EngineError     V cannot be kept, read or worked on where it should be (damaged blocks, no cluster, no room)
        GuideError      a guide cannot be read, or has no word of the corpus
        ModelError      a model folder is missing, foreign, damaged, or does not fit the question
        OutputError     a result cannot be written (no permission, no space, something else in the way)
            FontError   no font has the letters of what is to be drawn
        FetchError      a wiki refuses, or answers what cannot be used; WikiUnreachable: it cannot be asked at all
            ContactRequired  a host of Wikimedia must not be called without a contact address
            LoginError       a wiki does not accept a login, or the credentials cannot be used
        MissingExtra    a format needs a package that is not installed
"""

from __future__ import annotations


class NmfTopicsError(Exception):
    """Base of every error that is the input's or the surroundings' fault, not the program's."""


class CorpusError(NmfTopicsError):
    """A source cannot be read as pages."""


class ImageError(NmfTopicsError):
    """A source cannot be read as images."""


class MatrixError(NmfTopicsError):
    """A matrix cannot be factored: not two-dimensional, empty, not finite, or negative."""


class EngineError(NmfTopicsError):
    """V cannot be kept, read or worked on where it should be."""


class GuideError(NmfTopicsError):
    """A guide cannot be read, or has no word of the corpus."""


class ModelError(NmfTopicsError):
    """A model cannot be read, or does not fit what is asked of it."""


class OutputError(NmfTopicsError):
    """A result cannot be written."""


class FontError(OutputError):
    """No font has the letters of what is to be drawn."""


class FetchError(NmfTopicsError):
    """A wiki refuses a request, or answers what cannot be used; other requests may go well."""

    def __init__(self, message: str, *, status: int = 0, code: str = "") -> None:
        super().__init__(message)
        self.status = status  # of HTTP, where that was the trouble
        self.code = code  # of MediaWiki, where it said one


class WikiUnreachable(FetchError):
    """A wiki is not there, or stays busy: there is no use in asking for anything else now."""


class ContactRequired(WikiUnreachable):
    """A host of Wikimedia must not be called without a contact address in the User-Agent."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} requires a contact address in the User-Agent")


class LoginError(WikiUnreachable):
    """A wiki does not accept a login, or the credentials cannot be used."""


class MissingExtra(NmfTopicsError):
    """A format needs a package that is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the package {package!r}; try: pip install 'nmf-topics[{extra}]'")
