"""Carrying a person's patch over from one rendering of a page to another.

The patch is the hunks in which a page differs from what was rendered. Each is applied to the new rendering: its lines
go where they stood among their neighbours, and the new lines that they stand for, or that were taken away, are left out
and reported where they say something new.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from chronicles.documents.alignment import digest, opcodes
from chronicles.documents.marks import states_nothing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chronicles.documents.alignment import Alignment, Block

__all__ = ["Conflict", "Hunk", "Plan", "find_hunks", "joined"]

_LIKENESS = 0.6
"""From this share of common text on, a person's line is taken for the edit of a line."""
_LIKENESS_LINES = 40
"""Likeness is looked for among so many lines at most."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A line that a person changed and that would now be rendered otherwise."""

    line_number: int
    """The line of the merged page."""
    kept: str
    """What the person wrote; empty where they took the line away."""
    rendered: str | None
    """What regeneration would have written; None when it would have left the line out."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """Base lines that a page has otherwise; half open ranges."""

    base_start: int
    base_end: int
    page_start: int
    page_end: int


@dataclass(slots=True)
class Plan:
    """A new rendering, and what of a person's patch goes where in it."""

    rendered: Sequence[str]
    new: list[str]
    new_digests: list[str]
    became: Alignment
    """How the old rendering became the new one."""
    _blocks: list[Block] = field(init=False)
    _starts: list[int] = field(init=False)
    _inserted: dict[int, list[str]] = field(init=False, default_factory=dict)
    """Person's lines, by the new line before which they go."""
    _dropped: set[int] = field(init=False, default_factory=set)
    """New lines that a person's stand for, or that they took away."""
    _contested: list[tuple[int, str, int | None]] = field(init=False, default_factory=list)
    """Place of a kept line, the line, and the new line it displaces."""
    _heirs: dict[str, str] = field(init=False, default_factory=dict)
    """Digest of an old line, and of the new line in its place that a deletion took along."""

    def __post_init__(self) -> None:
        # Before an insertion stands nothing, so no line is looked up there.
        self._blocks = [block for block in self.became.blocks if block[1] < block[2]]
        self._starts = [block[1] for block in self._blocks]

    def apply(self, hunk: Hunk, lines: list[str]) -> None:
        """Carry over one hunk of the person's patch."""
        gap_start, gap_end = self._gap(hunk)
        # A blank line stands everywhere, and tells nothing of what was done around it.
        if not all(map(states_nothing, lines)) and self._already(lines, gap_start, gap_end):
            return
        targets: list[int] = []
        elsewhere: list[int] = []
        contested: list[int | None] = []
        unplaced = False
        for base in range(hunk.base_start, hunk.base_end):
            image = self._image(base)
            if image is not None:
                targets.append(image)
            elif (image := self.became.crossed.get(base)) is not None:
                elsewhere.append(image)
            else:
                unplaced = True
                continue
            contested += [] if self.rendered[base] == self.new_digests[image] else [image]
            if not lines:
                self._heirs[self.rendered[base]] = self.new_digests[image]
        if unplaced and lines:
            alike = self._alike(lines, gap_start, gap_end, {*targets, *elsewhere})
            targets += alike
            contested += alike or [None]
        # A line whose counterpart went elsewhere stays among its neighbours, as people put it there.
        place = min(targets) if targets else self._place(hunk)
        self._inserted.setdefault(place, []).extend(lines)
        self._dropped.update(targets, elsewhere)
        self._contested += [(place, "\n".join(lines).replace("\r", ""), one) for one in contested]

    def compose(self) -> tuple[str, list[Conflict]]:
        """Put the page together, and say where each contested line came to stand."""
        page: list[str] = []
        numbers: dict[int, int] = {}
        for number in range(len(self.new) + 1):
            numbers[number] = len(page) + 1
            page += self._inserted.get(number, [])
            if number < len(self.new) and number not in self._dropped:
                page.append(self.new[number])
        conflicts = [
            Conflict(numbers[place], kept, None if displaced is None else self.new[displaced])
            for place, kept, displaced in self._contested
        ]
        return "\n".join(page), conflicts

    def signed(self, deleted: Mapping[str, str]) -> dict[str, str]:
        """Carry the names of signed deletions and moves over to what the lines are now."""
        heirs = dict(self._heirs)
        for base, old in enumerate(self.rendered):
            image = self._image(base)
            if old in deleted and image is not None:
                heirs.setdefault(old, self.new_digests[image])
        return {heir: deleted[old] for old, heir in heirs.items() if old in deleted}

    def _block(self, base: int) -> Block:
        return self._blocks[bisect_right(self._starts, base) - 1]

    def _image(self, base: int) -> int | None:
        """Find the new line in the place of a base line."""
        tag, base_start, base_end, new_start, new_end = self._block(base)
        if tag == "equal" or (tag == "replace" and base_end - base_start == new_end - new_start):
            return new_start + base - base_start
        return None

    def _place(self, hunk: Hunk) -> int:
        """Find where lines go that stand for no new line: after the line they followed."""
        if hunk.base_start > 0:
            image = self._image(hunk.base_start - 1)
            return self._block(hunk.base_start - 1)[4] if image is None else image + 1
        return 0

    def _gap(self, hunk: Hunk) -> tuple[int, int]:
        """Find the new lines between the neighbours of a hunk."""
        start, end = 0, len(self.new)
        if hunk.base_start > 0:
            image = self._image(hunk.base_start - 1)
            start = self._block(hunk.base_start - 1)[3] if image is None else image + 1
        if hunk.base_end < len(self.rendered):
            image = self._image(hunk.base_end)
            end = self._block(hunk.base_end)[4] if image is None else image
        return start, max(start, end)

    def _already(self, lines: list[str], start: int, end: int) -> bool:
        """Tell whether the new rendering says what the person said, in the same place."""
        wanted = [digest(line) for line in lines]
        found = range(start, end - len(wanted) + 1)
        return any(self.new_digests[place : place + len(wanted)] == wanted for place in found)

    def _alike(self, lines: list[str], start: int, end: int, taken: set[int]) -> list[int]:
        """Find, in order, the new lines that a person's lines are like."""
        found: list[int] = []
        end = min(end, start + _LIKENESS_LINES)
        for line in lines[:_LIKENESS_LINES]:
            if states_nothing(line):
                continue
            matcher = SequenceMatcher(None, "", line.removesuffix("\r"), autojunk=False)
            best, best_ratio = None, _LIKENESS
            for place in range(start, end):
                if place in taken or place in self._dropped or states_nothing(self.new[place]):
                    continue
                matcher.set_seq1(self.new[place])
                if matcher.real_quick_ratio() >= best_ratio and matcher.quick_ratio() >= best_ratio:
                    ratio = matcher.ratio()
                    if ratio >= best_ratio:
                        best, best_ratio = place, ratio
            if best is not None:
                found.append(best)
                start = best + 1
        return found


def find_hunks(rendered: Sequence[str], page: Sequence[str]) -> list[Hunk]:
    """The hunks in which a page differs from its rendering, by the digests of both."""
    return [Hunk(*ranges) for tag, *ranges in opcodes(rendered, page) if tag != "equal"]


def joined(blocks: Sequence[Block]) -> list[Hunk]:
    """The hunks of blocks; what went and what came in the same place is one."""
    hunks: list[Hunk] = []
    for tag, start, end, low, high in blocks:
        last = hunks[-1] if hunks else None
        if tag == "equal":
            continue
        if last and (last.base_end, last.page_end) == (start, low):
            hunks[-1] = Hunk(last.base_start, end, last.page_start, high)
        else:
            hunks.append(Hunk(start, end, low, high))
    return hunks
