"""The map of topics: distances, their places, and pages between them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon, pdist, squareform

from nmf_topics.analysis.topic_map import classical_scaling, page_map, topic_distances, topic_map
from nmf_topics.model.files import load_model


def test_distances_are_those_of_scipy(rng: np.random.Generator) -> None:
    """The Jensen-Shannon distance in bits of every pair, whatever the sums of the columns."""
    W = rng.random((30, 6)) * (rng.random((30, 6)) < 0.4) + 1e-3
    found = topic_distances(W * rng.random(6))
    expected = [[jensenshannon(p, q, base=2) for p in W.T] for q in W.T]
    assert found == pytest.approx(np.array(expected), abs=1e-7)
    assert (found == found.T).all()
    assert (np.diag(found) == 0).all()


def test_distances_of_dead_topics_are_unknown() -> None:
    """A topic without words has no distance to any; the others keep theirs."""
    found = topic_distances(np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]))
    assert np.isnan(found[1]).all()
    assert np.isnan(found[:, 1]).all()
    assert found[0, 2] == 1


def test_scaling_finds_the_plane(rng: np.random.Generator) -> None:
    """Points of a plane come back with all their distances, and all of these are shown."""
    points = rng.normal(size=(9, 2)) * [3, 1]
    positions, shown = classical_scaling(squareform(pdist(points)))
    assert pdist(positions) == pytest.approx(pdist(points))
    assert shown == pytest.approx(1)
    assert positions.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert np.ptp(positions[:, 0]) > np.ptp(positions[:, 1])
    for column in positions.T:
        assert column[np.argmax(np.abs(column))] > 0


def test_scaling_says_what_it_leaves_out() -> None:
    """Four points that are all equally far from each other need three dimensions: a plane shows two thirds."""
    positions, shown = classical_scaling(1.0 - np.eye(4))
    assert shown == pytest.approx(2 / 3)
    assert np.square(positions).sum() == pytest.approx(1.0)  # 3/2, the squares of the four points, times 2/3


@pytest.mark.parametrize("r", [0, 1, 2])
def test_scaling_of_few_points(r: int) -> None:
    """One topic lies at the origin, two on a line; there is always a plane."""
    positions, shown = classical_scaling(1.0 - np.eye(r))
    assert positions.shape == (r, 2)
    assert np.isfinite(positions).all()
    assert shown == 1 if r == 2 else np.isnan(shown)
    if r == 2:
        assert positions.tolist() == [[0.5, 0.0], [-0.5, 0.0]]


def test_map_of_a_model(fitted: Path) -> None:
    """Topics have places whose distances do not exceed the true ones; a page of one topic lies on it."""
    model = load_model(fitted)
    found = topic_map(model)
    assert found.positions.shape == (3, 2)
    assert found.shown == pytest.approx(1)  # three points always lie in a plane
    assert pdist(found.positions) == pytest.approx(found.distances[np.triu_indices(3, 1)])
    again = topic_map(load_model(fitted))
    assert again.positions.tobytes() == found.positions.tobytes()
    pages = page_map(found, np.array([[2.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 2.0]]))
    assert pages[0] == pytest.approx(found.positions[0])
    assert np.isnan(pages[1]).all()
    assert pages[2] == pytest.approx(found.positions.T @ [0.25, 0.25, 0.5])


def test_a_dead_topic_has_no_place(fitted: Path) -> None:
    """Neither the other topics nor the pages are moved by a topic without words."""
    model = load_model(fitted)
    W = model.W.copy()
    W[:, 2] = 0.0
    found = topic_map(replace(model, W=W))
    assert np.isnan(found.positions[2]).all()
    assert np.isfinite(found.positions[:2]).all()
    pages = page_map(found, np.array([[1.0, 0.0], [1.0, 0.0], [5.0, 1.0]]))
    assert pages[0] == pytest.approx(found.positions[:2].mean(axis=0))
    assert np.isnan(pages[1]).all()
