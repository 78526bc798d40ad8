"""Whether a tree still is what the records of it will say.

A command may do what it likes in its tree, and some do too much: check out another version of the file that they run,
commit, remove the folder. What they give afterwards are numbers of something else. So a tree is looked at when it is
first stood on, and again before the samples of a block are kept: HEAD must be the commit, and no tracked file may have
changed, whoever changed it, other than in the folders that this project writes into (`git.OUTPUTS`).

Some checkouts differ from their commit from the first moment (a file that was committed with the wrong line ends, a
filter that is not installed). Such a file must stay as it was found, by its length and its times.

A command that puts everything back before it ends is not found out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from banterhearts.errors import RepositoryError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from banterhearts.benchmarking.git import Repository

__all__ = ["GONE", "Ground"]

GONE = "the work tree is gone: something removed it while it was measured"
_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Ground:
    """A tree as it was found."""

    tree: Repository
    commit: str
    found: Mapping[str, _Stamp | None] | None
    """The tracked files that differed then, with what tells whether they changed again; None if any may change."""

    @classmethod
    def of(cls, tree: Repository, commit: str, *, dirty: bool = False) -> Self:
        """A tree as it is now.

        Args:
            tree: The repository, with the tree as its root.
            commit: What HEAD is.
            dirty: Whether records will say that files differ from the commit; then any may.
        """
        found = None if dirty else {name: _stamp(tree.root / name) for name in tree.changed_files()}
        return cls(tree, commit, found)

    def moved(self) -> str | None:
        """What happened to the tree since; None if nothing did."""
        if not self.tree.root.is_dir():
            return GONE
        try:
            head = self.tree.resolve("HEAD")
            changed = [] if self.found is None else self.tree.changed_files()
        except RepositoryError:
            return "git no longer reads the work tree: something broke it while it was measured"
        if head != self.commit:
            return "HEAD moved while it was measured; measure again"
        known = self.found or {}
        for name in changed:
            if name not in known or known[name] != _stamp(self.tree.root / name):
                shown = "".join(sign if sign.isprintable() else "?" for sign in name)
                return f"{shown} changed while it was measured; measure again"
        return None


def _stamp(path: Path) -> _Stamp | None:
    """What changes when a file is written; None where there is none."""
    try:
        state = path.lstat()
    except OSError:
        return None
    return state.st_size, state.st_mtime_ns, state.st_ctime_ns
