"""Which line of one text became which line of another: for merging what a person did into a new rendering.

Lines are compared by their digests, since of an old rendering often no more is known. Where its text is known too,
lines in the place of others are paired with those that say the same with other numbers, or share most of their words;
the pairs keep their order and are the best there are together, so that a new line among old ones displaces none.

Where lines changed places, not all can keep their order; one that cannot is found by its likeness alone and crosses
the others. A line that went in one place of a page and came in another was moved by whoever edited it. Blank lines say
nothing and are nobody's, so they move only between lines that do.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING

from chronicles.documents.nouns import NUMBER_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Block = tuple[str, int, int, int, int]
    """What became of a run of lines, as `difflib` has it: tag, and the half open ranges before and after."""

__all__ = ["BLANK", "Alignment", "Arrangement", "align", "digest", "find_moves", "opcodes", "rearrange"]

_DIGEST_BYTES = 4
"""One line in four thousand million differs from another and shows the same digest."""
_LIKENESS = 0.6
"""From this share of common words on, a line is taken for another one changed."""
_MOST_PAIRS = 60_000
"""So many pairs of lines are compared at most, which takes half a second."""
_WORD = re.compile(r"`[^`]*`|[^\W\d_]\w*|\d[\d,.]*")
_NUMBER = re.compile(rf"\d[\d,.]*|(?:{'|'.join(sorted(NUMBER_WORDS))})", re.IGNORECASE)
_COMMIT = re.compile(r"`[0-9a-f]{7,}`")


def digest(line: str) -> str:
    """Digest a line; with the end that Windows gives it, it is the same one."""
    octets = line.removesuffix("\r").encode("utf-8", "surrogatepass")
    return hashlib.blake2b(octets, digest_size=_DIGEST_BYTES).hexdigest()


BLANK = digest("")


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


@dataclass(frozen=True, slots=True)
class Alignment:
    """How one rendering became another."""

    blocks: tuple[Block, ...]
    """What kept its order; what changed its words stands in a block of its own line, or in one of equal lengths."""
    crossed: Mapping[int, int]
    """What did not: line of the old one to line of the new one."""


def align(before: Sequence[str], after: Sequence[str], old: Sequence[str] | None, new: Sequence[str]) -> Alignment:
    """Compare two renderings by their digests, and lines that went and came by their text.

    Lines that say the same with other numbers are paired first, in order or not; who is only like another takes what
    is left.

    Args:
        before: Digests of the old one.
        after: Digests of the new one.
        old: The old one's lines; None where they are not known, and then a run of lines is paired with one that is as
            long.
        new: The new one's lines.
    """
    blocks = opcodes(before, after)
    if old is None:
        return Alignment(tuple(blocks), _same_elsewhere(*_loose(blocks, new), before, after))
    pairs = [(a + n, c + n, tag) for tag, a, b, c, _ in blocks if tag == "equal" for n in range(b - a)]
    keys = [_key(line) for line in old], [_key(line) for line in new]
    for start, end, low, high in list(_gaps(pairs, len(before), len(after))):
        matcher = SequenceMatcher(None, keys[0][start:end], keys[1][low:high], autojunk=False)
        found = [(start + a + n, low + b + n) for a, b, size in matcher.get_matching_blocks() for n in range(size)]
        pairs += [(base, place, _tag(before[base], after[place])) for base, place in found if old[base].strip()]
    crossed = _same_elsewhere(*_loose(_blocks(pairs, len(before), len(after)), new), *keys)
    taken = set(crossed.values())
    for start, end, low, high in list(_gaps(pairs, len(before), len(after))):
        rows = [n for n in range(start, end) if n not in crossed]
        columns = [n for n in range(low, high) if n not in taken]
        found = [(rows[i], columns[j]) for i, j in _pairs([old[n] for n in rows], [new[n] for n in columns])]
        pairs += [(base, place, _tag(before[base], after[place])) for base, place in found]
    found_blocks = tuple(_blocks(pairs, len(before), len(after)))
    gone, come = _loose(found_blocks, new)
    left = [n for n in gone if n not in crossed], [n for n in come if n not in taken]
    return Alignment(found_blocks, crossed | _alike_elsewhere(*left, old, new))


def _tag(before: str, after: str) -> str:
    return "equal" if before == after else "replace"


def _loose(blocks: Iterable[Block], new: Sequence[str]) -> tuple[list[int], list[int]]:
    """The lines that went and that came, and became no others in their place."""
    loose = [block for block in blocks if block[0] != "equal" and block[2] - block[1] != block[4] - block[3]]
    gone = [n for _, a, b, _, _ in loose for n in range(a, b)]
    return gone, [n for _, _, _, c, d in loose for n in range(c, d) if new[n].strip()]


def _same_elsewhere(
    gone: Iterable[int], come: Iterable[int], before: Sequence[str], after: Sequence[str]
) -> dict[int, int]:
    """Pair lines of the same key that are out of order."""
    places: dict[str, list[int]] = defaultdict(list)
    for place in come:
        places[after[place]].append(place)
    return {base: places[before[base]].pop(0) for base in gone if places.get(before[base])}


def _alike_elsewhere(
    gone: Sequence[int], come: Sequence[int], old: Sequence[str], new: Sequence[str]
) -> dict[int, int]:
    """Pair lines that are alike and out of order, the likest first."""
    if len(gone) * len(come) > _MOST_PAIRS:
        return {}
    found = [(-like, base, n) for base in gone for n in come if (like := _likeness(old[base], new[n]))]
    pairs: dict[int, int] = {}
    taken = set()
    for _, base, place in sorted(found):
        if base not in pairs and place not in taken:
            pairs[base] = place
            taken.add(place)
    return pairs


def find_moves(rendered: Sequence[str], page: Sequence[str]) -> dict[int, int]:
    """Find the lines that stand elsewhere than they were rendered: line of the page to line of the rendering.

    Args:
        rendered: Digests of the rendering.
        page: Digests of the page.
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
            if page[place] == BLANK:
                blanks.append(place)
                continue
            bases = [base for base in gone[page[place]] if base in left]
            if not bases:
                before, blanks = None, []
                continue
            wanted = -1 if before is None else before + len(blanks) + 1
            base = wanted if wanted in bases else bases[0]
            if base == wanted:
                between = range(wanted - len(blanks), wanted)
                carried = [one for one in between if one in left and rendered[one] == BLANK]
                moves |= dict(zip(blanks, carried, strict=False))
                left.difference_update(carried)
            moves[place] = base
            left.discard(base)
            before, blanks = base, []
    return moves


