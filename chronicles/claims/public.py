"""The public API: what callers lose, and whether the message told them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.claims.template import Template, is_group
from chronicles.dossier import Claim, Ledger, Lens, Polarity

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1"

REMOVED = Template("public.removed", Lens.CRAFT, "{name} is no longer public.", Polarity.BAD)
CHANGED = Template("public.changed", Lens.CRAFT, "Callers of {name} meet a change: {detail}.", Polarity.BAD)
UNMARKED = Template("public.unmarked", Lens.CRAFT, "The tree shows {breaks}, and the message marks none.", Polarity.BAD)
MARKED = Template("public.marked", Lens.CRAFT, "The message calls it {mark}.")
ADDED = Template("public.added", Lens.NOVELTY, "{name} becomes public.")


def find(ledger: Ledger) -> Iterator[Claim]:
    """Claims of breaks, their marks, and new names."""
    marked = "message.breaking" in ledger
    for number, entry in enumerate(ledger.numbered("api")):
        weight = 0.62 - 0.02 * number
        if ledger.string(f"{entry}.kind") == "removed":
            yield REMOVED.claim(weight, name=f"{entry}.name")
        else:
            yield CHANGED.claim(weight - 0.05, name=f"{entry}.name", detail=f"{entry}.detail")
    breaks = ledger.number("api.breaks")
    if breaks and not marked and not is_group(ledger):  # a group has no message of its own
        yield UNMARKED.claim(0.45 + min(breaks, 20) / 60, breaks="api.breaks")
    if marked:
        yield MARKED.claim(0.9, mark="message.breaking")
    if "api.added.1.name" in ledger:
        yield ADDED.claim(0.45, name="api.added.1.name")
