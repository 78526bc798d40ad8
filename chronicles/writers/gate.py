"""The gate: whether a wording may stand for its claim.

A pure function of the wording, its claim, the persona who says it, and the place on the page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from chronicles.claims.template import slots_of

if TYPE_CHECKING:
    from chronicles.dossier import Claim
    from chronicles.personas import Persona

__all__ = ["VERSION", "Place", "Refusal", "judge"]

VERSION = "1"
"""Raised whenever the same wording may be judged otherwise."""


class Refusal(StrEnum):
    """Why a wording may not stand."""

    SLOTS = "slots"
    DIGIT = "digit"
    MARKUP = "markup"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a wording would stand."""

    goes_on: bool = False
    """Whether it goes on in the sentence of the wording before it, which ended without a full stop."""
    may_go_on: bool = False
    """Whether the next wording may go on in its sentence."""
    said: frozenset[str] = frozenset()
    """Wordings that stand on the page before it, and those of the last pages that a model wrote."""


_HERE = Place()
_SLOT = re.compile(r"\{[a-z_]+\}")


def judge(wording: str, claim: Claim, persona: Persona, place: Place = _HERE) -> Refusal | None:
    """Decide whether a wording may stand for its claim; None lets it."""
    del persona, place
    if sorted(slots_of(wording)) != sorted(claim.slots):
        return Refusal.SLOTS
    bare = _SLOT.sub("", wording)
    if re.search(r"\d", bare):
        return Refusal.DIGIT
    return Refusal.MARKUP if re.search(r"[<>{}\[\]`*_\\|]", bare) else None
