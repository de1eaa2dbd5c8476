"""Extracts: the texts and images of pages that the report shows, saved in the model folder.

    extracts.json.gz   text     {"schema": 1, "kind": "terms", "pages": [{"page", "text", "length", "words"}], "forms"}
                       images   {"schema": 1, "kind": "pixels", "height", "width", "pages": [{"page", "pixels"}]}

`page` is the column of V. `text` is the text of the page or its beginning, and `length` the length of the whole text.
`words` are the words that contributed most to each topic of the page, [topic, rows, parts]: a part is W_ik h_k divided
by its sum over the words and topics of the page. `forms` maps words of the texts to rows of V for colouring (-1: none).
Pixels are bytes in base64.

The size of all texts is limited, so that a report can be sent by email: the pages with the largest weights of each
topic are kept, and only the beginning of long pages.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import scipy.sparse as sp

from nmf_topics.errors import ModelError
from nmf_topics.factor.blocks import Array, as_blocks
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.matrix.rows import largest
from nmf_topics.model.files import EXTRACTS
from nmf_topics.model.measures import NEGLIGIBLE
from nmf_topics.model.model import TopicModel
from nmf_topics.terms.count import PageLike
from nmf_topics.text.analyzer import word_options
from nmf_topics.text.segment import is_apart
from nmf_topics.views.report.page_texts import TextCache, page_texts

SCHEMA = 1
# header of gzip without time and system; that of `gzip.compress` depends on the version of Python
GZIP_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
TEXT_BYTES = 8_000_000  # most bytes of all texts in UTF-8; compressed and in base64 they take about half of it
MAX_LENGTH = 12_000  # most characters of one page: about 2000 words
MIN_LENGTH = 1_500  # least length of an extract; it limits the number of pages
MAX_DECOMPRESSED = 100_000_000  # bytes; several times what the other limits allow
MAX_PARTS = 4_000_000  # lists and objects, which take much more memory than text
IMAGE_BYTES = 4_000_000  # most bytes of all images
SIDE = 64  # pixels; larger images are scaled down
CONTRIBUTING_WORDS = 10  # words per topic
MIN_TOPIC_SHARE = 0.02  # topics with a smaller share of a page are not explained

_DAMAGE = (OSError, ValueError, EOFError, KeyError, TypeError, AttributeError, RecursionError, MemoryError, zlib.error)


def representative_pages(model: TopicModel, most: int) -> np.ndarray:
    """Return the pages with the largest weights: the first page of every topic, then the second, and so on.

    Parameters
    ----------
    model : TopicModel
    most : largest number of pages

    Returns
    -------
    ndarray of shape (min(n, most),), columns of V, most representative first; pages without a topic come last
    """
    dominant = model.dominant()
    position = np.empty(len(dominant), dtype=np.int64)
    position[dominant < 0] = len(dominant)
    for k in range(model.rank):
        own = np.flatnonzero(dominant == k)
        position[own[np.argsort(-model.H[k, own], kind="stable")]] = np.arange(len(own))
    return np.lexsort((dominant, position))[:most]


def text_extracts(
    model: TopicModel, data: DataMatrix, pages: Iterable[PageLike], *, text_cache: TextCache | None = None
) -> bytes:
    """Return the compressed extracts of a model of text; the same pages in any order give the same bytes.

    Parameters
    ----------
    model : TopicModel of `data`
    data : DataMatrix
    pages : the corpus, which is read again up to the last page that is needed, unless the texts are cached
    text_cache : cache of the texts for fits of the same corpus, or None
    """
    columns = representative_pages(model, TEXT_BYTES // MIN_LENGTH)
    length = max(MIN_LENGTH, min(MAX_LENGTH, TEXT_BYTES // max(1, len(columns))))
    column_of = {data.columns.ids[j]: int(j) for j in columns}
    options = word_options(model.recipe)
    found = page_texts(column_of, pages, options, length=length, total=TEXT_BYTES, text_cache=text_cache)
    texts = {column_of[id_]: text for id_, text in found.texts.items()}
    words = word_contributions(model, data, columns)
    kept = sorted(texts)
    document = {
        "schema": SCHEMA,
        "kind": data.rows.kind,
        "pages": [{"page": j, "text": texts[j][0], "length": texts[j][1], "words": words.get(j, [])} for j in kept],
        "forms": _forms(model, found.terms),
    }
    return pack(document)


def image_extracts(model: TopicModel, data: DataMatrix) -> bytes:
    """Return the compressed extracts of a model of images: the most representative images, scaled down if large."""
    grid: Any = model.rows
    factor = shrink_factor(grid.height, grid.width)
    columns = np.sort(representative_pages(model, IMAGE_BYTES // ((grid.height // factor) * (grid.width // factor))))
    wanted = np.zeros((1, len(data.columns)))
    wanted[0, columns] = 1
    found: list[Array] = []
    for _, block in as_blocks(data.V).map(_dense_columns, split=(wanted,)):
        found += list(block.T)
    document = {
        "schema": SCHEMA,
        "kind": data.rows.kind,
        "height": grid.height // factor,
        "width": grid.width // factor,
        "pages": [
            {"page": int(j), "pixels": bytes_of(np.clip(shrink(v, grid, factor), 0, 1) * 255)}
            for j, v in zip(columns, found, strict=True)
        ],
    }
    return pack(document)


def pack(document: Any) -> bytes:
    """Return a document as compressed JSON; the same document gives the same bytes."""
    text = json.dumps(document, separators=(",", ":")).encode("ascii")  # UTF-8 has no lone surrogates
    packer = zlib.compressobj(level=4, wbits=-zlib.MAX_WBITS)
    packed = packer.compress(text) + packer.flush()
    return GZIP_HEADER + packed + struct.pack("<II", zlib.crc32(text), len(text) % 2**32)


def unpack(data: bytes) -> dict[str, Any]:
    """Read extracts that `pack` has written.

    Raises
    ------
    ModelError
        if they are damaged or of a later version.
    """
    try:
        decompressor = zlib.decompressobj(wbits=31)
        text = decompressor.decompress(data, MAX_DECOMPRESSED)
        if not decompressor.eof:
            raise ValueError(f"it is truncated, or decompresses to more than {MAX_DECOMPRESSED} bytes")
        if text.count(b"[") + text.count(b"{") > MAX_PARTS:
            raise ValueError(f"it has more than {MAX_PARTS} parts")
        document: dict[str, Any] = json.loads(text)
        if type(document["schema"]) is not int or document["schema"] > SCHEMA:
            raise ValueError("it is of a later version")
        if not all(type(page["page"]) is int for page in document["pages"]):
            raise ValueError("a page has no number")
    except _DAMAGE as error:
        raise ModelError(
            f"{EXTRACTS} cannot be read ({error}); fit the model again to see texts in the report"
        ) from error
    return document


def bytes_of(values: Array) -> str:
    """Encode values from 0 to 255 as base64."""
    return base64.b64encode(np.round(values).astype(np.uint8).tobytes()).decode("ascii")


def shrink_factor(height: int, width: int) -> int:
    """Return the integer factor by which an image must be scaled down to be at most `SIDE` pixels."""
    return -(-max(height, width) // SIDE) if max(height, width) > SIDE and min(height, width) >= 4 else 1


def shrink(v: Array, grid: Any, factor: int) -> Array:
    """Scale an image down to the means of squares of factor x factor pixels; a remainder at the edges is cut off.

    Parameters
    ----------
    v : ndarray of shape (height * width,)

    Returns
    -------
    ndarray of shape ((height // factor) * (width // factor),)
    """
    height, width = grid.height // factor, grid.width // factor
    image = np.asarray(v, dtype=np.float64).reshape(grid.height, grid.width)[: height * factor, : width * factor]
    return np.asarray(image.reshape(height, factor, width, factor).mean(axis=(1, 3)).ravel())


def _dense_columns(V: Any, wanted: Array) -> Array:
    """Return the wanted columns of a block as a dense array."""
    picked = V[:, np.flatnonzero(wanted[0])]
    return np.asarray(picked.todense() if sp.issparse(picked) else picked)


def word_contributions(model: TopicModel, data: DataMatrix, columns: np.ndarray) -> dict[int, list[Any]]:
    """Return the words that contributed most to the topics of some pages, in the format of `extracts.json.gz`."""
    wanted = np.zeros((1, len(data.columns)))
    wanted[0, columns] = 1
    found: dict[int, list[Any]] = {}
    W = np.ascontiguousarray(model.W)
    for at, block in as_blocks(data.V).map(_contributions_in_block, split=(np.asarray(model.H), wanted), shared=(W,)):
        found |= {at.start + j: words for j, words in block.items()}
    return found


def _contributions_in_block(V: Any, H: Array, wanted: Array, W: Array) -> dict[int, list[Any]]:
    """Return the `word_contributions` of a block of pages."""
    block = sp.csc_matrix(V)
    result = {}
    for j in np.flatnonzero(wanted[0]):
        rows = block.indices[block.indptr[j] : block.indptr[j + 1]]
        rows = np.sort(rows[block.data[block.indptr[j] : block.indptr[j + 1]] > 0])
        parts = W[rows] * H[:, j]
        total = parts.sum()
        if not total > 0:
            continue
        shares = H[:, j] / H[:, j].sum()
        words = []
        for k in largest(shares, len(shares)):
            if shares[k] < MIN_TOPIC_SHARE:
                break
            best = [i for i in largest(parts[:, k], CONTRIBUTING_WORDS) if parts[i, k] > 0]
            rounded = [round(float(parts[i, k] / total), 5) for i in best]
            words.append([int(k) + 1, rows[best].tolist(), rounded])
        result[int(j)] = words
    return result


def _forms(model: TopicModel, terms: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Map words as written in the texts to rows of W, for words with some weight; phrases are in lower case.

    For scripts without spaces, words without weight are included with -1, so that the report does not find a word in
    the middle of another one.
    """
    vocabulary: Any = model.rows
    top = model.W.max(axis=0)
    has_weight = (NEGLIGIBLE * top < model.W).any(axis=1)
    forms = {}
    for token, term in terms:
        row = vocabulary.index.get(term)
        if row is not None and has_weight[row]:
            forms[token] = row
        elif not is_apart(token):
            forms[token] = -1
    for row, (term, surface) in enumerate(zip(vocabulary.terms, vocabulary.surfaces, strict=True)):
        if " " in term and has_weight[row]:
            forms[surface.lower()] = row
    return dict(sorted(forms.items()))
