"""Phrases: words that go together, as one term: "new york", "machine learning", "prime minister".

A phrase is two terms that follow each other in the text, in one breath, far more often than chance would have it. It is
looked for before stop words go, so that "house of lords" holds no "house lords". With

    c1, c2   how often each of the two occurs        c12   how often one follows the other
    n        words of all pages, stop words and breaks between words among them

two terms are a phrase if c12 >= LEAST and the normalised pointwise mutual information is at least BOUND:

    npmi = log(n c12 / (c1 c2)) / log(n / c12)       1 where they always go together, 0 by chance

Once pairs are joined, pairs of the result are looked for in the same way, so that a phrase has up to four words. Where
two phrases overlap the one of higher npmi is taken. Text is not read again for this: the numbers of its tokens in their
order, a fraction of its size, are kept in memory or in a temporary file.

Reference: Bouma, Normalized (pointwise) mutual information in collocation extraction, GSCL (2009) 31-40.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

LEAST = 10  # occurrences of a phrase
BOUND = 0.45  # its npmi
OPENER_BOUND = 0.6  # its npmi where a stop word opens it: New York, but not The Beatles
ROUNDS = 2  # pairs, then pairs of pairs
PAIRS = 2**24  # pairs that are gathered before equal ones are put together

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Pairs of units that are one unit, of one round.

    Attributes
    ----------
    left, right : ndarrays of shape (k,), units, the best pair first
    first : the number of the unit that the best pair makes; the others follow
    """

    left: Ints
    right: Ints
    first: int

    def join(self, units: Ints) -> tuple[Ints, Ints]:
        """Join the pairs in a sequence of units (below 0: no unit, nothing joins over it).

        Returns
        -------
        joined : the sequence with one unit for each pair
        places : where in the given sequence the pairs were
        """
        place, rank = self._find(units)
        if not len(place):
            return units, place
        chosen = _without_overlap(place, rank)
        joined = units.copy()
        joined[place[chosen]] = self.first + rank[chosen]
        return np.delete(joined, place[chosen] + 1), place[chosen]

    def _find(self, units: Ints) -> tuple[Ints, Ints]:
        """Where a pair stands, and which one."""
        if not len(self.left) or len(units) < 2:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        keys = self.left << 32 | self.right
        order = np.argsort(keys)
        both = (units[:-1] >= 0) & (units[1:] >= 0)
        place = np.flatnonzero(both)
        asked = units[place] << 32 | units[place + 1]
        at = np.minimum(np.searchsorted(keys[order], asked), len(keys) - 1)
        hit = keys[order][at] == asked
        return place[hit], order[at[hit]]


def _without_overlap(place: Ints, rank: Ints) -> NDArray[np.bool_]:
    """Of pairs that share a unit the one of best rank, then of what is left the next best, the earlier among equals."""
    chosen = np.zeros(len(place), bool)
    alive = np.arange(len(place))
    while len(alive):
        here, ranks = place[alive], rank[alive]
        touching = np.diff(here) == 1
        beaten = np.zeros(len(alive), bool)
        beaten[1:] |= touching & (ranks[:-1] <= ranks[1:])
        beaten[:-1] |= touching & (ranks[1:] < ranks[:-1])
        won = ~beaten
        chosen[alive[won]] = True
        gone = won.copy()
        gone[1:] |= touching & won[:-1]
        gone[:-1] |= touching & won[1:]
        alive = alive[~gone]
    return chosen


def find_pairs(sequences: Iterable[Ints], totals: Ints, fresh: NDArray[np.bool_], openers: NDArray[np.bool_]) -> Pairs:
    """The pairs of units that go together.

    Parameters
    ----------
    sequences : all sequences of units
    totals : ndarray of shape (u,), how often each unit occurs
    fresh : ndarray of shape (u,), units of which a pair must have one: the others have been asked about before
    openers : ndarray of shape (u,), units that are stop words

    Returns
    -------
    Pairs, the one of highest npmi first, the more frequent and then the earlier units first among equals.
    """
    often = totals >= LEAST
    gathered: list[tuple[Ints, Ints]] = []
    waiting = 0
    n = 0
    for units in sequences:
        left, right = units[:-1], units[1:]
        both = (left >= 0) & (right >= 0)
        n += len(units)
        # a word that repeats itself is no phrase
        good = both & (left != right) & often[np.maximum(left, 0)] & often[np.maximum(right, 0)]
        good &= fresh[np.maximum(left, 0)] | fresh[np.maximum(right, 0)]
        gathered.append(np.unique(left[good] << 32 | right[good], return_counts=True))
        waiting += len(gathered[-1][0])
        if waiting > PAIRS:
            gathered = [_together(gathered)]
            waiting = 0
    keys, counts = _together(gathered)
    keys, counts = keys[counts >= LEAST], counts[counts >= LEAST]
    left, right = keys >> 32, keys & 0xFFFFFFFF
    npmi = np.log(n * counts / (totals[left] * totals[right])) / np.log(np.maximum(n, 2) / np.minimum(counts, n - 1))
    order = np.lexsort((right, left, -counts, -np.round(npmi, 12)))
    order = order[npmi[order] >= np.where(openers[left[order]], OPENER_BOUND, BOUND)]
    return Pairs(left[order], right[order], len(totals))


