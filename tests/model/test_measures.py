"""Measures of topics against numbers worked out by hand, and against scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_topics.model.measures import coherence, diversity, nmi, npmi, purity, sparseness, top_rows

# pages:                0  1  2  3  4  5  6  7
PAGES = sp.csr_matrix([[1, 1, 1, 1, 0, 0, 0, 0],  # 0
                       [5, 0, 2, 0, 0, 0, 0, 9],  # 1: on three pages, two of them with 0
                       [0, 0, 0, 0, 1, 1, 0, 0],  # 2: never with 0
                       [1, 1, 1, 1, 1, 1, 1, 1],  # 3: everywhere
                       [2, 2, 2, 2, 2, 2, 2, 2],  # 4: everywhere
                       [0, 0, 0, 0, 0, 0, 0, 0],  # 5: nowhere
                       [0, 0, 0, 0, 3, 1, 0, 0]])  # 6: always with 2, and only there  # fmt: skip


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        ((0, 1), math.log((2 / 8) / (4 / 8 * 3 / 8)) / -math.log(2 / 8)),
        ((0, 2), -1.0),  # never on one page
        ((3, 4), 1.0),  # together on every page
        ((2, 6), 1.0),  # always together
        ((0, 3), 0.0),  # independent: log 1
        ((0, 5), 0.0),  # a term on no page
        ((5, 5), 0.0),
        ((3, 5), 0.0),
    ],
)
def test_npmi_of_a_pair(pair: tuple[int, int], value: float) -> None:
    """log(p_ij / p_i p_j) / -log p_ij, and what stands for it where it has no value; the order does not matter."""
    assert npmi(PAGES, pair) == pytest.approx(value, abs=1e-15)
    assert npmi(PAGES, pair[::-1]) == pytest.approx(value, abs=1e-15)


def test_npmi_is_the_mean_over_pairs() -> None:
    """Three terms have three pairs."""
    pairs = [npmi(PAGES, (0, 1)), npmi(PAGES, (0, 2)), npmi(PAGES, (1, 2))]
    assert npmi(PAGES, (0, 1, 2)) == pytest.approx(sum(pairs) / 3)


@pytest.mark.parametrize("rows", [(), (3,)])
def test_npmi_of_fewer_than_two_terms(rows: tuple[int, ...]) -> None:
    """A single term has no pairs, so the value is NaN."""
    assert math.isnan(npmi(PAGES, rows))


@settings(deadline=None, max_examples=80)
@given(st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=2, max_size=5))
def test_npmi_is_bounded(rows: list[list[bool]]) -> None:
    """NPMI is always a number from -1 to 1."""
    value = npmi(sp.csr_matrix(np.array(rows, dtype=float)), range(len(rows)))
    assert -1 - 1e-12 <= value <= 1 + 1e-12


def test_coherence_looks_at_the_top_terms_that_have_weight() -> None:
    """Each topic's own top terms are paired; terms without weight never are, and a topic of one term has no value."""
    W = np.array([[3, 0, 0], [2, 0, 0], [1, 5, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 4, 1]], dtype=float)
    values = coherence(PAGES, W, top=2)
    assert values[:2] == pytest.approx([npmi(PAGES, (0, 1)), npmi(PAGES, (2, 6))])
    assert math.isnan(values[2])
    assert coherence(PAGES.toarray(), W)[0] == pytest.approx(npmi(PAGES, (0, 1, 2)))


def test_top_rows() -> None:
    """The largest weights first, the earlier row among equals; what is zero but for rounding is none of them."""
    w = np.array([0.2, 0.5, 1e-9, 0.5, 0.0, 1e-6])
    assert top_rows(w, 9) == [1, 3, 0, 5]
    assert top_rows(w, 2) == [1, 3]
    assert top_rows(np.zeros(3), 2) == []


def test_diversity_by_hand() -> None:
    """Of 2 + 2 top terms three are distinct; with one term each, both are."""
    W = np.array([[3, 0], [2, 2], [0, 3], [1, 1]], dtype=float)
    assert diversity(W, top=2) == 3 / 4
    assert diversity(W, top=1) == 1
    assert diversity(W[:, [0, 0]], top=2) == 1 / 2


