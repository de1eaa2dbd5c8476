"""Files of arrays: their digest finds what the archive itself does not notice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nmf_topics.files.arrays import DIGEST, read_sealed_arrays, write_sealed_arrays


def test_arrays_of_another_file_are_noticed(tmp_path: Path) -> None:
    """An archive whose parts are whole but do not belong together is damaged."""
    path = tmp_path / "x.npz"
    write_sealed_arrays(path, {"a": np.arange(5), "b": np.ones((2, 3))})
    found = read_sealed_arrays(path)
    assert sorted(found) == ["a", "b"]
    np.testing.assert_array_equal(found["a"], np.arange(5))
    digest = np.load(path)[DIGEST]
    for changed in (
        {"a": np.arange(1, 6), "b": found["b"]},
        {"a": found["a"], "c": found["b"]},
        {"a": found["a"], "b": found["b"].reshape(3, 2)},
        {"a": found["a"].astype(np.int32), "b": found["b"]},
        {"a": found["a"]},
    ):
        np.savez(path, allow_pickle=False, **changed, **{DIGEST: digest})
        with pytest.raises(ValueError, match="its contents do not match its digest"):
            read_sealed_arrays(path)
