"""Reading images as V: which files are read, which are set aside, and in which order."""

from __future__ import annotations

import io
import json
import random
import tarfile
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nmf_topics.errors import ImageError
from nmf_topics.images.pixels import PixelGrid, build_image_matrix, image_files, pixel_columns, read_pixels
from nmf_topics.matrix.rows import AXES, top_weights

GREY = np.array([[0, 51, 102], [153, 204, 255]], dtype=np.uint8)


def save(path: Path, pixels: np.ndarray = GREY, **options: object) -> Path:
    """Write pixels as an image of the kind that the name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)  # type: ignore[arg-type]
    return path


@pytest.fixture
def faces(tmp_path: Path, rng: np.random.Generator) -> Path:
    """A folder of six images of 8 x 8 pixels."""
    folder = tmp_path / "faces"
    for i in range(6):
        save(folder / f"face{i}.png", rng.integers(0, 256, (8, 8), dtype=np.uint8))
    return folder


def test_names_of_pixels() -> None:
    """Pixels are named by row and column from 1, brightest first, the earlier first among equals."""
    grid = PixelGrid(2, 3)
    assert top_weights(grid, np.array([0.1, 0, 0.5, 0.5, 0, 1.0]), 3) == [("r2c3", 1.0), ("r1c3", 0.5), ("r2c1", 0.5)]


def test_top_is_clipped_to_the_grid() -> None:
    """Asking for more pixels than there are gives those there are; dark ones are left out."""
    grid = PixelGrid(2, 2)
    assert len(top_weights(grid, np.ones(4), 100)) == 4
    assert top_weights(grid, np.array([0.0, 2.0, 0.0, 0.0]), 4) == [("r1c2", 2.0)]
    assert (
        top_weights(grid, np.ones(4), 0) == top_weights(grid, np.ones(4), -3) == top_weights(grid, np.zeros(4), 4) == []
    )


def test_a_grid_is_a_known_axis_and_makes_the_round_trip() -> None:
    """A saved model makes the grid again from JSON."""
    grid = PixelGrid(19, 20)
    assert len(grid) == 380
    assert AXES["pixels"].from_meta(json.loads(json.dumps(grid.to_meta()))) == grid


@pytest.mark.parametrize("name", ["x.png", "x.pgm", "x.bmp", "x.tif", "x.TIFF", "x.gif"])
def test_grey_values(tmp_path: Path, name: str) -> None:
    """Black is 0 and white is 1, whatever the kind of the file."""
    np.testing.assert_allclose(read_pixels(save(tmp_path / name)), GREY / 255, rtol=0, atol=0)


@pytest.mark.parametrize("name", ["x.jpg", "x.webp"])
def test_grey_values_of_lossy_kinds(tmp_path: Path, name: str) -> None:
    """Lossy formats change pixels only slightly."""
    pixels = np.full((16, 16), 120, dtype=np.uint8)
    np.testing.assert_allclose(read_pixels(save(tmp_path / name, pixels)), 120 / 255, atol=0.02)


def test_sixteen_bits_are_not_cut_to_eight(tmp_path: Path) -> None:
    """A PNG and a TIFF of 16 bits keep all their shades, and white is 1."""
    deep = np.array([[0, 1, 257], [32768, 65534, 65535]], dtype=np.uint16)
    for name in ("deep.png", "deep.tif"):
        np.testing.assert_allclose(read_pixels(save(tmp_path / name, deep)), deep / 65535, rtol=0, atol=0)


@pytest.mark.parametrize("maxval", [1, 15, 255, 1023, 65535])
def test_pgm_of_any_depth(tmp_path: Path, maxval: int) -> None:
    """The header of a PGM says which number is white."""
    path = tmp_path / "x.pgm"
    path.write_text(f"P2\n# a comment\n3 1\n{maxval}\n0 {maxval // 2} {maxval}\n")
    found = read_pixels(path)
    assert (found[0, 0], found[0, 2]) == (0, 1)
    assert found[0, 1] == pytest.approx(maxval // 2 / maxval, abs=0.003)
    if maxval > 255:
        raw = np.array([0, maxval // 2, maxval], dtype=">u2").tobytes()
        path.write_bytes(b"P5 3 1 %d\n" % maxval + raw)
        np.testing.assert_array_equal(read_pixels(path), found)


def test_black_and_white(tmp_path: Path) -> None:
    """One bit a pixel is 0 or 1."""
    path = save(tmp_path / "x.png", np.array([[True, False]]))
    assert read_pixels(path).tolist() == [[1, 0]]


def test_colours_become_grey_by_their_brightness(tmp_path: Path) -> None:
    """Red, green and blue weigh 0.299, 0.587 and 0.114 (ITU-R 601); grey in three colours is that grey."""
    colours = np.zeros((1, 4, 3), dtype=np.uint8)
    colours[0, 0, 0] = colours[0, 1, 1] = colours[0, 2, 2] = 255
    colours[0, 3] = 102
    found = read_pixels(save(tmp_path / "x.png", colours))
    np.testing.assert_allclose(found, [[0.299, 0.587, 0.114, 0.4]], atol=1 / 255)


def test_transparency_is_ignored(tmp_path: Path) -> None:
    """A pixel has the grey of its colour however transparent it is, in all kinds that have transparency."""
    alpha = np.array([[0, 128, 255], [0, 128, 255]], dtype=np.uint8)
    with_alpha = [np.dstack([GREY, alpha]), np.dstack([GREY, GREY, GREY, alpha])]
    for i, pixels in enumerate(with_alpha):
        np.testing.assert_allclose(read_pixels(save(tmp_path / f"{i}.png", pixels)), GREY / 255)
    palette = Image.fromarray(GREY).convert("P")
    palette.save(tmp_path / "palette.png", transparency=bytes([0, 100]))
    np.testing.assert_allclose(read_pixels(tmp_path / "palette.png"), GREY / 255)


def test_of_an_animation_the_first_frame_counts(tmp_path: Path) -> None:
    """A GIF of several frames is one image."""
    frames = [Image.fromarray(GREY), Image.fromarray(255 - GREY)]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    np.testing.assert_allclose(read_pixels(tmp_path / "x.gif"), GREY / 255)


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (GREY.astype(np.float32), "known maximum; save it with 8 or 16 bits"),
        (GREY.astype(np.int32) * 1000, "more than 16 bits per pixel"),
        (GREY.astype(np.int32) - 1, "more than 16 bits per pixel"),
    ],
)
def test_pixels_of_unknown_range_are_refused(tmp_path: Path, pixels: np.ndarray, reason: str) -> None:
    """Where nothing says which number is white, no guess is made."""
    with pytest.raises(ImageError, match=reason):
        read_pixels(save(tmp_path / "x.tif", pixels))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A missing file has another message than a damaged one."""
    with pytest.raises(ImageError, match=r"no such file: .*nowhere\.png"):
        read_pixels(tmp_path / "nowhere.png")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["png", "gif", "bmp", "tif", "pgm", "jpg", "webp"])
