"""Which step of the branch last wrote a line.

`git blame --first-parent` walks steps only: a line that came with a merge is the merge's, whose page tells it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.history.git import Git

__all__ = ["Blamed", "blame"]

_GROUP = re.compile(r"(?P<sha>[0-9a-f]{40,64}) (?P<original>\d+) (?P<first>\d+) (?P<lines>\d+)")


@dataclass(frozen=True, slots=True)
class Blamed:
    """A run of lines that one step wrote."""

    sha: str
    """The step."""
    lines: int
    """How many lines there are."""
    first_line: int
    """The first of them in the file that was asked about, from 1."""
    original_line: int
    """The first of them in the file as the step left it, from 1."""


def blame(git: Git, commit: str, path: str, ranges: Sequence[tuple[int, int]]) -> list[Blamed]:
    """Find who wrote lines of a file, in the order of the lines.

    Args:
        git: The repository.
        commit: The full hash of the commit at which the file is read.
        path: The file.
        ranges: First and last line of each range, from 1, both inclusive; none asks about no line.

    Raises:
        GitFailed: When there is no such file or no such line.
    """
    if not ranges:
        return []
    wanted = [f"-L{first},{last}" for first, last in ranges]
    output = git.run("blame", "--first-parent", "--incremental", *wanted, commit, "--", path)
    return sorted(_parse(output.decode("utf-8", "replace")), key=lambda run: run.first_line)


def _parse(text: str) -> list[Blamed]:
    """Parse the groups of `--incremental`: a line of numbers, headers that may say anything, a `filename` line."""
    found = []
    awaited = True
    for line in text.split("\n"):
        if awaited and (group := _GROUP.fullmatch(line)):
            numbers = (int(group[name]) for name in ("lines", "first", "original"))
            found.append(Blamed(group["sha"], *numbers))
            awaited = False
        elif line.startswith("filename "):
            awaited = True
    return found
