"""What the worker is given: what tells commits, where events go, and how patient to be.

The worker decides when and in which order; it knows nothing of pages. So all that it does can be tried with commits
that are made up, and time that passes at will.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from chronicles.hook.waiting import Waiting

__all__ = ["BACKGROUND", "BY_HAND", "Desk", "Log", "Pace", "Work"]


class Desk(Protocol):
    """The pages of a repository, open for one pass."""

    @property
    def untold(self) -> Sequence[str]:
        """The newest commit of each subject that has no page, oldest first."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What there is to say of this pass."""
        ...

    def tell(self, commits: Sequence[str]) -> None:
        """Write the pages of some of these."""
        ...

    def written(self) -> list[str]:
        """Names of the pages that changed since this was asked last."""
        ...


class Work(Protocol):
    """What tells commits."""

    def waiting(self) -> Waiting | None:
        """What keeps pages from being written now."""
        ...

    def open(self) -> AbstractContextManager[Desk]:
        """Open the pages for one pass; what follows upon it is done as the block ends."""
        ...


class Log(Protocol):
    """Where events go."""

    def say(self, event: str) -> None:
        """Write one event."""
        ...

    def trace(self, error: BaseException) -> None:
        """Write where a bug came up."""
        ...

    def line(self, text: str) -> str:
        """A text as it would be written: in one line, without secrets."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient a run is; all in seconds."""

    quiet: float = 0.3
    """How long nobody has to wake it before it begins: `git commit --amend` tells what it rewrote after its commit."""
    most_quiet: float = 2.0
    """How long it waits for that at most."""
    pauses: tuple[float, ...] = (1.0, 4.0, 15.0, 60.0)
    """Before each further try."""
    patience: float = 600.0
    """How long it waits for an operation to end."""
    look: float = 0.5
    """How often it looks at first whether that has ended; then less and less often."""
    others: float = 0.0
    """How long it waits for another worker."""
    by_hand: bool = False
    """Whether somebody is there to be told what goes wrong."""


BACKGROUND = Pace()
BY_HAND = Pace(quiet=0.0, most_quiet=0.0, pauses=(), patience=0.0, others=60.0, by_hand=True)
