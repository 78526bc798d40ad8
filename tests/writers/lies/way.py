"""What a way to lie is: a claim in true words, and a function that spoils them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles.claims.template import slots_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from chronicles.dossier import Claim
    from chronicles.personas import Persona

__all__ = ["NONSENSE", "Told", "Way"]

NONSENSE = "nonsense"
"""The reason of a reply that has not the form asked for."""


@dataclass(frozen=True, slots=True)
class Told:
    """A claim in words that may stand for it."""

    claim: Claim
    wording: str
    persona: Persona

    @property
    def slots(self) -> list[str]:
        """With their braces, in their order."""
        return [f"{{{slot}}}" for slot in slots_of(self.wording)]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to lie."""

    name: str
    lie: Callable[[Told, Random], str | None]
    """What is said instead; None where this way does not apply."""
    reasons: frozenset[str]
    """For which most of its lies are refused."""
    raw: bool = False
    """Whether it gives the whole reply and no sentence to put into one."""
