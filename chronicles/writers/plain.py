"""The plain writer: wordings from the personas' files, chosen by the place in history.

The variant is `(first-parent depth + hash of claim and persona) mod n`, as the design has it: the same commit
reads the same for ever, and neighbouring pages, whose depths differ by one, do not sound alike.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING

from chronicles.dossier import Dossier, Section
from chronicles.writers.parts import Part, Sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.personas import Cast, Persona

__all__ = ["PlainWriter", "variant"]

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
    """Words claims without a model."""

    name = "plain"
    version = "1"
    """Raised whenever the same claims may give other sentences, by the rules of casting too."""

    def write(self, dossier: Dossier, parts: Sequence[Part], cast: Cast) -> tuple[Sentence, ...]:
        """Word the parts; the first voice that has stage directions gets one, unless the page is solemn."""
        del cast  # the parts name who speaks
        depth = int(dossier.ledger.number("lineage.depth"))
        sentences = []
        staged = _solemn(dossier) or len(parts) < _STAGED
        for part in parts:
            if not staged and part.section is Section.ROUNDTABLE and part.persona.stage_directions:
                sentences.append(self._stage(part.persona, depth))
                staged = True
            wordings = part.persona.wordings.get(part.claim.id, ()) or (part.claim.skeleton,)
            wording = wordings[variant(depth, f"{part.persona.key} {part.claim.id}", len(wordings))]
            sentences.append(Sentence(part.claim.id, part.section.value, part.persona.key, self.name, wording))
        return tuple(sentences)

    def _stage(self, persona: Persona, depth: int) -> Sentence:
        directions = persona.stage_directions
        chosen = directions[variant(depth, f"{persona.key} stage", len(directions))]
        return Sentence("", Section.ROUNDTABLE.value, persona.key, self.name, chosen)


def _solemn(dossier: Dossier) -> bool:
    """Whether something is taken back or made safe: no occasion for a scene."""
    reverts = dossier.ledger.string("commit.type") == "revert"
    secures = _SECURITY.search(dossier.ledger.string("commit.subject"))
    return reverts or secures is not None or any(claim.family in _SOLEMN for claim in dossier.claims)