def test_diversity_counts_no_term_without_weight() -> None:
    """Topics that share no term have a diversity of 1, however few terms have weight; without any there is none."""
    W = np.zeros((40, 3))
    W[:3, 0], W[3:6, 1], W[20:, 1] = 1, 1, 1e-12
    assert diversity(W) == 1
    assert math.isnan(diversity(np.zeros((4, 2))))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ([1, 0, 0, 0], 1.0),
        ([7, 7, 7, 7], 0.0),
        ([3, 4, 0, 0], (2 - 7 / 5) / (2 - 1)),
        ([3, -4, 0, 0], (2 - 7 / 5) / (2 - 1)),
        ([1, 1, 1, 0], 2 - 3 / math.sqrt(3)),
    ],
)
def test_sparseness_by_hand(column: list[float], value: float) -> None:
    """Hoyer's (sqrt(m) - |a|_1 / |a|_2) / (sqrt(m) - 1), whatever the scale and the signs."""
    a = np.array(column, dtype=float)[:, None]
    assert sparseness(a) == pytest.approx(value, abs=1e-15)
    assert sparseness(1e-9 * a) == pytest.approx(value, abs=1e-12)


def test_sparseness_is_the_mean_over_columns_that_are_not_zero() -> None:
    """Columns of zeros are left out; where there is nothing else, or a single row, there is no value."""
    assert sparseness(np.array([[1.0, 1, 0], [0, 1, 0]])) == pytest.approx(0.5)
    assert math.isnan(sparseness(np.zeros((3, 2))))
    assert math.isnan(sparseness(np.ones((1, 2))))


def test_nmi_by_hand() -> None:
    """Two halves against thirds of four: I over the mean of the entropies, in letters."""
    a, b = ["x", "x", "y", "y"], [1, 1, 1, 2]
    information = 1 / 2 * math.log((1 / 2) / (1 / 2 * 3 / 4)) + 1 / 4 * math.log((1 / 4) / (1 / 2 * 3 / 4))
    information += 1 / 4 * math.log((1 / 4) / (1 / 2 * 1 / 4))
    entropies = math.log(2) + -(3 / 4 * math.log(3 / 4) + 1 / 4 * math.log(1 / 4))
    assert nmi(a, b) == pytest.approx(information / (entropies / 2))


labellings = st.integers(1, 30).flatmap(lambda n: st.tuples(*[st.lists(st.integers(0, 4), min_size=n, max_size=n)] * 2))


@settings(deadline=None, max_examples=150)
@given(labellings)
def test_nmi_against_scikit_learn(pair: tuple[list[int], list[int]]) -> None:
    """scikit-learn's normalized_mutual_info_score, single clusters and all; the same both ways, from 0 to 1."""
    from sklearn.metrics import normalized_mutual_info_score

    a, b = pair
    assert nmi(a, b) == pytest.approx(normalized_mutual_info_score(a, b), abs=1e-12)
    assert nmi(b, a) == pytest.approx(nmi(a, b), abs=1e-12)
    assert 0 <= nmi(a, b) <= 1


def test_nmi_at_the_edges() -> None:
    """One cluster on both sides agrees, on one side says nothing; labels may be anything; no page, no value."""
    assert nmi([1, 1, 1], ["a", "a", "a"]) == 1
    assert nmi([1, 1, 1], ["a", "b", "c"]) == 0
    assert nmi([None, "x", 3], [(), 1, "z"]) == 1
    assert math.isnan(nmi([], []))


def test_purity_by_hand() -> None:
    """The commonest class of each cluster is right: 2 of 3, 2 of 2 and 1 of 2."""
    clusters, classes = [1, 1, 1, 2, 2, 3, 3], ["a", "a", "b", "b", "b", "c", "a"]
    assert purity(clusters, classes) == 5 / 7
    assert purity(classes, classes) == 1
    assert purity([0] * 7, classes) == 3 / 7
    assert math.isnan(purity([], []))


@pytest.mark.parametrize("measure", [nmi, purity])
def test_labellings_of_different_pages(measure: object) -> None:
    """Two labellings of different length cannot be compared."""
    with pytest.raises(ValueError, match="2 and 3 pages"):
        measure([1, 2], [1, 2, 3])  # type: ignore[operator]
