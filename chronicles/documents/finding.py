"""What verification finds: one line that does not say what it should, and what that makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Finding", "Kind"]


class Kind(StrEnum):
    """What verification calls a line."""

    FALSE = "false"
    STALE = "stale"
    EDITED = "edited"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line that does not say what it should."""

    kind: Kind
    path: Path
    """The page, or its sidecar."""
    line: int
    """From 1; 0 for the page as a whole."""
    says: str
    """What stands there."""
    repository: str
    """What the repository says; empty where it says nothing."""
    why: str
    mendable: bool = False
    """Whether the line is ours but for a changed fact, so that `repository` is what should stand there."""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        shown = f"{place}: {self.kind}: {self.why}"
        if self.says:
            shown += f"\n    page:       {self.says}"
        return shown + (f"\n    repository: {self.repository}" if self.repository else "")
