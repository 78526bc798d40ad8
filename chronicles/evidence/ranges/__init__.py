"""What a range of commits comes to, for the people who take it over: the evidence of a patch document.

A range is the difference of two trees and the commits between them. Each module here answers one question of its
readers from one `Span`: what became of each commit (`commits`), what stopped working (`breaks`), what lies elsewhere
(`moves`), what the tree looks like (`structure`), what is gone and what stayed (`impact`), which checks ran
(`checks`), and what is left to do (`tasks`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.evidence.ranges.breaks import add_break_facts
from chronicles.evidence.ranges.checks import add_check_facts
from chronicles.evidence.ranges.commits import add_commit_facts
from chronicles.evidence.ranges.impact import add_impact_facts
from chronicles.evidence.ranges.moves import add_move_facts
from chronicles.evidence.ranges.structure import add_structure_facts
from chronicles.evidence.ranges.tasks import add_task_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.dossier import CheckRun, Coverage
    from chronicles.evidence.facts import FactBook
    from chronicles.evidence.ranges.span import Span

__all__ = ["FAMILIES", "add_range_facts"]

FAMILIES = {
    "range": "1",
    "told": "1",
    "grouped": "1",
    "excluded": "1",
    "undone": "1",
    "broken": "1",
    "moved": "1",
    "tree": "1",
    "new": "1",
    "impact": "1",
    "check": "1",
    "task": "1",
}
"""Fact families of a range, with their versions; raised whenever the same objects may give other facts."""


def add_range_facts(book: FactBook, span: Span, checks: Sequence[CheckRun]) -> Coverage:
    """Add what only a range has, and say where each of its commits went."""
    coverage = add_commit_facts(book, span)
    add_break_facts(book, span)
    add_move_facts(book, span)
    add_structure_facts(book, span)
    add_impact_facts(book, span)
    add_check_facts(book, checks)
    add_task_facts(book, span)
    return coverage
