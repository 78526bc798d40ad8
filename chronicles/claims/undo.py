"""Reverts and fix-ups: what is taken back, and how long it stood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.claims.template import Template
from chronicles.dossier import Claim, Ledger, Lens

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1"

EXACT = Template("undo.exact", Lens.LINEAGE, "{sha} is undone to the last line, {age} after it went in.")
PARTIAL = Template("undo.partial", Lens.LINEAGE, "It takes back {sha}, {age} old, though not line for line.")
TITLE = Template("undo.title", Lens.LINEAGE, "What it reverts is {sha}, {steps} back.")
FIX_UP = Template("undo.fix_up", Lens.LINEAGE, "It mends {sha}, {age} after that went in.")


def find(ledger: Ledger) -> Iterator[Claim]:
    """Claims of what a change says it undoes or mends, as far as that can be found."""
    slots = {"sha": "undo.sha", "age": "undo.age"}
    if ledger.string("undo.kind") == "revert":
        exact = ledger.value("undo.exact") == 1
        yield (EXACT if exact else PARTIAL).claim(0.92, **slots)
        yield TITLE.claim(0.5, sha="undo.sha", steps="undo.steps")
    elif ledger.string("undo.kind") == "fix-up":
        yield FIX_UP.claim(0.8, **slots)
