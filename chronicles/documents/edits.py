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

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chronicles.documents.alignment import BLANK, align, digest, find_moves, rearrange
from chronicles.documents.carrying import Conflict, Plan, find_hunks, joined
from chronicles.documents.marks import adopted, cannot_sign, sign, states_nothing
from chronicles.documents.regions import Region, regions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Adopted", "Conflict", "Edit", "Merged", "adopt", "digests", "merge", "person_lines"]


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
    return [digest(line) for line in text.split("\n")]


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
    page = [digest(line) for line in lines]
    moves = find_moves(rendered, page)
    away = set(moves.values())
    edits = []
    for hunk in find_hunks(rendered, page):
        gone = tuple(rendered[base] for base in range(hunk.base_start, hunk.base_end) if base not in away)
        written, moved = [], []
        for number in range(hunk.page_start, hunk.page_end):
            text = lines[number].removesuffix("\r")
            if number not in moves:
                written.append(Edit(number + 1, text, gone, by=_signer(lines[number], kinds[number])))
            elif page[number] != BLANK:
                moved.append(Edit(number + 1, text, (page[number],), moved=True, by=signed.get(page[number])))
        # A line that was emptied is gone as much as one that was cut out.
        if all(states_nothing(edit.text) for edit in written) and any(one != BLANK for one in gone):
            names = {signed.get(one) for one in gone if one != BLANK}
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
    page_digests, new_digests = [digest(line) for line in page], [digest(line) for line in new]
    windows = len(page) > 1 and all(line.endswith("\r") for line in page[:-1])
    edited = page_digests not in (new_digests, list(rendered))
    became = align(rendered, new_digests, rendered_lines if edited else None, new)
    moves = find_moves(rendered, page_digests) if edited else {}
    if moves:
        order = rearrange(rendered, page_digests, moves, became)
        base, new = [rendered[number] for number in order.old], [new[number] for number in order.new]
        plan = Plan(base, new, [new_digests[number] for number in order.new], order.became)
        hunks = joined(order.page)
    else:
        plan = Plan(rendered, new, new_digests, became)
        hunks = find_hunks(rendered, page_digests) if edited else []
    for hunk in hunks:
        plan.apply(hunk, page[hunk.page_start : hunk.page_end])
    text, conflicts = plan.compose()
    lines = text.split("\n")
    if windows:
        lines = [*(line.removesuffix("\r") + "\r" for line in lines[:-1]), lines[-1]]
    merged = "\n".join(lines)
    carried = {**(deleted or {}), **plan.signed(deleted or {})}
    kept = tuple(person_lines(merged, new_digests, carried))
    if by := _signed_order(person_lines(page_text, rendered, deleted)) if moves else "":
        carried |= {edit.replaced[0]: by for edit in kept if edit.moved and edit.by is None}
        kept = tuple(person_lines(merged, new_digests, carried))
    gone = {one for edit in kept for one in edit.replaced if edit.deletion or edit.moved}
    return Merged(merged, kept, tuple(conflicts), {key: name for key, name in carried.items() if key in gone})


def _signed_order(edits: Sequence[Edit]) -> str:
    """Who has signed the order of a page, if somebody has signed each move.

    Of two sections that changed places either is the one that was moved, and with other lines in them it may be the
    other one; and a new line of a section that was moved has been moved by nobody.
    """
    names = {edit.by for edit in edits if edit.moved}
    return "" if None in names else ", ".join(sorted(name for name in names if name))


def adopt(
    page_text: str,
    rendered: Sequence[str],
    name: str,
    deleted: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
) -> Adopted:
    """Sign the edits that nobody has signed yet.

    Args:
        page_text: The page as it is.
        rendered: The digests of the page as it was rendered.
        name: Who signs; what could end the comment or act on the page is left out of it.
        deleted: Deletions that were signed before.
        kept: Lines that nobody's signature takes off: digest and reason.
    """
    lines = page_text.split("\n")
    kinds = regions([line.removesuffix("\r") for line in lines])
    taken, kept = dict(deleted or {}), kept or {}
    signed, refused = [], []
    for edit in person_lines(page_text, rendered, deleted):
        if not edit.needs_name:
            continue
        if edit.deletion and (stays := next((kept[one] for one in edit.replaced if one in kept), "")):
            refused.append((edit, stays))
            continue
        if edit.deletion or edit.moved:
            by = sign("", name)[1]
            taken |= dict.fromkeys((one for one in edit.replaced if one != BLANK), by)
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
