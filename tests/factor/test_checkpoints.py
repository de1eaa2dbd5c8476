"""Checkpoints: an interrupted factorization goes on to the same bytes, and nothing else finds its state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from nmf_topics.factor.blocks import as_blocks
from nmf_topics.factor.engines.checkpoints import Checkpointing
from nmf_topics.factor.engines.disk import to_disk
from nmf_topics.factor.factorize import Factorization, factorize
from nmf_topics.factor.state import State
from nmf_topics.files.cache.cache import Cache
from nmf_topics.files.cache.kinds import CHECKPOINTS, COUNTS, entry_key

V = sp.csc_matrix(np.random.default_rng(3).random((20, 30)) * (np.random.default_rng(4).random((20, 30)) < 0.4))
OPTIONS: dict[str, Any] = {"rank": 3, "objective": "frobenius", "rule": "amu", "start": "random", "seed": 0}


class Killed(Exception):
    """Stands for the end of the process."""


def fit(settings: Checkpointing, place: Any = V, kill_at: int = 0, **changes: Any) -> Factorization:
    """Factor with a checkpoint; the process ends after iteration `kill_at`."""
    options, blocks = OPTIONS | changes, as_blocks(place)
    checkpoint = settings.of(blocks, options)

    def look(iteration: Any) -> None:
        if iteration.number == kill_at + 1:  # the state of iteration `kill_at` has been kept
            raise Killed

    result = factorize(
        blocks,
        **options,
        max_iter=40,
        tolerance=1e-9,
        on_iteration=look if kill_at else None,
        on_state=checkpoint.keep,
        resume=checkpoint.recall(),
    )
    checkpoint.done()
    return result


def same(one: Factorization, other: Factorization) -> bool:
    """To the last bit."""
    pairs = ((one.W, other.W), (one.H, other.H), (one.trace, other.trace))
    return all(a.tobytes() == b.tobytes() for a, b in pairs) and one.stop_reason == other.stop_reason


@pytest.mark.parametrize("kill_at", [1, 17, 39])
@pytest.mark.parametrize("changes", [{}, {"rule": "hals"}, {"objective": "kl", "rule": "mu"}])
def test_goes_on_to_the_same_bytes(kill_at: int, changes: dict[str, Any], tmp_path: Path) -> None:
    """Wherever it was ended, on whichever objective and rule; it says where it goes on."""
    told: list[str] = []
    settings = Checkpointing(Cache(tmp_path), 0.0, told.append)
    settings_without_pause = Checkpointing(Cache(tmp_path), 0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nmf_topics.factor.engines.checkpoints.SHARE_OF_TIME", 1e9)  # after every iteration
        with pytest.raises(Killed):
            fit(settings_without_pause, kill_at=kill_at, **changes)
    result = fit(settings, **changes)
    assert told == [f"resuming from iteration {kill_at}, saved in a checkpoint of the same fit"]
    assert same(result, fit(Checkpointing(Cache(tmp_path / "elsewhere"), 1e9), **changes))


def test_on_disk(tmp_path: Path) -> None:
    """Blocks have an identity of their own: another cut is another fit, the same blocks elsewhere are the same."""
    stores = [to_disk(V, tmp_path / name, columns=columns) for name, columns in (("a", 9), ("b", 9), ("c", 30))]
    keys = [Checkpointing(Cache(tmp_path)).of(as_blocks(place), OPTIONS).key for place in (*stores, V)]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


@pytest.mark.parametrize("change", [{"rank": 4}, {"rule": "hals"}, {"seed": 1}, {"start": "nndsvda"}])
def test_another_fit_has_another_checkpoint(change: dict[str, Any], tmp_path: Path) -> None:
    """And so has another V, be it by its last bit."""
    settings = Checkpointing(Cache(tmp_path))
    assert settings.of(as_blocks(V), OPTIONS).key != settings.of(as_blocks(V), OPTIONS | change).key
    other = V.copy()
    other.data[0] = np.nextafter(other.data[0], 1)
    assert settings.of(as_blocks(V), OPTIONS).key != settings.of(as_blocks(other), OPTIONS).key


def test_a_short_fit_writes_nothing(tmp_path: Path) -> None:
    """Not even the folder."""
    fit(Checkpointing(Cache(tmp_path / "x"), 60.0))
    assert not (tmp_path / "x").exists()


def test_the_end_of_a_long_fit_stays_until_the_command_is_done(tmp_path: Path) -> None:
    """So that of several runs those that are done are not done again; then it goes, and other files stay."""
    settings = Checkpointing(Cache(tmp_path), 0.0)
    (tmp_path / "counts-x.npz").write_text("not ours")
    first = fit(settings)
    again = Checkpointing(Cache(tmp_path), 0.0)
    number: list[int] = []
    blocks = as_blocks(V)
    checkpoint = again.of(blocks, OPTIONS)
    result = factorize(
        blocks,
        **OPTIONS,
        max_iter=40,
        tolerance=1e-9,
        on_iteration=lambda it: number.append(it.number),
        resume=checkpoint.recall(),
    )
    assert number == []  # no iteration was needed
    assert same(first, result)
    settings.clear()
    assert list(tmp_path.glob("checkpoint-*")) != []  # the other one is at work on it
    again.clear()
    assert {path.name for path in tmp_path.iterdir()} == {"counts-x.npz", ".locks"}


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 nothing", None])
def test_a_damaged_checkpoint_is_said_and_removed(damage: bytes | None, tmp_path: Path) -> None:
    """The fit begins anew, and ends as it would have."""
    told: list[str] = []
    fit(Checkpointing(Cache(tmp_path), 0.0))
    (path,) = tmp_path.glob("checkpoint-*")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(bytes(content) if damage is None else damage)
    result = fit(Checkpointing(Cache(tmp_path, warn=told.append), 1e9, told.append))
    assert len(told) == 1
    assert "cannot be used" in told[0]
    assert "the fit starts from the beginning" in told[0]
    assert same(result, fit(Checkpointing(Cache(tmp_path / "elsewhere"), 1e9)))
    assert not path.exists()


def test_a_checkpoint_that_cannot_be_written_does_not_end_the_fit(tmp_path: Path) -> None:
    """It is said once."""
    (tmp_path / "file").write_text("")
    told: list[str] = []
    result = fit(Checkpointing(Cache(tmp_path / "file" / "x", warn=told.append), 0.0))
    assert len(told) == 1
    assert "nothing is kept for the next time" in told[0]
    assert same(result, fit(Checkpointing(Cache(tmp_path / "elsewhere"), 1e9)))


def test_a_checkpoint_in_use_is_not_cleared(tmp_path: Path) -> None:
    """Whoever clears the cache, or fills it, while a fit is running."""
    cache = Cache(tmp_path, limit=10**5)
    checkpointing = Checkpointing(cache, 0.0)
    fit(checkpointing)
    (kept,) = cache.clear().kept
    assert kept.kind is CHECKPOINTS
    for number in range(5):
        cache.save(COUNTS, entry_key(COUNTS, number), {"x": np.zeros(90_000, np.uint8)})
    assert kept.path.exists()
    checkpointing.clear()
    assert not kept.path.exists()


def test_writing_takes_a_bounded_share_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a checkpoint that takes one second to write, there is none for the next nine."""
    clock, written = [100.0], []
    cache = Cache(tmp_path)
    save = cache.save

    def slow(*arguments: Any) -> bool:
        clock[0] += 1.0
        written.append(clock[0])
        return save(*arguments)

    monkeypatch.setattr(cache, "save", slow)
    monkeypatch.setattr("nmf_topics.factor.engines.checkpoints.time.monotonic", lambda: clock[0])
    states: list[State] = []
    factorize(V, **OPTIONS, max_iter=2, on_state=states.append)
    checkpoint = Checkpointing(cache, 0.5).of(as_blocks(V), OPTIONS)
    for wait in (0.4, 0.1, 9.9, 0.1, 9.9, 0.1):
        clock[0] += wait
        checkpoint.keep(states[-1])
    assert written == pytest.approx([101.5, 112.5, 123.5])