def test_a_damaged_image_is_an_image_error_or_an_image(tmp_path: Path, kind: str) -> None:
    """Cut short or with a byte wrong anywhere: an ImageError that names the file, or pixels from 0 to 1, no warning."""
    whole = save(tmp_path / f"whole.{kind}", np.arange(63, dtype=np.uint8).reshape(9, 7)).read_bytes()
    path = tmp_path / f"x.{kind}"
    rng = random.Random(0)
    messages: list[str] = []
    for position in range(min(len(whole), 120)):
        wrong = bytes([rng.choice([0, 255, whole[position] ^ 1])])
        for damaged in (whole[:position], whole[:position] + wrong + whole[position + 1 :]):
            path.write_bytes(damaged)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    found = read_pixels(path)
            except ImageError as error:
                messages.append(str(error))
            else:
                assert 0 <= found.min() <= found.max() <= 1
    assert messages
    assert all(message.startswith(f"{path} cannot be read as an image: ") for message in messages)


def test_an_image_too_large_to_be_meant_is_refused(tmp_path: Path) -> None:
    """A header that promises ten thousand by ten thousand pixels does not fill memory."""
    path = tmp_path / "x.pgm"
    path.write_bytes(b"P5 10000 10000 255\n")
    with pytest.raises(ImageError, match="exceeds limit"):
        read_pixels(path)


