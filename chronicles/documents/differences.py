"""What of a sidecar's claims and sentences is not what it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chronicles.dossier import Claim
    from chronicles.writers import Sentence

__all__ = ["changed_claims", "changed_sentences"]

_NOTHING = "(nothing)"


def changed_claims(stored: Sequence[Claim], truth: Sequence[Claim]) -> Iterator[tuple[str, str, str]]:
    """The claims that only one of two dossiers has: id, and how each words it."""
    before, after = ({claim.id: claim for claim in claims} for claims in (stored, truth))
    for claim_id in dict.fromkeys((*before, *after)):
        old, new = before.get(claim_id), after.get(claim_id)
        if old != new:
            yield claim_id, old.skeleton if old else _NOTHING, new.skeleton if new else _NOTHING


def changed_sentences(stored: Sequence[Sentence], truth: Sequence[Sentence]) -> Iterator[tuple[str, str, str]]:
    """The sentences that only one of two pages has, by claim, those with the same side by side."""
    old = {(one.claim, one.section, one.persona): one for one in stored if one not in truth}
    new = {(one.claim, one.section, one.persona): one for one in truth if one not in stored}
    for key in dict.fromkeys((*old, *new)):
        before, after = (one[key].wording if key in one else _NOTHING for one in (old, new))
        yield key[0], before, after
    if not old and not new and tuple(stored) != tuple(truth):
        yield "", "the same sentences", "in another order or number"
