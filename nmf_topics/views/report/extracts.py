"""Extracts: what the report shows of the pages themselves, kept in the model folder so that it can be made again.

    extracts.json.gz   text     {"schema": 1, "kind": "terms", "pages": [{"page", "text", "length", "words"}], "forms"}
                       images   {"schema": 1, "kind": "pixels", "height", "width", "pages": [{"page", "pixels"}]}

`page` is the column of V; `text` is the page's text or its beginning, `length` how long the whole is. `words` are the
words that carried each topic of the page, [topic, rows, parts]: a part is W_ik h_k over its sum over the page's words
and topics. `forms` says which row of V a word of the texts is, so that they can be coloured (-1: none). Pixels are
bytes, base64.

Texts are bounded, so that a report can be sent by mail: the pages that matter most come first, those that a topic is
heaviest on, and of long pages the beginning is kept.
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
# of gzip, without a time and a system; the one of `gzip.compress` depends on the version of Python
GZIP_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
TEXT_BYTES = 8_000_000  # of all texts together, UTF-8; packed and in base64 about half of it
LONGEST = 12_000  # characters of one page: some 2000 words
SHORTEST = 1_500  # an extract shorter than this tells nothing, so there are no more pages than that allows
MOST_UNPACKED = 100_000_000  # several times what the limits below allow
MOST_PARTS = 4_000_000  # lists and objects, which take much more memory than text
IMAGE_BYTES = 4_000_000  # of all images together
SIDE = 64  # pixels of an image are brought together until it is no larger
CARRIED_WORDS = 10
CARRIED_SHARE = 0.02  # topics with less of a page are not explained

_DAMAGE = (OSError, ValueError, EOFError, KeyError, TypeError, AttributeError, RecursionError, MemoryError, zlib.error)


def representative_pages(model: TopicModel, most: int) -> np.ndarray:
    """Columns of the pages that say most about the topics: the heaviest of each topic, then the second, and so on.

    Parameters
    ----------
    model : TopicModel
    most : pages at most

    Returns
    -------
    ndarray of shape (min(n, most),), in the order in which they matter; pages without a topic come last
    """
    dominant = model.dominant()
    place = np.empty(len(dominant), dtype=np.int64)
    place[dominant < 0] = len(dominant)
    for k in range(model.rank):
        own = np.flatnonzero(dominant == k)
        place[own[np.argsort(-model.H[k, own], kind="stable")]] = np.arange(len(own))
    return np.lexsort((dominant, place))[:most]


def text_extracts(
    model: TopicModel, data: DataMatrix, pages: Iterable[PageLike], *, text_cache: TextCache | None = None
) -> bytes:
    """The extracts of a model of text, packed; the same pages in any order make the same bytes.

    Parameters
    ----------
    model : TopicModel of `data`
    data : DataMatrix
    pages : the corpus once more; it is read no further than to the last page that is needed, if at all
    text_cache : where an earlier fit of the same corpus may have left its texts, and this one leaves them
    """
    columns = representative_pages(model, TEXT_BYTES // SHORTEST)
    length = max(SHORTEST, min(LONGEST, TEXT_BYTES // max(1, len(columns))))
    place = {data.columns.ids[j]: int(j) for j in columns}
    options = word_options(model.recipe)
    found = page_texts(place, pages, options, length=length, total=TEXT_BYTES, text_cache=text_cache)
    texts = {place[id_]: text for id_, text in found.texts.items()}
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
    """The extracts of a model of images: the images that matter most, made smaller where they are large."""
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
    """JSON, packed; the same document makes the same bytes."""
    text = json.dumps(document, separators=(",", ":")).encode("ascii")  # ASCII: half a surrogate pair survives it
    packer = zlib.compressobj(level=4, wbits=-zlib.MAX_WBITS)
    packed = packer.compress(text) + packer.flush()
    return GZIP_HEADER + packed + struct.pack("<II", zlib.crc32(text), len(text) % 2**32)


def unpack(data: bytes) -> dict[str, Any]:
    """Extracts as they were packed.

    Raises
    ------
    ModelError
        if they are damaged or of a later version.
    """
    try:
        unpacker = zlib.decompressobj(wbits=31)
        text = unpacker.decompress(data, MOST_UNPACKED)
        if not unpacker.eof:
            raise ValueError(f"it is cut off, or unpacks to more than {MOST_UNPACKED} bytes")
        if text.count(b"[") + text.count(b"{") > MOST_PARTS:
            raise ValueError(f"it has more than {MOST_PARTS} parts")
        document: dict[str, Any] = json.loads(text)
        if type(document["schema"]) is not int or document["schema"] > SCHEMA:
            raise ValueError("it is of a later version")
        if not all(type(page["page"]) is int for page in document["pages"]):
            raise ValueError("a page has no number")
    except _DAMAGE as error:
        raise ModelError(f"{EXTRACTS} cannot be read ({error}); fit the model again to have the texts") from error
    return document


def bytes_of(values: Array) -> str:
    """Values from 0 to 255 as base64."""
    return base64.b64encode(np.round(values).astype(np.uint8).tobytes()).decode("ascii")


def shrink_factor(height: int, width: int) -> int:
    """How many pixels a side are brought together so that an image is small enough."""
    return -(-max(height, width) // SIDE) if max(height, width) > SIDE and min(height, width) >= 4 else 1


def shrink(v: Array, grid: Any, factor: int) -> Array:
    """Means over squares of factor x factor pixels; what is left at the right and below is cut off.

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
    """The wanted columns of a block."""
    picked = V[:, np.flatnonzero(wanted[0])]
    return np.asarray(picked.todense() if sp.issparse(picked) else picked)


def word_contributions(model: TopicModel, data: DataMatrix, columns: np.ndarray) -> dict[int, list[Any]]:
    """For some pages the words that carried their topics, as `extracts.json.gz` has them."""
    wanted = np.zeros((1, len(data.columns)))
    wanted[0, columns] = 1
    found: dict[int, list[Any]] = {}
    W = np.ascontiguousarray(model.W)
    for at, block in as_blocks(data.V).map(_carried_in_block, split=(np.asarray(model.H), wanted), shared=(W,)):
        found |= {at.start + j: words for j, words in block.items()}
    return found


def _carried_in_block(V: Any, H: Array, wanted: Array, W: Array) -> dict[int, list[Any]]:
    """`word_contributions` of a block of pages."""
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
            if shares[k] < CARRIED_SHARE:
                break
            best = [i for i in largest(parts[:, k], CARRIED_WORDS) if parts[i, k] > 0]
            carried = [round(float(parts[i, k] / total), 5) for i in best]
            words.append([int(k) + 1, rows[best].tolist(), carried])
        result[int(j)] = words
    return result


def _forms(model: TopicModel, terms: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Word as it stands in the texts -> row of W, for words of some weight; phrases in lower case, with spaces.

    Of scripts without spaces the other words are there, too, and lead to -1: whoever looks for words in a run of such
    letters must not find one in the middle of another.
    """
    vocabulary: Any = model.rows
    top = model.W.max(axis=0)
    weighty = (NEGLIGIBLE * top < model.W).any(axis=1)
    forms = {}
    for token, term in terms:
        row = vocabulary.index.get(term)
        if row is not None and weighty[row]:
            forms[token] = row
        elif not is_apart(token):
            forms[token] = -1
    for row, (term, surface) in enumerate(zip(vocabulary.terms, vocabulary.surfaces, strict=True)):
        if " " in term and weighty[row]:
            forms[surface.lower()] = row
    return dict(sorted(forms.items()))
