"""A range as a whole: how much work of how many hands lies between its ends, what broke, came, went and moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.claims.template import Template
from chronicles.dossier import Claim, Ledger, Lens, Polarity

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1"

WHOLE = Template("span.whole", Lens.LINEAGE, "{commits} by {authors} lead from {base} to {tip}.")
BEGINNING = Template("span.beginning", Lens.LINEAGE, "{commits} by {authors} lead from the beginning to {tip}.")
BROKEN = Template("span.broken", Lens.CRAFT, "The range holds {breaks}.", Polarity.BAD)
HOME = Template("span.home", Lens.LINEAGE, "{files} moved to {home}.")
KEPT = Template("span.kept", Lens.MEASUREMENT, "{files} brought {lines} along unchanged.")
GONE = Template("span.gone", Lens.LINEAGE, "{files} left the tree, {lines} in all.")
NEW = Template("span.new", Lens.NOVELTY, "{files} joined the tree.")

_KEPT = 20
"""So many lines that moved files kept are news."""
_MANY = 2
"""So many files of one kind are news of a range."""


def find(ledger: Ledger) -> Iterator[Claim]:
    """Claims of the span, its breaks, the biggest new home, and what came and went."""
    if "range.commits" not in ledger:
        return
    # What is told of some paths is the work on them; the rest of the range is a sum in the coverage.
    commits, authors = (
        ("range.touching", "range.touching_authors")
        if "range.touching" in ledger
        else ("range.commits", "range.authors")
    )
    ends = {"commits": commits, "authors": authors, "tip": "range.tip"}
    if "range.base" in ledger:
        yield WHOLE.claim(1.0, base="range.base", **ends)
    else:
        yield BEGINNING.claim(1.0, **ends)
    if "broken.count" in ledger:
        yield BROKEN.claim(0.95, breaks="broken.count")
    moved = ledger.number("moved.1.files") if "moved.1.to" in ledger and "moved.1.reach" not in ledger else 0
    if moved >= _MANY:
        yield HOME.claim(0.6 + min(moved, 60) / 200, files="moved.1.files", home="moved.1.to")
    gone = ledger.number("impact.gone_files")
    if gone >= _MANY:
        yield GONE.claim(0.55 + min(gone, 60) / 200, files="impact.gone_files", lines="impact.gone_lines")
    if ledger.number("impact.kept_files") >= _MANY and ledger.number("impact.kept_lines") >= _KEPT:
        yield KEPT.claim(0.5, files="impact.kept_files", lines="impact.kept_lines")
    new = ledger.number("new.count")
    if new >= _MANY:
        yield NEW.claim(0.5 + min(new, 60) / 200, files="new.count")
