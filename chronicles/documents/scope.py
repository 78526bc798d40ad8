"""Which part of a repository a patch document tells: some paths, and the tags that mark releases of it.

A monorepo releases packages one by one: `packages/core` with tags `core-v1.2`. A document of that package counts only
what changed below its paths, and starts at its own tags. The paths are part of what the document tells, so they stand
in its sidecar; the tags only chose where it starts.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from chronicles.errors import RangeError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Scope", "is_scope_path", "scope_of"]

_ANY = "*"


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of a repository that a document tells."""

    paths: tuple[str, ...] = ()
    """Folders or files from the top of the repository, sorted; none for all of it."""
    tags: str = _ANY
    """Glob of the tags that a range may start at."""

    @property
    def is_any_tag(self) -> bool:
        """Whether any tag is one of this part's."""
        return self.tags == _ANY

    def has_tag(self, name: str) -> bool:
        """Whether a tag is one of this part's."""
        return fnmatchcase(name, self.tags)


def scope_of(paths: Iterable[str], tags: str = "") -> Scope:
    """The scope that somebody names.

    Args:
        paths: Folders or files from the top of the repository, however spelt.
        tags: Glob of tags; all of them where it is empty.

    Raises:
        RangeError: When a path leads out of the repository or is all of it.
    """
    return Scope(tuple(sorted({_spelled(path) for path in paths})), tags or _ANY)


def is_scope_path(path: str) -> bool:
    """Whether a path of a sidecar is one that `scope_of` could have written."""
    return bool(path) and path == str(PurePosixPath(path)) and not _problem(path)


def _spelled(path: str) -> str:
    """The one spelling of a path: `packages/core` for `./packages/core/`."""
    problem = _problem(path)
    if problem:
        remedy = "Name a folder or file inside it, from its top, such as `--path packages/core`"
        raise RangeError(f"the path {path!r}", problem, remedy)
    return str(PurePosixPath(path))


def _problem(path: str) -> str:
    parts = PurePosixPath(path)
    if not path.strip() or str(parts) == ".":
        return "names the whole repository"
    if parts.is_absolute() or ".." in parts.parts:
        return "leads out of the repository"
    return "" if path.isprintable() else "holds what no name of a folder should"
