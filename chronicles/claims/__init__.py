"""From a ledger to what it entitles anyone to say.

Each family is a small module of templates and one pure function. A template gives at most one claim a dossier:
the strongest. Tables carry the counts, so a claim relates facts to each other or to history; it says what the
evidence says and no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.claims import (
    code,
    dependency,
    first,
    kind,
    message,
    move,
    past,
    people,
    performance,
    public,
    reading,
    rewrite,
    size,
    span,
    tests,
    undo,
)
from chronicles.claims.template import Family, Template, family

if TYPE_CHECKING:
    from chronicles.dossier import Claim, Ledger

__all__ = ["FAMILIES", "TEMPLATES", "find_claims", "versions"]

FAMILIES: tuple[Family, ...] = tuple(
    family(module)
    for module in (
        code,
        dependency,
        first,
        kind,
        message,
        move,
        past,
        people,
        performance,
        public,
        reading,
        rewrite,
        size,
        span,
        tests,
        undo,
    )
)
TEMPLATES: dict[str, Template] = {template.id: template for each in FAMILIES for template in each.templates}


def find_claims(ledger: Ledger) -> tuple[Claim, ...]:
    """Find all claims of a ledger, the most salient first; ties in the order of their ids."""
    best: dict[str, Claim] = {}
    for each in FAMILIES:
        for claim in each.find(ledger):
            if claim.id not in best or claim.salience > best[claim.id].salience:
                best[claim.id] = claim
    return tuple(sorted(best.values(), key=lambda claim: (-claim.salience, claim.id)))


def versions() -> dict[str, str]:
    """The version of each family, as a dossier's `made_by` carries it."""
    return {f"claims.{each.name}": each.version for each in FAMILIES}
