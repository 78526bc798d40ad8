"""The gate: whether a wording may stand for its claim.

A pure function of the wording, its claim, the persona who says it, and the place on the page. A wording that a
persona's own file has for the claim is a person's word: only its slots and signs are looked at. What a model words is
held to more, the cheap checks first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles.writers.refusal import Refusal
from chronicles.writers.shape import odd_sentence, odd_sign, odd_slots, unsafe

if TYPE_CHECKING:
    from chronicles.dossier import Claim
    from chronicles.personas import Persona

__all__ = ["VERSION", "Place", "Refusal", "judge"]

VERSION = "2"
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


_HERE = Place()


def judge(wording: str, claim: Claim, persona: Persona, place: Place = _HERE) -> Refusal | None:
    """Decide whether a wording may stand for its claim; None lets it."""
    odd = odd_slots(wording, tuple(sorted(claim.slots)))
    if odd:
        return odd
    known = wording == claim.skeleton or wording in persona.wordings.get(claim.id, ())
    if known and not place.by_model:
        return None if wording == claim.skeleton else unsafe(wording)
    if known:
        return Refusal.ECHO
    odd = odd_sign(wording) or odd_sentence(wording, goes_on=place.goes_on, may_go_on=place.may_go_on)
    return odd or (Refusal.REPEATED if place.by_model and wording in place.said else None)
