"""Read a folder of images as a matrix V: rows are pixels, columns are images, entries are grey values.

A grey value is from 0 (black) to 1 (white). The article's 2429 faces of 19 x 19 pixels give V of shape 361 x 2429.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from nmf_topics.errors import ImageError, Remedy
from nmf_topics.factor.blocks import Array
from nmf_topics.files.schema import Check, whole
from nmf_topics.matrix.datamatrix import DataMatrix, PageColumns
from nmf_topics.matrix.rows import row_axis

ENDINGS = frozenset({".pgm", ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".webp"})
LARGEST_SIDE = 100_000  # largest side of an image in a model file, in pixels
ALWAYS_READ = 100_000_000  # bytes; less than this is always read, because V can be moved to disk afterwards


@row_axis
@dataclass(frozen=True)
class PixelGrid:
    """The rows of V for images: the pixels of images of one size, row by row.

    Attributes
    ----------
    height, width : size of the images in pixels
    """

    height: int
    width: int
    kind: ClassVar[str] = "pixels"
    fields: ClassVar[Mapping[str, Check]] = {"height": whole(1, LARGEST_SIDE), "width": whole(1, LARGEST_SIDE)}

    def __len__(self) -> int:
        return self.height * self.width

    @cached_property
    def names(self) -> Sequence[str]:
        """The row and the column of each pixel, from 1: r1c1, r1c2 ..."""
        return [f"r{row + 1}c{column + 1}" for row in range(self.height) for column in range(self.width)]

    @property
    def shown(self) -> Sequence[str]:
        """The names."""
        return self.names

    def columns(self) -> dict[str, Sequence[str]]:
        """Return the columns of exported tables that identify rows."""
        return {
            "pixel_row": [str(row + 1) for row in range(self.height) for _ in range(self.width)],
            "pixel_column": [str(column + 1) for _ in range(self.height) for column in range(self.width)],
        }

    def png(self, weights: Array, *, size: int = 96) -> bytes:
        """Draw the weights of the pixels as a PNG of about `size` pixels; the heaviest are black."""
        import io

        from PIL import Image

        heaviest = weights.max(initial=0.0)
        dark = weights / heaviest if heaviest > 0 else weights
        grey = np.round(255 * (1 - np.clip(dark, 0, 1))).astype(np.uint8).reshape(self.height, self.width)
        factor = max(1, size // max(self.height, self.width))
        file = io.BytesIO()
        Image.fromarray(np.repeat(np.repeat(grey, factor, axis=0), factor, axis=1), "L").save(file, "PNG")
        return file.getvalue()

    def to_meta(self) -> dict[str, Any]:
        """Return the size as JSON."""
        return {"height": self.height, "width": self.width}

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> PixelGrid:
        """Restore a grid from the result of `to_meta`."""
        return cls(int(meta["height"]), int(meta["width"]))


def image_files(folder: Path) -> list[Path]:
    """Return the image files in a folder and its subfolders, sorted; hidden ones are left out."""
    found = (
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in ENDINGS
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    return sorted(found, key=lambda path: path.as_posix())  # sorted as text, like the ids of pages


def read_pixels(path: Path) -> Array:
    """Read the grey values of an image, from 0 to 1. Transparency and all frames but the first are ignored.

    Returns
    -------
    ndarray of shape (height, width)

    Raises
    ------
    ImageError
        if the file is not an image that can be read.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's other warnings do not affect pixels
            warnings.simplefilter("error", Image.DecompressionBombWarning)  # too many pixels
            with Image.open(path) as image:
                if image.mode == "F":
                    raise ValueError(
                        "its pixels are floating-point numbers without a known maximum; save it with 8 or 16 bits"
                    )
                deep = image.mode.startswith("I")  # 16 bits per pixel
                grey = np.asarray(image if deep else image.convert("L"), dtype=np.float64)
        if deep and (grey.min() < 0 or grey.max() > 65535):
            raise ValueError("it has more than 16 bits per pixel; save it with 8 or 16")
        grey = grey if grey.flags.writeable else grey.copy()
        grey /= 65535.0 if deep else 255.0
        return grey
    except FileNotFoundError as error:
        raise ImageError(f"no such file: {path}") from error
    except Exception as error:  # Pillow raises many kinds of errors for damaged files
        raise ImageError(f"{path} cannot be read as an image: {error}") from error