def _together(gathered: Sequence[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    """Equal keys put together, their counts added up."""
    if not gathered:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    keys, inverse = np.unique(np.concatenate([keys for keys, _ in gathered]), return_inverse=True)
    counts = np.concatenate([counts for _, counts in gathered])
    return keys, np.bincount(inverse, weights=counts, minlength=len(keys)).astype(np.int64)


def term_of(left: str, right: str) -> str:
    """The term that two make."""
    return f"{left.lower()} {right}"


@dataclass(frozen=True)
class Phrases:
    """The phrases of a corpus, by terms, to be found on its pages and on new ones.

    Attributes
    ----------
    rounds : for each round its pairs of terms, the best first; from the second round on a term may be a phrase itself,
        and the first of a pair may be a stop word, with a capital
    """

    rounds: tuple[tuple[tuple[str, str], ...], ...] = ()

    def __bool__(self) -> bool:
        return any(self.rounds)

    @cached_property
    def words(self) -> dict[str, list[str]]:
        """Phrase -> its words."""
        found: dict[str, list[str]] = {}
        for left, right in (pair for pairs in self.rounds for pair in pairs):
            found[term_of(left, right)] = [word for part in (left, right) for word in found.get(part, [part])]
        return found

    def to_meta(self) -> list[list[list[str]]]:
        """As JSON."""
        return [[list(pair) for pair in pairs] for pairs in self.rounds]

    @classmethod
    def from_meta(cls, meta: Sequence[Sequence[Sequence[str]]]) -> Phrases:
        """The phrases that `to_meta` described."""
        return cls(tuple(tuple((str(left), str(right)) for left, right in pairs) for pairs in meta))

    def joiner(self, unit_of: Mapping[str, int], n_units: int) -> Joiner:
        """What finds the phrases in sequences of units; pairs with a term that has no unit are not looked for."""
        known = dict(unit_of)
        rounds: list[Pairs] = []
        terms: list[str] = []
        for pairs in self.rounds:
            usable = [pair for pair in pairs if pair[0] in known and pair[1] in known]
            units = np.array([(known[left], known[right]) for left, right in usable], np.int64).reshape(-1, 2)
            rounds.append(Pairs(units[:, 0], units[:, 1], n_units + len(terms)))
            terms += [term_of(left, right) for left, right in usable]
            known |= {term: n_units + i for i, term in enumerate(terms)}
        return Joiner(rounds, terms, n_units)


@dataclass(frozen=True)
class Joiner:
    """Rounds of pairs that have numbers.

    Attributes
    ----------
    rounds : Pairs of each round
    terms : of the units from `n_units` on, which are phrases; the same phrase may be made in two ways
    n_units : units that are words
    """

    rounds: Sequence[Pairs]
    terms: Sequence[str]
    n_units: int

    def join(self, units: Ints) -> Ints:
        """A sequence with phrases joined."""
        for pairs in self.rounds:
            units, _ = pairs.join(units)
        return units

    def spans(self, units: Ints) -> tuple[Ints, Ints, Ints]:
        """The phrases of a sequence: which (a place in `terms`), where each begins, and where it ends."""
        starts = np.arange(len(units) + 1)
        for pairs in self.rounds:
            units, places = pairs.join(units)
            starts = np.delete(starts, places + 1)
        place = np.flatnonzero(units >= self.n_units)
        return units[place] - self.n_units, starts[place], starts[place + 1]


def find_phrases(units: Callable[[], Iterable[Ints]], names: Sequence[str], n_terms: int) -> Phrases:
    """The phrases of a corpus.

    Parameters
    ----------
    units : gives the sequences of all pages, each time it is called: places in `names`, below 0 what is none
    names : of the units, terms first
    n_terms : how many are terms; the others are stop words that may open a phrase

    Returns
    -------
    Phrases
    """
    phrases = Phrases()
    joiner = Joiner([], [], len(names))
    while names and len(phrases.rounds) < ROUNDS:
        n_units = len(names) + len(joiner.terms)
        totals = np.zeros(n_units, np.int64)
        for sequence in units():
            sequence = joiner.join(sequence)
            totals += np.bincount(sequence[sequence >= 0], minlength=n_units)
        number = np.arange(n_units)
        fresh = number >= n_units - (len(joiner.rounds[-1].left) if joiner.rounds else n_units)
        pairs = find_pairs(map(joiner.join, units()), totals, fresh, (number >= n_terms) & (number < len(names)))
        all_names = [*names, *joiner.terms]
        ends = zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
        named = tuple((all_names[left], all_names[right]) for left, right in ends)
        phrases = Phrases((*phrases.rounds, named))
        joiner = Joiner([*joiner.rounds, pairs], [*joiner.terms, *(term_of(*pair) for pair in named)], len(names))
    return phrases


NO_PHRASES = Phrases()
