"""Weaving: several claims in one paragraph, and the paragraph led back to its claims.

Two claims of a paragraph may have slots of one name, so each claim's slots get a letter before their names. A model's
paragraph is cut where the last slot of one claim is behind and the first of the next ahead: after the last full stop
between the two, else after the last sign that a sentence goes on after, of commas one before a word like "and". Where
there is none, or where the slots of two claims are mixed, a paragraph cannot be led back and is no reply.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chronicles.claims.template import slots_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["cut", "lettered"]

_SLOT = re.compile(r"\{([a-z])_([a-z_]+)\}")
_ENDS = (
    re.compile(r"[.!?](?=\s)"),
    re.compile(r"[;:—–](?=\s)"),
    re.compile(r",(?=\s+(?:and|but|so|then|though|although|while|whereas|yet)\s)"),
    re.compile(r",(?=\s)"),
)
"""Where a paragraph may be cut, the best first."""


def lettered(skeletons: Sequence[str]) -> list[str]:
    """Skeletons with slot names that no two share."""
    return [re.sub(r"\{([a-z_]+)\}", rf"{{{chr(ord('a') + at)}_\1}}", one) for at, one in enumerate(skeletons)]


def cut(paragraph: str, skeletons: Sequence[str]) -> list[str]:
    """Cut a paragraph into one piece for each skeleton, in their order, with the slots' own names in it.

    Raises:
        ValueError: If the slots are not theirs, or stand so that there is no place to cut.
    """
    found = list(_SLOT.finditer(paragraph))
    owners = [ord(one[1]) - ord("a") for one in found]
    if owners != sorted(owners) or sorted(set(owners)) != list(range(len(skeletons))):
        raise ValueError("the placeholders of the sentences are missing or mixed")
    cuts = [0]
    for at in range(1, len(skeletons)):
        ends = max(one.end() for one, owner in zip(found, owners, strict=True) if owner == at - 1)
        begins = min(one.start() for one, owner in zip(found, owners, strict=True) if owner == at)
        cuts.append(_place(paragraph, ends, begins))
    pieces = [paragraph[start:end].strip() for start, end in zip(cuts, [*cuts[1:], len(paragraph)], strict=True)]
    own = [_SLOT.sub(r"{\2}", piece) for piece in pieces]
    for piece, skeleton in zip(own, skeletons, strict=True):
        if sorted(slots_of(piece)) != sorted(slots_of(skeleton)):
            raise ValueError("a sentence has not its own placeholders")
    return own


def _place(paragraph: str, start: int, end: int) -> int:
    """Where to cut between two slots."""
    for sign in _ENDS:
        places = [found.end() for found in sign.finditer(paragraph, start, end)]
        if places:
            return places[-1]
    raise ValueError("two sentences run into each other")
