"""The ignore file: what a project does not want told in its patch documents.

`.chroniclesignore` lies at the top of the tree and is written as `.gitignore` is: a pattern a line, a pattern of a
folder covers all below it, `!` takes back, the last that matches decides. It is read from the commit that a range ends
with, so the same range gives the same document wherever it is asked for. A commit all of whose files it covers is left
out of the document and counted in its coverage; one that breaks something never is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles.evidence.globs import Glob

if TYPE_CHECKING:
    from chronicles.history.repository import Repository

__all__ = ["NAME", "Ignored"]

NAME = ".chroniclesignore"
_PATTERNS = 500
"""More lines than that are no list that somebody wrote."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """The patterns of an ignore file."""

    rules: tuple[tuple[Glob, bool, bool], ...] = ()
    """Pattern, whether it takes back, and whether it covers folders only."""

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.rules)

    @staticmethod
    def at(repository: Repository, commit: str) -> Ignored:
        """The ignore file of a commit's tree."""
        content = repository.read_file(commit, NAME)
        return Ignored.parse(content.decode("utf-8", "replace")) if content is not None else Ignored()

    @staticmethod
    def parse(text: str) -> Ignored:
        """Read the lines of an ignore file."""
        rules = []
        for line in map(str.strip, text.splitlines()[:_PATTERNS]):
            pattern = line.removeprefix("!")
            if pattern.strip("/") and not line.startswith("#"):
                rules.append((Glob(pattern.rstrip("/")), line.startswith("!"), pattern.endswith("/")))
        return Ignored(tuple(rules))

    def covers(self, path: str) -> bool:
        """Whether a file is not to be told."""
        parts = path.split("/")
        folders = ["/".join(parts[:depth]) for depth in range(1, len(parts))]
        covered = False
        for glob, back, folders_only in self.rules:
            names = folders if folders_only else [*folders, path]
            if covered == back and any(map(glob.matches, names)):
                covered = not back
        return covered
