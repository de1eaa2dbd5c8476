"""Co-occurrence in windows: equal to counting window by window, to gensim, and to what can be worked out by hand."""

from __future__ import annotations

import math
import warnings
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nmf_topics.analysis.coherence
from nmf_topics.analysis.coherence import (
    CV_WINDOW,
    EPSILON,
    NPMI_WINDOW,
    Cooccurrence,
    WindowCounter,
    c_v,
    count_cooccurrence,
    npmi_matrix,
    umass,
    window_npmi,
)

NEITHER = -1


def slow(pages: list[list[int]], k: int, size: int | None) -> tuple[int, np.ndarray]:
    """Window by window, as the definition says."""
    windows, together = 0, np.zeros((k, k))
    for page in pages:
        if not page:
            continue
        width = len(page) if size is None else min(size, len(page))
        for start in range(len(page) - width + 1):
            windows += 1
            seen = sorted(set(page[start : start + width]) - {NEITHER})
            for i in seen:
                for j in seen:
                    together[i, j] += 1
    return windows, together


pages_of_words = st.lists(st.lists(st.integers(NEITHER, 3), max_size=30), max_size=5)


@settings(deadline=None, max_examples=150)
@given(pages_of_words, st.sampled_from([1, 2, 3, 10, None]), st.booleans())
def test_windows_are_counted_as_one_would_count_them(pages: list[list[int]], size: int | None, often: bool) -> None:
    """Stretches of equal windows are counted as so many windows, whenever the counter adds up what it holds."""
    with pytest.MonkeyPatch.context() as patch:
        if often:
            patch.setattr(nmf_topics.analysis.coherence, "_FLUSH", 0)
        (found,) = count_cooccurrence([np.array(page, dtype=np.int64) for page in pages], 4, [size])
    windows, together = slow(pages, 4, size)
    assert found.windows == windows
    np.testing.assert_array_equal(found.together, together)


def test_result_does_not_change_with_what_follows() -> None:
    """A result stays what it was when more pages are counted."""
    counter = WindowCounter(2, 2)
    counter.add(np.array([0, 1]))
    first = counter.result()
    counter.add(np.array([0, 1]))
    assert first.together.tolist() == [[1, 1], [1, 1]]
    assert counter.result().together.tolist() == [[2, 2], [2, 2]]


def test_npmi_by_hand() -> None:
    """Of 8 windows 4 hold the one word, 2 the other, 1 both: log(1/8 / (1/2 * 1/4)) / log 8 is 0; and other values."""
    found = Cooccurrence(8, np.array([[4.0, 1.0], [1.0, 2.0]]))
    assert window_npmi(found, [0, 1]) == pytest.approx(0.0, abs=1e-9)
    assert window_npmi(Cooccurrence(8, np.full((2, 2), 2.0)), [0, 1]) == pytest.approx(1.0)
    expected = math.log(0.375 / (0.5 * 0.5)) / -math.log(0.375)
    assert window_npmi(Cooccurrence(8, np.array([[4.0, 3.0], [3.0, 4.0]])), [0, 1]) == pytest.approx(expected)
    never = math.log(EPSILON / 0.25) / -math.log(EPSILON)
    assert window_npmi(Cooccurrence(8, np.array([[4.0, 0.0], [0.0, 4.0]])), [0, 1]) == pytest.approx(never)


def test_umass_by_hand() -> None:
    """log((D(i, j) + 1) / D(j)) with the heavier word as j, mean over pairs."""
    found = Cooccurrence(10, np.array([[6.0, 2.0, 0.0], [2.0, 3.0, 1.0], [0.0, 1.0, 2.0]]))
    assert umass(found, [0, 1, 2]) == pytest.approx((math.log(3 / 6) + math.log(1 / 6) + math.log(2 / 3)) / 3)
    assert umass(found, [1, 0]) == pytest.approx(math.log(3 / 3))


def test_what_other_programs_leave_undefined() -> None:
    """Words that the texts lack, words of all windows, single words: a value, or nan where there is no pair at all."""
    absent = Cooccurrence(4, np.array([[2.0, 0.0], [0.0, 0.0]]))
    assert window_npmi(absent, [0, 1]) == 0
    assert 0 < c_v(absent, [0, 1]) <= 1
    assert umass(absent, [1, 0]) != umass(absent, [1, 0])  # the heavier word is on no page
    assert umass(absent, [0, 1]) == pytest.approx(math.log(1 / 2))
    everywhere = Cooccurrence(4, np.full((2, 2), 4.0))
    assert window_npmi(everywhere, [0, 1]) == 1
    assert c_v(everywhere, [0, 1]) == pytest.approx(1)
    nothing = Cooccurrence(0, np.zeros((2, 2)))
    assert (window_npmi(nothing, [0, 1]), c_v(nothing, [0, 1])) == (0, 0)
    for measure in (window_npmi, c_v, umass):
        assert math.isnan(measure(everywhere, [0]))
        assert math.isnan(measure(everywhere, []))


def test_values_are_those_of_gensim(rng: np.random.Generator) -> None:
    """C_V and C_NPMI equal gensim's on texts longer and shorter than the windows.

    No word stands twice in a window here: gensim forgets both when the first one leaves the window.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what gensim imports
        models = pytest.importorskip("gensim.models.coherencemodel")
        corpora = pytest.importorskip("gensim.corpora")
        pages = [rng.permutation(150)[:n] for n in rng.integers(20, 151, 25)]
        topics = [[0, 3, 8, 12, 20], [1, 2, 30, 35], [5, 6, 7, 39, 38]]
        texts = [[f"w{i:03d}" for i in page] for page in pages]
        for measure, size, ours in (("c_v", CV_WINDOW, c_v), ("c_npmi", NPMI_WINDOW, window_npmi)):
            theirs = models.CoherenceModel(
                topics=[[f"w{i:03d}" for i in topic] for topic in topics],
                texts=texts,
                dictionary=corpora.Dictionary(texts),
                coherence=measure,
                processes=1,
            ).get_coherence_per_topic()
            (found,) = count_cooccurrence(pages, 150, [size])
            assert [ours(found, topic) for topic in topics] == pytest.approx(theirs, abs=1e-9), measure


def test_the_matrix_is_symmetric_and_bounded(rng: np.random.Generator) -> None:
    """NPMI lies between -1 and 1, is 1 (but for e) of a word with itself, and the same from either side."""
    (found,) = count_cooccurrence([rng.integers(-1, 6, 60) for _ in range(9)], 6, [5])
    values = npmi_matrix(found, range(6))
    np.testing.assert_allclose(values, values.T)
    np.testing.assert_allclose(np.diag(values), 1.0)
    assert all(-1 <= values[i, j] <= 1 for i, j in combinations(range(6), 2))
