"""Small inputs of tests: a corpus with three subjects, texts, images."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

TINY = {
    "animals": [
        "The cat chased the mouse while the dog watched the cat and the mouse ran.",
        "A dog and a cat sleep near the mouse, and the cats run when dogs run.",
        "Dogs bark at cats, a cat runs after mice, and the mouse runs.",
        "The mouse ate cheese and the cat ate the mouse before the dog barked.",
    ],
    "music": [
        "The band played a song on the guitar, and the singer sang the song.",
        "A singer sings songs with a guitar and the band plays the melody.",
        "The guitar solo of the band made the song, and the melody was sung.",
        "Songs of the singer have a melody that the band plays on guitars.",
    ],
    "space": [
        "The rocket flew to the planet and circled the moon near the stars.",
        "A planet orbits its star, and the moon orbits the planet in space.",
        "Stars shine on the moon while a rocket flies to a distant planet.",
        "The rockets reached orbit around the moon, and the planet and stars shone.",
    ],
}
WIDE = ("--max-pages", 0.5)  # the tiny corpus has three subjects: its words are on a third of the pages each
ENDLESS = ("--tolerance", 0, "--max-iter", 10**9)


def tiny_texts() -> list[str]:
    """The texts of the tiny corpus."""
    return [text for texts in TINY.values() for text in texts]


def write_jsonl(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """A JSONL file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_tiny(path: Path) -> Path:
    """The tiny corpus: 12 pages in three subjects, which are their labels."""
    rows = [
        {"id": f"{label}-{i}", "title": f"{label.title()} {i}", "text": text, "label": label}
        for label, texts in TINY.items()
        for i, text in enumerate(texts)
    ]
    return write_jsonl(path, rows)


def write_texts(folder: Path, contents: Sequence[str]) -> Path:
    """A folder of texts."""
    folder.mkdir()
    for i, text in enumerate(contents):
        (folder / f"{i:02d}.txt").write_text(text, encoding="utf-8")
    return folder


def write_faces(folder: Path, count: int = 12, size: int = 8) -> Path:
    """Images put together from four parts, each in its own corner; one more row of pixels tells them apart."""
    rng = np.random.default_rng(3)
    parts = np.zeros((4, size, size))
    half = size // 2
    for k, (y, x) in enumerate([(0, 0), (0, half), (half, 0), (half, half)]):
        parts[k, y : y + half - 1, x : x + half] = rng.integers(60, 120, (half - 1, half))
    folder.mkdir(parents=True)
    for j in range(count):
        pixels = np.tensordot(rng.random(4), parts, axes=1)
        Image.fromarray(np.round(pixels).astype(np.uint8)).save(folder / f"face-{j:02d}.pgm")
    return folder


def write_noise(path: Path, shape: tuple[int, int] = (8, 8), seed: int = 0) -> Path:
    """A grey image of noise."""
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, shape).astype(np.uint8)).save(path)
    return path
