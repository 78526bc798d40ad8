"""What a run of the press did: pages, people's lines, and who worded what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chronicles.documents.bylines import by_model
from chronicles.writers import Effort

if TYPE_CHECKING:
    from pathlib import Path

    from chronicles.documents.edits import Conflict
    from chronicles.documents.page import Page

__all__ = ["Told"]


@dataclass(slots=True)
class Told:
    """What a run did."""

    written: dict[Path, None] = field(default_factory=dict)
    """New and changed pages, each once and in their order."""
    unchanged: int = 0
    """Pages that were there already and had nothing new."""
    conflicts: list[tuple[Path, Conflict]] = field(default_factory=list)
    """Lines of people that hide what the rendering would now say."""
    excluded: dict[str, int] = field(default_factory=dict)
    """Commits that no page tells, by rule."""
    by_model: int = 0
    """Sentences that a model wrote, on the pages that were worded."""
    plain: int = 0
    """Sentences that no model wrote."""
    refused: Counter[str] = field(default_factory=Counter)
    """Candidate sentences that the gate did not let stand, by reason."""
    degraded: dict[int, str] = field(default_factory=dict)
    """Pages for which a model gave less than it was asked for, by number, with the reason."""
    effort: Effort = field(default_factory=Effort)
    """What all drafts cost."""

    def count(self, page: Page, effort: Effort) -> None:
        """Count who worded a page."""
        spoken = sum(bool(one.claim) for one in page.sentences)
        of_model = len(by_model(page.sentences))
        self.by_model += of_model
        self.plain += spoken - of_model
        self.effort += effort
        if page.byline:
            self.refused.update(page.byline.refused)
            if page.byline.degraded:
                self.degraded[page.number] = page.byline.degraded

    def join(self, other: Told) -> None:
        """Count what another run did as done by this one."""
        self.written |= other.written
        self.unchanged += other.unchanged
        self.conflicts += other.conflicts
        self.by_model += other.by_model
        self.plain += other.plain
        self.refused.update(other.refused)
        self.degraded |= other.degraded
        self.effort += other.effort