@dataclass(frozen=True, slots=True)
class Arrangement:
    """An old and a new rendering in the order that a person gave the old one."""

    old: tuple[int, ...]
    """The old one's lines, by number."""
    new: tuple[int, ...]
    """The new one's lines."""
    page: tuple[Block, ...]
    """How the old one, so arranged, became the page."""
    became: Alignment
    """How it became the new one."""


def rearrange(
    rendered: Sequence[str],
    page: Sequence[str],
    moves: Mapping[int, int],
    became: Alignment,
) -> Arrangement:
    """Put an old and a new rendering in the order that a person gave the old one.

    What follows a line goes where the line went, unless it stayed by itself. What nobody moved goes where the new
    rendering has it.

    Args:
        rendered: Digests of the old rendering.
        page: Digests of the page.
        moves: What `find_moves` found.
        became: How the old rendering became the new one.
    """
    crossed = became.crossed
    at = {base: place for place, base in moves.items()}
    for tag, start, end, place, _ in opcodes(rendered, page):
        if tag == "equal":
            at |= {base: place + base - start for base in range(start, end)}
    old = _led({base: at[base] for base in at}, len(rendered))
    rank = {base: number for number, base in enumerate(old)}
    images = {
        new: (start + new - place, tag)
        for tag, start, end, place, stop in became.blocks
        if tag == "equal" or (tag == "replace" and end - start == stop - place)
        for new in range(place, stop)
    }
    images |= {crossed[base]: (base, "replace") for base in moves.values() if base in crossed}
    new = _led(
        {new: rank[base] for new, (base, _) in images.items()}, max((block[4] for block in became.blocks), default=0)
    )
    places = {number: place for place, number in enumerate(new)}
    return Arrangement(
        tuple(old),
        tuple(new),
        tuple(_blocks([(rank[base], place, "equal") for base, place in at.items()], len(old), len(page))),
        Alignment(
            tuple(_blocks([(rank[base], places[n], tag) for n, (base, tag) in images.items()], len(old), len(new))),
            {rank[base]: places[n] for base, n in crossed.items() if n not in images},
        ),
    )


def _led(keys: Mapping[int, int], number: int) -> list[int]:
    """So many lines by the keys that some of them have; the others follow the line before them."""
    leader, order = -1, []
    for line in range(number):
        leader = keys.get(line, leader)
        order.append((leader, line))
    return [line for _, line in sorted(order)]


def _blocks(pairs: list[tuple[int, int, str]], before: int, after: int) -> Iterator[Block]:
    """What became of lines between and at the pairs that are known; they keep their order on both sides."""
    start = place = 0
    for base, other, tag in [*sorted(pairs), (before, after, "")]:
        yield from _unpaired(start, base, place, other)
        if tag:
            yield tag, base, base + 1, other, other + 1
        start, place = base + 1, other + 1


def _gaps(pairs: list[tuple[int, int, str]], before: int, after: int) -> Iterator[tuple[int, int, int, int]]:
    """The lines on both sides that lie between two pairs."""
    start = place = 0
    for base, other, _ in [*sorted(pairs), (before, after, "")]:
        if start < base and place < other:
            yield start, base, place, other
        start, place = base + 1, other + 1


def _unpaired(start: int, end: int, low: int, high: int) -> list[Block]:
    """What became of lines between two pairs: gone and come, but none the other changed."""
    gone, come = ("delete", start, end, low, low), ("insert", end, end, low, high)
    return [block for block in (gone, come) if block[1] < block[2] or block[3] < block[4]]


def _pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs of like lines that are in order and together most alike."""
    if not new or len(old) * len(new) > _MOST_PAIRS:
        return []
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


def _key(line: str) -> str:
    """What lines share that say the same with other numbers; a blank line is like none."""
    return " ".join(_words(line)) or line.strip() or "\0"


def _likeness(one: str, other: str) -> float:
    """The share of words that two lines have in common; 0 where it is too small for one to be the other changed.

    Lines that name other commits tell of other things.
    """
    first, second = _words(one), _words(other)
    commits = [{word for word in words if _COMMIT.fullmatch(word)} for words in (first, second)]
    if all(commits) and commits[0].isdisjoint(commits[1]):
        return 0.0
    words = len(first) + len(second)
    share = 2 * (Counter(first) & Counter(second)).total() / words if words else 0.0
    return share if share >= _LIKENESS else 0.0


@lru_cache(maxsize=4096)
def _words(line: str) -> tuple[str, ...]:
    """The words of a line; a name written as code is one.

    Numbers change most of all and count for nothing, nor does the plural that goes with them.
    """
    words = (word if word.startswith("`") else word.lower().removesuffix("s") for word in _WORD.findall(line))
    return tuple(word for word in words if not _NUMBER.fullmatch(word))
