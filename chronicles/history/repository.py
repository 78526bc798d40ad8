"""One repository, open for questions.

Bulk reading is `log`'s, names are `revisions`', contents are `objects`'; this class holds them together over one
shadow of the repository (see `git`) and adds the questions that are one git command each. All answers are parsed
values; nothing above this package sees git's output, the one patch excepted.

Where the repository is and what its names mean is asked of git itself, not of GitPython: that one takes a bare
repository without a configuration file for a checkout, knows no reftable, and reads `packed-refs` anew for every tag.
It is at hand as `access`, loaded when first asked for, for what has nothing to do with facts: remotes and
configuration.
"""

from __future__ import annotations

from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from chronicles.errors import GitFailed
from chronicles.history import between, fates, patch_ids, revisions
from chronicles.history import blame as blaming
from chronicles.history.git import DIFF_OPTIONS, Git
from chronicles.history.location import Location, locate
from chronicles.history.log import parse_changes, read_commits
from chronicles.history.objects import ObjectReader

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator, Sequence

    import git as gitpython

    from chronicles.history.blame import Blamed
    from chronicles.history.commit import Commit, FileChange
    from chronicles.history.fates import Fate

__all__ = ["Repository", "TreeEntry", "iter_commits"]

_ABSENT = 1
_EVERYTHING = ":(top)"


class TreeEntry(NamedTuple):
    """One file of a commit."""

    mode: int
    """As an octal number, such as 0o100644."""
    object_id: str
    path: str


