"""The gate: whether a wording may stand for its claim.

A pure function of the wording, its claim, the persona who says it, and the place on the page. A wording that a
persona's own file has for the claim is a person's word: only its slots and signs are looked at. What a model words is
held to more, the cheap checks first: its signs and its shape; its words, each of which must be known; whether it
repeats; what it says, against all that people have said for the claim; where its slots stand; the order of its words.

`docs/gate.md` tells the rules in words, with what they cannot catch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from chronicles.writers.gate.checks import misplaced, misread, mistold, repeated
from chronicles.writers.gate.clauses import misshapen
from chronicles.writers.gate.known import is_plain, load_known
from chronicles.writers.gate.mirror import mirrored
from chronicles.writers.gate.neighbours import slot_words
from chronicles.writers.gate.overheard import overheard
from chronicles.writers.gate.phrases import strange_phrase
from chronicles.writers.gate.reading import Heard, read, tokens
from chronicles.writers.gate.refusal import Refusal
from chronicles.writers.gate.shape import OPEN_ENDS, is_sound, odd_sentence, odd_sign, odd_slots, unsafe
from chronicles.writers.gate.turning import turns_otherwise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chronicles.dossier import Claim
    from chronicles.personas import Persona
    from chronicles.writers.gate.lexicon import Word

__all__ = ["VERSION", "Place", "Refusal", "judge"]

VERSION = "6"
"""Raised whenever the same wording may be judged otherwise."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a wording would stand, and who words it."""

    goes_on: bool = False
    """Whether it goes on in the sentence of the wording before it, which ended without a full stop."""
    may_go_on: bool = False
    """Whether the next wording may go on in its sentence."""
    said: frozenset[str] = frozenset()
    """Wordings that stand on the page before it, and those of the last pages that a model wrote."""
    by_model: bool = False
    """Whether a model worded it, and no person."""
    group: bool = False
    """Whether the page tells several commits, of which none is `the commit`."""


_HERE = Place()
_QUOTED = re.compile(r"[\"“”]|''|‘")
"""Signs of quotation, with which a model could end the persona's own or hold a word at arm's length."""
_CAPITAL = re.compile(r"(?<=[a-z},;] )((?!I\b)[A-Z][A-Za-z]*)")
"""A capital within a sentence, as names have it."""
_THE_COMMIT = re.compile(r"\b(?:this|the|that|one|a|its|single) (?:\w+ )?(?:commit|patch)\b", re.IGNORECASE)
_JOINING = re.compile(
    r"(?:,\s*)?(?:and|while|but|yet|so|then|meanwhile,|also,|besides,|whereas|though|as)\s+", re.IGNORECASE
)
"""What a piece of a sentence may begin with that the one before it left open."""


def judge(wording: str, claim: Claim, persona: Persona, place: Place = _HERE) -> Refusal | None:
    """Decide whether a wording may stand for its claim; None lets it."""
    odd = odd_slots(wording, tuple(sorted(claim.slots)))
    if odd is None and not place.by_model and wording in (claim.skeleton, *persona.wordings.get(claim.id, ())):
        return None if wording == claim.skeleton else unsafe(wording)
    if odd:
        return odd
    sound = is_sound(wording)
    if not sound:
        odd = odd_sign(wording) or odd_sentence(wording, goes_on=place.goes_on, may_go_on=place.may_go_on)
    if odd:
        return odd
    whole = _whole(wording, place)
    if place.by_model:
        odd = _out_of_place(whole, claim, persona, place, sound=sound)
    return odd or _worded(whole, claim, persona)


def _out_of_place(wording: str, claim: Claim, persona: Persona, place: Place, *, sound: bool) -> Refusal | None:
    """What is wrong with a model's sentence at its place, whatever it says."""
    if not sound and _QUOTED.search(wording):
        return Refusal.SIGN
    if _is_echo(wording, claim, persona):
        return Refusal.ECHO
    if place.said and repeated(wording, place.said):
        return Refusal.REPEATED
    if not sound and any(found[1] not in persona.names for found in _CAPITAL.finditer(wording)):
        return Refusal.NAME
    return Refusal.MEANING if place.group and _THE_COMMIT.search(wording) else None


def _worded(wording: str, claim: Claim, persona: Persona) -> Refusal | None:
    """What is wrong with the words of a sentence."""
    known = load_known()
    mine = known.claims.get(claim.id)
    if mine is None:
        # A claim of a newer page than this program: nobody is known to have said anything for it.
        return Refusal.MEANING
    sound = Heard(wording)
    odd = overheard(sound, mine, persona) or strange_phrase(claim.id, sound)
    if odd:
        return odd
    words = read(sound.said, _vocabulary(persona.use, persona.names), slot_words(claim.id))
    if isinstance(words, int):
        return misread(tokens(wording)[words], wording, mine)
    odd = misshapen(words) or mistold(words, mine, known)
    odd = odd or mirrored(claim.id, words)
    if odd or turns_otherwise(claim.id, words):
        return odd or Refusal.POLARITY
    return misplaced(claim.id, words, known)


def _whole(wording: str, place: Place) -> str:
    """A piece of a sentence as the sentence it would be."""
    whole = wording
    if place.goes_on:
        whole = _JOINING.sub("", whole, count=1) if _JOINING.match(whole) else whole
    if place.may_go_on and whole.endswith(OPEN_ENDS):
        whole = whole.rstrip("".join(OPEN_ENDS)) + "."
    return whole


def _is_echo(wording: str, claim: Claim, persona: Persona) -> bool:
    """Whether a wording is what the plain writer may say."""
    own = (claim.skeleton, *persona.wordings.get(claim.id, ()))
    return wording in own or is_plain(load_known(), claim.id, wording)


@lru_cache(maxsize=64)
def _vocabulary(use: tuple[str, ...], names: tuple[str, ...]) -> Mapping[str, Word]:
    """The words beyond the lexicon that a persona may say."""
    return load_known().words_of(use, names)