def test_v_holds_an_image_a_column(faces: Path) -> None:
    """Rows are pixels, row by row; columns are images in the order of their names."""
    data = build_image_matrix(faces)
    assert data.V.shape == (64, 6)
    assert data.rows == PixelGrid(8, 8)
    assert data.columns.ids == [f"face{i}.png" for i in range(6)]
    assert data.columns.titles == [f"face{i}" for i in range(6)]
    for j in range(6):
        np.testing.assert_array_equal(data.V[:, j].reshape(8, 8), read_pixels(faces / f"face{j}.png"))
    assert data.V.flags["C_CONTIGUOUS"]
    assert data.ledger == {"images": 6, "kept": 6, "set_aside": []}
    assert data.weighting is None


def test_images_that_are_not_square(tmp_path: Path) -> None:
    """Height comes before width."""
    save(tmp_path / "x.png")
    data = build_image_matrix(tmp_path)
    assert data.rows == PixelGrid(height=2, width=3)
    np.testing.assert_allclose(data.V[:, 0], [0, 0.2, 0.4, 0.6, 0.8, 1.0])


def test_the_order_of_creation_does_not_matter(tmp_path: Path) -> None:
    """The same images, made in another order, in another folder: the same V, ids and fingerprint."""
    names = ["b.png", "a.png", "a-b.png", "a/z.png", "a.d/x.png", "B.png", "ä.png", "10.png", "9.png"]
    for order, folder in ((1, tmp_path / "one"), (-1, tmp_path / "two")):
        for name in names[::order]:
            save(folder / name, np.full((2, 2), len(name) * 9, dtype=np.uint8))
    one, two = build_image_matrix(tmp_path / "one"), build_image_matrix(tmp_path / "two")
    np.testing.assert_array_equal(one.V, two.V)
    assert one.columns == two.columns
    assert one.columns.ids == sorted(names)
    assert one.recipe["corpus"]["fingerprint"] == two.recipe["corpus"]["fingerprint"]
    assert (one.recipe["corpus"]["name"], two.recipe["corpus"]["name"]) == ("one", "two")


@pytest.mark.parametrize("change", ["pixel", "name", "more", "shape"])
def test_the_fingerprint_sees_every_change(tmp_path: Path, change: str) -> None:
    """Another pixel, name or image, or the same pixels in another shape, is another corpus."""
    save(tmp_path / "one" / "a.png", np.zeros((2, 8), np.uint8))
    folder = tmp_path / "two"
    pixels = np.zeros((4, 4) if change == "shape" else (2, 8), np.uint8)
    pixels[0, 0] = 1 if change == "pixel" else 0
    save(folder / ("b.png" if change == "name" else "a.png"), pixels)
    if change == "more":
        save(folder / "b.png", pixels)
    prints = {build_image_matrix(tmp_path / name).recipe["corpus"]["fingerprint"] for name in ("one", "two")}
    assert len(prints) == 2


def test_subfolders_are_labels(tmp_path: Path) -> None:
    """The label of an image is its subfolder; images in the folder itself have none."""
    for name in ("x.png", "cats/x.png", "dogs/big/x.png"):
        save(tmp_path / name)
    columns = build_image_matrix(tmp_path).columns
    assert columns.ids == ["cats/x.png", "dogs/big/x.png", "x.png"]
    assert columns.labels() == ["cats", "dogs/big", None]
    assert columns.titles == ["x", "x", "x"]


def test_a_single_subfolder_is_not_a_label(tmp_path: Path) -> None:
    """Images have no label if all are in the same subfolder."""
    for name in ("pgm/x.png", "pgm/y.png"):
        save(tmp_path / name)
    assert build_image_matrix(tmp_path).columns.labels() == [None, None]


def test_hidden_files_and_other_files_are_not_images(tmp_path: Path) -> None:
    """Names and folders that begin with a dot, texts, folders called .png, and links to nowhere are passed over."""
    folder = tmp_path / ".hidden-above"  # only what lies inside the folder counts
    for name in ("x.png", "X2.PNG", ".x.png", ".thumbs/x.png", "a/.b/x.png", "._x.png"):
        save(folder / name)
    (folder / "README.md").write_text("about")
    (folder / "folder.png").mkdir()
    (folder / "broken-link.png").symlink_to(folder / "nowhere.png")
    assert [path.name for path in image_files(folder)] == ["X2.PNG", "x.png"]


