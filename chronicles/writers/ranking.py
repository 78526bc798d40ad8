"""Which of several wordings of a claim stands: the rule, best first.

The gate says what may stand; of that, what is surest to mean the claim comes first, and only then what sounds best:

1. its slots stand in the order of a known wording: small models put one slot in the place of another;
2. it is no echo: a known wording with at most one word changed, put in or left out, whatever the signs;
3. the fewest words that no known wording of the claim has, nor the persona's vocabulary: a word of the model's own is
   where another meaning comes in;
4. it begins otherwise than the sentences that stand on the page before it;
5. the most words of the persona's vocabulary, two at most: more is a parody;
6. the nearest in length to the known wordings, from the shortest to the longest of which all are alike;
7. the one that was asked for first.

Known wordings are the claim's own skeleton and what the persona files of the cast have for it;
the order is a pure function of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles.claims.template import slots_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from chronicles.personas import Cast
    from chronicles.writers.parts import Part

__all__ = ["Known", "is_echo", "known_wordings", "opening", "rank"]

_WORD = re.compile(r"\{[a-z_]+\}|[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SHORT = 3
"""Letters of a word that carries no meaning of its own: `of`, `it`, `the`."""
_OPENING = 2
"""Words of which an opening consists."""
_USED = 2


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a claim's wordings."""

    wordings: tuple[str, ...]
    vocabulary: tuple[str, ...]
    """Of the persona, in small letters; an entry may have several words."""


def known_wordings(part: Part, cast: Cast) -> Known:
    """What the whole cast has for the claim of a part."""
    people = (part.persona, cast.narrator, *cast.voices)
    written = (wording for one in people for wording in one.wordings.get(part.claim.id, ()))
    return Known(tuple(dict.fromkeys((part.claim.skeleton, *written))), tuple(map(str.casefold, part.persona.use)))


def rank(wordings: Iterable[str], known: Known, said: Collection[str] = ()) -> tuple[str, ...]:
    """Order the wordings of one claim, the best first.

    Args:
        wordings: That the gate lets stand, in the order in which they were asked for; one that comes twice counts once.
        known: Of the claim.
        said: The wordings that stand on the page before it.
    """
    orders = {tuple(slots_of(one)) for one in known.wordings}
    plain = {word for one in (*known.wordings, *known.vocabulary) for word in _words(one)}
    lengths = [len(_words(one)) for one in known.wordings]
    openings = {opening(one) for one in said}

    def cost(wording: str) -> tuple[int | bool, ...]:
        words = _words(wording)
        return (
            tuple(slots_of(wording)) not in orders,
            is_echo(wording, known),
            len({word for word in words if len(word) > _SHORT and word not in plain}),
            opening(wording) in openings,
            -min(_USED, _used(wording, known)),
            max(min(lengths) - len(words), len(words) - max(lengths), 0),
        )

    return tuple(sorted(dict.fromkeys(wordings), key=cost))


def is_echo(wording: str, known: Known) -> bool:
    """Whether a wording says a known one over again."""
    own = _words(wording)
    return any(_nearly(own, _words(other)) for other in known.wordings)


def _nearly(some: list[str], others: list[str]) -> bool:
    """Whether two rows of words differ in one word at most."""
    if abs(len(some) - len(others)) > 1:
        return False
    alike = next((at for at, (one, other) in enumerate(zip(some, others, strict=False)) if one != other), None)
    if alike is None:
        return True
    rests = (some[alike + 1 :], others[alike + 1 :], some[alike:], others[alike:])
    changed, put_in, left_out = (rests[0], rests[1]), (rests[0], rests[3]), (rests[2], rests[1])
    return any(one == other for one, other in (changed, put_in, left_out))


def opening(wording: str) -> tuple[str, ...]:
    """The words with which a wording begins."""
    return tuple(_words(wording)[:_OPENING])


def _words(wording: str) -> list[str]:
    """The words of a wording, a slot being one."""
    return [found.casefold() for found in _WORD.findall(wording)]


def _used(wording: str, known: Known) -> int:
    """How much of the vocabulary a wording has, each entry as whole words."""
    text = f" {' '.join(_words(wording))} "
    return sum(f" {' '.join(_words(entry))} " in text for entry in known.vocabulary)
