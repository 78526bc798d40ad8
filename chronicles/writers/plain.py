"""The plain writer: wordings from the personas' files, chosen by the place in history.

The variant is `(first-parent depth + hash of claim and persona) mod n`, as the design has it: the same commit
reads the same for ever, and neighbouring pages, whose depths differ by one, do not sound alike. A range has its place
by where it begins: its end moves on as it grows, and its words should not change with every commit.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING

from chronicles.dossier import Dossier, Section
from chronicles.writers.draft import Draft
from chronicles.writers.parts import PLAIN, Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.personas import Cast, Persona

__all__ = ["VERSION", "PlainWriter", "place_of", "plain_stage", "plain_wording", "staged", "variant"]

VERSION = "2"
"""Raised whenever the same claims may give other sentences, by the rules of casting and settling too."""

_SOLEMN = ("undo",)
"""Families whose pages carry no stage direction."""
_SECURITY = re.compile(r"\b(?:CVE-\d{4}-\d+|GHSA-[\w-]+|security|vulnerabilit(?:y|ies))\b", re.IGNORECASE)
"""What the subject of a security fix names."""
_STAGED = 4
"""Sentences from which on a page has room for a stage direction."""


def variant(depth: int, key: str, number: int) -> int:
    """Which of `number` variants stands at a depth.

    Raises:
        ZeroDivisionError: For no variants, of which none can stand anywhere.
    """
    return (depth + int.from_bytes(blake2b(key.encode(), digest_size=4).digest())) % number


class PlainWriter:
    """Words claims without a model: its draft is empty, since its words stand wherever a draft offers none."""

    name = PLAIN
    parallel = 1

    def draft(self, dossier: Dossier, parts: Sequence[Part], cast: Cast, titles: Sequence[str] = ()) -> Draft:
        """Offer nothing: `settle` gives each part its plain wording."""
        del dossier, parts, cast, titles
        return Draft()


def place_of(dossier: Dossier) -> int:
    """The place in history that chooses the variants of a page."""
    if dossier.subject.kind == "range":
        return int((dossier.subject.base or "0")[:7], 16)
    return int(dossier.ledger.number("lineage.depth"))


def plain_wording(part: Part, depth: int) -> str:
    """The wording that a part has at a depth where no model gives one; in a patch document the plainest there is."""
    if part.section in (Section.OVERVIEW, Section.HIGHLIGHTS):
        return part.claim.skeleton
    wordings = part.persona.wordings.get(part.claim.id, ()) or (part.claim.skeleton,)
    return wordings[variant(depth, f"{part.persona.key} {part.claim.id}", len(wordings))]


def plain_stage(persona: Persona, depth: int) -> str:
    """The stage direction whose turn it is at a depth; the persona has some."""
    directions = persona.stage_directions
    return directions[variant(depth, f"{persona.key} stage", len(directions))]


def staged(dossier: Dossier, parts: Sequence[Part]) -> int | None:
    """Before which part the page's one stage direction stands; None on a solemn or short page."""
    if len(parts) < _STAGED or _solemn(dossier):
        return None
    spoken = (at for at, part in enumerate(parts) if part.section is Section.ROUNDTABLE)
    return next((at for at in spoken if parts[at].persona.stage_directions), None)


def _solemn(dossier: Dossier) -> bool:
    """Whether something is taken back or made safe: no occasion for a scene."""
    reverts = dossier.ledger.string("commit.type") == "revert"
    secures = _SECURITY.search(dossier.ledger.string("commit.subject"))
    return reverts or secures is not None or any(claim.family in _SOLEMN for claim in dossier.claims)
