"""The command that writes a document anew, by the kind of document that a file name says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["is_patch", "write_anew"]


def is_patch(path: Path) -> bool:
    """Whether a file is, by its name, a patch document or its sidecar."""
    return path.name.startswith("patch_")


def write_anew(path: Path, commits: Sequence[str] = ()) -> str:
    """The command that writes a page and its sidecar anew.

    Args:
        path: The page or its sidecar.
        commits: Full hashes of what it tells, newest first, as far as they are known.
    """
    if is_patch(path):
        return "`chronicles patch RANGE`"
    return f"`chronicles generate --force {commits[0][:12] if commits else 'COMMIT'}`"