def test_broken_images_are_set_aside(faces: Path) -> None:
    """Damaged images are left out of V, reported by name and recorded in the ledger."""
    (faces / "empty.png").write_bytes(b"")
    (faces / "face1b.png").write_bytes((faces / "face1.png").read_bytes()[:50])
    (faces / "note.png").write_text("not an image")
    warned: list[str] = []
    seen: list[str] = []
    data = build_image_matrix(faces, warn=warned.append, on_image=lambda path: seen.append(path.name))
    assert data.V.shape == (64, 6)
    assert data.columns.ids == [f"face{i}.png" for i in range(6)]
    assert data.ledger == {"images": 9, "kept": 6, "set_aside": ["empty.png", "face1b.png", "note.png"]}
    assert len(warned) == 3
    for message, name in zip(warned, data.ledger["set_aside"], strict=True):
        assert message.startswith(f"left out: {faces / name} cannot be read as an image")
    assert seen == sorted(path.name for path in faces.iterdir())


def test_images_of_unlike_sizes_are_an_error(faces: Path) -> None:
    """The message names two images with their sizes, width first, and what to do."""
    save(faces / "wide.png", np.zeros((8, 9), np.uint8))
    with pytest.raises(
        ImageError, match=r"one size: face0\.png is 8 x 8 pixels, wide\.png is 9 x 8; resize them first"
    ):
        build_image_matrix(faces)


def test_a_broken_first_image_does_not_set_the_size(faces: Path) -> None:
    """The first image that can be read determines the size."""
    (faces / "a.png").write_bytes(b"broken")
    assert build_image_matrix(faces).rows == PixelGrid(8, 8)


def test_a_folder_without_images_is_an_error(tmp_path: Path) -> None:
    """The message lists the formats of images, also for a missing folder."""
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ImageError, match=r"it contains no images; the formats are \.bmp, \.gif, \.jpeg"):
            build_image_matrix(folder)


def test_a_folder_of_broken_images_is_an_error(tmp_path: Path) -> None:
    """The message distinguishes images that cannot be read from a folder without images."""
    (tmp_path / "x.png").write_bytes(b"broken")
    (tmp_path / "y.pgm").write_bytes(b"broken")
    with pytest.raises(ImageError, match="none of its 2 images can be read"):
        build_image_matrix(tmp_path)


def test_new_images_for_a_fitted_grid(faces: Path, tmp_path: Path) -> None:
    """Each becomes a column as in the fit; one that cannot be used is a column of zeros and a problem."""
    wide = save(tmp_path / "wide.png", np.full((8, 9), 255, np.uint8))
    (tmp_path / "broken.png").write_bytes(b"broken")
    paths = [faces / "face3.png", wide, tmp_path / "broken.png", tmp_path / "nowhere.png", faces / "face0.png"]
    V, problems = pixel_columns(paths, PixelGrid(8, 8))
    problems = list(problems)
    fitted = build_image_matrix(faces).V
    np.testing.assert_array_equal(V[:, [0, 4]], fitted[:, [3, 0]])
    assert (V[:, 1:4] == 0).all()
    assert [problem is None for problem in problems] == [True, False, False, False, True]
    assert problems[1] == f"{wide} is 9 x 8 pixels, the model's images are 8 x 8"
    assert "cannot be read as an image" in str(problems[2])
    assert "no such file" in str(problems[3])


def test_no_new_images() -> None:
    """No paths give an empty matrix."""
    V, problems = pixel_columns([], PixelGrid(2, 3))
    assert (V.shape, list(problems)) == ((6, 0), [])


@pytest.mark.data
def test_the_faces_of_the_article(data_folder: Path, tmp_path: Path) -> None:
    """Lee and Seung's 2429 faces of 19 x 19 pixels make V 361 x 2429, with values from 0 to 1."""
    with tarfile.open(data_folder / "cbcl-faces-pgm.tar.gz") as archive:
        archive.extractall(tmp_path / "faces", filter="data")
    data = build_image_matrix(tmp_path / "faces")
    assert data.V.shape == (361, 2429)
    assert data.rows == PixelGrid(19, 19)
    assert (data.V.min(), data.V.max()) == (0, 1)
    assert list(data.columns.ids) == sorted(data.columns.ids)
    path = tmp_path / "faces" / str(data.columns.ids[1000])
    raw = path.read_bytes()
    assert raw.startswith(b"P5")
    np.testing.assert_array_equal(np.frombuffer(raw[-361:], np.uint8) / 255, data.V[:, 1000])
    assert Image.open(io.BytesIO(raw)).size == (19, 19)
