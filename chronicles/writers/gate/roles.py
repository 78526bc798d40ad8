"""Whether the slots of a wording stand where they belong: would it fit the known wordings better with two exchanged?

For each place of a slot the neighbours on both sides, the nearest preposition or telling verb before it and its turn
among the slots are counted over all known wordings, by slot, by part and by both together, the narrower count leaning
on the wider. Two slots are exchanged in thought; where the wording then fits better, it is refused. So `{new} becomes
{old}` is, and `{old} is what {new} used to be` is not, without a rule that names either.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import combinations
from operator import attrgetter
from typing import TYPE_CHECKING

from chronicles.writers.gate.lexicon import PREPOSITIONS, group
from chronicles.writers.gate.neighbours import alike, slot_words
from chronicles.writers.gate.reading import SLOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.writers.gate.lexicon import Word
    from chronicles.writers.gate.reading import Reading

__all__ = ["Roles"]

_WEIGHTS: dict[str | int, float] = {"L": 1.0, "R": 1.0, "LL": 0.5, "RR": 0.5, "M": 0.5, "O": 0.5}
_LEAN = 4.0
"""How many wordings the wider count is worth to the narrower."""
_UNSEEN = 0.001
_MARKERS = PREPOSITIONS | group("out off away past beside is was are were has had")
_TELLING = {"REPLACE", "BECOME", "SWAP", "OUTWEIGH", "GONE", "NEW", "ADDITION", "COME", "GO"}
_NEAR = attrgetter("near")
_CERTAIN = 99.0
"""The margin of a wording with a single slot."""


Feature = tuple[str | int, ...]
"""A kind of neighbour, and which it is."""


_PLACE: Feature = ("place",)
"""What every place has: so often a slot was met."""


class _Leaning(dict[Feature, float]):
    """How much more a feature of a place speaks for one slot than for another; worked out when first asked for."""

    def __init__(self, roles: Roles, one: tuple[str, str], other: tuple[str, str]) -> None:
        super().__init__()
        self._roles, self._one, self._other = roles, one, other

    def __missing__(self, feature: Feature) -> float:
        leaning = self[feature] = self._roles.weigh(self._one, feature) - self._roles.weigh(self._other, feature)
        return leaning


@dataclass(slots=True)
class Roles:
    """Counts of where slots stand; of a part when it is first asked for, since few pages have slots of every part."""

    said: defaultdict[str, list[tuple[str, Reading]]] = field(default_factory=lambda: defaultdict(list))
    """Part to the wordings that have a slot of it, each with its claim."""
    seen: dict[str, Counter[Feature]] = field(default_factory=dict)
    """Part, and slot of a claim, to the features of their places."""
    leanings: dict[str, Sequence[tuple[str, str, _Leaning]]] = field(default_factory=dict)
    """Claim to each two of its slots that may not change places."""

    def learn(self, claim: str, words: Reading) -> None:
        """Take in one wording."""
        for part in {words[at].part for at in words.slots}:
            self.said[part].append((claim, words))

    def margin(self, claim: str, words: Reading) -> float:
        """By how much the wording fits better than with two of its slots exchanged; the least over all pairs."""
        leanings = self.leanings.get(claim)
        if leanings is None:
            leanings = self.leanings[claim] = self._bound(claim)
        if not leanings:
            return _CERTAIN
        places = _places(words)
        margins = [
            sum(map(leaning.__getitem__, places[one])) - sum(map(leaning.__getitem__, places[other]))
            for one, other, leaning in leanings
        ]
        return min(margins)

    def weigh(self, slot: tuple[str, str], feature: Feature) -> float:
        """How much a feature speaks for a slot.

        Args:
            slot: Its part and itself, as they were counted.
            feature: Of a place.
        """
        chance = _UNSEEN
        if slot[0] not in self.seen:
            self._count(slot[0])
        for key in slot:
            seen = self.seen[key]
            chance = (seen[feature] + _LEAN * chance) / (seen[_PLACE] + _LEAN)
        return _WEIGHTS[feature[0]] * math.log(chance)

    def _count(self, part: str) -> None:
        """Count the features of the places of all slots that play a part."""
        found: defaultdict[str, list[Feature]] = defaultdict(list)
        for claim, words in self.said[part]:
            for slot, features in _places(words).items():
                own, key = _keys(claim, slot)
                if own == part:
                    found[key] += (_PLACE, *features)
        counted = {key: Counter(features) for key, features in found.items()}
        self.seen |= counted
        self.seen[part] = sum(counted.values(), Counter())

    def _bound(self, claim: str) -> Sequence[tuple[str, str, _Leaning]]:
        free = alike()
        return [
            (one, other, _Leaning(self, _keys(claim, one), _keys(claim, other)))
            for one, other in combinations(slot_words(claim), 2)
            if (claim, frozenset((one[1:-1], other[1:-1]))) not in free
        ]


def _keys(claim: str, slot: str) -> tuple[str, str]:
    """What is counted for a slot: its part, and itself."""
    (word,) = slot_words(claim)[slot]
    return word.part, f"{claim}.{slot}"


def _places(words: Reading) -> dict[str, tuple[Feature, ...]]:
    """Slot to the features of its place."""
    items = ["^", "^", *map(_NEAR, words), "$", "$"]
    number = len(words.slots)
    # Of the word at 0 the two before are items 0 and 1, the two behind items 3 and 4.
    return {
        words[at].text: (
            ("L", items[at + 1]),
            ("R", items[at + 3]),
            ("LL", items[at], items[at + 1]),
            ("RR", items[at + 3], items[at + 4]),
            ("M", _marker(words, at)),
            ("O", turn, number),
        )
        for turn, at in enumerate(words.slots)
    }


def _marker(words: Sequence[Word], at: int) -> str:
    """The nearest preposition or telling verb before a slot."""
    for word in reversed(words[:at]):
        if word.part:
            return SLOT
        if word.text in _MARKERS:
            return word.text
        if word.sense in _TELLING:
            return word.sense
    return "^"
