"""Known wordings with one thing turned round: what no wording may be, word for word, whatever its pieces are.

Piece by piece a false sentence may be known, since one claim is told from two sides: `{what} is faster` has each of its
words from wordings that say how the others fared. So of every known wording its mirrors are made, each with one word
put for its contrary, one negation left out or two slots exchanged. A wording that is one of them, articles and signs
aside, and none of the known, says the contrary of what somebody has said. Tenses are no contraries here: a story may be
told in either.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

from chronicles.writers.gate.contrary import CONTRARY
from chronicles.writers.gate.known import load_known
from chronicles.writers.gate.lexicon import NEGATION
from chronicles.writers.gate.neighbours import alike
from chronicles.writers.gate.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chronicles.writers.gate.lexicon import Word

__all__ = ["mirrored"]

_SAYS_NOTHING = frozenset({"the", "a", "an", ",", ".", "!", ";", ":", "—", "–"})
_TENSES = frozenset({"is", "was", "are", "were", "has", "had", "have"})
_MOVES = frozenset({"COME", "GO"})
_WAYS = frozenset({"UP", "DOWN", "in", "into", "out", "to", "through"})
"""Words of direction before which to come is to go."""

_Line = tuple[str, ...]


def mirrored(claim: str, words: Sequence[Word]) -> Refusal | None:
    """Why a wording is refused that is a known one with one thing turned round."""
    line = hash(_line(words))
    turned, exchanged = _mirrors(claim)
    if line in turned:
        return Refusal.POLARITY
    return Refusal.ROLE if line in exchanged else None


@cache
def _mirrors(claim: str) -> tuple[frozenset[int], frozenset[int]]:
    """The mirrors of all known wordings of a claim, turned and exchanged, by hash: they are many, and none is read."""
    said = {_line(words) for words in load_known().claims[claim].sayings}
    known = {hash(line) for line in said}
    turned = frozenset(hash(mirror) for line in said for mirror in _turned(line))
    return turned - known, frozenset(hash(mirror) for line in said for mirror in _exchanged(claim, line)) - known


def _line(words: Sequence[Word]) -> _Line:
    """What the words say, one by one, without articles and signs."""
    return tuple([word.name for word in words if word.text not in _SAYS_NOTHING])


def _turned(line: _Line) -> Iterator[_Line]:
    """A line with one word put for its contrary, or a negation left out."""
    for at, told in enumerate(line):
        if told == NEGATION:
            yield (*line[:at], *line[at + 1 :])
        led = told in _MOVES and at + 1 < len(line) and line[at + 1] in _WAYS
        for contrary in CONTRARY.get(told, ()) if told not in _TENSES else ():
            if not (led and contrary in _MOVES):
                yield (*line[:at], contrary, *line[at + 1 :])


def _exchanged(claim: str, line: _Line) -> Iterator[_Line]:
    """A line with two slots in each other's place."""
    slots = [at for at, told in enumerate(line) if told[0] == "{"]
    for one, other in combinations(slots, 2):
        if (claim, frozenset((line[one][1:-1], line[other][1:-1]))) not in alike():
            yield (*line[:one], line[other], *line[one + 1 : other], line[one], *line[other + 1 :])
