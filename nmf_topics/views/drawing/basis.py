"""Basis images: pictures of the columns of W, and of images rebuilt from them, for models of pixels.

As in Lee and Seung's figure, positive weights are dark and negative ones red; photographs keep their grey values.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nmf_topics.factor.blocks import Array
from nmf_topics.images.pixels import PixelGrid


def _to_image(rgb: Array) -> Any:
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(np.round(np.clip(rgb, 0, 1) * 255).astype(np.uint8)), "RGB")


def signed_rgb(values: Array) -> Array:
    """Scale values by the largest absolute one: positive from white to black, negative from white to red.

    Returns
    -------
    ndarray of shape (*values.shape, 3), from 0 to 1
    """
    size = np.abs(values).max(initial=0.0)
    x = values / size if size > 0 else values
    dark, red = np.maximum(x, 0), np.maximum(-x, 0)
    return np.stack([1 - dark - 0.2 * red, 1 - dark - red, 1 - dark - red], axis=-1)


def grey_rgb(values: Array) -> Array:
    """Convert grey values from 0 (black) to 1 (white) to RGB."""
    return np.repeat(np.clip(values, 0, 1)[..., None], 3, axis=-1)


def enlarge(rgb: Array, factor: int) -> Array:
    """Enlarge each pixel to a square of factor x factor pixels."""
    return np.repeat(np.repeat(rgb, factor, axis=0), factor, axis=1)


def scale_for(grid: PixelGrid, size: int) -> int:
    """Return the factor that makes a picture about `size` pixels high."""
    return max(1, size // max(grid.height, grid.width))


def basis_image(w: Array, grid: PixelGrid, *, size: int = 190) -> Any:
    """Draw one column of W."""
    return _to_image(enlarge(signed_rgb(w.reshape(grid.height, grid.width)), scale_for(grid, size)))


def tile(cells: list[Array], *, gap: int = 2, across: int | None = None) -> Array:
    """Arrange pictures of one size in a grid that is as square as possible, with grey lines between them.

    Parameters
    ----------
    cells : ndarrays of shape (h, w, 3)

    Returns
    -------
    ndarray of shape (H, W, 3)
    """
    across = across or int(np.ceil(np.sqrt(len(cells))))
    down = -(-len(cells) // across)
    h, w, _ = cells[0].shape
    field = np.full((down * (h + gap) + gap, across * (w + gap) + gap, 3), 0.82)
    for place, cell in enumerate(cells):
        y, x = gap + place // across * (h + gap), gap + place % across * (w + gap)
        field[y : y + h, x : x + w] = cell
    return field


def basis_grid(W: Array, grid: PixelGrid, *, size: int = 95) -> Any:
    """Draw all columns of W in one picture."""
    factor = scale_for(grid, size)
    return _to_image(
        tile(
            [enlarge(signed_rgb(w.reshape(grid.height, grid.width)), factor) for w in W.T],
            gap=max(2, factor // 2),
        )
    )


def reconstruction(v: Array, W: Array, h: Array, grid: PixelGrid, *, size: int = 300) -> Any:
    """Draw an image as in the article: the basis, the weights, the rebuilt image, and the original.

    Parameters
    ----------
    v : ndarray of shape (m,), grey values from 0 to 1
    W : ndarray of shape (m, r)
    h : ndarray of shape (r,)

    Returns
    -------
    PIL.Image.Image
    """
    from PIL import Image, ImageDraw, ImageFont

    from nmf_topics.views.drawing.fonts import default_font

    weights = h * np.linalg.norm(W, axis=0)  # contributions, whatever the scale of columns
    top = np.abs(weights).max(initial=0.0)
    across = int(np.ceil(np.sqrt(len(h))))
    factor = max(1, size // (across * max(grid.height, grid.width)))
    shape = (grid.height, grid.width)
    cells = [enlarge(signed_rgb(w.reshape(shape)), factor) for w in W.T]
    square = (cells[0].shape[0], cells[0].shape[1])
    shades = [signed_rgb(np.append(np.full(square, x).ravel(), top))[:-1].reshape(*square, 3) for x in weights]
    height = tile(cells).shape[0]
    big = max(1, height // grid.height)
    parts = [
        ("basis images", tile(cells)),
        ("×", None),
        ("weights", tile(shades)),
        ("=", None),
        ("reconstruction", enlarge(grey_rgb((W @ h).reshape(shape)), big)),
        ("", None),
        ("original", enlarge(grey_rgb(v.reshape(shape)), big)),
    ]
    letters = ImageFont.truetype(str(default_font()), 16)
    signs = ImageFont.truetype(str(default_font()), 40)
    gap, strip = 20, 34
    pictures = [(text, None if rgb is None else _to_image(rgb)) for text, rgb in parts]
    if height > 2 * size:  # large images: the picture must fit a screen, and its text must be legible
        height = 2 * size
        for _, picture in pictures:
            if picture is not None:
                picture.thumbnail((100 * height, height))
    width = sum(56 if picture is None else max(picture.width, 120) for _, picture in pictures) + 2 * gap
    page = Image.new("RGB", (width, height + strip + 2 * gap), "white")
    draw = ImageDraw.Draw(page)
    x = gap
    for text, picture in pictures:
        if picture is None:
            draw.text((x + 28, strip + gap + height // 2), text, fill=(40, 40, 40), font=signs, anchor="mm")
            x += 56
            continue
        draw.text((x, gap), text, fill=(40, 40, 40), font=letters)
        page.paste(picture, (x, strip + gap))
        frame = (x - 1, strip + gap - 1, x + picture.width, strip + gap + picture.height)
        draw.rectangle(frame, outline=(209, 209, 209))  # so that a white picture can be seen
        x += max(picture.width, 120)
    return page
