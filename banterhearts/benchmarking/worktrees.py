"""Work trees of commits, beside the user's own and gone when we are.

Each is a linked work tree of git with a detached head, so that a checkout costs no copy of the history and a command
that asks git where it is gets the right answer. They lie in one folder of the system's temporary one, which this
process holds a lock on. Whoever comes later and can take that lock knows that its owner is dead, however it died, and
removes what it left, in the file system and in the repository's list.

Submodules are not checked out, and no hook runs.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

from banterhearts.errors import OutputError, RepositoryError

if TYPE_CHECKING:
    from banterhearts.benchmarking.git import Repository

__all__ = ["LIMIT", "Worktrees"]

LIMIT = 16
"""Work trees kept at a time; a sitting must need fewer."""

_PREFIX = "banterhearts-trees-"
_LOCK = "lock"


class Worktrees:
    """Work trees that are removed together: `with Worktrees(repository) as trees: folder = trees.checkout(commit)`."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._trees: dict[tuple[str, int], Path] = {}
        """By commit and copy, the one asked for last at the end."""
        self._made = 0
        self._folder = Path()
        self._lock = -1

    def __enter__(self) -> Self:
        """Remove what the dead have left, and make a folder.

        Raises:
            OutputError: If there is no place for temporary files.
        """
        _remove_stale(self._repository)
        try:
            self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
            self._lock = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        except OSError as error:
            raise OutputError(Path(tempfile.gettempdir()), error.strerror or str(error)) from error
        return self

    def __exit__(self, *_: object) -> None:
        """Remove all of them."""
        for tree in self._trees.values():
            _remove(self._repository, tree)
        shutil.rmtree(self._folder, ignore_errors=True)
        os.close(self._lock)

    def checkout(self, commit: str, *, copy: int = 0) -> Path:
        """A work tree of a commit, as it was left when it was asked for before.

        The `LIMIT` asked for last are kept: neighbouring sittings share commits, and a build may take long.

        Args:
            commit: A full hash.
            copy: Another number, another work tree of the same commit.

        Raises:
            RepositoryError: If git cannot make it.
        """
        tree = self._trees.pop((commit, copy), None)
        if tree is None:
            while len(self._trees) >= LIMIT:
                _remove(self._repository, self._trees.pop(next(iter(self._trees))))
            # Names of one length: a path that is longer in one arm than in the other is a difference too.
            tree = self._folder / f"tree-{self._made:06d}"
            self._made += 1
            self._trees[commit, copy] = tree
            self._repository.run("worktree", "add", "--quiet", "--detach", "--force", str(tree), commit)
        self._trees[commit, copy] = tree
        return tree

    def discard(self, tree: Path) -> None:
        """Remove a work tree; the next that asks for its commit gets another."""
        self._trees = {key: path for key, path in self._trees.items() if path != tree}
        _remove(self._repository, tree)


def _remove_stale(repository: Repository) -> None:
    """Remove the work trees of processes of ours that are dead."""
    listed = repository.run("worktree", "list", "--porcelain").splitlines()
    trees = [Path(line.removeprefix("worktree ")) for line in listed if line.startswith("worktree ")]
    for tree in trees:
        if tree.parent.name.startswith(_PREFIX) and not _is_held(tree.parent / _LOCK):
            _remove(repository, tree)
            shutil.rmtree(tree.parent, ignore_errors=True)


def _is_held(lock: Path) -> bool:
    """Whether a living process holds a lock; not when the file is gone."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _remove(repository: Repository, tree: Path) -> None:
    """Remove a work tree and its entry; what git leaves, or never made, is removed as files."""
    for _ in range(2):  # git keeps the entry of a tree that is broken, and forgets one that is not there
        try:
            repository.run("worktree", "remove", "--force", "--force", str(tree))
        except RepositoryError:
            shutil.rmtree(tree, ignore_errors=True)
        else:
            break
    shutil.rmtree(tree, ignore_errors=True)
