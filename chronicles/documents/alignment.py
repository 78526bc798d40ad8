"""Which line of one text became which line of another: for merging what a person did into a new rendering.

Lines are compared by their digests, since of an old rendering often no more is known. Where its text is known too,
lines in the place of others are paired with those that say the same with other numbers, or share most of their words;
the pairs keep their order and are the best there are together, so that a new line among old ones displaces none.

A line that went in one place and came in another was moved. Blank lines say nothing and are nobody's, so they move only
between lines that do.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from chronicles.documents.nouns import NUMBER_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Block = tuple[str, int, int, int, int]
    """What became of a run of lines, as `difflib` has it: tag, and the half open ranges before and after."""

__all__ = ["align", "find_moves", "opcodes", "rearrange"]

_LIKENESS = 0.6
"""From this share of common words on, a line is taken for another one changed."""
_SAME_BUT_NUMBERS = 0.95
_MOST_PAIRS = 60_000
"""So many pairs of lines are compared at most, which takes a quarter of a second."""
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(rf"\b(?:\d[\d,.]*|{'|'.join(sorted(NUMBER_WORDS))})\b", re.IGNORECASE)


def opcodes(before: Sequence[str], after: Sequence[str]) -> list[Block]:
    """Compare two lists of digests; what they share at both ends is taken off first, for speed."""
    shorter = min(len(before), len(after))
    head = next((n for n in range(shorter) if before[n] != after[n]), shorter)
    tail = next((n for n in range(shorter - head) if before[-1 - n] != after[-1 - n]), shorter - head)
    middle = SequenceMatcher(None, before[head : len(before) - tail], after[head : len(after) - tail], autojunk=False)
    blocks: list[Block] = []
    if head:
        blocks.append(("equal", 0, head, 0, head))
    blocks += [(tag, a + head, b + head, c + head, d + head) for tag, a, b, c, d in middle.get_opcodes()]
    if tail:
        blocks.append(("equal", len(before) - tail, len(before), len(after) - tail, len(after)))
    return blocks


def align(before: Sequence[str], after: Sequence[str], old: Sequence[str] | None, new: Sequence[str]) -> list[Block]:
    """Compare two renderings by their digests, and lines that were replaced by their text.

    Args:
        before: Digests of the old one.
        after: Digests of the new one.
        old: The old one's lines; None where they are not known, and then a run of lines is paired with one that is as
            long.
        new: The new one's lines.
    """
    blocks = opcodes(before, after)
    if old is None:
        return blocks
    found: list[Block] = []
    for tag, start, end, low, high in blocks:
        if tag != "replace" or (end - start) * (high - low) > _MOST_PAIRS:
            found.append((tag, start, end, low, high))
            continue
        base, place = start, low
        for i, j in _pairs(old[start:end], new[low:high]):
            found += _unpaired(base, start + i, place, low + j)
            base, place = start + i + 1, low + j + 1
            same = before[base - 1] == after[place - 1]
            found.append(("equal" if same else "replace", base - 1, base, place - 1, place))
        found += _unpaired(base, end, place, high)
    return found


def find_moves(rendered: Sequence[str], page: Sequence[str], blank: str) -> dict[int, int]:
    """Find the lines that stand elsewhere than they were rendered: line of the page to line of the rendering.

    Args:
        rendered: Digests of the rendering.
        page: Digests of the page.
        blank: The digest of a blank line.
    """
    blocks = opcodes(rendered, page)
    gone: dict[str, list[int]] = defaultdict(list)
    left: set[int] = set()
    for tag, start, end, _, _ in blocks:
        if tag in ("replace", "delete"):
            left.update(range(start, end))
            for base in range(start, end):
                gone[rendered[base]].append(base)
    moves: dict[int, int] = {}
    for tag, _, _, start, end in blocks:
        if tag not in ("replace", "insert"):
            continue
        before: int | None = None
        blanks: list[int] = []
        for place in range(start, end):
            digest = page[place]
            if digest == blank:
                blanks.append(place)
                continue
            bases = [base for base in gone[digest] if base in left]
            if not bases:
                before, blanks = None, []
                continue
            wanted = -1 if before is None else before + len(blanks) + 1
            base = wanted if wanted in bases else bases[0]
            if base == wanted:
                between = range(wanted - len(blanks), wanted)
                carried = [one for one in between if one in left and rendered[one] == blank]
                moves |= dict(zip(blanks, carried, strict=False))
                left.difference_update(carried)
            moves[place] = base
            left.discard(base)
            before, blanks = base, []
    return moves


def rearrange(
    rendered: Sequence[str], page: Sequence[str], moves: dict[int, int], blocks: Sequence[Block]
) -> tuple[list[int], list[int]]:
    """Put an old and a new rendering in the order that a person gave the old one.

    What follows a line goes where the line went, unless it stayed by itself.

    Args:
        rendered: Digests of the old rendering.
        page: Digests of the page.
        moves: What `find_moves` found.
        blocks: How the old rendering became the new one.

    Returns:
        The lines of the old rendering and of the new one, by number, in their new order.
    """
    at = {base: place for place, base in moves.items()}
    for tag, start, end, place, _ in opcodes(rendered, page):
        if tag == "equal":
            at |= {base: place + base - start for base in range(start, end)}
    leader, keys = -1, []
    for base in range(len(rendered)):
        leader = at.get(base, leader)
        keys.append((leader, base))
    old = [base for _, base in sorted(keys)]
    rank = {base: number for number, base in enumerate(old)}
    images = {
        new: start + new - place
        for tag, start, end, place, stop in blocks
        if tag == "equal" or (tag == "replace" and end - start == stop - place)
        for new in range(place, stop)
    }
    leader, keys = -1, []
    for new in range(max((block[4] for block in blocks), default=0)):
        leader = rank[images[new]] if new in images else leader
        keys.append((leader, new))
    return old, [new for _, new in sorted(keys)]


def _unpaired(start: int, end: int, low: int, high: int) -> list[Block]:
    """What became of lines between two pairs: gone and come, but none the other changed."""
    gone, come = ("delete", start, end, low, low), ("insert", end, end, low, high)
    return [block for block in (gone, come) if block[1] < block[2] or block[3] < block[4]]


def _pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs of like lines that are in order and together most alike."""
    likeness = [[_likeness(one, other) for other in new] for one in old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            taken = likeness[i][j] + best[i + 1][j + 1] if likeness[i][j] else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], taken)
    return list(_walk(likeness, best))


def _walk(likeness: Sequence[Sequence[float]], best: Sequence[Sequence[float]]) -> Iterator[tuple[int, int]]:
    i = j = 0
    while i < len(likeness) and j < len(likeness[0]):
        if likeness[i][j] and best[i][j] == likeness[i][j] + best[i + 1][j + 1]:
            yield i, j
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1


def _likeness(one: str, other: str) -> float:
    """The share of words that two lines have in common; 0 where it is too small for one to be the other changed."""
    if one == other:
        return 1.0
    if not one.strip() or not other.strip():
        return 0.0
    if _NUMBER.sub("0", one) == _NUMBER.sub("0", other):
        return _SAME_BUT_NUMBERS
    first, second = Counter(_WORD.findall(one)), Counter(_WORD.findall(other))
    words = first.total() + second.total()
    share = 2 * (first & second).total() / words if words else 0.0
    return share if share >= _LIKENESS else 0.0
