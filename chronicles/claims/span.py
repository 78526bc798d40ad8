"""A range as a whole: how much work of how many hands lies between its ends, and what went where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.claims.template import Template
from chronicles.dossier import Claim, Ledger, Lens, Polarity

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1"

WHOLE = Template("span.whole", Lens.LINEAGE, "{commits} by {authors} lead from {base} to {tip}.")
BEGINNING = Template("span.beginning", Lens.LINEAGE, "{commits} by {authors} lead from the beginning to {tip}.")
HOME = Template("span.home", Lens.LINEAGE, "{files} moved to {home}.")
BROKEN = Template("span.broken", Lens.CRAFT, "Those who upgrade meet {breaks}.", Polarity.BAD)


def find(ledger: Ledger) -> Iterator[Claim]:
    """Claims of the span, the biggest new home, and the breaks."""
    if "range.commits" not in ledger:
        return
    ends = {"commits": "range.commits", "authors": "range.authors", "tip": "range.tip"}
    if "range.base" in ledger:
        yield WHOLE.claim(1.0, base="range.base", **ends)
    else:
        yield BEGINNING.claim(1.0, **ends)
    if "moved.1.to" in ledger:
        yield HOME.claim(0.7, files="moved.1.files", home="moved.1.to")
    if "broken.count" in ledger:
        yield BROKEN.claim(0.9, breaks="broken.count")
