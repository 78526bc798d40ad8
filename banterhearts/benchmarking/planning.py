"""Which commits of a line sit together, so that each shares a sitting with its parent.

What a commit did is said best of two runs whose blocks were interleaved. Measuring each commit against its parent alone
would measure every commit twice; measuring all of them in one sitting takes as many work trees as commits, and a block
that outlasts the machine's mood. So neighbours sit together, `SIZE` at a time, newest first, and the oldest of one
sitting is the newest of the next: each commit and its parent share one.

What is planned depends on nothing but the line and the records that there are. So a history that was killed goes on
where it stopped, one that is asked for again measures nothing, and a commit that turns out not to build is left out of
the next plan: its neighbours then sit together, and the span between them is named by whoever tells it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from banterhearts.core.record import ArmKey
    from banterhearts.core.store import Entry

__all__ = ["SIZE", "Standing", "next_sitting", "standing_of"]

SIZE = 6
"""Commits in a sitting."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the store knows of one case at one commit, on this machine."""

    sittings: frozenset[str] = frozenset()
    """Those that gave a complete run."""
    failed: bool = False
    """It was tried, and there is only a failure to show."""

    def is_linked(self, other: Standing) -> bool:
        """Whether the two were measured together."""
        return bool(self.sittings & other.sittings)


def standing_of(entries: Iterable[Entry], arm: ArmKey) -> Standing:
    """The standing of a commit from the entries of its runs.

    Args:
        entries: All runs of the commit.
        arm: What a run must be of to count.
    """
    mine = [entry for entry in entries if entry.arm == arm and not entry.dirty]
    sittings = frozenset(entry.sitting for entry in mine if entry.complete and entry.sitting)
    failed = not any(entry.speaks for entry in mine) and bool(mine)
    return Standing(sittings, failed)


def next_sitting(
    line: Sequence[str], standings: Mapping[str, Standing], tried: AbstractSet[frozenset[str]], *, size: int = SIZE
) -> list[str]:
    """The commits that should sit together next, oldest first; none when all is measured.

    Args:
        line: Commits, newest first.
        standings: Of each commit of the line.
        tried: Neighbours that sat together already in this call and must not again, whatever came of it.
        size: Commits in a sitting, at most.
    """
    able = [commit for commit in line if not standings[commit].failed]
    if len(able) == 1:
        return [] if standings[able[0]].sittings or frozenset(able) in tried else able
    sitting: list[str] = []
    for newer, older in pairwise(able):
        is_done = standings[newer].is_linked(standings[older]) or frozenset((newer, older)) in tried
        if is_done and not sitting:
            continue
        if is_done or len(sitting) == size:
            break
        sitting = [*(sitting or [newer]), older]
    return sitting[::-1]
