"""Basis images as pixels: positive dark, negative red, photographs as they are, and all four parts of the figure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from nmf_topics.images.pixels import PixelGrid
from nmf_topics.views.drawing.basis import (
    basis_grid,
    basis_image,
    enlarge,
    grey_rgb,
    reconstruction,
    scale_for,
    signed_rgb,
    tile,
)

WHITE, BLACK, RED = [1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [0.8, 0.0, 0.0]


def pixels(image: Image.Image) -> np.ndarray:
    """A picture as whole numbers."""
    return np.asarray(image).astype(int)


def test_signs_by_hand() -> None:
    """The largest value is black, zero white, its opposite red; halves are half as strong."""
    rgb = signed_rgb(np.array([[2.0, 0.0, -2.0], [1.0, -1.0, 0.0]]))
    assert rgb.shape == (2, 3, 3)
    np.testing.assert_allclose(rgb[0], [BLACK, WHITE, RED])
    np.testing.assert_allclose(rgb[1], [[0.5] * 3, [0.9, 0.5, 0.5], WHITE])


values = arrays(np.float64, (3, 4), elements=st.floats(-1e6, 1e6, allow_subnormal=False))


@settings(deadline=None, max_examples=100)
@given(values)
def test_signs_of_any_values(field: np.ndarray) -> None:
    """Positive values are grey, negative ones redder than they are blue or green, zeros white; none leaves 0 to 1."""
    rgb = signed_rgb(field)
    assert rgb.min() >= 0
    assert rgb.max() <= 1
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    np.testing.assert_array_equal(green, blue)
    np.testing.assert_array_equal(red[field >= 0], green[field >= 0])
    assert (red[field < 0] >= green[field < 0]).all()
    assert (rgb[field == 0] == 1).all()
    visible = field < -1e-3 * np.abs(field).max()
    assert (red[visible] > green[visible]).all()
    np.testing.assert_allclose(signed_rgb(3 * field), rgb, atol=1e-12)


def test_greys_are_as_they_are() -> None:
    """Photographs keep black as black; what lies beyond 0 and 1 is cut there."""
    np.testing.assert_array_equal(grey_rgb(np.array([0.0, 0.25, 1.0, -3.0, 7.0]))[:, 0], [0.0, 0.25, 1.0, 0.0, 1.0])
    assert grey_rgb(np.zeros((2, 3))).shape == (2, 3, 3)


def test_enlarging_repeats_pixels() -> None:
    """Each pixel is a square, in its place."""
    rgb = np.arange(12.0).reshape(2, 2, 3)
    big = enlarge(rgb, 3)
    assert big.shape == (6, 6, 3)
    for y in range(6):
        for x in range(6):
            np.testing.assert_array_equal(big[y, x], rgb[y // 3, x // 3])


@pytest.mark.parametrize(("grid", "scale"), [((19, 19), 10), ((19, 38), 5), ((1, 1), 190), ((500, 20), 1)])
def test_scale(grid: tuple[int, int], scale: int) -> None:
    """A picture is enlarged by a whole factor to no more than the size asked for, and never made smaller."""
    assert scale_for(PixelGrid(*grid), 190) == scale


def test_basis_image_is_its_column() -> None:
    """A column of W is drawn row by row, its largest entry black."""
    picture = basis_image(np.array([0.0, 1.0, 2.0, -2.0, 0.0, 0.0]), PixelGrid(2, 3), size=30)
    assert picture.size == (30, 20)
    seen = pixels(picture)[5::10, 5::10]
    expected = [[[255] * 3, [128] * 3, [0] * 3], [[204, 0, 0], [255] * 3, [255] * 3]]
    np.testing.assert_allclose(seen, expected, atol=1)


@pytest.mark.parametrize(("n", "across", "down"), [(1, 1, 1), (2, 2, 1), (5, 3, 2), (9, 3, 3), (49, 7, 7)])
def test_tiles(n: int, across: int, down: int) -> None:
    """Pictures stand in a field as square as can be, row by row, with lines around each."""
    cells = [np.full((4, 6, 3), i / 100) for i in range(n)]
    field = tile(cells, gap=1)
    assert field.shape == (down * 5 + 1, across * 7 + 1, 3)
    for i in range(n):
        y, x = 1 + i // across * 5, 1 + i % across * 7
        assert (field[y : y + 4, x : x + 6] == i / 100).all()
        assert (field[y - 1, x - 1 : x + 7] == 0.82).all()
        assert (field[y - 1 : y + 5, x - 1] == 0.82).all()


def test_grid_of_all_columns(rng: np.random.Generator) -> None:
    """The grid shows each column of W scaled by itself, so that a weak part is as dark as a strong one."""
    W = np.zeros((4, 3))
    W[0, 0], W[1, 1], W[2, 2] = 1.0, 1000.0, -1e-6
    field = pixels(basis_grid(W, PixelGrid(2, 2), size=20))
    assert (field.reshape(-1, 3) == 0).all(axis=1).sum() == 2 * 10 * 10
    assert (field.reshape(-1, 3) == [204, 0, 0]).all(axis=1).sum() == 10 * 10


# ---------------------------------------------------------------------------------------------- the article's figure


def frames(picture: Image.Image) -> list[np.ndarray]:
    """The pictures inside their frames, from left to right."""
    field = pixels(picture)
    grey = (field == 209).all(axis=2)
    line = int(grey.sum(axis=1).argmax())  # the line on which all four frames have their upper edge
    top = line if line < field.shape[0] // 2 else int(np.flatnonzero(grey.any(axis=1))[0])
    starts = np.flatnonzero(np.diff(np.concatenate([[0], grey[top].astype(int)])) == 1)
    ends = np.flatnonzero(np.diff(np.concatenate([grey[top].astype(int), [0]])) == -1)
    bottom = int(np.flatnonzero(grey[:, starts[-1]])[-1])
    return [field[top + 1 : bottom, a + 1 : b] for a, b in zip(starts, ends, strict=True)]


def test_reconstruction_draws_all_four_parts() -> None:
    """Basis images, weights, what they make, and the original stand side by side, with their signs between them."""
    W = np.array([[1.0, 0], [1, 0], [0, 1], [0, 0]])
    h, v = np.array([0.6, 0.2]), np.array([0.6, 0.6, 0.2, 1.0])
    picture = reconstruction(v, W, h, PixelGrid(2, 2))
    basis, weights, made, original = frames(picture)

    black = (basis == 0).all(axis=2)
    assert black.mean() > 0.2  # two of the first and one of the second image's four pixels
    shades = {tuple(colour) for colour in weights.reshape(-1, 3)} - {(209, 209, 209)}
    strong, weak = 0.6 * np.sqrt(2), 0.2
    assert shades == {(0, 0, 0), (round(255 * (1 - weak / strong)),) * 3}
    np.testing.assert_allclose(quarters(made), [0.6 * 255, 0.6 * 255, 0.2 * 255, 0], atol=1)
    np.testing.assert_allclose(quarters(original), [0.6 * 255, 0.6 * 255, 0.2 * 255, 255], atol=1)
    assert made.shape == original.shape


def quarters(image: np.ndarray) -> list[int]:
    """Colours in the middle of the four quarters of a picture."""
    h, w, _ = image.shape
    return [int(image[y, x, 0]) for y in (h // 4, 3 * h // 4) for x in (w // 4, 3 * w // 4)]


def test_negative_weights_are_red() -> None:
    """As PCA has them: a weight below zero is red, and what is made is cut at black."""
    picture = reconstruction(np.zeros(4), np.eye(4)[:, :2], np.array([-0.5, 0.25]), PixelGrid(2, 2))
    _, weights, made, _ = frames(picture)
    shades = {tuple(colour) for colour in weights.reshape(-1, 3)} - {(209, 209, 209)}
    assert shades == {(204, 0, 0), (128, 128, 128)}
    assert quarters(made) == [0, 64, 0, 0]


def test_scale_of_the_columns_does_not_matter() -> None:
    """W times c and h over c are the same figure."""
    rng = np.random.default_rng(3)
    W, h = rng.random((9, 4)), rng.random(4)
    scale = np.array([1.0, 10, 0.01, 3])
    pictures = [reconstruction(W @ h, A, x, PixelGrid(3, 3)).tobytes() for A, x in ((W, h), (W * scale, h / scale))]
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize(
    ("grid", "rank"), [((19, 19), 49), ((1, 1), 1), ((3, 12), 5), ((40, 8), 7), ((2, 3), 100), ((200, 200), 16)]
)
def test_figures_of_every_shape(grid: tuple[int, int], rank: int, rng: np.random.Generator) -> None:
    """Small, wide, high and large images, few parts and many: the figure has a size that a screen has."""
    W, h = rng.random((grid[0] * grid[1], rank)), rng.random(rank) / rank
    picture = reconstruction(W @ h, W, h, PixelGrid(*grid))
    assert 500 < picture.width < 3000
    assert 100 < picture.height < 800
    field = pixels(picture)
    assert (field[:15] == 255).all()
    assert (field[-15:] == 255).all()
    assert (field[:, -15:] == 255).all()
    assert (field[20:40] < 120).any()  # the headings


def test_nothing_of_a_black_image() -> None:
    """A picture without any weight is drawn: white weights, black reconstruction."""
    _, weights, made, original = frames(reconstruction(np.zeros(4), np.eye(4), np.zeros(4), PixelGrid(2, 2)))
    assert {tuple(colour) for colour in weights.reshape(-1, 3)} == {(255, 255, 255), (209, 209, 209)}
    assert made.max() == original.max() == 0


def test_arguments_are_not_changed(rng: np.random.Generator) -> None:
    """Drawing leaves V, W and H as they are, and draws the same bytes twice."""
    W, h, v = rng.random((4, 3)), rng.random(3), rng.random(4)
    for array in (W, h, v):
        array.setflags(write=False)
    first: Any = reconstruction(v, W, h, PixelGrid(2, 2)).tobytes()
    assert reconstruction(v, W, h, PixelGrid(2, 2)).tobytes() == first
    assert basis_grid(W, PixelGrid(2, 2)).tobytes() == basis_grid(W, PixelGrid(2, 2)).tobytes()
