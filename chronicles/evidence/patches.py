r"""A `git diff` as values.

Reads what `git diff -U0` (or any other context) and `git show` print: hunks with their lines, names quoted or
not, renames, binary files, changes of mode, submodules. Input is bytes, since a diff has no encoding of its
own; lines are decoded as UTF-8 with surrogate escapes, so that a path can be handed back to git unchanged.

What is kept is bounded, because one commit can hold gigabytes: lines are cut at a length, hunks beyond a
number of lines keep their numbers and lose their lines, files beyond a number are counted only. Each patch
says what was left out. Combined diffs of merges (`@@@`) are not read: this project compares a merge with its
first parent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from chronicles.evidence.quoting import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["FilePatch", "Hunk", "Patches", "parse_patches"]


@dataclass(frozen=True, slots=True)
class Hunk:
    """One run of changed lines."""

    old_start: int
    """First line before, from 1; with no lines before, the line after which they were added."""
    old_count: int
    new_start: int
    new_count: int
    removed: tuple[str, ...]
    """Lines taken away, without their line end."""
    added: tuple[str, ...]
    """Lines put in, without their line end."""
    heading: str = ""
    """What git shows of the function around."""
    left_out: int = 0
    """Changed lines beyond the bound, which are not in `removed` and `added`."""


@dataclass(frozen=True, slots=True)
class FilePatch:
    """What changed in one file."""

    path: str
    """The path after; for a deletion, the path that went."""
    old_path: str | None
    """The path before, where it was another; None for a new file."""
    hunks: tuple[Hunk, ...]
    binary: bool = False
    created: bool = False
    deleted: bool = False
    mode: int | None = None
    """File mode after, or before a deletion, where the diff tells it: 0o160000 is a submodule."""

    @property
    def submodule(self) -> bool:
        """Whether the path is another repository's commit."""
        return self.mode == 0o160000

    @property
    def left_out(self) -> int:
        """Changed lines that were not kept."""
        return sum(hunk.left_out for hunk in self.hunks)


@dataclass(frozen=True, slots=True)
class Patches:
    """A whole diff."""

    files: tuple[FilePatch, ...]
    files_left_out: int = 0
    """Files beyond the bound, of which nothing was kept."""
    lines_left_out: int = 0
    """Changed lines not kept, in the files kept and the others."""


_HUNK = re.compile(r"@@ -(\d{1,12})(?:,(\d{1,12}))? \+(\d{1,12})(?:,(\d{1,12}))? @@ ?(.*)", re.DOTALL)


def parse_patches(
    diff: bytes,
    *,
    max_files: int = 2000,
    max_lines_per_file: int = 2000,
    max_line_length: int = 1000,
) -> Patches:
    """Read a diff.

    Args:
        diff: What `git diff`, `git show` or `git diff-tree -p` printed; what stands before the
            first file is skipped, but must not be an unindented message, which could pass itself off as one.
        max_files: How many files to keep.
        max_lines_per_file: How many changed lines to keep of each.
        max_line_length: At how many characters to cut a line.

    Returns:
        The files in the diff's order, with what the bounds left out. Bytes that are no diff give no files.
    """
    files: list[FilePatch] = []
    files_left_out = lines_left_out = 0
    for header, body in _split_files(diff):
        keep = max_lines_per_file if len(files) < max_files else 0
        draft = _read_file(header, body, keep=keep, max_line_length=max_line_length)
        if draft is None:
            continue
        lines_left_out += draft.left_out
        if len(files) < max_files:
            files.append(draft)
        else:
            files_left_out += 1
    return Patches(tuple(files), files_left_out, lines_left_out)


def _split_files(diff: bytes) -> Iterator[tuple[bytes, Iterable[bytes]]]:
    r"""Cut the diff where a file begins.

    A line of a file begins with one of ` +-\`, so an unindented `diff --git ` can only be a header.
    """
    starts = [match.start() for match in re.finditer(rb"(?m)^diff --git ", diff)]
    for start, end in pairwise([*starts, len(diff)]):
        first, _, rest = diff[start:end].partition(b"\n")
        yield first, rest.split(b"\n")


@dataclass(slots=True)
class _Header:
    """What the lines before the hunks say."""

    old: str | None = None
    new: str | None = None
    created: bool = False
    deleted: bool = False
    binary: bool = False
    mode: int | None = None


