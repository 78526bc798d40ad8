"""Which line of one text became which line of another: for merging what a person did into a new rendering.

Lines are compared by their digests, since of an old rendering often no more is known. Where its text is known too,
lines in the place of others are paired with those that say the same with other numbers, or share most of their words;
the pairs keep their order and are the best there are together, so that a new line among old ones displaces none.

Where lines changed places, not all can keep their order; one that cannot is found by its likeness alone and crosses
the others. A line that went in one place of a page and came in another was moved by whoever edited it. Blank lines say
nothing and are nobody's, so they move only between lines that do.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING

from chronicles.documents.nouns import NUMBER_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Block = tuple[str, int, int, int, int]
    """What became of a run of lines, as `difflib` has it: tag, and the half open ranges before and after."""

__all__ = ["align", "crossings", "find_moves", "opcodes", "rearrange"]

_LIKENESS = 0.6
"""From this share of common words on, a line is taken for another one changed."""
_CHANGED = 0.95
"""What a line that changed counts for at most, so that one that did not is preferred to it."""
_MOST_PAIRS = 60_000
"""So many pairs of lines are compared at most, which takes a quarter of a second."""
_WORD = re.compile(r"`[^`]*`|[^\W\d_]\w*|\d[\d,.]*")
_NUMBER = re.compile(rf"\d[\d,.]*|(?:{'|'.join(sorted(NUMBER_WORDS))})", re.IGNORECASE)
_COMMIT = re.compile(r"`[0-9a-f]{7,}`")


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


def crossings(
    blocks: Sequence[Block], before: Sequence[str], after: Sequence[str], old: Sequence[str] | None, new: Sequence[str]
) -> dict[int, int]:
    """Pair what went from an old rendering with what came to the new one elsewhere, the likest first.

    Args:
        blocks: How the old one became the new one, as `align` has it.
        before: Digests of the old one.
        after: Digests of the new one.
        old: The old one's lines; None where they are not known, and then only equal ones are paired.
        new: The new one's lines.
    """
    paired = ("equal", "replace")
    gone = [n for tag, a, b, c, d in blocks if tag not in paired or b - a != d - c for n in range(a, b)]
    come = [n for tag, a, b, c, d in blocks if tag not in paired or b - a != d - c for n in range(c, d)]
    if len(gone) * len(come) > _MOST_PAIRS:
        return {}
    found = []
    for base in gone:
        for place in come:
            if not new[place].strip():
                continue
            same = 1.0 if before[base] == after[place] else 0.0
            likeness = same if old is None else _likeness(old[base], new[place])
            if likeness:
                found.append((-likeness, base, place))
    pairs: dict[int, int] = {}
    taken = set()
    for _, base, place in sorted(found):
        if base not in pairs and place not in taken:
            pairs[base] = place
            taken.add(place)
    return pairs


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
    rendered: Sequence[str],
    page: Sequence[str],
    moves: dict[int, int],
    blocks: Sequence[Block],
    crossed: dict[int, int],
) -> tuple[list[int], list[int]]:
    """Put an old and a new rendering in the order that a person gave the old one.

    What follows a line goes where the line went, unless it stayed by itself.

    Args:
        rendered: Digests of the old rendering.
        page: Digests of the page.
        moves: What `find_moves` found.
        blocks: How the old rendering became the new one.
        crossed: What of it became what elsewhere.

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
    # What nobody moved goes where the new rendering has it.
    images |= {crossed[base]: base for base in moves.values() if base in crossed}
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
    """The share of words that two lines have in common; 0 where it is too small for one to be the other changed.

    Numbers change most of all and count for nothing, nor does the plural that goes with them. A name written as code
    is one word; lines that name other commits tell of other things.
    """
    if one == other:
        return 1.0
    first, second = _words(one), _words(other)
    commits = [{word for word in words if _COMMIT.fullmatch(word)} for words in (first, second)]
    if all(commits) and commits[0].isdisjoint(commits[1]):
        return 0.0
    words = first.total() + second.total()
    share = 2 * (first & second).total() / words if words else 0.0
    return min(share, _CHANGED) if share >= _LIKENESS else 0.0


@lru_cache(maxsize=4096)
def _words(line: str) -> Counter[str]:
    words = (word if word.startswith("`") else word.lower().removesuffix("s") for word in _WORD.findall(line))
    return Counter(word for word in words if not _NUMBER.fullmatch(word))