class Repository:
    """A repository's commits, changes and contents, the same on every machine.

    Hashes that are passed in are full; `resolve` makes them from names.
    """

    def __init__(self, location: Location) -> None:
        self.location = location
        self._git = Git(location)
        self._objects = ObjectReader(self._git)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the repository that a path lies in.

        Raises:
            NotARepository: When there is none.
            IncompleteRepository: When it is a shallow or partial clone.
        """
        return cls(locate(path))

    def __enter__(self) -> Self:
        """Give the repository itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """End all git processes and remove what they ran in."""
        self._objects.close()
        if "access" in self.__dict__:
            self.access.close()
        self._git.close()

    # Where it is

    @property
    def root(self) -> Path:
        """The work tree, or the git directory of a bare repository."""
        return self.location.root

    @property
    def git_dir(self) -> Path:
        """The git directory that all worktrees share, where caches go."""
        return self.location.common_dir

    @property
    def worktree_dir(self) -> Path | None:
        """The work tree; None for a bare repository."""
        return self.location.worktree_dir

    @property
    def bare(self) -> bool:
        """Whether there is no work tree."""
        return self.location.worktree_dir is None

    @property
    def object_format(self) -> str:
        """`sha1` or `sha256`."""
        return self.location.object_format

    @cached_property
    def access(self) -> gitpython.Repo:
        """GitPython's view of the repository, for remotes and configuration."""
        from git import Repo  # noqa: PLC0415 -- 0.1 s that few commands need

        return Repo(self.location.worktree_dir or self.location.git_dir, expand_vars=False)

    # Names

    def resolve(self, revision: str) -> str:
        """The full hash of the commit that a revision names, tags peeled.

        Raises:
            EmptyRepository: When there is no commit to name.
            UnknownRevision: When it names none, or something that is no commit.
        """
        return revisions.resolve(self._git, revision)

    def resolve_range(self, text: str) -> tuple[str | None, str]:
        """Base and tip of `A..B`, `A...B` (the base is where they parted), `A..`, `..B` or `B` alone (no base).

        Raises:
            EmptyRepository: When there is no commit to name.
            UnknownRevision: When a side names no commit.
        """
        return revisions.resolve_range(self._git, text)

    def head_branch(self) -> str | None:
        """The branch that HEAD is on, born or not; None when it is detached."""
        return revisions.head_branch(self._git)

    def branch_tip(self, name: str) -> str | None:
        """The full hash of a local branch's newest commit; None for a branch that is not born."""
        return revisions.branch_tip(self._git, name)

    def tags(self) -> list[tuple[str, str]]:
        """Names of the tags that lead to a commit, sorted, with the commit's hash."""
        return revisions.tags(self._git)

    # Ancestry

    def steps(self, tip: str, stop: Container[str] | None = None) -> Iterator[str]:
        """The first-parent steps from a commit to its root, newest first, as git finds them.

        Args:
            tip: The commit to begin with.
            stop: Hashes at the first of which the walk ends, itself not told.
        """
        with closing(self._git.lines("rev-list", "--first-parent", tip)) as shas:
            for sha in shas:
                if stop is not None and sha in stop:
                    return
                yield sha

    def ancestry(self, tip: str, *, changes: bool = False) -> Iterator[Commit]:
        """A commit and all its ancestors, merged ones too, newest first.

        Args:
            tip: The commit to begin with.
            changes: Whether to read what each changed, as in `commits`.
        """
        with closing(self._git.lines("rev-list", tip)) as shas:
            yield from self.commits(shas, changes=changes)

    def brought_in(self, step: str) -> list[str]:
        """The commits that a merge brought in, newest first, without itself; none when it is no merge."""
        header = self._objects.read(step).partition(b"\n\n")[0]
        parents = [line[7:].decode("ascii") for line in header.split(b"\n") if line.startswith(b"parent ")]
        if len(parents) < 2:  # noqa: PLR2004 -- a merge has two parents or more
            return []
        return list(self._git.lines("rev-list", *parents[1:], f"^{parents[0]}"))

    def between(self, base: str | None, tip: str, *, limit: int | None = None) -> list[str]:
        """The commits that a commit has and another has not, newest first; without a base all that it has.

        Args:
            base: The one that has not.
            tip: The one that has.
            limit: How many at most, the newest; all by default.
        """
        return list(between.between(self._git, base, tip, limit))

    def fates(self, shas: Collection[str], tip: str) -> dict[str, Fate]:
        """What became of commits that are no steps of the line that ends at a tip."""
        return fates.fates(self._git, shas, tip)

    def merge_base(self, one: str, other: str) -> str | None:
        """Where two commits parted; None when they share no history."""
        return revisions.merge_base(self._git, one, other)

    def nearest(self, tip: str, candidates: Collection[str]) -> str | None:
        """The candidate from which the fewest commits lead to a tip; None where none is a proper ancestor of it."""
        return between.nearest(self._git, tip, candidates)

    def merges_with_own_lines(
        self, merges: Iterable[str], exclude: Sequence[str] = (), paths: Sequence[str] = ()
    ) -> frozenset[str]:
        """The merges that have a line which none of their parents has, or lack one that all of them have.

        Args:
            merges: Full hashes.
            exclude: Folders or files not to look at, by their literal paths.
            paths: Where to look; everywhere when there are none.
        """
        return between.merges_with_own_lines(self._git, merges, _pathspecs(exclude, paths))

    def touching(self, base: str | None, tip: str, paths: Sequence[str]) -> list[str]:
        """The commits of a range that changed some literal paths, newest first."""
        if not paths:
            return []
        stop = [f"^{base}"] if base else []
        literal = (f":(top,literal){path}" for path in paths)
        return list(self._git.lines("rev-list", "--full-history", tip, *stop, "--", *literal))

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        """Whether one commit is the other or among its ancestors."""
        try:
            self._git.run("merge-base", "--is-ancestor", ancestor, descendant)
        except GitFailed as failure:
            if failure.status == _ABSENT:
                return False
            raise
        return True

    # Changes

    def commits(self, shas: Iterable[str], *, changes: bool = True) -> Iterator[Commit]:
        """Read commits, each named once, in the order given; merges against their first parent, roots against nothing.

        Args:
            shas: Full hashes; any iterable, read as the work goes on.
            changes: Whether to read what each changed; without, it is twenty times faster and `changes` is empty.
        """
        return read_commits(self._git, shas, changes=changes)

    def diff(
        self, base: str | None, tip: str, exclude: Sequence[str] = (), paths: Sequence[str] = ()
    ) -> tuple[FileChange, ...]:
        """What changed between two commits.

        Args:
            base: The commit before; None for the empty tree.
            tip: The commit after.
            exclude: Folders or files to leave out, by their literal paths.
            paths: Folders or files to look at, likewise; everything when there are none.
        """
        output = self._diff_tree(base, tip, ("-z", "--raw", "--numstat"), _pathspecs(exclude, paths))
        tokens = output.decode("utf-8", "surrogateescape").split("\0")
        changes, end = parse_changes(tokens, 0)
        if end != len(tokens) - 1:
            raise GitFailed(("diff-tree", str(base), tip), 0, "git told more than changes")
        return changes

    def patch(self, base: str | None, tip: str, paths: Sequence[str]) -> bytes:
        """The unified diff of some paths between two commits, without context lines.

        Args:
            base: The commit before; None for the empty tree.
            tip: The commit after.
            paths: Literal paths; both names of a rename, or it shows as a new file. None asks for nothing.
        """
        if not paths:
            return b""
        literal = (f":(top,literal){path}" for path in paths)
        return self._diff_tree(base, tip, ("-p", "-U0", "--inter-hunk-context=0", "--full-index"), literal)

    def patch_ids(
        self, shas: Iterable[str], exclude: Sequence[str] = (), *, context: int = 3, back: bool = False
    ) -> dict[str, str]:
        """What commits change, each as one digest that does not know where; merges against their first parent.

        Args:
            shas: Full hashes.
            exclude: Folders or files to leave out, by their literal paths.
            context: Unchanged lines around a change that belong to it.
            back: Of the way back: what an exact revert of each commit would have.
        """
        return patch_ids.patch_ids(self._git, shas, _pathspecs(exclude, ()), context=context, back=back)

    def diff_patch_id(self, base: str, tip: str, exclude: Sequence[str] = ()) -> str:
        """The patch id of the difference of two commits, as if it were one commit's."""
        return patch_ids.diff_patch_id(self._git, base, tip, _pathspecs(exclude, ()))

    def blame(self, commit: str, path: str, lines: Sequence[tuple[int, int]]) -> list[Blamed]:
        """Which first-parent steps last wrote ranges of lines (from 1, inclusive) of a file as it is at a commit.

        Raises:
            GitFailed: When there is no such file or no such line.
        """
        return blaming.blame(self._git, commit, path, lines)

    def hasten_blame(self, tip: str) -> None:
        """Make blame up to a commit two to three times as fast, for as long as this repository is open.

        Costs what some ten blames do (0.15 s for 4,000 commits, 5 s for 80,000), so it is for long runs.
        """
        self._git.index_paths(tip)

    def _diff_tree(self, base: str | None, tip: str, options: Sequence[str], paths: Iterable[str]) -> bytes:
        trees = (base or self._git.empty_tree, tip)
        return self._git.run("diff-tree", "-r", *DIFF_OPTIONS, *options, *trees, "--", *paths)

    # Contents

    def read_blob(self, object_id: str) -> bytes:
        """The content of a blob.

        Raises:
            GitFailed: When the repository does not have it, as for the commit of a submodule.
        """
        return self._objects.read(object_id)

    def read_blobs(self, object_ids: Iterable[str]) -> dict[str, bytes]:
        """The contents of blobs; those that the repository does not have are left out."""
        found = {object_id: self._objects.find(object_id) for object_id in dict.fromkeys(object_ids)}
        return {object_id: blob.content for object_id, blob in found.items() if blob is not None}

    def blob_sizes(self, object_ids: Iterable[str]) -> dict[str, int]:
        """The sizes of blobs in bytes; those that the repository does not have are left out."""
        return self._objects.sizes(object_ids)

    def list_tree(self, commit: str) -> list[TreeEntry]:
        """All files, symlinks and submodules of a commit, in git's order."""
        output = self._git.run("ls-tree", "-r", "-z", "--full-tree", commit)
        return [_entry(line) for line in output.decode("utf-8", "surrogateescape").split("\0")[:-1]]

    def tree(self, commit: str) -> str:
        """The id of a commit's tree, which is the same for all commits with the same files."""
        return self._objects.read(commit).partition(b"\n")[0].removeprefix(b"tree ").decode("ascii")

    def find_tree(self, object_id: str) -> str | None:
        """The id of a commit's tree; empty for any other object, None for none."""
        found = self._objects.find(object_id)
        if found is None:
            return None
        return found.content.partition(b"\n")[0].removeprefix(b"tree ").decode() if found.kind == "commit" else ""

    def read_file(self, commit: str, path: str) -> bytes | None:
        """The content of a file at a commit (of a symlink, its target); None when there is no such file."""
        # `cat-file` reads lines, and takes a leading dot for a path relative to a checkout, over which it dies.
        if "\n" in path or path.endswith("\r") or path.startswith(("./", "../")):
            entry = next((entry for entry in self.list_tree(commit) if entry.path == path), None)
            name = entry.object_id if entry else self._git.empty_tree
        else:
            name = f"{commit}:{path}"
        found = self._objects.find(name)
        return found.content if found is not None and found.kind == "blob" else None


