"""The loop's state: going on from it is as if nothing had happened, and what is no state is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from losses import PAIRS, suited

from nmf_topics.errors import MatrixError
from nmf_topics.factor.extrapolation import Extrapolation
from nmf_topics.factor.factorize import factorize
from nmf_topics.factor.state import State


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("objective", "rule"), PAIRS)
def test_resumed_from_disk_to_the_same_bytes(
    objective: str, rule: str, dtype: type, tmp_path: Path, rng: np.random.Generator
) -> None:
    """From the state of any iteration, written to disk and read again, the loop comes to the same factors and trace."""
    V = sp.csc_matrix(suited(rng.random((30, 40)) * (rng.random((30, 40)) < 0.4), objective).astype(dtype))
    states: list[State] = []
    options: dict[str, Any] = {"objective": objective, "rule": rule, "start": "random", "tolerance": 1e-4}
    whole = factorize(V, 4, max_iter=60, on_state=states.append, **options)
    assert [state.iteration for state in states] == list(range(1, len(whole.trace) + 1))
    for state in (states[0], states[7], states[len(states) // 2]):
        np.savez(tmp_path / "state.npz", allow_pickle=False, **state.to_arrays())
        with np.load(tmp_path / "state.npz") as kept:
            resumed = factorize(V, 4, max_iter=60, resume=State.from_arrays(kept), **options)
        assert resumed.stop_reason == whole.stop_reason
        assert str(resumed.certificate) == str(whole.certificate)
        for name in ("W", "H", "trace"):
            assert getattr(resumed, name).tobytes() == getattr(whole, name).tobytes(), name


def test_states_do_not_change(rng: np.random.Generator) -> None:
    """A state that is kept is what it was, however far the loop has gone since."""
    kept: list[tuple[State, bytes]] = []

    def keep(state: State) -> None:
        kept.append((state, state.W.tobytes() + state.H.tobytes()))

    factorize(rng.random((9, 8)), 3, rule="hals", max_iter=9, on_state=keep)
    assert all(state.W.tobytes() + state.H.tobytes() == was for state, was in kept)
    assert len({was for _, was in kept}) == 9


AHEAD = Extrapolation(0.4, 0.9, 0.3, W_start=np.full((3, 2), 2.0), H_last=np.full((2, 4), 3.0))


def good() -> dict[str, Any]:
    """The arrays of a state."""
    return State(np.ones((3, 2)), np.ones((2, 4)), 1.5, (0.5, 0.25), AHEAD).to_arrays()


def test_round_trip() -> None:
    """Everything comes back, where an extrapolated iteration begins too, and H lies page by page."""
    state = State.from_arrays(good())
    assert (state.scale, state.trace, state.iteration) == (1.5, (0.5, 0.25), 2)
    for name, value in AHEAD._asdict().items():
        np.testing.assert_array_equal(getattr(state.extrapolation, name), value)
    assert state.H.flags.f_contiguous


@pytest.mark.parametrize(
    "change",
    [
        {"W": np.ones((3, 3))},
        {"W": np.ones(3)},
        {"W": np.ones((3, 2), dtype=np.float32)},
        {"H": -np.ones((2, 4))},
        {"H": np.full((2, 4), np.nan)},
        {"W": np.ones((3, 2), dtype=int), "H": np.ones((2, 4), dtype=int)},
        {"scale": np.ones(3)},
        {"trace": np.array(1.0)},
        {"certificate": np.ones(2)},
        {"scale": np.array(0.0)},
        {"scale": np.array(np.nan)},
        {"extrapolation_schedule": np.ones(2)},
        {"extrapolation_W_start": np.ones((2, 2))},
        {"extrapolation_H_last": np.full((2, 4), np.inf)},
        {"extrapolation_W_last": -np.ones((3, 2))},
    ],
)
def test_refuses_what_is_no_state(change: dict[str, Any]) -> None:
    """Arrays of other shapes, types or signs are named for what they are."""
    with pytest.raises(MatrixError, match="not a solver state"):
        State.from_arrays({**good(), **change})


@pytest.mark.parametrize("name", ["W", "H", "scale", "trace", "certificate", "extrapolation_schedule"])
def test_refuses_a_state_with_something_missing(name: str) -> None:
    """Nothing is filled in."""
    with pytest.raises(MatrixError, match="not a solver state"):
        State.from_arrays({key: value for key, value in good().items() if key != name})


def test_refuses_to_go_on_with_another_matrix() -> None:
    """The shapes of V and rank must be those of the state."""
    state = State(np.ones((3, 2)), np.ones((2, 4)), 1.0)
    for V, rank in ((np.ones((3, 5)), 2), (np.ones((3, 4)), 3)):
        with pytest.raises(MatrixError, match=r"cannot resume from a state"):
            factorize(V, rank, resume=state)
