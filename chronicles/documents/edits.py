"""A person's edit survives.

A page is generated, then people work on it. The sidecar keeps one short digest a line of the page as it was rendered:
enough to tell which lines a person wrote, changed or took away, too little to store every page twice. `person_lines`
lists those edits, and `merge` carries them over to a new rendering: it takes them for a patch and applies it, so that
all a person did not touch becomes the new rendering, and all they did stays. Where both changed the same line the
person's wins, and what the rendering would have said is reported.

Often the old lines themselves are not known, only their digests, so a person's line is matched to a line that was
rendered otherwise by its place, and where blocks differ in length by its likeness to the new lines. A new line that
nothing is like is never dropped: better said twice than not.

A line that only stands elsewhere is still ours: who puts a section first has written none of it. So the new rendering
is put in the person's order before their patch is applied, and what they moved says what is so now.

`adopt` signs edits: each line of prose gets a comment `<!-- by: NAME -->`, which hides in every renderer; what a person
took away or moved is signed in the sidecar, since nothing is left on the page to sign, or nothing of theirs.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from chronicles.documents.alignment import align, find_moves, opcodes, rearrange
from chronicles.documents.marks import adopted, cannot_sign, sign, states_nothing
from chronicles.documents.regions import Region, regions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chronicles.documents.alignment import Alignment, Block

__all__ = ["Adopted", "Conflict", "Edit", "Merged", "adopt", "digests", "merge", "person_lines"]

_DIGEST_BYTES = 4
"""One line in four thousand million differs from another and shows the same digest."""
_LIKENESS = 0.6
"""From this share of common text on, a person's line is taken for the edit of a line."""
_LIKENESS_LINES = 40
"""Likeness is looked for among so many lines at most."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One line that a person wrote or moved, or a run of lines that a person took away."""

    line_number: int
    """The line on the page, from 1; of a deletion, the line before which the deleted ones stood."""
    text: str
    """The line; empty for a deletion."""
    replaced: tuple[str, ...] = ()
    """Digests of the rendered lines that it stands for, or that were taken away; of a moved line, its own."""
    deletion: bool = False
    moved: bool = False
    """Whether it is a rendered line, and stands where none was rendered."""
    by: str | None = None
    """Who has signed it."""

    @property
    def needs_name(self) -> bool:
        """Whether it says something that nobody has signed: a blank line or a rule says nothing."""
        return self.by is None and (self.deletion or not states_nothing(self.text))


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
class Merged:
    """A new rendering with a person's edits in it."""

    text: str
    kept: tuple[Edit, ...]
    """The edits in it, as `person_lines` finds them against the new rendering."""
    conflicts: tuple[Conflict, ...]
    deleted: dict[str, str]
    """Who signed which deletion, carried over to the digests of the new rendering."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """A page whose edits are signed, as far as they can be."""

    text: str
    deleted: dict[str, str]
    """For the sidecar: digest of each line taken away, and who signed that."""
    signed: tuple[Edit, ...]
    refused: tuple[tuple[Edit, str], ...]
    """Edits that cannot be signed, and why."""


def digests(text: str) -> list[str]:
    """Digest each line of a rendered page, for its sidecar; CRLF and LF give the same."""
    return [_digest(line) for line in text.split("\n")]


def person_lines(page_text: str, rendered: Sequence[str], deleted: Mapping[str, str] | None = None) -> list[Edit]:
    """List what a person did to a page, by line.

    Args:
        page_text: The page as it is.
        rendered: The digests of the page as it was rendered.
        deleted: Deletions that were signed: digest and name.
    """
    lines = page_text.split("\n")
    kinds = regions([line.removesuffix("\r") for line in lines])
    signed = deleted or {}
    page = [_digest(line) for line in lines]
    moves = find_moves(rendered, page, _BLANK)
    away = set(moves.values())
    edits = []
    for hunk in _hunks(rendered, page):
        gone = tuple(rendered[base] for base in range(hunk.base_start, hunk.base_end) if base not in away)
        written, moved = [], []
        for number in range(hunk.page_start, hunk.page_end):
            text = lines[number].removesuffix("\r")
            if number not in moves:
                written.append(Edit(number + 1, text, gone, by=_signer(lines[number], kinds[number])))
            elif page[number] != _BLANK:
                moved.append(Edit(number + 1, text, (page[number],), moved=True, by=signed.get(page[number])))
        # A line that was emptied is gone as much as one that was cut out.
        if all(states_nothing(edit.text) for edit in written) and any(one != _BLANK for one in gone):
            names = {signed.get(one) for one in gone if one != _BLANK}
            by = ", ".join(sorted(name for name in names if name)) if None not in names else None
            written = [Edit(hunk.page_start + 1, "", gone, deletion=True, by=by)]
        edits += sorted(written + moved, key=lambda edit: edit.line_number)
    return edits


def _signer(line: str, region: Region) -> str | None:
    """Who has signed a line; a mark where none can stand, in code or front matter, is no signature."""
    return adopted(line) if cannot_sign(line, region) is None else None


def merge(
    page_text: str,
    rendered: Sequence[str],
    new_text: str,
    deleted: Mapping[str, str] | None = None,
    rendered_lines: Sequence[str] | None = None,
) -> Merged:
    """Render a page anew and keep what a person did to it.

    Args:
        page_text: The page as it is.
        rendered: The digests of the page as it was rendered last.
        new_text: The page as it is rendered now.
        deleted: Deletions that were signed: digest and name.
        rendered_lines: The lines of those digests, where they are known.
    """
    page, new = page_text.split("\n"), new_text.split("\n")
    page_digests, new_digests = [_digest(line) for line in page], [_digest(line) for line in new]
    windows = len(page) > 1 and all(line.endswith("\r") for line in page[:-1])
    edited = page_digests not in (new_digests, list(rendered))
    became = align(rendered, new_digests, rendered_lines if edited else None, new)
    moves = find_moves(rendered, page_digests, _BLANK) if edited else {}
    if moves:
        order = rearrange(rendered, page_digests, moves, became)
        base, new = [rendered[number] for number in order.old], [new[number] for number in order.new]
        plan = _Plan(base, new, [new_digests[number] for number in order.new], order.became)
        hunks = _joined(order.page)
    else:
        plan = _Plan(rendered, new, new_digests, became)
        hunks = _hunks(rendered, page_digests) if edited else []
    for hunk in hunks:
        plan.apply(hunk, page[hunk.page_start : hunk.page_end])
    text, conflicts = plan.compose()
    lines = text.split("\n")
    if windows:
        lines = [*(line.removesuffix("\r") + "\r" for line in lines[:-1]), lines[-1]]
    merged = "\n".join(lines)
    carried = {**(deleted or {}), **plan.signed(deleted or {})}
    kept = tuple(person_lines(merged, new_digests, carried))
    gone = {one for edit in kept for one in edit.replaced if edit.deletion or edit.moved}
    return Merged(merged, kept, tuple(conflicts), {key: name for key, name in carried.items() if key in gone})


def adopt(page_text: str, rendered: Sequence[str], name: str, deleted: Mapping[str, str] | None = None) -> Adopted:
    """Sign the edits that nobody has signed yet.

    Args:
        page_text: The page as it is.
        rendered: The digests of the page as it was rendered.
        name: Who signs; what could end the comment or act on the page is left out of it.
        deleted: Deletions that were signed before.
    """
    lines = page_text.split("\n")
    kinds = regions([line.removesuffix("\r") for line in lines])
    taken = dict(deleted or {})
    signed, refused = [], []
    for edit in person_lines(page_text, rendered, deleted):
        if not edit.needs_name:
            continue
        if edit.deletion or edit.moved:
            by = sign("", name)[1]
            taken |= dict.fromkeys((one for one in edit.replaced if one != _BLANK), by)
            signed.append(replace(edit, by=by))
            continue
        place = edit.line_number - 1
        reason = cannot_sign(edit.text, kinds[place])
        if reason is not None:
            refused.append((edit, reason))
            continue
        end = "\r" if lines[place].endswith("\r") else ""
        line, by = sign(edit.text, name)
        lines[place] = line + end
        signed.append(replace(edit, text=line, by=by))
    return Adopted("\n".join(lines), taken, tuple(signed), tuple(refused))


@dataclass(frozen=True, slots=True)
class _Hunk:
    """Base lines that a page has otherwise; half open ranges."""

    base_start: int
    base_end: int
    page_start: int
    page_end: int


@dataclass(slots=True)
class _Plan:
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

    def apply(self, hunk: _Hunk, lines: list[str]) -> None:
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
        for base, digest in enumerate(self.rendered):
            image = self._image(base)
            if digest in deleted and image is not None:
                heirs.setdefault(digest, self.new_digests[image])
        return {heir: deleted[old] for old, heir in heirs.items() if old in deleted}

    def _block(self, base: int) -> Block:
        return self._blocks[bisect_right(self._starts, base) - 1]

    def _image(self, base: int) -> int | None:
        """Find the new line in the place of a base line."""
        tag, base_start, base_end, new_start, new_end = self._block(base)
        if tag == "equal" or (tag == "replace" and base_end - base_start == new_end - new_start):
            return new_start + base - base_start
        return None

    def _place(self, hunk: _Hunk) -> int:
        """Find where lines go that stand for no new line: after the line they followed."""
        if hunk.base_start > 0:
            image = self._image(hunk.base_start - 1)
            return self._block(hunk.base_start - 1)[4] if image is None else image + 1
        return 0

    def _gap(self, hunk: _Hunk) -> tuple[int, int]:
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
        wanted = [_digest(line) for line in lines]
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


def _digest(line: str) -> str:
    octets = line.removesuffix("\r").encode("utf-8", "surrogatepass")
    return hashlib.blake2b(octets, digest_size=_DIGEST_BYTES).hexdigest()


_BLANK = _digest("")


def _hunks(rendered: Sequence[str], page: Sequence[str]) -> list[_Hunk]:
    return [_Hunk(*ranges) for tag, *ranges in opcodes(rendered, page) if tag != "equal"]


def _joined(blocks: Sequence[Block]) -> list[_Hunk]:
    """The hunks of blocks; what went and what came in the same place is one."""
    hunks: list[_Hunk] = []
    for tag, start, end, low, high in blocks:
        last = hunks[-1] if hunks else None
        if tag == "equal":
            continue
        if last and (last.base_end, last.page_end) == (start, low):
            hunks[-1] = _Hunk(last.base_start, end, last.page_start, high)
        else:
            hunks.append(_Hunk(start, end, low, high))
    return hunks
