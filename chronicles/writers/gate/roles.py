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
from typing import TYPE_CHECKING

from chronicles.writers.gate.lexicon import PREPOSITIONS, group
from chronicles.writers.gate.neighbours import alike
from chronicles.writers.gate.reading import SLOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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

Feature = tuple[str, str]


@dataclass(slots=True)
class Roles:
    """Counts of where slots stand."""

    seen: Counter[tuple[str, Feature]] = field(default_factory=Counter)
    totals: Counter[str] = field(default_factory=Counter)
    weighed: dict[tuple[str, str], dict[Feature, float]] = field(default_factory=dict)
    """Claim and slot to the weights that were worked out before."""

    def learn(self, claim: str, words: Sequence[Word], parts: Mapping[str, str], times: int) -> None:
        """Count one wording."""
        for slot, features in _places(words, parts).items():
            for key in (f"{claim}.{slot}", parts[slot]):
                self.totals[key] += times
                for feature in features:
                    self.seen[key, feature] += times
        self.weighed.clear()

    def margin(self, claim: str, words: Sequence[Word], parts: Mapping[str, str]) -> float:
        """By how much the wording fits better than with two of its slots exchanged; the least over all pairs."""
        places = _places(words, parts)
        slots = list(places)
        fits = {(slot, at): self._fit(claim, slot, parts[slot], places[at]) for slot in slots for at in slots}
        free = alike()
        margins = (
            fits[one, one] + fits[other, other] - fits[one, other] - fits[other, one]
            for number, one in enumerate(slots)
            for other in slots[number + 1 :]
            if (claim, frozenset((one, other))) not in free
        )
        return min(margins, default=_CERTAIN)

    def _fit(self, claim: str, slot: str, part: str, features: Sequence[Feature]) -> float:
        weights = self.weighed.get((claim, slot))
        if weights is None:
            weights = self.weighed[claim, slot] = {}
        total = 0.0
        for feature in features:
            weight = weights.get(feature)
            if weight is None:
                weight = weights[feature] = self._weigh(f"{claim}.{slot}", part, feature)
            total += weight
        return total

    def _weigh(self, slot: str, part: str, feature: Feature) -> float:
        chance = _UNSEEN
        for key in (part, slot):
            chance = (self.seen[key, feature] + _LEAN * chance) / (self.totals[key] + _LEAN)
        return _WEIGHTS[feature[0]] * math.log(chance)


def _places(words: Sequence[Word], parts: Mapping[str, str]) -> dict[str, tuple[Feature, ...]]:
    """Slot to the features of its place."""
    items = [f"{{{parts[word.text[1:-1]]}}}" if word.tag == SLOT else word.item for word in words]
    at_slots = [at for at, word in enumerate(words) if word.tag == SLOT]
    found: dict[str, tuple[Feature, ...]] = {}
    for turn, at in enumerate(at_slots):
        left = items[at - 1] if at else "^"
        right = items[at + 1] if at + 1 < len(items) else "$"
        found[words[at].text[1:-1]] = (
            ("L", left),
            ("R", right),
            ("LL", f"{items[at - 2] if at > 1 else '^'} {left}"),
            ("RR", f"{right} {items[at + 2] if at + 2 < len(items) else '$'}"),
            ("M", _marker(words, at)),
            ("O", f"{turn}/{len(at_slots)}"),
        )
    return found


def _marker(words: Sequence[Word], at: int) -> str:
    """The nearest preposition or telling verb before a slot."""
    for before in range(at - 1, -1, -1):
        word = words[before]
        if word.tag == SLOT:
            return SLOT
        if word.text in _MARKERS:
            return word.text
        if word.sense in _TELLING:
            return word.sense
    return "^"