def _pathspecs(exclude: Sequence[str], paths: Sequence[str]) -> list[str]:
    """Literal paths as git's patterns, from the top of the tree."""
    looked_at = [f":(top,literal){path}" for path in paths] or [_EVERYTHING]
    return [*looked_at, *(f":(top,exclude,literal){path}" for path in exclude)]


def _entry(line: str) -> TreeEntry:
    """One entry from `<mode> <kind> <id>`, a tab, and the path."""
    described, _, path = line.partition("\t")
    mode, _, object_id = described.split(" ")
    return TreeEntry(int(mode, 8), object_id, path)


def iter_commits(path: Path | str, revision: str = "HEAD") -> Iterator[Commit]:
    """Read a revision and all its ancestors, newest first, merges against their first parent.

    Nothing happens before the first commit is asked for. A few thousand are held at a time, however long the history.

    Args:
        path: A folder inside the repository.
        revision: Any name that git knows for a commit.

    Yields:
        The commits in the order of `git log`.

    Raises:
        NotARepository: When the path lies in none.
        IncompleteRepository: When the repository is a shallow or partial clone.
        EmptyRepository: When it has no commit.
        UnknownRevision: When nothing is named so.
        GitFailed: When git cannot read it.
    """
    with Repository.open(Path(path)) as repository:
        yield from repository.ancestry(repository.resolve(revision), changes=True)