@dataclass(slots=True)
class _Draft:
    """A hunk while its lines are read."""

    numbers: tuple[int, int, int, int]
    heading: str
    removed: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    left_out: int = 0

    def finished(self) -> Hunk:
        return Hunk(*self.numbers, tuple(self.removed), tuple(self.added), self.heading, self.left_out)


def _read_file(first: bytes, lines: Iterable[bytes], *, keep: int, max_line_length: int) -> FilePatch | None:
    """Read one file's header and hunks."""
    header = _Header()
    drafts: list[_Draft] = []
    old_left = new_left = kept = 0
    for line in lines:
        if drafts and (old_left > 0 or new_left > 0) and line[:1] in {b"-", b"+", b" "}:
            sign = line[:1]
            old_left -= sign != b"+"
            new_left -= sign != b"-"
            if sign == b" ":
                continue
            if kept < keep:
                side = drafts[-1].removed if sign == b"-" else drafts[-1].added
                side.append(_text(line[1 : 4 * max_line_length + 1])[:max_line_length].removesuffix("\r"))
                kept += 1
            else:
                drafts[-1].left_out += 1
        elif line.startswith(b"@@ ") and (match := _HUNK.match(_text(line[:4000]))):
            numbers = (int(match[1]), int(match[2] or 1), int(match[3]), int(match[4] or 1))
            old_left, new_left = numbers[1], numbers[3]
            drafts.append(_Draft(numbers, match[5].strip()[:200]))
        elif not drafts:
            _read_header_line(header, line)
    return _assemble(header, first, tuple(draft.finished() for draft in drafts))


def _read_header_line(header: _Header, line: bytes) -> None:
    """Take up one line between `diff --git` and the first hunk."""
    word, _, rest = _text(line).partition(" ")
    match word, rest.partition(" ")[0]:
        case "---", _:
            header.old = _side(rest) or header.old
        case "+++", _:
            header.new = _side(rest) or header.new
        case (("rename" | "copy"), "from"):
            header.old = unquote(rest.removeprefix("from "))
        case (("rename" | "copy"), "to"):
            header.new = unquote(rest.removeprefix("to "))
        case (("new" | "deleted" | "old"), ("file" | "mode")):
            header.created = header.created or line.startswith(b"new file")
            header.deleted = header.deleted or word == "deleted"
            header.mode = header.mode if word == "old" else _octal(rest)
        case "index", _ if " " in rest:
            header.mode = header.mode or _octal(rest)
        case ("Binary", _) | ("GIT", "binary"):
            header.binary = True
        case _:
            pass


def _octal(text: str) -> int | None:
    digits = text.rpartition(" ")[2].strip()
    return int(digits, 8) if re.fullmatch("[0-7]{6}", digits) else None


def _side(name: str) -> str | None:
    """Read a name of a `---` or `+++` line; None for /dev/null. Git ends a name with spaces in it with a tab."""
    name = unquote(name.removesuffix("\r").removesuffix("\t"))
    return None if name == "/dev/null" else name[2:]


def _assemble(header: _Header, first: bytes, hunks: tuple[Hunk, ...]) -> FilePatch | None:
    """Make the patch of what was read; None where no name can be made out."""
    both = _same_name(_text(first))
    new = header.new or (header.old if header.deleted else None) or both
    if new is None:
        return None
    old = None if header.created else header.old or (None if header.new else both) or new
    return FilePatch(
        path=new,
        old_path=old if old != new else (None if header.created else new),
        hunks=hunks,
        binary=header.binary,
        created=header.created,
        deleted=header.deleted,
        mode=header.mode,
    )


def _same_name(line: str) -> str | None:
    """Read the name of `diff --git a/X b/X`, the only one that a change of mode or a binary file shows.

    The line is ambiguous for a name with ` b/` in it, unless both names are the same; where they differ, git
    tells them again in lines of their own.
    """
    names = line.removeprefix("diff --git ").removesuffix("\r")
    if names.startswith('"') and (quoted := re.match(r'"(?:[^"\\]|\\.)*"', names)):
        return unquote(quoted.group())[2:]
    half = len(names) // 2
    old, new = names[:half], names[half + 1 :]
    if old[2:] == new[2:] and names[half : half + 1] == " ":
        return old[2:]
    return unquote(names.rpartition(" ")[2])[2:] if names.endswith('"') else None


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
