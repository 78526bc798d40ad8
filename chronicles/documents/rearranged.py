"""Lines of ours that a person put elsewhere.

Such a line says what the repository says, wherever it stands, so it is compared with nothing but itself. Two things can
still be wrong with it: nobody has signed the move, or the move makes other lines of ours say or show something else, as
a fence without its partner turns text into code and a row of one table below another becomes a row of that.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles.documents.alignment import digest, find_moves, opcodes
from chronicles.documents.finding import Finding, Kind
from chronicles.documents.hiding import find_hiding
from chronicles.documents.marks import states_nothing
from chronicles.documents.regions import regions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from chronicles.documents.edits import Edit

__all__ = ["Rearranged", "rearranged"]


@dataclass(frozen=True, slots=True)
class Rearranged:
    """A page and its rendering, without the lines that only stand elsewhere."""

    moved: tuple[Edit, ...]
    lines: tuple[str, ...]
    """The page's other lines."""
    numbers: tuple[int, ...]
    """The number that each of them has on the page, and one for the end."""
    wanted: tuple[str, ...]
    """The rendering's other lines."""
    pairs: tuple[tuple[int, int], ...]
    """Which of the one are which of the other."""

    def findings(self, path: Path, page: Sequence[str], rendering: Sequence[str], remedy: str) -> Iterator[Finding]:
        """What is wrong with the lines that were moved."""
        if not self.moved:
            return
        own = {edit.line_number for edit in self.moved}
        kinds = regions(page)
        torn = find_hiding(page, kinds, own, rows_only=True)
        for edit in self.moved:
            number = edit.line_number
            if number in torn:
                says, why = torn[number]
                yield Finding(Kind.FALSE, path, number, says, "", f"moved by hand: {why}")
            elif edit.by is None:
                yield Finding(Kind.EDITED, path, number, edit.text, "", f"moved by hand and not signed; {remedy}")
        shown = defaultdict(set)
        for line, kind in zip(rendering, regions(rendering), strict=True):
            shown[line].add(kind)
        for number, (line, kind) in enumerate(zip(page, kinds, strict=True), 1):
            if line in shown and kind not in shown[line] and not states_nothing(line):
                why = "shown as something else, since a line above that belongs elsewhere opens or closes a block"
                yield Finding(Kind.FALSE, path, number, line, "", why)


def rearranged(page: Sequence[str], rendering: Sequence[str], edits: Sequence[Edit]) -> Rearranged:
    """Tell the lines of a page that only stand elsewhere from the others.

    Args:
        page: Its lines.
        rendering: What they should be.
        edits: What a person did to them; a moved line that the rendering has no longer is one of the others.
    """
    before, after = ([digest(line) for line in lines] for lines in (rendering, page))
    by_line = {edit.line_number: edit for edit in edits if edit.moved}
    moves = {place: base for place, base in find_moves(before, after).items() if place + 1 in by_line}
    away = set(moves.values())
    rows = [place for place in range(len(page)) if place not in moves]
    columns = [base for base in range(len(rendering)) if base not in away]
    row, column = ({number: at for at, number in enumerate(numbers)} for numbers in (rows, columns))
    pairs = [
        (row[place + n], column[base + n])
        for tag, base, end, place, _ in opcodes(before, after)
        if tag == "equal"
        for n in range(end - base)
    ]
    return Rearranged(
        tuple(by_line[place + 1] for place in sorted(moves)),
        tuple(page[place] for place in rows),
        (*(place + 1 for place in rows), len(page) + 1),
        tuple(rendering[base] for base in columns),
        tuple(pairs),
    )
