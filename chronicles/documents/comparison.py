"""Which line of a page stands for which line of its rendering.

Equal lines pair off. Where a run of lines differs from a run of rendered ones, a line is paired with the rendered line
it is like, in order; a line that nothing is like stands for none and was written by somebody. Like is: the same but for
numbers, hashes, paths, names and the marks of a model's sentences; or most of its text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from chronicles.documents.nouns import NUMBER_WORDS
from chronicles.documents.speech import MARK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["LIKENESS", "Pair", "by_label", "compare_lines", "same_but_tokens"]

LIKENESS = 0.55
"""From this share of common text on, one line is taken for the edit of another."""
_WINDOW = 60
"""Likeness is looked for among so many lines at most."""
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_LABEL = re.compile(r"\*\*(?:Date|Status|Commit|Range):\*\*|[a-z]+: (?=\S)")
"""What a line of state begins with: whatever follows stands for what followed it."""
_VERDICTS = ("slower", "faster", "higher", "lower")
_TOKEN = re.compile(
    r"`+[^`]*`+|<code>.*?</code>|\]\([^()\s]*\)|\w*\d(?:[\w,.:+-]*\w)?"
    rf"|\b(?:{'|'.join(sorted([*NUMBER_WORDS, *_ORDINALS, *_VERDICTS]))})\b",
    re.IGNORECASE,
)
"""Code spans, addresses, whatever has a digit, numbers in words, and verdicts."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A line of a page and the rendered line that it stands for, where they differ."""

    number: int
    """The line on the page, from 1; of a line that the page lacks, where it should stand."""
    line: str | None
    """None where the page lacks the line."""
    should: str | None
    """None where the rendering has no such line."""


def compare_lines(
    page: Sequence[str], rendered: Sequence[str], known: Sequence[tuple[int, int]] | None = None
) -> Iterator[Pair]:
    """Pair the lines of a page that differ from its rendering, in the order of the page.

    Args:
        page: The page's lines.
        rendered: The rendering's.
        known: Which of the one are which of the other, where that is known; in the order of both.
    """
    if known is None:
        matcher = SequenceMatcher(None, page, rendered, autojunk=False)
        known = [(a + n, b + n) for a, b, size in matcher.get_matching_blocks() for n in range(size)]
    for start, end, low, high in _runs(page, rendered, known):
        yield from _run(page[start:end], rendered[low:high], start + 1)


def by_label(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Pair what is like nothing with what is missing where both begin with the same label."""
    found = list(pairs)
    missing = {label[0]: pair for pair in found if pair.line is None and (label := _LABEL.match(pair.should or ""))}
    joined = {}
    for pair in found:
        label = _LABEL.match(pair.line or "") if pair.should is None else None
        if label and label[0] in missing:
            joined[pair.number] = missing.pop(label[0])
    gone = {id(pair) for pair in joined.values()}
    for pair in found:
        if pair.line is not None and pair.should is None and pair.number in joined:
            yield Pair(pair.number, pair.line, joined[pair.number].should)
        elif id(pair) not in gone:
            yield pair


def same_but_tokens(line: str, should: str) -> bool:
    """Tell whether a line is the rendered one with other numbers, hashes, paths or names in it, signed or not."""
    return line != should and bool(should.strip()) and _blanked(line) == _blanked(should)


def _runs(
    page: Sequence[str], rendered: Sequence[str], known: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int, int, int]]:
    """Runs of lines that differ; blank lines between two of them belong to both, since they are alike everywhere."""
    current: tuple[int, int, int, int] | None = None
    start = low = 0
    for number, other in [*known, (len(page), len(rendered))]:
        if start < number or low < other:
            current = (current[0], number, current[2], other) if current else (start, number, low, other)
        if current and number < len(page) and page[number].strip():
            yield current
            current = None
        start, low = number + 1, other + 1
    if current:
        yield current


def _run(page: Sequence[str], rendered: Sequence[str], first: int) -> Iterator[Pair]:
    place = 0
    for number, line in enumerate(page, first):
        alike = _find_alike(line, rendered, place)
        if alike is None:
            yield Pair(number, line, None)
            continue
        yield from (Pair(number, None, skipped) for skipped in rendered[place:alike])
        yield Pair(number, line, rendered[alike])
        place = alike + 1
    yield from (Pair(first + len(page), None, skipped) for skipped in rendered[place:])


def _find_alike(line: str, rendered: Sequence[str], start: int) -> int | None:
    """Find the rendered line that a line is most like, from a place on."""
    if not line.strip():
        return None
    best, best_ratio = None, LIKENESS
    matcher = SequenceMatcher(None, "", line, autojunk=False)
    for place in range(start, min(len(rendered), start + _WINDOW)):
        if same_but_tokens(line, rendered[place]):
            return place
        matcher.set_seq1(rendered[place])
        if matcher.real_quick_ratio() > best_ratio and matcher.quick_ratio() > best_ratio:
            ratio = matcher.ratio()
            if ratio > best_ratio:
                best, best_ratio = place, ratio
    return best


def _blanked(text: str) -> str:
    """A line with a blank for each token that a repository could contradict, without comments and model's marks."""
    return _TOKEN.sub("\0", text.partition("<!--")[0].replace(MARK, "").rstrip(" |#\\"))
