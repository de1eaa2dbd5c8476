"""Find phrases, groups of words that become one term: "new york", "machine learning", "prime minister".

A phrase is a pair of terms that follow each other, without punctuation between them, far more often than by chance.
Phrases are found before stop words are removed, so "house of lords" does not contain "house lords". With

    c1, c2   frequencies of the two terms            c12   frequency of the pair
    n        number of words on all pages, including stop words and breaks

a pair is a phrase if c12 >= LEAST and its normalized pointwise mutual information is at least BOUND:

    npmi = log(n c12 / (c1 c2)) / log(n / c12)       1 if the terms occur only together, 0 by chance

A second round finds pairs of the joined units in the same way, so a phrase has up to four words. Where two phrases
overlap, the one with the higher npmi is used.

Reference: Bouma, Normalized (pointwise) mutual information in collocation extraction, GSCL (2009) 31-40.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

LEAST = 10  # least frequency of a phrase
BOUND = 0.45  # least npmi of a phrase
OPENER_BOUND = 0.6  # least npmi of a phrase that begins with a stop word: New York, but not The Beatles
ROUNDS = 2  # pairs, then pairs of pairs
PAIRS = 2**24  # pairs collected before equal ones are merged

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """The pairs of units that one round joins.

    Attributes
    ----------
    left, right : ndarrays of shape (k,), the units of each pair, best pair first
    first : the unit that the best pair becomes; the others are numbered from there
    """

    left: Ints
    right: Ints
    first: int

    def join(self, units: Ints) -> tuple[Ints, Ints]:
        """Join the pairs in a sequence of units; numbers below 0 are no units and separate pairs.

        Returns
        -------
        joined : the sequence with one unit for each pair
        places : positions of the pairs in the given sequence
        """
        place, rank = self._find(units)
        if not len(place):
            return units, place
        chosen = _without_overlap(place, rank)
        joined = units.copy()
        joined[place[chosen]] = self.first + rank[chosen]
        return np.delete(joined, place[chosen] + 1), place[chosen]

    def _find(self, units: Ints) -> tuple[Ints, Ints]:
        """Return the positions of pairs, and which pair is at each position."""
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
    """Choose among overlapping pairs: the best rank first, then the next best of the rest; the first one wins ties."""
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
    """Find the pairs of units that form a phrase.

    Parameters
    ----------
    sequences : all sequences of units
    totals : ndarray of shape (u,), the frequency of each unit
    fresh : ndarray of bool, shape (u,), units that are new in this round; each pair has at least one of them
    openers : ndarray of bool, shape (u,), units that are stop words

    Returns
    -------
    Pairs, highest npmi first; then the more frequent ones, then in the order of the units
    """
    often = totals >= LEAST
    gathered: list[tuple[Ints, Ints]] = []
    waiting = 0
    n = 0
    for units in sequences:
        left, right = units[:-1], units[1:]
        both = (left >= 0) & (right >= 0)
        n += len(units)
        # a repeated word is not a phrase
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
    """Merge equal keys and add their counts."""
    if not gathered:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    keys, inverse = np.unique(np.concatenate([keys for keys, _ in gathered]), return_inverse=True)
    counts = np.concatenate([counts for _, counts in gathered])
    return keys, np.bincount(inverse, weights=counts, minlength=len(keys)).astype(np.int64)


def term_of(left: str, right: str) -> str:
    """Return the term of a pair."""
    return f"{left.lower()} {right}"


@dataclass(frozen=True)
class Phrases:
    """The phrases of a corpus as pairs of terms; they apply to its pages and to new ones.

    Attributes
    ----------
    rounds : the pairs of each round, best first; the first term of a pair may be a capitalized stop word, and in the
        second round a term may be a phrase
    """

    rounds: tuple[tuple[tuple[str, str], ...], ...] = ()

    def __bool__(self) -> bool:
        return any(self.rounds)

    @cached_property
    def words(self) -> dict[str, list[str]]:
        """The words of each phrase."""
        found: dict[str, list[str]] = {}
        for left, right in (pair for pairs in self.rounds for pair in pairs):
            found[term_of(left, right)] = [word for part in (left, right) for word in found.get(part, [part])]
        return found

    def to_meta(self) -> list[list[list[str]]]:
        """Return the JSON form."""
        return [[list(pair) for pair in pairs] for pairs in self.rounds]

    @classmethod
    def from_meta(cls, meta: Sequence[Sequence[Sequence[str]]]) -> Phrases:
        """Return the phrases from their JSON form."""
        return cls(tuple(tuple((str(left), str(right)) for left, right in pairs) for pairs in meta))

    def joiner(self, unit_of: Mapping[str, int], n_units: int) -> Joiner:
        """Return a joiner for sequences of units; pairs with a term that is not a unit are ignored."""
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
    """Joins phrases in sequences of units.

    Attributes
    ----------
    rounds : Pairs of each round
    terms : the terms of the units from `n_units` on, which are phrases; two pairs can form the same phrase
    n_units : number of units that are words
    """

    rounds: Sequence[Pairs]
    terms: Sequence[str]
    n_units: int

    def join(self, units: Ints) -> Ints:
        """Return the sequence with its phrases joined."""
        for pairs in self.rounds:
            units, _ = pairs.join(units)
        return units

    def spans(self, units: Ints) -> tuple[Ints, Ints, Ints]:
        """Return the phrases of a sequence: the index in `terms`, the start and the end of each."""
        starts = np.arange(len(units) + 1)
        for pairs in self.rounds:
            units, places = pairs.join(units)
            starts = np.delete(starts, places + 1)
        place = np.flatnonzero(units >= self.n_units)
        return units[place] - self.n_units, starts[place], starts[place + 1]


def find_phrases(units: Callable[[], Iterable[Ints]], names: Sequence[str], n_terms: int) -> Phrases:
    """Find the phrases of a corpus.

    Parameters
    ----------
    units : returns the sequences of all pages, each time it is called; numbers below 0 are no units
    names : the names of the units, terms first
    n_terms : number of units that are terms; the others are stop words that can begin a phrase

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
