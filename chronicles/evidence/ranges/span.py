"""A range as the modules of this room read it: two trees, what differs between them, and the commits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence  # noqa: TC003 - dataclass fields
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from chronicles.evidence.ranges.fates import find_fates
from chronicles.evidence.ranges.moves import find_moves, split_doubtful
from chronicles.evidence.ranges.works import read_works

if TYPE_CHECKING:
    from chronicles.dossier import SubjectKey
    from chronicles.evidence.changes import Changes
    from chronicles.evidence.patches import FilePatch
    from chronicles.evidence.ranges.fates import Fates
    from chronicles.evidence.ranges.moves import Move
    from chronicles.evidence.ranges.works import Work
    from chronicles.evidence.subject import Subject
    from chronicles.history.commit import Commit, FileChange
    from chronicles.history.repository import Repository, TreeEntry

__all__ = ["Span"]


@dataclass(frozen=True)
class Span:
    """One range; not slotted, since its trees are cached on it."""

    key: SubjectKey
    repository: Repository
    subject: Subject
    """Its commits, changes unread."""
    changes: Changes
    """What differs between the two trees, output folders left out."""
    text: Callable[[str], str | None]
    """Text of a blob by object id; None for none, a binary, or one too big."""
    patches: tuple[FilePatch, ...]
    """The changed lines of the biggest files."""
    excluded: tuple[str, ...]
    """Output folders."""
    public: tuple[str, ...] = ()
    """Globs of files that others use by their path."""

    @property
    def base(self) -> str | None:
        """The commit it starts after; None for the empty tree."""
        return self.key.base

    @property
    def tip(self) -> str:
        """The commit it ends with."""
        return self.key.commits[0]

    @property
    def commits(self) -> tuple[Commit, ...]:
        """Every commit of it, merged ones too, steps first; newest first within each."""
        return (*self.subject.steps, *self.subject.brought)

    @cached_property
    def _output_folders(self) -> tuple[str, ...]:
        return tuple(f"{folder.rstrip('/')}/" for folder in self.excluded)

    @cached_property
    def _scope_folders(self) -> tuple[str, ...]:
        return tuple(f"{path}/" for path in self.key.paths)

    @cached_property
    def _trees(self) -> tuple[Sequence[TreeEntry], Sequence[TreeEntry]]:
        """All files before and after, our own output too; none before the root."""
        before = self.repository.list_tree(self.base) if self.base else ()
        return before, self.repository.list_tree(self.tip)

    @cached_property
    def before(self) -> Mapping[str, TreeEntry]:
        """The tree it starts from, by path; empty where there is none."""
        return {one.path: one for one in self._trees[0] if self.counts(one.path)}

    @cached_property
    def after(self) -> Mapping[str, TreeEntry]:
        """The tree it ends with, by path."""
        return {one.path: one for one in self._trees[1] if self.counts(one.path)}

    @cached_property
    def works(self) -> Sequence[Work]:
        """Its commits, each reduced to what decides where it goes, parents before children."""
        return read_works(self)

    @cached_property
    def fates(self) -> Fates:
        """Where each of its commits goes, and which were undone within it."""
        return find_fates(self)

    @cached_property
    def own_new(self) -> Mapping[str, TreeEntry]:
        """What is new in our output folders, by path."""
        before, after = self._trees
        there = {one.path for one in before}
        return {one.path: one for one in after if self.is_output(one.path) and one.path not in there}

    @cached_property
    def files(self) -> tuple[FileChange, ...]:
        """What differs between the two trees, with renames that nothing but chance paired told as what they are."""
        return tuple(split_doubtful(self))

    @cached_property
    def moves(self) -> tuple[Move, ...]:
        """Every file that lies elsewhere."""
        return find_moves(self)

    def read_any(self, path: str) -> str | None:
        """As `read`, with what is new in our output folders."""
        entry = self.after.get(path) or self.own_new.get(path)
        return self.text(entry.object_id) if entry else None

    def is_output(self, path: str) -> bool:
        """Whether a path lies in an output folder of ours."""
        return path.startswith(self._output_folders)

    def is_outside(self, path: str) -> bool:
        """Whether a path is none of those that the range is limited to."""
        paths = self.key.paths
        return bool(paths) and path not in paths and not path.startswith(self._scope_folders)

    def counts(self, path: str) -> bool:
        """Whether a path is among those that are told."""
        return not self.is_output(path) and not self.is_outside(path)

    def read(self, path: str) -> str | None:
        """The text of a file of the tree it ends with; None where there is no such text."""
        entry = self.after.get(path)
        return self.text(entry.object_id) if entry else None

    def of_status(self, letter: str) -> list[FileChange]:
        """The changes of one status, in git's order."""
        return [change for change in self.files if change.status.value == letter]
