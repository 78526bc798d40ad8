"""Whether the slots of a wording stand where they belong: would it fit the known wordings better with two exchanged?

For each place of a slot the neighbours on both sides, the nearest preposition or telling verb before it and its turn
among the slots are counted over all known wordings, by slot, by part and by both together, the narrower count leaning
on the wider. Two slots are exchanged in thought; where the wording then fits better, it is refused. So `{new} becomes
{old}` is, and `{old} is what {new} used to be` is not, without a rule that names either.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from itertools import permutations
from typing import TYPE_CHECKING

from chronicles.writers.gate.lexicon import PREPOSITIONS, group
from chronicles.writers.gate.neighbours import alike, slot_words
from chronicles.writers.gate.reading import SLOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.writers.gate.lexicon import Word

__all__ = ["Roles"]

_WEIGHTS = {"L": 1.0, "R": 1.0, "LL": 0.5, "RR": 0.5, "M": 0.5, "O": 0.5}
_LEAN = 4.0
"""How many wordings the wider count is worth to the narrower."""
_UNSEEN = 0.001
_MARKERS = PREPOSITIONS | group("out off away past beside is was are were has had")
_TELLING = {"REPLACE", "BECOME", "SWAP", "OUTWEIGH", "GONE", "NEW", "ADDITION", "COME", "GO"}
_CERTAIN = 99.0
"""The margin of a wording with a single slot."""


class _Weights(dict[str, float]):
    """What each feature of a place speaks for one slot; worked out when it is first asked for."""

    def __init__(self, roles: Roles, slot: str, part: str) -> None:
        super().__init__()
        self._roles, self._slot, self._part = roles, slot, part

    def __missing__(self, feature: str) -> float:
        chance = _UNSEEN
        for key in (self._part, self._slot):
            chance = (self._roles.seen[key, feature] + _LEAN * chance) / (self._roles.totals[key] + _LEAN)
        weight = self[feature] = _WEIGHTS[feature.partition(" ")[0]] * math.log(chance)
        return weight


@dataclass(slots=True)
class Roles:
    """Counts of where slots stand."""

    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Slot or part and feature."""
    totals: Counter[str] = field(default_factory=Counter)
    weighed: dict[tuple[str, str], _Weights] = field(default_factory=dict)
    """Claim and slot to the weights of features."""

    def learn(self, claim: str, words: Sequence[Word]) -> None:
        """Count one wording."""
        for word, features in _places(words):
            for key in (f"{claim}.{word.text[1:-1]}", word.part):
                self.totals[key] += 1
                self.seen.update([(key, feature) for feature in features])
        self.weighed.clear()

    def margin(self, claim: str, words: Sequence[Word]) -> float:
        """By how much the wording fits better than with two of its slots exchanged; the least over all pairs."""
        places = _places(words)
        fits = [
            [sum(map(weights.__getitem__, features)) for _, features in places]
            for weights in [self._weights(claim, word) for word, _ in places]
        ]
        bound = _bound(claim)
        margins = [
            fits[one][one] + fits[other][other] - fits[one][other] - fits[other][one]
            for other in range(len(places))
            for one in range(other)
            if (places[one][0].text, places[other][0].text) in bound
        ]
        return min(margins, default=_CERTAIN)

    def _weights(self, claim: str, slot: Word) -> _Weights:
        found = self.weighed.get((claim, slot.text))
        if found is None:
            found = self.weighed[claim, slot.text] = _Weights(self, f"{claim}.{slot.text[1:-1]}", slot.part)
        return found


@cache
def _bound(claim: str) -> frozenset[tuple[str, str]]:
    """The slots of a claim, each two that may not change places."""
    slots = slot_words(claim)
    return frozenset(
        (one, other)
        for one, other in permutations(slots, 2)
        if (claim, frozenset((one[1:-1], other[1:-1]))) not in alike()
    )


def _places(words: Sequence[Word]) -> list[tuple[Word, tuple[str, ...]]]:
    """The slots with the features of their places."""
    items = ["^", "^", *[word.beside if word.part else word.item for word in words], "$", "$"]
    at_slots = [at for at, word in enumerate(words) if word.part]
    # Two words before and behind: those of a slot at 0 are items 0, 1 and 3, 4.
    return [
        (
            words[at],
            (
                f"L {items[at + 1]}",
                f"R {items[at + 3]}",
                f"LL {items[at]} {items[at + 1]}",
                f"RR {items[at + 3]} {items[at + 4]}",
                f"M {_marker(words, at)}",
                f"O {turn}/{len(at_slots)}",
            ),
        )
        for turn, at in enumerate(at_slots)
    ]


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