def build_image_matrix(
    folder: Path,
    *,
    memory: int | None = None,
    warn: Callable[[str], None] = lambda message: None,
    on_image: Callable[[Path], None] = lambda path: None,
) -> DataMatrix:
    """Build V of pixels x images from a folder.

    Parameters
    ----------
    folder : folder that is searched recursively for images of one size
    memory : most bytes that V and reading it may use; None: no limit
    warn : called with a message about each image that cannot be read; these images are left out
    on_image : called with the path of each image before it is read

    Returns
    -------
    DataMatrix of shape (height * width, images), dense, with images sorted by name. The metadata `label` of an image is
    its subfolder, unless all images are in the same folder.

    Raises
    ------
    ImageError
        if there is no image, none can be read, their sizes differ, or they need more memory than allowed.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, grey in (("black", 0), ("white", 255)):
    ...         Image.new("L", (3, 2), grey).save(f"{folder}/{name}.png")
    ...     data = build_image_matrix(Path(folder))
    >>> data.V.shape, list(data.columns.titles), data.V[0].tolist()
    ((6, 2), ['black', 'white'], [0.0, 1.0])
    """
    pixels: list[Array] = []
    names: list[str] = []
    parents: list[str] = []
    broken: list[str] = []
    digest = hashlib.sha256()
    files = image_files(folder)
    for path in files:
        on_image(path)
        if not pixels and memory is not None:
            _check_memory(path, len(files), memory)
        name = _show(path.relative_to(folder))
        try:
            image = read_pixels(path)
        except ImageError as error:
            warn(f"left out: {error}")
            broken.append(name)
            continue
        if pixels and image.shape != pixels[0].shape:
            raise ImageError(
                f"images must have one size: {names[0]} is {_size(pixels[0])} pixels, {name} is {_size(image)}; "
                f"resize them first"
            )
        pixels.append(image)
        names.append(name)
        parents.append(_show(path.relative_to(folder).parent))
        digest.update(f"{name}\0{_size(image)}\0".encode() + image.tobytes())
    if not pixels:
        found = f"none of its {len(broken)} images can be read" if broken else "it contains no images"
        raise ImageError(f"{folder}: {found}; the formats are {', '.join(sorted(ENDINGS))}")
    height, width = pixels[0].shape
    labelled = len(set(parents)) > 1
    meta: list[dict[str, Any]] = [{"label": parent} if labelled and parent != "." else {} for parent in parents]
    V = np.stack([image.ravel() for image in pixels], axis=1)
    return DataMatrix(
        V=np.ascontiguousarray(V),
        rows=PixelGrid(height, width),
        columns=PageColumns(names, [Path(name).stem for name in names], meta),
        recipe={"corpus": {"name": folder.resolve().name, "fingerprint": digest.hexdigest()}},
        ledger={"images": len(names) + len(broken), "kept": len(names), "set_aside": broken},
    )


def _check_memory(path: Path, count: int, memory: int) -> None:
    """Raise ImageError if `count` images of the size of this one would need more memory than allowed."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                width, height = image.size
    except Exception:  # the error is raised when the image is read
        return
    needed = 8 * width * height * (2 * count + 2)  # all images, V, and two copies of the image that is being read
    if needed > max(memory, ALWAYS_READ):
        taken = f"need about {needed / 1e9:.1f} GB of memory, but only {memory / 1e9:.1f} GB are allowed"
        raise ImageError(
            f"{count} images of {width} x {height} pixels {taken}",
            remedy=Remedy("scale the images down, or raise {memory}"),
        )


def pixel_columns(paths: Sequence[Path], grid: PixelGrid) -> tuple[Array, Iterable[str | None]]:
    """Read new images for a fitted model.

    Returns
    -------
    V : ndarray of shape (height * width, images); the column of an image that cannot be used is zero
    problems : for each image the reason why it cannot be used, or None
    """
    V = np.zeros((len(grid), len(paths)))
    problems: list[str | None] = []
    for j, path in enumerate(paths):
        try:
            image = read_pixels(path)
        except ImageError as error:
            problems.append(str(error))
            continue
        if image.shape != (grid.height, grid.width):
            problems.append(f"{path} is {_size(image)} pixels, the model's images are {grid.width} x {grid.height}")
            continue
        V[:, j] = image.ravel()
        problems.append(None)
    return V, problems


def _show(path: Path) -> str:
    """Return a path as valid text: bytes that are not UTF-8 are written as \\xe9."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def _size(image: Array) -> str:
    return f"{image.shape[1]} x {image.shape[0]}"
